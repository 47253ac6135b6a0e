"""What LÖSCHEN removes: everything that was kept of one person on one line, up to when they wrote it (N24, N31).

There stay keyed hashes: that messages came, which automatic texts went out, and that this person had all erased, so that
what they wrote before and what arrives later does not come back.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, delete, update
from sqlalchemy import select as select_columns
from sqlmodel import Session, col, select

from sessionhours.core.instants import ms, second
from sessionhours.core.keywords import keyword
from sessionhours.core.message import Inbound
from sessionhours.desk import offers, sessions, shapes
from sessionhours.desk.arrived import Arrived
from sessionhours.store.bulk import Prepared, among, columns_of
from sessionhours.store.events import take_seq, unsay
from sessionhours.store.tables import (
    Arrival,
    AutoText,
    Command,
    Contact,
    Conversation,
    HourSession,
    Media,
    Message,
    Note,
    Outbox,
    Outcome,
    Seen,
)

#: The mark that somebody had all erased, among the texts; ``named`` is when they wrote it. It is no text.
MARK = "erase"

_AUTO = columns_of(AutoText)
_MARKS = Prepared(
    select_columns(_AUTO.c.named).where(
        _AUTO.c.town == bindparam("town"),
        _AUTO.c.line == bindparam("line"),
        _AUTO.c.text == MARK,
        among(_AUTO.c.contact_key, "keys"),
    )
)

#: What takes the place of a result that told of somebody: the same command again still does nothing twice.
_NOTHING = '{"ok":true,"data":{}}'


def asks(inbound: Inbound) -> bool:
    """Is it the word that has all removed?"""
    return keyword(inbound.kind, inbound.text) == "erase"


def everything(arrived: Arrived) -> bool:
    """Remove what is kept of who wrote ``arrived`` on its line. False where there was nothing.

    Nothing of them may wait in the ledger of this batch: store it before.
    """
    session, now = arrived.ledger.session, arrived.ledger.now
    found = offers.forget(arrived) > 0
    session.execute(delete(Outbox).where(*_unseen_texts(arrived)))
    if arrived.contact is not None:
        found = _contact(session, str(arrived.contact["id"]), arrived.line.id, arrived.sent_at, now) or found
    _mark(arrived)
    return found


def before(arrived: Arrived) -> bool:
    """Was this written before its writer had all erased? Then it comes late, and stays out.

    Asked only of what would begin a conversation or is older than it: nothing else can be so.
    """
    conversation = arrived.conversation
    if conversation is not None and ms(arrived.sent_at) >= second(conversation["created_at"]):
        return False
    here = {"town": arrived.ledger.town, "line": arrived.line.id, "keys": arrived.known_as}
    return any(ms(arrived.sent_at) < at for (at,) in _MARKS.rows(arrived.ledger.connection, **here))


def _unseen_texts(arrived: Arrived) -> tuple[Any, ...]:
    """Texts on their way to somebody of whom no conversation is kept."""
    lanes = {*arrived.known_as, arrived.contact_key}
    return Outbox.town == arrived.ledger.town, Outbox.line == arrived.line.id, col(Outbox.lane).in_(lanes)


def _mark(arrived: Arrived) -> None:
    at = ms(arrived.sent_at)
    for key in arrived.known_as:
        arrived.ledger.session.add(
            AutoText(
                town=arrived.ledger.town,
                line=arrived.line.id,
                contact_key=key,
                period=f"{MARK}:{arrived.key}",
                text=MARK,
                version=1,
                named=at,
                at=arrived.ledger.at,
            )
        )


def _contact(session: Session, contact: str, line: str, until: datetime, now: datetime) -> bool:
    """Their conversation on this line, then they themselves where no other line has one."""
    mine = select(Conversation).where(Conversation.contact == contact).with_for_update()
    conversations = session.exec(mine.order_by(col(Conversation.id))).all()
    for row in conversations:
        if row.line == line:
            _conversation(session, row, until, now)
    session.flush()
    if session.exec(select(Conversation.id).where(Conversation.contact == contact)).first() is None:
        session.execute(delete(Contact).where(col(Contact.id) == contact))
        return True
    return any(row.line == line for row in conversations)


def _conversation(session: Session, row: Conversation, until: datetime, now: datetime) -> None:
    """All of it; what was written after the wish stays, and is told as if it had just come."""
    said = select(Message).where(Message.conversation == row.id)
    messages = session.exec(said.order_by(col(Message.order_at), col(Message.seq))).all()
    stays = _written_since(messages, until)
    gone = [one for one in messages if one not in stays]
    _messages(session, row, gone)
    _beside(session, row, until if stays else None)
    _told_before(session, row)
    sessions.tell_in(session, row, "conversation.removed", {"id": row.id}, now)
    if stays:
        _begin_anew(session, row, stays, now)
    else:
        holder = session.get(HourSession, row.session) if row.session else None
        session.delete(row)
        if holder is not None:
            sessions.tell_session(session, holder, now)


def _written_since(messages: Sequence[Message], until: datetime) -> list[Message]:
    """What stays: everything from the citizen's first message after their wish on."""
    after = [one.order_at > second(ms(until)) for one in messages]
    theirs = [one.direction == "inbound" and late for one, late in zip(messages, after, strict=True)]
    return list(messages[theirs.index(True) :]) if True in theirs else []


