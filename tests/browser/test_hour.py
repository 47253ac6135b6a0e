"""The hour from the desk: counted down alike everywhere, made longer, and ended with an outcome for everybody."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.api import Api
from tests.browser.conftest import Complaints, Sit
from tests.browser.crowd import at
from tests.browser.hours import steer
from tests.browser.test_side_by_side import answer, bubble, hold_frames, look_at, row
from tests.browser.townhall import Citizen, TownHall, town_hall
from tests.fakes import wait_until
from tests.makers import OPENS

HOUR = OPENS + timedelta(minutes=2)


@pytest.fixture
def hall(tmp_path: Path) -> Iterator[TownHall]:
    """An hour of its own for each test."""
    with town_hall(tmp_path, now=HOUR) as found:
        yield found


def asking(hall: TownHall, *names: str) -> list[Citizen]:
    """People who wait, each a minute after the other."""
    found = []
    for minute, name in enumerate(names, 3):
        at(hall, minute)
        found.append(hall.citizen(name))
        found[-1].write(f"Frage von {name}")
    hall.settle()
    return found


def left(page: Page) -> int:
    """Seconds that the countdown shows."""
    shown = page.get_by_role("timer").locator("strong").inner_text()
    seconds = 0
    for part in shown.split(":"):
        seconds = seconds * 60 + int(part)
    return seconds


def state(page: Page, words: str) -> None:
    """The header's tag."""
    expect(page.locator(".clock .tag")).to_have_text(words)


def becomes(dialog: Locator, name: str, outcome: str) -> None:
    """Say what becomes of somebody."""
    dialog.get_by_label(f"Was wird aus {name}?").select_option(outcome)


# -- time ------------------------------------------------------------------------------------------------


@pytest.mark.proves("N2")
def test_consoles_whose_clocks_are_wrong_count_down_alike(hall: TownHall, sit: Sit) -> None:
    def wrong_by(**span: float) -> Callable[[Page], None]:
        return lambda page: page.clock.install(time=HOUR + timedelta(**span))

    fast, slow = sit("mayor", before=wrong_by(minutes=7)), sit("brandt", before=wrong_by(hours=-3))
    pages = (fast, slow)
    for page in pages:
        expect(page.get_by_role("timer")).to_have_text(re.compile(r"^noch 5[78]:\d\d$"))

    def agree() -> bool:
        return abs(left(fast) - left(slow)) <= 1

    wait_until(agree, what="both show the same", pause=fast.wait_for_timeout)
    fast.get_by_role("button", name="+10 Min. länger").click()
    for page in pages:
        expect(page.get_by_role("timer")).to_have_text(re.compile(r"^noch 1:0[78]:\d\d$"))
        expect(page.get_by_role("status")).to_contain_text("Die Sprechstunde endet jetzt um 16:10.")
    wait_until(agree, what="both show the new end", pause=fast.wait_for_timeout)


@pytest.mark.proves("AC-62", "N6")
def test_the_cut_off_is_proposed_and_a_person_decides(hall: TownHall, sit: Sit) -> None:
    asking(hall, "Anna", "Berta", "Clara", "Doris", "Erna", "Frida")
    with Api(hall.url) as api:
        for minute, name in ((15, "Anna"), (25, "Berta"), (35, "Clara")):
            at(hall, minute)
            api.reply(name, "Das klären wir.")
        page = sit("mayor")
        expect(page.locator(".reach")).to_have_text(re.compile("^3 offen · reicht voraussichtlich nicht$"))
        assert api.snapshot()["session"]["state"] == "open", "nothing happens by itself"
        page.get_by_role("button", name="+15 Min. länger").click()
        expect(page.locator(".reach")).to_have_text(re.compile(r"^3 offen · reicht etwa bis 16:0\d$"))
        at(hall, 50)
        page.get_by_role("button", name="Letzte Fragen?").click()
        state(page, "letzte Fragen")
        assert api.snapshot()["session"]["state"] == "intake_closed"
        late = hall.citizen("Zu spät")
        late.write("Noch eine Frage")
        wait_until(
            lambda: any("keine neuen Anliegen" in text for text in late.heard()), what="the newcomer is told"
        )
        page.get_by_role("button", name="Wieder öffnen").click()
        state(page, "läuft")


# -- the end ---------------------------------------------------------------------------------------------


