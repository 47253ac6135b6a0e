"""Series, exception dates and texts of staff lie over the file, and sessions follow at once (P4, P18)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from sessionhours.desk.sessions import announced
from sessionhours.store.tables import PlanEntry
from tests.desk.office import Desk
from tests.desk.planner import (
    DECEMBER,
    JANUARY,
    LINE,
    MONDAY,
    dates,
    done,
    edit,
    month,
    refused,
    row,
    session,
    standing,
    when,
)
from tests.makers import CLOSES, OPENS, Clock

HOURS = '[[line.hours]]\ndays = "mon-fri"\nfrom = "08:00"\nto = "12:00"'


@pytest.fixture
def desk(new_desk: Callable[..., Desk]) -> Desk:
    """Kappelrodeck's desk on the Monday before its hour."""
    return new_desk("", Clock(MONDAY))


@pytest.mark.proves("P4", "P18")
def test_a_series_has_its_sessions_at_once_and_ends_when_it_should(desk: Desk) -> None:
    made = done(desk, "series.add", line=LINE, every="Dienstag", from_="9:00", to="10:00", until="2026-12-22")
    tuesdays = [f"2026-12-{day} 09:00-10:00" for day in ("01", "08", "15", "22")]
    found = dates(desk, last="2027-01-31")
    assert [one for one in found if "09:00" in one] == tuesdays
    assert desk.snapshot()["next_session"]["opens"] == "2026-12-01T08:00:00.000Z"
    assert {one.origin for one in month(desk, "2026-12-08", "2026-12-08").sessions} == {"series"}
    ended = done(desk, "series.end", series=made["series"]["id"], until="2026-12-08")["series"]
    assert ended["until"] == "2026-12-08"
    assert [one for one in dates(desk) if "09:00" in one] == tuesdays[:2]


def test_a_series_that_has_not_begun_is_removed_whole(desk: Desk) -> None:
    made = done(
        desk, "series.add", line=LINE, every="tuesday", from_="9:00", to="10:00", starting="2026-12-08"
    )["series"]
    assert done(desk, "series.end", series=made["id"]) == {"series": None}
    assert desk.rows(PlanEntry) == []
    assert [one for one in dates(desk) if "09:00" in one] == []
    assert refused(desk, "series.end", series=made["id"])["code"] == "not_found"


@pytest.mark.parametrize("kind", ["whatsapp", "in_person"])
@pytest.mark.proves("AC-12", "AC-61")
def test_whoever_ends_a_series_is_asked_about_tomorrow_and_its_dates_are_told_as_cancelled(
    desk: Desk, kind: str
) -> None:
    weekly = {"every": "dienstag", "from_": "17:00", "to": "18:00", "starting": "2026-12-15", "kind": kind}
    id = done(desk, "series.add", line=LINE, **weekly)["series"]["id"]
    third = row(desk, f"{LINE}/2026-12-29T17:00")
    assert (third.state, third.kind, third.revision) == ("announced", kind, 0)
    desk.clock.now += timedelta(days=14, hours=8)
    desk.tick()
    assert refused(desk, "series.end", series=id)["code"] == "confirm"
    done(desk, "series.end", series=id, confirm=True)
    assert dates(desk, "2026-12-15", kind=kind) == [
        one for one in dates(desk, "2026-12-15") if kind == "whatsapp"
    ]
    for day in ("15", "22", "29"):
        gone = announced(row(desk, f"{LINE}/2026-12-{day}T17:00"))
        assert (gone.state, gone.revision, gone.is_a_slip) == ("cancelled", 1, False)


def test_a_series_that_has_begun_ends_now_and_may_not_go_on_later(desk: Desk) -> None:
    made = done(desk, "series.add", line=LINE, every="tuesday", from_="9:00", to="10:00")["series"]
    desk.clock.forward(days=2)
    desk.tick()
    assert done(desk, "series.end", series=made["id"])["series"]["until"] == "2026-12-01"
    assert [one for one in dates(desk) if "09:00" in one] == ["2026-12-01 09:00-10:00"]
    assert refused(desk, "series.end", series=made["id"], until="2026-12-31")["code"] == "too_late"


def test_a_series_may_go_on_longer_where_nothing_stands_in_its_way(desk: Desk) -> None:
    made = done(
        desk, "series.add", line=LINE, every="thursday", from_="15:30", to="17:00",
        starting="2026-12-10", until="2026-12-31",
    )["series"]  # fmt: skip
    longer = refused(desk, "series.end", series=made["id"], until="2027-01-31")
    assert longer["message"].endswith("am Donnerstag, 7. Januar 2027, 15–16 Uhr.")
    assert done(desk, "series.end", series=made["id"], until="2027-01-06")["series"]["until"] == "2027-01-06"


