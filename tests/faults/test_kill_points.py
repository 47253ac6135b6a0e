"""`kill -9` at every step of the way in: what was acknowledged is there once, and so is what comes again.

Steps are passed in the real server process (tests.faults.steps); kills from outside come without any grace.
"""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from datetime import timedelta
from pathlib import Path

import httpx
import pytest

from sessionhours.desk.keeper import LONG
from sessionhours.simulator.webhooks import signed
from tests.fakes import until
from tests.faults.talk import NOW, a_house
from tests.makers import body, message, receipt
from tests.serve import SECRET
from tests.stories.hour import House, dump


async def post(town: House, content: bytes) -> int | None:
    """Meta posts a body: the status, or None where the answer never came."""
    headers = {"Content-Type": "application/json", **signed(content, SECRET)}
    async with httpx.AsyncClient(trust_env=False, timeout=30) as http:
        try:
            return (await http.post(town.server.webhook, content=content, headers=headers)).status_code
        except httpx.TransportError:
            return None


def texts(town: House) -> Counter[str]:
    """What citizens wrote, as it stands in the database."""
    rows = dump(town.server.database, "message")
    return Counter(row["text"] for row in rows if row["direction"] == "inbound")


def check_events(town: House) -> None:
    """Numbers without a gap, each message announced once, and nothing that came twice kept apart."""
    events = sorted(dump(town.server.database, "event"), key=lambda row: row["seq"])
    assert [row["seq"] for row in events] == list(range(1, len(events) + 1))
    created = Counter(row["data"][7:39] for row in events if row["name"] == "message.created")
    assert set(created.values()) == {1}
    assert len(created) == len(dump(town.server.database, "message"))
    assert dump(town.server.database, "quarantine") == []


def long(content: bytes) -> bytes:
    """The same, too long to be applied before it is answered: it goes through the log."""
    return content + b" " * LONG


THREE = body([message(1, "Frage eins"), message(2, "Frage zwei"), message(1, "Frage drei")])


@pytest.mark.parametrize(
    ("step", "content", "acknowledged"),
    [
        pytest.param("in.verified", THREE, False, marks=pytest.mark.proves("F2")),
        pytest.param("in.item:2", THREE, False, marks=pytest.mark.proves("AC-22")),
        pytest.param("in.taken", THREE, False, marks=pytest.mark.proves("F3")),
        pytest.param("in.told", THREE, False, marks=pytest.mark.proves("F7")),
        pytest.param("in.committed", THREE, False, marks=pytest.mark.proves("F4")),
        pytest.param("in.answered", THREE, True, marks=pytest.mark.proves("F5")),
        pytest.param("in.logged", long(THREE), False, marks=pytest.mark.proves("F3")),
        pytest.param("in.committed", long(THREE), False, marks=pytest.mark.proves("F4")),
        pytest.param("in.answered", long(THREE), True, marks=pytest.mark.proves("F5")),
        pytest.param("in.item:2", long(THREE), None, marks=pytest.mark.proves("AC-22")),
        pytest.param("in.applied", long(THREE), None, marks=pytest.mark.proves("AC-22")),
        pytest.param("in.told", long(THREE), None, marks=pytest.mark.proves("F7")),
    ],
)
async def test_a_kill_at_any_step_in_and_a_second_delivery_end_alike(
    step: str, content: bytes, acknowledged: bool | None, tmp_path: Path
) -> None:
    async with a_house(tmp_path) as town:
        await town.server.start(step)
        status = await post(town, content)
        if acknowledged is not None:
            assert (status == 200) == acknowledged
        await town.server.died()
        await town.server.start()
        if status == 200:
            await until(lambda: texts(town).total() == 3, what="what was acknowledged is applied by itself")
        assert await post(town, content) == 200
        await town.at_rest()
        assert texts(town) == {"Frage eins": 1, "Frage zwei": 1, "Frage drei": 1}
        check_events(town)


@pytest.mark.proves("F9")
async def test_a_disk_that_reports_an_error_ends_the_server_and_a_new_start_takes_what_comes_again(
    tmp_path: Path,
) -> None:
    """Whoever started it starts it anew (the README's service does): a retry on the same file could lie."""
    async with a_house(tmp_path) as town:
        await town.server.start("in.disk")
        assert await post(town, THREE) == 503
        await town.server.ended()
        assert "shutdown failed" not in town.server.log.read_text()
        await town.server.start()
        assert texts(town) == {}
        assert await post(town, THREE) == 200
        await town.at_rest()
        assert texts(town).total() == 3
        check_events(town)


