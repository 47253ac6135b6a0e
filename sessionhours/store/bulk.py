"""Many rows in one call of the driver: the statement is compiled once, a row costs no more than its values.

Values reach the driver as they are, so this is for columns of text, numbers, truth values and bytes only.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from operator import itemgetter
from typing import Any

from sqlalchemy import Connection, Dialect, Table, bindparam, insert, update
from sqlalchemy.sql.dml import UpdateBase

Rows = Sequence[Mapping[str, Any]]

#: A statement's words, and the names of its values in the order in which the driver counts them (SQLite), or None.
Compiled = tuple[str, tuple[str, ...] | None]


def insert_rows(connection: Connection, table: Table, rows: Rows) -> None:
    """Insert rows that all name the same columns."""
    if rows:
        _run(connection, _insert(table, tuple(rows[0]), connection.dialect), rows)


def update_rows(connection: Connection, table: Table, columns: frozenset[str], rows: Rows) -> None:
    """Set ``columns`` of the rows with these ids, each to its row's values; without columns nothing is to be done."""
    if rows and columns:
        _run(connection, _update(table, columns, connection.dialect), rows)


def _run(connection: Connection, compiled: Compiled, rows: Rows) -> None:
    words, counted = compiled
    if counted is not None:
        connection.exec_driver_sql(words, list(map(itemgetter(*counted), rows)))
    else:
        connection.exec_driver_sql(
            words, [{f"{name}_": value for name, value in row.items()} for row in rows]
        )


@lru_cache(maxsize=64)
def _insert(table: Table, names: tuple[str, ...], dialect: Dialect) -> Compiled:
    return _compiled(insert(table).values(_values(names)), dialect)


@lru_cache(maxsize=256)
def _update(table: Table, columns: frozenset[str], dialect: Dialect) -> Compiled:
    return _compiled(
        update(table).where(table.c.id == bindparam("id_")).values(_values(sorted(columns))), dialect
    )


def _values(names: Sequence[str]) -> dict[str, Any]:
    """A value for each column, named with an underscore behind: an update must not take the id's for its own."""
    return {name: bindparam(f"{name}_") for name in names}


def _compiled(statement: UpdateBase, dialect: Dialect) -> Compiled:
    compiled = statement.compile(dialect=dialect)
    counted = getattr(compiled, "positiontup", None)
    return str(compiled), None if counted is None else tuple(name.removesuffix("_") for name in counted)
