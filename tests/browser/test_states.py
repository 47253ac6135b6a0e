"""What a console says while it has nothing to show, or nothing certain (console.md §8)."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser.states import NAMED

Visit = Callable[..., Page]


@pytest.fixture
def hall() -> None:
    """Each state has its own."""


def test_while_it_loads_nothing_is_said_that_is_not_known(visit: Visit) -> None:
    page = visit(NAMED["console-loading"])
    expect(page.get_by_role("banner")).to_contain_text("Wird geladen")
    expect(page.get_by_role("banner")).not_to_contain_text("Termin")
    expect(page.get_by_role("button", name="Offen", exact=True)).to_be_visible()


def test_what_cannot_be_loaded_stands_alone_with_a_way_on(visit: Visit) -> None:
    page = visit(NAMED["console-unreachable"])
    expect(page.get_by_role("main")).to_have_count(1)
    expect(page.get_by_text("Der Server ist nicht erreichbar.")).to_be_visible()
    page.unroute("**/api/me")
    page.get_by_role("button", name="Neu laden").click()
    expect(page.locator(".connection.ok")).to_be_attached()


def test_without_a_connection_the_list_says_how_old_it_is(visit: Visit) -> None:
    page = visit(NAMED["console-offline"])
    queue = page.get_by_role("navigation", name="Warteschlange")
    expect(queue.get_by_text(re.compile(r"^Stand \d\d:\d\d$"))).to_be_visible()
    expect(queue.get_by_role("button", name=re.compile("^Jonas Köhler"))).to_be_visible()
    page.context.set_offline(False)
    expect(queue.get_by_text(re.compile(r"^Stand"))).to_have_count(0)


def test_logged_out_is_not_connecting(visit: Visit) -> None:
    page = visit(NAMED["console-logged-out"])
    expect(page.locator(".connection")).to_have_text("nicht verbunden")
    expect(page.get_by_role("link", name="Neu anmelden")).to_have_attribute("href", "/login?next=/console")


def test_while_nobody_waits_the_number_can_be_passed_on(visit: Visit) -> None:
    page = visit(NAMED["console-empty"])
    expect(page.get_by_role("heading", name="Noch niemand da")).to_be_visible()
    number = page.get_by_role("link", name="+49 7842 80221")
    expect(number).to_have_attribute("href", "https://wa.me/49784280221")
    page.set_viewport_size({"width": 390, "height": 844})
    expect(page.get_by_role("heading", name="Noch niemand da").locator("visible=true")).to_have_count(1)


def test_fingers_are_told_of_enter_and_not_of_keys_that_they_lack(visit: Visit) -> None:
    page = visit(NAMED["console-talk"], has_touch=True)
    expect(page.get_by_text("Enter macht eine neue Zeile")).to_be_visible()
    for words in (re.compile("Strg"), re.compile(r"^Alt\+")):
        expect(page.get_by_text(words).locator("visible=true")).to_have_count(0)


def test_between_two_sessions_the_next_one_has_its_number_and_the_way_to_its_plan(visit: Visit) -> None:
    page = visit(NAMED["console-between"])
    pane = page.get_by_role("region", name="Gespräch")
    expect(pane).to_contain_text("Nächste: Donnerstag, 3. Dezember 2026, 15:00–16:00 Uhr (1. Sprechstunde)")
    expect(pane.get_by_role("link", name="Termine planen")).to_have_attribute(
        "href", "/console/termine?lang=de"
    )
    page.get_by_role("button", name="Ändern").click()
    expect(page.get_by_role("menuitem")).to_have_text(["Vertretung durch …", "Absagen …"])
