"""Graph's recorded answers, given from a port of this machine in the place of Meta's own hosts."""

from __future__ import annotations

from pathlib import Path

import httpx

from sessionhours.whatsapp.client import GraphClient
from tests.makers import PHONE_NUMBER_ID
from tests.whatsapp.graph import Behaviour, answer

PAYLOADS = Path(__file__).parent.parent / "payloads"
META = "https://graph.facebook.com/v26.0"
TOKEN = "EAAinventedToken"


class Nearby(httpx.AsyncHTTPTransport):
    """Carries what is meant for Meta's hosts to a port of this machine."""

    def __init__(self, port: int) -> None:
        super().__init__()
        self.port = port

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        request.url = request.url.copy_with(scheme="http", host="127.0.0.1", port=self.port)
        return await super().handle_async_request(request)


def client(port: int) -> GraphClient:
    return GraphClient({PHONE_NUMBER_ID: TOKEN}, graph_url=META, transport=Nearby(port))


def load(name: str) -> bytes:
    return (PAYLOADS / f"{name}.json").read_bytes()


def recorded(name: str) -> Behaviour:
    """Answer with this file of tests/payloads/graph."""
    status = int(name.rpartition(".http")[2]) if ".http" in name else 200
    return answer(status, load(f"graph/{name}"))


def refused(name: str) -> Behaviour:
    return recorded(f"errors/{name}")
