"""A console without a browser: a real socket, the browser's rules, and a record of every frame as it came."""

from __future__ import annotations

import asyncio
import contextlib
import json
import uuid
from typing import Any
from urllib.parse import urlsplit

import httpx
import websockets

from tests.fakes import until

Json = dict[str, Any]


class Console:
    """One person's screen. Comes back with `since` when its line breaks, and asks again what nobody answered."""

    def __init__(self, name: str, url: str) -> None:
        self.name, self.url = name, url
        self.connections: list[list[Json]] = []
        self.seq: int | None = None
        self.live = False
        self.conversations: dict[str, Json] = {}
        self.messages: dict[str, Json] = {}
        self.sessions: dict[str, Json] = {}
        self.next_session: Json | None = None
        self.asked: dict[str, Json] = {}
        self._unanswered: dict[str, asyncio.Future[Json]] = {}
        self._cookie = ""
        self._socket: websockets.ClientConnection | None = None
        self._task: asyncio.Task[None] | None = None

    # -- coming and going --------------------------------------------------------------------------

    async def log_in(self, email: str, password: str) -> None:
        """Get the cookie, over HTTP."""
        async with self.http() as http:
            answer = await http.post("/api/login", json={"email": email, "password": password})
            assert answer.status_code == 200, answer.text
            self._cookie = "; ".join(f"{name}={value}" for name, value in answer.cookies.items())

    async def open(self) -> None:
        """Connect, and stay connected until `close`."""
        self._task = asyncio.create_task(self._stay(), name=f"console {self.name}")
        await until(lambda: self.live, what=f"{self.name} is live")

    async def close(self) -> None:
        """Go home."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    def http(self) -> httpx.AsyncClient:
        """A client with this person's login."""
        headers = {"Cookie": self._cookie} if self._cookie else {}
        return httpx.AsyncClient(base_url=self.url, headers=headers, trust_env=False)

    async def get(self, path: str) -> Any:
        """What an address of the API answers."""
        async with self.http() as http:
            answer = await http.get(path)
            assert answer.status_code == 200, answer.text
            return answer.json()

    async def _stay(self) -> None:
        while True:
            with contextlib.suppress(OSError, websockets.WebSocketException):
                await self._connected()
            self.live, self._socket = False, None
            await asyncio.sleep(0.05)

    async def _connected(self) -> None:
        address = f"ws://{urlsplit(self.url).netloc}/api/live"
        async with websockets.connect(
            address,
            origin=websockets.Origin(self.url),
            additional_headers={"Cookie": self._cookie},
            compression=None,
            proxy=None,
        ) as socket:
            self.connections.append([])
            await socket.send(json.dumps({"type": "hello", "since": self.seq}))
            async for text in socket:
                frame = json.loads(text)
                self.connections[-1].append(frame)
                self._take(frame)
                if frame["type"] == "live":
                    self._socket = socket
                    await self._ask_again(socket)

    # -- asking ------------------------------------------------------------------------------------

    async def ask(self, name: str, /, **data: Any) -> Json:
        """A command's result, whatever happens to the line meanwhile: asked again with the same id."""
        id = str(uuid.uuid4())
        self.asked[id] = {"type": "command", "id": id, "name": name, "data": data}
        result = self._unanswered[id] = asyncio.get_running_loop().create_future()
        if self._socket is not None:
            await self._hand_over(self._socket, id)
        return await result

    async def _ask_again(self, socket: websockets.ClientConnection) -> None:
        for id in list(self._unanswered):
            await self._hand_over(socket, id)

    async def _hand_over(self, socket: websockets.ClientConnection, id: str) -> None:
        with contextlib.suppress(websockets.ConnectionClosed):
            await socket.send(json.dumps(self.asked[id]))

    # -- what comes --------------------------------------------------------------------------------

    def _take(self, frame: Json) -> None:
        match frame["type"]:
            case "welcome":
                self._welcome(frame)
            case "event":
                self._event(frame)
            case "events":
                for event in frame["events"]:
                    self._event(event)
            case "live":
                self.live = True
            case "result":
                result = self._unanswered.pop(frame["id"], None)
                if result is not None and not result.done():
                    result.set_result(frame)

    def _welcome(self, frame: Json) -> None:
        shot = frame["snapshot"]
        if shot is not None:
            self.seq = shot["seq"]
            self.conversations = {one["id"]: one for one in shot["conversations"]}
            self.sessions = {one["id"]: one for one in shot["sessions"]}
            self.next_session = shot["next_session"]

    def _event(self, event: Json) -> None:
        self.seq = event["seq"]
        noun, _, what = event["name"].partition(".")
        data = event["data"]
        tables = {"conversation": self.conversations, "message": self.messages, "session": self.sessions}
        if noun in tables and what == "removed":
            tables[noun].pop(data["id"], None)
        elif noun in tables:
            tables[noun][data["id"]] = data
        elif event["name"] == "schedule.changed":
            self.next_session = data["next_session"]

    # -- what is on the screen ---------------------------------------------------------------------

    @property
    def events(self) -> list[Json]:
        """Every event of all connections, in the order in which they came."""
        found: list[Json] = []
        for frame in (frame for connection in self.connections for frame in connection):
            if frame["type"] == "event":
                found.append({key: value for key, value in frame.items() if key != "type"})
            elif frame["type"] == "events":
                found += frame["events"]
        return found

    def waiting(self) -> list[Json]:
        """Who waits, the longest wait first."""
        rows = [row for row in self.conversations.values() if row["lane"] == "waiting"]
        return sorted(rows, key=lambda row: (row["waiting_since"], row["id"]))

    def said_in(self, conversation: str) -> list[Json]:
        """The messages of a conversation as the screen shows them: by the time written, then as first seen."""
        rows = [row for row in self.messages.values() if row["conversation"] == conversation]
        return sorted(rows, key=lambda row: (row["sent_at"], row["seq"]))
