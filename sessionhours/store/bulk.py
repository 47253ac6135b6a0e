"""Many rows in one call of the driver: the statement is compiled once, a row costs no more than its values.

Values reach the driver as they are, so this is for columns of text, numbers, truth values and bytes only.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from sqlalchemy import Connection, Dialect, Table, bindparam, insert, update
from sqlalchemy.sql.dml import UpdateBase

Rows = Iterable[Mapping[str, Any]]


def insert_rows(connection: Connection, table: Table, rows: Rows) -> None:
    """Insert rows that name every column of the table."""
    _run(connection, _insert(table, connection.dialect), rows)


def update_rows(connection: Connection, table: Table, columns: frozenset[str], rows: Rows) -> None:
    """Set ``columns`` of the rows with these ids, each to its row's values; without columns nothing is to be done."""
    if columns:
        _run(connection, _update(table, columns, connection.dialect), rows)


@dataclass(frozen=True, slots=True)
class Compiled:
    """A statement's words and its values' names; in the order in which the driver counts them, where it counts (SQLite)."""

    words: str
    names: tuple[str, ...]
    counted: bool

    def values(self, row: Mapping[str, Any]) -> Any:
        """A row as the driver takes it; a name's trailing underscore only tells it from a column."""
        if self.counted:
            return tuple([row[name.rstrip("_")] for name in self.names])
        return {name: row[name.rstrip("_")] for name in self.names}


def _run(connection: Connection, compiled: Compiled, rows: Rows) -> None:
    values = [compiled.values(row) for row in rows]
    if values:
        connection.exec_driver_sql(compiled.words, values)


@lru_cache(maxsize=64)
def _insert(table: Table, dialect: Dialect) -> Compiled:
    return _compiled(insert(table).values({column.name: bindparam(column.name) for column in table.columns}), dialect)


@lru_cache(maxsize=256)
def _update(table: Table, columns: frozenset[str], dialect: Dialect) -> Compiled:
    values: dict[str, Any] = {name: bindparam(f"{name}_") for name in sorted(columns)}
    return _compiled(update(table).where(table.c.id == bindparam("id_")).values(values), dialect)


def _compiled(statement: UpdateBase, dialect: Dialect) -> Compiled:
    compiled = statement.compile(dialect=dialect)
    counted = getattr(compiled, "positiontup", None)
    return Compiled(str(compiled), tuple(counted or compiled.params), counted is not None)
