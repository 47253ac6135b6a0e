"""What one batch of the intake reads and writes, kept together so that each table is touched once.

Rows are plain dicts. Nothing is written before `store`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import bindparam, delete, literal_column, select, update
from sqlmodel import Session, SQLModel, col

from sessionhours.core.instants import ms
from sessionhours.desk import shapes
from sessionhours.store.bulk import Prepared, among, columns_of, insert_rows, update_rows
from sessionhours.store.events import Committed, announce, event, take_seq
from sessionhours.store.sealing import Seals
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


class Ledger:
    """One town's rows during one batch."""

    def __init__(self, session: Session, town: str, now: datetime, seals: Seals | None = None) -> None:
        session.flush()  # what models changed must not be written over what is read and changed here
        self.session = session
        self.connection = session.connection()
        self.seals = seals
        self.town = town
        self.now = now
        self.at = ms(now)
        self.new: dict[type[SQLModel], list[Row]] = {table: [] for table in _NEW}
        self.changed: dict[type[SQLModel], dict[str, Row]] = {table: {} for table in _CHANGED}
        self.columns: dict[type[SQLModel], set[str]] = {table: set() for table in _CHANGED}
        self.told: list[Telling] = []
        self.keyed: dict[str, str] = {}
        self.seen: set[str] = set()
        self.contacts: dict[str, Row] = {}
        self.conversations: dict[tuple[str, str], Row] = {}
        self.messages: dict[str, Row] = {}
        self.awaited: set[str] = set()
        self.sessions: set[str] = set()
        self.reached: set[str] = set()
        self.delivered: Counter[tuple[str, str, str]] = Counter()
        self._by_id: dict[str, Row] = {}
        self._stored: dict[str, Row] = {}

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

    def remember(self, arrival: str, decision: str, message: str | None) -> None:
        """What became of a message that came before, in this batch or in an earlier one."""
        values = {"decision": decision, "message": message}
        for row in self.new[Arrival]:
            if row["key"] == arrival:
                row.update(values)
                return
        self.session.execute(update(Arrival).where(col(Arrival.key) == arrival).values(values))

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
        for table in _NEW:
            insert_rows(self.connection, columns_of(table), self.new[table])
        self.session.info.setdefault("made", set()).update(table for table in _NEW if self.new[table])
        for table, rows in self.changed.items():
            fresh = {row["id"] for row in self.new[table]}
            before = [row for id, row in rows.items() if id not in fresh]
            update_rows(self.connection, columns_of(table), frozenset(self.columns[table]), before)
        announce(self.session, [self._event(seq, *told) for seq, told in telling.items()])

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

    def _event(self, seq: int, name: str, row: Row, contact: Row | None) -> Committed:
        if name.startswith("conversation."):
            conversation, data = row["id"], shapes.conversation(row, contact or {})
        else:
            conversation, data = row["conversation"], shapes.message(row)
        if name.endswith(".removed"):
            data = {"id": row["id"]}
        owner = self.conversation_with(conversation)
        assignee = owner["assignee"] if owner else None
        return event(self.town, seq, name, self.at, data, conversation, assignee)

    # -- reading -----------------------------------------------------------------------------------

    def load_contacts(self, user_ids: Iterable[str], phones: Iterable[str]) -> None:
        """Read the contacts that the batch may meet, under every key they are known by, and their conversations."""
        found = self._contacts(_BY_USER_ID, set(user_ids))
        named = {row["phone"] for row in found.values()}
        found = self._contacts(_BY_PHONE, set(phones) - named) | found
        for _, row in sorted(found.items()):
            self.know_contact(row)
        theirs = self._rows(_OF_CONTACTS, keys=sorted(found)) if found else ()
        self.conversations |= {(row["line"], row["contact"]): row for row in theirs}

    def _contacts(self, statement: Prepared, keys: set[str]) -> dict[str, Row]:
        rows = self._rows(statement, town=self.town, keys=sorted(keys)) if keys else ()
        return {row["id"]: row for row in rows}

    def contact_with(self, id: str) -> Row:
        """The contact of this id."""
        for row in self.contacts.values():
            if row["id"] == id:
                return row
        (row,) = self._rows(_CONTACT_WITH, id=id)
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
            for row in self._rows(_CONVERSATION_WITH, id=id):
                self._by_id[id] = self.conversations[row["line"], row["contact"]] = row
        return self._by_id.get(id)

    def _rows(self, statement: Prepared, **values: Any) -> list[Row]:
        return statement.dicts(self.connection, **values)

    def message_by_key(self, wamid_key: str) -> Row | None:
        """The message of this wamid, or None."""
        if wamid_key not in self.messages:
            mine = {"town": self.town, "key": wamid_key}
            found = self._rows(_OURS, **mine) or self._rows(_THEIRS, **mine)
            if not found:
                return None
            self.messages[wamid_key] = self._known(found)[0]
        return self.messages[wamid_key]

    def messages_with(self, **values: str) -> list[Row]:
        """The stored messages with these values, oldest first; each is one and the same row however it was found."""
        return self._known(self._rows(_messages_by(*values), town=self.town, **values))

    def _known(self, rows: list[Row]) -> list[Row]:
        return [self._stored.setdefault(row["id"], row) for row in rows]


