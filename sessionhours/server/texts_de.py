"""The texts of the pages in German: for people who say ``Sie``, and what differs for those who say ``du``."""

from __future__ import annotations

TEXTS: dict[str, str] = {
    "skip": "Zum Inhalt springen",
    "to.start": "Zur Startseite",
    "login.title": "Anmelden",
    "login.lead": "Für Mitarbeiterinnen und Mitarbeiter des Rathauses.",
    "login.email": "E-Mail-Adresse",
    "login.password": "Passwort",
    "login.submit": "Anmelden",
    "login.problem": "Das hat nicht geklappt",
    "login.public": "Sie möchten dem Rathaus schreiben? Zur öffentlichen Seite",
    "login.help": "Passwort vergessen? Wer dieses System betreibt, kann Ihnen ein neues geben.",
    "error.title": "Das hat nicht geklappt",
    "error.bad_request": "Die Anfrage war nicht zu verstehen.",
    "error.not_json": "Die Anfrage muss JSON sein.",
    "error.not_logged_in": "Bitte melden Sie sich an.",
    "error.wrong_login": "E-Mail-Adresse oder Passwort stimmt nicht.",
    "error.throttled": "Zu viele Versuche. Bitte warten Sie einen Moment.",
    "error.forbidden": "Das dürfen Sie nicht.",
    "error.cross_site": "Die Anfrage kommt von einer anderen Seite und wurde nicht angenommen.",
    "error.unknown_host": "Unter dieser Adresse gibt es hier nichts.",
    "error.not_found": "Hier gibt es nichts.",
    "error.method_not_allowed": "Diese Adresse nimmt solche Anfragen nicht an.",
    "error.not_acceptable": "Das gibt es nicht in der gewünschten Form.",
    "error.too_large": "Die Anfrage ist zu groß.",
    "error.not_stored": "Das lässt sich gerade nicht speichern. Bitte versuchen Sie es gleich noch einmal.",
    "error.unavailable": "Das geht im Moment nicht. Bitte versuchen Sie es gleich noch einmal.",
    "error.error": "Hier ist etwas schiefgegangen. Bitte versuchen Sie es noch einmal.",
}

DU: dict[str, str] = {}
