"""The outbox: one row for each message not yet settled with Meta, and the moves that a row can make.

    queued ─claim→ claimed ─begin→ sending ─settle→ (gone: sent or failed) | queued again | unclear

Laws: a row is `sending` on disk before its first byte leaves; a row that was `sending` is never sent again by itself;
only the worker that holds a row's fence may write its outcome (faults F50, F51, F61).
"""

from __future__ import annotations

import json
import logging
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, and_, exists, false, func, not_, update
from sqlalchemy.orm import aliased
from sqlmodel import Session, col, select
from sqlmodel.sql.expression import SelectOfScalar

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
from sessionhours.core.message import Person
from sessionhours.core.schedule import Schedule
from sessionhours.desk import notices, shapes, targets
from sessionhours.desk.ledger import Ledger
from sessionhours.desk.sessions import tell_message
from sessionhours.store.events import emit
from sessionhours.store.sealing import Sealed, Seals
from sessionhours.store.tables import Conversation, HourSession, LineState, Message, Outbox, Seen

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

#: Texts about a moment; what each of them speaks of is over then (`_is_over`).
OF_A_MOMENT = ("last_call", "lobby", "late")

#: No code of Meta's: we did not send it.
TOO_LATE = -1
_TOO_LATE = {
    "de": "Nicht gesendet: Als es ging, stimmte der Text nicht mehr.",
    "en": "Not sent: by the time it could be, the text was no longer true.",
}

WINDOW_CLOSED = 131047
UNREACHABLE = 0

logger = logging.getLogger(__name__)


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
    template: str | None = None


def recipient(person: Person, seals: Seals | None, *, kept: bool, at: int) -> dict[str, Any]:
    """The columns that say whom a text goes to. Of whom nothing is ``kept``, PostgreSQL's files learn neither id."""
    if kept or seals is None:
        return {"user_id": person.user_id, "phone": person.phone}
    key, sealed = seals.seal(json.dumps([person.user_id, person.phone]).encode(), at)
    return {"key": key, "sealed": sealed}


def keys_needed() -> SelectOfScalar[str | None]:
    """The keys of those who still wait for their text."""
    return select(col(Outbox.key)).where(col(Outbox.key).is_not(None))


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


def claim(
    session: Session,
    *,
    now: datetime,
    resting: frozenset[str] = frozenset(),
    seals: Seals | None = None,
) -> list[Claim]:
    """Take the rows that are due: of each conversation the first only, none of a paused line or a resting lane."""
    rows = list(session.exec(_due(session, resting, seals, now).with_for_update(skip_locked=True)))
    claims = [_claimed(session, row, seals, now) for row in rows]
    return [claim for claim in claims if claim is not None]


def begin(session: Session, claim: Claim, *, now: datetime, language: str = "de") -> bool:
    """Write that bytes are about to leave.

    False when they must not: the row is gone, the window has closed, or what it says is over.
    """
    row = _held(session, claim)
    if row is None or row.state != "claimed":
        return False
    if not _window_open(session, row, now):
        _fail(session, row, WINDOW_CLOSED, now, language)
        return False
    if _is_over(session, row, now):
        _drop(session, row, now, language)
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
    language = schedule.town.language if schedule else "de"
    match outcome:
        case Accepted(wamid=wamid):
            _accepted(session, keys, row, wamid, now)
        case NotSent(wait=wait):
            _again(session, row, outcome, wait, now, language)
        case Rejected(failure=failure, stop=stop):
            if stop and schedule is not None:
                _pause(session, schedule, row, failure.code, now)
            else:
                _fail(session, row, failure.code, now, language)
        case Unclear(why=why):
            _unclear(session, row, why, now)


def next_due(session: Session, seals: Seals | None = None) -> int | None:
    """When the next queued row is due, in milliseconds; None when nothing waits that this process can send."""
    waiting = select(func.min(Outbox.due_at)).where(Outbox.state == "queued", _readable(Outbox, seals))
    return session.exec(waiting).one()


