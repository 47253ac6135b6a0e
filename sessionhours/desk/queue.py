"""Who looks after whom: claims and the next person."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import and_, exists, func, not_
from sqlalchemy.orm import aliased
from sqlmodel import Session, col, select

from sessionhours.core.instants import ms
from sessionhours.desk import shapes
from sessionhours.desk.replies import Author
from sessionhours.desk.sessions import tell_conversation
from sessionhours.errors import Refused
from sessionhours.store.owned import owned
from sessionhours.store.tables import Agent, Contact, Conversation, HourSession

#: Whoever can be answered freely for less than this comes up (AC-17).
SOON = timedelta(hours=2)


def next_person(session: Session, author: Author, *, now: datetime) -> dict[str, Any]:
    """Claim who waits longest; None for nobody.

    Those carried over come first, then whose time to be answered is nearly over (AC-17), then who was not yet helped
    in this session. While people wait whose question was kept for the hour, they and those who come live take turns
    (N24).
    """
    statement = select(Conversation).where(
        Conversation.town == author.town, Conversation.lane == "waiting", col(Conversation.assignee).is_(None)
    )
    began = select(HourSession.opens).where(HourSession.id == Conversation.session).scalar_subquery()
    helped = func.coalesce(Conversation.last_staff_at, -1) >= func.coalesce(began, 0)
    closes = func.coalesce(Conversation.window_closes_at, 0)
    late = and_(closes > ms(now), closes <= ms(now + SOON))
    order = (
        col(Conversation.carried_since).is_(None),
        not_(late),
        helped,
        col(Conversation.kept).is_not(_turn_of_the_kept(session, author.town)),
        col(Conversation.waiting_since),
        col(Conversation.id),
    )
    row = session.exec(statement.order_by(*order).limit(1).with_for_update(skip_locked=True)).first()
    if row is None:
        return {"conversation": None}
    return claim(session, author, row, now=now)


def _turn_of_the_kept(session: Session, town: str) -> bool:
    """Is it theirs? They begin; then nobody's, after whose was the last one taken of those in the same session."""
    theirs = aliased(Conversation)
    waits = exists().where(
        col(theirs.town) == town,
        col(theirs.lane) == "waiting",
        col(theirs.assignee).is_(None),
        col(theirs.kept),
        col(theirs.session).is_not_distinct_from(col(Conversation.session)),
    )
    taken = select(Conversation.kept).where(
        Conversation.town == town, col(Conversation.shown), col(Conversation.assigned_at).is_not(None), waits
    )
    last = session.exec(taken.order_by(col(Conversation.assigned_at).desc(), col(Conversation.id))).first()
    return not last


def claim(session: Session, author: Author, row: Conversation, *, now: datetime) -> dict[str, Any]:
    """Say that one looks after this person. Taking it from a colleague is allowed; the claim is soft."""
    row.assignee, row.assigned_at = author.id, ms(now)
    return _told(session, row, now)


def release(session: Session, author: Author, row: Conversation, *, now: datetime) -> dict[str, Any]:
    """Give the person back to the queue, at the same place."""
    row.assignee = row.assigned_at = None
    return _told(session, row, now)


def assign(
    session: Session, author: Author, row: Conversation, *, agent: str, now: datetime
) -> dict[str, Any]:
    """Hand the person to a colleague. Raises `Refused` for somebody who is not of this town."""
    colleague = owned(session, Agent, author.town, agent)
    if colleague is None or colleague.disabled:
        raise Refused("not_found", "Diese Kollegin oder diesen Kollegen gibt es nicht.", status=404)
    row.assignee, row.assigned_at = colleague.id, ms(now)
    return _told(session, row, now)


def _told(session: Session, row: Conversation, now: datetime) -> dict[str, Any]:
    session.add(row)
    tell_conversation(session, row, now)
    return shown(session, row)


def shown(session: Session, row: Conversation) -> dict[str, Any]:
    """A conversation as a result."""
    contact = session.get_one(Contact, row.contact)
    return {"conversation": shapes.conversation(dict(row), dict(contact))}
