"""A zone's changes of the clock as VTIMEZONE (RFC 5545 §3.6.5).

The library can make one too, but lets summer time begin an hour late: an onset is told on the clock that ends there.
Each change is an observance of its own, for ical.js, and with it Thunderbird, reads only the first of several RDATEs
and then not DTSTART.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from icalendar import Timezone, TimezoneDaylight, TimezoneStandard

#: Years that are told before and after the one that is.
YEARS = 2

MINUTE = timedelta(minutes=1)
DAY = timedelta(days=1)

#: Offset before, offset after, the name of the time that begins, whether it is summer time.
Kind = tuple[timedelta, timedelta, str, bool]


@lru_cache(maxsize=64)
def vtimezone(zone: ZoneInfo, year: int) -> Timezone:
    """The zone's changes in the years around ``year``."""
    begins, ends = (datetime(year + step, 1, 1, tzinfo=UTC) for step in (-YEARS, YEARS + 1))
    found = Timezone()
    found.add("TZID", zone.key)
    _, offset, name, summer = _kind(zone, begins)
    found.add_component(_observance(begins, (offset, offset, name, summer)))
    for at in _changes(zone, begins, ends):
        found.add_component(_observance(at, _kind(zone, at)))
    return found


def _observance(at: datetime, kind: Kind) -> TimezoneStandard | TimezoneDaylight:
    before, after, name, summer = kind
    found = TimezoneDaylight() if summer else TimezoneStandard()
    found.add("DTSTART", (at + before).replace(tzinfo=None))
    found.add("TZOFFSETFROM", before)
    found.add("TZOFFSETTO", after)
    found.add("TZNAME", name)
    return found


def _changes(zone: ZoneInfo, begins: datetime, ends: datetime) -> Iterator[datetime]:
    """Every instant at which another offset begins, to the minute."""
    at = begins
    while at < ends:
        if _offset(zone, at) != _offset(zone, at + DAY):
            yield _first_minute(zone, at, at + DAY)
        at += DAY


def _first_minute(zone: ZoneInfo, before: datetime, after: datetime) -> datetime:
    new = _offset(zone, after)
    while after - before > MINUTE:
        middle = before + (after - before) // 2 // MINUTE * MINUTE
        before, after = (before, middle) if _offset(zone, middle) == new else (middle, after)
    return after


def _kind(zone: ZoneInfo, at: datetime) -> Kind:
    local = at.astimezone(zone)
    before, after = _offset(zone, at - MINUTE), _offset(zone, at)
    return before, after, local.tzname() or "", bool(local.dst())


def _offset(zone: ZoneInfo, at: datetime) -> timedelta:
    return at.astimezone(zone).utcoffset() or timedelta(0)
