"""Where schedules come from: one file, or a folder of one file a town; read again while the server runs.

A file is taken over only when two looks in a row find it the same, so a half-written one is waited out; a bad
edit changes nothing; nothing here ever waits for a file.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from sessionhours.core.schedule import Schedule
from sessionhours.errors import ConfigFaults, Fault
from sessionhours.schedulefile import read_schedule, refused, schedule_of
from sessionhours.schedulefile_table import Report
from sessionhours.schedulefile_text import Place, decode, places, read_bytes
from sessionhours.schedulefile_why import Wrong

Look = Mapping[Path, tuple[int, ...]]
"""What one look at the files saw: of each its inode, size, times of change and mode."""


@dataclass(frozen=True)
class Reload:
    """What a reload came to.

    ``changed``: the schedules are new ones. ``again``: a file is just being written, look again shortly.
    ``faults``: the edit is bad and the version of ``as_of`` still holds.
    """

    changed: bool
    again: bool
    faults: tuple[Fault, ...]
    version: str
    as_of: datetime


def load_schedule(path: Path | str) -> Schedule:
    """The schedule of one file. Raises errors.ConfigFaults with every fault in it."""
    return read_schedule(Path(path))


def load_schedules(path: Path | str) -> tuple[Schedule, ...]:
    """The schedules of a file, or of every .toml file of a folder, one a town. Raises ConfigFaults."""
    return _parsed(_read(_files(Path(path))))


class ScheduleSource:
    """The schedules of a file or a folder, the last good ones at any time."""

    def __init__(self, path: Path | str) -> None:
        """Read at once. Raises errors.ConfigFaults."""
        self.path = Path(path)
        self._look = _look(self.path)
        contents = _read(_files(self.path))
        self.schedules = _parsed(contents)
        self.version = _version(contents)  # changes with the content, not with the time
        self.as_of = _as_of(self._look)
        self.faults: tuple[Fault, ...] = ()  # of an edit that is not in force
        self._read_at: Look = {}  # the look at which the content was last read to the end

    def schedule(self, town: str) -> Schedule | None:
        """The schedule of the town of that id."""
        return next((schedule for schedule in self.schedules if schedule.town.id == town), None)

    def reload(self) -> Reload:
        """Look at the files, take over what is new and good. Call it every second or so, from one place."""
        look = _look(self.path)
        if look != self._look:
            self._look = look
            return self._result(again=True)
        if look and look == self._read_at:
            return self._result()
        try:
            contents = _read(_files(self.path))
            if _look(self.path) != look:
                return self._result(again=True)
            self._read_at = look
            return self._result(changed=self._judge(contents))
        except ConfigFaults as wrong:
            self.faults = wrong.faults
            return self._result()

    def _judge(self, contents: Mapping[Path, bytes]) -> bool:
        """Take over what is new and good; content that was only touched is nothing new."""
        version = _version(contents)
        changed = version != self.version
        if changed:
            self.schedules = _parsed(contents)
            self.version, self.as_of = version, _as_of(self._look)
        self.faults = ()
        return changed

    def _result(self, *, changed: bool = False, again: bool = False) -> Reload:
        return Reload(changed, again, self.faults, self.version, self.as_of)


def _files(path: Path) -> list[Path]:
    """The file itself, or what lies in the folder; hidden files are an editor's own."""
    try:
        if not path.is_dir():
            return [path]
        files = sorted(file for file in path.iterdir() if _is_schedule(file))
    except OSError as error:
        raise refused(str(path), Wrong("unreadable", {"why": error.strerror or str(error)})) from None
    if not files:
        raise refused(str(path), Wrong("no_files"))
    return files


def _is_schedule(file: Path) -> bool:
    return file.suffix == ".toml" and not file.name.startswith(".")


def _read(files: list[Path]) -> dict[Path, bytes]:
    contents: dict[Path, bytes] = {}

    def read(file: Path) -> None:
        try:
            contents[file] = read_bytes(file)
        except Wrong as wrong:
            raise refused(str(file), wrong) from None

    _all_faults(files, read)
    return contents


def _parsed(contents: Mapping[Path, bytes]) -> tuple[Schedule, ...]:
    schedules: dict[Path, Schedule] = {}

    def parse(file: Path) -> None:
        schedules[file] = schedule_of(contents[file], str(file))

    _all_faults(list(contents), parse)
    if faults := tuple(_shared(contents, schedules)):
        raise ConfigFaults(faults)
    return tuple(schedules.values())


def _all_faults(files: list[Path], work: Callable[[Path], None]) -> None:
    """Do the work for every file before the faults of all of them are raised together."""
    faults: list[Fault] = []
    for file in files:
        try:
            work(file)
        except ConfigFaults as wrong:
            faults += wrong.faults
    if faults:
        raise ConfigFaults(tuple(faults))


def _shared(contents: Mapping[Path, bytes], schedules: Mapping[Path, Schedule]) -> Iterator[Fault]:
    """Ids that must be one town's alone and stand in two files."""
    seen: dict[tuple[str, str], Path] = {}
    for file, schedule in schedules.items():
        for place, value in _identities(schedule):
            kind = str(place[-1]), value
            if kind in seen:
                report = Report(str(file), places(decode(contents[file])), schedule.town.language)
                report.add(place, Wrong("twice", {"value": value, "where": seen[kind].name}))
                yield from report.faults
            seen.setdefault(kind, file)


def _identities(schedule: Schedule) -> Iterator[tuple[Place, str]]:
    yield ("town", "id"), schedule.town.id
    for number, line in enumerate(schedule.lines):
        yield ("line", number, "phone_number_id"), line.phone_number_id


def _look(path: Path) -> Look:
    """Never opens anything. What cannot be looked at is not there."""
    try:
        files = _files(path)
    except ConfigFaults:
        return {}
    seen: dict[Path, tuple[int, ...]] = {}
    for file in files:
        try:
            found = file.stat()
        except OSError:
            continue
        seen[file] = (found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns, found.st_mode)
    return seen


def _version(contents: Mapping[Path, bytes]) -> str:
    digest = hashlib.sha256()
    for file, data in contents.items():
        digest.update(f"{file.name}\0{len(data)}\0".encode())
        digest.update(data)
    return digest.hexdigest()[:12]


def _as_of(look: Look) -> datetime:
    """When the newest of the files was written."""
    latest = max((found[2] for found in look.values()), default=0)
    return datetime.fromtimestamp(latest // 10**9, UTC)
