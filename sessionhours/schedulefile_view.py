"""What `check`, `next` and `preset` print (surfaces §1)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

from sessionhours.core import words
from sessionhours.core.schedule import Line, Occurrence, Schedule
from sessionhours.core.schedule_plan import holiday
from sessionhours.core.texts import AWAY, missing, template
from sessionhours.schedulefile_table import near

PRESETS = Path(__file__).parent / "presets"
SHOWN = 10  # occurrences a line
ONLY_INSIDE = ("{ends}", "{minutes_left}")  # placeholders that stand for nothing outside the hours

_WORDS = {
    "whatsapp": ("WhatsApp", "WhatsApp"),
    "in_person": ("Präsenz", "in person"),
    "hours": ("Öffnungszeit", "opening hours"),
    "decide": ("braucht eine Entscheidung: {why}", "needs a decision: {why}"),
    "note": ("Hinweis: {what}", "note: {what}"),
    "no_date": ("kein Termin geplant", "no date is planned"),
    "no_alternatives": (
        "town.alternatives fehlt: kein Text nennt einen anderen Weg als WhatsApp",
        "town.alternatives is missing: no text tells another way than WhatsApp",
    ),
    "no_privacy": (
        "town.privacy_url fehlt: kein Text nennt die Datenschutzhinweise",
        "town.privacy_url is missing: no text tells where the privacy notice is",
    ),
    "no_region": (
        "region fehlt: gesetzliche Feiertage werden nicht beachtet",
        "region is missing: public holidays are not looked at",
    ),
    "text_lacks": ("der Text {key} sagt nichts zu {need}", "the text {key} says nothing of {need}"),
    "text_unknown": (
        "der Text {key} nennt {what}, was dort nie feststeht; der Satz entfällt",
        "the text {key} names {what}, which is never known there; that sentence is left out",
    ),
    "date_on_holiday": (
        "{day} ist {why}; der ausgeschriebene Termin gilt",
        "{day} is {why}; the written-out date stands",
    ),
    "idle_exception": (
        "die Ausnahme am {day} trifft auf keine Regel",
        "the exception on {day} meets no rule",
    ),
}


def check_lines(schedule: Schedule, from_: datetime) -> list[str]:
    """What `check` prints of a good schedule: the next ten occurrences a line, then notes."""
    printed = [schedule.town.name]
    for line in schedule.lines:
        printed.append(f"{line.title} ({line.id})")
        coming = schedule.occurrences(from_, SHOWN, line=line.id, undecided=True)
        printed += [f"  {_coming(schedule, each)}" for each in coming]
        if not coming:
            printed.append(f"  {_say(schedule, 'no_date')}")
    return printed + [_say(schedule, "note", what=note) for note in notes(schedule)]


def next_rows(schedule: Schedule, line: str | None, from_: datetime, n: int) -> list[dict[str, Any]]:
    """What `next --json` prints: instants with the town's offset. Raises LookupError for an unknown line."""
    coming = schedule.occurrences(from_, n, line=line, undecided=True)
    zone = schedule.town.timezone
    return [
        {
            "line": each.line,
            "kind": each.kind,
            "title": each.title,
            "topic": each.topic,
            "opens": each.opens.astimezone(zone).isoformat(),
            "closes": each.closes.astimezone(zone).isoformat(),
            "needs_decision": each.needs_decision,
        }
        for each in coming
    ]


def notes(schedule: Schedule) -> list[str]:
    """What is allowed in a schedule and yet worth a second look."""
    town = schedule.town
    absent = [
        code
        for code, value in (
            ("no_alternatives", town.alternatives),
            ("no_privacy", town.privacy_url),
            ("no_region", town.region),
        )
        if not value
    ]
    found = [_say(schedule, code) for code in absent]
    for line in schedule.lines:
        found += [*_text_notes(schedule, line), *_date_notes(schedule, line)]
    return found


def preset_names() -> list[str]:
    """The shipped town presets."""
    return sorted(file.stem for file in PRESETS.glob("*.toml"))


def preset_text(name: str) -> str:
    """A preset as a schedule file to begin from. Raises LookupError with the names there are."""
    names = preset_names()
    if name not in names:
        raise LookupError(f"no preset {name!r}{near(name, names)}, only {', '.join(names)}")
    return (PRESETS / f"{name}.toml").read_text(encoding="utf-8")


def _coming(schedule: Schedule, occurrence: Occurrence) -> str:
    town = schedule.town
    parts = [
        f"{words.span(occurrence, town.timezone, town.language)} · {_say(schedule, occurrence.kind)}",
        *([occurrence.topic] if occurrence.topic else []),
        *([_say(schedule, "decide", why=occurrence.needs_decision)] if occurrence.needs_decision else []),
        *([occurrence.note] if occurrence.note else []),
    ]
    return " · ".join(parts)


def _text_notes(schedule: Schedule, line: Line) -> Iterator[str]:
    """Away texts of the line's own that leave out what every away text should tell (AC-10)."""
    for key in sorted(AWAY & line.texts.keys()):
        for need in missing(template(line, schedule.town, key, schedule.town.language), schedule.town):
            if (key, need) != ("outside_none", "next_session"):
                yield _say(schedule, "text_lacks", key=f"{line.id}.{key}", need=need)
    for key, text in sorted(line.texts.items()):
        for what in ONLY_INSIDE:
            if key.removesuffix("_en") in AWAY and what in text:
                yield _say(schedule, "text_unknown", key=f"{line.id}.{key}", what=what)


def _date_notes(schedule: Schedule, line: Line) -> Iterator[str]:
    town = schedule.town
    for rule in line.sessions:
        if rule.on and (why := holiday(town, rule.on)):
            yield _say(schedule, "date_on_holiday", day=words.day(rule.on, town.language), why=why)
    for day, exceptions in sorted(line.exceptions_by_date.items()):
        falls = any(rule.recurrence and rule.recurrence.falls_on(day) for rule in line.sessions)
        if exceptions[0].span is None and not falls and not line.week[day.weekday()]:
            yield _say(schedule, "idle_exception", day=words.day(day, town.language))


def _say(schedule: Schedule, code: str, **values: str) -> str:
    text = _WORDS[code][0 if schedule.town.language == "de" else 1]
    for name, value in values.items():
        text = text.replace(f"{{{name}}}", value)
    return text
