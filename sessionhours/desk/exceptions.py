"""Exception dates that staff plan: a day closed, or with other hours, and why (surfaces §5)."""

from __future__ import annotations

from datetime import date, timedelta

from sessionhours.core.schedule import Occurrence, Schedule
from sessionhours.core.schedule_rules import HELD
from sessionhours.core.session import RUNNING
from sessionhours.desk import aftermath, clashes, entries, planning_dates
from sessionhours.desk.aftermath import Before
from sessionhours.desk.call import Call
from sessionhours.desk.plan import NOW
from sessionhours.desk.planning_dates import wrong
from sessionhours.store.tables import PlanEntry

#: Characters of a reason.
LONGEST_REASON = 200

NEIGHBOUR = timedelta(days=1)


def add(call: Call, line: str, date: str, from_: str, to: str, reason: str, *, confirm: bool) -> PlanEntry:
    """A day closed, or (with times) open at other hours.

    Raises `Refused`: a bad field, ``exists``, ``overlap``, ``confirm``, or where it would change nothing.
    """
    before = aftermath.before(call)
    call.line(line)
    day, data = _read(call, date, from_, to, reason)
    _possible(call, before, line, day, closed=not data["from"])
    row = entries.put(call, line, "exception", data, key=data["date"])
    _changes_something(call, before, line, day)
    _nothing_in_the_way(call, line, day)
    aftermath.follow(call, before, confirm)
    return row


def remove(call: Call, id: str, *, confirm: bool) -> PlanEntry:
    """The day is again as the rules say. Raises `Refused`: ``overlap``, ``confirm``, and while an hour of it is on."""
    before = aftermath.before(call)
    row = entries.find(call, "exception", id)
    day = planning_dates.day_of("date", row.key)
    if any(line.id == row.line for line in call.schedule.lines):
        _none_on(before, _held(before, row.line, day), field="exception")
    call.session.delete(row)
    call.session.flush()
    if any(line.id == row.line for line in call.schedule.lines):
        _no_pair(call.standing(), row.line, day)
    aftermath.follow(call, before, confirm)
    return row


# -- small parts ---------------------------------------------------------------------------------------


def _read(call: Call, on: str, from_: str, to: str, reason: str) -> tuple[date, dict[str, str]]:
    town = call.schedule.town
    day = planning_dates.coming_day("date", on, town, call.now)
    from_, to, reason = from_.strip(), to.strip(), " ".join(reason.split())
    if len(reason) > LONGEST_REASON:
        raise wrong("reason", f"höchstens {LONGEST_REASON} Zeichen.")
    if bool(from_) != bool(to):
        raise wrong("to" if from_ else "from", "Beide Uhrzeiten angeben, oder keine: dann ist geschlossen.")
    if from_:
        planning_dates.window(town, day, planning_dates.span(from_, to))
    return day, {"date": day.isoformat(), "from": from_, "to": to, "reason": reason}


def _possible(call: Call, before: Before, line: str, day: date, *, closed: bool) -> None:
    """Single sessions of that day were planned by a person and stay; so does what is on or has been."""
    if entries.of(call, line, "exception", day.isoformat()) is not None:
        raise wrong(
            "date", "Für diesen Tag gibt es schon eine Ausnahme; bitte erst entfernen.", "exists", status=409
        )
    there = _held(before, line, day)
    _none_on(before, there, field="date")
    if any(one.opens <= call.now and NOW not in one.key for one in there):
        raise wrong(
            "date",
            "An diesem Tag hat schon eine Sprechstunde begonnen: was noch kommt, bitte einzeln absagen oder verlegen.",
            "session_closed",
            status=409,
        )
    rows = {one.key: before.plan.sessions.get(one.key) for one in there}
    single = next((one for one in there if (row := rows[one.key]) is not None and row.changed), None)
    if single is not None and closed:
        raise wrong(
            "date",
            f"An diesem Tag steht ein einzelner Termin um {single.from_:%H:%M} Uhr: bitte zuerst absagen oder verlegen.",
            "not_possible",
            status=409,
        )


def _held(before: Before, line: str, day: date) -> list[Occurrence]:
    return before.plan.schedule.between(day, day, line=line, kinds=HELD)


def _none_on(before: Before, there: list[Occurrence], *, field: str) -> None:
    rows = [before.plan.sessions.get(one.key) for one in there]
    if any(row is not None and row.state in RUNNING for row in rows):
        raise wrong(
            field,
            "Heute läuft eine Sprechstunde: bitte dort absagen oder beenden.",
            "session_running",
            status=409,
        )


def _changes_something(call: Call, before: Before, line: str, day: date) -> None:
    """An exception that meets no rule would say nothing, or would be a session that nobody planned."""
    was = _windows(before.planned, line, day)
    now = _windows(call.planned(), line, day)
    of = call.planned().line(line)
    new = [one for one in now if one not in was]
    if was == now or (not was and not of.hours):
        raise wrong(
            "date",
            "An diesem Tag ist nichts geplant, was sich ändern würde; ein zusätzlicher Termin ist keine Ausnahme.",
            "not_possible",
            status=409,
        )
    if any(one.kind != "hours" and one.opens <= call.now for one in new):
        raise wrong("from", "Diese Uhrzeit ist schon vorbei.")


def _windows(planned: Schedule, line: str, day: date) -> list[Occurrence]:
    return planned.between(day, day, line=line)


def _nothing_in_the_way(call: Call, line: str, day: date) -> None:
    """Sessions at other hours must not lie where a single one was planned, nor reach into the next."""
    standing = call.standing()
    for found in call.planned().between(day, day, line=line, kinds=HELD):
        if found.key not in standing.overlay.replaced:
            clashes.nothing_there(standing, line, found.kind, found.opens, found.closes, but=found.key)
    _no_pair(standing, line, day)


def _no_pair(standing: Schedule, line: str, day: date) -> None:
    clash = clashes.pair(standing, line, day - NEIGHBOUR, day + NEIGHBOUR)
    if clash is not None:
        raise clashes.overlap(standing, clash[0])
