"""The standing plan as values: a town, its lines, and the rules when a line is open (surfaces §3)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time
from functools import cached_property
from typing import Literal
from zoneinfo import ZoneInfo

from sessionhours.core.every import Recurrence

Kind = Literal["whatsapp", "in_person", "hours"]
Language = Literal["de", "en"]

KINDS: frozenset[str] = frozenset({"whatsapp", "in_person", "hours"})

#: Kinds that somebody holds; opening hours may lie around them, and are no dates.
HELD = ("whatsapp", "in_person")
INTAKE_KINDS: frozenset[str] = frozenset({"whatsapp", "hours"})
_CLOCK = re.compile(r"(\d{1,2}):(\d{2})", re.ASCII)
DAY = 24 * 60  # minutes on a wall clock; real days have 23 to 25 hours


@dataclass(frozen=True)
class Town:
    """One municipality. ``region`` is the Land whose public holidays count; without one there are none.

    ``on_call`` is the mail address of who is told when nobody is there at the hour; without one the admins are.
    """

    id: str
    name: str
    timezone: ZoneInfo
    region: str | None = None
    language: Language = "de"
    address: Literal["Sie", "du"] = "Sie"
    alternatives: str = ""
    privacy_url: str = ""
    on_call: str = ""


@dataclass(frozen=True)
class Budget:
    """Delivered messages a line and month: so many cost nothing (``free``), at ``cap`` automatic texts stop; 0 is never."""

    free: int = 1000
    cap: int = 1000


@dataclass(frozen=True, order=True)
class WallSpan:
    """From one wall-clock minute to another, both counted from the midnight that begins the date.

    ``to`` lies beyond 24 * 60 where the span ends on the next day.
    """

    from_: int
    to: int

    @property
    def opens(self) -> time:
        """Where the span begins on a clock's face."""
        return clock(self.from_)

    @property
    def closes(self) -> time:
        """Where the span ends on a clock's face; midnight at the end of the day is 00:00."""
        return clock(self.to)

    def overlaps(self, other: WallSpan, *, days_later: int = 0) -> bool:
        """Whether both share a minute when ``other`` begins ``days_later`` days after this one."""
        shift = days_later * DAY
        return self.from_ < other.to + shift and other.from_ + shift < self.to


@dataclass(frozen=True)
class SessionRule:
    """An hour that somebody holds: ``on`` one written-out date, or on every date of a ``recurrence``.

    A recurrence may begin on the date ``since`` and end with the date ``until``. What ``wins`` was planned by staff:
    sessions of the file that would overlap it give way until a person decides.
    """

    span: WallSpan
    on: date | None = None
    recurrence: Recurrence | None = None
    kind: Kind = "whatsapp"
    topic: str = ""
    since: date | None = None
    until: date | None = None
    wins: bool = False

    def dates(self, first: date, last: date) -> list[date]:
        """Every date in ``first``..``last`` (both included) on which this rule falls."""
        first, last = max(first, self.since or first), min(last, self.until or last)
        if self.recurrence is not None:
            return self.recurrence.dates(first, last) if first <= last else []
        return [self.on] if self.on is not None and first <= self.on <= last else []

    def recurs_on(self, day: date) -> bool:
        """Does a recurrence bring it on this date?"""
        within = (self.since or day) <= day <= (self.until or day)
        return within and self.recurrence is not None and self.recurrence.falls_on(day)


@dataclass(frozen=True)
class HoursRule:
    """Opening hours on some weekdays (Monday is 0)."""

    days: frozenset[int]
    span: WallSpan


@dataclass(frozen=True)
class ExceptionDate:
    """One date that replaces the recurring rules: closed (``span`` is None) or open at other hours."""

    date: date
    span: WallSpan | None = None
    reason: str = ""