def _messages(session: Session, row: Conversation, gone: Sequence[Message]) -> None:
    """With their files (the sweep removes what no row knows of) and what of them has not left."""
    ids = [one.id for one in gone]
    keys = [one.wamid_key for one in gone if one.wamid_key]
    session.execute(delete(Media).where(col(Media.message).in_(ids)))
    session.execute(delete(Outbox).where(col(Outbox.message).in_(ids)))
    session.execute(update(Arrival).where(col(Arrival.key).in_(keys)).values(message=None))
    session.execute(update(Seen).where(col(Seen.wamid_key).in_(keys)).values(message=None))
    quoting = update(Message).where(col(Message.conversation) == row.id, col(Message.reply_to).in_(ids))
    session.execute(quoting.values(reply_to=None))
    session.execute(delete(Message).where(col(Message.id).in_(ids)))


def _beside(session: Session, row: Conversation, until: datetime | None) -> None:
    """What stands beside the messages; with ``until`` only what is as old as that."""
    for table in (Note, Outcome):
        old = (col(table.at) <= ms(until),) if until is not None else ()
        session.execute(delete(table).where(col(table.conversation) == row.id, *old))
    if until is None:
        session.execute(delete(Outbox).where(col(Outbox.lane) == row.id))
        person = col(AutoText.contact_key) == f"conversation:{row.id}"
        session.execute(delete(AutoText).where(col(AutoText.town) == row.town, person))


def _told_before(session: Session, row: Conversation) -> None:
    """In events and in the results of commands."""
    unsay(session, row.town, row.id, row.created_at)
    results = update(Command).where(col(Command.at) >= row.created_at, col(Command.result).contains(row.id))
    session.execute(results.values(result=_NOTHING))


def _begin_anew(session: Session, row: Conversation, stays: Iterable[Message], now: datetime) -> None:
    stays = list(stays)
    theirs = [one for one in stays if one.direction == "inbound"]
    row.last_message = shapes.dump(shapes.preview(dict(stays[-1])))
    row.unread = min(row.unread, len(theirs))
    if row.waiting_since is not None:
        row.waiting_since = max(row.waiting_since, theirs[0].order_at)
    row.carried_since = None
    for one in stays:
        one.seq = take_seq(session, row.town)
        session.add(one)
        session.flush()
        sessions.tell_in(session, row, "message.created", shapes.message(dict(one)), now, one.seq)
    if row.shown:
        sessions.tell_conversation(session, row, now)
