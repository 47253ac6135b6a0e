"""PostgreSQL crashes and comes back, and a line to it breaks while it commits: no 200 without commit, nothing is lost."""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path

import httpx
import pytest
from sqlalchemy.engine import make_url

from sessionhours.simulator.webhooks import signed
from tests.cluster import cluster
from tests.fakes import End, Line, until
from tests.makers import body, message
from tests.postgres import crash, data_directory, revive, rows
from tests.serve import PASSWORD, SECRET, Server
from tests.stories.console import Console
from tests.stories.script import OPENS

NOW = OPENS + timedelta(minutes=5)
MAYOR = ("buergermeister@example.org", "Stefan Keller", "mayor")

#: Nobody listens there: replies stay queued.
NOWHERE = "http://127.0.0.1:9"


@asynccontextmanager
async def server(folder: Path, database: str) -> AsyncIterator[Server]:
    """The real server on that database, five minutes into the hour."""
    one = Server(folder, now=NOW, graph=NOWHERE)
    one.environment["SESSIONHOURS_DATABASE_URL"] = database
    try:
        yield one
    finally:
        one.close()


class Meta:
    """Posts messages until each was answered with 200, and remembers every answer."""

    def __init__(self, server: Server) -> None:
        self.server = server
        self.answers: list[int] = []
        self.acknowledged: set[str] = set()

    async def post(self, words: str, number: int = 1) -> int:
        """One try."""
        content = body([message(number, words, at=NOW)])
        headers = {"Content-Type": "application/json", **signed(content, SECRET)}
        async with httpx.AsyncClient(trust_env=False, timeout=20) as http:
            answer = await http.post(self.server.webhook, content=content, headers=headers)
        self.answers.append(answer.status_code)
        if answer.status_code == 200:
            self.acknowledged.add(words)
        return answer.status_code

    async def bring(self, words: str, number: int) -> None:
        """As often as it takes."""
        while await self.post(words, number) != 200:  # noqa: ASYNC110 - only time helps
            await asyncio.sleep(0.05)  # as Meta does, only sooner

    def more(self, than: int = 0) -> Callable[[], bool]:
        """Whether more than so many were acknowledged since this was asked."""
        known = len(self.acknowledged) + than
        return lambda: len(self.acknowledged) > known


def stored(database: str) -> Counter[str]:
    """What citizens said, as the database has it."""
    found = rows(database, "select text from message where direction = 'inbound'")
    return Counter(text for (text,) in found)


def to_apply(database: str) -> int:
    """Bodies that wait."""
    [(number,)] = rows(database, "select count(*) from intake where state = 'new'")
    return int(number)


# -- a crash of the database ---------------------------------------------------------------------------


@pytest.fixture
def own_cluster() -> Iterator[str]:
    """A cluster that only this test crashes."""
    with cluster() as url:
        folder = data_directory(url)
        yield url.replace("postgresql://", "postgresql+psycopg://")
        if (folder / "postmaster.pid").exists():
            crash(folder)


@pytest.mark.proves("F15")
@pytest.mark.parametrize("crashes", [2, pytest.param(20, marks=pytest.mark.full)])
async def test_a_crash_of_postgresql_in_the_middle_of_traffic_loses_nothing(
    tmp_path: Path, own_cluster: str, crashes: int
) -> None:
    async with server(tmp_path, own_cluster) as one:
        one.employ("kappelrodeck", [MAYOR])
        await one.start()
        meta, screen, folder = Meta(one), Console("mayor", one.url), data_directory(own_cluster)
        await screen.log_in(MAYOR[0], PASSWORD)
        await screen.open()
        traffic, ended = asyncio.Event(), []
        citizens = [asyncio.create_task(_writes(meta, n, traffic)) for n in range(1, 6)]
        for _ in range(crashes):
            await until(meta.more(20), 60, "traffic flows")
            await asyncio.to_thread(crash, folder)
            await until(lambda: meta.answers[-3:] == [503] * 3, 60, "webhooks are refused")
            await asyncio.to_thread(revive, folder)
            ended.append(await until(meta.more(), 60, "it goes on"))
        traffic.set()
        await asyncio.gather(*citizens)
        await until(lambda: to_apply(own_cluster) == 0, 60, "all is applied", every=0.05)
        assert set(meta.answers) == {200, 503}
        assert stored(own_cluster) == dict.fromkeys(meta.acknowledged, 1)
        await until(lambda: shown(screen) == meta.acknowledged, 60, "everything is on the screen")
        check_told(screen, own_cluster)
        assert len(screen.connections) == 1, "the console stayed connected"
        assert max(ended) < 5
        await screen.close()


