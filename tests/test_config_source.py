"""Schedules read again while the server runs: the last good one stays, whatever happens to the file."""

from __future__ import annotations

import os
import threading
from datetime import UTC, datetime
from pathlib import Path

import pytest

from sessionhours.config import ScheduleSource, load_schedules
from sessionhours.errors import ConfigFaults

ROOT = Path(__file__).parents[1]
TEXT = (ROOT / "schedule.toml").read_text(encoding="utf-8")
PRESETS = ROOT / "sessionhours" / "presets"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "schedule.toml"
    path.write_text(TEXT, encoding="utf-8")
    return path


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for preset in PRESETS.glob("*.toml"):
        (tmp_path / preset.name).write_bytes(preset.read_bytes())
    return tmp_path


def settled(source: ScheduleSource) -> object:
    """Look until the files have been found the same twice."""
    for _ in range(10):
        result = source.reload()
        if not result.again:
            return result
    raise AssertionError("never settled")


def test_a_good_edit_is_taken_over_at_the_second_look(file: Path) -> None:
    source = ScheduleSource(file)
    before = source.version
    file.write_text(TEXT.replace('from = "15:00"', 'from = "14:00"'), encoding="utf-8")
    first, second, third = (source.reload() for _ in range(3))
    assert (first.changed, first.again) == (False, True)
    assert (second.changed, second.again) == (True, False)
    assert (third.changed, third.again) == (False, False)
    assert source.version != before
    found = source.schedules[0].next_after(datetime(2026, 11, 22, tzinfo=UTC), line="buergermeister")
    assert found is not None
    assert found.from_.hour == 14


@pytest.mark.proves("F44")
@pytest.mark.parametrize(
    "broken",
    [
        TEXT.replace('to = "16:00"', 'to = "25:00"'),
        TEXT.replace("Europe/Berlin", "Europe/Bonn"),
        TEXT.replace('to = "16:00"', 'to = "15:00"'),
        TEXT[:700],
        "",
        "\0",
        "nonsense",
    ],
)
def test_a_bad_edit_changes_nothing_and_says_where(file: Path, broken: str) -> None:
    source = ScheduleSource(file)
    held, version, as_of = source.schedules, source.version, source.as_of
    os.utime(file, ns=(0, 0))
    file.write_text(broken, encoding="utf-8")
    result = settled(source)
    assert (source.schedules, source.version, source.as_of) == (held, version, as_of)
    assert source.faults
    assert result == source.reload()
    assert {fault.file for fault in source.faults} == {str(file)}
    file.write_text(TEXT, encoding="utf-8")
    settled(source)
    assert (source.faults, source.schedules) == ((), held)


def test_the_version_that_holds_has_a_time(file: Path) -> None:
    moment = datetime(2026, 11, 22, 12, 3, tzinfo=UTC)
    os.utime(file, (moment.timestamp(), moment.timestamp()))
    source = ScheduleSource(file)
    file.write_text("nonsense", encoding="utf-8")
    settled(source)
    assert source.reload().as_of == moment


@pytest.mark.proves("F45")
def test_a_touched_file_is_no_reload(file: Path) -> None:
    source = ScheduleSource(file)
    held = source.schedules
    for moment in range(50):
        os.utime(file, (moment, moment))
        assert not source.reload().changed
    settled(source)
    assert source.schedules is held


@pytest.mark.proves("F45")
def test_a_file_still_being_written_is_waited_out(file: Path) -> None:
    source = ScheduleSource(file)
    longer = TEXT + '\n[[line]]\nid = "amt"\ntitle = "Amt"\nphone = "+493023125001"\nphone_number_id = "3"\n'
    for length in range(len(TEXT) - 200, len(longer), 50):
        file.write_text(longer[:length], encoding="utf-8")
        assert source.reload().again
    file.write_text(longer, encoding="utf-8")
    settled(source)
    assert [line.id for line in source.schedules[0].lines] == ["buergermeister", "amt"]


