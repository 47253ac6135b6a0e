"""What tests do to the PostgreSQL cluster itself: look at its bytes, restart it as a crash would."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Any

import psycopg
from sqlalchemy.engine import make_url

from tests.cluster import _program, _unprivileged


def plain(url: str) -> str:
    """The address as PostgreSQL's own programs take it."""
    return make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)


def rows(url: str, query: str) -> list[tuple[Any, ...]]:
    """What stands in the database, read from outside."""
    with psycopg.connect(plain(url), autocommit=True) as connection:
        return connection.execute(query.encode()).fetchall()


def data_directory(url: str) -> Path:
    """Where the cluster keeps everything."""
    [(folder,)] = rows(url, "show data_directory")
    return Path(folder)


def traces(url: str, words: str) -> set[str]:
    """In which parts of the cluster's folder (`base`, `pg_wal`, …) these words stand, after all is written there."""
    with psycopg.connect(plain(url), autocommit=True) as connection:
        connection.execute("checkpoint")
    folder, wanted = data_directory(url), words.encode()
    files = [path for path in folder.rglob("*") if path.is_file()]
    return {path.relative_to(folder).parts[0] for path in files if wanted in path.read_bytes()}


def crash(folder: Path) -> None:
    """The cluster of this folder is gone as after a crash."""
    _control(folder, "-m", "immediate", "stop")


def revive(folder: Path) -> None:
    """It starts again as it was started before."""
    _, _, options = (folder / "postmaster.opts").read_text().strip().partition(" ")
    _control(folder, "-o", options, "start")


def _control(folder: Path, *arguments: str) -> None:
    command = [_program("pg_ctl"), "-D", str(folder), "-w", "-l", str(folder / "log"), *arguments]
    subprocess.run(command, user=_unprivileged(), cwd=folder, check=True, stdout=subprocess.DEVNULL)
