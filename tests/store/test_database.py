"""Durable or refused, alone or together: what the one way to change data promises (F9–F12, F20)."""

from __future__ import annotations

import json
import subprocess
import sys
import textwrap
import threading
import traceback
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError, OperationalError
from sqlmodel import Session, select

from sessionhours.errors import DatabaseInUse, NotStored
from sessionhours.store.bulk import insert_rows
from sessionhours.store.database import Database
from sessionhours.store.events import attempt, emit, events_after, take_seq
from sessionhours.store.lock import hold
from sessionhours.store.migrate import migrate
from sessionhours.store.tables import Event, Notice, Town

NOW = datetime(2026, 12, 3, 14, tzinfo=UTC)


@pytest.fixture
def open_database(database_url: str) -> Iterator[Callable[[], Database]]:
    made: list[Database] = []

    def make() -> Database:
        database = Database(database_url)
        migrate(database.writer)
        database.start()
        made.append(database)
        return database

    yield make
    for database in made:
        database.close()


@pytest.fixture
def database(open_database: Callable[[], Database]) -> Database:
    return open_database()


def notice(session: Session, key: str, *, fail: Exception | None = None) -> str:
    """An action: one row and one event, then perhaps a fault."""
    session.add(Notice(town="t", level="info", code="c", message="", key=key, at=0))
    session.flush()
    emit(session, "t", "notice.created", {"key": key}, now=NOW)
    if fail is not None:
        raise fail
    return key


def keys(database: Database) -> list[str]:
    with Session(database.reader) as session:
        return sorted(session.exec(select(Notice.key)))


def seqs(database: Database) -> list[int]:
    with Session(database.reader) as session:
        return [event.seq for event in events_after(session, "t", 0, 100_000)]


@pytest.fixture
def slow(database: Database) -> Iterator[threading.Event]:
    """Keep the writer busy until the event is set, so that what is submitted meanwhile shares one commit."""
    let_go = threading.Event()
    future = database.submit(lambda session: let_go.wait(20))
    yield let_go
    let_go.set()
    future.result(20)


class Stumble(Exception):
    """A fault of an action."""


def test_an_action_that_fails_takes_no_neighbour_along(database: Database, slow: threading.Event) -> None:
    futures = [database.submit(notice, str(n), fail=Stumble() if n % 3 == 0 else None) for n in range(30)]
    slow.set()
    for number, future in enumerate(futures):
        if number % 3:
            assert future.result(20) == str(number)
        else:
            with pytest.raises(Stumble):
                future.result(20)
    assert len(keys(database)) == 20
    assert seqs(database) == list(range(1, 21)), "what failed was told to nobody and left no gap"


@pytest.mark.parametrize(
    "fault",
    [MemoryError(), OperationalError("select", {}, Exception("index row too large")), RecursionError()],
)
def test_not_even_the_worst_fault_takes_neighbours_or_the_writer(
    database: Database, slow: threading.Event, fault: Exception
) -> None:
    before, bad, after = (database.submit(notice, key, fail=fault if key == "b" else None) for key in "abc")
    slow.set()
    assert (before.result(20), after.result(20)) == ("a", "c")
    assert isinstance(bad.exception(20), NotStored | RecursionError)
    assert database.submit(notice, "d").result(20) == "d"
    assert keys(database) == ["a", "c", "d"]


def test_a_listener_that_fails_stops_nobody(database: Database) -> None:
    def stumble(committed: object) -> None:
        raise Stumble

    database.on_commit = stumble
    assert database.submit(notice, "a").result(20) == "a"
    assert database.submit(notice, "b").result(20) == "b"
    assert keys(database) == ["a", "b"]


def test_a_caller_that_gave_up_loses_nothing_and_stops_nobody(
    database: Database, slow: threading.Event
) -> None:
    gone, here = database.submit(notice, "gone"), database.submit(notice, "here")
    gone.cancel()
    slow.set()
    assert here.result(20) == "here"
    assert keys(database) == ["gone", "here"]


