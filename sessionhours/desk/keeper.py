"""The keeper: raw bodies into the intake log, all that wait in one commit, each caller told once it is durable.

Group commit without a waiting window: while one commit is on its way the next group gathers (performance: 58,000
bodies a second against 3,500 with a commit each).
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from sessionhours.desk import intake
from sessionhours.store.database import Database
from sessionhours.store.sealing import Seals

#: A body and the instant of its arrival in milliseconds.
Body = tuple[bytes, int]


class Keeper:
    """Keeps bodies, sealed where there are ``seals``; ``then`` is called after each commit."""

    def __init__(self, database: Database, then: Callable[[], None], seals: Seals | None = None) -> None:
        self.database, self.then, self.seals = database, then, seals
        self._bodies: list[Body] = []
        self._waiting: list[asyncio.Future[None]] = []
        self._task: asyncio.Task[None] | None = None

    async def keep(self, body: bytes, at: int) -> None:
        """Return once the body is durable. Raises `NotStored`."""
        future = asyncio.get_running_loop().create_future()
        self._bodies.append((body, at))
        self._waiting.append(future)
        if self._task is None:
            self._task = asyncio.create_task(self._commit(), name="keeper")
        await future

    async def _commit(self) -> None:
        try:
            while self._bodies:
                bodies, waiting = self._bodies, self._waiting
                self._bodies, self._waiting = [], []
                await self._commit_group(bodies, waiting)
        finally:
            self._task = None

    async def _commit_group(self, bodies: list[Body], waiting: list[asyncio.Future[None]]) -> None:
        try:
            await self.database.write(intake.log, bodies, self.seals)
        except Exception as error:  # noqa: BLE001 - whatever it is belongs to those who wait
            _answer(waiting, error)
        else:
            _answer(waiting, None)
            self.then()


def _answer(waiting: list[asyncio.Future[None]], error: Exception | None) -> None:
    """Tell every caller that is still there (fault F34)."""
    for future in waiting:
        if future.done():
            continue
        if error is None:
            future.set_result(None)
        else:
            future.set_exception(error)
