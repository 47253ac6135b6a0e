"""The schedule file while the server runs: a good edit holds, a bad one changes nothing and is shown."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from sessionhours import app as joined
from tests.fakes import wait_until
from tests.server.house import House


@pytest.fixture
def house(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[House]:
    monkeypatch.setattr(joined, "RELOAD", 0.02)
    house = House(tmp_path).start()
    yield house
    house.stop()


@pytest.mark.proves("F44", "F45", "P4")
def test_a_bad_edit_changes_nothing_and_is_shown_and_a_good_one_holds(house: House) -> None:
    admin, good = house.agent("Die Verwaltung", "admin"), house.schedule.read_text()
    before = admin.snapshot()["next_session"]
    broken = [good.replace('"first thursday"', '"first funday"'), good[:200], "\0", 'timezone = "Mond"', good.replace("16:00", "15:00")]  # fmt: skip
    place = next(n for n, line in enumerate(broken[0].splitlines(), 1) if "funday" in line)
    told: list[str] = []
    for text in [*broken, broken[0]]:
        house.schedule.write_text(text)
        wait_until(lambda told=told: len(faults(admin)) == 1 and faults(admin) != told)  # type: ignore[misc]
        told = faults(admin)
        assert "es gilt weiter die Fassung von " in told[0]
        assert (f"schedule.toml:{place}: " in told[0]) is (text is broken[0])
        assert admin.snapshot()["next_session"] == before
    house.schedule.write_text(good)
    wait_until(lambda: faults(admin) == [])
    house.schedule.unlink()
    house.schedule.write_text(good.replace('from = "15:00"', 'from = "14:30"'))
    wait_until(lambda: admin.snapshot()["next_session"]["opens"] != before["opens"])
    assert admin.snapshot()["next_session"]["opens"] == "2027-01-07T13:30:00.000Z"
    assert house.agent("Stefan Keller").snapshot()["notices"] == []


async def test_the_red_bar_goes_where_the_file_is_good_again(house: House) -> None:
    admin, good = house.agent("Die Verwaltung", "admin"), house.schedule.read_text()
    async with admin.console() as console:
        house.schedule.write_text(good[:200])
        created = await console.until(lambda frame: frame.get("name") == "notice.created")
        house.schedule.write_text(good)
        removed = await console.until(lambda frame: frame.get("name") == "notice.removed")
        assert removed["data"] == {"id": created["data"]["id"]}


def faults(admin: object) -> list[str]:
    notices = admin.snapshot()["notices"]  # type: ignore[attr-defined]
    return [notice["message"] for notice in notices if notice["code"] == "schedule_faults"]
