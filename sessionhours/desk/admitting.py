"""What is kept of one message: its entry, its file, its writer's place in the queue, and the memory that it came."""

from __future__ import annotations

from typing import Any

import msgspec

from sessionhours.core.delivery import SERVICE_WINDOW
from sessionhours.core.explain import explain
from sessionhours.core.gate import LATE, takes
from sessionhours.core.instants import iso, ms, second
from sessionhours.core.message import SAID
from sessionhours.desk import closing, identity, targets
from sessionhours.desk.arrived import Arrived
from sessionhours.desk.ledger import Row
from sessionhours.desk.shapes import dump, preview
from sessionhours.store.tables import Arrival, Conversation, Media, Message, new_id

#: So many characters of an instant on the wire name its second.
_SECOND = len("2026-12-03T15:00:00")

#: Kinds whose file is fetched when the line takes them in.
FETCHED = frozenset({"image", "document", "sticker", "video", "audio", "voice"})


def know(arrived: Arrived) -> bool:
    """Its writer as a contact with a conversation, made where there is none. Was there a conversation before?"""
    ledger, line = arrived.ledger, arrived.line
    arrived.contact = identity.meet(ledger, arrived.inbound.person, arrived.received_at)
    before = arrived.conversation or ledger.conversation(line.id, arrived.contact["id"])
    arrived.conversation = before or _begin(arrived)
    return before is not None


def take_in(
    arrived: Arrived,
    why: str,
    verb: str,
    holder: str | None,
    target_key: str | None = None,
    *,
    before: bool,
    kept: bool = False,
) -> Row:
    """Keep the message of somebody we `know`, where they wait now. ``kept``: it waited for their "1"."""
    ledger, inbound = arrived.ledger, arrived.inbound
    assert arrived.conversation is not None
    message = entry(arrived, why, kind=inbound.kind, text=inbound.text, target_key=target_key)
    _attach(arrived, message)
    _take_a_place(arrived, message, verb, holder, kept)
    ledger.tell(
        "conversation.updated" if before else "conversation.created", arrived.conversation, arrived.contact
    )
    ledger.tell("message.created", message)
    ledger.messages[arrived.key] = message
    targets.catch_up(ledger, arrived.key, message)
    return message


def beside(arrived: Arrived, why: str, *, kind: str, text: str) -> str | None:
    """An entry where a conversation is kept, which takes no place in any queue; its id, or None where there is none.

    Whatever a citizen says lets us answer for another day, also where it is not kept (AC-18).
    """
    conversation, ledger = arrived.conversation, arrived.ledger
    if conversation is None:
        return None
    message = entry(arrived, why, kind=kind, text=text)
    closes = _closes(arrived, conversation)
    if arrived.inbound.kind in SAID and closes != conversation["window_closes_at"]:
        ledger.change(Conversation, conversation, window_closes_at=closes)
        ledger.tell_conversation(conversation)
    ledger.tell("message.created", message)
    ledger.messages[arrived.key] = message
    return str(message["id"])


def remember(arrived: Arrived, why: str, message: str | None = None) -> None:
    """For ever: that it came, when it was sent, and what was decided; hashes only."""
    if arrived.came_before:
        return arrived.ledger.remember(arrived.key, why, message)
    arrived.ledger.add(
        Arrival,
        key=arrived.key,
        town=arrived.ledger.town,
        line=arrived.line.id,
        contact_key=arrived.contact_key,
        sent_at=ms(arrived.sent_at),
        received_at=arrived.received_at,
        decision=why,
        message=message,
    )


def to_message(arrived: Arrived, key: str) -> Row | None:
    """The message of this key that others may be about; an entry without words is none: nothing is written into it."""
    found = arrived.ledger.message_by_key(key)
    return found if found is not None and found["kind"] != "declined" else None


def _begin(arrived: Arrived) -> Row:
    assert arrived.contact is not None
    row = arrived.ledger.add(
        Conversation,
        town=arrived.ledger.town,
        line=arrived.line.id,
        contact=arrived.contact["id"],
        lane="answered",
        created_at=arrived.received_at,
    )
    arrived.ledger.conversations[arrived.line.id, arrived.contact["id"]] = row
    return row


def entry(arrived: Arrived, why: str, *, kind: str, text: str, target_key: str | None = None) -> Row:
    """The one visible entry of a message (AC-31)."""
    inbound, ledger = arrived.inbound, arrived.ledger
    assert arrived.conversation is not None
    quoted = to_message(arrived, arrived.keys.wamid(inbound.reply_to)) if inbound.reply_to else None
    if inbound.reply_to and quoted is None:
        target_key = arrived.keys.wamid(inbound.reply_to)
    if target_key is not None:
        ledger.awaited.add(target_key)
    sent_at = ms(arrived.sent_at)
    return ledger.add(
        Message,
        town=ledger.town,
        conversation=arrived.conversation["id"],
        seq=0,
        order_at=second(sent_at),
        direction="inbound",
        author_kind="contact",
        author_id=arrived.conversation["contact"],
        author_name=inbound.person.name,
        kind=kind,
        text=text,
        detail=dump(inbound.detail) if inbound.detail and kind != "declined" else None,
        sent_at=sent_at,
        received_at=arrived.received_at,
        late=arrived.received_at - sent_at > LATE.total_seconds() * 1000,
        reply_to=quoted["id"] if quoted else None,
        decision=explain(why, arrived.plan.schedule.town.language),
        wamid=(inbound.wamid or None) if kind != "declined" else None,
        wamid_key=arrived.key,
        target_key=target_key,
        session=arrived.conversation["session"],
    )