@pytest.mark.proves("P18")
def test_one_date_of_a_series_is_moved_and_stays_so_when_the_series_ends(desk: Desk) -> None:
    made = done(desk, "series.add", line=LINE, every="tuesday", from_="9:00", to="10:00")["series"]
    key = f"{LINE}/2026-12-15T09:00"
    done(desk, "session.move", session=key, date="2026-12-16", from_="9:00", to="10:00")
    done(desk, "series.end", series=made["id"], until="2026-12-08")
    assert [one for one in dates(desk) if "09:00" in one] == [
        "2026-12-01 09:00-10:00",
        "2026-12-08 09:00-10:00",
        "2026-12-16 09:00-10:00",
    ]
    assert month(desk, "2026-12-01", "2026-12-31").conflicts == (), "staff contradict nobody but the file"
    assert done(desk, "session.restore", session=key)["session"]["state"] == "cancelled"


def test_every_second_week_counts_from_its_first_day(desk: Desk) -> None:
    done(
        desk, "series.add", line=LINE, every="alle 2 Wochen am Mittwoch", from_="9:00", to="10:00",
        starting="2026-12-09", until="2027-01-10",
    )  # fmt: skip
    assert [one for one in dates(desk) if "09:00" in one] == [
        "2026-12-09 09:00-10:00",
        "2026-12-23 09:00-10:00",
    ]
    epiphany = month(desk, "2027-01-06", "2027-01-06").sessions
    assert [one.needs_decision for one in epiphany] == ["Heilige Drei Könige"]


def test_todays_hour_that_has_begun_is_not_part_of_a_new_series(desk: Desk) -> None:
    done(desk, "series.add", line=LINE, every="monday", from_="14:30", to="15:30")
    assert desk.snapshot()["session"] is None
    assert dates(desk, last="2026-12-08") == ["2026-12-03 15:00-16:00", "2026-12-07 14:30-15:30"]


@pytest.mark.proves("P4")
def test_a_closed_day_calls_its_session_off_and_gives_it_back(desk: Desk) -> None:
    before = row(desk, JANUARY)
    made = done(desk, "exception.add", line=LINE, date="2027-01-07", reason="Betriebsausflug")["exception"]
    gone = row(desk, JANUARY)
    assert (gone.state, gone.reason, gone.revision) == ("cancelled", "Betriebsausflug", before.revision + 1)
    assert "2027-01-07 15:00-16:00" not in dates(desk)
    (shown,) = month(desk, "2027-01-07", "2027-01-07").sessions
    assert (shown.state, shown.session and shown.session.reason) == ("cancelled", "Betriebsausflug")
    assert refused(desk, "exception.add", line=LINE, date="2027-01-07")["code"] == "exists"
    done(desk, "exception.remove", exception=made["id"])
    back = row(desk, JANUARY)
    assert (back.id, back.state, back.reason, back.revision) == (before.id, "announced", "", 2)
    assert "2027-01-07 15:00-16:00" in dates(desk)


def test_other_hours_move_the_session_of_that_day(desk: Desk) -> None:
    done(desk, "exception.add", line=LINE, date="2027-01-07", from_="17:00", to="18:00", reason="Fest")
    moved = row(desk, JANUARY)
    assert (when(moved), moved.revision) == ("2027-01-07 17:00-18:00", 1)
    assert moved.moved_from is not None
    assert {one.origin for one in month(desk, "2027-01-07", "2027-01-07").sessions} == {"exception"}


def test_far_ahead_a_session_with_a_row_follows_too(desk: Desk) -> None:
    far = f"{LINE}/2027-04-01T15:00"
    done(desk, "session.publish", session=far, channel="presse", date=None)
    done(desk, "exception.add", line=LINE, date="2027-04-01", from_="17:00", to="18:00")
    assert when(row(desk, far)) == "2027-04-01 17:00-18:00"


def test_far_ahead_a_session_that_the_file_moves_stays_the_same_one(desk: Desk, tmp_path: Path) -> None:
    far = f"{LINE}/2027-04-01T15:00"
    before = done(desk, "session.publish", session=far, channel="presse", date="2027-03-25")["session"]
    edit(desk, tmp_path, session("first thursday", "17:00-18:00"))
    moved = row(desk, before["id"])
    assert (moved.state, moved.occurrence) == ("announced", f"{LINE}/2027-04-01T17:00")
    assert (when(moved), moved.uid, moved.published) == (
        "2027-04-01 17:00-18:00",
        far,
        '{"presse":"2027-03-25"}',
    )
    edit(desk, tmp_path, session("2026-12-03"))
    assert row(desk, before["id"]).state == "cancelled"


@pytest.mark.proves("AC-6")
def test_an_exception_with_hours_keeps_an_hour_on_a_holiday(desk: Desk) -> None:
    done(desk, "exception.add", line=LINE, date="2027-05-06", from_="10:00", to="11:00", reason="trotzdem")
    assert dates(desk, "2027-05-06", "2027-05-06") == ["2027-05-06 10:00-11:00"]


