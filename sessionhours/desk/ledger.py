"""What one batch of the intake reads and writes, kept together so that each table is touched once.

Rows are plain dicts. An item that fails is taken back as if it had never been (`undo`), its neighbours stay.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import BindParameter, Executable, Table, bindparam, delete, select
from sqlmodel import Session, SQLModel, col

from sessionhours.core.instants import ms
from sessionhours.desk import shapes
from sessionhours.store.bulk import insert_rows, update_rows
from sessionhours.store.events import emit, take_seq
from sessionhours.store.tables import (
    Arrival,
    Contact,
    Conversation,
    Media,
    Message,
    Outbox,
    Quarantine,
    Seen,
    new_id,
)

Row = dict[str, Any]
Telling = tuple[str, Row, Row | None]

_NEW: tuple[type[SQLModel], ...] = (Contact, Conversation, Message, Arrival, Seen, Media, Outbox, Quarantine)
_CHANGED: tuple[type[SQLModel], ...] = (Contact, Conversation, Message)

#: Keys asked for in one statement: each database has a limit, and a batch may hold far more.
KEYS_AT_ONCE = 500


@dataclass(slots=True)
class Mark:
    """A point to which the ledger can be taken back."""

    new: dict[type[SQLModel], int]
    told: int
    touched: list[tuple[Row, Row]] = field(default_factory=list)


class Ledger:
    """One town's rows during one batch."""

    def __init__(self, session: Session, town: str, now: datetime) -> None:
        self.session = session
        self.town = town
        self.now = now
        self.at = ms(now)
        self.new: dict[type[SQLModel], list[Row]] = {table: [] for table in _NEW}
        self.changed: dict[type[SQLModel], dict[str, Row]] = {table: {} for table in _CHANGED}
        self.columns: dict[type[SQLModel], set[str]] = {table: set() for table in _CHANGED}
        self.told: list[Telling] = []
        self.seen: set[str] = set()
        self.contacts: dict[str, Row] = {}
        self.conversations: dict[tuple[str, str], Row] = {}
        self.messages: dict[str, Row] = {}
        self.awaited: set[str] = set()
        self.sessions: set[str] = set()
        self._by_id: dict[str, Row] = {}
        self._stored: dict[str, Row] = {}
        self._mark = self.mark()

    # -- taking back -------------------------------------------------------------------------------

    def mark(self) -> Mark:
        """Begin an item."""
        self._mark = Mark({table: len(rows) for table, rows in self.new.items()}, len(self.told))
        return self._mark

    def undo(self, mark: Mark) -> None:
        """Take back everything since ``mark``."""
        for row, before in reversed(mark.touched):
            row.clear()
            row.update(before)
        for table, length in mark.new.items():
            for row in self.new[table][length:]:
                self._forget(row)
            del self.new[table][length:]
        del self.told[mark.told :]

    def _forget(self, row: Row) -> None:
        self.contacts = {key: value for key, value in self.contacts.items() if value is not row}
        self.conversations = {key: value for key, value in self.conversations.items() if value is not row}
        self.messages = {key: value for key, value in self.messages.items() if value is not row}
        self.seen.discard(row.get("key", ""))

    # -- changing ----------------------------------------------------------------------------------

    def add(self, table: type[SQLModel], **values: Any) -> Row:
        """A new row, stored at the end of the batch; what is not given has the table's default."""
        row = {**defaults_of(table), **values}
        if "id" in row and not row["id"]:
            row["id"] = new_id()
        self.new[table].append(row)
        return row

    def change(self, table: type[SQLModel], row: Row, **values: Any) -> None:
        """Change a row that was read or added here."""
        self._mark.touched.append((row, dict(row)))
        row.update(values)
        self.columns[table].update(values)
        self.changed[table][row["id"]] = row

    def remove_message(self, row: Row) -> None:
        """Take a message away again, whether it was stored or added here."""
        if any(row is mine for mine in self.new[Message]):
            self.new[Message] = [mine for mine in self.new[Message] if mine is not row]
            self.told = [telling for telling in self.told if telling[1] is not row]
        else:
            self.session.execute(delete(Message).where(col(Message.id) == row["id"]))
            self.tell("message.removed", row)

    def tell(self, name: str, row: Row, contact: Row | None = None) -> None:
        """Tell the consoles of this row, once, as it stands at the end of the batch."""
        self.told.append((name, row, contact))

    def tell_conversation(self, row: Row) -> None:
        """Tell the consoles how a conversation stands, if it is in their lists."""
        if row["shown"]:
            self.tell("conversation.updated", row, self.contact_with(row["contact"]))

    # -- storing -----------------------------------------------------------------------------------

    def store(self) -> None:
        """Number what is told, write everything, then the events."""
        telling = self._telling()
        self._number(telling)
        connection = self.session.connection()
        for table in _NEW:
            insert_rows(connection, columns_of(table), self.new[table])
        self.session.info.setdefault("made", set()).update(table for table in _NEW if self.new[table])
        for table, rows in self.changed.items():
            fresh = {row["id"] for row in self.new[table]}
            before = [row for id, row in rows.items() if id not in fresh]
            update_rows(connection, columns_of(table), frozenset(self.columns[table]), before)
        for seq, (name, row, contact) in telling.items():
            self._emit(seq, name, row, contact)

    def _telling(self) -> dict[int, Telling]:
        """What is told, by seq: a row created and changed in one batch is told once, a row changed twice too."""
        created = {row["id"] for name, row, _ in self.told if name.endswith(".created")}
        last = {(name, row["id"]): index for index, (name, row, _) in enumerate(self.told)}
        kept = [
            telling
            for index, telling in enumerate(self.told)
            if telling[0].endswith(".created")
            or (last[telling[0], telling[1]["id"]] == index and _still_news(telling, created))
        ]
        first = take_seq(self.session, self.town, len(kept)) if kept else 0
        return dict(enumerate(kept, first))

    def _number(self, telling: dict[int, Telling]) -> None:
        """A message's seq is that of its event; a conversation's ``last_seq`` that of its own newest event."""
        self._by_id = {row["id"]: row for row in self.conversations.values()}
        for seq, (name, row, _) in telling.items():
            if name == "message.created":
                row["seq"] = seq
            elif name.startswith("conversation."):
                self.changed[Conversation][row["id"]] = row
                self.columns[Conversation].add("last_seq")
                row["last_seq"] = seq

    def _emit(self, seq: int, name: str, row: Row, contact: Row | None) -> None:
        noun = name.partition(".")[0]
        if name.endswith(".removed"):
            data = {"id": row["id"]}
        elif noun == "message":
            data = shapes.message(row)
        else:
            data = shapes.conversation(row, contact or {})
        conversation = row["id"] if noun == "conversation" else row["conversation"]
        owner = self.conversation_with(conversation)
        emit(
            self.session,
            self.town,
            name,
            data,
            now=self.now,
            seq=seq,
            conversation=conversation,
            assignee=owner["assignee"] if owner else None,
        )

    # -- reading -----------------------------------------------------------------------------------

    def load_contacts(self, user_ids: Iterable[str], phones: Iterable[str]) -> None:
        """Read the contacts that the batch may meet, under every key they are known by, and their conversations."""
        found: dict[str, Row] = {}
        for statement, keys in ((_BY_USER_ID, user_ids), (_BY_PHONE, phones)):
            for some in at_once(keys):
                rows = self._rows(statement, town=self.town, keys=some)
                found = {row["id"]: row for row in rows} | found
        for _, row in sorted(found.items()):
            self.know_contact(row)
        for some in at_once(found):
            theirs = self._rows(_OF_CONTACTS, keys=some)
            self.conversations |= {(row["line"], row["contact"]): row for row in theirs}

    def contact_with(self, id: str) -> Row:
        """The contact of this id."""
        for row in self.contacts.values():
            if row["id"] == id:
                return row
        contact = columns_of(Contact)
        (row,) = self._rows(select(contact).where(contact.c.id == id).with_for_update())
        self.know_contact(row)
        return row

    def know_contact(self, row: Row) -> None:
        """Remember a contact under its ids."""
        for key in (row["user_id"], row["phone"]):
            if key:
                self.contacts[key] = row

    def conversation(self, line: str, contact: str) -> Row | None:
        """The conversation of a contact that was loaded or added here, or None."""
        return self.conversations.get((line, contact))

    def conversations_of(self, contact: str) -> list[Row]:
        """The conversations of a contact on all lines."""
        return [row for (_, whose), row in self.conversations.items() if whose == contact]

    def conversation_with(self, id: str) -> Row | None:
        """The conversation of this id, read where nothing here has read it yet (receipts name only a message)."""
        if id not in self._by_id:
            for row in self.conversations.values():
                self._by_id[row["id"]] = row
        if id not in self._by_id:
            conversation = columns_of(Conversation)
            for row in self._rows(select(conversation).where(conversation.c.id == id).with_for_update()):
                self._by_id[id] = self.conversations[row["line"], row["contact"]] = row
        return self._by_id.get(id)

    def _rows(self, statement: Executable, **values: Any) -> list[Row]:
        return [dict(row) for row in self.session.connection().execute(statement, values).mappings()]

    def message_by_key(self, wamid_key: str) -> Row | None:
        """The message of this wamid, or None."""
        if wamid_key not in self.messages:
            found = self.messages_with(wamid_key=wamid_key)
            if not found:
                return None
            self.messages[wamid_key] = found[0]
        return self.messages[wamid_key]

    def messages_with(self, **values: str) -> list[Row]:
        """The stored messages with these values, oldest first; each is one and the same row however it was found."""
        message = columns_of(Message)
        mine = select(message).where(
            message.c.town == self.town, *(message.c[name] == v for name, v in values.items())
        )
        rows = self._rows(mine.order_by(message.c.seq).with_for_update())
        return [self._stored.setdefault(row["id"], row) for row in rows]


