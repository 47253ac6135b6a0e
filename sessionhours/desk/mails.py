"""Mails to staff: a row each until it is sent, and the moves that a row can make.

    queued ─claim→ queued (due again after the lease) ─settle→ sent | queued again | failed

Law: a mail comes at least once, where it can come at all. A worker that dies between handing it in and writing that down
leaves a row that is due again: the mail may then come twice, under one Message-ID, and never not at all.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, or_
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import Session, col, select

from sessionhours.core.instants import instant, ms
from sessionhours.core.letter import Letter, NotTaken, one_line
from sessionhours.core.schedule import Schedule
from sessionhours.desk import notices
from sessionhours.store.agents import agents_of
from sessionhours.store.tables import Mail, new_id

#: How long a worker may need for one mail; longer than the mailer's own deadline.
LEASE = timedelta(seconds=120)

#: The wait after the first failure; it doubles up to the longest.
FIRST_PAUSE, LONGEST_PAUSE = timedelta(seconds=30), timedelta(minutes=15)

#: Most tries of one mail (a little more than an hour); then the admin is told.
TRIES = 9

#: What could not be sent for so long helps nobody any more: the hour it was about is over.
LATEST = timedelta(hours=24)

#: Characters of a server's reason that are kept.
LONGEST_WHY = 300


@dataclass(frozen=True, slots=True)
class Claim:
    """A mail as its worker holds it; ``tries`` is its fence: whoever came later has another."""

    town: str
    letter: Letter
    tries: int


def queue(
    session: Session,
    town: str,
    recipients: Iterable[str],
    subject: str,
    body: str,
    key: str,
    now: datetime,
) -> int:
    """Have a mail sent to each of them, once a ``key`` and recipient. Returns how many are new.

    Whatever subject and recipient were made of, each is one line. What is no address fails later, so the admin hears of it.
    """
    wanted = dict.fromkeys(one_line(recipient) for recipient in recipients)
    return sum(_insert(session, town, address, one_line(subject), body, key, now) for address in wanted)


def admins(session: Session, town: str) -> list[str]:
    """The addresses of the town's admins."""
    return [
        agent.email
        for agent in agents_of(session, town)
        if not agent.disabled and "admin" in agent.roles.split(",")
    ]


def _insert(
    session: Session, town: str, recipient: str, subject: str, body: str, key: str, now: datetime
) -> bool:
    """Two processes that find the same reason at the same moment write one row (Mail's unique key)."""
    dialect = sqlite if session.get_bind().dialect.name == "sqlite" else postgresql
    row = {
        "id": new_id(),
        "town": town,
        "recipient": recipient,
        "subject": subject,
        "body": body,
        "key": key,
        "state": "queued",
        "tries": 0,
        "due_at": ms(now),
        "created_at": ms(now),
    }
    inserted = dialect.insert(Mail).values(**row).on_conflict_do_nothing().returning(col(Mail.id))
    return session.execute(inserted).first() is not None


# -- sending -------------------------------------------------------------------------------------------


def due(session: Session, *, now: datetime) -> bool:
    """Is there one to send?"""
    return session.exec(select(Mail.id).where(_is_due(now)).limit(1)).first() is not None


def claim(session: Session, *, now: datetime) -> Claim | None:
    """Take the mail that is due longest: written down before its first byte leaves, due again after the lease."""
    first = select(Mail).where(_is_due(now)).order_by(col(Mail.due_at), col(Mail.id)).limit(1)
    row = session.exec(first.with_for_update(skip_locked=True)).first()
    if row is None:
        return None
    row.tries, row.due_at = row.tries + 1, ms(now + LEASE)
    session.add(row)
    letter = Letter(row.id, row.recipient, row.subject, row.body, instant(row.created_at))
    return Claim(row.town, letter, row.tries)


def settle(
    session: Session, schedule: Schedule | None, claim: Claim, outcome: NotTaken | None, *, now: datetime
) -> None:
    """Write what came of it. One that is given up is told to the admin of ``schedule``'s town."""
    row = session.get(Mail, claim.letter.id, with_for_update=True)
    if row is None or row.state != "queued" or row.tries != claim.tries:
        return
    row.why = None if outcome is None else outcome.why[:LONGEST_WHY]
    if outcome is None:
        row.state = "sent"
    elif outcome.for_good or row.tries >= TRIES:
        _give_up(session, schedule, row, now)
    else:
        row.due_at = ms(now + pause(row.tries))
    session.add(row)


def pause(tries: int) -> timedelta:
    """How long to wait after so many tries."""
    return min(FIRST_PAUSE * (1 << min(tries - 1, 10)), LONGEST_PAUSE)


def expire(session: Session, *, now: datetime) -> None:
    """Give up, in silence, what is too old to help anybody."""
    old = select(Mail).where(Mail.state == "queued", Mail.created_at <= ms(now - LATEST))
    for row in session.exec(old.with_for_update(skip_locked=True)).all():
        row.state, row.why = "failed", row.why or "too late"
        session.add(row)


def _is_due(now: datetime) -> ColumnElement[bool]:
    """Also what is due in a future that no pause reaches: the clock was put back (fault F41)."""
    beyond = col(Mail.due_at) > ms(now + LONGEST_PAUSE)
    return (col(Mail.state) == "queued") & or_(col(Mail.due_at) <= ms(now), beyond)


def _give_up(session: Session, schedule: Schedule | None, row: Mail, now: datetime) -> None:
    row.state = "failed"
    if schedule is not None:
        notices.mail_failed(session, schedule, row.recipient, row.why or "", now=now)


# -- without a mail server -----------------------------------------------------------------------------


def waiting(session: Session) -> set[str]:
    """The towns with mails that wait."""
    return set(session.exec(select(Mail.town).where(Mail.state == "queued").distinct()))