@pytest.mark.proves("N4", "AC-60")
def test_everybody_gets_one_outcome_and_the_text_that_was_previewed(hall: TownHall, sit: Sit) -> None:
    anna, berta, clara, doris, erna = people = asking(hall, "Anna", "Berta", "Clara", "Doris", "Erna")
    mayor, brandt = sit("mayor"), sit("brandt")
    steer(mayor, "Beenden …")
    dialog = mayor.get_by_role("dialog")
    expect(dialog.get_by_role("button", name="Abbrechen")).to_be_focused()
    dialog.get_by_label("Jetzt abschließen").check()
    done = dialog.get_by_role("button", name="Abschließen")
    expect(dialog.get_by_role("listitem")).to_have_count(5)
    look_at(brandt, "Erna")
    answer(brandt, "Ja, am Montag.")
    expect(dialog.get_by_role("listitem")).to_have_count(4)
    expect(dialog).not_to_contain_text("Erna")

    becomes(dialog, "Anna", "Antwort zugesagt")
    dialog.get_by_label("Antwort bis").fill("2026-12-04")
    becomes(dialog, "Berta", "ans Fachamt")
    expect(done).to_be_disabled()
    dialog.get_by_label("Fachamt", exact=True).fill("Bauamt, Frau Öz.")
    becomes(dialog, "Clara", "abgelehnt")
    dialog.get_by_label("Grund").fill("Das entscheidet das Land")
    dialog.get_by_label("Text an Clara").fill("Das entscheidet leider das Land, nicht wir.")
    expect(done).to_be_disabled()
    becomes(dialog, "Doris", "nächstes Mal zuerst")
    previews = {name: dialog.get_by_label(f"Text an {name}").input_value() for name in ("Anna", "Berta")}
    assert previews["Anna"].endswith("bis Freitag, 4. Dezember 2026.")
    done.click()

    expect(mayor.get_by_role("dialog")).to_have_count(0)
    heading = mayor.get_by_role("heading", name="Sprechstunde beendet").locator("visible=true")
    expect(heading).to_be_focused()
    for page in (mayor, brandt):
        expect(page.get_by_role("list", name="Was daraus wurde").locator("visible=true")).to_have_text(
            re.compile(
                "1 beantwortet.*1 Antwort zugesagt.*1 nächstes Mal zuerst.*1 ans Fachamt.*1 abgelehnt",
                re.DOTALL,
            )
        )
    hall.settle()
    assert anna.heard() == [previews["Anna"]]
    assert berta.heard() == [previews["Berta"]]
    assert clara.heard() == ["Das entscheidet leider das Land, nicht wir."]
    assert [len(one.heard()) for one in people] == [1] * 5
    assert "Donnerstag, 7. Januar 2027, 15–16 Uhr" in doris.heard()[0]
    assert erna.heard() == ["Ja, am Montag."]

    mayor.get_by_role("button", name=re.compile("^Nachfassen")).click()
    expect(row(mayor, "Anna")).to_contain_text("bis Fr., 4. Dezember")
    expect(row(mayor, "Berta")).to_contain_text("ans Fachamt")
    with Api(hall.url) as api:
        api.command("session.open_now", line="buergermeister", minutes=30)
    mayor.get_by_role("button", name=re.compile("^Offen")).click()
    expect(row(mayor, "Doris")).to_contain_text("vom letzten Mal")


def test_the_rest_gets_one_outcome_in_bulk_after_the_end(hall: TownHall, sit: Sit) -> None:
    people = asking(hall, "Anna", "Berta", "Clara")
    at(hall, 61)
    page = sit("mayor")
    expect(page.get_by_role("heading", name="Nachlauf: noch 3 Personen")).to_be_visible()
    settling = page.locator(".settling")
    becomes(settling, "Anna", "beantwortet")
    settling.get_by_label("Für alle Übrigen").select_option("nächstes Mal zuerst")
    settling.get_by_role("button", name="Für 2 Personen übernehmen").click()
    settling.get_by_role("button", name="Abschließen").click()
    expect(page.get_by_role("heading", name="Sprechstunde beendet").locator("visible=true")).to_be_visible()
    hall.settle()
    assert [len(one.heard()) for one in people] == [0, 1, 1]


def test_the_last_answer_after_the_end_closes_the_hour_by_itself(hall: TownHall, sit: Sit) -> None:
    asking(hall, "Anna")
    at(hall, 61)
    page = sit("mayor")
    look_at(page, "Anna")
    answer(page, "Ja, am Montag.")
    expect(page.locator(".toast")).to_have_text("Die Sprechstunde ist beendet. 1 beantwortet")
    expect(page.get_by_role("heading", name="Sprechstunde beendet").locator("visible=true")).to_be_visible()


def test_who_presses_end_second_is_told_that_it_is_over(hall: TownHall, sit: Sit) -> None:
    mayor, brandt, behind = sit("mayor"), sit("brandt"), sit("brandt")
    for page in (mayor, brandt, behind):
        steer(page, "Beenden …")
        expect(page.get_by_role("dialog")).to_contain_text("Alle haben eine Antwort.")
    let_go = hold_frames(behind)
    mayor.get_by_role("dialog").get_by_role("button", name="Beenden", exact=True).click()
    expect(mayor.get_by_role("dialog")).to_have_count(0)
    expect(brandt.get_by_role("dialog")).to_contain_text("Sprechstunde beendet")
    brandt.get_by_role("button", name="Schließen").click()
    expect(brandt.get_by_role("dialog")).to_have_count(0)
    behind.get_by_role("dialog").get_by_role("button", name="Beenden", exact=True).click()
    expect(behind.get_by_role("dialog").get_by_role("alert")).to_contain_text(
        re.compile(r"Diese Sprechstunde ist seit \S+ Uhr beendet\.")
    )
    behind.evaluate(let_go)
    expect(behind.get_by_role("dialog")).to_contain_text("Sprechstunde beendet")