async def _writes(meta: Meta, number: int, enough: asyncio.Event) -> None:
    n = 0
    while not enough.is_set():
        await meta.bring(f"Frage {n} von {number}", number)
        n += 1


def shown(screen: Console) -> set[str]:
    """What citizens said, as the screen shows it."""
    return {row["text"] for row in screen.messages.values() if row["direction"] == "inbound"}


def check_told(screen: Console, database: str) -> None:
    """Every event once, in order, without a gap."""
    told = [event["seq"] for event in screen.events]
    assert told == list(range(told[0], told[0] + len(told)))
    assert rows(database, "select count(*) = max(seq), max(seq) = (select seq from town) from event") == [
        (True, True)
    ]


# -- a line that breaks in a commit --------------------------------------------------------------------


class InCommit(Line):
    """Breaks when the transaction that keeps a body commits: ``before`` the word gets there, or ``after`` it is done."""

    def __init__(self, port: int) -> None:
        super().__init__(port)
        self.when = ""
        self._keeping: set[asyncio.StreamWriter] = set()

    async def _talk(self, here: End, there: End) -> None:
        await asyncio.gather(self._ask(here[0], there[1], here[1]), self._tell(there[0], here[1]))

    async def _ask(
        self, reader: asyncio.StreamReader, to: asyncio.StreamWriter, asking: asyncio.StreamWriter
    ) -> None:
        while data := await self._read(reader):
            if b"INSERT INTO arrival" in data:
                self._keeping.add(asking)
            if b"COMMIT" in data and asking in self._keeping and self.when == "before":
                return self.cut()
            to.write(data)
        self._end(to)

    async def _tell(self, reader: asyncio.StreamReader, to: asyncio.StreamWriter) -> None:
        while data := await self._read(reader):
            if b"COMMIT" in data and to in self._keeping and self.when == "after":
                return self.cut()
            to.write(data)
        self._end(to)

    async def _read(self, reader: asyncio.StreamReader) -> bytes:
        try:
            return await reader.read(65536)
        except OSError:
            return b""


@pytest.mark.proves("F16")
@pytest.mark.parametrize(("when", "kept"), [("before", 0), ("after", 1)])
async def test_a_line_that_breaks_in_the_commit_is_answered_503_and_the_repeat_finds_what_is_there(
    tmp_path: Path, postgres_url: str, when: str, kept: int
) -> None:
    wire = InCommit(make_url(postgres_url).port or 0)
    port = int((await wire.open()).rpartition(":")[2])
    async with server(tmp_path, make_url(postgres_url).set(port=port).render_as_string()) as one:
        await one.start()
        meta = Meta(one)
        wire.when = when
        assert await meta.post("Frage eins") == 503
        assert wire.cuts == 1
        assert stored(postgres_url).total() == kept
        wire.when = ""
        wire.mend()
        await meta.bring("Frage eins", 1)
        await meta.bring("Frage zwei", 1)
        await until(lambda: stored(postgres_url).total() == 2, what="both are applied", every=0.05)
        await until(lambda: to_apply(postgres_url) == 0, what="all is applied", every=0.05)
        assert stored(postgres_url) == {"Frage eins": 1, "Frage zwei": 1}
        one.close()
    await wire.close()


@pytest.mark.proves("F16")
@pytest.mark.full
@pytest.mark.parametrize("seed", range(4))
async def test_a_line_that_breaks_at_any_moment_loses_and_doubles_nothing(
    tmp_path: Path, postgres_url: str, seed: int
) -> None:
    chance = random.Random(seed)
    wire = Line(make_url(postgres_url).port or 0)
    port = int((await wire.open()).rpartition(":")[2])
    async with server(tmp_path, make_url(postgres_url).set(port=port).render_as_string()) as one:
        await one.start()
        meta, traffic = Meta(one), asyncio.Event()
        citizens = [asyncio.create_task(_writes(meta, n, traffic)) for n in range(1, 6)]
        for _ in range(20):
            await until(meta.more(chance.randrange(10)), 60, "traffic flows")
            wire.cut()
            wire.mend()
        traffic.set()
        await asyncio.gather(*citizens)
        await until(lambda: to_apply(postgres_url) == 0, 60, "all is applied", every=0.05)
        assert stored(postgres_url) == dict.fromkeys(meta.acknowledged, 1)
        one.close()
    await wire.close()
