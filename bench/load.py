"""The load, in a process and on a core of its own: `python -m bench.load PLAN`, a plan and a result as JSON."""

from __future__ import annotations

import asyncio
import dataclasses
import json
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pysqlite3
import uvloop

from bench.citizens import requests
from bench.listener import listen
from bench.machine import cores, cpu_seconds, pin
from bench.paced import paced
from bench.sender import send_all

#: Seconds that one load may take.
PATIENCE = 90.0

#: A server is quiet when so many seconds cost it less than one tick more than nothing.
QUIET = 0.1

#: Seconds between two looks at the server's database.
LOOK = 0.005

CONNECTIONS = 32


@dataclass(frozen=True)
class Plan:
    """What to do with which server. ``database`` is the file to watch, ``first`` the number of the first message."""

    what: str
    port: int
    pid: int
    count: int = 0
    first: int = 0
    consoles: int = 0
    cookies: list[str] = field(default_factory=list)
    database: str | None = None
    hello: bool = True
    rate: float = 50.0
    control: int = 0
    burst: int = 200


def run(plan: Plan) -> dict[str, Any]:
    """Run a plan in a process of its own. Raises `RuntimeError` with what it said when it failed."""
    command = [sys.executable, "-m", "bench.load", json.dumps(dataclasses.asdict(plan))]
    done = subprocess.run(command, cwd=Path(__file__).parent.parent, capture_output=True, text=True)
    if done.returncode:
        raise RuntimeError(f"the load failed:\n{done.stderr[-2000:]}")
    result: dict[str, Any] = json.loads(done.stdout)
    return result


async def door(plan: Plan) -> dict[str, float]:
    """As many webhooks as go through: until the last 200, and until all is applied and on every console."""
    wanted = list(requests(plan.first, plan.count, int(time.time())))
    heard = Heard(b'"name":"message.created"', plan.count * plan.consoles)
    consoles = await listen(plan.port, plan.consoles, plan.cookies, heard)
    cpu = await quiet(plan.pid)
    begun, answered = await send_all(plan.port, CONNECTIONS, wanted)
    applied = await _applied(plan, answered)
    told = await heard.all() if consoles else applied
    used = await quiet(plan.pid) - cpu
    return {
        "answered": answered - begun,
        "settled": max(applied, told) - begun,
        "cpu": max(used, 0.01) / plan.count,
    }


async def fanout(plan: Plan) -> dict[str, float]:
    """Frames to many sockets: bursts that the server is asked for, the next when all of the last have come."""
    heard = Heard(b'"name":"message.created"', 0)
    await listen(plan.port, plan.consoles, plan.cookies, heard, hello=plan.hello)
    reader, writer = await asyncio.open_connection("127.0.0.1", plan.control)
    cpu, begun = await quiet(plan.pid), time.perf_counter()
    for number in range(plan.count):
        heard.expect(plan.burst * plan.consoles * (number + 1))
        writer.write(b"%d\n" % plan.burst)
        await heard.all()
        assert await reader.readline() == b"done\n"
    seconds = time.perf_counter() - begun
    return {"rate": heard.count / seconds, "frames": heard.count, "cpu": cpu_seconds(plan.pid) - cpu}


class Heard:
    """Counts an expression in what the sockets get, and says when enough has come."""

    def __init__(self, sign: bytes, wanted: int) -> None:
        self.sign, self.wanted, self.count, self.last = sign, wanted, 0, 0.0
        self._enough = asyncio.Event()

    def __call__(self, payload: bytes) -> None:
        """One more frame."""
        found = payload.count(self.sign)
        if found:
            self.count += found
            if self.count >= self.wanted:
                self.last = time.perf_counter()
                self._enough.set()

    def expect(self, wanted: int) -> None:
        """Wait for so many in all."""
        self.wanted = wanted
        self._enough.clear()

    async def all(self) -> float:
        """Wait; returns when the last one came. Raises `RuntimeError` when there were more than expected."""
        await self._enough.wait()
        if self.count != self.wanted:
            raise RuntimeError(f"{self.count} frames instead of {self.wanted}")
        return self.last


async def quiet(pid: int) -> float:
    """Wait until a process does nothing that can be seen; returns the seconds of CPU that it has used."""
    before = cpu_seconds(pid)
    while True:
        await asyncio.sleep(QUIET)
        used = cpu_seconds(pid)
        if used - before <= 0.01:
            return used
        before = used


async def _applied(plan: Plan, answered: float) -> float:
    """When nothing waits in the intake log any more; servers that store nothing are done when they have answered."""
    if plan.database is None:
        return answered
    connection = pysqlite3.connect(plan.database)
    while connection.execute("select 1 from intake where state = 'new' limit 1").fetchone():  # noqa: ASYNC110
        await asyncio.sleep(LOOK)
    applied = time.perf_counter()
    (stored,) = connection.execute("select count(*) from message").fetchone()
    connection.close()
    if stored != plan.first + plan.count:
        raise RuntimeError(f"{stored} messages are stored instead of {plan.first + plan.count}")
    return applied


WORK: dict[str, Callable[[Plan], Any]] = {"door": door, "fanout": fanout, "paced": paced}


async def main() -> None:
    """Do what the plan says, on the load's core."""
    plan = Plan(**json.loads(sys.argv[1]))
    pin(cores()[1])
    _end_at_the_first_error()
    async with asyncio.timeout(PATIENCE):
        print(json.dumps(await WORK[plan.what](plan)))


def _end_at_the_first_error() -> None:
    """What goes wrong in a callback would else be waited for until the patience is over."""
    loop, task = asyncio.get_running_loop(), asyncio.current_task()
    assert task is not None

    def failed(loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        loop.default_exception_handler(context)
        task.cancel()

    loop.set_exception_handler(failed)


if __name__ == "__main__":
    uvloop.run(main())
