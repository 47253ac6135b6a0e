"""What the public page says while nobody has come, and once somebody has (AC-33)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest

from tests.fakes import wait_until
from tests.makers import OPENS
from tests.server.eve import Eve, before, new_eve
from tests.server.public import words_of
from tests.server.test_rollcall import at_the_console, missed

__all__ = ["new_eve"]


def page(eve: Eve) -> str:
    with eve.house.client() as client:
        return words_of(client.get("/"))


@pytest.mark.proves("AC-33")
def test_two_minutes_past_the_start_the_page_says_that_it_is_late_until_somebody_comes(
    new_eve: Callable[..., Eve],
) -> None:
    eve = new_eve()
    mayor = eve.house.agent()
    eve.at(before(minutes=5))
    missed(eve)
    assert "verspätet" not in page(eve)
    eve.at(OPENS + timedelta(minutes=2))
    missed(eve)
    assert "Die Sprechstunde startet verspätet" in page(eve)
    eve.at(OPENS + timedelta(minutes=9))
    assert "Die Sprechstunde startet verspätet" in page(eve), "nobody knows when"
    id = eve.session(mayor)["id"]
    assert mayor.command("session.deputy", session=id, name="Erika Beispiel").json()["ok"]
    assert "Die Sprechstunde startet verspätet" in page(eve), "there is still nobody there"
    with at_the_console(mayor):
        wait_until(lambda: "Die Sprechstunde läuft – noch 51 Minuten" in page(eve))
        assert "verspätet" not in page(eve)
