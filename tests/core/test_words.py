"""Dates and hours as people say them."""

from __future__ import annotations

from datetime import timedelta

import pytest

from sessionhours.core import words
from sessionhours.core.schedule import Change, Language, Occurrence
from tests.core.plans import BERLIN, NOW, dated, local, opening, plan


def window(day: str, hours: str) -> Occurrence:
    [found] = plan(dated(day, hours)).occurrences(local(f"{day} 00:00"), 1)
    return found


@pytest.mark.proves("AC-10")
@pytest.mark.parametrize(
    ("hours", "german", "english"),
    [
        ("15:00-16:00", "15–16 Uhr", "3–4 pm"),
        ("17:30-18:15", "17:30–18:15 Uhr", "5:30–6:15 pm"),
        ("14:00-17:30", "14:00–17:30 Uhr", "2–5:30 pm"),
        ("11:00-13:00", "11–13 Uhr", "11 am–1 pm"),
        ("08:00-12:00", "8–12 Uhr", "8 am–12 pm"),
        ("12:00-13:00", "12–13 Uhr", "12–1 pm"),
        ("00:00-06:00", "0–6 Uhr", "midnight–6 am"),
        ("00:15-06:00", "0:15–6:00 Uhr", "12:15–6 am"),
        ("22:00-00:00", "22–24 Uhr", "10 pm–midnight"),
        ("22:30-00:00", "22:30–24:00 Uhr", "10:30 pm–midnight"),
        ("09:05-09:50", "9:05–9:50 Uhr", "9:05–9:50 am"),
    ],
)
def test_day_and_hours_in_words(hours: str, german: str, english: str) -> None:
    found = window("2026-12-03", hours)
    assert words.span(found, BERLIN, "de") == f"Donnerstag, 3. Dezember 2026, {german}"
    assert words.span(found, BERLIN, "en") == f"Thursday, 3 December 2026, {english}"


def test_past_midnight_names_both_days() -> None:
    found = window("2026-12-31", "22:00-02:30")
    assert words.span(found, BERLIN, "de") == (
        "Donnerstag, 31. Dezember 2026, 22 Uhr, bis Freitag, 1. Januar 2027, 2:30 Uhr"
    )
    assert words.span(found, BERLIN, "en") == (
        "Thursday, 31 December 2026, 10 pm, to Friday, 1 January 2027, 2:30 am"
    )
    assert words.short(found, BERLIN, "de") == "Do., 31. Dezember, 22 Uhr – Fr., 1. Januar, 2:30 Uhr"


def test_short_forms() -> None:
    found = window("2026-12-03", "15:00-16:00")
    assert words.short_day(found.date, "de") == "Do., 3. Dezember"
    assert words.short_day(found.date, "en") == "Thu, 3 December"
    assert words.short(found, BERLIN, "de") == "Do., 3. Dezember, 15–16 Uhr"
    assert words.short(found, BERLIN, "en") == "Thu, 3 December, 3–4 pm"


@pytest.mark.proves("BZ-2")
@pytest.mark.parametrize(
    ("now", "german", "english"),
    [
        ("2026-12-03 12:15", "heute ab 14:00 Uhr", "today from 2 pm"),
        ("2026-12-02 23:59", "morgen ab 14:00 Uhr", "tomorrow from 2 pm"),
        ("2026-12-01 12:15", "Do., 3. Dezember, ab 14:00 Uhr", "Thu, 3 December, from 2 pm"),
        ("2025-12-01 12:15", "Do., 3. Dezember 2026, ab 14:00 Uhr", "Thu, 3 December 2026, from 2 pm"),
    ],
)
def test_when_a_town_hall_is_open_again(now: str, german: str, english: str) -> None:
    schedule = plan(hours=opening("thu", "08:00-12:00", "14:00-16:00"))
    found = schedule.next_after(local("2026-12-03 12:15"), line="buergermeister")
    assert found is not None
    assert words.following(found, local(now), BERLIN, "de") == german
    assert words.following(found, local(now), BERLIN, "en") == english


def test_a_session_is_named_whole_even_today() -> None:
    found = window("2026-12-03", "15:00-16:00")
    assert words.following(found, local("2026-12-03 12:00"), BERLIN, "de") == words.span(found, BERLIN, "de")


@pytest.mark.parametrize(
    ("hours", "language", "said"),
    [
        ("15:00-16:00", "de", "16 Uhr"),
        ("17:30-18:15", "de", "18:15 Uhr"),
        ("22:00-00:00", "de", "24 Uhr"),
        ("22:00-02:00", "de", "2 Uhr"),
        ("15:00-16:00", "en", "4 pm"),
        ("22:00-00:00", "en", "midnight"),
    ],
)
def test_when_it_ends(hours: str, language: Language, said: str) -> None:
    assert words.ends(window("2026-12-03", hours), BERLIN, language) == said


def test_minutes_left_count_begun_ones() -> None:
    lefts = [
        timedelta(minutes=10),
        timedelta(minutes=9, seconds=1),
        timedelta(seconds=1),
        timedelta(seconds=-5),
    ]
    assert [words.minutes(left) for left in lefts] == ["10", "10", "1", "0"]


def test_an_extended_hour_is_said_with_its_new_end() -> None:
    schedule = plan(dated("2026-12-03", "15:00-16:00"))
    [hour] = schedule.occurrences(NOW, 1)
    change = Change("buergermeister", hour.key, closes=local("2026-12-03 16:15"))
    [longer] = schedule.with_changes([change]).occurrences(NOW, 1)
    assert words.span(longer, BERLIN, "de") == "Donnerstag, 3. Dezember 2026, 15:00–16:15 Uhr"
