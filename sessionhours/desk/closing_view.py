"""What the closing ritual begins with: who lacks an outcome, and what each outcome would say now (N4, AC-60)."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from sqlmodel import Session

from sessionhours.core.instants import iso
from sessionhours.core.roles import may, sight
from sessionhours.core.schedule import Schedule
from sessionhours.desk import saying
from sessionhours.desk.closing import OUTCOMES
from sessionhours.desk.plan import Planner
from sessionhours.desk.replies import Author
from sessionhours.desk.sessions import unaccounted
from sessionhours.errors import Refused
from sessionhours.store.owned import owned
from sessionhours.store.tables import Contact, Conversation, HourSession

Json = dict[str, Any]

#: What a person fills in: these stay in the texts as they are written.
LEFT = {name: f"{{{name}}}" for name in ("date", "department", "reason")}


def of_session(session: Session, author: Author, schedule: Schedule, id: str, *, now: datetime) -> Json:
    """Everybody in a session who lacks an outcome, the longest wait first, and the texts. Raises `Refused` (403, 404)."""
    row = owned(session, HourSession, author.town, id)
    if row is None:
        raise Refused("not_found", "Diese Sprechstunde gibt es nicht (mehr).", status=404)
    _allowed(author, schedule, "session.settle", row.line)
    return _view(session, schedule, row.line, unaccounted(session, row), now)


def of_conversation(session: Session, author: Author, schedule: Schedule, id: str, *, now: datetime) -> Json:
    """The same for one person, for whoever may say what becomes of them. Raises `Refused` (403, 404)."""
    row = owned(session, Conversation, author.town, id)
    if row is None or not _visible(author, row):
        raise Refused("not_found", "Dieses Gespräch gibt es nicht (mehr).", status=404)
    _allowed(author, schedule, "resolve", row.line)
    return _view(session, schedule, row.line, [row], now)


def _view(
    session: Session, schedule: Schedule, line: str, people: Iterable[Conversation], now: datetime
) -> Json:
    standing = Planner().plan(session, schedule, now=now).schedule
    said = [key for key in OUTCOMES if key != "answered"]
    return {
        "people": [_person(session, one, now) for one in people],
        "texts": {key: saying.words_of(standing, line, key, LEFT, now=now) for key in said},
    }


def _person(session: Session, row: Conversation, now: datetime) -> Json:
    contact = owned(session, Contact, row.town, row.contact)
    return {
        "conversation": row.id,
        "name": (contact.name or contact.username or "") if contact else "",
        "waiting_since": iso(row.waiting_since),
        "window_closes_at": iso(row.window_closes_at),
        "reachable": saying.reachable(row, now),
    }


def _allowed(author: Author, schedule: Schedule, right: str, line: str) -> None:
    approval = next((one.approval for one in schedule.lines if one.id == line), None)
    if approval is None:
        raise Refused("not_found", "Diese Leitung gibt es nicht.", status=404)
    if not may(author.roles, right, approval=approval):
        raise Refused("forbidden", "Dazu fehlt Ihnen das Recht.", status=403)


def _visible(author: Author, row: Conversation) -> bool:
    scope = sight(author.roles)
    return scope == "all" or (scope == "handed" and row.assignee == author.id)
