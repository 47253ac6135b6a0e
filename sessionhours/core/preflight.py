"""The look before the hour: what each check found, as green, amber or red with a sentence (AC-54).

Red keeps the hour from working, somebody has to act now; amber is worth knowing.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal, Protocol

from sessionhours.core.failures import meaning
from sessionhours.core.message import Failure
from sessionhours.core.schedule_rules import Language

Level = Literal["green", "amber", "red"]

#: So long before the start everything is looked at.
BEFORE = timedelta(minutes=60)

#: Seconds that one check may take.
LIMIT = 10.0

#: A webhook that came within this time shows that the way in works.
HEARD_WITHIN = timedelta(hours=24)

#: The machine's clock and Meta's may differ by so much (fault F41).
SKEW = timedelta(seconds=2)

#: Free space that a busy hour with pictures needs at least, in bytes and as a share of the disk.
LEAST_FREE, LEAST_SHARE = 500_000_000, 0.05

#: Meta's code for a token that is void, and states in which a number or a template works, or will not by itself.
VOID_TOKEN = 190
CONNECTED = ("CONNECTED", "FLAGGED")
REFUSED = frozenset({"REJECTED", "PAUSED", "DISABLED"})


@dataclass(frozen=True, slots=True)
class Finding:
    """What one check found. ``check`` is its name for programs, ``text`` the sentence for people (none where green)."""

    check: str
    level: Level
    text: str = ""


@dataclass(frozen=True, slots=True)
class NumberState:
    """What Meta says of a number: its words, or its refusal, or neither where it was not reached. ``date`` is its clock."""

    status: str = ""
    quality: str = ""
    can_send: str = ""
    failure: Failure | None = None
    date: datetime | None = None
    reached: bool = True


class NumberSource(Protocol):
    """Whom the desk asks about a number. Never raises for the peer's or the network's faults."""

    async def number_state(self, phone_number_id: str) -> NumberState:
        """Ask Meta about this number with its own token."""


@dataclass(frozen=True, slots=True)
class Space:
    """Bytes of a disk, and how many of them are free."""

    free: int
    total: int


#: The sentences, by what is wrong; {more} is filled in.
SENTENCES: Mapping[str, tuple[str, str]] = {
    "unreachable": (
        "WhatsApp ist von diesem Server aus nicht zu erreichen.",
        "WhatsApp cannot be reached from this server.",
    ),
    "token_void": (
        "Der Zugang zu WhatsApp gilt nicht mehr (Code 190): Bei Meta einen neuen Token erstellen und als "
        "WHATSAPP_ACCESS_TOKEN eintragen.",
        "The access to WhatsApp is void (code 190): make a new token at Meta and set it as WHATSAPP_ACCESS_TOKEN.",
    ),
    "number_refused": (
        "WhatsApp gibt über die Nummer keine Auskunft (Code {more}): phone_number_id und Rechte des Zugangs prüfen.",
        "WhatsApp says nothing of the number (code {more}): check phone_number_id and the rights of the token.",
    ),
    "number_off": (
        "Die Nummer ist bei WhatsApp nicht angemeldet (Zustand {more}).",
        "The number is not registered with WhatsApp (state {more}).",
    ),
    "number_blocked": (
        "WhatsApp lässt die Nummer nichts senden (Zustand {more}).",
        "WhatsApp lets the number send nothing (state {more}).",
    ),
    "number_limited": (
        "WhatsApp schränkt das Senden der Nummer ein ({more}).",
        "WhatsApp limits what the number may send ({more}).",
    ),
    "quality": (
        "WhatsApp bewertet die Nummer schlecht; sie kann eingeschränkt werden.",
        "WhatsApp rates the number low; it may be limited.",
    ),
    "webhook": (
        "Seit 24 Stunden kam nichts von WhatsApp an. Ob der Rückweg geht, zeigt eine Nachricht an die Nummer.",
        "Nothing came from WhatsApp for 24 hours. A message to the number shows whether the way in works.",
    ),
    "templates_missing": (
        "Vorlagen für Antworten nach 24 Stunden: noch nicht angelegt.",
        "Templates for answers after 24 hours: not made yet.",
    ),
    "templates_pending": (
        "Vorlagen, die WhatsApp noch nicht freigegeben hat: {more}.",
        "Templates that WhatsApp has not approved yet: {more}.",
    ),
    "templates_refused": (
        "Vorlagen, die WhatsApp abgelehnt oder angehalten hat: {more}.",
        "Templates that WhatsApp has rejected or stopped: {more}.",
    ),
    "disk": (
        "Auf der Festplatte sind nur noch {more} frei.",
        "Only {more} are free on the disk.",
    ),
    "clock": (
        "Die Uhr dieses Servers geht {more} Sekunden anders als die von WhatsApp: Zeitabgleich (NTP) prüfen.",
        "This server's clock is {more} seconds off WhatsApp's: check its time service (NTP).",
    ),
    "clock_unknown": (
        "Die Uhr konnte nicht mit der von WhatsApp verglichen werden.",
        "The clock could not be compared with WhatsApp's.",
    ),
    "schedule": (
        "Die Terminplan-Datei ist fehlerhaft; es gilt die letzte gute Fassung.",
        "The schedule file is faulty; the last good version holds.",
    ),
    "failed": (
        "Die Prüfung „{more}“ ist nicht gelungen.",
        'The check "{more}" could not be made.',
    ),
}

CHECKS = ("token", "number", "clock", "webhook", "templates", "disk", "schedule")


def of_number(
    state: NumberState, asked: datetime, answered: datetime, language: Language = "de"
) -> list[Finding]:
    """Token, number and clock, from one answer of Meta's that came between two instants of our clock."""
    failure = state.failure
    if not state.reached or (failure is not None and _passing(failure)):
        return [said("token", "red", "unreachable", language), _unknown_clock(language)]
    clock = of_clock(state.date, asked, answered, language)
    if failure is None:
        return [Finding("token", "green"), _number(state, language), clock]
    if failure.code == VOID_TOKEN:
        return [said("token", "red", "token_void", language), clock]
    return [said("number", "red", "number_refused", language, str(failure.code)), clock]


