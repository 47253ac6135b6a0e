"""An automatic text into a conversation that is kept: shown as automatic, sent once a person and period (AC-13)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import update
from sqlmodel import Session, col, select

from sessionhours.core import words
from sessionhours.core.delivery import window_open
from sessionhours.core.instants import instant, ms, second
from sessionhours.core.schedule import Language, Schedule
from sessionhours.core.texts import fill, placeholders, render, standing
from sessionhours.desk import budget, shapes
from sessionhours.desk.sessions import tell_in
from sessionhours.errors import Refused
from sessionhours.store.events import take_seq
from sessionhours.store.tables import AutoText, Contact, Conversation, HourSession, Message, Outbox, new_id


def say(
    session: Session,
    schedule: Schedule,
    row: Conversation,
    key: str,
    period: str,
    *,
    text: str | None = None,
    values: Mapping[str, str] | None = None,
    now: datetime,
) -> Message | None:
    """Queue the text ``key`` (or these words in its place). None where it cannot go: said before, or too late.

    ``schedule`` is the plan as it stands, whose next date the text names; ``period`` what it is said once in.
    Raises `UnknownLine`.
    """
    schedule.line(row.line)  # on one that the file no longer has nothing leaves
    if not reachable(row, now) or not _first(session, row, key, period, now):
        return None
    said = text if text is not None else words_of(schedule, row.line, key, values or {}, now=now)
    message = _shown(session, row, said, now)
    session.add(_queued(session, row, message, key, now))
    return message


def reachable(row: Conversation, now: datetime) -> bool:
    """Can this person be written to freely now (the service window)?"""
    closes = row.window_closes_at
    return window_open(None if closes is None else instant(closes), now)


def words_of(schedule: Schedule, line: str, key: str, values: Mapping[str, str], *, now: datetime) -> str:
    """What the text says now: the next date, the end of the running hour, and what ``values`` bring."""
    town = schedule.town
    known = {"privacy_url": ""} | known_at(schedule, line, town.language, now=now)
    return render(schedule.line(line), town, key, town.language, known | dict(values))


def filled(schedule: Schedule, line: str, text: str, values: Mapping[str, str], *, now: datetime) -> str:
    """Somebody's own text with its placeholders filled. Raises `Refused` where one stands for nothing here."""
    town = schedule.town
    known = (
        standing(schedule.line(line), town) | known_at(schedule, line, town.language, now=now) | dict(values)
    )
    if holes := [name for name in placeholders(text) if not known.get(name)]:
        raise Refused("bad_data", f"text: Für {{{holes[0]}}} gibt es hier nichts einzusetzen.")
    return fill(text, known) if placeholders(text) else text


def known_at(schedule: Schedule, line: str, language: Language, *, now: datetime) -> dict[str, str]:
    """What the placeholders that hang on the moment stand for; those that stand for nothing now are missing."""
    zone = schedule.town.timezone
    known: dict[str, str] = {}
    following = schedule.next_after(now, line=line)
    if following is not None:
        known["next_session"] = words.following(following, now, zone, language)
    running = schedule.at(now, line=line)
    if running is not None:
        known["ends"] = words.ends(running, zone, language)
        known["minutes_left"] = words.minutes(running.closes - now)
    return known


def to_those_waiting(
    session: Session,
    schedule: Schedule,
    people: list[Conversation],
    key: str,
    holder: HourSession,
    mark: str,
    *,
    values: Mapping[str, str] | None = None,
    now: datetime,
) -> int:
    """Say the same to everybody of ``people`` once a session and ``mark``. Returns how many hear it.

    Nobody does once the month's cap is reached (N23).
    """
    if budget.stopped(session, schedule, holder.line, now=now):
        return 0
    period = f"{key}:{holder.id}:{mark}" if mark else f"{key}:{holder.id}"
    said = [say(session, schedule, one, key, period, values=values, now=now) for one in people]
    return sum(message is not None for message in said)


def anew(session: Session, row: HourSession, period: str) -> None:
    """Whoever heard it in this ``period`` of the session may hear it once more."""
    told = update(AutoText).where(
        col(AutoText.town) == row.town, col(AutoText.line) == row.line, col(AutoText.period) == period
    )
    session.execute(told.values(period=f"{period}:{row.revision}"))


def _first(session: Session, row: Conversation, key: str, period: str, now: datetime) -> bool:
    """Written down before it is sent. In a conversation that is kept, that is who it is about."""
    person = f"conversation:{row.id}"
    before = select(AutoText.id).where(
        AutoText.town == row.town,
        AutoText.line == row.line,
        AutoText.contact_key == person,
        AutoText.period == period,
        AutoText.text == key,
    )
    if session.exec(before).first() is not None:
        return False
    session.add(
        AutoText(
            town=row.town, line=row.line, contact_key=person, period=period, text=key, version=1, at=ms(now)
        )
    )
    return True


def _shown(session: Session, row: Conversation, text: str, now: datetime) -> Message:
    message = Message(
        town=row.town,
        conversation=row.id,
        seq=take_seq(session, row.town),
        order_at=second(ms(now)),
        direction="outbound",
        author_kind="auto",
        kind="text",
        text=text,
        sent_at=ms(now),
        status="queued",
        attempt=new_id(),
        session=row.session,
    )
    session.add(message)
    session.flush()
    tell_in(session, row, "message.created", shapes.message(dict(message)), now, message.seq)
    return message


def _queued(session: Session, row: Conversation, message: Message, key: str, now: datetime) -> Outbox:
    contact = session.get_one(Contact, row.contact)
    return Outbox(
        town=row.town,
        line=row.line,
        lane=row.id,
        message=message.id,
        attempt=message.attempt or new_id(),
        user_id=contact.user_id,
        phone=contact.phone,
        text=message.text,
        auto=key,
        due_at=ms(now),
        created_at=ms(now),
    )
