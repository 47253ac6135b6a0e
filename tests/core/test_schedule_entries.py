"""What staff planned on top of the file: what it adds, what gives way to it, what was moved under it."""

from __future__ import annotations

from datetime import date

import pytest

from sessionhours.core.schedule import Change, Entry, Schedule
from sessionhours.core.schedule_entries import series
from sessionhours.core.schedule_overlay import heir
from tests.core.plans import coming, dated, exception, hours_of, line, local, plan, town, weekly

LINE = "buergermeister"


def entry(kind: str, key: str = "e", **data: str) -> Entry:
    return Entry(key, LINE, kind, key, {name.removesuffix("_"): value for name, value in data.items()})  # type: ignore[arg-type]


def recurring(every: str, from_: str, to: str, **more: str) -> Entry:
    return entry("series", every=every, from_=from_, to=to, **more)


def with_entries(schedule: Schedule, *entries: Entry) -> Schedule:
    return schedule.with_entries(entries)


def test_a_series_lies_beside_the_file_from_its_start_to_its_end() -> None:
    schedule = with_entries(
        plan(weekly("15:00-16:00", "first thursday")),
        recurring("tuesday", "09:00", "10:00", starting="2026-12-01", until="2026-12-08"),
    )
    assert coming(schedule, 4) == [
        "2026-12-01 09:00-10:00",
        "2026-12-03 15:00-16:00",
        "2026-12-08 09:00-10:00",
        "2027-01-07 15:00-16:00",
    ]


@pytest.mark.parametrize("own", [weekly("10:00-12:00", "thursday"), dated("2026-12-10", "12:30-13:30")])
def test_sessions_of_the_file_give_way_where_a_series_of_staff_lies(own: object) -> None:
    schedule = with_entries(plan(own), recurring("thursday", "11:00", "13:00"))  # type: ignore[arg-type]
    there = schedule.between(date(2026, 12, 7), date(2026, 12, 13))
    assert [hours_of(one) for one in there] == ["2026-12-10 11:00-13:00"]


def test_they_stand_where_they_only_touch_it_or_are_of_another_kind() -> None:
    file = plan(weekly("10:00-11:00", "thursday"), weekly("11:30-12:30", "thursday", kind="in_person"))
    schedule = with_entries(file, recurring("thursday", "11:00", "13:00"))
    there = schedule.between(date(2026, 12, 10), date(2026, 12, 10))
    assert [one.kind for one in there] == ["whatsapp", "whatsapp", "in_person"]


def test_over_midnight_they_give_way_too_and_on_an_exception_nothing_does() -> None:
    file = plan(weekly("00:30-02:00", "friday"), dated("2026-12-17", "23:00-23:30"))
    schedule = with_entries(
        file, recurring("thursday", "23:00", "01:00"), entry("exception", date="2026-12-17")
    )
    there = schedule.between(date(2026, 12, 10), date(2026, 12, 18))
    assert [hours_of(one) for one in there] == [
        "2026-12-10 23:00-01:00",
        "2026-12-17 23:00-23:30",
        "2026-12-18 00:30-02:00",
    ]


def test_on_one_date_the_exception_of_staff_holds() -> None:
    file = plan(weekly("15:00-16:00", "thursday"), exceptions=(exception("2026-12-10"),))
    schedule = with_entries(file, entry("exception", date="2026-12-10", from_="17:00", to="18:00"))
    assert coming(schedule, 3)[2] == "2026-12-10 17:00-18:00"


def test_what_staff_keep_of_a_contradiction_changes_no_line() -> None:
    file = plan(weekly("15:00-16:00", "thursday"))
    assert with_entries(file, entry("kept", "x")).lines == file.lines


@pytest.mark.parametrize(
    "data", [{"every": "x", "from_": "9:00", "to": "10:00"}, {"every": "monday", "from_": "9", "to": "10"}]
)
def test_a_series_that_cannot_be_read_is_a_value_error(data: dict[str, str]) -> None:
    with pytest.raises(ValueError, match=r"x|9"):
        series(recurring(**data).data)


def test_the_heir_of_a_window_is_what_the_file_has_there_now() -> None:
    own = line(weekly("17:00-18:00", "first thursday"))
    found = heir(town(), own, f"{LINE}/2026-12-03T15:00", "whatsapp")
    assert hours_of(found) == "2026-12-03 17:00-18:00"
    assert found is not None
    assert heir(town(), own, found.key, "whatsapp") is None, "it is still there itself"
    assert heir(town(), own, f"{LINE}/2026-12-03T15:00", "whatsapp", {found.key}) is None
    assert heir(town(), own, f"{LINE}/2026-12-03T15:00", "in_person") is None
    for staff in (f"{LINE}/2026-12-03T15:00+", f"{LINE}/now/1", f"{LINE}/2026-02-30T15:00", "", "x"):
        assert heir(town(), own, staff, "whatsapp") is None


def test_every_window_between_two_dates_also_those_that_wait() -> None:
    schedule = plan(weekly("15:00-16:00", "first thursday"))
    moved = Change(
        LINE, f"{LINE}/2027-04-01T15:00", opens=local("2027-05-20 15:00"), closes=local("2027-05-20 16:00")
    )
    found = schedule.with_changes([moved]).between(date(2027, 4, 1), date(2027, 5, 31))
    assert [(hours_of(one), one.needs_decision) for one in found] == [
        ("2027-05-06 15:00-16:00", "Christi Himmelfahrt"),
        ("2027-05-20 15:00-16:00", None),
    ]
