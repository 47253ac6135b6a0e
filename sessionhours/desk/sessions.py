"""Actions on sessions: an occurrence becomes a row with a number, opens and closes by the clock, or by a person.

Whoever changes who stands where in a session says so with `tell_session`, so that counts are right everywhere.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import func
from sqlmodel import Session, col, select
from sqlmodel.sql.expression import SelectOfScalar

from sessionhours.core.instants import instant, ms
from sessionhours.core.schedule import Occurrence, Schedule
from sessionhours.core.session import RUNNING, Hours, due, may_move
from sessionhours.desk import shapes
from sessionhours.desk.plan import Planner
from sessionhours.errors import Refused
from sessionhours.store.events import emit, take_seq
from sessionhours.store.lock import alone
from sessionhours.store.tables import Contact, Conversation, HourSession, Message, new_id

#: Lanes in which somebody still lacks an answer.
UNANSWERED = ("waiting", "drafting", "approval")

#: Most minutes that one click adds, and the longest a session opened by hand may last.
MOST_EXTENSION = 60
LONGEST = 8 * 60


def tick(session: Session, planner: Planner, schedule: Schedule, *, now: datetime) -> None:
    """What time alone does for one town: the next session of each line has a row, states move, held questions appear."""
    alone(session)
    _announce(session, planner, schedule, now)
    for row in _living(session, schedule.town.id):
        _move_by_time(session, row, now)
    _show_held(session, planner, schedule, now)
    _clear_table(session, planner, schedule, now)


def open_now(session: Session, schedule: Schedule, line: str, minutes: int, *, now: datetime) -> HourSession:
    """Open a session this minute. Raises `Refused` where one is running on the line already."""
    if any(row.line == line and row.state in RUNNING for row in _living(session, schedule.town.id)):
        raise Refused("session_running", "Auf dieser Leitung läuft schon eine Sprechstunde.", status=409)
    _within(minutes, LONGEST)
    title = schedule.line(line).title
    row = _new(session, schedule.town.id, line, title, now, now + timedelta(minutes=minutes))
    row.occurrence, row.changed = f"{line}/now/{row.id}", True
    row.opened_at = ms(now)
    session.add(row)
    _open(session, row, now)
    emit(session, row.town, "session.created", shape(session, row), now=now)
    _number(session, row.town, line, now)
    tell_next(session, row.town, now)
    return row


def extend(session: Session, town: str, id: str, minutes: int, *, now: datetime) -> HourSession:
    """Move the end of a running session. Raises `Refused` for one that is closed, cancelled or not yet open."""
    row = find(session, town, id)
    if row.state not in RUNNING:
        raise Refused(
            "session_not_running", "Nur eine laufende Sprechstunde kann verlängert werden.", status=409
        )
    _within(minutes, MOST_EXTENSION)
    row.closes = max(row.closes, ms(now) if row.state == "draining" else row.closes) + minutes * 60_000
    row.changed = True
    session.add(row)
    _move_by_time(session, row, now)
    tell_session(session, row, now)
    return row


def find(session: Session, town: str, id: str) -> HourSession:
    """The town's session of that id. Raises `Refused` (404)."""
    row = session.get(HourSession, id)
    if row is None or row.town != town:
        raise Refused("not_found", "Diese Sprechstunde gibt es nicht (mehr).", status=404)
    return row


def counts(session: Session, id: str) -> dict[str, int]:
    """How many people of a session are in it, wait, have an answer, are done."""
    statement = (
        select(Conversation.lane, func.count())
        .where(Conversation.session == id)
        .group_by(col(Conversation.lane))
    )
    lanes: dict[str, int] = dict(session.exec(statement).all())
    return {
        "people": sum(lanes.values()),
        "waiting": sum(lanes.get(lane, 0) for lane in UNANSWERED),
        "answered": lanes.get("answered", 0),
        "follow_up": lanes.get("follow_up", 0),
        "done": lanes.get("done", 0),
    }


def shape(session: Session, row: HourSession) -> dict[str, Any]:
    """The session as the wire shows it."""
    return shapes.session(dict(row), counts(session, row.id))


