"""The way in: webhook bodies are applied in the order of arrival, in the commit that makes them durable.

`take` is what happens before Meta gets its 200: nobody waits longer for it than for keeping the body, the consoles hear
of it sooner, and the words of somebody who is declined never reach the disk (KA-6). What cannot be taken so (a huge
body, a bad item) goes through the intake log: `log` keeps it as it came, `apply` applies it, all items of a batch at
once, and where one of them cannot be stored, each alone, so that it never takes its neighbours along (fault F28).
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cache
from itertools import accumulate
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Connection, bindparam, func, or_, select, union
from sqlalchemy.exc import DBAPIError
from sqlmodel import Session, col
from sqlmodel import select as select_one

from sessionhours.core.instants import ms
from sessionhours.core.keys import Keys
from sessionhours.core.message import AccountNotice, Broken, IdentityChange, Inbound, Item, Receipt
from sessionhours.core.schedule import Line, Schedule
from sessionhours.desk import (
    apart,
    budget,
    erase,
    identity,
    informing,
    moves,
    notices,
    offers,
    outbox,
    receipts,
    receive,
    templates,
)
from sessionhours.desk.ledger import Ledger
from sessionhours.desk.plan import Plan, Planner
from sessionhours.errors import SessionhoursError
from sessionhours.store.bulk import Prepared, columns_of, insert_rows, update_rows
from sessionhours.store.database import breaks_off
from sessionhours.store.events import attempt
from sessionhours.store.lock import alone
from sessionhours.store.sealing import Sealed, Seals
from sessionhours.store.tables import Conversation, HourSession, Intake, Media, Outbox, Quarantine

#: Bodies and bytes applied in one transaction: enough to be fast, few enough that a webhook waits only milliseconds.
BATCH = 256
BATCH_BYTES = 4_000_000

#: A body that another folder's key has sealed waits so long for its process; then it is kept apart and told.
ABANDONED = timedelta(days=1)

#: Every item of a body: its bytes, or what JSON made of them.
Parse = Callable[[Any, datetime], list[Item]]
Schedules = Callable[[], Mapping[str, Schedule]]

logger = logging.getLogger(__name__)

_INTAKE, _QUARANTINE = columns_of(Intake), columns_of(Quarantine)

_SETTLED = frozenset({"state", "body", "key"})


class _Waiting:
    """The oldest bodies of some kind that are not yet applied: their sizes, then they themselves."""

    def __init__(self, *which: ColumnElement[bool]) -> None:
        new = select(_INTAKE.c.id, func.length(_INTAKE.c.body).label("size")).where(_INTAKE.c.state == "new")
        self.sizes = Prepared(new.where(*which).order_by(_INTAKE.c.id).limit(BATCH))
        mine = select(_INTAKE).where(_INTAKE.c.state == "new", *which, _INTAKE.c.id <= bindparam("last"))
        self.bodies = mine.order_by(_INTAKE.c.id)


_ANY = _Waiting()
_READABLE = _Waiting(
    or_(
        _INTAKE.c.key.is_(None),
        _INTAKE.c.key.like(bindparam("own")),
        _INTAKE.c.received_at < bindparam("abandoned"),
    )
)


class Body(NamedTuple):
    """A webhook's body: the bytes as they came, when that was in milliseconds, and what JSON made of them, if known."""

    raw: bytes
    at: int
    update: Any = None


def take(session: Session, reader: Reader, bodies: Sequence[Body], *, now: datetime) -> Applied:
    """Apply bodies as they come, after those that wait in the log; where more wait there, they wait behind them.

    Raises what an item raises: then nothing of it is stored, and the bodies belong into the log.
    """
    waiting = apply(session, reader, now=now)
    if waiting.more:
        log(session, bodies, reader.seals)
        return waiting
    came = [one for body in bodies for one in _items(reader, body, now)]
    _apply(session, reader, came, now)
    return _applied(session, len(bodies))


