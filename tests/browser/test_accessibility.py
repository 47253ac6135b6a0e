"""Every page and state by axe's rules, narrow, large, without colours, without motion, by the Tab key."""

from __future__ import annotations

import re
from collections.abc import Callable
from itertools import pairwise

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Complaints
from tests.browser.looking import (
    enlarged,
    is_cut,
    moves,
    spaced_out,
    sticks_out,
    violations,
    walk,
    wrong_with,
)
from tests.browser.state import State
from tests.browser.states import ALWAYS, NAMED, STATES

#: Pixels of a target (console.md §10, row 21).
TARGET = 44

BOTH_LANGUAGES = {
    "console-lobby", "login", "console-between", "console-talk", "public-next",
    "plan-month", "plan-date-contradicted", "plan-cancel", "plan-texts", "plan-empty",
}  # fmt: skip
WALKED = {
    "console-talk", "login", "public-next", "dates", "poster", "easy", "kit",
    "plan-month", "plan-list", "plan-date", "plan-move-wrong", "plan-texts",
}  # fmt: skip

every_state = [
    pytest.param(state, id=state.name, marks=[] if state.name in ALWAYS else [pytest.mark.full])
    for state in STATES
]
english_states = [pytest.param(NAMED[name], id=name) for name in sorted(BOTH_LANGUAGES)]
walked_states = [pytest.param(NAMED[name], id=name) for name in sorted(WALKED)]


@pytest.fixture
def hall() -> None:
    """Each state has its own."""


@pytest.mark.parametrize("state", every_state)
def test_axe_finds_nothing_light_or_dark_wide_or_narrow_or_without_colours(
    state: State, visit: Callable[..., Page]
) -> None:
    page = visit(state)
    found = {"1280 light": violations(page)}
    page.emulate_media(color_scheme="dark")
    found["1280 dark"] = violations(page)
    page.set_viewport_size({"width": 390, "height": 844})
    found["390 dark"] = violations(page)
    page.emulate_media(color_scheme="light")
    found["390 light"] = violations(page)
    page.emulate_media(forced_colors="active")
    found["390 forced colours"] = violations(page)
    assert {how: wrong for how, wrong in found.items() if wrong} == {}
    levels = page.evaluate(
        "() => [...document.querySelectorAll('h1,h2,h3,h4')].filter((one) => one.checkVisibility())"
        ".map((one) => +one.tagName[1])"
    )
    assert levels.count(1) == 1
    assert all(after - before <= 1 for before, after in pairwise(levels)), levels


@pytest.mark.parametrize("state", every_state)
def test_nothing_sticks_out_or_moves(state: State, visit: Callable[..., Page]) -> None:
    page = visit(state, reduced_motion="reduce")
    found = {"moves": moves(page)}

    def look(how: str, *sizes: tuple[int, int]) -> None:
        for width, height in sizes:
            page.set_viewport_size({"width": width, "height": height})
            found[f"{how}, {width} × {height}"] = sticks_out(page)

    look("plain", (820, 1180), (640, 400), (390, 844), (320, 640), (320, 256))
    with spaced_out(page):
        look("spaced", (320, 640), (820, 1180), (1280, 800))
    with enlarged(page):
        look("twice as large", (1280, 800), (820, 1180), (390, 844), (320, 640))
    assert {how: wrong for how, wrong in found.items() if wrong} == {}


@pytest.mark.parametrize(
    "language", ["de", pytest.param("en", marks=pytest.mark.browser_context_args(locale="en-GB"))]
)
def test_the_title_of_the_hour_can_be_read_on_a_phone(visit: Callable[..., Page], language: str) -> None:
    page = visit(NAMED["console-empty"])
    assert page.locator("html").get_attribute("lang") == language
    for width, most in ((390, 48), (360, 48), (320, 96)):
        page.set_viewport_size({"width": width, "height": 700})
        title = page.get_by_role("heading", name="WhatsApp-Bürgersprechstunde")
        assert not is_cut(title), width
        assert page.locator(".bar").evaluate("(bar) => bar.offsetHeight") <= most, width