def test_after_the_end_it_refuses_and_never_leaves_anybody_waiting(database: Database) -> None:
    database.close()
    with pytest.raises(NotStored):
        database.submit(notice, "late").result(5)


def test_an_attempt_takes_back_what_it_told(database: Database) -> None:
    def action(session: Session) -> None:
        notice(session, "kept")
        with pytest.raises(Stumble), attempt(session):
            notice(session, "undone", fail=Stumble())
        notice(session, "after")

    database.submit(action).result(20)
    assert keys(database) == ["after", "kept"]
    assert seqs(database) == [1, 2]


def test_the_reader_cannot_write(database: Database) -> None:
    with Session(database.reader) as session:
        session.add(Town(id="x"))
        with pytest.raises(DBAPIError, match=r"(?i)read-?only"):
            session.flush()


def test_the_callback_comes_before_the_caller_knows_and_after_it_is_durable(database: Database) -> None:
    seen: list[tuple[int, list[str]]] = []
    database.on_commit = lambda committed: seen.append((committed[-1].seq, keys(database)))
    database.submit(notice, "a").result(20)
    assert seen == [(1, ["a"])]


def test_seq_and_commit_have_one_order(database: Database) -> None:
    told: list[int] = []
    database.on_commit = lambda committed: told.extend(one.seq for one in committed)
    futures = [database.submit(notice, str(number)) for number in range(500)]
    for future in futures:
        future.result(20)
    assert told == seqs(database) == list(range(1, 501))


COUNT = """
    import sys
    from tests.store.test_database import notice
    from sessionhours.store.database import Database
    database = Database(sys.argv[1])
    database.start()
    futures = [database.submit(notice, sys.argv[2] + str(number)) for number in range(300)]
    for future in futures:
        future.result(60)
    database.close()
"""


@pytest.mark.proves("F20")
def test_two_processes_number_without_gaps_and_no_reader_skips(postgres_url: str) -> None:
    database = Database(postgres_url)
    migrate(database.writer)
    command = [sys.executable, "-c", textwrap.dedent(COUNT), postgres_url]
    writers = [subprocess.Popen([*command, name]) for name in ("left", "right")]
    resumed: list[int] = []
    while len(resumed) < 600:
        running = any(writer.poll() is None for writer in writers)
        with Session(database.reader) as session:
            fresh = [event.seq for event in events_after(session, "t", resumed[-1] if resumed else 0, 1000)]
        resumed += fresh
        assert running or fresh, "a console that resumes in between has missed something"
    assert [writer.wait(60) for writer in writers] == [0, 0]
    assert resumed == list(range(1, 601))
    database.close()


@pytest.mark.proves("F20", "F21")
def test_a_number_is_never_given_twice(database: Database) -> None:
    first = database.submit(take_seq, "t", 3).result(20)
    database.submit(lambda session: session.execute(Event.__table__.delete())).result(20)  # type: ignore[attr-defined]
    assert (first, database.submit(take_seq, "t").result(20)) == (1, 4)


@pytest.mark.proves("F12")
def test_writing_begins_by_locking(sqlite_url: str) -> None:
    """A transaction that reads first and writes later would fail at once with BUSY_SNAPSHOT; ours waits its turn."""
    first, second = Database(sqlite_url), Database(sqlite_url)
    migrate(first.writer)
    first.start()
    second.start()

    def read_then_write(session: Session, name: str) -> None:
        session.exec(select(Notice)).all()
        notice(session, name)

    futures = [
        db.submit(read_then_write, f"{i}{n}") for n in range(100) for i, db in enumerate((first, second))
    ]
    for future in futures:
        future.result(30)
    assert len(keys(first)) == 200
    first.close()
    second.close()


def test_sqlite_is_synced_to_disk_and_new_enough(sqlite_url: str) -> None:
    import pysqlite3

    from sessionhours.store.engines import SQLITE_NEEDED

    database = Database(sqlite_url)
    with database.writer.connect() as connection:
        pragmas = {
            name: connection.execute(text(f"PRAGMA {name}")).scalar_one()
            for name in ("synchronous", "journal_mode", "secure_delete", "foreign_keys")
        }
    assert pragmas == {"synchronous": 2, "journal_mode": "wal", "secure_delete": 1, "foreign_keys": 1}
    assert pysqlite3.sqlite_version_info >= SQLITE_NEEDED
    database.close()


