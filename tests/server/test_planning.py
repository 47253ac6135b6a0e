"""Planning in a browser without scripts: who may come in, the month, what is added, what the file contradicts."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest

from sessionhours.server import texts_planning_de, texts_planning_en
from tests.fakes import wait_until
from tests.makers import SCHEDULE, TOWN_HALL, Clock
from tests.server.forms import Visitor
from tests.server.house import House

#: Two days before the hour, at ten in the morning.
BEFORE = datetime(2026, 12, 1, 9, 0, tzinfo=UTC)

FIRST = "/buergermeister/2026-12-03T15:00"
PAGES = ("", "/neu", "/serie", "/ausnahme", "/texte", "/texte/vorschau", FIRST)


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    house = House(tmp_path, clock=Clock(BEFORE)).start()
    yield house
    house.stop()


@pytest.fixture
def editor(house: House) -> Visitor:
    return Visitor(house.agent("Rita Redaktion", "editor"))


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """A house that tests leave as it was."""
    house = House(tmp_path_factory.mktemp("house"), clock=Clock(BEFORE)).start()
    yield house
    house.stop()


# -- who may come in -------------------------------------------------------------------------------


@pytest.mark.parametrize("path", PAGES)
def test_who_is_not_logged_in_is_led_to_the_login_and_back(shared: House, path: str) -> None:
    with shared.client() as nobody:
        answer = nobody.get(f"/console/termine{path}")
        assert answer.status_code == 303
        leads = answer.headers["location"]
        assert leads.startswith("/login?next=/console/termine")
        assert nobody.get(leads).status_code == 200
        assert nobody.post(f"/console/termine{path}", data={"do": "move"}).status_code in (303, 405)


@pytest.mark.parametrize("path", PAGES)
@pytest.mark.parametrize(
    ("role", "status"),
    [
        ("editor", 200),
        ("mayor", 200),
        ("admin", 200),
        ("assistant", 403),
        ("specialist", 403),
        ("privacy", 403),
    ],
)
def test_mayor_editor_and_admin_may_plan_and_nobody_else(
    shared: House, path: str, role: str, status: int
) -> None:
    query = {"key": "outside"} if path.startswith("/texte") else {}
    page = Visitor(shared.agent("Jemand", role)).open(path, **query)
    assert page.status == status
    if status == 403:
        assert "Termine planen können nur Bürgermeister, Redaktion und Verwaltung." in page.words


def test_an_assistant_changes_nothing_by_sending_the_form(house: House, editor: Visitor) -> None:
    form = editor.open("/neu").form("Termin anlegen")
    stranger = Visitor(house.agent("Maria Brandt", "assistant"))
    typed = {**form.fields, "date": "2026-12-10", "from": "17:00", "to": "18:00"}
    assert stranger.post(form.action, typed).status_code == 403
    assert "17–18 Uhr" not in editor.open().words


# -- the month -------------------------------------------------------------------------------------


def test_a_month_is_a_table_with_headers_that_begins_on_monday(shared: House) -> None:
    page = Visitor(shared.agent()).open(monat="2026-12")
    heads = re.findall(r'<th scope="col"><abbr title="(\w+)">(\w+)', page.text)
    assert heads[0] == ("Montag", "Mo")
    assert heads[-1] == ("Sonntag", "So")
    assert "Dezember 2026" in page.title
    cell = page.text.partition('<time datetime="2026-12-03">3</time>')[2].partition("</td>")[0]
    said = " ".join(re.sub("<[^>]+>", " ", cell).split())
    assert said == "Do., 3. Dezember: 15–16 Uhr WhatsApp · Nr.\u00a01 angekündigt".replace("\u00a0", " ")
    assert {link for link in page.links if "monat=2026-11" in link}
    assert {link for link in page.links if "monat=2027-01" in link}


def test_a_list_says_the_same_as_the_month(shared: House) -> None:
    page = Visitor(shared.agent()).open(ansicht="liste", monat="2026-12")
    assert "<table" not in page.text
    assert "Do., 3. Dezember 15–16 Uhr WhatsApp · Nr. 1 angekündigt" in page.words.replace("\u00a0", " ")


@pytest.mark.parametrize("asked", ["", "2026", "abc", "2026-13", "0000-01", "9999-12", "2026-1 ", "٢٠٢٦-١٢"])
def test_a_month_that_is_none_is_this_one(shared: House, asked: str) -> None:
    assert "Dezember 2026" in Visitor(shared.agent()).open(monat=asked).title


@pytest.mark.proves("AC-6")
def test_a_holiday_waits_for_a_decision_and_two_buttons_make_it(editor: Visitor) -> None:
    public = editor.guest.house.url
    page = editor.open(monat="2027-05")
    assert "zu entscheiden Christi Himmelfahrt Findet statt" in page.words
    assert "6. Mai 2027" not in httpx.get(public, trust_env=False).text
    page = editor.press(page, "Findet statt")
    assert "Der Termin findet statt und ist angekündigt." in page.words
    assert "zu entscheiden" not in page.words
    assert "Mai 2027" in page.title
    assert "6. Mai 2027" in httpx.get(public, trust_env=False).text


def test_a_holiday_can_be_left_out_too(editor: Visitor) -> None:
    page = editor.press(editor.open(monat="2027-05"), "Fällt aus")
    assert "Der Termin fällt aus." in page.words
    assert "abgesagt Grund: Christi Himmelfahrt" in page.words


def test_without_any_date_the_page_says_what_citizens_are_told(tmp_path: Path) -> None:
    schedule = tmp_path / "schedule.toml"
    schedule.write_text(SCHEDULE.partition("[[line.session]]")[0].format(policy=""), encoding="utf-8")
    house = House(tmp_path, schedule=schedule, clock=Clock(BEFORE)).start()
    try:
        editor = Visitor(house.agent("Rita Redaktion", "editor"))
        page = editor.open()
        assert "Noch kein Termin" in page.words
        assert "Wer jetzt schreibt, bekommt diese Antwort:" in page.words
        assert "Zurzeit ist kein Termin geplant (WhatsApp-Bürgersprechstunde)." in page.words
        assert "/console/termine/neu" in page.links
    finally:
        house.stop()


# -- what is added ---------------------------------------------------------------------------------


@pytest.mark.proves("P18")
def test_a_date_is_added_by_a_form_and_stands_on_the_public_page(editor: Visitor) -> None:
    page = editor.press(
        editor.open("/neu"), "Termin anlegen", date="2026-12-10", from_="17:30", to="18:15", topic="Haushalt"
    )
    assert "Der Termin ist angelegt und angekündigt." in page.words
    assert "Donnerstag, 10. Dezember 2026, 17:30–18:15 Uhr" in page.title
    assert "einzelner Termin, hier angelegt" in page.words
    assert "In der Datei kein Termin an dieser Stelle" in page.words
    public = httpx.get(editor.guest.house.url, trust_env=False).text
    assert "Donnerstag, 10. Dezember 2026, 17:30–18:15 Uhr" in public
    assert "Haushalt" in public


def test_a_form_that_is_sent_twice_does_nothing_twice(editor: Visitor) -> None:
    page = editor.open("/neu")
    typed = {"date": "2026-12-10", "from_": "17:00", "to": "18:00"}
    first = editor.press(page, "Termin anlegen", **typed)
    again = editor.press(page, "Termin anlegen", **typed)
    assert (first.status, again.status) == (200, 200)
    assert first.title == again.title
    table = editor.open(monat="2026-12").text.partition("<table")[2].partition("</table>")[0]
    assert table.count("17–18 Uhr") == 1
    other = editor.press(page, "Termin anlegen", **{**typed, "date": "2026-12-11"})
    assert other.status == 400
    assert "Dieses Formular wurde schon einmal abgeschickt." in other.words


def test_what_is_missing_is_said_at_the_top_and_at_the_field_and_what_was_typed_stays(
    editor: Visitor,
) -> None:
    page = editor.press(editor.open("/neu"), "Termin anlegen", topic="Kita & Schule", from_="15:00")
    assert page.status == 400
    assert page.title.startswith("Fehler: Neuer Termin")
    assert (
        "Bitte prüfen Sie Ihre Angaben Bitte geben Sie ein Datum an. Bitte geben Sie das Ende an."
        in page.words
    )
    assert {"#field-date", "#field-to"} <= set(page.links)
    summary = page.attributes["problem"]
    assert "autofocus" in summary
    assert summary["tabindex"] == "-1"
    assert page.attributes["field-date"]["aria-invalid"] == "true"
    assert str(page.attributes["field-date"]["aria-describedby"]).split() == ["wrong-date"]
    assert page.attributes["field-topic"]["value"] == "Kita & Schule"
    assert page.attributes["field-from"]["value"] == "15:00"


@pytest.mark.parametrize(
    ("typed", "field", "sentence"),
    [
        ({"date": "2026-12-03", "from_": "15:30", "to": "16:30"}, "from", "Beginn: überschneidet sich mit"),
        ({"date": "2026-11-03", "from_": "15:30", "to": "16:30"}, "date", "Dieser Tag ist schon vorbei."),
        ({"date": "2026-12-10", "from_": "15:30", "to": "15:30"}, "to", "Beginn und Ende sind gleich."),
        ({"date": "2026-12-10", "from_": "18:00", "to": "15:30"}, "to", "Das Ende liegt vor dem Anfang."),
        ({"date": "2026-12-40", "from_": "15:30", "to": "16:30"}, "date", "Dieses Datum gibt es nicht."),
        ({"date": "2026-12-10", "from_": "25:00", "to": "16:30"}, "from", "Diese Uhrzeit gibt es nicht."),
        ({"date": "2027-03-28", "from_": "02:30", "to": "04:00"}, "from", "02:30 Uhr gibt es am"),
        (
            {"date": "2026-12-10", "from_": "15:30", "to": "16:30", "topic": "x" * 101},
            "topic",
            "Thema: höchstens 100 Zeichen.",
        ),
    ],
)
def test_each_refusal_stands_at_its_field(
    shared: House, typed: dict[str, str], field: str, sentence: str
) -> None:
    editor = Visitor(shared.agent())
    page = editor.press(editor.open("/neu"), "Termin anlegen", **typed)
    assert page.status == 400
    assert sentence in page.words
    assert f"#field-{field}" in page.links
    assert f"wrong-{field}" in page.ids
    assert page.attributes["field-date"]["value"] == typed["date"]


@pytest.mark.proves("P18")
def test_a_series_is_added_in_words_and_ended(editor: Visitor) -> None:
    typed = {
        "every": "jeden Mittwoch",
        "from_": "10:00",
        "to": "11:00",
        "kind": "in_person",
        "starting": "2026-12-09",
    }
    page = editor.press(editor.open("/serie"), "Serie anlegen", **typed)
    assert "Die Serie ist angelegt." in page.words
    assert "Dezember 2026" in page.title
    table = page.text.partition("<table")[2].partition("</table>")[0]
    assert table.count("10–11 Uhr") == 4
    assert table.count("Präsenz") == 4
    date = editor.open("/buergermeister/2026-12-16T10:00")
    assert "Serie, hier angelegt: jeden Mittwoch" in date.words
    page = editor.press(page, "Serie beenden", until="2026-12-16")
    assert "Die Serie endet mit dem angegebenen Tag." in page.words
    table = page.text.partition("<table")[2].partition("</table>")[0]
    assert table.count("10–11 Uhr") == 2
    page = editor.press(page, "Serie beenden")
    assert "Die Serie ist beendet." in page.words


@pytest.mark.parametrize(
    ("until", "sentence"),
    [
        ("2026-11-01", "Dieser Tag ist schon vorbei."),
        ("16.12.2026", "Bitte schreiben Sie das Datum so: 2026-12-03."),
    ],
)
def test_a_series_whose_end_is_refused_shows_the_sentence_and_what_was_typed(
    editor: Visitor, until: str, sentence: str
) -> None:
    for every in ("jeden Mittwoch", "jeden Freitag"):
        editor.press(editor.open("/serie"), "Serie anlegen", every=every, from_="10:00", to="11:00")
    page = editor.press(editor.open(), "Serie beenden", until=until)
    assert page.status == 400
    assert page.words.count(sentence) == 2
    assert "#field-until" in page.links
    assert page.text.count("<details open>") == 1
    assert page.attributes["field-until"]["value"] == until
    assert str(page.attributes["field-until"]["aria-describedby"]).split() == ["hint-until", "wrong-until"]


@pytest.mark.parametrize("every", ["immer mal wieder", "jeden 13.", "x" * 90])
def test_a_series_that_cannot_be_understood_is_answered_by_examples(shared: House, every: str) -> None:
    editor = Visitor(shared.agent())
    page = editor.press(editor.open("/serie"), "Serie anlegen", every=every, from_="10:00", to="11:00")
    assert page.status == 400
    assert "wrong-every" in page.ids
    assert page.attributes["field-every"]["value"] == every


def test_every_other_week_needs_a_first_date_and_says_so_at_its_field(shared: House) -> None:
    editor = Visitor(shared.agent())
    typed = {"every": "alle 2 Wochen am Montag", "from_": "10:00", "to": "11:00"}
    page = editor.press(editor.open("/serie"), "Serie anlegen", **typed)
    assert page.status == 400
    assert "wrong-starting" in page.ids
    assert "starting" not in page.words


def test_a_day_can_be_closed_and_opened_again(tmp_path: Path) -> None:
    schedule = tmp_path / "schedule.toml"
    schedule.write_text(SCHEDULE.format(policy="") + TOWN_HALL, encoding="utf-8")
    house = House(tmp_path, schedule=schedule, clock=Clock(BEFORE)).start()
    try:
        editor = Visitor(house.agent("Rita Redaktion", "editor"))
        page = editor.open("/ausnahme")
        page = editor.press(page, "Ausnahme anlegen", date="2026-12-23", reason="Betriebsversammlung")
        assert "Die Ausnahme ist angelegt." in page.words
        assert "Mi., 23. Dezember , geschlossen Betriebsversammlung" in page.words
        cell = page.text.partition('<time datetime="2026-12-23">')[2].partition("</td>")[0]
        assert "geschlossen" in cell
        assert "Betriebsversammlung" in cell
        page = editor.press(editor.open("/ausnahme"), "Ausnahme anlegen", date="2026-12-22", open="other")
        assert page.status == 400
        assert {"wrong-from", "wrong-to"} <= set(page.ids)
        page = editor.press(page, "Ausnahme anlegen", from_="08:00", to="10:00")
        assert "Di., 22. Dezember , 08:00–10:00" in page.words
        page = editor.press(page, "Ausnahme entfernen (Mi., 23. Dezember)")
        assert "Die Ausnahme ist entfernt." in page.words
        page = editor.open(monat="2026-12")
        assert (
            "Öffnungszeiten" in page.text.partition('<time datetime="2026-12-23">')[2].partition("</td>")[0]
        )
    finally:
        house.stop()


# -- what the file contradicts ---------------------------------------------------------------------


def test_a_contradiction_shows_both_sides_and_is_settled_either_way(house: House, editor: Visitor) -> None:
    moved(editor, "2026-12-03", "17:00", "18:00")
    rewrite(house, 'from = "15:00"\nto = "16:00"', 'from = "09:00"\nto = "10:00"')
    wait_until(lambda: "Datei und Planung widersprechen sich" in editor.open().words)
    page = editor.open()
    assert (
        "Angekündigt ist WhatsApp-Bürgersprechstunde: Donnerstag, 3. Dezember 2026, 17–18 Uhr" in page.words
    )
    assert "In der Datei steht Donnerstag, 3. Dezember 2026, 9–10 Uhr" in page.words
    page = editor.press(page, "Unsere Fassung behalten")
    assert "Ihre Fassung bleibt." in page.words
    assert "Datei und Planung widersprechen sich" not in page.words
    rewrite(house, 'from = "09:00"\nto = "10:00"', 'from = "11:00"\nto = "12:00"')
    wait_until(lambda: "Datei und Planung widersprechen sich" in editor.open().words)
    page = editor.press(editor.open(), "Wie in der Datei")
    assert "Es gilt, was in der Datei steht." in page.words
    assert "11–12 Uhr" in page.words


def rewrite(house: House, old: str, new: str) -> None:
    text = house.schedule.read_text(encoding="utf-8")
    assert old in text
    house.schedule.write_text(text.replace(old, new), encoding="utf-8")


def moved(editor: Visitor, date: str, from_: str, to: str) -> None:
    page = editor.press(editor.open(FIRST, tun="move"), "Ändern", date=date, from_=from_, to=to)
    assert "Der Termin ist geändert." in page.words


# -- words -----------------------------------------------------------------------------------------


def test_both_languages_say_the_same() -> None:
    german, english = texts_planning_de.TEXTS, texts_planning_en.TEXTS
    assert set(german) == set(english)
    for key, text in german.items():
        assert set(re.findall(r"\{\w+\}", text)) == set(re.findall(r"\{\w+\}", english[key])), key


def own(words: str) -> str:
    """Without what the town itself wrote."""
    said = words.replace("WhatsApp-Bürgersprechstunde", "")
    return said if "Guten Tag!" not in said else re.sub(r"Guten Tag!.*?Im Notfall: 112", "", said)


@pytest.mark.parametrize("path", [one for one in PAGES if "vorschau" not in one])
def test_every_page_speaks_english_to_those_who_do(shared: House, path: str) -> None:
    page = Visitor(shared.agent(), "en-GB").open(path)
    assert '<html lang="en">' in page.text
    for german in ("Termin ", "Sprechstunde ", "Speichern", "Abbrechen", "Datum", "angekündigt"):
        assert german not in own(page.words), german
    kept = Visitor(shared.agent()).open(path, lang="en")
    assert '<html lang="en">' in kept.text
    here = [link for link in kept.links if link.startswith("/console/termine")]
    assert [link for link in here if "lang=en" not in link] == []