def tell_session(session: Session, row: HourSession, now: datetime) -> None:
    """Tell the consoles how a session stands."""
    session.flush()
    emit(session, row.town, "session.updated", shape(session, row), now=now)


def tell_next(session: Session, town: str, now: datetime) -> None:
    """Tell the consoles which session is the next one."""
    session.flush()
    row = next_session(session, town)
    data = {"next_session": None if row is None else shape(session, row)}
    emit(session, town, "schedule.changed", data, now=now)


def next_session(session: Session, town: str) -> HourSession | None:
    """The next announced session of a town."""
    statement = select(HourSession).where(
        HourSession.town == town, HourSession.state == "announced", HourSession.kind == "whatsapp"
    )
    return session.exec(statement.order_by(col(HourSession.opens), col(HourSession.id))).first()


def running(session: Session, town: str) -> list[HourSession]:
    """Sessions that are on, the earliest first."""
    statement = select(HourSession).where(HourSession.town == town, col(HourSession.state).in_(RUNNING))
    return list(session.exec(statement.order_by(col(HourSession.opens), col(HourSession.id))))


# -- by time -------------------------------------------------------------------------------------------


def _announce(session: Session, planner: Planner, schedule: Schedule, now: datetime) -> None:
    """The window that is open and the next one of each line have a row, and rows follow the file until they open."""
    plan = planner.plan(session, schedule, now=now)
    wanted: dict[str, Occurrence] = {}
    for line in schedule.lines:
        next_two = plan.schedule.occurrences(now, 2, line=line.id, kinds=("whatsapp",))
        wanted |= {occurrence.key: occurrence for occurrence in next_two}
    changed = [
        _row_for(session, schedule.town.id, plan.sessions.get(key), one, now) for key, one in wanted.items()
    ]
    coming = [row for row in plan.sessions.values() if row.state == "announced" and row.opens > ms(now)]
    changed += [_withdraw(session, row, wanted) for row in coming]
    if any(changed):
        for line in schedule.lines:
            _number(session, schedule.town.id, line.id, now)
        tell_next(session, schedule.town.id, now)


def _row_for(
    session: Session, town: str, row: HourSession | None, occurrence: Occurrence, now: datetime
) -> bool:
    """Make or mend the row of an occurrence; True where anything changed."""
    if row is None:
        row = _new(session, town, occurrence.line, occurrence.title, occurrence.opens, occurrence.closes)
        row.occurrence, row.topic = occurrence.key, occurrence.topic
        session.add(row)
        session.flush()
        emit(session, town, "session.created", shape(session, row), now=now)
        return True
    file_says = (ms(occurrence.opens), ms(occurrence.closes), occurrence.title, occurrence.topic)
    if row.changed or row.state != "announced" or file_says == (row.opens, row.closes, row.title, row.topic):
        return False
    row.opens, row.closes, row.title, row.topic = file_says
    session.add(row)
    tell_session(session, row, now)
    return True


def _withdraw(session: Session, row: HourSession, wanted: dict[str, Occurrence]) -> bool:
    """An announced session that the file no longer has is gone, unless staff made it theirs."""
    if row.changed or row.occurrence in wanted or row.kind != "whatsapp":
        return False
    session.delete(row)
    session.flush()
    return True


def _move_by_time(session: Session, row: HourSession, now: datetime) -> None:
    """Make every move that is due, each by itself; after a pause there may be several."""
    while _move_once(session, row, now):
        pass


def _move_once(session: Session, row: HourSession, now: datetime) -> bool:
    hours = Hours(row.state, instant(row.opens), instant(row.closes), counts(session, row.id)["waiting"])  # type: ignore[arg-type]
    state = due(hours, now)
    if state == row.state:
        return False
    assert may_move(row.state, state), (row.state, state)  # type: ignore[arg-type]
    announced = row.state == "announced"
    if state == "open":
        _open(session, row, now)
    row.state = state
    row.closed_at = ms(now) if state == "closed" else None
    session.add(row)
    tell_session(session, row, now)
    if announced:
        tell_next(session, row.town, now)
    return True


