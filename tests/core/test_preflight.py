"""What each check of the look before the hour makes of what it is told."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

import pytest

from sessionhours.core.message import Failure
from sessionhours.core.preflight import (
    SENTENCES,
    Finding,
    NumberState,
    Space,
    of_clock,
    of_disk,
    of_number,
    of_schedule,
    of_templates,
    of_webhook,
)
from sessionhours.errors import Fault

NOW = datetime(2026, 12, 3, 13, 0, tzinfo=UTC)
GIGABYTE = 10**9
FINE = NumberState(status="CONNECTED", quality="GREEN", can_send="AVAILABLE", date=NOW)


def levels(findings: list[Finding]) -> dict[str, str]:
    return {one.check: one.level for one in findings}


@pytest.mark.parametrize(
    ("state", "expected"),
    [
        (FINE, {"token": "green", "number": "green", "clock": "green"}),
        (NumberState(reached=False), {"token": "red", "clock": "amber"}),
        (NumberState(failure=Failure(190, "expired"), date=NOW), {"token": "red", "clock": "green"}),
        (NumberState(failure=Failure(100, "no object"), date=NOW), {"number": "red", "clock": "green"}),
        (NumberState(failure=Failure(131000, "ours"), date=NOW), {"token": "red", "clock": "amber"}),
        (NumberState(status="DISCONNECTED", date=NOW), {"token": "green", "number": "red", "clock": "green"}),
        (NumberState(date=NOW), {"token": "green", "number": "red", "clock": "green"}),
        (
            NumberState(status="CONNECTED", can_send="BLOCKED", date=NOW),
            {"token": "green", "number": "red", "clock": "green"},
        ),
        (
            NumberState(status="CONNECTED", can_send="LIMITED", date=NOW),
            {"token": "green", "number": "amber", "clock": "green"},
        ),
        (
            NumberState(status="FLAGGED", date=NOW),
            {"token": "green", "number": "amber", "clock": "green"},
        ),
        (
            NumberState(status="CONNECTED", quality="RED", date=NOW),
            {"token": "green", "number": "amber", "clock": "green"},
        ),
    ],
)
def test_what_meta_says_of_the_number(state: NumberState, expected: dict[str, str]) -> None:
    assert levels(of_number(state, NOW, NOW)) == expected


@pytest.mark.proves("F41")
@pytest.mark.parametrize(
    ("ours", "level"),
    [
        (timedelta(0), "green"),
        (timedelta(seconds=3), "green"),  # theirs may be as late as 13:00:00.999
        (timedelta(seconds=3, milliseconds=1), "red"),
        (timedelta(seconds=-2), "green"),
        (timedelta(seconds=-2, milliseconds=-1), "red"),
        (timedelta(hours=1), "red"),
        (timedelta(hours=-1), "red"),
    ],
)
def test_a_clock_is_off_only_where_nothing_else_explains_it(ours: timedelta, level: str) -> None:
    assert of_clock(NOW, NOW + ours, NOW + ours).level == level


def test_a_slow_answer_is_no_wrong_clock() -> None:
    assert of_clock(NOW, NOW - timedelta(seconds=8), NOW + timedelta(seconds=1)).level == "green"
    assert of_clock(NOW, NOW + timedelta(seconds=1), NOW - timedelta(hours=1)).level == "amber", (
        "it jumped meanwhile"
    )
    assert of_clock(None, NOW, NOW).level == "amber"
    assert "3600 Sekunden" in of_clock(NOW, NOW + timedelta(seconds=3601), NOW + timedelta(seconds=3601)).text


@pytest.mark.parametrize(
    ("last", "level"),
    [
        (NOW, "green"),
        (NOW - timedelta(hours=24), "green"),
        (NOW - timedelta(hours=24, seconds=1), "amber"),
        (None, "amber"),
    ],
)
def test_silence_is_no_fault(last: datetime | None, level: str) -> None:
    assert of_webhook(last, NOW).level == level


@pytest.mark.parametrize(
    ("states", "level", "text"),
    [
        ({}, "amber", "noch nicht angelegt"),
        ({"antwort_liegt_vor (de)": "MISSING"}, "amber", "noch nicht angelegt"),
        ({"a (de)": "APPROVED", "a (en)": "APPROVED"}, "green", ""),
        ({"a (de)": "APPROVED", "a (en)": "PENDING"}, "amber", "noch nicht freigegeben hat: a (en)."),
        ({"a (de)": "REJECTED", "a (en)": "PENDING"}, "red", "abgelehnt oder angehalten hat: a (de)."),
        ({"a (de)": "PAUSED"}, "red", "a (de)"),
    ],
)
def test_templates_by_metas_word(states: Mapping[str, str], level: str, text: str) -> None:
    found = of_templates(states)
    assert found.level == level
    assert text in found.text


@pytest.mark.parametrize(
    ("disk", "level"),
    [
        (Space(500_000_000, GIGABYTE), "green"),
        (Space(499_999_999, GIGABYTE), "red"),
        (Space(5 * GIGABYTE, 100 * GIGABYTE), "green"),
        (Space(5 * GIGABYTE - 1, 100 * GIGABYTE), "red"),
        (Space(0, 0), "red"),
    ],
)
def test_a_disk_needs_half_a_gigabyte_and_a_twentieth(disk: Space, level: str) -> None:
    assert of_disk([Space(GIGABYTE, GIGABYTE), disk]).level == level


def test_a_faulty_file_is_told_without_its_faults() -> None:
    fault = Fault("warstein.toml", 3, "town", "wrong")
    assert of_schedule([]).level == "green"
    assert (of_schedule([fault]).level, "warstein" in of_schedule([fault]).text) == ("red", False)


def test_every_sentence_has_its_twin() -> None:
    for german, english in SENTENCES.values():
        assert german != english
        assert german.count("{more}") == english.count("{more}")
    assert of_number(NumberState(reached=False), NOW, NOW, "en")[0].text == SENTENCES["unreachable"][1]
