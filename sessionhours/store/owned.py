"""One row by its id, of one town: another town's does not exist. Every id that comes from outside goes through here (C46)."""

from __future__ import annotations

from typing import TypeVar

from sqlmodel import Session, SQLModel, col, select

T = TypeVar("T", bound=SQLModel)


def owned(session: Session, table: type[T], town: str, id: str, *, lock: bool = False) -> T | None:
    """The town's row of that id, or None; with ``lock`` nobody else changes it before the commit."""
    mine = select(table).where(col(table.id) == id, col(table.town) == town)  # type: ignore[attr-defined]
    return session.exec(mine.with_for_update() if lock else mine).first()
