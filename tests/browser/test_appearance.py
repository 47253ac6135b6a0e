"""What must be seen by those who see it otherwise: without colours, on paper, with the mouse resting somewhere."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.states import NAMED

Visit = Callable[..., Page]

EDGE = """(one) => {
  const style = getComputedStyle(one);
  return [style.outlineStyle, style.outlineWidth, style.borderTopStyle, style.borderTopWidth, style.borderTopColor];
}"""

#: How many things are shown; what a style sheet writes before or behind them counts too.
SHOWN = """() => {
  const written = (one, where) => !['none', 'normal'].includes(getComputedStyle(one, where).content);
  return [...document.querySelectorAll('body *')].filter((one) => one.checkVisibility())
    .reduce((sum, one) => sum + 1 + written(one, '::before') + written(one, '::after'), 0);
}"""

#: How much that is once thirty frames have passed without a change of it.
STEADY = f"""() => new Promise((tell) => {{
  let [shown, frames] = [0, 0];
  const look = () => {{
    const now = ({SHOWN})();
    [shown, frames] = [now, now === shown ? frames + 1 : 0];
    frames < 30 ? requestAnimationFrame(look) : tell(shown);
  }};
  look();
}})"""

#: Buttons and fields under a box that do not lie within a dialog of their own.
UNDER = """(box) => {
  const a = box.getBoundingClientRect();
  return [...document.querySelectorAll('button, textarea, a')].filter((one) => {
    const b = one.getBoundingClientRect();
    return one.checkVisibility() && !one.matches('.skip, .row') &&
      a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom;
  }).map((one) => one.textContent);
}"""


@pytest.fixture
def hall() -> None:
    """Each state has its own."""


def edge(one: Locator) -> Any:
    """How it is set off by lines alone."""
    return one.evaluate(EDGE)


def test_selected_pressed_and_failed_differ_without_colours(visit: Visit) -> None:
    page = visit(NAMED["console-talk"], forced_colors="active")
    assert edge(page.locator(".row[aria-current]")) != edge(page.locator(".row:not([aria-current])").first)
    tabs = page.get_by_role("group", name="Anzeigen")
    assert edge(tabs.get_by_role("button", pressed=True)) != edge(
        tabs.get_by_role("button", pressed=False).first
    )
    modes = page.get_by_role("group", name="Art des Beitrags")
    assert edge(modes.get_by_role("button", pressed=True)) != edge(modes.get_by_role("button", pressed=False))
    failed, unclear = page.locator(".msg.fail > div"), page.locator(".msg.unsure > div")
    sent, note = page.locator(".msg.out:not(.fail, .unsure) > div"), page.locator(".msg.note > div")
    looks = [tuple(edge(one.first)) for one in (failed, unclear, sent)]
    assert len(set(looks)) == 3, looks
    expect(note).to_contain_text("Interne Notiz")
    expect(note.locator(".icon").first).to_be_visible()


@pytest.mark.parametrize("name", ["public-next", "public-running"])
def test_on_paper_the_public_page_says_when_where_and_how(name: str, visit: Visit) -> None:
    page = visit(NAMED[name], color_scheme="dark")
    page.emulate_media(media="print")
    expect(page.get_by_text("07842 80221", exact=True)).to_be_visible()
    expect(page.get_by_role("img", name="QR-Code")).to_be_visible()
    expect(page.get_by_text("Donnerstag, 3. Dezember 2026, 15–16 Uhr").last).to_be_visible()
    expect(page.get_by_text("Telefon 07842 80221")).to_be_visible()
    for name in ("English", "schreiben|öffnen", "Anmeldung", "Inhalt"):
        expect(page.get_by_role("link", name=re.compile(name))).to_have_count(0)
    paper = page.evaluate(
        "() => [getComputedStyle(document.body).backgroundColor, getComputedStyle(document.body).color]"
    )
    assert paper == ["rgba(0, 0, 0, 0)", "rgb(22, 32, 42)"], "dark ink, and no ground that it would need"


def test_resting_the_mouse_or_the_focus_shows_nothing_that_would_cover(visit: Visit) -> None:
    page = visit(NAMED["console-talk"])
    before = page.evaluate(STEADY)
    for button in page.get_by_role("button").all():
        if button.is_visible() and button.is_enabled():
            button.hover()
            button.focus()
            assert page.evaluate(SHOWN) == before, button.inner_text()


def test_what_opens_by_a_press_goes_by_escape(visit: Visit) -> None:
    page = visit(NAMED["console-talk"])
    for name in ("Menü", "Anders abschließen"):
        button = page.get_by_role("button", name=name, exact=True)
        button.click()
        expect(page.get_by_role("menu")).to_be_visible()
        page.keyboard.press("Escape")
        expect(page.get_by_role("menu")).to_have_count(0)
        expect(button).to_be_focused()


@pytest.mark.parametrize("size", [(1280, 800), (820, 1180), (390, 844)])
def test_a_word_about_what_was_done_covers_nothing_to_press(size: tuple[int, int], visit: Visit) -> None:
    page = visit(NAMED["console-nobody"])
    page.set_viewport_size({"width": size[0], "height": size[1]})
    assert page.locator(".toast").evaluate(UNDER) == []
    page = visit(NAMED["console-offline"])
    page.set_viewport_size({"width": size[0], "height": size[1]})
    page.keyboard.press("Alt+u")
    expect(page.locator(".toast")).to_have_text("Erst wieder mit Verbindung möglich.")
    assert page.locator(".toast").evaluate(UNDER) == []
