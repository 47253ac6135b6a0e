"""What time alone does: the next sessions have a row, states move, the last call goes out, held questions appear."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlmodel import Session, col, select

from sessionhours.core.instants import ms
from sessionhours.core.schedule import Schedule
from sessionhours.desk import announcing, closing, conflicts, moves, saying, sessions
from sessionhours.desk.plan import Planner
from sessionhours.desk.sessions import tell_conversation, tell_session
from sessionhours.store.lock import alone
from sessionhours.store.tables import Conversation, HourSession

#: Time alone does nothing to a session that opens later.
DAY = timedelta(days=1)


def tick(session: Session, planner: Planner, schedule: Schedule, *, now: datetime) -> None:
    """One look at one town; nothing changes where nothing is due."""
    alone(session)
    announcing.announce(session, planner, schedule, now)
    for row in sessions.to_move(session, schedule.town.id, now, before=now + DAY):
        moves.move(session, row, moves.line_of(schedule, row), now)
        if moves.own_line(schedule, row):
            _last_call(session, planner, schedule, row, now)
    _show_held(session, planner, schedule, now)
    _clear_table(session, planner, schedule, now)
    conflicts.look(session, planner, schedule, now)


def _last_call(
    session: Session, planner: Planner, schedule: Schedule, row: HourSession, now: datetime
) -> None:
    """Ten minutes before the end each person who waits, and nobody else, hears of it once (N2)."""
    at = row.last_call_at
    if row.state not in ("open", "intake_closed") or at is None or row.last_called_at or ms(now) < at:
        return
    row.last_called_at = ms(now)
    session.add(row)
    plan = planner.plan(session, schedule, now=now).schedule
    saying.to_those_waiting(session, plan, sessions.unaccounted(session, row), "last_call", row, "", now=now)
    tell_session(session, row, now)


def _clear_table(session: Session, planner: Planner, schedule: Schedule, now: datetime) -> None:
    """Opening hours begin with a clear table too: who was finished before this window leaves the queue."""
    for line in schedule.lines:
        window = (
            planner.plan(session, schedule, now=now).schedule.at(now, line=line.id) if line.hours else None
        )
        if window is not None:
            before = col(Conversation.done_at) < ms(window.opens)
            moves.clear_table(session, schedule.town.id, line.id, before, now=now)
            closing.bring_back(session, schedule.town.id, line.id, window.opens, now)


def _show_held(session: Session, planner: Planner, schedule: Schedule, now: datetime) -> None:
    """While a line takes questions none stays held: what came before is shown, oldest first (BZ-3)."""
    held = select(Conversation).where(Conversation.town == schedule.town.id, Conversation.lane == "held")
    rows = session.exec(held.order_by(col(Conversation.waiting_since))).all()
    if not rows:
        return
    plan = planner.plan(session, schedule, now=now)
    lines = {line.id for line in schedule.lines}
    for row in rows:
        window = plan.schedule.at(now, line=row.line) if row.line in lines else None
        holder = plan.session_of(window)
        if window is not None and (holder is None or holder.state != "intake_closed"):
            row.lane, row.session = "waiting", holder.id if holder else None
            session.add(row)
            tell_conversation(session, row, now)
