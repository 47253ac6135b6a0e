"""A house that runs, and somebody who is logged in to it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from sessionhours.desk import watch
from sessionhours.server import live
from tests.makers import Clock
from tests.server.house import Guest, House
from tests.server.twins import A, B, Twin, furnish, tables, towns


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


@pytest.fixture(scope="module")
def two_towns(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """A house of two towns that are alike in everything but their ids."""
    folder = tmp_path_factory.mktemp("towns")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(watch, "MISSING", 10**6)  # what a walk compares must not change while it walks
        house = House(folder, schedule=towns(folder), clock=Clock()).start()
        yield house
        house.stop()


@pytest.fixture(scope="module")
def twins(two_towns: House) -> tuple[Twin, Twin]:
    """Both of them, with everything that a town can have."""
    return furnish(two_towns, A), furnish(two_towns, B)


@pytest.fixture(scope="module")
def foreign(twins: tuple[Twin, Twin]) -> list[str]:
    """An id of each kind of thing that B has, and its own name."""
    _, b = twins
    found = {name: sorted(ids) for name, ids in b.ids().items() if ids}
    assert {table.name for table in tables()} - found.keys() <= {
        "arrival",
        "seen",
        "event",
        "usage",
        "line_state",
    }
    return list(dict.fromkeys([*(ids[-1] for ids in found.values()), b.talks["1"], B]))
