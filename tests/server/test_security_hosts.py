"""Which hosts are served, and who speaks for whom."""

from __future__ import annotations

from typing import Any

import httpx
import pytest
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route, WebSocketRoute
from starlette.websockets import WebSocket

from tests.server.lobby import lobby


async def seen(request: Request) -> Response:
    return JSONResponse({"client": request.client and request.client.host, "scheme": request.url.scheme})


async def greet(socket: WebSocket) -> None:
    await socket.accept()
    await socket.close()


ROUTES: list[BaseRoute] = [Route("/seen", seen), WebSocketRoute("/api/live", greet)]


@pytest.mark.proves("C14")
@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("sprechstunde.example", 200),
        ("sprechstunde.example:443", 200),
        ("SPRECHSTUNDE.example", 200),
        ("localhost:8000", 200),
        ("127.0.0.1:8000", 200),
        ("[::1]:8000", 200),
        ("evil.example", 400),
        ("sprechstunde.example.evil", 400),
        ("evil.example/sprechstunde.example", 400),
        ("sprechstunde.example@evil.example", 400),
        ("sprechstunde.example:99999999", 400),
        ("", 400),
    ],
)
async def test_only_known_hosts_are_served(sqlite_url: str, host: str, status: int) -> None:
    async with lobby(sqlite_url) as house, house.client() as client:
        assert (await client.get("/login", headers={"host": host})).status_code == status


@pytest.mark.proves("C14")
async def test_two_hosts_are_none(sqlite_url: str) -> None:
    async with lobby(sqlite_url) as house, house.client() as client:
        request = client.build_request("GET", "/login", headers=[("host", "sprechstunde.example")])
        request.headers = httpx.Headers([("host", "sprechstunde.example"), ("host", "evil.example")])
        assert (await client.send(request)).status_code == 400


@pytest.mark.proves("C14")
@pytest.mark.parametrize(
    ("peer", "forwarded", "client", "scheme"),
    [
        ("10.0.0.1", "198.51.100.7", "198.51.100.7", "https"),
        ("10.0.0.1", "203.0.113.5, 198.51.100.7", "198.51.100.7", "https"),
        ("10.0.0.1", "198.51.100.7, 10.0.0.2", "198.51.100.7", "https"),
        ("10.0.0.1", "10.0.0.2", "10.0.0.2", "https"),
        ("10.0.0.1", "nonsense", "10.0.0.1", "https"),
        ("10.0.0.1", "198.51.100.7, nonsense", "10.0.0.1", "https"),
        ("10.0.0.1", "", "10.0.0.1", "https"),
        ("::ffff:10.0.0.1", "2001:db8::7", "2001:db8::7", "https"),
        ("198.51.100.66", "203.0.113.5", "198.51.100.66", "http"),
        ("127.0.0.1", "203.0.113.5", "127.0.0.1", "http"),
    ],
)
async def test_only_trusted_proxies_speak_for_others(
    sqlite_url: str, peer: str, forwarded: str, client: str, scheme: str
) -> None:
    public = "http://localhost:8000"
    headers = {"x-forwarded-for": forwarded, "x-forwarded-proto": "https", "x-forwarded-host": "evil.example"}
    async with (
        lobby(sqlite_url, public_url=public, trusted_proxies=("10.0.0.0/8",), routes=ROUTES) as house,
        house.client(peer) as browser,
    ):
        answer = (await browser.get("/seen", headers=headers)).json()
        assert answer == {"client": client, "scheme": scheme}


async def test_an_unknown_host_opens_no_socket(sqlite_url: str) -> None:
    async with lobby(sqlite_url, routes=ROUTES) as house:
        assert await first_frame(house.app, b"sprechstunde.example") == "websocket.accept"
        assert await first_frame(house.app, b"evil.example") == "websocket.close"


async def first_frame(app: Any, host: bytes) -> str:
    sent: list[Any] = []

    async def receive() -> Any:
        return {"type": "websocket.connect"}

    async def send(message: Any) -> None:
        sent.append(message)

    scope = {
        "type": "websocket",
        "path": "/api/live",
        "raw_path": b"/api/live",
        "query_string": b"",
        "headers": [(b"host", host)],
        "scheme": "wss",
        "client": ("192.0.2.1", 4000),
        "subprotocols": [],
        "root_path": "",
    }
    await app(scope, receive, send)
    return str(sent[0]["type"])
