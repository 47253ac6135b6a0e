"""One message of a citizen: remembered, decided on by the gate, shown, and answered automatically where that is due."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import msgspec
from sqlalchemy import select

from sessionhours.core.delivery import SERVICE_WINDOW
from sessionhours.core.explain import explain
from sessionhours.core.gate import LATE, Decision, Situation, decide, takes
from sessionhours.core.instants import instant, iso, ms, second
from sessionhours.core.keys import Keys
from sessionhours.core.message import SAID, Inbound
from sessionhours.core.schedule import Line, Occurrence
from sessionhours.desk import autotexts, closing, identity, invitation, targets
from sessionhours.desk.arrived import Arrived
from sessionhours.desk.ledger import Ledger, Row
from sessionhours.desk.plan import Plan
from sessionhours.desk.shapes import dump, preview
from sessionhours.store.bulk import Prepared, among, columns_of
from sessionhours.store.tables import Arrival, Conversation, HourSession, Media, Message, new_id

#: So many characters of an instant on the wire name its second.
_SECOND = len("2026-12-03T15:00:00")

#: Kinds whose file is fetched when the line takes them in.
FETCHED = frozenset({"image", "document", "sticker", "video", "audio", "voice"})

_ARRIVED, _TARGET = columns_of(Arrival).c.key, columns_of(Message).c.target_key
_SEEN = Prepared(select(_ARRIVED).where(among(_ARRIVED, "keys")))
_AWAITED = Prepared(select(_TARGET).where(among(_TARGET, "keys")))


def foresee(ledger: Ledger, keys: Keys, inbounds: Iterable[Inbound]) -> None:
    """Read at once what a batch will ask for one by one: known messages and contacts."""
    inbounds = list(inbounds)
    if not inbounds:
        return
    connection = ledger.connection
    ledger.keyed = {inbound.wamid: keys.wamid(inbound.wamid) for inbound in inbounds}
    some = sorted(ledger.keyed.values())
    ledger.seen.update(key for (key,) in _SEEN.rows(connection, keys=some))
    ledger.awaited.update(key for (key,) in _AWAITED.rows(connection, keys=some))
    people = [inbound.person for inbound in inbounds]
    ledger.load_contacts([p.user_id for p in people if p.user_id], [p.phone for p in people if p.phone])


def receive(
    ledger: Ledger, keys: Keys, plan: Plan, line: Line, inbound: Inbound, *, received_at: int, replayed: bool
) -> None:
    """Apply one message. A wamid that was seen before changes nothing, for ever (AC-21)."""
    key = ledger.keyed.get(inbound.wamid) or keys.wamid(inbound.wamid)
    if key in ledger.seen:
        return
    ledger.seen.add(key)
    sent_at = inbound.sent_at or instant(received_at)
    arrived = Arrived(ledger, keys, plan, line, inbound, key, sent_at, received_at, replayed)
    if inbound.group is not None:
        _remember(arrived, "group")
        return
    arrived.contact = identity.known(ledger, inbound.person)
    if arrived.contact is not None:
        arrived.conversation = ledger.conversation(line.id, arrived.contact["id"])
    if inbound.target is not None:
        _about_another(arrived)
    else:
        _decide(arrived)


def _about_another(arrived: Arrived) -> None:
    """A reaction, edit or withdrawal belongs to the message it is about, whenever that comes (F26)."""
    assert arrived.inbound.target is not None
    target_key = arrived.keys.wamid(arrived.inbound.target)
    target = _kept(arrived, target_key)
    if target is not None:
        targets.apply(arrived.ledger, target, arrived.inbound.kind, arrived.inbound.text, ms(arrived.sent_at))
        _remember(arrived, "applied", target["id"])
    else:
        _decide(arrived, target_key)


def _kept(arrived: Arrived, key: str) -> Row | None:
    """The message of this key that others may be about; an entry without words is none: nothing is written into it."""
    found = arrived.ledger.message_by_key(key)
    return found if found is not None and found["kind"] != "declined" else None


def _decide(arrived: Arrived, target_key: str | None = None) -> None:
    schedule = arrived.plan.schedule
    window = arrived.plan.window_for(arrived.line, arrived.sent_at)
    holder = _holder(arrived, window)
    situation = _situation(arrived, holder)
    if window is None or situation.state in ("intake_closed", "cancelled"):
        situation = situation._replace(invited=invitation.is_answered(arrived))
    decision = decide(schedule, arrived.line, window, situation)
    if decision.verb == "decline":
        _decline(arrived, decision)
    else:
        _admit(arrived, decision, holder if decision.window else _holder(arrived, None), target_key)


def _holder(arrived: Arrived, window: Occurrence | None) -> HourSession | None:
    """The session that the message would belong to: its window's, else the one that its writer is still in."""
    if window is not None:
        return arrived.plan.session_of(window)
    return arrived.plan.by_id.get(arrived.conversation["session"]) if arrived.conversation else None


