"""One event to many sockets: our hub and our sockets against the websockets library's own broadcast."""

from __future__ import annotations

from pathlib import Path
from statistics import median

from bench import load
from bench.scale import Scale
from bench.servers import Server, running
from bench.table import Row, Section

AGAINST = "websockets.broadcast on the websockets library's own server"

#: Frames that the server is asked for at once: fewer than one slow socket may have waiting.
BURST = 200

#: What to reach with so many sockets.
GOALS = {1: "reach 0.8", 10: "reach 0.8", 100: "reach 0.7", 1000: "reach 0.6"}

#: Agents that the sockets belong to.
AGENTS = 20

#: Most bursts of a round: one socket alone would take long over more.
MOST_BURSTS = 100


def measure(folder: Path, scale: Scale) -> Section:
    """Each number of sockets, both servers in turn."""
    with running("broadcast", folder) as broadcast, running("hub", folder, AGENTS) as hub:
        rows = [_row(broadcast, hub, sockets, scale) for sockets in scale.sockets]
    return Section("Fan-out, frames of 509 bytes, no deflate; every frame counted where it arrives", rows)


def _row(broadcast: Server, hub: Server, sockets: int, scale: Scale) -> Row:
    ours, theirs = [], []
    for _ in range(min(scale.rounds, 3)):
        theirs.append(_once(broadcast, sockets, scale))
        ours.append(_once(hub, sockets, scale))
    figures = (
        f"{_median(ours, 'rate'):,.0f} : {_median(theirs, 'rate'):,.0f} frames/s;  server CPU a frame "
        f"{_micros(ours)} µs : {_micros(theirs)} µs"
    )
    shown = f"{sockets:,} socket{'s' if sockets > 1 else ''}"
    return Row(
        shown, AGAINST, _median(ours, "rate") / _median(theirs, "rate"), figures, GOALS.get(sockets, "")
    )


def _once(server: Server, sockets: int, scale: Scale) -> dict[str, float]:
    burst = max(1, min(BURST, scale.frames // sockets))
    plan = load.Plan(
        "fanout",
        server.port,
        server.pid,
        count=max(1, min(scale.frames // (burst * sockets), MOST_BURSTS)),
        consoles=sockets,
        cookies=server.cookies,
        hello=server.kind == "hub",
        control=server.control,
        burst=burst,
    )
    return load.run(plan)


def _median(results: list[dict[str, float]], name: str) -> float:
    return median(result[name] for result in results)


def _micros(results: list[dict[str, float]]) -> str:
    return f"{median(result['cpu'] / result['frames'] for result in results) * 1e6:.1f}"
