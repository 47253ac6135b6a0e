"""Questions that wait, unseen, for their writer's "1": no snapshot and no event tells of them, and after an hour they
are gone (surfaces §3, N24).

Of a question that waits there is one row with what was said, sealed on PostgreSQL; keyed hashes say whose it is.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Any

import msgspec
from sqlalchemy import ColumnElement, and_, delete, false, or_
from sqlmodel import Session, col, select
from sqlmodel.sql.expression import SelectOfScalar

from sessionhours.core.gate import OFFERED
from sessionhours.core.instants import ms
from sessionhours.core.message import Inbound
from sessionhours.desk.arrived import Arrived
from sessionhours.store.sealing import Sealed, Seals
from sessionhours.store.tables import Offered

#: Most messages of one person that wait at once: who floods the line fills no disk.
MOST = 50

#: What another process has to bring in waits so long for it, then it is gone.
ABANDONED = timedelta(days=1)

_decode = msgspec.json.Decoder(Inbound).decode

logger = logging.getLogger(__name__)


def put(arrived: Arrived, target_key: str | None = None) -> bool:
    """Have a message wait. False where so many of this person wait already that this one is not kept."""
    session, ledger = arrived.ledger.session, arrived.ledger
    if len(waiting(arrived)) >= MOST:
        return False
    expires = min(ms(arrived.sent_at), arrived.received_at) + ms_of(OFFERED)
    key, body = _sealed(arrived.inbound, ledger.seals, expires)
    session.add(
        Offered(
            town=ledger.town,
            line=arrived.line.id,
            user_key=arrived.user_key,
            phone_key=arrived.phone_key,
            arrival=arrived.key,
            target=target_key,
            keeps=arrived.keyword == "keep",
            body=body,
            key=key,
            sent_at=ms(arrived.sent_at),
            received_at=arrived.received_at,
            expires_at=expires,
        )
    )
    session.flush()
    return True


def waiting(arrived: Arrived) -> Sequence[Offered]:
    """What waits of this person on this line, in the order in which it was written."""
    mine = select(Offered).where(*_of(arrived), col(Offered.kept_at).is_(None))
    by_time = (col(Offered.sent_at), col(Offered.received_at), col(Offered.id))
    return arrived.ledger.session.exec(mine.order_by(*by_time).with_for_update()).all()


def kept_by(arrived: Arrived, at: datetime, yes: str) -> list[Offered]:
    """What the "1" with the key ``yes``, written at ``at``, keeps: what was written before it and had time left.

    Another "1" is kept only where there is nothing else: then it is what its writer wants kept.
    """
    before = [
        row for row in waiting(arrived) if row.sent_at <= ms(at) < row.expires_at and row.arrival != yes
    ]
    return [row for row in before if not row.keeps] or before


def asked_for(arrived: Arrived) -> Offered | None:
    """The "1" that came before the question which it is about, and waits for it."""
    sent_at, until = ms(arrived.sent_at), ms(arrived.sent_at + OFFERED)
    return next((row for row in waiting(arrived) if row.keeps and sent_at <= row.sent_at < until), None)


def withdraw(arrived: Arrived, target_key: str) -> bool:
    """The writer takes back what waits: it is gone at once, with every edit of it. False where it does not wait."""
    mine = [row for row in waiting(arrived) if target_key in (row.arrival, row.target)]
    for row in mine:
        arrived.ledger.session.delete(row)
    arrived.ledger.session.flush()
    return any(row.arrival == target_key for row in mine)


def spend(arrived: Arrived) -> None:
    """A "1" that waited has done its work with this one."""
    for row in waiting(arrived):
        if row.keeps and row.sent_at <= ms(arrived.sent_at):
            arrived.ledger.session.delete(row)
    arrived.ledger.session.flush()


def forget(arrived: Arrived) -> int:
    """Remove what waits of this person and was written up to this message. How many that were."""
    before = col(Offered.sent_at) <= ms(arrived.sent_at)
    removed = arrived.ledger.session.execute(delete(Offered).where(*_of(arrived), before))
    return int(removed.rowcount)  # type: ignore[attr-defined]


def take(session: Session, row: Offered, seals: Seals | None, now: datetime) -> Inbound | None:
    """Take a message out. None where it cannot be read here: another process is asked to bring it in, or its key is gone."""
    if row.key is not None and (seals is None or not row.key.startswith(f"{seals.id}-")):
        row.kept_at, row.expires_at = ms(now), ms(now + ABANDONED)
        session.add(row)
        return None
    session.delete(row)
    try:
        body = row.body if row.key is None or seals is None else seals.open(row.key, row.body)
    except Sealed as error:
        logger.warning("a question cannot be kept: %s", error)
        return None
    return _decode(body)


def to_bring_in(session: Session, town: str, seals: Seals) -> Sequence[Offered]:
    """What was kept at another process and only this one can open."""
    mine = col(Offered.key).startswith(f"{seals.id}-", autoescape=True)
    kept = select(Offered).where(Offered.town == town, col(Offered.kept_at).is_not(None), mine)
    return session.exec(kept.order_by(col(Offered.sent_at), col(Offered.id)).with_for_update()).all()


def expire(session: Session, *, now: datetime) -> int:
    """Remove everything whose hour is over. How many that were."""
    removed = session.execute(delete(Offered).where(col(Offered.expires_at) <= ms(now)))
    return int(removed.rowcount)  # type: ignore[attr-defined]


def keys_needed() -> SelectOfScalar[str | None]:
    """The keys of what waits."""
    return select(col(Offered.key)).where(col(Offered.key).is_not(None))


def ms_of(span: timedelta) -> int:
    """A span in milliseconds."""
    return span // timedelta(milliseconds=1)


def _of(arrived: Arrived) -> tuple[ColumnElement[bool], ...]:
    """By BSUID where both name one: a number that is now somebody else's keeps nothing (contract §2.13)."""
    user, phone = arrived.user_key, arrived.phone_key
    by_user = col(Offered.user_key) == user if user else false()
    by_phone = col(Offered.phone_key) == phone if phone else false()
    nameless = and_(by_phone, col(Offered.user_key).is_(None)) if user else by_phone
    here = (col(Offered.town) == arrived.ledger.town, col(Offered.line) == arrived.line.id)
    return (*here, or_(by_user, nameless))


def _sealed(inbound: Inbound, seals: Seals | None, expires: int) -> tuple[str | None, bytes]:
    body = msgspec.json.encode(inbound, enc_hook=_plain)
    return (None, body) if seals is None else seals.seal(body, expires, shelf="until")


def _plain(value: Any) -> Any:
    if isinstance(value, MappingProxyType):
        return dict(value)
    raise NotImplementedError(type(value).__name__)
