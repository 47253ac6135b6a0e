"""Dates and times of a plan as people type them: local wall time of the town (surfaces §5), or a sentence at the field."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sessionhours.core import words
from sessionhours.core.schedule import Town, WallSpan
from sessionhours.core.schedule_rules import DAY, wall_minute
from sessionhours.core.schedule_time import local_date, oddity
from sessionhours.core.schedule_time import window as instants
from sessionhours.errors import Refused

#: A date farther ahead is a slip of the keyboard.
MOST_AHEAD = timedelta(days=5 * 366)

#: Minutes that a session over midnight lasts at most; what seems longer has its end before its start.
LONGEST_NIGHT = 12 * 60

#: No session is longer.
LONGEST = timedelta(hours=24)

_DATE = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Wish:
    """When a session should be, as it was typed: ``YYYY-MM-DD`` and twice ``HH:MM``."""

    date: str
    from_: str
    to: str


def coming(town: Town, wish: Wish, now: datetime) -> tuple[datetime, datetime]:
    """The UTC instants of a window that is still to come. Raises `Refused`, naming the field."""
    day = coming_day("date", wish.date, town, now)
    opens, closes = window(town, day, span(wish.from_, wish.to))
    if opens <= now:
        raise wrong("from", "Diese Uhrzeit ist schon vorbei.")
    return opens, closes


def coming_day(field: str, text: str, town: Town, now: datetime) -> date:
    """A date of today or later. Raises `Refused`."""
    day, today = day_of(field, text), local_date(now, town.timezone)
    if day < today:
        raise wrong(field, "Dieser Tag ist schon vorbei.")
    if day > today + MOST_AHEAD:
        raise wrong(field, "Mehr als fünf Jahre voraus wird nicht geplant.")
    return day


def day_of(field: str, text: str) -> date:
    """The date that ``YYYY-MM-DD`` names. Raises `Refused`."""
    if not _DATE.fullmatch(text.strip()):
        raise wrong(field, "Bitte als JJJJ-MM-TT angeben.")
    try:
        return date.fromisoformat(text.strip())
    except ValueError:
        raise wrong(field, "Diesen Tag gibt es nicht.") from None


def span(from_: str, to: str) -> WallSpan:
    """From one wall-clock time to another, over midnight where the end is earlier. Raises `Refused`."""
    begin, end = _minute("from", from_, DAY - 1), _minute("to", to, DAY)
    if begin == end:
        raise wrong("to", "Anfang und Ende sind gleich.")
    if end < begin and end + DAY - begin > LONGEST_NIGHT:
        raise wrong("to", "Das Ende liegt vor dem Anfang.")
    return WallSpan(begin, end if end > begin else end + DAY)


def window(town: Town, day: date, span: WallSpan) -> tuple[datetime, datetime]:
    """The instants of a span on one date. Raises `Refused` for a time that does not exist or comes twice there (AC-7)."""
    for field, minute, face in (("from", span.from_, span.opens), ("to", span.to, span.closes)):
        if odd := oddity(day, minute, town.timezone):
            on = words.day(day + timedelta(days=minute // DAY), town.language)
            how = "nicht" if odd == "missing" else "zweimal"
            raise wrong(field, f"{face:%H:%M} Uhr gibt es am {on} {how}, die Uhr wird da umgestellt.")
    opens, closes = instants(day, span, town.timezone)
    if closes - opens > LONGEST:
        raise wrong("to", "Länger als 24 Stunden geht es nicht.")
    return opens, closes


def wrong(field: str, sentence: str, code: str = "bad_data", *, status: int = 400) -> Refused:
    """The refusal of one field."""
    return Refused(code, f"{field}: {sentence}", status=status)


def _minute(field: str, text: str, last: int) -> int:
    try:
        return wall_minute(text, last=last)
    except ValueError:
        raise wrong(field, "Bitte als HH:MM angeben.") from None
