"""Automatic texts: recorded before they are sent, once a person and period, and never counted as an answer."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import col, select

from sessionhours.core import words
from sessionhours.core.gate import LOOP_SPAN, Decision, Told, Wish, allow
from sessionhours.core.instants import ms, second
from sessionhours.core.schedule import Language, Schedule
from sessionhours.core.texts import render
from sessionhours.desk import budget, erase, notices, outbox
from sessionhours.desk.arrived import Arrived
from sessionhours.desk.shapes import dump, preview
from sessionhours.store.tables import AutoText, Conversation, HourSession, Message, Outbox, new_id

#: So many dates answer the question for them.
DATES = 3

#: How the periods of texts for people outside the hours begin.
AWAY = "away:"


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
    keys = arrived.known_as
    first = _never_told(arrived, keys)
    told = Told(same=_told(arrived, wish, keys), recent=_recent(arrived, keys))
    refused = allow(wish, told) or _spent(arrived)
    if refused is None and not _record(arrived, wish, keys):
        refused = allow(wish, Told(same=True, recent=0))
    if refused is None:
        return decision.why, Text(wish.text, _words(arrived, wish, first=first))
    if refused == "loop_guard":
        notices.loop_guard(
            arrived.ledger.session, arrived.plan.schedule, arrived.contact_key, now=arrived.ledger.now
        )
    return refused, None


def _spent(arrived: Arrived) -> str | None:
    """The month's cap is reached; nothing is recorded, so that the text may go once a new month has begun (N23)."""
    plan, ledger = arrived.plan, arrived.ledger
    return (
        "budget" if budget.stopped(ledger.session, plan.schedule, arrived.line.id, now=ledger.now) else None
    )


def send(arrived: Arrived, text: Text, *, unseen: bool = False) -> None:
    """Put the text into the outbox; where a conversation is kept it is shown there too, as automatic (AC-13).

    ``unseen``: it answers what nobody here may see, so nobody sees it either.
    """
    ledger, person = arrived.ledger, arrived.inbound.person
    attempt, message, conversation = new_id(), None, None if unseen else arrived.conversation
    if conversation is not None:
        message = _shown(arrived, text, attempt)
    ledger.add(
        Outbox,
        town=ledger.town,
        line=arrived.line.id,
        lane=conversation["id"] if conversation else arrived.contact_key,
        message=message,
        attempt=attempt,
        **outbox.recipient(person, ledger.seals, kept=message is not None, at=ledger.at),
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
        order_at=second(max(ledger.at, ms(arrived.sent_at))),
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


def _told(arrived: Arrived, wish: Wish, keys: list[str]) -> bool:
    """Was this said in this period? Of away texts the last one counts: the date it named, and the hour since then."""
    away = wish.period.startswith(AWAY)
    last = _last(arrived, wish, keys)
    if last is None:
        return False
    if wish.rest is not None:
        since = ms(arrived.ledger.now - wish.rest)
        return since < last.at <= arrived.ledger.at  # not what a clock that was ahead wrote down (fault F41)
    return not away or (last.period == wish.period and last.at > _last_end(arrived))


def _last(arrived: Arrived, wish: Wish, keys: list[str]) -> AutoText | None:
    """When it was said last: the text itself where it only has to rest, else a text of its period."""
    same: Any
    if wish.rest is not None:
        same = AutoText.text == wish.text
    elif wish.period.startswith(AWAY):
        same = col(AutoText.period).startswith(AWAY)
    else:
        same = AutoText.period == wish.period
    statement = select(AutoText).where(*_of_person(arrived, keys), AutoText.line == arrived.line.id, same)
    newest = (col(AutoText.at).desc(), col(AutoText.id).desc())
    return arrived.ledger.session.exec(statement.order_by(*newest).limit(1)).first()


def _last_end(arrived: Arrived) -> int:
    """When the last session on the line ended; with it a new closed period began."""
    ended = select(func.max(HourSession.closes)).where(
        HourSession.town == arrived.ledger.town,
        HourSession.line == arrived.line.id,
        HourSession.closes <= arrived.ledger.at,
        col(HourSession.opened_at).is_not(None),
    )
    return arrived.ledger.session.exec(ended).one() or 0


def _recent(arrived: Arrived, keys: list[str]) -> int:
    recent = (*_of_person(arrived, keys), col(AutoText.at) > ms(arrived.ledger.now - LOOP_SPAN))
    counted = select(func.count()).where(*recent).group_by(col(AutoText.contact_key))
    return max(arrived.ledger.session.exec(counted), default=0)


def _never_told(arrived: Arrived, keys: list[str]) -> bool:
    """Is this the first automatic text to this person? It alone says how their data are treated (KA-5)."""
    statement = select(AutoText.id).where(*_of_person(arrived, keys)).limit(1)
    return arrived.ledger.session.exec(statement).first() is None


def _of_person(arrived: Arrived, keys: list[str]) -> tuple[Any, Any, Any]:
    mine = col(AutoText.contact_key).in_(keys)
    return AutoText.town == arrived.ledger.town, mine, AutoText.text != erase.MARK


def _record(arrived: Arrived, wish: Wish, keys: list[str]) -> bool:
    """Write it down before it is sent, under every key. False where another process was faster."""
    session = arrived.ledger.session
    insert = sqlite.insert if session.get_bind().dialect.name == "sqlite" else postgresql.insert
    same = (*_of_person(arrived, keys), AutoText.period == wish.period, AutoText.line == arrived.line.id)
    version = (session.exec(select(func.max(AutoText.version)).where(*same)).one() or 0) + 1
    rows = [
        {
            "id": new_id(),
            "town": arrived.ledger.town,
            "line": arrived.line.id,
            "contact_key": key,
            "period": wish.period,
            "text": wish.text,
            "version": version,
            "named": ms(wish.next.opens) if wish.next else None,
            "at": arrived.ledger.at,
        }
        for key in keys
    ]
    statement = insert(AutoText).values(rows).on_conflict_do_nothing().returning(col(AutoText.id))
    return len(session.execute(statement).all()) == len(rows)


def _words(arrived: Arrived, wish: Wish, *, first: bool) -> str:
    schedule, now = arrived.plan.schedule, arrived.ledger.now
    town, language = schedule.town, schedule.town.language
    values = {} if first else {"privacy_url": ""}
    if wish.next is not None:
        values["next_session"] = words.following(wish.next, now, town.timezone, language)
    if wish.text == "dates":
        values["dates"] = next_dates(schedule, arrived.line.id, language, now=now)
    if (open_now := schedule.at(now, line=arrived.line.id)) is not None:
        values["ends"] = words.ends(open_now, town.timezone, language)
        values["minutes_left"] = words.minutes(open_now.closes - now)
    return render(arrived.line, town, wish.text, language, values)


def next_dates(schedule: Schedule, line: str, language: Language, *, now: datetime) -> str:
    """What `{dates}` stands for: the next three dates in words, a line each."""
    zone, said = schedule.town.timezone, list[str]()
    following = schedule.next_after(now, line=line)
    while following is not None and len(said) < DATES:
        said.append(f"– {words.following(following, now, zone, language)}")
        following = schedule.next_after(following.opens, line=line)
    return "\n".join(said) or words.no_date(language)
