"""What staff did on top of the file, as occurrences of their own (surfaces §3, last paragraph)."""

from __future__ import annotations

import re
from collections.abc import Container, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime

from sessionhours.core.schedule_plan import standing
from sessionhours.core.schedule_rules import Change, Kind, Line, Occurrence, Town

_OF_THE_FILE = re.compile(r"(\d{4}-\d{2}-\d{2})T\d{2}:\d{2}(?:#\d+)?", re.ASCII)


@dataclass(frozen=True)
class Overlay:
    """Changes by the key of the occurrence they stand for; None as its value means that it is cancelled.

    ``winners`` are the keys of those that staff planned: what else would overlap them gives way.
    """

    replaced: Mapping[str, Occurrence | None] = field(default_factory=dict)
    winners: frozenset[str] = frozenset()

    def added(self, town: Town, lines: tuple[Line, ...], changes: Iterable[Change]) -> Overlay:
        """This overlay with ``changes`` laid over it, without those of lines that the file no longer has."""
        replaced, winners = dict(self.replaced), set(self.winners)
        by_id = {line.id: line for line in lines}
        for change in changes:
            if line := by_id.get(change.line):
                key = change.key or _free_key(replaced, town, change)
                before = replaced.get(key) or standing_one(town, line, key)
                replaced[key] = _applied(town, line, key, change, before)
                winners |= {key} if change.wins else set()
        return Overlay(replaced, frozenset(winners))

    def beats(self, found: Occurrence) -> bool:
        """Does a session that staff planned stand in the way of this one of the file?"""
        return found.kind != "hours" and any(
            other and other.line == found.line and other.kind == found.kind and _overlap(other, found)
            for other in (self.replaced[key] for key in self.winners)
        )

    def between(
        self, first: date, last: date, lines: tuple[Line, ...], kinds: Container[str]
    ) -> list[Occurrence]:
        """What staff set that begins on a local date in ``first``..``last``."""
        return [found for found in self._set(lines, kinds) if first <= found.date <= last]

    def running(
        self, begin: date, from_: datetime, lines: tuple[Line, ...], kinds: Container[str]
    ) -> list[Occurrence]:
        """What staff set that began before ``begin`` and closes after ``from_``."""
        return [found for found in self._set(lines, kinds) if found.date < begin and found.closes > from_]

    def _set(self, lines: tuple[Line, ...], kinds: Container[str]) -> list[Occurrence]:
        ids = {line.id for line in lines}
        return [
            found for found in self.replaced.values() if found and found.line in ids and found.kind in kinds
        ]


def _overlap(one: Occurrence, other: Occurrence) -> bool:
    return one.opens < other.closes and other.opens < one.closes


def _applied(
    town: Town, line: Line, key: str, change: Change, before: Occurrence | None
) -> Occurrence | None:
    """The occurrence after the change; None when cancelled, or when there is nothing to change any more."""
    opens = change.opens or (before.opens if before else None)
    closes = change.closes or (before.closes if before else None)
    if change.cancelled or opens is None or closes is None:
        return None
    local_opens, local_closes = opens.astimezone(town.timezone), closes.astimezone(town.timezone)
    return Occurrence(
        line=line.id,
        key=key,
        kind=change.kind or (before.kind if before else "whatsapp"),
        title=change.title or (before.title if before else line.title),
        topic=change.topic or (before.topic if before else ""),
        opens=opens,
        closes=closes,
        date=local_opens.date(),
        from_=local_opens.time().replace(fold=0),
        to=local_closes.time().replace(fold=0),
        note=before.note if before else None,
    )


def standing_one(town: Town, line: Line, key: str) -> Occurrence | None:
    """The occurrence of the file that ``key`` names, if the file still makes it."""
    day = _day_of(line, key)
    if day is None:
        return None
    return next((found for found in standing(town, line, day, day) if found.key == key), None)


def heir(
    town: Town, line: Line, key: str, kind: Kind, taken: Container[str] = frozenset()
) -> Occurrence | None:
    """The window that the file has on the day of a key that it no longer has: what that window was moved to.

    ``taken`` are keys that have a session of their own. None where the file still has the key, or nothing in its place.
    """
    day = _day_of(line, key)
    if day is None:
        return None
    windows = standing(town, line, day, day)
    if any(found.key == key for found in windows):
        return None
    return next((found for found in windows if found.kind == kind and found.key not in taken), None)


def _day_of(line: Line, key: str) -> date | None:
    """The date in a key of the file; None for one that staff made."""
    match = _OF_THE_FILE.fullmatch(key.removeprefix(f"{line.id}/"))
    try:
        return date.fromisoformat(match[1]) if match else None
    except ValueError:
        return None


def _free_key(replaced: Mapping[str, Occurrence | None], town: Town, change: Change) -> str:
    """A key for an extra window that no window of the file can have."""
    if change.opens is None:
        raise ValueError("a change without a key is an extra window and needs opens and closes")
    local = change.opens.astimezone(town.timezone)
    key = f"{change.line}/{local:%Y-%m-%dT%H:%M}+"
    while key in replaced:
        key += "+"
    return key