def _passing(failure: Failure) -> bool:
    """Is it Meta's own trouble, which says nothing of the token or the number?"""
    known = meaning(failure.code)
    return failure.transient or (known is not None and known.kind in ("P", "U"))


def _number(state: NumberState, language: Language) -> Finding:
    if state.status not in CONNECTED:
        return said("number", "red", "number_off", language, state.status or "?")
    if state.can_send == "BLOCKED":
        return said("number", "red", "number_blocked", language, state.can_send)
    if state.can_send == "LIMITED" or state.status == "FLAGGED":
        return said("number", "amber", "number_limited", language, state.can_send or state.status)
    if state.quality == "RED":
        return said("number", "amber", "quality", language)
    return Finding("number", "green")


def of_clock(
    theirs: datetime | None, asked: datetime, answered: datetime, language: Language = "de"
) -> Finding:
    """Our clock against Meta's, which names whole seconds: the answer was written somewhere within that second and between
    our two instants, so only what no such moment explains counts as off."""
    if theirs is None or answered < asked:
        return _unknown_clock(language)
    ahead, behind = asked - (theirs + timedelta(seconds=1)), theirs - answered
    off = max(ahead, behind)
    if off <= SKEW:
        return Finding("clock", "green")
    return said("clock", "red", "clock", language, f"{off / timedelta(seconds=1):.0f}")


def of_webhook(last: datetime | None, now: datetime, language: Language = "de") -> Finding:
    """Has anything come in lately? Silence is no fault: who should have written?"""
    if last is not None and now - last <= HEARD_WITHIN:
        return Finding("webhook", "green")
    return said("webhook", "amber", "webhook", language)


def of_templates(states: Mapping[str, str], language: Language = "de") -> Finding:
    """The templates of a line, by name and language, with Meta's word on each."""
    if not states or set(states.values()) == {"MISSING"}:
        return said("templates", "amber", "templates_missing", language)
    if refused := _those(states, REFUSED):
        return said("templates", "red", "templates_refused", language, refused)
    if pending := _those(states, frozenset(states.values()) - {"APPROVED"}):
        return said("templates", "amber", "templates_pending", language, pending)
    return Finding("templates", "green")


def of_disk(disks: Iterable[Space], language: Language = "de") -> Finding:
    """Is there room for the hour on every disk that it needs?"""
    for disk in disks:
        if disk.free < LEAST_FREE or disk.free < disk.total * LEAST_SHARE:
            return said("disk", "red", "disk", language, f"{disk.free // 1_000_000} MB")
    return Finding("disk", "green")


def of_schedule(faults: Collection[object], language: Language = "de") -> Finding:
    """Is the file as it lies there the one that holds?"""
    return said("schedule", "red", "schedule", language) if faults else Finding("schedule", "green")


def failed(check: str, language: Language = "de") -> Finding:
    """A check that could not be made at all, or not in time."""
    return said(check, "red", "failed", language, check)


def said(check: str, level: Level, key: str, language: Language, more: str = "") -> Finding:
    """A finding with its sentence."""
    german, english = SENTENCES[key]
    return Finding(check, level, (english if language == "en" else german).format(more=more))


def _unknown_clock(language: Language) -> Finding:
    return said("clock", "amber", "clock_unknown", language)


def _those(states: Mapping[str, str], wanted: Collection[str]) -> str:
    return ", ".join(sorted(name for name, state in states.items() if state in wanted))
