"""The calendar: what a subscriber's program reads from it, also one of another make (P17)."""

from __future__ import annotations

import asyncio
import json
import subprocess
import tempfile
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sessionhours.config import load_schedule
from sessionhours.core.schedule import Change, Schedule
from sessionhours.core.schedule_rules import SessionRule
from sessionhours.server.vtimezone import vtimezone
from tests.core.plans import plan
from tests.core.test_schedule_properties import session_rules
from tests.server.house import House
from tests.server.public import (
    BEFORE,
    KAPPELRODECK,
    PRESETS,
    begins,
    events,
    feed_says,
    get,
    page_says,
    session,
    town,
)

READER = Path(__file__).parent / "ical.mjs"
OPENS = datetime(2026, 12, 3, 14, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)

#: Hours around both changes of the clock, in the night and by day, each an hour long.
AROUND = [datetime(2026, 10, 24, 23, 30, tzinfo=UTC) + step * HOUR for step in (-24, 0, 1, 2, 3, 12, 36)] + [
    datetime(2027, 3, 28, 0, 0, tzinfo=UTC) + step * HOUR for step in (-24, -1, 0, 1, 2, 3, 12, 36)
]


def understood(calendar: bytes) -> list[dict[str, Any]]:
    """What ical.js reads."""
    done = subprocess.run(["node", READER], input=calendar, capture_output=True, timeout=60, check=True)
    return list(json.loads(done.stdout))


def at(iso: str) -> datetime:
    return datetime.fromisoformat(iso)


@pytest.mark.proves("P17")
async def test_a_parser_of_another_make_reads_the_right_instants(sqlite_url: str) -> None:
    extra = [
        Change("buergermeister", f"buergermeister/{n}", opens=one, closes=one + HOUR)
        for n, one in enumerate(AROUND)
    ]
    now = datetime(2026, 10, 20, tzinfo=UTC)
    async with town(sqlite_url, KAPPELRODECK.with_changes(extra), now=now) as house:
        found = understood((await get(house, "/calendar.ics")).content)
    read = {at(one["opens"]): at(one["closes"]) for one in found}
    assert {one: read.get(one) for one in AROUND} == {one: one + HOUR for one in AROUND}
    regular = KAPPELRODECK.occurrences(now, 11)
    assert {one.opens for one in regular} == set(read) - set(AROUND)


async def test_each_change_raises_the_sequence_and_a_cancelled_one_says_so(
    sqlite_url: str, tmp_path: Path
) -> None:
    moved = replace(session(), revision=3, changed=True, opens=OPENS + HOUR, closes=OPENS + 2 * HOUR)
    cases = {
        "as planned": (KAPPELRODECK, session()),
        "moved": (KAPPELRODECK.with_changes([Change(moved.line, moved.key, opens=moved.opens, closes=moved.closes)]), moved),
        "cancelled": (
            KAPPELRODECK.with_changes([Change(moved.line, moved.key, cancelled=True)]),
            replace(moved, revision=4, state="cancelled", reason="Krank"),
        ),
    }  # fmt: skip
    read = {}
    for name, (schedule, one) in cases.items():
        async with town(f"sqlite:///{tmp_path / name}.db", schedule, sessions=[one]) as house:
            read[name] = understood((await get(house, "/calendar.ics")).content)[0]
    assert len({one["uid"] for one in read.values()}) == 1
    assert [one["sequence"] for one in read.values()] == [0, 3, 4]
    assert [one["status"] for one in read.values()] == ["CONFIRMED", "CONFIRMED", "CANCELLED"]
    assert at(read["moved"]["opens"]) == OPENS + HOUR
    assert read["as planned"]["summary"] == "2. WhatsApp-Bürgersprechstunde"
    assert read["cancelled"]["summary"] == "Fällt aus: WhatsApp-Bürgersprechstunde"
    assert "Grund: Krank" in read["cancelled"]["description"]
    assert "https://wa.me/49784280221" in read["moved"]["description"]
    assert "Telefon 07842 80221" in read["moved"]["description"]


async def test_the_name_of_a_date_stays_when_it_gets_a_session(sqlite_url: str, tmp_path: Path) -> None:
    async with town(sqlite_url, KAPPELRODECK) as house:
        planned = await events(house)
    async with town(f"sqlite:///{tmp_path}/b.db", KAPPELRODECK, sessions=[session()]) as house:
        held = await events(house)
    assert [one["UID"] for one in planned] == [one["UID"] for one in held]
    assert len({one["UID"] for one in held}) == len(held)


async def test_a_cancelled_one_stays_for_sixty_days_and_what_is_over_too(sqlite_url: str) -> None:
    off = session(state="cancelled", changed=True)
    over = session(id="b", key="x", uid="x", state="closed", opens=OPENS - HOUR, closes=OPENS)
    schedule = KAPPELRODECK.with_changes([Change(off.line, off.key, cancelled=True)])
    async with town(sqlite_url, schedule, sessions=[over, off]) as house:
        for days, kept in ((0, 2), (30, 2), (59, 2), (61, 0)):
            house.clock.now = OPENS + HOUR + timedelta(days=days)
            old = [one for one in await events(house) if begins(one) < OPENS + HOUR]
            assert len(old) == kept, days


