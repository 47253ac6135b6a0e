"""One object of ``value.messages`` or ``value.calls`` as one of our values (contract §2, §4).

``READERS`` names for each type the function that fills in what is special to it; what all have in common is
read in ``message``. A type that is not there is shown as "unknown", with its name.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sessionhours.core.message import Attachment, IdentityChange, Inbound, Kind, Person
from sessionhours.whatsapp import people, wire
from sessionhours.whatsapp.wire import ident, record, records, text

#: Longer than any id of Meta's, and short enough for every database's index.
MAX_ID = 512

#: What an unsupported message may have been without asking for an answer (contract §2.14).
QUIET = frozenset({"edit", "pin", "keep_in_chat", "reaction", "poll_update"})

#: System messages that say that somebody has a new number or BSUID, old spellings included (contract §2.13).
MOVED = frozenset({"user_changed_number", "customer_changed_number", "user_changed_user_id"})


class Unreadable(ValueError):
    """The item cannot be read; the message says why."""


@dataclass(frozen=True, slots=True)
class Place:
    """What the items of one ``value`` share: the line's id, the people named beside them, and the time."""

    phone_number_id: str
    people: list[Person]
    now: datetime | None


def message(item: dict[str, Any], path: str, place: Place) -> Inbound | IdentityChange:
    """One incoming message. Raises ``Unreadable`` when it has no id or nobody who wrote it."""
    wamid = identified(item)
    kind, read = _reader(item)
    if kind == "system" and text(record(item.get("system")).get("type")) in MOVED:
        change = _moved(item, wamid, path, place)
        if change is not None:
            return change
    person = _author(item, place)
    body = record(item.get(kind))
    special = read(item, body)
    detail = special.pop("detail", {})
    if "context" in item or "referral" in item or "errors" in item:
        detail.update(_beside(item))
    context = item.get("context")
    return Inbound(
        path,
        place.phone_number_id,
        wamid,
        person,
        wire.instant(item.get("timestamp"), place.now),
        special.pop("kind", kind),
        reply_to=ident(context.get("id")) if type(context) is dict else None,
        detail=detail,
        group=ident(item.get("group_id")),
        **special,
    )


def call(item: dict[str, Any], path: str, place: Place) -> Inbound:
    """One event of a citizen's call; its end has the id of its beginning, so both are one (contract §4)."""
    if item.get("direction") == "BUSINESS_INITIATED":
        raise Unreadable("a call that we are said to have made")
    at = item.get("start_time") or item.get("timestamp")
    detail = {key: item[key] for key in ("event", "status", "duration") if _plain(item.get(key))}
    return Inbound(
        path,
        place.phone_number_id,
        identified(item),
        _author(item, place),
        wire.instant(at, place.now),
        "call",
        detail=detail,
    )


def identified(item: dict[str, Any]) -> str:
    """The item's id. Raises ``Unreadable`` without one, for nothing could tell its repeats."""
    wamid = ident(item.get("id"))
    if not wamid:
        raise Unreadable("no id")
    if len(wamid) > MAX_ID:
        raise Unreadable("the id is too long")
    return wamid


def _author(item: dict[str, Any], place: Place) -> Person:
    person = people.find(place.people, *people.ids(item.get("from_user_id"), item.get("from")))
    if person is None:
        raise Unreadable("nobody is named as its author")
    return person


def _moved(item: dict[str, Any], wamid: str, path: str, place: Place) -> IdentityChange | None:
    """The change that a system message tells of; None when it does not say what has changed."""
    told = record(item.get("system"))
    old = people.ids(item.get("from_user_id"), item.get("from"), told.get("customer"))
    new = people.ids(told.get("user_id"), told.get("wa_id") or told.get("new_wa_id"))
    if not any(old) or not any(new):
        return None
    at = wire.instant(item.get("timestamp"), place.now)
    return IdentityChange(path, place.phone_number_id, wamid, Person(*old), Person(*new), at)


def _beside(item: dict[str, Any]) -> dict[str, Any]:
    """What may stand beside a message of any type: where it came from and what was wrong with it (§2.12)."""
    detail: dict[str, Any] = {}
    context = record(item.get("context"))
    for key in ("forwarded", "frequently_forwarded"):
        if context.get(key) is True:
            detail[key] = True
    if product := _texts(context.get("referred_product"), "catalog_id", "product_retailer_id"):
        detail["product"] = product
    if referral := _texts(item.get("referral"), "source_type", "source_url", "headline", "body"):
        detail["referral"] = referral
    if errors := _errors(item.get("errors")):
        detail["errors"] = errors
    return detail


def _errors(errors: Any) -> list[dict[str, Any]]:
    found = [failure for error in records(errors) if (failure := wire.failure([error]))]
    return [{"code": one.code, "title": one.title, "details": one.details} for one in found]


def _texts(value: Any, *keys: str) -> dict[str, str]:
    """These keys of an object, as far as they are ids or text."""
    return {key: found for key in keys if (found := ident(record(value).get(key)))}


def _plain(value: Any) -> bool:
    return type(value) in (str, int, float, bool)


# What is special to each type. A reader gets the message and its body, and gives arguments of Inbound.

Special = dict[str, Any]


def _reader(item: dict[str, Any]) -> tuple[str, Callable[[dict[str, Any], dict[str, Any]], Special]]:
    """The message's type and its reader; where no type is given, that of the body that is there."""
    kind = item.get("type")
    if type(kind) is not str or not kind:
        kind = next((known for known in READERS if item.get(known)), "unknown")
    return kind, READERS.get(kind, _unknown)


def _text(item: dict[str, Any], body: dict[str, Any]) -> Special:
    return {"text": text(body.get("body"))}


