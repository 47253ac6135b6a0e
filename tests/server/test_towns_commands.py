"""Several towns in one process: no command, frame or event of one knows anything of another (C45)."""

from __future__ import annotations

import asyncio
import json
import uuid
from collections.abc import Callable, Iterator
from itertools import islice
from typing import Any

import httpx
import pytest

from sessionhours.core.roles import ROLES
from sessionhours.desk import commands
from sessionhours.server import live
from sessionhours.store.tables import new_id
from tests.server.house import Console
from tests.server.twins import SECRET, THINGS, WORDS, B, Twin
from tests.server.walk import fields_of, ours, told_nothing, unlogged

# -- every command, over both ways ---------------------------------------------------------------------


def test_of_every_field_of_every_command_it_is_known_whether_it_names_a_thing() -> None:
    for name in commands.HANDLERS:
        strange = fields_of(name).keys() - THINGS - WORDS
        assert strange == set(), f"{name}: put {strange} into THINGS or WORDS of tests/server/twins.py"


def attempts(a: Twin, ids: list[str]) -> Iterator[tuple[str, str, Callable[[str], dict[str, Any]]]]:
    """Each command with each id in each field that names a thing."""
    mine = ours(a)
    for name in commands.HANDLERS:
        fields = fields_of(name)
        base = {one: mine[one] for one, p in fields.items() if p.default is p.empty and one in mine}
        for place in THINGS & fields.keys():
            if place == "outcome":
                continue
            for id in ids:
                yield name, id, _with(base, place)


def _with(base: dict[str, Any], place: str) -> Callable[[str], dict[str, Any]]:
    if place == "items":
        return lambda id: {**base, "items": [{"conversation": id, "outcome": "answered"}]}
    return lambda id: {**base, place: id}


@pytest.mark.proves("C45")
@pytest.mark.parametrize("step", [7, pytest.param(1, marks=pytest.mark.full)])
def test_no_command_knows_another_towns_id(
    twins: tuple[Twin, Twin], foreign: list[str], step: int, capsys: pytest.CaptureFixture[str]
) -> None:
    a, b = twins
    before, tried, nobody = b.rows(), 0, new_id()
    missing: dict[tuple[str, str, str], tuple[int, str]] = {}
    for role in ROLES:
        with a.house.client(headers=a.agents[role].headers) as client:

            def ask(name: str, data: dict[str, Any], tried: str, client: httpx.Client = client) -> Any:
                command = str(uuid.uuid4())
                answer = client.post("/api/commands", json={"id": command, "name": name, "data": data})
                told_nothing(answer.text.replace(tried, ""), b)
                return answer.status_code, answer.text.replace(tried, "ID").replace(command, "COMMAND")

            some = foreign if role in ("mayor", "assistant") else foreign[::4]
            for name, id, data in islice(attempts(a, some), 0, None, step):
                where = (role, name, json.dumps(data("ID"), sort_keys=True))
                if where not in missing:
                    missing[where] = ask(name, data(nobody), nobody)
                theirs = ask(name, data(id), id)
                assert theirs == missing[where], (role, name, data(id))
                assert theirs[0] in (400, 403, 404, 409), (role, name, data(id))
                tried += 1
    with capsys.disabled():
        print(f"\n{tried} ways to ask for another town's things by {len(commands.HANDLERS)} commands")
    assert tried > 1000 / step
    assert unlogged(b.rows()) == unlogged(before)


@pytest.mark.proves("C45", "C47")
@pytest.mark.parametrize("role", ROLES)
async def test_no_frame_knows_another_towns_id(
    twins: tuple[Twin, Twin],
    foreign: list[str],
    role: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    a, b = twins
    monkeypatch.setattr(live, "BURST", 10**6)
    monkeypatch.setattr(live, "PER_SECOND", 10**6)
    async with a.agents[role].console() as mine, b.mayor.console() as theirs:
        heard = len(theirs.frames)
        nobody = new_id()
        for name, id, data in attempts(a, foreign[::7]):
            unknown, known_ = await _asked(mine, name, data(nobody)), await _asked(mine, name, data(id))
            assert unknown.replace(nobody, "ID") == known_.replace(id, "ID"), (name, id)
            assert "too_many" not in unknown
        for name in ("agent.viewing", "agent.composing"):
            for id in foreign:
                await mine.send({"type": "signal", "name": name, "data": {"conversation": id}})
        await mine.send({"type": "hello", "since": 1, "town": B})
        await mine.send({"type": "subscribe", "town": B, "line": "buergermeister"})
        await mine.until(lambda frame: frame.get("error", {}).get("code") == "unknown_type")
        text = json.dumps(mine.frames)
        for id in foreign:
            text = text.replace(id, "")
        told_nothing(text, b)
        assert [one for one in theirs.frames[heard:] if one["type"] not in ("beat", "signal")] == []
        signals = json.dumps([one for one in theirs.frames if one["type"] == "signal"])
        assert a.agents[role].id not in signals


async def _asked(console: Console, name: str, data: dict[str, Any]) -> str:
    id = str(uuid.uuid4())
    await console.send({"type": "command", "id": id, "name": name, "data": data})
    result = await console.until(lambda frame: frame["type"] == "result" and frame["id"] == id)
    return json.dumps(result["error"])


# -- what happens in one town is told in no other ------------------------------------------------------


@pytest.mark.proves("C45")
@pytest.mark.parametrize("role", ROLES)
async def test_what_happens_in_one_town_is_told_in_no_other(twins: tuple[Twin, Twin], role: str) -> None:
    a, b = twins
    async with a.agents[role].console() as mine, b.agents[role].console() as theirs:
        before = mine.seq
        talk = b.talks["1"]
        for number in (1, 77):
            await _in_thread(b.says, number, f"{SECRET}{B} live")
        await _in_thread(lambda: b.mayor.command("note", conversation=talk, text=SECRET + B))
        await _in_thread(lambda: b.mayor.command("claim", conversation=talk))
        await theirs.told((await _in_thread(b.mayor.snapshot))["seq"]) if role == "mayor" else None
        await _in_thread(a.says, 1, "eine eigene")
        await mine.told((await _in_thread(a.mayor.snapshot))["seq"]) if role == "mayor" else None
        events = [one for one in mine.events if one["seq"] > before]
        text = json.dumps(mine.frames)
        assert SECRET + B not in text
        assert [id for ids in b.ids().values() for id in ids if id in text] == []
        if role == "mayor":
            assert [one["seq"] for one in events] == list(range(before + 1, before + 1 + len(events)))


async def _in_thread(action: Any, *args: Any) -> Any:
    return await asyncio.to_thread(action, *args)
