"""What is planned badly is refused in a sentence at the field, and nothing of it is done (bad input)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.desk.office import Desk
from tests.desk.planner import JANUARY, LINE, MONDAY, done, refused
from tests.makers import Clock

LONG = "x" * 5000


@pytest.fixture
def desk(new_desk: Callable[..., Desk]) -> Desk:
    """Monday, 30 November 2026, 15 o'clock; hours on 3 December, 7 January, …"""
    return new_desk("", Clock(MONDAY))


SPANS: list[tuple[dict[str, str], str]] = [
    ({"date": "2026-11-29"}, "date: Dieser Tag ist schon vorbei."),
    ({"date": "2062-12-10"}, "date: Mehr als fünf Jahre voraus wird nicht geplant."),
    ({"date": "9999-12-31"}, "date: Mehr als fünf Jahre voraus wird nicht geplant."),
    ({"date": "2027-02-29"}, "date: Diesen Tag gibt es nicht."),
    ({"date": "10.12.2026"}, "date: Bitte als JJJJ-MM-TT angeben."),
    ({"date": "20261210"}, "date: Bitte als JJJJ-MM-TT angeben."),
    ({"date": ""}, "date: Bitte als JJJJ-MM-TT angeben."),
    ({"date": "2026-11-30", "from": "14:59"}, "from: Diese Uhrzeit ist schon vorbei."),
    ({"date": "2026-11-30", "from": "15:00"}, "from: Diese Uhrzeit ist schon vorbei."),
    ({"from": "drei"}, "from: Bitte als HH:MM angeben."),
    ({"from": "24:00"}, "from: Bitte als HH:MM angeben."),
    ({"from": "15:60"}, "from: Bitte als HH:MM angeben."),
    ({"to": "24:01"}, "to: Bitte als HH:MM angeben."),
    ({"to": ""}, "to: Bitte als HH:MM angeben."),
    ({"from": "16:00", "to": "16:00"}, "to: Anfang und Ende sind gleich."),
    ({"from": "16:00", "to": "15:00"}, "to: Das Ende liegt vor dem Anfang."),
    (
        {"date": "2027-03-28", "from": "02:30", "to": "04:00"},
        "from: 02:30 Uhr gibt es am Sonntag, 28. März 2027 nicht, die Uhr wird da umgestellt.",
    ),
    (
        {"date": "2027-03-27", "from": "23:00", "to": "02:30"},
        "to: 02:30 Uhr gibt es am Sonntag, 28. März 2027 nicht, die Uhr wird da umgestellt.",
    ),
    (
        {"date": "2027-10-31", "from": "01:00", "to": "02:30"},
        "to: 02:30 Uhr gibt es am Sonntag, 31. Oktober 2027 zweimal, die Uhr wird da umgestellt.",
    ),
    ({"date": "2027-10-31", "from": "00:00", "to": "24:00"}, "to: Länger als 24 Stunden geht es nicht."),
    (
        {"date": "2026-12-03", "from": "15:30"},
        "from: überschneidet sich mit der Sprechstunde am Donnerstag, 3. Dezember 2026, 15–16 Uhr.",
    ),
    (
        {"date": "2027-05-06", "from": "15:59"},
        "from: überschneidet sich mit der Sprechstunde am Donnerstag, 6. Mai 2027, 15–16 Uhr "
        "(wartet auf eine Entscheidung: Christi Himmelfahrt).",
    ),
]


@pytest.mark.parametrize(("fields", "sentence"), SPANS, ids=[str(fields) for fields, _ in SPANS])
def test_a_bad_time_is_named_whoever_asks_for_it(desk: Desk, fields: dict[str, str], sentence: str) -> None:
    wish = {"date": "2026-12-10", "from": "15:00", "to": "17:00", **fields}
    for name, data in (
        ("session.add", {"line": LINE}),
        ("session.move", {"session": JANUARY}),
        ("session.cancel", {"session": JANUARY, "reason": "Krank"}),
    ):
        if name == "session.cancel" and not all(wish.values()):
            continue  # an empty field of a replacement is one that is missing
        error = refused(desk, name, **data, **wish)
        assert error["message"] == sentence, name
        assert error["code"] == ("overlap" if "überschneidet" in sentence else "bad_data")


