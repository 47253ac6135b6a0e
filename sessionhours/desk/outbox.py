"""The outbox: one row for each message not yet settled with Meta, and the moves that a row can make.

    queued ─claim→ claimed ─begin→ sending ─settle→ (gone: sent or failed) | queued again | unclear

Laws: a row is `sending` on disk before its first byte leaves; a row that was `sending` is never sent again by itself;
only the worker that holds a row's fence may write its outcome (faults F50, F51, F61).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, update
from sqlmodel import Session, col, select

from sessionhours.core.delivery import (
    SERVICE_WINDOW,
    Accepted,
    NotSent,
    Outcome,
    Rejected,
    Unclear,
    after_receipt,
    window_open,
)
from sessionhours.core.failures import explain
from sessionhours.core.instants import instant, ms
from sessionhours.core.keys import Keys
from sessionhours.core.schedule import Schedule
from sessionhours.desk import notices, shapes
from sessionhours.store.events import emit
from sessionhours.store.tables import Conversation, LineState, Message, Outbox, Seen

#: How long a worker may hold a row; longer than the sender's own deadline.
LEASE = timedelta(seconds=30)

#: An unclear message holds back the next one to the same person so long and no longer (fault F67).
UNCLEAR_HOLDS = timedelta(seconds=20)

#: Most tries of one message; then a person decides (fault F66).
TRIES = 8

#: How long a paused line rests before one message is tried again (fault F59).
PAUSE = timedelta(seconds=60)

#: Most rows that one claim takes.
CLAIM = 16

WINDOW_CLOSED = 131047
UNREACHABLE = 0


@dataclass(frozen=True, slots=True)
class Claim:
    """A row as its worker holds it."""

    id: str
    town: str
    line: str
    lane: str
    fence: int
    tries: int
    attempt: str
    kind: str
    user_id: str | None
    phone: str | None
    text: str
    reply_to: str | None
    target: str | None
    emoji: str | None


def recover(session: Session, *, now: datetime, everything: bool) -> int:
    """Put right what a dead worker left: claimed goes back to the queue, sending becomes unclear.

    ``everything`` where this process is the only one (SQLite, at start); else only what outlived its lease.
    Returns how many rows became unclear.
    """
    left = select(Outbox).where(col(Outbox.state).in_(("claimed", "sending")))
    if not everything:
        left = left.where(col(Outbox.lease_until) < ms(now))
    unclear = 0
    for row in session.exec(left.with_for_update(skip_locked=True)).all():
        if row.state == "claimed":
            row.state, row.lease_until = "queued", None
            session.add(row)
        else:
            unclear += 1
            _unclear(session, row, "interrupted", now)
    return unclear


def claim(session: Session, *, now: datetime, resting: frozenset[str] = frozenset()) -> list[Claim]:
    """Take the rows that are due: of each conversation the first only, none of a paused line or a resting lane."""
    at = ms(now)
    rows = session.exec(_due(at).with_for_update(skip_locked=True)).all()
    paused = _paused(session, now)
    taken: dict[str, Outbox] = {}
    for row in rows:
        if row.lane in taken or row.lane in resting or (row.town, row.line) in paused:
            continue
        if _is_first(session, row, now):
            taken[row.lane] = row
        if len(taken) == CLAIM:
            break
    for row in taken.values():
        row.state, row.lease_until, row.fence = "claimed", ms(now + LEASE), row.fence + 1
        session.add(row)
    return [_claimed(row) for row in taken.values()]


def begin(session: Session, claim: Claim, *, now: datetime) -> bool:
    """Write that bytes are about to leave. False when they must not: the row is gone, or the window has closed."""
    row = _held(session, claim)
    if row is None or row.state != "claimed":
        return False
    if not _window_open(session, row, now):
        _fail(session, row, WINDOW_CLOSED, now)
        return False
    row.state, row.lease_until, row.tries = "sending", ms(now + LEASE), row.tries + 1
    session.add(row)
    _status(session, row, "sending", None, now)
    return True


def settle(
    session: Session, keys: Keys, schedule: Schedule | None, claim: Claim, outcome: Outcome, *, now: datetime
) -> None:
    """Write what came of it."""
    row = _held(session, claim)
    if row is None:
        return
    match outcome:
        case Accepted(wamid=wamid):
            _accepted(session, keys, row, wamid, now)
        case NotSent(wait=wait):
            _again(session, row, outcome, wait, now)
        case Rejected(failure=failure, stop=stop):
            if stop and schedule is not None:
                _pause(session, schedule, row, failure.code, now)
            else:
                _fail(session, row, failure.code, now)
        case Unclear(why=why):
            _unclear(session, row, why, now)


def next_due(session: Session) -> int | None:
    """When the next queued row is due, in milliseconds; None when nothing waits."""
    return session.exec(select(func.min(Outbox.due_at)).where(Outbox.state == "queued")).one()


def resume(session: Session, town: str, line: str, *, now: datetime) -> None:
    """The line works again."""
    state = session.get(LineState, (town, line))
    if state is not None and state.paused_at is not None:
        state.paused_at = state.why = None
        session.add(state)
        emit(session, town, "line.updated", shapes.line(dict(state)), now=now)


# -- which row may go ----------------------------------------------------------------------------------


def _due(at: int):  # type: ignore[no-untyped-def]
    return (
        select(Outbox)
        .where(Outbox.state == "queued", Outbox.due_at <= at)
        .order_by(col(Outbox.id))
        .limit(CLAIM * 8)
    )


def _is_first(session: Session, row: Outbox, now: datetime) -> bool:
    """Order in a conversation is kept; an unclear message in front holds the rest back only for a while."""
    held_since = ms(now - UNCLEAR_HOLDS)
    before = select(Outbox.id).where(
        Outbox.line == row.line,
        Outbox.lane == row.lane,
        Outbox.id < row.id,
        (col(Outbox.state) != "unclear") | (col(Outbox.lease_until) > held_since),
    )
    return session.exec(before.limit(1)).first() is None


def _paused(session: Session, now: datetime) -> set[tuple[str, str]]:
    statement = select(LineState).where(col(LineState.paused_at) > ms(now - PAUSE))
    return {(row.town, row.line) for row in session.exec(statement)}


def _window_open(session: Session, row: Outbox, now: datetime) -> bool:
    """Checked again right before sending (fault F64)."""
    if row.kind == "template":
        return True
    conversation = session.get(Conversation, row.lane)
    if conversation is None:
        return now < instant(row.created_at) + SERVICE_WINDOW
    closes = conversation.window_closes_at
    return window_open(None if closes is None else instant(closes), now)


def _held(session: Session, claim: Claim) -> Outbox | None:
    row = session.get(Outbox, claim.id, with_for_update=True)
    return row if row is not None and row.fence == claim.fence else None


def _claimed(row: Outbox) -> Claim:
    return Claim(
        id=row.id,
        town=row.town,
        line=row.line,
        lane=row.lane,
        fence=row.fence,
        tries=row.tries,
        attempt=row.attempt,
        kind=row.kind,
        user_id=row.user_id,
        phone=row.phone,
        text=row.text,
        reply_to=row.reply_to,
        target=row.target,
        emoji=row.emoji,
    )


# -- what became of it ---------------------------------------------------------------------------------


def _accepted(session: Session, keys: Keys, row: Outbox, wamid: str, now: datetime) -> None:
    session.delete(row)
    resume(session, row.town, row.line, now=now)
    message = session.get(Message, row.message) if row.message else None
    if message is None:
        return
    message.wamid, message.wamid_key = wamid, keys.wamid(wamid)
    status = after_receipt(message.status or "queued", "sent")
    for early in _early_receipts(session, message.wamid_key):
        status, early.message = after_receipt(status, early.status), message.id
        message.error = early.failure if status == "failed" else None
        session.add(early)
    message.status = status
    _tell(session, message, now)


def _early_receipts(session: Session, wamid_key: str) -> list[Seen]:
    """Receipts that came before we knew the wamid (fault F27)."""
    statement = select(Seen).where(Seen.wamid_key == wamid_key, col(Seen.message).is_(None))
    return list(session.exec(statement))


def _again(session: Session, row: Outbox, outcome: NotSent, wait: timedelta, now: datetime) -> None:
    if row.tries >= TRIES:
        _fail(session, row, outcome.failure.code if outcome.failure else UNREACHABLE, now)
        return
    row.state, row.lease_until, row.due_at, row.why = "queued", None, ms(now + wait), outcome.why
    session.add(row)
    _status(session, row, "queued", None, now)


def _pause(session: Session, schedule: Schedule, row: Outbox, code: int, now: datetime) -> None:
    """Nothing on this line will pass: keep the queue, tell one person once (fault F59)."""
    why = explain(code, schedule.town.language)
    row.state, row.lease_until, row.due_at, row.tries = "queued", None, ms(now + PAUSE), max(row.tries - 1, 0)
    session.add(row)
    _status(session, row, "queued", None, now)
    state = session.get(LineState, (row.town, row.line)) or LineState(town=row.town, line=row.line)
    first = state.paused_at is None
    state.paused_at, state.why = ms(now), why
    session.add(state)
    if first:
        emit(session, row.town, "line.updated", shapes.line(dict(state)), now=now)
        notices.tell(
            session, schedule, "line_paused", f"{row.line}:{ms(now)}", now=now, level="error", more=why
        )


def _fail(session: Session, row: Outbox, code: int, now: datetime) -> None:
    session.delete(row)
    _status(session, row, "failed", code, now)


def _unclear(session: Session, row: Outbox, why: str, now: datetime) -> None:
    """Only a receipt or a person settles it now. Texts to people of whom nothing is kept have nobody to ask."""
    if row.message is None:
        session.delete(row)
        return
    row.state, row.lease_until, row.why = "unclear", ms(now), why
    session.add(row)
    _status(session, row, "unclear", None, now)


def _status(session: Session, row: Outbox, status: str, code: int | None, now: datetime) -> None:
    """Show it, unless a receipt already said something better."""
    message = session.get(Message, row.message) if row.message else None
    if message is None or message.status in ("sent", "delivered", "read"):
        return
    message.status = status
    message.error = None if code is None else shapes.dump({"code": code, "message": explain(code, "de")})
    _tell(session, message, now)


def _tell(session: Session, message: Message, now: datetime) -> None:
    session.add(message)
    session.flush()
    conversation = session.get(Conversation, message.conversation)
    emit(
        session,
        message.town,
        "message.updated",
        shapes.message(dict(message)),
        now=now,
        conversation=message.conversation,
        assignee=conversation.assignee if conversation else None,
    )


def forget_lease(session: Session) -> None:
    """At a clean end: what was claimed and not begun goes back to the queue."""
    session.execute(
        update(Outbox).where(col(Outbox.state) == "claimed").values(state="queued", lease_until=None)
    )