def _situation(arrived: Arrived, holder: HourSession | None) -> Situation:
    conversation = arrived.conversation
    answered = conversation["last_staff_at"] if conversation else None
    return Situation(
        kind=arrived.inbound.kind,
        quiet=arrived.inbound.quiet or _is_our_own(arrived),
        sent_at=arrived.sent_at,
        now=arrived.ledger.now,
        replayed=arrived.replayed,
        state=holder.state if holder else None,
        inside=bool(holder and conversation and conversation["session"] == holder.id),
        first=conversation is None or conversation["waiting_since"] is None,
        answered_at=None if answered is None else instant(answered),
    )


def _is_our_own(arrived: Arrived) -> bool:
    """Is it from the line's own number? Nobody answers themselves (AC-11)."""
    return arrived.inbound.person.phone == arrived.line.phone.removeprefix("+")


# -- what is not kept ----------------------------------------------------------------------------------


def _decline(arrived: Arrived, decision: Decision) -> None:
    """Nothing of the body stays. Where a conversation is kept already, an empty entry says that something came."""
    why, text = autotexts.settle(arrived, decision)
    message = None
    if arrived.conversation is not None:
        message = _entry(arrived, why, kind="declined", text="")
        arrived.ledger.tell("message.created", message)
        _renew_window(arrived)
    _remember(arrived, why, message["id"] if message else None)
    if text is not None:
        autotexts.send(arrived, text)


def _renew_window(arrived: Arrived) -> None:
    """Whatever somebody writes lets us answer for another day, also where it is not kept (AC-18)."""
    conversation = arrived.conversation
    assert conversation is not None
    closes = _closes(arrived, conversation)
    if arrived.inbound.kind in SAID and closes != conversation["window_closes_at"]:
        arrived.ledger.change(Conversation, conversation, window_closes_at=closes)
        arrived.ledger.tell_conversation(conversation)


def _closes(arrived: Arrived, conversation: Row) -> int:
    """When the service window closes, by Meta's stamp of the newest message; a late one takes nothing away."""
    return max(ms(arrived.sent_at + SERVICE_WINDOW), conversation["window_closes_at"] or 0)


# -- what is kept --------------------------------------------------------------------------------------


def _admit(arrived: Arrived, decision: Decision, holder: HourSession | None, target_key: str | None) -> None:
    ledger, line = arrived.ledger, arrived.line
    arrived.contact = identity.meet(ledger, arrived.inbound.person, arrived.received_at)
    before = arrived.conversation or ledger.conversation(line.id, arrived.contact["id"])
    arrived.conversation = before or _begin(arrived)
    why, text = autotexts.settle(arrived, decision)
    message = _entry(
        arrived, why, kind=arrived.inbound.kind, text=arrived.inbound.text, target_key=target_key
    )
    _attach(arrived, message)
    _take_a_place(arrived, message, decision.verb, holder.id if holder else None)
    ledger.tell(
        "conversation.updated" if before else "conversation.created", arrived.conversation, arrived.contact
    )
    ledger.tell("message.created", message)
    ledger.messages[arrived.key] = message
    targets.catch_up(ledger, arrived.key, message)
    _remember(arrived, why, message["id"])
    if text is not None:
        autotexts.send(arrived, text)


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


def _entry(arrived: Arrived, why: str, *, kind: str, text: str, target_key: str | None = None) -> Row:
    """The one visible entry of a message (AC-31)."""
    inbound, ledger = arrived.inbound, arrived.ledger
    assert arrived.conversation is not None
    quoted = _kept(arrived, arrived.keys.wamid(inbound.reply_to)) if inbound.reply_to else None
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
        wamid=inbound.wamid if kind != "declined" else None,
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


def _take_a_place(arrived: Arrived, message: Row, verb: str, holder: str | None) -> None:
    """The place in the queue counts from the first message without an answer; writing again never costs it."""
    conversation, ledger = arrived.conversation, arrived.ledger
    assert conversation is not None
    values: dict[str, Any] = {"shown": True}
    if _newest(message, conversation["last_message"]):
        values["last_message"] = dump(preview(message))
    if message["kind"] in SAID:
        lane = conversation["lane"]
        resting = lane in ("answered", "done", "follow_up", "held")
        if conversation["outcome"] is not None:
            if not _is_closed(arrived, conversation["session"]):
                closing.reopen(ledger.session, conversation["id"], conversation["session"])
            values["outcome"] = None
        values["lane"] = ("held" if verb == "hold" else "waiting") if resting else lane
        values["unread"] = conversation["unread"] + 1
        values["waiting_since"] = min(
            message["order_at"], conversation["waiting_since"] or message["order_at"]
        )
        values["window_closes_at"] = _closes(arrived, conversation)
    if holder and verb == "admit" and not _is_further(arrived, holder):
        values["session"] = holder
    if holder and (values.get("lane"), holder) != (conversation["lane"], conversation["session"]):
        ledger.sessions.add(holder)
    ledger.change(Conversation, conversation, **values)
    message["session"] = holder if holder and verb == "admit" else conversation["session"]


def _is_closed(arrived: Arrived, session: str | None) -> bool:
    """What became of somebody in a session that is closed stays written down, whatever follows (AC-60)."""
    row = arrived.plan.by_id.get(session) if session else None
    return row is None or row.state == "closed"


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


def _remember(arrived: Arrived, why: str, message: str | None = None) -> None:
    """For ever: that it came, when it was sent, and what was decided; hashes only."""
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