def test_without_an_answer_one_person_is_handed_on_by_the_menu(hall: TownHall, sit: Sit) -> None:
    [anna] = asking(hall, "Anna")
    page = sit("mayor")
    look_at(page, "Anna")
    expect(bubble(page, "Frage von Anna")).to_be_visible()
    page.get_by_role("button", name="Anders abschließen").click()
    page.get_by_role("menuitem", name="ans Fachamt …").click()
    dialog = page.get_by_role("dialog", name="Was wird aus Anna?")
    dialog.get_by_label("Fachamt", exact=True).fill("Bauhof")
    text = dialog.get_by_label("Text an Anna").input_value()
    assert text.endswith("Zuständig ist: Bauhof.")
    dialog.get_by_role("button", name="Abschließen").click()
    expect(dialog).to_have_count(0)
    wait_until(lambda: anna.heard() == [text], what="the text is on the phone")


def test_without_a_connection_nothing_can_be_ended_and_it_says_why(
    hall: TownHall, sit: Sit, complaints: Complaints
) -> None:
    complaints.allow("WebSocket|ERR_INTERNET_DISCONNECTED")
    asking(hall, "Anna")
    page = sit("mayor")
    steer(page, "Beenden …")
    dialog = page.get_by_role("dialog")
    page.context.set_offline(True)
    expect(dialog.get_by_role("alert")).to_have_text("Erst wieder mit Verbindung möglich.")
    expect(dialog.get_by_role("button", name="Keine neuen Fragen")).to_be_disabled()
    page.keyboard.press("Escape")
    for name in ("Letzte Fragen", "+5 Min. länger", "Beenden …"):
        expect(page.get_by_role("button", name=name)).to_be_disabled()
        expect(page.get_by_role("button", name=name)).to_have_attribute(
            "title", "Erst wieder mit Verbindung möglich."
        )


# -- before it begins ------------------------------------------------------------------------------------


@pytest.fixture
def early(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TownHall]:
    """Five minutes before the hour, with one who is early."""
    with town_hall(tmp_path_factory.mktemp("early"), now=OPENS - timedelta(minutes=6)) as found:
        found.citizen("Anna").write("Guten Tag")
        at(found, -5)
        yield found


@pytest.mark.proves("N22")
def test_late_a_deputy_and_cancelled_are_told_to_exactly_those_who_wait(early: TownHall, sit: Sit) -> None:
    berta = early.citizen("Berta")
    berta.write("Ich warte auch")
    elsewhere = early.citizen("Clara")
    early.settle()
    page = sit("mayor", at=early)
    state(page, "Vorraum")
    expect(page.get_by_role("timer")).to_have_text(re.compile(r"^Beginn in 4:\d\d$"))
    page.get_by_role("button", name="Ändern").click()
    expect(page.get_by_role("menu")).to_contain_text("2 Personen warten und erfahren es.")
    page.get_by_role("menuitem", name="10 Min. später beginnen").click()
    expect(page.locator(".banner")).to_have_text("Beginn voraussichtlich um 15:10.")
    steer(page, "Vertretung durch …")
    page.get_by_label("Wer antwortet heute?").fill("Frau Ida Beispiel")
    page.get_by_role("button", name="Mitteilen").click()
    expect(page.locator(".banner")).to_contain_text("Vertretung: Frau Ida Beispiel.")
    steer(page, "Absagen …")
    dialog = page.get_by_role("dialog", name="Sprechstunde absagen?")
    expect(dialog.get_by_role("button", name="Abbrechen")).to_be_focused()
    dialog.get_by_label("Grund").fill("Krankheit")
    dialog.get_by_role("button", name="Absagen", exact=True).click()
    expect(dialog.get_by_role("alert")).to_contain_text("beginnt in weniger als 24 Stunden")
    dialog.get_by_role("button", name="Trotzdem absagen").click()
    expect(page.get_by_role("heading", name="Sprechstunde abgesagt").locator("visible=true")).to_be_visible()
    expect(
        page.get_by_text(re.compile("Do., 3. Dezember, .*: Krankheit")).locator("visible=true")
    ).to_be_visible()
    early.settle()
    heard = berta.heard()
    assert [sum(words in text for text in heard) for words in ("15:10", "Ida Beispiel", "Krankheit")] == [
        1,
        1,
        1,
    ]
    assert elsewhere.heard() == []


def test_it_is_begun_by_hand_and_ends_when_it_was_planned(early: TownHall, sit: Sit) -> None:
    page = sit("mayor", at=early)
    page.get_by_role("button", name="Jetzt beginnen").click()
    state(page, "läuft")
    expect(page.get_by_role("timer")).to_have_text(re.compile(r"^noch 1:0[45]:\d\d$"))
