"""The console socket (surfaces §5): hello, catch up, relay, commands, beats."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any

import msgspec
from starlette.types import Receive, Scope, Send
from starlette.websockets import WebSocket, WebSocketDisconnect

from sessionhours.core.instants import iso, ms
from sessionhours.core.roles import sight
from sessionhours.desk import snapshot
from sessionhours.desk.hub import Hub, Listener, frames, sending
from sessionhours.desk.snapshot import Json
from sessionhours.server.auth import AgentInfo, Auth
from sessionhours.server.commands import Commands, author_of, known_id, refusal
from sessionhours.server.site import Site
from sessionhours.store.database import Database
from sessionhours.store.events import Committed, events_after, last_seq

NOT_LOGGED_IN, WRONG_ORIGIN, TOO_SLOW, RESTARTS, BROKEN = 4001, 4003, 4008, 1012, 1011

#: Seconds between two beats; a console that hears none for 12 says that it is offline.
BEAT = 5.0

#: A console that missed more events than this gets a snapshot instead; so many of them go in one frame.
MISSED = 1000
PIECE = 100

#: Seconds that a console which does not read may take to hear why it is closed.
GOODBYE = 30.0

#: Commands and signals that one socket may send at once, and how many come back each second (attack C67).
BURST, PER_SECOND = 60, 20

#: Where consoles connect.
PATH = "/api/live"

#: Seconds in which comings and goings are told together.
PRESENT = 0.1

#: Signals that a console may send.
SIGNALS = ("agent.composing", "agent.viewing")

logger = logging.getLogger(__name__)

_encode = msgspec.json.encode


class Live:
    """All console sockets of this process. ``version`` changes with what the browser runs, so that it can offer a reload."""

    def __init__(
        self,
        database: Database,
        hub: Hub,
        auth: Auth,
        site: Site,
        commands: Commands,
        clock: Callable[[], datetime],
        version: str,
    ) -> None:
        self.database, self.hub, self.auth, self.site = database, hub, auth, site
        self.commands, self.clock, self.version = commands, clock, version
        self.open: dict[Console, str] = {}
        self._presenting: set[str] = set()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """``/api/live``, as an ASGI application of its own: each layer around it would cost every frame a call."""
        await self.connect(WebSocket(scope, receive, send), send)

    async def connect(self, socket: WebSocket, send: Send) -> None:
        """One console, from handshake to goodbye."""
        await socket.accept()
        if not self._same_origin(socket):
            return await socket.close(WRONG_ORIGIN)
        agent = await self.auth.current_agent(socket)
        if agent is None:
            return await socket.close(NOT_LOGGED_IN)
        console = Console(self, socket, agent, send)
        self.open[console] = agent.login_key
        try:
            await console.run()
        finally:
            del self.open[console]
            self.hub.leave(console.listener)
            self.present(agent.town)
        await console.goodbye()

    def ended(self, login_key: str) -> None:
        """A login is over: its sockets close at once (fault F75)."""
        for console, key in list(self.open.items()):
            if key == login_key:
                console.close(NOT_LOGGED_IN)

    def restart(self) -> None:
        """The server goes down; consoles come back by themselves."""
        for console in list(self.open):
            console.close(RESTARTS)

    def present(self, town: str) -> None:
        """Show everybody who is there, soon: after a restart all come at once, and each needs to be told only once."""
        if town not in self._presenting:
            self._presenting.add(town)
            asyncio.get_running_loop().call_later(PRESENT, self._present, town)

    def _present(self, town: str) -> None:
        self._presenting.discard(town)
        seen: dict[str, Json] = {}
        for listener in self.hub.listeners(town):
            mine = seen.setdefault(
                listener.agent,
                {"id": listener.agent, "name": listener.name, "viewing": None, "composing": None},
            )
            mine["viewing"] = listener.viewing or mine["viewing"]
            mine["composing"] = listener.composing or mine["composing"]
        self.hub.signal(town, "agent.presence", {"agents": list(seen.values())})

    def _same_origin(self, socket: WebSocket) -> bool:
        """A browser says where its page is from; it must be from here (attack C41)."""
        origin = socket.headers.get("origin")
        return origin is not None and self.site.same_origin(origin, socket.headers.get("host", ""))


@dataclass
class Allowance:
    """How much one socket may still ask for."""

    left: float = BURST
    at: float = 0.0

    def take(self, now: float) -> bool:
        """One more? What is turned down costs nothing, or who asks again too early would wait for ever."""
        self.left = min(BURST, self.left + (now - self.at) * PER_SECOND)
        self.at = now
        if self.left < 1:
            return False
        self.left -= 1
        return True


class Console:
    """One open socket."""

    def __init__(self, live: Live, socket: WebSocket, agent: AgentInfo, send: Send) -> None:
        self.live, self.socket, self.agent = live, socket, agent
        self.author = author_of(agent)
        self.listener = _listener(agent, send)
        self.listener.fell_behind = partial(self.close, TOO_SLOW)
        self.allowance = Allowance(at=asyncio.get_running_loop().time())
        self._closing: asyncio.Future[int] = asyncio.get_running_loop().create_future()

    async def run(self) -> None:
        """Read, write and beat until one of them ends."""
        names = ("read", "write", "beat")
        steps = (self._read(), self._write(), self._beat())
        tasks = [
            asyncio.create_task(step, name=f"console {name}") for name, step in zip(names, steps, strict=True)
        ]
        waited: list[asyncio.Future[Any]] = [*tasks, self._closing]
        try:
            await asyncio.wait(waited, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in tasks:
                task.cancel()
            self._look_at(await asyncio.gather(*tasks, return_exceptions=True))

    def close(self, code: int) -> None:
        """End this socket with a code."""
        if not self._closing.done():
            self._closing.set_result(code)

    async def goodbye(self) -> None:
        """Close with the code that says why, where it was we who ended it."""
        if self._closing.done():
            with contextlib.suppress(RuntimeError, WebSocketDisconnect, TimeoutError):
                async with asyncio.timeout(GOODBYE):
                    await self.socket.close(self._closing.result())

    def _look_at(self, ends: list[object]) -> None:
        """A fault of ours is logged, and the console comes back."""
        for end in ends:
            if isinstance(end, Exception) and not isinstance(end, WebSocketDisconnect):
                logger.error("a console broke off", exc_info=end)
                self.close(BROKEN)

    # -- out ---------------------------------------------------------------------------------------

    async def _write(self) -> None:
        while not self.listener.slow:
            message = self.listener.take()
            if message is None:
                await self.listener.ready.wait()
            else:
                self.listener.writing = True
                await self.socket.send(message)
                self.listener.writing = False

    async def _beat(self) -> None:
        """A sign of life with the server's clock; and a look whether this login still holds (fault F75)."""
        while True:
            await asyncio.sleep(BEAT)
            if await self._still_here_if_known() and self.listener.live:
                seq = self.live.hub.seq.get(self.agent.town, 0)
                self._push({"type": "beat", "at": iso(ms(self.live.clock())), "seq": seq})

    async def _still_here_if_known(self) -> bool:
        """While the database is away nobody's login ends: who was let in stays (fault F15)."""
        try:
            return await self._still_here()
        except Exception as error:  # noqa: BLE001 - whatever keeps it from being read, the next beat asks again
            logger.warning("a login could not be looked at: %s", type(error).__name__)
            return True

    async def _still_here(self) -> bool:
        """Does the login hold, with the same rights? Otherwise this socket ends (fault F75)."""
        agent = await self.live.auth.agent_of(self.agent.login_key)
        if agent is None:
            self.close(NOT_LOGGED_IN)
        elif agent.roles != self.agent.roles:
            self.close(RESTARTS)
        else:
            return True
        return False

    def _push(self, frame: Json) -> None:
        self.listener.push(sending(_encode(frame).decode()))

    # -- in ----------------------------------------------------------------------------------------

    async def _read(self) -> None:
        while True:
            message = await self.socket.receive()
            if message["type"] == "websocket.disconnect":
                return
            await self._frame(message.get("text"))

    async def _frame(self, text: str | None) -> None:
        frame = _read(text)
        if not self.allowance.take(asyncio.get_running_loop().time()):
            return self._refuse("too_many", id=frame and frame.get("id"))
        if frame is None:
            return self._refuse("bad_frame")
        match frame.get("type"):
            case "hello":
                await self._hello(frame.get("since"))
            case "command" if self.listener.live:
                await self._command(frame)
            case "signal" if self.listener.live:
                self._signal(frame.get("name"), frame.get("data"))
            case "command" | "signal":
                self._refuse("hello_first", id=frame.get("id"))
            case _:
                self._refuse("unknown_type", id=frame.get("id"))

    def _refuse(self, code: str, id: object = None) -> None:
        self._push({"type": "result", "id": known_id(id), **refusal(code)})

    async def _hello(self, since: object) -> None:
        """Subscribe first, then read what was missed: nothing can fall in between."""
        if self.listener.live:
            return self._refuse("hello_twice")
        town, now = self.agent.town, self.live.clock()
        await self.live.hub.begin(town)
        self.live.hub.join(self.listener)
        missed = await self._missed(since)
        if missed is None:
            schedule = self.live.commands.schedule(town)
            shot = await self.live.database.read(snapshot.snapshot, self.author, schedule, now=now)
            self.listener.seq = shot["seq"]
        else:
            shot = None
            self.listener.seq = since if isinstance(since, int) else 0
        if self.listener.sight == "handed":
            self.listener.handed = await self.live.database.read(snapshot.handed, self.author)
        self._push(
            {"type": "welcome", "seq": self.listener.seq, "version": self.live.version, "snapshot": shot}
        )
        await self._catch_up(missed or [])
        self._push({"type": "live"})
        self.live.present(town)

    async def _missed(self, since: object) -> list[Committed] | None:
        """The events after ``since``; None where a snapshot is the better answer."""
        if not isinstance(since, int) or isinstance(since, bool) or since < 0 or since >= 2**62:
            return None
        last = await self.live.database.read(last_seq, self.agent.town)
        if since >= last:
            return [] if since == last else None
        events = await self.live.database.read(events_after, self.agent.town, since, MISSED + 1)
        whole = 0 < len(events) <= MISSED and events[0].seq == since + 1
        return events if whole else None

    async def _catch_up(self, events: list[Committed]) -> None:
        """Send on until nothing lies between what was read and what the hub tells from now on."""
        hub, town = self.live.hub, self.agent.town
        while True:
            for first in range(0, len(events), PIECE):
                await self._hand_on(events[first : first + PIECE])
            if self.listener.seq >= hub.seq.get(town, 0):
                self.listener.live = True
                return
            events = await self.live.database.read(events_after, town, self.listener.seq, MISSED)
            if not events:
                self.listener.live = True
                return

    async def _hand_on(self, events: list[Committed]) -> None:
        """One frame, and no next one before it is sent."""
        self.listener.follow(events)
        message = sending(frames(events, self.listener))
        self.listener.seq = events[-1].seq
        if message is not None:
            self.listener.push(message)
            await self.listener.drained.wait()

    async def _command(self, frame: Json) -> None:
        if not await self._still_here():
            return
        id = frame.get("id")
        result, _ = await self.live.commands.run(self.author, id, frame.get("name"), frame.get("data", {}))
        self._push({"type": "result", **result})

    def _signal(self, name: object, data: object) -> None:
        if name not in SIGNALS or not isinstance(data, dict) or self.listener.sight == "sessions":
            return self._refuse("unknown_signal")
        conversation = data.get("conversation")
        if conversation is not None and not (isinstance(conversation, str) and len(conversation) <= 64):
            return self._refuse("unknown_signal")
        if not self.listener.knows(conversation):
            return self._refuse("unknown_conversation")
        field = str(name).removeprefix("agent.")
        setattr(self.listener, field, conversation)
        told = {"agent": self.agent.id, "name": self.agent.name, "conversation": conversation}
        self.live.hub.signal(self.agent.town, str(name), told, but=self.listener)
        self.live.present(self.agent.town)


def _listener(agent: AgentInfo, send: Send) -> Listener:
    roles = frozenset(agent.roles)
    return Listener(agent.town, agent.id, agent.name, roles, sight(roles), seq=0, send=send)


def _read(text: str | None) -> Json | None:
    try:
        frame = msgspec.json.decode(text or "")
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        return None
    return frame if isinstance(frame, dict) else None
