"""Sessions as rows: finding, counting, numbering and telling of them; what moves them stands in `moves`.

Whoever changes who stands where in a session says so with `tell_session`, so that counts are right everywhere.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import func
from sqlmodel import Session, col, select

from sessionhours.core.instants import instant, ms
from sessionhours.core.schedule import Line
from sessionhours.core.schedule_time import local_date
from sessionhours.core.session import LIVING, RUNNING, Announced, last_call_at
from sessionhours.desk import shapes
from sessionhours.errors import Refused
from sessionhours.store.events import emit, take_seq
from sessionhours.store.owned import owned
from sessionhours.store.tables import Contact, Conversation, HourSession, Message, new_id

#: Lanes in which somebody still lacks an outcome.
UNANSWERED = ("waiting", "drafting", "approval")


def find(session: Session, town: str, id: str) -> HourSession:
    """The town's session of that id. Raises `Refused` (404)."""
    row = owned(session, HourSession, town, id, lock=True)
    if row is None:
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


def unaccounted(session: Session, row: HourSession) -> list[Conversation]:
    """Who in this session still lacks an outcome, the longest wait first."""
    statement = select(Conversation).where(
        Conversation.session == row.id, col(Conversation.lane).in_(UNANSWERED)
    )
    return list(session.exec(statement.order_by(col(Conversation.waiting_since), col(Conversation.id))))


def shape(session: Session, row: HourSession) -> dict[str, Any]:
    """The session as the wire shows it."""
    return shapes.session(dict(row), counts(session, row.id))


def announced(row: HourSession) -> Announced:
    """The session as everybody may know it."""
    return Announced(
        id=row.id,
        line=row.line,
        key=row.occurrence or row.id,
        uid=row.uid or row.occurrence or row.id,
        number=row.number,
        title=row.title,
        topic=row.topic,
        kind=row.kind,
        state=row.state,  # type: ignore[arg-type]
        opens=instant(row.opens),
        closes=instant(row.closes),
        revision=row.revision,
        updated_at=instant(row.updated_at),
        changed=row.changed,
        moved_from=None if row.moved_from is None else instant(row.moved_from),
        reason=row.reason,
        replaced_by=row.replaced_by,
        late_until=None if row.late_until is None else instant(row.late_until),
        unattended=_unattended(row),
        deputy=row.deputy,
        published=shapes.load(row.published) or {},
        announced_at=instant(row.announced_at),
    )


def _unattended(row: HourSession) -> bool:
    """Did the roll call put the start off, and nobody since? Not told by ``updated_at``: a deputy's name moves that too."""
    roll = shapes.load(row.roll)
    return row.late_until is not None and roll is not None and roll.get("late_until") == row.late_until


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


def living(session: Session, town: str, *, before: datetime | None = None) -> list[HourSession]:
    """Sessions that are on or still to come (where wished those that open ``before``), the earliest first."""
    statement = select(HourSession).where(
        HourSession.town == town, col(HourSession.state).in_(LIVING), HourSession.kind == "whatsapp"
    )
    if before is not None:
        statement = statement.where(HourSession.opens < ms(before))
    return list(session.exec(statement.order_by(col(HourSession.opens))))


def to_move(session: Session, town: str, now: datetime, *, before: datetime) -> list[HourSession]:
    """Those that time may move: `living`, and what a clock that was ahead has closed before its end (fault F41)."""
    ahead = select(HourSession).where(
        HourSession.town == town, HourSession.state == "closed", HourSession.closes > ms(now)
    )
    return [*session.exec(ahead.order_by(col(HourSession.opens))), *living(session, town, before=before)]


# -- rows ----------------------------------------------------------------------------------------------


def new(
    session: Session, town: str, line: Line, title: str, opens: datetime, closes: datetime, now: datetime
) -> HourSession:
    """A session that is numbered after those that were held; `number` puts those to come in order."""
    row = HourSession(
        id=new_id(),
        town=town,
        line=line.id,
        number=held(session, town, line.id) + 1,
        title=title,
        opens=ms(opens),
        closes=ms(closes),
        announced_at=ms(now),
        updated_at=ms(now),
    )
    set_last_call(row, line, now)
    return row


