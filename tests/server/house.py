"""The whole server on a real socket, in a thread of its own, on a clock that the test moves."""

from __future__ import annotations

import asyncio
import contextlib
import json
import secrets
import socket
import threading
import uuid
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from email.utils import format_datetime
from pathlib import Path
from typing import Any, Self, TypeVar

import httpx
import uvicorn
from websockets.asyncio.client import ClientConnection, connect
from websockets.typing import Origin

from sessionhours.app import Office
from sessionhours.app_serving import SERVER
from sessionhours.config import load_config
from sessionhours.desk import agents
from sessionhours.desk.agents import Credentials
from sessionhours.desk.passwords import hash_password
from sessionhours.whatsapp.signature import sign
from tests.fakes import until, wait_until
from tests.makers import APP_SECRET, VERIFY_TOKEN, Clock, body, message, schedule_file
from tests.tables import lay

TOKEN = "invented-access-token"
T = TypeVar("T")

#: Every house has it, for two may share a database.
SECRET_KEY = "invented-secret-key-of-forty-characters-"

PASSWORD = "Wiesenweg-17"
HASHED = hash_password(PASSWORD)
WEBHOOK = "/webhooks/whatsapp"

#: How Meta describes a number that works.
CONNECTED = {
    "status": "CONNECTED",
    "quality_rating": "GREEN",
    "health_status": {"can_send_message": "AVAILABLE"},
}


