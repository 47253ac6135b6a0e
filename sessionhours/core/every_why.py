"""Why a recurrence cannot be read, as sentences: for who writes a schedule file, and who plans in the console."""

from __future__ import annotations

import re
from collections.abc import Mapping

from sessionhours.core.every import NotUnderstood
from sessionhours.core.schedule_rules import Language


def why(wrong: NotUnderstood, language: Language) -> str:
    """The sentence about it."""
    return filled(RECURRENCES[wrong.code][0 if language == "de" else 1], wrong.values)


def filled(text: str, values: Mapping[str, str]) -> str:
    """``text`` with its values, which come from others and mean nothing here but themselves."""
    return re.sub(r"\{(\w+)\}", lambda match: _shown(values.get(match[1], "")), text)


def _shown(value: str) -> str:
    """A value as part of one line: nothing unprintable, not endless."""
    line = "".join(letter if letter.isprintable() else "?" for letter in value)
    return line if len(line) <= 80 else f"{line[:79]}…"


RECURRENCES: Mapping[str, tuple[str, str]] = {
    "every_unknown": ("„{word}“ ist nicht verständlich", "'{word}' is not understood"),
    "every_weekday": ("„{text}“ nennt keinen Wochentag", "'{text}' names no weekday"),
    "every_starting": (
        "alle {interval} Wochen braucht starting = DATUM, ab dem gezählt wird",
        "every {interval} weeks needs starting = DATE to count from",
    ),
    "every_ambiguous": (
        "„{text}“ ist zweideutig: „zweiter Donnerstag im Monat“ oder „alle 2 Wochen am Donnerstag“?",
        "'{text}' has two meanings: 'second thursday of the month' or 'every 2 weeks on thursday'?",
    ),
    "every_mixed": (
        "Wochen und „erster“ bis „letzter“ lassen sich nicht mischen",
        "weeks and 'first' to 'last' cannot be mixed",
    ),
    "days_unknown": ("„{word}“ ist kein Wochentag", "'{word}' is no weekday"),
    "rrule_part": ("{part} ist hier nicht erlaubt", "{part} is not allowed here"),
    "rrule_frequency": ("FREQ={value} ist nicht erlaubt", "FREQ={value} is not allowed"),
    "rrule_starting": (
        "diese RRULE braucht starting = DATUM, ab dem gezählt wird",
        "this RRULE needs starting = DATE to count from",
    ),
    "rrule_invalid": ("„{text}“ ist keine RRULE", "'{text}' is no RRULE"),
    "rrule_never": ("„{text}“ trifft nie auf ein Datum", "'{text}' never falls on a date"),
}
"""German and English, by the code of `NotUnderstood`."""
