"""What the planning shows of dates, worked out before any markup: each date as staff know it, and months of them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from itertools import groupby

from sessionhours.core import words
from sessionhours.core.schedule import Line, Occurrence, Schedule
from sessionhours.core.session import RUNNING, Announced
from sessionhours.server.planning_visit import Visit

#: How far ahead dates are looked for that wait for a decision.
DECIDED_AHEAD = timedelta(days=120)

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
    "hours": "clock",
}
TONES = {"announced": "brand", "lobby": "brand", "open": "ok", "intake_closed": "warn", "draining": "warn"}
TONES |= {"cancelled": "danger", "undecided": "warn"}


@dataclass(frozen=True, slots=True)
class DateView:
    """One date. ``state`` is a session's, or ``over``, ``undecided``, ``hours``, and ``moved`` where it stood before.

    ``said`` is the whole date in words, ``hours`` its times, ``extra`` further sentences about it.
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
    session: Announced | None = None

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

    @property
    def links(self) -> bool:
        """Is there a page about it?"""
        return self.state != "hours"


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
    """One month: its days by weeks, Monday first."""

    first: date
    name: str
    weeks: tuple[tuple[DayView, ...], ...]
    before: str
    after: str

    @property
    def days(self) -> list[DayView]:
        """The days of the month that have a date."""
        return [day for week in self.weeks for day in week if day.inside and day.dates]


def month_view(visit: Visit, asked: str, line: str = "") -> MonthView:
    """The month ``YYYY-MM``, or the present one; of one line or of all."""
    first = _first(asked, visit.now.astimezone(visit.zone).date())
    begin = first - timedelta(days=first.weekday())
    after = _next_month(first)
    end = after + timedelta(days=-after.weekday() % 7)
    dates = {on: tuple(found) for on, found in groupby(dates_between(visit, begin, end, line), _on)}
    days = [begin + timedelta(days=step) for step in range((end - begin).days)]
    today = visit.now.astimezone(visit.zone).date()
    shown = [
        DayView(
            on, words.short_day(on, visit.language), on.month == first.month, on == today, dates.get(on, ())
        )
        for on in days
    ]
    return MonthView(
        first=first,
        name=f"{words.MONTHS[visit.language][first.month - 1]} {first.year}",
        weeks=tuple(tuple(shown[at : at + 7]) for at in range(0, len(shown), 7)),
        before=f"{first - timedelta(days=1):%Y-%m}",
        after=f"{after:%Y-%m}",
    )


def dates_between(visit: Visit, first: date, end: date, line: str = "") -> list[DateView]:
    """Every date from the local date ``first`` up to, not including, ``end``, in order; cancelled ones too."""
    begins, ends = _midnight(visit, first), _midnight(visit, end)
    there = visit.schedule.between(first, end - timedelta(days=1), line=line or None)
    found = [_of_occurrence(visit, one) for one in there]
    told = [one for one in visit.standing.sessions if line in ("", one.line)]
    known = {one.key for one in found}
    found += [
        of_session(visit, one)
        for one in told
        if one.key not in known and _gone(one) and begins <= one.opens < ends
    ]
    found += [ghost for one in told if (ghost := _ghost(visit, one)) and begins <= ghost.opens < ends]
    return sorted(_joined(visit, found), key=lambda one: (one.opens, one.struck, one.line, one.key))


def undecided(visit: Visit) -> list[DateView]:
    """What waits for a decision in the coming months."""
    today = visit.now.astimezone(visit.zone).date()
    coming = visit.schedule.between(today, today + DECIDED_AHEAD, kinds=("whatsapp", "in_person"))
    return [_of_occurrence(visit, one) for one in coming if one.needs_decision and one.opens > visit.now]


def next_date(visit: Visit, line: str = "") -> DateView | None:
    """The next date that takes place, or the one that is on; None where none is planned."""
    found = visit.schedule.occurrences(visit.now, 1, line=line or None, kinds=("whatsapp", "in_person"))
    return _of_occurrence(visit, found[0]) if found else None


def find(visit: Visit, key: str) -> DateView | None:
    """The date of that key, or of the session with that id."""
    session = next((one for one in visit.standing.sessions if key in (one.key, one.id)), None)
    found = (
        None if session and _gone(session) else occurrence(visit.schedule, session.key if session else key)
    )
    if found is not None:
        return _of_occurrence(visit, found)
    return None if session is None else of_session(visit, session)


def of_session(visit: Visit, one: Announced) -> DateView:
    """A session as it stands in its row."""
    state = one.state if one.kind == "whatsapp" or one.state == "cancelled" else _by_time(visit, one.closes)
    return replace(
        _plain(visit, one.line, one.key, one.kind, one.opens, one.closes, one.topic),
        title=one.title,
        state=state,
        number=one.number if one.kind == "whatsapp" and state != "cancelled" else 0,
        extra=tuple(_extra(visit, one)),
        session=one,
    )


# -- small parts ---------------------------------------------------------------------------------------


