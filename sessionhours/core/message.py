"""What a webhook can tell us, in our own words: the shapes that `whatsapp.payload.parse` makes and the desk applies.

Every item of a body becomes exactly one of these values; none of them knows Meta's field names.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Any, Literal, NamedTuple, get_args

Said = Literal[
    "text",
    "image",
    "audio",
    "voice",
    "video",
    "document",
    "sticker",
    "location",
    "contacts",
    "button",
    "interactive",
    "order",
    "call",
    "unsupported",
    "unknown",
]
Kind = Said | Literal["reaction", "edit", "revoke", "system"]

#: What a citizen says of their own accord. Only these wait for an answer and may trigger an automatic text (AC-11).
SAID: frozenset[str] = frozenset(get_args(Said))


class Person(NamedTuple):
    """Who wrote, as WhatsApp knows them. Either id may be missing, never both (contract §2.1–2.3)."""

    user_id: str | None
    phone: str | None
    name: str = ""
    username: str | None = None


class Attachment(NamedTuple):
    """A file that came with a message: Meta's id for it and what Meta claims it is (contract §2.5)."""

    meta_id: str
    mime_type: str
    sha256: str | None = None
    filename: str | None = None
    url: str | None = None
    animated: bool = False


class Inbound(NamedTuple):
    """One message of a citizen.

    ``sent_at`` is the citizen's own time as Meta stamps it, None when it is absurd (fault F42); ``kind`` is ours;
    ``text`` is what can be read of it, cleaned of NUL and lone surrogates (attacks C10, C11); ``reply_to`` is the
    quoted wamid; for reactions, edits and revokes ``target`` is the wamid they are about; ``detail`` is JSON that
    the console may show (location, contacts, order, error codes, forwarded); ``group`` is set for group messages,
    which are never routed (contract §2.16); ``quiet`` marks what never gets an automatic text (contract §2.14).
    """

    path: str
    phone_number_id: str
    wamid: str
    person: Person
    sent_at: datetime | None
    kind: Kind
    text: str = ""
    attachment: Attachment | None = None
    reply_to: str | None = None
    target: str | None = None
    detail: Mapping[str, Any] = MappingProxyType({})
    group: str | None = None
    quiet: bool = False


class Failure(NamedTuple):
    """An error of Meta's: code, its own words, and whether it said the trouble is passing (contract §8.1)."""

    code: int
    title: str = ""
    details: str = ""
    transient: bool = False


class Receipt(NamedTuple):
    """Meta's word on one outbound message (contract §3). ``attempt`` is our echoed attempt id, if any."""

    path: str
    phone_number_id: str
    wamid: str
    status: str
    at: datetime | None
    attempt: str | None = None
    failure: Failure | None = None
    category: str | None = None
    pricing: str | None = None


class IdentityChange(NamedTuple):
    """A hint that somebody has a new number or a new BSUID (contract §2.13)."""

    path: str
    phone_number_id: str
    wamid: str | None
    old: Person
    new: Person
    at: datetime | None


class TemplateNews(NamedTuple):
    """What a webhook tells of one template of a business account; what it does not tell is None (contract §7.9)."""

    account: str | None
    name: str
    language: str
    status: str | None = None
    category: str | None = None
    reason: str | None = None


class AccountNotice(NamedTuple):
    """Something about the account itself that the town's admin must read (contract §7.9).

    ``code`` names the field and event, ``values`` what a sentence about it needs; ``key`` makes a repeat harmless;
    ``template`` is set where it is about one.
    """

    path: str
    phone_number_id: str | None
    code: str
    level: Literal["info", "warning", "error"]
    message_de: str
    message_en: str
    key: str
    template: TemplateNews | None = None


class Broken(NamedTuple):
    """An item that cannot be read or an update of a shape we do not know: kept for the admin, never lost (F28, F31)."""

    path: str
    phone_number_id: str | None
    why: str
    raw: bytes


Item = Inbound | Receipt | IdentityChange | AccountNotice | Broken
