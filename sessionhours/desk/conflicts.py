"""Where the schedule file contradicts what staff planned: both sides, and what settles it.

The announced session wins until a person decides: back to the file (`session.restore`, `series.end`), or `session.keep`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal

from sqlmodel import Session, col, select

from sessionhours.core import words
from sessionhours.core.instants import instant, ms
from sessionhours.core.schedule import Entry, Kind, Line, Occurrence, Schedule
from sessionhours.core.schedule_entries import series
from sessionhours.core.schedule_overlay import heir, standing_one
from sessionhours.core.schedule_time import local_date, window
from sessionhours.desk import notices
from sessionhours.desk.plan import NOW, Plan, Planner
from sessionhours.desk.shapes import load
from sessionhours.store.tables import HourSession, PlanEntry

#: How far ahead a series of staff is held against the file.
AHEAD = timedelta(days=366)

#: Looked for anew so often (milliseconds), also where nothing changed: a notice that was lost is told then.
ANEW = 600_000

Code = Literal["moved", "removed", "overlap", "series", "line"]
Command = tuple[str, dict[str, Any]]

_NOTHING = "nichts"
_NO_LINE = "die Leitung {line} nicht mehr"


@dataclass(frozen=True)
class Conflict:
    """One contradiction. ``ours`` is what stands and ``file`` what the file has in its place, each in words.

    ``id`` names both sides as they are now. ``keep`` and ``restore`` are the commands (name, data) that settle it for
    the one and the other; None where there is none.
    """

    id: str
    code: Code
    line: str
    title: str
    ours: str
    file: str
    session: str | None = None
    entry: str | None = None
    view: Occurrence | None = None
    keep: Command | None = None
    restore: Command | None = None

    @property
    def sentence(self) -> str:
        """The contradiction as one sentence."""
        return f"{self.title}: Geplant ist {self.ours}; in der Datei steht {self.file}."


def conflicts(session: Session, planner: Planner, schedule: Schedule, now: datetime) -> list[Conflict]:
    """Every contradiction there is, those of single sessions first."""
    planned = planner.planned(session, schedule)
    plan = planner.plan(session, schedule, now=now)
    entries = read(session, schedule.town.id)
    look = _Look(schedule, planned, plan, entries, now)
    found = [*_of_sessions(look), *_overlaps(look), *_of_series(look), *_of_lines(look)]
    kept = {entry.key for entry in entries if entry.kind == "kept"}
    return [one for one in found if one.id not in kept]


def look(session: Session, planner: Planner, schedule: Schedule, now: datetime) -> None:
    """Tell the admin of each contradiction once and take back what was settled; nothing to do while nothing changed."""
    session.flush()
    seen = (planner.read(session, schedule, now=now), ms(now) // ANEW)
    before = planner.looked.get(schedule.town.id)
    if before is None or before[0] is not seen[0] or before[1] != seen[1]:
        found = {one.id: one.sentence for one in conflicts(session, planner, schedule, now)}
        notices.plan_conflicts(session, schedule, found, now=now)
        planner.looked[schedule.town.id] = seen


def read(session: Session, town: str) -> list[Entry]:
    """What staff planned beside single sessions, the oldest first."""
    rows = session.exec(
        select(PlanEntry).where(PlanEntry.town == town).order_by(col(PlanEntry.at), col(PlanEntry.id))
    )
    return [entry_of(row) for row in rows]


def entry_of(row: PlanEntry) -> Entry:
    """The row as a value."""
    return Entry(row.id, row.line, row.kind, row.key, load(row.data))  # type: ignore[arg-type]


def file_view(planned: Schedule, row: HourSession, taken: frozenset[str]) -> Occurrence | None:
    """What the file, with staff's series and exceptions, has in the place of this session; None where nothing.

    ``taken`` are the keys of all sessions that have a row.
    """
    line = _line(planned, row.line)
    if line is None or not row.occurrence:
        return None
    kind: Kind = "in_person" if row.kind == "in_person" else "whatsapp"
    own = standing_one(planned.town, line, row.occurrence)
    if own is not None:
        return own if own.kind == kind else None
    return heir(planned.town, line, row.occurrence, kind, taken)


def said(found: Occurrence | None) -> tuple[int | None, int | None]:
    """Its start and end in milliseconds, or twice None."""
    return (None, None) if found is None else (ms(found.opens), ms(found.closes))


# -- one kind each -------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Look:
    """What is held against each other: the file alone, with staff's entries, and with their single sessions too."""

    file: Schedule
    planned: Schedule
    plan: Plan
    entries: list[Entry]
    now: datetime

    def when(self, opens: datetime, closes: datetime) -> str:
        zone, language = self.file.town.timezone, self.file.town.language
        opens, closes = opens.astimezone(zone), closes.astimezone(zone)
        return f"{words.day(opens.date(), language)}, {words.hours(opens, closes, language)}"

    def changed(self, *states: str) -> list[HourSession]:
        """Single sessions that staff planned or changed and that are to come."""
        rows = [row for row in self.plan.sessions.values() if row.changed and row.state in states]
        return [row for row in rows if NOW not in str(row.occurrence)]