@pytest.mark.proves("F45")
@pytest.mark.parametrize("becomes", ["deleted", "fifo", "folder", "dangling link", "link"])
def test_a_file_that_becomes_something_else(file: Path, becomes: str) -> None:
    source = ScheduleSource(file)
    held = source.schedules
    elsewhere = file.with_name("other")
    file.rename(elsewhere)
    if becomes == "fifo":
        os.mkfifo(file)
    elif becomes == "folder":
        file.mkdir()
    elif becomes == "dangling link":
        file.symlink_to("nowhere")
    elif becomes == "link":
        file.symlink_to(elsewhere)
    settled(source)
    assert source.schedules == held
    assert bool(source.faults) == (becomes != "link")


@pytest.mark.proves("F45")
def test_a_file_that_comes_back_is_read_again(file: Path) -> None:
    source = ScheduleSource(file)
    file.unlink()
    settled(source)
    assert source.faults
    file.write_text(TEXT.replace("14  ", "15  "), encoding="utf-8")
    settled(source)
    assert source.faults == ()
    assert source.schedules[0].retention_days == 15


def test_a_server_does_not_start_on_a_bad_file(file: Path) -> None:
    file.write_text("nonsense", encoding="utf-8")
    with pytest.raises(ConfigFaults):
        ScheduleSource(file)


def test_a_folder_holds_one_file_a_town(folder: Path) -> None:
    (folder / ".#warstein.toml").write_text("an editor's own", encoding="utf-8")
    (folder / "notes.txt").write_text("not a schedule", encoding="utf-8")
    source = ScheduleSource(folder)
    towns = ["ahrensboek", "bad-zwesten", "goldbach", "kappelrodeck", "warstein"]
    assert [schedule.town.id for schedule in source.schedules] == towns
    warstein = source.schedule("warstein")
    assert warstein is not None
    assert warstein.town.name == "Stadt Warstein"
    assert source.schedule("nowhere") is None


def test_a_folder_grows_and_one_bad_file_holds_all(folder: Path) -> None:
    (folder / "warstein.toml").unlink()
    source = ScheduleSource(folder)
    assert len(source.schedules) == 4
    added = folder / "warstein.toml"
    added.write_text("nonsense", encoding="utf-8")
    settled(source)
    assert (len(source.schedules), [fault.file for fault in source.faults]) == (4, [str(added)])
    added.write_bytes((PRESETS / "warstein.toml").read_bytes())
    settled(source)
    assert len(source.schedules) == 5


def test_ids_are_one_towns_alone(folder: Path) -> None:
    twin = (folder / "goldbach.toml").read_text(encoding="utf-8")
    (folder / "zwilling.toml").write_text(twin, encoding="utf-8")
    with pytest.raises(ConfigFaults) as refused:
        load_schedules(folder)
    assert [(fault.line, fault.field) for fault in refused.value.faults] == [
        (7, "town.id"),
        (19, "line.phone_number_id"),
    ]
    assert "goldbach.toml" in refused.value.faults[0].why


def test_all_files_tell_their_faults_at_once(folder: Path) -> None:
    for name in ("goldbach", "warstein"):
        (folder / f"{name}.toml").write_text("nonsense", encoding="utf-8")
    with pytest.raises(ConfigFaults) as refused:
        load_schedules(folder)
    assert [Path(fault.file).stem for fault in refused.value.faults] == ["goldbach", "warstein"]


def test_an_empty_folder_is_told(tmp_path: Path) -> None:
    with pytest.raises(ConfigFaults, match=r"keine \.toml-Datei"):
        load_schedules(tmp_path)


def test_readers_always_see_whole_schedules(file: Path) -> None:
    source = ScheduleSource(file)
    seen: set[int] = set()
    done = threading.Event()

    def read() -> None:
        while not done.is_set():
            seen.add(len(source.schedules))

    reader = threading.Thread(target=read)
    reader.start()
    for days in range(1, 40):
        file.write_text(TEXT.replace("days = 14", f"days = {days}"), encoding="utf-8")
        settled(source)
    done.set()
    reader.join()
    assert seen == {1}
    assert source.schedules[0].retention_days == 39
