"""Engines for both databases: one connection that writes, a few that can only read.

Their errors say nothing of what was to be stored, so that no log does (attack C56).
"""

from __future__ import annotations

import contextlib
import os
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, create_engine, event, make_url
from sqlalchemy.pool import QueuePool

from sessionhours.store.bulk import run, say_less

#: Seconds that a writer waits for another program (a backup, a shell) to let go of the file.
BUSY = 5

#: Adapts None to None, without a call into Python.
_NOTHING: dict[None, None] = {}

#: The first SQLite without the WAL-reset corruption fault.
SQLITE_NEEDED = (3, 51, 3)


def writer(url: str) -> Engine:
    """The engine that writes. On SQLite every transaction begins IMMEDIATE (fault F12) and is synced to disk (FULL)."""
    if url.startswith("sqlite"):
        return _sqlite(
            url,
            "BEGIN IMMEDIATE",
            ("synchronous=FULL", "foreign_keys=ON", "secure_delete=ON", "cache_size=-32768"),
            size=2,
        )
    return _postgresql(url, size=2)


def reader(url: str) -> Engine:
    """The engine that only reads."""
    if url.startswith("sqlite"):
        return _sqlite(url, "BEGIN", ("query_only=ON",), size=8)
    return _postgresql(url, size=8).execution_options(postgresql_readonly=True)


def checkpoint(engine: Engine) -> None:
    """Write the WAL back and truncate it. Readers that hold it open make this a no-op until the next time."""
    connection = engine.raw_connection()
    try:
        connection.cursor().execute("PRAGMA wal_checkpoint(TRUNCATE)")
    finally:
        connection.close()


def _private(url: str) -> None:
    """The file is its owner's alone from the first moment on, wherever it lies; SQLite makes those beside it alike."""
    file = make_url(url).database
    if file and file != ":memory:" and Path(file).parent.is_dir():
        with contextlib.suppress(FileExistsError):
            os.close(os.open(file, os.O_CREAT | os.O_EXCL, 0o600))


def _sqlite(url: str, begin: str, pragmas: tuple[str, ...], *, size: int) -> Engine:
    import pysqlite3

    _private(url)

    # The driver looks for an adapter of every None that it binds, which costs more than storing the whole row.
    pysqlite3.register_adapter(type(None), _NOTHING.get)
    engine = create_engine(
        url,
        module=pysqlite3,
        poolclass=QueuePool,
        pool_size=size,
        hide_parameters=True,
        connect_args={"timeout": BUSY, "check_same_thread": False},
    )

    @event.listens_for(engine, "connect")
    def on_connect(connection: Any, record: Any) -> None:
        connection.isolation_level = None
        cursor = connection.cursor()
        for pragma in ("journal_mode=WAL", *pragmas):
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    @event.listens_for(engine, "begin")
    def on_begin(connection: Any) -> None:
        run(connection, begin)

    return engine


def _postgresql(url: str, *, size: int) -> Engine:
    url = url.replace("postgresql://", "postgresql+psycopg://", 1)
    engine = create_engine(url, pool_size=size, pool_pre_ping=True, hide_parameters=True)

    @event.listens_for(engine, "handle_error")
    def on_error(context: Any) -> None:
        say_less(context.original_exception)
        if context.sqlalchemy_exception is not None:
            context.sqlalchemy_exception.args = context.original_exception.args

    return engine