@dataclass
class Graph(httpx.AsyncBaseTransport):
    """Meta's side: takes every message and remembers it; says how a number stands, and what time it is there."""

    clock: Clock = field(default_factory=Clock)
    sent: list[dict[str, Any]] = field(default_factory=list)
    asked: int = 0
    number: dict[str, Any] = field(default_factory=lambda: dict(CONNECTED))
    status: int = 200
    down: bool = False
    ahead: timedelta = timedelta(0)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Accept."""
        if self.down:
            raise httpx.ConnectError("nobody there", request=request)
        if request.method == "GET":
            self.asked += 1
            date = {"date": format_datetime(self.clock() + self.ahead, usegmt=True)}
            stream = httpx.ByteStream(json.dumps(self.number).encode())
            return httpx.Response(self.status, stream=stream, headers=date)
        self.sent.append(json.loads(await request.aread() or b"{}"))
        answer = {"messages": [{"id": f"wamid.out.{uuid.uuid4()}"}]}
        return httpx.Response(200, stream=httpx.ByteStream(json.dumps(answer).encode()))

    def texts(self) -> list[str]:
        """What citizens were sent."""
        return [item["text"]["body"] for item in self.sent if "text" in item]


class House:
    """A server that runs between `start` and `stop`; `policy` is the line's."""

    def __init__(
        self,
        folder: Path,
        database_url: str | None = None,
        *,
        policy: str = "",
        public_url: bool = True,
        schedule: Path | None = None,
        clock: Clock | None = None,
        log_level: str | None = "critical",
        secret_key: str = SECRET_KEY,
        graph: Graph | None = None,
        environ: Mapping[str, str] = {},
    ) -> None:
        folder.mkdir(exist_ok=True)
        self.clock = clock or Clock()
        self.graph = graph or Graph(self.clock)
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        self.database_url = database_url or f"sqlite:///{lay(folder / 'sessionhours.db')}"
        settings = {
            "SESSIONHOURS_DATABASE_URL": self.database_url,
            "SESSIONHOURS_DATA_DIR": str(folder / "data"),
            "SESSIONHOURS_SECRET_KEY": secret_key,
            "WHATSAPP_ACCESS_TOKEN": TOKEN,
            "WHATSAPP_APP_SECRET": APP_SECRET,
            "WHATSAPP_VERIFY_TOKEN": VERIFY_TOKEN,
            **({"SESSIONHOURS_PUBLIC_URL": self.url} if public_url else {}),
            **environ,
        }
        self.schedule = schedule or schedule_file(folder, policy)
        self.office = Office(load_config(self.schedule, settings), self.clock, self.graph)
        serving: dict[str, Any] = {**SERVER, "timeout_graceful_shutdown": 1, "log_level": log_level}
        config = uvicorn.Config(self.office, **serving)
        self.server = _Unsignalled(config)
        self.thread = threading.Thread(target=self.server.run, args=([self.listener],), daemon=True)

    def start(self) -> Self:
        """Serve."""
        self.thread.start()
        wait_until(lambda: self.server.started or not self.thread.is_alive())
        assert self.server.started
        return self

    def stop(self) -> None:
        """End as a service manager ends it."""
        self.server.should_exit = True
        self.thread.join(15)
        assert not self.thread.is_alive()

    def run(self, coroutine: Coroutine[Any, Any, T]) -> T:
        """Run something in the server's own loop."""
        return asyncio.run_coroutine_threadsafe(coroutine, self.server.loop).result(30)

    # -- who is there -------------------------------------------------------------------------------

    def agent(self, name: str = "Stefan Keller", *roles: str, town: str = "kappelrodeck") -> Guest:
        """Somebody who is logged in already."""
        email, cookie = f"{uuid.uuid4().hex}@example.org", secrets.token_urlsafe(32)
        database, now = self.office.database, self.clock()
        held = roles or ("mayor",)
        row = database.submit(
            agents.add_agent, town=town, email=email, name=name, roles=held, password=HASHED, now=now
        ).result(10)
        database.submit(agents.log_in, Credentials(row.id, HASHED), cookie, now=now).result(10)
        return Guest(self, row.id, email, cookie)

    def client(self, **options: Any) -> httpx.Client:
        """Somebody who is not logged in."""
        return httpx.Client(base_url=self.url, trust_env=False, verify=False, timeout=20, **options)

    # -- what comes in ------------------------------------------------------------------------------

    def post(self, body: bytes, **headers: str) -> int:
        """Deliver a signed body; the status of the answer."""
        given = {"x-hub-signature-256": sign(APP_SECRET, body), **headers}
        with self.client() as client:
            return client.post(WEBHOOK, content=body, headers=given).status_code

    def says(self, number: int = 1, text: str = "Guten Tag", **fields: Any) -> None:
        """A citizen writes, and it is applied when this returns."""
        fields = {"at": self.clock(), **fields}
        assert self.post(body([message(number, text, **fields)])) == 200
        self.settle()

    def settle(self) -> None:
        """Wait until every body that came is applied."""
        wait_until(lambda: self.rows("select count(*) from intake where state = 'new'") == [(0,)])

    def rows(self, statement: str) -> list[tuple[Any, ...]]:
        """What the database says."""
        with self.office.database.reader.connect() as connection:
            return [tuple(row) for row in connection.exec_driver_sql(statement)]


