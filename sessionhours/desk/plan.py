"""One schedule to every reader: the file's plan with what staff changed on top (surfaces §3, AC-8).

The sessions that staff changed are read in the reader's own transaction; only what equal answers expand to is kept.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import bindparam, or_
from sqlalchemy import select as select_columns
from sqlmodel import Session, col, select

from sessionhours.core.gate import window_for
from sessionhours.core.instants import instant, ms
from sessionhours.core.schedule import Change, Entry, Line, Occurrence, Schedule
from sessionhours.core.schedule_overlay import heir
from sessionhours.core.schedule_rules import HELD
from sessionhours.core.schedule_time import local_date
from sessionhours.core.session import RUNNING
from sessionhours.desk.shapes import load
from sessionhours.store.bulk import Prepared, columns_of
from sessionhours.store.tables import HourSession, PlanEntry

#: Sessions that closed longer ago than this no longer bear on any message, nor does what the file said in their place.
PAST = timedelta(days=8)

#: Dates so near are told with all that becomes of them; each has a row.
TOLD = timedelta(days=62)

#: A window that is still on may have begun so long ago.
BEFORE = timedelta(days=2)

#: So many sessions of a line have a row in any case.
NEXT = 2

_SESSION = columns_of(HourSession)
_ROWS = Prepared(
    select_columns(_SESSION)
    .where(
        _SESSION.c.town == bindparam("town"),
        or_(_SESSION.c.closes > bindparam("since"), _SESSION.c.file_closes > bindparam("since")),
    )
    .order_by(_SESSION.c.id)
)

_ENTRY = columns_of(PlanEntry)
_ENTRIES = Prepared(
    select_columns(*(_ENTRY.c[name] for name in ("id", "line", "kind", "key", "data")))
    .where(_ENTRY.c.town == bindparam("town"))
    .order_by(_ENTRY.c.id)
)

#: What the occurrence of a session that was opened by hand is called: it stands beside the plan, it is not part of it.
NOW = "/now/"

#: So many windows that were looked up lately are remembered.
REMEMBERED = 4096


@dataclass(frozen=True)
class Plan:
    """The schedule as it stands now, and the session rows that belong to its windows, by the window's key."""

    schedule: Schedule
    sessions: dict[str, HourSession]
    by_id: dict[str, HourSession]
    _windows: dict[tuple[str, datetime], Occurrence | None] = field(default_factory=dict)

    def window_for(self, line: Line, sent_at: datetime) -> Occurrence | None:
        """The window that a message belongs to (`gate.window_for`). Meta stamps in seconds, so in a rush many share one."""
        key = line.id, sent_at
        if key not in self._windows:
            if len(self._windows) >= REMEMBERED:
                self._windows.clear()
            self._windows[key] = window_for(self.schedule, line, sent_at)
        return self._windows[key]

    def session_of(self, occurrence: Occurrence | None) -> HourSession | None:
        """The session that somebody holds in this window, or None (opening hours have none)."""
        return None if occurrence is None else self.sessions.get(occurrence.key)


