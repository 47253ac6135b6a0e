"""The hub: who is listening, and telling them what was committed.

Each event is serialised once for all who may see the same. A listener that is too slow is let go and comes back with
``since``; nobody waits for it (AC-39).
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Coroutine, Iterable
from dataclasses import dataclass, field
from itertools import groupby
from operator import attrgetter
from typing import Any, cast, overload

import msgspec

from sessionhours.core.roles import Sight, may
from sessionhours.core.rollcall import Present
from sessionhours.store.database import Database
from sessionhours.store.events import Committed, events_after, last_seq

#: Frames and bytes that wait for one listener before it counts as too slow.
MOST_FRAMES = 256
MOST_BYTES = 1_000_000

#: A frame on its way, as ASGI wants it; one and the same for all whom it goes to.
Sending = dict[str, Any]

#: Sends one message down a socket (ASGI).
Send = Callable[[Sending], Awaitable[None]]

#: Seconds in which what is committed goes out together, once something went out: no screen shows it any sooner, and in a
#: rush one frame costs much less than many (AC-39).
TOGETHER = 0.008

#: Events read at once when the hub has to catch up with another process.
CATCH_UP = 500

#: What everybody may see, whatever their sight: sessions and the house, no conversation.
PUBLIC_EVENTS = ("session.", "schedule.", "agent.", "line.")


#: What is shown to those alone whom a right of this name is granted, whatever their sight.
RIGHTS = {"template": "templates", "budget": "budget"}


class Frame(str):
    """A frame's text, put into UTF-8 once for all the sockets that it is sent down: each server socket would do so."""

    _utf8: bytes | None = None

    def encode(self, encoding: str = "utf-8", errors: str = "strict") -> bytes:
        """The same bytes each time, as the wire wants them."""
        if self._utf8 is None:
            self._utf8 = super().encode()
        return self._utf8


@dataclass(eq=False)
class Listener:
    """One open console: whose it is, how much it sees, and what waits to be sent to it.

    ``seq`` is the last event that it has from elsewhere (its snapshot or its own reading); ``live`` from when on the
    hub tells it; ``drained`` that nothing waits; ``slow`` that it fell too far behind, which ``fell_behind`` is told.
    ``roles`` and ``agent`` decide what it is told; listeners with equal ``view`` are told the very same bytes.
    ``handed`` are the conversations that a specialist has, as far as it was told.
    """

    town: str
    agent: str
    name: str
    roles: frozenset[str]
    sight: Sight
    seq: int
    send: Send
    writing: bool = False
    waiting: deque[Sending] = field(default_factory=deque)
    size: int = 0
    ready: asyncio.Event = field(default_factory=asyncio.Event)
    drained: asyncio.Event = field(default_factory=asyncio.Event)
    slow: bool = False
    fell_behind: Callable[[], None] = lambda: None
    live: bool = False
    viewing: str | None = None
    composing: str | None = None
    handed: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        handed = self.sight == "handed"
        self.rights = frozenset(
            noun for noun, right in RIGHTS.items() if may(self.roles, right, approval=False)
        )
        self.view = self.agent if handed else f"{self.sight}/{'admin' in self.roles}/{sorted(self.rights)}"

    def knows(self, conversation: str | None) -> bool:
        """May it hear of this conversation, or of none?"""
        return self.sight == "all" or (
            self.sight == "handed" and (conversation is None or conversation in self.handed)
        )

    def follow(self, events: Iterable[Committed]) -> None:
        """Know what is handed to this specialist after these events."""
        for event in events:
            if event.conversation and event.assignee == self.agent:
                self.handed.add(event.conversation)
            elif event.conversation:
                self.handed.discard(event.conversation)

    def push(self, message: Sending) -> None:
        """Send a frame at once where the socket takes it, else queue it, whatever its size.

        One that comes while too much waits makes the listener slow.
        """
        if self.slow or (not self.waiting and not self.writing and self._sent(message)):
            return
        if len(self.waiting) >= MOST_FRAMES or self.size > MOST_BYTES:
            self.slow = True
            self.waiting.clear()
            self.fell_behind()
            return
        self.waiting.append(message)
        self.size += len(message["text"])
        self.drained.clear()
        self.ready.set()

    def _sent(self, message: Sending) -> bool:
        """Send without waiting. A socket that has to wait does so before its first byte, so nothing went out then.

        Waking a task for every console and frame costs twice what sending does (bench: fan-out).
        """
        sending = cast("Coroutine[Any, Any, None]", self.send(message))
        try:
            sending.send(None)
        except StopIteration:
            return True
        except Exception:  # noqa: BLE001 - the socket is gone; whoever reads from it ends this listener
            return True
        sending.close()
        return False

    def take(self) -> Sending | None:
        """The next frame to send, or None."""
        if not self.waiting:
            self.ready.clear()
            self.drained.set()
            return None
        message = self.waiting.popleft()
        self.size -= len(message["text"])
        return message


