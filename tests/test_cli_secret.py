"""One database, one secret key: who comes with another is refused, and may still change it on purpose (surfaces §2)."""

from __future__ import annotations

import asyncio
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest
from sqlalchemy import text

from sessionhours.errors import ConfigFaults
from sessionhours.store.database import Database
from tests.makers import schedule_file
from tests.server.house import House
from tests.test_cli import GOOD

ONE = {"SESSIONHOURS_SECRET_KEY": "one secret key of forty characters 12345"}
ANOTHER = {"SESSIONHOURS_SECRET_KEY": "another secret key of forty characters 1"}
ON_PURPOSE = "--new-secret-key"


class Served:
    """`sessionhours serve`, typed in a folder."""

    def __init__(self, folder: Path, words: tuple[str, ...], settings: dict[str, str]) -> None:
        self.stderr = folder / f"stderr {len(list(folder.glob('stderr *')))}"
        with self.stderr.open("w") as file:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "sessionhours", "serve", "--port", "0", *words],
                cwd=folder,
                env={**os.environ, **GOOD, **settings},
                stderr=file,
            )

    @property
    def said(self) -> str:
        return self.stderr.read_text()

    async def ended(self) -> int:
        """The exit status."""
        return await asyncio.to_thread(self.process.wait, 20)

    async def serves(self) -> bool:
        """Whether it is ready, once it is known whether it will be."""
        async with httpx.AsyncClient(trust_env=False) as http:
            while self.process.poll() is None:
                if await self._ready(http):
                    return True
                await asyncio.sleep(0.05)
        return False

    async def _ready(self, http: httpx.AsyncClient) -> bool:
        found = re.search(r"listening on (http://[\d.:]+)", self.said)
        try:
            return found is not None and (await http.get(f"{found[1]}/readyz")).status_code == 200
        except httpx.TransportError:
            return False

    async def stop(self) -> None:
        self.process.terminate()
        await self.ended()


Serve = Callable[..., Served]


@pytest.fixture
def serve(tmp_path: Path) -> Iterator[Serve]:
    """Start one in a folder with a schedule."""
    schedule_file(tmp_path)
    started: list[Served] = []

    def start(*words: str, **settings: str) -> Served:
        started.append(Served(tmp_path, words, settings))
        return started[-1]

    yield start
    for one in started:
        one.process.kill()
        one.process.wait()


@pytest.fixture
def database(database_url: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """The database that everybody here names."""
    monkeypatch.setenv("SESSIONHOURS_DATABASE_URL", database_url)
    return database_url


async def served_once(serve: Serve, *words: str, **settings: str) -> None:
    """It starts, and is stopped again."""
    server = serve(*words, **settings)
    assert await server.serves(), server.said
    await server.stop()


async def refused(serve: Serve, **settings: str) -> str:
    """It does not start; what it says."""
    server = serve(**settings)
    assert await server.ended() == 2, server.said
    assert "Traceback" not in server.said
    return server.said


async def test_another_secret_key_is_refused_in_a_sentence(serve: Serve, database: str) -> None:
    await served_once(serve, **ONE)
    before = fingerprint(database)
    said = await refused(serve, **ANOTHER)
    assert said.startswith("environment: SESSIONHOURS_SECRET_KEY: the one set here is not the one")
    assert ON_PURPOSE in said
    assert not any(value in said for value in (*ONE.values(), *ANOTHER.values(), before))
    assert fingerprint(database) == before


@pytest.mark.usefixtures("database")
async def test_a_lost_data_folder_is_noticed(serve: Serve, tmp_path: Path) -> None:
    await served_once(serve)
    kept = (tmp_path / "data" / "secret_key").read_text()
    shutil.rmtree(tmp_path / "data")
    assert "in data/secret_key" in await refused(serve)
    (tmp_path / "data" / "secret_key").write_text(kept)
    await served_once(serve)


@pytest.mark.usefixtures("database")
async def test_a_secret_key_may_be_changed_on_purpose(serve: Serve) -> None:
    await served_once(serve, **ONE)
    await served_once(serve, ON_PURPOSE, **ANOTHER)
    await served_once(serve, **ANOTHER)
    await refused(serve, **ONE)


async def test_of_two_first_ones_with_secrets_of_their_own_one_serves(
    serve: Serve, postgres_url: str
) -> None:
    both = [
        serve(SESSIONHOURS_DATABASE_URL=postgres_url, SESSIONHOURS_DATA_DIR=name)
        for name in ("one", "another")
    ]
    assert sorted(await asyncio.gather(*(server.serves() for server in both))) == [False, True]
    [loser] = [server for server in both if server.process.poll() is not None]
    assert await loser.ended() == 2, loser.said


async def test_whoever_starts_the_server_another_secret_key_is_refused(
    tmp_path: Path, database_url: str
) -> None:
    House(tmp_path, database_url).start().stop()
    other = House(tmp_path, database_url, secret_key=ANOTHER["SESSIONHOURS_SECRET_KEY"])
    pages = other.office.pages
    with other.listener, pytest.raises(ConfigFaults, match="SESSIONHOURS_SECRET_KEY"):
        async with pages.router.lifespan_context(pages):
            pass
    other.office.database.close()


def fingerprint(database_url: str) -> str:
    """What the database keeps of the secret."""
    database = Database(database_url)
    with database.reader.connect() as connection:
        kept = connection.execute(text("select secret from installation")).scalar_one()
    database.close()
    return str(kept)
