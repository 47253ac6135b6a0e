"""Statements in the driver's own words: compiled once, then a call costs no more than the database's own work.

Values go to the driver and come back as they are, so this is for columns of text, numbers, truth values and bytes.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import cache, lru_cache
from itertools import chain
from operator import itemgetter
from typing import Any, cast

import msgspec
from sqlalchemy import (
    BindParameter,
    ColumnElement,
    Connection,
    Dialect,
    Table,
    bindparam,
    insert,
    update,
)
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.base import Executable
from sqlalchemy.sql.compiler import SQLCompiler
from sqlmodel import SQLModel

Rows = Sequence[Mapping[str, Any]]

#: So many rows at most go in by one statement of SQLite: each statement lets another thread have its turn, which costs
#: more than the row. A few sizes, so that the driver has them all ready.
TOGETHER = (64, 16, 4, 1)

#: A statement's words, and the names of its values in the order in which the driver counts them (SQLite), or None.
Compiled = tuple[str, tuple[str, ...] | None]


class Prepared:
    """A select or an update … returning whose values are named; lists are for `among`."""

    def __init__(self, statement: Executable) -> None:
        self.statement = statement
        self.names = [column.name for column in statement.exported_columns]  # type: ignore[attr-defined]
        self._compiled = cache(self._compile)

    def rows(self, connection: Connection, **values: Any) -> list[tuple[Any, ...]]:
        """What it finds, each row as a tuple."""
        (words, counted), constants = self._compiled(connection.dialect)
        given = {**constants, **values}
        if counted is None:
            return run(connection, words, given)
        return run(connection, words, [_flat(given[name]) for name in counted])

    def dicts(self, connection: Connection, **values: Any) -> list[dict[str, Any]]:
        """What it finds, each row by its columns' names."""
        return [dict(zip(self.names, row, strict=True)) for row in self.rows(connection, **values)]

    def _compile(self, dialect: Dialect) -> tuple[Compiled, dict[str, Any]]:
        """With the constants that the statement itself holds."""
        constants = self.statement.compile(dialect=dialect).params  # type: ignore[attr-defined]
        return _compiled(self.statement, dialect), dict(constants)


class _Each(ColumnElement[Any]):
    """A list of any length as one value of the driver: the statement's words stay the same."""

    inherit_cache = True

    def __init__(self, name: str) -> None:
        self.values: BindParameter[Any] = bindparam(name)


@compiles(_Each, "sqlite")
def _each_of_json(each: _Each, compiler: SQLCompiler, **options: Any) -> str:
    return f"IN (SELECT value FROM json_each({compiler.process(each.values, **options)}))"


@compiles(_Each, "postgresql")
def _each_of_array(each: _Each, compiler: SQLCompiler, **options: Any) -> str:
    return f"= ANY({compiler.process(each.values, **options)}::text[])"


def among(column: ColumnElement[Any], name: str) -> ColumnElement[bool]:
    """Is the column one of the texts in the list of this name?"""
    return column.op("", is_comparison=True)(_Each(name))


def _flat(value: Any) -> Any:
    """A list as SQLite takes it."""
    return msgspec.json.encode(value).decode() if type(value) is list else value


def columns_of(table: type[SQLModel]) -> Table:
    """The Core table behind a model: rows are plain dicts here, a model a row would cost more than all the rest."""
    columns: Table = table.__table__  # type: ignore[attr-defined]
    return columns


def insert_rows(connection: Connection, table: Table, rows: Rows) -> None:
    """Insert rows that all name the same columns."""
    if not rows:
        return
    names = tuple(rows[0])
    if connection.dialect.name == "sqlite":
        pick = itemgetter(*names)
        _insert_together(connection, table, names, [pick(row) for row in rows])
    else:
        _run_many(connection, _insert(table, names, connection.dialect), rows)