class Hub:
    """All listeners of this process, by town."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.towns: dict[str, set[Listener]] = {}
        self.seq: dict[str, int] = {}
        self._next: dict[str, list[Committed]] = {}
        self._told_at: dict[str, float] = {}
        self.bell: Callable[[], None] = lambda: None
        self._loop: asyncio.AbstractEventLoop | None = None

    def start(self) -> None:
        """Begin to take this process's own commits."""
        self._loop = asyncio.get_running_loop()

    def committed(self, committed: list[Committed]) -> None:
        """Called by the writer thread with what is durable now."""
        if self._loop is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self.tell, committed)

    def join(self, listener: Listener) -> None:
        """From now on the listener is told everything; what it missed it reads itself."""
        self.towns.setdefault(listener.town, set()).add(listener)

    def leave(self, listener: Listener) -> None:
        """The listener is gone."""
        self.towns.get(listener.town, set()).discard(listener)

    def listeners(self, town: str) -> Iterable[Listener]:
        """Everybody listening to a town."""
        return self.towns.get(town, ())

    def present(self, town: str) -> list[Present]:
        """Who is at an open console of this process."""
        return [Present(one.agent, one.name, one.roles) for one in self.listeners(town) if one.live]

    # -- telling -----------------------------------------------------------------------------------

    def tell(self, committed: list[Committed]) -> None:
        """Hand events on that follow on what was told; where there is a gap, they are read in order later."""
        for town, group in groupby(committed, key=attrgetter("town")):
            events, coming = list(group), self._next.setdefault(town, [])
            last = coming[-1].seq if coming else self.seq.get(town)
            if last is not None and events[0].seq != last + 1:
                self.bell()
                continue
            coming += events
            if len(coming) == len(events):
                self._soon(town)

    def _soon(self, town: str) -> None:
        loop = asyncio.get_running_loop()
        due = self._told_at.get(town, 0.0) + TOGETHER
        if loop.time() < due:
            loop.call_at(due, self._tell_next, town)
        else:
            self._tell_next(town)

    def _tell_next(self, town: str) -> None:
        """What has gathered, but for what was read from the database in the meantime."""
        seq = self.seq.get(town)
        events = [event for event in self._next.pop(town, ()) if seq is None or event.seq > seq]
        self._told_at[town] = asyncio.get_running_loop().time()
        if events:
            self.seq[town] = events[-1].seq
            self.relay(town, events)

    async def begin(self, town: str) -> None:
        """Know from which event on this process tells."""
        if town not in self.seq:
            self.seq.setdefault(town, await self.database.read(last_seq, town))

    async def catch_up(self, town: str) -> None:
        """Read what other processes committed and hand it on."""
        await self.begin(town)
        while events := await self.database.read(events_after, town, self.seq[town], CATCH_UP):
            fresh = [event for event in events if event.seq > self.seq[town]]
            if fresh and fresh[0].seq == self.seq[town] + 1:
                self.seq[town] = fresh[-1].seq
                self.relay(town, fresh)
            if len(events) < CATCH_UP:
                return

    def relay(self, town: str, events: list[Committed]) -> None:
        """Send events that follow on what was told to everybody who may see them, as one frame each."""
        listeners = self.towns.get(town)
        if not listeners:
            return
        shared: dict[str, Sending | None] = {}
        for listener in listeners:
            if not listener.live:
                continue
            if listener.sight == "handed":
                listener.follow(events)
            if listener.seq >= events[0].seq:
                message = sending(frames([event for event in events if event.seq > listener.seq], listener))
            else:
                view = listener.view
                if view not in shared:
                    shared[view] = sending(frames(events, listener))
                message = shared[view]
            if message is not None:
                listener.push(message)

    def signal(self, town: str, name: str, data: dict[str, Any], *, but: Listener | None = None) -> None:
        """Show something that is not kept to everybody who sees the conversation that it is about."""
        message = _signal(name, data)
        for listener in self.listeners(town):
            if listener is but or not listener.live or not listener.knows(data.get("conversation")):
                continue
            listener.push(message if listener.sight == "all" else _signal(name, _known_to(listener, data)))


