"""What the closing ritual asks for: who lacks an outcome, and the words that each outcome would send (surfaces §5)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from tests.makers import OPENS
from tests.server.house import Guest, House
from tests.server.test_api import is_an_error


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    """A house in its hour, where two people wait."""
    house = House(tmp_path, policy="approval = false").start()
    house.clock.now = OPENS + timedelta(minutes=5)
    house.says(1, "Erste Frage")
    house.clock.forward(minutes=1)
    house.says(2, "Zweite Frage")
    yield house
    house.stop()


def path(guest: Guest) -> str:
    """The running session's."""
    return f"/api/sessions/{guest.snapshot()['session']['id']}/closing"


def test_it_lists_who_lacks_an_outcome_and_what_would_be_said(house: House) -> None:
    mayor = house.agent()
    found = mayor.get(path(mayor)).json()
    assert [(one["name"], one["reachable"]) for one in found["people"]] == [
        ("Anna Müller 1", True),
        ("Anna Müller 2", True),
    ]
    assert found["people"][0]["waiting_since"] == "2026-12-03T14:05:00.000Z"
    assert found["people"][0]["window_closes_at"] == "2026-12-04T14:04:30.000Z"
    assert found["texts"] == {
        "promised": "Das klären wir und melden uns bei Ihnen. Sie hören von uns bis {date}.",
        "carried_over": "Dafür hat die Zeit heute nicht gereicht. Ihr Anliegen kommt zuerst dran. "
        "Nächster Termin: Donnerstag, 7. Januar 2027, 15–16 Uhr.",
        "handed_over": "Ihr Anliegen haben wir an die zuständige Stelle im Haus weitergegeben. "
        "Zuständig ist: {department}.",
        "declined": "Dabei können wir Ihnen hier leider nicht helfen. Der Grund: {reason}. "
        "Andere Wege: Telefon 07842 80221.",
    }


def test_what_is_previewed_is_what_is_sent(house: House) -> None:
    mayor = house.agent()
    found = mayor.get(path(mayor)).json()
    person = found["people"][0]["conversation"]
    settled = mayor.command(
        "resolve", conversation=person, outcome="handed_over", department="Bauamt, Frau Öz"
    )
    said = found["texts"]["handed_over"].replace("{department}", "Bauamt, Frau Öz")
    assert settled.json()["data"]["message"]["text"] == said
    shape = settled.json()["data"]["conversation"]
    assert (shape["lane"], shape["outcome"], shape["outcome_detail"]) == (
        "follow_up",
        "handed_over",
        "Bauamt, Frau Öz",
    )
    assert [one["conversation"] for one in mayor.get(path(mayor)).json()["people"]] != [person]


def test_after_the_window_nobody_is_reachable(house: House) -> None:
    mayor = house.agent()
    asked = path(mayor)
    house.clock.now = OPENS + timedelta(hours=24, minutes=5)
    later = house.agent()
    assert [one["reachable"] for one in later.get(asked).json()["people"]] == [False, True]


def test_one_person_is_asked_for_by_whoever_may_resolve(house: House) -> None:
    mayor, specialist = house.agent(), house.agent("Ina Fach", "specialist")
    one = mayor.get(path(mayor)).json()["people"][0]["conversation"]
    asked = f"/api/conversations/{one}/closing"
    found = mayor.get(asked).json()
    assert [person["conversation"] for person in found["people"]] == [one]
    assert set(found["texts"]) == {"promised", "carried_over", "handed_over", "declined"}
    is_an_error(specialist.get(asked), 404, "not_found")
    assert mayor.command("assign", conversation=one, agent=specialist.id).status_code == 200
    is_an_error(specialist.get(asked), 403, "forbidden")


def test_rights_are_those_of_settling(tmp_path: Path) -> None:
    house = House(tmp_path, policy="approval = true").start()
    house.clock.now = OPENS + timedelta(minutes=5)
    house.says(1, "Frage")
    mayor, assistant = house.agent(), house.agent("Maria Brandt", "assistant")
    editor = house.agent("Eda Tor", "editor")
    asked = path(mayor)
    one = mayor.conversation()["id"]
    assert mayor.get(asked).status_code == 200
    is_an_error(assistant.get(asked), 403, "forbidden")
    assert assistant.get(f"/api/conversations/{one}/closing").status_code == 200
    is_an_error(editor.get(asked), 403, "forbidden")
    is_an_error(editor.get(f"/api/conversations/{one}/closing"), 404, "not_found")
    for unknown in ("/api/sessions/nobody/closing", "/api/sessions/%00/closing"):
        is_an_error(mayor.get(unknown), 404, "not_found")
    house.stop()


def test_a_refused_settling_says_with_whom_it_failed_and_does_nothing(house: House) -> None:
    mayor = house.agent()
    hour = mayor.snapshot()["session"]["id"]
    first, second = (one["conversation"] for one in mayor.get(path(mayor)).json()["people"])
    items = [
        {"conversation": first, "outcome": "carried_over"},
        {"conversation": second, "outcome": "promised", "date": "2026-12-02"},
    ]
    refused = mayor.command("session.settle", session=hour, items=items)
    assert refused.json()["error"] == {
        "code": "bad_data",
        "message": "date: Dieser Tag ist schon vorbei.",
        "conversation": second,
    }
    assert len(mayor.get(path(mayor)).json()["people"]) == 2