@dataclass(frozen=True)
class Line:
    """One WhatsApp number of a town with its policy: ``early``, ``grace``, ``last_call`` in minutes, ``undo`` in seconds."""

    id: str
    title: str
    phone: str
    phone_number_id: str
    host: str = "Bürgermeister"
    outside: Literal["decline", "hold", "offer", "silent"] = "decline"
    receipt: Literal["none", "first", "each", "matter", "day", "closed_period"] = "none"
    undo: int = 0
    early: int = 10
    grace: int = 2
    last_call: int = 10
    answer: frozenset[str] = frozenset({"text"})
    accept: frozenset[str] = frozenset({"image", "location"})
    persona: Literal["ich", "wir", "amt"] = "ich"
    approval: bool = True
    token_env: str | None = None
    secret_env: str | None = None
    business_account_id: str | None = None
    texts: Mapping[str, str] = field(default_factory=dict)
    sessions: tuple[SessionRule, ...] = ()
    hours: tuple[HoursRule, ...] = ()
    exceptions: tuple[ExceptionDate, ...] = ()

    @cached_property
    def week(self) -> tuple[tuple[WallSpan, ...], ...]:
        """Opening hours of each weekday in order; ranges of a day that touch are one."""
        days = (sorted(rule.span for rule in self.hours if day in rule.days) for day in range(7))
        return tuple(tuple(joined(spans)) for spans in days)

    @cached_property
    def exceptions_by_date(self) -> Mapping[date, tuple[ExceptionDate, ...]]:
        """All exceptions of a date in the order of their hours."""
        dates = {exception.date for exception in self.exceptions}
        return {day: tuple(sorted(self._exceptions_on(day), key=_from)) for day in dates}

    def _exceptions_on(self, day: date) -> list[ExceptionDate]:
        return [exception for exception in self.exceptions if exception.date == day]


@dataclass(frozen=True)
class Occurrence:
    """One real window: ``opens`` and ``closes`` are UTC instants, half-open; the rest is local wall time.

    ``key`` names it in the standing plan ("LINE/YYYY-MM-DDTHH:MM") and stays when the window is moved.
    ``needs_decision`` says why gate, texts, page and feeds skip it until staff decide.
    """

    line: str
    key: str
    kind: Kind
    title: str
    topic: str
    opens: datetime
    closes: datetime
    date: date
    from_: time
    to: time
    needs_decision: str | None = None
    note: str | None = None


@dataclass(frozen=True)
class Change:
    """What staff did on top of the file.

    ``key`` names the occurrence that is replaced; None, or a key of your own, makes an extra one. ``opens``
    and ``closes`` are UTC instants; what is None (or empty, for the words) stays as the file says. What ``wins`` was
    planned by staff: a session of the file that would overlap it gives way until a person decides.
    """

    line: str
    key: str | None = None
    kind: Kind | None = None
    title: str = ""
    topic: str = ""
    opens: datetime | None = None
    closes: datetime | None = None
    cancelled: bool = False
    confirmed: bool = False
    wins: bool = False


def wall_span(from_: str, to: str) -> WallSpan:
    """The span between two wall-clock times "HH:MM"; an end before the start is on the next day.

    Raises ValueError for what is no time, and for equal ones (surfaces §3).
    """
    begin, end = wall_minute(from_, last=DAY - 1), wall_minute(to, last=DAY)
    if begin == end:
        raise ValueError("equal")
    return WallSpan(begin, end if end > begin else end + DAY)


def wall_minute(written: str, *, last: int = DAY) -> int:
    """The minute that "HH:MM" names, counted from midnight. Raises ValueError for what is no time or later than ``last``."""
    match = _CLOCK.fullmatch(written.strip())
    minute = int(match[1]) * 60 + int(match[2]) if match and int(match[2]) < 60 else DAY + 1
    if minute > last:
        raise ValueError(written)
    return minute


def joined(spans: list[WallSpan]) -> list[WallSpan]:
    """Make one of spans that touch or overlap; ``spans`` are in order."""
    result: list[WallSpan] = []
    for span in spans:
        if result and span.from_ <= result[-1].to:
            result[-1] = WallSpan(result[-1].from_, max(result[-1].to, span.to))
        else:
            result.append(span)
    return result


def clock(minute: int) -> time:
    """The clock's face at a minute counted from midnight."""
    return time(minute % DAY // 60, minute % 60)


def _from(exception: ExceptionDate) -> int:
    return exception.span.from_ if exception.span else -1