def _items(reader: Reader, body: Body, now: datetime) -> list[Came]:
    items = reader.parse(body.update or body.raw, now)
    single = len(items) == 1
    return [Came(body.at, False, item, body.raw, None, single) for item in items]


def log(session: Session, bodies: Sequence[Body], seals: Seals | None = None) -> None:
    """Keep raw bodies, sealed where ``seals`` are given."""
    rows = [
        {"received_at": body.at, "state": "new", "replayed": False, **_sealed(body.raw, body.at, seals)}
        for body in bodies
    ]
    insert_rows(session.connection(), _INTAKE, rows)


def _sealed(body: bytes, at: int, seals: Seals | None) -> dict[str, Any]:
    if seals is None:
        return {"body": body, "key": None}
    key, sealed = seals.seal(body, at)
    return {"body": sealed, "key": key}


class Unroutable(SessionhoursError):
    """An item of a number that no line here has (fault F37): kept apart, never routed by guess."""


@dataclass(frozen=True)
class Reader:
    """What applying needs: how to read a body, whose numbers they are, how to remember."""

    parse: Parse
    schedules: Schedules
    keys: Keys
    planner: Planner = field(default_factory=Planner)
    seals: Seals | None = None

    def open(self, body: Any) -> bytes:
        """The bytes of a row of the intake log as they came. Raises `Sealed`."""
        if body.key is None:
            return bytes(body.body)
        if self.seals is None:
            raise Sealed("this database's bodies are not sealed")
        return self.seals.open(body.key, body.body)

    def line(self, phone_number_id: str | None) -> tuple[Schedule, Line]:
        """The town and line of a number. Raises `Unroutable`."""
        for schedule in self.schedules().values():
            if phone_number_id and (line := schedule.by_phone_number_id(phone_number_id)):
                return schedule, line
        raise Unroutable(f"no line has the phone_number_id {phone_number_id}")


class Came(NamedTuple):
    """One item with the body it came in: as it lies in the log, and the name of the key that opens it.

    ``alone``: nothing else was in the body.
    """

    received_at: int
    replayed: bool
    item: Item
    body: bytes
    key: str | None = None
    alone: bool = True


@dataclass(frozen=True, slots=True)
class Applied:
    """How many bodies were applied (true if any), whether more wait, and whether texts to send or files to fetch came."""

    bodies: int
    more: bool = False
    texts: bool = False
    files: bool = False

    def __bool__(self) -> bool:
        return self.bodies > 0


def apply(session: Session, reader: Reader, *, now: datetime) -> Applied:
    """Apply the oldest bodies not yet applied; none means that the log is empty."""
    alone(session)
    connection = session.connection()
    bodies, more = _oldest(connection, reader.seals, now)
    if bodies:
        _apply_all(session, reader, [came for body in bodies for came in _read(reader, body, now)], now)
        blank = [{"id": body.id, "state": "done", "body": b"", "key": None} for body in bodies]
        update_rows(connection, _INTAKE, _SETTLED, blank)
    return _applied(session, len(bodies), more)


def _applied(session: Session, bodies: int, more: bool = False) -> Applied:
    made = session.info.get("made", set())
    return Applied(bodies, more, texts=Outbox in made, files=Media in made)


def _readable(seals: Seals | None, now: datetime) -> tuple[_Waiting, dict[str, Any]]:
    """Which bodies wait for this process: those it can open, and those that nobody came for."""
    if seals is None:
        return _ANY, {}
    return _READABLE, {"own": f"{seals.id}-%", "abandoned": ms(now - ABANDONED)}


def _oldest(connection: Connection, seals: Seals | None, now: datetime) -> tuple[Sequence[Any], bool]:
    """A batch in the order of arrival, and whether more wait. Bodies may be 3 MB each: a batch of such is short."""
    waiting, wanted = _readable(seals, now)
    sizes = waiting.sizes.rows(connection, **wanted)
    sums = accumulate(size for _, size in sizes)
    last = max((id for (id, _), size in zip(sizes, sums, strict=True) if size <= BATCH_BYTES), default=None)
    if not sizes:
        return [], False
    bodies = connection.execute(waiting.bodies, {**wanted, "last": last or sizes[0][0]}).all()
    return bodies, len(bodies) < len(sizes) or len(sizes) == BATCH