def test_other_hours_may_not_lie_on_a_session_that_was_planned(desk: Desk) -> None:
    done(desk, "session.add", line=LINE, date="2027-01-07", from_="17:30", to="18:30")
    error = refused(desk, "exception.add", line=LINE, date="2027-01-07", from_="17:00", to="18:00")
    assert error["code"] == "overlap"


def test_opening_hours_close_and_open_by_exception(new_desk: Callable[..., Desk]) -> None:
    desk = new_desk(HOURS, Clock(MONDAY))
    done(desk, "exception.add", line=LINE, date="2026-12-02", reason="Personalversammlung")
    done(desk, "exception.add", line=LINE, date="2026-12-05", from_="09:00", to="11:00", reason="Advent")
    days = month(desk, "2026-12-01", "2026-12-06").hours
    shown = {one.date.day: ([f"{a:%H:%M}-{b:%H:%M}" for a, b in one.spans], one.reason) for one in days}
    assert shown == {
        1: (["08:00-12:00"], ""),
        2: ([], "Personalversammlung"),
        3: (["08:00-12:00"], ""),
        4: (["08:00-12:00"], ""),
        5: (["09:00-11:00"], "Advent"),
    }
    holidays = month(desk, "2026-12-24", "2026-12-26").hours
    assert [(one.date.day, one.spans != (), one.reason) for one in holidays] == [
        (24, True, ""),
        (25, False, "Erster Weihnachtstag"),
    ]


def test_a_day_on_which_it_runs_is_not_closed_from_afar(new_desk: Callable[..., Desk]) -> None:
    desk = new_desk()
    assert refused(desk, "exception.add", line=LINE, date="2026-12-03")["code"] == "session_running"


def test_a_text_of_staff_is_said_until_it_is_taken_back(desk: Desk) -> None:
    def said() -> str | None:
        return standing(desk).line(LINE).texts.get("outside")

    done(desk, "texts", line=LINE, key="outside", text="  Bis {next_session}!  ")
    assert said() == "Bis {next_session}!"
    assert desk.told[-1].name == "schedule.changed"
    done(desk, "texts", line=LINE, key="outside", text="Kommen Sie am {next_session}.")
    assert said() == "Kommen Sie am {next_session}."
    desk.says(1, "Hallo?")
    assert [one.text for one in desk.waiting()] == ["Kommen Sie am Donnerstag, 3. Dezember 2026, 15–16 Uhr."]
    done(desk, "texts", line=LINE, key="outside_en", text="See you.")
    done(desk, "texts", line=LINE, key="outside", text=" ")
    assert said() is None
    assert [one.key for one in desk.rows(PlanEntry)] == ["outside_en"]
    done(desk, "texts", line=LINE, key="outside", text="")


def test_a_text_that_another_wrote_meanwhile_is_not_written_over_unseen(desk: Desk) -> None:
    told = {"line": LINE, "key": "greeting"}
    done(desk, "texts", **told, text="Von Rita.\n112")
    error = refused(desk, "texts", **told, text="Von Max.", before="Willkommen!")
    assert (error["code"], error["text"]) == ("stale", "Von Rita.\n112")
    assert refused(desk, "texts", **told, text="", before="Willkommen!")["code"] == "stale"
    done(desk, "texts", **told, text="Von Max.", before="Von Rita.\r\n112\n")
    assert standing(desk).line(LINE).texts["greeting"] == "Von Max."


@pytest.mark.proves("N5", "AC-26")
def test_a_day_whose_hour_has_been_keeps_it(desk: Desk) -> None:
    desk.clock.now = CLOSES + timedelta(minutes=5)
    desk.tick()
    error = refused(desk, "exception.add", line=LINE, date="2026-12-03", reason="Brückentag", confirm=True)
    assert error["code"] == "session_closed"
    assert "hat schon eine Sprechstunde begonnen" in error["message"]


@pytest.mark.proves("F46")
def test_an_exception_is_not_taken_back_while_its_hour_is_on(desk: Desk) -> None:
    fields = {"from_": "15:00", "to": "18:00", "reason": "Bürgerfest", "confirm": True}
    made = done(desk, "exception.add", line=LINE, date="2026-12-03", **fields)["exception"]
    desk.clock.now = OPENS + timedelta(minutes=90)
    desk.tick()
    assert refused(desk, "exception.remove", exception=made["id"])["code"] == "session_running"
    desk.tick()
    assert when(row(desk, DECEMBER)) == "2026-12-03 15:00-18:00"


@pytest.mark.proves("N22")
def test_what_was_said_of_the_old_start_is_not_said_of_the_new(desk: Desk) -> None:
    done(desk, "session.late", session=row(desk, DECEMBER).id, minutes=20)
    fields = {"from_": "17:00", "to": "18:00", "reason": "Bürgerfest", "confirm": True}
    done(desk, "exception.add", line=LINE, date="2026-12-03", **fields)
    assert when(row(desk, DECEMBER)) == "2026-12-03 17:00-18:00"
    assert row(desk, DECEMBER).late_until is None
