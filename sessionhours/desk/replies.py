"""Answering: a reply, a note, a reaction; and what a person decides about a message whose fate is unclear."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from unicodedata import category

from sqlmodel import Session, col, select

from sessionhours.core.delivery import window_open
from sessionhours.core.instants import instant, ms, second
from sessionhours.core.session import RUNNING, pace
from sessionhours.core.templates import Filled
from sessionhours.desk import shapes
from sessionhours.desk.sessions import tell_conversation, tell_in, tell_message
from sessionhours.errors import Refused
from sessionhours.store.events import take_seq
from sessionhours.store.owned import owned
from sessionhours.store.tables import Contact, Conversation, HourSession, Message, Note, Outbox, new_id

#: Characters of one text that WhatsApp takes (contract §5.3).
LONGEST = 4096

#: Characters of the longest emoji: a family, a flag of a region.
LONGEST_EMOJI = 16

#: So many answers are looked back on to say how long one takes.
MEASURED = 20

#: How long a claim keeps others from answering unasked (console.md §7).
LEASE = timedelta(minutes=2)


@dataclass(frozen=True, slots=True)
class Author:
    """The agent who acts: our id, the name that colleagues see, their town and roles."""

    id: str
    name: str
    town: str
    roles: frozenset[str]


def reply(
    session: Session,
    author: Author,
    conversation: Conversation,
    *,
    client_id: str,
    text: str,
    seen: int,
    reply_to: str | None = None,
    take_over: bool = False,
    undo: int = 0,
    now: datetime,
) -> dict[str, Any]:
    """Queue an answer. Raises `Refused`: ``window_closed``, ``stale`` with what was missed, ``claimed``, bad text."""
    sayable(text)
    _in_time(conversation, now)
    _nobody_else_answered(session, author, conversation, seen)
    _nobody_else_answers(author, conversation, take_over, now)
    quoted = _quoted(session, conversation, reply_to)
    message = _outbound(author, conversation, client_id, text, now)
    message.reply_to = quoted.id if quoted else None
    return _send(session, author, conversation, message, quoted, now + timedelta(seconds=undo), now)


def _send(
    session: Session,
    author: Author,
    conversation: Conversation,
    message: Message,
    quoted: Message | None,
    due: datetime,
    now: datetime,
) -> dict[str, Any]:
    """It answers, is queued and shown."""
    message.seq = take_seq(session, author.town)
    _answered(conversation, author, message, now)
    session.add(message)
    session.add(_queued(session, conversation, message, quoted, due, now))
    _measure(session, message, now)
    return {"message": _tell_new(session, conversation, message, now)}


def template(
    session: Session,
    author: Author,
    conversation: Conversation,
    filled: Filled,
    *,
    client_id: str,
    seen: int | None = None,
    take_over: bool = False,
    now: datetime,
) -> dict[str, Any]:
    """Queue an approved template: an answer for which no window has to be open. Raises `Refused` as `reply` does."""
    if seen is not None:
        _nobody_else_answered(session, author, conversation, seen)
    _nobody_else_answers(author, conversation, take_over, now)
    message = _outbound(author, conversation, client_id, filled.text, now)
    message.kind = "template"
    message.detail = shapes.dump(
        {"template": filled.name, "language": filled.language, "parameters": list(filled.parameters)}
    )
    return _send(session, author, conversation, message, None, now, now)


def note(
    session: Session, author: Author, conversation: Conversation, *, text: str, now: datetime
) -> dict[str, Any]:
    """Keep a note among agents. Nothing leads from here to the outbox (AC-42)."""
    sayable(text)
    seq = take_seq(session, author.town)
    row = Note(
        town=author.town,
        conversation=conversation.id,
        author=author.id,
        author_name=author.name,
        text=text,
        at=ms(now),
        seq=seq,
    )
    session.add(row)
    shape = shapes.note(dict(row))
    tell_in(session, conversation, "note.created", shape, now, seq)
    return {"note": shape}


def react(
    session: Session,
    author: Author,
    conversation: Conversation,
    target: Message,
    *,
    emoji: str,
    now: datetime,
) -> dict[str, Any]:
    """React to a citizen's message; an empty emoji takes the reaction back."""
    _in_time(conversation, now)
    if target.wamid is None or target.direction != "inbound":
        raise Refused("not_possible", "Darauf kann man nicht reagieren.", status=409)
    if emoji and not _emoji(emoji):
        raise Refused("bad_data", "emoji: bitte genau ein Emoji angeben, oder keines.")
    row = _recipient(
        session,
        conversation,
        Outbox(
            town=author.town,
            line=conversation.line,
            lane=conversation.id,
            attempt=new_id(),
            kind="reaction",
            target=target.wamid,
            emoji=emoji,
            due_at=ms(now),
            created_at=ms(now),
        ),
    )
    session.add(row)
    return {}


