"""The process when nobody does anything: how soon it listens, what it holds, what it uses."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from pathlib import Path
from statistics import median

from bench import office
from bench.machine import cpu_seconds, memory
from bench.scale import Scale
from bench.servers import TOP, stop
from bench.table import Row, Section

#: Seconds to wait for the first answer, and before the look at an idle process.
PATIENCE, SETTLING = 30.0, 1.0


def measure(folder: Path, scale: Scale) -> Section:
    """`sessionhours serve`, started several times on the same folder; the last one is left alone for a while."""
    folder = folder / "idle"
    folder.mkdir(parents=True)
    office.prepare(folder, 1)
    starts = []
    for _ in range(scale.starts - 1):
        process, seconds = _started(folder)
        stop(process)
        starts.append(seconds)
    process, seconds = _started(folder)
    try:
        held, used = _watched(process.pid, scale.idle)
    finally:
        stop(process)
    return Section("Alone: `sessionhours serve`, idle", _rows([*starts, seconds], held, used, scale))


def _rows(starts: list[float], held: int, used: float, scale: Scale) -> list[Row]:
    megabytes, percent = held / 1e6, used * 100
    return [
        Row("until it listens", "", None, f"{median(starts):.2f} s, median of {len(starts)} starts"),
        Row("memory", "", None, f"{megabytes:.0f} MB resident", "65, at most 90"),
        Row("processor", "", None, f"{percent:.2f} % of a core over {scale.idle:g} s", "0.4, at most 1"),
    ]


def _started(folder: Path) -> tuple[subprocess.Popen[str], float]:
    port = _free_port()
    command = [sys.executable, "-m", "sessionhours", "serve", "--port", str(port)]
    command += ["--schedule", str(office.schedule(folder))]
    begun = time.perf_counter()
    environ = {**os.environ, **office.environ(folder)}
    process = subprocess.Popen(command, cwd=TOP, env=environ, stderr=subprocess.DEVNULL, text=True)
    while not _listens(port):
        if process.poll() is not None or time.perf_counter() - begun > PATIENCE:
            stop(process)
            raise RuntimeError("sessionhours serve does not start")
        time.sleep(0.002)
    return process, time.perf_counter() - begun


def _watched(pid: int, seconds: float) -> tuple[int, float]:
    """Bytes resident, and the share of a core used."""
    time.sleep(SETTLING)
    before, begun = cpu_seconds(pid), time.perf_counter()
    time.sleep(seconds)
    return memory(pid), (cpu_seconds(pid) - before) / (time.perf_counter() - begun)


def _free_port() -> int:
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        port: int = bound.getsockname()[1]
        return port


def _listens(port: int) -> bool:
    with socket.socket() as tried:
        return tried.connect_ex(("127.0.0.1", port)) == 0
