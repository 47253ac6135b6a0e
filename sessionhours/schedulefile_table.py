"""One table of a schedule file: each key is asked for once, and what is wrong with it is written down."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time
from typing import Any

from sessionhours.core.every import NotUnderstood
from sessionhours.core.schedule_rules import DAY, Language, WallSpan
from sessionhours.errors import Fault
from sessionhours.schedulefile_text import Place
from sessionhours.schedulefile_why import Wrong, sentence

MOST_TABLES = 400  # of one kind in one table; every pair of them is compared

_CLOCK = re.compile(r"(\d{1,2}):(\d{2})")
_TYPES: Mapping[type, tuple[str, str]] = {
    str: ("ein Text", "a text"),
    bool: ("true oder false", "true or false"),
    int: ("eine Zahl", "a number"),
    float: ("eine Kommazahl", "a decimal number"),
    list: ("eine Liste", "a list"),
    dict: ("eine Tabelle", "a table"),
    date: ("ein Datum", "a date"),
    time: ("eine Uhrzeit", "a time"),
    datetime: ("ein Datum mit Uhrzeit", "a date with a time"),
}


@dataclass
class Report:
    """All that is wrong with one file. ``places`` says on which line a key stands."""

    file: str
    places: Mapping[Place, int] = field(default_factory=dict)
    language: Language = "de"
    faults: list[Fault] = field(default_factory=list)

    def add(self, place: Place, wrong: Wrong | NotUnderstood, *, allowed: str = "") -> None:
        """Write one fault down, at its own line or that of the nearest table around it."""
        line = wrong.line if isinstance(wrong, Wrong) and wrong.line else self.line(place)
        name = ".".join(part for part in place if isinstance(part, str)) or self.file
        why = sentence(wrong.code, self.language, wrong.values)
        self.faults.append(Fault(self.file, line, name, why, allowed))

    def line(self, place: Place) -> int | None:
        """The line of a place, else of the nearest table around it; none for the file as a whole."""
        named = bool(place)
        while place and place not in self.places:
            place = place[:-1]
        return self.places.get(place, 1 if named else None)


@dataclass
class Table:
    """A view of one table: each method gives the value of a key, or what stands for it after a fault."""

    report: Report
    values: dict[str, Any]
    place: Place = ()
    known: list[str] = field(default_factory=list)

    def wrong(self, key: str, code: str, *, allowed: str = "", **values: str) -> None:
        """Report a fault of ``key``, or of the table itself where the key is empty."""
        place = (*self.place, key) if key else self.place
        self.report.add(place, Wrong(code, values), allowed=allowed)

    def line(self, key: str = "") -> int | None:
        """The line on which ``key`` stands."""
        return self.report.line((*self.place, key) if key else self.place)

    def has(self, key: str) -> bool:
        """Whether the key is written."""
        return key in self.values

    def value(self, key: str, wanted: type, *, required: bool = False) -> Any:
        """The value as it is written, when it is of the wanted type."""
        self.known.append(key)
        if key not in self.values:
            if required:
                self.wrong(key, "required")
            return None
        value = self.values[key]
        if type(value) is not wanted:  # bool is an int and datetime a date, neither is meant
            number = 0 if self.report.language == "de" else 1
            self.wrong(key, "type", got=_TYPES[type(value)][number], wanted=_TYPES[wanted][number])
            return None
        return value

    def text(
        self,
        key: str,
        default: str = "",
        *,
        required: bool = False,
        pattern: str = "",
        allowed: str = "",
        most: int = 200,
    ) -> str:
        """A text without blanks around it. Without ``required`` it may be empty, and then has no form."""
        value = self.value(key, str, required=required)
        if value is None:
            return default
        value = value.strip()
        if required and not value:
            self.wrong(key, "empty")
        elif len(value) > most:
            self.wrong(key, "too_long", most=str(most))
        elif pattern and value and not re.fullmatch(pattern, value):
            self.wrong(key, "pattern", value=value, allowed=allowed)
        return str(value)

    def choice(self, key: str, default: str, options: Iterable[str]) -> str:
        """One of several words."""
        value = self.value(key, str)
        if value is None or value in options:
            return default if value is None else value
        self.wrong(key, "choice", value=value, allowed=" | ".join(options))
        return default

    def choices(self, key: str, default: frozenset[str], options: Iterable[str]) -> frozenset[str]:
        """A list of some of several words, which may be empty."""
        value = self.value(key, list)
        if value is None:
            return default
        for item in value:
            if item not in options:
                self.wrong(key, "choice", value=shown(item), allowed=", ".join(options))
        return frozenset(item for item in value if isinstance(item, str))

    def number(self, key: str, default: int, *, least: int, most: int) -> int:
        """A whole number."""
        value = self.value(key, int)
        if value is not None and not least <= value <= most:
            self.wrong(key, "range", value=shown(value), allowed=f"{least}–{most}")
            return default
        return default if value is None else int(value)

    def flag(self, key: str, default: bool) -> bool:
        """True or false."""
        value = self.value(key, bool)
        return default if value is None else bool(value)

    def date(self, key: str, *, required: bool = False) -> date | None:
        """A calendar date, written as TOML does or as a text."""
        if not isinstance(self.values.get(key), str):
            value: date | None = self.value(key, date, required=required)
            return value
        self.known.append(key)
        try:
            return date.fromisoformat(self.values[key].strip())
        except ValueError:
            self.wrong(key, "date", value=self.values[key], allowed="2026-12-03")
            return None

    def span(self) -> WallSpan | None:
        """`from` and `to`: an end before the start is on the next day, 24:00 is the end of the day."""
        begin, end = self._clock("from"), self._clock("to", last=DAY)
        if begin is None or end is None:
            return None
        if begin == end:
            self.wrong("to", "equal")
            return None
        return WallSpan(begin, end if end > begin else end + DAY)

    def table(self, key: str, *, required: bool = False) -> Table:
        """A table below this one; an empty one where there is none."""
        return Table(self.report, self.value(key, dict, required=required) or {}, (*self.place, key))

    def tables(self, key: str) -> Iterator[Table]:
        """Each table of a list of them."""
        found = self.value(key, list) or []
        if len(found) > MOST_TABLES:
            self.wrong(key, "too_many", most=str(MOST_TABLES))
        for number, values in enumerate(found[:MOST_TABLES]):
            if isinstance(values, dict):
                yield Table(self.report, values, (*self.place, key, number))
            else:
                self.wrong(key, "choice", value=shown(values), allowed=f"[[{key}]]")

    def close(self) -> None:
        """Report every key that nobody asked for, with the one that was probably meant."""
        for key in self.values:
            if key not in self.known:
                self.wrong(key, "unknown", near=near(key, self.known), allowed=", ".join(self.known))

    def _clock(self, key: str, *, last: int = DAY - 1) -> int | None:
        value = self.values.get(key)
        if isinstance(value, time) and not value.second and not value.microsecond:
            self.known.append(key)
            return value.hour * 60 + value.minute
        written = self.value(key, str, required=True)
        if written is None:
            return None
        match = _CLOCK.fullmatch(written.strip())
        minute = int(match[1]) * 60 + int(match[2]) if match and int(match[2]) < 60 else DAY + 1
        if minute > last:
            self.wrong(key, "time", value=written, allowed="00:00–24:00" if last == DAY else "00:00–23:59")
            return None
        return minute


def near(word: str, words: Iterable[str]) -> str:
    """ " (…?)" with the nearest of ``words``, or nothing."""
    found = difflib.get_close_matches(word, list(words), n=1, cutoff=0.6)
    return f" ({found[0]}?)" if found else ""


def shown(value: object) -> str:
    """A value as a fault shows it; a number of thousands of digits is not spelt out."""
    if isinstance(value, int) and abs(value) >= 10**18:
        return "-10^18…" if value < 0 else "10^18…"
    return str(value) if isinstance(value, (str, int, float, date, time)) else type(value).__name__
