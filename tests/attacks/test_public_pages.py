"""Attacks by way of what is published: mischief in texts (C28), poisoned copies of pages (C29), ways out (C30)."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from icalendar import Calendar

from sessionhours.config import load_schedule
from sessionhours.core.schedule import Change
from sessionhours.desk.effective import Standing
from sessionhours.server.auth import local_path
from sessionhours.server.calendar import ical
from sessionhours.server.feed import ATOM, atom
from sessionhours.server.visit import Visit
from sessionhours.server.wording import plain
from tests.server.lobby import MAYOR, PASSWORD
from tests.server.public import BEFORE, KAPPELRODECK, PRESETS, session, town

# -- C28: whatever stands in a title -----------------------------------------------------------------

BITS = st.one_of(
    st.characters(codec="utf-8"),
    st.sampled_from(list("\r\n\t\0\x0b\x1c\x85\u2028\u2029;,:\\\"'<>&]\ufffe")),
    st.sampled_from(
        [
            "\r\nEND:VEVENT\r\n",
            "]]>",
            "&lt;",
            "&#13;",
            "\\n",
            "\nBEGIN:VALARM\n",
            "</content>",
            "x" * 200,
            "ü" * 80,
        ]
    ),
)
NASTY = st.lists(BITS, max_size=20).map("".join)


def dirty(title: str, topic: str, other: str, name: str) -> Visit:
    """A town whose every text is somebody's mischief."""
    one = session(title=title, topic=topic, deputy=other)
    change = Change(one.line, one.key, title=title, topic=topic, opens=one.opens, closes=one.closes)
    schedule = replace(KAPPELRODECK, town=replace(KAPPELRODECK.town, name=name, alternatives=other))
    standing = Standing(schedule.with_changes([change]), (one,))
    return Visit(standing, "de", BEFORE, "/", "https://sprechstunde.example")


def flat(text: str) -> str:
    """Without what lies between words: folding and cleaning may change that."""
    return "".join(plain(text).split())


def titled(visit: Visit) -> str:
    """Number, title and topic of the first date."""
    one = visit.dates[0]
    return flat(f"2. {one.title}{': ' if one.topic else ''}{one.topic}")


@pytest.mark.proves("C28")
@settings(max_examples=60)
@given(NASTY, NASTY, NASTY, NASTY)
def test_what_is_written_into_a_calendar_is_read_from_it(
    title: str, topic: str, other: str, name: str
) -> None:
    visit = dirty(title, topic, other, name)
    written = ical(visit)
    assert all(len(line) <= 75 for line in written.split(b"\r\n"))
    assert not set(written.replace(b"\r\n", b"")) & set(b"\r\n\0\x0b")
    read = Calendar.from_ical(written)
    assert len(read.events) == len(visit.dates)
    event = next(event for event in read.events if event.start == visit.dates[0].opens)
    assert [part.name for part in event.walk()] == ["VEVENT"], "nothing was smuggled in"
    assert flat(str(event["SUMMARY"])) == titled(visit)
    assert flat(visit.words.deputy(visit.dates[0])) in flat(str(event["DESCRIPTION"]))
    assert flat(str(read["NAME"])) == flat(f"{name}: Termine der Sprechstunde")


@pytest.mark.proves("C28")
@settings(max_examples=60)
@given(NASTY, NASTY, NASTY, NASTY)
def test_what_is_written_into_a_feed_is_read_from_it(title: str, topic: str, other: str, name: str) -> None:
    visit = dirty(title, topic, other, name)
    root = ET.fromstring(atom(visit))
    allowed = {"feed", "id", "title", "updated", "author", "name", "link", "entry", "content"}
    assert {element.tag for element in root.iter()} == {f"{{{ATOM}}}{name}" for name in allowed}
    [entry, *_] = root.iter(f"{{{ATOM}}}entry")
    said = {element.tag.partition("}")[2]: element.text or "" for element in entry}
    assert flat(said["title"]).startswith(titled(visit))
    assert flat(visit.words.deputy(visit.dates[0])) in flat(said["content"])