def _still_news(telling: Telling, created: set[str]) -> bool:
    """A change to a row that was created in the same batch is no news."""
    name, row, _ = telling
    return not (name.endswith(".updated") and row["id"] in created)


@cache
def defaults_of(table: type[SQLModel]) -> Row:
    """What a new row has where nothing is given."""
    return {column.name: _default(table, column.name) for column in columns_of(table).columns}


def _default(table: type[SQLModel], name: str) -> Any:
    field = table.model_fields[name]
    return None if field.is_required() or field.default_factory else field.default


_CONTACT, _CONVERSATION, _MESSAGE = columns_of(Contact), columns_of(Conversation), columns_of(Message)
_HERE = select(_CONTACT).where(_CONTACT.c.town == bindparam("town")).with_for_update()
_BY_USER_ID = Prepared(_HERE.where(among(_CONTACT.c.user_id, "keys")))
_BY_PHONE = Prepared(_HERE.where(among(_CONTACT.c.phone, "keys")))
_CONTACT_WITH = Prepared(select(_CONTACT).where(_CONTACT.c.id == bindparam("id")).with_for_update())
_OF_CONTACTS = Prepared(select(_CONVERSATION).where(among(_CONVERSATION.c.contact, "keys")).with_for_update())
_CONVERSATION_WITH = Prepared(
    select(_CONVERSATION).where(_CONVERSATION.c.id == bindparam("id")).with_for_update()
)


_ARRIVAL = columns_of(Arrival)
_THEIRS = Prepared(
    select(_MESSAGE)
    .where(
        _MESSAGE.c.id
        == select(_ARRIVAL.c.message).where(_ARRIVAL.c.key == bindparam("key")).scalar_subquery()
    )
    .where(_MESSAGE.c.wamid_key == bindparam("key"), _MESSAGE.c.town == bindparam("town"))
    .with_for_update()
)
_OURS = Prepared(
    select(_MESSAGE)
    .where(_MESSAGE.c.wamid_key == bindparam("key"), _MESSAGE.c.town == bindparam("town"))
    .where(_MESSAGE.c.direction == literal_column("'outbound'"))  # literally, as their index says it
    .with_for_update()
)


@cache
def _messages_by(*names: str) -> Prepared:
    mine = select(_MESSAGE).where(
        _MESSAGE.c.town == bindparam("town"), *(_MESSAGE.c[name] == bindparam(name) for name in names)
    )
    return Prepared(mine.order_by(_MESSAGE.c.seq).with_for_update())
