"""Who was kept for the hour and who comes live take turns, each by time, whoever takes them (N24)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from tests.desk.office import Desk
from tests.makers import OPENS, Clock

OFFER = 'outside = "offer"'


@pytest.fixture
def hour(new_desk: Callable[..., Desk]) -> Desk:
    """Three were kept, in the order 1, 2, 3; four come live, in the order 11, 12, 13, 14."""
    desk = new_desk(OFFER, Clock(OPENS - timedelta(days=2)))
    for number in (1, 2, 3):
        desk.says(number, f"vorgemerkt {number}")
        desk.clock.forward(minutes=2)
    for number in (3, 2, 1):
        desk.says(number, "1")
    desk.clock.now = OPENS
    desk.tick()
    for number in (11, 12, 13, 14):
        desk.says(number, f"live {number}")
        desk.clock.forward(seconds=10)
    return desk


def number(frame: dict[str, Any]) -> int:
    talk = frame["data"]["conversation"]
    return 0 if talk is None else int(talk["contact"]["name"].split()[-1])


def talk_of(desk: Desk, person: int) -> str:
    name = f"Anna Müller {person}"
    return next(one["id"] for one in desk.snapshot()["conversations"] if one["contact"]["name"] == name)


@pytest.mark.proves("N24")
def test_they_take_turns_each_by_time(hour: Desk) -> None:
    order = []
    while person := number(hour.ask(hour.mayor, "next")):
        order.append(person)
        hour.clock.forward(seconds=30)
    assert order == [1, 11, 2, 12, 3, 13, 14]


@pytest.mark.proves("N24")
def test_whoever_takes_one_by_hand_takes_that_turn(hour: Desk) -> None:
    hour.ask(hour.assistant, "claim", conversation=talk_of(hour, 2))
    hour.clock.forward(seconds=1)
    assert number(hour.ask(hour.mayor, "next")) == 11
    hour.clock.forward(seconds=1)
    hour.ask(hour.mayor, "reply", conversation=talk_of(hour, 12), text="Ja", seen=10**6)
    hour.clock.forward(seconds=1)
    assert number(hour.ask(hour.mayor, "next")) == 1
    hour.clock.forward(seconds=1)
    hour.ask(hour.mayor, "release", conversation=talk_of(hour, 1))
    assert number(hour.ask(hour.mayor, "next")) == 1, "given back, it is their turn again"


@pytest.mark.proves("N24", "AC-60")
def test_who_was_carried_over_comes_before_both(hour: Desk) -> None:
    first = talk_of(hour, 14)
    hour.ask(hour.mayor, "resolve", conversation=first, outcome="carried_over", text="")
    for person in (1, 2, 3, 11, 12, 13):
        hour.ask(hour.mayor, "resolve", conversation=talk_of(hour, person), outcome="answered")
    hour.clock.now = OPENS + timedelta(hours=3)
    hour.tick()
    hour.says(5, "für das nächste Mal")
    hour.says(5, "1")
    following = hour.snapshot()["next_session"]["opens"]
    hour.clock.now = hour.clock.now.fromisoformat(following)
    hour.tick()
    hour.says(12, "wieder da")
    order = []
    while person := number(hour.ask(hour.mayor, "next")):
        order.append(person)
        hour.clock.forward(seconds=30)
    assert order == [14, 5, 12]


def test_who_was_kept_and_comes_back_live_another_time_is_not_kept(hour: Desk) -> None:
    for person in (1, 2, 3, 11, 12, 13, 14):
        hour.ask(hour.mayor, "resolve", conversation=talk_of(hour, person), outcome="answered")
    hour.clock.now = OPENS + timedelta(hours=3)
    hour.tick()
    hour.clock.now = hour.clock.now.fromisoformat(hour.snapshot()["next_session"]["opens"])
    hour.tick()
    hour.says(1, "wieder da")
    assert hour.conversation()["kept"] is False
