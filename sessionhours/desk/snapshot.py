"""What a console begins with, and what it asks for on the way.

Law, held by a test for every action: snapshot before + events = snapshot after.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import RowMapping, and_, bindparam, or_
from sqlalchemy import select as rows_of
from sqlmodel import Session, col, select
from sqlmodel.sql.expression import SelectOfScalar

from sessionhours.core.instants import iso, ms
from sessionhours.core.roles import may, sight
from sessionhours.core.schedule import Schedule
from sessionhours.desk import budget, sessions, shapes, templates
from sessionhours.desk.replies import Author
from sessionhours.errors import Refused
from sessionhours.store.bulk import columns_of
from sessionhours.store.events import last_seq
from sessionhours.store.owned import owned
from sessionhours.store.tables import (
    Agent,
    Contact,
    Conversation,
    LineState,
    Media,
    Message,
    Note,
    Notice,
    Quarantine,
)

#: Most messages of one page.
PAGE = 200

#: Notices that a console begins with.
NOTICES = 50

Json = dict[str, Any]

# Plain rows: an inbox of models costs ten times as much.
_CONVERSATION, _CONTACT = columns_of(Conversation), columns_of(Contact)
_INBOX = (
    rows_of(
        _CONVERSATION,
        *(_CONTACT.c[name].label(f"contact_{name}") for name in ("id", "name", "username", "phone")),
    )
    .join(_CONTACT, _CONTACT.c.id == _CONVERSATION.c.contact)
    .where(_CONVERSATION.c.town == bindparam("town"), _CONVERSATION.c.shown.is_(True))
    .order_by(_CONVERSATION.c.last_seq.desc())
)


def snapshot(session: Session, author: Author, schedule: Schedule | None = None, *, now: datetime) -> Json:
    """Everything that this agent may see, as of ``seq`` (surfaces §5).

    ``schedule`` is the town's, None where it stands in no file any more: then there is no budget.
    """
    running = [sessions.shape(session, row) for row in sessions.running(session, author.town)]
    following = sessions.next_session(session, author.town)
    return {
        "seq": last_seq(session, author.town),
        "now": iso(ms(now)),
        "session": running[0] if running else None,
        "next_session": None if following is None else sessions.shape(session, following),
        "sessions": running,
        "conversations": conversations(session, author),
        "agents": agents(session, author.town),
        "lines": [shapes.line(dict(row)) for row in session.exec(_lines(author.town))],
        "notices": _notices(session, author),
        "templates": templates.rows(session, author.town) if _may(author, "templates") else [],
        "budget": budget.standing(session, schedule, now=now) if schedule and _may(author, "budget") else [],
    }


def conversations(session: Session, author: Author) -> list[Json]:
    """Every conversation but those finished in earlier sessions, the one with the newest event first."""
    scope = sight(author.roles)
    if scope == "sessions":
        return []
    statement = _INBOX.where(_CONVERSATION.c.assignee == author.id) if scope == "handed" else _INBOX
    rows = session.connection().execute(statement, {"town": author.town}).mappings()
    return [_seen_by(author, shapes.conversation(dict(row), _contact(row))) for row in rows]


def handed(session: Session, author: Author) -> set[str]:
    """The conversations that this agent has."""
    mine = (_CONVERSATION.c.town == author.town, _CONVERSATION.c.assignee == author.id)
    found = rows_of(_CONVERSATION.c.id).where(*mine)
    return set(session.connection().execute(found).scalars())


def _contact(row: RowMapping) -> Json:
    return {name: row[f"contact_{name}"] for name in ("id", "name", "username", "phone")}


def messages(session: Session, author: Author, conversation: str, *, before: str | None, limit: int) -> Json:
    """A page of a conversation, oldest first, with the notes of the same stretch.

    ``before`` is the id of the oldest message already shown. Raises `Refused` (404) for what the agent may not see.
    """
    talk = _find(session, author, conversation)
    older = _older_than(session, talk, before)
    wanted = min(max(limit, 1), PAGE)
    rows = list(session.exec(older.limit(wanted + 1)))
    page = rows[:wanted][::-1]
    more = len(rows) > wanted
    since = page[0].order_at if page and more else 0
    until = None if before is None else _message(session, talk, before).order_at
    return {
        "messages": [shapes.message(dict(row)) for row in page],
        "notes": [shapes.note(dict(row)) for row in _notes(session, talk, since, until)],
        "more": more,
    }


def media(session: Session, author: Author, id: str) -> Media:
    """A file's row, if this agent may see the conversation it belongs to. Raises `Refused` (404)."""
    row = owned(session, Media, author.town, id)
    message = owned(session, Message, author.town, row.message) if row is not None else None
    if row is None or message is None or row.state != "here":
        raise Refused("not_found", "Diese Datei gibt es nicht (mehr).", status=404)
    _find(session, author, message.conversation)
    return row


