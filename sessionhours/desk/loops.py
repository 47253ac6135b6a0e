"""The loops: what waits, wakes and repeats. None of them ever ends on an error; each tries again a little later."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from functools import partial
from typing import Literal

from sessionhours.core.delivery import Outgoing, Sender
from sessionhours.core.instants import instant
from sessionhours.desk import intake, outbox, ticking
from sessionhours.desk.hub import Hub
from sessionhours.desk.intake import Applied, Reader
from sessionhours.desk.outbox import Claim
from sessionhours.desk.pace import Pace
from sessionhours.desk.shapes import load
from sessionhours.errors import NotStored
from sessionhours.store.database import Database
from sessionhours.store.sealing import Seals

Clock = Callable[[], datetime]
Ring = Callable[[], None]

#: Seconds after which a loop looks again although nobody rang.
LOOK = 1.0

#: Seconds that a loop rests after an error.
REST = 1.0

#: Seconds between two checkpoints that cut the write-ahead log, so that no erased byte stays in it (surfaces §3).
CHECKPOINT = 20.0

#: Seconds between two looks at which keys of sealed bodies can be destroyed.
DESTROY = 20.0

#: How often the outbox is searched for what a dead worker left; its leases are longer.
RECOVER = timedelta(seconds=5)

#: Messages handed to Meta at the same time.
IN_FLIGHT = 8

logger = logging.getLogger(__name__)


class Bell:
    """Something to do: rung from this loop, waited for with a limit."""

    def __init__(self) -> None:
        self._event = asyncio.Event()

    def ring(self) -> None:
        """There is something to do."""
        self._event.set()

    async def heard(self, seconds: float) -> None:
        """Wait until it rings, ``seconds`` at the longest."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._event.wait()
        self._event.clear()


async def forever(name: str, step: Callable[[], Awaitable[None]]) -> None:
    """Repeat a step; an error is logged and the step tried again after a rest."""
    while True:
        try:
            await step()
        except asyncio.CancelledError:
            raise
        except Exception:
            logger.exception("%s failed and goes on", name)
            await asyncio.sleep(REST)


class Applier:
    """Applies what waits in the intake log, oldest first.

    ``texts`` and ``files`` are rung when there are some to send or to fetch.
    """

    def __init__(self, database: Database, reader: Reader, clock: Clock, texts: Ring, files: Ring) -> None:
        self.database, self.reader, self.clock = database, reader, clock
        self.texts, self.files = texts, files
        self.bell = Bell()

    async def step(self) -> None:
        """One batch, then the next ring."""
        applied = await self.database.write(intake.apply, self.reader, now=self.clock())
        self.tell(applied)
        if not applied.more:
            await self.bell.heard(LOOK)

    def tell(self, applied: Applied) -> None:
        """Something was applied: ring for what it left to do."""
        if applied.texts:
            self.texts()
        if applied.files:
            self.files()
        if applied.more:
            self.bell.ring()


class Ticker:
    """What time alone does: sessions open, drain and close."""

    def __init__(self, database: Database, reader: Reader, clock: Clock) -> None:
        self.database, self.reader, self.clock = database, reader, clock
        self.bell = Bell()

    async def step(self) -> None:
        """One look at every town."""
        await self.tick()
        await self.bell.heard(LOOK)

    async def tick(self) -> None:
        """Move every town's sessions to where they should be now."""
        for schedule in list(self.reader.schedules().values()):
            await self.database.write(ticking.tick, self.reader.planner, schedule, now=self.clock())


