"""The moves of a session from state to state, and what each brings with it: `core.session` says which are legal."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import ColumnElement
from sqlmodel import Session, col, select

from sessionhours.core.instants import instant, ms
from sessionhours.core.schedule import Line, Schedule
from sessionhours.core.session import Hours, due, may_move
from sessionhours.desk import closing, notices, sessions
from sessionhours.desk.plan import TOLD
from sessionhours.desk.sessions import tell_in, tell_next, tell_session
from sessionhours.store.tables import Conversation, HourSession


def move(session: Session, row: HourSession, line: Line, now: datetime) -> None:
    """Make every move that is due, each by itself; after a pause there may be several."""
    while _move_once(session, row, line, now):
        pass


def to_state(session: Session, row: HourSession, state: str, now: datetime) -> None:
    """Make one legal move and tell of it."""
    assert may_move(row.state, state), (row.state, state)  # type: ignore[arg-type]
    before = row.state
    if state == "open":
        _open(session, row, now)
    row.state = state
    row.closed_at = ms(now) if state == "closed" else None
    session.add(row)
    if before in ("open", "closed") and state in ("announced", "lobby", "open"):
        _put_back(session, row, now)
    if state == "closed":
        closing.finish(session, row, now)
    if state in ("closed", "cancelled"):
        notices.withdraw(session, row.town, "unattended", row.id, now=now)
    tell_session(session, row, now)
    if "announced" in (before, state):
        tell_next(session, row.town, now)


def stirred(session: Session, row: HourSession, now: datetime) -> None:
    """Somebody in it wrote. One that was closed goes on for who wrote in time and was brought later (N5, AC-60)."""
    if row.state == "closed" and sessions.unaccounted(session, row):
        to_state(session, row, "draining", now)
    else:
        tell_session(session, row, now)


def line_of(schedule: Schedule, row: HourSession) -> Line:
    """Its line; where the file no longer has it, another one, whose minutes serve as well."""
    return own_line(schedule, row) or schedule.lines[0]


def own_line(schedule: Schedule, row: HourSession) -> Line | None:
    """Its line, None where the file no longer has it."""
    return next((line for line in schedule.lines if line.id == row.line), None)


def _move_once(session: Session, row: HourSession, line: Line, now: datetime) -> bool:
    waiting = sessions.counts(session, row.id)["waiting"]
    early = timedelta(minutes=line.early)
    opens, closes = instant(row.opens), instant(row.closes)
    state = due(Hours(row.state, opens, closes, waiting, early, _by_hand(row)), now)  # type: ignore[arg-type]
    if state == row.state:
        return False
    to_state(session, row, state, now)
    return True


def _by_hand(row: HourSession) -> bool:
    """Did a person open or end it at this moment? Then the moment is its start or its end; the clock's come later."""
    if row.state == "open":
        return row.changed and (row.opened_at or 0) <= row.opens
    return row.state == "closed" and row.changed and (row.closed_at or 0) <= row.closes


def _open(session: Session, row: HourSession, now: datetime) -> None:
    """Opening clears the table, once: who was finished in an earlier session leaves, who was carried over joins.

    Not where it only goes on, longer or with new people again: whoever was carried over meanwhile waits for the next.
    Nor for one that is over already: nobody was in it, and nobody could be answered.
    """
    first, row.state = row.opened_at is None, "open"
    row.opened_at = row.opened_at or ms(now)
    if row.closes <= ms(now):
        _count(session, row, now)
    elif first:
        _clear(session, row, now)


def _put_back(session: Session, row: HourSession, now: datetime) -> None:
    """The clock was ahead: what it began has not been yet, and what it took for long past has its number again."""
    if row.state in ("announced", "lobby"):
        row.opened_at = None
    if not row.number:
        row.number = sessions.held(session, row.town, row.line, before=row.opens) + 1
    sessions.number(session, row.town, row.line, now)


def _count(session: Session, row: HourSession, now: datetime) -> None:
    """One from so long ago that nobody is told of it, or from before others that were held, takes no number from
    anybody: a clock that was far behind made it (fault F41)."""
    if row.closes <= ms(now - TOLD) or sessions.held_later(session, row):
        row.number = 0
        sessions.number(session, row.town, row.line, now)


def _clear(session: Session, row: HourSession, now: datetime) -> None:
    elsewhere = col(Conversation.session).is_distinct_from(row.id)
    clear_table(session, row.town, row.line, elsewhere, now=now)
    closing.carry_over(session, row, now)


def clear_table(
    session: Session, town: str, line: str, earlier: ColumnElement[bool], *, now: datetime
) -> None:
    """Who was finished in an ``earlier`` window of the line leaves the queue."""
    finished = select(Conversation).where(
        Conversation.town == town,
        Conversation.line == line,
        Conversation.lane == "done",
        col(Conversation.shown).is_(True),
        earlier,
    )
    for conversation in session.exec(finished).all():
        _hide(session, conversation, now)


def _hide(session: Session, row: Conversation, now: datetime) -> None:
    row.shown = False
    session.add(row)
    tell_in(session, row, "conversation.removed", {"id": row.id}, now)
