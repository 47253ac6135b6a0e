"""A small server that speaks the console API over a canned world: for screenshots, measuring and trying things out.

    python tests/browser/fake_console.py --port 8123 --people 30

It keeps the promises of the wire (snapshot, events by seq, catching up, results, beats) and none of the product's
rules. Replies that begin with ``!stale``, ``!claimed``, ``!fail``, ``!unclear`` or ``!lost`` go wrong accordingly.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route, WebSocketRoute
from starlette.websockets import WebSocket, WebSocketDisconnect

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from sessionhours.server.answers import Answers  # noqa: E402  (run as a script from anywhere)
from sessionhours.server.assets import Assets  # noqa: E402
from sessionhours.server.security import Security  # noqa: E402
from sessionhours.server.site import Site  # noqa: E402
from sessionhours.server.templates import Templates  # noqa: E402
from tests.browser.fake_world import Json, World, iso, now  # noqa: E402

#: Seconds between two beats.
BEAT = 5.0

RIGHTS = (
    "reply note claim next release resolve retry confirm_delivered planning session.extend session.open_now "
    "session.close_intake session.open_intake session.settle session.close"
)
ME: Json = {
    "agent": {"id": "ek", "name": "Erika Keller", "email": "keller@example.org", "roles": ["mayor"]},
    "rights": dict.fromkeys(RIGHTS.split(), True),
    "town": {
        "id": "musterstadt",
        "name": "Musterstadt",
        "timezone": "Europe/Berlin",
        "language": "de",
        "address": "Sie",
    },
    "lines": [
        {
            "id": "buergermeister",
            "title": "WhatsApp-Bürgersprechstunde",
            "host": "Bürgermeisterin Keller",
            "phone": "+4923023125001",
            "approval": False,
            "persona": "ich",
        }
    ],
    "texts_language": "de",
}

PICTURE = """<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 480 320"><rect width="480" height="320" fill="#1d2b38"/>
<path d="M0 250h480v70H0z" fill="#39454f"/><path d="M230 60h8v200h-8zM206 52h56l-12 18h-32z" fill="#8b98a3"/>
<circle cx="380" cy="60" r="24" fill="#d8d2b0"/><path d="M40 140h110v120H40z" fill="#2b3a47"/></svg>"""


class Socket:
    """One console."""

    def __init__(self, world: World, socket: WebSocket) -> None:
        self.world, self.socket = world, socket
        self.out: asyncio.Queue[Json] = asyncio.Queue()

    def push(self, frame: Json) -> None:
        """Send, in order."""
        self.out.put_nowait(frame)

    async def run(self) -> None:
        """Until the browser leaves."""
        await self.socket.accept()
        tasks = [asyncio.create_task(step) for step in (self._read(), self._write(), self._beat())]
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        self.world.hearers.discard(self)
        for task in tasks:
            task.cancel()
        with contextlib.suppress(RuntimeError):
            await self.socket.close(1012)

    async def _write(self) -> None:
        while True:
            await self.socket.send_text(json.dumps(await self.out.get()))

    async def _beat(self) -> None:
        while True:
            await asyncio.sleep(BEAT)
            self.push({"type": "beat", "at": iso(now()), "seq": self.world.seq})

    async def _read(self) -> None:
        with contextlib.suppress(WebSocketDisconnect):
            while True:
                self._frame(json.loads(await self.socket.receive_text()))

    def _frame(self, frame: Json) -> None:
        if frame["type"] == "hello":
            self._hello(frame["since"])
        elif frame["type"] == "command" and not frame["data"].get("text", "").startswith("!lost"):
            result = self.world.command(frame["name"], frame["data"], frame["id"])
            self.push({"type": "result", "id": frame["id"], "ok": "error" not in result, **result})

    def _hello(self, since: int | None) -> None:
        snapshot = self.world.snapshot() if since is None else None
        seq = self.world.seq if since is None else since
        self.push({"type": "welcome", "seq": seq, "version": "1", "snapshot": snapshot})
        missed = [event for event in self.world.events if event["seq"] > seq]
        if missed:
            self.push({"type": "events", "events": missed})
        self.push({"type": "live"})
        self.world.hearers.add(self)
        self.push({"type": "signal", "name": "agent.presence", "data": self.world.presence()})


class FakeConsole:
    """The routes over a world; ``rate`` is how many messages come each second by themselves."""

    def __init__(self, world: World, *, rate: float = 0.0, language: str = "de") -> None:
        self.world, self.rate, self.language = world, rate, language
        self.assets = Assets(ROOT / "web")
        self.templates = Templates(ROOT / "web" / "templates", self.assets)
        self.sockets: set[WebSocket] = set()

    def app(self) -> Security:
        """Wrapped as the product is: the same headers, the same policy."""
        routes = [
            Route("/console", self.console),
            Route("/api/me", self.me),
            Route("/api/snapshot", self.snapshot),
            Route("/api/logout", self.logout, methods=["POST"]),
            Route("/api/conversations/{id}/messages", self.messages),
            Route("/api/{of}/{id}/closing", self.closing),
            Route("/api/media/{id}", self.media),
            Route("/fake/{name}", self.happen, methods=["POST"]),
            WebSocketRoute("/api/live", self.live),
            *self.assets.routes(),
        ]
        app = Starlette(routes=routes, lifespan=self._lifespan)
        return Security(app, site=Site(), refusal=Answers(self.templates).refusal)

    @contextlib.asynccontextmanager
    async def _lifespan(self, app: Starlette) -> AsyncIterator[None]:
        task = asyncio.create_task(self._rush())
        yield
        task.cancel()

    async def _rush(self) -> None:
        """A quarter of the messages goes into the first conversation."""
        ids, number = list(self.world.conversations), 0
        while self.rate:
            await asyncio.sleep(1 / self.rate)
            number += 1
            self.world.say(ids[0] if number % 4 == 0 else ids[number * 7 % len(ids)], f"Nachricht {number}")

    async def console(self, request: Request) -> Response:
        """The page."""
        return self.templates.page(request, "console/console.html", self.language)

    async def me(self, request: Request) -> Response:
        """Who is logged in."""
        return JSONResponse(ME)

    async def snapshot(self, request: Request) -> Response:
        """Everything."""
        return JSONResponse(self.world.snapshot())

    async def logout(self, request: Request) -> Response:
        """Nothing to do."""
        return JSONResponse({})

    async def messages(self, request: Request) -> Response:
        """Messages, oldest first, and with the newest page the notes."""
        id, before = request.path_params["id"], request.query_params.get("before")
        every = sorted(self.world.messages[id], key=lambda one: (one["sent_at"], one["seq"]))
        if before:
            every = every[: next(place for place, one in enumerate(every) if one["id"] == before)]
        notes = [] if before else self.world.notes[id]
        return JSONResponse({"messages": every[-50:], "notes": notes, "more": len(every) > 50})

    async def closing(self, request: Request) -> Response:
        """What each outcome would say."""
        return JSONResponse(self.world.closing())

    async def media(self, request: Request) -> Response:
        """A drawn lamp post, or nothing."""
        if request.path_params["id"] != "m1":
            return JSONResponse({"error": {"code": "not_found", "message": "…"}}, 404)
        return Response(PICTURE, media_type="image/svg+xml")

    async def happen(self, request: Request) -> Response:
        """What a test wants: ``say`` and ``answer`` with conversation and text, ``cut`` with a close code."""
        data = await request.json()
        match request.path_params["name"]:
            case "say":
                self.world.say(data["conversation"], data["text"])
            case "answer":
                self.world.answer(data["conversation"], data["text"], agent=1)
            case "cut":
                for socket in list(self.sockets):
                    with contextlib.suppress(RuntimeError):
                        await socket.close(data.get("code", 1012))
        return JSONResponse({})

    async def live(self, socket: WebSocket) -> None:
        """The console socket."""
        self.sockets.add(socket)
        await Socket(self.world, socket).run()
        self.sockets.discard(socket)


def main() -> None:
    """Serve until stopped."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--port", type=int, default=8123)
    parser.add_argument("--people", type=int, default=15)
    parser.add_argument("--rate", type=float, default=0.0, help="messages a second by themselves")
    parser.add_argument("--between", action="store_true", help="no session is on")
    parser.add_argument("--language", default="de")
    chosen = parser.parse_args()
    world = World(chosen.people, session=not chosen.between)
    fake = FakeConsole(world, rate=chosen.rate, language=chosen.language)
    uvicorn.run(fake.app(), host="127.0.0.1", port=chosen.port, log_level="warning")


if __name__ == "__main__":
    main()
