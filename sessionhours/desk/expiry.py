"""What is let go of in time: questions that nobody asked to keep, and files of messages that were erased."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from sqlmodel import Session, col, select

from sessionhours.core.schedule import Schedule
from sessionhours.desk import asked, offers
from sessionhours.desk.intake import Reader
from sessionhours.desk.ledger import Ledger
from sessionhours.store.database import Database
from sessionhours.store.lock import alone
from sessionhours.store.tables import Media

#: Seconds between two looks at what waits: what is over is gone soon enough for log and key to follow within the minute.
LOOK = 5.0

#: Seconds between two looks at the files.
SWEEP = 20.0

#: Names asked for at once.
PIECE = 500


class Expiry:
    """Removes offered questions whose hour is over, and brings in those that another process was asked to keep."""

    def __init__(self, database: Database, reader: Reader, clock: Callable[[], datetime]) -> None:
        self.database, self.reader, self.clock = database, reader, clock

    async def step(self) -> None:
        """One look and a pause."""
        await self.look()
        await asyncio.sleep(LOOK)

    async def look(self) -> None:
        """At what waits in every town."""
        await self.database.write(offers.expire, now=self.clock())
        if self.reader.seals is not None:
            for schedule in list(self.reader.schedules().values()):
                await self.database.write(bring_in, self.reader, schedule, now=self.clock())


class Sweep:
    """Removes files that no row knows of: those of messages that were erased, and what a dead process left behind."""

    def __init__(self, database: Database, folder: Path) -> None:
        self.database, self.folder = database, folder

    async def step(self) -> None:
        """One look and a pause."""
        await self.look()
        await asyncio.sleep(SWEEP)

    async def look(self) -> None:
        """The names first, then the rows: a row is always there before its file."""
        found = await asyncio.to_thread(_files, self.folder)
        names = sorted({path.stem for path in found})
        for first in range(0, len(names), PIECE):
            piece = set(names[first : first + PIECE])
            known = await self.database.read(files_known, piece)
            gone = [path for path in found if path.stem in piece - known]
            await asyncio.to_thread(_unlink, gone)


def bring_in(session: Session, reader: Reader, schedule: Schedule, *, now: datetime) -> int:
    """Hold what was kept at another process and only this one can open. How many messages that were."""
    alone(session)
    assert reader.seals is not None
    rows = offers.to_bring_in(session, schedule.town.id, reader.seals)
    if not rows:
        return 0
    ledger = Ledger(session, schedule.town.id, now, reader.seals)
    plan = reader.planner.read(session, schedule, now=now)
    for row in rows:
        if any(line.id == row.line for line in plan.schedule.lines):
            asked.bring_in(session, ledger, reader.keys, plan, row, plan.schedule.line(row.line))
    ledger.store()
    return len(rows)


def files_known(session: Session, names: set[str]) -> set[str]:
    """Those of these names that are a file of a message."""
    return set(session.exec(select(Media.id).where(col(Media.id).in_(names))))


def _files(folder: Path) -> list[Path]:
    return [path for path in folder.iterdir() if path.is_file()] if folder.is_dir() else []


def _unlink(paths: list[Path]) -> None:
    for path in paths:
        path.unlink(missing_ok=True)
