"""An hour's work by the keyboard alone: nothing in here clicks."""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path

from playwright.sync_api import Page, expect

from tests.browser.conftest import Sit
from tests.browser.looking import focused, wrong_with
from tests.browser.test_side_by_side import bubble, row
from tests.browser.townhall import PASSWORD, STAFF, TownHall, town_hall
from tests.fakes import wait_until
from tests.makers import OPENS


def stands_on(page: Page, name: str) -> None:
    """The focus is on something with this name, and can be seen there."""
    wait_until(
        lambda: re.search(name, str((focused(page) or {}).get("name"))) is not None,
        what=f"the focus is on {name}",
    )
    stop = focused(page)
    assert stop is not None
    assert wrong_with(stop) == [], stop


def test_from_logging_in_to_done_without_a_mouse(hall: TownHall, stranger: Sit) -> None:
    anna, jonas = hall.citizen("Anna Weber"), hall.citizen("Jonas Köhler")
    anna.write("Wann kommt der Bauhof?")
    hall.settle()
    jonas.write("Und die Wippe?")
    page = stranger("/login")
    stands_on(page, "^E-Mail-Adresse")
    page.keyboard.type(STAFF["mayor"][0])
    page.keyboard.press("Tab")
    stands_on(page, "^Passwort")
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Enter")
    expect(row(page, "Jonas Köhler")).to_be_visible()
    expect(page.locator(".connection.ok")).to_be_attached()

    page.keyboard.press("Alt+n")
    stands_on(page, "^Anna Weber$")
    expect(bubble(page, "Wann kommt der Bauhof?")).to_be_visible()
    page.keyboard.press("Alt+r")
    stands_on(page, "^Antwort an Anna Weber")
    page.keyboard.type("Am Montag")
    page.keyboard.press("Shift+Enter")
    page.keyboard.type("um acht.")
    page.keyboard.press("Enter")
    expect(bubble(page, "um acht.").locator(".tick")).to_contain_text("gelesen")
    stands_on(page, "^Antwort an Anna Weber")

    page.keyboard.press("Alt+i")
    stands_on(page, "^Interne Notiz zu Anna Weber")
    page.keyboard.type("Bauhof weiß Bescheid.")
    page.keyboard.press("Control+Enter")
    expect(bubble(page, "Bauhof weiß Bescheid.")).to_contain_text("Interne Notiz · Stefan Keller")
    page.keyboard.press("Alt+w")
    wait_until(lambda: (focused(page) or {}).get("name") not in ("", None), what="the focus is somewhere")
    expect(row(page, "Jonas Köhler")).to_be_visible()
    assert anna.heard() == ["Am Montag\num acht."]

    page.keyboard.press("Alt+ArrowDown")
    expect(page.get_by_role("heading", name="Jonas Köhler")).to_be_visible()
    page.keyboard.press("Alt+u")
    expect(page.get_by_role("button", name="Abgeben")).to_be_visible()
    page.keyboard.press("Escape")
    expect(row(page, "Jonas Köhler")).to_be_focused()


def test_panes_and_dialogs_are_reached_and_left(hall: TownHall, sit: Sit) -> None:
    hall.citizen("Lena Öztürk").write("Danke!")
    page = sit("brandt")
    row(page, "Lena Öztürk").focus()
    page.keyboard.press("Enter")
    stands_on(page, "^Lena Öztürk$")
    seen = set()
    for _ in range(4):
        page.keyboard.press("F6")
        stop = focused(page)
        assert stop is not None
        assert wrong_with(stop) == [], stop
        seen.add(page.evaluate("() => document.activeElement.closest('[id^=pane-]').id"))
    assert seen == {"pane-bar", "pane-queue", "pane-log", "pane-composer"}
    page.get_by_role("button", name="Menü").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("menu")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("menu")).to_have_count(0)
    stands_on(page, "^Menü$")
    page.keyboard.press("Enter")
    page.keyboard.press("End")
    page.keyboard.press("ArrowUp")
    page.keyboard.press("Enter")
    expect(page.get_by_role("dialog")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)
    stands_on(page, "^Menü$")


def test_a_whole_hour_without_a_mouse(tmp_path: Path, sit: Sit) -> None:
    with town_hall(tmp_path, now=OPENS - timedelta(minutes=6)) as hall:
        anna, jonas = hall.citizen("Anna Weber"), hall.citizen("Jonas Köhler")
        anna.write("Wann kommt der Bauhof?")
        hall.settle()
        jonas.write("Und die Wippe?")
        hall.settle()
        page = sit("mayor", at=hall)
        go_to(page, "^Jetzt beginnen$")
        page.keyboard.press("Enter")
        expect(page.locator(".clock")).to_contain_text("läuft")

        page.keyboard.press("Alt+n")
        stands_on(page, "^Anna Weber$")
        page.keyboard.press("Alt+r")
        stands_on(page, "^Antwort an Anna Weber")
        page.keyboard.type("Am Montag.")
        page.keyboard.press("Enter")
        expect(bubble(page, "Am Montag.").locator(".tick")).to_contain_text("gelesen")

        go_to(page, "^\\+10 Min. länger$")
        page.keyboard.press("Enter")
        expect(page.get_by_role("status")).to_contain_text("Die Sprechstunde endet jetzt um 16:10.")
        go_to(page, "^Letzte Fragen")
        page.keyboard.press("Enter")
        expect(page.locator(".clock")).to_contain_text("letzte Fragen")
        stands_on(page, "^Wieder öffnen$")

        go_to(page, "^Beenden …$")
        page.keyboard.press("Enter")
        stands_on(page, "^Abbrechen$")
        for _ in range(3):
            page.keyboard.press("Escape")
            stands_on(page, "^Beenden …$")
            page.keyboard.press("Enter")
            stands_on(page, "^Abbrechen$")
        go_to(page, "^Was wird aus Jonas Köhler")
        page.keyboard.type("nächstes")
        expect(page.get_by_label("Text an Jonas Köhler")).to_have_value(re.compile("7. Januar 2027"))
        go_to(page, "^Abschließen$")
        page.keyboard.press("Enter")
        expect(page.locator(".toast")).to_contain_text("1 beantwortet, 1 nächstes Mal zuerst")
        stands_on(page, "^Sprechstunde beendet$")
        hall.settle()
        assert anna.heard()[-1] == "Am Montag."
        assert "Ihr Anliegen kommt zuerst dran" in jonas.heard()[-1]


def go_to(page: Page, name: str) -> None:
    """Press Tab until the focus is on something with this name; each stop on the way can be seen."""
    for _ in range(40):
        page.keyboard.press("Tab")
        stop = focused(page)
        if stop is None:
            continue
        assert wrong_with(stop) == [], stop
        if re.search(name, stop["name"]):
            return
    raise AssertionError(f"Tab does not lead to {name}")
