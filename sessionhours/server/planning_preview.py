"""What an automatic text says at a moment of one's choice, with the rules by which it is really said (console.md §6.6)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sessionhours.core import texts, words
from sessionhours.core.schedule import Change, Language, Line, Occurrence, Schedule
from sessionhours.core.schedule_overlay import Overlay
from sessionhours.desk import autotexts, saying
from sessionhours.server.planning_visit import Visit

#: What a text can be tried at: now, any date, and each state of the next session.
MOMENTS = ("now", "announced", "lobby", "open", "last_call", "ended", "cancelled", "none", "at")

#: Characters of a text.
LONGEST = 1024

#: Said to people who wrote already and were told then how their data are treated.
IN_A_CONVERSATION = frozenset(
    {
        "last_call",
        "promised",
        "carried_over",
        "handed_over",
        "declined",
        "late",
        "deputy",
        "moved",
        "cancelled",
    }
)

ORDER = (
    *("next_session", "title", "town", "host", "alternatives", "privacy_url", "ends", "minutes_left"),
    *("dates", "starts", "deputy", "date", "department", "reason"),
)


@dataclass(frozen=True, slots=True)
class Place:
    """A placeholder: what it stands for at the moment that is shown; empty where a sentence with it is left out."""

    name: str
    value: str
    used: bool


@dataclass(frozen=True, slots=True)
class Preview:
    """A text as somebody would get it. ``unknown`` are the placeholders that do not exist, as they were written.

    ``instead`` names the text that goes out in its place: another key, or ``default``.
    """

    text: str
    length: int
    unknown: tuple[str, ...]
    missing: tuple[str, ...]
    places: tuple[Place, ...]
    left_out: tuple[str, ...]
    instead: str
    at: str


def preview(visit: Visit, line: Line, key: str, text: str, moment: str = "now", at: str = "") -> Preview:
    """The text ``key`` of a line, as if it said ``text`` already; a ``key`` that ends with ``_en`` is the English one."""
    bare, language = key.removesuffix("_en"), language_of(visit, key)
    schedule, now = _staged(visit, line, moment, at)
    known = _known(schedule, line, bare, language, now)
    staged = replace(line, texts={**line.texts, key: text} if text else _without(line, key))
    used = text or texts.template(staged, schedule.town, bare, language)
    places = tuple(Place(name, known.get(name, ""), f"{{{name}}}" in used) for name in ORDER)
    return Preview(
        text=texts.render(staged, schedule.town, bare, language, _of_the_moment(known)),
        length=len(text),
        unknown=tuple(dict.fromkeys(texts.unknown(text))),
        missing=tuple(texts.missing(used, schedule.town))
        if bare in texts.AWAY and bare != "outside_none"
        else (),
        places=places,
        left_out=tuple(place.name for place in places if place.used and not place.value),
        instead=_instead(bare, used, known),
        at=words.when(now.astimezone(visit.zone), visit.language),
    )


def language_of(visit: Visit, key: str) -> Language:
    """The language in which the text of this key is said."""
    return "en" if key.endswith("_en") else visit.schedule.town.language


def _instead(bare: str, used: str, known: Mapping[str, str]) -> str:
    if bare == "outside" and not known.get("next_session"):
        return "outside_none"
    return "" if texts.fill(used, known) else "default"


def _without(line: Line, key: str) -> Mapping[str, str]:
    return {name: text for name, text in line.texts.items() if name != key}


# -- the moment ----------------------------------------------------------------------------------------


def _staged(visit: Visit, line: Line, moment: str, at: str) -> tuple[Schedule, datetime]:
    """The plan and the instant of that moment; where no session is planned, every moment is the present one."""
    schedule, now = visit.schedule, visit.now
    found = schedule.at(now, line=line.id) or schedule.next_after(now, line=line.id)
    if moment == "none":
        return _emptied(schedule, line), now
    if moment == "at":
        return schedule, _typed(at, visit) or now
    if found is None or moment not in MOMENTS:
        return schedule, now
    if moment == "cancelled":
        return schedule.with_changes([Change(line.id, found.key, cancelled=True)]), now
    return schedule, _instant(found, line, moment, now)


def _instant(found: Occurrence, line: Line, moment: str, now: datetime) -> datetime:
    early, last = timedelta(minutes=line.early), timedelta(minutes=line.last_call or 10)
    instants = {
        "announced": found.opens - timedelta(days=1),
        "lobby": found.opens - early / 2 - timedelta(seconds=1),
        "open": found.opens + (found.closes - found.opens) / 2,
        "last_call": max(found.opens, found.closes - last),
        "ended": found.closes,
    }
    return instants.get(moment, now)


def _emptied(schedule: Schedule, line: Line) -> Schedule:
    bare = replace(line, sessions=(), hours=(), exceptions=())
    lines = tuple(bare if one.id == line.id else one for one in schedule.lines)
    return replace(schedule, lines=lines, overlay=Overlay())


def _typed(written: str, visit: Visit) -> datetime | None:
    try:
        found = datetime.fromisoformat(written).replace(tzinfo=visit.zone)
    except ValueError:
        return None
    return found if 1971 < found.year < 2199 else None


# -- what the placeholders stand for -------------------------------------------------------------------


def _known(schedule: Schedule, line: Line, key: str, language: Language, now: datetime) -> dict[str, str]:
    return {
        **texts.standing(line, schedule.town),
        **({"privacy_url": ""} if key in IN_A_CONVERSATION else {}),
        **saying.known_at(schedule, line.id, language, now=now),
        **({"dates": autotexts.next_dates(schedule, line.id, language, now=now)} if key == "dates" else {}),
        **_examples(schedule, line, key, language, now),
    }


def _of_the_moment(known: Mapping[str, str]) -> dict[str, str]:
    """What the line and the town say themselves is filled in by `texts.render`."""
    own = ("title", "host", "town", "alternatives")
    return {name: value for name, value in known.items() if name not in own}


def _examples(schedule: Schedule, line: Line, key: str, language: Language, now: datetime) -> dict[str, str]:
    """What people bring with a text, by an example: who stands in, why it is cancelled."""
    german = language == "de"
    coming = schedule.at(now, line=line.id) or schedule.next_after(now, line=line.id)
    local = (coming.opens if coming else now).astimezone(schedule.town.timezone)
    promised = (now + timedelta(days=7)).astimezone(schedule.town.timezone).date()
    examples: dict[str, dict[str, str]] = {
        "late": {"starts": words.moment(local + timedelta(minutes=10), language)},
        "deputy": {"deputy": "Frau Beispiel" if german else "Ms Example"},
        "promised": {"date": words.day(promised, language)},
        "handed_over": {"department": "Bauhof" if german else "Building yard"},
        "declined": {"reason": "das entscheidet der Landkreis" if german else "the county decides this"},
        "cancelled": {"reason": "Krankheit" if german else "illness"},
    }
    return examples.get(key, {})
