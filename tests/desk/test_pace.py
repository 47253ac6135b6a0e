"""No faster than Meta allows: to one person a burst and then one in six seconds, on one line forty a second (F57)."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest

from sessionhours.core.delivery import LINE_PER_SECOND, PAIR_BURST
from sessionhours.desk.loops import Courier
from sessionhours.desk.pace import Pace
from tests.desk.meta import client
from tests.desk.office import Desk
from tests.fakes import until
from tests.makers import OPENS
from tests.whatsapp.graph import answer, graph


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    """What differs between the two databases is tested elsewhere."""
    return sqlite_url


def allowed(pace: Pace, lanes: list[str], after: int = 0, line: str = "buergermeister") -> int:
    """How many of these may leave so many seconds after the beginning."""
    return sum(pace.may_send(line, lane, OPENS + timedelta(seconds=after)) for lane in lanes)


@pytest.mark.proves("F57")
def test_to_one_person_a_burst_and_then_one_in_six_seconds() -> None:
    pace = Pace()
    assert sum(allowed(pace, ["anna"] * 30, line=line) for line in ("buergermeister", "rathaus")) == 45
    found = [allowed(pace, ["anna"] * 9, second) for second in (3, 6, 9, 12, 15, 30)]
    assert found == [0, 1, 0, 1, 0, 3]


@pytest.mark.proves("F57")
def test_on_one_line_so_many_a_second_and_nobody_loses_a_turn_by_waiting() -> None:
    pace, everybody = Pace(), [f"person {n}" for n in range(100)]
    assert allowed(pace, everybody) == LINE_PER_SECOND
    assert allowed(pace, ["person 99"] * 50) == 0
    assert pace.may_send("rathaus", "person 99", OPENS), "another line has its own"
    assert allowed(pace, ["person 99"] * 50, 1) == LINE_PER_SECOND


@pytest.mark.proves("F57")
async def test_what_is_too_fast_for_one_person_waits_in_order_and_holds_up_nobody(desk: Desk) -> None:
    desk.says(1, "Frage")
    talk = desk.conversation()["id"]
    for number in range(PAIR_BURST + 2):
        assert desk.ask(desk.mayor, "reply", conversation=talk, text=f"Teil {number}", seen=10**9)["ok"]
    taken = [answer(200, f'{{"messages":[{{"id":"wamid.pace.{n}"}}]}}') for n in range(60)]
    async with graph(*taken) as peer, client(peer.port) as sender:
        courier = Courier(desk.database, desk.reader, desk.clock, sender)
        going = asyncio.create_task(go_on(courier))
        await until(lambda: len(peer.requests) == LINE_PER_SECOND, what="the line's share of a second")
        desk.clock.forward(seconds=1)
        await until(lambda: len(peer.requests) == PAIR_BURST, what="the burst is out")
        desk.says(2, "Noch jemand")
        other = desk.conversation_of("Noch jemand")
        desk.ask(desk.mayor, "reply", conversation=other, text="sofort", seen=10**9)
        courier.bell.ring()
        await until(lambda: b"sofort" in peer.requests[-1].body, what="somebody else is not held up")
        assert len(peer.requests) == PAIR_BURST + 1
        for number in range(2):
            desk.clock.forward(seconds=6)
            await until(lambda: len(peer.requests) == PAIR_BURST + 2 + number)  # noqa: B023 - awaited here
            assert f"Teil {PAIR_BURST + number}".encode() in peer.requests[-1].body
        going.cancel()
        await courier.close()


async def go_on(courier: Courier) -> None:
    """Hand over whatever is due, until cancelled."""
    while True:
        await courier.step()
