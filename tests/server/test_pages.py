"""What the public page says, in which language, and what it needs to be shown."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from sessionhours.config import load_schedule
from sessionhours.core.schedule import Change, Schedule
from sessionhours.server.language import texts
from sessionhours.server.qr import chat_link, international, national
from tests.server.public import (
    BEFORE,
    DURING,
    KAPPELRODECK,
    NEXT,
    PRESETS,
    ROOT,
    get,
    session,
    town,
    words_of,
)

# -- what it says ----------------------------------------------------------------------------------


@pytest.mark.proves("KA-1", "KA-4", "KA-7", "KA-12")
async def test_the_page_says_when_and_how(sqlite_url: str) -> None:
    async with town(sqlite_url, KAPPELRODECK) as house:
        response = await get(house)
        read = words_of(response)
        assert response.status_code == 200
        assert f"Nächster Termin {NEXT}" in read
        assert "WhatsApp-Nummer 07842 80221" in read
        assert 'href="https://wa.me/49784280221"' in response.text
        assert "Eine Anmeldung ist nicht nötig. Fotos und Standorte sind willkommen." in read
        assert "Anrufe und Videoanrufe über WhatsApp" in read
        assert "Sprachnachrichten – bitte schreiben Sie Ihr Anliegen" in read
        assert "Telefon 07842 80221" in read
        assert 'href="https://example.org/datenschutz"' in response.text
        assert "wird nicht aufbewahrt" in read


async def test_while_it_runs_the_page_says_how_long(sqlite_url: str) -> None:
    async with town(sqlite_url, KAPPELRODECK, now=DURING) as house:
        read = words_of(await get(house))
        assert "Die Sprechstunde läuft – noch 23 Minuten, bis 16 Uhr" in read
        assert "Jetzt per WhatsApp schreiben" in read
        assert "Nächster Termin" not in read
        house.clock.forward(minutes=22)
        assert "noch 1 Minute, bis 16 Uhr" in words_of(await get(house))
        house.clock.forward(minutes=1)
        assert "Nächster Termin Donnerstag, 7. Januar 2027, 15–16 Uhr" in words_of(await get(house))


async def test_who_loses_the_way_is_told_how_else_to_reach_the_town(sqlite_url: str) -> None:
    async with town(sqlite_url, KAPPELRODECK) as house:
        response = await get(house, "/gibt-es-nicht/")
        assert response.status_code == 404
        assert "Hier gibt es nichts. Sie erreichen uns auch so: Telefon 07842 80221" in words_of(response)
        assert '<p class="alternatives" lang="de">' in (await get(house, "/nowhere/", "en")).text
    async with town(sqlite_url, KAPPELRODECK, load_schedule(PRESETS / "warstein.toml")) as house:
        assert "erreichen uns" not in words_of(await get(house, "/gibt-es-nicht/"))


async def test_what_staff_did_with_a_session_counts(sqlite_url: str) -> None:
    held = session(state="open", closes=datetime(2026, 12, 3, 15, 10, tzinfo=UTC), changed=True)
    longer = KAPPELRODECK.with_changes([Change(held.line, held.key, closes=held.closes)])
    async with town(sqlite_url, longer, now=DURING, sessions=[held]) as house:
        assert "noch 33 Minuten, bis 16:10 Uhr" in words_of(await get(house))
    ending = session(state="intake_closed")
    async with town(sqlite_url, KAPPELRODECK, now=DURING, sessions=[ending]) as house:
        read = words_of(await get(house))
        assert (
            "Für heute nehmen wir keine neuen Anliegen mehr an Nächster Termin Donnerstag, 7. Januar" in read
        )
        assert "läuft" not in read


async def test_the_page_follows_what_staff_changed(sqlite_url: str) -> None:
    [first] = KAPPELRODECK.occurrences(BEFORE, 1)
    change = Change(
        line=first.line,
        key=first.key,
        topic="Ortsdurchfahrt",
        opens=datetime(2026, 12, 4, 16, 30, tzinfo=UTC),
        closes=datetime(2026, 12, 4, 17, 15, tzinfo=UTC),
    )
    async with town(sqlite_url, KAPPELRODECK.with_changes([change])) as house:
        read = words_of(await get(house))
        assert "Nächster Termin Freitag, 4. Dezember 2026, 17:30–18:15 Uhr Thema: Ortsdurchfahrt" in read
        assert NEXT not in read


async def test_with_nothing_planned_the_page_says_so(sqlite_url: str, tmp_path: Path) -> None:
    schedule = written(tmp_path, KAPPELRODECK_FILE.replace('every = "first thursday"', "date = 2026-11-05"))
    async with town(sqlite_url, schedule) as house:
        read = words_of(await get(house))
        assert "Zurzeit ist kein Termin geplant" in read
        assert "Telefon 07842 80221" in read
        assert "WhatsApp-Nummer 07842 80221" in read


KAPPELRODECK_FILE = (ROOT / "schedule.toml").read_text()
IN_PERSON = """
  [[line.session]]
  date = 2026-12-10
  from = "16:00"
  to = "18:00"
  kind = "in_person"
