"""A database as it is after years: many messages in many conversations, few of them still shown."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, insert
from sqlmodel import SQLModel

from bench.office import LINE, TOWN
from sessionhours.desk.replies import Author
from sessionhours.store.engines import writer
from sessionhours.store.migrate import migrate
from sessionhours.store.tables import Contact, Conversation, Message, Town

AUTHOR = Author(id="mayor", name="Stefan Keller", town=TOWN, roles=frozenset({"mayor"}))

#: Messages of each conversation that is shown: two pages.
EACH = 100

AT_ONCE = 10_000
BEGAN = 1_700_000_000_000
MINUTE = 60_000

TEXT = "Guten Tag, in der Straße am Wiesenweg ist seit gestern das Licht aus."
PREVIEW = '{"kind":"text","text":"Guten Tag","at":"2026-12-03T14:00:00.000Z","author":"contact","direction":"inbound"}'

Rows = Iterable[dict[str, Any]]


def grow(file: Path, messages: int, conversations: int, shown: int) -> str:
    """Write so many rows; the first ``shown`` conversations are the newest and hold `EACH` messages. Returns its URL."""
    url = f"sqlite:///{file}"
    engine = writer(url)
    migrate(engine)
    with engine.connect() as connection:
        driver: Any = connection.connection.driver_connection
        driver.execute("PRAGMA synchronous=OFF")
        driver.execute("PRAGMA cache_size=-200000")
        with connection.begin():
            _fill(connection, Town, [{"id": TOWN, "seq": messages}])
            _fill(connection, Contact, map(_contact, range(conversations)))
            _fill(connection, Conversation, (_conversation(n, messages, shown) for n in range(conversations)))
            _fill(connection, Message, _messages(messages, conversations, shown))
        driver.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    engine.dispose()
    return url


def _fill(connection: Connection, table: type[SQLModel], rows: Rows) -> None:
    """Insert in large groups, through the driver's own executemany: every value is one that SQLite takes as it is."""
    columns = table.__table__  # type: ignore[attr-defined]
    defaults = {name: _default(table, name) for name in columns.columns.keys()}  # noqa: SIM118
    statement = str(insert(columns).compile(dialect=connection.dialect))
    waiting = iter(rows)
    while group := list(islice(waiting, AT_ONCE)):
        connection.exec_driver_sql(statement, [tuple({**defaults, **row}.values()) for row in group])


def _default(table: type[SQLModel], name: str) -> Any:
    field = table.model_fields[name]
    return None if field.is_required() or field.default_factory else field.default


def _contact(number: int) -> dict[str, Any]:
    id, user_id = f"contact{number:025d}", f"DE.7{number:019d}"
    phone = f"49171392{number:05d}"
    name = f"Anna Müller {number}"
    return {"id": id, "town": TOWN, "user_id": user_id, "phone": phone, "name": name, "created_at": BEGAN}


def _conversation(number: int, messages: int, shown: int) -> dict[str, Any]:
    return {
        "id": f"conversation{number:020d}",
        "town": TOWN,
        "line": LINE,
        "contact": f"contact{number:025d}",
        "lane": "waiting" if number < shown else "done",
        "last_seq": messages - number,
        "last_message": PREVIEW,
        "shown": number < shown,
        "created_at": BEGAN,
    }


def _messages(count: int, conversations: int, shown: int) -> Iterator[dict[str, Any]]:
    """Two pages for each shown conversation, then the others in turn, oldest first."""
    recent = min(count, shown * EACH)
    others = max(1, conversations - shown)
    for number in range(count):
        within = number < recent
        conversation = number // EACH if within else shown + number % others
        at = BEGAN + (number % EACH if within else number) * MINUTE
        yield _message(number, min(conversation, conversations - 1), at)


def _message(number: int, conversation: int, at: int) -> dict[str, Any]:
    return {
        "id": f"message{number:025d}",
        "town": TOWN,
        "conversation": f"conversation{conversation:020d}",
        "seq": number + 1,
        "order_at": at,
        "direction": "inbound",
        "author_kind": "contact",
        "author_name": "Anna Müller",
        "kind": "text",
        "text": TEXT,
        "sent_at": at,
        "received_at": at,
        "wamid_key": f"{number * 2654435761 % 2**32:064x}",
    }
