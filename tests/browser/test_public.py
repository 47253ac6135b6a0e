"""The public pages in a browser: what axe finds, on narrow screens, on paper, without scripts; and the kit's buttons."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.browser.api import Api
from tests.browser.conftest import Complaints
from tests.browser.states import NAMED
from tests.browser.townhall import town_hall
from tests.makers import OPENS

Visit = Callable[..., Page]

A4 = (595, 842)


@pytest.fixture
def hall() -> None:
    """Each state has its own."""


@pytest.mark.parametrize("name", ["public-lobby", "public-cancelled", "dates", "poster", "easy"])
def test_it_needs_no_javascript(name: str, visit: Visit) -> None:
    page = visit(NAMED[name], java_script_enabled=False)
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    expect(page.locator("body")).to_contain_text("Dezember 2026")


def test_at_320_pixels_date_and_number_come_first(visit: Visit) -> None:
    for name, said in (
        ("public-cancelled", "Fällt aus: Donnerstag, 3. Dezember"),
        ("public-late", "voraussichtlich um 15:15 Uhr"),
    ):
        page = visit(NAMED[name])
        page.set_viewport_size({"width": 320, "height": 640})
        expect(page.get_by_text(said).first).to_be_in_viewport()


# -- on paper --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "name", ["poster", "poster-english", "poster-cancelled", "poster-in-person", "poster-hours"]
)
def test_the_poster_is_one_sheet_of_a4(name: str, visit: Visit) -> None:
    pdf = visit(NAMED[name]).pdf(prefer_css_page_size=True)
    assert len(re.findall(rb"/Type\s*/Page\b", pdf)) == 1
    [box] = re.findall(rb"/MediaBox \[0 0 ([0-9.]+) ([0-9.]+)\]", pdf)
    assert tuple(round(float(side)) for side in box) == A4


@pytest.mark.parametrize("look", ["light", "dark"])
def test_on_paper_the_poster_has_date_code_and_number_without_any_ground(look: Any, visit: Visit) -> None:
    page = visit(NAMED["poster"], color_scheme=look)
    page.set_viewport_size({"width": 688, "height": 1017})
    page.emulate_media(media="print")
    expect(page.get_by_text("Donnerstag, 3. Dezember 2026, 15–16 Uhr")).to_be_visible()
    code = page.get_by_role("img", name="QR-Code")
    expect(code).to_be_visible()
    assert code.evaluate("(code) => code.naturalWidth > 0 && code.getBoundingClientRect().width > 220")
    expect(page.get_by_text("07842 80221", exact=True)).to_be_visible()
    for said in ("Was geht", "Was nicht geht", "Telefon 07842 80221", "wa.me/49784280221"):
        expect(page.get_by_text(said).first).to_be_visible()
    for said in ("Strg + P", "English", "Anmeldung für das Rathaus"):
        expect(page.get_by_text(said)).to_be_hidden()
    grounds = page.evaluate(
        """() => [...document.querySelectorAll('body, body *')].filter((one) => one.checkVisibility() && one.tagName !== 'IMG')
          .map((one) => getComputedStyle(one).backgroundColor).filter((colour) => colour !== 'rgba(0, 0, 0, 0)')"""
    )
    assert grounds == []
    assert page.evaluate("() => getComputedStyle(document.body).color") == "rgb(22, 32, 42)"


# -- the kit ---------------------------------------------------------------------------------------


def test_a_text_is_copied_and_ticked_off_by_keyboard(visit: Visit) -> None:
    page = visit(NAMED["kit"], permissions=["clipboard-read", "clipboard-write"])
    piece = page.get_by_role("region", name="Soziale Medien")
    copy = piece.get_by_role("button", name="Kopieren")
    copy.focus()
    page.keyboard.press("Enter")
    expect(piece.get_by_text("Kopiert", exact=True)).to_be_visible()
    assert (
        page.evaluate("() => navigator.clipboard.readText()")
        == piece.get_by_role("textbox", name="Text").input_value()
    )
    piece.get_by_role("button", name="Als veröffentlicht merken").focus()
    page.keyboard.press("Enter")
    expect(
        page.get_by_role("region", name="Soziale Medien").get_by_text(
            "Veröffentlicht am Samstag, 28. November 2026"
        )
    ).to_be_visible()
    page.get_by_role("button", name="Zurücknehmen (Soziale Medien)").click()
    expect(page.get_by_text("Veröffentlicht am")).to_have_count(0)


def test_the_kit_can_be_used_without_javascript(visit: Visit) -> None:
    page = visit(NAMED["kit"], java_script_enabled=False)
    expect(page.get_by_role("button", name="Kopieren")).to_have_count(0)
    expect(page.get_by_role("textbox", name="Text: Presse")).to_have_value(re.compile("07842 80221"))
    page.get_by_role("button", name="Als veröffentlicht merken (Presse)").click()
    expect(page.get_by_role("region", name="Presse").get_by_text("Veröffentlicht am")).to_be_visible()
    page.get_by_role("button", name="Zurücknehmen (Presse)").click()


# -- it follows --------------------------------------------------------------------------------------


def test_the_public_page_follows_what_staff_plan(
    new_context: Any, complaints: Complaints, tmp_path: Any
) -> None:
    with town_hall(tmp_path, now=OPENS - timedelta(days=5)) as hall, Api(hall.url) as api:
        context: BrowserContext = new_context()
        complaints.listen(context, hall.url)
        page = context.new_page()

        def shows(path: str, said: str) -> None:
            page.goto(hall.url + path)
            expect(page.locator("main")).to_contain_text(said)

        shows("/", "Nächster Termin")
        moved = {"date": "2026-12-09", "from": "17:30", "to": "18:15"}
        first = api.snapshot()["next_session"]["id"]
        api.command("session.move", session=first, **moved)
        for path in ("/", "/termine", "/aushang", "/leichte-sprache"):
            shows(path, "9. Dezember 2026")
        shows("/", "Verschoben: bisher Donnerstag, 3. Dezember 2026, 15 Uhr")
        api.command("session.cancel", session=first, reason="Krank")
        shows("/", "Fällt aus: Mittwoch, 9. Dezember 2026, 17:30–18:15 Uhr")
        shows("/termine", "fällt aus")
        shows("/aushang", "Donnerstag, 7. Januar 2027")
        shows("/leichte-sprache", "Der Termin am Mittwoch, 9. Dezember 2026 fällt aus.")