FULL = """
    import json, resource, signal, sys
    from sqlmodel import Session, select
    from tests.store.test_database import keys, notice
    from sessionhours.errors import NotStored
    from sessionhours.store.database import Database
    from sessionhours.store.migrate import migrate
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    database = Database(sys.argv[1])
    migrate(database.writer)
    database.start()
    resource.setrlimit(resource.RLIMIT_FSIZE, (2_000_000, 2_000_000))
    stored, refused = [], None
    for number in range(5000):
        try:
            stored.append(database.submit(notice, f"{number:05}" + "x" * 500).result(20))
        except NotStored as error:
            refused = str(error)
            break
    print(json.dumps({"stored": stored, "readable": keys(database), "refused": refused}))
"""


@pytest.mark.proves("F9", "F10")
def test_a_disk_that_takes_no_more_is_said_so_and_everything_stored_stays_readable(sqlite_url: str) -> None:
    command = [sys.executable, "-c", textwrap.dedent(FULL), sqlite_url]
    done = subprocess.run(command, capture_output=True, text=True, timeout=100)
    told = json.loads(done.stdout)
    assert told["refused"], done.stderr
    assert len(told["stored"]) > 20
    assert told["readable"] == told["stored"], "what was acknowledged is there, what was refused is not"


@pytest.mark.proves("F9")
def test_after_a_disk_error_nothing_is_acknowledged_any_more(database: Database) -> None:
    def broken(session: Session) -> None:
        raise OperationalError("insert", {}, Exception("disk I/O error"))

    with pytest.raises(NotStored):
        database.submit(broken).result(20)
    assert database.failed
    with pytest.raises(NotStored):
        database.submit(notice, "later").result(20)


def test_a_second_server_on_the_same_file_is_refused_with_a_sentence(sqlite_url: str, tmp_path: Path) -> None:
    with hold(sqlite_url):
        with pytest.raises(DatabaseInUse, match="Another sessionhours is running on"), hold(sqlite_url):
            pass
        with hold(f"sqlite:///{tmp_path / 'another.db'}"):
            pass
    with hold(sqlite_url):
        pass


def test_the_lock_dies_with_its_holder(sqlite_url: str) -> None:
    hang = """if True:
        import sys
        from sessionhours.store.lock import hold
        with hold(sys.argv[1]):
            print("held", flush=True)
            sys.stdin.read()
    """
    command = [sys.executable, "-c", hang, sqlite_url]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stdin=subprocess.PIPE) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == b"held\n"
        with pytest.raises(DatabaseInUse), hold(sqlite_url):
            pass
        holder.kill()
    with hold(sqlite_url):
        pass


def test_postgresql_needs_no_file_lock() -> None:
    with hold("postgresql+psycopg://u@h/d"), hold("postgresql+psycopg://u@h/d"):
        pass


@pytest.mark.proves("C56")
def test_an_error_quotes_nothing_of_what_was_to_be_stored(database: Database) -> None:
    """PostgreSQL tells the whole row that violates a rule, whoever sends it, and a log would hold it."""

    def twice(session: Session, how: str) -> None:
        row = Notice(
            id="a" * 32, town="t", level="info", code="c", message="streng vertraulich", key=how, at=0
        )
        columns = Notice.__table__  # type: ignore[attr-defined]
        session.connection().execute(columns.insert(), [row.model_dump()])
        if how == "driver":
            insert_rows(session.connection(), columns, [row.model_dump() | {"message": None}])
        session.connection().execute(columns.insert(), [row.model_dump() | {"message": None}])

    for how in ("driver", "engine"):
        error = database.submit(twice, how).exception(20)
        assert isinstance(error, DBAPIError)
        told = "".join(traceback.format_exception(error))
        assert "null" in told.lower()
        assert "vertraulich" not in told
        assert "a" * 32 not in told
