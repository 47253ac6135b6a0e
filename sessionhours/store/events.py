"""Events: what happened in a town, numbered in the order of commit.

An action says ``emit(session, ...)``; the writer stores the events with the action and hands them on once durable.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import bindparam, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import Session, col, select

from sessionhours.core.instants import instant, ms
from sessionhours.store.bulk import insert_rows
from sessionhours.store.tables import Event, Town

_EVENT = Event.__table__  # type: ignore[attr-defined]

# Built once: building a statement costs more than running it.
_TAKE = (
    update(Town)
    .where(col(Town.id) == bindparam("town"))
    .values(seq=Town.seq + bindparam("count"))
    .returning(col(Town.seq))
)

_encode = msgspec.json.Encoder().encode


@dataclass(frozen=True, slots=True)
class Committed:
    """One event as it was stored. ``data`` is the JSON of its object; ``assignee`` whom its conversation belongs to."""

    town: str
    seq: int
    name: str
    at: int
    data: str
    conversation: str | None = None
    assignee: str | None = None


def take_seq(session: Session, town: str, count: int = 1) -> int:
    """The first of ``count`` new numbers of the town. The row stays locked until commit, so numbers have no gaps."""
    last = session.connection().execute(_TAKE, {"town": town, "count": count}).scalar_one_or_none()
    if last is None:
        return _found(session, town, count)
    return int(last) - count + 1


def _found(session: Session, town: str, count: int) -> int:
    """The town's first numbers, also where another process founds it at this moment."""
    dialect = sqlite if session.get_bind().dialect.name == "sqlite" else postgresql
    new = dialect.insert(Town).values(id=town, seq=count, epoch=1)
    counted = new.on_conflict_do_update(index_elements=["id"], set_={"seq": Town.seq + count})
    return int(session.execute(counted.returning(col(Town.seq))).scalar_one()) - count + 1


def emit(
    session: Session,
    town: str,
    name: str,
    data: dict[str, Any],
    *,
    now: datetime,
    seq: int | None = None,
    conversation: str | None = None,
    assignee: str | None = None,
) -> int:
    """Tell every console of the town. Returns the event's seq (given, or the next)."""
    seq = take_seq(session, town) if seq is None else seq
    event = Committed(town, seq, name, ms(now), _encode(data).decode(), conversation, assignee)
    session.info.setdefault("events", []).append(event)
    return seq


@contextlib.contextmanager
def attempt(session: Session) -> Iterator[None]:
    """A savepoint: where it fails, what it changed is gone and nobody is told of it."""
    before = list(session.info.get("events", []))
    try:
        with session.begin_nested():
            yield
    except BaseException:
        session.info["events"] = before
        raise


def flush_events(session: Session) -> list[Committed]:
    """Store what the action emitted; the writer calls this at the end of each action."""
    events: list[Committed] = sorted(
        session.info.pop("events", []), key=lambda event: (event.town, event.seq)
    )
    if events:
        insert_rows(session.connection(), _EVENT, [_row(event) for event in events])
    return events


def events_after(session: Session, town: str, seq: int, limit: int) -> list[Committed]:
    """Up to ``limit`` events after ``seq``, oldest first."""
    statement = select(Event).where(Event.town == town, Event.seq > seq).order_by(col(Event.seq)).limit(limit)
    return [
        Committed(e.town, e.seq, e.name, e.at, e.data, e.conversation, e.assignee)
        for e in session.exec(statement)
    ]


def last_seq(session: Session, town: str) -> int:
    """The number of the town's last event, 0 before the first."""
    return session.exec(select(Town.seq).where(Town.id == town)).first() or 0


def frame(event: Committed) -> str:
    """The event as it stands in a frame: ``{"seq","name","at","data"}`` (surfaces §5)."""
    at = instant(event.at).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    return f'{{"seq":{event.seq},"name":"{event.name}","at":"{at}","data":{event.data}}}'


def _row(event: Committed) -> dict[str, Any]:
    return {
        "town": event.town,
        "seq": event.seq,
        "name": event.name,
        "at": event.at,
        "data": event.data,
        "conversation": event.conversation,
        "assignee": event.assignee,
    }
