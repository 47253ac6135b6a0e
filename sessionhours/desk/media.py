"""Files of citizens: fetched at once by a job of their own, pictures re-encoded, so that what is kept is a picture only.

The message is there before its picture and stays without it (AC-28).
"""

from __future__ import annotations

import asyncio
import io
import os
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from PIL import Image, ImageOps
from sqlmodel import Session, col, select

from sessionhours.core.delivery import MediaGone, MediaSource
from sessionhours.core.instants import ms
from sessionhours.desk import shapes
from sessionhours.desk.intake import Reader
from sessionhours.desk.loops import LOOK, Bell
from sessionhours.desk.sessions import tell_message
from sessionhours.store.database import Database
from sessionhours.store.tables import Media, Message

#: Types that a browser shows inside our page; everything else is only offered for keeping (attack C19).
SHOWN_TYPES = frozenset({"image/jpeg", "image/png"})

#: Formats that are opened at all, and the most pixels (attack C20).
FORMATS = ("JPEG", "PNG", "WEBP")
MOST_PIXELS = 40_000_000

#: Longest side of what is kept.
LONGEST_SIDE = 2048

#: Waiting times between tries; then the file counts as lost. Meta keeps it for seven days (contract §6).
WAITS = [timedelta(seconds=seconds) for seconds in (2, 5, 15, 60, 300, 1800, 7200, 21600, 43200)]


@dataclass(frozen=True, slots=True)
class Wanted:
    """A file to fetch."""

    id: str
    town: str
    line: str
    meta_id: str
    mime_type: str


class Unusable(ValueError):
    """What came is not what it says, or too large to be opened."""


def path_of(folder: Path, id: str) -> Path:
    """Where a file lies: by our own random id, never by a name that came from outside (attack C23)."""
    return folder / id


class MediaLoop:
    """Fetches what waits, oldest first."""

    def __init__(
        self,
        database: Database,
        reader: Reader,
        clock: Callable[[], datetime],
        source: MediaSource,
        folder: Path,
    ) -> None:
        self.database, self.reader, self.clock, self.source = database, reader, clock, source
        self.folder = folder
        self.bell = Bell()

    async def step(self) -> None:
        """Fetch one file, or wait."""
        wanted = await self.database.read(due, now=self.clock())
        if wanted is None:
            await self.bell.heard(LOOK)
        else:
            await self._fetch(wanted)

    async def _fetch(self, wanted: Wanted) -> None:
        try:
            number = self.reader.schedules()[wanted.town].line(wanted.line).phone_number_id
            data, _ = await self.source.fetch(number, wanted.meta_id)
            mime_type, data = await asyncio.to_thread(cleaned, data, wanted.mime_type)
            await asyncio.to_thread(_keep, path_of(self.folder, wanted.id), data)
        except (MediaGone, Unusable, LookupError) as error:
            await self.database.write(lost, wanted.id, type(error).__name__, now=self.clock())
        except OSError:
            await self.database.write(later, wanted.id, now=self.clock())
        else:
            await self.database.write(here, wanted.id, mime_type, len(data), now=self.clock())


def due(session: Session, *, now: datetime) -> Wanted | None:
    """The file that waits longest, or None."""
    statement = select(Media).where(Media.state == "waiting", Media.due_at <= ms(now))
    row = session.exec(statement.order_by(col(Media.due_at)).limit(1)).first()
    if row is None or row.meta_id is None:
        return None
    return Wanted(row.id, row.town, row.line, row.meta_id, row.mime_type)


def here(session: Session, id: str, mime_type: str, size: int, *, now: datetime) -> None:
    """The file is there. Where its message was erased meanwhile nobody knows of it, and the sweep takes it away."""
    row = session.get(Media, id)
    if row is None:
        return
    row.state, row.mime_type, row.size = "here", mime_type, size
    _tell(session, row, now)


def later(session: Session, id: str, *, now: datetime) -> None:
    """Not this time; after the last try it is lost."""
    row = session.get(Media, id)
    if row is None:
        return None
    if row.tries >= len(WAITS):
        return lost(session, id, "unreachable", now=now)
    row.due_at, row.tries = ms(now + WAITS[row.tries]), row.tries + 1
    session.add(row)


def lost(session: Session, id: str, why: str, *, now: datetime) -> None:
    """It will not come any more; the message says so."""
    row = session.get(Media, id)
    if row is None:
        return
    row.state, row.why = "lost", why
    _tell(session, row, now)


def cleaned(data: bytes, mime_type: str) -> tuple[str, bytes]:
    """A picture without anything but its pixels, or any other file as it is. Raises `Unusable` (attacks C19–C22)."""
    if not mime_type.startswith("image/"):
        return mime_type.split(";")[0], data
    try:
        picture = Image.open(io.BytesIO(data), formats=FORMATS)
        if picture.width * picture.height > MOST_PIXELS:
            raise Unusable("too many pixels")
        turned = ImageOps.exif_transpose(picture)
        turned.thumbnail((LONGEST_SIDE, LONGEST_SIDE))
        return _encoded(turned)
    except Exception as error:  # noqa: BLE001 - a broken picture breaks its decoder in any way it likes
        raise Unusable(type(error).__name__) from None


def _encoded(picture: Image.Image) -> tuple[str, bytes]:
    """Pixels only: comments, profiles and the like would be written again from ``info`` (attack C21)."""
    out, see_through = io.BytesIO(), picture.mode in ("RGBA", "LA", "P")
    bare = picture.convert("RGBA" if see_through else "RGB")
    bare.info.clear()
    if see_through:
        bare.save(out, "PNG")
        return "image/png", out.getvalue()
    bare.save(out, "JPEG", quality=85)
    return "image/jpeg", out.getvalue()


def _keep(path: Path, data: bytes) -> None:
    """Whole or not at all (fault F80)."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    part = path.with_suffix(".part")
    with part.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    part.replace(path)


def _tell(session: Session, row: Media, now: datetime) -> None:
    session.add(row)
    message = session.get(Message, row.message)
    if message is None:
        return
    shown = {
        "id": row.id,
        "state": row.state,
        "mime_type": row.mime_type,
        "filename": row.filename,
        "size": row.size,
    }
    message.media = shapes.dump(shown)
    tell_message(session, message, now)
