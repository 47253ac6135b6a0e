"""schedule.toml read: what it may say, and where and why each broken file is refused."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from sessionhours.config import load_schedule
from sessionhours.core.schedule import ExceptionDate, Schedule, WallSpan
from sessionhours.errors import ConfigFaults, Fault

ROOT = Path(__file__).parents[1]
NOW = datetime(2026, 11, 22, tzinfo=UTC)

GOOD = """\
timezone = "Europe/Berlin"
region = "BW"

[town]
id = "kappelrodeck"
name = "Gemeinde Kappelrodeck"
language = "en"

[[line]]
id = "buergermeister"
title = "WhatsApp-Bürgersprechstunde"
phone = "+49784280221"
phone_number_id = "200000000000002"

  [[line.session]]
  every = "first thursday"
  from = "15:00"
  to = "16:00"

  [[line.hours]]
  days = "mon-fri"
  from = "08:00"
  to = "12:00"

  [[line.exception]]
  date = 2026-12-24
  closed = true

  [line.texts]
  outside = "Next: {next_session}."

[retention]
days = 14
"""


def read(tmp_path: Path, text: str | bytes) -> Schedule:
    file = tmp_path / "schedule.toml"
    file.write_bytes(text.encode() if isinstance(text, str) else text)
    return load_schedule(file)


def faults(tmp_path: Path, text: str | bytes) -> list[Fault]:
    with pytest.raises(ConfigFaults) as refused:
        read(tmp_path, text)
    assert {fault.file for fault in refused.value.faults} == {str(tmp_path / "schedule.toml")}
    return list(refused.value.faults)


def test_the_good_file_is_good(tmp_path: Path) -> None:
    schedule = read(tmp_path, GOOD)
    [line] = schedule.lines
    assert (schedule.town.id, schedule.town.region, schedule.retention_days) == ("kappelrodeck", "BW", 14)
    assert line.week[4] == (WallSpan(480, 720),)
    assert line.exceptions == (ExceptionDate(date(2026, 12, 24)),)


def test_what_is_left_out_has_the_defaults_of_the_surfaces(tmp_path: Path) -> None:
    required = ("timezone", "[town]", "id", "name", "[[line]]", "title", "phone")
    text = "\n".join(part.strip() for part in GOOD.splitlines() if part.strip().startswith(required))
    [line] = read(tmp_path, text).lines
    assert (line.outside, line.receipt, line.persona, line.approval) == ("decline", "none", "ich", True)
    assert (line.undo, line.early, line.grace) == (0, 10, 2)
    assert ({*line.answer}, {*line.accept}) == ({"text"}, {"image", "location"})
    assert read(tmp_path, text).retention_days == 14


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("every", 'every = "erster Donnerstag"'),
        ("every", 'every = "every 2 weeks on thursday"\n  starting = 2026-12-03'),
        ("every", 'rrule = "FREQ=MONTHLY;BYDAY=1TH"'),
        ("every", "date = 2019-12-05  # long past, and no fault"),
        ("every", 'date = "2026-12-03"'),
        ("every", 'every = "first thursday"\n  topic = "Radwege"\n  kind = "in_person"'),
        ('from = "15:00"', "from = 15:00:00"),
        ('days = "mon-fri"', 'days = ["mon", "Di", "wed-fri"]'),
        ('to = "12:00"', 'to = "24:00"'),
        ("closed = true", 'from = "10:00"\n  to = "11:00"\n  reason = "Heiligabend"'),
        ('id = "kappelrodeck"', '"id" = """kappelrodeck"""  # [not.a.table]'),
    ],
)
def test_ways_to_say_it(tmp_path: Path, old: str, new: str) -> None:
    assert read(tmp_path, changed(old, new)).occurrences(NOW, 1)


def changed(old: str, new: str) -> str:
    """The good file with the one line that begins with ``old`` replaced."""
    pattern = re.compile(rf"^( *){re.escape(old)}.*$", re.MULTILINE)
    assert pattern.search(GOOD), old
    return pattern.sub(lambda match: match[1] + new, GOOD, count=1)


BROKEN = [
    # what stands in the place of which line; the line, the field and a part of the reason
    ("timezone", 'timezone = "Europe/Berln"', 1, "timezone", "(Europe/Berlin?)"),
    ("timezone", 'timezone = "../../etc/passwd"', 1, "timezone", "no time zone"),
    ("timezone", "timezone = 1", 1, "timezone", "a number instead of a text"),
    ("timezone", "", 1, "timezone", "is missing"),
    ("region", 'region = "Baden"', 2, "region", "there is no 'Baden'"),
    ("region", 'land = "BW"', 2, "land", "no such key"),
    ("[town]", "[twon]", 4, "twon", "(town?)"),
    ('id = "kappelrodeck"', 'id = "Kappelrodeck!"', 5, "town.id", "right form"),
    ('id = "kappelrodeck"', 'id = "termine"', 5, "town.id", "take another id, such as town-termine"),
    ("name", 'name = "  "', 6, "town.name", "is empty"),
    ("name", "", 4, "town.name", "is missing"),
    ("language", 'language = "english"', 7, "town.language", "english"),
    ("language", 'language = "en"\naddress = "sie"', 8, "town.address", "'sie'"),
    ("language", 'language = "en"\nprivacy_url = "javascript:alert(1)"', 8, "town.privacy_url", "right form"),
    ("language", 'language = "en"\non_call = "Herr Vogt"', 8, "town.on_call", "right form"),
    ("language", 'language = "en"\non_call = "a@example.org, b@example.org"', 8, "town.on_call", "right form"),
    ('id = "buergermeister"', "id = 7", 10, "line.id", "a number instead of a text"),
    ("title", f'title = "{"x" * 101}"', 11, "line.title", "longer than 100"),
    ("phone =", 'phone = "07842 80221"', 12, "line.phone", "right form"),
    ("phone_number_id", "phone_number_id = 200000000000002", 13, "line.phone_number_id", "a number instead"),
    ("phone_number_id", "", 9, "line.phone_number_id", "is missing"),
    ("phone_number_id", 'phone_number_id = "2"\noutside = "ignore"', 14, "line.outside", "'ignore'"),
    ("phone_number_id", 'phone_number_id = "2"\nreceipt = true', 14, "line.receipt", "true or false instead"),
    ("phone_number_id", 'phone_number_id = "2"\nundo = 11', 14, "line.undo", "11 is out of range"),
    ("phone_number_id", 'phone_number_id = "2"\nearly = -1', 14, "line.early", "-1 is out of range"),
    ("phone_number_id", 'phone_number_id = "2"\ngrace = 1.5', 14, "line.grace", "a decimal number instead"),
    ("phone_number_id", f'phone_number_id = "2"\ngrace = 0x{"f" * 9000}', 14, "line.grace", "10^18… is out"),
    ("phone_number_id", 'phone_number_id = "2"\nanswer = ["text", "fax"]', 14, "line.answer", "'fax'"),
    ("phone_number_id", 'phone_number_id = "2"\naccept = "image"', 14, "line.accept", "a text instead of"),
    ("phone_number_id", 'phone_number_id = "2"\npersona = "du"', 14, "line.persona", "'du'"),
    ("phone_number_id", 'phone_number_id = "2"\napproval = "yes"', 14, "line.approval", "instead of true"),
    ("phone_number_id", 'phone_number_id = "2"\ntoken_env = "my token"', 14, "line.token_env", "right form"),
    ("phone_number_id", 'phone_number_id = "2"\nopening = "8-12"', 14, "line.opening", "no such key"),
    ("every", "", 15, "line.session", "exactly one of every, rrule and date"),
    ("every", 'every = "thursday"\n  date = 2026-12-03', 15, "line.session", "here is every, date"),
    ("every", 'every = "thirsday"', 16, "line.session.every", "'thirsday' is not understood"),
    ("every", 'every = "alle 2 Wochen am Donnerstag"', 16, "line.session.every", "needs starting"),
    ("every", 'every = "jeden zweiten Donnerstag"', 16, "line.session.every", "two meanings"),
    ("every", 'rrule = "FREQ=HOURLY"', 16, "line.session.rrule", "FREQ=HOURLY is not allowed"),
    ("every", 'rrule = "FREQ=DAILY;BYHOUR=15"', 16, "line.session.rrule", "BYHOUR is not allowed"),
    ("every", 'date = "3. Dezember"', 16, "line.session.date", "no date"),
    ("every", "date = 2026-12-03T15:00:00", 16, "line.session.date", "a date with a time instead of a date"),
    ("every", "date = 2026-12-03\n  starting = 2026-12-01", 17, "line.session.starting", "belongs to every"),
    ("every", 'every = "thursday"\n  kind = "phone"', 17, "line.session.kind", "'phone'"),
    ("every", 'every = "thursday"\n  tpoic = "Wege"', 17, "line.session.tpoic", "(topic?)"),
    ('from = "15:00"', 'from = "25:00"', 17, "line.session.from", "no time of day"),
    ('from = "15:00"', 'from = "24:00"', 17, "line.session.from", "no time of day"),
    ('from = "15:00"', 'from = "3 pm"', 17, "line.session.from", "no time of day"),
    ('from = "15:00"', "from = 15", 17, "line.session.from", "a number instead of a text"),
    ('from = "15:00"', "", 15, "line.session.from", "is missing"),
    ('to = "16:00"', 'to = "15:60"', 18, "line.session.to", "no time of day"),
    ('to = "16:00"', 'to = "15:00"', 18, "line.session.to", "start and end are the same"),
    ("days =", 'days = "mon-fry"', 21, "line.hours.days", "'mon-fry' is no weekday"),
    ("days =", "days = []", 21, "line.hours.days", "is empty"),
    ("days =", "", 20, "line.hours.days", "is missing"),
    ("days =", 'every = "monday"\n  days = "mon"', 21, "line.hours.every", "no such key"),
    ("closed", "closed = false", 25, "line.exception", "either closed = true or from and to"),
    ("closed", 'closed = true\n  from = "10:00"\n  to = "11:00"', 25, "line.exception", "either closed"),
    ("closed", 'from = "10:00"', 25, "line.exception.to", "is missing"),
    ("date = 2026-12-24", 'day = "24.12."', 25, "line.exception.date", "is missing"),
    ("outside", 'outside = ""', 30, "line.texts.outside", "is empty"),
    ("outside", 'outside = "Am {next_sesion}."', 30, "line.texts.outside", "no placeholder {next_sesion}"),
    ("outside", 'outside = "{0.__class__}"', 30, "line.texts.outside", "no placeholder {0.__class__}"),
    ("outside", 'outsides = "Zu."', 30, "line.texts.outsides", "(outside?)"),
    ("outside", 'notice_fr = "Non."', 30, "line.texts.notice_fr", "no such key"),
    ("days = 14", "days = -1", 33, "retention.days", "-1 is out of range"),
    ("days = 14", 'days = "14"', 33, "retention.days", "a text instead of a number"),
    ("days = 14", "days = 14\nhours = 3", 34, "retention.hours", "no such key"),
    ("[retention]", "[retention", 32, None, "not valid TOML"),
    ("[retention]", "[town]", 32, None, "not valid TOML"),
    ("title", 'title = "x', 11, None, "not valid TOML"),
]  # fmt: skip


@pytest.mark.proves("F44", "AC-5", "AC-14")
@pytest.mark.parametrize(("old", "new", "line", "field", "why"), BROKEN)
def test_a_broken_file_is_told_where_and_why(
    tmp_path: Path, old: str, new: str, line: int, field: str | None, why: str
) -> None:
    told = [fault for fault in faults(tmp_path, changed(old, new)) if why in _said(fault)]
    assert [(fault.line, fault.field) for fault in told] == [(line, field or told[0].file)]


@pytest.mark.parametrize(
    ("old", "new", "allowed"),
    [
        ("timezone", "", "Europe/Berlin, …"),
        ("name", "", '"…"'),
        ("phone_number_id", "phone_number_id = 2", "0–9"),
        ("phone_number_id", 'phone_number_id = "2"\nundo = "3"', "0–10"),
        ("phone_number_id", 'phone_number_id = "2"\napproval = "yes"', "true | false"),
        ("phone_number_id", 'phone_number_id = "2"\noutside = true', "decline | hold | offer | silent"),
        (
            "every",
            'every = ""',
            "first thursday, jeden Donnerstag, every 2 weeks on thursday, last friday, …",
        ),
        ("every", "date = 2026-12-03T15:00:00", "2026-12-03"),
        (
            "every",
            'every = "thursday"\n  tpoic = "Wege"',
            "topic, kind, from, to, starting, every, rrule, date",
        ),
        ('from = "15:00"', "", "00:00–23:59"),
        ('to = "16:00"', "to = 16", "00:00–24:00"),
        ("days =", "", "mon-fri, sat; Mo–Fr, Sa"),
        ("[[line.hours]]", "[line.hours]", "[[line.hours]]"),
        ("[retention]", "[[retention]]", "[retention]"),
    ],
)
def test_a_fault_says_what_is_allowed(tmp_path: Path, old: str, new: str, allowed: str) -> None:
    assert allowed in {fault.allowed for fault in faults(tmp_path, changed(old, new))}


def _said(fault: Fault) -> str:
    english = {"fehlt": "is missing", "kein gültiges TOML": "not valid TOML"}
    said = fault.why
    for german, translated in english.items():
        said = said.replace(german, translated)
    return said


@pytest.mark.proves("AC-5")
@pytest.mark.parametrize(
    ("added", "line", "why"),
    [
        ('[[line.hours]]\ndays = "fri"\nfrom = "11:00"\nto = "13:00"', 35, "overlaps with line 20"),
        ('[[line.hours]]\ndays = "sun"\nfrom = "22:00"\nto = "09:00"', 35, "overlaps with line 20"),
        ('[[line.session]]\ndate = 2026-12-03\nfrom = "15:00"\nto = "15:00"', 36, "the same"),
        ('[[line.session]]\nevery = "thursday"\nfrom = "15:59"\nto = "17:00"', 35, "overlaps with line 15"),
        ("[[line.exception]]\ndate = 2026-12-24\nclosed = true", 34, "an exception for this date in line 25"),
        ('[[line.exception]]\ndate = 2026-12-24\nfrom = "10:00"\nto = "11:00"', 34, "in line 25"),
        ('[[line.session]]\ndate = 2027-03-28\nfrom = "02:30"\nto = "04:00"', 35, "02:30 does not exist"),
        ('[[line.session]]\ndate = 2026-10-25\nfrom = "01:00"\nto = "02:30"', 36, "02:30 comes twice"),
        ('[[line.exception]]\ndate = 2027-03-28\nfrom = "01:00"\nto = "02:59"', 36, "02:59 does not exist"),
    ],
)
@pytest.mark.proves("AC-7", "F38", "F39")
def test_what_cannot_stand_beside_the_rest(tmp_path: Path, added: str, line: int, why: str) -> None:
    [fault] = faults(tmp_path, f"{_without_retention()}\n{added}\n")
    assert why in fault.why
    assert fault.line == line


def _without_retention() -> str:
    return GOOD[: GOOD.index("[retention]")].rstrip() + "\n\n"


@pytest.mark.parametrize(
    "added",
    [
        '[[line.hours]]\ndays = "fri"\nfrom = "12:00"\nto = "13:00"',
        '[[line.hours]]\ndays = "sun"\nfrom = "22:00"\nto = "08:00"',
        '[[line.hours]]\ndays = "sat"\nfrom = "08:00"\nto = "12:00"',
        '[[line.session]]\nevery = "thursday"\nfrom = "16:00"\nto = "17:00"',
        '[[line.session]]\nevery = "second thursday"\nfrom = "15:00"\nto = "16:00"',
        '[[line.session]]\ndate = 2026-12-03\nfrom = "14:30"\nto = "16:30"',
        '[[line.session]]\nevery = "first thursday"\nfrom = "15:00"\nto = "16:00"\nkind = "in_person"',
    ],
)
def test_what_touches_or_stands_in_is_no_overlap(tmp_path: Path, added: str) -> None:
    assert read(tmp_path, f"{_without_retention()}\n{added}\n").lines


def test_all_faults_come_at_once_in_file_order(tmp_path: Path) -> None:
    text = (
        GOOD.replace("Europe/Berlin", "Europe/Nowhere").replace("first thursday", "x").replace("14\n", "-2\n")
    )
    found = faults(tmp_path, text)
    assert [(fault.line, fault.field) for fault in found] == [
        (1, "timezone"),
        (16, "line.session.every"),
        (33, "retention.days"),
    ]
    assert str(found[2]) == f"{found[2].file}:33: retention.days: -2 is out of range; allowed: 0–3650"


@pytest.mark.proves("AC-5")
def test_a_german_town_is_told_in_german(tmp_path: Path) -> None:
    text = GOOD.replace('"en"', '"de"').replace('to = "12:00"', 'to = "08:00"')
    assert [fault.why for fault in faults(tmp_path, text)] == ["Anfang und Ende sind gleich"]


def test_the_second_line_is_checked_like_the_first(tmp_path: Path) -> None:
    second = GOOD[GOOD.index("[[line]]") : GOOD.index("  [[line.hours]]")].replace('"15:00"', '"99:00"')
    found = faults(tmp_path, f"{_without_retention()}{second}")
    assert [(fault.line, fault.field) for fault in found] == [
        (33, "line.id"),
        (36, "line.phone_number_id"),
        (40, "line.session.from"),
    ]


def test_the_top_level_schedule_is_kappelrodecks_hour() -> None:
    schedule = load_schedule(ROOT / "schedule.toml")
    [line] = schedule.lines
    first = schedule.next_after(NOW, line="buergermeister")
    assert line.phone_number_id == "200000000000002"
    assert first is not None
    assert first.opens == datetime(2026, 12, 3, 14, tzinfo=UTC)
