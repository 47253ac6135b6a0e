"""Single sessions are planned by command: added, moved, cancelled, decided on, published (P18, AC-6, AC-61)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from sessionhours.store.tables import HourSession, Outcome
from tests.desk.office import Desk
from tests.desk.planner import (
    DECEMBER,
    JANUARY,
    LINE,
    MAY,
    MONDAY,
    dates,
    done,
    month,
    plan,
    refused,
    row,
    when,
)
from tests.makers import OPENS, Clock


@pytest.fixture
def desk(new_desk: Callable[..., Desk]) -> Desk:
    """Kappelrodeck's desk on the Monday before its hour."""
    return new_desk("", Clock(MONDAY))


def numbers(desk: Desk) -> dict[str, int]:
    rows = sorted(desk.rows(HourSession), key=lambda one: one.opens)
    return {when(one)[:10]: one.number for one in rows if one.state == "announced"}


@pytest.mark.proves("P4", "P18", "KA-2")
def test_an_added_session_is_one_of_the_plan_and_those_after_it_count_on(desk: Desk) -> None:
    made = done(desk, "session.add", line=LINE, date="2026-12-10", from_="17:30", to="18:15", topic="Bauen")
    assert made["session"]["state"] == "announced"
    assert (made["session"]["title"], made["session"]["topic"]) == ("WhatsApp-Bürgersprechstunde", "Bauen")
    assert dates(desk, last="2027-01-31") == [
        "2026-12-03 15:00-16:00",
        "2026-12-10 17:30-18:15",
        "2027-01-07 15:00-16:00",
    ]
    assert numbers(desk) == {"2026-12-03": 1, "2026-12-10": 2, "2027-01-07": 3}
    assert desk.told[-1].name == "schedule.changed"
    desk.clock.now = OPENS + timedelta(days=7, hours=2, minutes=30)
    desk.tick()
    assert desk.snapshot()["session"]["id"] == made["session"]["id"]


@pytest.mark.proves("KA-2")
def test_an_hour_in_the_town_hall_is_planned_beside_it_and_opens_no_intake(desk: Desk) -> None:
    done(desk, "session.add", line=LINE, date="2026-12-03", from_="15:30", to="17:00", kind="in_person")
    assert dates(desk, last="2026-12-31", kind="in_person") == ["2026-12-03 15:30-17:00"]
    assert dates(desk, last="2026-12-31") == ["2026-12-03 15:00-16:00"], "another kind may lie beside it"
    assert numbers(desk) == {"2026-12-03": 0, "2027-01-07": 2}
    desk.clock.now = OPENS + timedelta(hours=1, minutes=30)
    desk.tick()
    assert desk.snapshot()["session"] is None
    desk.says(1, "Ist jemand da?")
    assert desk.snapshot()["conversations"] == []


@pytest.mark.proves("P18")
def test_one_date_is_moved_and_the_rest_stay(desk: Desk) -> None:
    before = row(desk, JANUARY)
    moved = done(desk, "session.move", session=JANUARY, date="2027-01-08", from_="9:00", to="10:30")[
        "session"
    ]
    assert dates(desk, last="2027-02-28") == [
        "2026-12-03 15:00-16:00",
        "2027-01-08 09:00-10:30",
        "2027-02-04 15:00-16:00",
    ]
    assert (moved["id"], moved["revision"]) == (before.id, before.revision + 1)
    assert moved["moved_from"] == "2027-01-07T14:00:00.000Z"
    assert moved["last_call_at"] == "2027-01-08T09:20:00.000Z"
    back = done(desk, "session.move", session=moved["id"], date="2027-01-07", from_="15:00", to="16:00")
    assert (back["session"]["moved_from"], back["session"]["revision"]) == (None, before.revision + 2)


