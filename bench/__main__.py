"""`make bench`: the table of speed and size. `make bench ARGS=--quick` for a first look, ARGS=door for one part."""

from __future__ import annotations

import argparse
import signal
import sys
import tempfile
import time
from pathlib import Path

from bench import delay, door, fanout, idle, machine, reads
from bench.scale import FULL, QUICK, TINY

PARTS = {part.__name__.removeprefix("bench."): part.measure for part in (door, delay, fanout, reads, idle)}
SCALES = {"full": FULL, "quick": QUICK, "tiny": TINY}

HEAD = "sessionhours: speed and size. Every × is ours over theirs, medians of what was measured in turn in this run."


def main() -> None:
    """Measure the parts that were asked for and print each as it is done."""
    asked = _arguments()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that no server outlives this process
    begun = time.perf_counter()
    with tempfile.TemporaryDirectory(prefix="sessionhours-bench-", dir=asked.folder) as folder:
        print(HEAD, machine.described(Path(folder)), sep="\n", flush=True)
        for part in asked.parts or PARTS:
            print(PARTS[part](Path(folder) / part, SCALES[asked.scale]), flush=True)
    print(f"\n{time.perf_counter() - begun:.0f} s")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("parts", nargs="*", choices=[*PARTS, []], help="all, if none is named")
    parser.add_argument("--quick", dest="scale", action="store_const", const="quick", default="full")
    parser.add_argument("--tiny", dest="scale", action="store_const", const="tiny")
    parser.add_argument(
        "--folder", type=Path, help="on which disk to store; the system's temporary folder if not given"
    )
    return parser.parse_args()


if __name__ == "__main__":
    main()
