"""A house that runs, and somebody who is logged in to it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from sessionhours.server import live
from tests.server.house import Guest, House


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    house = House(tmp_path).start()
    yield house
    house.stop()


@pytest.fixture
def mayor(house: House) -> Guest:
    return house.agent()


@pytest.fixture(scope="module")
def regular(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Guest]:
    """An agent of a house that many tests share, for they leave it as it was."""
    house = House(tmp_path_factory.mktemp("house")).start()
    yield house.agent()
    house.stop()


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Beats come in a fraction of a second."""
    monkeypatch.setattr(live, "BEAT", 0.1)