def test_moved_twice_it_remembers_the_start_that_was_announced_first(desk: Desk) -> None:
    for day, to in (("2027-01-08", "16:00"), ("2027-01-09", "16:00"), ("2027-01-09", "17:00")):
        moved = done(desk, "session.move", session=JANUARY, date=day, from_="15:00", to=to)
        assert moved["session"]["moved_from"] == "2027-01-07T14:00:00.000Z"


def test_a_date_far_ahead_gets_its_row_when_somebody_touches_it(desk: Desk) -> None:
    key = f"{LINE}/2027-03-04T15:00"
    done(desk, "session.move", session=key, date="2027-03-05", from_="15:00", to="16:00")
    assert when(row(desk, key)) == "2027-03-05 15:00-16:00"
    assert "2027-03-04 15:00-16:00" not in dates(desk)


def test_moving_it_to_where_it_is_changes_nothing(desk: Desk) -> None:
    before = dict(row(desk, JANUARY))
    done(desk, "session.move", session=JANUARY, date="2027-01-07", from_="15:00", to="16:00")
    assert dict(row(desk, JANUARY)) == before


def test_a_session_moved_weeks_ahead_of_its_date_does_not_come_twice(desk: Desk) -> None:
    """What was in the file's place must not come back once the moved one is long over."""
    done(desk, "session.move", session=JANUARY, date="2026-12-08", from_="15:00", to="16:00")
    desk.clock.now = OPENS + timedelta(days=5)
    desk.tick()
    desk.clock.now = OPENS + timedelta(days=35)
    desk.tick()
    assert row(desk, JANUARY).state == "closed"
    assert desk.snapshot()["session"] is None


@pytest.mark.proves("P18")
def test_one_is_cancelled_with_a_reason_and_a_replacement(desk: Desk) -> None:
    gone = done(
        desk,
        "session.cancel",
        session=JANUARY,
        reason="  Fortbildung. ",
        date="2027-01-14",
        from_="16:00",
        to="17:00",
    )["session"]
    assert (gone["state"], gone["reason"]) == ("cancelled", "Fortbildung.")
    instead = row(desk, gone["replaced_by"])
    assert (when(instead), instead.title) == ("2027-01-14 16:00-17:00", "WhatsApp-Bürgersprechstunde")
    assert dates(desk, last="2027-01-31") == ["2026-12-03 15:00-16:00", "2027-01-14 16:00-17:00"]
    assert numbers(desk) == {"2026-12-03": 1, "2027-01-14": 2}


def test_a_replacement_that_is_impossible_cancels_nothing(desk: Desk) -> None:
    error = refused(
        desk, "session.cancel", session=JANUARY, reason="x", date="2027-02-04", from_="15:30", to="17:00"
    )
    assert error["code"] == "overlap"
    missing = refused(desk, "session.cancel", session=JANUARY, reason="x", date="2027-02-05", from_="15:30")
    assert missing["message"] == "to: fehlt für den Ersatztermin."


def test_who_waits_in_a_cancelled_hour_is_carried_over_and_hears_it_once(
    new_desk: Callable[..., Desk],
) -> None:
    desk = new_desk()
    running = desk.snapshot()["session"]["id"]
    for number in (1, 2):
        desk.says(number, f"Frage {number}")
    answered = desk.conversation_of("Frage 1")
    desk.ask(desk.mayor, "reply", conversation=answered, text="Ja", seen=10**6)
    desk.send()
    assert refused(desk, "session.cancel", session=running, reason="Feueralarm.")["code"] == "confirm"
    done(desk, "session.cancel", session=running, reason="Feueralarm.", confirm=True)
    texts = [one.text for one in desk.waiting() if one.auto == "cancelled"]
    assert len(texts) == 1
    assert "Der Grund: Feueralarm. Nächster Termin: Donnerstag, 7. Januar 2027, 15–16 Uhr." in texts[0]
    outcomes = {one.conversation == answered: one.outcome for one in desk.rows(Outcome)}
    assert outcomes == {True: "answered", False: "carried_over"}
    assert desk.snapshot()["session"] is None
    desk.clock.now = OPENS + timedelta(days=35)
    desk.tick()
    assert [(one["lane"], one["carried"]) for one in desk.snapshot()["conversations"]] == [("waiting", True)]


