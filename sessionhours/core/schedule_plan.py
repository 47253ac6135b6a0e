"""What the file alone says: a line's rules, exception dates and public holidays expanded into occurrences."""

from __future__ import annotations

from collections.abc import Container, Iterator
from dataclasses import replace
from datetime import date, timedelta
from functools import lru_cache
from itertools import zip_longest

from holidays.countries.germany import Germany

from sessionhours.core.schedule_rules import (
    KINDS,
    ExceptionDate,
    Kind,
    Line,
    Occurrence,
    SessionRule,
    Town,
    WallSpan,
)
from sessionhours.core.schedule_time import oddity, window

LAENDER = (
    *("BW", "BY", "BE", "BB", "HB", "HH", "HE", "MV"),
    *("NI", "NW", "RP", "SL", "SN", "ST", "SH", "TH"),
)
_CLOCK_CHANGE = {"de": "Zeitumstellung", "en": "clock change"}
_NOTES = {
    "de": {
        "missing": "{time} Uhr gibt es am {date} nicht",
        "twice": "{time} Uhr gibt es am {date} zweimal",
        "empty": "diese Sprechzeit gibt es am {date} nicht",
    },
    "en": {
        "missing": "{time} does not exist on {date}",
        "twice": "{time} comes twice on {date}",
        "empty": "this window does not exist on {date}",
    },
}


def standing(
    town: Town, line: Line, first: date, last: date, kinds: Container[str] = KINDS
) -> list[Occurrence]:
    """Every occurrence of ``line`` that begins on a local date in ``first``..``last``, in order of opening.

    Written-out dates stand whatever else the file has: they are the decision. Exceptions replace what recurs.
    A recurring session on a public holiday or on a clock change needs a decision; opening hours close on
    holidays.
    """
    found = [
        *_written_out(town, line, first, last),
        *_recurring(town, line, first, last, kinds),
        *_excepted(town, line, first, last),
        *(_opening_hours(town, line, first, last) if "hours" in kinds else ()),
    ]
    return [found for found in _distinct(sorted(found, key=_order)) if found.kind in kinds]


def holiday(town: Town, day: date) -> str | None:
    """The public holiday of the town's Land on ``day``, in the town's language."""
    return _holidays(town.region, town.language, day.year).get(day) if town.region else None


def _written_out(town: Town, line: Line, first: date, last: date) -> Iterator[Occurrence]:
    for rule in line.sessions:
        if rule.on is not None:
            for day in rule.dates(first, last):
                if not _gives_way(line, rule, day):
                    yield _occurrence(town, line, day, rule.span, kind=rule.kind, topic=rule.topic)


def _recurring(
    town: Town, line: Line, first: date, last: date, kinds: Container[str]
) -> Iterator[Occurrence]:
    for rule in line.sessions:
        # without opening hours no key of another kind is numbered after this one's
        if rule.recurrence is not None and (rule.kind in kinds or line.hours):
            for day in rule.dates(first, last):
                if day not in line.exceptions_by_date and not _taken_over(line, rule, day):
                    yield _generated(town, line, day, rule.span, kind=rule.kind, topic=rule.topic)


def _taken_over(line: Line, rule: SessionRule, day: date) -> bool:
    """Whether a written-out session, or a series that staff planned, stands in this rule's place on ``day``."""
    if rule.wins:
        return False
    return _gives_way(line, rule, day) or any(
        other.on == day and other.kind == rule.kind and other.span.overlaps(rule.span)
        for other in line.sessions
    )


def _gives_way(line: Line, rule: SessionRule, day: date) -> bool:
    """Whether a series that staff planned would overlap this rule of the file on ``day``."""
    return any(
        rule.span.overlaps(other.span, days_later=later) and _falls(line, other, day + timedelta(days=later))
        for other in line.sessions
        if other.wins and not rule.wins and other.kind == rule.kind
        for later in (-1, 0, 1)
    )


def _falls(line: Line, rule: SessionRule, day: date) -> bool:
    return day not in line.exceptions_by_date and rule.recurs_on(day)


def _excepted(town: Town, line: Line, first: date, last: date) -> Iterator[Occurrence]:
    for day, exceptions in line.exceptions_by_date.items():
        if first <= day <= last and exceptions[0].span is not None:
            yield from _other_hours(town, line, day, exceptions)


