"""What somebody at the console can read of a message, of the house, and what nobody can read off an address."""

from __future__ import annotations

import base64
import re
from datetime import datetime, timedelta
from urllib.parse import unquote

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import Sit
from tests.browser.test_side_by_side import answer, bubble, log, look_at, row
from tests.browser.townhall import STAFF, TownHall
from tests.makers import CLOSES, OPENS


def minute(hall: TownHall, instant: datetime) -> None:
    """It is now that time in the town hall."""
    hall.server.clock.set(instant)


@pytest.mark.proves("AC-25", "F29")
def test_what_was_long_on_its_way_says_when_it_was_written_and_when_it_came(hall: TownHall, sit: Sit) -> None:
    anna = hall.citizen("Anna Spät")
    page = sit("mayor")
    minute(hall, OPENS + timedelta(minutes=41))
    anna.write("Von vorhin", at=(OPENS + timedelta(minutes=2)).timestamp())
    anna.write("Von eben")
    look_at(page, "Anna Spät")
    expect(bubble(page, "Von vorhin")).to_contain_text("geschrieben 15:02, eingetroffen 15:41")
    expect(bubble(page, "Von eben")).to_be_visible()
    expect(bubble(page, "Von eben")).not_to_contain_text("geschrieben")


@pytest.mark.proves("AC-16")
def test_why_nothing_was_answered_stands_in_the_conversation(hall: TownHall, sit: Sit) -> None:
    gerd = hall.citizen("Gerd Kurz")
    page = sit("mayor")
    minute(hall, OPENS + timedelta(minutes=5))
    gerd.write("In der Stunde")
    look_at(page, "Gerd Kurz")
    answer(page, "Gern.")
    expect(bubble(page, "Gern.").locator(".tick")).to_contain_text("gelesen")
    minute(hall, CLOSES + timedelta(minutes=20))
    gerd.write("Nach der Stunde")
    gerd.write("Noch einmal")
    why = log(page).get_by_text(
        re.compile("^Keine automatische Antwort, weil diese Person den nächsten Termin")
    )
    expect(why).to_be_visible()
    expect(log(page)).not_to_contain_text("Nach der Stunde")
    minute(hall, OPENS + timedelta(minutes=5))


@pytest.mark.proves("AC-14", "F44")
def test_a_bad_edit_of_the_schedule_is_a_red_bar_with_its_line(
    hall: TownHall, sit: Sit, monkeypatch: pytest.MonkeyPatch
) -> None:
    weber = ("weber@example.org", "Ina Weber", "admin")
    monkeypatch.setitem(STAFF, "weber", weber)
    hall.server.employ("kappelrodeck", [weber])
    page = sit("weber")
    expect(red_bar(page)).to_have_count(0)
    good = hall.server.schedule.read_text(encoding="utf-8")
    empty = good.replace("[[line.session]]", '[line.texts]\noutside = ""\n\n[[line.session]]')
    hall.server.schedule.write_text(empty, encoding="utf-8")
    place = empty.splitlines().index('outside = ""') + 1
    expect(red_bar(page)).to_contain_text("es gilt weiter die Fassung von ")
    expect(red_bar(page)).to_contain_text(f"schedule.toml:{place}: ")
    hall.server.schedule.write_text(good, encoding="utf-8")
    expect(red_bar(page)).to_have_count(0)


def red_bar(page: Page) -> Locator:
    """What everybody must know at once."""
    return page.locator(".banner.danger")


@pytest.mark.proves("C56")
def test_no_address_and_no_title_names_a_citizen(hall: TownHall, sit: Sit) -> None:
    phone = "491713920066"
    citizen, asked, titles = hall.citizen("Frieda Kanari", phone=phone), list[str](), set[str]()
    page = sit("mayor", before=lambda page: page.context.on("request", lambda one: asked.append(one.url)))
    wamid = citizen.write("Kanarienvogel")
    citizen.write(type="image", caption="Kanarienvogel im Bild")
    titles.add(page.title())
    look_at(page, "Frieda Kanari")
    expect(bubble(page, "Kanarienvogel im Bild").get_by_role("img").first).to_be_visible()
    answer(page, "Ein schönes Tier.")
    expect(bubble(page, "Ein schönes Tier.").locator(".tick")).to_contain_text("gelesen")
    titles.add(page.title())
    assert any("/api/media/" in one for one in asked), "the picture was asked for"
    seen = unquote(" ".join([*asked, page.url, *titles]))
    coded = base64.b64encode(phone.encode()).decode().rstrip("=")[:-1]
    for canary in (phone, coded, wamid, wamid.removeprefix("wamid."), "Kanari", "Frieda", "Tier"):
        assert canary not in seen, canary
    expect(row(page, "Frieda Kanari")).to_be_visible()
