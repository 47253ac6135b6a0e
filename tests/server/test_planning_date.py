"""The page of one date, in a browser without scripts: changed, cancelled, taken back, late, stood in for."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import httpx
import pytest

from tests.makers import OPENS, Clock
from tests.server.forms import Visitor
from tests.server.house import House
from tests.server.test_planning import BEFORE, FIRST

CHANGED = "Der Termin ist geändert."


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    house = House(tmp_path, clock=Clock(BEFORE)).start()
    yield house
    house.stop()


@pytest.fixture
def editor(house: House) -> Visitor:
    return Visitor(house.agent("Rita Redaktion", "editor"))


def test_the_page_says_how_a_date_stands_and_where_it_comes_from(editor: Visitor) -> None:
    page = editor.open(FIRST)
    said = page.words
    assert "Status angekündigt" in said
    assert "die 1. Sprechstunde" in said
    assert "Serie aus der Datei: jeden ersten Donnerstag im Monat" in said
    assert "In der Datei Donnerstag, 3. Dezember 2026, 15–16 Uhr" in said
    assert "/console/termine/buergermeister/2026-12-03T15:00/kit" in page.links
    assert any(link.startswith("/aushang?session=") for link in page.links)


@pytest.mark.parametrize(
    "path", ["/nix", "/buergermeister/2026-12-04T15:00", "/x/2026-12-03T15:00", "/a/b/c/d"]
)
def test_what_is_no_date_is_not_found(editor: Visitor, path: str) -> None:
    assert editor.open(path).status == 404


@pytest.mark.parametrize("do", ["", "nix", "late"])
def test_what_no_form_asks_for_is_a_bad_request(editor: Visitor, do: str) -> None:
    answer = editor.post(f"/console/termine{FIRST}", {"do": do, "minutes": "x"})
    assert answer.status_code == 400


@pytest.mark.proves("P18")
def test_one_date_of_a_series_is_changed_and_goes_back_to_the_file(editor: Visitor) -> None:
    public = editor.guest.house.url
    page = editor.press(
        editor.open(FIRST, tun="move"), "Ändern", date="2026-12-04", from_="17:00", to="18:00"
    )
    assert CHANGED in page.words
    assert "Freitag, 4. Dezember 2026, 17–18 Uhr" in page.title
    assert "verlegt, vorher Do., 3. Dezember, 15:00 Uhr" in page.words
    assert "von Ihnen geändert" in page.words
    assert "Freitag, 4. Dezember 2026, 17–18 Uhr" in httpx.get(public, trust_env=False).text
    month = editor.open(monat="2026-12")
    ghost = month.text.partition('<time datetime="2026-12-03">')[2].partition("</td>")[0]
    assert "<s>15–16 Uhr</s>" in ghost
    assert "verlegt auf Fr., 4. Dezember, 17:00 Uhr" in ghost
    assert "7. Januar 2027, 15–16 Uhr" in httpx.get(public, trust_env=False).text
    again = editor.press(editor.open(FIRST, tun="move"), "Ändern")
    assert "Der Termin stand schon so da." in again.words
    page = editor.press(page, "Zurück zur Datei")
    assert "Der Termin ist wieder so, wie er in der Datei steht." in page.words
    assert "Donnerstag, 3. Dezember 2026, 15–16 Uhr" in page.title


@pytest.mark.proves("P18")
def test_one_date_is_cancelled_with_another_in_its_place(editor: Visitor) -> None:
    form = editor.open(FIRST, tun="cancel")
    page = editor.press(form, "Termin absagen")
    assert page.status == 400
    assert "Bitte geben Sie einen Grund an. Er wird veröffentlicht." in page.words
    typed = {"reason": "Krankheit", "date": "2026-12-10", "from_": "15:00", "to": "16:00"}
    page = editor.press(page, "Termin absagen", **typed)
    assert "Der Termin ist abgesagt." in page.words
    assert "Grund: Krankheit" in page.words
    assert "Ersatz: Donnerstag, 10. Dezember 2026, 15–16 Uhr" in page.words
    assert "<s>Donnerstag, 3. Dezember 2026, 15–16 Uhr</s>" in page.text
    assert "10. Dezember 2026, 15–16 Uhr" in httpx.get(editor.guest.house.url, trust_env=False).text
    page = editor.press(page, "Zurück zur Datei")
    assert "Der Ersatztermin am Do., 10. Dezember, 15:00 Uhr bleibt stehen" in page.words
    page = editor.press(page, "Ja, zurück zur Datei")
    assert "Status angekündigt" in page.words


def test_an_added_date_that_is_taken_back_is_gone_and_its_month_says_so(
    house: House, editor: Visitor
) -> None:
    added = {"date": "2027-01-20", "from_": "17:00", "to": "18:00"}
    page = editor.press(editor.open("/neu"), "Termin anlegen", **added)
    page = editor.press(page, "Zurück zur Datei")
    assert page.status == 200
    assert "Diesen Termin gibt es nicht mehr." in page.words
    assert page.title.startswith("Januar 2027")
    page = editor.press(editor.open("/neu"), "Termin anlegen", **{**added, "date": "2026-12-02"})
    house.clock.now += timedelta(hours=10)
    page = editor.press(editor.open("/buergermeister/2026-12-02T17:00+"), "Zurück zur Datei")
    assert "Termin wirklich wegnehmen?" in page.words
    assert "Diesen Termin gibt es nicht mehr." in editor.press(page, "Ja, wegnehmen").words


def test_a_date_is_taken_back_to_the_series_or_to_the_question_that_it_was(editor: Visitor) -> None:
    series = {"every": "jeden Mittwoch", "from_": "10:00", "to": "11:00"}
    editor.press(editor.open("/serie"), "Serie anlegen", **series)
    moved = {"date": "2026-12-10", "from_": "10:00", "to": "11:00"}
    page = editor.open("/buergermeister/2026-12-09T10:00", tun="move")
    page = editor.press(editor.press(page, "Ändern", **moved), "Zurück zur Serie")
    assert "Der Termin ist wieder so, wie die Serie es vorsieht." in page.words
    page = editor.press(editor.open("/buergermeister/2027-05-06T15:00"), "Findet statt")
    page = editor.press(page, "Zurück zur Datei")
    assert "Ob der Termin stattfindet, ist wieder offen." in page.words


@pytest.mark.proves("P18")
def test_a_date_in_its_place_that_was_cancelled_too_is_not_named(editor: Visitor) -> None:
    typed = {"reason": "Krankheit", "date": "2026-12-10", "from_": "15:00", "to": "16:00"}
    editor.press(editor.open(FIRST, tun="cancel"), "Termin absagen", **typed)
    other = "/buergermeister/2026-12-10T15:00+"
    editor.press(editor.open(other, tun="cancel"), "Termin absagen", reason="Krankheit")
    assert "Ersatz:" not in editor.open(FIRST).words


def test_half_a_replacement_is_said_at_the_field(editor: Visitor) -> None:
    page = editor.press(
        editor.open(FIRST, tun="cancel"), "Termin absagen", reason="Krankheit", date="2026-12-10"
    )
    assert page.status == 400
    assert "Bitte geben Sie den Beginn an. Bitte geben Sie das Ende an." in page.words
    assert {"wrong-from", "wrong-to"} <= set(page.ids)
    assert page.attributes["field-reason"]["value"] == "Krankheit"
    page = editor.press(page, "Termin absagen", date="", from_="15:00", to="16:00")
    assert "Bitte geben Sie ein Datum an." in page.words
    assert "wrong-date" in page.ids
    assert "Status angekündigt" in editor.open(FIRST).words


@pytest.mark.parametrize(
    ("written", "sentence"),
    [
        ("03.12.2026", "Bitte schreiben Sie das Datum so: 2026-12-03."),
        ("2026-13-45", "Dieses Datum gibt es nicht."),
        ("20261203", "Bitte schreiben Sie das Datum so: 2026-12-03."),
    ],
)
@pytest.mark.parametrize(("tun", "button"), [("move", "Ändern"), ("cancel", "Termin absagen")])
def test_a_mistyped_date_is_said_at_the_field_and_nothing_typed_is_lost(
    editor: Visitor, tun: str, button: str, written: str, sentence: str
) -> None:
    typed = {"date": written, "from_": "17:00", "to": "18:00"}
    typed |= {"reason": "Krankheit"} if tun == "cancel" else {}
    page = editor.press(editor.open(FIRST, tun=tun), button, **typed)
    assert page.status == 400
    assert sentence in page.words
    assert {"#field-date"} <= set(page.links)
    assert "wrong-date" in page.ids
    for name, value in typed.items():
        assert page.attributes[f"field-{name.rstrip('_')}"]["value"] == value


@pytest.mark.proves("AC-61")
def test_a_day_before_it_is_asked_once_more_what_will_happen(house: House) -> None:
    house.clock.now = OPENS - timedelta(hours=23)
    editor = Visitor(house.agent("Rita Redaktion", "editor"))
    typed = {"date": "2026-12-03", "from_": "15:30", "to": "16:30"}
    page = editor.press(editor.open(FIRST, tun="move"), "Ändern", **typed)
    assert page.status == 409
    assert "Wirklich ändern?" in page.words
    assert "Bisher Donnerstag, 3. Dezember 2026, 15–16 Uhr" in page.words
    assert "Neu Donnerstag, 3. Dezember 2026, 15:30–16:30" in page.words
    assert "Status angekündigt" in editor.open(FIRST).words
    assert "15–16 Uhr" in editor.open(FIRST).title
    assert f"/console/termine{FIRST}" in page.links
    page = editor.press(page, "Ja, ändern")
    assert CHANGED in page.words
    assert "15:30–16:30 Uhr" in page.title
    page = editor.press(editor.open(FIRST, tun="cancel"), "Termin absagen", reason="Sturm")
    assert "Wirklich absagen?" in page.words
    assert "Grund Sturm" in page.words
    page = editor.press(page, "Ja, absagen")
    assert "Der Termin ist abgesagt." in page.words


def test_a_stale_page_shows_what_holds_beside_what_was_typed(house: House, editor: Visitor) -> None:
    stale = editor.open(FIRST, tun="move")
    other = Visitor(house.agent())
    typed = {"date": "2026-12-03", "from_": "17:00", "to": "18:00"}
    assert CHANGED in other.press(other.open(FIRST, tun="move"), "Ändern", **typed).words
    page = editor.press(stale, "Ändern", date="2026-12-03", from_="09:00", to="10:00")
    assert page.status == 409
    assert "Jemand hat diesen Termin inzwischen geändert." in page.words
    assert "Jetzt gilt Donnerstag, 3. Dezember 2026, 17–18 Uhr" in page.words
    assert "Sie haben eingegeben Donnerstag, 3. Dezember 2026, 09:00–10:00" in page.words
    assert page.attributes["field-from"]["value"] == "09:00"
    assert "17–18 Uhr" in editor.open(FIRST).title
    page = editor.press(page, "Ändern")
    assert CHANGED in page.words
    assert "9–10 Uhr" in page.title


def test_late_and_deputy_are_one_click_each(house: House, editor: Visitor) -> None:
    assert "10 Minuten" not in editor.open(FIRST).words
    house.clock.now = OPENS - timedelta(hours=1)
    editor = Visitor(house.agent("Rita Redaktion", "editor"))
    page = editor.press(editor.open(FIRST), "10 Minuten")
    assert "Die Verspätung ist angekündigt." in page.words
    assert "verspätet, beginnt voraussichtlich um 15:10 Uhr" in page.words
    page = editor.press(page, "Doch pünktlich")
    assert "Der Termin beginnt doch pünktlich." in page.words
    assert "verspätet, beginnt" not in page.words
    page = editor.press(page, "Speichern", name="Karin Vogt")
    assert "Die Vertretung ist gespeichert." in page.words
    assert "Vertretung: Karin Vogt" in page.words
    assert page.attributes["field-name"]["value"] == "Karin Vogt"
    page = editor.press(page, "Speichern", name="")
    assert "Es ist keine Vertretung eingetragen." in page.words


def test_what_is_over_leaves_nothing_to_do(house: House) -> None:
    house.clock.now = OPENS + timedelta(days=1)
    editor = Visitor(house.agent("Rita Redaktion", "editor"))
    house.run(house.office.ticker.tick())
    page = editor.open(FIRST)
    assert "Status beendet" in page.words
    assert "Dieser Termin ist vorbei." in page.words
    assert page.forms == []


def test_a_town_sees_nothing_of_another(house: House, editor: Visitor) -> None:
    stranger = Visitor(house.agent("Fremd", "editor", town="anderswo"))
    assert stranger.open().status == 409
    assert stranger.open(FIRST).status == 409
