"""Dates and hours as people say them, in German and English (surfaces §3).

German "Donnerstag, 3. Dezember 2026, 15–16 Uhr", English "Thursday, 3 December 2026, 3–4 pm". What is said is
taken from the instants, in the town's zone.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from sessionhours.core.schedule_rules import Language, Occurrence

WEEKDAYS: Mapping[Language, tuple[str, ...]] = {
    "de": ("Montag", "Dienstag", "Mittwoch", "Donnerstag", "Freitag", "Samstag", "Sonntag"),
    "en": ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"),
}
MONTHS: Mapping[Language, tuple[str, ...]] = {
    "de": (
        *("Januar", "Februar", "März", "April", "Mai", "Juni"),
        *("Juli", "August", "September", "Oktober", "November", "Dezember"),
    ),
    "en": (
        *("January", "February", "March", "April", "May", "June"),
        *("July", "August", "September", "October", "November", "December"),
    ),
}
_TODAY = {"de": "heute", "en": "today"}
_TOMORROW = {"de": "morgen", "en": "tomorrow"}
_FROM = {"de": "ab", "en": "from"}


def following(occurrence: Occurrence, now: datetime, zone: ZoneInfo, language: Language) -> str:
    """What `{next_session}` stands for: a session's span, or from when a town hall is open again (BZ-2)."""
    if occurrence.kind == "hours":
        return relative(occurrence, now, zone, language)
    return span(occurrence, zone, language)


def no_date(language: Language) -> str:
    """What is said in the place of dates where there are none."""
    return "Zurzeit ist kein Termin geplant." if language == "de" else "No date is planned at the moment."


def span(occurrence: Occurrence, zone: ZoneInfo, language: Language) -> str:
    """Day and hours: "Donnerstag, 3. Dezember 2026, 15–16 Uhr"; both days where it ends on another."""
    opens, closes = _local(occurrence, zone)
    if _one_day(opens, closes):
        return f"{day(opens.date(), language)}, {hours(opens, closes, language)}"
    first = f"{day(opens.date(), language)}, {moment(opens, language)}"
    last = f"{day(closes.date(), language)}, {moment(closes, language)}"
    return f"{first}, bis {last}" if language == "de" else f"{first}, to {last}"


def short(occurrence: Occurrence, zone: ZoneInfo, language: Language) -> str:
    """A span for narrow places: "Do., 3. Dezember, 15–16 Uhr", "Thu, 3 December, 3–4 pm"."""
    opens, closes = _local(occurrence, zone)
    if _one_day(opens, closes):
        return f"{short_day(opens.date(), language)}, {hours(opens, closes, language)}"
    first = f"{short_day(opens.date(), language)}, {moment(opens, language)}"
    return f"{first} – {short_day(closes.date(), language)}, {moment(closes, language)}"


def relative(
    occurrence: Occurrence, now: datetime, zone: ZoneInfo, language: Language, *, whole: bool = False
) -> str:
    """From when: "heute ab 14:00 Uhr", "morgen ab 8:00 Uhr", "Do., 3. Dezember, ab 8:00 Uhr".

    With ``whole`` nothing is abbreviated: "Donnerstag, 3. Dezember 2026, ab 8 Uhr".
    """
    opens = occurrence.opens.astimezone(zone)
    clock = moment(opens, language) if whole or language == "en" else f"{opens.hour}:{opens:%M} Uhr"
    begin = f"{_FROM[language]} {clock}"
    today = now.astimezone(zone).date()
    if opens.date() == today:
        return f"{_TODAY[language]} {begin}"
    if opens.date() == today + timedelta(days=1):
        return f"{_TOMORROW[language]} {begin}"
    if whole:
        return f"{day(opens.date(), language)}, {begin}"
    if opens.year == today.year:
        return f"{short_day(opens.date(), language)}, {begin}"
    return f"{short_day(opens.date(), language)} {opens.year}, {begin}"


def ends(occurrence: Occurrence, zone: ZoneInfo, language: Language) -> str:
    """What `{ends}` stands for: "16 Uhr", "18:15 Uhr", "4 pm"."""
    opens, closes = _local(occurrence, zone)
    return _end(closes, language) if _one_day(opens, closes) else moment(closes, language)


def minutes(left: timedelta) -> str:
    """What `{minutes_left}` stands for: whole minutes, a begun one counts, never less than 0."""
    return str(max(0, -(-left // timedelta(minutes=1))))


def day(on: date, language: Language) -> str:
    """The whole date: "Donnerstag, 3. Dezember 2026", "Thursday, 3 December 2026"."""
    return f"{WEEKDAYS[language][on.weekday()]}, {_date(on, language)} {on.year}"


def date_of(on: date, language: Language) -> str:
    """The date without its weekday: "3. Dezember 2026", "3 December 2026"."""
    return f"{_date(on, language)} {on.year}"


def short_day(on: date, language: Language) -> str:
    """The date in short: "Do., 3. Dezember", "Thu, 3 December"."""
    name = WEEKDAYS[language][on.weekday()]
    return f"{name[:2]}., {_date(on, language)}" if language == "de" else f"{name[:3]}, {_date(on, language)}"


def when(at: datetime, language: Language) -> str:
    """A local date and time: "Do., 3. Dezember, 12:03 Uhr", "Thu, 3 December, 12:03 pm"."""
    time = f"{at.hour}:{at:%M} Uhr" if language == "de" else f"{(at.hour + 11) % 12 + 1}:{at:%M %p}".lower()
    return f"{short_day(at.date(), language)}, {time}"


def hours(opens: datetime, closes: datetime, language: Language) -> str:
    """Two local times of one day: "15–16 Uhr", "17:30–18:15 Uhr", "3–4 pm", "11 am–1 pm"."""
    whole = opens.minute == closes.minute == 0
    if language == "de":
        last = 24 if closes.date() > opens.date() else closes.hour
        if whole:
            return f"{opens.hour}–{last} Uhr"
        return f"{opens.hour}:{opens:%M}–{last}:{closes:%M} Uhr"
    first, last_word = moment(opens, "en"), _end(closes, "en")
    if first[-2:] == last_word[-2:] and first.endswith(("am", "pm")):
        first = first[:-3]
    return f"{first}–{last_word}"


def moment(at: datetime, language: Language) -> str:
    """One local time: "15 Uhr", "17:30 Uhr", "3 pm", "5:30 pm", "midnight"."""
    if language == "de":
        return f"{at.hour}:{at:%M} Uhr" if at.minute else f"{at.hour} Uhr"
    if at.hour == at.minute == 0:
        return "midnight"
    half = "am" if at.hour < 12 else "pm"
    return f"{(at.hour + 11) % 12 + 1}:{at:%M} {half}" if at.minute else f"{(at.hour + 11) % 12 + 1} {half}"


def _end(closes: datetime, language: Language) -> str:
    return "24 Uhr" if language == "de" and closes.hour == closes.minute == 0 else moment(closes, language)


def _date(on: date, language: Language) -> str:
    month = MONTHS[language][on.month - 1]
    return f"{on.day}. {month}" if language == "de" else f"{on.day} {month}"


def _local(occurrence: Occurrence, zone: ZoneInfo) -> tuple[datetime, datetime]:
    return occurrence.opens.astimezone(zone), occurrence.closes.astimezone(zone)


def _one_day(opens: datetime, closes: datetime) -> bool:
    """Whether a span is said with one date: it ends that day or at the midnight that ends it."""
    midnight = closes.hour == closes.minute == 0 and closes.date() == opens.date() + timedelta(days=1)
    return opens.date() == closes.date() or midnight
