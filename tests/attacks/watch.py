"""Whoever asks for rows of a town must say which: every statement of every action is looked at on its way out.

The rule: a statement on a table with a column ``town`` binds a town, or finds its rows by ids that this same action has
read or written under a bound town before. One action binds one town, and for an agent's action that is the agent's.

Not so bound are the actions of `HOUSE`: what the house itself does for all towns at once, each with its reason.
"""

from __future__ import annotations

import contextlib
import re
import threading
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import msgspec
import pysqlite3
import pytest
from sqlalchemy import Engine, event
from sqlmodel import SQLModel

from sessionhours.desk.replies import Author
from sessionhours.store.database import Database

#: Tables whose rows belong to a town.
TOWNS = {table.name for table in SQLModel.metadata.sorted_tables if "town" in table.c}

#: What asks for rows of all towns, by the action's name, and why it may.
HOUSE = {
    "logged_in": "the cookie says who asks, and so of which town",
    "credentials": "so does the address typed at the door",
    "log_in": "the same, once the password fits",
    "add_agent": "an address is one agent's in the whole house; the operator says the town",
    "claim": "the courier carries for all towns",
    "begin": "it holds the row by its fence",
    "settle": "the same",
    "recover": "what a dead worker left, whoever's it was",
    "next_due": "when the courier wakes",
    "forget_lease": "what the courier claimed and did not begin",
    "due": "the file that waits longest, in the whole house",
    "here": "the file that was just fetched",
    "later": "the same",
    "lost": "the same",
    "expire": "what is over is over in every town",
    "files_known": "files lie in one folder, by ids that nobody can guess",
    "near": "the watch looks after the coming hours of every town",
    "waiting": "the postman looks whose mails wait, in the whole house",
    "keys_needed": "keys are one process's, not a town's",
}

#: What takes in for whichever town Meta's bodies are: the line of a number says which. Each statement names one still.
MANY = {"take", "apply", "log", "look"}

#: Whether an id that Meta gives once in the world came before; nothing else of its row is read.
SEEN = re.compile(r'SELECT (arrival|seen)\."key" \s*FROM \1 \s*WHERE \1\."key" ')

#: Ids as we make them, and keyed hashes: both are of 32 hexadecimal digits.
_ID = re.compile(r"[0-9a-f]{32}")
_NAME = re.compile(r'\b(?:from|join|into|update)\s+"?(\w+)"?', re.IGNORECASE)


class Action:
    """One action on its way: the towns it bound and the ids it came by under them.

    ``watched``: from its beginning on; of what began earlier it is not known what it found.
    """

    def __init__(self, name: str, author: Author | None, *, watched: bool) -> None:
        self.name, self.author, self.watched = name, author, watched
        self.towns: set[str] = set()
        self.ids: set[str] = set()


class Watch:
    """What was seen: how many statements on rows of towns, and those that named none."""

    def __init__(self, towns: Iterable[str]) -> None:
        self.known = set(towns)
        self.on = False
        self.statements = 0
        self.names: set[str] = set()
        self.faults: list[str] = []
        self._now = threading.local()

    @property
    def action(self) -> Action | None:
        return getattr(self._now, "action", None)

    @contextlib.contextmanager
    def within(self, action: Action) -> Iterator[None]:
        """While this action runs in this thread."""
        before = self.action
        self._now.action = action
        try:
            yield
        finally:
            self._now.action = before

    def unwatched(self, ask: Callable[..., Any]) -> Callable[..., Any]:
        """What a test itself asks."""

        def run(*args: Any, **more: Any) -> Any:
            with self.within(Action("test", None, watched=False)):
                return ask(*args, **more)

        return run

    def look(self, words: str, values: Any) -> None:
        """At a statement that is about to run."""
        action = self.action or Action("outside any action", None, watched=self.on)
        tables = {name for name in _NAME.findall(words) if name in TOWNS}
        if not action.watched or not tables or action.name in HOUSE or SEEN.match(words):
            return
        self.statements += 1
        self.names.add(action.name)
        said = set(_strings(values))
        towns = said & self.known
        action.towns |= towns
        if towns or said & action.ids:
            action.ids |= {one for one in said if _ID.fullmatch(one)}
        else:
            self._fault(action, "names no town", words)
        mine = {action.author.town} if action.author else action.towns
        if action.name not in MANY and (len(action.towns) > 1 or action.towns - mine):
            self._fault(action, f"names {sorted(action.towns)}", words)

    def found(self, rows: Iterable[Any]) -> None:
        """These rows came back: their ids may be asked for by this action."""
        if self.action is not None and self.action.towns:
            for row in rows:
                self.action.ids |= {one for one in _strings(row) if _ID.fullmatch(one)}

    def _fault(self, action: Action, why: str, words: str) -> None:
        self.faults.append(f"{action.name} {why}: {' '.join(words.split())[:300]}")


