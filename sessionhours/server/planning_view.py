"""What the planning shows of dates, worked out before any markup: each date as staff know it, and months of them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from itertools import groupby
from typing import Any

from sessionhours.core import words
from sessionhours.core.schedule import Line, Occurrence
from sessionhours.core.session import RUNNING, Announced
from sessionhours.desk import planning_view as plan
from sessionhours.desk.conflicts import Conflict
from sessionhours.desk.plan import Planner
from sessionhours.desk.planning_view import Month, OpenDay, Planned
from sessionhours.server.planning_visit import Door, Visit

#: How far ahead dates are looked for that wait for a decision.
DECIDED_AHEAD = timedelta(days=120)

SATURDAY = 5

ICONS = {
    "announced": "circle-check",
    "lobby": "users",
    "open": "message-circle",
    "intake_closed": "hourglass",
    "draining": "hourglass",
    "closed": "check",
    "over": "check",
    "cancelled": "x",
    "moved": "history",
    "undecided": "circle-help",
}
TONES = {"announced": "brand", "lobby": "brand", "open": "ok", "intake_closed": "warn", "draining": "warn"}
TONES |= {"cancelled": "danger", "undecided": "warn"}


@dataclass(frozen=True, slots=True)
class DateView:
    """One date. ``state`` is a session's, or ``over``, ``undecided``, ``hours``, and ``moved`` where it stood before.

    ``said`` is the whole date in words, ``hours`` its times, ``extra`` further sentences about it; ``planned`` what the
    desk knows of it, None for opening hours and for what was moved.
    """

    key: str
    line: str
    title: str
    topic: str
    kind: str
    state: str
    on: date
    said: str
    hours: str
    opens: datetime
    closes: datetime
    number: int = 0
    extra: tuple[str, ...] = ()
    decision: str = ""
    planned: Planned | None = None

    @property
    def session(self) -> Announced | None:
        """Its row as everybody may know it, where it has one."""
        return self.planned.session if self.planned else None

    @property
    def icon(self) -> str:
        """The icon of its state."""
        return ICONS[self.state]

    @property
    def tone(self) -> str:
        """How its state's tag is coloured, beside its icon and its word."""
        return TONES.get(self.state, "")

    @property
    def struck(self) -> bool:
        """Does it not take place then?"""
        return self.state in ("cancelled", "moved")

    def may(self, command: str) -> bool:
        """Does it take this command now?"""
        return self.planned is not None and command in self.planned.possible


@dataclass(frozen=True, slots=True)
class DayView:
    """One day of a month with its dates."""

    on: date
    said: str
    inside: bool
    today: bool
    dates: tuple[DateView, ...]


@dataclass(frozen=True, slots=True)
class MonthView:
    """One month: its days by weeks, Monday first; and what the file contradicts, whenever that is."""

    first: date
    name: str
    weeks: tuple[tuple[DayView, ...], ...]
    before: str
    after: str
    conflicts: tuple[Conflict, ...]

    @property
    def days(self) -> list[DayView]:
        """The days of the month that have a date."""
        return [day for week in self.weeks for day in week if day.inside and day.dates]

    @property
    def weekend(self) -> bool:
        """Is there anything on a Saturday or Sunday?"""
        return any(day.on.weekday() >= SATURDAY for day in self.days)


async def month_view(door: Door, visit: Visit, asked: str, line: str = "") -> MonthView:
    """The month ``YYYY-MM``, or the present one; of one line or of all."""
    today = _today(visit)
    first = _first(asked, today)
    begin = first - timedelta(days=first.weekday())
    after = _next_month(first)
    days = [begin + timedelta(days=step) for step in range((after - begin).days + -after.weekday() % 7)]
    month = await _read(door, visit, begin, days[-1])
    dates = {on: tuple(found) for on, found in groupby(_dates(visit, month, days, line), _on)}
    shown = [
        DayView(
            on, words.short_day(on, visit.language), on.month == first.month, on == today, dates.get(on, ())
        )
        for on in days
    ]
    return MonthView(
        first=first,
        name=month_name(visit, first),
        weeks=tuple(tuple(shown[at : at + 7]) for at in range(0, len(shown), 7)),
        before=f"{first - timedelta(days=1):%Y-%m}",
        after=f"{after:%Y-%m}",
        conflicts=month.conflicts,
    )


