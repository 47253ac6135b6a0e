"""The texts that Meta approves before they may be sent: what we ship, and how one is filled (contract §5.7, §7.3).

After the service window a template is the only way to a citizen. Ours says one thing: your answer is there. Each is of
the category UTILITY; there is no other one here, so nothing that advertises can be made (WA-6).
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Protocol
from unicodedata import category

from sessionhours.core import words
from sessionhours.core.message import Failure
from sessionhours.core.schedule_rules import Language, Town

#: An answer to a request, never advertising (contract §7.3).
UTILITY = "UTILITY"

#: The only status in which a template may be sent.
APPROVED = "APPROVED"

#: Not at Meta; our own word, the others are Meta's.
MISSING = "MISSING"

#: Words of Meta's after which somebody has to do something.
TROUBLE = frozenset({"REJECTED", "PAUSED", "DISABLED"})

#: Characters of a body, of one with its parameters in it, and of a button (contract §7.3).
LONGEST = 1024
LONGEST_BUTTON = 25

NAME = re.compile(r"[a-z0-9_]{1,512}")
_VARIABLE = re.compile(r"\{\{\s*(\w+)\s*\}\}")

#: What a parameter may not hold beside line breaks and controls (contract §5.7).
_GAP = " " * 5

#: Characters of a name that goes into a text; WhatsApp's own names are shorter.
LONGEST_NAME = 60


@dataclass(frozen=True, slots=True)
class Blueprint:
    """A text that we ship: as it is handed to Meta for approval, with an example for each variable and one button."""

    name: str
    language: Language
    body: str
    examples: tuple[str, ...]
    button: str
    category: str = UTILITY


@dataclass(frozen=True, slots=True)
class Known:
    """A template as Meta has it."""

    id: str
    name: str
    language: str
    status: str
    category: str
    body: str
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class Filled:
    """An approved template, what is put into it, and what the citizen reads."""

    name: str
    language: str
    parameters: tuple[str, ...]
    text: str


class NotTaken(Exception):
    """Meta refused to list or to take a template; ``failure`` says why."""

    def __init__(self, failure: Failure) -> None:
        self.failure = failure
        super().__init__(f"code {failure.code}")


class Registry(Protocol):
    """Meta's list of a business account's templates. Raises `NotTaken`, or ``OSError`` where another try may help."""

    async def templates(self, phone_number_id: str, account: str, name: str) -> list[Known]:
        """Those of this name, in every language."""

    async def create_template(self, phone_number_id: str, account: str, blueprint: Blueprint) -> Known:
        """Hand one in for approval."""


_NAMES = {"Sie": "sprechstunde_antwort", "du": "sprechstunde_antwort_du"}
_ENGLISH = (
    "Hello {{1}}, this is {{2}}: your answer from our office hour of {{3}} is ready. Please reply briefly to this "
    "message, for example with “Yes”, and we will send it to you here."
)
_BODIES: Mapping[str, Mapping[Language, str]] = {
    "Sie": {
        "de": "Guten Tag {{1}}, hier ist {{2}}: Ihre Antwort aus der Sprechstunde vom {{3}} liegt vor. Bitte antworten "
        "Sie kurz auf diese Nachricht, zum Beispiel mit „Ja“, dann senden wir sie Ihnen hier.",
        "en": _ENGLISH,
    },
    "du": {
        "de": "Hallo {{1}}, hier ist {{2}}: Deine Antwort aus der Sprechstunde vom {{3}} liegt vor. Bitte antworte kurz "
        "auf diese Nachricht, zum Beispiel mit „Ja“, dann senden wir sie dir hier.",
        "en": _ENGLISH,
    },
}
_BUTTONS: Mapping[Language, str] = {"de": "Ja, bitte senden", "en": "Yes, please send"}
_EXAMPLES: Mapping[Language, tuple[str, ...]] = {
    "de": ("Anna Müller", "Gemeinde Kappelrodeck", "3. Dezember 2026"),
    "en": ("Anna Müller", "Gemeinde Kappelrodeck", "3 December 2026"),
}
# Whoever has not told WhatsApp a name is greeted all the same: a parameter may not be empty.
_NAMELESS: Mapping[Language, str] = {
    "de": "und vielen Dank für die Geduld",
    "en": "and thank you for your patience",
}

_STATES: Mapping[str, tuple[str, str]] = {
    "APPROVED": ("freigegeben", "approved"),
    "PENDING": ("wird von WhatsApp noch geprüft", "still being reviewed by WhatsApp"),
    "IN_APPEAL": ("wird von WhatsApp noch einmal geprüft", "being reviewed once more by WhatsApp"),
    "REJECTED": ("von WhatsApp abgelehnt", "rejected by WhatsApp"),
    "PAUSED": ("von WhatsApp angehalten", "paused by WhatsApp"),
    "DISABLED": ("von WhatsApp gesperrt", "disabled by WhatsApp"),
    "MISSING": ("bei WhatsApp noch nicht angelegt", "not yet created with WhatsApp"),
}
_ADVERTISING = ("von WhatsApp als Werbung eingestuft", "counted as advertising by WhatsApp")


def blueprints(town: Town) -> tuple[Blueprint, ...]:
    """What a town has at Meta, in German and in English, by its form of address (AC-19).

    Each form of address has a name of its own: what Meta has approved under a name keeps its text.
    """
    bodies = _BODIES[town.address]
    return tuple(
        Blueprint(_NAMES[town.address], language, body, _EXAMPLES[language], _BUTTONS[language])
        for language, body in bodies.items()
    )


def suggested(body: str, town: Town, language: str, name: str, hour: date) -> tuple[str, ...]:
    """What our own texts are filled with: whom it is for, who writes, of which hour; else nothing for each variable."""
    if body not in (text for bodies in _BODIES.values() for text in bodies.values()):
        return ("",) * len(variables(body))
    spoken: Language = "en" if language == "en" else "de"
    shown = " ".join(name.split())[:LONGEST_NAME].strip()
    return (shown or _NAMELESS[spoken], town.name, words.date_of(hour, spoken))


def variables(body: str) -> list[str]:
    """The variables of a body, each once, in the order in which they stand in it."""
    return list(dict.fromkeys(_VARIABLE.findall(body)))


def filled(body: str, parameters: Sequence[str]) -> str:
    """The body as the citizen reads it. A variable within a parameter is just text."""
    values = dict(zip(variables(body), parameters, strict=True))
    return _VARIABLE.sub(lambda found: values[found[1]], body)


def unfit(body: str, parameters: Sequence[str]) -> str | None:
    """Why these parameters cannot go into this body, in a sentence; None when they can (contract §5.7)."""
    wanted = len(variables(body))
    if len(parameters) != wanted:
        return f"Diese Vorlage braucht {wanted} Angaben, nicht {len(parameters)}."
    for place, text in enumerate(parameters, 1):
        if not text.strip():
            return f"Angabe {place} ist leer."
        if _GAP in text or any(category(character) in ("Cc", "Cs", "Zl", "Zp") for character in text):
            return f"Angabe {place}: bitte ohne Zeilenumbruch, Tabulator und mehr als 4 Leerzeichen am Stück."
    length = len(filled(body, parameters))
    return f"Die Vorlage hätte {length} Zeichen; WhatsApp nimmt {LONGEST}." if length > LONGEST else None


def state(status: str, kind: str, language: str = "de") -> str:
    """Where a template stands, in words: "freigegeben", "von WhatsApp angehalten"."""
    if kind != UTILITY and status == APPROVED:
        return _ADVERTISING[language == "en"]
    known = _STATES.get(status)
    if known is not None:
        return known[language == "en"]
    return f"not usable ({status})" if language == "en" else f"nicht verwendbar ({status})"


def same_language(one: str, other: str) -> bool:
    """Meta writes ``en_US`` in one place and ``en-US`` in another (contract §7.9)."""
    return one.replace("-", "_").casefold() == other.replace("-", "_").casefold()