def _attach(arrived: Arrived, message: Row) -> None:
    """A file that the line takes in is fetched by the media loop; any other is neither fetched nor stored (KA-7)."""
    attachment, line = arrived.inbound.attachment, arrived.line
    if attachment is None:
        return
    id = new_id()
    fetched = arrived.inbound.kind in FETCHED and takes(line, arrived.inbound.kind)
    shown = {"mime_type": attachment.mime_type, "filename": attachment.filename}
    message["media"] = dump(
        {"id": id if fetched else None, "state": "waiting" if fetched else "refused", **shown}
    )
    if fetched:
        arrived.ledger.add(
            Media,
            id=id,
            town=arrived.ledger.town,
            line=line.id,
            message=message["id"],
            meta_id=attachment.meta_id,
            mime_type=attachment.mime_type,
            filename=attachment.filename,
            due_at=arrived.ledger.at,
        )


def _take_a_place(arrived: Arrived, message: Row, verb: str, holder: str | None, kept: bool) -> None:
    """The place in the queue counts from the first message without an answer; writing again never costs it.

    What was kept wins nobody a better place who waits already.
    """
    conversation, ledger = arrived.conversation, arrived.ledger
    assert conversation is not None
    values: dict[str, Any] = {"shown": True}
    if _newest(message, conversation["last_message"]):
        values["last_message"] = dump(preview(message))
    if message["kind"] in SAID and verb == "hold" and conversation["lane"] == "follow_up" and not kept:
        # what is owed to them stays as it was said; what they add is read there
        values |= {"unread": conversation["unread"] + 1, "window_closes_at": _closes(arrived, conversation)}
    elif message["kind"] in SAID:
        values |= _asks(arrived, message, verb, holder, kept)
    if holder and verb == "admit" and not _is_further(arrived, holder):
        values["session"] = holder
    elif holder is None and verb == "admit" and message["kind"] in SAID:
        values["session"] = None
    if values.get("session", conversation["session"]) != conversation["session"]:
        # whoever had them in an earlier hour may not be there today
        values |= {"assignee": None, "assigned_at": None}
        values |= closing.leave(ledger.session, conversation, ledger.now)
        ledger.sessions |= {conversation["session"]} - {None}
    if holder and (values.get("lane"), holder) != (conversation["lane"], conversation["session"]):
        ledger.sessions.add(holder)
    ledger.change(Conversation, conversation, **values)
    message["session"] = holder if holder and verb == "admit" else conversation["session"]


def _asks(arrived: Arrived, message: Row, verb: str, holder: str | None, kept: bool) -> dict[str, Any]:
    """Somebody wants something: what was said to have become of them here no longer holds."""
    conversation, values = arrived.conversation, dict[str, Any]()
    assert conversation is not None
    lane, waits_since = conversation["lane"], conversation["waiting_since"]
    resting = lane in ("answered", "done", "follow_up", "held")
    if conversation["outcome"] is not None:
        values["outcome"] = None
        if holder and holder == conversation["session"]:
            closing.reopen(arrived.ledger.session, conversation["id"], holder)
    values["lane"] = ("held" if verb == "hold" else "waiting") if resting else lane
    values["unread"] = conversation["unread"] + 1
    if resting or not kept or waits_since is None:
        values["waiting_since"] = min(message["order_at"], waits_since or message["order_at"])
    values["kept"] = _still_kept(conversation, holder, resting) or (kept and resting)
    values["window_closes_at"] = _closes(arrived, conversation)
    return values


def _closes(arrived: Arrived, conversation: Row) -> int:
    """When the service window closes, by Meta's stamp of the newest message; a late one takes nothing away."""
    return max(ms(arrived.sent_at + SERVICE_WINDOW), conversation["window_closes_at"] or 0)


def _still_kept(conversation: Row, holder: str | None, resting: bool) -> bool:
    """Who waits since their "1" does so until the hour is over; whoever comes back another time comes live."""
    same = conversation["lane"] == "held" or (holder is not None and holder == conversation["session"])
    return bool(conversation["kept"]) and (same or not resting)


def _is_further(arrived: Arrived, holder: str) -> bool:
    """Is the writer in a later session already? A message that comes days late does not pull anybody back."""
    assert arrived.conversation is not None
    if arrived.conversation["session"] == holder:
        return False
    inside, theirs = (arrived.plan.by_id.get(id) for id in (arrived.conversation["session"], holder))
    return inside is not None and theirs is not None and inside.opens > theirs.opens


class _Shown(msgspec.Struct):
    """What has to be known of the message that lists show."""

    kind: str
    sent_at: str


_shown = msgspec.json.Decoder(_Shown).decode


def _newest(message: Row, shown: str | None) -> bool:
    """Is this what lists should show? A mark on another message only where there is nothing else."""
    about = message["kind"] in targets.ABOUT_ANOTHER
    if shown is None:
        return True
    last = _shown(shown)
    if about != (last.kind in targets.ABOUT_ANOTHER):
        return not about
    return str(iso(message["sent_at"]))[:_SECOND] >= last.sent_at[:_SECOND]
