"""The schedules as they hold now, file and staff as one, for readers that have no transaction of their own: pages, feeds.

Renewed in the writer thread before anybody is told of a change, so that no reader can be a step behind (AC-3, AC-8).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime

from sqlmodel import Session

from sessionhours.core.schedule import Schedule
from sessionhours.desk.plan import Planner
from sessionhours.store.database import Database
from sessionhours.store.events import Committed


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
        self._now: dict[str, Schedule] = {}

    def __call__(self) -> Mapping[str, Schedule]:
        """The schedules by town."""
        return self._now or self.schedules()

    def renew(self, committed: list[Committed] | None = None) -> None:
        """Read anew, if one of these events changed a session (or in any case, without them)."""
        if committed is not None and not any(
            one.name.startswith(("session.", "schedule.")) for one in committed
        ):
            return
        with Session(self.database.reader) as session:
            self._now = {
                town: self.planner.plan(session, schedule, now=self.clock()).schedule
                for town, schedule in self.schedules().items()
            }