def _read(reader: Reader, body: Any, now: datetime) -> list[Came]:
    """Every item of a body; one that cannot be read at all is one broken item."""
    try:
        items = reader.parse(reader.open(body), now)
    except Exception as error:  # noqa: BLE001 - whatever it is, the bodies behind it must not wait for ever (F28)
        items = [Broken(path="", phone_number_id=None, why=str(error), raw=body.body)]
    single = len(items) == 1
    return [Came(body.received_at, body.replayed, item, body.body, body.key, single) for item in items]


def _apply_all(session: Session, reader: Reader, came: list[Came], now: datetime) -> None:
    try:
        with attempt(session):
            _apply(session, reader, came, now)
    except Exception as error:
        if breaks_off(error):
            raise
        logger.exception("a batch is applied item by item")
        for one in came:
            _apply_one(session, reader, one, now)


def _apply_one(session: Session, reader: Reader, came: Came, now: datetime) -> None:
    try:
        with attempt(session):
            _apply(session, reader, [came], now)
    except Exception as error:
        if breaks_off(error):
            raise
        logger.exception("an item could not be applied")
        why = type(error.orig).__name__ if isinstance(error, DBAPIError) else type(error).__name__
        _cannot_store(session, reader, came, why, now)


def _cannot_store(session: Session, reader: Reader, came: Came, why: str, now: datetime) -> None:
    try:
        schedule, _ = reader.line(came.item.phone_number_id)
        _quarantine(session, reader, schedule, came, why, now)
    except Unroutable:
        session.add(_kept(reader, None, came, why))


def _apply(session: Session, reader: Reader, came: list[Came], now: datetime) -> None:
    """Items in order; one ledger a town, stored before somebody's identity changes, around an erasure, and at the end."""
    ledgers: dict[str, Open] = {}
    line_of = cache(reader.line)
    for one in came:
        try:
            schedule, line = line_of(one.item.phone_number_id)
        except Unroutable as error:
            _unrouted(session, reader, one, str(error), now)
            continue
        town = schedule.town.id
        if isinstance(one.item, IdentityChange):
            _store(session, ledgers, now)
            identity.change(session, reader.keys, schedule, line, one.item, now=now)
            continue
        if town not in ledgers:
            ledgers[town] = _open(session, reader, schedule, came, now)
        if isinstance(one.item, Inbound) and identity.are_two(ledgers[town].ledger, one.item.person):
            _store(session, ledgers, now)
            identity.unite(session, schedule, one.item.person, now=now)
            ledgers[town] = _open(session, reader, schedule, came, now)
        if isinstance(one.item, Inbound) and erase.asks(one.item):
            _store(session, ledgers, now)
            ledgers[town] = _open(session, reader, schedule, came, now)
            _apply_item(session, reader, ledgers[town], line, one)
            _store(session, ledgers, now)
            continue
        _apply_item(session, reader, ledgers[town], line, one)
    _store(session, ledgers, now)


@dataclass(frozen=True, slots=True)
class Open:
    """A town's ledger and plan during a batch."""

    ledger: Ledger
    plan: Plan
    schedule: Schedule


def _open(session: Session, reader: Reader, schedule: Schedule, came: list[Came], now: datetime) -> Open:
    ledger = Ledger(session, schedule.town.id, now, reader.seals)
    receive.foresee(ledger, reader.keys, [one.item for one in came if isinstance(one.item, Inbound)])
    return Open(ledger, reader.planner.read(session, schedule, now=now), schedule)


def _store(session: Session, ledgers: dict[str, Open], now: datetime) -> None:
    for open_ in ledgers.values():
        open_.ledger.store()
        budget.book(session, open_.schedule, open_.ledger.delivered, now=now)
        for id in sorted(open_.ledger.sessions):
            row = session.get_one(HourSession, id)
            moves.stirred(session, row, now)
            changed = open_.ledger.changed[Conversation].values()
            came = [one["id"] for one in changed if one["session"] == id]
            informing.newcomers(session, open_.plan, row, came, now)
    ledgers.clear()


