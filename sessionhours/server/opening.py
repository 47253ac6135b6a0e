"""Opening hours as the page lists them: the week, and the days that are different."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta

from sessionhours.core import words
from sessionhours.core.schedule import Line, WallSpan
from sessionhours.server.visit import Visit

#: How far ahead closed days are told.
EXCEPTIONS_AHEAD = timedelta(days=60)


def weekly_hours(visit: Visit, line: Line) -> tuple[tuple[str, str], ...]:
    """Opening hours by weekday, neighbours with the same hours as one row: ("Montag–Freitag", "8–12 Uhr")."""
    if not line.hours:
        return ()
    names = words.WEEKDAYS[visit.language]
    rows: list[tuple[int, int, tuple[WallSpan, ...]]] = []
    for day, spans in enumerate(line.week):
        if rows and rows[-1][2] == spans:
            rows[-1] = (rows[-1][0], day, spans)
        else:
            rows.append((day, day, spans))
    return tuple(
        (names[first] if first == last else f"{names[first]}–{names[last]}", _spans(visit, spans))
        for first, last, spans in rows
        if spans
    )


def closed_days(visit: Visit, line: Line) -> tuple[tuple[str, str], ...]:
    """Exception dates of the coming weeks, with what holds instead and why."""
    today = visit.words.local(visit.now).date()
    soon = sorted(on for on in line.exceptions_by_date if today <= on <= today + EXCEPTIONS_AHEAD)
    return tuple((words.day(on, visit.language), _instead(visit, line, on)) for on in soon)


def _instead(visit: Visit, line: Line, on: date) -> str:
    exceptions = line.exceptions_by_date[on]
    spans = tuple(exception.span for exception in exceptions if exception.span)
    reasons = dict.fromkeys(exception.reason for exception in exceptions if exception.reason)
    held = _spans(visit, spans) if spans else visit.words.text("dates.closed")
    return f"{held} ({', '.join(reasons)})" if reasons else held


def _spans(visit: Visit, spans: Sequence[WallSpan]) -> str:
    return visit.words.text("dates.and").join(_span(visit, span) for span in spans)


def _span(visit: Visit, span: WallSpan) -> str:
    day = datetime(2026, 1, 5, tzinfo=visit.town.timezone)  # any day without a clock change
    opens, closes = day + timedelta(minutes=span.from_), day + timedelta(minutes=span.to)
    return words.hours(opens, closes, visit.language)
