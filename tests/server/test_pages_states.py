"""What the public page says of a session in each of its states, and of what staff did with it."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from sessionhours.core.schedule import Change, Schedule
from sessionhours.core.session import Announced
from sessionhours.server.ordinals import ordinal
from tests.server.public import BEFORE, KAPPELRODECK, NEXT, get, session, town, words_of

OPENS = datetime(2026, 12, 3, 14, 0, tzinfo=UTC)
TEN_PAST = OPENS + timedelta(minutes=10)
LATER: dict[str, Any] = {
    "opens": OPENS + timedelta(days=1, hours=2),
    "closes": OPENS + timedelta(days=1, hours=3),
}
NEW_TIME = "Freitag, 4. Dezember 2026, 17–18 Uhr"


def done(one: Announced, **facts: Any) -> tuple[Schedule, Announced]:
    """The plan and the session after staff did something to it."""
    changed = replace(one, changed=True, revision=one.revision + 1, **facts)
    cancelled = changed.state == "cancelled"
    change = Change(
        one.line, one.key, opens=changed.opens, closes=changed.closes, cancelled=cancelled, wins=not cancelled
    )
    return KAPPELRODECK.with_changes([change]), changed


async def read(
    sqlite_url: str,
    plan: Schedule,
    *sessions: Announced,
    now: datetime = BEFORE,
    path: str = "/",
    **facts: Any,
) -> str:
    async with town(sqlite_url, plan, now=now, sessions=sessions, **facts) as house:
        return words_of(await get(house, path))


async def test_the_next_one_is_numbered_and_has_its_topic(sqlite_url: str) -> None:
    plan = KAPPELRODECK.with_changes([Change("buergermeister", session().key, topic="Ortsdurchfahrt")])
    said = await read(sqlite_url, plan, session(topic="Ortsdurchfahrt"))
    assert f"Nächster Termin {NEXT} Die zweite Sprechstunde Thema: Ortsdurchfahrt" in said
    english = await read(sqlite_url, plan, session(), path="/en/")
    assert "Thursday, 3 December 2026, 3–4 pm The second office hour Topic: Ortsdurchfahrt" in english


async def test_in_the_lobby_people_hear_that_it_begins_soon(sqlite_url: str) -> None:
    at = OPENS - timedelta(minutes=5)
    said = await read(sqlite_url, KAPPELRODECK, session(state="lobby"), now=at)
    assert "Die Sprechstunde beginnt gleich – um 15 Uhr" in said
    assert f"Sie können schon schreiben. Gelesen wird ab 15 Uhr. {NEXT}" in said
    assert "Jetzt per WhatsApp schreiben" in said


@pytest.mark.parametrize("state", ["lobby", "open"])
async def test_who_comes_late_is_expected_at_a_time(sqlite_url: str, state: str) -> None:
    at = OPENS + timedelta(minutes=-5 if state == "lobby" else 5)
    late = session(state=state, late_until=TEN_PAST)
    said = await read(sqlite_url, KAPPELRODECK, late, now=at)
    assert (
        f"Die Sprechstunde startet verspätet, voraussichtlich um 15:10 Uhr Sie können schon schreiben und müssen sonst nichts tun. {NEXT}"
        in said
    )
    assert "läuft" not in said
    assert said.count("verspätet") == 2, "in the headline and in the list"
    assert "starts late, probably at 3:10 pm" in await read(
        sqlite_url, KAPPELRODECK, late, now=at, path="/en/"
    )


async def test_a_late_start_that_is_told_beforehand_asks_nobody_to_write_yet(sqlite_url: str) -> None:
    at = OPENS - timedelta(hours=2)
    said = await read(sqlite_url, KAPPELRODECK, session(late_until=TEN_PAST), now=at)
    assert f"startet verspätet, voraussichtlich um 15:10 Uhr {NEXT}" in said
    assert "schon schreiben" not in said
    assert "In WhatsApp öffnen" in said
    assert "Jetzt per WhatsApp schreiben" not in said, "whoever writes now is turned away"


async def test_once_the_later_start_is_past_it_runs(sqlite_url: str) -> None:
    late = session(state="open", late_until=TEN_PAST)
    said = await read(sqlite_url, KAPPELRODECK, late, now=TEN_PAST + timedelta(minutes=1))
    assert "Die Sprechstunde läuft – noch 49 Minuten, bis 16 Uhr" in said
    assert "verspätet" not in said


@pytest.mark.proves("AC-33")
async def test_while_nobody_is_there_it_starts_late_and_nobody_knows_when(sqlite_url: str) -> None:
    found_nobody = OPENS + timedelta(minutes=2)
    late = session(state="open", late_until=found_nobody, unattended=True)
    now = OPENS + timedelta(minutes=7)
    said = await read(sqlite_url, KAPPELRODECK, late, now=now)
    assert (
        f"Die Sprechstunde startet verspätet Sie können schon schreiben und müssen sonst nichts tun. {NEXT}"
        in said
    )
    assert "voraussichtlich" not in said
    easy = await read(sqlite_url, KAPPELRODECK, late, now=now, path="/leichte-sprache")
    assert "Die Sprech-Stunde beginnt heute später. Die nächste" in easy
    came = session(state="open", updated_at=now)
    assert "läuft – noch 53 Minuten" in await read(sqlite_url, KAPPELRODECK, came, now=now)


@pytest.mark.parametrize("state", ["intake_closed", "draining"])
async def test_when_nothing_new_is_taken_the_next_date_is_named(sqlite_url: str, state: str) -> None:
    at = OPENS + timedelta(minutes=55 if state == "intake_closed" else 65)
    said = await read(sqlite_url, KAPPELRODECK, session(state=state), now=at)
    assert (
        "Für heute nehmen wir keine neuen Anliegen mehr an Nächster Termin Donnerstag, 7. Januar 2027" in said
    )
    assert "In WhatsApp öffnen" in said


async def test_a_cancelled_one_says_why_and_when_instead(sqlite_url: str) -> None:
    plan, off = done(session(), state="cancelled", reason="Der Bürgermeister ist krank", replaced_by="second")
    plan = plan.with_changes([Change("buergermeister", "buergermeister/extra", **LATER, wins=True)])
    instead = replace(session(), id="second", key="buergermeister/extra", changed=True, **LATER)
    said = await read(sqlite_url, plan, off, instead)
    told = f"Fällt aus: {NEXT} Grund: Der Bürgermeister ist krank Ersatz: {NEW_TIME}"
    assert f"{told} Nächster Termin {NEW_TIME} Die zweite Sprechstunde" in said
    assert f"{NEXT} fällt aus Grund: Der Bürgermeister ist krank Ersatz: {NEW_TIME}" in said, "in the list"
    english = await read(sqlite_url, plan, off, instead, path="/en/")
    assert "Reason: Der Bürgermeister ist krank Instead: Friday, 4 December 2026, 5–6 pm" in english


async def test_a_cancelled_hour_in_person_is_not_taken_for_the_one_on_whatsapp(sqlite_url: str) -> None:
    plan, off = done(session(kind="in_person", number=0), state="cancelled", reason="Krank")
    where = f"{NEXT}, vor Ort im Rathaus"
    for path in ("/", "/aushang?session=0123456789abcdef"):
        assert f"Fällt aus: {where}" in await read(sqlite_url, plan, off, path=path), path
    easy = await read(sqlite_url, plan, off, path="/leichte-sprache")
    assert "Achtung: Der Termin im Rathaus am Donnerstag, 3. Dezember 2026 fällt aus." in easy
    english = await read(sqlite_url, plan, off, path="/en/")
    assert "Cancelled: Thursday, 3 December 2026, 3–4 pm, in person at the town hall" in english


async def test_a_replacement_in_person_says_where(sqlite_url: str) -> None:
    plan, off = done(session(), state="cancelled", replaced_by="second")
    plan = plan.with_changes(
        [Change("buergermeister", "buergermeister/extra", kind="in_person", **LATER, wins=True)]
    )
    instead = session(id="second", key="buergermeister/extra", kind="in_person", number=0, **LATER)
    said = await read(sqlite_url, plan, off, instead)
    assert f"Ersatz: {NEW_TIME}, vor Ort im Rathaus" in said
    easy = await read(sqlite_url, plan, off, instead, path="/leichte-sprache")
    assert "Dafür gibt es einen neuen Termin im Rathaus: Freitag, 4. Dezember 2026." in easy


async def test_a_cancelled_one_is_told_of_until_its_time_is_over(sqlite_url: str) -> None:
    plan, off = done(session(), state="cancelled", reason="Krank")
    assert "Fällt aus" in await read(sqlite_url, plan, off, now=OPENS + timedelta(minutes=59))
    assert "Fällt aus" not in await read(sqlite_url, plan, off, now=OPENS + timedelta(minutes=60))


async def test_a_later_one_that_is_cancelled_stands_in_the_list_only(sqlite_url: str) -> None:
    [_, second] = KAPPELRODECK.occurrences(BEFORE, 2)
    later = session(id="b", key=second.key, opens=second.opens, closes=second.closes, number=3)
    plan, off = done(later, state="cancelled", reason="Haushalt")
    said = await read(sqlite_url, plan, session(), off)
    assert "Fällt aus:" not in said
    assert "Donnerstag, 7. Januar 2027, 15–16 Uhr fällt aus Grund: Haushalt" in said


@pytest.mark.parametrize(("hours", "told"), [(23, False), (24, True)])
async def test_what_the_file_took_back_is_told_unless_it_was_a_slip(
    sqlite_url: str, hours: int, told: bool
) -> None:
    plan, off = done(session(), state="cancelled", updated_at=BEFORE)
    lost = replace(off, changed=False, announced_at=BEFORE - timedelta(hours=hours))
    assert ("Fällt aus:" in await read(sqlite_url, plan, lost)) is told
    async with town(sqlite_url, plan, now=BEFORE, sessions=[lost]) as house:
        calendar, feed = await get(house, "/calendar.ics"), await get(house, "/feed.atom")
    assert ("STATUS:CANCELLED" in calendar.text) is told
    assert ("Fällt aus" in feed.text) is told
    published = replace(lost, published={"website": "2026-11-21"})
    assert "Fällt aus:" in await read(sqlite_url, plan, published)


async def test_only_the_sentence_that_it_moved_names_the_old_time(sqlite_url: str) -> None:
    plan, moved = done(session(), moved_from=OPENS, **LATER)
    old = "Donnerstag, 3. Dezember 2026, 15 Uhr"
    for path in ("/", "/termine", "/aushang", "/leichte-sprache", "/en/", "/calendar.ics", "/feed.atom"):
        async with town(sqlite_url, plan, sessions=[moved]) as house:
            page = await get(house, path)
            text = words_of(page) if "html" in page.headers["content-type"] else unfolded(page.text)
        assert re.search("4. Dezember|4 December|20261204T1700", text), path
        text = text.replace(f"Verschoben: bisher {old}", "").replace(
            "Moved: it was Thursday, 3 December 2026, 3 pm", ""
        )
        assert not re.search(r"\b3\. Dezember|\b3 December|2026-?12-?03", text), path


def unfolded(text: str) -> str:
    """A calendar's text as it is meant."""
    return text.replace("\r\n ", "").replace("\\,", ",").replace("\\n", "\n")