def resume(session: Session, town: str, line: str, *, now: datetime) -> None:
    """The line works again."""
    state = session.get(LineState, (town, line))
    if state is not None and state.paused_at is not None:
        state.paused_at = state.why = None
        session.add(state)
        emit(session, town, "line.updated", shapes.line(dict(state)), now=now)


# -- which row may go ----------------------------------------------------------------------------------


def _due(
    session: Session, resting: frozenset[str], seals: Seals | None, now: datetime
) -> SelectOfScalar[Outbox]:
    """The oldest rows that may go. What may not is left out by the database: a long queue hides nothing behind it."""
    statement = select(Outbox).where(
        Outbox.state == "queued",
        Outbox.due_at <= ms(now),
        col(Outbox.lane).not_in(resting),
        _readable(Outbox, seals) | (col(Outbox.created_at) <= ms(now - SERVICE_WINDOW)),
        ~_behind_another(now),
        *(
            _only_the_oldest(line, seals)
            for line in session.exec(select(LineState).where(col(LineState.paused_at).is_not(None)))
        ),
    )
    return statement.order_by(col(Outbox.id)).limit(CLAIM)


def _readable(row: type[Outbox], seals: Seals | None) -> ColumnElement[bool]:
    """Not what another process sealed with a key of its own folder: that one sends it itself."""
    own = col(row.key).startswith(f"{seals.id}-", autoescape=True) if seals else false()
    return col(row.key).is_(None) | own


def _behind_another(now: datetime) -> Any:
    """Order in a conversation is kept; an unclear message in front holds the rest back only for a while."""
    first = aliased(Outbox)
    holds = (col(first.state) != "unclear") | (col(first.lease_until) > ms(now - UNCLEAR_HOLDS))
    return exists().where(
        col(first.line) == Outbox.line, col(first.lane) == Outbox.lane, col(first.id) < Outbox.id, holds
    )


def _only_the_oldest(paused: LineState, seals: Seals | None) -> Any:
    """Of a paused line nothing goes but its oldest row, alone, once it has rested (its ``due_at``)."""
    theirs = and_(col(Outbox.town) == paused.town, col(Outbox.line) == paused.line)
    any_row = aliased(Outbox)
    oldest = (
        select(func.min(any_row.id))
        .where(
            any_row.town == paused.town,
            any_row.line == paused.line,
            any_row.state != "unclear",
            _readable(any_row, seals),
        )
        .scalar_subquery()
    )
    return not_(theirs) | (col(Outbox.id) == oldest)


def _window_open(session: Session, row: Outbox, now: datetime) -> bool:
    """Checked again right before sending (fault F64)."""
    if row.kind == "template":
        return True
    conversation = session.get(Conversation, row.lane)
    if conversation is None:
        return now < instant(row.created_at) + SERVICE_WINDOW
    closes = conversation.window_closes_at
    return window_open(None if closes is None else instant(closes), now)


def _is_over(session: Session, row: Outbox, now: datetime) -> bool:
    """Has the moment passed that an automatic text speaks of: "we start soon", "we start at", "we end at"?"""
    message = session.get(Message, row.message) if row.message and row.auto in OF_A_MOMENT else None
    hour = session.get(HourSession, message.session) if message and message.session else None
    if hour is None:
        return False
    begins = hour.opens if row.auto == "lobby" else hour.late_until or hour.opens
    return ms(now) >= (hour.closes if row.auto == "last_call" else begins)


def _held(session: Session, claim: Claim) -> Outbox | None:
    row = session.get(Outbox, claim.id, with_for_update=True)
    return row if row is not None and row.fence == claim.fence else None


