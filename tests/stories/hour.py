"""One house on one machine: the server as a process, the simulated WhatsApp, consoles, and what each of them recorded."""

from __future__ import annotations

import asyncio
import contextlib
import sqlite3
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager, closing
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from sessionhours.simulator import create_simulator
from sessionhours.simulator.app import Simulation, Simulator
from sessionhours.simulator.world import Person
from tests.fakes import Deadly, served, until
from tests.serve import PASSWORD, SCHEDULE, SECRET, TOKEN, VERIFY, Server
from tests.stories.console import Console
from tests.stories.script import ABOUT_ANOTHER, Line

STAFF = {
    "mayor": ("buergermeister@example.org", "Stefan Keller", "mayor"),
    "brandt": ("brandt@example.org", "Maria Brandt", "assistant"),
    "vogt": ("vogt@example.org", "Selma Vogt", "assistant"),
}


@dataclass(frozen=True)
class Said:
    """What a citizen wrote, as the citizen knows it."""

    line: Line
    wamid: str
    about: str | None


class House:
    """Kappelrodeck's town hall for a day. `said` is the citizens' own log."""

    def __init__(self, server: Server, app: Simulator, messenger: Deadly) -> None:
        self.server, self.simulation, self.messenger = server, app.simulation, messenger
        self.said: list[Said] = []
        self._supervisor: asyncio.Task[None] | None = None

    # -- time and processes ------------------------------------------------------------------------

    def now(self, instant: datetime) -> None:
        """Move everybody's clock."""
        self.server.clock.set(instant)
        self.simulation.wake()

    def supervise(self) -> None:
        """From now on a dead server is started again at once, as a service manager does."""
        self._supervisor = asyncio.create_task(self._supervise())

    async def _supervise(self) -> None:
        while True:
            await until(lambda: not self.server.alive, 600)
            await self.server.start()

    async def restart(self) -> None:
        """End the server in good order and start it again."""
        await self.dismiss()
        await self.server.stop()
        await self.server.start()

    async def dismiss(self) -> None:
        """Nobody looks after the server any more."""
        if self._supervisor is not None:
            self._supervisor.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._supervisor
            self._supervisor = None

    # -- citizens ----------------------------------------------------------------------------------

    def write(self, lines: Iterable[Line]) -> list[Said]:
        """Citizens write, each at the time that their line says."""
        return [self._write(one) for one in lines]

    def _write(self, line: Line) -> Said:
        about = self._last_of(line.person) if line.about else None
        wish = {"type": line.kind, "at": line.at.timestamp(), **line.wish}
        match line.kind:
            case "reaction":
                wish["message_id"] = about or "wamid.of-another-day"
            case "edit":
                text = {"type": "text", "text": {"body": line.words}}
                wish["edit"] = {"original_message_id": about, "message": text}
            case "revoke":
                wish["revoke"] = {"original_message_id": about}
        wamid = self.simulation.telephones.say(self.person(line.person), wish).id
        self.said.append(Said(line, wamid, about))
        return self.said[-1]

    def _last_of(self, person: str) -> str | None:
        mine = [s for s in self.said if s.line.person == person and s.line.kind not in ABOUT_ANOTHER]
        return mine[-1].wamid if mine else None

    def person(self, id: str) -> Person:
        """A citizen."""
        return self.simulation.world.people[id]

    def heard_by(self, person: str) -> list[str]:
        """The texts that came to a citizen, in order."""
        chat = self.simulation.world.chat(person)
        return [said.content["body"] for said in chat if said.direction == "out" and said.type == "text"]

    # -- rest --------------------------------------------------------------------------------------

    async def at_rest(self, seconds: float = 60.0) -> float:
        """Wait until everything that was said is told, applied, answered, and its receipts are in."""
        return await until(self._rests, seconds, "everything is at rest")

    def _rests(self) -> bool:
        return not self.simulation.pending and not self._to_do()

    def _to_do(self) -> int:
        waiting = "select (select count(*) from intake where state = 'new') + "
        try:
            [(number,)] = self.rows(waiting + "(select count(*) from outbox where state <> 'unclear')")
        except sqlite3.OperationalError:
            return 1
        return int(number)

    def newest_event(self) -> int:
        """The seq of the last event that consoles of mayor and assistants are told."""
        [(seq,)] = self.rows(
            "select max(seq) from event where name not like 'notice.%' and name <> 'budget.updated'"
        )
        return int(seq)

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        """What stands in the database, read from outside."""
        return read(self.server.database, query)

    def traces(self, words: Iterable[str]) -> list[str]:
        """Where any of these words stands in a file of this house."""
        files = {path: path.read_bytes() for path in self.server.folder.rglob("*") if path.is_file()}
        return [
            f"{one} in {path.name}" for one in words for path, data in files.items() if one.encode() in data
        ]


@asynccontextmanager
async def house(
    folder: Path, now: datetime, *, seed: int = 0, staff: Iterable[str] = STAFF, schedule: Path = SCHEDULE
) -> AsyncIterator[House]:
    """Everything wired, nothing started but the simulated WhatsApp; nothing is left behind."""
    messenger = Deadly()
    clock: list[Server] = []
    app = create_simulator(
        app_secret=SECRET,
        verify_token=VERIFY,
        access_tokens=[TOKEN],
        clock=lambda: clock[0].clock.seconds(),
        seed=seed,
        transport=messenger,
    )
    async with served(app) as address:
        server = Server(folder, now=now, graph=address, schedule=schedule)
        clock.append(server)
        app.simulation.courier.webhook.url = server.webhook
        found = House(server, app, messenger)
        server.employ("kappelrodeck", [STAFF[one] for one in staff])
        try:
            yield found
        finally:
            await found.dismiss()
            server.close()


async def consoles(url: str, line: str | None = None) -> dict[str, Console]:
    """The three screens, logged in and live; Vogt's comes over `line` if there is one."""
    screens = {key: Console(name, url) for key, (_, name, _) in STAFF.items()}
    screens["vogt"].url = line or url
    for key, screen in screens.items():
        await screen.log_in(STAFF[key][0], PASSWORD)
        await screen.open()
    return screens


def read(database: Path, query: str) -> list[tuple[Any, ...]]:
    """Rows of a SQLite file, read with the module of the standard library and never written."""
    with closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True, timeout=5)) as connection:
        return connection.execute(query).fetchall()


def dump(database: Path, table: str) -> list[dict[str, Any]]:
    """A whole table."""
    with closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True, timeout=5)) as connection:
        cursor = connection.execute(f"select * from {table}")
        names = [column[0] for column in cursor.description]
        return [dict(zip(names, row, strict=True)) for row in cursor]


__all__ = ["STAFF", "House", "Said", "Simulation", "consoles", "dump", "house", "read"]