@dataclass
class Planner:
    """Lays staff's changes over the file's schedule and keeps the result while neither changes."""

    _last: dict[str, tuple[Schedule, tuple[Any, ...], Schedule]] = field(default_factory=dict)
    _read: dict[str, tuple[Schedule, list[tuple[Any, ...]], Plan]] = field(default_factory=dict)
    _planned: dict[str, tuple[Schedule, list[tuple[Any, ...]], Schedule]] = field(default_factory=dict)

    _near: dict[str, tuple[Schedule, date, list[Occurrence]]] = field(default_factory=dict)

    #: What was held against the file last (`conflicts.look`).
    looked: dict[str, tuple[Plan, int]] = field(default_factory=dict)

    def read(self, session: Session, schedule: Schedule, *, now: datetime) -> Plan:
        """The same plan, for those who change no session: the last one again where every row is as it was."""
        town = schedule.town.id
        schedule = self.planned(session, schedule)
        rows = _ROWS.rows(session.connection(), town=town, since=ms(now - PAST))
        kept = self._read.get(town)
        if kept is None or kept[0] is not schedule or kept[1] != rows:
            found = [HourSession(**dict(zip(_ROWS.names, row, strict=True))) for row in rows]
            kept = self._read[town] = schedule, rows, self._plan(schedule, found)
        return kept[2]

    def plan(self, session: Session, schedule: Schedule, *, now: datetime) -> Plan:
        """The plan of one town in this transaction; its rows may be changed."""
        schedule = self.planned(session, schedule)
        since = ms(now - PAST)
        statement = select(HourSession).where(
            HourSession.town == schedule.town.id,
            or_(col(HourSession.closes) > since, col(HourSession.file_closes) > since),
        )
        return self._plan(schedule, session.exec(statement.order_by(col(HourSession.id))).all())

    def planned(self, session: Session, schedule: Schedule) -> Schedule:
        """The file's schedule with the series, exceptions and texts of staff; without what they did to single sessions."""
        rows = _ENTRIES.rows(session.connection(), town=schedule.town.id)
        kept = self._planned.get(schedule.town.id)
        if kept is None or kept[0] is not schedule or kept[1] != rows:
            entries = [Entry(id, line, kind, key, load(data)) for id, line, kind, key, data in rows]
            kept = self._planned[schedule.town.id] = schedule, rows, schedule.with_entries(entries)
        return kept[2]

    def near(self, schedule: Schedule, now: datetime) -> list[Occurrence]:
        """What somebody holds within `TOLD`, on or to come, and each line's next two on WhatsApp however far away.

        ``schedule`` is the plan as it stands. What waits for a decision is not told (AC-6).
        """
        town, today = schedule.town.id, local_date(now, schedule.town.timezone)
        kept = self._near.get(town)
        if kept is None or kept[0] is not schedule or kept[1] != today:
            found = schedule.between(today - BEFORE, today + TOLD, kinds=HELD)
            kept = self._near[town] = schedule, today, [one for one in found if not one.needs_decision]
        within = [one for one in kept[2] if one.closes > now]
        return within + [
            one for line in schedule.lines for one in self._next_two(schedule, line, within, now)
        ]

    def _next_two(
        self, schedule: Schedule, line: Line, within: list[Occurrence], now: datetime
    ) -> list[Occurrence]:
        if sum(one.line == line.id and one.kind == "whatsapp" for one in within) >= NEXT:
            return []
        return schedule.occurrences(now, NEXT, line=line.id, kinds=("whatsapp",))

    def _plan(self, schedule: Schedule, rows: Sequence[HourSession]) -> Plan:
        """What staff changed holds, and what has begun: a session ends as its row says (fault F46), and what was written
        in it belongs to it later too."""
        changes = tuple(_change(row) for row in rows if row.changed or _has_begun(row))
        sessions = {row.occurrence: row for row in rows if row.occurrence}
        held = frozenset(
            row.occurrence or "" for row in rows if row.state == "closed" and row.opens == row.file_opens
        )
        laid = self._laid_over(schedule, changes, frozenset(sessions), held)
        return Plan(laid, sessions, {row.id: row for row in sessions.values()})

    def _laid_over(self, schedule: Schedule, changes: tuple[Change, ...], *keys: frozenset[str]) -> Schedule:
        town = schedule.town.id
        kept = self._last.get(town)
        if kept is None or kept[0] is not schedule or kept[1] != (changes, keys):
            heirs = _set_aside(schedule, changes, *keys)
            kept = (schedule, (changes, keys), schedule.with_changes((*changes, *heirs)))
            self._last[town] = kept
        return kept[2]


def _set_aside(
    schedule: Schedule, changes: tuple[Change, ...], taken: frozenset[str], held: frozenset[str]
) -> list[Change]:
    """What the file has in the place of windows that staff changed and that it moved since: it would bring the same
    session twice, so it waits until a person decides. ``held`` are keys of those that took place at their own time.
    """
    lines = {line.id: line for line in schedule.lines}
    found = [
        heir(schedule.town, lines[change.line], change.key, change.kind or "whatsapp", taken)
        for change in changes
        if change.wins and change.key and change.key not in held and change.line in lines
    ]
    return [Change(line=one.line, key=one.key, cancelled=True) for one in found if one is not None]


def _has_begun(row: HourSession) -> bool:
    """The lobby is not the hour: until it opens it follows the file."""
    return row.state in RUNNING - {"lobby"} or (row.state == "closed" and row.opened_at is not None)


def _change(row: HourSession) -> Change:
    return Change(
        line=row.line,
        key=row.occurrence,
        kind="in_person" if row.kind == "in_person" else "whatsapp",
        title=row.title,
        topic=row.topic,
        opens=instant(row.opens),
        closes=instant(row.closes),
        cancelled=row.state == "cancelled",
        confirmed=True,
        wins=row.changed and NOW not in (row.occurrence or ""),
    )
