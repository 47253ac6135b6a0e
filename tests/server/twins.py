"""Two towns in one house that are alike in everything but their ids: what one of them knows, the other must not learn."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import httpx
from sqlalchemy import Boolean, Integer, LargeBinary, Table
from sqlmodel import Session, SQLModel

from sessionhours.core.roles import ROLES
from sessionhours.store.tables import PlanEntry, new_id
from tests.fakes import wait_until
from tests.makers import SCHEDULE, body, message, receipt
from tests.server.house import Guest, House

POLICY = 'outside = "offer"\naccept = ["image"]\n'
NUMBERS = {"aach": "200000000000002", "bach": "200000000000003"}
PHONES = {"aach": "+49784280221", "bach": "+49784280222"}
A, B = NUMBERS

#: Said in both towns, each with its own ending: whoever finds the other town's has been told too much.
SECRET = "Nur unter uns in "

#: Milliseconds: nothing is due before the test is over.
LONG_FROM_NOW = 2**42

#: Names of the fields that name a thing: in them another town's id must be the same as one that does not exist.
THINGS = frozenset(
    {
        *("conversation", "message", "reply_to", "media", "agent", "item", "items", "session", "draft"),
        *("exception", "series", "entry", "template", "notice", "contact", "outcome"),
    }
)

#: Names of the fields that are words, times and choices.
WORDS = frozenset(
    {
        *("text", "seen", "take_over", "emoji", "outcome", "date", "department", "reason", "name", "minutes"),
        *("line", "from", "to", "from_", "title", "topic", "kind", "confirm", "revision", "channel", "every"),
        *("starting", "until", "key", "version", "language", "parameters", "client_id", "version", "since"),
        *("before", "again"),
    }
)


def towns(folder: Path) -> Path:
    """A folder with one file a town: the same lines, titles and texts."""
    files = folder / "towns"
    files.mkdir(parents=True)
    for town in NUMBERS:
        text = SCHEDULE.format(policy=POLICY).replace('id = "kappelrodeck"', f'id = "{town}"')
        text = text.replace("200000000000002", NUMBERS[town]).replace("+49784280221", PHONES[town])
        second = _second(text.partition("[[line]]")[2])
        (files / f"{town}.toml").write_text(f"{text}\n[[line]]{second}", encoding="utf-8")
    return files


def _second(line: str) -> str:
    """Another line of the same town, open at the same hour."""
    for number in NUMBERS.values():
        line = line.replace(number, f"{number[:-2]}1{number[-1]}")
    for phone in PHONES.values():
        line = line.replace(phone, f"{phone[:-2]}4{phone[-1]}")
    return line.replace('id = "buergermeister"', 'id = "bauhof"')


@dataclass
class Twin:
    """One of the towns: its agents by role, and everything of its rows that only it may know."""

    house: House
    id: str
    agents: dict[str, Guest] = field(default_factory=dict)
    talks: dict[str, str] = field(default_factory=dict)

    def says(self, number: int, text: str, **fields: Any) -> None:
        """One of its citizens writes; both towns have the same ones."""
        fields = {"at": self.house.clock(), "wamid": f"wamid.{new_id()}", **fields}
        item = message(number, text, **fields)
        assert self.house.post(body([item], phone_number_id=NUMBERS[self.id])) == 200
        self.house.settle()

    @cached_property
    def mayor(self) -> Guest:
        """Who may do most."""
        return self.agents["mayor"]

    def rows(self) -> dict[str, list[dict[str, Any]]]:
        """Every row of the town, by table."""
        with self.house.office.database.reader.connect() as connection:
            return {
                table.name: [dict(row._mapping) for row in connection.execute(_of(table, self.id))]
                for table in tables()
            }

    def ids(self) -> dict[str, set[str]]:
        """Every id of the town, by table: those of its rows and those that its rows name."""
        return {name: {id for row in rows for id in _ids(row)} for name, rows in self.rows().items()}


def tables() -> list[Table]:
    """Those whose rows belong to a town."""
    return [table for table in SQLModel.metadata.sorted_tables if "town" in table.c]


def _of(table: Table, town: str) -> Any:
    return table.select().where(table.c.town == town)


def _ids(row: dict[str, Any]) -> Iterator[str]:
    """What of a row names it or another one: random, so found nowhere by chance."""
    for value in row.values():
        if isinstance(value, str) and len(value) == 32 and set(value) <= set("0123456789abcdef"):
            yield value


def furnish(house: House, town: str) -> Twin:
    """Everything that a town can have: every table that belongs to towns has a row of it."""
    twin = Twin(house, town)
    for role in ROLES:
        twin.agents[role] = house.agent(f"{role} {town}", role, town=town)
    secret = SECRET + town
    for number in (1, 2, 3):
        twin.says(number, f"{secret} {number}")
    picture = {"type": "image", "image": {"id": "4711", "mime_type": "image/jpeg", "caption": secret}}
    twin.says(1, secret, **picture)
    twin.talks = {
        one["contact"]["name"].split()[-1]: one["id"] for one in twin.mayor.snapshot()["conversations"]
    }
    talk, other, third = twin.talks["1"], twin.talks["2"], twin.talks["3"]
    _command(twin, "note", conversation=talk, text=secret)
    answered = _command(twin, "reply", conversation=talk, text=secret, seen=10**6)
    _command(twin, "assign", conversation=talk, agent=twin.agents["specialist"].id)
    _command(twin, "resolve", conversation=other, outcome="promised", reason=secret, text="")
    _command(twin, "claim", conversation=third)
    broken = {"type": "text", "timestamp": "1796306400", "text": {"body": secret}}
    assert house.post(body([broken], phone_number_id=NUMBERS[town])) == 200
    wait_until(lambda: not house.rows("select 1 from outbox where state = 'queued'"))
    house.settle()
    attempt = house.rows(f"select attempt from message where id = '{answered['message']['id']}'")[0][0]
    ours = receipt(f"wamid.of.{town}", "delivered", attempt=attempt)
    assert house.post(body(statuses=[ours], phone_number_id=NUMBERS[town])) == 200
    house.settle()
    house.office.database.submit(_fill, town).result(20)
    return twin


def _command(twin: Twin, name: str, **data: Any) -> dict[str, Any]:
    answer = twin.mayor.command(name, **data)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()["data"]
    return found


def _fill(session: Session, town: str) -> None:
    """A row in each table that nothing has made one in, and files of its own kind."""
    entry = PlanEntry(town=town, line="buergermeister", kind="text", key="greeting", agent="x", at=0)
    entry.data = json.dumps({"text": SECRET + town})
    session.add(entry)
    session.flush()
    for table in tables():
        if session.execute(_of(table, town)).first() is None:
            session.execute(table.insert().values(_anything(table, town)))


def _anything(table: Table, town: str) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for column in table.columns:
        if column.name == "town":
            values["town"] = town
        elif column.primary_key or column.unique:
            values[column.name] = new_id()
        elif column.name == "line":
            values["line"] = "buergermeister"
        elif not column.nullable:
            values[column.name] = _any_of(column, town)
    return values


def _any_of(column: Any, town: str) -> Any:
    if isinstance(column.type, LargeBinary):
        return b""
    if isinstance(column.type, Boolean):
        return False
    if isinstance(column.type, Integer):
        return LONG_FROM_NOW if column.name.endswith("_at") else 0
    return SECRET + town


#: What a form is sent under once: another at each reading (RFC 9562).
COMMAND_ID = re.compile(r"\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b")


def same(answer: httpx.Response, tried: str) -> tuple[int, str]:
    """An answer with what was asked for taken out of it: two of these are equal or somebody was told something."""
    text = answer.text.replace(tried, "ID")
    return answer.status_code, COMMAND_ID.sub("COMMAND", text)
