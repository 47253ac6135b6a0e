"""Selects on agents and their logins."""

from __future__ import annotations

from collections.abc import Sequence

from sqlmodel import Session, col, select

from sessionhours.store.tables import Agent, Login, Town


def agent_by_email(session: Session, email: str) -> Agent | None:
    """The agent who logs in with this address (as `desk.agents.address` writes it), disabled or not."""
    return session.exec(select(Agent).where(Agent.email == email)).first()


def agents_of(session: Session, town: str | None = None) -> Sequence[Agent]:
    """Every agent of a town, or of all towns, by town and name."""
    statement = select(Agent).order_by(col(Agent.town), col(Agent.name), col(Agent.email))
    return session.exec(statement if town is None else statement.where(Agent.town == town)).all()


def towns_known(session: Session) -> Sequence[str]:
    """The towns in which something has happened."""
    return session.exec(select(Town.id)).all()


def login_with_agent(session: Session, key: str) -> tuple[Login, Agent] | None:
    """The login kept under this key, and whose it is."""
    statement = select(Login, Agent).join(Agent, col(Agent.id) == col(Login.agent)).where(Login.key == key)
    return session.exec(statement).first()
