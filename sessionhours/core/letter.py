"""A mail to staff, where it is handed in, and what may come of that: values that config, desk and the mail room share."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import datetime
from ipaddress import ip_address
from typing import Protocol
from urllib.parse import unquote, urlsplit

#: Characters of a mail address (RFC 5321 §4.5.3.1.3) and of a subject that no mail program cuts.
LONGEST_ADDRESS = 254
LONGEST_SUBJECT = 150

#: Where mail is handed in with STARTTLS, and with TLS from the first byte (RFC 6409, RFC 8314).
PORTS = {"smtp": 587, "smtps": 465}

_ATOM = r"[^\s<>()\[\],;:\\\"@.\x00-\x1f\x7f]+"
_DOTTED = rf"{_ATOM}(?:\.{_ATOM})*"

#: What a plain address looks like.
ADDRESS = rf"{_DOTTED}@{_DOTTED}"


@dataclass(frozen=True, slots=True)
class Letter:
    """A mail to one person, written ``at``. ``id`` is the same in every try: one that comes twice can be known as one."""

    id: str
    recipient: str
    subject: str
    body: str
    at: datetime


@dataclass(frozen=True, slots=True)
class NotTaken:
    """The mail server did not take it, or nobody knows; ``for_good``: another try cannot help."""

    why: str
    for_good: bool = False


class Mailer(Protocol):
    """What the desk is handed to send mail with. Never raises for the server's or the network's faults."""

    async def send(self, letter: Letter) -> NotTaken | None:
        """Hand one letter in; None once the server has taken it."""


@dataclass(frozen=True)
class Mailbox:
    """Where mail is handed in, as SESSIONHOURS_SMTP_URL says it. ``tls``: from the first byte on.

    ``strict``: nothing is said to a server that cannot prove who it is. So it is wherever a password goes over a network;
    a relay of one's own house that asks for none often has no certificate that anybody could check.
    """

    host: str
    port: int
    tls: bool
    user: str = ""
    password: str = field(default="", repr=False)
    strict: bool = True


def mailbox(url: str) -> Mailbox:
    """The mail server of an address ``smtp://user:password@host:587`` or ``smtps://…``. Raises ValueError, without it."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise ValueError("no address of a mail server") from None
    host = parts.hostname or ""
    if parts.scheme not in PORTS or not re.fullmatch(r"[\w.:-]+", host) or port == 0 or _more(parts.path):
        raise ValueError("no address of a mail server")
    if parts.query or parts.fragment or "?" in url or "#" in url:
        raise ValueError("no address of a mail server")
    user, password = unquote(parts.username or ""), unquote(parts.password or "")
    if bool(user) != bool(password) or not (user + password).isprintable():
        raise ValueError("a user without a password, or the other way round")
    tls = parts.scheme == "smtps"
    strict = tls or (bool(password) and not on_this_machine(host))
    return Mailbox(host, port or PORTS[parts.scheme], tls, user, password, strict)


def is_address(text: str) -> bool:
    """Can this be written to? One plain address: no name around it, no second one, nothing that ends a line."""
    return len(text) <= LONGEST_ADDRESS and text.isprintable() and bool(re.fullmatch(ADDRESS, text))


def sender(text: str) -> tuple[str, str] | None:
    """Name and address of ``hour@example.org`` or ``Rathaus <hour@example.org>``; None where it is neither."""
    named = re.fullmatch(r"(?:\"([^\"<>]*)\"|([^\"<>]*)) *<([^<>]+)>", text.strip())
    name, address = ((named[1] or named[2] or "").strip(), named[3]) if named else ("", text.strip())
    return (name, address) if is_address(address) and name.isprintable() else None


def one_line(text: str) -> str:
    """A subject: whatever it was made of, one line, without what a header would take for an order."""
    shown = " ".join("".join(c if c.isprintable() else " " for c in text).split())
    return shown[: LONGEST_SUBJECT - 1] + "…" if len(shown) > LONGEST_SUBJECT else shown


def on_this_machine(host: str) -> bool:
    """Does what is said to this host never leave the machine?"""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _more(path: str) -> bool:
    return path not in ("", "/")