FIELDS: list[tuple[str, dict[str, Any], str]] = [
    ("session.add", {"kind": "hours"}, "kind: einer von whatsapp, in_person"),
    ("session.add", {"title": LONG}, "title: höchstens 100 Zeichen."),
    ("session.add", {"topic": LONG}, "topic: höchstens 100 Zeichen."),
    (
        "session.cancel",
        {"reason": " \n "},
        "reason: Bitte einen Grund angeben; ihn lesen die, die kommen wollten.",
    ),
    ("session.cancel", {"reason": LONG}, "reason: höchstens 500 Zeichen."),
    ("session.confirm", {"date": "2026-12-03"}, "date: An diesem Tag wartet nichts auf eine Entscheidung."),
    ("session.confirm", {"date": "2026-05-14"}, "date: Dieser Tag ist schon vorbei."),
    ("session.publish", {"date": "gestern"}, "date: Bitte als JJJJ-MM-TT angeben."),
    ("session.keep", {}, "Hier widerspricht die Datei der Planung nicht (mehr)."),
    ("session.restore", {}, "Hier gibt es nichts zurückzunehmen: Das steht so in der Datei."),
    ("series.add", {"every": "dienstig"}, "every: „dienstig“ ist nicht verständlich."),
    ("series.add", {"every": ""}, "every: „“ nennt keinen Wochentag."),
    ("series.add", {"every": "every second thursday"}, "every: „every second thursday“ ist zweideutig: "),
    ("series.add", {"every": "alle 2 Wochen am Dienstag"}, "every: alle 2 Wochen braucht starting = DATUM"),
    ("series.add", {"every": LONG}, "every: höchstens 100 Zeichen."),
    ("series.add", {"from": "10:00", "to": "10:00"}, "to: Anfang und Ende sind gleich."),
    ("series.add", {"from": "10:00", "to": "9:00"}, "to: Das Ende liegt vor dem Anfang."),
    ("series.add", {"starting": "2026-11-01"}, "starting: Dieser Tag ist schon vorbei."),
    (
        "series.add",
        {"every": "monday", "starting": "2026-11-30"},
        "starting: Heute ist diese Uhrzeit schon vorbei",
    ),
    ("series.add", {"until": "2026-11-29"}, "until: Dieser Tag ist schon vorbei."),
    ("series.add", {"until": "2026-11-30"}, "until: Das Ende liegt vor dem Beginn."),
    (
        "series.add",
        {"starting": "2027-03-01", "until": "2027-02-01"},
        "until: Das Ende liegt vor dem Beginn.",
    ),
    (
        "series.add",
        {"starting": "2026-12-02", "until": "2026-12-07"},
        "every: In dieser Zeit fällt kein Tag darauf.",
    ),
    ("series.add", {"kind": "hours"}, "kind: einer von whatsapp, in_person"),
    ("series.add", {"topic": LONG}, "topic: höchstens 100 Zeichen."),
    (
        "series.add",
        {"every": "first thursday", "from": "15:59", "to": "17:00"},
        "from: überschneidet sich mit der Sprechstunde am Donnerstag, 3. Dezember 2026, 15–16 Uhr.",
    ),
    (
        "series.add",
        {"every": "thursday", "from": "15:59", "to": "17:00", "starting": "2026-12-10"},
        "from: überschneidet sich mit der Sprechstunde am Donnerstag, 7. Januar 2027, 15–16 Uhr.",
    ),
    (
        "series.add",
        {"every": "wednesday", "from": "22:00", "to": "9:30"},
        "from: überschneidet sich mit der Sprechstunde am Donnerstag, 10. Dezember 2026, 9–10 Uhr.",
    ),
    (
        "exception.add",
        {"date": "2026-12-01"},
        "date: An diesem Tag ist nichts geplant, was sich ändern würde",
    ),
    ("exception.add", {"date": "2026-11-05"}, "date: Dieser Tag ist schon vorbei."),
    ("exception.add", {"from": "10:00"}, "to: Beide Uhrzeiten angeben, oder keine: dann ist geschlossen."),
    ("exception.add", {"to": "10:00"}, "from: Beide Uhrzeiten angeben, oder keine: dann ist geschlossen."),
    ("exception.add", {"from": "10:00", "to": "10:00"}, "to: Anfang und Ende sind gleich."),
    (
        "exception.add",
        {"from": "15:00", "to": "16:00"},
        "date: An diesem Tag ist nichts geplant, was sich ändern",
    ),
    ("exception.add", {"reason": LONG}, "reason: höchstens 200 Zeichen."),
    ("exception.add", {"date": "2026-12-10"}, "date: An diesem Tag steht ein einzelner Termin um 09:00 Uhr"),
    ("texts", {"key": "hello"}, "key: einer von outside, "),
    (
        "texts",
        {"text": "Hallo {wer}, {was}!"},
        "text: Unbekannt: {wer} {was}. Möglich sind: {alternatives} {date} ",
    ),
    ("texts", {"text": "Hallo }"}, "text: Unbekannt: }."),
    ("texts", {"text": LONG}, "text: höchstens 4000 Zeichen, das sind 5000."),
]


