"""A desk on either database."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.desk.office import Desk
from tests.makers import Clock


@pytest.fixture
def new_desk(database_url: str, tmp_path: Path) -> Iterator[Callable[..., Desk]]:
    """Make a desk with a line policy of the test's own."""
    desks: list[Desk] = []

    def make(policy: str = "", clock: Clock | None = None) -> Desk:
        desks.append(Desk(database_url, tmp_path, policy, clock))
        return desks[-1]

    yield make
    for desk in desks:
        desk.close()


@pytest.fixture
def desk(new_desk: Callable[..., Desk]) -> Desk:
    """Kappelrodeck's desk at the minute its hour opens."""
    return new_desk()
