"""The tables as this release needs them, from nothing and from any release before (F87, F88)."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import inspect, text
from sqlalchemy.exc import DBAPIError
from sqlmodel import Session, SQLModel

from sessionhours.store import upgrade as migration
from sessionhours.store.database import Database
from sessionhours.store.migrate import HEAD, NewerTables, migrate
from sessionhours.store.tables import Town


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    made = Database(database_url)
    yield made
    made.close()


def revision(database: Database) -> str | None:
    with database.writer.connect() as connection:
        return MigrationContext.configure(connection).get_current_revision()


def revisions() -> list[str]:
    return [one.revision for one in ScriptDirectory.from_config(migration._config()).walk_revisions()][::-1]


def test_migrated_tables_are_the_ones_the_code_knows(database: Database) -> None:
    migrate(database.writer)
    with database.writer.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, SQLModel.metadata) == []
    assert revision(database) == revisions()[-1]


def test_the_newest_migration_is_the_one_the_code_waits_for() -> None:
    assert revisions()[-1] == HEAD


def test_again_changes_nothing(database: Database) -> None:
    migrate(database.writer)
    with Session(database.writer) as session:
        session.add(Town(id="kappelrodeck", seq=7))
        session.commit()
    migrate(database.writer)
    with Session(database.reader) as session:
        assert session.get_one(Town, "kappelrodeck").seq == 7


@pytest.mark.proves("F87")
@pytest.mark.parametrize("statement", [1, 3, 10, 20])
def test_a_migration_that_is_killed_leaves_what_was_and_can_be_run_again(
    database: Database, monkeypatch: pytest.MonkeyPatch, statement: int
) -> None:
    class Killed(BaseException):
        pass

    seen = 0

    def die(connection: Any, cursor: Any, told: str, *args: Any) -> None:
        nonlocal seen
        seen += told.lstrip().upper().startswith(("CREATE", "ALTER"))
        if seen == statement:
            raise Killed

    from sqlalchemy import event

    event.listen(database.writer, "before_cursor_execute", die)
    with pytest.raises(Killed):
        migrate(database.writer)
    event.remove(database.writer, "before_cursor_execute", die)
    assert inspect(database.writer).get_table_names() == []
    migrate(database.writer)
    assert revision(database) == revisions()[-1]


@pytest.mark.proves("F88")
def test_newer_tables_are_not_touched(database: Database) -> None:
    migrate(database.writer)
    with database.writer.begin() as connection:
        connection.execute(text("update alembic_version set version_num = 'of a later release'"))
    with pytest.raises(NewerTables, match="of a later release"):
        migrate(database.writer)
    assert revision(database) == "of a later release"


def test_the_old_file_is_copied_before_it_is_changed(sqlite_url: str, tmp_path: Path) -> None:
    database = Database(sqlite_url)
    with database.writer.connect() as connection, connection.begin():
        config = migration._config()
        config.attributes["connection"] = connection
        from alembic import command

        command.upgrade(config, revisions()[0])
    with Session(database.writer) as session:
        session.add(Town(id="kappelrodeck", seq=7))
        session.commit()
    migrate(database.writer)
    database.close()
    (copy,) = tmp_path.glob("*.before-*")
    before = Database(f"sqlite:///{copy}")
    with Session(before.reader) as session:
        assert session.get_one(Town, "kappelrodeck").seq == 7
    assert revision(before) == revisions()[0]
    before.close()


def test_two_that_start_together_migrate_once(postgres_url: str) -> None:
    import threading

    databases = [Database(postgres_url) for _ in range(4)]
    faults: list[BaseException] = []

    def start(database: Database) -> None:
        try:
            migrate(database.writer)
        except DBAPIError as error:
            faults.append(error)

    threads = [threading.Thread(target=start, args=(database,)) for database in databases]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert faults == []
    assert revision(databases[0]) == revisions()[-1]
    for database in databases:
        database.close()