@pytest.mark.proves("KA-2", "AC-6")
async def test_hours_in_person_are_in_it_and_what_waits_for_a_decision_is_not(sqlite_url: str) -> None:
    person = Change(
        "buergermeister", "p", kind="in_person", opens=OPENS + 24 * HOUR, closes=OPENS + 25 * HOUR
    )
    async with town(sqlite_url, KAPPELRODECK.with_changes([person])) as house:
        found = await events(house)
        assert [one.location for one in found[:2]] == ["WhatsApp 07842 80221", "vor Ort im Rathaus"]
        assert found[1]["SUMMARY"] == "WhatsApp-Bürgersprechstunde"
        ascension = datetime(2027, 5, 6, tzinfo=UTC).date()
        assert ascension not in {begins(one).date() for one in found}
        for path in ("/", "/termine", "/feed.atom", "/leichte-sprache", "/aushang"):
            house.clock.now = datetime(2027, 5, 5, 9, 0, tzinfo=UTC)
            assert "6. Mai" not in (await get(house, path)).text, path
            house.clock.now = BEFORE


async def test_opening_hours_are_no_dates(sqlite_url: str) -> None:
    async with town(sqlite_url, load_schedule(PRESETS / "warstein.toml")) as house:
        assert await events(house) == []
        assert await feed_says(house) is None


async def test_a_line_can_be_followed_alone(sqlite_url: str) -> None:
    [line] = KAPPELRODECK.lines
    two = replace(KAPPELRODECK, lines=(line, replace(line, id="bauamt", title="Bauamt")))
    async with town(sqlite_url, two) as house:
        assert {str(one["SUMMARY"]) for one in await events(house)} == {
            "WhatsApp-Bürgersprechstunde",
            "Bauamt",
        }
        assert {str(one["SUMMARY"]) for one in await events(house, "/calendar.ics?line=bauamt")} == {"Bauamt"}
        assert (await get(house, "/calendar.ics?line=nowhere")).status_code == 404
        assert (await get(house, "/feed.atom?line=nowhere")).status_code == 404


async def test_in_english_it_is_english_whatever_a_browser_prefers(sqlite_url: str) -> None:
    async with town(sqlite_url, KAPPELRODECK, sessions=[session()]) as house:
        german = await get(house, "/calendar.ics", "en")
        english = await get(house, "/en/calendar.ics", "de")
        assert german.headers["content-language"] == "de"
        assert "2nd WhatsApp-Bürgersprechstunde" in english.text
        assert (await get(house, "/calendar.ics?lang=en")).content != german.content


# -- who asks often --------------------------------------------------------------------------------


@pytest.mark.parametrize("path", ["/calendar.ics", "/feed.atom"])
async def test_what_a_client_has_is_not_sent_again(sqlite_url: str, path: str) -> None:
    kind = {"/calendar.ics": "text/calendar", "/feed.atom": "application/atom+xml"}[path]
    async with town(sqlite_url, KAPPELRODECK, sessions=[session()]) as house, house.client() as client:
        first = await client.get(path)
        assert first.headers["content-type"] == f"{kind}; charset=utf-8"
        assert first.headers["cache-control"] == "public, no-cache"
        etag = first.headers["etag"]
        house.clock.forward(hours=5)
        for known in (etag, f"W/{etag}", f'"other", {etag}', "*"):
            again = await client.get(path, headers={"if-none-match": known})
            assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", etag)
        assert (await client.get(path, headers={"if-none-match": '"other"'})).status_code == 200
    async with town(f"{sqlite_url}2", KAPPELRODECK, sessions=[session(deputy="Erika Beispiel")]) as house:
        assert (await get(house, path)).headers["etag"] != etag


def test_a_head_has_no_body(house: House) -> None:
    with house.client() as client:
        for path in ("/calendar.ics", "/feed.atom", "/termine", "/aushang", "/leichte-sprache"):
            got, head = client.get(path), client.head(path)
            assert (head.status_code, head.content) == (200, b""), path
            assert head.headers["content-type"] == got.headers["content-type"]
            assert head.headers.get("etag") == got.headers.get("etag")
            assert client.post(path).status_code == 405


# -- one answer ------------------------------------------------------------------------------------


@pytest.mark.proves("AC-8")
@settings(max_examples=25)
@given(
    st.lists(session_rules(), min_size=1, max_size=3),
    st.datetimes(datetime(2026, 10, 20), datetime(2027, 10, 31), timezones=st.just(UTC)),
)
def test_page_and_feed_of_any_schedule_name_the_same_date(rules: list[SessionRule], now: datetime) -> None:
    schedule = plan(*rules)
    coming = schedule.next_after(now, line="buergermeister")
    shown, told = asyncio.run(both(schedule, now))
    assert told == (coming.opens if coming else None)
    if schedule.at(now, line="buergermeister") is None:
        assert shown == told


async def both(schedule: Schedule, now: datetime) -> tuple[datetime | None, datetime | None]:
    with tempfile.TemporaryDirectory() as folder:
        async with town(f"sqlite:///{folder}/a.db", schedule, now=now) as house:
            return await page_says(house), await feed_says(house)


# -- the clock ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "zone", ["Europe/Berlin", "Europe/Dublin", "America/St_Johns", "Africa/Casablanca", "UTC"]
)
def test_a_zone_is_told_as_it_is(zone: str) -> None:
    known, told = ZoneInfo(zone), vtimezone(ZoneInfo(zone), 2026).to_tz()
    moment = datetime(2025, 1, 1, 0, 30, tzinfo=UTC)
    while moment < datetime(2028, 12, 1, tzinfo=UTC):
        local = moment.astimezone(known)
        if not local.fold:
            assert local.replace(tzinfo=told).utcoffset() == local.utcoffset(), local
        moment += timedelta(hours=3, minutes=30)