async def undecided(door: Door, visit: Visit) -> list[DateView]:
    """What waits for a decision in the coming months."""
    month = await _read(door, visit, _today(visit), _today(visit) + DECIDED_AHEAD)
    waiting = (one for one in month.sessions if one.needs_decision and one.opens > visit.now)
    return [date_view(visit, one) for one in waiting]


async def next_date(door: Door, visit: Visit, line: str = "") -> DateView | None:
    """The next date that takes place, or the one that is on; None where none is planned."""
    found = visit.schedule.occurrences(visit.now, 1, line=line or None, kinds=("whatsapp", "in_person"))
    return await find(door, visit, found[0].key) if found else None


async def find(door: Door, visit: Visit, name: str) -> DateView | None:
    """The date of that key, or of the session with that id."""
    found = await door.database.read(plan.session_of, Planner(), visit.file, name, visit.now)
    return None if found is None else date_view(visit, found)


def date_view(visit: Visit, one: Planned) -> DateView:
    """A date as the desk knows it, in words."""
    row, state = one.session, _state(visit, one)
    return replace(
        _plain(visit, one.line, one.key, one.kind, one.opens, one.closes),
        title=one.title,
        topic=one.topic,
        state=state,
        number=row.number if row and one.kind == "whatsapp" and state != "cancelled" else 0,
        extra=tuple(_extra(visit, row)) if row else tuple(filter(None, [one.note])),
        decision=one.needs_decision or "",
        planned=one,
    )


def when(visit: Visit, opens: datetime, closes: datetime) -> str:
    """A span in words: "Donnerstag, 3. Dezember 2026, 15–16 Uhr"."""
    begins, ends = opens.astimezone(visit.zone), closes.astimezone(visit.zone)
    window = Occurrence("", "", "whatsapp", "", "", opens, closes, begins.date(), begins.time(), ends.time())
    return words.span(window, visit.zone, visit.language)


def replacement(visit: Visit, one: Announced) -> Announced | None:
    """The session that stands in the place of a cancelled one, unless it is cancelled too."""
    wanted = one.replaced_by
    there = (each for each in visit.standing.sessions if each.state != "cancelled")
    return next((each for each in there if wanted and wanted in (each.id, each.key)), None)


def month_name(visit: Visit, on: date) -> str:
    """The month of a date: "Dezember 2026"."""
    return f"{words.MONTHS[visit.language][on.month - 1]} {on.year}"


def lines(visit: Visit, *, hours: bool = False) -> tuple[Line, ...]:
    """The town's lines; with ``hours`` those that have opening hours."""
    return tuple(line for line in visit.schedule.lines if line.hours or not hours)


# -- small parts ---------------------------------------------------------------------------------------


async def _read(door: Door, visit: Visit, first: date, last: date) -> Month:
    return await door.database.read(plan.month, Planner(), visit.file, first, last, visit.now)


def _dates(visit: Visit, month: Month, days: Sequence[date], line: str) -> list[DateView]:
    """Everything of the month in order: sessions, opening hours, and where moved ones stood before."""
    found = [date_view(visit, one) for one in month.sessions if line in ("", one.line)]
    found += [_hours(visit, one) for one in month.hours if line in ("", one.line)]
    told = (one for one in visit.standing.sessions if line in ("", one.line))
    found += [ghost for one in told if (ghost := _ghost(visit, one)) and days[0] <= ghost.on <= days[-1]]
    return sorted(found, key=lambda one: (one.on, one.opens, one.struck, one.line, one.key))


