"""Planning in a browser: dates, texts with their telephone, by keyboard alone, without scripts, on every screen."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.browser.conftest import Complaints, log_in
from tests.browser.looking import enlarge, focused, moves, space_out, sticks_out, violations, walk, wrong_with
from tests.browser.planning_states import ALWAYS, FIRST, NOW, STATES, TERMINE, prepare
from tests.browser.townhall import TownHall, town_hall
from tests.server.test_planning import HOURS

#: Pixels of a target (console.md §10, row 21).
TARGET = 44

Open = Callable[..., Page]


@pytest.fixture(scope="module")
def hall(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TownHall]:
    with town_hall(tmp_path_factory.mktemp("hall"), now=NOW) as found:
        yield found


@pytest.fixture(scope="module")
def busy(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TownHall]:
    """A hall in whose plan there is everything: two lines, a series, moved, cancelled, contradicted by the file."""
    more = {
        'to = "16:00"': f'to = "16:00"\n\n[[line.session]]\ndate = 2026-12-17\nfrom = "10:00"\nto = "11:00"\n{HOURS}'
    }
    with town_hall(tmp_path_factory.mktemp("busy"), now=NOW, change=more) as found:
        prepare(found)
        yield found


@pytest.fixture(scope="module")
def bare(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TownHall]:
    """A hall with no date at all."""
    nothing = {'[[line.session]]\nevery = "first thursday"\nfrom = "15:00"\nto = "16:00"\n': ""}
    with town_hall(tmp_path_factory.mktemp("bare"), now=NOW, change=nothing) as found:
        yield found


@pytest.fixture
def desk(
    hall: TownHall, new_context: Any, complaints: Complaints, logins: dict[tuple[str, str], Any]
) -> Open:
    """`desk(path, **context_arguments)`: a browser of somebody who may plan."""

    def desk(path: str = TERMINE, *, at: TownHall = hall, person: str = "mayor", **arguments: Any) -> Page:
        key = (at.url, person)
        context: BrowserContext = new_context(storage_state=logins.get(key), **arguments)
        if key not in logins:
            log_in(context, at.url, person)
            logins[key] = context.storage_state()
        complaints.listen(context, at.url)
        complaints.allow(r"^4\d\d: ")
        complaints.allow(r"/texte/vorschau\S+ net::ERR_ABORTED$")  # the page was left meanwhile
        complaints.allow(r"the server responded with a status of 4\d\d")
        page = context.new_page()
        page.goto(at.url + path)
        return page

    return desk


# -- a story ---------------------------------------------------------------------------------------


@pytest.mark.proves("P18")
def test_a_series_is_planned_one_date_moved_one_cancelled_and_the_public_page_follows(
    desk: Open, hall: TownHall
) -> None:
    page, public = desk(), desk("/")
    page.get_by_role("link", name="Serie", exact=True).click()
    page.get_by_label("Wie oft").fill("jeden Mittwoch")
    page.get_by_label("Beginn").fill("10:00")
    page.get_by_label("Ende").fill("11:00")
    page.get_by_label(re.compile("^Präsenz")).check()
    page.get_by_label("Thema").fill("Radwege")
    page.get_by_role("button", name="Serie anlegen").click()
    expect(page.get_by_role("status")).to_have_text("Die Serie ist angelegt.")
    expect(page.get_by_role("table").get_by_role("link", name="10–11 Uhr")).to_have_count(5)
    public.reload()
    expect(public.locator("main")).to_contain_text("Mittwoch, 9. Dezember 2026, 10–11 Uhr")

    page.get_by_role("table").get_by_role("link", name=re.compile("Mi., 9. Dezember")).click()
    page.get_by_role("link", name="Ändern").click()
    page.get_by_label("Datum").fill("2026-12-11")
    page.get_by_label("Beginn").fill("14:00")
    page.get_by_label("Ende").fill("15:00")
    page.get_by_role("button", name="Ändern").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Freitag, 11. Dezember 2026, 14–15 Uhr")
    public.reload()
    expect(public.locator("main")).to_contain_text("Freitag, 11. Dezember 2026, 14–15 Uhr")
    expect(public.locator("main")).to_contain_text("Verschoben: bisher Mittwoch, 9. Dezember 2026, 10 Uhr")
    expect(public.locator("main")).not_to_contain_text("9. Dezember 2026, 10–11 Uhr")
    expect(public.locator("main")).to_contain_text("Mittwoch, 16. Dezember 2026, 10–11 Uhr")

    page.goto(hall.url + FIRST)
    page.get_by_role("link", name="Absagen").click()
    page.get_by_label("Grund").fill("Krankheit")
    page.get_by_label("Datum").fill("2026-12-10")
    page.get_by_label("Beginn").fill("15:00")
    page.get_by_label("Ende").fill("16:00")
    page.get_by_role("button", name="Termin absagen").click()
    expect(page.get_by_role("status")).to_have_text("Der Termin ist abgesagt.")
    public.reload()
    expect(public.locator("main")).to_contain_text("Donnerstag, 10. Dezember 2026, 15–16 Uhr")
    expect(public.locator(".hero .when")).to_have_text(re.compile("10. Dezember"))
    page.get_by_role("link", name="Diesen Termin ansehen").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Donnerstag, 10. Dezember 2026, 15–16 Uhr")
    for link in ("Ankündigungstexte", "Aushang drucken", "Öffentliche Seite"):
        page.get_by_role("link", name=link).click()
        expect(page.locator("main")).to_contain_text("10. Dezember")
        page.go_back()


# -- the texts -------------------------------------------------------------------------------------


def test_the_telephone_shows_a_text_while_it_is_typed(desk: Open) -> None:
    page = desk(f"{TERMINE}/texte")
    bubble, text = page.locator("#bubble"), page.get_by_label("Text", exact=True)
    expect(bubble).to_contain_text("Donnerstag")
    expect(page.get_by_role("button", name="Vorschau zeigen")).to_be_hidden()
    text.fill("")
    text.press_sequentially("Am {next_session} bei {town}. 😀")
    expect(bubble).to_have_text(re.compile(r"Am \w+, .* Uhr bei Gemeinde Kappelrodeck\. 😀"))
    expect(page.locator("#count")).to_have_text("31 von 1024 Zeichen")
    expect(page.locator("#notes")).to_contain_text("Der Notruf fehlt: 112")
    text.press_sequentially(" {datun}")
    expect(page.locator("#typing")).to_have_text("Diesen Platzhalter gibt es nicht: {datun}")
    page.get_by_role("button", name="Speichern").click()
    expect(page.locator("#problem")).to_be_focused()
    page.get_by_role("link", name="Diesen Platzhalter gibt es nicht").click()
    expect(text).to_be_focused()
    text.fill("Am {next_session}. Notfall: 112")
    expect(page.locator("#typing")).to_be_empty()
    page.get_by_label("keiner geplant").check()
    expect(bubble).to_contain_text("Zurzeit ist kein Termin geplant")
    page.get_by_label("zu dieser Zeit").check()
    page.get_by_label("Datum und Uhrzeit").fill("2027-03-01T12:00")
    expect(bubble).to_have_text("Am Donnerstag, 4. März 2027, 15–16 Uhr. Notfall: 112")
    page.get_by_role("button", name="Speichern").click()
    expect(page.get_by_role("status").first).to_have_text("Der Text ist gespeichert und gilt ab sofort.")
    page.get_by_role("button", name="Zurück zum Standard").click()
    expect(page.get_by_role("status").first).to_have_text("Es gilt wieder der Standard.")


def test_the_date_can_be_copied(desk: Open, hall: TownHall) -> None:
    page = desk(f"{TERMINE}/buergermeister/2027-02-04T15:00")
    page.context.grant_permissions(["clipboard-read", "clipboard-write"], origin=hall.url)
    page.get_by_role("button", name="Datum kopieren").click()
    expect(page.get_by_role("button", name="Kopiert")).to_be_visible()
    copied = page.evaluate("() => navigator.clipboard.readText()")
    assert copied == "Donnerstag, 4. Februar 2027, 15–16 Uhr"


# -- by keyboard alone, and without scripts ----------------------------------------------------------


def tab_to(page: Page, name: str) -> None:
    """Press Tab until something of this name has the focus."""
    for _ in range(80):
        page.keyboard.press("Tab")
        stop = focused(page)
        if stop is not None and " ".join(str(stop["name"]).split()) == name:
            return
    raise AssertionError(f"Tab does not reach {name}")


def test_a_date_is_added_mended_and_cancelled_by_keyboard_alone(desk: Open) -> None:
    page = desk(f"{TERMINE}?monat=2027-03")
    tab_to(page, "Termin")
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile("/neu"))
    tab_to(page, "Datum")
    page.keyboard.type("03192027")
    tab_to(page, "Beginn")
    page.keyboard.type("0500PM")
    tab_to(page, "Ende")
    page.keyboard.type("0500PM")
    tab_to(page, "Termin anlegen")
    page.keyboard.press("Enter")
    expect(page.locator("#problem")).to_be_focused()
    tab_to(page, "Beginn und Ende sind gleich.")
    page.keyboard.press("Enter")
    expect(page.get_by_label("Ende")).to_be_focused()
    page.keyboard.type("0600PM")
    tab_to(page, "Termin anlegen")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Freitag, 19. März 2027, 17–18 Uhr")
    tab_to(page, "Absagen …")
    page.keyboard.press("Enter")
    expect(page.get_by_label("Grund")).to_be_visible()
    tab_to(page, "Grund")
    page.keyboard.type("Sturm")
    page.keyboard.press("Enter")
    expect(page.get_by_role("status")).to_have_text("Der Termin ist abgesagt.")
    expect(page.locator("h1 s")).to_have_text("Freitag, 19. März 2027, 17–18 Uhr")


def test_everything_works_without_scripts(desk: Open, complaints: Complaints) -> None:
    complaints.allow(r"\.js csp$")
    page = desk(f"{TERMINE}/neu", java_script_enabled=False)
    page.get_by_label("Datum").fill("2027-04-09")
    page.get_by_label("Beginn").fill("10:00")
    page.get_by_label("Ende").fill("11:00")
    page.get_by_role("button", name="Termin anlegen").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Freitag, 9. April 2027, 10–11 Uhr")
    expect(page.get_by_role("button", name="Datum kopieren")).to_be_hidden()
    page.get_by_role("link", name="Automatische Texte").click()
    page.get_by_label("Text", exact=True).fill("Bis {ends}. Notfall: 112")
    page.get_by_label("läuft").check()
    page.get_by_role("button", name="Vorschau zeigen").click()
    expect(page.locator("#bubble")).to_have_text(re.compile(r"^Bis \d+ Uhr\. Notfall: 112$"))


def test_the_console_leads_to_the_planning_whom_it_may(
    desk: Open, hall: TownHall, complaints: Complaints
) -> None:
    for person, there in (("mayor", 1), ("brandt", 0)):
        page = desk("/console", person=person)
        expect(page.locator(".connection.ok")).to_be_attached()
        page.get_by_role("button", name="Menü").click()
        expect(page.get_by_role("menuitem", name="Tastatur")).to_be_visible()
        expect(page.get_by_role("menuitem", name="Termine planen")).to_have_count(there)
    page = desk("/console")
    page.get_by_role("button", name="Menü").click()
    page.get_by_role("menuitem", name="Termine planen").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Termine")


# -- every page and state ----------------------------------------------------------------------------


every_state = pytest.mark.parametrize(
    "state", [pytest.param(name, marks=[] if name in ALWAYS else [pytest.mark.full]) for name in STATES]
)


@pytest.fixture
def see(desk: Open, request: pytest.FixtureRequest) -> Open:
    """`see(state, **context_arguments)`: the page in that state."""

    def see(state: str, **arguments: Any) -> Page:
        hall, path, show = STATES[state]
        at = request.getfixturevalue("bare" if hall == "bare" else "busy")
        page = desk(path, at=at, person="brandt" if hall == "assistant" else "mayor", **arguments)
        show(page)
        return page

    return see


@every_state
def test_axe_finds_nothing_light_or_dark_wide_or_narrow_or_without_colours(see: Open, state: str) -> None:
    page = see(state)
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


@every_state
def test_nothing_sticks_out_or_moves(see: Open, state: str) -> None:
    page = see(state, reduced_motion="reduce")
    found = {"moves": moves(page)}
    for width, height in ((820, 1180), (640, 400), (390, 844), (320, 640), (320, 256)):
        page.set_viewport_size({"width": width, "height": height})
        found[f"{width} × {height}"] = sticks_out(page)
    space_out(page)
    for width, height in ((320, 640), (820, 1180), (1280, 800)):
        page.set_viewport_size({"width": width, "height": height})
        found[f"spaced, {width} × {height}"] = sticks_out(page)
    assert {how: wrong for how, wrong in found.items() if wrong} == {}


@every_state
def test_nothing_sticks_out_when_text_is_twice_as_large(see: Open, state: str) -> None:
    page = see(state)
    enlarge(page)
    found = {}
    for width, height in ((1280, 800), (820, 1180), (390, 844), (320, 640)):
        page.set_viewport_size({"width": width, "height": height})
        found[f"{width} × {height}"] = sticks_out(page)
    assert {how: wrong for how, wrong in found.items() if wrong} == {}


@pytest.mark.parametrize("state", ["month", "list", "date", "move-wrong", "texts"])
def test_every_stop_of_the_tab_key_can_be_seen_named_and_hit(see: Open, state: str) -> None:
    page = see(state)
    page.locator("body").evaluate("(body) => { document.activeElement?.blur(); scrollTo(0, 0) }")
    there = walk(page, most=400)
    assert [f"{stop['what']} {stop['name']}: {wrong}" for stop in there if (wrong := wrong_with(stop))] == []
    small = [stop for stop in there if stop["target"] and min(stop["width"], stop["height"]) < TARGET - 0.5]
    # a choice is hit by its label too, and the way to the content is there for the keyboard alone
    small = [stop for stop in small if "INPUT" not in stop["what"] and ".skip" not in stop["what"]]
    assert [f"{stop['what']} {stop['name']} {stop['width']} × {stop['height']}" for stop in small] == []
    choices = page.locator("label.choice").evaluate_all("(all) => all.map((one) => one.offsetHeight)")
    assert [height for height in choices if height < TARGET] == []


@pytest.mark.browser_context_args(locale="en-GB")
@pytest.mark.parametrize("state", ["month", "date-contradicted", "cancel", "texts", "empty"])
def test_axe_finds_nothing_in_english(see: Open, state: str) -> None:
    page = see(state)
    assert page.locator("html").get_attribute("lang") == "en"
    assert violations(page) == []
