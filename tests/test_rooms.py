"""The rooms and what each may import: architecture as a table, held against the code."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parent.parent / "sessionhours"


@dataclass(frozen=True)
class Room:
    """What the modules of one room may import beside the standard library and each other."""

    rooms: frozenset[str]
    never: frozenset[str] = frozenset()
    libraries: frozenset[str] | None = None  # the only foreign ones; None: all that are not in `never`
    clock: bool = False  # may ask what time it is


def names(text: str) -> frozenset[str]:
    return frozenset(text.split())


DATABASE = names("sqlmodel sqlalchemy alembic sqlite3 pysqlite3 psycopg psycopg_pool")
WEB = names("starlette uvicorn websockets httptools")
WAITING = names("asyncio time socket select selectors ssl threading multiprocessing subprocess concurrent")
TALKING = names("http.client urllib.request smtplib ftplib")

ROOMS = {
    "errors": Room(names(""), libraries=names("")),
    "core": Room(names("errors"), WAITING | TALKING | DATABASE, libraries=names("dateutil holidays")),
    "whatsapp": Room(names("errors core"), DATABASE, libraries=names("httpx msgspec")),
    "mail": Room(names("errors core"), WEB | DATABASE | names("httpx"), libraries=names("idna")),
    "store": Room(names("errors core"), WEB | names("httpx")),
    "desk": Room(names("errors core store"), WEB | names("httpx")),
    "server": Room(names("errors core whatsapp store desk config"), DATABASE | names("httpx")),
    "config": Room(names("errors core"), WEB | DATABASE | names("httpx")),
    "app": Room(names("errors core whatsapp mail store desk server config"), clock=True),
    "simulator": Room(names(""), libraries=names("starlette uvicorn httpx"), clock=True),
    "cli": Room(names("errors core app config simulator"), clock=True),
    "__main__": Room(names("cli"), libraries=names("")),
    "__init__": Room(names(""), libraries=names("")),
}
PARTS = {
    "schedulefile": "config",
    "config_checks": "config",
    "app_doctor": "app",
    "app_staff": "app",
    "app_start": "app",
    "app_serving": "app",
    "cli_demo": "cli",
}  # a file that belongs to the room of another
TIME = {("datetime", "now"), ("datetime", "utcnow"), ("datetime", "today"), ("date", "today")} | {
    ("time", "time"),
    ("time", "time_ns"),
    ("time", "localtime"),
    ("time", "gmtime"),
}


def test_every_room_is_there() -> None:
    present = {room_of(path) for path in modules()}
    assert sorted(set(ROOMS) - present) == []


def test_every_module_stands_in_a_room() -> None:
    assert [str(path) for path in modules() if room_of(path) not in ROOMS] == []


def test_imports_point_only_downward() -> None:
    found = [fault for path in modules() for fault in faults(path.read_text(), path)]
    assert found == []


def test_the_table_itself_has_no_circle() -> None:
    placed: set[str] = set()
    while ready := {name for name, room in ROOMS.items() if name not in placed and room.rooms <= placed}:
        placed |= ready
    assert placed == set(ROOMS)


@pytest.mark.parametrize(
    ("module", "planted", "expected"),
    [
        ("core/gate.py", "import asyncio", "core/gate.py:1: core imports asyncio"),
        ("core/gate.py", "from sessionhours.store import tables", "core imports sessionhours.store"),
        ("core/gate.py", "from sessionhours import store", "core imports sessionhours.store"),
        ("core/gate.py", "from ..store import tables", "core imports sessionhours.store"),
        ("core/gate.py", "def late():\n    import sessionhours.desk.intake", "core/gate.py:2: core imports"),
        ("core/gate.py", "if TYPE_CHECKING:\n    from httpx import Client", "core imports httpx"),
        ("core/gate.py", "import importlib\nimportlib.import_module('httpx')", "core imports httpx"),
        ("core/gate.py", "now = datetime.now(UTC)", "core asks the clock: datetime.now"),
        ("core/gate.py", "now = dt.datetime.utcnow()", "core asks the clock: datetime.utcnow"),
        ("desk/intake.py", "from time import time", "desk asks the clock: time.time"),
        (
            "desk/outbox.py",
            "from sessionhours.whatsapp.client import Client",
            "desk imports sessionhours.whatsapp",
        ),
        ("server/api.py", "from sqlmodel import select", "server imports sqlmodel"),
        (
            "simulator/graph.py",
            "from sessionhours.errors import Fault",
            "simulator imports sessionhours.errors",
        ),
        ("simulator/graph.py", "from sessionhours import __version__", "simulator imports sessionhours"),
        ("simulator/graph.py", "import msgspec", "simulator imports msgspec"),
        ("schedulefile.py", "import starlette", "config imports starlette"),
    ],
)
def test_a_planted_import_is_found(module: str, planted: str, expected: str) -> None:
    [fault] = faults(planted, PACKAGE / module)
    assert expected in fault


@pytest.mark.parametrize(
    ("module", "planted"),
    [
        (
            "core/schedule.py",
            "from dateutil.rrule import rrule\nfrom urllib.parse import quote\nfrom .words import span",
        ),
        ("core/schedule.py", "from datetime import datetime, time\ndatetime.combine(day, time(15))"),
        ("store/tables.py", "import sqlmodel\nfrom sessionhours.core.message import Message"),
        ("config.py", "from sessionhours.schedulefile_text import read"),
        ("cli.py", "from sessionhours import __version__\nnow = datetime.now(UTC)"),
    ],
)
def test_what_the_table_allows_is_no_fault(module: str, planted: str) -> None:
    assert faults(planted, PACKAGE / module) == []


def modules() -> list[Path]:
    return sorted(PACKAGE.rglob("*.py"))


def room_of(path: Path) -> str:
    return room_named(path.relative_to(PACKAGE).parts[0].removesuffix(".py"))


def room_named(name: str) -> str:
    return next((room for part, room in PARTS.items() if name.startswith(part)), name)


def faults(source: str, path: Path) -> list[str]:
    """What this module does that its room may not, each as FILE:LINE: sentence."""
    name = room_of(path)
    room = ROOMS[name]
    where = path.relative_to(PACKAGE)
    tree = ast.parse(source)
    found = [
        f"{where}:{line}: {name} imports {target}"
        for line, target in imports(tree, path)
        if not allowed(target, name, room)
    ]
    if not room.clock:
        found += [f"{where}:{line}: {name} asks the clock: {call}" for line, call in clock_calls(tree)]
    return found


def allowed(target: str, name: str, room: Room) -> bool:
    first, *rest = target.split(".")
    if first == "sessionhours":
        return room_named(rest[0]) in room.rooms | {name} if rest else name != "simulator"
    if any(f"{target}.".startswith(f"{never}.") for never in room.never):
        return False
    return first in sys.stdlib_module_names or room.libraries is None or first in room.libraries


def imports(tree: ast.Module, path: Path) -> Iterator[tuple[int, str]]:
    """Every module imported anywhere in the file, in functions and under TYPE_CHECKING too."""
    for node in ast.walk(tree):
        match node:
            case ast.Import():
                yield from ((node.lineno, alias.name) for alias in node.names)
            case ast.ImportFrom():
                yield from ((node.lineno, target) for target in sorted(from_targets(node, path)))
            case ast.Call(args=[ast.Constant(value=str() as target), *_]) if "import" in ast.unparse(
                node.func
            ):
                yield node.lineno, target


def from_targets(node: ast.ImportFrom, path: Path) -> set[str]:
    module = node.module or ""
    if node.level:
        package = ["sessionhours", *path.relative_to(PACKAGE).parent.parts]
        module = ".".join(package[: len(package) - node.level + 1] + ([module] if module else []))
    if module != "sessionhours":
        return {module}
    return {f"{module}.{alias.name}" if room_named(alias.name) in ROOMS else module for alias in node.names}


def clock_calls(tree: ast.Module) -> Iterator[tuple[int, str]]:
    """Every mention of a function that says what time it is."""
    for node in ast.walk(tree):
        match node:
            case ast.Attribute(value=ast.Name(id=owner) | ast.Attribute(attr=owner), attr=name):
                if (owner, name) in TIME:
                    yield node.lineno, f"{owner}.{name}"
            case ast.ImportFrom(module="time"):
                yield from (
                    (node.lineno, f"time.{alias.name}")
                    for alias in node.names
                    if ("time", alias.name) in TIME
                )