@pytest.mark.browser_context_args(locale="en-GB")
@pytest.mark.parametrize("state", english_states)
def test_axe_finds_nothing_in_english(state: State, visit: Callable[..., Page]) -> None:
    page = visit(state)
    assert page.locator("html").get_attribute("lang") == "en"
    assert violations(page) == []


@pytest.mark.parametrize("state", walked_states)
def test_every_stop_of_the_tab_key_can_be_seen_and_named(state: State, visit: Callable[..., Page]) -> None:
    page = visit(state)
    page.evaluate(
        "() => { document.activeElement?.blur(); getSelection()?.removeAllRanges(); scrollTo(0, 0) }"
    )
    page.locator("body").evaluate(
        "(body) => { body.tabIndex = -1; body.focus(); body.removeAttribute('tabindex') }"
    )
    there = walk(page)
    assert [f"{stop['what']} {stop['name']}: {wrong}" for stop in there if (wrong := wrong_with(stop))] == []
    assert len(there) >= 4
    page.keyboard.press("Shift+Tab")
    back = walk(page, back=True)
    assert len(back) >= len(there) - 2


@pytest.mark.parametrize(
    "state", [pytest.param(one.values[0], id=one.id) for one in walked_states if "plan-" in str(one.id)]
)
def test_every_target_of_the_planning_can_be_hit(state: State, visit: Callable[..., Page]) -> None:
    page = visit(state)
    small = [
        stop for stop in walk(page) if stop["target"] and min(stop["width"], stop["height"]) < TARGET - 0.5
    ]
    # a choice is hit by its label too, and the way to the content is there for the keyboard alone
    small = [stop for stop in small if "INPUT" not in stop["what"] and ".skip" not in stop["what"]]
    assert [f"{stop['what']} {stop['name']} {stop['width']} × {stop['height']}" for stop in small] == []
    choices = page.locator("label.choice").evaluate_all("(all) => all.map((one) => one.offsetHeight)")
    assert [height for height in choices if height < TARGET] == []


def test_no_single_key_does_anything(visit: Callable[..., Page]) -> None:
    page = visit(NAMED["console-queue"])
    page.locator("body").evaluate("(body) => document.activeElement?.blur()")
    before = page.locator("main").aria_snapshot()
    for key in [*"abcdefghijklmnopqrstuvwxyz/?1", "Enter", "Space"]:
        page.keyboard.press(key)
    assert page.locator("main").aria_snapshot() == before
    expect(page.get_by_role("dialog")).to_have_count(0)


@pytest.mark.parametrize("name", ["public-running", "public-next", "public-none"])
def test_the_public_page_needs_no_javascript(name: str, visit: Callable[..., Page]) -> None:
    page = visit(NAMED[name], java_script_enabled=False)
    expect(page.get_by_role("heading", name="WhatsApp-Bürgersprechstunde")).to_be_visible()
    expect(page.get_by_role("link", name="WhatsApp").first).to_have_attribute(
        "href", "https://wa.me/49784280221"
    )
    expect(page.get_by_text("Telefon 07842 80221")).to_be_visible()
    expect(page.get_by_role("img").first).to_be_visible()


def test_logging_in_needs_no_javascript(visit: Callable[..., Page], complaints: Complaints) -> None:
    complaints.allow(r"\.js csp$")
    page = visit(NAMED["login"], java_script_enabled=False)
    page.get_by_label("E-Mail-Adresse").fill("buergermeister@example.org")
    page.get_by_label("Passwort").fill("ein langes Kennwort")
    page.get_by_role("button", name="Anmelden").click()
    expect(page).to_have_url(re.compile("/console$"))
    expect(page.get_by_role("heading", name="Sprechstunde")).to_be_visible()
