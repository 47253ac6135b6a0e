"""Both clock changes, and any time zone of the server."""

from __future__ import annotations

import os
import subprocess
import sys
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from sessionhours.core.schedule import Change
from sessionhours.core.schedule_time import oddity, window
from tests.core.plans import BERLIN, dated, hours_of, local, opening, plan, ruled, span, weekly

LINE = "buergermeister"
AUTUMN, SPRING = "2026-10-25", "2027-03-28"

VECTORS = [
    # day, wall clock, opens and closes in UTC; what does not exist falls out of a window
    (AUTUMN, "00:00-24:00", "2026-10-24T22:00", "2026-10-25T23:00"),
    (AUTUMN, "00:00-02:00", "2026-10-24T22:00", "2026-10-25T01:00"),
    (AUTUMN, "00:30-01:30", "2026-10-24T22:30", "2026-10-24T23:30"),
    (AUTUMN, "01:00-04:00", "2026-10-24T23:00", "2026-10-25T03:00"),
    (AUTUMN, "01:30-02:30", "2026-10-24T23:30", "2026-10-25T01:30"),
    (AUTUMN, "02:00-03:00", "2026-10-25T00:00", "2026-10-25T02:00"),
    (AUTUMN, "02:15-02:45", "2026-10-25T00:15", "2026-10-25T01:45"),
    (AUTUMN, "02:59-03:00", "2026-10-25T00:59", "2026-10-25T02:00"),
    (AUTUMN, "03:00-04:00", "2026-10-25T02:00", "2026-10-25T03:00"),
    (AUTUMN, "15:00-16:00", "2026-10-25T14:00", "2026-10-25T15:00"),
    (AUTUMN, "23:00-01:00", "2026-10-25T22:00", "2026-10-26T00:00"),
    ("2026-10-24", "22:00-02:30", "2026-10-24T20:00", "2026-10-25T01:30"),
    ("2026-10-24", "23:00-03:00", "2026-10-24T21:00", "2026-10-25T02:00"),
    (SPRING, "00:00-24:00", "2027-03-27T23:00", "2027-03-28T22:00"),
    (SPRING, "00:00-02:00", "2027-03-27T23:00", "2027-03-28T01:00"),
    (SPRING, "01:00-02:30", "2027-03-28T00:00", "2027-03-28T01:00"),
    (SPRING, "01:00-04:00", "2027-03-28T00:00", "2027-03-28T02:00"),
    (SPRING, "01:59-03:01", "2027-03-28T00:59", "2027-03-28T01:01"),
    (SPRING, "02:00-03:00", "2027-03-28T01:00", "2027-03-28T01:00"),
    (SPRING, "02:15-02:45", "2027-03-28T01:00", "2027-03-28T01:00"),
    (SPRING, "02:30-03:15", "2027-03-28T01:00", "2027-03-28T01:15"),
    (SPRING, "02:30-04:00", "2027-03-28T01:00", "2027-03-28T02:00"),
    (SPRING, "03:00-04:00", "2027-03-28T01:00", "2027-03-28T02:00"),
    (SPRING, "15:00-16:00", "2027-03-28T13:00", "2027-03-28T14:00"),
    ("2027-03-27", "22:00-02:30", "2027-03-27T21:00", "2027-03-28T01:00"),
    ("2027-03-27", "23:00-03:00", "2027-03-27T22:00", "2027-03-28T01:00"),
    ("2026-12-31", "22:00-02:00", "2026-12-31T21:00", "2027-01-01T01:00"),
]


@pytest.mark.proves("F38", "F39", "F40", "AC-2")
@pytest.mark.parametrize(("day", "hours", "opens", "closes"), VECTORS)
def test_a_window_goes_from_the_first_start_to_the_last_end(
    day: str, hours: str, opens: str, closes: str
) -> None:
    expected = tuple(datetime.fromisoformat(moment).replace(tzinfo=UTC) for moment in (opens, closes))
    assert window(date.fromisoformat(day), span(hours), BERLIN) == expected
    assert _by_the_clock(day, hours) == (expected[1] - expected[0]) / timedelta(minutes=1)


def _by_the_clock(day: str, hours: str) -> int:
    """Walk through the real minutes: from the first that shows the start to the last that shows the end."""
    wall = span(hours)
    midnight = datetime.fromisoformat(day)
    begin = midnight.replace(tzinfo=UTC) - timedelta(hours=3)
    shows = [
        _minutes((begin + timedelta(minutes=step)).astimezone(BERLIN).replace(tzinfo=None) - midnight)
        for step in range(3 * 24 * 60)
    ]
    first = next(step for step, minute in enumerate(shows) if minute >= wall.from_)
    last = max(step for step, minute in enumerate(shows) if minute <= wall.to)
    return max(0, last + (shows[last] < wall.to) - first)


def _minutes(since: timedelta) -> int:
    return since // timedelta(minutes=1)


@pytest.mark.proves("F38")
def test_hours_across_the_autumn_change_are_longer_in_real_time() -> None:
    schedule = plan(dated(AUTUMN, "01:00-04:00"))
    [night] = schedule.occurrences(local("2026-10-24 12:00"), 1)
    assert night.closes - night.opens == timedelta(hours=4)
    for fold in (0, 1):
        assert schedule.at(local(f"{AUTUMN} 02:30", fold=fold), line=LINE) == night


