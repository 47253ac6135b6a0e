"""After 24 hours: what the composer says, what can be chosen, and what the citizen then reads."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Sit
from tests.browser.console_states import late_hall
from tests.browser.crowd import row
from tests.browser.townhall import TownHall
from tests.fakes import wait_until
from tests.makers import OPENS


@pytest.fixture(scope="module")
def hall(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TownHall]:
    with late_hall(tmp_path_factory.mktemp("hall")) as found:
        yield found


@pytest.mark.proves("AC-17")
def test_the_time_that_is_left_is_shown_to_the_minute(hall: TownHall, sit: Sit) -> None:
    hall.server.clock.set(OPENS + timedelta(hours=21))
    mayor = sit("mayor")
    row(mayor, "Anna Weber")
    expect(mayor.locator("header .tag.ok", has_text=re.compile("Antwort möglich bis"))).to_be_visible()
    hall.server.clock.set(OPENS + timedelta(hours=23, minutes=4))
    mayor = sit("mayor")
    row(mayor, "Anna Weber")
    left = mayor.locator("header .tag.warn", has_text=re.compile(r"Nur noch \d+ Minuten"))
    expect(left).to_be_visible()
    minutes = int(re.sub(r"\D", "", left.inner_text()))
    assert 55 <= minutes <= 61


@pytest.mark.proves("AC-17", "P42")
def test_what_is_approved_is_chosen_read_and_sent(
    hall: TownHall, sit: Sit, logins: dict[object, object]
) -> None:
    logins.clear()
    hall.server.clock.set(OPENS + timedelta(hours=26))
    listed = hall.sim.get("/v26.0/100000000000001/message_templates", headers=TOKEN).json()["data"]
    (english,) = [one["id"] for one in listed if (one["name"], one["language"]) == (NAME, "en")]
    hall.steer(f"templates/{english}", status="PAUSED")
    hall.settle()
    mayor = sit("mayor")
    row(mayor, "Anna Weber")
    expect(mayor.get_by_role("textbox", name=re.compile("Antwort an"))).to_have_count(0)
    expect(mayor.get_by_text("Die 24-Stunden-Frist von WhatsApp ist abgelaufen.")).to_be_visible()
    mayor.get_by_role("button", name="Vorlage wählen").click()
    choice = mayor.get_by_label("Vorlage", exact=True)
    expect(choice.locator("option", has_text="(en): von WhatsApp angehalten")).to_be_disabled()
    expect(choice.locator("option", has_text="(de): freigegeben")).to_be_enabled()
    mayor.get_by_text("Angaben ändern").click()
    mayor.get_by_label("Angabe 1").fill("Frau Weber")
    read = "Guten Tag Frau Weber, hier ist Gemeinde Kappelrodeck: Ihre Antwort aus der Sprechstunde vom 3. Dezember"
    expect(mayor.locator(".closed .read")).to_contain_text(read)
    mayor.get_by_role("button", name="Vorlage senden").click()
    expect(mayor.get_by_role("log")).to_contain_text(read)
    expect(mayor.get_by_role("button", name="Vorlage wählen")).to_be_visible()
    anna = hall.sim.get("/sim/people").json()
    (person,) = [one for one in anna if one["name"] == "Anna Weber"]
    chat = f"/sim/people/{person['id']}/chat"
    wait_until(lambda: [said["type"] for said in hall.sim.get(chat).json()["messages"]][-1] == "template")


NAME = "sprechstunde_antwort"
TOKEN = {"Authorization": "Bearer invented-access-token"}
