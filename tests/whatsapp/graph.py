"""A small Graph on a real socket: it answers each request as its script says, and remembers what it got."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import struct
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field

Behaviour = Callable[["Request", asyncio.StreamWriter], Awaitable[None]]


@dataclass
class Request:
    """One request as it came."""

    method: str
    target: str
    headers: dict[str, str]
    body: bytes


@dataclass
class Graph:
    """Where the server listens, what it will do, and what it got."""

    url: str = ""
    port: int = 0
    script: list[Behaviour] = field(default_factory=list)
    requests: list[Request] = field(default_factory=list)
    got: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def origin(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
            while True:
                request = await read_request(reader)
                self.requests.append(request)
                self.got.set()
                await self.script.pop(0)(request, writer)
                await writer.drain()
        writer.close()


async def read_request(reader: asyncio.StreamReader) -> Request:
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
    first, *lines = head.rstrip().split("\r\n")
    method, target, _ = first.split(" ")
    headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
    body = await reader.readexactly(int(headers.get("content-length", 0)))
    return Request(method, target, headers, body)


@contextlib.asynccontextmanager
async def graph(*script: Behaviour) -> AsyncIterator[Graph]:
    """A running Graph that behaves as ``script`` says, one entry a request; ends with everything it began."""
    peer = Graph(script=list(script))
    tasks: set[asyncio.Task[None]] = set()

    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        tasks.add(task)
        try:
            await peer.serve(reader, writer)
        except asyncio.CancelledError:
            writer.transport.abort()

    server = await asyncio.start_server(connected, "127.0.0.1", 0)
    peer.port = server.sockets[0].getsockname()[1]
    peer.url = f"{peer.origin}/v26.0"
    try:
        yield peer
    finally:
        server.close()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await server.wait_closed()


# What it may do with a request


def answer(
    status: int = 200, body: bytes | str = b"", kind: str = "application/json", **headers: str
) -> Behaviour:
    data = body.encode() if isinstance(body, str) else body
    more = "".join(f"{name.replace('_', '-')}: {value}\r\n" for name, value in headers.items())
    head = f"HTTP/1.1 {status} Invented\r\nContent-Type: {kind}\r\nContent-Length: {len(data)}\r\n{more}\r\n"

    async def behave(request: Request, writer: asyncio.StreamWriter) -> None:
        writer.write(head.encode() + data)

    return behave


async def hang(request: Request, writer: asyncio.StreamWriter) -> None:
    """Never answer."""
    await asyncio.Event().wait()


async def reset(request: Request, writer: asyncio.StreamWriter) -> None:
    """Cut the connection hard, after the request has come."""
    connection = writer.get_extra_info("socket")
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()


async def close(request: Request, writer: asyncio.StreamWriter) -> None:
    """Close the connection in good order, without a word."""
    writer.close()


def cut(length: int, body: bytes) -> Behaviour:
    """Promise ``length`` bytes, send fewer, close."""

    async def behave(request: Request, writer: asyncio.StreamWriter) -> None:
        writer.write(f"HTTP/1.1 200 OK\r\nContent-Length: {length}\r\n\r\n".encode() + body)
        await writer.drain()
        writer.close()

    return behave


def drip(body: bytes) -> Behaviour:
    """Send the answer one byte at a time, each well within a read timeout."""

    async def behave(request: Request, writer: asyncio.StreamWriter) -> None:
        head = f"HTTP/1.1 200 OK\r\nContent-Length: {len(body)}\r\n\r\n".encode()
        for byte in head + body:
            writer.write(bytes([byte]))
            await writer.drain()
            await asyncio.sleep(0.02)

    return behave


async def flood(request: Request, writer: asyncio.StreamWriter) -> None:
    """Send an answer that never ends."""
    writer.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
    while True:
        writer.write(b"10000\r\n" + b"x" * 0x10000 + b"\r\n")
        await writer.drain()


async def gibberish(request: Request, writer: asyncio.StreamWriter) -> None:
    """Answer in another protocol."""
    writer.write(b"+OK hello\r\n\r\n")
    await writer.drain()
    writer.close()
