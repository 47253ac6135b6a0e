"""The editor of the automatic texts, without scripts: read, tried at any moment, checked, saved, taken back."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from sessionhours.core.texts import KEYS, PLACEHOLDERS
from sessionhours.server.planning_texts import GROUPS
from tests.fakes import wait_until
from tests.makers import OPENS, SCHEDULE, Clock
from tests.server.forms import Page, Visitor
from tests.server.house import House
from tests.server.test_planning import BEFORE


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    house = House(tmp_path, clock=Clock(BEFORE)).start()
    yield house
    house.stop()


@pytest.fixture
def editor(house: House) -> Visitor:
    return Visitor(house.agent("Rita Redaktion", "editor"))


def bubble(page: Page) -> str:
    return page.text.partition('id="bubble"')[2].partition(">")[2].partition("<")[0]


def asked(editor: Visitor, **query: str) -> dict[str, Any]:
    return dict(editor.get("/console/termine/texte/vorschau", **query).json())


def test_every_text_has_its_place_and_says_what_it_is_for(editor: Visitor) -> None:
    assert sorted(key for _, keys in GROUPS for key in keys) == sorted(KEYS)
    page = editor.open("/texte")
    for key in KEYS:
        assert f"/console/termine/texte?line=buergermeister&amp;key={key}" in page.text
    assert "Antwort an alle, die schreiben, wenn niemand mitliest." in page.words
    for name in PLACEHOLDERS:
        assert f"{{{name}}}" in page.words


def test_a_text_is_saved_said_and_taken_back(house: House, editor: Visitor) -> None:
    page = editor.press(
        editor.open("/texte"), "Speichern", text="Wir sind am {next_session} da. Notfall: 112"
    )
    assert "Der Text ist gespeichert und gilt ab sofort." in page.words
    assert "eigener Text" in page.words
    house.says(1, "Hallo")
    wait_until(lambda: bool(house.graph.texts()))
    assert house.graph.texts() == ["Wir sind am Donnerstag, 3. Dezember 2026, 15–16 Uhr da. Notfall: 112"]
    page = editor.press(page, "Zurück zum Standard", text="Noch nicht gespeichert")
    assert page.status == 409
    assert "Wirklich zurück zum Standard?" in page.words
    assert "Bisher Wir sind am {next_session} da. Notfall: 112" in page.words
    assert "Noch nicht gespeichert" in bubble(editor.press(page, "Nein, so lassen"))
    assert "eigener Text" in editor.open("/texte").words
    page = editor.press(page, "Ja, zurück zum Standard")
    assert "Es gilt wieder der Standard." in page.words
    assert "Hier liest gerade niemand mit" in page.words


def test_enter_in_a_field_changes_nothing(editor: Visitor) -> None:
    page = editor.press(editor.open("/texte"), "Speichern", text="Eigener Text. 112")
    first = next(iter(page.form("Speichern").buttons.values()))
    assert first == ("do", "preview"), "what Enter presses"


@pytest.mark.parametrize("do", ["", "nix"])
def test_what_no_button_asks_for_takes_nothing_back(editor: Visitor, do: str) -> None:
    form = editor.press(editor.open("/texte"), "Speichern", text="Eigener Text. 112").form("Speichern")
    page = Page(editor.post(form.action, {**form.fields, "text": "Getippt", "do": do}))
    assert page.status == 400
    assert "Es ist nichts gespeichert. Bitte drücken Sie auf „Speichern“." in page.words
    assert page.form("Speichern").fields["text"] == "Getippt"
    assert bubble(editor.open("/texte")) == "Eigener Text. 112"


def test_a_text_that_the_file_has_goes_back_to_it(tmp_path: Path) -> None:
    schedule = tmp_path / "schedule.toml"
    text = SCHEDULE.format(policy="") + '\n[line.texts]\noutside = """\nAus der Datei.\n\n112\n"""\n'
    schedule.write_text(text, encoding="utf-8")
    house = House(tmp_path, schedule=schedule, clock=Clock(BEFORE)).start()
    try:
        editor = Visitor(house.agent("Rita Redaktion", "editor"))
        page = editor.press(editor.open("/texte"), "Speichern", text="Eigener Text. 112")
        assert "Der Text ist gespeichert" in page.words
        page = editor.press(page, "Zurück zum Text der Datei")
        page = editor.press(page, "Ja, zurück zum Text der Datei")
        assert "Es gilt wieder der Text aus der Datei." in page.words
        assert bubble(page) == "Aus der Datei.\n\n112"
    finally:
        house.stop()


def test_of_two_who_write_one_text_the_second_is_shown_what_the_first_wrote(
    house: House, editor: Visitor
) -> None:
    other = Visitor(house.agent("Max Muster", "editor"))
    late, back = other.open("/texte"), "Zurück zum Standard"
    page = editor.press(editor.open("/texte"), "Speichern", text="Von Rita.\r\n\r\n112")
    late = other.press(late, "Vorschau zeigen", text="Von Max. 112")
    late = other.press(late, "Speichern")
    assert late.status == 409
    assert "Jemand hat diesen Text inzwischen geändert." in late.words
    assert "Jetzt gilt Von Rita. 112" in late.words
    assert late.form("Speichern").fields["text"] == "Von Max. 112"
    assert bubble(editor.open("/texte")) == "Von Rita.\n\n112"
    assert "Der Text ist gespeichert" in other.press(late, "Speichern").words
    page = editor.press(editor.press(page, back), "Ja, zurück")
    assert "Jetzt gilt Von Max. 112" in page.words
    page = editor.press(editor.press(page, back), "Ja, zurück")
    assert "Es gilt wieder der Standard." in page.words


def test_the_german_and_the_english_text_are_two(editor: Visitor) -> None:
    page = editor.open("/texte", key="outside_en")
    assert "Hello! Nobody is reading here right now" in bubble(page)
    assert "Thursday, 3 December 2026, 3–4 pm" in bubble(page)
    page = editor.press(page, "Speichern", text="Come on {next_session}. Emergency: 112")
    assert "Come on Thursday, 3 December 2026, 3–4 pm. Emergency: 112" in page.words
    assert "Hier liest gerade niemand mit" in bubble(editor.open("/texte"))


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("Wir sind am {datun} da.", "Diesen Platzhalter gibt es nicht: {datun}"),
        ("Eine { Klammer", "Diesen Platzhalter gibt es nicht: {"),
        ("ä" * 1025, "Der Text ist zu lang: 1025 von höchstens 1024 Zeichen."),
        ("   ", "Bitte schreiben Sie einen Text"),
    ],
)
def test_what_cannot_be_said_is_not_saved_and_stays_in_the_field(
    editor: Visitor, text: str, sentence: str
) -> None:
    page = editor.press(editor.open("/texte"), "Speichern", text=text)
    assert page.status == 400
    assert page.title.startswith("Fehler")
    assert sentence in page.words
    assert "#field-text" in page.links
    assert page.form("Speichern").fields["text"].strip() == text.strip()
    assert "Standard" in editor.open("/texte").words


@pytest.mark.parametrize(
    ("key", "state", "said"),
    [
        (
            "outside",
            "now",
            "Nächster Termin (WhatsApp-Bürgersprechstunde): Donnerstag, 3. Dezember 2026, 15–16 Uhr.",
        ),
        ("outside", "ended", "Donnerstag, 7. Januar 2027, 15–16 Uhr."),
        ("outside", "cancelled", "Donnerstag, 7. Januar 2027, 15–16 Uhr."),
        ("outside", "none", "Zurzeit ist kein Termin geplant (WhatsApp-Bürgersprechstunde)."),
        ("lobby", "lobby", "Es geht gleich los: Donnerstag, 3. Dezember 2026, 15–16 Uhr."),
        ("greeting", "open", "Bis 16 Uhr antwortet Ihnen hier: Bürgermeister."),
        ("last_call", "last_call", "Noch 10 min, um 16 Uhr ist Schluss."),
        ("cancelled", "cancelled", "Der Grund: Krankheit. Nächster Termin: Donnerstag, 7. Januar 2027"),
        ("late", "announced", "Los geht es voraussichtlich um 15:10 Uhr."),
    ],
)
def test_a_text_can_be_tried_in_every_state(editor: Visitor, key: str, state: str, said: str) -> None:
    page = editor.press(editor.open("/texte", key=key), "Vorschau zeigen", moment=state)
    assert said in bubble(page)
    text = page.form("Speichern").fields["text"]
    assert asked(editor, line="buergermeister", key=key, text=text, state=state)["text"] == bubble(page)


def test_a_text_can_be_tried_at_any_time(editor: Visitor) -> None:
    found = asked(editor, key="outside", text="{next_session}", state="at", at="2027-03-01T12:00")
    assert found["text"] == "Donnerstag, 4. März 2027, 15–16 Uhr"
    assert found["at"] == "Stand: Mo., 1. März, 12:00 Uhr"
    for nonsense in ("", "gestern", "99999-01-01T00:00"):
        assert asked(editor, key="outside", text="{next_session}", state="at", at=nonsense)["text"]


def test_the_preview_changes_nothing(editor: Visitor) -> None:
    page = editor.press(editor.open("/texte"), "Vorschau zeigen", text="Nur ein Versuch, {next_session}")
    assert bubble(page) == "Nur ein Versuch, Donnerstag, 3. Dezember 2026, 15–16 Uhr"
    assert "Standard" in editor.open("/texte").words
    assert "Nur ein Versuch" not in editor.open("/texte").text


def test_what_the_preview_leaves_out_or_misses_is_said(editor: Visitor) -> None:
    found = asked(editor, key="outside", text="Bis {ends}. Am {next_session}. {nix}")
    assert "Weggelassen, weil es jetzt für nichts steht: {ends}" in found["notes"]
    assert "Der Notruf fehlt: 112" in found["notes"]
    assert found["problem"] == "Diesen Platzhalter gibt es nicht: {nix}"
    assert found["values"]["title"] == "WhatsApp-Bürgersprechstunde"
    assert found["values"]["ends"] == "jetzt nichts"
    found = asked(editor, key="last_call", text="Bis {ends}")
    assert found["notes"] == ["Zu dieser Zeit geht stattdessen dieser Text hinaus: Standard."]


def test_markup_in_a_text_is_shown_as_it_was_written(editor: Visitor) -> None:
    page = editor.press(editor.open("/texte"), "Vorschau zeigen", text="<script>alert(1)</script> & 112")
    assert "<script>alert" not in page.text
    assert bubble(page) == "&lt;script&gt;alert(1)&lt;/script&gt; &amp; 112"


@pytest.mark.parametrize("query", [{"key": "nix"}, {"line": "nix"}, {"key": "outside_en_en"}])
def test_what_is_no_text_is_not_found(editor: Visitor, query: dict[str, str]) -> None:
    assert editor.open("/texte", **query).status == 404


def test_while_an_hour_runs_now_means_now(house: House) -> None:
    house.clock.now = OPENS + timedelta(minutes=18)
    editor = Visitor(house.agent("Rita Redaktion", "editor"))
    assert (
        asked(editor, key="last_call", text="Noch {minutes_left} min bis {ends}")["text"]
        == "Noch 42 min bis 16 Uhr"
    )
