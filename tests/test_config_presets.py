"""The shipped towns, and what `check`, `next` and `preset` print."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from sessionhours.config import (
    check_lines,
    load_schedule,
    load_schedules,
    next_rows,
    preset_names,
    preset_text,
)
from sessionhours.core import texts, words
from sessionhours.core.schedule import Schedule
from tests.core.plans import coming, dated, exception, local, opening, plan, weekly

NOW = datetime(2026, 11, 22, tzinfo=UTC)
TOWNS = ["ahrensboek", "bad-zwesten", "goldbach", "kappelrodeck", "warstein"]


def preset(tmp_path: Path, name: str) -> Schedule:
    file = tmp_path / f"{name}.toml"
    file.write_text(preset_text(name), encoding="utf-8")
    return load_schedule(file)


def test_five_towns_are_shipped_and_live_side_by_side(tmp_path: Path) -> None:
    assert preset_names() == TOWNS
    for name in TOWNS:
        preset(tmp_path, name)
    assert [schedule.town.id for schedule in load_schedules(tmp_path)] == TOWNS


@pytest.mark.parametrize("name", TOWNS)
def test_a_preset_has_one_plain_line_to_change_the_number(tmp_path: Path, name: str) -> None:
    numbers = [row for row in preset_text(name).splitlines() if row.startswith("phone_number_id = ")]
    [line] = preset(tmp_path, name).lines
    assert numbers == [f'phone_number_id = "{line.phone_number_id}"']


@pytest.mark.proves("KA-1", "KA-12")
def test_kappelrodeck(tmp_path: Path) -> None:
    schedule = preset(tmp_path, "kappelrodeck")
    [line] = schedule.lines
    assert coming(schedule, 2) == ["2026-12-03 15:00-16:00", "2027-01-07 15:00-16:00"]
    assert (line.outside, line.receipt, line.persona, line.approval) == ("decline", "none", "ich", True)
    assert ({*line.answer}, "voice" in {*line.accept}, schedule.retention_days) == ({"text"}, False, 14)
    assert schedule.town.alternatives == "Telefon 07842 80221"


def test_bad_zwesten(tmp_path: Path) -> None:
    schedule = preset(tmp_path, "bad-zwesten")
    [line] = schedule.lines
    assert coming(schedule, 2) == ["2026-11-23 08:00-12:00", "2026-11-23 14:00-16:00"]
    assert (line.outside, line.receipt, line.persona, line.approval) == ("hold", "none", "amt", False)
    assert ({*line.accept}, schedule.retention_days) == ({"image", "location"}, 90)


@pytest.mark.proves("BZ-2")
def test_bad_zwestens_lunch_break_tells_when_it_is_over(tmp_path: Path) -> None:
    schedule = preset(tmp_path, "bad-zwesten")
    [line] = schedule.lines
    noon = local("2026-11-23 12:15")
    assert schedule.at(noon, line=line.id) is None
    following = schedule.next_after(noon, line=line.id)
    assert following is not None
    when = words.following(following, noon, schedule.town.timezone, "de")
    assert "heute ab 14:00 Uhr" in texts.render(line, schedule.town, "held", "de", {"next_session": when})


@pytest.mark.proves("GO-16")
def test_goldbach(tmp_path: Path) -> None:
    schedule = preset(tmp_path, "goldbach")
    [line] = schedule.lines
    moments = [local(f"2026-11-{day} {hour}:00") for day in range(22, 30) for hour in ("03", "12", "23")]
    assert all(schedule.at(moment, line=line.id) for moment in moments)
    assert (line.outside, line.receipt, line.persona, line.approval) == ("hold", "matter", "wir", False)
    assert ({"voice", "video", "document"} <= line.answer, schedule.retention_days) == (True, 30)
    assert (
        line.texts["receipt"].encode()
        == (
            "Vielen Dank für Ihre Nachricht an den Markt Goldbach!\n"
            "Wir melden uns schnellstmöglich bei Ihnen zurück\u2764."
        ).encode()
    )


def test_warstein(tmp_path: Path) -> None:
    schedule = preset(tmp_path, "warstein")
    [line] = schedule.lines
    assert [found.kind for found in schedule.occurrences(NOW, 1)] == ["hours"]
    assert (line.outside, line.receipt, line.persona, line.approval) == ("hold", "none", "ich", True)
    assert ({*line.answer}, {*line.accept}, schedule.retention_days) == ({"text"}, {"image"}, 30)


def test_ahrensboek(tmp_path: Path) -> None:
    schedule = preset(tmp_path, "ahrensboek")
    [line] = schedule.lines
    assert [found.kind for found in schedule.occurrences(NOW, 1)] == ["hours"]
    assert (line.outside, line.receipt, line.persona, line.approval) == ("hold", "none", "amt", False)
    assert ({*line.accept}, schedule.retention_days) == ({"image"}, 30)


def test_a_preset_that_is_none_names_those_there_are() -> None:
    with pytest.raises(LookupError, match=r"\(goldbach\?\), only ahrensboek"):
        preset_text("goldbch")
    with pytest.raises(LookupError):
        preset_text("../schedulefile")


@pytest.mark.proves("AC-6")
def test_check_prints_ten_a_line_with_what_needs_a_decision(tmp_path: Path) -> None:
    printed = check_lines(preset(tmp_path, "kappelrodeck"), NOW)
    assert printed[:3] == [
        "Gemeinde Kappelrodeck",
        "WhatsApp-Bürgersprechstunde (buergermeister)",
        "  Donnerstag, 3. Dezember 2026, 15–16 Uhr · WhatsApp",
    ]
    assert len(printed) == 12
    needs = "  Donnerstag, 6. Mai 2027, 15–16 Uhr · WhatsApp · braucht eine Entscheidung: Christi Himmelfahrt"
    assert needs in printed


@pytest.mark.proves("KA-12", "F39")
def test_check_notes_what_deserves_a_second_look() -> None:
    schedule = plan(
        dated("2027-05-06", "15:00-16:00"),
        hours=opening("mon-fri", "08:00-12:00"),
        exceptions=(exception("2026-12-26"),),
        texts={"outside": "Zu. Nächstes Mal: {next_session}."},
        region=None,
    )
    notes = [row for row in check_lines(schedule, NOW) if row.startswith("Hinweis")]
    assert [row.partition(": ")[2] for row in notes] == [
        "town.alternatives fehlt: kein Text nennt einen anderen Weg als WhatsApp",
        "town.privacy_url fehlt: kein Text nennt die Datenschutzhinweise",
        "region fehlt: gesetzliche Feiertage werden nicht beachtet",
        "der Text buergermeister.outside sagt nichts zu alternatives",
        "der Text buergermeister.outside sagt nichts zu privacy_url",
        "der Text buergermeister.outside sagt nichts zu 112",
        "die Ausnahme am Samstag, 26. Dezember 2026 trifft auf keine Regel",
    ]
    holiday = check_lines(plan(dated("2027-05-06", "15:00-16:00")), NOW)
    assert (
        "Hinweis: Donnerstag, 6. Mai 2027 ist Christi Himmelfahrt; der ausgeschriebene Termin gilt" in holiday
    )
    night = check_lines(plan(weekly("02:15-02:45", "sunday"), region=None), local("2027-03-22 00:00"))
    assert night[2].endswith("Zeitumstellung · diese Sprechzeit gibt es am 28.03.2027 nicht")


def test_check_tells_of_words_that_an_away_text_never_knows() -> None:
    texts = {
        "outside": "Bis {ends} zu. {next_session} {alternatives} {privacy_url} 112",
        "notice": "Bis {ends}.",
    }
    printed = check_lines(plan(weekly("15:00-16:00", "thursday"), texts=texts), NOW)
    told = "Hinweis: der Text buergermeister.outside nennt {ends}, was dort nie feststeht; der Satz entfällt"
    assert [line for line in printed if "feststeht" in line] == [told]


def test_check_says_when_nothing_is_planned() -> None:
    assert "  kein Termin geplant" in check_lines(plan(), NOW)


def test_next_prints_instants_with_the_towns_offset() -> None:
    schedule = plan(weekly("15:00-16:00", "first thursday", topic="Radwege"))
    rows = next_rows(schedule, None, local("2027-04-01 16:00"), 2)
    assert rows[0] == {
        "line": "buergermeister",
        "kind": "whatsapp",
        "title": "WhatsApp-Bürgersprechstunde",
        "topic": "Radwege",
        "opens": "2027-05-06T15:00:00+02:00",
        "closes": "2027-05-06T16:00:00+02:00",
        "needs_decision": "Christi Himmelfahrt",
    }
    assert rows[1]["needs_decision"] is None
    with pytest.raises(LookupError):
        next_rows(schedule, "nobody", NOW, 1)
