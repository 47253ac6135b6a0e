"""Series that staff plan: hours that recur, from a date on, until a date or without end (surfaces §5)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from sessionhours.core.every import NotUnderstood, parse_every
from sessionhours.core.every_why import why
from sessionhours.core.schedule import WallSpan
from sessionhours.core.schedule_entries import series as rule_of
from sessionhours.core.schedule_rules import DAY
from sessionhours.core.schedule_time import local_date, window
from sessionhours.desk import aftermath, clashes, entries, planning_dates, shapes
from sessionhours.desk.call import Call
from sessionhours.desk.planning import kind_of, words_of
from sessionhours.desk.planning_dates import wrong
from sessionhours.errors import Refused
from sessionhours.store.tables import PlanEntry

#: A series that has no date for so long is taken never to come.
EVER = timedelta(days=5 * 366)

#: Characters of the words that say when it recurs.
LONGEST_EVERY = 100


@dataclass(frozen=True, slots=True)
class Recurring:
    """A series as it was typed: ``every`` in words (surfaces §3), wall times, dates or nothing."""

    every: str
    from_: str
    to: str
    starting: str = ""
    until: str = ""
    kind: str = "whatsapp"
    topic: str = ""


def add(call: Call, line: str, wish: Recurring) -> PlanEntry:
    """Plan a series. Raises `Refused`: a bad field, or ``overlap``."""
    before = aftermath.before(call)
    call.line(line)
    data = _read(call, wish)
    rule, first = rule_of(data), date.fromisoformat(data["starting"])
    if not rule.dates(first, first + EVER):
        raise wrong("every", "In dieser Zeit fällt kein Tag darauf.")
    other = clashes.with_series(before.plan.schedule, line, rule, first)
    if other is not None:
        raise clashes.overlap(before.plan.schedule, other)
    row = entries.put(call, line, "series", data)
    aftermath.follow(call, before, confirm=True)
    return row


def end(call: Call, id: str, until: str, *, confirm: bool) -> PlanEntry | None:
    """Its last date, or none any more from now on. Returns None where nothing of it is left: it had not begun.

    Raises `Refused`: a bad date, ``overlap`` where it would go on longer than before, ``confirm``.
    """
    before = aftermath.before(call)
    row = entries.find(call, "series", id)
    data: dict[str, str] = shapes.load(row.data)
    last = _last(call, data, until)
    first = date.fromisoformat(data["starting"])
    shorter = rule_of({**data, "until": last.isoformat()})
    left = last >= first and bool(shorter.dates(first, last))
    if left:
        _longer(call, before, row, data, last)
        row.data = shapes.dump({**data, "until": last.isoformat()}) or ""
        call.session.add(row)
    else:
        call.session.delete(row)
    aftermath.follow(call, before, confirm)
    return row if left else None


# -- small parts ---------------------------------------------------------------------------------------


def _read(call: Call, wish: Recurring) -> dict[str, str]:
    """All of it readable, as `core.schedule_entries` keeps it, with the date from which it holds."""
    town, kind = call.schedule.town, kind_of(wish.kind)
    span = planning_dates.span(wish.from_, wish.to)
    starting = wish.starting.strip()
    begins = planning_dates.coming_day("starting", starting, town, call.now) if starting else None
    every = _understood(wish.every, begins)
    first = _first(call, every, span, begins)
    until = wish.until.strip()
    if until and planning_dates.coming_day("until", until, town, call.now) < first:
        raise wrong("until", "Das Ende liegt vor dem Beginn.")
    return {
        "every": every,
        "from": f"{span.opens:%H:%M}",
        "to": "24:00" if span.to == DAY else f"{span.closes:%H:%M}",
        "kind": kind,
        "topic": words_of("topic", wish.topic),
        "starting": first.isoformat(),
        "until": until,
    }


def _understood(text: str, starting: date | None) -> str:
    every = " ".join(text.split())
    if len(every) > LONGEST_EVERY:
        raise wrong("every", f"höchstens {LONGEST_EVERY} Zeichen.")
    try:
        parse_every(every, starting)
    except NotUnderstood as reason:
        raise wrong("every", f"{why(reason, 'de')}.") from None
    return every


def _first(call: Call, every: str, span: WallSpan, starting: date | None) -> date:
    """From when it holds: the day that was wished, else today, or tomorrow where today's hour has begun already."""
    zone = call.schedule.town.timezone
    today = local_date(call.now, zone)
    begun = window(today, span, zone)[0] <= call.now
    if starting is None:
        return today + timedelta(days=1) if begun else today
    if starting == today and begun and parse_every(every, starting).falls_on(today):
        raise wrong("starting", "Heute ist diese Uhrzeit schon vorbei; sie kann morgen beginnen.")
    return starting


def _last(call: Call, data: dict[str, str], until: str) -> date:
    zone = call.schedule.town.timezone
    if until.strip():
        return planning_dates.coming_day("until", until, call.schedule.town, call.now)
    today = local_date(call.now, zone)
    rule = rule_of(data)
    begun = rule.recurs_on(today) and window(today, rule.span, zone)[0] <= call.now
    return today if begun else today - timedelta(days=1)


def _longer(call: Call, before: aftermath.Before, row: PlanEntry, data: dict[str, str], last: date) -> None:
    """It may go on longer than was planned, where nothing stands in the way."""
    ended = date.fromisoformat(data["until"]) if data["until"] else date.max
    if last <= ended:
        return
    if ended < local_date(call.now, call.schedule.town.timezone):
        raise Refused("too_late", "Diese Serie ist schon zu Ende; bitte eine neue anlegen.", status=409)
    further = {**data, "starting": data["starting"], "until": last.isoformat()}
    rule = rule_of(further)
    other = clashes.with_series(before.plan.schedule, row.line, rule, ended + timedelta(days=1))
    if other is not None:
        raise clashes.overlap(before.plan.schedule, other)
