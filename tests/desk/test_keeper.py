"""Webhooks that come together: what cannot be applied takes nobody along, and nobody's words into the log."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from sessionhours.desk import intake
from sessionhours.desk.keeper import LONG, Keeper
from sessionhours.store.tables import Arrival, Intake, Message, Outbox, Quarantine
from tests.desk.office import Desk
from tests.makers import CLOSES, body, message

LATER = CLOSES + timedelta(hours=1)
NO_UPDATE = b'{"object":"page","entry":[]}'


@pytest.fixture
def logged(monkeypatch: pytest.MonkeyPatch) -> list[bytes]:
    """The bodies that went into the log."""
    bodies: list[bytes] = []
    real = intake.log

    def log(session: Any, some: Any, seals: Any = None) -> None:
        bodies.extend(one.raw for one in some)
        real(session, some, seals)

    monkeypatch.setattr(intake, "log", log)
    return bodies


async def keep(desk: Desk, *bodies: bytes) -> list[object]:
    """All at once; what each caller is told."""
    keeper = Keeper(desk.database, desk.reader, desk.clock, then=lambda applied: None)
    return await asyncio.gather(*map(keeper.keep, bodies), return_exceptions=True)


@pytest.mark.proves("KA-6", "F28", "F31")
@pytest.mark.parametrize("bad", [NO_UPDATE, body([message(9, "lang", at=LATER)]) + b" " * LONG])
async def test_one_that_goes_into_the_log_takes_no_declined_one_along(
    desk: Desk, logged: list[bytes], bad: bytes
) -> None:
    desk.clock.now = LATER
    before, after = (body([message(n, f"vertraulich {n}", at=LATER)]) for n in (1, 2))
    assert await keep(desk, before, bad, after) == [None, None, None]
    assert logged == [bad]
    desk.apply()
    assert len(desk.rows(Arrival)) == (2 if bad is NO_UPDATE else 3)
    assert desk.rows(Message) == []
    assert len(desk.rows(Quarantine)) == (bad is NO_UPDATE)
    assert {row.state for row in desk.rows(Intake)} == {"done"}


@pytest.mark.proves("F28", "F37")
async def test_a_number_that_is_too_long_for_an_index_stops_nobody(desk: Desk) -> None:
    strange = body([message(1, "woanders")], phone_number_id="".join(f"{n:08x}" for n in range(1500)))
    admin = desk.agent("Ina Weber", "admin")
    assert await keep(desk, body([message(2, "davor")]), strange, body([message(3, "danach")])) == [None] * 3
    desk.apply()
    assert sorted(row.text for row in desk.rows(Message)) == ["danach", "davor"]
    assert [one["code"] for one in desk.snapshot(admin)["notices"]] == ["unknown_line"]
    assert desk.rows(Outbox) == []


async def test_many_at_once_are_one_commit_and_stay_in_order(desk: Desk) -> None:
    seen = len(desk.told)
    assert await keep(desk, *(body([message(1, f"Satz {n}")]) for n in range(20))) == [None] * 20
    said = [event for event in desk.told[seen:] if event.name == "message.created"]
    assert [f"Satz {n}" in event.data for n, event in enumerate(said)] == [True] * 20
    assert len([event for event in desk.told[seen:] if event.name == "conversation.created"]) == 1
