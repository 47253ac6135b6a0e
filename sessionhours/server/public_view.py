"""What the public page says, worked out before any markup: states, dates in words, what works and what not.

Values in, values out: a visit holds the town as it stands, the time and the language.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from sessionhours.core import words
from sessionhours.core.schedule import Line, Occurrence
from sessionhours.core.session import Announced
from sessionhours.server.opening import closed_days, weekly_hours
from sessionhours.server.qr import chat_link
from sessionhours.server.visit import Visit
from sessionhours.server.wording import Wording, expected_at, is_late

State = Literal["open", "ending", "lobby", "late", "next", "none"]

#: Coming dates in the list of the town's page.
DATES = 6

#: Session states in which a citizen may still begin, and in which only those inside go on (surfaces §5). Of several
#: sessions of a line the page tells of the one that comes first here.
TAKING = ("open",)
FINISHING = ("intake_closed", "draining")
ORDER = (*TAKING, "lobby", *FINISHING)


@dataclass(frozen=True, slots=True)
class DateView:
    """One line of a list of dates. ``off`` says of a cancelled one that it is, ``why`` are its reason and replacement,
    ``news`` what changed."""

    when: str
    machine: str
    number: str
    in_person: bool
    topic: str
    cancelled: bool
    off: str
    why: tuple[str, ...]
    news: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class LineView:
    """One line as the page shows it. ``cancelled`` are those that would have been before the date it names."""

    id: str
    title: str
    host: str
    state: State
    headline: str
    hint: str
    #: Is what somebody writes now taken in?
    may_write: bool
    when: str
    machine: str
    number: str
    topic: str
    news: tuple[str, ...]
    cancelled: tuple[DateView, ...]
    dates: tuple[DateView, ...]
    week: tuple[tuple[str, str], ...]
    closed: tuple[tuple[str, str], ...]
    phone: str
    chat: str
    steps: tuple[str, ...]
    cannot: tuple[str, ...]
    outside: str


@dataclass(frozen=True, slots=True)
class Now:
    """What a line's page is about: the session that is on, the window that is open, the one that comes next."""

    on: Announced | None
    current: Occurrence | None
    coming: Occurrence | None
    #: The coming window as it is told; None for opening hours.
    next: Announced | None


def line_views(visit: Visit) -> list[LineView]:
    """Every line of a town, in the order of its file."""
    return [line_view(visit, line) for line in visit.schedule.lines]


def line_view(visit: Visit, line: Line) -> LineView:
    """One line."""
    told = [one for one in visit.dates if one.line == line.id]
    now = now_of(visit, line)
    state, headline, hint = _state(visit, now)
    about, shown = _about(state, now)
    return LineView(
        id=line.id,
        title=line.title,
        host=line.host,
        state=state,
        headline=headline,
        hint=hint,
        may_write=state in ("open", "lobby") or (state == "late" and now.on is not None),
        when=_when(visit, shown),
        machine=shown.opens.isoformat() if shown else "",
        number=visit.words.number(about) if about else "",
        topic=about.topic if about else "",
        news=visit.words.news(about, visit.now, late=state != "late") if about else (),
        cancelled=tuple(date_view(visit, one) for one in called_off(visit, line)),
        dates=tuple(date_view(visit, one) for one in told[:DATES]),
        week=weekly_hours(visit, line),
        closed=closed_days(visit, line),
        phone=visit.words.phone(line),
        chat=chat_link(line.phone),
        steps=steps(visit, line, about),
        cannot=cannot(visit, line),
        outside=visit.words.text(f"outside.{line.outside}"),
    )


def now_of(visit: Visit, line: Line) -> Now:
    """What is on and what comes next on a line."""
    told = {one.key: one for one in visit.dates if one.line == line.id}
    current = visit.schedule.at(visit.now, line=line.id)
    coming = visit.schedule.next_after(visit.now, line=line.id)
    # A session may run on after its end, and is no date that is still to come then.
    held = [told.get(one.key, one) for one in visit.standing.sessions if one.line == line.id]
    held = [one for one in held if one.state in ORDER]
    held = [one for one in held if one.state not in FINISHING or _tells(visit, one, current, coming)]
    on = min(held, key=lambda one: ORDER.index(one.state), default=None)
    if on is None and current is not None:
        on = told.get(current.key)
    return Now(on, current, coming, told.get(coming.key) if coming else None)


def _tells(visit: Visit, ending: Announced, current: Occurrence | None, coming: Occurrence | None) -> bool:
    """Does the page still tell of a session that takes in nobody any more?

    Staff may leave it unfinished for days, while the gate has long gone on to the window that is open now.
    """
    if current is not None:
        return current.key == ending.key
    if ending.closes > visit.now:
        return True
    today = visit.words.local(visit.now).date()
    return visit.words.local(ending.opens).date() == today and not comes_today(visit, coming)


def comes_today(visit: Visit, coming: Occurrence | None) -> bool:
    """Does the next window begin before the day is over?"""
    local = visit.words.local
    return coming is not None and local(coming.opens).date() == local(visit.now).date()


