"""Which dates a rule falls on, from words in two languages and from RRULE."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta

import pytest
from dateutil.rrule import rrulestr
from hypothesis import given
from hypothesis import strategies as st

from sessionhours.core.every import NotUnderstood, parse_every, parse_rrule, parse_weekdays

DECEMBER = date(2026, 12, 1), date(2026, 12, 31)


@pytest.mark.parametrize(
    ("words", "days"),
    [
        ("thursday", [3, 10, 17, 24, 31]),
        ("Donnerstag", [3, 10, 17, 24, 31]),
        ("donnerstags", [3, 10, 17, 24, 31]),
        ("jeden Donnerstag", [3, 10, 17, 24, 31]),
        ("every thursday", [3, 10, 17, 24, 31]),
        ("every week on thursday", [3, 10, 17, 24, 31]),
        ("jede Woche am Donnerstag", [3, 10, 17, 24, 31]),
        ("monday and thursday", [3, 7, 10, 14, 17, 21, 24, 28, 31]),
        ("Montag, Mittwoch und Freitag", [2, 4, 7, 9, 11, 14, 16, 18, 21, 23, 25, 28, 30]),
        ("first thursday", [3]),
        ("First Thursday of the month", [3]),
        ("every first thursday", [3]),
        ("1. Donnerstag", [3]),
        ("erster Donnerstag", [3]),
        ("jeden ersten Donnerstag im Monat", [3]),
        ("am ersten Donnerstag des Monats", [3]),
        ("second and fourth tuesday", [8, 22]),
        ("zweiter und vierter Dienstag", [8, 22]),
        ("jeden zweiten und vierten Dienstag im Monat", [8, 22]),
        ("fifth thursday", [31]),
        ("last friday", [25]),
        ("letzter Freitag im Monat", [25]),
        ("first monday and third wednesday", [7, 16]),
        ("erster Sonnabend", [5]),
    ],
)
def test_words_in_both_languages(words: str, days: list[int]) -> None:
    assert [day.day for day in parse_every(words).dates(*DECEMBER)] == days


@pytest.mark.parametrize(
    "words",
    [
        "every 2 weeks on thursday",
        "alle 2 Wochen am Donnerstag",
        "alle zwei Wochen donnerstags",
        "every other thursday",
    ],
)
def test_every_other_week_counts_from_its_start(words: str) -> None:
    rule = parse_every(words, date(2026, 12, 10))
    assert [day.day for day in rule.dates(*DECEMBER)] == [10, 24]
    assert rule.dates(date(2036, 12, 1), date(2036, 12, 31)) == [date(2036, 12, 11), date(2036, 12, 25)]


@pytest.mark.parametrize(
    ("words", "code"),
    [
        ("every 2 weeks on thursday", "every_starting"),
        ("alle 60 Wochen am Donnerstag", "every_unknown"),
        ("jeden zweiten Donnerstag", "every_ambiguous"),
        ("every third thursday", "every_ambiguous"),
        ("monday and first thursday", "every_mixed"),
        ("first", "every_weekday"),
        ("", "every_weekday"),
        ("thirsday", "every_unknown"),
        ("first thursday at 15:00", "every_unknown"),
        ("every 2 weeks on first thursday", "every_mixed"),
    ],
)
def test_words_that_are_not_understood(words: str, code: str) -> None:
    with pytest.raises(NotUnderstood) as refused:
        parse_every(words)
    assert refused.value.code == code


@pytest.mark.parametrize(
    ("rule", "starting", "days"),
    [
        ("FREQ=MONTHLY;BYDAY=1TH", None, [3]),
        ("RRULE:FREQ=MONTHLY;BYDAY=-1FR", None, [25]),
        ("freq=weekly;byday=tu,th", None, [1, 3, 8, 10, 15, 17, 22, 24, 29, 31]),
        ("FREQ=DAILY;INTERVAL=10", "2026-11-29", [9, 19, 29]),
        ("FREQ=WEEKLY", "2026-12-09", [9, 16, 23, 30]),
        ("FREQ=MONTHLY", "2020-01-15", [15]),
        ("FREQ=YEARLY", "2020-12-24", [24]),
        ("FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1", None, [31]),
        ("FREQ=WEEKLY;BYDAY=TH;UNTIL=20261217T235959Z", None, [3, 10, 17]),
        ("FREQ=WEEKLY;BYDAY=TH;COUNT=2", "2026-12-01", [3, 10]),
        ("FREQ=WEEKLY;BYDAY=TH;COUNT=2", "2020-12-01", []),
        ("FREQ=WEEKLY;INTERVAL=2;BYDAY=SU;WKST=SU", "2026-12-01", [13, 27]),
    ],
)
def test_rules(rule: str, starting: str | None, days: list[int]) -> None:
    start = date.fromisoformat(starting) if starting else None
    assert [day.day for day in parse_rrule(rule, start).dates(*DECEMBER)] == days


@pytest.mark.parametrize(
    ("rule", "code"),
    [
        ("", "rrule_invalid"),
        ("every thursday", "rrule_invalid"),
        ("BYDAY=TH", "rrule_frequency"),
        ("FREQ=HOURLY", "rrule_frequency"),
        ("FREQ=SECONDLY;BYDAY=TH", "rrule_frequency"),
        ("FREQ=DAILY;BYHOUR=15", "rrule_part"),
        ("FREQ=DAILY;BYMINUTE=0", "rrule_part"),
        ("FREQ=DAILY;DTSTART=20260101", "rrule_part"),
        ("FREQ=DAILY;FREQ=WEEKLY", "rrule_invalid"),
        ("FREQ=WEEKLY;BYDAY=XX", "rrule_invalid"),
        ("FREQ=MONTHLY;BYDAY=1TH;BYMONTH=13", "rrule_never"),
        ("FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30", "rrule_never"),
        ("FREQ=WEEKLY;BYDAY=TH;INTERVAL=0", "rrule_invalid"),
        ("FREQ=WEEKLY;BYDAY=TH;INTERVAL=2", "rrule_starting"),
        ("FREQ=WEEKLY", "rrule_starting"),
        ("FREQ=WEEKLY;BYDAY=TH;COUNT=3", "rrule_starting"),
        ("FREQ=WEEKLY;BYDAY=TH;UNTIL=soon", "rrule_invalid"),
        ("FREQ=WEEKLY;BYDAY=TH;COUNT=3;UNTIL=20270101", "rrule_invalid"),
        ("FREQ=WEEKLY;BYDAY=TH;COUNT=99999999999999999999", "rrule_invalid"),
        ("FREQ=WEEKLY;BYDAY=TH\nEXDATE:20261203", "rrule_invalid"),
    ],
)
def test_rules_that_are_refused(rule: str, code: str) -> None:
    with pytest.raises(NotUnderstood) as refused:
        parse_rrule(rule)
    assert refused.value.code == code


RULES = st.one_of(
    st.builds("FREQ=DAILY;INTERVAL={}".format, st.integers(1, 40)),
    st.builds(
        "FREQ=WEEKLY;INTERVAL={};BYDAY={};WKST={}".format,
        st.integers(1, 6),
        st.sampled_from(["TH", "MO,SU", "SU", "TU,WE,SA"]),
        st.sampled_from(["MO", "SU"]),
    ),
    st.builds(
        "FREQ=MONTHLY;INTERVAL={};{}".format,
        st.integers(1, 14),
        st.sampled_from(["BYDAY=1TH", "BYDAY=-1FR", "BYMONTHDAY=31", "BYDAY=MO,FR;BYSETPOS=2", "BYDAY=5SU"]),
    ),
    st.builds(
        "FREQ=YEARLY;INTERVAL={};{}".format,
        st.integers(1, 5),
        st.sampled_from(
            [
                "BYMONTH=2;BYMONTHDAY=29",
                "BYDAY=20MO",
                "BYYEARDAY=366",
                "BYEASTER=0",
                "BYWEEKNO=1;BYDAY=MO",
                "BYWEEKNO=53;BYDAY=SU",
            ]
        ),
    ),
)
DAYS = st.dates(date(2015, 1, 1), date(2035, 12, 31))


@given(RULES, DAYS, DAYS, st.integers(0, 900))
def test_jumping_ahead_gives_what_counting_from_the_start_gives(
    rule: str, starting: date, first: date, days: int
) -> None:
    last = first + timedelta(days=days)
    begin, from_, until = (datetime.combine(day, time()) for day in (starting, first, last))
    counted = rrulestr(rule, dtstart=begin).between(from_, until, inc=True)
    assert _dates(rule, starting, first, last) == [moment.date() for moment in counted]


def _dates(rule: str, starting: date, first: date, last: date) -> list[date]:
    try:
        return parse_rrule(rule, starting).dates(first, last)
    except NotUnderstood as refused:
        if refused.code != "rrule_never":
            raise
        return []


@pytest.mark.parametrize(
    ("text", "days"),
    [
        ("mon-fri", [0, 1, 2, 3, 4]),
        ("Mo–Fr", [0, 1, 2, 3, 4]),
        ("Mo bis Fr", [0, 1, 2, 3, 4]),
        ("monday to friday", [0, 1, 2, 3, 4]),
        ("mon, wed, fri", [0, 2, 4]),
        ("Di und Do", [1, 3]),
        ("Montag-Mittwoch, Samstag", [0, 1, 2, 5]),
        ("fri-mon", [0, 4, 5, 6]),
        ("sonntag", [6]),
    ],
)
def test_weekdays(text: str, days: list[int]) -> None:
    assert sorted(parse_weekdays(text)) == days


@pytest.mark.parametrize("text", ["", "mon-", "-fri", "weekday", "mon-tue-wed", "1-5"])
def test_weekdays_that_are_none(text: str) -> None:
    with pytest.raises(NotUnderstood) as refused:
        parse_weekdays(text)
    assert refused.value.code == "days_unknown"
