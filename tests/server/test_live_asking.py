"""What a console may ask over its socket, and that it is asked the same way over HTTP."""

from __future__ import annotations

import asyncio
import json
import uuid
from typing import Any

import pytest

from sessionhours.server import live
from tests.fakes import wait_until
from tests.server.house import Guest, House

# -- what it may ask -------------------------------------------------------------------------------------


async def test_before_hello_there_is_nothing(mayor: Guest) -> None:
    async with mayor.socket() as console:
        for frame in (
            {"type": "command", "id": "x", "name": "next", "data": {}},
            {"type": "signal", "name": "agent.viewing", "data": {}},
        ):
            await console.send(frame)
            assert (await console.frame())["error"]["code"] == "hello_first"
        await console.hello()
        await console.send({"type": "hello", "since": None})
        assert (await console.until(lambda f: f["type"] == "result"))["error"]["code"] == "hello_twice"


@pytest.mark.proves("C47")
@pytest.mark.parametrize(
    ("frame", "code"),
    [
        ("", "bad_frame"),
        ("{", "bad_frame"),
        ("[]", "bad_frame"),
        ("null", "bad_frame"),
        ("7", "bad_frame"),
        ('{"type":"\ud800"}'.encode("utf-8", "surrogatepass").decode("latin-1"), "unknown_type"),
        (b'{"type":"hello"}', "bad_frame"),
        ("[" * 20_000, "bad_frame"),
        ({}, "unknown_type"),
        ({"type": None}, "unknown_type"),
        ({"type": ["hello"]}, "unknown_type"),
        ({"type": "base"}, "unknown_type"),
        ({"type": "event", "event": "base"}, "unknown_type"),
        ({"type": "welcome"}, "unknown_type"),
        ({"type": "subscribe", "town": "another"}, "unknown_type"),
        ({"type": "signal", "name": "agent.presence", "data": {}}, "unknown_signal"),
        ({"type": "signal", "name": "agent.viewing", "data": []}, "unknown_signal"),
        (
            {"type": "signal", "name": "agent.viewing", "data": {"conversation": {"$ne": ""}}},
            "unknown_signal",
        ),
        ({"type": "signal", "name": "agent.viewing", "data": {"conversation": "x" * 65}}, "unknown_signal"),
        ({"type": "command"}, "bad_command"),
        ({"type": "command", "id": "7", "name": "next", "data": {}}, "bad_command"),
        ({"type": "command", "id": "ID", "name": "next", "data": []}, "bad_command"),
        ({"type": "command", "id": "ID", "name": {"$ne": ""}, "data": {}}, "bad_command"),
        ({"type": "command", "id": "ID", "name": "__class__", "data": {}}, "unknown_command"),
        ({"type": "command", "id": "ID", "name": "agents", "data": {}}, "unknown_command"),
        ({"type": "command", "id": "ID", "name": "next", "data": {"call": 1}}, "bad_data"),
    ],
)
async def test_an_odd_frame_is_answered_by_a_fixed_code(regular: Guest, frame: Any, code: str) -> None:
    if isinstance(frame, dict) and frame.get("id") == "ID":
        frame = {**frame, "id": str(uuid.uuid4())}
    async with regular.console() as console:
        await console.send(frame)
        result = await console.until(lambda found: found["type"] == "result")
        assert (result["ok"], result["error"]["code"]) == (False, code)
        assert (await console.command("next"))["ok"]


@pytest.mark.proves("C67")
async def test_a_frame_over_64_kib_ends_the_socket_and_nothing_else(house: House, mayor: Guest) -> None:
    async with mayor.console() as one, mayor.console() as other:
        await one.send({"type": "signal", "name": "agent.viewing", "data": {"pad": "x" * 65536}})
        assert await one.closed() == 1009
        assert (await other.command("next"))["ok"]


@pytest.mark.proves("C67")
async def test_a_flood_of_frames_is_turned_down_and_passes(mayor: Guest) -> None:
    async with mayor.console() as console:
        for number in range(150):
            await console.send("not even JSON" if number % 2 else {"type": "nonsense"})
        codes = [(await console.until(lambda f: f["type"] == "result"))["error"]["code"] for _ in range(150)]
        assert codes.count("too_many") >= 50
        assert codes[: live.BURST - 1].count("too_many") == 0
        while not (result := await console.command("next"))["ok"]:
            assert result["error"]["code"] == "too_many"
            await asyncio.sleep(0.05)


# -- one way to ask, two doors ----------------------------------------------------------------------------


