"""The pages beside the town's own: all dates, the poster, easy language; and that each can be found."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from sessionhours.config import load_schedule
from sessionhours.core.schedule import Change
from tests.makers import SCHEDULE
from tests.server.public import BEFORE, KAPPELRODECK, NEXT, PRESETS, get, session, town, words_of

OPENS = datetime(2026, 12, 3, 14, 0, tzinfo=UTC)
LEAVES = ("termine", "aushang", "leichte-sprache")


@pytest.mark.parametrize("where", ["/", "/en/", "/kappelrodeck/", "/kappelrodeck/en/"])
async def test_the_page_links_whatever_is_beside_it(sqlite_url: str, where: str) -> None:
    async with town(sqlite_url, KAPPELRODECK) as house, house.client() as client:
        page = (await client.get(where, headers={"accept-language": "de"})).text
        for leaf in ("termine", "leichte-sprache", "calendar.ics", "feed.atom"):
            assert f'href="{where}{leaf}"' in page, leaf
            assert (await client.get(f"{where}{leaf}")).status_code == 200
        assert f'href="webcal://sprechstunde.example{where}calendar.ics"' in page


@pytest.mark.parametrize("leaf", LEAVES)
async def test_each_has_its_twin_and_needs_nobody_else(sqlite_url: str, leaf: str) -> None:
    async with town(sqlite_url, KAPPELRODECK, sessions=[session()]) as house, house.client() as client:
        for where, language in (
            ("/", "de"),
            ("/en/", "en"),
            ("/kappelrodeck/", "de"),
            ("/kappelrodeck/en/", "en"),
        ):
            page = await client.get(f"{where}{leaf}", headers={"accept-language": "de"})
            assert page.headers["content-language"] == language
            assert f'<html lang="{language}">' in page.text
            assert "<script" not in page.text
            assert not re.search(r' style=|\son\w+="', page.text)
            assert "set-cookie" not in page.headers
            loaded = re.findall(r'(?:src|<use href|rel="(?:stylesheet|icon)" href)="([^"]+)"', page.text)
            assert [one for one in loaded if not one.startswith(("/assets/", "/qr.svg"))] == []
            for address in set(re.findall(r'(?:src|href)="(/[^"]*)"', page.text)):
                answer = await client.get(address.replace("&amp;", "&"), follow_redirects=True)
                assert answer.status_code == 200, address
        twin = re.search(r'<a href="([^"]+)" lang="de" hreflang', (await client.get(f"/en/{leaf}")).text)
        assert twin is not None
        assert '<html lang="de">' in (await client.get(twin[1], headers={"accept-language": "en"})).text


async def test_in_english_nothing_is_german(sqlite_url: str) -> None:
    async with town(sqlite_url, KAPPELRODECK, sessions=[session()]) as house:
        for leaf in LEAVES:
            read = words_of(await get(house, f"/en/{leaf}"))
            assert re.search("3 December 2026", read), leaf
            assert not re.search(r"\b(Termin|Uhr|nicht|schreiben|Schreiben|Sprechstunde|öffnen)\b", read), (
                leaf
            )


# -- all dates -------------------------------------------------------------------------------------


@pytest.mark.proves("KA-2")
async def test_all_dates_of_a_year_are_listed_in_person_ones_too(sqlite_url: str) -> None:
    person = Change(
        "buergermeister",
        "p",
        kind="in_person",
        opens=OPENS + timedelta(days=7),
        closes=OPENS + timedelta(days=7, hours=2),
    )
    async with town(sqlite_url, KAPPELRODECK.with_changes([person]), sessions=[session()]) as house:
        page = await get(house, "/termine")
        read = words_of(page)
        assert "Donnerstag, 10. Dezember 2026, 15–17 Uhr vor Ort im Rathaus" in read
        assert "Donnerstag, 4. November 2027" in read
        assert "2. Dezember 2027" not in read, "more than a year away"
        shown = [datetime.fromisoformat(one) for one in re.findall(r'<time datetime="([^"]+)"', page.text)]
        assert shown == sorted(shown)
        assert len(shown) == 12


async def test_a_cancelled_date_is_struck_and_says_why(sqlite_url: str) -> None:
    off = session(state="cancelled", changed=True, reason="Rathaus geschlossen")
    plan = KAPPELRODECK.with_changes([Change(off.line, off.key, cancelled=True)])
    async with town(sqlite_url, plan, sessions=[off]) as house:
        page = await get(house, "/termine")
        assert re.search(rf"<s><time [^>]+>{NEXT}</time></s> <strong>fällt aus</strong>", page.text)
        assert "Grund: Rathaus geschlossen" in words_of(page)


async def test_a_town_hall_with_opening_hours_lists_those(sqlite_url: str) -> None:
    async with town(sqlite_url, load_schedule(PRESETS / "warstein.toml")) as house:
        assert "Öffnungszeiten Montag–Mittwoch" in words_of(await get(house, "/termine"))
        assert "Montag–Mittwoch 8:30–12:30 Uhr" in words_of(await get(house, "/aushang"))
        assert "Sie können jetzt schreiben" not in words_of(await get(house, "/leichte-sprache")), (
            "it is Sunday"
        )
        house.clock.now = datetime(2026, 12, 3, 9, 0, tzinfo=UTC)
        easy = words_of(await get(house, "/leichte-sprache"))
        assert (
            "Wir haben jetzt geöffnet. Sie können jetzt schreiben. Wir lesen Ihre Nachrichten bis 12:30 Uhr."
            in easy
        )
        assert "Montag–Mittwoch 8:30–12:30 Uhr" in easy


# -- the poster ------------------------------------------------------------------------------------


async def test_the_poster_says_when_where_and_what_not(sqlite_url: str) -> None:
    async with town(sqlite_url, KAPPELRODECK, sessions=[session()]) as house:
        page = await get(house, "/aushang")
        read = words_of(page)
        for said in (
            f"{NEXT} Die zweite Sprechstunde Es antwortet: Bürgermeister",
            "WhatsApp-Nummer: 07842 80221",
            "wa.me/49784280221",
            "Was geht Text schreiben, ohne Anmeldung Fotos schicken Den eigenen Standort schicken",
            "Was nicht geht Anrufe und Videoanrufe über WhatsApp",
            "Ohne WhatsApp: Telefon 07842 80221 · Im Notfall: 112",
            "https://sprechstunde.example/",
            "Datenschutz: https://example.org/datenschutz",
            "Strg + P",
        ):
            assert said in read
        assert 'src="/qr.svg?town=kappelrodeck&amp;line=buergermeister"' in page.text


async def test_the_poster_of_one_date(sqlite_url: str) -> None:
    [_, second] = KAPPELRODECK.occurrences(BEFORE, 2)
    async with town(sqlite_url, KAPPELRODECK, sessions=[session()]) as house:
        by_key = words_of(await get(house, f"/aushang?session={second.key}"))
        assert "Donnerstag, 7. Januar 2027, 15–16 Uhr Die dritte Sprechstunde" in by_key
        assert NEXT not in by_key
        assert NEXT in words_of(await get(house, "/aushang?session=0123456789abcdef"))
        assert NEXT in words_of(await get(house, "/aushang?line=buergermeister"))
        english = await get(house, f"/aushang?session={second.key}")
        assert (
            f'href="/en/aushang?session={second.key.replace("/", "%2F").replace(":", "%3A")}"' in english.text
        )
        for junk in ("session=nothing", "line=nothing", "session=", "session=../../etc"):
            assert (await get(house, f"/aushang?{junk}")).status_code == 404, junk


async def test_the_poster_of_a_cancelled_date_says_so(sqlite_url: str) -> None:
    off = session(state="cancelled", changed=True, reason="Krank")
    plan = KAPPELRODECK.with_changes([Change(off.line, off.key, cancelled=True)])
    async with town(sqlite_url, plan, sessions=[off]) as house:
        read = words_of(await get(house, f"/aushang?session={off.id}"))
        assert f"Fällt aus: {NEXT} Grund: Krank" in read
        assert f"{NEXT} Es antwortet" not in read
        assert "Schreiben Sie uns" not in read
        assert "Sie erreichen uns auch so: Telefon" in read
        assert "Donnerstag, 7. Januar 2027" in words_of(await get(house, "/aushang"))


async def test_the_poster_of_an_hour_in_person_asks_nobody_to_write(sqlite_url: str) -> None:
    person = Change("buergermeister", "p", kind="in_person", opens=OPENS, closes=OPENS + timedelta(hours=2))
    async with town(sqlite_url, KAPPELRODECK.with_changes([person])) as house:
        page = await get(house, "/aushang?session=p")
        assert "Kommen Sie vorbei: vor Ort im Rathaus" in words_of(page)
        assert "qr.svg" not in page.text
        assert "wa.me" not in page.text


async def test_the_poster_of_a_cancelled_hour_in_person_asks_nobody_to_come(sqlite_url: str) -> None:
    off = session(kind="in_person", number=0, state="cancelled", changed=True)
    plan = KAPPELRODECK.with_changes([Change(off.line, off.key, cancelled=True)])
    async with town(sqlite_url, plan, sessions=[off]) as house:
        read = words_of(await get(house, f"/aushang?session={off.id}"))
    assert f"Fällt aus: {NEXT}, vor Ort im Rathaus" in read
    assert "Kommen Sie vorbei" not in read


async def test_a_date_that_is_over_still_has_its_poster(sqlite_url: str) -> None:
    over = session(state="closed")
    async with town(sqlite_url, KAPPELRODECK, now=OPENS + timedelta(days=3), sessions=[over]) as house:
        assert NEXT in words_of(await get(house, f"/aushang?session={over.id}"))


# -- easy language -----------------------------------------------------------------------------------


async def test_easy_language_follows_the_date(sqlite_url: str) -> None:
    plan = KAPPELRODECK.with_changes([Change("buergermeister", session().key, topic="Ortsdurchfahrt")])
    async with town(sqlite_url, plan, sessions=[session(moved_from=BEFORE)]) as house:
        read = words_of(await get(house, "/leichte-sprache"))
    assert (
        "Die nächste Sprech-Stunde ist am Donnerstag, 3. Dezember 2026. Sie beginnt um 15 Uhr. Sie endet um 16 Uhr. "
        "Achtung: Wir haben den Termin geändert. Es ist unsere 2. Sprech-Stunde. Das Thema ist: Ortsdurchfahrt."
    ) in read
    assert "Speichern Sie diese Nummer in Ihrem Handy: 07842 80221." in read
    assert "Telefon 07842 80221" in read


@pytest.mark.parametrize(
    ("facts", "minutes", "said"),
    [
        ({"state": "lobby"}, -5, "Die Sprech-Stunde beginnt gleich."),
        ({"state": "open"}, 5, "Die Sprech-Stunde läuft jetzt. Sie können jetzt schreiben. Wir lesen Ihre Nachrichten bis 16 Uhr."),
        ({"state": "open", "late_until": OPENS + timedelta(minutes=10)}, 5,
         "Die Sprech-Stunde beginnt heute später. Wir fangen ungefähr um 15:10 Uhr an. "
         "Die nächste Sprech-Stunde ist am Donnerstag, 3. Dezember 2026. Sie endet um 16 Uhr."),
        ({"late_until": OPENS + timedelta(minutes=10)}, -2000,
         "Die nächste Sprech-Stunde beginnt später. Wir fangen ungefähr um 15:10 Uhr an."),
        ({"state": "intake_closed"}, 50, "Für heute nehmen wir keine neuen Fragen mehr an."),
        ({"deputy": "Erika Beispiel"}, -500, "Es antwortet: Erika Beispiel."),
    ],
)  # fmt: skip
async def test_easy_language_in_each_state(
    sqlite_url: str, facts: dict[str, Any], minutes: int, said: str
) -> None:
    now = OPENS + timedelta(minutes=minutes)
    async with town(sqlite_url, KAPPELRODECK, now=now, sessions=[session(**facts)]) as house:
        assert said in words_of(await get(house, "/leichte-sprache"))


async def test_easy_language_spells_days_out_and_ends_a_day_at_24(sqlite_url: str, tmp_path: Path) -> None:
    evenings = SCHEDULE.format(policy="").replace('to = "16:00"', 'to = "24:00"')
    hours = evenings.replace("[[line.session]]", "[[line.hours]]").replace(
        'every = "first thursday"', 'days = "mon-fri"'
    )
    (tmp_path / "town.toml").write_text(hours)
    async with town(sqlite_url, load_schedule(tmp_path / "town.toml"), now=OPENS) as house:
        assert "Wir lesen Ihre Nachrichten bis 24 Uhr." in words_of(await get(house, "/leichte-sprache"))
        house.clock.forward(days=2)
        read = words_of(await get(house, "/leichte-sprache"))
        assert "Wir haben wieder geöffnet: Montag, 7. Dezember 2026, ab 15 Uhr." in read


async def test_easy_language_says_that_one_is_cancelled_and_that_none_is_planned(sqlite_url: str) -> None:
    off = session(state="cancelled", changed=True, reason="Krankheit.")
    [line] = KAPPELRODECK.lines
    none = replace(KAPPELRODECK, lines=(replace(line, sessions=()),))
    async with town(sqlite_url, none, sessions=[off]) as house:
        read = words_of(await get(house, "/leichte-sprache"))
    assert (
        "Achtung: Der Termin am Donnerstag, 3. Dezember 2026 fällt aus. Der Grund ist: Krankheit. Zurzeit"
        in read
    )
    assert "Zurzeit gibt es keinen Termin. Neue Termine stehen auf dieser Seite." in read


async def test_easy_language_keeps_to_its_manners(sqlite_url: str) -> None:
    """Short sentences, one on a line, nothing passive, no brackets, no dashes, no abbreviations."""
    async with town(sqlite_url, KAPPELRODECK, sessions=[session()]) as house:
        page = (await get(house, "/leichte-sprache")).text.partition("<main")[2].partition("</main")[0]
    sentences = [
        " ".join(re.sub(r"<[^>]+>", " ", one).split())
        for one in re.findall(r"<(?:p|li)[^>]*>(.*?)</(?:p|li)>", page, re.DOTALL)
    ]
    for one in (part for sentence in sentences for part in re.split(r"(?<=[a-z][.?!]) ", sentence)):
        assert len(one.split()) <= 12, one
        assert not re.search(r"[()–;]|\b(wird|werden|wurde|wurden|z\. B\.|usw|bzw|etc)\b", one), one
        words = [
            word for word in re.findall(r"[A-Za-zÄÖÜäöüß]+", one) if word not in KAPPELRODECK.lines[0].title
        ]
        assert not [word for word in words if len(word) > 14], one


async def test_easy_language_says_du_where_the_town_does(sqlite_url: str) -> None:
    plan = replace(KAPPELRODECK, town=replace(KAPPELRODECK.town, address="du"))
    async with town(sqlite_url, plan, sessions=[session()]) as house:
        for leaf in LEAVES:
            read = words_of(await get(house, f"/{leaf}")).partition("Anmeldung für")[0]
            assert not re.search(r"\b(Ihr|Ihre|Ihnen|Ihren|Ihrem)\b|\b[a-zäöü]+en Sie\b", read), leaf
