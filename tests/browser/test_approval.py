"""A line on which only the mayor sends: what an assistant can do there, and how the console says so."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Sit
from tests.browser.test_side_by_side import answer, bubble, look_at
from tests.browser.townhall import TownHall, town_hall
from tests.fakes import wait_until


@pytest.fixture(scope="module")
def hall(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TownHall]:
    with town_hall(tmp_path_factory.mktemp("hall"), policy="approval = true") as found:
        yield found


def test_an_assistant_is_told_who_sends_and_can_still_help(hall: TownHall, sit: Sit) -> None:
    mayor, brandt = sit("mayor"), sit("brandt")
    anna = hall.citizen("Anna Weber")
    anna.write("Wer räumt den Schnee?")
    look_at(brandt, "Anna Weber")
    expect(brandt.get_by_role("button", name="Antwort", exact=True)).to_have_count(0)
    expect(brandt.get_by_role("button", name="Senden", exact=True)).to_have_count(0)
    expect(brandt.get_by_text("Antworten sendet hier nur, wer sie freigeben darf.")).to_be_visible()
    brandt.get_by_role("button", name="Übernehmen").click()
    brandt.get_by_role("textbox", name="Interne Notiz zu Anna Weber").fill("Der Bauhof, ab 6 Uhr.")
    brandt.get_by_role("button", name="Notiz speichern").click()
    look_at(mayor, "Anna Weber")
    expect(bubble(mayor, "Der Bauhof, ab 6 Uhr.")).to_be_visible()
    brandt.get_by_role("button", name="Abgeben").click()
    answer(mayor, "Der Bauhof beginnt um 6 Uhr.")
    wait_until(
        lambda: anna.heard() == ["Der Bauhof beginnt um 6 Uhr."], what="only the answer is on the phone"
    )
