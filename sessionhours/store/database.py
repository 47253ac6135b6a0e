"""The database: one writer thread, group commit, short synchronous sessions.

The only way to change data is ``await database.write(action, ...)``. The writer takes whatever is waiting, runs each
action (in a savepoint where there are several), commits once, then tells all callers: nobody is told anything that is
not durable.
"""

from __future__ import annotations

import asyncio
import logging
import queue
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any, Concatenate, ParamSpec, TypeVar

from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.orm.session import JoinTransactionMode
from sqlmodel import Session

from sessionhours.errors import NotStored
from sessionhours.store.doorbell import CHANNEL
from sessionhours.store.engines import checkpoint, reader, writer
from sessionhours.store.events import Committed, flush_events

P = ParamSpec("P")
T = TypeVar("T")
Action = Callable[Concatenate[Session, P], T]
Answer = tuple["Future[Any]", Any, BaseException | None]
Job = tuple[Callable[..., Any], tuple[Any, ...], dict[str, Any], "Future[Any]"]

#: Most actions that share one commit: bounds how long the first of them waits.
MOST_TOGETHER = 512

#: How often a whole batch is tried again, one action a commit, after the database broke off (deadlock, lost connection).
TRIES = 3

READERS = 4

log = logging.getLogger(__name__)


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
    _door: threading.Lock = field(default_factory=threading.Lock)
    _closed: str | None = None
    _connection: Connection | None = None

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
        with self._door:
            refused = self.failed or self._closed
            if not refused:
                self._jobs.put((action, args, kwargs, future))
        if refused:
            future.set_exception(NotStored(refused))
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
        """Finish what is waiting, then let go of the file. What comes later is refused, never left waiting."""
        with self._door:
            self._closed = "the database is closed"
            self._jobs.put(None)
        if self._thread is not None:
            self._thread.join()
            self._thread = None
        if self._connection is not None:
            self._connection.close()
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
        except Exception as error:  # noqa: BLE001 - it is told to whoever asked
            log.warning("commit failed: %s", type(error).__name__)
            if self._broken(error):
                _fail(jobs, error)
                return
            for job in jobs:
                self._settle_one(job)

    def _settle_one(self, job: Job) -> None:
        """Nothing that an action or the database does may end the writer."""
        for attempt in range(TRIES):
            try:
                return self._commit([job])
            except Exception as error:  # noqa: BLE001 - it is told to whoever asked
                if attempt + 1 == TRIES or self._broken(error) or not _passing(error):
                    return _fail([job], error)

    def _commit(self, jobs: Sequence[Job]) -> None:
        committed: list[Committed] = []
        connection = self._connected()
        try:
            with connection.begin():
                answers = [_run(connection, job, committed, alone=len(jobs) == 1) for job in jobs]
                _ring(connection, committed)
        except _Undone as undone:
            answers = [undone.answer]
        except BaseException:
            self._let_go()
            raise
        self._tell(committed)
        for future, result, error in answers:
            _answer(future, result, error)

    def _connected(self) -> Connection:
        """The writer's own connection, kept from commit to commit: taking one from the pool costs as much as an action."""
        if self._connection is None:
            self._connection = self.writer.connect()
        return self._connection

    def _let_go(self) -> None:
        """After a fault the next commit begins on a connection of which nothing is known but that it is new."""
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.invalidate()
            connection.close()

    def _tell(self, committed: list[Committed]) -> None:
        """What is durable stays so, whatever a listener makes of it."""
        try:
            if committed:
                self.on_commit(committed)
        except Exception:
            log.exception("a listener failed")

    def _broken(self, error: Exception) -> bool:
        """After a failed write to disk nothing more is accepted: a retry may lie (fault F9)."""
        if "disk I/O error" in str(error):
            self.failed = "the disk reported an error; the process must be restarted"
        return self.failed is not None


class _Undone(Exception):
    """The only action of a transaction failed: all of it is to be rolled back."""

    def __init__(self, answer: Answer) -> None:
        self.answer = answer


def _run(connection: Connection, job: Job, committed: list[Committed], *, alone: bool) -> Answer:
    """One action, in a savepoint unless it is alone: neighbours of one that fails must stay.

    What breaks the database is raised, anything else is the caller's answer.
    """
    action, args, kwargs, future = job
    mode: JoinTransactionMode = "rollback_only" if alone else "create_savepoint"
    try:
        with Session(connection, join_transaction_mode=mode, expire_on_commit=False) as session:
            result = action(session, *args, **kwargs)
            session.flush()
            events = flush_events(session)
            session.commit()
    except MemoryError:
        raise
    except Exception as error:
        if breaks_off(error):
            raise
        if alone:
            raise _Undone((future, None, error)) from error
        return future, None, error
    committed += events
    return future, result, None


def _ring(connection: Connection, committed: list[Committed]) -> None:
    """The doorbell for other processes on PostgreSQL: town ids only, nothing that could be too long (fault F77)."""
    if connection.dialect.name == "postgresql":
        for town in {one.town for one in committed}:
            connection.execute(text("select pg_notify(:channel, :town)"), {"channel": CHANNEL, "town": town})


def _answer(future: Future[Any], result: Any, error: BaseException | None) -> None:
    if not future.set_running_or_notify_cancel():
        return
    if error is not None:
        future.set_exception(error)
    else:
        future.set_result(result)


def _fail(jobs: Sequence[Job], error: Exception) -> None:
    why = str(error.orig) if isinstance(error, DBAPIError) else type(error).__name__
    for *_, future in jobs:
        _answer(future, None, NotStored(why))


def breaks_off(error: Exception) -> bool:
    """Is it the database that broke off, whatever the action wanted? A limit that the action's own values exceed is not
    (SQLSTATE class 54)."""
    limit = str(getattr(getattr(error, "orig", None), "sqlstate", None)).startswith("54")
    return isinstance(error, OperationalError) and not limit


def _passing(error: Exception) -> bool:
    """May another try succeed? A lost connection, a deadlock or a moment's lock pass; a full or broken disk does not."""
    if not isinstance(error, DBAPIError):
        return False
    words = str(error.orig)
    return error.connection_invalidated or "deadlock" in words or "serialize" in words or "locked" in words
