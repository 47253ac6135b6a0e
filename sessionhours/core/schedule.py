"""One schedule to every reader: what the file says, with what staff did on top of it (surfaces §3).

Gate, texts, console, public page and feeds all ask here. Instants are aware datetimes, windows half-open; no
clock is read. ``at`` and ``next_after`` are asked for every message that comes in, so each answer is kept
with the stretch of time in which it holds: it always follows from the plan, never from a minute job.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Container, Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from itertools import islice, pairwise

from sessionhours.core.schedule_entries import Entry, laid_over
from sessionhours.core.schedule_overlay import Overlay, standing_one
from sessionhours.core.schedule_plan import standing
from sessionhours.core.schedule_rules import (
    INTAKE_KINDS,
    KINDS,
    Budget,
    Change,
    ExceptionDate,
    HoursRule,
    Kind,
    Language,
    Line,
    Occurrence,
    SessionRule,
    Town,
    WallSpan,
)
from sessionhours.core.schedule_time import local_date

__all__ = [
    "INTAKE_KINDS",
    "KINDS",
    "Budget",
    "Change",
    "Entry",
    "ExceptionDate",
    "HoursRule",
    "Kind",
    "Language",
    "Line",
    "Occurrence",
    "Schedule",
    "SessionRule",
    "Town",
    "UnknownLine",
    "WallSpan",
]

LOOK_AHEAD_DAYS = 41 * 366  # beyond it a rule is taken never to come again
FIRST_BLOCK_DAYS = 8  # how far the first look goes; each further look doubles it
LONGEST_WINDOW_DAYS = 2  # a window of the file ends on the next day at the latest
CHUNK = timedelta(days=32)
MOST_CHUNKS = 64  # kept at once, over all lines
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
FIRST_YEAR, LAST_YEAR = 1971, 2199  # what lies outside is no time anybody wrote at


class UnknownLine(LookupError):
    """The schedule has no such line (any more)."""


@dataclass(frozen=True, slots=True)
class _Stretch:
    """A time in which the answers of ``at`` and ``next_after`` stay the same."""

    begins: datetime
    ends: datetime
    open: Occurrence | None
    next: Occurrence | None


@dataclass(frozen=True)
class Schedule:
    """The windows of one town. Values only: share it between threads, replace it as a whole."""

    town: Town
    lines: tuple[Line, ...]
    retention_days: int = 14
    budget: Budget = field(default_factory=Budget)
    overlay: Overlay = field(default_factory=Overlay)
    # Answers already worked out. Each entry is immutable and set in one step, so threads may race harmlessly.
    _last: dict[str, _Stretch] = field(default_factory=dict, init=False, repr=False, compare=False)
    _chunks: dict[tuple[str, int], list[_Stretch]] = field(
        default_factory=dict, init=False, repr=False, compare=False
    )

    def line(self, id: str) -> Line:
        """The line of that id. Raises `UnknownLine`, a LookupError."""
        for line in self.lines:
            if line.id == id:
                return line
        known = ", ".join(line.id for line in self.lines)
        raise UnknownLine(f"no line {id!r} in {self.town.id}, only {known}")

    def by_phone_number_id(self, phone_number_id: str) -> Line | None:
        """The line that Meta calls by this id."""
        return next((line for line in self.lines if line.phone_number_id == phone_number_id), None)

    def at(self, instant: datetime, *, line: str) -> Occurrence | None:
        """The open window that holds ``instant``: a WhatsApp hour or opening hours, nothing left to decide.

        Where a session lies within opening hours it is the session.
        """
        stretch = self._last.get(line)
        if stretch is not None and stretch.begins <= instant < stretch.ends:
            return stretch.open
        return self._find(instant, line).open

    def next_after(self, instant: datetime, *, line: str) -> Occurrence | None:
        """The first such window that opens after ``instant``, however far away."""
        stretch = self._last.get(line)
        if stretch is not None and stretch.begins <= instant < stretch.ends:
            return stretch.next
        return self._find(instant, line).next

    def occurrences(
        self,
        from_: datetime,
        n: int,
        *,
        line: str | None = None,
        kinds: Container[str] = KINDS,
        undecided: bool = False,
    ) -> list[Occurrence]:
        """The next ``n`` windows that close after ``from_``, by opening; of all lines when ``line`` is None.

        With ``undecided`` also those that wait for a decision.
        """
        lines = self.lines if line is None else (self.line(line),)
        if from_.year > LAST_YEAR:
            return []
        coming = self._coming(from_ if from_.year >= FIRST_YEAR else EPOCH, lines, kinds)
        return list(islice((found for found in coming if undecided or not found.needs_decision), n))

    def between(
        self, first: date, last: date, *, line: str | None = None, kinds: Container[str] = KINDS
    ) -> list[Occurrence]:
        """Every window that begins on a local date in ``first``..``last``, also those that wait for a decision."""
        return self._block(first, last, self.lines if line is None else (self.line(line),), kinds)

    def with_changes(self, changes: Iterable[Change]) -> Schedule:
        """This schedule with what staff did laid over it; of two changes to one window the later holds."""
        return replace(self, overlay=self.overlay.added(self.town, self.lines, changes))

    def with_entries(self, entries: Iterable[Entry]) -> Schedule:
        """This schedule with the series, exception dates and texts that staff added to its lines."""
        entries = list(entries)
        return (
            replace(self, lines=tuple(laid_over(line, entries) for line in self.lines)) if entries else self
        )

    def occurrence(self, line: str, key: str) -> Occurrence | None:
        """The window of that key as it stands now, also one that waits for a decision; None where there is none."""
        if key in self.overlay.replaced:
            return self.overlay.replaced[key]
        found = standing_one(self.town, self.line(line), key)
        return None if found is None or self.overlay.beats(found) else found

    def _find(self, instant: datetime, line: str) -> _Stretch:
        if not FIRST_YEAR <= instant.year <= LAST_YEAR:
            return _Stretch(instant, instant, None, None)
        index = (instant - EPOCH) // CHUNK
        stretches = self._chunks.get((line, index)) or self._chunk(self.line(line), index)
        if len(self._chunks) >= MOST_CHUNKS:
            self._chunks.clear()
        self._chunks[line, index] = stretches
        stretch = stretches[bisect_right(stretches, instant, key=lambda stretch: stretch.begins) - 1]
        self._last[line] = stretch
        return stretch

    def _chunk(self, line: Line, index: int) -> list[_Stretch]:
        begins, ends = EPOCH + index * CHUNK, EPOCH + (index + 1) * CHUNK
        windows: list[Occurrence] = []
        for found in self._coming(begins, (line,), INTAKE_KINDS):
            if found.needs_decision is None and found.opens < found.closes:
                windows.append(found)
                if found.opens > ends:
                    break
        edges = {moment for found in windows for moment in (found.opens, found.closes)}
        inside = [begins, *sorted(moment for moment in edges if begins < moment < ends), ends]
        return [_stretch(windows, begin, end) for begin, end in pairwise(inside)]

    def _coming(
        self, from_: datetime, lines: tuple[Line, ...], kinds: Container[str]
    ) -> Iterator[Occurrence]:
        """All windows that close after ``from_``, in order, looked up in blocks of local dates."""
        begin = local_date(from_, self.town.timezone) - timedelta(days=LONGEST_WINDOW_DAYS)
        yield from self._sorted(self.overlay.running(begin, from_, lines, kinds))
        last = begin + timedelta(days=LOOK_AHEAD_DAYS)
        days = FIRST_BLOCK_DAYS
        while begin <= last:
            end = begin + timedelta(days=days - 1)
            yield from (found for found in self._block(begin, end, lines, kinds) if found.closes > from_)
            begin, days = end + timedelta(days=1), days * 2

    def _block(
        self, first: date, last: date, lines: tuple[Line, ...], kinds: Container[str]
    ) -> list[Occurrence]:
        found = [
            occurrence
            for line in lines
            for occurrence in standing(self.town, line, first, last, kinds)
            if occurrence.key not in self.overlay.replaced and not self.overlay.beats(occurrence)
        ]
        return self._sorted([*found, *self.overlay.between(first, last, lines, kinds)])

    def _sorted(self, found: list[Occurrence]) -> list[Occurrence]:
        order = {line.id: place for place, line in enumerate(self.lines)}
        return sorted(found, key=lambda found: (found.opens, found.closes, order[found.line], found.key))


def _stretch(windows: list[Occurrence], begins: datetime, ends: datetime) -> _Stretch:
    """``windows`` are in order of opening; of several that are open a session comes before hours."""
    held = [found for found in windows if found.opens <= begins < found.closes]
    first = min(held, key=lambda found: found.kind == "hours", default=None)
    return _Stretch(begins, ends, first, next((found for found in windows if found.opens > begins), None))