def _apply_item(session: Session, reader: Reader, open_: Open, line: Line, came: Came) -> None:
    ledger = open_.ledger
    match came.item:
        case Inbound() as inbound:
            at, replayed = came.received_at, came.replayed
            line = open_.plan.schedule.line(line.id)  # with staff's own texts
            receive.receive(ledger, reader.keys, open_.plan, line, inbound, received_at=at, replayed=replayed)
        case Receipt() as receipt:
            receipts.receive(ledger, reader.keys, receipt, line=line.id, town=open_.schedule.town)
        case AccountNotice() as notice:
            _account(session, open_.schedule, notice, ledger.now)
        case Broken() as broken:
            _quarantine(session, reader, open_.schedule, came, broken.why, ledger.now)


def _account(session: Session, schedule: Schedule, notice: AccountNotice, now: datetime) -> None:
    notices.account(session, schedule, notice, now=now)
    templates.heard(session, schedule, notice.template, now=now)


def _unrouted(session: Session, reader: Reader, came: Came, why: str, now: datetime) -> None:
    """Account-level notices go to every town here; anything else is kept apart and told to every admin."""
    for schedule in reader.schedules().values():
        if isinstance(came.item, AccountNotice):
            _account(session, schedule, came.item, now)
        elif came.item.phone_number_id is None:
            notices.quarantined(session, schedule, now=now)
        else:
            notices.unknown_line(session, schedule, came.item.phone_number_id, now=now)
    if not isinstance(came.item, AccountNotice):
        session.add(_kept(reader, None, came, came.item.why if isinstance(came.item, Broken) else why))


def _quarantine(
    session: Session, reader: Reader, schedule: Schedule, came: Came, why: str, now: datetime
) -> None:
    session.add(_kept(reader, schedule.town.id, came, why))
    notices.quarantined(session, schedule, now=now)


def _kept(reader: Reader, town: str | None, came: Came, why: str) -> Quarantine:
    """The item is kept in a body of its own, which can be read in again; its neighbours are settled and go (KA-6)."""
    key, body = (came.key, came.body) if came.alone else _taken_out(reader, came)
    if key is None and reader.seals is not None:
        key, body = reader.seals.seal(body, came.received_at)
    return Quarantine(
        town=town,
        path=came.item.path,
        why=why,
        item=body,
        key=key,
        received_at=came.received_at,
    )


def _taken_out(reader: Reader, came: Came) -> tuple[str | None, bytes]:
    """The item in a body of its own; as it came where it cannot be taken out."""
    try:
        return None, apart.only(reader.open(came), came.item.path)
    except (ValueError, LookupError, RecursionError):
        return came.key, came.body


def replay(session: Session, town: str, id: str) -> bool:
    """Put a quarantined body back into the log, marked as replayed: no automatic text will answer it (F30)."""
    mine = or_(col(Quarantine.town) == town, col(Quarantine.town).is_(None))
    kept = session.exec(select_one(Quarantine).where(Quarantine.id == id, mine)).first()
    if kept is None or kept.state != "kept" or not kept.item:
        return False
    session.add(Intake(received_at=kept.received_at, body=kept.item, key=kept.key, replayed=True))
    kept.state, kept.item, kept.key = "replayed", b"", None
    session.add(kept)
    return True


def keys_needed(session: Session) -> set[str]:
    """The keys of bodies not yet applied, kept apart for the admin or offered, and of people whose text has not left."""
    waiting = select(_INTAKE.c.key).where(_INTAKE.c.state == "new", _INTAKE.c.key.is_not(None))
    kept = select(_QUARANTINE.c.key).where(_QUARANTINE.c.state == "kept", _QUARANTINE.c.key.is_not(None))
    return set(
        session.connection()
        .execute(union(waiting, kept, outbox.keys_needed(), offers.keys_needed()))
        .scalars()
    )
