"""A question that waits is seen on no screen and in no answer of the house, and goes by itself (N24)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from sessionhours.desk import expiry
from tests.fakes import until, wait_until
from tests.makers import OPENS, Clock
from tests.server.house import House

SECRET = "Geheimnis-4711"


@pytest.fixture
def house(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[House]:
    monkeypatch.setattr(expiry, "LOOK", 0.05)
    house = House(tmp_path, policy='outside = "offer"', clock=Clock(OPENS - timedelta(days=2))).start()
    yield house
    house.stop()


@pytest.mark.proves("N24", "N3")
async def test_it_is_seen_only_after_the_yes(house: House) -> None:
    mayor = house.agent()
    async with mayor.console() as console:
        house.says(1, SECRET)
        await until(lambda: any("mit 1" in text for text in house.graph.texts()))
        assert mayor.snapshot()["conversations"] == []
        house.says(1, "1")
        await console.until(lambda frame: "conversation.created" in str(frame))
        before = [event for event in console.events if SECRET in str(event)]
        assert before[0]["name"] == "conversation.created"
    (talk,) = mayor.snapshot()["conversations"]
    assert (talk["lane"], talk["last_message"]["text"], talk["kept"]) == ("held", SECRET, True)
    assert any("vorgemerkt" in text for text in house.graph.texts()) or house.rows("select 1 from outbox")


@pytest.mark.proves("N24", "N3")
def test_it_goes_by_itself_when_its_hour_is_over(house: House) -> None:
    house.says(1, SECRET)
    assert house.rows("select count(*) from offered") == [(1,)]
    house.clock.forward(minutes=59, seconds=59)
    house.says(2, "noch eine")
    assert house.rows("select count(*) from offered") == [(2,)]
    house.clock.forward(seconds=1)
    wait_until(lambda: house.rows("select count(*) from offered") == [(1,)])
    house.says(1, "1")
    assert house.agent().snapshot()["conversations"] == []
