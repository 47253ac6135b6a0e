"""From the bytes of a webhook to our own values: every entry × change × item, in order, none left out.

An item that cannot be read becomes ``Broken`` and its neighbours go on (F28, F31); only a body that is no
JSON, or no update of a WhatsApp account, is refused as a whole (contract §1.2, §1.3).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any

from sessionhours.core.message import AccountNotice, Broken, IdentityChange, Item, Person, Receipt
from sessionhours.errors import SessionhoursError
from sessionhours.whatsapp import notices, people, plain, wire
from sessionhours.whatsapp.messages import Place, Unreadable, call, identified, message
from sessionhours.whatsapp.wire import NotJson, ident, record, text

__all__ = ["NotAnUpdate", "NotJson", "parse", "read"]


class NotAnUpdate(SessionhoursError):
    """Signed JSON that is no update of a WhatsApp account: answer 200 and keep it for the admin."""


def read(body: bytes) -> Any:
    """What JSON makes of a body, for `parse`. Raises ``NotJson``."""
    return plain.read(body) or wire.load(body)


def parse(body: bytes | Any, now: datetime | None = None) -> list[Item]:
    """Everything that ``body`` (its bytes, or what `read` made of them) tells, in its order.

    ``now`` (aware UTC) makes timestamps more than a day ahead of it absurd; without it nothing is ahead.
    Raises ``NotJson`` (400) or ``NotAnUpdate`` (200, quarantined); no other exception leaves.
    """
    update = read(body) if type(body) is bytes else body
    if type(update) is plain.PlainText:
        return [update.inbound(now)]
    if type(update) is not dict or update.get("object") != "whatsapp_business_account":
        raise NotAnUpdate("the object is not a WhatsApp Business account")
    if type(update.get("entry")) is not list:
        raise NotAnUpdate("there is no list of entries")
    return [
        item
        for number, entry in enumerate(update["entry"])
        for item in _entry(f"/entry/{number}", entry, now)
    ]


def _entry(path: str, entry: Any, now: datetime | None) -> Iterator[Item]:
    changes = record(entry).get("changes")
    if type(changes) is not list:
        yield _broken(path, None, "an entry without a list of changes", entry)
        return
    for number, change in enumerate(changes):
        yield from _change(f"{path}/changes/{number}", entry, change, now)


def _change(path: str, entry: dict[str, Any], change: Any, now: datetime | None) -> Iterator[Item]:
    field = text(record(change).get("field"))
    value = record(change).get("value")
    if type(value) is not dict:
        yield _broken(path, None, "a change without a value", change)
    elif field in notices.EVENTS:
        yield from _notice(path, entry, field, value)
    elif field in FIELDS:
        yield from _value(f"{path}/value", value, now)
    else:
        yield _broken(path, _line(value), f'unknown field "{field[:80]}"', change)


def _notice(path: str, entry: dict[str, Any], field: str, value: dict[str, Any]) -> Iterator[Item]:
    try:
        yield notices.of_field(path, _line(value), field, value, ident(entry.get("id")), entry.get("time"))
    except Exception as error:  # noqa: BLE001 - see _item
        yield _broken(path, _line(value), type(error).__name__, value)


def _value(path: str, value: dict[str, Any], now: datetime | None) -> Iterator[Item]:
    """Every item of a value; one kind is normal, all of them are possible."""
    place = Place(_line(value) or "", people.known(value.get("contacts")), now)
    empty = True
    for key, read in READERS.items():
        items = value.get(key)
        if items is None:
            continue
        empty = False
        if type(items) is not list:
            yield _broken(f"{path}/{key}", place.phone_number_id, f"{key} is no list", items)
            continue
        for number, item in enumerate(items):
            yield _item(read, item, f"{path}/{key}/{number}", place)
    if empty:
        yield _broken(path, place.phone_number_id, "nothing in it that we know", value)


def _item(read: Reader, item: Any, path: str, place: Place) -> Item:
    try:
        if type(item) is not dict:
            raise Unreadable("no object")
        return read(item, path, place)
    except Unreadable as error:
        return _broken(path, place.phone_number_id, str(error), item)
    except Exception as error:  # noqa: BLE001 - a fault of ours in one item must not take its neighbours along (F28)
        return _broken(path, place.phone_number_id, type(error).__name__, item)


def _broken(path: str, phone_number_id: str | None, why: str, item: Any) -> Broken:
    return Broken(path, phone_number_id or None, why, wire.dump(item))


def _line(value: dict[str, Any]) -> str | None:
    """The id of the line that a value is about: messages name it in ``metadata``, settings elsewhere."""
    settings = record(value.get("phone_number_settings"))
    return ident(record(value.get("metadata")).get("phone_number_id")) or ident(
        settings.get("phone_number_id")
    )


# The items of a value: one function each.


def _receipt(item: dict[str, Any], path: str, place: Place) -> Receipt:
    """Meta's word on one of our messages (contract §3)."""
    status = text(item.get("status")).lower()
    if not status or len(status) > 40:
        raise Unreadable("no status")
    pricing = record(item.get("pricing"))
    return Receipt(
        path,
        place.phone_number_id,
        identified(item),
        status,
        wire.instant(item.get("timestamp"), place.now),
        ident(item.get("biz_opaque_callback_data")),
        wire.failure(item.get("errors")),
        ident(pricing.get("category")),
        ident(pricing.get("type")),
    )


def _error(item: dict[str, Any], path: str, place: Place) -> AccountNotice:
    failure = wire.failure([item])
    if failure is None:
        raise Unreadable("no error")
    return notices.of_error(path, place.phone_number_id, failure)


def _preference(item: dict[str, Any], path: str, place: Place) -> AccountNotice:
    return notices.of_preference(path, place.phone_number_id, item)


def _user_id(item: dict[str, Any], path: str, place: Place) -> IdentityChange:
    """A new BSUID told by the field ``user_id_update`` (contract §2.13)."""
    told = record(item.get("user_id"))
    new = people.find(place.people, *people.ids(told.get("current"), item.get("wa_id")))
    old = people.ids(told.get("previous"))
    if new is None or not new.user_id or not old[0]:
        raise Unreadable("the old or the new user id is missing")
    at = wire.instant(item.get("timestamp"), place.now)
    return IdentityChange(path, place.phone_number_id, None, Person(*old), new, at)


Reader = Callable[[dict[str, Any], str, Place], Item]

#: What a value may hold, in the order in which it is told: messages before their statuses.
READERS: dict[str, Reader] = {
    "messages": message,
    "calls": call,
    "statuses": _receipt,
    "errors": _error,
    "user_preferences": _preference,
    "user_id_update": _user_id,
}

#: The fields whose values hold such items; account-level fields stand in ``notices``.
FIELDS = frozenset({"messages", "calls", "user_preferences", "user_id_update"})
