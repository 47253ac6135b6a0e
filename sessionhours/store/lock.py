"""One server a SQLite file: a second one is refused with a sentence (surfaces §1)."""

from __future__ import annotations

import contextlib
import fcntl
import os
from collections.abc import Iterator
from pathlib import Path

from sqlalchemy.engine import make_url

from sessionhours.errors import DatabaseInUse


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
