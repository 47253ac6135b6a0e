"""Automatic texts: recorded before they are sent, once a person and period, and never counted as an answer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import func
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import col, select

from sessionhours.core import words
from sessionhours.core.gate import LOOP_SPAN, Decision, Told, Wish, allow
from sessionhours.core.instants import ms
from sessionhours.core.texts import render
from sessionhours.desk import notices
from sessionhours.desk.shapes import dump, preview
from sessionhours.store.tables import AutoText, Conversation, Message, Outbox, new_id

if TYPE_CHECKING:
    from sessionhours.desk.receive import Arrived


@dataclass(frozen=True, slots=True)
class Text:
    """A text that is recorded and now has to leave."""

    key: str
    body: str


def settle(arrived: Arrived, decision: Decision) -> tuple[str, Text | None]:
    """The reason's code in the end, and the text to send or None. Once recorded it is never recorded again."""
    wish = decision.wish
    if wish is None:
        return decision.why, None
    told = Told(same=_told(arrived, wish), recent=_recent(arrived))
    refused = allow(wish, told)
    if refused is None and not _record(arrived, wish):
        refused = allow(wish, Told(same=True, recent=0))
    if refused is None:
        return decision.why, Text(wish.text, _words(arrived, wish))
    if refused == "loop_guard":
        notices.loop_guard(
            arrived.ledger.session, arrived.plan.schedule, arrived.contact_key, now=arrived.ledger.now
        )
    return refused, None


def send(arrived: Arrived, text: Text) -> None:
    """Put the text into the outbox; where a conversation is kept it is shown there too, as automatic (AC-13)."""
    ledger, person = arrived.ledger, arrived.inbound.person
    attempt, message = new_id(), None
    if arrived.conversation is not None:
        message = _shown(arrived, text, attempt)
    ledger.add(
        Outbox,
        town=ledger.town,
        line=arrived.line.id,
        lane=arrived.conversation["id"] if arrived.conversation else arrived.contact_key,
        message=message,
        attempt=attempt,
        user_id=person.user_id,
        phone=person.phone,
        text=text.body,
        auto=text.key,
        due_at=ledger.at,
        created_at=ledger.at,
    )


def _shown(arrived: Arrived, text: Text, attempt: str) -> str:
    ledger, conversation = arrived.ledger, arrived.conversation
    assert conversation is not None
    row = ledger.add(
        Message,
        town=ledger.town,
        conversation=conversation["id"],
        seq=0,
        order_at=max(ledger.at, ms(arrived.sent_at)),
        direction="outbound",
        author_kind="auto",
        kind="text",
        text=text.body,
        sent_at=ledger.at,
        status="queued",
        attempt=attempt,
        session=conversation["session"],
    )
    ledger.tell("message.created", row)
    if conversation["last_message"] is None:
        ledger.change(Conversation, conversation, last_message=dump(preview(row)))
    return str(row["id"])


def _told(arrived: Arrived, wish: Wish) -> bool:
    statement = select(AutoText.id).where(
        AutoText.town == arrived.ledger.town,
        AutoText.line == arrived.line.id,
        AutoText.contact_key == arrived.contact_key,
        AutoText.period == _period(arrived, wish),
    )
    return arrived.ledger.session.exec(statement).first() is not None


def _recent(arrived: Arrived) -> int:
    ledger = arrived.ledger
    statement = select(func.count()).where(
        AutoText.town == ledger.town,
        AutoText.contact_key == arrived.contact_key,
        col(AutoText.at) > ms(ledger.now - LOOP_SPAN),
    )
    return int(ledger.session.exec(statement).one())


def _record(arrived: Arrived, wish: Wish) -> bool:
    """Write it down before it is sent. False where another process was faster."""
    session = arrived.ledger.session
    dialect = session.get_bind().dialect.name
    insert = sqlite.insert if dialect == "sqlite" else postgresql.insert
    values = {
        "id": new_id(),
        "town": arrived.ledger.town,
        "line": arrived.line.id,
        "contact_key": arrived.contact_key,
        "period": _period(arrived, wish),
        "text": wish.text,
        "version": 1,
        "named": ms(wish.next.opens) if wish.next else None,
        "at": arrived.ledger.at,
    }
    statement = insert(AutoText).values(values).on_conflict_do_nothing().returning(col(AutoText.id))
    return session.execute(statement).first() is not None


def _period(arrived: Arrived, wish: Wish) -> str:
    """With no date to name, a closed period is known by the last session there was."""
    if wish.period != "away:none":
        return wish.period
    over = [row.closes for row in arrived.plan.sessions.values() if row.closes <= arrived.ledger.at]
    return f"away:none/{max(over, default=0)}"


def _words(arrived: Arrived, wish: Wish) -> str:
    town, language = arrived.plan.schedule.town, arrived.plan.schedule.town.language
    values = {}
    if wish.next is not None:
        values["next_session"] = words.following(wish.next, arrived.ledger.now, town.timezone, language)
    return render(arrived.line, town, wish.text, language, values)