# -- C29: whatever is asked with it --------------------------------------------------------------------

PAGES = ("/", "/en/", "/termine", "/en/termine", "/aushang", "/leichte-sprache", "/kappelrodeck/termine")
FEEDS = ("/calendar.ics", "/feed.atom", "/en/calendar.ics", "/kappelrodeck/feed.atom")
JUNK = "?utm_source=evil&x=%3Cscript%3E&town=evil&callback=evil"
HEADERS = {
    "x-forwarded-host": "evil.example",
    "x-host": "evil.example",
    "x-forwarded-server": "evil.example",
    "x-original-url": "/evil",
    "x-rewrite-url": "/evil",
    "forwarded": "host=evil.example;proto=http",
    "x-forwarded-proto": "gopher",
    "x-forwarded-prefix": "/evil",
    "referer": "https://evil.example/",
    "cookie": "lang=en; evil=1",
}


@pytest.mark.proves("C29")
@pytest.mark.parametrize("path", [*PAGES, *FEEDS])
async def test_nothing_that_comes_along_gets_into_an_answer(sqlite_url: str, path: str) -> None:
    async with town(sqlite_url, KAPPELRODECK, sessions=[session()]) as house, house.client() as client:
        plain = await client.get(path)
        assert plain.status_code == 200
        assert "set-cookie" not in plain.headers
        for name, value in HEADERS.items():
            answer = await client.get(path, headers={name: value})
            assert (answer.status_code, answer.content) == (200, plain.content), name
        junk = await client.get(path + JUNK)
        assert (junk.status_code, junk.content) == (200, plain.content)
        assert b"http://" not in plain.content.replace(b"http://www.w3.org/2005/Atom", b"")


@pytest.mark.proves("C29")
@pytest.mark.parametrize(
    "host", ["evil.example", "sprechstunde.example@evil.example", "evil.example:443", "", "a b"]
)
async def test_another_host_is_not_answered(sqlite_url: str, host: str) -> None:
    async with town(sqlite_url, KAPPELRODECK) as house, house.client() as client:
        for path in (*PAGES, *FEEDS):
            answer = await client.get(path, headers={"host": host})
            assert answer.status_code == 400, path
            assert b"evil" not in answer.content


@pytest.mark.proves("C29")
async def test_a_copy_is_kept_apart_by_what_the_answer_hangs_on(sqlite_url: str) -> None:
    async with town(sqlite_url, KAPPELRODECK, sessions=[session()]) as house, house.client() as client:
        for path in (*PAGES, *FEEDS):
            answers = {
                accepted: await client.get(path, headers={"accept-language": accepted})
                for accepted in ("de", "en", "fr", "en;q=0.1,de", "x" * 3000)
            }
            differ = len({answer.content for answer in answers.values()}) > 1
            for answer in answers.values():
                assert "no-cache" in answer.headers["cache-control"]
                assert not differ or "accept-language" in answer.headers["vary"], path
            if path in FEEDS:
                assert not differ, "a feed's language is in its address"


@pytest.mark.proves("C29")
@pytest.mark.parametrize(
    "suffix", ["/x.css", "/evil.js", ";x.css", "%2Fx.css", "%0Ax.css", ".css", "/../x.css", "%00.css"]
)
async def test_no_suffix_makes_a_page_look_like_a_file(sqlite_url: str, suffix: str) -> None:
    async with town(sqlite_url, KAPPELRODECK) as house, house.client() as client:
        for path in (
            "/termine",
            "/aushang",
            "/leichte-sprache",
            "/calendar.ics",
            "/feed.atom",
            "/kappelrodeck/termine",
        ):
            answer = await client.get(path + suffix)
            assert answer.status_code == 404, path + suffix
            assert "no-store" in answer.headers["cache-control"]


