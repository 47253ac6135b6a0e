"""Tells of the budget when a day begins: nothing else would say that a forecast changed or a month is over."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import date, datetime

from sessionhours.desk import budget
from sessionhours.desk.intake import Reader
from sessionhours.store.database import Database

#: Seconds between two looks at the calendar.
LOOK = 5.0


class BudgetLoop:
    """Watches the towns' own midnights."""

    def __init__(self, database: Database, reader: Reader, clock: Callable[[], datetime]) -> None:
        self.database, self.reader, self.clock = database, reader, clock
        self._today: dict[str, date] = {}

    async def step(self) -> None:
        """One look and a pause."""
        await self.look()
        await asyncio.sleep(LOOK)

    async def look(self) -> None:
        """Tell where it is another day than at the last look."""
        now = self.clock()
        for schedule in list(self.reader.schedules().values()):
            today = now.astimezone(schedule.town.timezone).date()
            if self._today.setdefault(schedule.town.id, today) != today:
                await self.database.write(budget.tell, schedule, now=now)
                self._today[schedule.town.id] = today
