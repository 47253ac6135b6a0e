"""A small server that speaks the console API with canned data: for screenshots, for measuring, for trying things out.

    python tests/browser/fake_console.py --port 8123 --people 30

It keeps the promises of the wire (snapshot, events by seq, catch-up, results, beats), and none of the product's rules.
Messages that begin with ``!stale``, ``!claimed``, ``!fail``, ``!unclear`` or ``!lost`` answer accordingly.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import uuid
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route, WebSocketRoute
from starlette.websockets import WebSocket, WebSocketDisconnect

from sessionhours.server.answers import Answers
from sessionhours.server.assets import Assets
from sessionhours.server.security import Security
from sessionhours.server.site import Site
from sessionhours.server.templates import Templates

WEB = Path(__file__).resolve().parents[2] / "web"
BEAT = 5.0

Json = dict[str, Any]

PEOPLE = [
    "Anna Weber", "Jonas Köhler", "Fatma Yılmaz", "Hans-Joachim von Schulenburg-Hohenstein", "Lena Öztürk",
    "Karl-Heinz Müller", "Peter Groß", "محمد الحسن", "Żaneta Wójcik", "Björn Straßenburger", "Maria Großhans",
    "Ø", "Ingeborg Käßbohrer-Leutheusser", "Thi Thu Hà Nguyễn", "Uwe Bächle",
]  # fmt: skip
QUESTIONS = [
    "Guten Tag Herr Bürgermeister, die Laterne vor Nr. 12 ist seit Montag dunkel. 🙈",
    "Wann wird die Wippe am Bachweg repariert?",
    "Danke, das hilft mir sehr!",
    "?",
    "Darf man in der Lindenstraße jetzt wieder parken, oder gilt die Sperrung noch bis zum Ende der Bauarbeiten?",
    "👍👍👍",
    "مرحبا، متى تكون الجلسة القادمة؟",
    "Wann ist die nächste Bürgerversammlung?",
]
LONG = "Ich wohne seit 1978 in der Hauptstraße und habe so etwas noch nicht erlebt. " * 13


def iso(at: datetime | None) -> str | None:
    """As the wire writes an instant."""
    return None if at is None else at.isoformat(timespec="milliseconds").replace("+00:00", "Z")


class World:
    """The canned town: conversations, messages, one session, and the events that happened since the start."""

    def __init__(self, people: int, *, session: bool = True) -> None:
        self.now = lambda: datetime.now(UTC)
        self.seq = 100
        self.events: list[Json] = []
        self.sockets: set[Socket] = set()
        self.agents = [
            {"id": "ek", "name": "Erika Keller", "roles": ["mayor"], "disabled": False},
            {"id": "mb", "name": "Murat Brandt", "roles": ["assistant"], "disabled": False},
            {"id": "sv", "name": "Sabine Vogt", "roles": ["assistant"], "disabled": False},
        ]
        self.conversations: dict[str, Json] = {}
        self.messages: dict[str, list[Json]] = {}
        self.notes: dict[str, list[Json]] = {}
        self.session = self._session("open", -36, 24) if session else None
        self.next_session = self._session("announced", 60 * 24 * 11, 60 * 24 * 11 + 60)
        for number in range(people):
            self._person(number)
        if people:
            self._rich("c0")
            self._closed("c3")

    def _session(self, state: str, opens: int, closes: int) -> Json:
        at = self.now().replace(second=0, microsecond=0)
        return {
            "id": uuid.uuid4().hex, "line": "buergermeister", "number": 7,
            "title": "WhatsApp-Sprechstunde mit Bürgermeisterin Keller", "topic": "", "kind": "whatsapp",
            "state": state, "opens": iso(at + timedelta(minutes=opens)),
            "closes": iso(at + timedelta(minutes=closes, seconds=41)), "last_call_at": None, "counts": {},
        }  # fmt: skip

    def _person(self, number: int) -> None:
        id = f"c{number}"
        name = PEOPLE[number] if number < len(PEOPLE) else f"{PEOPLE[number % len(PEOPLE)]} {number}"
        at = self.now() - timedelta(minutes=max(1, 14 - number * 14 / 12), seconds=20)
        done = number % 4 == 3 and number > 4
        self.conversations[id] = {
            "id": id, "line": "buergermeister", "lane": "done" if done else "waiting", "session": None,
            "contact": {"id": f"k{number}", "name": name, "phone": f"+4917139200{number % 100:02d}"},
            "waiting_since": None if done else iso(at), "window_closes_at": iso(at + timedelta(hours=23, minutes=55)),
            "assignee": {1: "mb", 2: "ek"}.get(number), "assigned_at": None, "last_message": None, "last_seq": 1,
            "unread": 0, "outcome": None,
        }  # fmt: skip
        self.messages[id], self.notes[id] = [], []
        self.say(id, QUESTIONS[number % len(QUESTIONS)], at=at, quiet=True)

    def say(
        self, id: str, text: str, *, at: datetime | None = None, quiet: bool = False, **more: Any
    ) -> Json:
        """A citizen writes."""
        at = at or self.now()
        message = self._message(id, text, at, **more)
        row = self.conversations[id]
        if row["lane"] != "done" or not quiet:
            row["lane"] = "waiting"
            row["waiting_since"] = row["waiting_since"] or iso(at)
            row["unread"] += 1
        self._put(message, quiet)
        return message

    def _message(self, id: str, text: str, at: datetime, **more: Any) -> Json:
        self.seq += 1
        contact = self.conversations[id]["contact"]
        return {
            "id": uuid.uuid4().hex, "conversation": id, "seq": self.seq, "direction": "inbound",
            "author": {"kind": "contact", "id": contact["id"], "name": contact["name"]}, "kind": "text", "text": text,
            "media": None, "detail": None, "reactions": [], "sent_at": iso(at), "received_at": iso(at), "late": False,
            "client_id": None, "status": None, "error": None, "reply_to": None, "decision": None, **more,
        }  # fmt: skip

    def answer(
        self,
        id: str,
        text: str,
        *,
        at: datetime | None = None,
        agent: int = 0,
        quiet: bool = False,
        **more: Any,
    ) -> Json:
        """An agent writes."""
        who = self.agents[agent]
        author = {"kind": "agent", "id": who["id"], "name": who["name"]}
        more = {"author": author, "status": "read", "received_at": None, **more}
        message = self._message(id, text, at or self.now(), direction="outbound", **more)
        row = self.conversations[id]
        if not quiet:
            row.update(lane="answered", waiting_since=None, unread=0, assignee=who["id"])
        self._put(message, quiet)
        return message

    def _put(self, message: Json, quiet: bool) -> None:
        row = self.conversations[message["conversation"]]
        row["last_message"] = {
            key: message[key] for key in ("id", "direction", "author", "kind", "text", "sent_at", "status")
        }
        self.messages[row["id"]].append(message)
        if not quiet:
            self.emit("message.created", message)
            self.emit("conversation.updated", row)

    def _rich(self, id: str) -> None:
        """One conversation with everything that can be shown."""
        at = self.now() - timedelta(days=1, minutes=30)

        def step(minutes: float = 1) -> datetime:
            nonlocal at
            at += timedelta(minutes=minutes)
            return at

        self.messages[id].clear()
        for number in range(60):
            self.say(id, f"Ältere Nachricht {number + 1}", at=step(0.2), quiet=True)
        at = self.now() - timedelta(minutes=25)
        auto = {"author": {"kind": "auto", "id": None, "name": "Automatische Antwort"}, "status": "read"}
        first = self.say(id, QUESTIONS[0], at=step(), quiet=True)
        self.answer(id, "Willkommen in der WhatsApp-Sprechstunde! Bürgermeisterin Keller antwortet bis 16 Uhr. Datenschutz: https://example.org/datenschutz", at=step(0.1), quiet=True, **auto)  # fmt: skip
        self.say(id, "So sieht es abends aus", kind="image", media={"id": "m1", "mime_type": "image/png", "state": "here"}, at=step(), quiet=True)  # fmt: skip
        self.say(id, "", kind="image", media={"id": "m2", "state": "waiting"}, at=step(0.2), quiet=True)
        self.say(id, "", kind="image", media={"id": "gone", "state": "here"}, at=step(0.2), quiet=True)
        self.say(id, "", kind="voice", media={"id": None, "state": "refused"}, at=step(), quiet=True, decision="Anna Weber wurde um 15:22 Uhr gebeten, ihre Frage zu schreiben.")  # fmt: skip
        for kind, more in {
            "video": {}, "call": {}, "sticker": {}, "unsupported": {}, "contacts": {"detail": {"contacts": [{"name": "Bauhof Kappelrodeck"}]}},
            "location": {"text": "Marktplatz, Hauptstraße 65", "detail": {"latitude": 48.59012, "longitude": 8.11723}},
            "document": {"media": {"id": "d1", "filename": "Bauplan Anbau Südseite.pdf", "size": 1_430_000, "state": "here"}},
        }.items():  # fmt: skip
            text = str(more.pop("text", ""))
            self.say(id, text, kind=kind, at=step(0.2), quiet=True, **more)
        self.say(id, LONG, at=step(0.2), quiet=True)
        self.answer(id, "Danke für das Foto, wir kümmern uns.", at=step(), quiet=True, status="failed", error={"code": 131026, "message": "…"})  # fmt: skip
        self.answer(id, "Der Bauhof ist unterwegs.", at=step(), quiet=True, agent=1, status="unclear")
        self.answer(id, "Das Ersatzteil ist bestellt.", at=step(), quiet=True, status="delivered", reactions=[{"emoji": "🙏"}], reply_to=first["id"])  # fmt: skip
        late = {"sent_at": iso(at - timedelta(minutes=19)), "received_at": iso(at), "late": True}
        self.say(id, "Und der Gehweg ist auch kaputt.", at=at, quiet=True, **late)
        self.note(id, "Bauhof sagt: Ersatzteil ist da, Montage morgen Vormittag.", 2, at=step(), quiet=True)
        self.answer(id, "Ich melde mich gleich.", at=step(), quiet=True, status="read")
        self.say(id, "Wissen Sie, wann das repariert wird?", at=step(), quiet=True, reply_to=first["id"], decision="Keine automatische Antwort, weil die Sprechstunde läuft.")  # fmt: skip
        self.say(id, "Es ist wirklich sehr dunkel dort.", at=step(0.5), quiet=True)
        self.conversations[id].update(unread=2)

    def _closed(self, id: str) -> None:
        self.conversations[id]["window_closes_at"] = iso(self.now() - timedelta(minutes=5))

    def note(
        self, id: str, text: str, agent: int, *, at: datetime | None = None, quiet: bool = False
    ) -> Json:
        """An agent notes something."""
        self.seq += 1
        who = self.agents[agent]
        author = {"kind": "agent", "id": who["id"], "name": who["name"]}
        made = {
            "id": uuid.uuid4().hex, "conversation": id, "author": author, "text": text,
            "at": iso(at or self.now()), "seq": self.seq,
        }  # fmt: skip
        self.notes[id].append(made)
        if not quiet:
            self.emit("note.created", made)
        return made

    def emit(self, name: str, data: Json) -> None:
        """Tell everybody."""
        self.seq += 1
        event = {"seq": self.seq, "name": name, "at": iso(self.now()), "data": json.loads(json.dumps(data))}
        self.events.append(event)
        for socket in self.sockets:
            socket.push({"type": "event", **event})

    def snapshot(self) -> Json:
        """Everything, as of now."""
        return {
            "seq": self.seq, "now": iso(self.now()), "session": self.session, "next_session": self.next_session,
            "sessions": [self.session] if self.session else [], "conversations": list(self.conversations.values()),
            "agents": self.agents, "lines": [], "notices": [],
        }  # fmt: skip

    def presence(self) -> Json:
        """Who is here: whoever is connected, and two colleagues at work."""
        there = [{"id": "ek", "name": "Erika Keller", "viewing": None, "composing": None}]
        there.append({"id": "mb", "name": "Murat Brandt", "viewing": "c1", "composing": "c1"})
        there.append({"id": "sv", "name": "Sabine Vogt", "viewing": "c0", "composing": None})
        return {"agents": there}

    def command(self, name: str, data: Json, id: str) -> Json:
        """Carry out a command roughly."""
        text = data.get("text", "")
        row = self.conversations.get(data.get("conversation", ""), {})
        if (
            name == "reply"
            and text.startswith("!stale")
            and data["seen"] < self.seq + 1
            and not data.get("again")
        ):
            missed = self.answer(row["id"], "Das habe ich schon beantwortet.", agent=1)
            return {"error": {"code": "stale", "message": "…", "seq": self.seq, "missed": [missed]}}
        if name == "reply" and text.startswith("!claimed") and not data.get("take_over"):
            return {
                "error": {"code": "claimed", "message": "Jemand anderes antwortet gerade.", "assignee": "mb"}
            }
        if name == "reply":
            status = (
                "failed"
                if text.startswith("!fail")
                else "unclear"
                if text.startswith("!unclear")
                else "queued"
            )
            message = self.answer(row["id"], text, client_id=id, status=status)
            asyncio.get_running_loop().create_task(self._deliver(message))
            return {"data": {"message": message}}
        if name == "note":
            return {"data": {"note": self.note(row["id"], text, 0)}}
        if name == "next":
            free = [c for c in self.conversations.values() if c["lane"] == "waiting" and not c["assignee"]]
            row = min(free, key=lambda c: c["waiting_since"], default={})
            name = "claim"
        changes = {
            "claim": {"assignee": "ek"}, "release": {"assignee": None},
            "resolve": {"lane": "done", "waiting_since": None, "unread": 0},
        }.get(name)  # fmt: skip
        if changes and row:
            row.update(changes)
            self.emit("conversation.updated", row)
        if name == "session.extend" and self.session:
            closes = datetime.fromisoformat(self.session["closes"]) + timedelta(minutes=data["minutes"])
            self.session["closes"] = iso(closes)
            self.emit("session.updated", self.session)
        if name == "session.open_now":
            self.session = self._session("open", 0, data["minutes"])
            self.emit("session.created", self.session)
        return {"data": {"conversation": row or None}}

    async def _deliver(self, message: Json) -> None:
        if message["status"] != "queued":
            return
        for status in ("sending", "sent", "delivered", "read"):
            await asyncio.sleep(0.4)
            message["status"] = status
            self.emit("message.updated", message)


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
        self.world.sockets.discard(self)
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
            self.push({"type": "beat", "at": iso(self.world.now()), "seq": self.world.seq})

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
        self.push({"type": "welcome", "seq": since or self.world.seq, "version": "1", "snapshot": snapshot})
        missed = [event for event in self.world.events if since is not None and event["seq"] > since]
        if missed:
            self.push({"type": "events", "events": missed})
        self.push({"type": "live"})
        self.world.sockets.add(self)
        self.push({"type": "signal", "name": "agent.presence", "data": self.world.presence()})


PICTURE = """<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 480 320"><rect width="480" height="320" fill="#1d2b38"/>
<path d="M0 250h480v70H0z" fill="#39454f"/><path d="M230 60h8v200h-8zM206 52h56l-12 18h-32z" fill="#8b98a3"/>
<circle cx="380" cy="60" r="24" fill="#d8d2b0"/><path d="M40 140h110v120H40z" fill="#2b3a47"/></svg>"""


class FakeConsole:
    """The routes over a world. ``me`` may be changed before the page is loaded."""

    def __init__(self, world: World, *, rate: float = 0.0, language: str = "de") -> None:
        self.world, self.rate, self.language = world, rate, language
        self.assets = Assets(WEB)
        self.templates = Templates(WEB / "templates", self.assets)
        rights = (
            "reply note claim next release resolve retry confirm_delivered session.extend session.open_now"
        )
        self.me: Json = {
            "agent": {"id": "ek", "name": "Erika Keller", "email": "keller@example.org", "roles": ["mayor"]},
            "rights": dict.fromkeys(rights.split(), True),
            "town": {"id": "musterstadt", "name": "Musterstadt", "timezone": "Europe/Berlin", "language": "de", "address": "Sie"},
            "lines": [{"id": "buergermeister", "title": "WhatsApp-Bürgersprechstunde", "host": "Bürgermeisterin Keller", "phone": "+4978427777", "approval": False, "persona": "ich"}],
            "texts_language": language,
        }  # fmt: skip

    def app(self) -> Security:
        """As the product is wrapped: the same headers, the same policy."""
        routes = [
            Route("/console", self.console),
            Route("/api/me", self.my),
            Route("/api/snapshot", self.snapshot),
            Route("/api/logout", self.logout, methods=["POST"]),
            Route("/api/conversations/{id}/messages", self.page),
            Route("/api/media/{id}", self.media),
            Route("/fake/{name}", self.fake, methods=["POST"]),
            WebSocketRoute("/api/live", self.live),
            *self.assets.routes(),
        ]
        app = Starlette(routes=routes, lifespan=self._lifespan)
        return Security(app, site=Site(), refusal=Answers(self.templates).refusal)

    @contextlib.asynccontextmanager
    async def _lifespan(self, app: Starlette) -> Any:
        task = asyncio.create_task(self._rush())
        yield
        task.cancel()

    async def _rush(self) -> None:
        """``rate`` messages a second, a quarter of them in the first conversation."""
        number = 0
        while self.rate:
            await asyncio.sleep(1 / self.rate)
            ids = list(self.world.conversations)
            number += 1
            self.world.say(ids[0] if number % 4 == 0 else ids[number * 7 % len(ids)], f"Nachricht {number}")

    async def console(self, request: Request) -> Response:
        """The page."""
        return self.templates.page(request, "console/console.html", self.language)

    async def my(self, request: Request) -> Response:
        """Who is logged in."""
        return JSONResponse(self.me)

    async def snapshot(self, request: Request) -> Response:
        """Everything."""
        return JSONResponse(self.world.snapshot())

    async def logout(self, request: Request) -> Response:
        """Nothing to do."""
        return JSONResponse({})

    async def page(self, request: Request) -> Response:
        """Messages, oldest first, and the notes of the same stretch."""
        id, before = request.path_params["id"], request.query_params.get("before")
        every = sorted(self.world.messages[id], key=lambda one: (one["sent_at"], one["seq"]))
        if before:
            every = every[: next(place for place, one in enumerate(every) if one["id"] == before)]
        page = every[-50:]
        return JSONResponse(
            {"messages": page, "notes": [] if before else self.world.notes[id], "more": len(every) > 50}
        )

    async def media(self, request: Request) -> Response:
        """A drawn lamp post, or nothing."""
        if request.path_params["id"] != "m1":
            return JSONResponse({"error": {"code": "not_found", "message": "…"}}, 404)
        return Response(PICTURE, media_type="image/svg+xml")

    async def fake(self, request: Request) -> Response:
        """What a test wants to happen: ``say``, ``answer``, ``cut``, ``end``."""
        data = await request.json() if await request.body() else {}
        match request.path_params["name"]:
            case "say":
                self.world.say(data["conversation"], data["text"])
            case "answer":
                self.world.answer(data["conversation"], data["text"], agent=1)
            case "cut":
                for socket in list(self.world.sockets):
                    await socket.socket.close(data.get("code", 1012))
        return JSONResponse({})

    async def live(self, socket: WebSocket) -> None:
        """The console socket."""
        await Socket(self.world, socket).run()


def main() -> None:
    """Serve until stopped."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, default=8123)
    parser.add_argument("--people", type=int, default=15)
    parser.add_argument("--rate", type=float, default=0.0)
    parser.add_argument("--between", action="store_true", help="no session is on")
    parser.add_argument("--language", default="de")
    chosen = parser.parse_args()
    world = World(chosen.people, session=not chosen.between)
    fake = FakeConsole(world, rate=chosen.rate, language=chosen.language)
    uvicorn.run(fake.app(), host="127.0.0.1", port=chosen.port, log_level="warning")


if __name__ == "__main__":
    main()