def _still_news(telling: Telling, created: set[str]) -> bool:
    """A change to a row that was created in the same batch is no news."""
    name, row, _ = telling
    return not (name.endswith(".updated") and row["id"] in created)


def at_once(keys: Iterable[str]) -> Iterator[list[str]]:
    """The different keys, as many at a time as one statement may ask for."""
    wanted = sorted(set(keys))
    return (wanted[start : start + KEYS_AT_ONCE] for start in range(0, len(wanted), KEYS_AT_ONCE))


def columns_of(table: type[SQLModel]) -> Table:
    """The Core table behind a model: rows are plain dicts here, a model a row would cost more than all the rest."""
    columns: Table = table.__table__  # type: ignore[attr-defined]
    return columns


@cache
def defaults_of(table: type[SQLModel]) -> Row:
    """What a new row has where nothing is given."""
    return {column.name: _default(table, column.name) for column in columns_of(table).columns}


def _default(table: type[SQLModel], name: str) -> Any:
    field = table.model_fields[name]
    return None if field.is_required() or field.default_factory else field.default


# Built once: building and hashing a statement costs more than running it.
_CONTACT, _CONVERSATION = columns_of(Contact), columns_of(Conversation)
_KEYS: BindParameter[Any] = bindparam("keys", expanding=True)
_HERE = select(_CONTACT).where(_CONTACT.c.town == bindparam("town")).with_for_update()
_BY_USER_ID = _HERE.where(_CONTACT.c.user_id.in_(_KEYS))
_BY_PHONE = _HERE.where(_CONTACT.c.phone.in_(_KEYS))
_OF_CONTACTS = select(_CONVERSATION).where(_CONVERSATION.c.contact.in_(_KEYS)).with_for_update()