def _of_sessions(look: _Look) -> Iterator[Conflict]:
    """The file moved or removed what staff changed."""
    taken = frozenset(look.plan.sessions)
    for row in look.changed("announced", "lobby", "cancelled"):
        view = file_view(look.planned, row, taken)
        ours = (None, None) if row.state == "cancelled" else (row.opens, row.closes)
        over = row.closes <= ms(look.now) and (view is None or view.closes <= look.now)
        if (
            said(view) not in ((row.file_opens, row.file_closes), ours)
            and not over
            and _line(look.file, row.line)
        ):
            yield Conflict(
                f"{row.id}|{said(view)}",
                "moved" if view else "removed",
                row.line,
                row.title,
                _ours(look, row),
                look.when(view.opens, view.closes) if view else _NOTHING,
                session=row.id,
                view=view,
                keep=("session.keep", {"session": row.id}),
                restore=("session.restore", {"session": row.id}),
            )


def _overlaps(look: _Look) -> Iterator[Conflict]:
    """A session of the file gives way to one that staff planned at the same time."""
    for row in look.changed("announced", "lobby"):
        for found in _in_the_way(look, row):
            yield Conflict(
                f"{row.id}|{found.key}|{said(found)}",
                "overlap",
                row.line,
                row.title,
                _ours(look, row),
                look.when(found.opens, found.closes),
                session=row.id,
                view=found,
                keep=("session.keep", {"session": row.id}),
                restore=("session.restore", {"session": row.id}),
            )


def _in_the_way(look: _Look, row: HourSession) -> list[Occurrence]:
    if _line(look.planned, row.line) is None:
        return []
    day = local_date(instant(row.opens), look.file.town.timezone)
    there = look.planned.between(
        day - timedelta(days=2), day + timedelta(days=1), line=row.line, kinds=(row.kind,)
    )
    replaced = look.plan.schedule.overlay.replaced
    return [
        found
        for found in there
        if found.key not in replaced and ms(found.opens) < row.closes and row.opens < ms(found.closes)
    ]


def _of_series(look: _Look) -> Iterator[Conflict]:
    """The file has sessions at the time of a series that staff planned: they give way."""
    for entry in look.entries:
        line = _line(look.planned, entry.line)
        if entry.kind == "series" and line is not None:
            clash = _first_clash(look, entry, line)
            if clash is not None:
                yield _series_conflict(look, entry, *clash)


def _first_clash(look: _Look, entry: Entry, line: Line) -> tuple[datetime, datetime, Occurrence] | None:
    rule, today = series(entry.data), local_date(look.now, look.file.town.timezone)
    there = look.file.between(today - timedelta(days=2), today + AHEAD, line=line.id, kinds=(rule.kind,))
    for day in rule.dates(today, today + AHEAD):
        opens, closes = window(day, rule.span, look.file.town.timezone)
        for found in there if day not in line.exceptions_by_date else ():
            same = (found.opens, found.closes) == (opens, closes)
            if found.opens < closes and opens < found.closes and not same:
                return opens, closes, found
    return None


def _series_conflict(
    look: _Look, entry: Entry, opens: datetime, closes: datetime, found: Occurrence
) -> Conflict:
    last, today = found.date - timedelta(days=1), local_date(look.now, look.file.town.timezone)
    until = {"until": last.isoformat()} if last >= today else {}
    return Conflict(
        f"{entry.id}|{found.from_:%H:%M}-{found.to:%H:%M}",
        "series",
        entry.line,
        f"Serie „{entry.data['every']}“",
        look.when(opens, closes),
        look.when(found.opens, found.closes),
        entry=entry.id,
        view=found,
        keep=("session.keep", {"session": entry.id}),
        restore=("series.end", {"series": entry.id, **until}),
    )


def _of_lines(look: _Look) -> Iterator[Conflict]:
    """The file no longer has the line."""
    for entry in look.entries:
        if entry.kind != "kept" and _line(look.file, entry.line) is None:
            what, undo = _undone(entry)
            gone = _NO_LINE.format(line=entry.line)
            yield Conflict(
                f"{entry.id}|line", "line", entry.line, entry.line, what, gone, entry=entry.id, restore=undo
            )
    for row in look.changed("announced"):
        if _line(look.file, row.line) is None and row.opens > ms(look.now):
            yield Conflict(
                f"{row.id}|line",
                "line",
                row.line,
                row.title,
                _ours(look, row),
                _NO_LINE.format(line=row.line),
                session=row.id,
                restore=("session.restore", {"session": row.id}),
            )


def _undone(entry: Entry) -> tuple[str, Command]:
    """What an entry is, in words, and the command that takes it away."""
    data: Mapping[str, Any] = entry.data
    if entry.kind == "series":
        return f"die Serie „{data['every']}“, {data['from']}–{data['to']}", (
            "series.end",
            {"series": entry.id},
        )
    if entry.kind == "exception":
        return f"die Ausnahme am {data['date']}", ("exception.remove", {"exception": entry.id})
    return f"der Text „{entry.key}“", ("texts", {"line": entry.line, "key": entry.key, "text": ""})


def _ours(look: _Look, row: HourSession) -> str:
    when = look.when(instant(row.opens), instant(row.closes))
    return f"{when} (abgesagt)" if row.state == "cancelled" else when


def _line(schedule: Schedule, id: str) -> Line | None:
    return next((line for line in schedule.lines if line.id == id), None)
