"""The loops before and around the hour: mails to staff, the look an hour before, the roll call."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime

from sqlmodel import Session, col, select

from sessionhours.core.instants import ms
from sessionhours.core.letter import Mailer
from sessionhours.core.preflight import BEFORE
from sessionhours.core.rollcall import Present, Step, somebody
from sessionhours.core.schedule import Line, Schedule
from sessionhours.desk import mails, notices, preflight, rollcall
from sessionhours.desk.loops import LOOK, Clock
from sessionhours.desk.preflight import Examiner
from sessionhours.store.database import Database
from sessionhours.store.tables import HourSession

Schedules = Callable[[], Mapping[str, Schedule]]

#: Seconds of this machine's own counting for which nobody must be there, once a step of the roll call is due, before this
#: process says that nobody is: consoles come back after a reload or a restart, and a process with somebody at one of its
#: consoles settles the step before.
MISSING = 15.0

logger = logging.getLogger(__name__)


class Postman:
    """Hands mails in, one after the other; the hour never waits for it. Without ``mailer`` they wait, and the admin knows."""

    def __init__(self, database: Database, schedules: Schedules, clock: Clock, mailer: Mailer | None) -> None:
        self.database, self.schedules, self.clock, self.mailer = database, schedules, clock, mailer
        self._told: set[str] = set()

    async def step(self) -> None:
        """All that are due, and a pause."""
        if self.mailer is None:
            await self._say_that_they_wait()
        else:
            await self._say_that_they_go()
            await self._deliver(self.mailer)
        await asyncio.sleep(LOOK)

    async def _deliver(self, mailer: Mailer) -> None:
        while await self.database.read(mails.due, now=self.clock()):
            await self.database.write(mails.expire, now=self.clock())
            claim = await self.database.write(mails.claim, now=self.clock())
            if claim is None:
                return
            outcome = await mailer.send(claim.letter)
            schedule = self.schedules().get(claim.town)
            await self.database.write(mails.settle, schedule, claim, outcome, now=self.clock())

    async def _say_that_they_wait(self) -> None:
        for town in await self.database.read(mails.waiting) - self._told:
            if schedule := self.schedules().get(town):
                await self.database.write(notices.no_mail, schedule, now=self.clock())
                self._told.add(town)

    async def _say_that_they_go(self) -> None:
        for town, schedule in self.schedules().items():
            if town not in self._told:
                await self.database.write(notices.mail_works, schedule, now=self.clock())
                self._told.add(town)


class Watch:
    """Looks at the sessions that are near. ``present`` says who is at a console of this process; ``console`` is where."""

    def __init__(
        self,
        database: Database,
        schedules: Schedules,
        clock: Clock,
        examiner: Examiner,
        present: Callable[[str], Sequence[Present]],
        console: str,
    ) -> None:
        self.database, self.schedules, self.clock = database, schedules, clock
        self.examiner, self.present, self.console = examiner, present, console
        self.looks = 0
        self._examining: dict[str, asyncio.Task[None]] = {}
        self._missing_since: dict[str, tuple[list[Step], float]] = {}

    async def step(self) -> None:
        """One look, and a pause."""
        now = self.clock()
        rows = await self.database.read(near, now)
        for row in rows:
            schedule = self.schedules().get(row.town)
            line = next((one for one in schedule.lines if one.id == row.line), None) if schedule else None
            if schedule is not None and line is not None:
                await self._look(schedule, line, row, now)
        for gone in self._missing_since.keys() - {row.id for row in rows}:
            del self._missing_since[gone]
        self.looks += 1
        await asyncio.sleep(LOOK)

    @property
    def busy(self) -> bool:
        """Is a look before an hour being taken?"""
        return bool(self._examining)

    async def close(self) -> None:
        """Let go of checks that are on their way; they are made anew."""
        tasks = list(self._examining.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _look(self, schedule: Schedule, line: Line, row: HourSession, now: datetime) -> None:
        """One session's trouble is not its neighbours'."""
        try:
            if preflight.is_due(row, now) and row.id not in self._examining:
                self._examine(schedule, line, row)
            if rollcall.is_watched(row, now):
                await self._call_roll(schedule, line, row, now)
        except Exception:
            logger.exception("a session could not be looked at")

    # -- the look an hour before ---------------------------------------------------------------------

    def _examine(self, schedule: Schedule, line: Line, row: HourSession) -> None:
        """Beside the roll call: checks may take their ten seconds."""
        task = asyncio.create_task(self._examined(schedule, line, row.id, row.opens), name="preflight")
        self._examining[row.id] = task
        task.add_done_callback(lambda task: self._ended(row.id, task))

    async def _examined(self, schedule: Schedule, line: Line, id: str, opens: int) -> None:
        findings = await self.examiner.examine(schedule, line)
        await self.database.write(preflight.settle, schedule, id, opens, findings, now=self.clock())

    def _ended(self, id: str, task: asyncio.Task[None]) -> None:
        self._examining.pop(id, None)
        if not task.cancelled() and (error := task.exception()):
            logger.error("the look before the hour failed and is made again", exc_info=error)

    # -- the roll call ---------------------------------------------------------------------------------

    async def _call_roll(self, schedule: Schedule, line: Line, row: HourSession, now: datetime) -> None:
        there = self.present(row.town)
        here = somebody(there, approval=line.approval, deputy=row.deputy)
        if here:
            self._missing_since.pop(row.id, None)
        if rollcall.has_news(row, now, here=here) and (here or self._missed(row, now)):
            await self.database.write(
                rollcall.call, schedule, row.id, here=here, console=self.console, now=now
            )

    def _missed(self, row: HourSession, now: datetime) -> bool:
        """Has nobody been there for long enough, since the last of these steps was due?"""
        steps, moment = rollcall.roll_of(row).missing(row, now), asyncio.get_running_loop().time()
        asked, since = self._missing_since.get(row.id, (steps, moment))
        self._missing_since[row.id] = steps, since if asked == steps else moment
        return moment - self._missing_since[row.id][1] >= MISSING


def near(session: Session, now: datetime) -> list[HourSession]:
    """The sessions of every town that are on, or begin within the hour."""
    rows = select(HourSession).where(
        col(HourSession.state).in_(rollcall.WAITING_STATES),
        HourSession.kind == "whatsapp",
        HourSession.opens <= ms(now + BEFORE),
        HourSession.closes > ms(now),
    )
    return list(session.exec(rows.order_by(col(HourSession.opens), col(HourSession.id))))
