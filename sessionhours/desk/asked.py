"""What citizens ask of the line itself: to keep a question for the hour, when it is, to remove everything (N24)."""

from __future__ import annotations

from dataclasses import replace

from sqlmodel import Session

from sessionhours.core.gate import Decision
from sessionhours.core.instants import instant, ms
from sessionhours.core.keys import Keys
from sessionhours.core.message import SAID, Inbound
from sessionhours.core.schedule import Line
from sessionhours.desk import autotexts, erase, identity, offers, targets
from sessionhours.desk.admitting import beside, know, remember, take_in, to_message
from sessionhours.desk.arrived import Arrived
from sessionhours.desk.ledger import Ledger
from sessionhours.desk.plan import Plan
from sessionhours.store.tables import Offered


def offer(arrived: Arrived, decision: Decision, target_key: str | None) -> Arrived | None:
    """It waits unseen. Where its writer's "1" came before it, returns that, to be decided on again."""
    if arrived.inbound.kind == "revoke" and target_key and offers.withdraw(arrived, target_key):
        remember(arrived, "withdrawn")
        return None
    yes = offers.asked_for(arrived) if arrived.inbound.kind in SAID else None
    if not offers.put(arrived, target_key):
        remember(arrived, "too_many")
        return None
    if yes is not None:
        remember(arrived, "offered")
        return _again(arrived, yes)
    why, text = autotexts.settle(arrived, decision)
    remember(arrived, why)
    if text is not None:
        autotexts.send(arrived, text, unseen=True)
    return None


def keep(arrived: Arrived, decision: Decision, holder: str | None) -> None:
    """The "1": what waits of its writer is a conversation from now on, visible at once; without an hour it is held."""
    verb = "hold" if decision.window is None else "admit"
    for row in offers.kept_by(arrived, arrived.sent_at, arrived.key):
        _bring_in(arrived, row, verb, holder)
    if arrived.contact is not None:
        arrived.contact = identity.meet(arrived.ledger, arrived.inbound.person, arrived.received_at)
    offers.spend(arrived)
    why, text = autotexts.settle(arrived, decision)
    remember(arrived, why, beside(arrived, why, kind=arrived.inbound.kind, text=arrived.inbound.text))
    if text is not None:
        autotexts.send(arrived, text)


def inform(arrived: Arrived, decision: Decision) -> None:
    """It asks nobody. In an hour, or where messages are kept, what was asked can be seen."""
    why, text = autotexts.settle(arrived, decision)
    seen = decision.window is not None or arrived.line.outside == "hold"
    kind, said = (arrived.inbound.kind, arrived.inbound.text) if seen else ("declined", "")
    remember(arrived, why, beside(arrived, why, kind=kind, text=said))
    if text is not None:
        autotexts.send(arrived, text)


def erased(arrived: Arrived, decision: Decision) -> None:
    """Everything that was kept of the writer goes; one text says so."""
    found, wish = erase.everything(arrived), decision.wish
    if wish is not None and not found:
        decision = decision._replace(wish=wish._replace(text="nothing_kept"))
    _, text = autotexts.settle(arrived, decision)
    remember(arrived, "erased")
    if text is not None:
        autotexts.send(arrived, text, unseen=True)


def bring_in(session: Session, ledger: Ledger, keys: Keys, plan: Plan, row: Offered, line: Line) -> None:
    """A question that was kept at another process, and only this one can open: it is held from now on.

    The ledger has to be stored afterwards.
    """
    inbound = offers.take(session, row, ledger.seals, ledger.now)
    if inbound is None:
        return
    person = inbound.person
    ledger.load_contacts([person.user_id] if person.user_id else [], [person.phone] if person.phone else [])
    arrived = _arrived(ledger, keys, plan, line, inbound, row)
    arrived.contact = identity.known(ledger, person)
    if arrived.contact is not None:
        arrived.conversation = ledger.conversation(line.id, arrived.contact["id"])
    _kept(arrived, "hold", None)


# -- small parts ---------------------------------------------------------------------------------------


def _again(arrived: Arrived, yes: Offered) -> Arrived:
    """The "1" that waits as if it came now. Of what it said nothing else is needed."""
    inbound = Inbound(
        path=arrived.inbound.path,
        phone_number_id=arrived.inbound.phone_number_id,
        wamid="",
        person=arrived.inbound.person,
        sent_at=instant(yes.sent_at),
        kind="text",
        text="1",
    )
    return replace(
        arrived,
        inbound=inbound,
        key=yes.arrival,
        sent_at=instant(yes.sent_at),
        received_at=yes.received_at,
        came_before=True,
    )


def _bring_in(one: Arrived, row: Offered, verb: str, holder: str | None) -> None:
    inbound = offers.take(one.ledger.session, row, one.ledger.seals, one.ledger.now)
    if inbound is None:
        return
    each = _arrived(one.ledger, one.keys, one.plan, one.line, inbound, row)
    each.contact, each.conversation = one.contact, one.conversation
    _kept(each, verb, holder)
    one.contact, one.conversation = each.contact, each.conversation


def _kept(arrived: Arrived, verb: str, holder: str | None) -> None:
    """An edit goes to the message that it is about, as when it comes live."""
    inbound = arrived.inbound
    target_key = arrived.keys.wamid(inbound.target) if inbound.target is not None else None
    target = to_message(arrived, target_key) if target_key is not None else None
    if target is not None:
        targets.apply(arrived.ledger, target, inbound.kind, inbound.text, ms(arrived.sent_at))
        return remember(arrived, "applied", target["id"])
    before = know(arrived)
    message = take_in(arrived, "kept", verb, holder, target_key, before=before, kept=True)
    return remember(arrived, "kept", message["id"])


def _arrived(ledger: Ledger, keys: Keys, plan: Plan, line: Line, inbound: Inbound, row: Offered) -> Arrived:
    return Arrived(
        ledger=ledger,
        keys=keys,
        plan=plan,
        line=line,
        inbound=inbound,
        key=row.arrival,
        sent_at=instant(row.sent_at),
        received_at=row.received_at,
        replayed=False,
        came_before=True,
    )
