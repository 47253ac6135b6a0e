"""What time alone does: the next sessions have a row, states move, the last call goes out, held questions appear."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlmodel import Session, col, select
from sqlmodel.sql.expression import SelectOfScalar

from sessionhours.core import schedule_overlay
from sessionhours.core.instants import instant, ms
from sessionhours.core.schedule import Kind, Line, Occurrence, Schedule
from sessionhours.core.session import Hours, due, may_move
from sessionhours.desk import closing, conflicts, informing, notices, saying, sessions
from sessionhours.desk.plan import TOLD, Plan, Planner
from sessionhours.desk.sessions import tell_conversation, tell_in, tell_next, tell_session
from sessionhours.store.events import emit
from sessionhours.store.lock import alone
from sessionhours.store.tables import Conversation, HourSession

#: A running session whose end the file moves forward goes on so long at least (fault F46).
WARNING = timedelta(minutes=5)

#: Time alone does nothing to a session that opens later.
DAY = timedelta(days=1)


def tick(session: Session, planner: Planner, schedule: Schedule, *, now: datetime) -> None:
    """One look at one town; nothing changes where nothing is due."""
    alone(session)
    _announce(session, planner, schedule, now)
    for row in sessions.to_move(session, schedule.town.id, now, before=now + DAY):
        move(session, row, line_of(schedule, row), now)
        if _line_of(schedule, row):
            _last_call(session, planner, schedule, row, now)
    _show_held(session, planner, schedule, now)
    _clear_table(session, planner, schedule, now)
    conflicts.look(session, planner, schedule, now)


def move(session: Session, row: HourSession, line: Line, now: datetime) -> None:
    """Make every move that is due, each by itself; after a pause there may be several."""
    while _move_once(session, row, line, now):
        pass


def to_state(session: Session, row: HourSession, state: str, now: datetime) -> None:
    """Make one legal move and tell of it."""
    assert may_move(row.state, state), (row.state, state)  # type: ignore[arg-type]
    before = row.state
    if state == "open":
        _open(session, row, now)
    row.state = state
    row.closed_at = ms(now) if state == "closed" else None
    session.add(row)
    if before in ("open", "closed") and state in ("announced", "lobby", "open"):
        _put_back(session, row, now)
    if state == "closed":
        closing.finish(session, row, now)
    if state in ("closed", "cancelled"):
        notices.withdraw(session, row.town, "unattended", row.id, now=now)
    tell_session(session, row, now)
    if "announced" in (before, state):
        tell_next(session, row.town, now)


def stirred(session: Session, row: HourSession, now: datetime) -> None:
    """Somebody in it wrote. One that was closed goes on for who wrote in time and was brought later (N5, AC-60)."""
    if row.state == "closed" and sessions.unaccounted(session, row):
        to_state(session, row, "draining", now)
    else:
        tell_session(session, row, now)


def line_of(schedule: Schedule, row: HourSession) -> Line:
    """Its line; where the file no longer has it, another one, whose minutes serve as well."""
    return _line_of(schedule, row) or schedule.lines[0]


def _line_of(schedule: Schedule, row: HourSession) -> Line | None:
    return next((line for line in schedule.lines if line.id == row.line), None)


def _move_once(session: Session, row: HourSession, line: Line, now: datetime) -> bool:
    waiting = sessions.counts(session, row.id)["waiting"]
    early = timedelta(minutes=line.early)
    opens, closes = instant(row.opens), instant(row.closes)
    state = due(Hours(row.state, opens, closes, waiting, early, _by_hand(row)), now)  # type: ignore[arg-type]
    if state == row.state:
        return False
    to_state(session, row, state, now)
    return True


def _by_hand(row: HourSession) -> bool:
    """Did a person open or end it at this moment? Then the moment is its start or its end; the clock's come later."""
    if row.state == "open":
        return row.changed and (row.opened_at or 0) <= row.opens
    return row.state == "closed" and row.changed and (row.closed_at or 0) <= row.closes


