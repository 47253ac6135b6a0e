"""The schedules as they hold now, file and staff as one, for readers that have no transaction of their own: pages, feeds.

Renewed in the writer thread before anybody is told of a change, so that no reader can be a step behind (AC-3, AC-8).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlmodel import Session, col, select

from sessionhours.core.instants import ms
from sessionhours.core.schedule import Schedule
from sessionhours.core.session import Announced
from sessionhours.desk.plan import Planner
from sessionhours.desk.sessions import announced
from sessionhours.store.database import Database
from sessionhours.store.events import Committed
from sessionhours.store.tables import HourSession

#: A session that ended longer ago than this is no longer told of.
TOLD = timedelta(days=60)


@dataclass(frozen=True)
class Standing:
    """One town as everybody may know it: the plan, and the sessions that are announced, on, over or cancelled.

    Both were read in one transaction. ``sessions`` are in order of opening.
    """

    schedule: Schedule
    sessions: tuple[Announced, ...] = ()

    def session(self, key: str) -> Announced | None:
        """The session that somebody holds in the window of this key, if it has a row already."""
        return next((one for one in self.sessions if one.key == key), None)


class Effective:
    """Every town's schedule with staff's changes on top, by town id."""

    def __init__(
        self,
        database: Database,
        planner: Planner,
        schedules: Callable[[], Mapping[str, Schedule]],
        clock: Callable[[], datetime],
    ) -> None:
        self.database, self.planner, self.schedules, self.clock = database, planner, schedules, clock
        self._now: dict[str, Standing] = {}

    def __call__(self) -> Mapping[str, Schedule]:
        """The schedules by town."""
        return {town: standing.schedule for town, standing in self.standing().items()}

    def standing(self) -> Mapping[str, Standing]:
        """The schedules with their sessions, by town."""
        return self._now or {town: Standing(schedule) for town, schedule in self.schedules().items()}

    def renew(self, committed: list[Committed] | None = None) -> None:
        """Read anew, if one of these events changed a session (or in any case, without them)."""
        if committed is not None and not any(
            one.name.startswith(("session.", "schedule.")) for one in committed
        ):
            return
        with Session(self.database.reader) as session:
            self._now = {town: self._read(session, schedule) for town, schedule in self.schedules().items()}

    def _read(self, session: Session, schedule: Schedule) -> Standing:
        now = self.clock()
        plan = self.planner.plan(session, schedule, now=now)
        told = select(HourSession).where(
            HourSession.town == schedule.town.id, HourSession.closes > ms(now - TOLD)
        )
        rows = session.exec(told.order_by(col(HourSession.opens), col(HourSession.id))).all()
        return Standing(plan.schedule, tuple(announced(row) for row in rows))
