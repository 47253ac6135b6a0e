"""The public pages and their states, and the kit: what has to have happened, and where it is seen."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import timedelta
from pathlib import Path

from tests.browser.api import Api
from tests.browser.state import State
from tests.browser.townhall import TownHall, town_hall
from tests.makers import OPENS

JANUARY = "buergermeister/2027-01-07T15:00"
KIT = "/console/termine/buergermeister/2026-12-03T15:00/kit"

STATES = (
    State("public-lobby", "public-lobby", "/", None),
    State("public-late", "public-late", "/", None),
    State("public-ending", "public-ending", "/", None),
    State("public-cancelled", "public-changed", "/", None),
    State("public-moved", "public-moved", "/", None),
    State("public-hours", "public-hours", "/", None),
    State("dates", "public-changed", "/termine", None),
    State("dates-english", "public-changed", "/en/termine", None),
    State("dates-hours", "public-hours", "/termine", None),
    State("poster", "public-before", "/aushang", None),
    State("poster-english", "public-before", "/en/aushang", None),
    State("poster-cancelled", "public-changed", "/aushang?session=buergermeister/2026-12-03T15:00", None),
    State("poster-in-person", "public-changed", "/aushang?session=buergermeister/2026-12-10T16:00%2B", None),
    State("poster-hours", "public-hours", "/aushang", None),
    State("easy", "public-before", "/leichte-sprache", None),
    State("easy-english", "public-before", "/en/leichte-sprache", None),
    State("easy-running", "public-late", "/leichte-sprache", None),
    State("easy-cancelled", "public-changed", "/leichte-sprache", None),
    State("kit", "public-before", KIT, "mayor"),
    State("kit-published", "public-published", KIT, "mayor"),
)


def _late(api: Api) -> None:
    api.command("session.late", session=api.snapshot()["session"]["id"], minutes=15)


def _ending(api: Api) -> None:
    api.command("session.close_intake", session=api.snapshot()["session"]["id"])


def _changed(api: Api) -> None:
    """The next one is cancelled and replaced, one is moved, and one in person is added."""
    api.command(
        "session.cancel",
        session="buergermeister/2026-12-03T15:00",
        reason="Der Bürgermeister ist erkrankt",
        **{"date": "2026-12-08", "from": "17:00", "to": "18:00"},
    )
    moved = {"date": "2027-01-14", "from": "17:30", "to": "18:15"}
    api.command("session.move", session=JANUARY, **moved)
    person = {"line": "buergermeister", "date": "2026-12-10", "from": "16:00", "to": "18:00"}
    api.command(
        "session.add", **person, kind="in_person", topic="Haushalt 2027 und Sanierung der Ortsdurchfahrt"
    )


def _moved(api: Api) -> None:
    moved = {"date": "2026-12-09", "from": "17:30", "to": "18:15"}
    api.command("session.move", session="buergermeister/2026-12-03T15:00", **moved)


def _published(api: Api) -> None:
    for channel, date in (("amtsblatt", "2026-11-27"), ("aushang", "2026-11-28")):
        api.command("session.publish", session="buergermeister/2026-12-03T15:00", channel=channel, date=date)


@contextmanager
def _after(folder: Path, minutes: float, happened: Callable[[Api], None]) -> Iterator[TownHall]:
    with town_hall(folder, now=OPENS + timedelta(minutes=minutes)) as hall, Api(hall.url) as api:
        happened(api)
        yield hall


DAYS = 24 * 60
HOURS = {"[[line.session]]": "[[line.hours]]", 'every = "first thursday"': 'days = "mon-fri"'}

HALLS: dict[str, Callable[[Path], AbstractContextManager[TownHall]]] = {
    "public-before": lambda folder: town_hall(folder, now=OPENS - timedelta(days=5)),
    "public-lobby": lambda folder: town_hall(folder, now=OPENS - timedelta(minutes=6)),
    "public-late": lambda folder: _after(folder, -6, _late),
    "public-ending": lambda folder: _after(folder, 40, _ending),
    "public-changed": lambda folder: _after(folder, -5 * DAYS, _changed),
    "public-moved": lambda folder: _after(folder, -5 * DAYS, _moved),
    "public-published": lambda folder: _after(folder, -2 * DAYS, _published),
    "public-hours": lambda folder: town_hall(folder, now=OPENS - timedelta(days=1), change=HOURS),
}
