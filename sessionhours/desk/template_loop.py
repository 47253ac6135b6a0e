"""Follows the templates at Meta: at the start, each hour, and when a webhook told of one; makes what is missing."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from datetime import datetime

from sessionhours.core.schedule import Line, Schedule
from sessionhours.core.templates import Blueprint, Known, NotTaken, Registry, blueprints, same_language
from sessionhours.desk import templates
from sessionhours.desk.intake import Reader
from sessionhours.store.database import Database

#: Seconds between two looks whether anything is due.
LOOK = 2.0

logger = logging.getLogger(__name__)


class TemplateLoop:
    """Asks ``registry`` for each line that names its business account."""

    def __init__(
        self, database: Database, reader: Reader, clock: Callable[[], datetime], registry: Registry
    ) -> None:
        self.database, self.reader, self.clock, self.registry = database, reader, clock, registry
        self._began = clock()
        self._known: set[str] = set()  # towns that this process has looked at

    async def step(self) -> None:
        """One look at every town, and a pause."""
        await self.look()
        await asyncio.sleep(LOOK)

    async def look(self) -> None:
        """Ask what is due to be asked."""
        for schedule in list(self.reader.schedules().values()):
            town = schedule.town.id
            since, now = None if town in self._known else self._began, self.clock()
            self._known.add(town)
            if await self.database.read(templates.due, schedule, since=since, now=now):
                for line in await self.database.write(templates.begin, schedule, since=since, now=now):
                    await self._follow(schedule, line)

    async def _follow(self, schedule: Schedule, line: Line) -> None:
        """List, make what is missing, write down what came of it."""
        try:
            known = await self._listed(schedule, line)
            await self.database.write(templates.follow, schedule, line, known, now=self.clock())
            for blueprint in blueprints(schedule.town):
                if not any(_is(one, blueprint) for one in known):
                    known += await self._made(schedule, line, blueprint)
            await self.database.write(templates.follow, schedule, line, known, now=self.clock())
        except NotTaken as error:
            await self.database.write(
                templates.not_taken, schedule, line, error.failure, None, now=self.clock()
            )
        except OSError as error:
            logger.info("templates cannot be looked at now: %s", error)
            await self.database.write(templates.again, schedule, line, now=self.clock())

    async def _listed(self, schedule: Schedule, line: Line) -> list[Known]:
        found: list[Known] = []
        for name in sorted({one.name for one in blueprints(schedule.town)}):
            found += await self.registry.templates(line.phone_number_id, str(line.business_account_id), name)
        return found

    async def _made(self, schedule: Schedule, line: Line, blueprint: Blueprint) -> list[Known]:
        """What Meta made of it; nothing where it refused this one: the others go on."""
        account = str(line.business_account_id)
        try:
            return [await self.registry.create_template(line.phone_number_id, account, blueprint)]
        except NotTaken as error:
            name = f"{blueprint.name}/{blueprint.language}"
            await self.database.write(
                templates.not_taken, schedule, line, error.failure, name, now=self.clock()
            )
            return []


def _is(one: Known, blueprint: Blueprint) -> bool:
    return one.name == blueprint.name and same_language(one.language, blueprint.language)
