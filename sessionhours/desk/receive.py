"""One message of a citizen: remembered, decided on by the gate, shown, and answered automatically where that is due."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import bindparam, select

from sessionhours.core.gate import Decision, Situation, decide
from sessionhours.core.instants import instant, ms
from sessionhours.core.keys import Keys
from sessionhours.core.message import Inbound
from sessionhours.core.schedule import Line, Occurrence
from sessionhours.desk import asked, autotexts, erase, identity, informing, invitation, offers, targets
from sessionhours.desk.admitting import beside, know, remember, take_in, to_message
from sessionhours.desk.arrived import Arrived
from sessionhours.desk.ledger import Ledger
from sessionhours.desk.plan import Plan
from sessionhours.store.bulk import Prepared, among, columns_of
from sessionhours.store.tables import Arrival, HourSession, Message

_ARRIVED, _MESSAGE = columns_of(Arrival).c.key, columns_of(Message).c
_SEEN = Prepared(select(_ARRIVED).where(among(_ARRIVED, "keys")))  # Meta gives an id once in the world
_AWAITED = Prepared(
    select(_MESSAGE.target_key).where(among(_MESSAGE.target_key, "keys"), _MESSAGE.town == bindparam("town"))
)


def foresee(ledger: Ledger, keys: Keys, inbounds: Iterable[Inbound]) -> None:
    """Read at once what a batch will ask for one by one: known messages and contacts."""
    inbounds = list(inbounds)
    if not inbounds:
        return
    connection = ledger.connection
    ledger.keyed = {inbound.wamid: keys.wamid(inbound.wamid) for inbound in inbounds}
    some = sorted(ledger.keyed.values())
    ledger.seen.update(key for (key,) in _SEEN.rows(connection, keys=some))
    ledger.awaited.update(key for (key,) in _AWAITED.rows(connection, keys=some, town=ledger.town))
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
        remember(arrived, "group")
        return
    arrived.contact = identity.known(ledger, inbound.person)
    if arrived.contact is not None:
        arrived.conversation = ledger.conversation(line.id, arrived.contact["id"])
    if erase.before(arrived):
        remember(arrived, "erased")
    elif inbound.target is not None:
        _about_another(arrived)
    else:
        _decide(arrived)


def _about_another(arrived: Arrived) -> None:
    """A reaction, edit or withdrawal belongs to the message it is about, whenever that comes (F26)."""
    assert arrived.inbound.target is not None
    target_key = arrived.keys.wamid(arrived.inbound.target)
    target = to_message(arrived, target_key)
    if target is not None:
        targets.apply(arrived.ledger, target, arrived.inbound.kind, arrived.inbound.text, ms(arrived.sent_at))
        remember(arrived, "applied", target["id"])
    else:
        _decide(arrived, target_key)


def _decide(arrived: Arrived, target_key: str | None = None) -> None:
    schedule = arrived.plan.schedule
    window = arrived.plan.window_for(arrived.line, arrived.sent_at)
    holder = _holder(arrived, window)
    situation = _situation(arrived, holder)
    if window is None or situation.state in ("intake_closed", "cancelled"):
        situation = situation._replace(invited=invitation.is_answered(arrived))
    decision = decide(schedule, arrived.line, window, situation)
    if decision.window is None:  # what answers our invitation, or is held, belongs to no hour that is over
        over = decision.why == "invited" or decision.verb == "hold"
        holder = None if over else _holder(arrived, None)
    match decision.verb:
        case "decline":
            _decline(arrived, decision)
        case "offer":
            if (said := asked.offer(arrived, decision, target_key)) is not None:
                _decide(said)
        case "keep":
            asked.keep(arrived, decision, holder.id if holder and decision.window else None)
        case "inform":
            asked.inform(arrived, decision)
        case "erase":
            asked.erased(arrived, decision)
        case _:
            _admit(arrived, decision, holder, target_key)


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
        keyword=arrived.keyword,
        offered=arrived.keyword == "keep" and bool(offers.kept_by(arrived, arrived.sent_at, arrived.key)),
        kept=bool(conversation and conversation["lane"] == "held" and conversation["kept"]),
        late=holder is not None and informing.is_late(holder, arrived.ledger.now),
    )


def _is_our_own(arrived: Arrived) -> bool:
    """Is it from the line's own number? Nobody answers themselves (AC-11)."""
    return arrived.inbound.person.phone == arrived.line.phone.removeprefix("+")


def _decline(arrived: Arrived, decision: Decision) -> None:
    """Nothing of the body stays. Where a conversation is kept already, an empty entry says that something came."""
    why, text = autotexts.settle(arrived, decision)
    remember(arrived, why, beside(arrived, why, kind="declined", text=""))
    if text is not None:
        autotexts.send(arrived, text)


def _admit(arrived: Arrived, decision: Decision, holder: HourSession | None, target_key: str | None) -> None:
    before = know(arrived)
    why, text = autotexts.settle(arrived, decision)
    message = take_in(arrived, why, decision.verb, holder.id if holder else None, target_key, before=before)
    remember(arrived, why, message["id"])
    if text is not None:
        autotexts.send(arrived, text)
