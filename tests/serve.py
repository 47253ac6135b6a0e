"""The real server as a process of its own, on a clock that the test moves; it can be killed and started again.

Nothing of the product is replaced but the clock; with a step the process kills itself there (tests.faults.steps).
Processes come from a fork server that has read the program already, so a start is quick.
"""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import random
import signal
import socket
import threading
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from multiprocessing.connection import Connection
from multiprocessing.context import ForkServerProcess
from pathlib import Path

import httpx

from sessionhours.app import create_app
from sessionhours.app_serving import Serving
from sessionhours.app_staff import staff_of
from sessionhours.cli import log_to
from sessionhours.config import load_config, load_settings
from tests.fakes import until
from tests.faults import steps
from tests.tables import lay

ROOT = Path(__file__).parent.parent
SCHEDULE = ROOT / "schedule.toml"

SECRET = "invented-app-secret"
VERIFY = "invented-verify-token"
TOKEN = "invented-access-token"
PASSWORD = "ein langes Kennwort"

FORKS = multiprocessing.get_context("forkserver")
FORKS.set_forkserver_preload(["__main__", "tests.serve"])

#: The port has to be the same after a restart, so it is one that no client's end of a connection can take.
PORTS = range(20000, 32000)


class Clock:
    """This machine's clock, moved by the seconds that stand in a file; shared by everybody who reads the file."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __call__(self) -> datetime:
        return datetime.now(UTC) + timedelta(seconds=float(self.path.read_text()))

    def seconds(self) -> float:
        """The instant in Unix seconds."""
        return self().timestamp()

    def set(self, instant: datetime) -> None:
        """Let it be `instant` now; it runs on from there."""
        aside = self.path.with_suffix(".new")
        aside.write_text(repr((instant - datetime.now(UTC)).total_seconds()))
        aside.replace(self.path)


class Server:
    """One house: its folder, its address, its clock, and the process that serves it at the moment."""

    def __init__(self, folder: Path, *, now: datetime, graph: str, schedule: Path = SCHEDULE) -> None:
        self.folder, self.schedule = folder, schedule
        self.data, self.log = folder / "data", folder / "server.log"
        self.port = free_port()
        self.clock = Clock(folder / "clock")
        self.clock.set(now)
        self.environment = {
            "SESSIONHOURS_DATA_DIR": str(self.data),
            "WHATSAPP_ACCESS_TOKEN": TOKEN,
            "WHATSAPP_APP_SECRET": SECRET,
            "WHATSAPP_VERIFY_TOKEN": VERIFY,
            "WHATSAPP_GRAPH_URL": f"{graph}/v26.0",
        }
        self.data.mkdir(mode=0o700, exist_ok=True)
        lay(self.database)
        self.starts = 0
        self._process: ForkServerProcess | None = None

    @property
    def url(self) -> str:
        """Where it listens, now or again soon."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def webhook(self) -> str:
        """Where updates go."""
        return f"{self.url}/webhooks/whatsapp"

    @property
    def database(self) -> Path:
        """The SQLite file."""
        return self.data / "sessionhours.db"

    def employ(self, town: str, people: Iterable[tuple[str, str, str]]) -> None:
        """Let people log in: e-mail, name, role; the server need not have run yet."""
        with staff_of(load_settings(self.environment)) as staff:
            for email, name, role in people:
                now = self.clock()
                staff.add(town=town, email=email, name=name, roles=[role], password=PASSWORD, now=now)

    async def start(self, step: str = "") -> None:
        """Start the process and wait until it is ready; with `step` it will kill itself there."""
        self.spawn(step)
        async with httpx.AsyncClient(trust_env=False) as http:
            await until(lambda: self._ready(http), 60, "the server is ready", every=0.05)

    def spawn(self, step: str = "") -> None:
        """Start the process and do not wait."""
        assert not self.alive, "one server a house"
        lives, self._lives = FORKS.Pipe(duplex=False)
        arguments = (self.schedule, self.environment, self.clock, self.port, self.log, step, lives)
        self._process = FORKS.Process(target=serve, args=arguments, daemon=True)
        self._process.start()
        lives.close()
        self.starts += 1

    async def _ready(self, http: httpx.AsyncClient) -> bool:
        assert self.alive, f"the server did not start: {self.log.read_text()[-2000:]}"
        try:
            return (await http.get(f"{self.url}/readyz")).status_code == 200
        except httpx.TransportError:
            return False

    @property
    def alive(self) -> bool:
        """Whether the process runs."""
        return self._process is not None and self._process.is_alive()

    def kill(self) -> None:
        """`kill -9`, and nothing else: returns when the process is gone."""
        assert self._process is not None
        self._process.kill()
        self._gone()

    async def died(self) -> None:
        """Wait until the process has killed itself at its step."""
        await until(lambda: not self.alive, 60, "the server killed itself")
        assert self._gone() == -signal.SIGKILL, self.log.read_text()[-2000:]

    async def stop(self) -> None:
        """End it as a service manager does."""
        assert self._process is not None
        self._process.terminate()
        await self.ended()

    async def ended(self) -> None:
        """Wait until it has ended."""
        await until(lambda: not self.alive, 60, "the server ended")
        self._gone()

    def close(self) -> None:
        """Leave no process behind."""
        if self._process is not None:
            self.kill()

    def _gone(self) -> int:
        process, self._process = self._process, None
        assert process is not None
        process.join()
        self._lives.close()
        status = process.exitcode
        process.close()
        assert status is not None
        return status


def free_port() -> int:
    """A port that nobody listens on."""
    while True:
        port = random.choice(PORTS)
        with socket.socket() as listener, contextlib.suppress(OSError):
            listener.bind(("127.0.0.1", port))
            return port


def serve(
    schedule: Path,
    environment: dict[str, str],
    clock: Clock,
    port: int,
    log: Path,
    step: str,
    lives: Connection,
) -> None:
    """The process: serve until killed, or until the test that started this is gone."""
    threading.Thread(target=_end_with, args=[lives], daemon=True).start()
    with log.open("ab") as file:
        os.dup2(file.fileno(), 1)
        os.dup2(file.fileno(), 2)
    log_to("json")
    office = create_app(load_config(schedule, environment), clock=clock)
    if step:
        steps.arm(office, step)
    Serving(office, host="127.0.0.1", port=port).run()


def _end_with(lives: Connection) -> None:
    with contextlib.suppress(EOFError):
        lives.recv()
    os._exit(1)
