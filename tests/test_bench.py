"""The measurements run and print their lines; how fast anything is, is not asked here."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from bench import delay, door, fanout, idle, machine, reads
from bench.citizens import APP_SECRET, requests
from bench.scale import TINY
from bench.table import Row, Section, percentile, ratio
from sessionhours.whatsapp.payload import parse
from sessionhours.whatsapp.signature import Verifier
from tests.makers import OPENS

LINES = {
    door: (
        "answered, no console",
        "stored, applied and on 2 consoles",
        "2 consoles listening",
        "a second of CPU",
    ),
    delay: ("p50 until the last console", "p99 until the last console", "p99 until the 200"),
    fanout: ("1 socket ", "3 sockets "),
    reads: ("inbox of 50", "conversation, last 50", "conversation, older 50"),
    idle: ("until it listens", "memory", "processor"),
}


@pytest.mark.parametrize("part", LINES, ids=lambda part: part.__name__)
def test_a_measurement_prints_its_lines(part, tmp_path: Path) -> None:
    section = part.measure(tmp_path, TINY)
    printed = str(section)
    assert [line for line in LINES[part] if line not in printed] == []
    for row in section.rows:
        assert re.search(r"[1-9]", row.figures), row
        assert row.against == "" or (row.ratio is not None and row.ratio > 0), row


def test_the_machine_is_described(tmp_path: Path) -> None:
    words = machine.described(tmp_path)
    assert "core" in words
    assert "Python 3." in words
    assert "fdatasync" in words


def test_every_request_is_signed_and_is_one_message() -> None:
    for number, request in enumerate(requests(7, 3, 1_796_306_400), 7):
        head, _, body = request.partition(b"\r\n\r\n")
        headers = dict(line.split(b": ", 1) for line in head.split(b"\r\n")[1:])
        assert int(headers[b"content-length"]) == len(body)
        Verifier([APP_SECRET]).verify(body, headers[b"x-hub-signature-256"])
        (item,) = parse(body, OPENS)
        assert f"#{number:09d}#" in item.text  # type: ignore[union-attr]


def test_a_row_says_what_is_compared_with_what() -> None:
    row = Row("ours", "theirs", ratio([1.0, 3.0, 2.0], [4.0, 4.0, 4.0]), "2/s : 4/s", "reach 0.4")
    printed = str(Section("Title", [row]))
    assert "0.50 ×  ours  /  theirs" in printed
    assert "2/s : 4/s   [reach 0.4]" in printed


def test_a_percentile_lies_within_what_was_measured() -> None:
    values = [float(number) for number in range(1, 101)]
    assert percentile(values, 50) == pytest.approx(50.5)
    assert percentile(values, 99) == pytest.approx(99.01)