@pytest.mark.proves("P1", "F1")
async def test_a_body_that_was_still_arriving_is_not_half_kept(tmp_path: Path) -> None:
    content = body([message(1, "Frage eins"), message(2, "Frage zwei")])
    async with a_house(tmp_path) as town:
        await town.server.start()
        for killed in (False, True):
            _, writer = await asyncio.open_connection("127.0.0.1", town.server.port)
            writer.write(head(content) + content[: len(content) // 2])
            await writer.drain()
            if killed:
                town.server.kill()
            writer.transport.abort()
        await town.server.start()
        assert dump(town.server.database, "intake") == []
        assert await post(town, content) == 200
        await town.at_rest()
        assert texts(town) == {"Frage eins": 1, "Frage zwei": 1}


def head(content: bytes) -> bytes:
    """The head of the request that brings `content`."""
    lines = ["POST /webhooks/whatsapp HTTP/1.1", "Host: localhost", f"Content-Length: {len(content)}"]
    lines += [f"{name}: {value}" for name, value in signed(content, SECRET).items()]
    return "\r\n".join([*lines, "", ""]).encode()


def large() -> bytes:
    """A batch that goes through the log: 40 messages of four people, and 10 receipts for messages that we do not know."""
    messages = [message(1 + n % 4, f"Frage {n:02d}", at=NOW + timedelta(seconds=n)) for n in range(40)]
    return long(body(messages, [receipt(f"wamid.out.{n}", "sent") for n in range(10)]))


def check_large(town: House) -> None:
    """All 40 once, in order; all ten receipts once."""
    rows = dump(town.server.database, "message")
    shown = sorted(rows, key=lambda row: (row["order_at"], row["seq"]))
    assert [row["text"] for row in shown] == [f"Frage {n:02d}" for n in range(40)]
    assert len(dump(town.server.database, "seen")) == 10
    check_events(town)


@pytest.mark.proves("F6", "AC-22")
@pytest.mark.parametrize("item", [17, 43])
async def test_a_kill_in_the_middle_of_a_large_batch_loses_nothing_of_it(item: int, tmp_path: Path) -> None:
    async with a_house(tmp_path) as town:
        await town.server.start(f"in.item:{item}")
        assert await post(town, large()) in (200, None)
        await town.server.died()
        assert dump(town.server.database, "message") == []
        await town.server.start()
        await until(lambda: texts(town).total() == 40, what="the rest is applied by itself")
        check_large(town)
        assert await post(town, large()) == 200
        await town.at_rest()
        check_large(town)


SEEDS = [0, 1, *(pytest.param(seed, marks=pytest.mark.full) for seed in range(2, 22))]


@pytest.mark.proves("F5", "F6", "F22", "AC-22")
@pytest.mark.parametrize("seed", SEEDS)
async def test_kills_at_any_moment_of_a_rush(seed: int, tmp_path: Path) -> None:
    """Two kills without grace: what was answered with 200 is stored, and a second delivery of all changes nothing."""
    chance = random.Random(seed)
    bodies = rush(chance)
    answered: set[int] = set()
    async with a_house(tmp_path) as town:
        for _ in range(2):
            await town.server.start()
            await until_killed(town, chance, bodies, answered)
        await town.server.start()
        await town.at_rest()
        stored = texts(town)
        lost = {text for n in answered for text in words(bodies[n])} - stored.keys()
        assert not lost, "acknowledged, and not there"
        chance.shuffle(bodies)
        assert [await post(town, one) for one in bodies] == [200] * len(bodies)
        await town.at_rest()
        assert texts(town) == dict.fromkeys(set().union(*map(words, bodies)), 1)
        check_events(town)


def rush(chance: random.Random) -> list[bytes]:
    """Forty bodies of one to five messages, some of them brought twice over in other company."""
    said = [message(1 + n % 7, f"Frage {n:03d}", at=NOW + timedelta(seconds=n)) for n in range(100)]
    return [body(chance.sample(said, chance.randint(1, 5))) for _ in range(40)]


def words(content: bytes) -> set[str]:
    """The messages of a body."""
    return {f"Frage {n:03d}" for n in range(100) if f"Frage {n:03d}".encode() in content}


async def until_killed(town: House, chance: random.Random, bodies: list[bytes], answered: set[int]) -> None:
    """Post at random from eight sides at once; kill after so many answers, or so many visible rows."""
    most = chance.randint(1, 30)
    rows = chance.choice([chance.randint(1, 60), 1000])
    taken = 0

    async def side() -> None:
        nonlocal taken
        while taken < most and texts(town).total() < rows:
            n = chance.randrange(len(bodies))
            if await post(town, bodies[n]) != 200:
                return
            answered.add(n)
            taken += 1
        if town.server.alive:
            town.server.kill()

    await asyncio.gather(*(side() for _ in range(8)))
