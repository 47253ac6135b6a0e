"""When a line is open: dates, hours, exceptions, holidays, and what staff did on top."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta
from time import thread_time

import pytest

from sessionhours.core.schedule import INTAKE_KINDS, Change, Schedule
from tests.core.plans import (
    NOW,
    coming,
    dated,
    exception,
    hours_of,
    line,
    local,
    opening,
    plan,
    ruled,
    town,
    weekly,
)

LINE = "buergermeister"
MILLISECOND = timedelta(milliseconds=1)
FIRST_THURSDAY = plan(weekly("15:00-16:00", "first thursday"))


@pytest.mark.proves("KA-1", "AC-1")
@pytest.mark.parametrize(
    "rule", [weekly("15:00-16:00", "first thursday"), dated("2026-12-03", "15:00-16:00")]
)
def test_the_hour_opens_and_shuts_to_the_millisecond(rule: object) -> None:
    schedule = plan(rule)  # type: ignore[arg-type]
    [hour] = schedule.occurrences(NOW, 1)
    assert (hour.opens.isoformat(), hour.closes.isoformat()) == (
        "2026-12-03T14:00:00+00:00",
        "2026-12-03T15:00:00+00:00",
    )
    assert schedule.at(hour.opens - MILLISECOND, line=LINE) is None
    assert schedule.at(hour.opens, line=LINE) == hour
    assert schedule.at(hour.closes - MILLISECOND, line=LINE) == hour
    assert schedule.at(hour.closes, line=LINE) is None


@pytest.mark.proves("AC-1")
def test_instants_are_derived_from_wall_time() -> None:
    opens = {found.opens for found in FIRST_THURSDAY.occurrences(NOW, 6)}
    assert datetime(2026, 12, 3, 14, tzinfo=UTC) in opens
    assert datetime(2027, 4, 1, 13, tzinfo=UTC) in opens


@pytest.mark.proves("AC-2", "F43")
@pytest.mark.parametrize("day", ["2026-10-25", "2027-03-28", "2026-12-31", "2027-01-01"])
def test_windows_are_half_open_on_any_day(day: str) -> None:
    schedule = plan(dated(day, "15:00-16:00"))
    assert schedule.at(local(f"{day} 15:00"), line=LINE) is not None
    assert schedule.at(local(f"{day} 15:59:59.999"), line=LINE) is not None
    assert schedule.at(local(f"{day} 16:00"), line=LINE) is None
    assert schedule.next_after(local(f"{day} 15:00"), line=LINE) is None
    assert hours_of(schedule.next_after(local(f"{day} 14:59:59.999"), line=LINE)) == f"{day} 15:00-16:00"


@pytest.mark.proves("AC-3")
def test_one_millisecond_flips_it_however_often_it_was_asked() -> None:
    edge = local("2026-12-03 15:00")
    for _ in range(3):
        assert FIRST_THURSDAY.at(edge - MILLISECOND, line=LINE) is None
        assert FIRST_THURSDAY.at(edge, line=LINE) is not None


@pytest.mark.proves("AC-5")
def test_four_ranges_a_day_and_touching_ranges_are_one() -> None:
    hours = opening("thu", "08:00-10:00", "10:00-12:00", "13:00-14:00", "15:00-16:00", "17:30-18:15")
    assert coming(plan(hours=hours), 4) == [
        "2026-11-26 08:00-12:00",
        "2026-11-26 13:00-14:00",
        "2026-11-26 15:00-16:00",
        "2026-11-26 17:30-18:15",
    ]


@pytest.mark.proves("AC-5")
def test_a_session_on_a_closed_day_opens_and_leaves_nothing_to_clean_up() -> None:
    schedule = plan(
        dated("2026-12-24", "10:00-11:00"),
        hours=opening("mon-fri", "08:00-12:00"),
        exceptions=(exception("2026-12-24", reason="Heiligabend"), exception("2026-12-23")),
    )
    assert coming(schedule, 3, local("2026-12-22 12:00")) == [
        "2026-12-24 10:00-11:00",
        "2026-12-28 08:00-12:00",
        "2026-12-29 08:00-12:00",
    ]


def test_a_range_past_midnight_ends_next_day() -> None:
    schedule = plan(weekly("22:00-02:00", "friday"), region=None)
    window = schedule.at(local("2026-11-28 01:59"), line=LINE)
    assert window is not None
    assert (window.date.isoformat(), window.from_.hour, window.to.hour) == ("2026-11-27", 22, 2)
    assert schedule.at(local("2026-11-28 02:00"), line=LINE) is None
    assert schedule.occurrences(local("2026-11-28 01:00"), 1) == [window]


def test_round_the_clock_has_no_gap() -> None:
    schedule = plan(region=None, hours=opening("mon-sun", "00:00-24:00"))
    midnight = local("2026-11-28 00:00")
    before, after = (schedule.at(moment, line=LINE) for moment in (midnight - MILLISECOND, midnight))
    assert before is not None
    assert after is not None
    assert before.closes == after.opens == midnight


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        (ruled("15:00-16:00", "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=29"), "2028-02-29 15:00-16:00"),
        (dated("2055-06-01", "15:00-16:00"), "2055-06-01 15:00-16:00"),
        (ruled("15:00-16:00", "FREQ=YEARLY;INTERVAL=30", "2026-06-01"), "2056-06-01 15:00-16:00"),
    ],
)
def test_an_hour_is_found_however_far_away(rule: object, expected: str) -> None:
    assert hours_of(plan(rule, region=None).next_after(NOW, line=LINE)) == expected  # type: ignore[arg-type]


def test_a_rule_that_ended_never_comes_again() -> None:
    assert (
        plan(ruled("15:00-16:00", "FREQ=WEEKLY;BYDAY=TH;UNTIL=20200101")).next_after(NOW, line=LINE) is None
    )
    assert plan().occurrences(NOW, 10) == []


@pytest.mark.proves("AC-6")
def test_a_session_on_a_holiday_waits_for_a_decision() -> None:
    ascension = local("2027-05-06 15:00")
    assert FIRST_THURSDAY.at(ascension, line=LINE) is None
    assert (
        hours_of(FIRST_THURSDAY.next_after(local("2027-05-01 00:00"), line=LINE)) == "2027-06-03 15:00-16:00"
    )
    assert coming(FIRST_THURSDAY, 1, local("2027-05-01 00:00")) == ["2027-06-03 15:00-16:00"]
    [waiting] = FIRST_THURSDAY.occurrences(local("2027-05-01 00:00"), 1, undecided=True)
    assert (waiting.opens, waiting.needs_decision) == (ascension, "Christi Himmelfahrt")


@pytest.mark.proves("AC-6")
def test_an_exception_with_hours_keeps_it() -> None:
    rule = weekly("15:00-16:00", "first thursday", topic="Radwege")
    schedule = plan(rule, exceptions=(exception("2027-05-06", "10:00-11:00", "trotz Feiertag"),))
    [kept] = schedule.occurrences(local("2027-05-01 00:00"), 1)
    assert hours_of(kept) == "2027-05-06 10:00-11:00"
    assert (kept.needs_decision, kept.note, kept.topic) == (None, "trotz Feiertag", "Radwege")
    assert kept.key == "buergermeister/2027-05-06T15:00"


@pytest.mark.proves("AC-6")
def test_a_written_out_date_is_the_decision() -> None:
    schedule = plan(weekly("15:00-16:00", "first thursday"), dated("2027-05-06", "15:30-16:30"))
    assert coming(schedule, 1, local("2027-05-01 00:00"), undecided=True) == ["2027-05-06 15:30-16:30"]


def test_holidays_are_those_of_the_land() -> None:
    epiphany = plan(hours=opening("mon-fri", "08:00-12:00")), local("2027-01-05 13:00")
    assert coming(epiphany[0], 1, epiphany[1], undecided=True) == ["2027-01-07 08:00-12:00"]
    hesse = plan(hours=opening("mon-fri", "08:00-12:00"), region="HE")
    assert coming(hesse, 1, epiphany[1]) == ["2027-01-06 08:00-12:00"]


def test_other_hours_on_one_date() -> None:
    schedule = plan(
        hours=opening("mon-fri", "08:00-12:00", "14:00-16:00"),
        exceptions=(exception("2026-12-24", "08:00-10:00"), exception("2026-12-25", "10:00-11:00")),
    )
    assert coming(schedule, 3, local("2026-12-24 00:00")) == [
        "2026-12-24 08:00-10:00",
        "2026-12-25 10:00-11:00",
        "2026-12-28 08:00-12:00",
    ]


def test_in_person_is_announced_and_opens_no_intake() -> None:
    schedule = plan(dated("2026-12-01", "16:00-18:00", "in_person"), dated("2026-12-03", "15:00-16:00"))
    assert [found.kind for found in schedule.occurrences(NOW, 5)] == ["in_person", "whatsapp"]
    assert [found.kind for found in schedule.occurrences(NOW, 5, kinds=INTAKE_KINDS)] == ["whatsapp"]
    assert schedule.at(local("2026-12-01 17:00"), line=LINE) is None
    assert hours_of(schedule.next_after(NOW, line=LINE)) == "2026-12-03 15:00-16:00"


def test_a_session_within_opening_hours_is_the_session() -> None:
    schedule = plan(dated("2026-11-26", "10:00-11:00"), hours=opening("thu", "08:00-12:00"))
    kinds = [
        window.kind
        for at in ("09:59", "10:00", "10:59", "11:00")
        if (window := schedule.at(local(f"2026-11-26 {at}"), line=LINE))
    ]
    assert kinds == ["hours", "whatsapp", "whatsapp", "hours"]


def test_lines_are_told_apart_and_merged() -> None:
    lines = (line(dated("2026-12-03", "15:00-16:00")), line(dated("2026-12-02", "15:00-16:00"), id="amt"))
    schedule = Schedule(town(), lines)
    assert [found.line for found in schedule.occurrences(NOW, 5)] == ["amt", "buergermeister"]
    assert [found.line for found in schedule.occurrences(NOW, 5, line=LINE)] == ["buergermeister"]
    assert schedule.at(local("2026-12-02 15:30"), line=LINE) is None
    assert schedule.by_phone_number_id("200000000000002") is schedule.lines[0]
    assert schedule.by_phone_number_id("1") is None
    with pytest.raises(LookupError, match="nobody"):
        schedule.at(NOW, line="nobody")


def test_each_window_has_a_key_of_its_own() -> None:
    schedule = plan(
        dated("2026-12-03", "15:00-16:00"),
        dated("2026-12-03", "15:00-16:00", "in_person"),
        hours=opening("thu", "15:00-17:00"),
    )
    on_the_day = schedule.occurrences(local("2026-12-03 00:00"), 3)
    assert sorted((found.kind, found.key) for found in on_the_day) == [
        ("hours", "buergermeister/2026-12-03T15:00#3"),
        ("in_person", "buergermeister/2026-12-03T15:00#2"),
        ("whatsapp", "buergermeister/2026-12-03T15:00"),
    ]


@pytest.mark.proves("F42")
@pytest.mark.parametrize("year", [1, 1970, 2200, 9999])
def test_an_absurd_instant_is_outside_and_breaks_nothing(year: int) -> None:
    absurd = datetime(year, 6, 1, tzinfo=UTC)
    assert FIRST_THURSDAY.at(absurd, line=LINE) is None
    assert FIRST_THURSDAY.next_after(absurd, line=LINE) is None
    assert bool(FIRST_THURSDAY.occurrences(absurd, 1)) == (year < 2000)


KEY = "buergermeister/2026-12-03T15:00"


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (Change(LINE, KEY, cancelled=True), ["2027-01-07 15:00-16:00"]),
        (Change(LINE, KEY, closes=local("2026-12-03 16:15")), ["2026-12-03 15:00-16:15"]),
        (
            Change(LINE, KEY, opens=local("2026-12-10 17:00"), closes=local("2026-12-10 18:00")),
            ["2026-12-10 17:00-18:00"],
        ),
        (
            Change(LINE, opens=local("2026-11-22 09:30"), closes=local("2026-11-22 10:00")),
            ["2026-11-22 09:30-10:00"],
        ),
        (Change("nobody", opens=NOW, closes=NOW + timedelta(hours=1)), ["2026-12-03 15:00-16:00"]),
    ],
    ids=["cancelled", "extended", "moved", "extra", "line gone"],
)
def test_what_staff_did_is_one_schedule_with_the_file(change: Change, expected: list[str]) -> None:
    schedule = FIRST_THURSDAY.with_changes([change])
    assert coming(schedule, 1) == expected
    [first] = schedule.occurrences(NOW, 1)
    assert schedule.at(first.opens, line=LINE) == first
    assert schedule.next_after(first.opens - MILLISECOND, line=LINE) == first
    assert coming(FIRST_THURSDAY, 1) == ["2026-12-03 15:00-16:00"]


def test_a_confirmed_holiday_opens() -> None:
    key = "buergermeister/2027-05-06T15:00"
    schedule = FIRST_THURSDAY.with_changes([Change(LINE, key, confirmed=True)])
    window = schedule.at(local("2027-05-06 15:30"), line=LINE)
    assert window is not None
    assert (window.key, window.needs_decision) == (key, None)


def test_a_moved_window_keeps_its_key_and_leaves_its_old_place() -> None:
    moved = Change(LINE, KEY, opens=local("2026-12-10 17:00"), closes=local("2026-12-10 18:00"))
    schedule = FIRST_THURSDAY.with_changes([moved])
    assert [found.key for found in schedule.occurrences(NOW, 2)] == [KEY, "buergermeister/2027-01-07T15:00"]
    assert schedule.at(local("2026-12-03 15:30"), line=LINE) is None


def test_later_changes_hold_and_add_up() -> None:
    schedule = FIRST_THURSDAY.with_changes(
        [
            Change(LINE, KEY, opens=local("2026-12-03 14:00"), closes=local("2026-12-03 15:00")),
            Change(LINE, KEY, closes=local("2026-12-03 15:30")),
        ]
    )
    assert coming(schedule, 1) == ["2026-12-03 14:00-15:30"]
    again = schedule.with_changes([Change(LINE, KEY, cancelled=True)])
    assert coming(again, 1) == ["2027-01-07 15:00-16:00"]


def test_an_extra_window_never_takes_the_key_of_another() -> None:
    extra = Change(LINE, opens=local("2026-12-03 15:00"), closes=local("2026-12-03 15:20"), kind="in_person")
    schedule = FIRST_THURSDAY.with_changes([extra, extra])
    assert [found.key for found in schedule.occurrences(NOW, 3)] == [f"{KEY}+", f"{KEY}++", KEY]
    with pytest.raises(ValueError, match="needs opens"):
        FIRST_THURSDAY.with_changes([Change(LINE)])


def test_an_extra_window_that_runs_for_days_is_still_found() -> None:
    extra = Change(LINE, opens=local("2026-11-10 08:00"), closes=local("2026-11-30 08:00"))
    schedule = plan().with_changes([extra])
    assert [found.key for found in schedule.occurrences(NOW, 3)] == ["buergermeister/2026-11-10T08:00+"]
    assert schedule.at(NOW, line=LINE) is not None


def test_asking_again_is_quick() -> None:
    """The intake asks for every message: 2 µs is the aim, 20 leave room for a loaded machine."""
    schedule = plan(hours=opening("mon-fri", "08:00-12:00", "14:00-16:00"))
    best = min(_seconds_for(schedule, 1000) for _ in range(20))
    assert best / 1000 < 20e-6


def _seconds_for(schedule: Schedule, times: int) -> float:
    begin = thread_time()
    for _ in range(times):
        schedule.at(NOW, line=LINE)
    return thread_time() - begin


def test_threads_share_a_schedule() -> None:
    schedule = plan(hours=opening("mon-sun", "08:00-12:00", "14:00-16:00"), region=None)
    moments = [NOW + timedelta(hours=step) for step in range(0, 24 * 400, 7)]
    alone = [hours_of(schedule.at(moment, line=LINE)) for moment in moments]
    shared = plan(hours=opening("mon-sun", "08:00-12:00", "14:00-16:00"), region=None)
    answers: list[list[str | None]] = []

    def ask() -> None:
        answers.append([hours_of(shared.at(moment, line=LINE)) for moment in moments])

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert answers == [alone] * 4
