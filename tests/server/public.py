"""A house with public pages, and how a reader reads them."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path

import httpx

from sessionhours.config import load_schedule
from sessionhours.core.schedule import Schedule
from sessionhours.server.pages import Pages, RunningSession
from tests.server.lobby import TEMPLATES, Lobby, lobby

ROOT = Path(__file__).parent.parent.parent
KAPPELRODECK = load_schedule(ROOT / "schedule.toml")
PRESETS = ROOT / "sessionhours" / "presets"
BEFORE = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)
DURING = datetime(2026, 12, 3, 14, 37, tzinfo=UTC)
NEXT = "Donnerstag, 3. Dezember 2026, 15–16 Uhr"


@asynccontextmanager
async def town(
    database_url: str,
    *schedules: Schedule,
    now: datetime = BEFORE,
    running: Sequence[RunningSession] = (),
    public_url: str | None = "https://sprechstunde.example",
) -> AsyncIterator[Lobby]:
    """A house with public pages."""
    known: Mapping[str, Schedule] = {one.town.id: one for one in schedules}

    async def running_in(id: str) -> Sequence[RunningSession]:
        return running if id in known else ()

    async with lobby(database_url, public_url=public_url, schedules=known) as house:
        house.clock.now = now
        pages = Pages(
            TEMPLATES,
            house.auth,
            site=house.site,
            schedules=lambda: known,
            clock=house.clock,
            running=running_in,
        )
        house.add_routes(pages.routes())
        yield house


async def get(house: Lobby, path: str = "/", language: str = "de") -> httpx.Response:
    async with house.client() as client:
        return await client.get(path, headers={"accept-language": language})


def words_of(response: httpx.Response) -> str:
    """What a reader reads: no tags, one blank at a time."""
    body = response.text.partition("<body")[2]
    return " ".join(re.sub(r"<[^>]+>", " ", body).split())
