"""The database: one writer thread, group commit, short synchronous sessions.

The only way to change data is ``await database.write(action, ...)``. The writer takes whatever is waiting, runs each
action in a savepoint, commits once, then tells all callers: nobody is told anything that is not durable.
"""

from __future__ import annotations

import asyncio
import logging
import queue
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from itertools import groupby
from typing import Any, Concatenate, ParamSpec, TypeVar

from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import DBAPIError, OperationalError
from sqlmodel import Session

from sessionhours.errors import NotStored
from sessionhours.store.engines import checkpoint, reader, writer
from sessionhours.store.events import Committed, flush_events

P = ParamSpec("P")
T = TypeVar("T")
Action = Callable[Concatenate[Session, P], T]
Job = tuple[Callable[..., Any], tuple[Any, ...], dict[str, Any], "Future[Any]"]

#: Most actions that share one commit: bounds how long the first of them waits.
MOST_TOGETHER = 512

#: How often a whole batch is tried again, one action a commit, after the database broke off (deadlock, lost connection).
TRIES = 3

READERS = 4

log = logging.getLogger(__name__)


def together(action: Callable[[Session, list[Any]], None]) -> Callable[[Session, list[Any]], None]:
    """Mark an action that takes a list of arguments: calls that wait side by side become one call (one executemany)."""
    action.together = True  # type: ignore[attr-defined]
    return action


