"""A message every so often, one after the other: how long from its POST until the last console has it."""

from __future__ import annotations

import asyncio
import re
import time
from typing import Any

from bench.citizens import requests
from bench.listener import listen
from bench.sender import Connection, connect

_NUMBER = re.compile(rb"#(\d{9})#")

CONNECTIONS = 4


class Arrivals:
    """When each message was sent, was answered, and was on the last of the consoles."""

    def __init__(self, consoles: int) -> None:
        self.consoles = consoles
        self.sent: dict[int, float] = {}
        self.answered: dict[int, float] = {}
        self.shown: dict[int, float] = {}
        self._seen: dict[int, int] = {}
        self._news = asyncio.Event()

    def heard_by(self) -> Any:
        """What one console calls with each frame; a message counts once a console."""
        mine: set[int] = set()

        def heard(payload: bytes) -> None:
            now = time.perf_counter()
            for number in {int(found) for found in _NUMBER.findall(payload)} & self.sent.keys() - mine:
                mine.add(number)
                self._seen[number] = self._seen.get(number, 0) + 1
                if self._seen[number] == self.consoles:
                    self.shown[number] = now
                    self._news.set()

        return heard

    def answer(self, number: int) -> None:
        """The 200 for this message has come."""
        self.answered[number] = time.perf_counter()
        self._news.set()

    async def all(self, count: int) -> None:
        """Wait until so many messages are answered and shown everywhere."""
        while min(len(self.shown), len(self.answered)) < count:
            self._news.clear()
            await self._news.wait()


async def paced(plan: Any) -> dict[str, list[float]]:
    """``rate`` messages a second; seconds until shown everywhere and until the 200, for each."""
    arrivals = Arrivals(plan.consoles)
    for number in range(plan.consoles):
        await listen(plan.port, 1, plan.cookies[number:], arrivals.heard_by(), hello=plan.hello)
    await _send(plan, arrivals)
    await arrivals.all(plan.count)
    return {
        "shown": [arrivals.shown[number] - at for number, at in arrivals.sent.items()],
        "answered": [arrivals.answered[number] - at for number, at in arrivals.sent.items()],
    }


async def _send(plan: Any, arrivals: Arrivals) -> None:
    free: asyncio.Queue[Connection] = asyncio.Queue()
    busy: dict[Connection, int] = {}

    def answered(connection: Connection, response: bytes) -> None:
        assert response.startswith(b"HTTP/1.1 200"), response[:200]
        arrivals.answer(busy.pop(connection))
        free.put_nowait(connection)

    for connection in await connect(plan.port, CONNECTIONS, answered):
        free.put_nowait(connection)
    begun = time.perf_counter()
    for index, request in enumerate(list(requests(plan.first, plan.count, int(time.time())))):
        await asyncio.sleep(max(0.0, begun + index / plan.rate - time.perf_counter()))
        connection, number = await free.get(), plan.first + index
        busy[connection], arrivals.sent[number] = number, time.perf_counter()
        connection.send(request)
