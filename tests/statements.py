"""Which test proves which statement: `@pytest.mark.proves("AC-9")` held against statements.txt.

Exits 1 where a promised statement has no test, or a mark names one that stands in no catalogue.
"""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterator
from pathlib import Path

HERE = Path(__file__).parent

# How far each catalogue counts: five towns, acceptance criteria, parity, novelties, faults, attacks.
CATALOGUES = {
    "BZ-": 14, "GO-": 17, "KA-": 13, "WA-": 8, "AH-": 10, "AC-": 62, "P": 50, "N": 34, "F": 89, "C": 77
}  # fmt: skip


def main() -> int:
    promised = read_promised((HERE / "statements.txt").read_text())
    proved = all_marks()
    beyond = [statement for statement in proved if statement not in promised]
    for statement in [*promised, *beyond]:
        print(f"{statement:6} {f'{chr(10)}       '.join(proved.get(statement, ['-']))}")
    return _verdict(promised, proved)


def read_promised(text: str) -> list[str]:
    """The ids in the order of the file; what follows a # is a remark."""
    return [statement for line in text.splitlines() for statement in line.split("#")[0].split()]


def is_known(statement: str) -> bool:
    """Whether a catalogue has such an id."""
    parts = re.fullmatch(r"([A-Z]+-?)([1-9]\d*)", statement)
    return parts is not None and int(parts[2]) <= CATALOGUES.get(parts[1], 0)


def all_marks() -> dict[str, list[str]]:
    """Statement -> the tests that claim to prove it, as FILE::TEST."""
    proved: dict[str, list[str]] = {}
    for path in sorted(HERE.rglob("test_*.py")):
        for statement, test in marks(path.read_text()):
            proved.setdefault(statement, []).append(f"{path.relative_to(HERE.parent)}::{test}")
    return proved


def marks(source: str) -> Iterator[tuple[str, str]]:
    """Each (statement, name of the test) of a test module."""
    tree = ast.parse(source)
    for node in tree.body:
        if isinstance(node, ast.ClassDef):
            yield from _marked(node.decorator_list, node.name)
            yield from (mark for inner in node.body for mark in _of_function(inner))
        elif isinstance(node, ast.Assign):
            yield from _marked([node.value], "every test")
        yield from _of_function(node)


def _of_function(node: ast.stmt) -> Iterator[tuple[str, str]]:
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name.startswith("test"):
        yield from _marked(node.decorator_list, node.name)


def _marked(expressions: list[ast.expr], test: str) -> Iterator[tuple[str, str]]:
    for expression in expressions:
        for node in ast.walk(expression):
            match node:
                case ast.Call(func=ast.Attribute(attr="proves"), args=arguments):
                    yield from ((ast.literal_eval(argument), test) for argument in arguments)


def _verdict(promised: list[str], proved: dict[str, list[str]]) -> int:
    missing = [statement for statement in promised if statement not in proved]
    unknown = [statement for statement in proved if not is_known(statement)]
    print(f"\n{len(promised) - len(missing)} of {len(promised)} promised statements proved")
    if missing:
        print("without a test:", " ".join(missing), file=sys.stderr)
    for statement in unknown:
        print(
            f"{statement} stands in no catalogue, but marks {', '.join(proved[statement])}", file=sys.stderr
        )
    return 1 if missing or unknown else 0


if __name__ == "__main__":
    sys.exit(main())
