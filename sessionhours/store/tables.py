"""The tables. Instants are milliseconds (core.instants), JSON is text, ids are random and sort by time (UUIDv7).

Every row belongs to a town, but for what is kept before a town is known (the intake log) and counters of abuse.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import BigInteger, Index, LargeBinary, Text, UniqueConstraint, text
from sqlmodel import Field, SQLModel
from uuid_utils import uuid7


def new_id() -> str:
    """A random id, 32 hexadecimal digits, that sorts by the time it was made (RFC 9562, version 7)."""
    return uuid7().hex


def _instant(default: Any = ..., **options: Any) -> Any:
    return Field(default=default, sa_type=BigInteger, **options)


def _text(default: Any = "", **options: Any) -> Any:
    return Field(default=default, sa_type=Text, **options)


def _sparse(name: str, column: str, which: str) -> Index:
    """An index of those rows alone: the others, nearly all, cost it nothing."""
    return Index(name, column, sqlite_where=text(which), postgresql_where=text(which))


class Town(SQLModel, table=True):
    """One municipality and the counter of its events; ``epoch`` changes when an older state was restored."""

    id: str = Field(primary_key=True)
    seq: int = Field(default=0, sa_type=BigInteger)
    epoch: int = 1


class Installation(SQLModel, table=True):
    """One row: the fingerprint of the ``secret`` that every keyed hash here is made with."""

    id: int = Field(default=1, primary_key=True)
    secret: str


class Intake(SQLModel, table=True):
    """The intake log: every webhook body, sealed with ``key`` on PostgreSQL, blanked once its last item is settled."""

    __table_args__ = (Index("intake_open", "state", "id"), {"sqlite_autoincrement": True})
    id: int | None = Field(default=None, primary_key=True)
    received_at: int = _instant()
    body: bytes = Field(default=b"", sa_type=LargeBinary)
    key: str | None = None
    state: str = "new"
    replayed: bool = False


class Quarantine(SQLModel, table=True):
    """One item that could not be applied, for another try: the whole body, as sealed as it lay in the log."""

    id: str = Field(default_factory=new_id, primary_key=True)
    town: str | None = Field(default=None, index=True)
    intake: int = Field(default=0, sa_type=BigInteger)
    path: str
    why: str = _text()
    item: bytes = Field(sa_type=LargeBinary)
    key: str | None = None
    received_at: int = _instant()
    state: str = "kept"


class Arrival(SQLModel, table=True):
    """That a message came, for ever: the memory against repeats, and the way from a wamid to what a citizen wrote.

    Holds keyed hashes only, never a wamid (attack C6).
    """

    key: str = Field(primary_key=True)
    town: str
    line: str
    contact_key: str
    sent_at: int = _instant()
    received_at: int = _instant()
    decision: str
    message: str | None = None


class Seen(SQLModel, table=True):
    """That a receipt (wamid, status) came, for ever; waiting ones have ``message`` None until their message is known."""

    key: str = Field(primary_key=True)
    town: str
    wamid_key: str = Field(index=True)
    status: str
    at: int = _instant()
    failure: str | None = _text(None)
    message: str | None = None


class Contact(SQLModel, table=True):
    """A citizen who writes. Our own id; WhatsApp's BSUID and the phone number are attributes, either may be missing."""

    __table_args__ = (UniqueConstraint("town", "user_id"), Index("contact_phone", "town", "phone"))
    id: str = Field(default_factory=new_id, primary_key=True)
    town: str
    user_id: str | None = None
    phone: str | None = None
    name: str = ""
    username: str | None = None
    created_at: int = _instant()


