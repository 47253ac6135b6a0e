"""A schedule file as text: read without ever waiting, parsed as TOML, and where in it each key stands."""

from __future__ import annotations

import os
import re
import stat
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from sessionhours.schedulefile_why import Wrong

MOST_BYTES = 1_000_000  # a town's whole plan with every text of its own is under 50 kB

Place = tuple[str | int, ...]
"""Where a value stands: ("line", 0, "session", 1, "from")."""

_TOKEN = re.compile(
    r'"""(?:\\.|[^\\])*?"{3,5}' r"|'''.*?'{3,5}"
    r'|"(?:\\.|[^"\\\n])*"' r"|'[^'\n]*'"
    r"|\#[^\n]*|[\[\]{}=.,\n]|[^\s\[\]{}=.,\"'\#]+",
    re.DOTALL,
)  # fmt: skip


def read_bytes(path: Path) -> bytes:
    """The whole file. A FIFO or a device is refused at once instead of being waited for. Raises Wrong."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError as error:
        code = "absent" if isinstance(error, FileNotFoundError) else "unreadable"
        raise Wrong(code, {"why": error.strerror or str(error)}) from None
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise Wrong("no_file")
    with os.fdopen(descriptor, "rb") as file:
        data = file.read(MOST_BYTES + 1)
    if len(data) > MOST_BYTES:
        raise Wrong("too_large", {"most": str(MOST_BYTES)})
    return data


def decode(data: bytes) -> str:
    """The text of a file: UTF-8, a byte order mark in front is let pass. Raises Wrong with the line."""
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise Wrong("no_utf8", line=_line(data, error.start)) from None
    if "\0" in text:
        raise Wrong("nul", line=_line(data, data.index(b"\0")))
    return text


def parse(text: str) -> dict[str, Any]:
    """The values of a TOML text. Raises Wrong with the line."""
    try:
        return tomllib.loads(text)
    except RecursionError:
        raise Wrong("too_deep") from None
    except ValueError as error:  # TOMLDecodeError, or an integer of more digits than Python reads
        place = re.search(r" ?\(at (?:line (\d+), column (\d+)|end of document)\)", str(error))
        last = text.count("\n") + 1
        line = int(place[1]) if place and place[1] else last if place else None
        why = str(error).replace(place[0], "") if place else str(error)
        raise Wrong("no_toml", {"why": why}, line=line) from None


def places(text: str) -> Mapping[Place, int]:
    """The line, counted from 1, on which each table and key of a valid TOML text stands."""
    found: dict[Place, int] = {}
    counts: dict[Place, int] = {}
    table: Place = ()
    for line, words, header in _statements(text):
        if header:
            table = _header(words, counts, array=header == 2)
            if header == 2:
                found.setdefault(table[:-1], line)
            found.setdefault(table, line)
        else:
            for length in range(1, len(words) + 1):
                found.setdefault((*table, *words[:length]), line)
    return found


def _header(words: list[str], counts: dict[Place, int], *, array: bool) -> Place:
    place: Place = ()
    for word in words[:-1] if array else words:
        place = (*place, word)
        if place in counts:
            place = (*place, counts[place])
    if not array:
        return place
    place = (*place, words[-1])
    counts[place] = counts.get(place, -1) + 1
    return (*place, counts[place])


def _statements(text: str) -> Iterator[tuple[int, list[str], int]]:
    """(line, the parts of its key, 0 for a key or the brackets of a header), one by one."""
    words: list[str] = []
    begin, header, depth, value = 1, 0, 0, False
    for line, token in _tokens(text):
        if value:
            depth += (token in "[{") - (token in "]}")
            value = token != "\n" or depth > 0
        elif token == "[" and not words:
            header += 1
        elif token in ("=", "]"):
            if words:
                yield begin, words, header
            words, value, header = [], token == "=", 0
        elif token not in (".", "\n"):
            begin = line if not words else begin
            words.append(token.strip("\"'"))


def _tokens(text: str) -> Iterator[tuple[int, str]]:
    line, seen = 1, 0
    for match in _TOKEN.finditer(text):
        line += text.count("\n", seen, match.start())
        seen = match.start()
        if not match[0].startswith("#"):
            yield line, match[0]


def _line(data: bytes, offset: int) -> int:
    return data.count(b"\n", 0, offset) + 1
