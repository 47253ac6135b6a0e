"""Laws of every schedule, over random ones."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from sessionhours.core.every import parse_every, parse_rrule
from sessionhours.core.schedule import (
    INTAKE_KINDS,
    Change,
    ExceptionDate,
    HoursRule,
    Kind,
    Occurrence,
    Schedule,
    SessionRule,
    WallSpan,
)
from sessionhours.core.schedule_rules import DAY
from tests.core.plans import BERLIN, line, town

LINE = "buergermeister"
DATES = st.dates(date(2026, 1, 1), date(2027, 12, 31))
CLOCK_CHANGES = st.sampled_from(
    [date(2026, 10, 25), date(2027, 3, 28), date(2026, 3, 29), date(2027, 10, 31)]
)
MOMENTS = st.datetimes(
    datetime(2026, 1, 1), datetime(2027, 12, 31), timezones=st.just(UTC)
)  # fmt: skip


@st.composite
def spans(draw: st.DrawFn) -> WallSpan:
    begin = draw(st.integers(0, 95)) * 15
    return WallSpan(begin, begin + draw(st.integers(1, 95)) * 15)


@st.composite
def session_rules(draw: st.DrawFn) -> SessionRule:
    kinds: list[Kind] = ["whatsapp", "whatsapp", "in_person"]
    kind = draw(st.sampled_from(kinds))
    words = st.sampled_from(
        ["first thursday", "sunday", "last friday", "jeden Montag", "zweiter und vierter Dienstag"]
    )
    rules = st.sampled_from(["FREQ=DAILY", "FREQ=MONTHLY;BYMONTHDAY=31", "FREQ=YEARLY;BYYEARDAY=100"])
    return draw(
        st.one_of(
            st.builds(SessionRule, spans(), on=DATES | CLOCK_CHANGES, kind=st.just(kind)),
            st.builds(SessionRule, spans(), recurrence=words.map(parse_every), kind=st.just(kind)),
            st.builds(SessionRule, spans(), recurrence=rules.map(parse_rrule), kind=st.just(kind)),
        )
    )


@st.composite
def changes(draw: st.DrawFn) -> Change:
    opens = draw(MOMENTS)
    closes = opens + timedelta(minutes=draw(st.integers(1, 5000)))
    return draw(st.sampled_from([Change(LINE, opens=opens, closes=closes)]))


@st.composite
def schedules(draw: st.DrawFn) -> Schedule:
    day_sets = st.frozensets(st.integers(0, 6), min_size=1)
    own = line(
        *draw(st.lists(session_rules(), max_size=4)),
        hours=tuple(draw(st.lists(st.builds(HoursRule, day_sets, spans()), max_size=3))),
        exceptions=tuple(draw(st.lists(st.builds(ExceptionDate, DATES | CLOCK_CHANGES), max_size=3))),
    )
    schedule = Schedule(town(region=draw(st.sampled_from(["BW", "BY", None]))), (own,))
    return schedule.with_changes(draw(st.lists(changes(), max_size=2)))


def intake(schedule: Schedule, from_: datetime, n: int) -> list[Occurrence]:
    found = schedule.occurrences(from_, n, line=LINE, kinds=INTAKE_KINDS)
    return [window for window in found if window.opens < window.closes]


@settings(max_examples=150)
@given(schedules(), MOMENTS)
@pytest.mark.proves("AC-2", "F39")
def test_occurrences_are_in_order_once_each_and_never_negative(schedule: Schedule, from_: datetime) -> None:
    found = schedule.occurrences(from_, 40, undecided=True)
    assert [window.opens for window in found] == sorted(window.opens for window in found)
    assert len({window.key for window in found}) == len(found)
    assert all(window.opens <= window.closes and window.closes > from_ for window in found)
    assert all(window.opens.tzinfo is UTC and window.closes.tzinfo is UTC for window in found)


@settings(max_examples=150)
@given(schedules(), MOMENTS, st.integers(0, 30))
@pytest.mark.proves("AC-8")
def test_at_and_next_after_agree_with_the_list(schedule: Schedule, from_: datetime, step: int) -> None:
    windows = intake(
        schedule, from_, 90
    )  # far more than are looked at: those that are open then are all there
    assume(windows)
    edge = windows[step % min(len(windows), 30)]
    for moment in (from_, edge.opens - timedelta(milliseconds=1), edge.opens, edge.closes):
        if moment < from_:
            continue
        held = [window for window in windows if window.opens <= moment < window.closes]
        assert (schedule.at(moment, line=LINE) in held) if held else schedule.at(moment, line=LINE) is None
        later = [window for window in intake(schedule, moment, 40) if window.opens > moment]
        assert schedule.next_after(moment, line=LINE) == (later[0] if later else None)


@settings(max_examples=100)
@given(schedules(), MOMENTS)
def test_what_was_asked_before_changes_no_answer(schedule: Schedule, moment: datetime) -> None:
    warm = [moment + timedelta(days=step) for step in (-40, 3, 0, 90, -1)]
    for other in warm:
        schedule.at(other, line=LINE)
    cold = Schedule(schedule.town, schedule.lines, overlay=schedule.overlay)
    assert schedule.at(moment, line=LINE) == cold.at(moment, line=LINE)
    assert schedule.next_after(moment, line=LINE) == cold.next_after(moment, line=LINE)


@settings(max_examples=100)
@given(schedules(), MOMENTS)
@pytest.mark.proves("AC-1")
def test_local_words_and_instants_say_the_same(schedule: Schedule, from_: datetime) -> None:
    for window in schedule.occurrences(from_, 20):
        if window.note is None and not window.key.endswith("+"):
            opens = window.opens.astimezone(BERLIN)
            assert (opens.date(), opens.time()) == (window.date, window.from_)
            assert window.closes.astimezone(BERLIN).time() == window.to


@settings(max_examples=100)
@given(schedules(), MOMENTS, st.integers(1, 20))
def test_a_shorter_list_is_the_beginning_of_a_longer_one(schedule: Schedule, from_: datetime, n: int) -> None:
    assert schedule.occurrences(from_, n) == schedule.occurrences(from_, n + 10)[:n]


def test_the_makers_reach_past_midnight() -> None:
    assert WallSpan(95 * 15, 95 * 15 + 95 * 15).to > DAY