def occurrence(schedule: Schedule, key: str) -> Occurrence | None:
    """The window of that key in a schedule; None where it has none, or the line is not there."""
    line = key.partition("/")[0]
    return schedule.occurrence(line, key) if any(one.id == line for one in schedule.lines) else None


def _of_occurrence(visit: Visit, one: Occurrence) -> DateView:
    session = visit.standing.session(one.key)
    if session is not None and not one.needs_decision:
        return of_session(visit, session)
    view = _plain(visit, one.line, one.key, one.kind, one.opens, one.closes, one.topic)
    if one.kind == "hours":
        return replace(view, state="hours", extra=(one.note,) if one.note else ())
    state = "undecided" if one.needs_decision else _by_time(visit, one.closes)
    return replace(
        view, state=state, decision=one.needs_decision or "", extra=(one.note,) if one.note else ()
    )


def _plain(
    visit: Visit, line: str, key: str, kind: str, opens: datetime, closes: datetime, topic: str
) -> DateView:
    """A date as the plan has it, before anything is said of its state."""
    begins, ends = opens.astimezone(visit.zone), closes.astimezone(visit.zone)
    title = next((one.title for one in visit.schedule.lines if one.id == line), line)
    said = words.span(_window(line, key, title, opens, closes, begins, ends), visit.zone, visit.language)
    hours = words.hours(begins, ends, visit.language) if ends - begins < timedelta(days=1) else said
    return DateView(
        line=line,
        key=key,
        kind=kind,
        title=title,
        topic=topic,
        state="announced",
        on=begins.date(),
        said=said,
        hours=hours,
        opens=opens,
        closes=closes,
    )


def _window(
    line: str, key: str, title: str, opens: datetime, closes: datetime, begins: datetime, ends: datetime
) -> Occurrence:
    return Occurrence(
        line, key, "whatsapp", title, "", opens, closes, begins.date(), begins.time(), ends.time()
    )


def _extra(visit: Visit, one: Announced) -> Iterator[str]:
    if one.moved_from is not None and one.state != "cancelled":
        before = words.when(one.moved_from.astimezone(visit.zone), visit.language)
        yield visit.text("moved_from", before=before)
    if one.state == "cancelled":
        yield visit.text("reason", reason=one.reason) if one.reason else visit.text("no_reason")
    if one.state == "cancelled" and (other := replacement(visit, one)):
        yield visit.text("replaced_by", date=other.said)
    if one.late_until is not None and one.state in RUNNING | {"announced"}:
        yield visit.text(
            "late_until", time=words.moment(one.late_until.astimezone(visit.zone), visit.language)
        )
    if one.deputy:
        yield visit.text("deputy_is", name=one.deputy)


def replacement(visit: Visit, one: Announced) -> DateView | None:
    """The date that stands in the place of a cancelled one."""
    wanted = one.replaced_by
    other = next((each for each in visit.standing.sessions if wanted and wanted in (each.id, each.key)), None)
    return None if other is None else of_session(visit, other)


def _ghost(visit: Visit, one: Announced) -> DateView | None:
    """Where a moved session stood before, on its old day; None where it stays on the day."""
    if one.moved_from is None or _gone(one):
        return None
    view = of_session(visit, one)
    closes = one.moved_from + (one.closes - one.opens)
    before = _plain(visit, one.line, one.key, one.kind, one.moved_from, closes, "")
    if before.on == view.on:
        return None
    now = words.when(one.opens.astimezone(visit.zone), visit.language)
    return replace(before, state="moved", extra=(visit.text("moved_to", after=now),))


def _gone(one: Announced) -> bool:
    return one.state == "cancelled"


def _by_time(visit: Visit, closes: datetime) -> str:
    return "over" if closes <= visit.now else "announced"


def _joined(visit: Visit, found: Iterable[DateView]) -> Iterator[DateView]:
    """Opening hours of one day and line as one entry: "8–12 Uhr und 14–16 Uhr"."""
    first: dict[tuple[date, str], DateView] = {}
    for one in found:
        at = (one.on, one.line)
        if one.state != "hours":
            yield one
        elif at in first:
            first[at] = replace(first[at], hours=f"{first[at].hours}{visit.text('and')}{one.hours}")
        else:
            first[at] = one
    yield from first.values()


def _first(asked: str, today: date) -> date:
    try:
        wanted = date.fromisoformat(f"{asked}-01") if len(asked) == len("2026-12") else today
    except ValueError:
        wanted = today
    return (wanted if 1971 < wanted.year < 2199 else today).replace(day=1)


def _next_month(first: date) -> date:
    return (first + timedelta(days=32)).replace(day=1)


def _midnight(visit: Visit, on: date) -> datetime:
    return datetime.combine(on, time(), visit.zone)


def _on(view: DateView) -> date:
    return view.on


def lines(visit: Visit, *, hours: bool = False) -> tuple[Line, ...]:
    """The town's lines; with ``hours`` those that have opening hours."""
    return tuple(line for line in visit.schedule.lines if line.hours or not hours)