@pytest.mark.proves("C30")
async def test_a_slash_too_many_leads_to_the_page_and_nowhere_else(sqlite_url: str) -> None:
    async with town(sqlite_url, KAPPELRODECK) as house, house.client() as client:
        for path in ("/termine", "/en/aushang", "/kappelrodeck/termine", "/kappelrodeck/en/calendar.ics"):
            answer = await client.get(f"{path}/?lang=en")
            assert (answer.status_code, answer.headers["location"]) == (307, f"{path}?lang=en")
        for path in (
            "//evil.example/termine/",
            "/\\evil.example/termine/",
            "/%5Cevil.example/en/termine/",
            "/evil/termine/",
        ):
            answer = await client.get(f"https://sprechstunde.example{path}")
            assert answer.status_code == 404, path


async def test_no_town_shows_in_another(sqlite_url: str) -> None:
    others = [load_schedule(path) for path in sorted(PRESETS.glob("*.toml")) if path.stem != "kappelrodeck"]
    async with (
        town(sqlite_url, KAPPELRODECK, *others, sessions=[session()]) as house,
        house.client() as client,
    ):
        for leaf in ("", "termine", "aushang", "leichte-sprache", "calendar.ics", "feed.atom"):
            for one in others:
                answer = await client.get(f"/{one.town.id}/{leaf}")
                assert answer.status_code == 200, (one.town.id, leaf)
                assert "appelrodeck" not in answer.text
                assert "buergermeister/2026" not in answer.text
            assert (await client.get(f"/nowhere/{leaf}")).status_code == 404
        for leaf in ("calendar.ics", "feed.atom"):
            assert (await client.get(f"/{leaf}")).status_code == 404, "whose would it be?"
        for leaf in ("termine", "aushang", "leichte-sprache"):
            choice = await client.get(f"/{leaf}", headers={"accept-language": "de"})
            assert choice.status_code == 200
            assert f'href="/warstein/{leaf}"' in choice.text
        line = KAPPELRODECK.lines[0].id
        assert (await client.get(f"/goldbach/calendar.ics?line={line}")).status_code == 404
        assert (await client.get("/goldbach/aushang?session=0123456789abcdef")).status_code == 404


# -- C30: whereto after the login ----------------------------------------------------------------------

AWAY = [
    *("//evil.example", "///evil.example", "\\\\evil.example", "/\\evil.example", "https:evil.example"),
    *("https://evil.example/console", "javascript:alert(1)", "/console//evil.example", "/console/../evil"),
    *("/console\\evil", "/console@evil.example", "/console.evil.example", "console", "/consoleevil", "/console/%2e%2e"),
    *("/console?next=//evil.example", "/console#@evil.example", "/console/\n/evil", "/console/termine/", "\t//evil.example"),
    *("//sprechstunde.example@evil.example", "/logout", "/login?next=//evil.example", "", "/console/" + "a" * 5000 + "!"),
]  # fmt: skip
HERE = ["/console", "/console/termine", "/console/hilfe", "/console/termine/0123456789abcdef"]


@pytest.mark.proves("C30")
@pytest.mark.parametrize("wanted", AWAY)
async def test_a_login_leads_nowhere_else(sqlite_url: str, wanted: str) -> None:
    assert local_path(wanted) == "/console"
    async with town(sqlite_url, KAPPELRODECK) as house, house.client() as client:
        await house.add_agent()
        form: dict[str, Any] = {"email": MAYOR, "password": PASSWORD, "next": wanted}
        page = await client.get("/login", params={"next": wanted})
        assert 'name="next" value="/console"' in page.text
        answer = await client.post("/login", data=form)
        assert (answer.status_code, answer.headers["location"]) == (303, "/console")


@pytest.mark.proves("C30")
@pytest.mark.parametrize("wanted", HERE)
def test_a_login_leads_to_pages_of_ours(wanted: str) -> None:
    assert local_path(wanted) == wanted