def touch(row: HourSession, line: Line, now: datetime) -> None:
    """What calendars, pages or texts say of it has changed: a new version, and the last call where it belongs now."""
    renew(row, now)
    set_last_call(row, line, now)


def renew(row: HourSession, now: datetime) -> None:
    """What calendars, pages or texts say of it has changed, but not when it is: a new version (RFC 5545 §3.8.7.4)."""
    row.revision += 1
    row.updated_at = ms(now)


def moved(row: HourSession, opens: datetime) -> None:
    """It will begin at ``opens``: remember the start that was announced before, until it begins then again."""
    announced = row.opens if row.moved_from is None else row.moved_from
    row.moved_from = None if announced == ms(opens) else announced


def begins(row: HourSession, opens: datetime, closes: datetime, zone: ZoneInfo) -> None:
    """It is at these times: a delay was of its old start, and who stands in does so on one date."""
    if row.opens != ms(opens):
        row.late_until = None
    if local_date(instant(row.opens), zone) != local_date(opens, zone):
        row.deputy = ""
    row.opens, row.closes = ms(opens), ms(closes)


def set_last_call(row: HourSession, line: Line, now: datetime) -> None:
    """Plan the last call; one that was made already is made again to those who did not hear it."""
    at = last_call_at(instant(row.opens), instant(row.closes), timedelta(minutes=line.last_call))
    row.last_call_at = None if at is None else ms(at)
    if at is not None and at > now:
        row.last_called_at = None


def number(session: Session, town: str, line: str, now: datetime) -> None:
    """Sessions to come are numbered in the order in which they will open: "die zweite Sprechstunde" is the next one."""
    session.flush()
    coming = select(HourSession).where(
        HourSession.town == town,
        HourSession.line == line,
        HourSession.state == "announced",
        HourSession.kind == "whatsapp",
    )
    rows = session.exec(coming.order_by(col(HourSession.opens), col(HourSession.id))).all()
    for place, row in enumerate(rows, held(session, town, line) + 1):
        if row.number != place:
            row.number = place
            if row.updated_at < ms(now):
                renew(row, now)
            session.add(row)
            tell_session(session, row, now)


def held(session: Session, town: str, line: str, *, before: int | None = None) -> int:
    """The highest number of a session that has opened or is about to, also of one that was called off while it was on;
    where wished of those that begin ``before``."""
    statement = select(func.max(HourSession.number)).where(
        HourSession.line == line,
        HourSession.town == town,
        HourSession.kind == "whatsapp",
        col(HourSession.opened_at).is_not(None) | (HourSession.state == "lobby"),
    )
    if before is not None:
        statement = statement.where(HourSession.opens < before)
    return session.exec(statement).one() or 0


def held_later(session: Session, row: HourSession) -> bool:
    """Was a later session of its line held already?"""
    later = select(HourSession.id).where(
        HourSession.town == row.town,
        HourSession.line == row.line,
        HourSession.kind == "whatsapp",
        HourSession.opens > row.opens,
        col(HourSession.opened_at).is_not(None),
    )
    return session.exec(later.limit(1)).first() is not None


# -- telling -------------------------------------------------------------------------------------------


def tell_session(session: Session, row: HourSession, now: datetime) -> None:
    """Tell the consoles how a session stands."""
    session.flush()
    emit(session, row.town, "session.updated", shape(session, row), now=now)


def tell_next(session: Session, town: str, now: datetime) -> None:
    """Tell the consoles which session is the next one, and everybody else that the plan has changed."""
    session.flush()
    row = next_session(session, town)
    data = {"next_session": None if row is None else shape(session, row)}
    emit(session, town, "schedule.changed", data, now=now)


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