@pytest.mark.proves("N22")
def test_cancelled_restored_and_cancelled_again_each_is_told(new_desk: Callable[..., Desk]) -> None:
    desk = new_desk("", Clock(OPENS - timedelta(minutes=8)))
    desk.says(1, "früh da")
    desk.ask(desk.mayor, "session.deputy", session=row(desk, DECEMBER).id, name="Jörg Beyer")
    desk.says(1, "bin noch da")
    keys = ["lobby", "deputy"]
    assert [one.auto for one in desk.waiting()] == keys, "a deputy does not make the lobby's text new"
    for _ in range(2):
        done(desk, "session.cancel", session=DECEMBER, reason="Krank", confirm=True)
        done(desk, "session.restore", session=DECEMBER, confirm=True)
        desk.clock.forward(minutes=1)
        desk.says(1, "doch?")
        desk.says(1, "hallo?")
        keys += ["cancelled", "lobby"]
        assert [one.auto for one in desk.waiting()] == keys


def test_an_hour_that_was_opened_early_and_cancelled_begins_anew_once_it_is_restored(
    new_desk: Callable[..., Desk],
) -> None:
    desk = new_desk("", Clock(OPENS - timedelta(minutes=8)))
    desk.says(1, "früh da")
    assert desk.ask(desk.mayor, "session.open_now", line=LINE, minutes=30)["ok"]
    done(desk, "session.cancel", session=DECEMBER, reason="Feueralarm", confirm=True)
    done(desk, "session.restore", session=DECEMBER, confirm=True)
    desk.clock.now = OPENS
    desk.tick()
    (one,) = desk.snapshot()["conversations"]
    assert (one["lane"], one["carried"], one["session"]) == ("waiting", True, row(desk, DECEMBER).id)


@pytest.mark.proves("AC-6")
def test_an_hour_on_a_holiday_waits_until_somebody_keeps_it(desk: Desk) -> None:
    def may() -> list[Any]:
        return [
            (one.state, one.origin, one.needs_decision, sorted(one.possible))
            for one in month(desk, "2027-05-06", "2027-05-06").sessions
        ]

    assert may() == [
        (
            "undecided",
            "file",
            "Christi Himmelfahrt",
            ["session.cancel", "session.confirm", "session.move"],
        )
    ]
    assert dates(desk, "2027-05-06", "2027-05-06") == []
    kept = done(desk, "session.confirm", line=LINE, date="2027-05-06")["session"]
    assert (kept["state"], kept["moved_from"]) == ("announced", None)
    assert dates(desk, "2027-05-06", "2027-05-06") == ["2027-05-06 15:00-16:00"]
    assert [one[:2] for one in may()] == [("announced", "confirmed")]
    assert refused(desk, "session.confirm", line=LINE, date="2027-05-06")["code"] == "nothing_waits"
    done(desk, "session.restore", session=kept["id"])
    assert dates(desk, "2027-05-06", "2027-05-06") == []
    assert [one[:2] for one in may()] == [("undecided", "file")]
    assert done(desk, "session.confirm", line=LINE, date="2027-05-06")["session"]["id"] == kept["id"]
    assert dates(desk, "2027-05-06", "2027-05-06") == ["2027-05-06 15:00-16:00"]


@pytest.mark.proves("AC-6")
def test_an_undecided_hour_can_be_called_off_or_held_on_another_day(desk: Desk) -> None:
    moved = done(desk, "session.move", session=MAY, date="2027-05-07", from_="15:00", to="16:00")["session"]
    assert moved["moved_from"] is None, "nobody was told of the sixth"
    done(desk, "session.restore", session=moved["id"])
    done(desk, "session.cancel", session=MAY, reason="Feiertag")
    assert dates(desk, "2027-05-01", "2027-05-31") == []
    assert refused(desk, "session.confirm", line=LINE, date="2027-05-06")["code"] == "nothing_waits"


