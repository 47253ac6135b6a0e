"""A PostgreSQL cluster of the tests' own: made in a temporary folder, on a free port, gone afterwards."""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg

STARTS_WITHIN = 30.0  # seconds


def free_port() -> int:
    """A TCP port on 127.0.0.1 that nobody listens on at this moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def cluster() -> Iterator[str]:
    """Run a fresh cluster and yield the connection string of its superuser, `postgresql://…/postgres`."""
    folder = Path(tempfile.mkdtemp(prefix="sessionhours-pg-"))
    port = free_port()
    try:
        _initialise(folder)
        server = _start(folder, port)
        try:
            url = f"postgresql://postgres@127.0.0.1:{port}/postgres"
            _wait_until_ready(url, server, folder)
            yield url
        finally:
            server.send_signal(signal.SIGINT)
            server.wait(timeout=STARTS_WITHIN)
    finally:
        shutil.rmtree(folder)


def _initialise(folder: Path) -> None:
    if user := _unprivileged():
        shutil.chown(folder, user)
    data = str(folder / "data")
    options = ["--no-sync", "--auth=trust", "--username=postgres", "--encoding=UTF8", "--locale=C"]
    result = subprocess.run(
        [_program("initdb"), "-D", data, *options], user=user, cwd=folder, capture_output=True, text=True
    )
    if result.returncode:
        raise RuntimeError(f"initdb failed: {result.stderr}")


def _start(folder: Path, port: int) -> subprocess.Popen[bytes]:
    settings = {
        "listen_addresses": "127.0.0.1",
        "unix_socket_directories": str(folder),
        "max_connections": "200",
        "fsync": "off",  # the machine will not lose power on our account
    }
    options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
    command = [_program("postgres"), "-D", str(folder / "data"), "-p", str(port), *options]
    with (folder / "log").open("wb") as log:
        return subprocess.Popen(command, user=_unprivileged(), cwd=folder, stdout=log, stderr=log)


def _wait_until_ready(url: str, server: subprocess.Popen[bytes], folder: Path) -> None:
    deadline = time.monotonic() + STARTS_WITHIN
    while True:
        try:
            psycopg.connect(url, connect_timeout=2).close()
            return
        except psycopg.OperationalError as error:
            if server.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"PostgreSQL does not start: {(folder / 'log').read_text()}") from error
        time.sleep(0.02)


def _program(name: str) -> str:
    debian = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"), key=lambda path: int(path.parts[4]))
    found = str(debian[-1]) if debian else shutil.which(name)
    if not found:
        raise RuntimeError(f"{name} is not installed; `make test` installs it")
    return found


def _unprivileged() -> str | None:
    """The user to run as: PostgreSQL refuses to run as root."""
    if os.geteuid() != 0:
        return None
    known = {entry.pw_name for entry in pwd.getpwall()}
    return "postgres" if "postgres" in known else "nobody"
