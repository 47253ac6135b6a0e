"""An occurrence becomes a session: announced, open, draining, closed, by the clock and by itself (KA-1, F41)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from sessionhours.core.instants import ms
from sessionhours.core.preflight import Finding
from sessionhours.desk import preflight, rollcall
from sessionhours.store.tables import HourSession, Notice
from tests.desk.office import Desk
from tests.makers import CLOSES, OPENS, Clock

MONDAY = OPENS - timedelta(days=3)


def at(desk: Desk, now: datetime) -> dict[str, Any] | None:
    desk.clock.now = now
    desk.tick()
    return desk.snapshot()["session"]


def states(desk: Desk) -> dict[int, str]:
    return {row.number: row.state for row in desk.rows(HourSession)}


@pytest.mark.proves("KA-1", "AC-2")
def test_it_opens_and_closes_to_the_millisecond(new_desk: Callable[..., Desk]) -> None:
    desk = new_desk("", Clock(MONDAY))
    following = desk.snapshot()["next_session"]
    assert (following["number"], following["state"], following["opens"]) == (
        1,
        "announced",
        "2026-12-03T14:00:00.000Z",
    )
    moment = timedelta(milliseconds=1)
    assert at(desk, OPENS - timedelta(minutes=10) - moment) is None
    assert (at(desk, OPENS - timedelta(minutes=10)) or {})["state"] == "lobby"
    assert (at(desk, OPENS - moment) or {})["state"] == "lobby"
    opened = at(desk, OPENS)
    assert opened is not None
    assert (opened["state"], opened["id"]) == ("open", following["id"])
    assert (at(desk, CLOSES - moment) or {})["state"] == "open"
    assert at(desk, CLOSES) is None
    assert states(desk) == {1: "closed", 2: "announced", 3: "announced"} or states(desk)[1] == "closed"
    assert desk.snapshot()["next_session"]["opens"] == "2027-01-07T14:00:00.000Z"


def test_it_drains_while_anybody_lacks_an_answer_and_then_closes_by_itself(desk: Desk) -> None:
    desk.says(1, "Frage")
    desk.says(2, "Noch eine")
    assert (at(desk, CLOSES) or {})["state"] == "draining"
    one, two = desk.snapshot()["conversations"]
    assert desk.ask(desk.mayor, "reply", conversation=one["id"], text="Ja", seen=10**6)["ok"]
    assert (at(desk, CLOSES + timedelta(minutes=5)) or {})["state"] == "draining"
    desk.ask(desk.mayor, "resolve", conversation=two["id"], outcome="promised")
    assert at(desk, CLOSES + timedelta(minutes=6)) is None
    assert states(desk)[1] == "closed"
    assert desk.ask(desk.mayor, "reply", conversation=two["id"], text="Doch noch", seen=10**6)["ok"]


def test_its_counts_add_up(desk: Desk) -> None:
    for number in range(1, 5):
        desk.says(number)
    talks = [one["id"] for one in desk.snapshot()["conversations"]]
    desk.ask(desk.mayor, "reply", conversation=talks[0], text="Ja", seen=10**6)
    desk.ask(desk.mayor, "resolve", conversation=talks[1], outcome="answered")
    desk.ask(desk.mayor, "resolve", conversation=talks[2], outcome="carried_over")
    assert desk.snapshot()["session"]["counts"] == {
        "people": 4,
        "waiting": 1,
        "answered": 1,
        "follow_up": 1,
        "done": 1,
    }


@pytest.mark.proves("N6")
def test_extending_moves_the_end_for_everybody(desk: Desk) -> None:
    running = desk.snapshot()["session"]["id"]
    result = desk.ask(desk.mayor, "session.extend", session=running, minutes=15)
    assert result["data"]["session"]["closes"] == "2026-12-03T15:15:00.000Z"
    assert (at(desk, CLOSES + timedelta(minutes=14)) or {})["state"] == "open"
    desk.says(1, "in der Verlängerung")
    assert desk.conversation()["session"] == running
    assert desk.waiting() == []
    desk.ask(desk.mayor, "resolve", conversation=desk.conversation()["id"], outcome="answered")
    assert at(desk, CLOSES + timedelta(minutes=15)) is None


def test_a_draining_session_that_is_extended_opens_again(desk: Desk) -> None:
    desk.says(1)
    running = (at(desk, CLOSES + timedelta(minutes=4)) or {})["id"]
    result = desk.ask(desk.mayor, "session.extend", session=running, minutes=5)
    assert result["data"]["session"]["state"] == "open"
    assert result["data"]["session"]["closes"] == "2026-12-03T15:09:00.000Z"


@pytest.mark.parametrize("minutes", [0, -5, 61, 10**9])
def test_an_extension_has_bounds(desk: Desk, minutes: int) -> None:
    running = desk.snapshot()["session"]["id"]
    refused = desk.ask(desk.mayor, "session.extend", session=running, minutes=minutes)
    assert refused["error"]["code"] == "bad_minutes"


def test_what_is_over_or_not_begun_is_not_extended(desk: Desk) -> None:
    following = desk.snapshot()["next_session"]["id"]
    over = desk.snapshot()["session"]["id"]
    at(desk, CLOSES)
    for id, code in (
        (following, "session_not_running"),
        (over, "session_not_running"),
        ("0" * 32, "not_found"),
    ):
        assert desk.ask(desk.mayor, "session.extend", session=id, minutes=5)["error"]["code"] == code


def test_open_now_opens_this_minute_and_only_where_none_is_running(new_desk: Callable[..., Desk]) -> None:
    desk = new_desk("", Clock(MONDAY))
    result = desk.ask(desk.mayor, "session.open_now", line=desk.line.id, minutes=30)
    session = result["data"]["session"]
    assert (session["state"], session["opens"]) == ("open", "2026-11-30T14:00:00.000Z")
    desk.says(1, "spontan")
    assert desk.conversation()["session"] == session["id"]
    again = desk.ask(desk.mayor, "session.open_now", line=desk.line.id, minutes=30)
    assert (again["error"]["code"], again["status"]) == ("session_running", 409)
    assert (
        desk.ask(desk.mayor, "session.open_now", line="nirgends", minutes=5)["error"]["code"] == "not_found"
    )
    assert desk.ask(desk.mayor, "session.open_now", line=desk.line.id, minutes=481)["error"]["code"] in (
        "bad_minutes",
        "session_running",
    )
    assert desk.snapshot()["next_session"]["opens"] == "2026-12-03T14:00:00.000Z"


@pytest.mark.proves("KA-6")
def test_the_held_appear_at_the_opening_oldest_first(new_desk: Callable[..., Desk]) -> None:
    desk = new_desk('outside = "hold"', Clock(MONDAY))
    for number, minutes in ((1, 20), (2, 10), (3, 30)):
        desk.clock.now = MONDAY + timedelta(minutes=minutes)
        desk.says(number, f"Frage {number}")
    assert {one["lane"] for one in desk.snapshot()["conversations"]} == {"held"}
    heard = len(desk.told)
    running = at(desk, OPENS)
    assert running is not None
    assert running["counts"]["waiting"] == 3
    talks = sorted(desk.snapshot()["conversations"], key=lambda one: one["waiting_since"])
    assert [one["last_message"]["text"] for one in talks] == ["Frage 2", "Frage 1", "Frage 3"]
    assert {one["lane"] for one in talks} == {"waiting"}
    assert {one["session"] for one in talks} == {running["id"]}
    shown = [one.conversation for one in desk.told[heard:] if one.name == "conversation.updated"]
    assert shown == [one["id"] for one in talks]
    first = desk.ask(desk.mayor, "next")["data"]["conversation"]
    assert first["last_message"]["text"] == "Frage 2"


def test_who_was_finished_earlier_has_left_the_table_and_comes_back_by_writing(desk: Desk) -> None:
    desk.says(1, "fertig")
    desk.says(2, "offen geblieben")
    talks = {one["last_message"]["text"]: one["id"] for one in desk.snapshot()["conversations"]}
    desk.ask(desk.mayor, "resolve", conversation=talks["fertig"], outcome="answered")
    desk.ask(desk.mayor, "resolve", conversation=talks["offen geblieben"], outcome="carried_over")
    at(desk, CLOSES + timedelta(days=1))
    assert len(desk.snapshot()["conversations"]) == 2, "until the next opening"
    january = OPENS + timedelta(days=35)
    at(desk, january)
    (carried,) = desk.snapshot()["conversations"]
    assert (carried["id"], carried["lane"], carried["carried"]) == (talks["offen geblieben"], "waiting", True)
    desk.says(1, "wieder da")
    back = next(one for one in desk.snapshot()["conversations"] if one["id"] == talks["fertig"])
    assert (back["lane"], back["unread"]) == ("waiting", 1)
    assert [one["text"] for one in desk.messages(back["id"])] == ["fertig", "wieder da"]


@pytest.mark.proves("AC-22")
@pytest.mark.parametrize(
    ("until", "state"),
    [
        (MONDAY, "announced"),
        (OPENS - timedelta(minutes=5), "lobby"),
        (OPENS, "open"),
        (CLOSES, "draining"),
        (CLOSES + timedelta(days=2), "draining"),
    ],
)
def test_a_restart_finds_every_state(
    new_desk: Callable[..., Desk], database_url: str, tmp_path: Path, until: datetime, state: str
) -> None:
    desk = new_desk("", Clock(MONDAY))
    if state == "draining":
        at(desk, OPENS)
        desk.says(1)
    at(desk, until)
    assert states(desk)[1] == state
    again = Desk(database_url, tmp_path, "", Clock(until))
    assert states(again) == states(desk)
    again.close()


@pytest.mark.parametrize(
    ("back", "state"), [(OPENS + timedelta(minutes=5), "open"), (CLOSES + timedelta(days=3), "closed")]
)
def test_a_server_that_was_off_catches_up(new_desk: Callable[..., Desk], back: datetime, state: str) -> None:
    desk = new_desk("", Clock(MONDAY))
    at(desk, back)
    assert states(desk)[1] == state
    told = [one.data for one in desk.told if one.name == "session.updated" and '"number":1' in one.data]
    assert '"state":"open"' in told[0]
    assert len(told) == (1 if state == "open" else 2), "each move is told"


@pytest.mark.proves("F41")
def test_a_clock_that_jumps_opens_nothing_twice_and_loses_nobody(desk: Desk) -> None:
    desk.says(1, "Frage")
    for jump in (timedelta(hours=1), -timedelta(hours=2), timedelta(hours=1), -timedelta(seconds=1)):
        at(desk, desk.clock() + jump)
    assert len([one for one in desk.rows(HourSession) if one.number == 1]) == 1
    assert desk.conversation()["lane"] == "waiting"
    assert at(desk, OPENS + timedelta(minutes=10)) is not None
    desk.says(2, "danach")
    assert len(desk.snapshot()["conversations"]) == 2


MINUTE = timedelta(minutes=1)


@pytest.mark.proves("F41", "AC-8")
@pytest.mark.parametrize(
    ("before", "ahead", "back", "state"),
    [
        (OPENS + 10 * MINUTE, OPENS + 70 * MINUTE, OPENS + 11 * MINUTE, "open"),
        (OPENS - 30 * MINUTE, OPENS + 30 * MINUTE, OPENS - 29 * MINUTE, "announced"),
        (OPENS - 30 * MINUTE, OPENS + 30 * MINUTE, OPENS - 5 * MINUTE, "lobby"),
        (OPENS - timedelta(days=1), OPENS + timedelta(hours=2), OPENS - timedelta(hours=23), "announced"),
        (OPENS - timedelta(days=1), OPENS + timedelta(days=300), OPENS - timedelta(hours=23), "announced"),
        (OPENS - timedelta(days=1), OPENS + timedelta(days=300), OPENS + MINUTE, "open"),
    ],
)
def test_what_a_clock_that_was_ahead_began_or_ended_is_as_it_should_be(
    new_desk: Callable[..., Desk], before: datetime, ahead: datetime, back: datetime, state: str
) -> None:
    desk = new_desk("", Clock(before))
    at(desk, ahead)
    at(desk, back)
    coming = sorted(desk.rows(HourSession), key=lambda row: row.opens)
    assert [(row.number, row.state) for row in coming][:2] == [(1, state), (2, "announced")]
    desk.says(1, "Frage")
    assert bool(desk.snapshot()["conversations"]) is (state != "announced"), "the gate says the same"
    at(desk, OPENS + 30 * MINUTE)
    assert states(desk)[1] == "open"
    at(desk, CLOSES + MINUTE)
    assert states(desk)[1] == ("draining" if state != "announced" else "closed")


@pytest.mark.proves("F41", "N6")
def test_what_people_began_or_ended_early_no_clock_takes_back(new_desk: Callable[..., Desk]) -> None:
    desk = new_desk("", Clock(OPENS - 8 * MINUTE))
    running = desk.ask(desk.mayor, "session.open_now", line=desk.line.id, minutes=30)["data"]["session"]["id"]
    assert (at(desk, desk.clock() - MINUTE) or {})["state"] == "open"
    desk.clock.now = OPENS + 20 * MINUTE
    assert desk.ask(desk.mayor, "session.close", session=running)["ok"]
    assert at(desk, OPENS + 19 * MINUTE) is None
    assert states(desk)[1] == "closed"


@pytest.mark.proves("F41", "AC-60")
def test_a_clock_that_was_years_behind_leaves_numbers_and_people_alone(desk: Desk) -> None:
    desk.says(1, "offen geblieben")
    talk = desk.conversation()["id"]
    assert desk.ask(desk.mayor, "resolve", conversation=talk, outcome="carried_over")["ok"]
    at(desk, CLOSES + MINUTE)
    at(desk, datetime(2020, 1, 1, 12, tzinfo=OPENS.tzinfo))
    at(desk, CLOSES + timedelta(days=1))
    assert desk.snapshot()["sessions"] == []
    assert desk.conversation()["lane"] == "follow_up"
    assert desk.snapshot()["next_session"]["number"] == 2
    at(desk, OPENS + timedelta(days=35))
    assert desk.conversation()["lane"] == "waiting"


@pytest.mark.proves("AC-60")
def test_an_hour_that_nobody_held_takes_nobody_in(desk: Desk) -> None:
    desk.says(1, "offen geblieben")
    talk = desk.conversation()["id"]
    assert desk.ask(desk.mayor, "resolve", conversation=talk, outcome="carried_over")["ok"]
    at(desk, CLOSES)
    january = OPENS + timedelta(days=35)
    at(desk, january + timedelta(days=2))
    assert states(desk)[2] == "closed"
    assert desk.conversation()["lane"] == "follow_up"


def test_who_was_carried_over_stays_so_when_the_hour_is_made_longer(desk: Desk) -> None:
    desk.says(1, "für später")
    desk.says(2, "wartet")
    running = (at(desk, CLOSES + MINUTE) or {})["id"]
    later = desk.conversation_of("für später")
    assert desk.ask(desk.mayor, "resolve", conversation=later, outcome="carried_over")["ok"]
    assert desk.ask(desk.mayor, "session.extend", session=running, minutes=10)["ok"]
    assert {one["id"]: one["lane"] for one in desk.snapshot()["conversations"]}[later] == "follow_up"


@pytest.mark.proves("KA-2")
def test_an_hour_that_was_called_off_while_it_was_on_keeps_its_number(desk: Desk) -> None:
    running = desk.snapshot()["session"]["id"]
    cancelled = desk.ask(desk.mayor, "session.cancel", session=running, reason="Wasserschaden", confirm=True)
    assert cancelled["ok"]
    assert desk.snapshot()["next_session"]["number"] == 2


@pytest.mark.proves("AC-33")
@pytest.mark.parametrize("how", ["cancelled", "nobody came"])
def test_that_nobody_is_there_is_not_said_of_an_hour_that_is_over(
    new_desk: Callable[..., Desk], how: str
) -> None:
    desk = new_desk("", Clock(OPENS - MINUTE))
    (one,) = [row for row in desk.rows(HourSession) if row.state == "lobby"]
    desk.write(rollcall.call, desk.schedule, one.id, here=False, console="x", now=desk.clock())
    assert [row.code for row in desk.rows(Notice)] == ["unattended"]
    if how == "cancelled":
        desk.ask(desk.mayor, "session.cancel", session=one.id, reason="krank", confirm=True)
    else:
        at(desk, CLOSES)
    assert desk.rows(Notice) == []


@pytest.mark.proves("AC-54")
def test_of_an_hour_that_was_called_off_meanwhile_nothing_is_missing(new_desk: Callable[..., Desk]) -> None:
    desk = new_desk("", Clock(OPENS - 30 * MINUTE))
    following = desk.snapshot()["next_session"]["id"]
    desk.ask(desk.mayor, "session.cancel", session=following, reason="krank", confirm=True)
    found = [Finding("token", "red", "Der Zugang ist abgelaufen.")]
    opens = ms(OPENS)
    assert not desk.write(preflight.settle, desk.schedule, following, opens, found, now=desk.clock())
    assert desk.rows(Notice) == []


def test_a_tick_without_news_writes_nothing(desk: Desk) -> None:
    before = (desk.snapshot()["seq"], len(desk.told))
    for _ in range(5):
        desk.clock.forward(seconds=1)
        desk.tick()
    assert (desk.snapshot()["seq"], len(desk.told)) == before