@pytest.mark.proves("AC-61")
@pytest.mark.parametrize(("hours", "asked"), [(23.9, True), (24, False), (24.1, False), (1, True)], ids=str)
def test_under_a_day_before_the_start_a_change_is_asked_about_twice(
    new_desk: Callable[..., Desk], hours: float, asked: bool
) -> None:
    desk = new_desk("", Clock(OPENS - timedelta(hours=hours)))
    data: dict[str, Any] = {"session": DECEMBER, "date": "2026-12-05", "from_": "15:00", "to": "16:00"}
    if asked:
        error = refused(desk, "session.move", **data)
        assert (error["code"], error["session"]["opens"]) == ("confirm", "2026-12-03T14:00:00.000Z")
        assert "Do., 3. Dezember, 15:00 Uhr" in error["message"]
        assert refused(desk, "session.cancel", session=DECEMBER, reason="Krank")["code"] == "confirm"
        done(desk, "session.move", **data, confirm=True)
    else:
        done(desk, "session.move", **data)
    assert "2026-12-05 15:00-16:00" in dates(desk)


@pytest.mark.proves("AC-61")
def test_what_would_fall_away_with_a_series_or_a_closed_day_is_asked_about_too(desk: Desk) -> None:
    made = done(desk, "series.add", line=LINE, every="tuesday", from_="9:00", to="10:00")["series"]
    soon = {"line": LINE, "date": "2026-12-01", "reason": "Stromausfall"}
    assert refused(desk, "exception.add", **soon)["code"] == "confirm"
    assert refused(desk, "series.end", series=made["id"])["code"] == "confirm"
    done(desk, "exception.add", **soon, confirm=True)
    gone = row(desk, f"{LINE}/2026-12-01T09:00")
    assert (gone.state, gone.reason, gone.changed) == ("cancelled", "Stromausfall", False)


def test_a_change_on_an_old_page_is_refused_with_the_session_as_it_is(desk: Desk) -> None:
    seen = row(desk, JANUARY).revision
    done(desk, "session.move", session=JANUARY, date="2027-01-08", from_="15:00", to="16:00", revision=seen)
    error = refused(
        desk, "session.move", session=JANUARY, date="2027-01-09", from_="15:00", to="16:00", revision=seen
    )
    assert (error["code"], error["session"]["opens"]) == ("stale", "2027-01-08T14:00:00.000Z")
    assert error["message"] == "Diese Sprechstunde wurde inzwischen geändert."
    assert refused(desk, "session.cancel", session=JANUARY, reason="x", revision=seen)["code"] == "stale"
    assert refused(desk, "session.restore", session=JANUARY, revision=seen)["code"] == "stale"


def test_the_same_command_again_does_nothing_twice(desk: Desk) -> None:
    id = "00000000-0000-4000-8000-000000000001"
    data = {"line": LINE, "date": "2026-12-10", "from": "15:00", "to": "16:00"}
    once = desk.ask(desk.mayor, "session.add", id, **data)
    assert desk.ask(desk.mayor, "session.add", id, **data) == once
    assert len([one for one in desk.rows(HourSession) if when(one).startswith("2026-12-10")]) == 1
    refused_once = desk.ask(desk.mayor, "session.add", "00000000-0000-4000-8000-000000000002", **data)
    assert refused_once["error"]["code"] == "overlap"


def test_where_it_was_announced_is_ticked_off_and_taken_back(desk: Desk) -> None:
    far = f"{LINE}/2027-02-04T15:00"
    done(desk, "session.publish", session=far, channel="presse", date="2027-01-28")
    done(desk, "session.publish", session=far, channel="amtsblatt", date="2027-01-29")
    published = row(desk, far).published
    assert published == '{"amtsblatt":"2027-01-29","presse":"2027-01-28"}'
    assert (row(desk, far).revision, row(desk, far).changed) == (0, False)
    done(desk, "session.publish", session=far, channel="presse", date=None)
    assert row(desk, far).published == '{"amtsblatt":"2027-01-29"}'
    assert refused(desk, "session.publish", session=far, channel="radio", date=None)["message"].startswith(
        "channel"
    )
    late = refused(desk, "session.publish", session=far, channel="mail", date="2027-02-05")
    assert late["message"] == "date: Dieser Tag liegt nach dem Termin."