def _signal(name: str, data: dict[str, Any]) -> Sending:
    return sending(msgspec.json.encode({"type": "signal", "name": name, "data": data}).decode())


def _known_to(listener: Listener, data: dict[str, Any]) -> dict[str, Any]:
    """Who is there, without what they look at where that is hidden from this listener."""
    if "agents" not in data:
        return data
    hidden = ("viewing", "composing")
    return {
        "agents": [
            agent | {name: None for name in hidden if not listener.knows(agent[name])}
            for agent in data["agents"]
        ]
    }


@overload
def sending(text: str) -> Sending: ...
@overload
def sending(text: None) -> None: ...
@overload
def sending(text: str | None) -> Sending | None: ...
def sending(text: str | None) -> Sending | None:
    """A frame's text ready to be sent to many: where it is long to put into UTF-8, once is enough. None stays None."""
    if text is None:
        return None
    return {"type": "websocket.send", "text": text if text.isascii() else Frame(text)}


def frames(events: Iterable[Committed], listener: Listener) -> str | None:
    """One frame for all the events that this listener may see, or None (surfaces §5)."""
    parts = [text for event in events if (text := shown(event, listener)) is not None]
    if not parts:
        return None
    if len(parts) == 1:
        return '{"type":"event",' + parts[0][1:]
    return '{"type":"events","events":[' + ",".join(parts) + "]}"


def shown(event: Committed, listener: Listener) -> str | None:
    """The event as this listener may see it, or None."""
    if event.name.startswith(PUBLIC_EVENTS):
        return event.frame
    if event.name.startswith("notice."):
        return event.frame if "admin" in listener.roles else None
    if (noun := event.name.partition(".")[0]) in RIGHTS:
        return event.frame if noun in listener.rights else None
    if listener.sight == "all":
        return event.frame
    if listener.sight == "handed":
        return _handed(event, listener)
    return None


def _handed(event: Committed, listener: Listener) -> str | None:
    """A specialist sees what is handed to them, without the number; what is taken away again is gone."""
    if event.assignee == listener.agent:
        return _without_number(event).frame
    if event.name == "conversation.updated":
        gone = msgspec.json.encode({"id": event.conversation}).decode()
        removed = Committed(event.town, event.seq, "conversation.removed", event.at, gone, event.conversation)
        return removed.frame
    return None


def _without_number(event: Committed) -> Committed:
    if not event.name.startswith("conversation.") or event.name.endswith(".removed"):
        return event
    data = msgspec.json.decode(event.data)
    data["contact"]["phone"] = None
    text = msgspec.json.encode(data).decode()
    return Committed(event.town, event.seq, event.name, event.at, text, event.conversation, event.assignee)
