"""Small real stand-ins: a line that can be cut, a messenger that kills, a server in this process's loop."""

from __future__ import annotations

import asyncio
import inspect
import socket
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import httpx
import uvicorn
from starlette.types import ASGIApp

Condition = Callable[[], bool | Awaitable[bool]]


async def until(
    condition: Condition, seconds: float = 60.0, what: str = "", *, every: float = 0.005
) -> float:
    """Look until `condition` holds; how long that took. Raises `AssertionError` after `seconds`."""
    loop = asyncio.get_running_loop()
    began = loop.time()
    while not await _holds(condition):
        assert loop.time() < began + seconds, (
            f"not within {seconds} s: {what or inspect.getsource(condition)}"
        )
        await asyncio.sleep(every)
    return loop.time() - began


def wait_until(
    condition: Callable[[], bool],
    seconds: float = 60.0,
    what: str = "",
    pause: Callable[[float], None] = lambda milliseconds: time.sleep(milliseconds / 1000),
) -> None:
    """`until` for those who have no loop. Raises `AssertionError` after `seconds`.

    Where a page's routes are handled by the test, `pause` is its `wait_for_timeout`, so that they still are.
    """
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"not within {seconds} s: {what or inspect.getsource(condition)}"
        pause(5)


async def _holds(condition: Condition) -> bool:
    found = condition()
    return found if isinstance(found, bool) else await found


@asynccontextmanager
async def served(app: ASGIApp) -> AsyncIterator[str]:
    """The address of `app` on a free port of this machine."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        config = uvicorn.Config(app, log_level="error", timeout_graceful_shutdown=1)
        server = uvicorn.Server(config)
        task = asyncio.create_task(server.serve(sockets=[listener]))
        await until(lambda: server.started, what="the application is served")
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            server.should_exit = True
            await asyncio.gather(task, return_exceptions=True)


class Deadly(httpx.AsyncBaseTransport):
    """Carries requests; at the `n`-th answer of 200 after `arm` it strikes before anybody has read the answer."""

    def __init__(self) -> None:
        self._inner = httpx.AsyncHTTPTransport()
        self._left = 0
        self._strike: Callable[[], None] = lambda: None
        self.struck = 0

    def arm(self, strike: Callable[[], None], n: int = 1) -> None:
        """Strike at the `n`-th answer from now on."""
        self._strike, self._left = strike, n

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Pass on, and strike when it is time."""
        answer = await self._inner.handle_async_request(request)
        if answer.status_code == 200 and self._left:
            self._left -= 1
            if not self._left:
                self.struck += 1
                self._strike()
        return answer

    async def aclose(self) -> None:
        """Close connections."""
        await self._inner.aclose()


#: One end of a connection.
End = tuple[asyncio.StreamReader, asyncio.StreamWriter]


class Line:
    """A TCP line through this process to a server at `port`, which can be cut and mended."""

    def __init__(self, port: int) -> None:
        self._to = port
        self.broken = False
        self._ends: set[asyncio.StreamWriter] = set()
        self._carrying: set[asyncio.Task[None]] = set()
        self._server: asyncio.Server | None = None
        self.cuts = 0

    async def open(self) -> str:
        """Begin to listen; the address."""
        self._server = await asyncio.start_server(self._carry, "127.0.0.1", 0)
        return f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"

    def cut(self) -> None:
        """Drop every connection, and every new one, until `mend`."""
        self.broken = True
        self.cuts += 1
        for end in list(self._ends):
            end.transport.abort()

    def mend(self) -> None:
        """Let connections through again."""
        self.broken = False

    async def close(self) -> None:
        """Listen no more, and carry nothing more: returns when every end is closed."""
        self.cut()
        if self._server is not None:
            self._server.close()
            await self._server.wait_closed()
        await asyncio.gather(*self._carrying)

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._carrying.add(task)
        try:
            await self._join(reader, writer)
        finally:
            self._carrying.discard(task)

    async def _join(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self.broken:
            return writer.transport.abort()
        cuts = self.cuts
        try:
            there, back = await asyncio.open_connection("127.0.0.1", self._to)
        except OSError:
            return writer.transport.abort()
        self._ends |= {writer, back}
        if self.cuts != cuts:  # in the meantime
            writer.transport.abort()
            back.transport.abort()
        await self._talk((reader, writer), (there, back))

    async def _talk(self, here: End, there: End) -> None:
        await asyncio.gather(self._pump(here[0], there[1]), self._pump(there[0], here[1]))

    async def _pump(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while data := await reader.read(65536):
                writer.write(data)
                await writer.drain()
        except OSError:
            pass
        finally:
            self._end(writer)

    def _end(self, writer: asyncio.StreamWriter) -> None:
        self._ends.discard(writer)
        writer.close()