# -- rows follow the plan ------------------------------------------------------------------------------


def _announce(session: Session, planner: Planner, schedule: Schedule, now: datetime) -> None:
    """The window that is open, the next ones of each line and all that is told have a row, which follows the file until
    it opens: what has a row can be told as moved or cancelled (AC-12, AC-61)."""
    plan = planner.plan(session, schedule, now=now)
    wanted = {one.key: one for one in planner.near(plan.schedule, now)}
    wanted |= _rows_already(plan, wanted, now)
    changed = _follow_the_file(session, plan, wanted, now)
    changed += [
        row_for(session, plan.schedule, plan.sessions.get(key), one, now) for key, one in wanted.items()
    ]
    changed += [_shorten(session, planner, schedule, row, now) for row in plan.sessions.values()]
    if any(changed):
        for line in schedule.lines:
            sessions.number(session, schedule.town.id, line.id, now)
        tell_next(session, schedule.town.id, now)


def _rows_already(plan: Plan, wanted: dict[str, Occurrence], now: datetime) -> dict[str, Occurrence]:
    """Sessions far ahead that have a row follow the plan too: somebody looked at them, or moved them and back."""
    rows = [row for key, row in plan.sessions.items() if key not in wanted and not row.changed]
    waiting = [row for row in rows if row.state in ("announced", "cancelled") and row.opens > ms(now)]
    found = [
        (row, plan.schedule.occurrence(row.line, str(row.occurrence)))
        for row in waiting
        if _line_of(plan.schedule, row)
    ]
    return {
        one.key: one
        for row, one in found
        if one is not None and one.kind == row.kind and not one.needs_decision and one.opens > now
    }


def row_for(
    session: Session, schedule: Schedule, row: HourSession | None, occurrence: Occurrence, now: datetime
) -> bool:
    """Make or mend the row of an occurrence; True where anything changed."""
    if row is None:
        add_row(session, schedule, occurrence, now)
        return True
    if row.changed or row.state not in ("announced", "lobby", "cancelled"):
        return False
    times = (ms(occurrence.opens), ms(occurrence.closes))
    file_says = (*times, occurrence.kind, occurrence.title, occurrence.topic)
    if row.state != "cancelled" and file_says == (row.opens, row.closes, row.kind, row.title, row.topic):
        return False
    later = row.state == "lobby" and times[0] > row.opens
    sessions.moved(row, occurrence.opens)
    before, known = instant(row.opens), row.state != "cancelled"
    sessions.begins(row, occurrence.opens, occurrence.closes, schedule.town.timezone)
    row.kind, row.title, row.topic = occurrence.kind, occurrence.title, occurrence.topic
    row.number = row.number if row.kind == "whatsapp" else 0
    row.file_opens, row.file_closes = row.opens, row.closes
    row.reason, row.replaced_by, row.opened_at = "", None, None
    sessions.touch(row, schedule.line(row.line), now)
    if row.state != "announced":
        row.state = "announced"
    session.add(row)
    if known:
        informing.moved(session, schedule, row, before, now)
    if later:
        _later(session, schedule, row, now)
    tell_session(session, row, now)
    return True


def _later(session: Session, schedule: Schedule, row: HourSession, now: datetime) -> None:
    """Who waits in the lobby comes first when it begins, if that is not at hand any more."""
    if now < instant(row.opens) - timedelta(minutes=schedule.line(row.line).early):
        closing.put_off(session, row, schedule, now=now)


def add_row(session: Session, schedule: Schedule, occurrence: Occurrence, now: datetime) -> HourSession:
    """The row of an occurrence of the plan."""
    line = schedule.line(occurrence.line)
    row = sessions.new(
        session, schedule.town.id, line, occurrence.title, occurrence.opens, occurrence.closes, now
    )
    row.occurrence = row.uid = occurrence.key
    row.topic, row.kind = occurrence.topic, occurrence.kind
    row.number = row.number if row.kind == "whatsapp" else 0
    row.file_opens, row.file_closes = row.opens, row.closes
    session.add(row)
    session.flush()
    emit(session, row.town, "session.created", sessions.shape(session, row), now=now)
    return row


