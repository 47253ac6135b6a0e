"""A fast websocket client that only reads: a console as the server sees it."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from typing import Any

#: Sockets that are opened at the same time.
AT_ONCE = 25

_TEXT, _PING, _CLOSE = 1, 9, 8
_UPGRADE = (
    "GET /api/live HTTP/1.1\r\nhost: 127.0.0.1:{port}\r\norigin: http://127.0.0.1:{port}\r\n"
    "connection: Upgrade\r\nupgrade: websocket\r\nsec-websocket-version: 13\r\n"
    "sec-websocket-key: c2Vzc2lvbmhvdXJzIGJlbg==\r\ncookie: sessionhours={cookie}\r\n\r\n"
)


class Listener(asyncio.Protocol):
    """``heard`` is called with each text frame; ``ready`` is done once the server relays to this socket."""

    def __init__(self, upgrade: bytes, hello: bool, heard: Callable[[bytes], None]) -> None:
        self.upgrade, self.hello, self.heard = upgrade, hello, heard
        self.ready: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.transport: Any = None
        self._buffer = b""
        self._upgraded = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Ask for the websocket."""
        self.transport = transport
        self.transport.write(self.upgrade)

    def data_received(self, data: bytes) -> None:
        """Take whole frames."""
        self._buffer = self._buffer + data if self._buffer else data
        if self._upgraded or self._answered():
            self._frames()

    def connection_lost(self, exc: Exception | None) -> None:
        """A socket that ends before it was ready is an error."""
        if not self.ready.done():
            self.ready.set_exception(RuntimeError(f"the socket was closed: {exc} {self._buffer[:200]!r}"))

    def _answered(self) -> bool:
        head, end, rest = self._buffer.partition(b"\r\n\r\n")
        if not end or not head.startswith(b"HTTP/1.1 101"):
            return False
        self._upgraded, self._buffer = True, rest
        if self.hello:
            self._send(_TEXT, json.dumps({"type": "hello", "since": None}).encode())
        else:
            self.ready.set_result(None)
        return True

    def _frames(self) -> None:
        data, at, end = self._buffer, 0, len(self._buffer)
        while end - at >= 2:
            length, start = data[at + 1], at + 2
            if length == 126:
                length, start = int.from_bytes(data[at + 2 : at + 4], "big"), at + 4
            elif length == 127:
                length, start = int.from_bytes(data[at + 2 : at + 10], "big"), at + 10
            if end < start + length:
                break
            self._frame(data[at] & 15, data[start : start + length])
            at = start + length
        self._buffer = data[at:]

    def _frame(self, opcode: int, payload: bytes) -> None:
        if opcode == _PING:
            self._send(10, payload)
        elif opcode == _CLOSE:
            raise RuntimeError(f"the server closed a console: {payload!r}")
        elif self.ready.done():
            self.heard(payload)
        elif payload == b'{"type":"live"}':
            self.ready.set_result(None)

    def _send(self, opcode: int, payload: bytes) -> None:
        """A short masked frame; a mask of zeros leaves the payload as it is."""
        self.transport.write(bytes([0x80 | opcode, 0x80 | len(payload), 0, 0, 0, 0]) + payload)


async def listen(
    port: int, count: int, cookies: list[str], heard: Callable[[bytes], None], *, hello: bool = True
) -> list[Listener]:
    """Open ``count`` sockets, as so many agents as there are cookies, and wait until all are relayed to."""
    opened: list[Listener] = []
    while len(opened) < count:
        numbers = range(len(opened), min(len(opened) + AT_ONCE, count))
        chosen = [cookies[number % len(cookies)] if cookies else "" for number in numbers]
        opened += await asyncio.gather(*(_open(port, cookie, heard, hello) for cookie in chosen))
    return opened


async def _open(port: int, cookie: str, heard: Callable[[bytes], None], hello: bool) -> Listener:
    upgrade = _UPGRADE.format(port=port, cookie=cookie).encode()
    loop = asyncio.get_running_loop()
    _, listener = await loop.create_connection(lambda: Listener(upgrade, hello, heard), "127.0.0.1", port)
    await listener.ready
    return listener
