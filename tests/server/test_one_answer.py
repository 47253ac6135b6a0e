"""One source of truth: automatic reply, public page, calendar and console give one answer (AC-8)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from icalendar import Calendar
from sqlmodel import Session, select

from sessionhours.core.gate import window_for
from sessionhours.core.instants import instant
from sessionhours.core.roles import ROLES
from sessionhours.core.schedule import Schedule
from sessionhours.core.schedule_overlay import Overlay
from sessionhours.desk import commands, intake, snapshot, ticking
from sessionhours.desk.effective import Effective
from sessionhours.desk.replies import Author
from sessionhours.server.calendar import ical
from sessionhours.server.public_view import line_views
from sessionhours.server.visit import Visit
from sessionhours.store.database import Database
from sessionhours.store.migrate import migrate
from sessionhours.store.tables import AutoText, Outbox
from sessionhours.whatsapp.payload import parse
from tests.core.test_schedule_properties import MOMENTS, schedules
from tests.desk.office import KEYS
from tests.makers import body, message

#: Calendars hold so much of the future.
TOLD = timedelta(days=300)


class Town:
    """One town with a database of many: its four readers."""

    def __init__(self, database: Database, schedule: Schedule, now: datetime, number: int) -> None:
        self.database, self.now = database, now
        own = replace(schedule.lines[0], phone_number_id=f"{200000000000000 + number}")
        town = replace(schedule.town, id=f"ort{number}")
        self.schedule = replace(schedule, town=town, lines=(own,), overlay=Overlay())
        self.id = self.schedule.town.id
        known = {self.id: self.schedule}
        self.reader = intake.Reader(parse, lambda: known, KEYS)
        self.effective = Effective(database, self.reader.planner, lambda: known, lambda: now)
        self.editor = Author(f"{number:032x}", "Planerin", self.id, frozenset(ROLES))
        self.tick()

    def tick(self) -> None:
        """Time's turn; then every reader without a transaction is up to date."""
        self.write(ticking.tick, self.reader.planner, self.schedule, now=self.now)
        self.effective.renew()

    def write(self, action: Any, *args: Any, **kwargs: Any) -> Any:
        return self.database.submit(action, *args, **kwargs).result(20)

    def ask(self, number: int, name: str, **data: Any) -> dict[str, Any]:
        """A command of the one who plans."""
        id = f"00000000-0000-4000-8000-{number:012x}"
        result = self.write(
            commands.run, self.editor, self.schedule, id=id, name=name, data=data, now=self.now
        )
        self.effective.renew()
        return dict(result)

    @property
    def open(self) -> bool:
        """Is a message of this moment taken in?"""
        standing = self.effective()[self.id]
        return window_for(standing, standing.lines[0], self.now) is not None

    @property
    def visit(self) -> Visit:
        return Visit(self.effective.standing()[self.id], "de", self.now, "/", "https://example.org")

    # -- the four readers --------------------------------------------------------------------------

    def reply(self) -> tuple[datetime | None, str]:
        """What somebody is told who writes now: the date that the text names, and its words."""
        number = self.schedule.lines[0].phone_number_id
        one = body([message(1, "Guten Tag", at=self.now, wamid=f"wamid.{self.id}")], phone_number_id=number)
        at = int(self.now.timestamp() * 1000)
        self.write(intake.take, self.reader, [intake.Body(one, at)], now=self.now)
        with Session(self.database.reader) as session:
            told = session.exec(select(AutoText).where(AutoText.town == self.id)).first()
            sent = session.exec(select(Outbox).where(Outbox.town == self.id)).one()
        assert told is not None
        return None if told.named is None else instant(told.named), sent.text

    def console(self) -> datetime | None:
        """The next session on the screens."""
        with Session(self.database.reader) as session:
            following = snapshot.snapshot(session, self.editor, now=self.now)["next_session"]
        return None if following is None else datetime.fromisoformat(following["opens"])

    def page(self) -> datetime | None:
        """What the public page says."""
        (view,) = line_views(self.visit)
        return datetime.fromisoformat(view.machine) if view.machine else None

    def feed(self) -> datetime | None:
        """The first WhatsApp hour to come in the calendar."""
        events = Calendar.from_ical(ical(self.visit)).walk("VEVENT")
        coming = [
            event.decoded("DTSTART").astimezone(UTC)
            for event in events
            if event["STATUS"] == "CONFIRMED" and b"WHATSAPP" in event["CATEGORIES"].to_ical()
        ]
        return min((at for at in coming if at > self.now), default=None)


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    folder: Path = tmp_path_factory.mktemp("many towns")
    found = Database(f"sqlite:///{folder / 'sessionhours.db'}")
    migrate(found.writer)
    found.start()
    yield found
    found.close()


NUMBERS = count(1)


@pytest.mark.proves("AC-8", "F38", "F39", "F40", "P4")
@pytest.mark.parametrize("examples", [25, pytest.param(100, marks=pytest.mark.full)])
def test_four_readers_give_one_answer(database: Database, server_zone: str, examples: int) -> None:
    @settings(max_examples=examples, deadline=None)
    @given(schedules(), MOMENTS, st.integers(0, 3))
    def one(schedule: Schedule, now: datetime, staff: int) -> None:
        number = next(NUMBERS)
        town = Town(database, schedule, now.replace(microsecond=0), number)
        _plan(town, number, staff)
        assume(not town.open)
        named, words = town.reply()
        page, console, feed = town.page(), town.console(), town.feed()
        assert named == page
        if console is None or console < town.now + TOLD:
            assert feed == console
        if not schedule.lines[0].hours:
            assert named == console
        if named is None:
            assert "Zurzeit ist kein Termin geplant" in words

    one()


def _plan(town: Town, number: int, staff: int) -> None:
    """What staff do on top of the file: nothing, another hour, the next one called off, or moved."""
    day = (town.now + timedelta(days=9)).date().isoformat()
    coming = town.console()
    with Session(town.database.reader) as session:
        following = snapshot.snapshot(session, town.editor, now=town.now)["next_session"]
    if staff == 1:
        town.ask(
            number,
            "session.add",
            line=town.schedule.lines[0].id,
            date=day,
            **{"from": "06:10", "to": "06:40"},
        )
    elif staff == 2 and coming:
        town.ask(number, "session.cancel", session=following["id"], reason="krank", confirm=True)
    elif staff == 3 and coming:
        moved = {"date": day, "from": "07:10", "to": "07:50", "confirm": True}
        town.ask(number, "session.move", session=following["id"], **moved)