class Courier:
    """Hands the outbox to Meta, a few at a time, in order within each conversation."""

    def __init__(self, database: Database, reader: Reader, clock: Clock, sender: Sender) -> None:
        self.database, self.reader, self.clock, self.sender = database, reader, clock, sender
        self.bell = Bell()
        self.pace = Pace()
        self._recovered = clock()
        self._flying: dict[str, asyncio.Task[None]] = {}

    async def recover(self, *, everything: bool) -> None:
        """At the start, and now and then: what a dead worker left."""
        self._recovered = self.clock()
        await self.database.write(outbox.recover, now=self._recovered, everything=everything)

    async def step(self) -> None:
        """Send what is due; then wait for the bell or the next due time."""
        if self.clock() - self._recovered >= RECOVER:
            await self.recover(everything=False)
        if len(self._flying) < IN_FLIGHT and await self._send_due():
            return
        await self.bell.heard(await self._until_next())

    async def close(self) -> None:
        """Wait for what is on its way; give back what was not begun, where nobody else can have claimed it."""
        await asyncio.gather(*self._flying.values(), return_exceptions=True)
        if self.database.sqlite:
            with contextlib.suppress(NotStored):
                await self.database.write(outbox.forget_lease)

    async def _send_due(self) -> bool:
        resting, seals = frozenset(self._flying), self.reader.seals
        claims = await self.database.write(outbox.claim, now=self.clock(), resting=resting, seals=seals)
        for claim in claims:
            task = asyncio.create_task(self._send(claim), name=f"send {claim.id}")
            self._flying[claim.lane] = task
            task.add_done_callback(partial(self._landed, claim.lane))
        return bool(claims)

    def _landed(self, lane: str, task: asyncio.Task[None]) -> None:
        self._flying.pop(lane, None)
        if not task.cancelled() and (error := task.exception()):
            logger.error("a message could not be handed over", exc_info=error)
        self.bell.ring()

    async def _send(self, claim: Claim) -> None:
        """Claimed, written down as sending, sent, written down."""
        while not self.pace.may_send(claim.line, claim.lane, self.clock()):  # noqa: ASYNC110 - only time helps
            await asyncio.sleep(0.05)
        phone_number_id = self._phone_number_id(claim)
        schedule = self.reader.schedules().get(claim.town)
        if phone_number_id is None or schedule is None:
            return
        language = schedule.town.language
        if not await self.database.write(outbox.begin, claim, now=self.clock(), language=language):
            return
        outcome = await self.sender.send(_outgoing(claim, phone_number_id), tries=claim.tries)
        await self.database.write(outbox.settle, self.reader.keys, schedule, claim, outcome, now=self.clock())

    def _phone_number_id(self, claim: Claim) -> str | None:
        try:
            return self.reader.schedules()[claim.town].line(claim.line).phone_number_id
        except LookupError:
            return None

    async def _until_next(self) -> float:
        due = await self.database.read(outbox.next_due, self.reader.seals)
        if due is None:
            return LOOK
        return min(max((instant(due) - self.clock()) / timedelta(seconds=1), 0.05), LOOK)


class Listening:
    """Notices what other processes committed."""

    def __init__(self, hub: Hub, reader: Reader) -> None:
        self.hub, self.reader = hub, reader
        self.bell = Bell()
        hub.bell = self.bell.ring

    async def step(self) -> None:
        """Read on where there is something new."""
        for town in list(self.reader.schedules()):
            await self.hub.catch_up(town)
        await self.bell.heard(LOOK)


class Checkpoints:
    """Cuts the write-ahead log now and then."""

    def __init__(self, database: Database) -> None:
        self.database = database

    async def step(self) -> None:
        """One checkpoint and a pause."""
        await self.database.checkpoint()
        await asyncio.sleep(CHECKPOINT)


class Shredder:
    """Destroys the keys of bodies that are settled: what PostgreSQL still has of them says nothing (surfaces §3)."""

    def __init__(self, database: Database, seals: Seals) -> None:
        self.database, self.seals = database, seals

    async def step(self) -> None:
        """One look and a pause."""
        await self.look()
        await asyncio.sleep(DESTROY)

    async def look(self) -> None:
        """Only what is needed by nothing committed is destroyed, and nothing is sealed with it any more."""
        await self.database.write(self.seals.retire)
        needed = await self.database.read(intake.keys_needed)
        await asyncio.to_thread(self.seals.destroy, needed)


_KINDS: dict[str, Literal["reaction", "template"]] = {"reaction": "reaction", "template": "template"}


def _outgoing(claim: Claim, phone_number_id: str) -> Outgoing:
    filled = load(claim.template) or {}
    return Outgoing(
        line=claim.line,
        phone_number_id=phone_number_id,
        attempt=claim.attempt,
        user_id=claim.user_id,
        phone=None if claim.user_id else claim.phone,
        kind=_KINDS.get(claim.kind, "text"),
        text=claim.text,
        reply_to=claim.reply_to,
        emoji=claim.emoji,
        target=claim.target,
        template=filled.get("template"),
        language=filled.get("language"),
        parameters=tuple(filled.get("parameters", ())),
    )