class Conversation(SQLModel, table=True):
    """All messages with one contact on one line. Carries what lists need, kept in the same transaction."""

    __table_args__ = (
        UniqueConstraint("line", "contact"),
        Index("conversation_inbox", "town", "shown", "last_seq"),
        Index("conversation_session", "session", "lane"),
    )
    id: str = Field(default_factory=new_id, primary_key=True)
    town: str
    line: str
    contact: str = Field(index=True)
    lane: str = "waiting"
    session: str | None = None
    waiting_since: int | None = _instant(None)
    window_closes_at: int | None = _instant(None)
    assignee: str | None = None
    assigned_at: int | None = _instant(None)
    last_seq: int = Field(default=0, sa_type=BigInteger)
    last_message: str | None = _text(None)
    last_staff_seq: int = Field(default=0, sa_type=BigInteger)
    last_staff: str | None = None
    last_staff_at: int | None = _instant(None)
    unread: int = 0
    outcome: str | None = None
    outcome_detail: str = _text("")
    done_at: int | None = _instant(None)
    carried_since: int | None = _instant(None)
    kept: bool = False
    shown: bool = True
    created_at: int = _instant()


class Message(SQLModel, table=True):
    """One thing said. Shown in the order (``order_at``, ``seq``): when it was written, then as it was first seen."""

    __table_args__ = (
        Index("message_order", "conversation", "order_at", "seq"),
        _sparse("message_wamid", "wamid_key", "direction = 'outbound'"),
        _sparse("message_target", "target_key", "target_key IS NOT NULL"),
        _sparse("message_attempt", "attempt", "attempt IS NOT NULL"),
    )
    id: str = Field(default_factory=new_id, primary_key=True)
    town: str
    conversation: str
    seq: int = Field(sa_type=BigInteger)
    order_at: int = _instant()
    direction: str
    author_kind: str
    author_id: str | None = None
    author_name: str = ""
    kind: str
    text: str = _text()
    media: str | None = _text(None)
    detail: str | None = _text(None)
    sent_at: int = _instant()
    received_at: int | None = _instant(None)
    late: bool = False
    client_id: str | None = None
    status: str | None = None
    error: str | None = _text(None)
    reply_to: str | None = None
    decision: str | None = _text(None)
    reactions: str | None = _text(None)
    wamid: str | None = None
    wamid_key: str | None = None
    target_key: str | None = None
    session: str | None = None
    attempt: str | None = None


class Outbox(SQLModel, table=True):
    """One message not yet settled with Meta. The recipient stands here so long as it is needed and no longer.

    ``state`` is queued, claimed, sending or unclear; ``fence`` counts claims, so that a worker that lost its lease
    cannot write the outcome of another's attempt. ``message`` is None for a text to somebody of whom nothing is kept;
    whom it goes to is then ``sealed`` with ``key`` on PostgreSQL, in the place of ``user_id`` and ``phone``.
    ``template`` is JSON: the name, language and parameters of a message of the kind template.
    """

    __table_args__ = (Index("outbox_due", "state", "due_at"), Index("outbox_lane", "line", "lane", "id"))
    id: str = Field(default_factory=new_id, primary_key=True)
    town: str
    line: str
    lane: str
    message: str | None = Field(default=None, index=True)
    attempt: str = Field(index=True)
    state: str = "queued"
    kind: str = "text"
    user_id: str | None = None
    phone: str | None = None
    key: str | None = None
    sealed: bytes | None = Field(default=None, sa_type=LargeBinary)
    text: str = _text()
    reply_to: str | None = None
    target: str | None = None
    emoji: str | None = None
    media: str | None = None
    template: str | None = _text(None)
    auto: str | None = None
    due_at: int = _instant()
    lease_until: int | None = _instant(None)
    fence: int = 0
    tries: int = 0
    why: str | None = _text(None)
    created_at: int = _instant()


class AutoText(SQLModel, table=True):
    """That an automatic text was decided on, before it is sent: one a contact, period and key (AC-9).

    ``named`` is the date that it named, as its opening instant; a changed date allows one more.
    """

    __table_args__ = (
        UniqueConstraint("town", "line", "contact_key", "period", "text", "version"),
        Index("autotext_guard", "town", "contact_key", "at"),
    )
    id: str = Field(default_factory=new_id, primary_key=True)
    town: str
    line: str
    contact_key: str
    period: str
    text: str
    version: int
    named: int | None = _instant(None)
    at: int = _instant()