def test_added_and_taken_back_it_is_gone_and_people_who_knew_are_told(desk: Desk) -> None:
    made = done(desk, "session.add", line=LINE, date="2026-12-10", from_="15:00", to="16:00")["session"]
    gone = done(desk, "session.restore", session=made["id"])["session"]
    assert (gone["state"], gone["revision"]) == ("cancelled", 1)
    assert month(desk, "2026-12-10", "2026-12-10").sessions == ()
    again = done(desk, "session.add", line=LINE, date="2026-12-10", from_="15:00", to="16:00")["session"]
    assert row(desk, again["id"]).uid != row(desk, made["id"]).uid, "a calendar's name is never used again"
    assert refused(desk, "session.restore", session=made["id"])["code"] == "unchanged"


def test_moved_or_cancelled_it_is_as_the_file_says_again(desk: Desk) -> None:
    done(desk, "session.move", session=JANUARY, date="2027-01-08", from_="15:00", to="16:00")
    back = done(desk, "session.restore", session=JANUARY)["session"]
    assert (back["opens"], back["moved_from"], back["revision"]) == ("2027-01-07T14:00:00.000Z", None, 2)
    done(desk, "session.cancel", session=JANUARY, reason="Krank")
    back = done(desk, "session.restore", session=JANUARY)["session"]
    assert (back["state"], back["reason"], row(desk, JANUARY).changed) == ("announced", "", False)
    assert refused(desk, "session.restore", session=JANUARY)["code"] == "unchanged"


def test_back_to_the_file_is_refused_where_something_else_was_planned_meanwhile(desk: Desk) -> None:
    done(desk, "session.move", session=JANUARY, date="2027-01-08", from_="15:00", to="16:00")
    done(desk, "session.add", line=LINE, date="2027-01-07", from_="15:30", to="16:30")
    assert refused(desk, "session.restore", session=JANUARY)["code"] == "overlap"


def test_what_runs_or_is_over_is_neither_moved_nor_restored(new_desk: Callable[..., Desk]) -> None:
    desk = new_desk()
    to = {"date": "2026-12-11", "from_": "15:00", "to": "16:00"}
    running = refused(desk, "session.move", session=DECEMBER, **to)
    assert (running["code"], "verlängern" in running["message"]) == ("session_running", True)
    assert refused(desk, "session.restore", session=DECEMBER)["code"] == "session_running"
    desk.ask(desk.mayor, "session.close", session=row(desk, DECEMBER).id)
    for name, data in (("session.move", to), ("session.cancel", {"reason": "x"})):
        over = refused(desk, name, session=DECEMBER, **data)
        assert (over["code"], "neuen Termin" in over["message"]) == ("session_closed", True)
    done(desk, "session.cancel", session=JANUARY, reason="Krank")
    assert refused(desk, "session.cancel", session=JANUARY, reason="Krank")["code"] == "session_cancelled"
    assert refused(desk, "session.move", session=JANUARY, **to)["code"] == "session_cancelled"


def test_the_lobby_may_be_called_off_but_not_moved(new_desk: Callable[..., Desk]) -> None:
    desk = new_desk("", Clock(OPENS - timedelta(minutes=5)))
    to = {"date": "2026-12-11", "from_": "15:00", "to": "16:00"}
    error = refused(desk, "session.move", session=DECEMBER, **to, confirm=True)
    assert (error["code"], "Verspätung" in error["message"]) == ("session_running", True)
    desk.says(1, "Ich bin früh dran")
    assert (
        "Eine Person wartet schon" in refused(desk, "session.cancel", session=DECEMBER, reason="x")["message"]
    )
    done(desk, "session.cancel", session=DECEMBER, reason="Krank", confirm=True, **to)
    (talk,) = desk.snapshot()["conversations"]
    assert (talk["lane"], talk["outcome"]) == ("follow_up", "carried_over")
    (text,) = [one.text for one in desk.waiting() if one.auto == "cancelled"]
    assert "Freitag, 11. Dezember 2026, 15–16 Uhr" in text


