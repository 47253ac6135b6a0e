"""Who writes what on Thursday, 3 December 2026: 30 citizens and 120 messages of every type, as data.

Every message says something that nobody else says, so that it is known wherever it turns up.
"""

from __future__ import annotations

import base64
import random
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

#: The hour by the town's file, in winter an hour ahead of UTC; and what is done to it.
OPENS = datetime(2026, 12, 3, 14, tzinfo=UTC)
EXTENDED = timedelta(minutes=10)
CLOSES = OPENS + timedelta(hours=1) + EXTENDED

THIS_HOUR = "Donnerstag, 3. Dezember 2026, 15–16 Uhr"
NEXT_HOUR = "Donnerstag, 7. Januar 2027, 15–16 Uhr"

#: Five are there from the beginning, with every kind of identity; the others move in.
SETTLED = ("anna", "bekir", "clara", "dimitri", "edith")
MOVE_IN = (
    *("frida", "gerd", "hanna", "ilse", "jonas", "karin", "lukas", "marta", "nils", "olga", "paul", "quirin"),
    *(
        "rosa",
        "sven",
        "tilda",
        "uwe",
        "vera",
        "walter",
        "xenia",
        "yusuf",
        "zita",
        "arno",
        "berta",
        "curt",
        "dora",
    ),
)
IN_THE_HOUR = (*SETTLED, *MOVE_IN[: MOVE_IN.index("paul")], "berta", "curt", "dora")

#: What the hour brings beside the first message of everybody.
DECK = {
    "text": 28, "image": 8, "location": 4, "contacts": 3, "document": 4, "sticker": 3, "voice": 4, "audio": 1,
    "video": 3, "interactive": 2, "button": 1, "order": 1, "unsupported": 2, "reaction": 4, "edit": 2, "revoke": 2,
}  # fmt: skip

#: Kinds that this line neither answers nor takes in: one notice an hour, and no file is fetched.
NOT_TAKEN = frozenset({"contacts", "document", "sticker", "voice", "audio", "video", "order", "unsupported"})
ABOUT_ANOTHER = frozenset({"reaction", "edit", "revoke"})


@dataclass(frozen=True)
class Line:
    """One message to write: who, when, of which kind, and the words that only this one has."""

    person: str
    at: datetime
    kind: str = "text"
    words: str = ""
    about: str | None = None
    wish: dict[str, Any] = field(default_factory=dict)


def before() -> list[Line]:
    """From noon to ten minutes before the hour, to the second."""
    noon = OPENS - timedelta(hours=2, minutes=30)
    kinds = [
        "text",
        "text",
        "text",
        "image",
        "document",
        "location",
        "voice",
        "text",
        "edit",
        "text",
        "reaction",
    ]
    people = ["uwe", "uwe", "uwe", "vera", "walter", "xenia", "yusuf", "zita", "zita", "anna", "dora"]
    lines = [
        line(person, noon + timedelta(seconds=n), kind, f"vorher-{n:02d}")
        for n, (person, kind) in enumerate(zip(people, kinds, strict=True))
    ]
    return [*lines, line("arno", OPENS - timedelta(minutes=10, seconds=1), "text", "vorher-11")]


def early() -> Iterator[Line]:
    """In the ten minutes in which messages queue already."""
    yield line("berta", OPENS - timedelta(minutes=10), "text", "frueh-00")
    yield line("curt", OPENS - timedelta(minutes=4, seconds=30), "text", "frueh-01")


def waves(seed: int) -> list[list[Line]]:
    """Three waves within the hour, 88 messages; everybody's first is a text."""
    chance = random.Random(seed)
    kinds = [kind for kind, number in DECK.items() for _ in range(number)]
    chance.shuffle(kinds)
    first = [(person, "text") for person in IN_THE_HOUR if person not in ("berta", "curt")]
    rest = [(chance.choice(IN_THE_HOUR), kind) for kind in kinds]
    everything = [*first, *rest]
    cuts = [(0, 34, 5), (34, 61, 20), (61, len(everything), 35)]
    return [list(_wave(everything[a:b], a, minutes)) for a, b, minutes in cuts]


