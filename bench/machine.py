"""The machine: what it is, which core does what, what a process has used."""

from __future__ import annotations

import os
import platform
import time
from importlib.metadata import version
from pathlib import Path
from statistics import median

LIBRARIES = ("uvicorn", "starlette", "websockets", "sqlmodel", "pywa")
TICKS = os.sysconf("SC_CLK_TCK")
PAGE = os.sysconf("SC_PAGE_SIZE")


def cores() -> tuple[int, int]:
    """The server's core and the load's; the same where there is only one."""
    allowed = sorted(os.sched_getaffinity(0))
    return allowed[0], allowed[1 % len(allowed)]


def pin(core: int) -> None:
    """Keep this process, and every thread that it starts, on one core."""
    os.sched_setaffinity(0, {core})


def cpu_seconds(pid: int) -> float:
    """What a process has used so far, in user and system mode; exact to a hundredth of a second."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


def memory(pid: int) -> int:
    """Resident bytes of a process."""
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * PAGE


def described(folder: Path) -> str:
    """The machine in two lines, for below the table."""
    server, load = cores()
    python = f"Python {platform.python_version()}, " + ", ".join(f"{one} {version(one)}" for one in LIBRARIES)
    place = f"server on core {server}, load on core {load}" if server != load else "ONE CORE FOR ALL"
    return (
        f"{len(os.sched_getaffinity(0))} cores ({cpu_model()}), {place}; load average {os.getloadavg()[0]:.1f} at the start\n"
        f"{python}; 4 KiB fdatasync {fdatasync(folder) * 1000:.2f} ms"
    )


def cpu_model() -> str:
    """The processor's name."""
    lines = Path("/proc/cpuinfo").read_text().splitlines()
    return next(
        (line.partition(":")[2].strip() for line in lines if line.startswith("model name")), "unknown"
    )


def fdatasync(folder: Path, times: int = 50) -> float:
    """Seconds that 4 KiB take to the disk of ``folder``: what every durable commit waits for."""
    descriptor = os.open(folder / "fdatasync", os.O_CREAT | os.O_WRONLY)
    try:
        return median(_synced(descriptor, number) for number in range(times))
    finally:
        os.close(descriptor)


def _synced(descriptor: int, number: int) -> float:
    begun = time.perf_counter()
    os.pwrite(descriptor, bytes([number % 256]) * 4096, number * 4096)
    os.fdatasync(descriptor)
    return time.perf_counter() - begun
