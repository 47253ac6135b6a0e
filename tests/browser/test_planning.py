"""Planning in a browser: dates, texts with their telephone, by keyboard alone, without scripts, on every screen."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Complaints, Sit
from tests.browser.looking import focused
from tests.browser.planning_states import FIRST, NOW, REFUSED, TERMINE
from tests.browser.townhall import TownHall, town_hall


@pytest.fixture(scope="module")
def hall(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TownHall]:
    with town_hall(tmp_path_factory.mktemp("hall"), now=NOW) as found:
        yield found


@pytest.fixture
def desk(sit: Sit, complaints: Complaints) -> Sit:
    """`desk(path, **context_arguments)`: a browser of somebody who may plan."""

    def desk(path: str = TERMINE, **arguments: Any) -> Page:
        complaints.allow(REFUSED)
        return sit(arguments.pop("person", "mayor"), path=path, **arguments)

    return desk


# -- a story ---------------------------------------------------------------------------------------


@pytest.mark.proves("P18")
def test_a_series_is_planned_one_date_moved_one_cancelled_and_the_public_page_follows(
    desk: Sit, hall: TownHall
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


def test_the_telephone_shows_a_text_while_it_is_typed(desk: Sit) -> None:
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
    page.get_by_label("keiner geplant").check()
    page.keyboard.press("Enter")
    expect(bubble).to_contain_text("Zurzeit ist kein Termin geplant")
    page.get_by_role("button", name="Zurück zum Standard").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Wirklich zurück zum Standard?")
    page.get_by_role("button", name="Nein, so lassen").click()
    expect(text).to_have_value("Am {next_session}. Notfall: 112")
    page.get_by_role("button", name="Zurück zum Standard").click()
    page.get_by_role("button", name="Ja, zurück zum Standard").click()
    expect(page.get_by_role("status").first).to_have_text("Es gilt wieder der Standard.")


def test_the_date_can_be_copied(desk: Sit, hall: TownHall) -> None:
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


def test_a_date_is_added_mended_and_cancelled_by_keyboard_alone(desk: Sit) -> None:
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


def test_everything_works_without_scripts(desk: Sit, complaints: Complaints) -> None:
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
    page.get_by_role("button", name="Speichern").click()
    page.get_by_label("läuft").check()
    page.keyboard.press("Enter")
    expect(page.get_by_label("läuft")).to_be_checked()
    expect(page.locator("#bubble")).to_have_text(re.compile(r"^Bis \d+ Uhr\. Notfall: 112$"))
    expect(page.get_by_role("button", name="Zurück zum Standard")).to_be_visible()


def test_the_console_leads_to_the_planning_whom_it_may(
    desk: Sit, hall: TownHall, complaints: Complaints
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
