"""Events: what happened in a town, numbered in the order of commit.

An action says ``emit(session, ...)``; the writer stores the events with the action and hands them on once durable.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from datetime import datetime
from operator import attrgetter
from typing import Any, NamedTuple

import msgspec
from sqlalchemy import bindparam, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import Session, col, select

from sessionhours.core.instants import iso, ms
from sessionhours.store.bulk import Prepared, columns_of, insert_tuples
from sessionhours.store.tables import Event, Town

_EVENT, _TOWN = columns_of(Event), columns_of(Town)
_TAKE = Prepared(
    update(_TOWN)
    .where(_TOWN.c.id == bindparam("town"))
    .values(seq=_TOWN.c.seq + bindparam("count"))
    .returning(_TOWN.c.seq)
)

#: What is told where a conversation leaves every list.
GONE = "conversation.removed"

_encode = msgspec.json.Encoder().encode


class Committed(NamedTuple):
    """One event as it was stored. ``data`` is the JSON of its object; ``assignee`` whom its conversation belongs to."""

    town: str
    seq: int
    name: str
    at: int
    data: str
    conversation: str | None = None
    assignee: str | None = None

    @property
    def frame(self) -> str:
        """The event as it stands in a frame: ``{"seq","name","at","data"}`` (surfaces §5)."""
        return f'{{"seq":{self.seq},"name":"{self.name}","at":"{iso(self.at)}","data":{self.data}}}'


def take_seq(session: Session, town: str, count: int = 1) -> int:
    """The first of ``count`` new numbers of the town. The row stays locked until commit, so numbers have no gaps."""
    counted = _TAKE.rows(session.connection(), town=town, count=count)
    if not counted:
        return _found(session, town, count)
    return int(counted[0][0]) - count + 1


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
    announce(session, [event(town, seq, name, ms(now), data, conversation, assignee)])
    return seq


def event(
    town: str,
    seq: int,
    name: str,
    at: int,
    data: dict[str, Any],
    conversation: str | None,
    assignee: str | None,
) -> Committed:
    """An event of what the wire will show as ``data``, at ``at`` in milliseconds."""
    return Committed(town, seq, name, at, _encode(data).decode(), conversation, assignee)


def announce(session: Session, events: list[Committed]) -> None:
    """Have events stored and told with what this action changes."""
    session.info.setdefault("events", []).extend(events)


def unsay(session: Session, town: str, conversation: str, since: int) -> None:
    """What was told of a conversation from ``since`` (milliseconds) on says now that it is gone.

    No number is missing afterwards, so whoever comes back catches up; what this transaction was about to tell too.
    """
    data = _encode({"id": conversation}).decode()
    of_it = _EVENT.c.conversation == conversation
    told = update(_EVENT).where(_EVENT.c.town == town, _EVENT.c.at >= since, of_it)
    session.execute(told.values(name=GONE, data=data))
    pending = session.info.get("events", [])
    session.info["events"] = [
        one._replace(name=GONE, data=data) if one.conversation == conversation else one for one in pending
    ]


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
    events: list[Committed] = sorted(session.info.pop("events", []), key=attrgetter("town", "seq"))
    if events:
        insert_tuples(session.connection(), _EVENT, Committed._fields, events)
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