class _Unsignalled(uvicorn.Server):
    """Leaves signals to the tests, says which loop is its own, and ends when it is told, not a tenth of a second later."""

    async def serve(self, sockets: list[socket.socket] | None = None) -> None:
        """Serve."""
        self.loop = asyncio.get_running_loop()
        await super().serve(sockets)

    async def main_loop(self) -> None:
        """Tick until it is to end."""
        await until(lambda: self.on_tick(0), 86_400, "it is told to end", every=0.01)

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Nothing."""
        yield


@dataclass
class Guest:
    """A logged-in agent with the two ways to ask."""

    house: House
    id: str
    email: str
    cookie: str

    @property
    def headers(self) -> dict[str, str]:
        """What a browser of theirs sends along."""
        return {"cookie": f"sessionhours={self.cookie}"}

    def get(self, path: str, **params: Any) -> httpx.Response:
        """Ask for something."""
        with self.house.client(headers=self.headers) as client:
            return client.get(path, params=params)

    def command(self, name: str, /, id: str | None = None, **data: Any) -> httpx.Response:
        """Ask over HTTP."""
        sent = {"id": id or str(uuid.uuid4()), "name": name, "data": data}
        with self.house.client(headers=self.headers) as client:
            return client.post("/api/commands", json=sent)

    def snapshot(self) -> dict[str, Any]:
        """What they see."""
        return self.get("/api/snapshot").json()

    def conversation(self) -> dict[str, Any]:
        """The only one there is."""
        (only,) = self.snapshot()["conversations"]
        return only

    @contextlib.asynccontextmanager
    async def socket(self, origin: str | None = "", **options: Any) -> AsyncIterator[Console]:
        """A console of theirs, before its hello."""
        given = Origin(self.house.url) if origin == "" else origin and Origin(origin)
        address = f"ws://127.0.0.1:{self.house.port}/api/live"
        settings = {"max_size": None, "compression": None, "proxy": None, "close_timeout": 2, **options}
        cookies = self.headers if self.cookie else {}
        async with connect(address, origin=given or None, additional_headers=cookies, **settings) as ws:
            yield Console(ws)

    @contextlib.asynccontextmanager
    async def console(self, since: int | None = None, **options: Any) -> AsyncIterator[Console]:
        """A console that is live."""
        async with self.socket(**options) as console:
            await console.hello(since)
            yield console


class Console:
    """One open socket and everything it was told."""

    def __init__(self, ws: ClientConnection) -> None:
        self.ws = ws
        self.frames: list[dict[str, Any]] = []

    async def send(self, frame: Any) -> None:
        """A frame, as JSON unless it is text or bytes already."""
        await self.ws.send(frame if isinstance(frame, str | bytes) else json.dumps(frame))

    async def hello(self, since: object = None) -> dict[str, Any]:
        """Join; the welcome."""
        await self.send({"type": "hello", "since": since})
        await self.until(lambda frame: frame["type"] == "live")
        return next(frame for frame in self.frames if frame["type"] == "welcome")

    async def command(self, name: str, /, id: str | None = None, **data: Any) -> dict[str, Any]:
        """Ask over the socket; the result frame."""
        id = id or str(uuid.uuid4())
        await self.send({"type": "command", "id": id, "name": name, "data": data})
        return await self.until(lambda frame: frame["type"] == "result" and frame["id"] == id)

    async def frame(self, seconds: float = 40) -> dict[str, Any]:
        """The next frame."""
        async with asyncio.timeout(seconds):
            self.frames.append(json.loads(await self.ws.recv()))
        return self.frames[-1]

    async def until(self, wanted: Callable[[dict[str, Any]], bool], seconds: float = 40) -> dict[str, Any]:
        """Read on up to the first frame that is wanted."""
        async with asyncio.timeout(seconds):
            while not wanted(found := await self.frame(seconds)):
                pass
        return found

    async def told(self, seq: int, seconds: float = 40) -> None:
        """Read on until the event of this number came."""
        while self.seq < seq:
            await self.frame(seconds)

    @property
    def seq(self) -> int:
        """The newest event, or where the console began."""
        welcome = next((frame["seq"] for frame in self.frames if frame["type"] == "welcome"), 0)
        return max([welcome, *(event["seq"] for event in self.events)])

    @property
    def events(self) -> list[dict[str, Any]]:
        """Every event so far, in order."""
        return [event for frame in self.frames for event in events_of(frame)]

    async def closed(self, seconds: float = 40) -> int:
        """Read until the server closes; its code."""
        async with asyncio.timeout(seconds):
            with contextlib.suppress(Exception):
                while True:
                    await self.frame(seconds)
            await self.ws.wait_closed()
        assert self.ws.close_code is not None
        return self.ws.close_code


def events_of(frame: dict[str, Any]) -> list[dict[str, Any]]:
    """The events of a frame."""
    match frame["type"]:
        case "event":
            return [frame]
        case "events":
            return list(frame["events"])
        case _:
            return []
