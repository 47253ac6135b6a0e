"""From a citizen's POST until the message is on every console, against the least that keeps and tells."""

from __future__ import annotations

from pathlib import Path

from bench import load
from bench.scale import Scale
from bench.servers import Server, running
from bench.table import Row, Section, percentile

AGAINST = "a bare POST + 2 fdatasync + {consoles} bare websocket sends"

#: Messages a second.
RATE = 50

Times = dict[str, list[float]]


def measure(folder: Path, scale: Scale) -> Section:
    """Two turns each, alternately, after one short turn that does not count."""
    ours: Times = {"shown": [], "answered": []}
    theirs: Times = {"shown": [], "answered": []}
    with (
        running("synced", folder) as synced,
        running("hours", folder, scale.consoles) as hours,
    ):
        first = 0
        for seconds in (scale.seconds / 5, scale.seconds, scale.seconds):
            count = max(5, int(RATE * seconds))
            for times, server in ((theirs, synced), (ours, hours)):
                result = _once(server, count, first, scale.consoles)
                for name in times if first else ():
                    times[name] += result[name]
            first += count
    return Section(
        f"Message sent → on {scale.consoles} consoles, {RATE} a second", _rows(ours, theirs, scale)
    )


def _once(server: Server, count: int, first: int, consoles: int) -> Times:
    plan = load.Plan(
        "paced",
        server.port,
        server.pid,
        count=count,
        first=first,
        consoles=consoles,
        cookies=server.cookies,
        hello=server.kind == "hours",
        rate=RATE,
    )
    return load.run(plan)


def _rows(ours: Times, theirs: Times, scale: Scale) -> list[Row]:
    against = AGAINST.format(consoles=scale.consoles)
    return [
        _row("p50 until the last console has it", ours["shown"], theirs["shown"], 50, against),
        _row("p99 until the last console has it", ours["shown"], theirs["shown"], 99, against, "at most 3"),
        _row("p99 until the 200", ours["answered"], theirs["answered"], 99, against),
    ]


def _row(
    measured: str, ours: list[float], theirs: list[float], percent: int, against: str, goal: str = ""
) -> Row:
    mine, others = percentile(ours, percent), percentile(theirs, percent)
    figures = f"{mine * 1000:.2f} ms : {others * 1000:.2f} ms;  {len(ours)} messages each"
    return Row(measured, against, mine / others, figures, goal)