def _wave(part: list[tuple[str, str]], number: int, minutes: int) -> Iterator[Line]:
    for n, (person, kind) in enumerate(part):
        yield line(person, OPENS + timedelta(minutes=minutes, seconds=n), kind, f"stunde-{number + n:02d}")


def extended() -> Iterator[Line]:
    """After four o'clock, in the minutes that were added."""
    for n, person in enumerate(("anna", "clara", "edith", "gerd", "jonas", "lukas")):
        yield line(person, CLOSES - timedelta(minutes=5, seconds=-n), "text", f"laenger-{n:02d}")


def belated() -> Iterator[Line]:
    """Written in time, brought after the end; and written within the grace."""
    yield line("olga", CLOSES - timedelta(minutes=4), "text", "spaet-00")
    yield line("paul", CLOSES + timedelta(minutes=1, seconds=30), "text", "spaet-01")
    yield line("paul", CLOSES + timedelta(minutes=1, seconds=58), "image", "spaet-02")
    yield line("paul", CLOSES + timedelta(minutes=1, seconds=59), "text", "spaet-03")


def after() -> list[list[Line]]:
    """Two minutes after the end, to the second; a while later; and once more after a restart."""
    at_once = [line("quirin", CLOSES + timedelta(minutes=2), "text", "nachher-00")]
    later = CLOSES + timedelta(minutes=15)
    people = [("quirin", "text"), ("rosa", "image"), ("sven", "video"), ("tilda", "contacts")]
    people += [("anna", "text"), ("gerd", "location")]
    soon = [
        line(who, later + timedelta(seconds=n), kind, f"nachher-{n + 1:02d}")
        for n, (who, kind) in enumerate(people)
    ]
    return [at_once, soon, [line("quirin", later + timedelta(minutes=5), "text", "nachher-07")]]


def line(person: str, at: datetime, kind: str, mark: str) -> Line:
    """A message with words of its own, wherever its type has room for words."""
    words = f"{mark} {person} fragt wegen der Strasse"
    return Line(person, at, kind, words, _about(kind), _wish(kind, words))


def _about(kind: str) -> str | None:
    return "last" if kind in ABOUT_ANOTHER else None


def _wish(kind: str, words: str) -> dict[str, Any]:
    match kind:
        case "text":
            return {"text": words}
        case "image" | "video":
            return {"caption": words}
        case "document":
            return {"caption": words, "filename": f"{words}.pdf"}
        case "voice":
            return {"type": "audio", "voice": True, "data": _file(words)}
        case "audio":
            return {"type": "audio", "voice": False, "data": _file(words)}
        case "location":
            return {"latitude": 48.59, "longitude": 8.11, "name": words, "address": "Hauptstr. 65"}
        case "contacts":
            return {"contacts": [{"name": {"formatted_name": words, "first_name": "Eva"}, "phones": []}]}
        case "interactive":
            return {"interactive": {"type": "button_reply", "button_reply": {"id": "1", "title": words}}}
        case "button":
            return {"button": {"payload": "WEITER", "text": words}}
        case "order":
            item = {"product_retailer_id": "1", "quantity": 1, "item_price": 5.5, "currency": "EUR"}
            return {"order": {"catalog_id": "400000000000001", "text": words, "product_items": [item]}}
        case "unsupported":
            return {"unsupported": "poll_creation"}
        case "reaction":
            return {"emoji": "👍"}
    return {}


def _file(words: str) -> str:
    """A sound that says the words in its bytes."""
    return base64.b64encode(b"OggS" + words.encode() * 20).decode()


def everything(seed: int) -> Iterable[Line]:
    """All 120."""
    hour = [one for wave in waves(seed) for one in wave]
    later = [one for part in after() for one in part]
    return [*before(), *early(), *hour, *extended(), *belated(), *later]