def _state(visit: Visit, one: Planned) -> str:
    """In person nobody steers the hour: time alone says when it is over."""
    if one.state in ("undecided", "cancelled"):
        return one.state
    if one.state == "planned" or one.kind == "in_person":
        return "over" if one.closes <= visit.now else "announced"
    return one.state


def _extra(visit: Visit, one: Announced) -> Iterator[str]:
    if one.moved_from is not None and one.state != "cancelled":
        before = words.when(one.moved_from.astimezone(visit.zone), visit.language)
        yield visit.text("moved_from", before=before)
    if one.state == "cancelled":
        yield visit.text("reason", reason=one.reason) if one.reason else visit.text("no_reason")
    if one.state == "cancelled" and (other := replacement(visit, one)):
        yield visit.text("replaced_by", date=when(visit, other.opens, other.closes))
    if one.late_until is not None and one.state in RUNNING | {"announced"}:
        yield visit.text(
            "late_until", time=words.moment(one.late_until.astimezone(visit.zone), visit.language)
        )
    if one.deputy:
        yield visit.text("deputy_is", name=one.deputy)


def _ghost(visit: Visit, one: Announced) -> DateView | None:
    """Where a moved session stood before, on its old day; None where it stays on the day."""
    if one.moved_from is None or one.state == "cancelled":
        return None
    closes = one.moved_from + (one.closes - one.opens)
    before = _plain(visit, one.line, one.key, one.kind, one.moved_from, closes)
    if before.on == one.opens.astimezone(visit.zone).date():
        return None
    now = words.when(one.opens.astimezone(visit.zone), visit.language)
    return replace(before, state="moved", extra=(visit.text("moved_to", after=now),))


def _hours(visit: Visit, one: OpenDay) -> DateView:
    """Opening hours of one day and line as one entry: "8–12 Uhr und 14–16 Uhr"."""
    spans = [_span(visit, one.date, *span) for span in one.spans]
    opens = spans[0][0] if spans else datetime.combine(one.date, time(), visit.zone)
    said = visit.text("and").join(words.hours(*span, visit.language) for span in spans)
    return replace(
        _plain(visit, one.line, "", "hours", opens, opens),
        state="hours",
        hours=said or visit.text("entry.closed"),
        extra=(one.reason,) if one.reason else (),
    )


def _span(visit: Visit, on: date, opens: time, closes: time) -> tuple[datetime, datetime]:
    begins, ends = datetime.combine(on, opens, visit.zone), datetime.combine(on, closes, visit.zone)
    return begins, ends if ends > begins else ends + timedelta(days=1)


def _plain(visit: Visit, line: str, key: str, kind: str, opens: datetime, closes: datetime) -> DateView:
    """A date before anything is said of its state."""
    begins, ends = opens.astimezone(visit.zone), closes.astimezone(visit.zone)
    said = when(visit, opens, closes)
    short: dict[str, Any] = {"said": said, "hours": said}
    if ends - begins < timedelta(days=1):
        short["hours"] = words.hours(begins, ends, visit.language)
    title = next((one.title for one in visit.schedule.lines if one.id == line), line)
    at: dict[str, Any] = {"on": begins.date(), "opens": opens, "closes": closes}
    return DateView(key=key, line=line, title=title, topic="", kind=kind, state="announced", **at, **short)


def _first(asked: str, today: date) -> date:
    try:
        wanted = date.fromisoformat(f"{asked}-01") if len(asked) == len("2026-12") else today
    except ValueError:
        wanted = today
    return (wanted if 1971 < wanted.year < 2199 else today).replace(day=1)


def _next_month(first: date) -> date:
    return (first + timedelta(days=32)).replace(day=1)


def _today(visit: Visit) -> date:
    return visit.now.astimezone(visit.zone).date()


def _on(view: DateView) -> date:
    return view.on