def _about(state: State, now: Now) -> tuple[Announced | None, Announced | Occurrence | None]:
    """The date that number, topic and news are of, and the one whose time is shown: an hour that is on has only an end."""
    if state == "open":
        return now.on, None
    if state == "late" and now.on:
        return now.on, now.on
    return now.next, now.next or now.coming


def _state(visit: Visit, now: Now) -> tuple[State, str, str]:
    """State, headline and a hint. What the row of a session says holds; without one the schedule decides."""
    text, on = visit.words.text, now.on
    late = next((one for one in (on, now.next) if one and is_late(one, visit.now)), None)
    if late is not None and (late is on or (on is None and now.current is None)):
        hint = text("state.late_hint") if on else ""
        expected = expected_at(late, visit.now)
        if expected is None:
            return "late", text("state.late_unknown"), hint
        return "late", text("state.late", starts=visit.words.clock(expected)), hint
    if on is not None and on.state in FINISHING:
        return "ending", text("state.ending_now" if comes_today(visit, now.coming) else "state.ending"), ""
    if on is not None and on.state == "lobby" and now.current is None:
        starts = visit.words.clock(on.opens)
        return "lobby", text("state.lobby", starts=starts), text("state.lobby_hint", starts=starts)
    if on is not None and on.state in TAKING:
        return "open", _open_until(visit, "state.open", on.closes), ""
    return _by_the_plan(visit, now)


def _by_the_plan(visit: Visit, now: Now) -> tuple[State, str, str]:
    current, coming = now.current, now.coming
    if current is not None and coming is not None and coming.opens == current.closes:
        return "open", visit.words.text("state.open_always"), ""
    if current is not None:
        key = "state.open_hours" if current.kind == "hours" else "state.open"
        return "open", _open_until(visit, key, current.closes), ""
    if coming is not None:
        key = "state.next_hours" if coming.kind == "hours" else "state.next"
        return "next", visit.words.text(key), ""
    return "none", visit.words.text("state.none"), ""


def _open_until(visit: Visit, key: str, closes: datetime) -> str:
    ends = visit.words.until(closes)
    left = int(words.minutes(closes - visit.now))
    if left > 90:
        return visit.words.text(f"{key}_long", ends=ends)
    return visit.words.text(f"{key}_one" if left == 1 else key, ends=ends, minutes=str(left))


def _when(visit: Visit, shown: Announced | Occurrence | None) -> str:
    if shown is None:
        return ""
    if isinstance(shown, Announced):
        return visit.words.span(shown)
    return words.following(shown, visit.now, visit.town.timezone, visit.language)


# -- lists of dates ------------------------------------------------------------------------------------


def called_off(visit: Visit, line: Line) -> list[Announced]:
    """What was cancelled and would have been the next date of a line: everybody who comes by should know."""
    coming = visit.schedule.next_after(visit.now, line=line.id)
    return [
        one
        for one in visit.dates
        if one.line == line.id
        and one.state == "cancelled"
        and (coming is None or coming.kind == "hours" or one.opens < coming.opens)
    ]


def date_view(visit: Visit, one: Announced) -> DateView:
    """One date as a list shows it; in person ones too (KA-2)."""
    return DateView(
        when=visit.words.span(one),
        machine=visit.words.local(one.opens).isoformat(),
        number=visit.words.number(one),
        in_person=one.kind == "in_person",
        topic=one.topic,
        cancelled=one.state == "cancelled",
        off=visit.words.off(one),
        why=visit.words.why(one, visit.instead_of(one)),
        news=visit.words.news(one, visit.now),
    )


# -- how it works --------------------------------------------------------------------------------------


def steps(visit: Visit, line: Line, about: Announced | None = None) -> tuple[str, ...]:
    """How it works, in three steps, as this line's policy has it."""
    when = "step.write_hours" if line.hours and not line.sessions else "step.write"
    write = [visit.words.text(when)]
    taken = {"image", "location"} & (line.answer | line.accept)
    if taken:
        write.append(visit.words.text("step.image_location" if len(taken) == 2 else f"step.{taken.pop()}"))
    host = about.deputy if about and about.deputy else line.host
    return (
        visit.words.text("step.save", phone=visit.words.phone(line)),
        " ".join(write),
        visit.words.text("step.answer", host=host),
    )


#: What to say does not work, by the types of which one would have to be taken for it to work.
CANNOT: Mapping[str, frozenset[str]] = {
    "cannot.voice": frozenset({"audio", "voice"}),
    "cannot.video": frozenset({"video"}),
    "cannot.image": frozenset({"image"}),
    "cannot.document": frozenset({"document"}),
}


def cannot(visit: Visit, line: Line) -> tuple[str, ...]:
    """What does not work."""
    return not_possible(visit.words, line)


def not_possible(wording: Wording, line: Line) -> tuple[str, ...]:
    """The same for those who have no visit."""
    kinds = [key for key, wanted in CANNOT.items() if not wanted & (line.answer | line.accept)]
    return tuple(wording.text(key) for key in ("cannot.calls", *kinds, "cannot.private"))