def _strings(values: Any) -> Iterator[str]:
    """Every text among a statement's values, also in lists that travel as JSON."""
    if isinstance(values, str):
        yield values
        if values.startswith("["):
            with contextlib.suppress(msgspec.DecodeError):
                yield from _strings(msgspec.json.decode(values))
    elif isinstance(values, dict):
        for value in values.values():
            yield from _strings(value)
    elif isinstance(values, list | tuple):
        for value in values:
            yield from _strings(value)


@contextlib.contextmanager
def watching(towns: Iterable[str], monkeypatch: pytest.MonkeyPatch) -> Iterator[Watch]:
    """Every database of this process that is opened from now on is watched, once `Watch.on` is set."""
    watch = Watch(towns)
    cursor = _cursor_of(watch)

    class Connection(pysqlite3.Connection):  # type: ignore[misc]
        def cursor(self, factory: Any = None) -> Any:
            return super().cursor(factory or cursor)

    def watched(dialect: Any, record: Any, arguments: Any, parameters: dict[str, Any]) -> None:
        parameters["factory"] = Connection

    event.listen(Engine, "do_connect", watched)
    _name_actions(watch, monkeypatch)
    try:
        yield watch
    finally:
        event.remove(Engine, "do_connect", watched)


def _cursor_of(watch: Watch) -> type:
    class Cursor(pysqlite3.Cursor):  # type: ignore[misc]
        def execute(self, words: str, values: Any = ()) -> Any:
            watch.look(words, values)
            return super().execute(words, values)

        def executemany(self, words: str, rows: Any) -> Any:
            rows = list(rows)
            for values in rows:
                watch.look(words, values)
            return super().executemany(words, rows)

        def fetchone(self) -> Any:
            row = super().fetchone()
            watch.found([] if row is None else [row])
            return row

        def fetchmany(self, *size: Any) -> Any:
            rows = super().fetchmany(*size)
            watch.found(rows)
            return rows

        def fetchall(self) -> Any:
            rows = super().fetchall()
            watch.found(rows)
            return rows

    return Cursor


def _name_actions(watch: Watch, monkeypatch: pytest.MonkeyPatch) -> None:
    """Say of each action what it is called and for whom it runs, in whichever thread that is."""

    def named(action: Callable[..., Any], args: tuple[Any, ...]) -> Callable[..., Any]:
        author = next((one for one in args if isinstance(one, Author)), None)
        name = getattr(action, "__name__", type(action).__name__)

        def run(*given: Any, **more: Any) -> Any:
            with watch.within(Action(name, author, watched=watch.on)):
                return action(*given, **more)

        return run

    submit, read = Database.submit, Database.read

    def watched_submit(self: Database, action: Any, *args: Any, **more: Any) -> Any:
        return submit(self, named(_flushed(action), args), *args, **more)

    async def watched_read(self: Database, query: Any, *args: Any, **more: Any) -> Any:
        return await read(self, named(query, args), *args, **more)

    monkeypatch.setattr(Database, "submit", watched_submit)
    monkeypatch.setattr(Database, "read", watched_read)


def _flushed(action: Callable[..., Any]) -> Callable[..., Any]:
    """What an action leaves in its session is written in its own name, not in nobody's."""

    def run(session: Any, *args: Any, **more: Any) -> Any:
        result = action(session, *args, **more)
        session.flush()
        return result

    run.__name__ = getattr(action, "__name__", type(action).__name__)
    return run