def _media(item: dict[str, Any], body: dict[str, Any]) -> Special:
    return {"text": text(body.get("caption")), "attachment": _attachment(body)}


def _audio(item: dict[str, Any], body: dict[str, Any]) -> Special:
    kind: Kind = "voice" if body.get("voice") is True else "audio"
    return {"kind": kind, **_media(item, body)}


def _attachment(body: dict[str, Any]) -> Attachment | None:
    meta_id = ident(body.get("id"))
    if meta_id is None:
        return None
    return Attachment(
        meta_id,
        text(body.get("mime_type")),
        ident(body.get("sha256")),
        ident(body.get("filename")),
        ident(body.get("url")),
        body.get("animated") is True,
    )


def _location(item: dict[str, Any], body: dict[str, Any]) -> Special:
    detail: dict[str, Any] = dict(_texts(body, "name", "address", "url"))
    for key in ("latitude", "longitude"):
        if (degrees := wire.number(body.get(key))) is not None:
            detail[key] = degrees
    words = [detail[key] for key in ("name", "address") if key in detail]
    return {"text": ", ".join(words), "detail": detail}


def _contacts(item: dict[str, Any], body: dict[str, Any]) -> Special:
    cards = [_card(card) for card in records(item.get("contacts"))]
    return {"text": ", ".join(card["name"] for card in cards if card["name"]), "detail": {"contacts": cards}}


def _card(card: dict[str, Any]) -> dict[str, Any]:
    """Name, numbers and addresses of a third person; the rest of the card is not for us (contract §2.7)."""
    phones = [ident(phone.get("phone")) or ident(phone.get("wa_id")) for phone in records(card.get("phones"))]
    emails = [text(email.get("email")) for email in records(card.get("emails"))]
    return {
        "name": people.name(text(record(card.get("name")).get("formatted_name"))),
        "phones": [phone for phone in phones if phone],
        "emails": [email for email in emails if email],
        "company": text(record(card.get("org")).get("company")),
    }


def _button(item: dict[str, Any], body: dict[str, Any]) -> Special:
    return {"text": text(body.get("text")), "detail": _texts(body, "payload")}


def _interactive(item: dict[str, Any], body: dict[str, Any]) -> Special:
    """An answer to a question of ours: what was chosen, or what was filled in (contract §2.8)."""
    kind = text(body.get("type"))
    chosen = record(body.get(kind))
    if kind == "nfm_reply":
        return _form(chosen)
    if kind == "call_permission_reply":
        response = _texts(chosen, "response", "expiration_timestamp", "response_source")
        return {"detail": {"type": kind, **response}, "quiet": True}
    detail = {"type": kind, **_texts(chosen, "id", "description")} if kind else {}
    return {"text": text(chosen.get("title")), "detail": detail}


def _form(chosen: dict[str, Any]) -> Special:
    answers: dict[str, Any] = {}
    with suppress(wire.NotJson):
        answers = record(wire.load(text(chosen.get("response_json")).encode()))
    answers = {key: value for key, value in answers.items() if _plain(value)}
    lines = [f"{key}: {value}" for key, value in answers.items() if key != "flow_token"]
    detail = {"type": "nfm_reply", **_texts(chosen, "name"), "answers": answers}
    return {"text": "\n".join(lines) or text(chosen.get("body")), "detail": detail}


def _order(item: dict[str, Any], body: dict[str, Any]) -> Special:
    keys = ("product_retailer_id", "quantity", "item_price", "currency")
    goods = [
        {key: good[key] for key in keys if _plain(good.get(key))}
        for good in records(body.get("product_items"))
    ]
    return {"text": text(body.get("text")), "detail": {"items": goods, **_texts(body, "catalog_id")}}


def _reaction(item: dict[str, Any], body: dict[str, Any]) -> Special:
    return {"text": text(body.get("emoji")), "target": ident(body.get("message_id")), "quiet": True}


def _edit(item: dict[str, Any], body: dict[str, Any]) -> Special:
    inner = record(body.get("message"))
    kind, read = _reader(inner)
    words = read(inner, record(inner.get(kind))).get("text", "") if kind != "edit" else ""
    return {"text": words, "target": ident(body.get("original_message_id")), "quiet": True}


def _revoke(item: dict[str, Any], body: dict[str, Any]) -> Special:
    return {"target": ident(body.get("original_message_id")), "quiet": True}


def _system(item: dict[str, Any], body: dict[str, Any]) -> Special:
    return {"text": text(body.get("body")), "detail": _texts(body, "type"), "quiet": True}


def _unsupported(item: dict[str, Any], body: dict[str, Any]) -> Special:
    """What WhatsApp does not hand on; quiet when it need not be a message at all (contract §2.14)."""
    told = record(item.get("unsupported"))
    what = text(told.get("type"))
    return {"detail": {"type": what} if what else {}, "quiet": not told or what in QUIET}


def _unknown(item: dict[str, Any], body: dict[str, Any]) -> Special:
    kind = text(item.get("type"))
    return {"kind": "unknown", "detail": {"type": kind} if kind else {}}


READERS: dict[str, Callable[[dict[str, Any], dict[str, Any]], Special]] = {
    "text": _text,
    "image": _media,
    "audio": _audio,
    "video": _media,
    "document": _media,
    "sticker": _media,
    "location": _location,
    "contacts": _contacts,
    "button": _button,
    "interactive": _interactive,
    "order": _order,
    "reaction": _reaction,
    "edit": _edit,
    "revoke": _revoke,
    "system": _system,
    "unsupported": _unsupported,
    "unknown": _unsupported,
}
