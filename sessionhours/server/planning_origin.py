"""Where a date comes from: the schedule file or the planning, a series (which one, in words) or one date."""

from __future__ import annotations

from datetime import date

from sessionhours.core import words
from sessionhours.core.schedule import Language, Occurrence, Schedule, SessionRule
from sessionhours.server.planning_view import DateView, when
from sessionhours.server.planning_visit import Visit


def says_file(visit: Visit, view: DateView) -> str:
    """What the schedule file says of this date, in words; empty where it says nothing."""
    planned = view.planned
    found = _occurrence(visit.file, view) or (planned.file if planned and planned.conflict else None)
    return when(visit, found.opens, found.closes) if found else ""


def goes_back_to(visit: Visit, view: DateView) -> str:
    """What holds again once what staff did to this one date is taken back; empty where nothing is left of it then."""
    found = view.planned.file if view.planned else None
    return when(visit, found.opens, found.closes) if found else ""


def way_back(visit: Visit, view: DateView) -> str:
    """Where taking back leads: ``restore`` to the file, ``restore_series`` to a series of staff, ``restore_gone`` nowhere."""
    if not goes_back_to(visit, view):
        return "restore_gone"
    return "restore" if says_file(visit, view) else "restore_series"


def origin(visit: Visit, view: DateView) -> str:
    """Where a date comes from: the file or this page, a series (which one) or one date."""
    how = view.planned.origin if view.planned else "file"
    if how in ("added", "opened", "exception"):
        return visit.text(f"from.{how}")
    ours = [rule for rule in _rules(visit.schedule, view) if rule.wins]
    return _named(visit, ours, "here") if ours else _named(visit, _rules(visit.file, view), "file")


def rhythm(rule: str, language: Language) -> str:
    """A recurrence in words, where it is a plain one: "jeden ersten Donnerstag im Monat"; else empty."""
    parts = dict(part.split("=", 1) for part in rule.split(";") if "=" in part)
    days = parts.pop("BYDAY", "").split(",")
    frequency, interval = parts.pop("FREQ", ""), parts.pop("INTERVAL", "1")
    parts.pop("WKST", None)
    if parts or not all(days):
        return ""
    names = [_weekday(day, language) for day in days]
    if not all(names):
        return ""
    joined = (" und " if language == "de" else " and ").join(names)
    return _every(frequency, interval, joined, language)


def _named(visit: Visit, rules: list[SessionRule], where: str) -> str:
    recurring = [rule.recurrence for rule in rules if rule.recurrence]
    if len(recurring) < len(rules) or not recurring:
        return visit.text(f"from.{where}")
    said = rhythm(recurring[0].rule, visit.language)
    return visit.text(f"from.{where}_series") + (f": {said}" if said else "")


def _rules(schedule: Schedule, view: DateView) -> list[SessionRule]:
    """The rules that bring something on the day in the key of a date."""
    day = date.fromisoformat(view.key.removeprefix(f"{view.line}/")[:10])
    there = [rule for line in schedule.lines if line.id == view.line for rule in line.sessions]
    return [rule for rule in there if rule.kind == view.kind and (rule.on == day or rule.recurs_on(day))]


def _occurrence(schedule: Schedule, view: DateView) -> Occurrence | None:
    there = any(line.id == view.line for line in schedule.lines)
    return schedule.occurrence(view.line, view.key) if there else None


def _every(frequency: str, interval: str, days: str, language: Language) -> str:
    german = language == "de"
    match frequency, interval:
        case "WEEKLY", "1":
            return f"jeden {days}" if german else f"every {days}"
        case "WEEKLY", _:
            return f"alle {interval} Wochen am {days}" if german else f"every {interval} weeks on {days}"
        case "MONTHLY", "1":
            return f"jeden {days} im Monat" if german else f"the {days} of each month"
    return ""


_PLACES = {
    "de": {"1": "ersten", "2": "zweiten", "3": "dritten", "4": "vierten", "5": "fünften", "-1": "letzten"},
    "en": {"1": "first", "2": "second", "3": "third", "4": "fourth", "5": "fifth", "-1": "last"},
}
_CODES = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")


def _weekday(code: str, language: Language) -> str:
    """ "1TH" as "ersten Donnerstag"."""
    place, day = code[:-2], code[-2:]
    if day not in _CODES or (place and place not in _PLACES[language]):
        return ""
    name = words.WEEKDAYS[language][_CODES.index(day)]
    return f"{_PLACES[language][place]} {name}" if place else name