@pytest.mark.proves("AC-23", "F48", "F49", "F68")
async def test_the_same_id_does_it_once_whichever_door_it_takes(house: House, mayor: Guest) -> None:
    house.says()
    conversation, id = mayor.conversation()["id"], str(uuid.uuid4())
    data = {"conversation": conversation, "text": "Guten Tag, gern.", "seen": mayor.snapshot()["seq"]}
    async with mayor.console() as console:
        first = await console.command("reply", id, **data)
        second = await console.command("reply", id, **data)
        third = mayor.command("reply", id, **data)
        assert first["ok"]
        assert {k: v for k, v in first.items() if k != "type"} == third.json()
        assert (first, third.status_code) == (second, 200)
        other = mayor.command("reply", id, **{**data, "text": "Etwas anderes"})
        assert (other.status_code, other.json()["error"]["code"]) == (409, "id_reused")
    wait_until(lambda: house.graph.texts() == ["Guten Tag, gern."])


@pytest.mark.proves("AC-23")
async def test_a_refusal_is_repeated_too(house: House, mayor: Guest) -> None:
    id = str(uuid.uuid4())
    refused = mayor.command("claim", id, conversation="nobody")
    assert (refused.status_code, refused.json()["error"]["code"]) == (404, "not_found")
    async with mayor.console() as console:
        again = await console.command("claim", id, conversation="nobody")
    assert {k: v for k, v in again.items() if k != "type"} == refused.json()


async def test_another_agents_id_is_another_command(house: House, mayor: Guest) -> None:
    id = str(uuid.uuid4())
    assert mayor.command("next", id).status_code == 200
    assert house.agent("Brandt", "assistant").command("claim", id, conversation="nobody").status_code == 404


@pytest.mark.proves("AC-37", "F74")
async def test_nobody_answers_blindly_what_a_colleague_answered(house: House, mayor: Guest) -> None:
    house.says()
    brandt, conversation = house.agent("Maria Brandt"), mayor.conversation()["id"]
    async with mayor.console() as one, brandt.console() as other:
        seen = one.seq
        said = await one.command("reply", conversation=conversation, text="Ich antworte.", seen=seen)
        assert said["ok"]
        blind = await other.command("reply", conversation=conversation, text="Ich auch.", seen=seen)
        assert blind["error"]["code"] == "stale"
        assert [missed["text"] for missed in blind["error"]["missed"]] == ["Ich antworte."]
        over_http = brandt.command("reply", conversation=conversation, text="Ich auch.", seen=seen)
        assert (over_http.status_code, over_http.json()["error"]["code"]) == (409, "stale")
        seeing = await other.command(
            "reply", conversation=conversation, text="Ergänzend:", seen=blind["error"]["seq"], take_over=True
        )
        assert seeing["ok"]
        own = await other.command(
            "reply", conversation=conversation, text="Und noch:", seen=blind["error"]["seq"], take_over=True
        )
        assert own["ok"], "one's own messages do not count"


@pytest.mark.proves("F74")
async def test_two_people_at_the_same_moment_never_both_answer_blindly(house: House, mayor: Guest) -> None:
    brandt = house.agent("Maria Brandt")
    async with mayor.console() as one, brandt.console() as other:
        for number in range(1, 21):
            house.says(number, f"Frage {number}")
            newest = mayor.snapshot()
            conversation = newest["conversations"][0]["id"]
            results = await asyncio.gather(
                *(
                    who.command("reply", conversation=conversation, text="Antwort", seen=newest["seq"])
                    for who in (one, other)
                )
            )
            assert sorted(result["ok"] for result in results) == [False, True]
            [refused] = [result for result in results if not result["ok"]]
            assert refused["error"]["code"] == "stale"


# -- a fault of ours -------------------------------------------------------------------------------------


@pytest.mark.proves("C47")
async def test_a_fault_of_ours_is_told_in_fixed_words_and_the_socket_lives(
    house: House, mayor: Guest, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(call: Any) -> dict[str, Any]:
        raise RuntimeError("secret inner state @clients")

    monkeypatch.setitem(live_handlers(), "next", broken)
    async with mayor.console() as console:
        result = await console.command("next")
        assert result["error"]["code"] == "error"
        over_http = mayor.command("next")
        assert (over_http.status_code, over_http.json()["error"]["code"]) == (500, "error")
        assert "secret" not in json.dumps(console.frames) + over_http.text
        house.says()
        await console.told(mayor.snapshot()["seq"])


def live_handlers() -> dict[str, Any]:
    from sessionhours.desk import commands

    return commands.HANDLERS


@pytest.mark.proves("C47")
async def test_a_town_without_a_schedule_is_refused_in_words(house: House) -> None:
    stranger = house.agent("Fremde", "mayor", town="anderswo")
    async with stranger.console() as console:
        assert (await console.command("next"))["error"]["code"] == "no_schedule"
    assert stranger.command("next").status_code == 409