@dataclass
class Database:
    """A SQLite file or a PostgreSQL database by its SQLAlchemy URL.

    ``on_commit`` is called in the writer thread with what was just made durable, before any caller is told.
    """

    url: str
    on_commit: Callable[[list[Committed]], None] = lambda committed: None
    failed: str | None = None
    _jobs: queue.SimpleQueue[Job | None] = field(default_factory=queue.SimpleQueue)
    _thread: threading.Thread | None = None
    _local: threading.local = field(default_factory=threading.local)

    def __post_init__(self) -> None:
        self.writer: Engine = writer(self.url)
        self.reader: Engine = reader(self.url)
        self._readers = ThreadPoolExecutor(READERS, thread_name_prefix="reader")

    @property
    def sqlite(self) -> bool:
        """Is this the one-file database?"""
        return self.writer.dialect.name == "sqlite"

    # -- the two ways in ---------------------------------------------------------------------------

    async def write(self, action: Action[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run ``action(session, ...)`` in a transaction; returns once it is durable.

        Raises what the action raised (its changes are gone, its neighbours' stay), or `NotStored`.
        """
        return await asyncio.wrap_future(self.submit(action, *args, **kwargs))

    def submit(self, action: Action[P, T], *args: P.args, **kwargs: P.kwargs) -> Future[T]:
        """The same for callers without an event loop: a future of the result."""
        future: Future[T] = Future()
        if self.failed:
            future.set_exception(NotStored(self.failed))
        else:
            self._jobs.put((action, args, kwargs, future))
        return future

    async def read(self, query: Action[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run ``query(session, ...)`` on a read-only session in a worker thread."""

        def run() -> T:
            with Session(self.reader) as session:
                return query(session, *args, **kwargs)

        return await asyncio.get_running_loop().run_in_executor(self._readers, run)

    # -- life --------------------------------------------------------------------------------------

    def start(self) -> None:
        """Start the writer. Migrations have run by now."""
        self._thread = threading.Thread(target=self._run, name="writer", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Finish what is waiting, then let go of the file."""
        if self._thread is not None:
            self._jobs.put(None)
            self._thread.join()
            self._thread = None
        self._readers.shutdown()
        self.reader.dispose()
        self.writer.dispose()

    async def checkpoint(self) -> None:
        """Move the write-ahead log into the file and cut it to nothing (SQLite only): no erased byte stays in it."""
        if self.sqlite:
            await asyncio.get_running_loop().run_in_executor(self._readers, checkpoint, self.writer)

    # -- the writer thread -------------------------------------------------------------------------

    def _run(self) -> None:
        while jobs := self._take():
            self._settle(jobs)

    def _take(self) -> list[Job]:
        """Whatever is waiting, at least one job; empty when it is time to stop."""
        job = self._jobs.get()
        jobs: list[Job] = []
        while job is not None:
            jobs.append(job)
            if len(jobs) == MOST_TOGETHER or self._jobs.empty():
                return jobs
            job = self._jobs.get()
        self._jobs.put(None) if jobs else None
        return jobs

    def _settle(self, jobs: Sequence[Job]) -> None:
        """Commit the jobs together; where the database breaks off, each alone, so that one cannot fail the others."""
        try:
            self._commit(jobs)
        except DBAPIError as error:
            log.warning("commit failed: %s", type(error.orig).__name__)
            self._settle_each(jobs, error)

    def _settle_each(self, jobs: Sequence[Job], error: DBAPIError) -> None:
        if not _passing(error):
            _fail(jobs, self._broken(error))
            return
        for job in jobs:
            self._settle_one(job)

    def _settle_one(self, job: Job) -> None:
        for attempt in range(TRIES):
            try:
                return self._commit([job])
            except DBAPIError as error:
                if attempt + 1 == TRIES or not _passing(error):
                    return _fail([job], self._broken(error))

    def _commit(self, jobs: Sequence[Job]) -> None:
        committed: list[Committed] = []
        answers: list[tuple[Future[Any], Any, BaseException | None]] = []
        with self.writer.begin() as connection:
            for group in _grouped(jobs):
                answers += _run_group(connection, group, committed)
            _ring(connection, committed)
        if committed:
            self.on_commit(committed)
        for future, result, error in answers:
            _answer(future, result, error)

    def _broken(self, error: DBAPIError) -> NotStored:
        """What the callers are told. After a failed write to disk nothing more is accepted: a retry may lie (fault F9)."""
        if "disk I/O error" in str(error.orig):
            self.failed = "the disk reported an error; the process must be restarted"
        return NotStored(str(error.orig))


def _grouped(jobs: Sequence[Job]) -> Iterator[list[Job]]:
    """Jobs in order, neighbours of one ``together`` action in one group, all others alone."""
    for action, group in groupby(jobs, key=lambda job: job[0]):
        if getattr(action, "together", False):
            yield list(group)
        else:
            yield from ([job] for job in group)


def _run_group(
    connection: Connection, group: list[Job], committed: list[Committed]
) -> list[tuple[Future[Any], Any, BaseException | None]]:
    action, args, kwargs, _ = group[0]
    if getattr(action, "together", False):
        args, kwargs = ([one for job in group for one in job[1]],), {}
    try:
        with Session(connection, join_transaction_mode="create_savepoint", expire_on_commit=False) as session:
            result = action(session, *args, **kwargs)
            session.flush()
            events = flush_events(session)
            session.commit()
    except (OperationalError, MemoryError):
        raise
    except Exception as error:
        return [(job[3], None, error) for job in group]
    committed += events
    return [(job[3], result, None) for job in group]


def _ring(connection: Connection, committed: list[Committed]) -> None:
    """The doorbell for other processes on PostgreSQL: town ids only, nothing that could be too long (fault F77)."""
    if connection.dialect.name == "postgresql":
        for town in {one.town for one in committed}:
            connection.execute(text("select pg_notify('sessionhours', :town)"), {"town": town})


def _answer(future: Future[Any], result: Any, error: BaseException | None) -> None:
    if not future.set_running_or_notify_cancel():
        return
    if error is not None:
        future.set_exception(error)
    else:
        future.set_result(result)


def _fail(jobs: Sequence[Job], error: NotStored) -> None:
    for *_, future in jobs:
        _answer(future, None, error)


def _passing(error: DBAPIError) -> bool:
    """May another try succeed? A lost connection, a deadlock or a moment's lock pass; a full or broken disk does not."""
    words = str(error.orig)
    return error.connection_invalidated or "deadlock" in words or "serialize" in words or "locked" in words
