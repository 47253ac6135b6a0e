"""A server to measure, on a core of its own: `python -m bench.serve KIND PORT_FD CONTROL_FD FOLDER`.

It says "ready" on standard output once it serves.
"""

from __future__ import annotations

import asyncio
import logging
import socket
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import uvicorn
import uvloop

from bench import rivals
from bench.machine import cores, pin
from bench.office import office
from sessionhours.app_serving import SERVER
from sessionhours.store.events import Committed

#: Sends so many frames to every socket, giving them a turn after each.
Tell = Callable[[int], Awaitable[None]]

#: The number of a frame in the fan-out begins here, so that all are of the same length.
FIRST = 1_000_000

PADDING = '{"text":"' + "Guten Tag " * 39 + '"}'


def main() -> None:
    """Serve until told to stop."""
    kind, folder = sys.argv[1], Path(sys.argv[4])
    listener, control = (socket.socket(fileno=int(number)) for number in sys.argv[2:4])
    pin(cores()[0])
    logging.basicConfig(level=logging.WARNING)
    if kind == "broadcast":
        uvloop.run(rivals.broadcast(listener, control, serve_control))
    else:
        app, tell = _application(kind, folder)
        Served(uvicorn.Config(app, **SERVER), control, tell).run([listener])  # type: ignore[arg-type]


def _application(kind: str, folder: Path) -> tuple[Any, Tell | None]:
    match kind:
        case "hours":
            app = office(folder)
            return app, None
        case "hub":
            app = office(folder)
            app.live.present = lambda town: (
                None
            )  # who comes and goes is told to all: not what is measured here
            return app, lambda count: tell(app, count)
        case "bare":
            return rivals.bare(), None
        case "pywa":
            return rivals.pywa(), None
        case "synced":
            return rivals.synced(folder), None
    raise ValueError(kind)


class Served(uvicorn.Server):
    """A server that says when it is ready, and hears what it should tell its sockets."""

    def __init__(self, config: uvicorn.Config, control: socket.socket, tell: Tell | None) -> None:
        super().__init__(config)
        self.control, self.tell = control, tell

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Everything is there."""
        await super().startup(sockets)
        await serve_control(self.control, self.tell)


async def serve_control(control: socket.socket, tell: Tell | None) -> None:
    """Hear "COUNT" lines, tell so many frames, say "done"."""

    async def asked(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while line := await reader.readline():
            if tell is not None:
                await tell(int(line))
            writer.write(b"done\n")

    await asyncio.start_server(asked, sock=control)
    print("ready", flush=True)


async def tell(app: Any, count: int) -> None:
    """Let the hub send made-up events, each as a frame of its own; they are stored nowhere."""
    (town,) = app.schedules()
    at = 1_800_000_000_000
    for seq in range(FIRST, FIRST + count):
        app.hub.relay(town, [Committed(town, seq, "message.created", at, PADDING)])
        await asyncio.sleep(0)


if __name__ == "__main__":
    main()
