"""Series and exceptions that staff added, and where the file contradicts what they planned (console.md §6.6)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from sessionhours.core import words
from sessionhours.core.schedule import Entry
from sessionhours.desk import conflicts, planning_view
from sessionhours.desk.conflicts import Conflict
from sessionhours.desk.plan import Planner
from sessionhours.server.planning_forms import Form, confirmed, given
from sessionhours.server.planning_visit import Door, Visit


@dataclass(frozen=True, slots=True)
class EntryView:
    """A series or an exception: what it is called, its hours, and what else there is to say."""

    id: str
    said: str
    hours: str
    extra: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Entries:
    """What staff planned beside single sessions."""

    series: tuple[EntryView, ...]
    exceptions: tuple[EntryView, ...]


async def entries(door: Door, visit: Visit) -> Entries:
    """All of a town; series and exceptions that are over are left out."""
    read = await door.database.read(planning_view.entries, visit.file)
    coming = sorted((one for one in read if not _over(visit, one)), key=_order)
    return Entries(
        series=tuple(_series(visit, one) for one in coming if one.kind == "series"),
        exceptions=tuple(_exception(visit, one) for one in coming if one.kind == "exception"),
    )


async def command(door: Door, visit: Visit, form: Form) -> tuple[str, Mapping[str, Any]] | None:
    """The command that a form of the month's page asks for; None where there is nothing (any more) to do."""
    match form["do"]:
        case "series_end":
            return "series.end", {"series": form["series"], **given(form, ("until",)), **confirmed(form)}
        case "exception_remove":
            return "exception.remove", {"exception": form["exception"], **confirmed(form)}
        case "keep" | "restore":
            found = await door.database.read(conflicts.conflicts, Planner(), visit.file, visit.now)
            wanted = next((one for one in found if one.id == form["conflict"]), None)
            return _settles(wanted, form) if wanted else None
    return None


def _settles(conflict: Conflict, form: Form) -> tuple[str, Mapping[str, Any]] | None:
    asked = conflict.keep if form["do"] == "keep" else conflict.restore
    if asked is None:
        return None
    name, data = asked
    may_ask = name in ("session.restore", "series.end", "exception.remove")
    return name, {**data, **(confirmed(form) if may_ask else {})}


def _over(visit: Visit, entry: Entry) -> bool:
    last = entry.data.get("until" if entry.kind == "series" else "date")
    today = visit.now.astimezone(visit.zone).date()
    return bool(last) and date.fromisoformat(str(last)) < today


def _order(entry: Entry) -> str:
    return str(entry.data.get("starting") or entry.data.get("date") or "")


def _series(visit: Visit, entry: Entry) -> EntryView:
    data = entry.data
    return EntryView(
        entry.id, str(data["every"]), _hours(data), tuple(_span(visit, data)) + _about(visit, entry)
    )


def _exception(visit: Visit, entry: Entry) -> EntryView:
    said = words.short_day(date.fromisoformat(entry.data["date"]), visit.language)
    hours = _hours(entry.data) if entry.data.get("from") else visit.text("entry.closed")
    reason = (str(entry.data["reason"]),) if entry.data.get("reason") else ()
    return EntryView(entry.id, said, hours, reason + _about(visit, entry))


def _hours(data: Mapping[str, Any]) -> str:
    return f"{data['from']}–{data['to']}"


def _span(visit: Visit, data: Mapping[str, Any]) -> Iterator[str]:
    for name, key in (("starting", "since"), ("until", "until")):
        if data.get(name):
            day = words.day(date.fromisoformat(data[name]), visit.language)
            yield visit.text(f"entry.{key}", date=day)
    if data.get("kind") == "in_person":
        yield visit.text("kind.in_person")
    if data.get("topic"):
        yield visit.text("topic", topic=str(data["topic"]))


def _about(visit: Visit, entry: Entry) -> tuple[str, ...]:
    """Which line, where a town has several."""
    several = len(visit.schedule.lines) > 1
    return tuple(line.title for line in visit.schedule.lines if several and line.id == entry.line)
