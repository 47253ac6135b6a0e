"""The texts of the pages in English."""

from __future__ import annotations

TEXTS: dict[str, str] = {
    "skip": "Skip to content",
    "to.start": "To the start page",
    "login.title": "Sign in",
    "login.lead": "For staff of the town hall.",
    "login.email": "E-mail address",
    "login.password": "Password",
    "login.submit": "Sign in",
    "login.problem": "That did not work",
    "login.public": "You want to write to the town hall? To the public page",
    "login.help": "Forgotten your password? Whoever runs this system can give you a new one.",
    "error.title": "That did not work",
    "error.bad_request": "The request could not be understood.",
    "error.not_json": "The request must be JSON.",
    "error.not_logged_in": "Please sign in.",
    "error.wrong_login": "E-mail address or password is not right.",
    "error.throttled": "Too many attempts. Please wait a moment.",
    "error.forbidden": "You may not do this.",
    "error.cross_site": "The request comes from another site and was not accepted.",
    "error.unknown_host": "Nothing is served under this address.",
    "error.not_found": "There is nothing here.",
    "error.method_not_allowed": "This address does not take such requests.",
    "error.not_acceptable": "This is not available in the form asked for.",
    "error.too_large": "The request is too large.",
    "error.not_stored": "This cannot be stored at the moment. Please try again shortly.",
    "error.unavailable": "This is not available at the moment. Please try again shortly.",
    "error.error": "Something went wrong here. Please try again.",
}