def quarantine(session: Session, author: Author) -> list[Json]:
    """What could not be applied and waits for the admin, newest first. Raises `Refused` (403)."""
    if not _may(author, "quarantine"):
        raise Refused("forbidden", "Dazu fehlt Ihnen das Recht.", status=403)
    mine = or_(col(Quarantine.town) == author.town, col(Quarantine.town).is_(None))
    statement = select(Quarantine).where(mine, Quarantine.state == "kept")
    rows = session.exec(statement.order_by(col(Quarantine.received_at).desc()).limit(PAGE))
    return [shapes.quarantined(dict(row)) for row in rows]


def choices(session: Session, author: Author, schedule: Schedule, conversation: str) -> list[Json]:
    """The templates for a conversation. Raises `Refused` (404) for what the agent may not see."""
    return templates.choices(session, schedule, _find(session, author, conversation))


def agents(session: Session, town: str) -> list[Json]:
    """The town's agents who may log in."""
    statement = (
        select(Agent).where(Agent.town == town, col(Agent.disabled).is_(False)).order_by(col(Agent.name))
    )
    return [shapes.agent(dict(row)) for row in session.exec(statement)]


def _may(author: Author, right: str) -> bool:
    return may(author.roles, right, approval=False)


def _seen_by(author: Author, shape: Json) -> Json:
    """A specialist never sees a number (KA-9)."""
    if sight(author.roles) == "handed":
        shape["contact"]["phone"] = None
    return shape


def _find(session: Session, author: Author, id: str) -> Conversation:
    row = owned(session, Conversation, author.town, id)
    scope = sight(author.roles)
    hidden = scope == "sessions" or (scope == "handed" and row is not None and row.assignee != author.id)
    if row is None or hidden:
        raise Refused("not_found", "Dieses Gespräch gibt es nicht (mehr).", status=404)
    return row


def _older_than(session: Session, talk: Conversation, before: str | None) -> SelectOfScalar[Message]:
    statement = (
        select(Message)
        .where(Message.conversation == talk.id)
        .order_by(col(Message.order_at).desc(), col(Message.seq).desc())
    )
    if before is None:
        return statement
    edge = _message(session, talk, before)
    return statement.where(
        or_(
            col(Message.order_at) < edge.order_at,
            and_(col(Message.order_at) == edge.order_at, col(Message.seq) < edge.seq),
        )
    )


def _message(session: Session, talk: Conversation, id: str) -> Message:
    row = owned(session, Message, talk.town, id)
    if row is None or row.conversation != talk.id:
        raise Refused("not_found", "Diese Nachricht gibt es nicht (mehr).", status=404)
    return row


def _notes(session: Session, talk: Conversation, since: int, until: int | None) -> list[Note]:
    statement = select(Note).where(Note.conversation == talk.id, col(Note.at) >= since).order_by(col(Note.at))
    if until is not None:
        statement = statement.where(col(Note.at) < until)
    return list(session.exec(statement))


def _lines(town: str) -> SelectOfScalar[LineState]:
    return select(LineState).where(LineState.town == town).order_by(col(LineState.line))


def _notices(session: Session, author: Author) -> list[Json]:
    if "admin" not in author.roles:
        return []
    statement = (
        select(Notice).where(Notice.town == author.town).order_by(col(Notice.at).desc()).limit(NOTICES)
    )
    return [shapes.notice(dict(row)) for row in session.exec(statement)]