class HourSession(SQLModel, table=True):
    """A session: an occurrence that somebody holds. ``occurrence`` is its key in the standing plan, if it has one.

    ``changed``: staff made it theirs, the file no longer moves it; ``file_opens`` and ``file_closes`` are what the file
    said when they did. ``uid`` and ``revision`` are what calendars know it by. ``pace`` is the seconds that an answer
    took so far. ``published``, ``checked`` and ``roll`` are JSON: a date by channel; what the look before the hour
    found; how far the roll call is (`desk.rollcall.Roll`).
    """

    __tablename__ = "session"
    __table_args__ = (
        UniqueConstraint("town", "line", "occurrence"),
        Index("session_state", "town", "state", "opens"),
    )
    id: str = Field(default_factory=new_id, primary_key=True)
    town: str
    line: str
    number: int
    occurrence: str | None = None
    title: str
    topic: str = ""
    kind: str = "whatsapp"
    state: str = "announced"
    opens: int = _instant()
    closes: int = _instant()
    last_call_at: int | None = _instant(None)
    changed: bool = False
    opened_at: int | None = _instant(None)
    closed_at: int | None = _instant(None)
    uid: str = ""
    revision: int = 0
    announced_at: int = _instant(0)
    updated_at: int = _instant(0)
    moved_from: int | None = _instant(None)
    file_opens: int | None = _instant(None)
    file_closes: int | None = _instant(None)
    reason: str = _text()
    replaced_by: str | None = None
    late_until: int | None = _instant(None)
    deputy: str = _text()
    extended: int = 0
    last_called_at: int | None = _instant(None)
    pace: int | None = None
    published: str | None = _text(None)
    checked: str | None = _text(None)
    roll: str | None = _text(None)


class Outcome(SQLModel, table=True):
    """What became of one person in one session: exactly one row (AC-60). ``date`` is local, YYYY-MM-DD."""

    __table_args__ = (UniqueConstraint("session", "conversation"),)
    id: str = Field(default_factory=new_id, primary_key=True)
    town: str
    session: str
    conversation: str = Field(index=True)
    outcome: str
    date: str | None = None
    department: str = _text()
    reason: str = _text()
    message: str | None = None
    agent: str | None = None
    at: int = _instant()


class PlanEntry(SQLModel, table=True):
    """What staff planned on top of the file beside single sessions.

    ``kind`` is series, exception or text; ``key`` the date of an exception, the key of a text, else the entry's own id;
    ``data`` is JSON, as the command gave it.
    """

    __tablename__ = "plan_entry"
    __table_args__ = (UniqueConstraint("town", "line", "kind", "key"),)
    id: str = Field(default_factory=new_id, primary_key=True)
    town: str
    line: str
    kind: str
    key: str
    data: str = _text()
    agent: str
    at: int = _instant()


class Mail(SQLModel, table=True):
    """A mail to staff that waits to be sent, or what became of it; the same ``key`` is sent once."""

    __table_args__ = (UniqueConstraint("town", "key", "recipient"), Index("mail_due", "state", "due_at"))
    id: str = Field(default_factory=new_id, primary_key=True)
    town: str
    recipient: str
    subject: str = _text()
    body: str = _text()
    key: str
    state: str = "queued"
    tries: int = 0
    due_at: int = _instant()
    created_at: int = _instant()
    why: str | None = _text(None)


class Template(SQLModel, table=True):
    """A text that Meta approves before it may be sent outside the service window; ``status`` is Meta's word."""

    __table_args__ = (UniqueConstraint("town", "line", "name", "language"),)
    id: str = Field(default_factory=new_id, primary_key=True)
    town: str
    line: str
    name: str
    language: str
    category: str = "UTILITY"
    body: str = _text()
    status: str = "MISSING"
    reason: str | None = _text(None)
    meta_id: str | None = None
    checked_at: int | None = _instant(None)


class Usage(SQLModel, table=True):
    """How many messages of a kind were delivered on a line in a month (``YYYY-MM``, the town's own)."""

    town: str = Field(primary_key=True)
    line: str = Field(primary_key=True)
    month: str = Field(primary_key=True)
    category: str = Field(primary_key=True)
    delivered: int = 0