def retry(
    session: Session, author: Author, conversation: Conversation, message: Message, *, now: datetime
) -> dict[str, Any]:
    """Send a failed or unclear message again, as a person decided: a new attempt, the old one left behind."""
    if (
        message.status not in ("failed", "unclear")
        or message.direction != "outbound"
        or message.kind not in ("text", "template")
    ):
        raise Refused("not_possible", "Diese Nachricht kann nicht noch einmal gesendet werden.", status=409)
    if message.kind != "template":
        _in_time(conversation, now)
    for row in session.exec(select(Outbox).where(Outbox.message == message.id)).all():
        session.delete(row)
    message.status, message.error, message.attempt = "queued", None, new_id()
    message.wamid = message.wamid_key = None
    quoted = session.get(Message, message.reply_to) if message.reply_to else None
    session.add(_queued(session, conversation, message, quoted, now, now))
    return {"message": tell_message(session, message, now)}


def confirm_delivered(
    session: Session, author: Author, conversation: Conversation, message: Message, *, now: datetime
) -> dict[str, Any]:
    """A person knows that an unclear message arrived (fault F62)."""
    if message.status != "unclear":
        raise Refused("not_possible", "Nur bei ungeklärter Zustellung möglich.", status=409)
    for row in session.exec(select(Outbox).where(Outbox.message == message.id)).all():
        session.delete(row)
    message.status, message.error = "delivered", None
    return {"message": tell_message(session, message, now)}


def _tell_new(
    session: Session, conversation: Conversation, message: Message, now: datetime
) -> dict[str, Any]:
    session.flush()
    shape = shapes.message(dict(message))
    tell_in(session, conversation, "message.created", shape, now, message.seq)
    tell_conversation(session, conversation, now)
    return shape


# -- what may be said ----------------------------------------------------------------------------------


def sayable(text: str) -> None:
    """Raises `Refused` for a text that WhatsApp does not take."""
    if not text.strip():
        raise Refused("empty", "Der Text ist leer.")
    if len(text) > LONGEST:
        raise Refused("too_long", f"Der Text hat {len(text)} Zeichen; WhatsApp nimmt höchstens {LONGEST}.")


def _emoji(text: str) -> bool:
    """Is this a symbol and no word? Letters, blanks and controls are none; what joins symbols is a format character."""
    kinds = {category(character) for character in text}
    shown = "So" in kinds or "\ufe0f" in text or "\u20e3" in text
    return len(text) <= LONGEST_EMOJI and shown and not any(kind[0] in "LZ" or kind == "Cc" for kind in kinds)


def _in_time(conversation: Conversation, now: datetime) -> None:
    closes = conversation.window_closes_at
    if not window_open(None if closes is None else instant(closes), now):
        raise Refused(
            "window_closed", "Die 24-Stunden-Frist ist abgelaufen – nur eine Vorlage ist möglich.", status=409
        )


