"""Two servers on one PostgreSQL database hold one hour: what one does, the other sees before it acts (AC-60)."""

from __future__ import annotations

import threading
import uuid
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlmodel import Session

from sessionhours.core.instants import ms
from sessionhours.core.schedule import Line
from sessionhours.desk import commands, intake, moves, ticking
from sessionhours.store.tables import Conversation, HourSession, Outcome
from tests.desk.office import Desk
from tests.desk.test_steering import hour
from tests.makers import CLOSES, OPENS, Clock, body, message

#: Seconds in which a command that waits for nobody has long been carried out.
SOON = 0.7

Deed = Callable[[Session], object]


@pytest.fixture
def desk(postgres_url: str, tmp_path: Path) -> Iterator[Desk]:
    """At the minute the hour opens, on PostgreSQL."""
    desk = Desk(postgres_url, tmp_path, "", Clock(OPENS))
    yield desk
    desk.close()


def meanwhile(desk: Desk, first: Deed, second: Deed) -> Any:
    """One server does the ``first`` and has not committed when another one begins the ``second``; what that returns."""
    found: list[Any] = []
    with Session(desk.database.writer) as session:
        first(session)
        session.flush()
        other = threading.Thread(target=lambda: found.append(by_itself(desk, second)))
        other.start()
        other.join(SOON)
        session.commit()
    other.join(20)
    return found[0]


def by_itself(desk: Desk, deed: Deed) -> Any:
    with Session(desk.database.writer) as session:
        result = deed(session)
        session.commit()
        return result


def ask(desk: Desk, name: str, **data: Any) -> Deed:
    id, now = str(uuid.uuid4()), desk.clock()
    return lambda session: commands.run(
        session, desk.mayor, desk.schedule, id=id, name=name, data=data, now=now
    )


def says(desk: Desk, number: int, text: str) -> Deed:
    came = intake.Body(body([message(number, text, at=desk.clock())]), ms(desk.clock()))
    return lambda session: intake.take(session, desk.reader, [came], now=desk.clock())


def tick(desk: Desk) -> Deed:
    return lambda session: ticking.tick(session, desk.reader.planner, desk.schedule, now=desk.clock())


@pytest.mark.proves("AC-60", "N4")
@pytest.mark.parametrize("number", [1, 2], ids=["answered before", "new"])
def test_the_hour_does_not_end_over_a_question_that_comes_in(desk: Desk, number: int) -> None:
    desk.says(1, "erste")
    talk = desk.conversation()["id"]
    assert desk.ask(desk.mayor, "reply", conversation=talk, text="Ja", seen=10**6)["ok"]
    desk.clock.forward(minutes=5)
    ended = meanwhile(
        desk, says(desk, number, "noch eine Frage"), ask(desk, "session.close", session=hour(desk))
    )
    assert ended["error"]["code"] == "unaccounted"
    (asks,) = [row for row in desk.rows(Conversation) if row.unread and row.lane == "waiting"]
    assert asks.session == hour(desk)
    assert desk.rows(Outcome) == []


def test_two_people_open_one_hour(desk: Desk) -> None:
    desk.clock.now = OPENS + timedelta(hours=3)
    desk.tick()
    open_now = [ask(desk, "session.open_now", line=desk.line.id, minutes=30) for _ in (1, 2)]
    assert meanwhile(desk, *open_now)["error"]["code"] == "session_running"
    assert [row.state for row in desk.rows(HourSession)].count("open") == 1


def test_an_hour_that_ends_in_this_moment_is_extended_or_it_is_over(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    mine, february = hour(desk), f"{desk.line.id}/2027-02-04T15:00"
    told = desk.ask(desk.mayor, "session.publish", session=february, channel="presse", date="2026-12-01")
    assert told["ok"], "so that the tick has no row to make, which others would wait for"
    desk.clock.now = CLOSES - timedelta(milliseconds=5)
    extend, move = ask(desk, "session.extend", session=mine, minutes=10), moves.move
    others: list[threading.Thread] = []

    def beside(session: Session, row: HourSession, line: Line, now: datetime) -> None:
        if not others:
            others.append(threading.Thread(target=lambda: by_itself(desk, extend)))
            others[0].start()
            others[0].join(SOON)
        move(session, row, line, now)

    desk.clock.now = CLOSES
    monkeypatch.setattr(moves, "move", beside)
    by_itself(desk, tick(desk))
    others[0].join(20)
    (row,) = [row for row in desk.rows(HourSession) if row.id == mine]
    assert (row.state, row.extended) == ("closed", 0)
