"""Announced sessions have a row, and the row follows the file until it opens, unless staff made it theirs."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlmodel import Session

from sessionhours.core import schedule_overlay
from sessionhours.core.instants import instant, ms
from sessionhours.core.schedule import Kind, Occurrence, Schedule
from sessionhours.desk import closing, informing, moves, sessions
from sessionhours.desk.moves import own_line
from sessionhours.desk.plan import Plan, Planner
from sessionhours.desk.sessions import tell_next, tell_session
from sessionhours.store.events import emit
from sessionhours.store.tables import HourSession

#: A running session whose end the file moves forward goes on so long at least (fault F46).
WARNING = timedelta(minutes=5)


def announce(session: Session, planner: Planner, schedule: Schedule, now: datetime) -> None:
    """The window that is open, the next ones of each line and all that is told have a row, which follows the file until
    it opens: what has a row can be told as moved or cancelled (AC-12, AC-61)."""
    plan = planner.plan(session, schedule, now=now)
    wanted = {one.key: one for one in planner.near(plan.schedule, now)}
    wanted |= _rows_already(plan, wanted, now)
    changed = _follow_the_file(session, plan, wanted, now)
    changed += [
        _row_for(session, plan.schedule, plan.sessions.get(key), one, now) for key, one in wanted.items()
    ]
    changed += [_shorten(session, planner, schedule, row, now) for row in plan.sessions.values()]
    if any(changed):
        for line in schedule.lines:
            sessions.number(session, schedule.town.id, line.id, now)
        tell_next(session, schedule.town.id, now)


def _rows_already(plan: Plan, wanted: dict[str, Occurrence], now: datetime) -> dict[str, Occurrence]:
    """Sessions far ahead that have a row follow the plan too: somebody looked at them, or moved them and back."""
    rows = [row for key, row in plan.sessions.items() if key not in wanted and not row.changed]
    waiting = [row for row in rows if row.state in ("announced", "cancelled") and row.opens > ms(now)]
    found = [
        (row, plan.schedule.occurrence(row.line, str(row.occurrence)))
        for row in waiting
        if own_line(plan.schedule, row)
    ]
    return {
        one.key: one
        for row, one in found
        if one is not None and one.kind == row.kind and not one.needs_decision and one.opens > now
    }


def _row_for(
    session: Session, schedule: Schedule, row: HourSession | None, occurrence: Occurrence, now: datetime
) -> bool:
    """Make or mend the row of an occurrence; True where anything changed."""
    if row is None:
        add_row(session, schedule, occurrence, now)
        return True
    if row.changed or row.state not in ("announced", "lobby", "cancelled") or _says_so(row, occurrence):
        return False
    before, state = instant(row.opens), row.state
    _mend(session, schedule, row, occurrence, now)
    if state != "cancelled":
        informing.moved(session, schedule, row, before, now)
    if state == "lobby" and instant(row.opens) > before:
        _later(session, schedule, row, now)
    tell_session(session, row, now)
    return True


def _says_so(row: HourSession, one: Occurrence) -> bool:
    file_says = (ms(one.opens), ms(one.closes), one.kind, one.title, one.topic)
    return row.state != "cancelled" and file_says == (row.opens, row.closes, row.kind, row.title, row.topic)


def _mend(session: Session, schedule: Schedule, row: HourSession, one: Occurrence, now: datetime) -> None:
    sessions.moved(row, one.opens)
    sessions.begins(row, one.opens, one.closes, schedule.town.timezone)
    row.kind, row.title, row.topic = one.kind, one.title, one.topic
    row.number = row.number if row.kind == "whatsapp" else 0
    row.file_opens, row.file_closes = row.opens, row.closes
    row.reason, row.replaced_by, row.opened_at = "", None, None
    row.state = "announced"
    sessions.touch(row, schedule.line(row.line), now)
    session.add(row)


def _later(session: Session, schedule: Schedule, row: HourSession, now: datetime) -> None:
    """Who waits in the lobby comes first when it begins, if that is not at hand any more."""
    if now < instant(row.opens) - timedelta(minutes=schedule.line(row.line).early):
        closing.put_off(session, row, schedule, now=now)


def add_row(session: Session, schedule: Schedule, occurrence: Occurrence, now: datetime) -> HourSession:
    """The row of an occurrence of the plan."""
    line = schedule.line(occurrence.line)
    row = sessions.new(
        session, schedule.town.id, line, occurrence.title, occurrence.opens, occurrence.closes, now
    )
    row.occurrence = row.uid = occurrence.key
    row.topic, row.kind = occurrence.topic, occurrence.kind
    row.number = row.number if row.kind == "whatsapp" else 0
    row.file_opens, row.file_closes = row.opens, row.closes
    session.add(row)
    session.flush()
    emit(session, row.town, "session.created", sessions.shape(session, row), now=now)
    return row


def _follow_the_file(
    session: Session, plan: Plan, wanted: dict[str, Occurrence], now: datetime
) -> list[bool]:
    """An announced session whose window the file no longer has: at another time that day it is the same one, else it
    is cancelled, unless staff made it theirs."""
    gone = [row for row in plan.sessions.values() if _is_gone(plan, row, wanted, now)]
    new = [one for key, one in wanted.items() if key not in plan.sessions]
    for row in gone:
        heir = next((one for one in new if _heir(plan, row, one)), None) or _far_heir(plan, row)
        if heir is not None:
            new = [one for one in new if one.key != heir.key]
            wanted[heir.key] = heir
            del plan.sessions[str(row.occurrence)]
            row.occurrence = heir.key
            plan.sessions[heir.key] = row
            session.add(row)
        else:
            row.reason = _why_gone(plan, row)
            sessions.touch(row, moves.line_of(plan.schedule, row), now)
            moves.to_state(session, row, "cancelled", now)
            closing.call_off(session, row, plan.schedule, now=now)
    return [True] * len(gone)


def _is_gone(plan: Plan, row: HourSession, wanted: dict[str, Occurrence], now: datetime) -> bool:
    to_come = row.state in ("announced", "lobby") and row.opens > ms(now)
    if row.changed or not to_come:
        return False
    if row.occurrence in wanted:
        return wanted[row.occurrence].kind != row.kind
    try:
        found = plan.schedule.occurrence(row.line, str(row.occurrence))
    except LookupError:
        return True
    return found is None or found.needs_decision is not None or found.kind != row.kind


def _why_gone(plan: Plan, row: HourSession) -> str:
    """The reason of the exception that it fell to, where there is one."""
    day = instant(row.opens).astimezone(plan.schedule.town.timezone).date()
    line = own_line(plan.schedule, row)
    return next((one.reason for one in line.exceptions if one.date == day), "") if line else ""


def _heir(plan: Plan, row: HourSession, one: Occurrence) -> bool:
    day = instant(row.opens).astimezone(plan.schedule.town.timezone).date()
    return one.line == row.line and one.kind == row.kind and one.date == day


def _far_heir(plan: Plan, row: HourSession) -> Occurrence | None:
    """The same for a session far ahead that has a row already."""
    line = own_line(plan.schedule, row)
    if line is None:
        return None
    kind: Kind = "in_person" if row.kind == "in_person" else "whatsapp"
    found = schedule_overlay.heir(plan.schedule.town, line, str(row.occurrence), kind, plan.sessions)
    return None if found is None or found.needs_decision else plan.schedule.occurrence(line.id, found.key)


def _shorten(session: Session, planner: Planner, schedule: Schedule, row: HourSession, now: datetime) -> bool:
    """A running session of the file ends when the file now says, but not without warning (fault F46)."""
    if row.changed or row.state not in ("open", "intake_closed") or own_line(schedule, row) is None:
        return False
    file_says = planner.planned(session, schedule).occurrence(row.line, str(row.occurrence))
    if file_says is None or ms(file_says.closes) == row.file_closes:
        return False
    row.file_closes = ms(file_says.closes)
    row.closes = max(row.file_closes, min(row.closes, ms(now + WARNING)))
    sessions.touch(row, schedule.line(row.line), now)
    session.add(row)
    tell_session(session, row, now)
    return True
