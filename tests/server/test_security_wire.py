"""The same door over real sockets: what a parser might get wrong, and whether a login holds up others."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
import uvicorn
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from tests.server.lobby import Lobby, lobby, log_in

SMUGGLED = "GET /smuggled HTTP/1.1\r\nHost: localhost\r\n\r\n"


async def swallow(request: Request) -> Response:
    return PlainTextResponse(f"taken {len(await request.body())}")


async def smuggled(request: Request) -> Response:
    return PlainTextResponse("smuggled")


ROUTES = [Route("/take", swallow, methods=["POST"]), Route("/smuggled", smuggled)]


@asynccontextmanager
async def on_the_wire(database_url: str) -> AsyncIterator[tuple[Lobby, int]]:
    """A house behind a real server on a port of its own."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]
        async with lobby(database_url, public_url=f"http://localhost:{port}", routes=list(ROUTES)) as house:
            server = uvicorn.Server(
                uvicorn.Config(
                    house.app,
                    http="httptools",
                    lifespan="off",
                    proxy_headers=False,
                    log_level="critical",
                    timeout_graceful_shutdown=1,
                )
            )
            serving = asyncio.create_task(server.serve(sockets=[listening]))
            try:
                yield house, port
            finally:
                server.should_exit = True
                await serving


async def said(port: int, request: str) -> str:
    """Everything that is answered to these bytes."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(request.encode("latin-1"))
    writer.write_eof()
    try:
        async with asyncio.timeout(60):
            return (await reader.read()).decode("latin-1")
    finally:
        writer.close()
        with contextlib.suppress(ConnectionError):
            await writer.wait_closed()


@pytest.mark.proves("C14")
@pytest.mark.parametrize(
    "head",
    [
        f"Content-Length: 0\r\nContent-Length: {len(SMUGGLED)}\r\n",
        f"Content-Length: {len(SMUGGLED)}\r\nContent-Length: 0\r\n",
        f"Content-Length: 0, {len(SMUGGLED)}\r\n",
        f"Content-Length: +{len(SMUGGLED)}\r\n",
        "Content-Length: -1\r\n",
        "Content-Length: 0x10\r\n",
        f"Content-Length : {len(SMUGGLED)}\r\n",
        f"Transfer-Encoding: chunked\r\nContent-Length: {len(SMUGGLED)}\r\n",
        f"Content-Length: {len(SMUGGLED)}\r\nTransfer-Encoding: chunked\r\n",
        f"Transfer-Encoding: xchunked\r\nContent-Length: {len(SMUGGLED)}\r\n",
        "Transfer-Encoding: chunked, identity\r\n",
        "Transfer-Encoding : chunked\r\n",
        " folded: header\r\n",
        "Bad\0Name: x\r\n",
        ":method: GET\r\n",
    ],
)
async def test_a_request_that_could_be_two_is_refused(sqlite_url: str, head: str) -> None:
    async with on_the_wire(sqlite_url) as (_, port):
        answer = await said(port, f"POST /take HTTP/1.1\r\nHost: localhost\r\n{head}\r\n{SMUGGLED}")
        assert answer.startswith("HTTP/1.1 400 ")
        assert answer.count("HTTP/1.1") == 1
        assert "smuggled" not in answer


@pytest.mark.proves("C14")
@pytest.mark.parametrize(
    ("line", "hosts", "status"),
    [
        ("GET /smuggled HTTP/1.1", ["localhost"], 200),
        ("GET /smuggled HTTP/1.1", ["localhost", "localhost"], 400),
        ("GET /smuggled HTTP/1.1", ["localhost", "evil.example"], 400),
        ("GET /smuggled HTTP/1.1", [], 400),
        ("GET /smuggled HTTP/1.1", ["evil.example"], 400),
        ("GET http://evil.example/smuggled HTTP/1.1", ["evil.example"], 400),
        ("GET /smuggled HTTP/1.0", [], 400),
    ],
)
async def test_the_host_must_be_one_and_ours(
    sqlite_url: str, line: str, hosts: list[str], status: int
) -> None:
    async with on_the_wire(sqlite_url) as (_, port):
        head = "".join(f"Host: {host}\r\n" for host in hosts)
        answer = await said(port, f"{line}\r\n{head}Connection: close\r\n\r\n")
        assert answer.split(" ")[1] == str(status)


@pytest.mark.proves("C40")
async def test_who_is_refused_need_not_send_the_body(sqlite_url: str) -> None:
    async with on_the_wire(sqlite_url) as (_, port):
        head = "Host: localhost\r\nOrigin: https://evil.example\r\nContent-Length: 60000\r\n"
        answer = await said(port, f"POST /take HTTP/1.1\r\n{head}\r\nx")
        assert answer.startswith("HTTP/1.1 403 ")


@pytest.mark.proves("C35")
async def test_logging_in_holds_up_nobody(sqlite_url: str) -> None:
    """While passwords are looked at, the loop turns, and no turn of it works as long as one hash takes.

    It is measured in the thread's own time: how long others keep this machine busy is not the server's doing.
    """
    async with lobby(sqlite_url) as house:
        emails = [f"agent{number}@example.org" for number in range(10)]
        for email in emails:
            await house.add_agent(email)
        clients = [house.client(f"192.0.2.{number}") for number in range(10)]
        logging_in = asyncio.gather(
            *(log_in(client, email) for client, email in zip(clients, emails, strict=True))
        )
        worked = list[float]()
        while not logging_in.done():
            begun = time.thread_time()
            await asyncio.sleep(0.001)
            worked.append(time.thread_time() - begun)
        assert {response.status_code for response in await logging_in} == {200}
        assert len(worked) >= 50
        assert max(worked) < 0.05
        for client in clients:
            await client.aclose()
