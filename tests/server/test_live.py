"""The console's socket over a real one: who may open it, what it is told, what it may ask (surfaces §5)."""

from __future__ import annotations

import asyncio
import json
import socket
import uuid
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from websockets.exceptions import ConnectionClosed

from sessionhours.desk import agents
from sessionhours.server import live
from sessionhours.store.events import emit
from tests.fakes import until
from tests.makers import body, message
from tests.server.house import Guest, House, wait_until


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    house = House(tmp_path).start()
    yield house
    house.stop()


@pytest.fixture
def mayor(house: House) -> Guest:
    return house.agent()


@pytest.fixture(scope="module")
def regular(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Guest]:
    """An agent of a house that many tests share, for they leave it as it was."""
    house = House(tmp_path_factory.mktemp("house")).start()
    yield house.agent()
    house.stop()


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Beats come in a fraction of a second."""
    monkeypatch.setattr(live, "BEAT", 0.1)


def happens(house: House, count: int, data: dict[str, Any] | None = None) -> int:
    """So many events of the house, none of which anybody wrote; the last number."""

    def act(session: Any) -> int:
        numbers = [
            emit(session, "kappelrodeck", "line.updated", data or {}, now=house.clock()) for _ in range(count)
        ]
        return numbers[-1]

    return house.office.database.submit(act).result(20)


# -- who may open it -----------------------------------------------------------------------------------

PORT = "{port}"


@pytest.mark.proves("C41")
@pytest.mark.parametrize(
    "origin",
    [
        None,
        "null",
        "https://evil.example",
        "http://127.0.0.1",
        "http://127.0.0.1:1",
        "http://console.127.0.0.1:{port}",
        "http://127.0.0.1:{port}.evil.example",
        "http://evil.example:{port}",
        "http://localhost:{port}",
        "https://127.0.0.1:{port}",
        "http://127.0.0.1:{port}/console",
        "http://user@127.0.0.1:{port}",
        "ws://127.0.0.1:{port}",
    ],
)
async def test_a_page_of_another_site_gets_nothing(regular: Guest, origin: str | None) -> None:
    given = origin and origin.format(port=regular.house.port)
    async with regular.socket(origin=given) as console:
        with pytest.raises(ConnectionClosed):
            await console.hello()
        assert console.ws.close_code == 4003
        assert console.frames == []


@pytest.mark.proves("C41")
async def test_the_public_page_and_the_host_itself_may(regular: Guest) -> None:
    async with regular.console() as console:
        assert console.frames[0]["type"] == "welcome"


@pytest.mark.proves("C41", "C47")
@pytest.mark.parametrize("cookie", ["", "short", "A" * 43, "ä" * 30])
async def test_nobody_gets_in_without_a_login(regular: Guest, cookie: str) -> None:
    async with Guest(regular.house, "", "", cookie).socket() as console:
        assert await console.closed() == 4001
        assert console.frames == []


@pytest.mark.proves("C39", "F75")
async def test_logging_out_closes_every_console_at_once(mayor: Guest) -> None:
    async with mayor.console() as one, mayor.console() as other:
        with mayor.house.client(headers=mayor.headers) as client:
            assert client.post("/api/logout").status_code == 200
        assert (await one.closed(2), await other.closed(2)) == (4001, 4001)
    async with mayor.socket() as again:
        assert await again.closed() == 4001


@pytest.mark.proves("C39", "F75")
@pytest.mark.usefixtures("quick")
async def test_who_is_disabled_or_gets_a_new_password_is_out_within_a_beat(house: House) -> None:
    one, two, stays = (house.agent(name) for name in ("Erste", "Zweite", "Dritte"))
    async with one.console() as first, two.console() as second, stays.console() as third:
        write = house.office.database.submit
        write(agents.disable_agent, one.email, now=house.clock()).result(10)
        write(agents.set_password, two.email, password="x").result(10)
        assert (await first.closed(), await second.closed()) == (4001, 4001)
        assert (await third.until(lambda frame: frame["type"] == "beat"))["seq"] > 0


@pytest.mark.proves("F75", "C49")
async def test_a_disabled_agent_can_ask_for_nothing_more(house: House, mayor: Guest) -> None:
    house.says()
    conversation = mayor.conversation()["id"]
    async with mayor.console() as console:
        house.office.database.submit(agents.disable_agent, mayor.email, now=house.clock()).result(10)
        command = {"conversation": conversation, "text": "noch etwas", "seen": 99}
        await console.send({"type": "command", "id": str(uuid.uuid4()), "name": "reply", "data": command})
        assert await console.closed() == 4001
    assert house.graph.texts() == []


async def test_a_restart_says_so(house: House, mayor: Guest) -> None:
    async with mayor.console() as console:
        house.server.should_exit = True
        assert await console.closed() == 1012


# -- joining -------------------------------------------------------------------------------------------


@pytest.mark.proves("AC-36", "F69")
async def test_a_new_console_gets_everything_and_then_only_what_is_new(house: House, mayor: Guest) -> None:
    house.says(1, "Erste Frage")
    async with mayor.console() as console:
        welcome = console.frames[0]
        assert [frame["type"] for frame in console.frames] == ["welcome", "live"]
        assert welcome["snapshot"] == mayor.snapshot()
        assert welcome["seq"] == welcome["snapshot"]["seq"]
        assert welcome["version"]
        house.says(2, "Zweite Frage")
        await console.told(mayor.snapshot()["seq"])
        assert [event["seq"] for event in console.events] == list(range(welcome["seq"] + 1, console.seq + 1))


@pytest.mark.proves("AC-36", "F69")
async def test_a_console_that_comes_back_gets_what_it_missed(house: House, mayor: Guest) -> None:
    begin = mayor.snapshot()["seq"]
    for number in range(5):
        house.says(number + 1)
    last = mayor.snapshot()["seq"]
    async with mayor.console(since=begin) as console:
        assert console.frames[0]["snapshot"] is None
        assert console.frames[0]["seq"] == begin
        assert [event["seq"] for event in console.events] == list(range(begin + 1, last + 1))
    async with mayor.console(since=last) as console:
        assert [frame["type"] for frame in console.frames] == ["welcome", "live"]
        assert console.frames[0]["snapshot"] is None


@pytest.mark.proves("AC-36")
@pytest.mark.parametrize("since", [10**9, 2**62, 2**70, -1, True, 1.5, "1", [], {}, {"$gt": 0}, "' or 1=1"])
async def test_whoever_says_nonsense_or_comes_from_the_future_begins_anew(
    regular: Guest, since: object
) -> None:
    async with regular.socket() as console:
        assert (await console.hello(since))["snapshot"] is not None


@pytest.mark.proves("AC-36")
async def test_who_was_away_too_long_begins_anew(house: House, mayor: Guest) -> None:
    begin = mayor.snapshot()["seq"]
    happens(house, live.MISSED)
    async with mayor.console(since=begin) as console:
        assert console.frames[0]["snapshot"] is None
        assert len(console.events) == live.MISSED
    happens(house, 1)
    async with mayor.console(since=begin) as console:
        assert console.frames[0]["snapshot"] is not None


@pytest.mark.proves("AC-36", "C61")
async def test_events_that_were_erased_are_no_reason_to_believe_that_nothing_happened(
    house: House, mayor: Guest
) -> None:
    begin = mayor.snapshot()["seq"]
    happens(house, 5)
    for kept in (begin + 3, begin + 9):
        erase_events(house, kept)
        async with mayor.console(since=begin) as console:
            assert console.frames[0]["snapshot"] is not None


def erase_events(house: House, until: int) -> None:
    statement = f"delete from event where seq < {until}"
    house.office.database.submit(
        lambda session: session.connection().exec_driver_sql(statement).close()
    ).result(10)


@pytest.mark.proves("AC-39", "F69")
async def test_a_backlog_of_many_megabytes_does_not_lock_a_console_out(house: House, mayor: Guest) -> None:
    begin = mayor.snapshot()["seq"]
    last = happens(house, 900, {"text": "x" * 5000})
    async with mayor.console(since=begin) as console:
        assert console.seq == last
        assert len(console.events) == 900


@pytest.mark.proves("AC-39")
async def test_a_snapshot_of_many_conversations_does_not_lock_a_console_out(
    house: House, mayor: Guest
) -> None:
    batch = [message(100 + n, "x" * 300, wamid=f"wamid.many.{n}") for n in range(2000)]
    assert house.post(body(batch)) == 200
    house.settle()
    async with mayor.console() as console:
        assert len(console.frames[0]["snapshot"]["conversations"]) == 2000


# -- what it is told -----------------------------------------------------------------------------------


@pytest.mark.usefixtures("quick")
async def test_a_beat_says_the_time_and_how_far_the_house_is(house: House, mayor: Guest) -> None:
    async with mayor.console() as console:
        last = happens(house, 1)
        beat = await console.until(lambda frame: frame["type"] == "beat" and frame["seq"] == last)
        assert beat == {"type": "beat", "at": "2026-12-03T14:00:00.000Z", "seq": last}


def test_beats_come_every_five_seconds() -> None:
    assert live.BEAT == 5.0


async def test_what_is_ready_together_travels_together(house: House, mayor: Guest) -> None:
    async with mayor.console() as console:
        last = happens(house, 7)
        await console.told(last)
        frame = console.frames[-1]
        assert frame["type"] == "events"
        assert [event["seq"] for event in frame["events"]] == list(range(last - 6, last + 1))
        assert all(set(event) == {"seq", "name", "at", "data"} for event in frame["events"])
        await console.told(happens(house, 1))
        assert set(console.frames[-1]) == {"type", "seq", "name", "at", "data"}


@pytest.mark.proves("F73", "AC-36")
async def test_two_tabs_and_the_author_are_told_the_very_same(house: House, mayor: Guest) -> None:
    house.says()
    conversation = mayor.conversation()["id"]
    async with (
        mayor.console() as one,
        mayor.console() as other,
        house.agent("Brandt", "assistant").console() as third,
    ):
        result = await one.command("note", conversation=conversation, text="Bitte prüfen")
        assert result["ok"]
        last = mayor.snapshot()["seq"]
        for console in (one, other, third):
            await console.told(last)
        start = third.frames[0]["seq"]
        told = [
            [event for event in console.events if event["seq"] > start] for console in (one, other, third)
        ]
        assert told[0] == told[1] == told[2]
        assert [event["name"] for event in told[0]] == ["note.created"]


@pytest.mark.proves("AC-39", "F71", "C67")
async def test_a_console_that_never_reads_is_let_go_and_holds_up_nobody(house: House, mayor: Guest) -> None:
    narrow = socket.socket()
    narrow.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    narrow.connect(("127.0.0.1", house.port))
    hub, brandt = house.office.hub, house.agent("Brandt", "assistant")
    async with mayor.socket(max_queue=1, sock=narrow) as slow, brandt.console() as quick:
        await slow.send({"type": "hello", "since": None})
        await until_listening(house, 2)
        (behind,) = [one for one in hub.listeners("kappelrodeck") if one.agent == mayor.id]
        while not behind.slow:
            await quick.told(happens(house, 200, {"text": "x" * 1000}))
            assert behind.size < 2_000_000
        assert not behind.waiting
        await until(lambda: [one.agent for one in hub.listeners("kappelrodeck")] == [brandt.id])
        assert await slow.closed(20) == 4008
        assert (await quick.command("next"))["ok"]


async def until_listening(house: House, count: int) -> None:
    """Wait for so many live consoles."""
    await until(lambda: [one.live for one in house.office.hub.listeners("kappelrodeck")].count(True) >= count)


@pytest.mark.proves("P10")
async def test_who_is_there_what_they_look_at_and_that_they_write(house: House, mayor: Guest) -> None:
    brandt = house.agent("Maria Brandt", "assistant")
    async with mayor.console() as one, brandt.console() as other:
        there = await one.until(lambda f: f["type"] == "signal" and len(f["data"]["agents"]) == 2)
        assert there["name"] == "agent.presence"
        await other.send({"type": "signal", "name": "agent.composing", "data": {"conversation": "c1"}})
        composing = await one.until(lambda f: f["type"] == "signal" and f["name"] == "agent.composing")
        assert composing["data"] == {"agent": brandt.id, "name": "Maria Brandt", "conversation": "c1"}
        await other.send({"type": "signal", "name": "agent.viewing", "data": {"conversation": "c2"}})
        await one.until(lambda f: f.get("name") == "agent.viewing")
        seen = await one.until(lambda f: f.get("name") == "agent.presence")
        assert {"id": brandt.id, "name": "Maria Brandt", "viewing": "c2", "composing": "c1"} in seen["data"][
            "agents"
        ]
        await other.ws.close()
        left = await one.until(lambda f: f.get("name") == "agent.presence")
        assert [agent["id"] for agent in left["data"]["agents"]] == [mayor.id]
        assert not any(frame.get("name") == "agent.composing" for frame in other.frames)


@pytest.mark.proves("KA-9")
async def test_an_editor_hears_of_sessions_and_of_no_citizen(house: House) -> None:
    async with house.agent("Redaktion", "editor").console() as console:
        house.says(1, "vertraulich")
        await console.told(happens(house, 1))
        assert {event["name"] for event in console.events} == {"session.updated", "line.updated"}
        assert "vertraulich" not in json.dumps(console.frames)


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


# -- two houses on one database ----------------------------------------------------------------------------


@pytest.mark.proves("F70", "F19", "AC-36")
async def test_a_console_of_one_process_hears_what_another_took_in(postgres_url: str, tmp_path: Path) -> None:
    async with two(tmp_path, postgres_url) as (here, there):
        mayor = here.agent()
        async with (
            mayor.console() as near,
            Guest(there, mayor.id, mayor.email, mayor.cookie).console() as far,
        ):
            for number in range(1, 11):
                (here if number % 2 else there).says(number, f"Frage {number}")
            last = mayor.snapshot()["seq"]
            await asyncio.gather(near.told(last, 3), far.told(last, 3))
            for console in (near, far):
                seqs = [event["seq"] for event in console.events]
                assert seqs == list(range(console.frames[0]["seq"] + 1, seqs[-1] + 1))
            texts = [e["data"]["text"] for e in far.events if e["name"] == "message.created"]
            assert sorted(texts) == sorted(f"Frage {number}" for number in range(1, 11))


@asynccontextmanager
async def two(folder: Path, url: str) -> AsyncIterator[tuple[House, House]]:
    """Two servers that share a database, each with its own port."""
    here = House(folder / "here", url).start()
    there = House(folder / "there", url, clock=here.clock).start()
    try:
        yield here, there
    finally:
        there.stop()
        here.stop()
