"""The schedule file while the server runs: a good edit holds, a bad one changes nothing and is shown."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from sessionhours import app as joined
from tests.server.house import House, wait_until


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
    for number, text in enumerate(broken, 1):
        house.schedule.write_text(text)
        wait_until(lambda number=number: len(faults(admin)) == number)  # type: ignore[misc]
        assert admin.snapshot()["next_session"] == before
    place = next(n for n, line in enumerate(broken[0].splitlines(), 1) if "funday" in line)
    assert any(f"schedule.toml:{place}: " in notice for notice in faults(admin))
    house.schedule.unlink()
    house.schedule.write_text(good.replace('from = "15:00"', 'from = "14:30"'))
    wait_until(lambda: admin.snapshot()["next_session"]["opens"] != before["opens"])
    assert admin.snapshot()["next_session"]["opens"] == "2027-01-07T13:30:00.000Z"
    assert house.agent("Stefan Keller").snapshot()["notices"] == []


def faults(admin: object) -> list[str]:
    notices = admin.snapshot()["notices"]  # type: ignore[attr-defined]
    return [notice["message"] for notice in notices if notice["code"] == "schedule_faults"]
