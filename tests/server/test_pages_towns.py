"""Several towns in one house, addresses as people type them, and the console's shell."""

from __future__ import annotations

from datetime import UTC, datetime

import httpx
import pytest

from sessionhours.config import load_schedule
from sessionhours.core.words import span
from tests.server.lobby import log_in
from tests.server.public import KAPPELRODECK, NEXT, PRESETS, get, town, words_of


async def test_several_towns_are_listed_each_with_its_page(sqlite_url: str) -> None:
    presets = [load_schedule(path) for path in sorted(PRESETS.glob("*.toml"))]
    async with town(sqlite_url, *presets) as house:
        page = await get(house)
        for schedule in presets:
            assert f'href="/{schedule.town.id}/"' in page.text
            assert schedule.town.name in (await get(house, f"/{schedule.town.id}/")).text
        assert NEXT in words_of(page)
        assert '<html lang="en">' in (await get(house, "/en/")).text
        assert (await get(house, "/nowhere/")).status_code == 404


async def test_a_house_without_a_town_still_answers(sqlite_url: str) -> None:
    async with town(sqlite_url) as house:
        response = await get(house)
        assert response.status_code == 200
        assert "Zurzeit ist keine Gemeinde eingerichtet." in words_of(response)


async def test_a_forgotten_slash_is_forgiven(sqlite_url: str) -> None:
    async with town(sqlite_url, KAPPELRODECK) as house, house.client(follow_redirects=True) as client:
        response = await client.get("/kappelrodeck")
        assert response.status_code == 200
        assert response.url.host == "sprechstunde.example"


@pytest.mark.parametrize(
    ("path", "onward"),
    [
        ("/kappelrodeck", "/kappelrodeck/"),
        ("/kappelrodeck?lang=en", "/kappelrodeck/?lang=en"),
        ("/kappelrodeck/en", "/kappelrodeck/en/"),
        ("/en", "/en/"),
    ],
)
async def test_a_forgotten_slash_names_no_scheme(sqlite_url: str, path: str, onward: str) -> None:
    async with town(sqlite_url, KAPPELRODECK) as house, house.client() as client:
        response = await client.get(path)
        assert (response.status_code, response.headers["location"]) == (307, onward)


@pytest.mark.parametrize("path", ["/favicon.ico", "/.env", "/nowhere", "/nowhere/en", "/robots.txt"])
async def test_what_is_no_town_is_not_there_at_once(sqlite_url: str, path: str) -> None:
    async with town(sqlite_url, KAPPELRODECK) as house, house.client() as client:
        assert (await client.get(path)).status_code == 404


@pytest.mark.proves("C30")
@pytest.mark.parametrize("path", ["//evil.example", "//evil.example/", "/\\evil.example", "/evil.example//"])
async def test_a_forgotten_slash_leads_nowhere_else(sqlite_url: str, path: str) -> None:
    async with town(sqlite_url, KAPPELRODECK) as house, house.client() as client:
        response = await client.get(f"https://sprechstunde.example{path}")
        where = httpx.URL(response.headers.get("location", "https://sprechstunde.example/"))
        assert where.host == "sprechstunde.example"


# -- the console's shell ---------------------------------------------------------------------------


async def test_the_console_is_for_who_is_logged_in(sqlite_url: str) -> None:
    async with town(sqlite_url, KAPPELRODECK) as house, house.client() as client:
        await house.add_agent()
        for path, onward in (("/console", "/console"), ("/console/termine", "/console/termine")):
            response = await client.get(path)
            assert (response.status_code, response.headers["location"]) == (303, f"/login?next={onward}")
        await log_in(client)
        page = await client.get("/console")
        assert page.status_code == 200
        assert page.headers["cache-control"] == "no-store"
        assert "console/main.js" in page.text


async def test_page_and_schedule_name_the_same_date(sqlite_url: str) -> None:
    async with town(sqlite_url, KAPPELRODECK) as house:
        for month in range(12):
            house.clock.now = datetime(2027, month + 1, 15, 9, 0, tzinfo=UTC)
            coming = KAPPELRODECK.next_after(house.clock(), line="buergermeister")
            assert coming is not None
            assert span(coming, KAPPELRODECK.town.timezone, "de") in words_of(await get(house))