async def test_a_deputy_is_named_wherever_somebody_answers(sqlite_url: str) -> None:
    said = await read(sqlite_url, KAPPELRODECK, session(deputy="Erika Beispiel"))
    assert "Vertretung: Es antwortet Erika Beispiel" in said
    assert "Es antwortet: Erika Beispiel." in said
    assert "Es antwortet: Bürgermeister" not in said


async def test_numbers_count_on_and_hours_in_person_have_none(sqlite_url: str) -> None:
    person = Change(
        "buergermeister", "buergermeister/person", kind="in_person",
        opens=OPENS + timedelta(days=7), closes=OPENS + timedelta(days=7, hours=2),
    )  # fmt: skip
    said = await read(sqlite_url, KAPPELRODECK.with_changes([person]), session(), path="/termine")
    assert f"{NEXT} Die zweite Sprechstunde auf WhatsApp" in said
    assert "Donnerstag, 10. Dezember 2026, 15–17 Uhr vor Ort im Rathaus" in said
    assert "Donnerstag, 7. Januar 2027, 15–16 Uhr Die dritte Sprechstunde" in said


async def test_a_hand_opened_hour_is_on_like_any_other(sqlite_url: str) -> None:
    now = session(
        id="n", key="buergermeister/now/n", state="open", opens=BEFORE, closes=BEFORE + timedelta(minutes=30)
    )
    plan = KAPPELRODECK.with_changes([Change(now.line, now.key, opens=now.opens, closes=now.closes)])
    said = await read(sqlite_url, plan, now, session(number=3))
    assert "Die Sprechstunde läuft – noch 30 Minuten, bis 10:30 Uhr Die zweite Sprechstunde" in said


@pytest.mark.parametrize(
    ("number", "german", "english"),
    [(1, "erste", "first"), (2, "zweite", "second"), (12, "zwölfte", "twelfth"), (13, "13.", "13th"),
     (21, "21.", "21st"), (111, "111.", "111th"), (122, "122.", "122nd")],
)  # fmt: skip
def test_how_manieth(number: int, german: str, english: str) -> None:
    assert (ordinal(number, "de"), ordinal(number, "en")) == (german, english)