def _nobody_else_answered(session: Session, author: Author, conversation: Conversation, seen: int) -> None:
    """Refuse a blind answer: another person's message that this screen did not show yet (AC-37)."""
    if conversation.last_staff_seq <= seen:
        return
    statement = select(Message).where(
        Message.conversation == conversation.id,
        Message.author_kind == "agent",
        Message.author_id != author.id,
        Message.seq > seen,
    )
    missed = [shapes.message(dict(row)) for row in session.exec(statement.order_by(col(Message.seq)))]
    if missed:
        raise Refused(
            "stale",
            f"{missed[-1]['author']['name']} hat inzwischen geantwortet.",
            status=409,
            seq=conversation.last_seq,
            missed=missed,
        )


def _nobody_else_answers(author: Author, conversation: Conversation, take_over: bool, now: datetime) -> None:
    """Refuse to send into another's fresh claim, unless it is taken over knowingly (AC-40)."""
    fresh = conversation.assigned_at is not None and ms(now - LEASE) < conversation.assigned_at
    if fresh and conversation.assignee not in (None, author.id) and not take_over:
        raise Refused(
            "claimed", "Jemand anderes antwortet gerade.", status=409, assignee=conversation.assignee
        )


def _quoted(session: Session, conversation: Conversation, id: str | None) -> Message | None:
    if id is None:
        return None
    quoted = owned(session, Message, conversation.town, id)
    if quoted is None or quoted.conversation != conversation.id:
        raise Refused("not_found", "Die zitierte Nachricht gibt es nicht.", status=404)
    return quoted


# -- rows ----------------------------------------------------------------------------------------------


def _outbound(
    author: Author, conversation: Conversation, client_id: str, text: str, now: datetime
) -> Message:
    return Message(
        town=author.town,
        conversation=conversation.id,
        seq=0,
        order_at=second(ms(now)),
        direction="outbound",
        author_kind="agent",
        author_id=author.id,
        author_name=author.name,
        kind="text",
        text=text,
        sent_at=ms(now),
        client_id=client_id,
        status="queued",
        attempt=new_id(),
        session=conversation.session,
    )


def _answered(conversation: Conversation, author: Author, message: Message, now: datetime) -> None:
    """Only a person's message answers (AC-13)."""
    if conversation.lane != "done":
        conversation.lane, conversation.outcome = "answered", None
    conversation.carried_since = None
    conversation.waiting_since = None
    conversation.unread = 0
    conversation.last_message = shapes.dump(shapes.preview(dict(message)))
    conversation.last_staff, conversation.last_staff_seq = author.id, message.seq
    conversation.last_staff_at = ms(now)
    conversation.assignee, conversation.assigned_at = author.id, ms(now)


def _measure(session: Session, message: Message, now: datetime) -> None:
    """How long an answer takes in this hour: the median time between the last answers, for the forecast (AC-62)."""
    holder = session.get(HourSession, message.session) if message.session else None
    if holder is None or holder.state not in RUNNING:
        return
    answers = select(Message.sent_at).where(
        Message.session == holder.id, Message.author_kind == "agent", Message.direction == "outbound"
    )
    before = session.exec(answers.order_by(col(Message.sent_at).desc()).limit(MEASURED)).all()
    holder.pace = pace([*before, ms(now)], begun=holder.opened_at)
    session.add(holder)


def _queued(
    session: Session,
    conversation: Conversation,
    message: Message,
    quoted: Message | None,
    due: datetime,
    now: datetime,
) -> Outbox:
    assert message.attempt is not None
    row = Outbox(
        town=message.town,
        line=conversation.line,
        lane=conversation.id,
        message=message.id,
        attempt=message.attempt,
        kind=message.kind,
        template=message.detail if message.kind == "template" else None,
        text=message.text,
        reply_to=quoted.wamid if quoted else None,
        due_at=ms(due),
        created_at=ms(now),
    )
    return _recipient(session, conversation, row)


def _recipient(session: Session, conversation: Conversation, row: Outbox) -> Outbox:
    contact = session.get_one(Contact, conversation.contact)
    row.user_id, row.phone = contact.user_id, contact.phone
    return row
