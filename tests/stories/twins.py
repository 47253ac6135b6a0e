"""Two server processes on one PostgreSQL database, one data folder and one clock; Meta's updates reach either or both."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

import httpx

from sessionhours.simulator import create_simulator
from sessionhours.simulator.app import Simulation
from sessionhours.simulator.people import add_person
from tests.fakes import served, until
from tests.postgres import rows
from tests.serve import PASSWORD, SECRET, TOKEN, VERIFY, Server
from tests.stories.console import Console

STAFF = {
    "mayor": ("buergermeister@example.org", "Stefan Keller", "mayor"),
    "brandt": ("brandt@example.org", "Maria Brandt", "assistant"),
}


class ToEither(httpx.AsyncBaseTransport):
    """Carries each update to one of the processes that live, or to all at the same moment."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)
        self._inner = httpx.AsyncHTTPTransport()
        self.servers: list[Server] = []
        self.to_all = 0

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        living = [server for server in self.servers if server.alive]
        if not living:
            raise httpx.ConnectError("nobody lives", request=request)
        if self._random.random() < 0.5:
            living = [self._random.choice(living)]
        self.to_all += len(living) > 1
        answers = await asyncio.gather(*(self._carry(request, server) for server in living))
        return max(answers, key=lambda answer: answer.status_code)

    async def _carry(self, request: httpx.Request, server: Server) -> httpx.Response:
        url = request.url.copy_with(port=server.port)
        copy = httpx.Request(request.method, url, headers=request.headers, content=request.content)
        answer = await self._inner.handle_async_request(copy)
        await answer.aread()
        return answer

    async def aclose(self) -> None:
        await self._inner.aclose()


class Twins:
    """The two processes, the simulated WhatsApp, and what the database says."""

    def __init__(self, wire: ToEither, simulation: Simulation, database: str) -> None:
        self.wire, self.servers = wire, wire.servers
        self.simulation, self.database = simulation, database

    def now(self, instant: datetime) -> None:
        """Move everybody's clock."""
        self.servers[0].clock.set(instant)
        self.simulation.wake()

    def people(self, number: int) -> list[str]:
        """So many new citizens."""
        return [add_person(self.simulation.world, {"name": f"Bürger {n}"}).id for n in range(number)]

    def says(self, person: str, words: str) -> None:
        """A citizen writes."""
        citizen = self.simulation.world.people[person]
        self.simulation.telephones.say(citizen, {"type": "text", "text": {"body": words}})

    def heard(self) -> list[str]:
        """Every text that Meta took from us."""
        return [entry["content"]["body"] for entry in self.simulation.journal.entries("send")]

    async def console(self, who: str, server: Server) -> Console:
        """Somebody's screen at one of the processes."""
        email, name, _ = STAFF[who]
        screen = Console(name, server.url)
        await screen.log_in(email, PASSWORD)
        await screen.open()
        return screen

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        """What stands in the database, read from outside."""
        return rows(self.database, query)

    async def at_rest(self) -> None:
        """Everything is told, applied, answered, and its receipts are in."""
        await until(self._rests, 30, "everything is at rest", every=0.05)

    def _rests(self) -> bool:
        waiting = "select count(*) from intake where state = 'new'"
        leaving = "select count(*) from outbox where state <> 'unclear'"
        [(number,)] = [(0,)] if self.simulation.pending else self.rows(f"select ({waiting}) + ({leaving})")
        return not self.simulation.pending and number == 0


@asynccontextmanager
async def twins(folder: Path, database: str, now: datetime, seed: int = 0) -> AsyncIterator[Twins]:
    """Everything wired, no process started; none is left behind."""
    wire = ToEither(seed)
    app = create_simulator(
        app_secret=SECRET,
        verify_token=VERIFY,
        access_tokens=[TOKEN],
        clock=lambda: wire.servers[0].clock.seconds(),
        seed=seed,
        transport=wire,
        people=False,
    )
    async with served(app) as graph:
        for name in ("first", "second"):
            (folder / name).mkdir()
            server = Server(folder / name, now=now, graph=graph)
            server.environment["SESSIONHOURS_DATABASE_URL"] = database
            server.environment["SESSIONHOURS_DATA_DIR"] = str(folder / "data")
            wire.servers.append(server)
        wire.servers[1].clock = wire.servers[0].clock
        courier = app.simulation.courier
        courier.webhook.url = wire.servers[0].webhook
        courier.policy.retry_first, courier.policy.retry_growth = 0.1, 1.2
        wire.servers[0].employ("kappelrodeck", STAFF.values())
        try:
            yield Twins(wire, app.simulation, database)
        finally:
            for server in wire.servers:
                server.close()
