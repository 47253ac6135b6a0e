"""TERMIN is answered with the next dates, at any time, and asks nobody in the hour."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest

from sessionhours.store.tables import Conversation, Message, Offered
from tests.desk.office import Desk
from tests.makers import OPENS, Clock

MONDAY = OPENS - timedelta(days=3)
DATES = (
    "– Donnerstag, 3. Dezember 2026, 15–16 Uhr\n– Donnerstag, 7. Januar 2027, 15–16 Uhr\n"
    "– Donnerstag, 4. Februar 2027, 15–16 Uhr"
)


def texts(desk: Desk) -> list[str]:
    return [claim.text for claim in desk.send()]


@pytest.mark.proves("N24")
@pytest.mark.parametrize("word", ["TERMIN", "termine", "Wann?"])
@pytest.mark.parametrize("outside", ["decline", "hold", "offer"])
def test_the_next_three_dates_in_every_policy(new_desk: Callable[..., Desk], outside: str, word: str) -> None:
    desk = new_desk(f'outside = "{outside}"', Clock(MONDAY))
    desk.says(1, word)
    (text,) = texts(desk)
    assert DATES in text
    assert "Bürgermeister" in text
    assert "Telefon 07842 80221" in text
    assert desk.rows(Conversation) == desk.rows(Message) == desk.rows(Offered) == []


def test_a_silent_line_says_nothing(new_desk: Callable[..., Desk]) -> None:
    desk = new_desk('outside = "silent"', Clock(MONDAY))
    desk.says(1, "TERMIN")
    assert texts(desk) == []


@pytest.mark.proves("N24")
def test_once_in_ten_minutes_and_within_the_loop_guard(new_desk: Callable[..., Desk]) -> None:
    desk = new_desk("", Clock(MONDAY))
    heard = []
    for minute in range(0, 70, 2):
        desk.clock.now = MONDAY + timedelta(minutes=minute)
        desk.says(1, "TERMIN")
        heard += [minute] * len(texts(desk))
    assert heard == [0, 10, 20, 30, 40], "then the loop guard"


@pytest.mark.proves("N24")
def test_in_the_hour_it_is_seen_and_takes_no_place(new_desk: Callable[..., Desk]) -> None:
    desk = new_desk()
    desk.says(2, "TERMIN")
    assert desk.snapshot()["conversations"] == [], "who asks only for that is not in the hour"
    assert "Donnerstag, 7. Januar 2027, 15–16 Uhr" in texts(desk)[0]
    desk.says(1, "Meine Frage")
    desk.ask(desk.mayor, "reply", conversation=desk.conversation()["id"], text="Ja", seen=10**6)
    before = desk.conversation()
    desk.clock.forward(minutes=1)
    desk.says(1, "Termin")
    after = desk.conversation()
    same = ("lane", "waiting_since", "unread", "last_message", "outcome")
    assert [after[name] for name in same] == [before[name] for name in same]
    assert after["window_closes_at"] > before["window_closes_at"], "whatever is said opens the window"
    entry, answer = desk.only()[-2:]
    assert (entry["text"], entry["decision"][:30]) == ("Termin", "Automatische Antwort mit den n")
    assert answer["author"]["kind"] == "auto"
    assert desk.snapshot()["session"]["counts"]["waiting"] == 0


def test_wann_is_a_question_to_whoever_is_with_them(new_desk: Callable[..., Desk]) -> None:
    desk = new_desk()
    desk.says(1, "Die Halle wird saniert?")
    desk.ask(desk.mayor, "reply", conversation=desk.conversation()["id"], text="Ja", seen=10**6)
    desk.says(1, "Wann?")
    assert (desk.conversation()["lane"], desk.conversation()["unread"]) == ("waiting", 1)


def test_a_known_person_outside_the_hours_leaves_no_words(new_desk: Callable[..., Desk]) -> None:
    """And is answered, although nobody wrote for two days: the word itself opens the window."""
    desk = new_desk()
    desk.says(1, "Meine Frage")
    desk.ask(desk.mayor, "resolve", conversation=desk.conversation()["id"], outcome="answered")
    desk.clock.forward(days=2)
    desk.tick()
    desk.says(1, "TERMIN")
    assert len(texts(desk)) == 1
    assert [one["kind"] for one in desk.only() if one["direction"] == "inbound"] == ["text", "declined"]


@pytest.mark.proves("AC-9")
def test_a_known_person_gets_the_away_text_after_the_window_too(new_desk: Callable[..., Desk]) -> None:
    desk = new_desk()
    desk.says(1, "Meine Frage")
    desk.ask(desk.mayor, "resolve", conversation=desk.conversation()["id"], outcome="answered")
    desk.clock.forward(days=2)
    desk.tick()
    desk.says(1, "Hallo?")
    assert len(texts(desk)) == 1


@pytest.mark.proves("F41")
def test_a_clock_that_was_ahead_keeps_nobody_from_asking(new_desk: Callable[..., Desk]) -> None:
    desk = new_desk("", Clock(MONDAY + timedelta(days=300)))
    desk.says(1, "TERMIN")
    assert len(texts(desk)) == 1
    desk.clock.now = MONDAY
    desk.says(1, "Termine")
    (text,) = texts(desk)
    assert DATES in text
