"""Servers in processes of their own, each with a folder that is gone afterwards."""

from __future__ import annotations

import contextlib
import socket
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from bench import office

TOP = Path(__file__).parent.parent

#: Kinds that are our own server, on a prepared database.
OURS = ("hours", "hub")

#: Seconds that a server may take to stop by itself.
PATIENCE = 15


@dataclass(frozen=True)
class Server:
    """A running server."""

    kind: str
    port: int
    control: int
    pid: int
    folder: Path
    cookies: list[str]

    @property
    def database(self) -> str | None:
        """The file that it stores in, if it stores."""
        return str(office.database(self.folder)) if self.kind in OURS else None


@contextlib.contextmanager
def running(kind: str, folder: Path, consoles: int = 0) -> Iterator[Server]:
    """A server of this kind, ready. Raises `RuntimeError` when it does not start."""
    folder = folder / kind
    folder.mkdir(parents=True)
    cookies = office.prepare(folder, consoles) if kind in OURS else []
    with _bound() as listener, _bound() as control:
        process = _start(kind, folder, listener, control)
        try:
            assert process.stdout is not None
            if process.stdout.readline() != "ready\n":
                raise RuntimeError(f"{kind} does not start")
            yield Server(kind, _port(listener), _port(control), process.pid, folder, cookies)
        finally:
            stop(process)


def _start(kind: str, folder: Path, listener: socket.socket, control: socket.socket) -> subprocess.Popen[str]:
    passed = (listener.fileno(), control.fileno())
    command = [sys.executable, "-m", "bench.serve", kind, *map(str, passed), str(folder)]
    return subprocess.Popen(command, cwd=TOP, pass_fds=passed, stdout=subprocess.PIPE, text=True)


def stop(process: subprocess.Popen[str]) -> None:
    """End a process that was started here, by force if it takes too long."""
    process.terminate()
    try:
        process.wait(PATIENCE)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    if process.stdout is not None:
        process.stdout.close()


def _bound() -> socket.socket:
    bound = socket.socket()
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    bound.bind(("127.0.0.1", 0))
    bound.listen(2048)
    return bound


def _port(bound: socket.socket) -> int:
    port: int = bound.getsockname()[1]
    return port