def _claimed(session: Session, row: Outbox, seals: Seals | None, now: datetime) -> Claim | None:
    """The row, taken; None where nobody can say any more whom it was for."""
    try:
        user_id, phone = _whom(row, seals)
    except Sealed as error:
        logger.warning("a text cannot be sent: %s", error)
        session.delete(row)
        return None
    row.state, row.lease_until, row.fence = "claimed", ms(now + LEASE), row.fence + 1
    session.add(row)
    return Claim(
        id=row.id,
        town=row.town,
        line=row.line,
        lane=row.lane,
        fence=row.fence,
        tries=row.tries,
        attempt=row.attempt,
        kind=row.kind,
        user_id=user_id,
        phone=phone,
        text=row.text,
        reply_to=row.reply_to,
        target=row.target,
        emoji=row.emoji,
        template=row.template,
    )


def _whom(row: Outbox, seals: Seals | None) -> tuple[str | None, str | None]:
    """The BSUID and the number. Raises `Sealed`."""
    if row.key is None:
        return row.user_id, row.phone
    if seals is None or row.sealed is None:
        raise Sealed(f"there is nothing here to open the key {row.key} for")
    user_id, phone = json.loads(seals.open(row.key, row.sealed))
    return user_id, phone


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
    tell_message(session, message, now)
    _catch_up(session, message, now)


def _catch_up(session: Session, message: Message, now: datetime) -> None:
    """What a citizen said about this message before we knew its wamid finds it now (F26)."""
    key = message.wamid_key
    if session.exec(select(Message.id).where(Message.target_key == key)).first() is not None:
        ledger = Ledger(session, message.town, now)
        ledger.awaited.add(str(key))
        targets.catch_up(ledger, str(key), ledger.message_by_key(str(key)) or {})
        ledger.store()


def _early_receipts(session: Session, wamid_key: str) -> list[Seen]:
    """Receipts that came before we knew the wamid (fault F27)."""
    statement = select(Seen).where(Seen.wamid_key == wamid_key, col(Seen.message).is_(None))
    return list(session.exec(statement))


def _again(
    session: Session, row: Outbox, outcome: NotSent, wait: timedelta, now: datetime, language: str
) -> None:
    if row.tries >= TRIES:
        _fail(session, row, outcome.failure.code if outcome.failure else UNREACHABLE, now, language)
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
    if first:
        state.paused_at, state.why = ms(now), why
        session.add(state)
        emit(session, row.town, "line.updated", shapes.line(dict(state)), now=now)
        notices.tell(
            session, schedule, "line_paused", f"{row.line}:{ms(now)}", now=now, level="error", more=why
        )


def _fail(session: Session, row: Outbox, code: int, now: datetime, language: str) -> None:
    session.delete(row)
    _status(session, row, "failed", {"code": code, "message": explain(code, language)}, now)


def _drop(session: Session, row: Outbox, now: datetime, language: str) -> None:
    session.delete(row)
    why = _TOO_LATE["en" if language == "en" else "de"]
    _status(session, row, "failed", {"code": TOO_LATE, "message": why}, now)


def _unclear(session: Session, row: Outbox, why: str, now: datetime) -> None:
    """Only a receipt or a person settles it now. Texts to people of whom nothing is kept have nobody to ask."""
    if row.message is None:
        session.delete(row)
        return
    row.state, row.lease_until, row.why = "unclear", ms(now), why
    session.add(row)
    _status(session, row, "unclear", None, now)


def _status(session: Session, row: Outbox, status: str, error: shapes.Json | None, now: datetime) -> None:
    """Show it, unless a receipt already said something better."""
    message = session.get(Message, row.message) if row.message else None
    if message is None or message.status in ("sent", "delivered", "read"):
        return
    message.status = status
    message.error = shapes.dump(error)
    tell_message(session, message, now)


def forget_lease(session: Session) -> None:
    """At a clean end: what was claimed and not begun goes back to the queue."""
    session.execute(
        update(Outbox).where(col(Outbox.state) == "claimed").values(state="queued", lease_until=None)
    )
