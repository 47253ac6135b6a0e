"""No two sessions of one line and kind at the same time (AC-5), whoever planned them."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from itertools import pairwise

from sessionhours.core import words
from sessionhours.core.schedule import Occurrence, Schedule, SessionRule
from sessionhours.core.schedule_rules import HELD
from sessionhours.core.schedule_time import local_date, window
from sessionhours.desk.plan import NOW
from sessionhours.desk.planning_dates import wrong
from sessionhours.errors import Refused

#: A window may begin so many dates before another that it reaches into.
BEFORE = timedelta(days=2)

#: How far ahead a series is looked at.
PROBED = timedelta(days=2 * 366)

_NAMES = {"whatsapp": "Sprechstunde", "in_person": "Präsenz-Sprechstunde"}


def nothing_there(
    schedule: Schedule, line: str, kind: str, opens: datetime, closes: datetime, *, but: str | None = None
) -> None:
    """Raises `Refused` where another session of the plan, also an undecided one, has a minute of this window.

    ``but`` is the key of the session that is to be there.
    """
    zone = schedule.town.timezone
    first, last = local_date(opens, zone) - BEFORE, local_date(closes, zone)
    for other in schedule.between(first, last, line=line, kinds=(kind,)):
        if other.key != but and other.opens < closes and opens < other.closes:
            raise overlap(schedule, other)


def overlap(schedule: Schedule, other: Occurrence) -> Refused:
    """The refusal of a window that ``other`` stands in the way of."""
    when = words.span(other, schedule.town.timezone, schedule.town.language)
    waits = f" (wartet auf eine Entscheidung: {other.needs_decision})" if other.needs_decision else ""
    return wrong(
        "from",
        f"überschneidet sich mit der {_NAMES.get(other.kind, 'Sprechzeit')} am {when}{waits}.",
        "overlap",
        status=409,
    )


def with_series(schedule: Schedule, line: str, rule: SessionRule, first: date) -> Occurrence | None:
    """What of this plan a series would overlap from ``first`` on; two years show every combination of weekdays."""
    last, exceptions = first + PROBED, schedule.line(line).exceptions_by_date
    there = schedule.between(first - BEFORE, last + BEFORE, line=line, kinds=(rule.kind,))
    for day in rule.dates(first, last):
        opens, closes = window(day, rule.span, schedule.town.timezone)
        if day not in exceptions:
            for other in there:
                if other.opens < closes and opens < other.closes:
                    return other
    return None


def pair(schedule: Schedule, line: str, first: date, last: date) -> tuple[Occurrence, Occurrence] | None:
    """The first two sessions of one kind that would share a minute in this stretch of dates."""
    for kind in HELD:
        found = schedule.between(first - BEFORE, last, line=line, kinds=(kind,))
        if clash := _first(sorted(found, key=lambda one: (one.opens, one.closes))):
            return clash
    return None


def _first(found: Iterable[Occurrence]) -> tuple[Occurrence, Occurrence] | None:
    real = (one for one in found if one.opens < one.closes and NOW not in one.key)
    return next(((one, other) for one, other in pairwise(real) if other.opens < one.closes), None)
