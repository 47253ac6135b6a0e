"""A fast HTTP client: requests that are ready go out one after the other on kept connections."""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Callable, Iterator
from typing import Any

_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)


class Connection(asyncio.Protocol):
    """One connection. ``answered`` is called with each whole response and may send the next request."""

    def __init__(self, answered: Callable[[Connection, bytes], None]) -> None:
        self.answered = answered
        self.transport: Any = None
        self._buffer = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Ready."""
        self.transport = transport

    def send(self, request: bytes) -> None:
        """Send a request; the one before it has been answered."""
        self.transport.write(request)

    def data_received(self, data: bytes) -> None:
        """Wait for head and body."""
        self._buffer += data
        head = self._buffer.find(b"\r\n\r\n")
        if head < 0:
            return
        length = _LENGTH.search(self._buffer, 0, head)
        if length is None or len(self._buffer) < head + 4 + int(length[1]):
            return
        response, self._buffer = self._buffer, b""
        self.answered(self, response)


async def connect(port: int, count: int, answered: Callable[[Connection, bytes], None]) -> list[Connection]:
    """Open ``count`` connections."""
    loop = asyncio.get_running_loop()
    pairs = [
        await loop.create_connection(lambda: Connection(answered), "127.0.0.1", port) for _ in range(count)
    ]
    return [connection for _, connection in pairs]


async def send_all(port: int, connections: int, requests: list[bytes]) -> tuple[float, float]:
    """Send every request as fast as the answers come. Returns when it began and when the last 200 was here.

    Raises `RuntimeError` at any other answer.
    """
    finished = asyncio.get_running_loop().create_future()
    waiting, missing = iter(requests), len(requests)

    def answered(connection: Connection, response: bytes) -> None:
        nonlocal missing
        missing -= 1
        if not response.startswith(b"HTTP/1.1 200") and not finished.done():
            finished.set_exception(RuntimeError(f"not a 200: {response[:200]!r}"))
        elif missing == 0 and not finished.done():
            finished.set_result(None)
        _send_next(connection, waiting)

    opened = await connect(port, min(connections, len(requests)), answered)
    begun = _now()
    for connection in opened:
        _send_next(connection, waiting)
    await finished
    return begun, _now()


def _send_next(connection: Connection, waiting: Iterator[bytes]) -> None:
    request = next(waiting, None)
    if request is not None:
        connection.send(request)


def _now() -> float:
    return time.perf_counter()
