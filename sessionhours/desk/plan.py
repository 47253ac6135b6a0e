"""One schedule to every reader: the file's plan with what staff changed on top (surfaces §3, AC-8).

The sessions that staff changed are read in the reader's own transaction; only the expansion of equal answers is kept.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlmodel import Session, col, select

from sessionhours.core.instants import instant, ms
from sessionhours.core.schedule import Change, Occurrence, Schedule
from sessionhours.store.tables import HourSession

#: Sessions that closed longer ago than this no longer bear on any message.
PAST = timedelta(days=8)


@dataclass(frozen=True)
class Plan:
    """The schedule as it stands now, and the session rows that belong to its windows, by the window's key."""

    schedule: Schedule
    sessions: dict[str, HourSession]

    def session_of(self, occurrence: Occurrence | None) -> HourSession | None:
        """The session that somebody holds in this window, or None (opening hours have none)."""
        return None if occurrence is None else self.sessions.get(occurrence.key)


@dataclass
class Planner:
    """Lays staff's changes over the file's schedule and keeps the result while neither changes."""

    _last: dict[str, tuple[Schedule, tuple[Change, ...], Schedule]] = field(default_factory=dict)

    def plan(self, session: Session, schedule: Schedule, *, now: datetime) -> Plan:
        """The plan of one town in this transaction."""
        statement = select(HourSession).where(
            HourSession.town == schedule.town.id, HourSession.closes > ms(now - PAST)
        )
        rows = session.exec(statement.order_by(col(HourSession.id))).all()
        changes = tuple(_change(row) for row in rows if row.changed)
        sessions = {row.occurrence: row for row in rows if row.occurrence}
        return Plan(self._laid_over(schedule, changes), sessions)

    def _laid_over(self, schedule: Schedule, changes: tuple[Change, ...]) -> Schedule:
        town = schedule.town.id
        kept = self._last.get(town)
        if kept is None or kept[0] is not schedule or kept[1] != changes:
            kept = (schedule, changes, schedule.with_changes(changes))
            self._last[town] = kept
        return kept[2]


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
    )
