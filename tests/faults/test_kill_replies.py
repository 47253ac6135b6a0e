"""`kill -9` at every step of the way out: an answer is sent at most once, and never said to be where it is not."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from sessionhours.simulator.faults import Fault
from tests.fakes import Line, until
from tests.faults.talk import Talk, a_house, a_talk
from tests.stories.hour import House


@pytest.mark.parametrize(
    ("step", "accepted", "status"),
    [
        pytest.param("out.asked", 1, "sent", marks=pytest.mark.proves("F48")),
        pytest.param("out.kept", 1, "sent", marks=pytest.mark.proves("F49")),
        pytest.param("out.claimed", 1, "sent", marks=pytest.mark.proves("F50")),
        pytest.param("out.sending", 0, "unclear", marks=pytest.mark.proves("F51", "AC-23")),
        pytest.param("out.accepted", 1, "unclear", marks=pytest.mark.proves("F51", "AC-23")),
        pytest.param("out.settled", 1, "sent", marks=pytest.mark.proves("AC-22")),
    ],
)
async def test_a_kill_at_any_step_out_sends_at_most_once(
    step: str, accepted: int, status: str, tmp_path: Path
) -> None:
    async with a_talk(tmp_path, step) as talk:
        result = talk.answer()
        await talk.town.server.died()
        await talk.town.server.start()
        await result
        await talk.quiet()
        await talk.shows(status)
        assert talk.accepted == accepted
        await talk.receipts()
        if not accepted:
            await talk.decided_by_a_person()
        await talk.ends_well(result.result())


@pytest.mark.proves("F51", "F52", "AC-23")
@pytest.mark.parametrize(("kind", "accepted"), [("hang_after", 1), ("hang_before", 0)])
async def test_a_kill_while_meta_keeps_its_answer_to_itself(kind: str, accepted: int, tmp_path: Path) -> None:
    async with a_talk(tmp_path) as talk:
        talk.town.simulation.faults.plan(Fault("messages", kind))
        result = talk.answer()
        await until(lambda: held(talk.town, kind), what="Meta has the request")
        talk.town.server.kill()
        assert talk.accepted == accepted
        await talk.town.server.start()
        await talk.shows("unclear")
        await talk.receipts()
        if not accepted:
            await talk.decided_by_a_person()
        await talk.ends_well(await result)


def held(town: House, kind: str) -> bool:
    """Whether Meta has a request that it does not answer, and with `hang_after` has done what it asks."""
    holding = [entry for entry in town.simulation.journal.entries("graph") if entry["fault"] == kind]
    return bool(holding) and (kind == "hang_before" or bool(town.simulation.journal.entries("send")))


@pytest.mark.proves("F52")
async def test_an_answer_that_breaks_off_is_settled_by_the_receipt(tmp_path: Path) -> None:
    async with a_talk(tmp_path) as talk:
        talk.town.simulation.faults.plan(Fault("messages", "reset_after"))
        result = await talk.answer()
        await talk.shows("unclear")
        await talk.receipts()
        await talk.ends_well(result)


@pytest.mark.proves("F48", "F49", "F68", "AC-23")
@pytest.mark.parametrize("when", ["at once", "when it was kept"])
async def test_a_line_that_breaks_in_the_middle_of_a_send_sends_once(when: str, tmp_path: Path) -> None:
    async with a_house(tmp_path, staff=["mayor"]) as town:
        await town.server.start()
        wire = Line(town.server.port)
        talk = Talk(town, await wire.open())
        await talk.begin()
        result = talk.answer()
        await asyncio.sleep(0)
        if when == "when it was kept":
            kept = "select count(*) from command"
            await until(lambda: town.rows(kept) == [(1,)], what="the command is kept")
        wire.cut()
        await until(lambda: not talk.mayor.live, what="the cut is noticed")
        wire.mend()
        await result
        await talk.quiet()
        await talk.receipts()
        await talk.ends_well(result.result())
        await talk.mayor.close()
        await wire.close()