def _follow_the_file(
    session: Session, plan: Plan, wanted: dict[str, Occurrence], now: datetime
) -> list[bool]:
    """An announced session whose window the file no longer has: at another time that day it is the same one, else it
    is cancelled, unless staff made it theirs."""
    gone = [row for row in plan.sessions.values() if _is_gone(plan, row, wanted, now)]
    new = [one for key, one in wanted.items() if key not in plan.sessions]
    for row in gone:
        heir = next((one for one in new if _heir(plan, row, one)), None) or _far_heir(plan, row)
        if heir is not None:
            new = [one for one in new if one.key != heir.key]
            wanted[heir.key] = heir
            del plan.sessions[str(row.occurrence)]
            row.occurrence = heir.key
            plan.sessions[heir.key] = row
            session.add(row)
        else:
            row.reason = _why_gone(plan, row)
            sessions.touch(row, line_of(plan.schedule, row), now)
            to_state(session, row, "cancelled", now)
            closing.call_off(session, row, plan.schedule, now=now)
    return [True] * len(gone)


def _is_gone(plan: Plan, row: HourSession, wanted: dict[str, Occurrence], now: datetime) -> bool:
    to_come = row.state in ("announced", "lobby") and row.opens > ms(now)
    if row.changed or not to_come:
        return False
    if row.occurrence in wanted:
        return wanted[row.occurrence].kind != row.kind
    try:
        found = plan.schedule.occurrence(row.line, str(row.occurrence))
    except LookupError:
        return True
    return found is None or found.needs_decision is not None or found.kind != row.kind


def _why_gone(plan: Plan, row: HourSession) -> str:
    """The reason of the exception that it fell to, where there is one."""
    day = instant(row.opens).astimezone(plan.schedule.town.timezone).date()
    line = _line_of(plan.schedule, row)
    return next((one.reason for one in line.exceptions if one.date == day), "") if line else ""


def _heir(plan: Plan, row: HourSession, one: Occurrence) -> bool:
    day = instant(row.opens).astimezone(plan.schedule.town.timezone).date()
    return one.line == row.line and one.kind == row.kind and one.date == day


def _far_heir(plan: Plan, row: HourSession) -> Occurrence | None:
    """The same for a session far ahead that has a row already."""
    line = _line_of(plan.schedule, row)
    if line is None:
        return None
    kind: Kind = "in_person" if row.kind == "in_person" else "whatsapp"
    found = schedule_overlay.heir(plan.schedule.town, line, str(row.occurrence), kind, plan.sessions)
    return None if found is None or found.needs_decision else plan.schedule.occurrence(line.id, found.key)


def _shorten(session: Session, planner: Planner, schedule: Schedule, row: HourSession, now: datetime) -> bool:
    """A running session of the file ends when the file now says, but not without warning (fault F46)."""
    if row.changed or row.state not in ("open", "intake_closed") or _line_of(schedule, row) is None:
        return False
    file_says = planner.planned(session, schedule).occurrence(row.line, str(row.occurrence))
    if file_says is None or ms(file_says.closes) == row.file_closes:
        return False
    row.file_closes = ms(file_says.closes)
    row.closes = max(row.file_closes, min(row.closes, ms(now + WARNING)))
    sessions.touch(row, schedule.line(row.line), now)
    session.add(row)
    tell_session(session, row, now)
    return True


# -- at its times --------------------------------------------------------------------------------------


