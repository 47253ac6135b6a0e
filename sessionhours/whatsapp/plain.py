"""The commonest update, read by its type: one text of one citizen, and nothing else in the body.

Nine of ten bodies are just this, and reading them so costs a third. Whatever does not fit exactly (another type, a second
item, a key that is not named here) is read by `payload`, and to the same result (tests hold it).
"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

import msgspec
from msgspec import Meta, Struct, field

from sessionhours.core.message import Inbound, Person
from sessionhours.whatsapp import people, wire
from sessionhours.whatsapp.messages import MAX_ID

BSUID = Annotated[str, Meta(pattern=rf"^{people.BSUID.pattern}\Z")]
Phone = Annotated[str, Meta(pattern=r"^[0-9]{4,31}\Z")]
Wamid = Annotated[str, Meta(min_length=1, max_length=MAX_ID)]


class Exactly(Struct, forbid_unknown_fields=True, gc=False):
    """An object with these keys and no others."""


class _Text(Exactly):
    body: str


class _Message(Exactly):
    id: Wamid
    timestamp: str
    text: _Text
    type: Literal["text"]
    phone: Phone | None = field(name="from", default=None)
    from_user_id: BSUID | None = None


class _Profile(Exactly):
    name: str = ""


class _Contact(Exactly):
    profile: _Profile
    wa_id: Phone | None = None
    user_id: BSUID | None = None


class _Metadata(Exactly):
    phone_number_id: Annotated[str, Meta(min_length=1)]
    display_phone_number: str = ""


class _Value(Exactly):
    metadata: _Metadata
    contacts: Annotated[list[_Contact], Meta(min_length=1, max_length=1)]
    messages: Annotated[list[_Message], Meta(min_length=1, max_length=1)]
    messaging_product: str = ""


class _Change(Exactly):
    value: _Value
    field: Literal["messages"]


class _Entry(Exactly):
    id: str
    changes: Annotated[list[_Change], Meta(min_length=1, max_length=1)]


class PlainText(Exactly):
    """The whole body."""

    object: Literal["whatsapp_business_account"]
    entry: Annotated[list[_Entry], Meta(min_length=1, max_length=1)]

    def inbound(self, now: datetime | None) -> Inbound:
        """The message as one of our values; ``now`` makes timestamps more than a day ahead of it absurd."""
        value = self.entry[0].changes[0].value
        message, contact = value.messages[0], value.contacts[0]
        return Inbound(
            "/entry/0/changes/0/value/messages/0",
            value.metadata.phone_number_id,
            message.id,
            Person(message.from_user_id, message.phone, people.name(contact.profile.name)),
            wire.instant(message.timestamp, now),
            "text",
            message.text.body,
        )

    def _names_its_author(self) -> bool:
        """Is the one person beside the message the one who wrote it, known by the same ids?"""
        value = self.entry[0].changes[0].value
        message, contact = value.messages[0], value.contacts[0]
        ids = (message.from_user_id, message.phone)
        return any(ids) and ids == (contact.user_id, contact.wa_id)


_decode = msgspec.json.Decoder(PlainText).decode


def read(body: bytes) -> PlainText | None:
    """The body's one text, or None where the body is anything else."""
    if b"\\u0000" in body:
        return None
    try:
        update = _decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
    return update if update._names_its_author() else None
