"""What staff added to a line of the file: series, exception dates and texts (surfaces §3, last paragraph)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Any, Literal

from sessionhours.core.every import parse_every
from sessionhours.core.schedule_rules import ExceptionDate, Line, SessionRule, wall_span


@dataclass(frozen=True)
class Entry:
    """One thing that staff planned for a line. ``data`` holds strings, by kind:

    series ``every``, ``from``, ``to``, ``kind``, ``topic``, ``starting`` and ``until`` (dates or empty);
    exception ``date``, ``from``, ``to`` (empty where closed), ``reason``; text ``text``, under its key. A ``kept`` one
    says that staff know of a contradiction of the file and keep what they planned; its key names both sides.
    """

    id: str
    line: str
    kind: Literal["series", "exception", "text", "kept"]
    key: str
    data: Mapping[str, Any]


def laid_over(line: Line, entries: Iterable[Entry]) -> Line:
    """The line with those of the entries that are its own; on one date staff's exception holds, not the file's."""
    mine = [entry for entry in entries if entry.line == line.id and entry.kind != "kept"]
    if not mine:
        return line
    exceptions = [exception(entry.data) for entry in mine if entry.kind == "exception"]
    dates = {one.date for one in exceptions}
    return replace(
        line,
        sessions=(*line.sessions, *(series(entry.data) for entry in mine if entry.kind == "series")),
        exceptions=(*(one for one in line.exceptions if one.date not in dates), *exceptions),
        texts={**line.texts, **{entry.key: entry.data["text"] for entry in mine if entry.kind == "text"}},
    )


def series(data: Mapping[str, Any]) -> SessionRule:
    """The rule of a series. Raises ValueError (`NotUnderstood` is one) for words that name no recurrence or no time."""
    starting = date.fromisoformat(data["starting"]) if data.get("starting") else None
    until = date.fromisoformat(data["until"]) if data.get("until") else None
    return SessionRule(
        span=wall_span(data["from"], data["to"]),
        recurrence=parse_every(data["every"], starting),
        kind="in_person" if data.get("kind") == "in_person" else "whatsapp",
        topic=data.get("topic", ""),
        since=starting,
        until=until,
        wins=True,
    )


def exception(data: Mapping[str, Any]) -> ExceptionDate:
    """The exception of one date. Raises ValueError."""
    span = wall_span(data["from"], data["to"]) if data.get("from") else None
    return ExceptionDate(date.fromisoformat(data["date"]), span, data.get("reason", ""))
