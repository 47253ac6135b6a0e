from __future__ import annotations

import re
from dataclasses import replace
from datetime import date
from zoneinfo import ZoneInfo

import pytest

from sessionhours.core import templates
from sessionhours.core.schedule import Town
from sessionhours.core.templates import UTILITY, Blueprint, filled, suggested, unfit, variables

SIE = Town("kappelrodeck", "Gemeinde Kappelrodeck", ZoneInfo("Europe/Berlin"))
DU = replace(SIE, address="du")
SHIPPED = [*templates.blueprints(SIE), *templates.blueprints(DU)]
HOUR = date(2026, 12, 3)


@pytest.mark.parametrize("one", SHIPPED, ids=lambda one: f"{one.name}-{one.language}")
def test_what_we_ship_is_what_meta_takes(one: Blueprint) -> None:
    """Contract §7.3: name, lengths, variables not at an end and not side by side, an example for each."""
    assert re.fullmatch(r"[a-z0-9_]{1,512}", one.name)
    assert len(one.body) <= 1024
    assert len(one.button) <= 25
    assert not re.search(r"^\s*\{\{|\}\}\W*$|\}\}\W*\{\{", one.body)
    assert variables(one.body) == ["1", "2", "3"]
    assert len(one.examples) == 3
    assert unfit(one.body, one.examples) is None


@pytest.mark.proves("WA-6")
def test_nothing_that_advertises_can_be_made() -> None:
    assert {one.category for one in SHIPPED} == {UTILITY} == {"UTILITY"}


def test_both_languages_in_both_forms_of_address() -> None:
    for town in (SIE, DU):
        assert [one.language for one in templates.blueprints(town)] == ["de", "en"]
    assert not {one.name for one in templates.blueprints(SIE)} & {
        one.name for one in templates.blueprints(DU)
    }
    (sie, _), (du, _) = templates.blueprints(SIE), templates.blueprints(DU)
    assert re.search(r"\b(Sie|Ihnen|Ihre)\b", sie.body)
    assert not re.search(r"\b(du|dir|deine)\b", sie.body, re.IGNORECASE)
    assert re.search(r"\b(dir|deine)\b", du.body, re.IGNORECASE)
    assert not re.search(r"\b(Sie|Ihnen|Ihre)\b", du.body)


@pytest.mark.parametrize("town", [SIE, DU])
@pytest.mark.parametrize("name", ["Anna Müller", "", " \n\t ", "x" * 500, "{{2}}", "a     b"])
def test_what_is_suggested_can_be_sent(town: Town, name: str) -> None:
    for one in templates.blueprints(town):
        given = suggested(one.body, town, one.language, name, HOUR)
        assert unfit(one.body, given) is None
        assert filled(one.body, given).count("Gemeinde Kappelrodeck") == 1


def test_it_says_whose_hour_it_was() -> None:
    german, english = templates.blueprints(SIE)
    said = filled(german.body, suggested(german.body, SIE, "de", "Anna Müller", HOUR))
    assert said.startswith("Guten Tag Anna Müller, hier ist Gemeinde Kappelrodeck: Ihre Antwort ")
    assert "vom 3. Dezember 2026 liegt vor" in said
    assert "3 December 2026" in filled(english.body, suggested(english.body, SIE, "en", "", HOUR))


def test_a_text_of_metas_own_is_left_to_whoever_sends() -> None:
    assert suggested("Guten Tag {{1}}, es ist {{2}} Uhr.", SIE, "de", "Anna", HOUR) == ("", "")


@pytest.mark.parametrize(
    ("parameters", "why"),
    [
        (["Anna"], "braucht 2 Angaben"),
        (["Anna", "15", "x"], "braucht 2 Angaben"),
        (["Anna", " "], "Angabe 2 ist leer"),
        (["An\nna", "15"], "Angabe 1"),
        (["Anna", "1\t5"], "Angabe 2"),
        (["A     B", "15"], "Angabe 1"),
        (["A\x00B", "15"], "Angabe 1"),
        (["A\ud800B", "15"], "Angabe 1"),
        (["A\u2028B", "15"], "Angabe 1"),
        (["x" * 1010, "15"], "1024"),
    ],
)
def test_parameters_are_counted_and_looked_at(parameters: list[str], why: str) -> None:
    assert why in str(unfit("Guten Tag {{1}}, um {{2}} Uhr.", parameters))


@pytest.mark.parametrize("parameters", [["Anna", "15"], ["A    B", "{{1}}"], ["x" * 1000, "15"]])
def test_what_fits_is_filled_in_once(parameters: list[str]) -> None:
    body = "Guten Tag {{1}}, um {{ 2 }}."
    assert unfit(body, parameters) is None
    assert filled(body, parameters) == f"Guten Tag {parameters[0]}, um {parameters[1]}."


def test_a_variable_may_come_twice_and_have_a_name() -> None:
    body = "Hallo {{name}}, {{name}}: {{what}}!"
    assert variables(body) == ["name", "what"]
    assert filled(body, ["Anna", "ja"]) == "Hallo Anna, Anna: ja!"


@pytest.mark.parametrize("language", ["de", "en"])
def test_every_state_has_words(language: str) -> None:
    states = [
        "APPROVED",
        "PENDING",
        "IN_APPEAL",
        "REJECTED",
        "PAUSED",
        "DISABLED",
        "MISSING",
        "LIMIT_EXCEEDED",
    ]
    said = [templates.state(one, UTILITY, language) for one in states]
    assert len(set(said)) == len(said)
    assert templates.state("APPROVED", "MARKETING", language) not in said


def test_a_language_is_the_same_however_it_is_written() -> None:
    assert templates.same_language("en_US", "en-us")
    assert not templates.same_language("en", "en_US")
