"""The how-manieth: "zweite", "13.", "second", "13th"."""

from __future__ import annotations

from sessionhours.core.schedule import Language

GERMAN = (
    *("erste", "zweite", "dritte", "vierte", "fünfte", "sechste"),
    *("siebte", "achte", "neunte", "zehnte", "elfte", "zwölfte"),
)
ENGLISH = (
    *("first", "second", "third", "fourth", "fifth", "sixth"),
    *("seventh", "eighth", "ninth", "tenth", "eleventh", "twelfth"),
)
ENDINGS = {1: "st", 2: "nd", 3: "rd"}


def ordinal(number: int, language: Language) -> str:
    """A number from 1 on as it stands before a noun in the nominative: in words up to twelve."""
    words = GERMAN if language == "de" else ENGLISH
    return words[number - 1] if number <= len(words) else short_ordinal(number, language)


def short_ordinal(number: int, language: Language) -> str:
    """The same in digits: "2.", "2nd"."""
    if language == "de":
        return f"{number}."
    teens = number % 100 in (11, 12, 13)
    return f"{number}{'th' if teens else ENDINGS.get(number % 10, 'th')}"
