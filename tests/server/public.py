"""A house with public pages, and how a reader reads them."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
from icalendar import Calendar, Event

from sessionhours.config import load_schedule
from sessionhours.core.schedule import Schedule
from sessionhours.core.session import Announced
from sessionhours.desk.effective import Standing
from sessionhours.server.pages import Pages
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
    sessions: Sequence[Announced] = (),
    public_url: str | None = "https://sprechstunde.example",
) -> AsyncIterator[Lobby]:
    """A house with public pages; ``sessions`` are those of its first town."""
    known: Mapping[str, Schedule] = {one.town.id: one for one in schedules}
    standings = {one.town.id: Standing(one) for one in schedules}
    if schedules:
        standings[schedules[0].town.id] = Standing(schedules[0], tuple(sessions))
    async with lobby(database_url, public_url=public_url, schedules=known) as house:
        house.clock.now = now
        pages = Pages(
            TEMPLATES,
            house.auth,
            site=house.site,
            standings=lambda: standings,
            clock=house.clock,
        )
        house.add_routes(pages.routes())
        yield house


def session(schedule: Schedule = KAPPELRODECK, now: datetime = BEFORE, **facts: Any) -> Announced:
    """The session of the next window, with whatever became of it."""
    [first] = schedule.occurrences(now, 1, kinds=("whatsapp",))
    given: dict[str, Any] = {
        "id": "0123456789abcdef",
        "line": first.line,
        "key": first.key,
        "uid": first.key,
        "number": 2,
        "title": first.title,
        "topic": first.topic,
        "kind": first.kind,
        "state": "announced",
        "opens": first.opens,
        "closes": first.closes,
        "revision": 0,
        "updated_at": now,
    }
    return Announced(**{**given, **facts})


async def get(house: Lobby, path: str = "/", language: str = "de") -> httpx.Response:
    async with house.client() as client:
        return await client.get(path, headers={"accept-language": language})


def words_of(response: httpx.Response) -> str:
    """What a reader reads: no tags, one blank at a time."""
    body = response.text.partition("<body")[2]
    return " ".join(re.sub(r"<[^>]+>", " ", body).split())


# -- what the readers outside say comes next -----------------------------------------------------------


async def page_says(house: Lobby, path: str = "/") -> datetime | None:
    """When the next date begins by the town's page, of its first line; None where it names none, or an hour is on."""
    shown = re.search(r'<p class="when"><time datetime="([^"]+)">', (await get(house, path)).text)
    return datetime.fromisoformat(shown[1]).astimezone(UTC) if shown else None


async def feed_says(house: Lobby, path: str = "/calendar.ics") -> datetime | None:
    """When the next WhatsApp hour begins by the calendar: the first that has not begun and is not cancelled."""
    coming = [
        begins(event)
        for event in await events(house, path)
        if event["STATUS"] == "CONFIRMED" and "WHATSAPP" in event.categories
    ]
    return min((opens for opens in coming if opens > house.clock()), default=None)


def begins(event: Event) -> datetime:
    """The instant at which an event of a calendar begins."""
    assert isinstance(event.start, datetime)
    return event.start.astimezone(UTC)


async def events(house: Lobby, path: str = "/calendar.ics") -> list[Event]:
    """What the calendar holds, read back."""
    return list(Calendar.from_ical((await get(house, path)).content).events)
