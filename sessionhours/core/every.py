"""Which dates a recurrence falls on: `every` words in German and English, and RRULE (RFC 5545).

Everything here is dates without a zone. A recurrence that is expanded in UTC moves by an hour when the clocks
change; expanded in local dates and localised afterwards it does not.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import lru_cache

from dateutil.rrule import rrulestr

MOST_COUNTED = 1000  # dates; a COUNT beyond it is a slip of the keyboard
PROBE_FROM = date(2000, 1, 1)  # where a rule that names no start is asked whether it ever falls on a date
PROBE_YEARS = 41  # the calendar repeats after 28 years, except around a century

CODES = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
WEEKDAYS = {
    name: number
    for number, names in enumerate(
        (
            "monday mon montag montags mo",
            "tuesday tue tues dienstag dienstags di",
            "wednesday wed mittwoch mittwochs mi",
            "thursday thu thur thurs donnerstag donnerstags do",
            "friday fri freitag freitags fr",
            "saturday sat samstag samstags sonnabend sonnabends sa",
            "sunday sun sonntag sonntags so",
        )
    )
    for name in names.split()
}
ORDINALS = {
    name: number
    for number, names in (
        (1, "first 1st 1. erster ersten erste"),
        (2, "second 2nd 2. zweiter zweiten zweite"),
        (3, "third 3rd 3. dritter dritten dritte"),
        (4, "fourth 4th 4. vierter vierten vierte"),
        (5, "fifth 5th 5. fünfter fünften fünfte"),
        (-1, "last letzter letzten letzte"),
    )
    for name in names.split()
}
NUMBERS = {"two": 2, "three": 3, "four": 4, "zwei": 2, "drei": 3, "vier": 4}
JOINERS = {"and", "und", "&"}

_WEEKS = re.compile(r"(?:every|each|alle) (\d+|[a-z]+) (?:weeks|wochen) (?:on |am |an |jeweils )?(.+)")
_ONE_WEEK = re.compile(r"(?:every|each|jede) (?:week|woche) (?:on |am |an )?(.+)")
_OTHER = re.compile(r"every other (.+)")
_EACH = re.compile(r"(?:every|each|jeden|jede|jeder|am|on) (.+)")
_MONTH = re.compile(r"(.+?) (?:of (?:the|each|every) month|(?:im|des|jeden|eines jeden) monats?)")
_PARTS = {
    *("FREQ", "INTERVAL", "COUNT", "UNTIL", "WKST", "BYDAY", "BYMONTH"),
    *("BYMONTHDAY", "BYYEARDAY", "BYWEEKNO", "BYSETPOS", "BYEASTER"),
}
_DAY_PARTS = {"BYDAY", "BYMONTHDAY", "BYYEARDAY", "BYWEEKNO", "BYEASTER"}
_FREQUENCIES = ("DAILY", "WEEKLY", "MONTHLY", "YEARLY")


class NotUnderstood(ValueError):
    """A recurrence that cannot be read: ``code`` names why, ``values`` what the sentence about it needs."""

    def __init__(self, code: str, **values: str) -> None:
        self.code = code
        self.values = values
        super().__init__(code, values)


@dataclass(frozen=True)
class Recurrence:
    """The dates of one rule, from ``starting`` to ``until``, both included.

    ``rule`` is an RRULE without COUNT and UNTIL whose day parts are all written out, so that it can be
    expanded from any period; ``counted`` holds the dates of a rule that had a COUNT.
    """

    rule: str
    frequency: str
    interval: int = 1
    week_start: int = 0
    starting: date | None = None
    until: date | None = None
    counted: tuple[date, ...] | None = None

    def dates(self, first: date, last: date) -> list[date]:
        """Every date in ``first``..``last`` (both included), ascending."""
        first = max(first, self.starting or first)
        last = min(last, self.until or last)
        if last < first:
            return []
        if self.counted is not None:
            return [day for day in self.counted if first <= day <= last]
        return [day for day in self._from(self._anchor(first), last) if first <= day]

    def falls_on(self, day: date) -> bool:
        """Whether the rule makes ``day``."""
        return day in self.dates(day, day)

    def ever(self) -> bool:
        """Whether the rule makes any date at all (30 February never comes)."""
        if self.counted is not None:
            return bool(self.counted)
        begin = self.starting or PROBE_FROM
        return any(True for _ in self._from(self._anchor(begin), begin + timedelta(days=366 * PROBE_YEARS)))

    def _from(self, anchor: date, last: date) -> Iterator[date]:
        rule = rrulestr(f"{self.rule};UNTIL={last:%Y%m%d}", dtstart=datetime.combine(anchor, time()))
        return (moment.date() for moment in rule)

    def _anchor(self, first: date) -> date:
        """The begin of the period that holds ``first`` and is whole intervals after ``starting``'s.

        dateutil counts from its dtstart on: without this a daily rule of 2019 walks through every day since.
        """
        origin = self.starting or first
        if self.frequency == "DAILY":
            return first - timedelta(days=(first - origin).days % self.interval)
        if self.frequency == "WEEKLY":
            begin = origin - timedelta(days=(origin.weekday() - self.week_start) % 7)
            return first - timedelta(days=(first - begin).days % (7 * self.interval))
        if self.frequency == "MONTHLY":
            months = _months(first) - (_months(first) - _months(origin)) % self.interval
            return date(months // 12, months % 12 + 1, 1)
        return date(first.year - (first.year - origin.year) % self.interval, 1, 1)


def parse_every(text: str, starting: date | None = None) -> Recurrence:
    """Read `every` words (surfaces §3): "first thursday", "jeden Donnerstag", "alle 2 Wochen am Donnerstag".

    Raises NotUnderstood: ``every_unknown`` (word), ``every_starting``, ``every_ambiguous``, ``every_mixed``.
    """
    words = " ".join(text.lower().replace(",", " ").split())
    interval, words, monthly, each = _frame(words)
    groups = list(_groups(words))
    if interval > 1 or not any(ordinals for ordinals, _ in groups):
        return _weekly(groups, interval, starting)
    if each and not monthly and any(n in (2, 3, 4, 5) for ordinals, _ in groups for n in ordinals):
        raise NotUnderstood("every_ambiguous", text=text)
    if not all(ordinals for ordinals, _ in groups):
        raise NotUnderstood("every_mixed", text=text)
    days = [f"{n}{CODES[day]}" for ordinals, weekdays in groups for day in weekdays for n in ordinals]
    return Recurrence(f"FREQ=MONTHLY;BYDAY={','.join(days)}", "MONTHLY", starting=starting)


def _weekly(groups: list[tuple[list[int], list[int]]], interval: int, starting: date | None) -> Recurrence:
    if any(ordinals for ordinals, _ in groups):
        raise NotUnderstood("every_mixed", text="")
    if interval > 1 and starting is None:
        raise NotUnderstood("every_starting", interval=str(interval))
    days = ",".join(CODES[day] for _, weekdays in groups for day in weekdays)
    return Recurrence(f"FREQ=WEEKLY;INTERVAL={interval};BYDAY={days}", "WEEKLY", interval, starting=starting)


def _frame(words: str) -> tuple[int, str, bool, bool]:
    """Take off what stands around the weekdays: (weeks between, the rest, "of the month", "every")."""
    if match := _WEEKS.fullmatch(words):
        count = NUMBERS.get(match[1]) or (int(match[1]) if match[1].isdecimal() else 0)
        if not 1 <= count <= 52:
            raise NotUnderstood("every_unknown", word=match[1])
        return count, match[2], False, True
    if match := _ONE_WEEK.fullmatch(words):
        return 1, match[1], False, True
    if match := _OTHER.fullmatch(words):
        return 2, match[1], False, True
    each = _EACH.fullmatch(words)
    words = each[1] if each else words
    month = _MONTH.fullmatch(words)
    return 1, month[1] if month else words, bool(month), bool(each)


def _groups(words: str) -> Iterator[tuple[list[int], list[int]]]:
    """(ordinals, weekdays) pairs in the order written: "first and third monday and last friday" makes two."""
    ordinals: list[int] = []
    weekdays: list[int] = []
    for word in words.split():
        if word in ORDINALS and weekdays:
            yield ordinals, weekdays
            ordinals, weekdays = [], []
        if word in ORDINALS:
            ordinals.append(ORDINALS[word])
        elif word in WEEKDAYS:
            weekdays.append(WEEKDAYS[word])
        elif word not in JOINERS:
            raise NotUnderstood("every_unknown", word=word)
    if not weekdays:
        raise NotUnderstood("every_weekday", text=words)
    yield ordinals, weekdays


def parse_rrule(text: str, starting: date | None = None) -> Recurrence:
    """Read an RRULE of DAILY to YEARLY; ``starting`` takes DTSTART's place.

    Of UNTIL the date counts. Raises NotUnderstood: ``rrule_part`` (part), ``rrule_frequency`` (value),
    ``rrule_starting``, ``rrule_invalid`` (text), ``rrule_count``.
    """
    parts = _parts(text)
    frequency = parts.get("FREQ", "")
    if frequency not in _FREQUENCIES:
        raise NotUnderstood("rrule_frequency", value=frequency or "–")
    interval = _number(parts, "INTERVAL", 1, most=1000)
    count = _number(parts, "COUNT", 0, most=MOST_COUNTED)
    until = _until(parts.pop("UNTIL", None))
    if count and until:
        raise NotUnderstood("rrule_invalid", text=text)
    if starting is None and (interval > 1 or count):
        raise NotUnderstood("rrule_starting")
    rule = ";".join(f"{name}={value}" for name, value in _written_out(parts, frequency, starting).items())
    week_start = CODES.index(parts["WKST"]) if parts.get("WKST") in CODES else 0
    recurrence = Recurrence(rule, frequency, interval, week_start, starting, until)
    _probe(recurrence, text)
    return _count(recurrence, count) if count else recurrence


def _parts(text: str) -> dict[str, str]:
    parts: dict[str, str] = {}
    for piece in text.strip().removeprefix("RRULE:").rstrip(";").upper().split(";"):
        name, equals, value = (part.strip() for part in piece.partition("="))
        if not equals or not value or name in parts:
            raise NotUnderstood("rrule_invalid", text=text)
        if name not in _PARTS:
            raise NotUnderstood("rrule_part", part=name)
        parts[name] = value
    return parts


def _number(parts: dict[str, str], name: str, default: int, *, most: int) -> int:
    value = parts.pop(name, None) if name == "COUNT" else parts.get(name)
    if value is None:
        return default
    if not value.isdecimal() or not 1 <= int(value[:9]) <= most:
        raise NotUnderstood("rrule_invalid", text=f"{name}={value}")
    return int(value)


def _until(value: str | None) -> date | None:
    if value is None:
        return None
    try:
        return date.fromisoformat(value[:8])
    except ValueError:
        raise NotUnderstood("rrule_invalid", text=f"UNTIL={value}") from None


def _written_out(parts: dict[str, str], frequency: str, starting: date | None) -> dict[str, str]:
    """Write down what RFC 5545 takes silently from DTSTART, so the rule no longer depends on it."""
    if frequency == "DAILY" or parts.keys() & _DAY_PARTS:
        return parts
    if starting is None:
        raise NotUnderstood("rrule_starting")
    if frequency == "WEEKLY":
        return parts | {"BYDAY": CODES[starting.weekday()]}
    month = {"BYMONTH": parts.get("BYMONTH", str(starting.month))} if frequency == "YEARLY" else {}
    return parts | month | {"BYMONTHDAY": str(starting.day)}


def _probe(recurrence: Recurrence, text: str) -> None:
    try:
        comes = recurrence.ever()
    except (ValueError, TypeError, KeyError, IndexError, AttributeError, OverflowError):
        raise NotUnderstood("rrule_invalid", text=text) from None
    if not comes:
        raise NotUnderstood("rrule_never", text=text)


def _count(recurrence: Recurrence, count: int) -> Recurrence:
    assert recurrence.starting is not None
    dates: list[date] = []
    far = recurrence.starting + timedelta(days=366 * PROBE_YEARS)
    for day in recurrence._from(recurrence._anchor(recurrence.starting), far):
        if day >= recurrence.starting:
            dates.append(day)
        if len(dates) == count:
            break
    return Recurrence(
        recurrence.rule, recurrence.frequency, recurrence.interval, recurrence.week_start,
        recurrence.starting, counted=tuple(dates),
    )  # fmt: skip


@lru_cache(maxsize=256)
def parse_weekdays(text: str) -> frozenset[int]:
    """Weekdays of opening hours: "mon-fri", "Mo–Fr", "tuesday, thursday", "Di und Do" (Monday is 0).

    A range may run over the end of the week ("fri-mon"). Raises NotUnderstood: ``days_unknown`` (word).
    """
    words = re.sub(r"\s*(?:-|–|\bto\b|\bbis\b)\s*", "-", text.lower().replace(",", " ")).split()
    days: set[int] = set()
    for word in words:
        if word not in JOINERS:
            days |= _range(word)
    if not days:
        raise NotUnderstood("days_unknown", word=text)
    return frozenset(days)


def _range(word: str) -> set[int]:
    first, dash, last = word.partition("-")
    if first not in WEEKDAYS or (dash and last not in WEEKDAYS):
        raise NotUnderstood("days_unknown", word=word)
    begin = WEEKDAYS[first]
    end = WEEKDAYS[last] if dash else begin
    return {(begin + step) % 7 for step in range((end - begin) % 7 + 1)}


def _months(day: date) -> int:
    return day.year * 12 + day.month - 1