def _other_hours(
    town: Town, line: Line, day: date, exceptions: tuple[ExceptionDate, ...]
) -> Iterator[Occurrence]:
    """The ranges of an exception stand for that date's sessions (intake first), else they are hours."""
    rules = _replaced(line, day)[: len(exceptions)]
    for exception, own in zip_longest(exceptions, rules):
        rule = own or (rules[-1] if rules else None)
        yield _occurrence(
            town, line, day, exception.span,
            kind=rule.kind if rule else "hours" if line.hours else "whatsapp",
            topic=rule.topic if rule else "",
            named_by=own.span if own else None,
            note=exception.reason or None,
        )  # fmt: skip


def _replaced(line: Line, day: date) -> list[SessionRule]:
    falls = [rule for rule in line.sessions if rule.recurs_on(day)]
    intake = [rule for rule in falls if rule.kind == "whatsapp"]
    return sorted(intake or ([] if line.hours else falls), key=lambda rule: rule.span)


def _opening_hours(town: Town, line: Line, first: date, last: date) -> Iterator[Occurrence]:
    if not line.hours:
        return
    for day in _days(first, last):
        if day not in line.exceptions_by_date and not holiday(town, day):
            for span in line.week[day.weekday()]:
                yield _generated(town, line, day, span, kind="hours", topic="")


def _generated(town: Town, line: Line, day: date, span: WallSpan, *, kind: Kind, topic: str) -> Occurrence:
    """An occurrence that a recurrence made, with what nobody has decided about it yet."""
    note = _clock_note(town, day, span)
    reason = holiday(town, day) or (_CLOCK_CHANGE[town.language] if note else None)
    return _occurrence(town, line, day, span, kind=kind, topic=topic, needs_decision=reason, note=note)


def _clock_note(town: Town, day: date, span: WallSpan) -> str | None:
    opens, closes = window(day, span, town.timezone)
    written = f"{day:%d.%m.%Y}" if town.language == "de" else f"{day.isoformat()}"
    if opens >= closes:
        return _NOTES[town.language]["empty"].format_map({"date": written})
    for minute, face in ((span.from_, span.opens), (span.to, span.closes)):
        if odd := oddity(day, minute, town.timezone):
            return _NOTES[town.language][odd].format_map({"time": f"{face:%H:%M}", "date": written})
    return None


def _occurrence(
    town: Town,
    line: Line,
    day: date,
    span: WallSpan | None,
    *,
    kind: Kind,
    topic: str,
    named_by: WallSpan | None = None,
    needs_decision: str | None = None,
    note: str | None = None,
) -> Occurrence:
    assert span is not None
    opens, closes = window(day, span, town.timezone)
    key = f"{line.id}/{day.isoformat()}T{(named_by or span).opens:%H:%M}"
    return Occurrence(
        line.id,
        key,
        kind,
        line.title,
        topic,
        opens,
        closes,
        day,
        span.opens,
        span.closes,
        needs_decision,
        note,
    )


def _distinct(found: list[Occurrence]) -> list[Occurrence]:
    """Number the keys of windows that begin at the same minute, so that each key names one."""
    seen: dict[str, int] = {}
    for index, occurrence in enumerate(found):
        seen[occurrence.key] = seen.get(occurrence.key, 0) + 1
        if seen[occurrence.key] > 1:
            key = f"{occurrence.key}#{seen[occurrence.key]}"
            found[index] = replace(occurrence, key=key)
    return found


def _order(occurrence: Occurrence) -> tuple[object, ...]:
    # a session before hours of the same minute, so that the session keeps the plain key
    return occurrence.opens, occurrence.kind == "hours", occurrence.kind == "in_person", occurrence.closes


def _days(first: date, last: date) -> Iterator[date]:
    return (first + timedelta(days=step) for step in range((last - first).days + 1))


@lru_cache(maxsize=256)
def _holidays(region: str, language: str, year: int) -> dict[date, str]:
    # filled year by year and never changed afterwards: the library's own lazy filling is not thread-safe
    calendar = Germany(
        years=year, subdiv=region, expand=False, language={"de": "de", "en": "en_US"}[language]
    )
    return {day: str(name) for day, name in calendar.items()}