class Offered(SQLModel, table=True):
    """A question that waits, unseen, for its writer's "1"; ``body`` is sealed with ``key`` on PostgreSQL.

    ``user_key`` and ``phone_key`` are keyed hashes of who wrote, ``arrival`` of what; ``target`` of the message that an
    edit or a withdrawal is about. ``keeps``: it is itself the "1", come before what it keeps. ``kept_at``: the "1" came
    to a process that cannot open it; the one that can brings it in.
    """

    __table_args__ = (Index("offered_age", "expires_at"), Index("offered_line", "town", "line"))
    id: str = Field(default_factory=new_id, primary_key=True)
    town: str
    line: str
    user_key: str | None = None
    phone_key: str | None = None
    arrival: str
    target: str | None = None
    keeps: bool = False
    body: bytes = Field(default=b"", sa_type=LargeBinary)
    key: str | None = None
    sent_at: int = _instant()
    received_at: int = _instant()
    expires_at: int = _instant()
    kept_at: int | None = _instant(None)


class Note(SQLModel, table=True):
    """Said among agents. There is no way from this table to the outbox (AC-42)."""

    __table_args__ = (Index("note_order", "conversation", "at"),)
    id: str = Field(default_factory=new_id, primary_key=True)
    town: str
    conversation: str
    author: str
    author_name: str
    text: str = _text()
    at: int = _instant()
    seq: int = Field(sa_type=BigInteger)


class Media(SQLModel, table=True):
    """A file of a message: where it is on disk once fetched, or why there is none."""

    id: str = Field(default_factory=new_id, primary_key=True)
    town: str
    line: str
    message: str = Field(index=True)
    meta_id: str | None = None
    mime_type: str
    filename: str | None = None
    size: int | None = None
    state: str = Field(default="waiting", index=True)
    tries: int = 0
    due_at: int = _instant()
    why: str | None = None


class Notice(SQLModel, table=True):
    """Something that the admin must read; the same ``key`` is told once."""

    __table_args__ = (UniqueConstraint("town", "key"),)
    id: str = Field(default_factory=new_id, primary_key=True)
    town: str
    level: str
    code: str
    message: str = _text()
    key: str
    at: int = _instant()


class Agent(SQLModel, table=True):
    """Who may use the console. ``roles`` are comma separated; ``password`` is an argon2id hash."""

    __table_args__ = (UniqueConstraint("email"),)
    id: str = Field(default_factory=new_id, primary_key=True)
    town: str = Field(index=True)
    email: str
    name: str
    roles: str
    password: str = _text()
    disabled: bool = False
    created_at: int = _instant()


class Login(SQLModel, table=True):
    """A login of an agent, by the SHA-256 of the cookie's value: whoever reads the table cannot use it."""

    key: str = Field(primary_key=True)
    agent: str = Field(index=True)
    created_at: int = _instant()
    seen_at: int = _instant()
    expires_at: int = _instant()


class Throttle(SQLModel, table=True):
    """Failed logins by account and by network, so that a restart forgives nothing (attack C33)."""

    key: str = Field(primary_key=True)
    failures: int = 0
    until: int = _instant(0)


class Command(SQLModel, table=True):
    """A command that was carried out or refused: the same id again gives the same result."""

    __table_args__ = (Index("command_age", "at"),)
    id: str = Field(primary_key=True)
    agent: str = Field(primary_key=True)
    digest: str
    result: str = _text()
    at: int = _instant()


class Event(SQLModel, table=True):
    """Something that happened in a town, in the order of commit. ``data`` is the object as the wire shows it."""

    __table_args__ = (Index("event_age", "at"),)
    town: str = Field(primary_key=True)
    seq: int = Field(primary_key=True, sa_type=BigInteger)
    name: str
    at: int = _instant()
    data: str = _text()
    conversation: str | None = None
    assignee: str | None = None


class LineState(SQLModel, table=True):
    """What is known of a line beside its file: paused since when and why (fault F59)."""

    __tablename__ = "line_state"
    town: str = Field(primary_key=True)
    line: str = Field(primary_key=True)
    paused_at: int | None = _instant(None)
    why: str | None = _text(None)
