"""Ranges of one line that share a minute are refused (AC-5); ranges that touch are one, and fine."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from functools import lru_cache
from itertools import combinations

from sessionhours.core.schedule_rules import ExceptionDate, HoursRule, SessionRule
from sessionhours.schedulefile_table import Table

PROBE_DAYS = 2 * 366  # in two years every combination of weekday and place in the month has come


def check_hours(rules: Sequence[tuple[Table, HoursRule]]) -> None:
    """Opening hours of a week against each other, over midnight and over the end of the week too."""
    for (table, rule), (later_table, later) in combinations(rules, 2):
        if _weeks_overlap(rule, later):
            _report(table, later_table)


def check_sessions(rules: Sequence[tuple[Table, SessionRule]]) -> None:
    """Sessions of one kind against each other; a written-out date may stand in for a recurring session."""
    for (table, rule), (later_table, later) in combinations(rules, 2):
        if rule.kind == later.kind and (rule.on is None) == (later.on is None) and _meet(rule, later):
            _report(table, later_table)


def check_exceptions(exceptions: Sequence[tuple[Table, ExceptionDate]]) -> None:
    """One date is closed once, or has other hours that do not overlap."""
    for (table, exception), (later_table, later) in combinations(exceptions, 2):
        if exception.date != later.date:
            continue
        if exception.span is None or later.span is None:
            later_table.wrong("date", "date_twice", other=str(table.line()))
        elif exception.span.overlaps(later.span):
            _report(table, later_table)


def _weeks_overlap(rule: HoursRule, later: HoursRule) -> bool:
    return any(
        rule.span.overlaps(later.span, days_later=shift)
        for day in rule.days
        for shift in (-1, 0, 1)
        if (day + shift) % 7 in later.days
    )


def _meet(rule: SessionRule, later: SessionRule) -> bool:
    shifts = [shift for shift in (-1, 0, 1) if rule.span.overlaps(later.span, days_later=shift)]
    if not shifts:
        return False
    begin = _begin(rule, later)
    dates, later_dates = (
        set(each.dates(begin, begin + timedelta(days=PROBE_DAYS))) for each in (rule, later)
    )
    return any(day + timedelta(days=shift) in later_dates for day in dates for shift in shifts)


@lru_cache(maxsize=1024)
def _dates(rule: SessionRule, begin: date) -> frozenset[date]:
    return frozenset(rule.dates(begin, begin + timedelta(days=PROBE_DAYS)))


def _begin(rule: SessionRule, later: SessionRule) -> date:
    """From where both are looked at: the later of their starts, or the written-out date."""
    starts = [each.on or (each.recurrence and each.recurrence.starting) for each in (rule, later)]
    return max((start for start in starts if start), default=date(2026, 1, 1)) - timedelta(days=1)


def _report(table: Table, later: Table) -> None:
    later.wrong("from", "overlap", other=str(table.line()))
