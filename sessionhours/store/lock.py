"""Who may do what alone: one server a SQLite file (surfaces §1), one process at a time at some work on PostgreSQL."""

from __future__ import annotations

import contextlib
import fcntl
import os
from collections.abc import Iterator
from pathlib import Path

from sqlalchemy import text
from sqlalchemy.engine import make_url
from sqlmodel import Session

from sessionhours.errors import DatabaseInUse

#: The advisory lock of work that one process does at a time on PostgreSQL.
LOCK = 7842_80222


@contextlib.contextmanager
def hold(url: str) -> Iterator[None]:
    """Hold the database of ``url`` while a server runs. Raises `DatabaseInUse`. The kernel lets go when we die."""
    file = folder_of(url)
    if file is None:
        yield
        return
    path = Path(f"{file}.lock")
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(descriptor)
        raise DatabaseInUse(
            f"Another sessionhours is running on {file}. Stop it first; one file belongs to one server."
        ) from None
    try:
        yield
    finally:
        os.close(descriptor)


def folder_of(url: str) -> Path | None:
    """The SQLite file of ``url``, its folder made where it is missing; None for other databases."""
    file = make_url(url).database
    if not url.startswith("sqlite") or not file:
        return None
    Path(file).parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    return Path(file)


def alone(session: Session) -> None:
    """Wait until no other process does such work; held until the commit. On SQLite one process is alone anyway.

    For work that reads before it inserts: two processes that find the same thing missing would both make it. There
    is one lock for all such work, because one commit may hold several pieces of it, in any order.
    """
    if session.get_bind().dialect.name == "postgresql":
        session.execute(text("select pg_advisory_xact_lock(:lock)"), {"lock": LOCK})