@pytest.mark.parametrize(
    ("name", "fields", "sentence"), FIELDS, ids=[f"{n} {str(f)[:50]}" for n, f, _ in FIELDS]
)
def test_a_bad_field_is_named(desk: Desk, name: str, fields: dict[str, Any], sentence: str) -> None:
    done(desk, "session.add", line=LINE, date="2026-12-10", from_="9:00", to="10:00")
    good: dict[str, dict[str, Any]] = {
        "session.add": {"line": LINE, "date": "2026-12-11", "from": "9:00", "to": "10:00"},
        "session.cancel": {"session": JANUARY, "reason": "Krank"},
        "session.confirm": {"line": LINE, "date": "2027-05-06"},
        "session.publish": {"session": JANUARY, "channel": "presse", "date": None},
        "session.keep": {"session": JANUARY},
        "session.restore": {"session": JANUARY},
        "series.add": {"line": LINE, "every": "tuesday", "from": "9:00", "to": "10:00"},
        "exception.add": {"line": LINE, "date": "2027-01-07"},
        "texts": {"line": LINE, "key": "greeting", "text": "Willkommen!"},
    }
    error = refused(desk, name, **{**good[name], **fields})
    assert error["message"].startswith(sentence), error


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("session.add", {"line": "nirgends", "date": "2026-12-11", "from": "9:00", "to": "10:00"}),
        ("session.move", {"session": "0" * 32, "date": "2026-12-11", "from": "9:00", "to": "10:00"}),
        (
            "session.move",
            {"session": f"{LINE}/2026-12-04T15:00", "date": "2026-12-11", "from": "9:00", "to": "9:30"},
        ),
        ("session.cancel", {"session": "nirgends/2026-12-03T15:00", "reason": "x"}),
        ("session.cancel", {"session": f"{LINE}/", "reason": "x"}),
        ("session.restore", {"session": ""}),
        ("session.keep", {"session": "/"}),
        ("session.publish", {"session": f"{LINE}/2026-13-41T99:99", "channel": "presse", "date": None}),
        ("series.end", {"series": "0" * 32}),
        ("exception.remove", {"exception": "0" * 32}),
        ("texts", {"line": "nirgends", "key": "greeting", "text": ""}),
    ],
)
def test_what_is_not_there_is_not_found(desk: Desk, name: str, data: dict[str, Any]) -> None:
    assert refused(desk, name, **data)["code"] == "not_found"


def test_opening_hours_are_no_session(new_desk: Callable[..., Desk]) -> None:
    desk = new_desk('[[line.hours]]\ndays = "mon-fri"\nfrom = "08:00"\nto = "12:00"', Clock(MONDAY))
    error = refused(
        desk, "session.move", session=f"{LINE}/2026-12-01T08:00", date="2026-12-01", from_="9:00", to="12:00"
    )
    assert (error["code"], "Ausnahme" in error["message"]) == ("not_possible", True)
