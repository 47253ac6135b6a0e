"""Files that are no schedule: too large, cut off, of another kind, edited at random; nothing breaks."""

from __future__ import annotations

import os
import sys
import zoneinfo
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sessionhours.config import load_schedule
from sessionhours.errors import ConfigFaults, Fault
from tests.test_config_schedule import GOOD, faults, read


@pytest.mark.parametrize(
    ("data", "line", "why"),
    [
        (b"", 1, "fehlt"),
        (GOOD.encode().replace(b'Kappelrodeck"', b'K\0"'), 6, "NUL"),
        (GOOD.encode("latin-1"), 11, "kein UTF-8"),
        (GOOD.encode("utf-16"), 1, "kein UTF-8"),
        (b"a = " + b"[" * 100_000, None, "zu tief geschachtelt"),
        (b"a = " + b"9" * 10_000, None, "TOML"),
        (b"# " + b"x" * 10_000_000, None, "größer als 1000000 Bytes"),
        (b"[[line]]\n" + b"[[line.hours]]\n" * 500, 2, "mehr als 400"),
        (b"line = 3\n", 1, "eine Zahl, soll aber eine Liste sein"),
        (b"line = [1, 2]\n", 1, "„1“ gibt es nicht"),
        (b"town = []\n", 1, "eine Liste, soll aber eine Tabelle sein"),
    ],
    ids=["empty", "NUL", "latin-1", "utf-16", "deep", "huge number", "10 MB", "many", "int", "ints", "list"],
)
@pytest.mark.proves("F44")
def test_a_file_that_is_no_schedule_at_all(tmp_path: Path, data: bytes, line: int | None, why: str) -> None:
    told = [fault for fault in faults(tmp_path, data) if why in fault.why]
    assert told
    assert line is None or told[0].line == line


@pytest.mark.proves("F45")
def test_what_is_no_file_is_refused_and_never_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "fifo.toml")
    (tmp_path / "folder.toml").mkdir()
    for name, why in (
        ("fifo.toml", "keine gewöhnliche Datei"),
        ("folder.toml", "keine gewöhnliche"),
        ("no", "gibt es nicht"),
    ):
        with pytest.raises(ConfigFaults, match=why):
            load_schedule(tmp_path / name)
    with pytest.raises(ConfigFaults, match="keine gewöhnliche"):
        load_schedule("/dev/zero")


@pytest.mark.proves("F45")
def test_a_half_written_file_is_refused_or_good(tmp_path: Path) -> None:
    """Wherever it is cut: either it is told why, or what stands there is whole."""
    data = GOOD.encode()
    refusals = [refused(tmp_path, data[:length]) for length in range(0, len(data), 7)]
    assert any(found is None for found in refusals)
    assert all(found is None or well_told(found) for found in refusals)


def refused(tmp_path: Path, data: bytes) -> list[Fault] | None:
    """The faults of a file, None when it is good; anything but a refusal goes through."""
    try:
        read(tmp_path, data)
    except ConfigFaults as wrong:
        return list(wrong.faults)
    return None


def well_told(found: list[Fault]) -> bool:
    return bool(found) and all(fault.why and fault.field for fault in found)


def test_a_byte_order_mark_and_windows_line_ends_are_let_pass(tmp_path: Path) -> None:
    assert read(tmp_path, b"\xef\xbb\xbf" + GOOD.replace("\n", "\r\n").encode()).lines


@pytest.mark.proves("F44")
@settings(max_examples=1000, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.integers(0, len(GOOD) - 1),
    st.integers(0, 40),
    st.text(max_size=12),
    st.integers(0, 33),
)
def test_any_edit_is_good_or_told_why(tmp_path: Path, at: int, cut: int, put: str, line: int) -> None:
    mutated = GOOD[:at] + put + GOOD[at + cut :]
    rows = mutated.splitlines(keepends=True)
    swapped = rows[line:] + rows[:line]
    for text in (mutated, "".join(swapped)):
        found = refused(tmp_path, text.encode(errors="replace"))
        assert found is None or well_told(found)


@pytest.mark.proves("F47")
def test_without_time_zone_data_the_start_is_refused_with_a_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = zoneinfo.TZPATH
    monkeypatch.setitem(sys.modules, "tzdata", None)
    monkeypatch.setitem(sys.modules, "tzdata.zoneinfo", None)
    zoneinfo.ZoneInfo.clear_cache()
    zoneinfo.reset_tzpath(to=[])
    try:
        [fault] = faults(tmp_path, GOOD)
    finally:
        zoneinfo.reset_tzpath(to=before)
        zoneinfo.ZoneInfo.clear_cache()
    assert fault.why == "the time zone data is missing; please install the package tzdata"
    assert fault.line == 1