def test_rights_are_those_of_the_table(desk: Desk) -> None:
    data = {"line": LINE, "date": "2026-12-10", "from": "15:00", "to": "16:00"}
    for role, ok in (("editor", True), ("assistant", False), ("specialist", False), ("privacy", False)):
        result = desk.ask(desk.agent(role, role), "session.add", **data)
        assert result["ok"] is ok, role
    assert (
        plan(desk, "session.add", line="nirgends", date="2026-12-11", from_="15:00", to="16:00")["status"]
        == 404
    )


def test_only_what_is_told_of_is_published(desk: Desk) -> None:
    over = refused(
        desk, "session.publish", session=f"{LINE}/2026-11-05T15:00", channel="presse", date="2026-11-01"
    )
    assert (over["code"], over["message"]) == ("session_closed", "session: Dieser Termin ist schon vorbei.")
    undecided = refused(desk, "session.publish", session=MAY, channel="presse", date="2026-11-30")
    assert undecided["code"] == "not_possible"
    assert "wartet noch auf eine Entscheidung" in undecided["message"]


def test_what_has_been_can_still_be_ticked_off(desk: Desk) -> None:
    desk.clock.now = OPENS + timedelta(days=1)
    desk.tick()
    done(desk, "session.publish", session=DECEMBER, channel="amtsblatt", date="2026-11-27")
    assert row(desk, DECEMBER).published == '{"amtsblatt":"2026-11-27"}'


@pytest.mark.proves("AC-61")
def test_of_an_hour_that_is_on_nobody_hears_that_it_will_begin(desk: Desk) -> None:
    desk.clock.now = OPENS + timedelta(minutes=20)
    desk.tick()
    asked = refused(desk, "session.cancel", session=DECEMBER, reason="Wasserschaden")
    assert asked["message"] == (
        "Die Sprechstunde am Do., 3. Dezember, 15:00 Uhr hat begonnen. Bitte die Änderung noch einmal bestätigen."
    )


def test_whoever_takes_back_a_cancellation_hears_of_the_date_in_its_place(desk: Desk) -> None:
    instead = {"date": "2026-12-10", "from_": "15:00", "to": "16:00"}
    done(desk, "session.cancel", session=JANUARY, reason="Urlaub", **instead)
    asked = refused(desk, "session.restore", session=JANUARY)
    assert asked["code"] == "confirm"
    assert asked["message"].startswith("Der Ersatztermin am Do., 10. Dezember, 15:00 Uhr bleibt stehen")
    done(desk, "session.restore", session=JANUARY, confirm=True)
    assert [one for one in dates(desk, last="2027-01-31") if "12-03" not in one] == [
        "2026-12-10 15:00-16:00",
        "2027-01-07 15:00-16:00",
    ]


@pytest.mark.proves("N22")
def test_a_deputy_stands_in_on_one_date(desk: Desk) -> None:
    hour = row(desk, JANUARY).id
    done(desk, "session.deputy", session=hour, name="Jörg Beyer")
    assert done(desk, "session.move", session=hour, date="2027-01-07", from_="16:00", to="17:00")["session"][
        "deputy"
    ]
    moved = done(desk, "session.move", session=hour, date="2027-01-14", from_="15:00", to="16:00")["session"]
    assert moved["deputy"] == ""
    done(desk, "session.deputy", session=hour, name="Ina Maier")
    assert done(desk, "session.restore", session=hour)["session"]["deputy"] == ""
