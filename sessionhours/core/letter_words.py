"""The two mails before the hour, in the town's language: something is broken; nobody is there."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sessionhours.core import words
from sessionhours.core.schedule_rules import Line, Town

Mail = tuple[str, str]
"""Subject and body."""


def checked_letter(
    town: Town, title: str, number: int, opens: datetime, red: Sequence[str], amber: Sequence[str]
) -> Mail:
    """What the look before the hour found, for whoever can put it right."""
    when = words.when(opens.astimezone(town.timezone), town.language)
    german = town.language == "de"
    subject = f"Vor der Sprechstunde zu tun: {when}" if german else f"To be done before the hour: {when}"
    head = (
        f"{town.name}: {title}, Nr. {number}, beginnt am {when}.\nSo kann sie nicht stattfinden:"
        if german
        else f"{town.name}: {title}, no. {number}, begins on {when}.\nAs it is, it cannot take place:"
    )
    also = "Außerdem:" if german else "Also:"
    return subject, _paragraphs(
        f"{head}\n{_list(red)}", f"{also}\n{_list(amber)}" if amber else "", _sign(town)
    )


def nobody_letter(
    town: Town, line: Line, title: str, number: int, opens: datetime, now: datetime, console: str
) -> Mail:
    """Nobody who may answer is there: what it is about, and what can be done with one click each (N22)."""
    local = opens.astimezone(town.timezone)
    when, minutes = words.when(local, town.language), int(words.minutes(opens - now))
    if town.language == "en":
        return _nobody_en(town, line, title, number, when, minutes, console)
    begins = f"beginnt in {minutes} Minute{'n' * (minutes != 1)}" if minutes else "hat schon begonnen"
    return f"Niemand da: Sprechstunde {when}", _paragraphs(
        f"{town.name}: {title}, Nr. {number}, am {when}, Nummer {line.phone}, {begins}.\n"
        "Bisher ist niemand an der Konsole, der antworten kann.",
        f"Konsole: {console}",
        "Dort geht jetzt mit je einem Klick:\n"
        "- „Verspätet“: wer wartet, erfährt den neuen Beginn.\n"
        "- „Vertretung“: jemand anderes antwortet; wer wartet, erfährt den Namen.\n"
        "- „Entfällt“: Termin absagen, mit Grund und neuem Termin.",
        "Von selbst erfahren die Bürgerinnen und Bürger nichts. Ist zwei Minuten nach Beginn noch niemand da, steht auf der "
        "öffentlichen Seite „startet verspätet“.",
        _sign(town),
    )


def _nobody_en(
    town: Town, line: Line, title: str, number: int, when: str, minutes: int, console: str
) -> Mail:
    begins = f"begins in {minutes} minute{'s' * (minutes != 1)}" if minutes else "has begun"
    return f"Nobody there: hour {when}", _paragraphs(
        f"{town.name}: {title}, no. {number}, on {when}, number {line.phone}, {begins}.\n"
        "So far nobody who may answer is at the console.",
        f"Console: {console}",
        "There, with one click each:\n"
        '- "Late": those who wait hear the new start.\n'
        '- "Deputy": somebody else answers; those who wait hear the name.\n'
        '- "Cancelled": call the hour off, with a reason and a new date.',
        "Citizens are told nothing by themselves. If nobody is there two minutes after the start, the public page says that "
        "the hour begins late.",
        _sign(town),
    )


def _list(sentences: Sequence[str]) -> str:
    return "\n".join(f"- {sentence}" for sentence in sentences)


def _paragraphs(*parts: str) -> str:
    return "\n\n".join(filter(None, parts)) + "\n"


def _sign(town: Town) -> str:
    german = town.language == "de"
    return (
        "Diese Mail kommt vom Sprechstunden-Server."
        if german
        else "This mail is from the office hour's server."
    )
