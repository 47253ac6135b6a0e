"""Every date of a town as everybody may know it: the plan and what became of it, as one list.

Page, calendar, feed, poster and kit all read this list and nothing else (N1, AC-8).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from uuid import NAMESPACE_URL, uuid5

from sessionhours.core.schedule import Occurrence, Schedule
from sessionhours.core.schedule_rules import HELD
from sessionhours.core.session import RUNNING, Announced
from sessionhours.desk.effective import Standing

#: So far ahead dates are told, and so long those that are over or cancelled stay in the feeds.
AHEAD = timedelta(days=366)
KEPT = timedelta(days=60)
DAY = timedelta(days=1)

#: When a window was changed that has no session yet: the same at each reading, so that feeds stay byte for byte the same.
ALWAYS = datetime(2026, 1, 1, tzinfo=UTC)

#: So many dates are looked up at first; four times as many while they do not reach far enough.
FIRST_LOOK = 16


#: What was looked up last, by town. An entry is set in one step and never changed, so threads may race harmlessly.
_looked_up: dict[str, tuple[Schedule, date, list[Occurrence]]] = {}


def dates(
    standing: Standing, now: datetime, *, line: str | None = None, past: timedelta = timedelta(0)
) -> list[Announced]:
    """All dates that end after ``now - past``, for a year, cancelled ones too, in order of opening.

    Where no session has a row yet, the window of the plan stands for it: revision 0, its key as its uid. What waits for
    a decision is not told (AC-6). Numbers count on from session to session; 0 where there is none to count from, for
    cancelled ones and for hours in person, which are not numbered.
    """
    sessions = {one.key: one for one in standing.sessions}
    coming = _coming(standing.schedule, now)
    planned = {one.key: _as_planned(one, sessions.get(one.key)) for one in coming}
    others = [one for one in standing.sessions if one.key not in planned and _stands_alone(one, now)]
    told = [
        one for one in (*planned.values(), *others) if one.closes > now - past and line in (None, one.line)
    ]
    return _numbered(sorted(told, key=lambda one: (one.opens, one.closes, one.line, one.key)))


def find(all_dates: Iterable[Announced], name: str | None) -> Announced | None:
    """The date that is called so: by the id of its session, or by the key of its window."""
    return next((one for one in all_dates if name and name in (one.id, one.key)), None)


def lasting_name(town: str, one: Announced) -> str:
    """What a date is called in calendars and feeds for ever: a UUID, for the uid tells the time that was planned first."""
    return str(uuid5(NAMESPACE_URL, f"sessionhours:{town}/{one.uid}"))


def _coming(schedule: Schedule, now: datetime) -> list[Occurrence]:
    """What is on and to come within a year, and each line's next one however far away."""
    until = now + AHEAD
    within = [one for one in _of_the_day(schedule, now) if one.closes > now and one.opens < until]
    following = [schedule.next_after(now, line=line.id) for line in schedule.lines]
    return within + [one for one in following if one and one.kind in HELD and one.opens >= until]


def _of_the_day(schedule: Schedule, now: datetime) -> list[Occurrence]:
    """What is on or begins from this UTC day on, for a year and a day; kept while plan and day are the same."""
    day = now.astimezone(UTC).date()
    kept = _looked_up.get(schedule.town.id)
    if kept is None or kept[0] is not schedule or kept[1] != day:
        midnight = datetime.combine(day, time(), UTC)
        kept = _looked_up[schedule.town.id] = (
            schedule,
            day,
            _until(schedule, midnight, midnight + AHEAD + DAY),
        )
    return kept[2]


def _until(schedule: Schedule, from_: datetime, until: datetime) -> list[Occurrence]:
    """A plan has dates for decades, so the look is widened step by step."""
    n = FIRST_LOOK
    found = schedule.occurrences(from_, n, kinds=HELD)
    while len(found) == n and found[-1].opens < until:
        n *= 4
        found = schedule.occurrences(from_, n, kinds=HELD)
    return found


def _as_planned(one: Occurrence, session: Announced | None) -> Announced:
    """The session with the times of the plan, which every other reader sees too."""
    if session is None:
        session = Announced(
            "", one.line, one.key, one.key, 0, one.title, one.topic, one.kind, "announced",
            one.opens, one.closes, 0, ALWAYS,
        )  # fmt: skip
    state = "announced" if session.state == "cancelled" else session.state
    return replace(
        session,
        state=state,
        opens=one.opens,
        closes=one.closes,
        title=one.title,
        topic=one.topic,
        kind=one.kind,
    )


def _stands_alone(one: Announced, now: datetime) -> bool:
    """A session that the plan has no window for (any more) is told of when it is cancelled, over or running."""
    return not one.is_a_slip and (one.state == "cancelled" or one.state in RUNNING or one.closes <= now)


def _numbered(found: list[Announced]) -> list[Announced]:
    last: dict[str, int] = {}
    numbered = []
    for one in found:
        number = 0
        if one.kind == "whatsapp" and one.state != "cancelled":
            counted = one.state == "announced" and one.line in last
            # a row counts also what was called off while it was on; a window without a row has no number of its own
            number = max(last[one.line] + 1, one.number) if counted else one.number
            if number:
                last[one.line] = number
        numbered.append(replace(one, number=number))
    return numbered