@pytest.mark.proves("F38", "F39", "AC-7")
@pytest.mark.parametrize(
    ("day", "hours", "note"),
    [
        (AUTUMN, "02:00-03:00", "02:00 Uhr gibt es am 25.10.2026 zweimal"),
        (AUTUMN, "01:00-02:30", "02:30 Uhr gibt es am 25.10.2026 zweimal"),
        (SPRING, "01:00-02:30", "02:30 Uhr gibt es am 28.03.2027 nicht"),
        (SPRING, "02:30-04:00", "02:30 Uhr gibt es am 28.03.2027 nicht"),
        (SPRING, "02:15-02:45", "diese Sprechzeit gibt es am 28.03.2027 nicht"),
        (SPRING, "02:00-03:00", "diese Sprechzeit gibt es am 28.03.2027 nicht"),
    ],
)
def test_a_recurrence_on_the_missing_or_doubled_hour_is_noted_and_waits(
    day: str, hours: str, note: str
) -> None:
    schedule = plan(weekly(hours, "sunday"), region=None)
    begin = local(f"{day} 00:00")
    [found] = schedule.occurrences(begin, 1, undecided=True)
    assert (found.needs_decision, found.note) == ("Zeitumstellung", note)
    assert hours_of(schedule.occurrences(begin, 1)[0]) == f"{_week_later(day)} {hours}"
    assert schedule.at(found.opens, line=LINE) is None


def _week_later(day: str) -> str:
    return (date.fromisoformat(day) + timedelta(days=7)).isoformat()


@pytest.mark.proves("F39")
def test_a_confirmed_window_that_does_not_exist_still_never_opens() -> None:
    schedule = plan(weekly("02:15-02:45", "sunday"), region=None)
    [found] = schedule.occurrences(local(f"{SPRING} 00:00"), 1, undecided=True)
    confirmed = schedule.with_changes([Change(LINE, found.key, confirmed=True)])
    assert found.opens == found.closes
    assert confirmed.at(found.opens, line=LINE) is None
    following = confirmed.next_after(found.opens - timedelta(hours=1), line=LINE)
    assert hours_of(following) == "2027-04-04 02:15-02:45"


def test_opening_hours_around_the_change_need_no_decision() -> None:
    schedule = plan(region=None, hours=opening("mon-sun", "00:00-24:00"))
    lengths = {
        found.date.isoformat(): (found.closes - found.opens) // timedelta(hours=1)
        for found in schedule.occurrences(local("2026-10-24 00:00"), 200)
    }
    assert (lengths["2026-10-24"], lengths[AUTUMN], lengths[SPRING]) == (24, 25, 23)


def test_odd_times_are_told_apart() -> None:
    minutes = {hour: oddity(date.fromisoformat(SPRING), hour * 60, BERLIN) for hour in (1, 2, 3)}
    assert minutes == {1: None, 2: "missing", 3: None}
    minutes = {hour: oddity(date.fromisoformat(AUTUMN), hour * 60, BERLIN) for hour in (1, 2, 3)}
    assert minutes == {1: None, 2: "twice", 3: None}


@pytest.mark.proves("AC-1")
def test_a_daily_hour_never_slips() -> None:
    schedule = plan(ruled("17:30-18:15", "FREQ=DAILY"), region=None)
    shown = {hours_of(found)[11:] for found in schedule.occurrences(local("2026-01-01 00:00"), 800)}  # type: ignore[index]
    assert shown == {"17:30-18:15"}


ROOT = Path(__file__).parents[2]
SAY = """
import time
from datetime import UTC, datetime
from sessionhours.config import load_schedule
schedule = load_schedule("schedule.toml")
begin = datetime(2026, 9, 1, tzinfo=UTC)
for found in schedule.occurrences(begin, 24, undecided=True):
    print(found.opens.isoformat(), found.closes.isoformat(), found.date, found.needs_decision)
at = datetime(2026, 12, 3, 14, 30, tzinfo=UTC)
print(schedule.at(at, line="buergermeister").key, schedule.next_after(at, line="buergermeister").key)
print(time.strftime("%Z") != "", time.timezone)
"""


@pytest.mark.proves("AC-4", "F40")
def test_the_servers_own_time_zone_changes_nothing() -> None:
    zones = ("UTC", "America/New_York", "Asia/Tokyo", "Europe/Berlin")
    said = {zone: _say_in(zone).splitlines() for zone in zones}
    assert len({tuple(lines[:-1]) for lines in said.values()}) == 1
    assert len({lines[-1] for lines in said.values()}) == len(zones)
    assert "2026-12-03T14:00:00+00:00 2026-12-03T15:00:00+00:00 2026-12-03 None" in said["Asia/Tokyo"]


def _say_in(zone: str) -> str:
    environment = {**os.environ, "TZ": zone}
    done = subprocess.run(
        [sys.executable, "-c", SAY], cwd=ROOT, env=environment, capture_output=True, text=True, check=True
    )
    return done.stdout