def _open(session: Session, row: HourSession, now: datetime) -> None:
    """Opening clears the table, once: who was finished in an earlier session leaves, who was carried over joins.

    Not where it only goes on, longer or with new people again: whoever was carried over meanwhile waits for the next.
    Nor for one that is over already: nobody was in it, and nobody could be answered.
    """
    first, row.state = row.opened_at is None, "open"
    row.opened_at = row.opened_at or ms(now)
    if row.closes <= ms(now):
        _count(session, row, now)
    elif first:
        _clear(session, row, now)


def _put_back(session: Session, row: HourSession, now: datetime) -> None:
    """The clock was ahead: what it began has not been yet, and what it took for long past has its number again."""
    if row.state in ("announced", "lobby"):
        row.opened_at = None
    if not row.number:
        row.number = sessions.held(session, row.town, row.line, before=row.opens) + 1
    sessions.number(session, row.town, row.line, now)


def _count(session: Session, row: HourSession, now: datetime) -> None:
    """One from so long ago that nobody is told of it, or from before others that were held, takes no number from
    anybody: a clock that was far behind made it (fault F41)."""
    if row.closes <= ms(now - TOLD) or sessions.held_later(session, row):
        row.number = 0
        sessions.number(session, row.town, row.line, now)


def _clear(session: Session, row: HourSession, now: datetime) -> None:
    finished = _finished(row.town, row.line).where(col(Conversation.session).is_distinct_from(row.id))
    for conversation in session.exec(finished).all():
        _hide(session, conversation, now)
    closing.carry_over(session, row, now)


def _last_call(
    session: Session, planner: Planner, schedule: Schedule, row: HourSession, now: datetime
) -> None:
    """Ten minutes before the end each person who waits, and nobody else, hears of it once (N2)."""
    at = row.last_call_at
    if row.state not in ("open", "intake_closed") or at is None or row.last_called_at or ms(now) < at:
        return
    row.last_called_at = ms(now)
    session.add(row)
    plan = planner.plan(session, schedule, now=now).schedule
    saying.to_those_waiting(session, plan, sessions.unaccounted(session, row), "last_call", row, "", now=now)
    tell_session(session, row, now)


def _finished(town: str, line: str) -> SelectOfScalar[Conversation]:
    return select(Conversation).where(
        Conversation.town == town,
        Conversation.line == line,
        Conversation.lane == "done",
        col(Conversation.shown).is_(True),
    )


def _hide(session: Session, row: Conversation, now: datetime) -> None:
    row.shown = False
    session.add(row)
    tell_in(session, row, "conversation.removed", {"id": row.id}, now)


def _clear_table(session: Session, planner: Planner, schedule: Schedule, now: datetime) -> None:
    """Opening hours begin with a clear table too: who was finished before this window leaves the queue."""
    for line in schedule.lines:
        window = (
            planner.plan(session, schedule, now=now).schedule.at(now, line=line.id) if line.hours else None
        )
        if window is not None:
            before = _finished(schedule.town.id, line.id).where(col(Conversation.done_at) < ms(window.opens))
            for conversation in session.exec(before).all():
                _hide(session, conversation, now)
            closing.bring_back(session, schedule.town.id, line.id, window.opens, now)


def _show_held(session: Session, planner: Planner, schedule: Schedule, now: datetime) -> None:
    """While a line takes questions none stays held: what came before is shown, oldest first (BZ-3)."""
    held = select(Conversation).where(Conversation.town == schedule.town.id, Conversation.lane == "held")
    rows = session.exec(held.order_by(col(Conversation.waiting_since))).all()
    if not rows:
        return
    plan = planner.plan(session, schedule, now=now)
    lines = {line.id for line in schedule.lines}
    for row in rows:
        window = plan.schedule.at(now, line=row.line) if row.line in lines else None
        holder = plan.session_of(window)
        if window is not None and (holder is None or holder.state != "intake_closed"):
            row.lane, row.session = "waiting", holder.id if holder else None
            session.add(row)
            tell_conversation(session, row, now)
