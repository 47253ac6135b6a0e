"""Migrations: the tables as this release needs them, from any earlier release on.

All of it is one transaction, so a killed migration leaves the old tables and can be run again (fault F87); on SQLite the
old file is copied first. Two processes that start together do it one after the other.
"""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import Connection, Engine, inspect, text

from sessionhours.errors import SessionhoursError

#: The revision of the tables that this release works on; a test holds it against the migrations.
HEAD = "0007"


class NewerTables(SessionhoursError):
    """A newer release has been here: this one does not know its tables and touches nothing (fault F88)."""


def migrate(engine: Engine) -> None:
    """Bring the tables up to date. Raises `NewerTables`."""
    with engine.connect() as connection:
        now = _revision(connection)
        connection.rollback()
        if now == HEAD:
            return
        # Only who has something to migrate carries Alembic about: 10 MB and a third of the time to start.
        from sessionhours.store.upgrade import known, upgrade

        if now is not None and now not in known():
            raise NewerTables(f"the database is at revision {now}, this release knows up to {HEAD}")
        _back_up(connection, now)
        upgrade(connection)


def _revision(connection: Connection) -> str | None:
    if not inspect(connection).has_table("alembic_version"):
        return None
    return connection.execute(text("select version_num from alembic_version")).scalar_one_or_none()


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
