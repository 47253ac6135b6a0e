"""Migrations: the tables as this release needs them, from any earlier release on.

All of it is one transaction, so a killed migration leaves the old tables and can be run again (fault F87); on SQLite the
old file is copied first. Two processes that start together do it one after the other.
"""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, text

from sessionhours.errors import SessionhoursError

FOLDER = Path(__file__).parent / "migrations"

#: The advisory lock that migrating processes take on PostgreSQL.
LOCK = 7842_80221


class NewerTables(SessionhoursError):
    """A newer release has been here: this one does not know its tables and touches nothing (fault F88)."""


def migrate(engine: Engine) -> None:
    """Bring the tables up to date. Raises `NewerTables`."""
    with engine.connect() as connection:
        now, head = _revision(connection), _head()
        connection.rollback()
        if now is not None and now not in _known():
            raise NewerTables(f"the database is at revision {now}, this release knows up to {head}")
        if now != head:
            _back_up(connection, now)
            _upgrade(connection)


def _upgrade(connection: Connection) -> None:
    with connection.begin():
        if connection.dialect.name == "postgresql":
            connection.execute(text("select pg_advisory_xact_lock(:lock)"), {"lock": LOCK})
        config = _config()
        config.attributes["connection"] = connection
        command.upgrade(config, "head")


def _back_up(connection: Connection, now: str | None) -> None:
    """The file as it was, beside it; an empty or new file needs none."""
    file = connection.engine.url.database
    if now is None or connection.dialect.name != "sqlite" or not file:
        return
    target = Path(f"{file}.before-{now}")
    target.unlink(missing_ok=True)
    raw = connection.engine.raw_connection()
    try:
        raw.cursor().execute("VACUUM INTO ?", (str(target),))
    finally:
        raw.close()


def _revision(connection: Connection) -> str | None:
    return MigrationContext.configure(connection).get_current_revision()


def _head() -> str | None:
    return ScriptDirectory.from_config(_config()).get_current_head()


def _known() -> set[str]:
    return {script.revision for script in ScriptDirectory.from_config(_config()).walk_revisions()}


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(FOLDER))
    return config
