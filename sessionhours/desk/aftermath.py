"""What follows from every change of the plan: rows, numbers, a yes asked for at short notice, everybody told."""

from __future__ import annotations

from dataclasses import dataclass

from sessionhours.core import words
from sessionhours.core.instants import instant
from sessionhours.core.schedule import Schedule
from sessionhours.core.session import short_notice
from sessionhours.desk import moves, sessions, ticking
from sessionhours.desk.call import Call
from sessionhours.desk.conflicts import file_view, said
from sessionhours.desk.plan import Plan, Planner
from sessionhours.errors import Refused
from sessionhours.store.lock import alone
from sessionhours.store.tables import HourSession

#: States of a session that is to come, as far as people outside know.
TO_COME = ("announced", "lobby")


@dataclass(frozen=True, slots=True)
class Before:
    """The plan as it was before a series or an exception was changed: with and without single sessions."""

    plan: Plan
    planned: Schedule


def begin(call: Call) -> None:
    """One change of a plan at a time, so that each sees what the one before it did."""
    alone(call.session)


def before(call: Call) -> Before:
    """What `follow` will compare with."""
    begin(call)
    return Before(call.plan(), call.planned())


def follow(call: Call, before: Before, confirm: bool) -> None:
    """A series or an exception was changed: all that stands on it follows.

    Raises `Refused` (``confirm``) where an announced session that begins soon would change (AC-61).
    """
    call.session.flush()
    standing = call.standing()
    for row in before.plan.sessions.values():
        if not row.changed and row.state in TO_COME and _differs(row, standing):
            ask(call, row, confirm)
    _acknowledge(call, before)
    settle(call)


def settle(call: Call, *rows: HourSession) -> None:
    """The rows follow the plan, what is due now happens, and everybody hears of it: all in this transaction (N1)."""
    town = call.schedule.town.id
    for row in rows:
        call.session.add(row)
    call.session.flush()
    ticking.tick(call.session, Planner(), call.schedule, now=call.now)
    for line in sorted({row.line for row in rows} | {line.id for line in call.schedule.lines}):
        sessions.number(call.session, town, line, call.now)
    for row in rows:
        sessions.tell_session(call.session, row, call.now)
    sessions.tell_next(call.session, town, call.now)


def ask(call: Call, row: HourSession, confirm: bool) -> None:
    """Raises `Refused` (409 ``confirm``) for a change so shortly before the announced start, until ``confirm`` (AC-61)."""
    if confirm or not short_notice(instant(row.opens), call.now):
        return
    town, waiting = call.schedule.town, len(sessions.unaccounted(call.session, row))
    begins = words.when(instant(row.opens).astimezone(town.timezone), town.language)
    people = f" {waiting} Personen warten schon." if waiting > 1 else " Eine Person wartet schon." * waiting
    how = (
        "hat begonnen."
        if instant(row.opens) <= call.now
        else "ist angekündigt und beginnt in weniger als 24 Stunden."
    )
    raise Refused(
        "confirm",
        f"Die Sprechstunde am {begins} {how}{people} Bitte die Änderung noch einmal bestätigen.",
        status=409,
        session=sessions.shape(call.session, row),
    )


def theirs(call: Call, row: HourSession) -> None:
    """Staff make it theirs: the file no longer moves it. What the file says in this moment is kept beside it."""
    if not row.changed:
        taken = frozenset(call.plan().sessions)
        row.file_opens, row.file_closes = said(file_view(call.planned(), row, taken))
    row.changed = True
    sessions.touch(row, moves.line_of(call.schedule, row), call.now)
    call.session.add(row)


def _differs(row: HourSession, standing: Schedule) -> bool:
    try:
        found = standing.occurrence(row.line, str(row.occurrence))
    except LookupError:
        return False
    return found is None or bool(found.needs_decision) or said(found) != (row.opens, row.closes)


def _acknowledge(call: Call, before: Before) -> None:
    """What staff do to a series contradicts nothing that they did to its sessions; what the file did is still shown."""
    planned, taken = call.planned(), frozenset(before.plan.sessions)
    for row in before.plan.sessions.values():
        if row.changed and said(file_view(before.planned, row, taken)) == (row.file_opens, row.file_closes):
            row.file_opens, row.file_closes = said(file_view(planned, row, taken))
            call.session.add(row)
