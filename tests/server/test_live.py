"""The console's socket over a real one: how it joins and what it is told (surfaces §5)."""

from __future__ import annotations

import asyncio
import json
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from sessionhours.server import live
from sessionhours.store.events import emit
from tests.fakes import until
from tests.makers import body, message
from tests.server.house import Guest, House


def happens(house: House, count: int, data: dict[str, Any] | None = None) -> int:
    """So many events of the house, none of which anybody wrote; the last number."""

    def act(session: Any) -> int:
        numbers = [
            emit(session, "kappelrodeck", "line.updated", data or {}, now=house.clock()) for _ in range(count)
        ]
        return numbers[-1]

    return house.office.database.submit(act).result(20)


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
