"""What the planning page shows: every date of a stretch with where it comes from, and what staff planned beside them.

Reads only. Past and future alike; what contradicts the file stands in `conflicts`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Literal

from sqlmodel import Session

from sessionhours.core.instants import instant
from sessionhours.core.schedule import Entry, Line, Occurrence, Schedule
from sessionhours.core.schedule_entries import series
from sessionhours.core.schedule_plan import holiday
from sessionhours.core.schedule_rules import HELD
from sessionhours.core.schedule_time import local_date
from sessionhours.core.session import Announced
from sessionhours.desk.conflicts import Conflict, conflicts, file_view, read
from sessionhours.desk.plan import NOW, Plan, Planner
from sessionhours.desk.sessions import announced
from sessionhours.store.owned import owned
from sessionhours.store.tables import HourSession

#: A session may have been moved from so far away into the stretch that is looked at, or out of it.
AROUND = timedelta(days=60)

#: Where a date comes from: the file, staff's series, an exception (the file's or staff's); or what staff did to it.
Origin = Literal[
    "file", "series", "exception", "added", "moved", "changed", "confirmed", "cancelled", "opened"
]

#: Commands that this date takes now.
Possible = frozenset[str]


@dataclass(frozen=True)
class Planned:
    """One session of the stretch, or one that waits for a decision. ``opens`` and ``closes`` are UTC instants.

    ``session`` is its row as everybody may know it, None where it has none yet: then ``key`` names it in commands.
    ``file`` is what file and series have in its place, where that is something else: None is nothing. ``state`` is
    ``planned`` without a row, ``undecided`` while it waits for a decision, else the session's own.
    """

    key: str
    line: str
    kind: str
    title: str
    topic: str
    opens: datetime
    closes: datetime
    date: date
    state: str
    origin: Origin
    session: Announced | None = None
    needs_decision: str | None = None
    note: str | None = None
    file: Occurrence | None = None
    conflict: Conflict | None = None
    possible: Possible = frozenset()


@dataclass(frozen=True)
class OpenDay:
    """Opening hours of one day, or why there are none: ``spans`` are local wall times."""

    line: str
    date: date
    spans: tuple[tuple[time, time], ...]
    reason: str = ""


@dataclass(frozen=True)
class Month:
    """A stretch of dates: sessions in order of opening, and the days of lines with opening hours."""

    sessions: tuple[Planned, ...] = ()
    hours: tuple[OpenDay, ...] = ()
    conflicts: tuple[Conflict, ...] = field(default=())


def month(
    session: Session, planner: Planner, schedule: Schedule, first: date, last: date, now: datetime
) -> Month:
    """Every session of every line that begins on a local date in ``first``..``last``, and the opening hours."""
    begin = datetime.combine(first, time(), schedule.town.timezone)
    plan = planner.plan(session, schedule, now=min(now, begin - AROUND))
    found = conflicts(session, planner, schedule, now)
    look = _Look(
        schedule,
        planner.planned(session, schedule),
        plan,
        read(session, schedule.town.id),
        {one.session: one for one in found if one.session},
        now,
    )
    there = plan.schedule.between(first, last, kinds=HELD)
    shown = [_planned(look, one) for one in there]
    shown += [_called_off(look, row) for row in _cancelled(look, first, last, {one.key for one in there})]
    return Month(
        tuple(sorted(shown, key=lambda one: (one.opens, one.closes, one.key))),
        tuple(_hours(look, first, last)),
        tuple(found),
    )


def entries(session: Session, schedule: Schedule) -> tuple[Entry, ...]:
    """The series, exceptions and texts that staff planned, the oldest first."""
    return tuple(entry for entry in read(session, schedule.town.id) if entry.kind != "kept")


def session_of(
    session: Session, planner: Planner, schedule: Schedule, name: str, now: datetime
) -> Planned | None:
    """One session by its id or key, as `month` shows it."""
    row = owned(session, HourSession, schedule.town.id, name)
    plan = planner.plan(session, schedule, now=now)
    key = name if row is None else str(row.occurrence)
    row = plan.sessions.get(key)
    found = _occurrence(plan.schedule, key)
    if row is None and found is None:
        return None
    opens = found.opens if found is not None else instant(row.opens if row else 0)
    day = local_date(opens, schedule.town.timezone)
    shown = month(session, planner, schedule, day, day, now).sessions
    return next((one for one in shown if one.key == key), None)


# -- small parts ---------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Look:
    file: Schedule
    planned: Schedule
    plan: Plan
    entries: list[Entry]
    conflicts: Mapping[str | None, Conflict]
    now: datetime


def _planned(look: _Look, found: Occurrence) -> Planned:
    row = look.plan.sessions.get(found.key)
    if row is not None and found.needs_decision and not row.changed:
        row = None  # it was decided on and that was taken back
    return Planned(
        key=found.key,
        line=found.line,
        kind=found.kind,
        title=found.title,
        topic=found.topic,
        opens=found.opens,
        closes=found.closes,
        date=found.date,
        state="undecided" if found.needs_decision else row.state if row else "planned",
        origin=_origin(look, found, row),
        session=None if row is None else announced(row),
        needs_decision=found.needs_decision,
        note=found.note,
        file=_beside(look, row),
        conflict=look.conflicts.get(row.id) if row else None,
        possible=_possible(look, found.opens, row, found.needs_decision),
    )


def _called_off(look: _Look, row: HourSession) -> Planned:
    opens = instant(row.opens)
    return Planned(
        key=str(row.occurrence),
        line=row.line,
        kind=row.kind,
        title=row.title,
        topic=row.topic,
        opens=opens,
        closes=instant(row.closes),
        date=local_date(opens, look.file.town.timezone),
        state="cancelled",
        origin="cancelled" if row.changed else "file",
        session=announced(row),
        file=_beside(look, row),
        conflict=look.conflicts.get(row.id),
        possible=_possible(look, opens, row, None),
    )


def _cancelled(look: _Look, first: date, last: date, shown: set[str]) -> list[HourSession]:
    """Those that were called off, by staff or by the file; not what was a slip."""
    zone = look.file.town.timezone
    return [
        row
        for row in look.plan.sessions.values()
        if row.state == "cancelled"
        and row.occurrence not in shown
        and not announced(row).is_a_slip
        and first <= local_date(instant(row.opens), zone) <= last
    ]


def _origin(look: _Look, found: Occurrence, row: HourSession | None) -> Origin:
    if row is not None and NOW in str(row.occurrence):
        return "opened"
    if row is not None and str(row.occurrence).endswith("+"):
        return "added"
    if row is not None and row.changed:
        return _changed(row)
    if any(_made_by(entry, found) for entry in look.entries):
        return "series"
    excepted = next((line for line in look.planned.lines if line.id == found.line), None)
    if excepted is not None and any(one.span for one in excepted.exceptions_by_date.get(found.date, ())):
        return "exception"
    return "file"


def _changed(row: HourSession) -> Origin:
    """What staff did to a session of the plan."""
    if row.opens != row.file_opens:
        return "moved"
    return "confirmed" if row.closes == row.file_closes else "changed"


def _made_by(entry: Entry, found: Occurrence) -> bool:
    """Did this series of staff bring it?"""
    if entry.kind != "series" or entry.line != found.line:
        return False
    rule = series(entry.data)
    at_that_time = (rule.kind, rule.span.opens) == (found.kind, found.from_)
    return at_that_time and rule.recurs_on(found.date)


def _beside(look: _Look, row: HourSession | None) -> Occurrence | None:
    """What file and series say in its place, where staff made it theirs."""
    if row is None or not row.changed:
        return None
    return file_view(look.planned, row, frozenset(look.plan.sessions))


def _possible(look: _Look, opens: datetime, row: HourSession | None, needs_decision: str | None) -> Possible:
    """What can be done with it now: the same that the commands allow."""
    state = row.state if row else "announced"
    if opens <= look.now and state in ("announced", "cancelled"):
        return frozenset({"session.publish"})
    possible = {
        "announced": {"session.move", "session.cancel", "session.publish"},
        "lobby": {"session.cancel", "session.publish"},
        "open": {"session.cancel", "session.publish"},
        "intake_closed": {"session.cancel", "session.publish"},
        "cancelled": set[str](),
    }.get(state, {"session.publish"})
    if needs_decision:
        possible = {"session.confirm", "session.move", "session.cancel"}
    if row is not None and row.changed and _way_back(look, row):
        possible = possible | {"session.restore"}
    if row is not None and row.id in look.conflicts and look.conflicts[row.id].keep:
        possible = possible | {"session.keep"}
    return frozenset(possible)


def _way_back(look: _Look, row: HourSession) -> bool:
    view = file_view(look.planned, row, frozenset(look.plan.sessions))
    if view is None:
        return row.state == "announced"
    return row.state in ("announced", "cancelled") and view.opens > look.now


def _hours(look: _Look, first: date, last: date) -> list[OpenDay]:
    found: list[OpenDay] = []
    for line in look.planned.lines:
        if line.hours:
            days = [first + timedelta(days=step) for step in range((last - first).days + 1)]
            found += [day for day in (_open_day(look, line, one) for one in days) if day is not None]
    return found


def _open_day(look: _Look, line: Line, day: date) -> OpenDay | None:
    """None on a day on which the line is never open anyway."""
    there = look.plan.schedule.between(day, day, line=line.id, kinds=("hours",))
    spans = tuple((one.from_, one.to) for one in there)
    excepted = line.exceptions_by_date.get(day, ())
    reason = next((one.reason for one in excepted if one.reason), "") or (holiday(look.file.town, day) or "")
    if not spans and not (excepted or line.week[day.weekday()]):
        return None
    return OpenDay(line.id, day, spans, reason if excepted or not spans else "")


def _occurrence(schedule: Schedule, key: str) -> Occurrence | None:
    try:
        return schedule.occurrence(key.partition("/")[0], key)
    except LookupError:
        return None


__all__ = ["Conflict", "Month", "OpenDay", "Planned", "conflicts", "entries", "month", "session_of"]