"""


def written(folder: Path, text: str) -> Schedule:
    (folder / "schedule.toml").write_text(text)
    return load_schedule(folder / "schedule.toml")


@pytest.mark.proves("KA-2")
async def test_hours_in_person_are_told_apart(sqlite_url: str, tmp_path: Path) -> None:
    schedule = written(tmp_path, KAPPELRODECK_FILE.replace("[retention]", f"{IN_PERSON}\n[retention]"))
    async with town(sqlite_url, schedule) as house:
        read = words_of(await get(house))
        assert f"{NEXT} auf WhatsApp" in read
        assert "Donnerstag, 10. Dezember 2026, 16–18 Uhr vor Ort im Rathaus" in read
    meanwhile = datetime(2026, 12, 10, 15, 30, tzinfo=UTC)
    async with town(sqlite_url, schedule, now=meanwhile) as house:
        assert "Nächster Termin Donnerstag, 7. Januar 2027" in words_of(await get(house))


async def test_a_day_that_needs_a_decision_is_not_promised(sqlite_url: str) -> None:
    before_ascension = datetime(2027, 4, 20, 9, 0, tzinfo=UTC)
    async with town(sqlite_url, KAPPELRODECK, now=before_ascension) as house:
        assert "6. Mai 2027" not in words_of(await get(house))


@pytest.mark.parametrize(
    ("preset", "now", "said"),
    [
        ("warstein", datetime(2026, 12, 3, 12, 0, tzinfo=UTC), "Wieder geöffnet heute ab 14:00 Uhr"),
        ("warstein", datetime(2026, 12, 3, 9, 0, tzinfo=UTC), "Jetzt geöffnet – bis 12:30 Uhr"),
        ("warstein", datetime(2026, 12, 3, 9, 0, tzinfo=UTC), "Während der Öffnungszeiten einfach schreiben"),
        ("warstein", datetime(2026, 12, 3, 9, 0, tzinfo=UTC), "Montag–Mittwoch 8:30–12:30 Uhr und 14–16 Uhr"),
        ("warstein", datetime(2026, 12, 3, 9, 0, tzinfo=UTC), "Sie können jederzeit schreiben."),
        ("goldbach", datetime(2026, 12, 3, 9, 0, tzinfo=UTC), "Jetzt geöffnet Jetzt per WhatsApp schreiben"),
    ],
)
async def test_a_town_hall_with_opening_hours(sqlite_url: str, preset: str, now: datetime, said: str) -> None:
    async with town(sqlite_url, load_schedule(PRESETS / f"{preset}.toml"), now=now) as house:
        assert said in words_of(await get(house))


async def test_a_town_that_says_du(sqlite_url: str, tmp_path: Path) -> None:
    schedule = written(tmp_path, KAPPELRODECK_FILE.replace('address = "Sie"', 'address = "du"'))
    async with town(sqlite_url, schedule) as house:
        read = words_of(await get(house))
        assert "Was du dann schreibst" in read
        assert not re.search(r"\b(Sie|Ihr|Ihre|Ihnen)\b", read)


async def test_text_of_the_file_stays_text(sqlite_url: str, tmp_path: Path) -> None:
    evil = KAPPELRODECK_FILE.replace("Gemeinde Kappelrodeck", "<script>alert(1)</script>{{ 7 * 7 }}")
    async with town(sqlite_url, written(tmp_path, evil)) as house:
        response = await get(house)
        assert "<script" not in response.text
        assert "&lt;script&gt;alert(1)&lt;/script&gt;{{ 7 * 7 }}" in response.text


# -- languages -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("path", "accepted", "language"),
    [
        ("/", "de", "de"),
        ("/", "en-GB,en;q=0.9", "en"),
        ("/", "fr", "de"),
        ("/", "", "de"),
        ("/", "fr, en;q=0.5, de;q=0.1", "en"),
        ("/", "en;q=0, de", "de"),
        ("/", "en;q=x", "de"),
        ("/", "," * 5000, "de"),
        ("/?lang=en", "de", "en"),
        ("/?lang=de", "en", "de"),
        ("/?lang=xx", "en", "en"),
        ("/en/", "de", "en"),
        ("/kappelrodeck/", "de", "de"),
        ("/kappelrodeck/en/", "de", "en"),
    ],
)
async def test_the_language_is_the_reader_s(sqlite_url: str, path: str, accepted: str, language: str) -> None:
    async with town(sqlite_url, KAPPELRODECK) as house:
        response = await get(house, path, accepted)
        assert f'<html lang="{language}">' in response.text
        assert response.headers["content-language"] == language
        assert response.headers["vary"] == "accept-language"


async def test_the_language_that_was_asked_for_goes_along(sqlite_url: str) -> None:
    async with town(sqlite_url, KAPPELRODECK) as house:
        for path in ("/", "/termine", "/leichte-sprache", "/kappelrodeck/aushang"):
            page = await get(house, f"{path}?lang=de", "en")
            ways = re.findall(r'<a href="(/[^"]*)"', page.text)
            ours = [
                way
                for way in ways
                if not way.startswith(("/login", "/en", "/kappelrodeck/en")) and "." not in way
            ]
            assert ours
            for way in ours:
                assert '<html lang="de">' in (await get(house, way, "en")).text, (path, way)
        assert "lang=de" not in re.sub(r"<link [^>]+>", "", (await get(house, "/?lang=de", "de")).text)
    other = load_schedule(PRESETS / "warstein.toml")
    async with town(sqlite_url, KAPPELRODECK, other) as house:
        assert 'href="/kappelrodeck/?lang=de"' in (await get(house, "/?lang=de", "en")).text


@pytest.mark.parametrize("path", ["/?lang=de", "/"])
async def test_the_german_page_of_an_english_town_has_german_feeds(sqlite_url: str, path: str) -> None:
    plan = replace(KAPPELRODECK, town=replace(KAPPELRODECK.town, language="en"))
    async with town(sqlite_url, plan) as house:
        page = (await get(house, path)).text
        feeds = re.findall(r'href="(/[^"]*(?:ics|atom)[^"]*)"', page)
        assert len(feeds) == 4
        for feed in feeds:
            assert (await get(house, feed)).headers["content-language"] == "de"
        assert 'href="webcal://sprechstunde.example/calendar.ics?lang=de"' in page
        own = 'rel="self" type="application/atom+xml" href="https://sprechstunde.example/feed.atom?lang=de"'
        assert own in (await get(house, "/feed.atom?lang=de")).text


async def test_in_english_everything_is_english(sqlite_url: str) -> None:
    async with town(sqlite_url, KAPPELRODECK) as house:
        read = words_of(await get(house, "/en/"))
        assert "Next date Thursday, 3 December 2026, 3–4 pm" in read
        assert "WhatsApp number +49 7842 80221" in read
        assert "Calls and video calls on WhatsApp" in read
        assert not re.search(r"\b(Termin|Uhr|nicht|schreiben)\b", read)


def test_both_languages_say_the_same_things() -> None:
    german, familiar, english = texts("de"), texts("de", "du"), texts("en")
    assert set(german) == set(familiar) == set(english)
    for key, text in german.items():
        holes = set(re.findall(r"\{\w+\}", text))
        assert holes == set(re.findall(r"\{\w+\}", english[key])), key
        assert holes == set(re.findall(r"\{\w+\}", familiar[key])), key


# -- no third party, no cookie, no script ----------------------------------------------------------


@pytest.mark.proves("AH-8")
@pytest.mark.parametrize("path", ["/", "/en/", "/kappelrodeck/"])
async def test_the_page_needs_nobody_else(sqlite_url: str, path: str) -> None:
    async with town(sqlite_url, KAPPELRODECK) as house:
        response = await get(house, path)
        assert "set-cookie" not in response.headers
        assert "<script" not in response.text
        assert " style=" not in response.text
        assert not re.search(r'\son\w+="', response.text)
        loaded = re.findall(r'(?:src|<use href|rel="(?:stylesheet|icon)" href)="([^"]+)"', response.text)
        assert len(loaded) >= 6
        assert [address for address in loaded if not address.startswith(("/assets/", "/qr.svg"))] == []


async def test_everything_on_the_page_is_there(sqlite_url: str) -> None:
    async with town(sqlite_url, KAPPELRODECK) as house, house.client(follow_redirects=True) as client:
        page = (await client.get("/")).text
        for address in set(re.findall(r'(?:src|href)="(/[^"]*)"', page)):
            assert (await client.get(address.replace("&amp;", "&"))).status_code == 200, address
        for inner in re.findall(r'href="#([^"]+)"', page):
            assert f'id="{inner}"' in page


async def test_the_qr_code_opens_the_chat(sqlite_url: str) -> None:
    async with town(sqlite_url, KAPPELRODECK) as house, house.client() as client:
        response = await client.get("/qr.svg", params={"town": "kappelrodeck", "line": "buergermeister"})
        assert response.headers["content-type"] == "image/svg+xml"
        assert response.text.startswith("<svg ")
        assert "<script" not in response.text
        assert (await client.get("/qr.svg")).content == response.content
        assert response.headers["cache-control"] == "public, no-cache", "the number may change"
        again = await client.get("/qr.svg", headers={"if-none-match": response.headers["etag"]})
        assert (again.status_code, again.content) == (304, b"")
        for params in ({"town": "nowhere"}, {"line": "nothing"}, {"town": "kappelrodeck", "line": "x"}):
            assert (await client.get("/qr.svg", params=params)).status_code == 404


@pytest.mark.proves("KA-4")
@pytest.mark.parametrize(
    ("phone", "at_home", "abroad", "link"),
    [
        ("+49784280221", "07842 80221", "+49 7842 80221", "https://wa.me/49784280221"),
        ("+493023125001", "030 23125001", "+49 30 23125001", "https://wa.me/493023125001"),
        ("+491713920001", "0171 3920001", "+49 171 3920001", "https://wa.me/491713920001"),
        ("no number", "no number", "no number", "https://wa.me/"),
    ],
)
def test_numbers_as_people_print_them(phone: str, at_home: str, abroad: str, link: str) -> None:
    assert (national(phone), international(phone), chat_link(phone)) == (at_home, abroad, link)
