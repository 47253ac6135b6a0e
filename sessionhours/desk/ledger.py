"""What one batch of the intake reads and writes, kept together so that each table is touched once.

Rows are plain dicts. An item that fails is taken back as if it had never been (`undo`), its neighbours stay.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, delete, insert, update
from sqlmodel import Session, SQLModel, col, select

from sessionhours.core.instants import ms
from sessionhours.desk import shapes
from sessionhours.store.events import emit, take_seq
from sessionhours.store.tables import Arrival, Contact, Conversation, Media, Message, Outbox, Quarantine, Seen

Row = dict[str, Any]
Telling = tuple[str, Row, Row | None]

_NEW: tuple[type[SQLModel], ...] = (Contact, Conversation, Message, Arrival, Seen, Media, Outbox, Quarantine)
_CHANGED: tuple[type[SQLModel], ...] = (Contact, Conversation, Message)


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
        self.told: list[Telling] = []
        self.seen: set[str] = set()
        self.contacts: dict[str, Row] = {}
        self.conversations: dict[tuple[str, str], Row] = {}
        self.messages: dict[str, Row] = {}
        self.awaited: set[str] = set()
        self.sessions: set[str] = set()
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

    def add(self, table: type[SQLModel], row: SQLModel) -> Row:
        """A new row, stored at the end of the batch."""
        values = dict(row)
        self.new[table].append(values)
        return values

    def change(self, table: type[SQLModel], row: Row, **values: Any) -> None:
        """Change a row that was read or added here."""
        self._mark.touched.append((row, dict(row)))
        row.update(values)
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

    # -- storing -----------------------------------------------------------------------------------

    def store(self) -> None:
        """Number what is told, write everything, then the events."""
        telling = self._telling()
        self._number(telling)
        for table in _NEW:
            self._insert(table, self.new[table])
        for table, rows in self.changed.items():
            fresh = {row["id"] for row in self.new[table]}
            self._update(table, [row for id, row in rows.items() if id not in fresh])
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
        """A message's seq is that of its event; a conversation's ``last_seq`` is its newest."""
        conversations = {row["id"]: row for row in self.conversations.values()}
        for seq, (name, row, _) in telling.items():
            if name == "message.created":
                row["seq"] = seq
            conversation = conversations.get(row.get("conversation") or row["id"])
            if conversation is not None:
                self.changed[Conversation][conversation["id"]] = conversation
                conversation["last_seq"] = seq

    def _insert(self, table: type[SQLModel], rows: list[Row]) -> None:
        if rows:
            self.session.execute(insert(table), rows)

    def _update(self, table: type[SQLModel], rows: list[Row]) -> None:
        if not rows:
            return
        columns = [c for c in table.__table__.columns if c.name != "id"]  # type: ignore[attr-defined]
        statement = (
            update(table.__table__)  # type: ignore[attr-defined]
            .where(table.__table__.c.id == bindparam("_id"))  # type: ignore[attr-defined]
            .values({c.name: bindparam(f"_{c.name}") for c in columns})
        )
        self.session.connection().execute(
            statement, [{f"_{name}": value for name, value in row.items()} for row in rows]
        )

    def _emit(self, seq: int, name: str, row: Row, contact: Row | None) -> None:
        noun = name.partition(".")[0]
        if name.endswith(".removed"):
            data = {"id": row["id"]}
        elif noun == "message":
            data = shapes.message(row)
        else:
            data = shapes.conversation(row, contact or {})
        conversation = row["id"] if noun == "conversation" else row["conversation"]
        assignee = self._assignee(conversation)
        emit(self.session, self.town, name, data, now=self.now, seq=seq, conversation=conversation, assignee=assignee)

    def _assignee(self, conversation: str) -> str | None:
        return next((c["assignee"] for c in self.conversations.values() if c["id"] == conversation), None)

    # -- reading -----------------------------------------------------------------------------------

    def load_contacts(self, user_ids: Iterable[str], phones: Iterable[str]) -> None:
        """Read the contacts that the batch may meet, under every key they are known by."""
        statement = select(Contact).where(
            Contact.town == self.town, col(Contact.user_id).in_(list(user_ids)) | col(Contact.phone).in_(list(phones))
        )
        for contact in self.session.exec(statement):
            self.know_contact(dict(contact))

    def know_contact(self, row: Row) -> None:
        """Remember a contact under its ids."""
        for key in (row["user_id"], row["phone"]):
            if key:
                self.contacts[key] = row

    def conversation(self, line: str, contact: str) -> Row | None:
        """The conversation of a contact on a line, or None."""
        key = (line, contact)
        if key not in self.conversations:
            statement = select(Conversation).where(Conversation.line == line, Conversation.contact == contact)
            found = self.session.exec(statement).first()
            if found is None:
                return None
            self.conversations[key] = dict(found)
        return self.conversations[key]

    def message_by_key(self, wamid_key: str) -> Row | None:
        """The message of this wamid, or None."""
        if wamid_key not in self.messages:
            statement = select(Message).where(Message.town == self.town, Message.wamid_key == wamid_key)
            found = self.session.exec(statement).first()
            if found is None:
                return None
            self.messages[wamid_key] = dict(found)
        return self.messages[wamid_key]


def _still_news(telling: Telling, created: set[str]) -> bool:
    """A change to a row that was created in the same batch is no news."""
    name, row, _ = telling
    return not (name.endswith(".updated") and row["id"] in created)