def _open(session: Session, row: HourSession, now: datetime) -> None:
    """Opening clears the table: who was finished in an earlier session leaves the queue, who was held joins it."""
    row.state = "open"
    row.opened_at = row.opened_at or ms(now)
    finished = _finished(row.town, row.line).where(col(Conversation.session).is_distinct_from(row.id))
    for conversation in session.exec(finished).all():
        _hide(session, conversation, now)


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


def _show_held(session: Session, planner: Planner, schedule: Schedule, now: datetime) -> None:
    """While a line is open nothing stays held: what came before is shown, oldest first (BZ-3)."""
    held = select(Conversation).where(Conversation.town == schedule.town.id, Conversation.lane == "held")
    rows = session.exec(held.order_by(col(Conversation.waiting_since))).all()
    if not rows:
        return
    plan = planner.plan(session, schedule, now=now)
    lines = {line.id for line in schedule.lines}
    for row in rows:
        window = plan.schedule.at(now, line=row.line) if row.line in lines else None
        if window is not None:
            holder = plan.session_of(window)
            row.lane, row.session = "waiting", holder.id if holder else None
            session.add(row)
            tell_conversation(session, row, now)


# -- small parts ---------------------------------------------------------------------------------------


def tell_conversation(session: Session, row: Conversation, now: datetime) -> None:
    """Tell the consoles how a conversation stands, and its session where the counts may have changed."""
    session.flush()
    contact = session.get_one(Contact, row.contact)
    row.last_seq = take_seq(session, row.town)
    session.add(row)
    shape = shapes.conversation(dict(row), dict(contact))
    tell_in(session, row, "conversation.updated", shape, now, row.last_seq)
    if row.session:
        holder = session.get(HourSession, row.session)
        if holder is not None:
            tell_session(session, holder, now)


def tell_message(session: Session, message: Message, now: datetime) -> shapes.Json:
    """Tell the consoles how a message stands. Returns its shape."""
    session.add(message)
    session.flush()
    shape = shapes.message(dict(message))
    tell_in(session, session.get_one(Conversation, message.conversation), "message.updated", shape, now)
    return shape


def tell_in(
    session: Session, row: Conversation, name: str, data: shapes.Json, now: datetime, seq: int | None = None
) -> None:
    """Tell the consoles of something in a conversation: those that may see it hear of it."""
    emit(session, row.town, name, data, now=now, seq=seq, conversation=row.id, assignee=row.assignee)


def _living(session: Session, town: str) -> list[HourSession]:
    statement = select(HourSession).where(
        HourSession.town == town,
        col(HourSession.state).in_(("announced", *RUNNING)),
        HourSession.kind == "whatsapp",
    )
    return list(session.exec(statement.order_by(col(HourSession.opens))))


def _new(
    session: Session, town: str, line: str, title: str, opens: datetime, closes: datetime
) -> HourSession:
    """A session that is numbered after those that were held; `_number` puts those to come in order."""
    number = _held(session, town, line) + 1
    return HourSession(
        id=new_id(), town=town, line=line, number=number, title=title, opens=ms(opens), closes=ms(closes)
    )


def _held(session: Session, town: str, line: str) -> int:
    """The highest number of a session that has opened."""
    statement = select(func.max(HourSession.number)).where(
        HourSession.line == line,
        HourSession.town == town,
        col(HourSession.state).not_in(("announced", "cancelled")),
    )
    return session.exec(statement).one() or 0


def _number(session: Session, town: str, line: str, now: datetime) -> None:
    """Sessions to come are numbered in the order in which they will open: "die zweite Sprechstunde" is the next one."""
    session.flush()
    coming = select(HourSession).where(
        HourSession.town == town, HourSession.line == line, HourSession.state == "announced"
    )
    rows = session.exec(coming.order_by(col(HourSession.opens), col(HourSession.id))).all()
    for number, row in enumerate(rows, _held(session, town, line) + 1):
        if row.number != number:
            row.number = number
            session.add(row)
            tell_session(session, row, now)


def _within(minutes: int, most: int) -> None:
    if not 1 <= minutes <= most:
        raise Refused("bad_minutes", f"Bitte 1 bis {most} Minuten angeben.")
