"""One table of a schedule file: each key is asked for once, and what is wrong with it is written down."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time
from typing import Any

from sessionhours.core.every import NotUnderstood
from sessionhours.core.schedule_rules import DAY, Language, WallSpan, wall_minute
from sessionhours.errors import Fault
from sessionhours.schedulefile_text import Place
from sessionhours.schedulefile_why import Wrong, sentence

MOST_TABLES = 400  # of one kind in one table; every pair of them is compared

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
_WRITTEN: Mapping[type, str] = {
    str: '"…"',
    bool: "true | false",
    int: "0, 1, 2, …",
    list: "[…]",
    dict: "[…]",
    date: "2026-12-03",
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

    def value(self, key: str, wanted: type, *, required: bool = False, allowed: str = "") -> Any:
        """The value as it is written, when it is of the wanted type."""
        self.known.append(key)
        allowed = allowed or _WRITTEN[wanted]
        if key not in self.values:
            if required:
                self.wrong(key, "required", allowed=allowed)
            return None
        value = self.values[key]
        if type(value) is not wanted:  # bool is an int and datetime a date, neither is meant
            number = 0 if self.report.language == "de" else 1
            self.wrong(
                key, "type", got=_TYPES[type(value)][number], wanted=_TYPES[wanted][number], allowed=allowed
            )
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
        value = self.value(key, str, required=required, allowed=allowed)
        if value is None:
            return default
        value = value.strip()
        if required and not value:
            self.wrong(key, "empty", allowed=allowed)
        elif len(value) > most:
            self.wrong(key, "too_long", most=str(most))
        elif pattern and value and not re.fullmatch(pattern, value):
            self.wrong(key, "pattern", value=value, allowed=allowed)
        return str(value)

    def choice(self, key: str, default: str, options: Iterable[str]) -> str:
        """One of several words."""
        allowed = " | ".join(options)
        value = self.value(key, str, allowed=allowed)
        if value is None or value in options:
            return default if value is None else value
        self.wrong(key, "choice", value=value, allowed=allowed)
        return default

    def choices(self, key: str, default: frozenset[str], options: Iterable[str]) -> frozenset[str]:
        """A list of some of several words, which may be empty."""
        allowed = ", ".join(options)
        value = self.value(key, list, allowed=f"[…] {allowed}")
        if value is None:
            return default
        for item in value:
            if item not in options:
                self.wrong(key, "choice", value=shown(item), allowed=allowed)
        return frozenset(item for item in value if isinstance(item, str))

    def number(self, key: str, default: int, *, least: int, most: int) -> int:
        """A whole number."""
        allowed = f"{least}–{most}"
        value = self.value(key, int, allowed=allowed)
        if value is not None and not least <= value <= most:
            self.wrong(key, "range", value=shown(value), allowed=allowed)
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
        return Table(
            self.report,
            self.value(key, dict, required=required, allowed=f"[{self._path(key)}]") or {},
            (*self.place, key),
        )

    def tables(self, key: str) -> Iterator[Table]:
        """Each table of a list of them."""
        allowed = f"[[{self._path(key)}]]"
        found = self.value(key, list, allowed=allowed) or []
        if len(found) > MOST_TABLES:
            self.wrong(key, "too_many", most=str(MOST_TABLES))
        for number, values in enumerate(found[:MOST_TABLES]):
            if isinstance(values, dict):
                yield Table(self.report, values, (*self.place, key, number))
            else:
                self.wrong(key, "choice", value=shown(values), allowed=allowed)

    def close(self) -> None:
        """Report every key that nobody asked for, with the one that was probably meant."""
        known = list(dict.fromkeys(self.known))
        for key in self.values:
            if key not in known:
                self.wrong(key, "unknown", near=near(key, known), allowed=", ".join(known))

    def _path(self, key: str) -> str:
        """What stands between the brackets of a header."""
        return ".".join([*(part for part in self.place if isinstance(part, str)), key])

    def _clock(self, key: str, *, last: int = DAY - 1) -> int | None:
        value = self.values.get(key)
        if isinstance(value, time) and not value.second and not value.microsecond:
            self.known.append(key)
            return value.hour * 60 + value.minute
        allowed = "00:00–24:00" if last == DAY else "00:00–23:59"
        written = self.value(key, str, required=True, allowed=allowed)
        if written is None:
            return None
        try:
            return wall_minute(written, last=last)
        except ValueError:
            self.wrong(key, "time", value=written, allowed=allowed)
            return None


def near(word: str, words: Iterable[str]) -> str:
    """ " (…?)" with the nearest of ``words``, or nothing."""
    found = difflib.get_close_matches(word, list(words), n=1, cutoff=0.6)
    return f" ({found[0]}?)" if found else ""


def shown(value: object) -> str:
    """A value as a fault shows it; a number of thousands of digits is not spelt out."""
    if isinstance(value, int) and abs(value) >= 10**18:
        return "-10^18…" if value < 0 else "10^18…"
    return str(value) if isinstance(value, (str, int, float, date, time)) else type(value).__name__
