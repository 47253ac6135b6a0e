"""Makers of towns, lines and schedules with good defaults, and readers of local time."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from sessionhours.core.every import parse_every, parse_rrule, parse_weekdays
from sessionhours.core.schedule import (
    ExceptionDate,
    HoursRule,
    Kind,
    Line,
    Occurrence,
    Schedule,
    SessionRule,
    Town,
    WallSpan,
)
from sessionhours.core.schedule_rules import DAY

BERLIN = ZoneInfo("Europe/Berlin")
NOW = datetime(2026, 11, 22, 8, tzinfo=UTC)


def local(text: str, *, fold: int = 0) -> datetime:
    """The instant of a wall-clock time in Berlin: local("2026-12-03 15:00")."""
    return datetime.fromisoformat(text).replace(tzinfo=BERLIN, fold=fold).astimezone(UTC)


def span(text: str) -> WallSpan:
    """span("15:00-16:00")."""
    begin, end = (int(part[:2]) * 60 + int(part[3:]) for part in text.split("-"))
    return WallSpan(begin, end if end > begin else end + DAY)


def weekly(hours: str, every: str, starting: str | None = None, **more: Any) -> SessionRule:
    start = datetime.fromisoformat(starting).date() if starting else None
    return SessionRule(span(hours), recurrence=parse_every(every, start), **more)


def ruled(hours: str, rrule: str, starting: str | None = None, **more: Any) -> SessionRule:
    start = datetime.fromisoformat(starting).date() if starting else None
    return SessionRule(span(hours), recurrence=parse_rrule(rrule, start), **more)


def dated(day: str, hours: str, kind: Kind = "whatsapp", topic: str = "") -> SessionRule:
    return SessionRule(span(hours), datetime.fromisoformat(day).date(), kind=kind, topic=topic)


def opening(days: str, *hours: str) -> tuple[HoursRule, ...]:
    return tuple(HoursRule(parse_weekdays(days), span(each)) for each in hours)


def exception(day: str, hours: str | None = None, reason: str = "") -> ExceptionDate:
    return ExceptionDate(datetime.fromisoformat(day).date(), span(hours) if hours else None, reason)


def town(**more: Any) -> Town:
    facts: dict[str, Any] = {"id": "kappelrodeck", "name": "Gemeinde Kappelrodeck", "timezone": BERLIN}
    return Town(**facts | {"region": "BW"} | more)


def line(*sessions: SessionRule, **more: Any) -> Line:
    facts = {"id": "buergermeister", "title": "WhatsApp-Bürgersprechstunde", "phone": "+49784280221"}
    return Line(**facts | {"phone_number_id": "200000000000002", "sessions": sessions} | more)


def plan(*sessions: SessionRule, region: str | None = "BW", **more: Any) -> Schedule:
    """A town's schedule with one line of these sessions."""
    return Schedule(town(region=region), (line(*sessions, **more),))


def hours_of(occurrence: Occurrence | None) -> str | None:
    """What the wall clock shows: "2026-12-03 15:00-16:00"."""
    if occurrence is None:
        return None
    opens, closes = (moment.astimezone(BERLIN) for moment in (occurrence.opens, occurrence.closes))
    return f"{opens:%Y-%m-%d %H:%M}-{closes:%H:%M}"


def coming(schedule: Schedule, n: int = 5, from_: datetime = NOW, **more: Any) -> list[str | None]:
    return [hours_of(found) for found in schedule.occurrences(from_, n, **more)]
