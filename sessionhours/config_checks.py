"""What each setting of the environment may be: its value as it is kept, or what is wrong with it and what is allowed."""

from __future__ import annotations

import ipaddress
import re
from typing import Annotated, Any

from pydantic import AfterValidator, SecretStr
from pydantic_core import PydanticCustomError

from sessionhours.core.letter import mailbox, sender

LEAST_KEY = 32  # characters of a secret key that somebody chose
SMTP = "smtp://user:password@host:587 | smtps://…; marks like @ : / in the password as %40 %3A %2F"


def database(url: str) -> str:
    """An SQLAlchemy URL of one of the two databases."""
    if re.fullmatch(r"sqlite:///.+|postgresql\+psycopg://.+", url):
        return url
    raise _bad("is no database address", "sqlite:///FILE | postgresql+psycopg://…")


def web(url: str) -> str:
    """A web address, without a slash at its end."""
    if re.fullmatch(r"https?://[^\s/?#]+(/[^\s?#]*)?", url):
        return url.rstrip("/")
    raise _bad("is no web address", "https://…")


def origin(url: str) -> str:
    """The address of a site, without a path."""
    if re.fullmatch(r"https?://[^\s/?#@]+/?", url):
        return url.rstrip("/")
    raise _bad("is no address of a site without a path", "https://hours.example.org")


def proxies(value: Any) -> Any:
    """Networks, separated by commas."""
    names = value.split(",") if isinstance(value, str) else value
    try:
        return tuple(str(ipaddress.ip_network(name.strip(), strict=False)) for name in names if name.strip())
    except ValueError:
        raise _bad("names what is no network", "10.0.0.5, 192.168.0.0/16") from None


def one_or_two(value: Any) -> Any:
    """One secret, or two while one is being changed."""
    found = [each.strip() for each in value.split(",")] if isinstance(value, str) else list(value)
    if not 1 <= len(found) <= 2 or not all(found):
        raise _bad(f"holds {len(found)} secrets or an empty one", "SECRET | OLD,NEW")
    return tuple(found)


def _word(secret: SecretStr) -> SecretStr:
    if re.fullmatch(r"[!-~]+", secret.get_secret_value()):
        return secret
    raise _bad("holds a blank or a character that no header can carry", "printable ASCII")


def style(value: str) -> str:
    """How the log is written."""
    if value in ("console", "json"):
        return value
    raise _bad(f"knows no {value[:40]!r}", "console | json")


def key(secret: SecretStr) -> SecretStr:
    """A secret key that is long enough."""
    if len(secret.get_secret_value()) >= LEAST_KEY:
        return secret
    raise _bad("is too short", f"at least {LEAST_KEY} characters")


def smtp(secret: SecretStr) -> SecretStr:
    """The address of a mail server."""
    try:
        mailbox(secret.get_secret_value())
    except ValueError as wrong:
        raise _bad(f"is {wrong}", SMTP) from None
    return secret


def mail_from(text: str) -> str:
    """Whom mail is from."""
    if sender(text) is not None:
        return text
    raise _bad("is no mail address", "hour@example.org | Rathaus <hour@example.org>")


def _bad(why: str, allowed: str) -> PydanticCustomError:
    return PydanticCustomError("setting", "{why}", {"why": why, "allowed": allowed})


Word = Annotated[SecretStr, AfterValidator(_word)]
