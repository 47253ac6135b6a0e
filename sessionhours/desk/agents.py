"""Agents and their logins: added, disabled, given a new password, logged in and out.

Passwords come here already hashed (`desk.passwords`), because a hash takes long and an action must not.
"""

from __future__ import annotations

import hashlib
import secrets
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlmodel import Session, col, delete

from sessionhours.core.instants import instant, ms
from sessionhours.core.roles import ROLES
from sessionhours.desk import shapes
from sessionhours.errors import Refused
from sessionhours.store.agents import agent_by_email, agents_of, login_with_agent
from sessionhours.store.events import emit
from sessionhours.store.tables import Agent, Login

#: A login ends after so long without a request, and after so long in any case.
IDLE = timedelta(hours=12)
ABSOLUTE = timedelta(hours=24)

#: How often a login's last use is written down; in between, reading writes nothing.
SEEN_EVERY = timedelta(minutes=5)

LONGEST_EMAIL = 254
LONGEST_NAME = 120


@dataclass(frozen=True, slots=True)
class AgentInfo:
    """Who is logged in: what every decision on rights needs, and the key of the login it came by."""

    id: str
    town: str
    name: str
    email: str
    roles: tuple[str, ...]
    login_key: str


@dataclass(frozen=True, slots=True)
class Credentials:
    """What a password is checked against."""

    agent: str
    password: str


# -- agents ----------------------------------------------------------------------------------------


def add_agent(
    session: Session, *, town: str, email: str, name: str, roles: Iterable[str], password: str, now: datetime
) -> Agent:
    """Add an agent, or let a disabled one in again; ``password`` is a hash.

    Raises `Refused`: ``bad_email``, ``bad_name``, ``bad_role``, ``agent_exists``.
    """
    email, name, held = address(email), _name(name), _roles(roles)
    agent = agent_by_email(session, email) or Agent(
        town=town, email=email, name=name, roles=held, disabled=True, created_at=ms(now)
    )
    if not agent.disabled or agent.town != town:
        raise Refused("agent_exists", f"{email} gibt es schon.", status=409)
    agent.name, agent.roles, agent.password, agent.disabled = name, held, password, False
    session.add(agent)
    _tell(session, agent, now)
    return agent


def list_agents(session: Session, town: str | None = None) -> Sequence[Agent]:
    """Every agent of a town, or of all towns."""
    return agents_of(session, town)


def disable_agent(session: Session, email: str, *, now: datetime) -> Agent:
    """Let an agent in no more, and end every login. Raises `Refused` (``unknown_agent``)."""
    agent = _known(session, email)
    agent.disabled = True
    session.add(agent)
    end_logins(session, agent.id)
    _tell(session, agent, now)
    return agent


def set_password(session: Session, email: str, *, password: str) -> Agent:
    """Give an agent a new password (a hash) and end every login (attack C39).

    Raises `Refused` (``unknown_agent``).
    """
    agent = _known(session, email)
    agent.password = password
    session.add(agent)
    end_logins(session, agent.id)
    return agent


def address(email: str) -> str:
    """An e-mail address as it is stored: one spelling for all. Raises `Refused` (``bad_email``)."""
    written = folded(email)
    name, at, domain = written.rpartition("@")
    if (
        not (name and at and domain)
        or len(written) > LONGEST_EMAIL
        or not written.isprintable()
        or " " in written
    ):
        raise Refused("bad_email", "Das ist keine E-Mail-Adresse.")
    return written


def folded(email: str) -> str:
    """The same for what somebody typed at the door, whatever it is."""
    return unicodedata.normalize("NFKC", email).strip().casefold()


# -- logins ----------------------------------------------------------------------------------------


def credentials(session: Session, email: str) -> Credentials | None:
    """What to check a password for this address against; None for nobody and for the disabled."""
    typed = folded(email)
    agent = agent_by_email(session, typed) if typed.isprintable() else None
    return None if agent is None or agent.disabled else Credentials(agent.id, agent.password)


def new_cookie() -> str:
    """A cookie value nobody can guess: 256 random bits."""
    return secrets.token_urlsafe(32)


def login_key(cookie: str) -> str:
    """Under which the login of this cookie is kept."""
    return hashlib.sha256(cookie.encode("utf-8", "surrogatepass")).hexdigest()


def log_in(
    session: Session,
    checked: Credentials,
    cookie: str,
    *,
    before: str | None = None,
    rehash: str | None = None,
    now: datetime,
) -> AgentInfo | None:
    """Begin a login whose password was right a moment ago; ``before`` is the cookie it replaces (attack C38).

    None when the agent was disabled or got another password in the meantime.
    """
    agent = session.get(Agent, checked.agent)
    if agent is None or agent.disabled or agent.password != checked.password:
        return None
    if rehash is not None:
        agent.password = rehash
        session.add(agent)
    _forget(session, now)
    if before is not None:
        log_out(session, before)
    key = login_key(cookie)
    session.add(
        Login(key=key, agent=agent.id, created_at=ms(now), seen_at=ms(now), expires_at=ms(now + ABSOLUTE))
    )
    return _info(agent, key)


def log_out(session: Session, cookie: str) -> None:
    """End the login of this cookie, if there is one."""
    session.execute(delete(Login).where(col(Login.key) == login_key(cookie)))


def end_logins(session: Session, agent: str) -> None:
    """End every login of an agent."""
    session.execute(delete(Login).where(col(Login.agent) == agent))


def logged_in(session: Session, key: str, *, now: datetime) -> tuple[AgentInfo, bool] | None:
    """Whose login this is, and whether `saw` is due.

    None when there is no such login, it has expired, or its agent is disabled.
    """
    found = login_with_agent(session, key)
    if found is None or found[1].disabled:
        return None
    login, agent = found
    seen = instant(login.seen_at)
    if now >= instant(login.expires_at) or now >= seen + IDLE:
        return None
    return _info(agent, key), now >= seen + SEEN_EVERY


def saw(session: Session, key: str, *, now: datetime) -> None:
    """Write down that a login was used."""
    login = session.get(Login, key)
    if login is not None:
        login.seen_at = ms(now)
        session.add(login)


# -- small things ----------------------------------------------------------------------------------


def _known(session: Session, email: str) -> Agent:
    agent = agent_by_email(session, folded(email))
    if agent is None:
        raise Refused("unknown_agent", f"{email} gibt es nicht.", status=404)
    return agent


def _name(name: str) -> str:
    name = " ".join(name.split())
    if not name or len(name) > LONGEST_NAME or not name.isprintable():
        raise Refused("bad_name", f"Der Name muss 1 bis {LONGEST_NAME} Zeichen haben.")
    return name


def _roles(roles: Iterable[str]) -> str:
    wanted = set(roles)
    if not wanted or wanted - set(ROLES):
        raise Refused("bad_role", f"Rollen sind: {', '.join(ROLES)}.")
    return ",".join(role for role in ROLES if role in wanted)


def _info(agent: Agent, key: str) -> AgentInfo:
    roles = tuple(role for role in agent.roles.split(",") if role)
    return AgentInfo(agent.id, agent.town, agent.name, agent.email, roles, key)


def _tell(session: Session, agent: Agent, now: datetime) -> None:
    emit(session, agent.town, "agent.updated", shapes.agent(agent.model_dump()), now=now)


def _forget(session: Session, now: datetime) -> None:
    """Let go of logins that nobody can use any more."""
    idle = col(Login.seen_at) <= ms(now - IDLE)
    session.execute(delete(Login).where((col(Login.expires_at) <= ms(now)) | idle))
