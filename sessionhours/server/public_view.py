"""What the public page says, worked out before any markup: states, dates in words, what works and what not.

Values in, values out: the schedule, the sessions that run, the time and the language.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Literal

from sessionhours.core import words
from sessionhours.core.schedule import Language, Line, Occurrence, Schedule, WallSpan
from sessionhours.server.language import texts
from sessionhours.server.qr import chat_link, international, national

State = Literal["open", "ending", "next", "none"]

#: Coming dates in the list, and how far ahead closed days are told.
DATES = 6
EXCEPTIONS_AHEAD = timedelta(days=60)

#: Session states in which a citizen may still begin, and in which only those inside go on (surfaces §5).
TAKING = frozenset({"open"})
FINISHING = frozenset({"intake_closed", "draining"})


@dataclass(frozen=True, slots=True)
class RunningSession:
    """A session as the public may know it: its line, its state (surfaces §5) and its instants."""

    line: str
    state: str
    opens: datetime
    closes: datetime


@dataclass(frozen=True, slots=True)
class DateView:
    """One line of the list of dates."""

    when: str
    machine: str
    in_person: bool
    topic: str


@dataclass(frozen=True, slots=True)
class LineView:
    """One line as the page shows it."""

    id: str
    title: str
    host: str
    state: State
    headline: str
    when: str
    machine: str
    topic: str
    dates: tuple[DateView, ...]
    week: tuple[tuple[str, str], ...]
    closed: tuple[tuple[str, str], ...]
    phone: str
    chat: str
    steps: tuple[str, ...]
    cannot: tuple[str, ...]
    outside: str


@dataclass(frozen=True, slots=True)
class Moment:
    """For whom and when a page is made."""

    schedule: Schedule
    now: datetime
    language: Language

    def text(self, key: str, **values: str) -> str:
        """A text of the page in the reader's language and the town's form of address."""
        found = texts(self.language, self.schedule.town.address)[key]
        for name, value in values.items():
            found = found.replace(f"{{{name}}}", value)
        return found


def line_views(
    schedule: Schedule, running: Iterable[RunningSession], now: datetime, language: Language
) -> list[LineView]:
    """Every line of a town, in the order of its file."""
    held = {session.line: session for session in running}
    moment = Moment(schedule, now, language)
    return [_line_view(moment, line, held.get(line.id)) for line in schedule.lines]


def _line_view(moment: Moment, line: Line, running: RunningSession | None) -> LineView:
    current = moment.schedule.at(moment.now, line=line.id)
    coming = moment.schedule.next_after(moment.now, line=line.id)
    state, headline = _state(moment, line, running, current, coming)
    shown = None if state == "open" else coming
    about = current if state == "open" else coming
    return LineView(
        id=line.id,
        title=line.title,
        host=line.host,
        state=state,
        headline=headline,
        when=_when(moment, shown),
        machine=shown.opens.isoformat() if shown else "",
        topic=about.topic if about else "",
        dates=_dates(moment, line),
        week=_week(moment, line),
        closed=_closed(moment, line),
        phone=national(line.phone) if moment.language == "de" else international(line.phone),
        chat=chat_link(line.phone),
        steps=_steps(moment, line),
        cannot=_cannot(moment, line),
        outside=moment.text(f"outside.{line.outside}"),
    )


def _state(
    moment: Moment,
    line: Line,
    running: RunningSession | None,
    current: Occurrence | None,
    coming: Occurrence | None,
) -> tuple[State, str]:
    """What the row of a session says holds; without one the schedule decides."""
    if running is not None and running.state in FINISHING:
        return "ending", moment.text("state.ending")
    if running is not None and running.state in TAKING:
        return "open", _open_until(moment, "state.open", running.closes)
    if current is not None and coming is not None and coming.opens == current.closes:
        return "open", moment.text("state.open_always")
    if current is not None:
        key = "state.open_hours" if current.kind == "hours" else "state.open"
        return "open", _open_until(moment, key, current.closes)
    if coming is not None:
        return "next", moment.text("state.next_hours" if coming.kind == "hours" else "state.next")
    return "none", moment.text("state.none")


def _open_until(moment: Moment, key: str, closes: datetime) -> str:
    local = closes.astimezone(moment.schedule.town.timezone)
    midnight = moment.language == "de" and local.hour == local.minute == 0
    ends = "24 Uhr" if midnight else words.moment(local, moment.language)
    left = int(words.minutes(closes - moment.now))
    if left > 90:
        return moment.text(f"{key}_long", ends=ends)
    return moment.text(f"{key}_one" if left == 1 else key, ends=ends, minutes=str(left))


def _when(moment: Moment, occurrence: Occurrence | None) -> str:
    if occurrence is None:
        return ""
    return words.following(occurrence, moment.now, moment.schedule.town.timezone, moment.language)


def _dates(moment: Moment, line: Line) -> tuple[DateView, ...]:
    """The coming dates that somebody holds, in person ones too (KA-2); opening hours stand in the week."""
    kinds = frozenset({"whatsapp", "in_person"})
    found = moment.schedule.occurrences(moment.now, DATES, line=line.id, kinds=kinds)
    zone = moment.schedule.town.timezone
    return tuple(
        DateView(
            words.span(one, zone, moment.language),
            one.opens.astimezone(zone).isoformat(),
            one.kind == "in_person",
            one.topic,
        )
        for one in found
    )


def _week(moment: Moment, line: Line) -> tuple[tuple[str, str], ...]:
    """Opening hours by weekday, neighbours with the same hours as one row: ("Montag–Freitag", "8–12 Uhr")."""
    if not line.hours:
        return ()
    names = words.WEEKDAYS[moment.language]
    rows: list[tuple[int, int, tuple[WallSpan, ...]]] = []
    for day, spans in enumerate(line.week):
        if rows and rows[-1][2] == spans:
            rows[-1] = (rows[-1][0], day, spans)
        else:
            rows.append((day, day, spans))
    return tuple(
        (names[first] if first == last else f"{names[first]}–{names[last]}", _spans(moment, spans))
        for first, last, spans in rows
        if spans
    )


def _closed(moment: Moment, line: Line) -> tuple[tuple[str, str], ...]:
    """Exception dates of the coming weeks, with what holds instead and why."""
    today = moment.now.astimezone(moment.schedule.town.timezone).date()
    soon = sorted(on for on in line.exceptions_by_date if today <= on <= today + EXCEPTIONS_AHEAD)
    return tuple((words.day(on, moment.language), _instead(moment, line, on)) for on in soon)


def _instead(moment: Moment, line: Line, on: date) -> str:
    exceptions = line.exceptions_by_date[on]
    spans = tuple(exception.span for exception in exceptions if exception.span)
    reasons = dict.fromkeys(exception.reason for exception in exceptions if exception.reason)
    held = _spans(moment, spans) if spans else moment.text("dates.closed")
    return f"{held} ({', '.join(reasons)})" if reasons else held


def _spans(moment: Moment, spans: Sequence[WallSpan]) -> str:
    return moment.text("dates.and").join(_span(moment, span) for span in spans)


def _span(moment: Moment, span: WallSpan) -> str:
    day = datetime(2026, 1, 5, tzinfo=moment.schedule.town.timezone)  # any day without a clock change
    opens, closes = day + timedelta(minutes=span.from_), day + timedelta(minutes=span.to)
    return words.hours(opens, closes, moment.language)


def _steps(moment: Moment, line: Line) -> tuple[str, ...]:
    """How it works, in three steps, as this line's policy has it."""
    phone = national(line.phone) if moment.language == "de" else international(line.phone)
    when = "step.write_hours" if line.hours and not line.sessions else "step.write"
    write = [moment.text(when)]
    if {"image", "location"} & (line.answer | line.accept):
        both = {"image", "location"} <= line.answer | line.accept
        write.append(moment.text("step.image_location" if both else f"step.{_one_of(line)}"))
    return (
        moment.text("step.save", phone=phone),
        " ".join(write),
        moment.text("step.answer", host=line.host),
    )


def _one_of(line: Line) -> str:
    return "image" if "image" in line.answer | line.accept else "location"


#: What to say does not work, by the types of which one would have to be taken for it to work.
_CANNOT: Mapping[str, frozenset[str]] = {
    "cannot.voice": frozenset({"audio", "voice"}),
    "cannot.video": frozenset({"video"}),
    "cannot.image": frozenset({"image"}),
    "cannot.document": frozenset({"document"}),
}


def _cannot(moment: Moment, line: Line) -> tuple[str, ...]:
    taken = line.answer | line.accept
    kinds = [key for key, wanted in _CANNOT.items() if not wanted & taken]
    return tuple(moment.text(key) for key in ("cannot.calls", *kinds, "cannot.private"))
