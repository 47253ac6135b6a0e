"""Webhooks through the door: answered, stored, applied, pushed; against doors that store nothing."""

from __future__ import annotations

import contextlib
from collections import defaultdict
from pathlib import Path
from statistics import median

from bench import load
from bench.scale import Scale
from bench.servers import Server, running
from bench.table import Row, Section, ratio

TITLE = "Webhook → 200, {connections} connections; ours durable (SQLite, synchronous=FULL) and applied"
BARE = "a Starlette route that verifies the same HMAC and stores nothing"
PYWA = "pywa 4.5.0 on Starlette, a handler that stores nothing"

Results = dict[str, list[dict[str, float]]]


def measure(folder: Path, scale: Scale) -> Section:
    """Every server in turn, ``scale.rounds`` times; the first turn warms up and does not count."""
    results: Results = defaultdict(list)
    with contextlib.ExitStack() as stack:
        servers = {
            kind: stack.enter_context(running(kind, folder, scale.consoles))
            for kind in ("bare", "pywa", "hours")
        }
        first = 0
        for turn in range(scale.rounds + 1):
            for name, server, count, consoles in _turn(servers, scale, warm=turn > 0):
                result = _once(server, count, first, consoles)
                first += count if server.database else 0
                if turn > 0:
                    results[name].append({**result, "count": count})
    return Section(TITLE.format(connections=load.CONNECTIONS), list(_rows(results, scale)))


def _turn(servers: dict[str, Server], scale: Scale, *, warm: bool) -> list[tuple[str, Server, int, int]]:
    count = scale.requests if warm else scale.requests // 3
    return [
        ("bare", servers["bare"], count * scale.bare, 0),
        ("alone", servers["hours"], count, 0),
        ("pywa", servers["pywa"], count, 0),
        ("watched", servers["hours"], count, scale.consoles),
    ]


def _once(server: Server, count: int, first: int, consoles: int) -> dict[str, float]:
    plan = load.Plan(
        "door",
        server.port,
        server.pid,
        count=count,
        first=first,
        consoles=consoles,
        cookies=server.cookies,
        database=server.database,
    )
    return load.run(plan)


def _rows(results: Results, scale: Scale) -> list[Row]:
    consoles = f"{scale.consoles} consoles"
    return [
        _row(results, "alone", "bare", "answered, no console", BARE),
        _row(results, "watched", "bare", f"answered, {consoles} listening", BARE),
        _row(
            results,
            "watched",
            "bare",
            f"stored, applied and on {consoles}",
            BARE,
            "settled",
            "reach 0.35, aim 0.45",
        ),
        _processor_row(results, "watched", f"requests a second of CPU, on {consoles}", BARE),
        _row(results, "alone", "pywa", "answered, no console", PYWA),
        _row(
            results, "watched", "pywa", f"stored, applied and on {consoles}", PYWA, "settled", "more than 1"
        ),
    ]


def _row(
    results: Results,
    ours: str,
    theirs: str,
    measured: str,
    against: str,
    until: str = "answered",
    goal: str = "",
) -> Row:
    mine, others = _rates(results[ours], until), _rates(results[theirs], "answered")
    figures = (
        f"{median(mine):,.0f}/s : {median(others):,.0f}/s;  server CPU a request "
        f"{_micros(results[ours])} µs : {_micros(results[theirs])} µs"
    )
    return Row(measured, against, ratio(mine, others), figures, goal)


def _processor_row(results: Results, ours: str, measured: str, against: str) -> Row:
    """The same by what the server's process used: it holds where others use the machine at the same time."""
    mine, others = ([1 / result["cpu"] for result in results[name]] for name in (ours, "bare"))
    return Row(measured, against, ratio(mine, others), f"{median(mine):,.0f} : {median(others):,.0f}")


def _rates(results: list[dict[str, float]], until: str) -> list[float]:
    return [result["count"] / result[until] for result in results]


def _micros(results: list[dict[str, float]]) -> str:
    return f"{median(result['cpu'] for result in results) * 1e6:,.0f}"
