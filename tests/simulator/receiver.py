"""A receiver of webhooks that keeps what it gets and answers as told."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import httpx
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from sessionhours.simulator import Simulator, create_simulator
from sessionhours.simulator.patience import until

SECRET, VERIFY, TOKEN = "invented-app-secret", "invented-verify-token", "invented-token"
NUMBER = "200000000000002"
WABA = "100000000000001"
HOOK = "http://product.test/webhooks/whatsapp"


class Receiver:
    """Answers each POST with the next of `statuses`, 200 when they have run out."""

    def __init__(self) -> None:
        self.bodies: list[bytes] = []
        self.headers: list[dict[str, str]] = []
        self.statuses: list[int] = []
        self.handshakes: list[dict[str, str]] = []
        self.challenge: str | None = None
        self.greeting = 200
        self.app = Starlette(
            routes=[
                Route("/webhooks/whatsapp", self.greet, methods=["GET"]),
                Route("/webhooks/whatsapp", self.take, methods=["POST"]),
            ]
        )

    async def greet(self, request: Request) -> Response:
        self.handshakes.append(dict(request.query_params))
        if request.query_params.get("hub.verify_token") != VERIFY:
            return Response(status_code=403)
        return PlainTextResponse(self.challenge or request.query_params["hub.challenge"], self.greeting)

    async def take(self, request: Request) -> Response:
        self.bodies.append(await request.body())
        self.headers.append(dict(request.headers))
        return Response(status_code=self.statuses.pop(0) if self.statuses else 200)

    def changes(self) -> list[dict[str, Any]]:
        return [
            change
            for body in self.bodies
            for entry in json.loads(body)["entry"]
            for change in entry["changes"]
        ]

    def items(self, name: str) -> list[dict[str, Any]]:
        return [item for change in self.changes() for item in change["value"].get(name, [])]

    def words(self, wamid: str) -> list[str]:
        """The statuses told of one message, in the order they came."""
        return [status["status"] for status in self.items("statuses") if status["id"] == wamid]


class Town:
    """A simulator, its receiver, and clients for both of its sides."""

    def __init__(self, sim: Simulator, receiver: Receiver, client: httpx.AsyncClient) -> None:
        self.sim = sim
        self.receiver = receiver
        self.client = client

    async def admin(self, method: str, path: str, body: Any = None, status: int = 200) -> Any:
        answer = await self.client.request(method, f"/sim{path}", json=body)
        assert answer.status_code == status, answer.text
        return answer.json()

    async def write(self, person: str, **wish: Any) -> str:
        return str((await self.admin("POST", f"/people/{person}/messages", wish))["id"])

    async def send(self, **body: Any) -> httpx.Response:
        body = {"messaging_product": "whatsapp", **body}
        return await self.client.post(f"/v26.0/{NUMBER}/messages", json=body)

    async def text(self, to: str = "491713920001", body: str = "Guten Tag", **more: Any) -> httpx.Response:
        return await self.send(to=to, type="text", text={"body": body}, **more)

    async def flush(self) -> None:
        assert (await self.admin("POST", "/flush", {}))["idle"]

    async def until(self, condition: Callable[[], bool], seconds: float = 5.0) -> None:
        assert await until(condition, seconds), "the condition did not come true in time"


@asynccontextmanager
async def town(**more: Any) -> AsyncIterator[Town]:
    """A simulated platform with its receiver, all in this process."""
    receiver = Receiver()
    sim = create_simulator(
        app_secret=SECRET,
        verify_token=VERIFY,
        access_tokens=[TOKEN],
        webhook_url=HOOK,
        transport=httpx.ASGITransport(receiver.app),
        **more,
    )
    client = httpx.AsyncClient(
        transport=httpx.ASGITransport(sim),
        base_url="http://sim.test",
        headers={"Authorization": f"Bearer {TOKEN}"},
    )
    try:
        yield Town(sim, receiver, client)
    finally:
        await client.aclose()
        await sim.simulation.aclose()


def code(answer: httpx.Response) -> int:
    return int(answer.json()["error"]["code"])