def insert_tuples(
    connection: Connection, table: Table, names: tuple[str, ...], rows: Sequence[tuple[Any, ...]]
) -> None:
    """Insert rows whose values stand in the order of ``names``."""
    if connection.dialect.name == "sqlite":
        _insert_together(connection, table, names, rows)
    else:
        insert_rows(connection, table, [dict(zip(names, row, strict=True)) for row in rows])


def _insert_together(
    connection: Connection, table: Table, names: tuple[str, ...], rows: Sequence[tuple[Any, ...]]
) -> None:
    begun = 0
    for size in TOGETHER:
        words = _insert_of(table, names, size, connection.dialect)
        while begun + size <= len(rows):
            run(connection, words, list(chain.from_iterable(rows[begun : begun + size])))
            begun += size


def update_rows(connection: Connection, table: Table, columns: frozenset[str], rows: Rows) -> None:
    """Set ``columns`` of the rows with these ids, each to its row's values; without columns nothing is to be done."""
    if rows and columns:
        _run_many(connection, _update(table, columns, connection.dialect), rows)


def _run_many(connection: Connection, compiled: Compiled, rows: Rows) -> None:
    words, counted = compiled
    if counted is not None:
        run(connection, words, map(itemgetter(*counted), rows), many=True)
    else:
        run(
            connection, words, [{f"{name}_": value for name, value in row.items()} for row in rows], many=True
        )


def run(connection: Connection, words: str, values: Any = (), *, many: bool = False) -> list[tuple[Any, ...]]:
    """Past SQLAlchemy's own execution, which costs more than a short statement; its errors stay the same."""
    cursor = cast(Any, connection.connection.driver_connection).cursor()
    try:
        (cursor.executemany if many else cursor.execute)(words, values)
        return [] if many else cast(list[tuple[Any, ...]], cursor.fetchall())
    except connection.dialect.loaded_dbapi.Error as error:
        raise _as_ours(connection, cursor, words, error) from error
    finally:
        cursor.close()


def _as_ours(connection: Connection, cursor: Any, words: str, error: Exception) -> BaseException:
    say_less(error)
    dialect = connection.dialect
    lost = dialect.is_disconnect(error, connection.connection.driver_connection, cursor)  # type: ignore[arg-type]
    if lost:
        connection.invalidate(error)
    return DBAPIError.instance(
        words,
        None,
        error,
        dialect.loaded_dbapi.Error,
        hide_parameters=True,
        connection_invalidated=lost,
        dialect=dialect,
    )


def say_less(error: BaseException) -> None:
    """PostgreSQL's errors quote what was to be stored, from their second line on: no log may hold it (attack C56)."""
    if hasattr(error, "diag"):
        error.args = (str(error).partition("\n")[0],)


@lru_cache(maxsize=64)
def _insert(table: Table, names: tuple[str, ...], dialect: Dialect) -> Compiled:
    return _compiled(insert(table).values(_values(names)), dialect)


@lru_cache(maxsize=256)
def _update(table: Table, columns: frozenset[str], dialect: Dialect) -> Compiled:
    return _compiled(
        update(table).where(table.c.id == bindparam("id_")).values(_values(sorted(columns))), dialect
    )


@lru_cache(maxsize=256)
def _insert_of(table: Table, names: tuple[str, ...], size: int, dialect: Dialect) -> str:
    """An insert of so many rows, the values in the order of ``names``."""
    quote = dialect.identifier_preparer.quote
    one = f"({', '.join('?' * len(names))})"
    return (
        f"INSERT INTO {dialect.identifier_preparer.format_table(table)} "
        f"({', '.join(map(quote, names))}) VALUES {', '.join([one] * size)}"
    )


def _values(names: Iterable[str]) -> dict[str, BindParameter[Any]]:
    """A value for each column, named with an underscore behind: an update must not take the id's for its own."""
    return {name: bindparam(f"{name}_") for name in names}


def _compiled(statement: Any, dialect: Dialect) -> Compiled:
    compiled = statement.compile(dialect=dialect)
    counted = getattr(compiled, "positiontup", None)
    return str(compiled), None if counted is None else tuple(name.removesuffix("_") for name in counted)
