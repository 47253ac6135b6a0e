"""Mayor and assistant at their desks, a citizen on the phone: what each of them sees, and when."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import Sit
from tests.browser.townhall import TownHall
from tests.fakes import wait_until


def row(page: Page, name: str) -> Locator:
    """Somebody's row in the queue."""
    return page.get_by_role("navigation", name="Warteschlange").get_by_role(
        "button", name=re.compile(re.escape(name))
    )


def look_at(page: Page, name: str) -> None:
    """Open somebody's conversation, and leave the list, which stands still under a pointer."""
    row(page, name).click()
    page.mouse.move(800, 300)


def log(page: Page) -> Locator:
    """The open conversation's timeline."""
    return page.get_by_role("log")


def bubble(page: Page, text: str) -> Locator:
    """The entry with this text."""
    return log(page).get_by_role("listitem").filter(has_text=text)


def answer(page: Page, text: str) -> None:
    """Write into the answer field and send."""
    page.get_by_role("textbox", name=re.compile("^Antwort an")).fill(text)
    page.get_by_role("button", name="Senden", exact=True).click()


def test_a_message_is_on_both_screens_and_the_answer_comes_home(hall: TownHall, sit: Sit) -> None:
    mayor, brandt = sit("mayor"), sit("brandt")
    anna = hall.citizen("Anna Weber", reads=False)
    anna.write("Die Laterne vor Nr. 12 ist dunkel.")
    for page in (mayor, brandt):
        expect(row(page, "Anna Weber")).to_be_visible()
        look_at(page, "Anna Weber")
        expect(bubble(page, "Die Laterne vor Nr. 12 ist dunkel.")).to_be_visible()
    anna.goes(online=False)
    answer(mayor, "Guten Tag Frau Weber, Montag ist sie wieder hell.")
    mine = bubble(mayor, "Montag ist sie wieder hell.")
    expect(mine.locator(".tick")).to_have_text("gesendet")
    anna.goes(online=True)
    expect(mine.locator(".tick")).to_have_text("zugestellt")
    anna.goes(reads=True)
    expect(mine.locator(".tick")).to_have_text("gelesen")
    assert anna.heard() == ["Guten Tag Frau Weber, Montag ist sie wieder hell."]
    theirs = bubble(brandt, "Montag ist sie wieder hell.")
    expect(theirs.locator(".tick")).to_contain_text("gelesen")
    expect(theirs).to_contain_text("Stefan Keller")
    expect(mine).to_have_count(1)
    expect(theirs).to_have_count(1)


def test_claim_note_and_done_show_on_the_other_screen(hall: TownHall, sit: Sit) -> None:
    mayor, brandt = sit("mayor"), sit("brandt")
    jonas = hall.citizen("Jonas Köhler")
    jonas.write("Wann wird die Wippe repariert?")
    look_at(mayor, "Jonas Köhler")
    look_at(brandt, "Jonas Köhler")
    brandt.get_by_role("button", name="Übernehmen").click()
    expect(mayor.get_by_role("region", name="Gespräch").get_by_text("bei Maria Brandt")).to_be_visible()
    expect(row(mayor, "Jonas Köhler")).to_contain_text("Maria Brandt")
    brandt.get_by_role("button", name="Interne Notiz").click()
    brandt.get_by_role("textbox", name=re.compile("^Interne Notiz zu")).fill("Ersatzteil liegt im Bauhof.")
    brandt.get_by_role("button", name="Notiz speichern").click()
    for page in (mayor, brandt):
        note = bubble(page, "Ersatzteil liegt im Bauhof.")
        expect(note).to_contain_text("Interne Notiz · Maria Brandt")
        expect(note).to_have_count(1)
    brandt.get_by_role("textbox", name=re.compile("^Antwort an")).press_sequentially("Noch")
    expect(mayor.get_by_text("Maria Brandt schreibt …").first).to_be_visible()
    answer(brandt, "Noch diese Woche.")
    wait_until(
        lambda: jonas.heard() == ["Noch diese Woche."], what="the answer is on the phone, the note is not"
    )
    brandt.get_by_role("button", name="Erledigt", exact=True).click()
    expect(row(mayor, "Jonas Köhler")).to_have_count(0)
    mayor.get_by_role("button", name=re.compile("^Erledigt [0-9]")).click()
    expect(row(mayor, "Jonas Köhler")).to_be_visible()
    assert jonas.heard() == ["Noch diese Woche."]


@pytest.mark.proves("AC-37")
def test_an_answer_that_crossed_anothers_shows_what_was_missed(hall: TownHall, sit: Sit) -> None:
    mayor, brandt = sit("mayor"), sit("brandt")
    fatma = hall.citizen("Fatma Yılmaz")
    fatma.write("Gilt die Sperrung noch?")
    look_at(mayor, "Fatma Yılmaz")
    look_at(brandt, "Fatma Yılmaz")
    expect(bubble(mayor, "Gilt die Sperrung noch?")).to_be_visible()
    expect(bubble(brandt, "Gilt die Sperrung noch?")).to_be_visible()
    let_go = hold_frames(mayor)
    answer(brandt, "Ja, bis Freitag.")
    expect(bubble(brandt, "Ja, bis Freitag.").locator(".tick")).to_contain_text("gelesen")
    answer(mayor, "Nein, sie ist aufgehoben.")
    mayor.evaluate(let_go)
    refused = bubble(mayor, "Nein, sie ist aufgehoben.")
    expect(refused).to_contain_text("Inzwischen wurde schon geantwortet:")
    expect(refused.locator("blockquote")).to_contain_text("Ja, bis Freitag.")
    expect(refused.locator("blockquote")).to_contain_text("Maria Brandt")
    assert fatma.heard() == ["Ja, bis Freitag."]
    refused.get_by_role("button", name="Trotzdem senden").click()
    wait_until(
        lambda: fatma.heard() == ["Ja, bis Freitag.", "Nein, sie ist aufgehoben."], what="it was sent anyway"
    )
    expect(bubble(mayor, "Nein, sie ist aufgehoben.")).to_have_count(1)


def hold_frames(page: Page) -> str:
    """Let this page draw nothing until the returned function is evaluated: its screen is behind, as in a slow tab."""
    page.evaluate(
        """() => {
            const real = window.requestAnimationFrame, held = [];
            const wait = window.setTimeout;
            window.requestAnimationFrame = (run) => held.push(run);
            window.setTimeout = (run, ms) => ms === 1000 ? held.push(run) : wait(run, ms);
            window.letGo = () => {
                window.requestAnimationFrame = real;
                window.setTimeout = wait;
                for (const run of held) run(0);
            };
        }"""
    )
    return "() => window.letGo()"


def test_two_tabs_of_one_person_agree(hall: TownHall, sit: Sit) -> None:
    tab = sit("mayor")
    other = tab.context.new_page()
    other.goto(hall.url + "/console")
    lena = hall.citizen("Lena Öztürk")
    lena.write("Danke!")
    look_at(tab, "Lena Öztürk")
    look_at(other, "Lena Öztürk")
    answer(tab, "Gern.")
    expect(bubble(other, "Gern.").locator(".tick")).to_contain_text("gelesen")
    answer(other, "Bis bald.")
    expect(bubble(tab, "Bis bald.").locator(".tick")).to_contain_text("gelesen")
    assert lena.heard() == ["Gern.", "Bis bald."]
    for page in (tab, other):
        expect(bubble(page, "Gern.")).to_have_count(1)
        expect(bubble(page, "Bis bald.")).to_have_count(1)
