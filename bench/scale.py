"""How much is measured: enough to tell, bounded in count and time."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Scale:
    """``requests`` are those of one round at our door; the bare route, being faster, gets ``bare`` times as many."""

    rounds: int
    requests: int
    bare: int
    consoles: int
    seconds: float
    sockets: tuple[int, ...]
    frames: int
    messages: int
    conversations: int
    reads: int
    idle: float
    starts: int


#: `make bench`: about four minutes.
FULL = Scale(5, 6000, 3, 20, 5.0, (1, 10, 100, 1000), 100_000, 1_000_000, 50_000, 40, 6.0, 5)

#: `make bench ARGS=--quick`: about half a minute, to see the order of magnitude.
QUICK = Scale(2, 1500, 2, 20, 2.0, (1, 10, 100, 1000), 20_000, 100_000, 5_000, 15, 2.0, 2)

#: To see that everything runs.
TINY = Scale(1, 60, 1, 2, 0.4, (1, 3), 400, 3_000, 60, 3, 0.5, 1)
