"""The desk without a server: a real database, real schedule, real parser; the far side is a list."""

from __future__ import annotations

import asyncio
import uuid
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import update
from sqlmodel import Session, SQLModel, select

from sessionhours.config import load_schedule
from sessionhours.core.delivery import Accepted, Outcome
from sessionhours.core.keys import Keys
from sessionhours.desk import commands, intake, outbox, snapshot, templates, ticking
from sessionhours.desk.outbox import Claim
from sessionhours.desk.replies import Author
from sessionhours.store.database import Database
from sessionhours.store.events import Committed
from sessionhours.store.migrate import migrate
from sessionhours.store.tables import Agent, Outbox, Template
from sessionhours.whatsapp.payload import parse
from tests.makers import Clock, body, message, schedule_file

KEYS = Keys(b"a secret of this test only........")


class Desk:
    """One town's desk. Synchronous for tests: every call is done when it returns."""

    def __init__(self, url: str, folder: Path, policy: str = "", clock: Clock | None = None) -> None:
        self.clock = clock or Clock()
        self.schedule = load_schedule(schedule_file(folder, policy))
        self.reader = intake.Reader(parse, lambda: {self.schedule.town.id: self.schedule}, KEYS)
        self.told: list[Committed] = []
        self.database = Database(url, on_commit=self.told.extend)
        migrate(self.database.writer)
        self.database.start()
        self.line = self.schedule.lines[0]
        self.mayor = self.agent("Stefan Keller", "mayor")
        self.assistant = self.agent("Maria Brandt", "assistant")
        self.tick()

    def close(self) -> None:
        self.database.close()

    def write(self, action: Any, *args: Any, **kwargs: Any) -> Any:
        return self.database.submit(action, *args, **kwargs).result(20)

    def read(self, query: Any, *args: Any, **kwargs: Any) -> Any:
        with Session(self.database.reader) as session:
            return query(session, *args, **kwargs)

    def rows(self, table: type[SQLModel]) -> list[Any]:
        return self.read(lambda session: list(session.exec(select(table))))

    def agent(self, name: str, *roles: str) -> Author:
        row = Agent(
            town="kappelrodeck",
            email=f"{uuid.uuid4()}@example.org",
            name=name,
            roles=",".join(roles),
            created_at=0,
        )
        id = row.id
        self.write(lambda session: session.add(row))
        return Author(id, name, "kappelrodeck", frozenset(roles))

    def second_mayor(self) -> Author:
        """Two people with the same rights."""
        return self.agent("Petra Keller", "mayor")

    # -- what happens -------------------------------------------------------------------------------

    def deliver(self, *bodies: bytes, apply: bool = True) -> None:
        """Webhook bodies come in, and are applied."""
        at = int(self.clock().timestamp() * 1000)
        for one in bodies:
            self.keep(intake.Body(one, at)) if apply else self.write(intake.log, [intake.Body(one, at)])

    def keep(self, body: intake.Body) -> None:
        """As the keeper does: applied at once, or logged and applied from there."""
        try:
            self.write(intake.take, self.reader, [body], now=self.clock())
        except Exception:
            self.write(intake.log, [body])
            self.apply()

    def apply(self) -> None:
        while self.write(intake.apply, self.reader, now=self.clock()):
            pass

    def says(
        self, number: int = 1, text: str = "Guten Tag", *, at: datetime | None = None, **fields: Any
    ) -> None:
        """A citizen writes, now or at another time."""
        self.deliver(body([message(number, text, at=at or self.clock(), **fields)]))

    def tick(self) -> None:
        self.write(ticking.tick, self.reader.planner, self.schedule, now=self.clock())

    def ask(self, author: Author, name: str, /, id: str | None = None, **data: Any) -> dict[str, Any]:
        """A command; the result frame."""
        id = id or str(uuid.uuid4())
        return self.write(commands.run, author, self.schedule, id=id, name=name, data=data, now=self.clock())

    def approved(self) -> dict[str, Any]:
        """The templates that we ship are approved at Meta; what the command needs to send one."""
        now = self.clock()
        self.write(templates.begin, self.schedule, since=None, now=now)
        self.write(lambda session: session.execute(update(Template).values(status="APPROVED")))
        return {
            "template": "sprechstunde_antwort",
            "language": "de",
            "parameters": ["Anna", "Stadt", "3.12."],
        }

    def send(self, outcome: Outcome | None = None) -> list[Claim]:
        """The outbox hands over what is due; Meta answers all alike."""
        sent = []
        for number, claim in enumerate(self.write(outbox.claim, now=self.clock(), seals=self.reader.seals)):
            if self.write(outbox.begin, claim, now=self.clock()):
                sent.append(claim)
                answer = outcome or Accepted(f"wamid.out.{claim.attempt}.{number}")
                self.write(outbox.settle, KEYS, self.schedule, claim, answer, now=self.clock())
        return sent

    # -- what is seen -------------------------------------------------------------------------------

    def snapshot(self, author: Author | None = None) -> dict[str, Any]:
        return self.read(snapshot.snapshot, author or self.mayor, self.schedule, now=self.clock())

    def messages(self, conversation: str, author: Author | None = None) -> list[dict[str, Any]]:
        page = self.read(snapshot.messages, author or self.mayor, conversation, before=None, limit=200)
        return page["messages"]

    def conversation(self) -> dict[str, Any]:
        """The only conversation there is."""
        (only,) = self.snapshot()["conversations"]
        return only

    def conversation_of(self, text: str) -> str:
        """The id of the conversation whose last message says this."""
        (id,) = [one["id"] for one in self.snapshot()["conversations"] if one["last_message"]["text"] == text]
        return str(id)

    def only(self) -> list[dict[str, Any]]:
        """All messages of the only conversation."""
        return self.messages(self.conversation()["id"])

    def waiting(self) -> list[Outbox]:
        return self.rows(Outbox)


def run(coroutine: Any) -> Any:
    return asyncio.run(coroutine)
