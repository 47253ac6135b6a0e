"""The away reply through the real door: what Meta is handed, and what a console hears of it."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import httpx
import pytest

from sessionhours import app as joined
from sessionhours.whatsapp.signature import sign
from tests.fakes import wait_until
from tests.makers import APP_SECRET, OPENS, Clock, body, message
from tests.server.house import WEBHOOK, House

NOON = OPENS - timedelta(hours=2)


@pytest.fixture
def house(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[House]:
    monkeypatch.setattr(joined, "RELOAD", 0.02)
    house = House(tmp_path, clock=Clock(NOON)).start()
    yield house
    house.stop()


@pytest.mark.proves("AC-10", "KA-6", "P5", "P6")
def test_a_new_date_in_the_file_is_named_by_the_next_reply_and_nothing_is_restarted(house: House) -> None:
    house.says(1, "Wann ist die Sprechstunde?")
    wait_until(lambda: len(house.graph.texts()) == 1)
    assert "Donnerstag, 3. Dezember 2026, 15–16 Uhr" in house.graph.texts()[0]
    told = house.schedule.read_text(encoding="utf-8")
    mayor, before = house.agent(), house.agent().snapshot()["next_session"]
    house.schedule.write_text(told.replace('from = "15:00"', 'from = "14:30"'), encoding="utf-8")
    wait_until(lambda: mayor.snapshot()["next_session"] != before)
    house.says(1, "Danke")
    house.says(2, "Und für mich?")
    wait_until(lambda: len(house.graph.texts()) == 3)
    for text in house.graph.texts()[1:]:
        assert "Donnerstag, 3. Dezember 2026, 14:30–16:00 Uhr" in text


@pytest.mark.proves("AC-21", "AC-9", "F23", "F33")
async def test_twenty_deliveries_at_once_are_one_push_and_one_reply(house: House) -> None:
    mayor = house.agent()
    async with mayor.console() as console:
        await at_once(house, body([message(1, "davor", at=NOON)]))
        await asyncio.to_thread(wait_until, lambda: bool(house.graph.texts()))
        house.clock.now = OPENS
        await at_once(house, body([message(2, "im Termin")]))
        house.says(3, "zuletzt")
        await console.told(mayor.snapshot()["seq"])
        pushed = [event["data"]["text"] for event in console.events if event["name"] == "message.created"]
    assert pushed == ["im Termin", "zuletzt"]
    assert len(house.graph.texts()) == 1


async def at_once(house: House, content: bytes) -> None:
    """The same body twenty times at the same moment; each is taken."""
    headers = {"x-hub-signature-256": sign(APP_SECRET, content)}
    async with httpx.AsyncClient(base_url=house.url, trust_env=False, verify=False, timeout=20) as client:
        posts = [client.post(WEBHOOK, content=content, headers=headers) for _ in range(20)]
        assert {answer.status_code for answer in await asyncio.gather(*posts)} == {200}
