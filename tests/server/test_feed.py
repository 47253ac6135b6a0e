"""The feed: what a reader of news is told of, and when it is new (RFC 4287)."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from sessionhours.core.schedule import Change, Schedule
from sessionhours.core.session import Announced
from tests.server.public import BEFORE, KAPPELRODECK, NEXT, get, session, town

ATOM = "{http://www.w3.org/2005/Atom}"
OPENS = datetime(2026, 12, 3, 14, 0, tzinfo=UTC)
Entry = dict[str, str]


async def feed(
    database_url: str, schedule: Schedule, *sessions: Announced, path: str = "/feed.atom"
) -> ET.Element:
    async with town(database_url, schedule, sessions=sessions) as house:
        return ET.fromstring((await get(house, path)).content)


def entries(root: ET.Element) -> list[Entry]:
    return [
        {element.tag.removeprefix(ATOM): element.text or "" for element in entry}
        for entry in root.iter(f"{ATOM}entry")
    ]


async def test_it_is_what_the_standard_asks_for(sqlite_url: str) -> None:
    root = await feed(sqlite_url, KAPPELRODECK, session())
    assert root.tag == f"{ATOM}feed"
    assert root.get("{http://www.w3.org/XML/1998/namespace}lang") == "de"
    for needed in ("id", "title", "updated"):
        [one] = root.findall(f"{ATOM}{needed}")
        assert one.text
    assert root.findtext(f"{ATOM}author/{ATOM}name") == "Gemeinde Kappelrodeck"
    [own] = [link for link in root.findall(f"{ATOM}link") if link.get("rel") == "self"]
    assert own.get("href") == "https://sprechstunde.example/feed.atom"
    found = entries(root)
    assert len({entry["id"] for entry in found}) == len(found) >= 1
    for entry in found:
        assert re.fullmatch(r"urn:uuid:[0-9a-f-]{36}", entry["id"])
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", entry["updated"])
        assert entry["updated"] <= (root.findtext(f"{ATOM}updated") or "")
    assert found[0]["title"] == f"2. WhatsApp-Bürgersprechstunde, {NEXT}"
    assert "https://wa.me/49784280221" in found[0]["content"]


async def test_a_change_is_news_under_the_same_name(sqlite_url: str, tmp_path: Path) -> None:
    before = entries(await feed(sqlite_url, KAPPELRODECK, session()))[0]
    later = BEFORE + timedelta(hours=3)
    one = replace(
        session(updated_at=later, revision=1, changed=True, moved_from=OPENS),
        opens=OPENS + timedelta(hours=1), closes=OPENS + timedelta(hours=2),
    )  # fmt: skip
    moved = KAPPELRODECK.with_changes([Change(one.line, one.key, opens=one.opens, closes=one.closes)])
    after = entries(await feed(f"sqlite:///{tmp_path}/b.db", moved, one))[0]
    assert after["id"] == before["id"]
    assert after["updated"] > before["updated"]
    assert (
        after["title"]
        == "Neuer Termin: 2. WhatsApp-Bürgersprechstunde, Donnerstag, 3. Dezember 2026, 16–17 Uhr"
    )
    assert "Verschoben: bisher Donnerstag, 3. Dezember 2026, 15 Uhr" in after["content"]
    off = replace(one, state="cancelled", reason="Krank", updated_at=later + timedelta(hours=1))
    cancelled = KAPPELRODECK.with_changes([Change(one.line, one.key, cancelled=True)])
    last = entries(await feed(f"sqlite:///{tmp_path}/c.db", cancelled, off))[0]
    assert last["id"] == before["id"]
    assert last["updated"] > after["updated"]
    assert last["title"].startswith("Fällt aus: WhatsApp-Bürgersprechstunde")
    assert "Grund: Krank" in last["content"]


async def test_hours_in_person_that_come_soon_are_announced_too(sqlite_url: str) -> None:
    person = Change(
        "buergermeister", "p", kind="in_person",
        opens=OPENS + timedelta(days=7), closes=OPENS + timedelta(days=7, hours=1),
    )  # fmt: skip
    found = entries(await feed(sqlite_url, KAPPELRODECK.with_changes([person]), session()))
    [one] = [entry for entry in found if "10. Dezember" in entry["title"]]
    assert "vor Ort im Rathaus" in one["content"]
    assert one["title"].endswith("Uhr, vor Ort im Rathaus"), "its name alone speaks of WhatsApp"
    assert "wa.me" not in one["content"]


async def test_in_english(sqlite_url: str) -> None:
    root = await feed(sqlite_url, KAPPELRODECK, session(), path="/en/feed.atom")
    assert entries(root)[0]["title"] == "2nd WhatsApp-Bürgersprechstunde, Thursday, 3 December 2026, 3–4 pm"
    german = await feed(f"{sqlite_url}2", KAPPELRODECK, session())
    assert {one["id"] for one in entries(root)}.isdisjoint(one["id"] for one in entries(german))
    assert root.findtext(f"{ATOM}id") != german.findtext(f"{ATOM}id")


async def test_names_stay_when_the_house_moves(sqlite_url: str) -> None:
    async with town(sqlite_url, KAPPELRODECK, sessions=[session()]) as house:
        before = ET.fromstring((await get(house, "/feed.atom")).content)
    elsewhere = "https://anderswo.example"
    async with town(f"{sqlite_url}2", KAPPELRODECK, sessions=[session()], public_url=elsewhere) as house:
        after = ET.fromstring((await get(house, "/feed.atom")).content)
    assert [one["id"] for one in entries(after)] == [one["id"] for one in entries(before)]
    assert after.findtext(f"{ATOM}id") == before.findtext(f"{ATOM}id")


async def test_a_town_without_dates_has_a_feed_without_entries(sqlite_url: str) -> None:
    [line] = KAPPELRODECK.lines
    root = await feed(sqlite_url, replace(KAPPELRODECK, lines=(replace(line, sessions=()),)))
    assert entries(root) == []
    assert root.findtext(f"{ATOM}updated") == "2026-01-01T00:00:00Z"
