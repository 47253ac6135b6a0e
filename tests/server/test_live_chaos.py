"""The console's socket under what nobody would do on purpose: seeded nonsense, and cuts at any moment."""

from __future__ import annotations

import asyncio
import json
import random
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from websockets.exceptions import ConnectionClosed

from sessionhours.core.roles import GRANTS
from sessionhours.desk import commands
from sessionhours.server import live
from tests.makers import body, message
from tests.server.house import Console, Guest, House
from tests.server.walk import fields_of

SEED = 20261203
CANARY = "Kanarienvogel"

#: What may be told in an error: nothing else ever leaves.
CODES = {
    "bad_frame", "hello_twice", "hello_first", "unknown_type", "unknown_signal", "unknown_command", "bad_command",
    "bad_data", "forbidden", "not_found", "empty", "too_long", "not_possible", "claimed", "bad_outcome",
    "bad_minutes", "session_running", "session_not_running", "id_reused", "stale", "window_closed", "bad_agent",
    "unknown_agent", "error",
}  # fmt: skip


@pytest.fixture
def house(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[House]:
    monkeypatch.setattr(live, "BURST", 10**6)
    monkeypatch.setattr(live, "PER_SECOND", 10**6)
    house = House(tmp_path).start()
    yield house
    house.stop()


# -- nonsense --------------------------------------------------------------------------------------------

ODD: list[Any] = [
    None, True, False, 0, -1, 1, 2**31, 2**53 + 1, 2**63, -(2**63), 2**64 + 1, -(2**70), 1.5, "", "x", "\0", "\ud800",
    CANARY, "é" * 300, "x" * 5000, "../../etc/passwd", "' OR 1=1 --", "{{7*7}}", "%s%n", "\u202e", [], [[]], ["x"], {},
    {"$ne": ""}, {"__class__": "x"}, {"a": {"b": {"c": []}}}, [None] * 50,
]  # fmt: skip

FIELDS = ["conversation", "text", "seen", "message", "emoji", "reply_to", "take_over", "agent", "outcome", "line",
          "minutes", "session", "draft", "version", "date", "call", "self", CANARY]  # fmt: skip


def nonsense(chance: random.Random, conversation: str, mine: list[str]) -> Any:
    """One frame: mostly shaped like a real one, with something wrong in it."""
    data = {name: odd(chance, conversation) for name in chance.sample(FIELDS, chance.randint(0, 5))}
    frame: dict[str, Any] = {
        "type": chance.choice(["command"] * 8 + ["signal", "hello", "event", CANARY]),
        "id": chance.choice([*mine[-3:], *[str(uuid.UUID(int=chance.getrandbits(128))) for _ in range(9)]]),
        "name": chance.choice([*GRANTS, "agent.viewing", "agent.composing", "__init__", CANARY]),
        "data": data,
    }
    mine.append(frame["id"])
    for _ in range(chance.choice([0, 0, 0, 1, 2])):
        frame[chance.choice([*frame])] = odd(chance, conversation)
    text = json.dumps(frame)
    match chance.randint(0, 30):
        case 0:
            return text[: chance.randint(0, len(text))]
        case 1:
            return text.encode()
        case 2:
            return "[" * chance.randint(1, 3000)
        case 3:
            return text.replace("null", "NaN").replace("true", "1e999")
        case 4:
            depth = chance.choice([50, 500, 900, 960, 980, 990, 1000, 1100])
            return text[:-1] + ',"data":' + '{"a":' * depth + "1" + "}" * depth + "}"
        case 5:
            return text[:-1] + ',"id":' + "[" * 900 + "]" * 900 + "}"
    return text


def odd(chance: random.Random, conversation: str) -> Any:
    return chance.choice([*ODD, conversation])


@pytest.mark.proves("C47", "C48", "C26")
@pytest.mark.parametrize("number", [2_000, pytest.param(20_000, marks=pytest.mark.full)])
async def test_odd_frames_by_the_thousand_get_fixed_codes_and_change_nothing_else(
    house: House, number: int
) -> None:
    """Each is answered or passed over; no exception's text, no foreign byte, no dead socket, no fault of ours."""
    house.says(1, "Guten Tag")
    mayor, chance, mine = house.agent(), random.Random(SEED), list[str]()
    conversation = mayor.conversation()["id"]
    async with mayor.console() as console:
        for sent in range(1, number + 1):
            await console.send(nonsense(chance, conversation, mine))
            if sent % 1_000 == 0:
                assert (await console.command("note", conversation=conversation, text="Noch da?"))["ok"]
        errors = [frame["error"] for frame in console.frames if frame["type"] == "result" and not frame["ok"]]
        assert len(errors) > number * 3 / 4
        assert {error["code"] for error in errors} - CODES == set()
        assert "error" not in {error["code"] for error in errors}, "a fault of ours"
        told = json.dumps(errors, ensure_ascii=False)
        for leaked in (
            "Traceback",
            "Error",
            "sqlite",
            "psycopg",
            "object at",
            "sessionhours.",
            CANARY,
            "passwd",
        ):
            assert leaked not in told
    assert [m["direction"] for m in messages(mayor, conversation)].count("inbound") == 1


@pytest.mark.proves("C48")
@pytest.mark.parametrize("step", [8, pytest.param(1, marks=pytest.mark.full)])
def test_every_field_of_every_command_is_held_to_its_type(house: House, step: int) -> None:
    """Over HTTP: whatever stands in a field, it is 200 or a refusal in its own words, never a fault of ours."""
    house.says(1, "Guten Tag")
    mayor = house.agent("Alle Rechte", "mayor", "admin", "privacy")
    conversation = mayor.conversation()["id"]
    good = {"conversation": conversation, "text": "Gut", "seen": 99, "line": "buergermeister", "minutes": 5}
    tries = [
        (name, {key: value for key, value in good.items() if key in fields} | {field: odd})
        for name, fields in ((name, [*fields_of(name)]) for name in commands.HANDLERS)
        for field in fields
        for odd in ODD
    ]
    assert len(tries) > 3000
    with house.client(headers=mayor.headers) as client:
        for name, data in tries[::step]:
            sent = {"id": str(uuid.uuid4()), "name": name, "data": data}
            answer = client.post("/api/commands", content=json.dumps(sent), headers=JSON)
            assert answer.status_code in (200, 400, 404, 409), (name, data, answer.text)


JSON = {"content-type": "application/json"}


def messages(guest: Guest, conversation: str, **params: Any) -> list[dict[str, Any]]:
    path = f"/api/conversations/{conversation}/messages"
    found: list[dict[str, Any]] = guest.get(path, **params).json()["messages"]
    return found


# -- cuts --------------------------------------------------------------------------------------------------


class Screen:
    """What a console holds: a snapshot and the events after it, applied as console.md says."""

    def __init__(self) -> None:
        self.seq: int | None = None
        self.conversations: dict[str, Any] = {}
        self.messages: dict[str, Any] = {}
        self.sessions: dict[str, Any] = {}
        self.seqs: list[int] = []

    def take(self, frame: dict[str, Any]) -> None:
        """Apply one frame."""
        match frame["type"]:
            case "welcome" if frame["snapshot"] is not None:
                self.seq, shot = frame["seq"], frame["snapshot"]
                self.messages.clear()
                self.conversations = {row["id"]: row for row in shot["conversations"]}
                self.sessions = {row["id"]: row for row in shot["sessions"]}
            case "event":
                self.event(frame)
            case "events":
                for event in frame["events"]:
                    self.event(event)

    def event(self, event: dict[str, Any]) -> None:
        """Apply one event; a second one of the same number would be a fault."""
        assert self.seq is None or event["seq"] == self.seq + 1, (self.seq, event["seq"])
        self.seq = event["seq"]
        noun, _, verb = event["name"].partition(".")
        rows = {"conversation": self.conversations, "message": self.messages, "session": self.sessions}.get(
            noun
        )
        if rows is not None and verb == "removed":
            rows.pop(event["data"]["id"], None)
        elif rows is not None:
            rows[event["data"]["id"]] = event["data"]


@pytest.mark.proves("AC-36", "F69", "F68", "AC-38")
@pytest.mark.parametrize("seed", [1, 2, 3])
async def test_whatever_was_cut_the_screen_is_as_a_fresh_one(house: House, seed: int) -> None:
    """A console that is cut again and again, while citizens write and colleagues act, ends where a new one begins."""
    chance, screen, mayor = random.Random(seed), Screen(), house.agent()
    busy = asyncio.create_task(hour(house, house.agent("Maria Brandt"), random.Random(seed)))
    cuts = 0
    while not busy.done():
        async with mayor.socket() as console:
            await cut_somewhere(console, screen, chance)
        cuts += 1
    await busy
    house.settle()
    final = mayor.snapshot()
    async with mayor.socket() as console:
        await console.send({"type": "hello", "since": screen.seq})
        while (screen.seq or 0) < final["seq"]:
            screen.take(await console.frame())
    assert cuts > 5
    is_as_a_fresh_one(screen, mayor)


def is_as_a_fresh_one(screen: Screen, mayor: Guest) -> None:
    """What it holds is what somebody reads who logs in now."""
    final = mayor.snapshot()
    assert screen.seq == final["seq"]
    assert screen.conversations == {row["id"]: row for row in final["conversations"]}
    running = {row["id"]: row for row in final["sessions"]}
    assert {id: screen.sessions[id] for id in running} == running
    fresh = {one["id"]: one for id in screen.conversations for one in messages(mayor, id, limit=200)}
    assert {id: fresh.get(id) for id in screen.messages} == screen.messages


@pytest.mark.proves("AC-36", "F69")
async def test_ten_thousand_events_and_a_console_that_is_cut_all_the_while(house: House) -> None:
    screen, mayor, chance, cuts = Screen(), house.agent(), random.Random(SEED), 0
    busy = asyncio.create_task(asyncio.to_thread(rush, house))
    while not busy.done():
        async with mayor.socket() as console:
            await cut_somewhere(console, screen, chance)
        cuts += 1
    await busy
    assert cuts > 20
    final = await asyncio.to_thread(mayor.snapshot)
    assert final["seq"] > 10_000
    async with mayor.socket() as console:
        await console.send({"type": "hello", "since": screen.seq})
        while (screen.seq or 0) < final["seq"]:
            screen.take(await console.frame())
    assert len(screen.conversations) == 50
    assert screen.messages
    is_as_a_fresh_one(screen, mayor)


def rush(house: House) -> None:
    """Fifty people write a hundred messages each, a few at a time."""
    for start in range(0, 5_000, 8):
        some = [
            message(n % 50 + 1, f"Frage {n}", at=house.clock(), wamid=f"wamid.rush.{n}")
            for n in range(start, min(start + 8, 5_000))
        ]
        assert house.post(body(some)) == 200
    house.settle()


async def cut_somewhere(console: Console, screen: Screen, chance: random.Random) -> None:
    """Join, read some frames, ask for something perhaps, and be cut without a word."""
    try:
        await console.send({"type": "hello", "since": screen.seq})
        for _ in range(chance.randint(0, 12)):
            screen.take(await console.frame(0.3))
            if chance.random() < 0.1:
                await console.send({"type": "command", "id": str(uuid.uuid4()), "name": "next", "data": {}})
    except (TimeoutError, ConnectionClosed):
        pass
    console.ws.transport.abort()


async def hour(house: House, brandt: Guest, chance: random.Random) -> None:
    """Citizens write, a colleague answers, notes, claims, settles and extends."""
    async with brandt.console() as console:
        for step in range(60):
            number = chance.randint(1, 9)
            content = body([message(number, f"Frage {step}", at=house.clock(), wamid=f"wamid.chaos.{step}")])
            assert await asyncio.to_thread(house.post, content) == 200
            known = [
                event["data"]["id"] for event in console.events if event["name"] == "conversation.created"
            ]
            if known:
                await ask(console, chance, chance.choice(known))


async def ask(console: Console, chance: random.Random, conversation: str) -> None:
    seen = console.seq
    match chance.randint(0, 5):
        case 0 | 1:
            await console.command("reply", conversation=conversation, text="Gern.", seen=seen, take_over=True)
        case 2:
            await console.command("note", conversation=conversation, text="Notiz")
        case 3:
            await console.command("claim", conversation=conversation)
        case 4:
            await console.command("resolve", conversation=conversation, outcome="answered")
        case _:
            await console.command("next")
