"""After 24 hours, in a real house: the text is approved at Meta, sent at most once through every kill, and answered."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.fakes import until
from tests.faults.talk import NOW
from tests.makers import WABA
from tests.serve import PASSWORD, SCHEDULE
from tests.stories.console import Console
from tests.stories.hour import STAFF, House, house
from tests.stories.script import OPENS

LATER = OPENS + timedelta(hours=26)


@asynccontextmanager
async def late(folder: Path) -> AsyncIterator[House]:
    """Anna asked in the hour, a day passed, and both languages are approved."""
    number = 'phone_number_id = "200000000000002"'
    schedule = folder / "schedule.toml"
    schedule.write_text(SCHEDULE.read_text().replace(number, f'{number}\nbusiness_account_id = "{WABA}"'))
    async with house(folder, NOW, staff=["mayor"], schedule=schedule) as town:
        policy = town.simulation.courier.policy
        policy.retry_first, policy.retry_growth = 0.05, 1.2
        policy.sent_after, policy.delivered_after, policy.read_after = 3600, 3601, 3602
        await town.server.start()
        town.simulation.telephones.say(town.person("anna"), {"text": "Wann öffnet das Bad?"})
        await until(lambda: town.rows("select count(*) from message") == [(1,)], what="the question is there")
        await until(lambda: approved(town), what="both languages are approved")
        town.now(LATER)
        yield town


def approved(town: House) -> bool:
    """Whether both languages are; Meta does not take its time."""
    town.simulation.hurry()
    return town.rows("select count(*) from template where status = 'APPROVED'") == [(2,)]


async def mayor(town: House) -> Console:
    email, *_ = STAFF["mayor"]
    console = Console("Stefan Keller", town.server.url)
    await console.log_in(email, PASSWORD)
    await console.open()
    return console


async def filled(console: Console) -> dict[str, Any]:
    """What the composer would send for the only conversation."""
    (talk,) = console.conversations
    german: dict[str, Any] = {}

    async def offered() -> bool:
        german.update((await console.get(f"/api/conversations/{talk}/templates"))["templates"][0])
        return (german["language"], german["usable"]) == ("de", True)

    await until(offered, what="the German one is offered")
    return {
        "conversation": talk,
        "template": german["name"],
        "language": "de",
        "parameters": german["parameters"],
    }


def got(town: House) -> list[str]:
    """What came to Anna's telephone by template."""
    chat = town.simulation.world.chat("anna")
    return [said.type for said in chat if said.direction == "out"]


def outbound(console: Console) -> list[tuple[str, str]]:
    rows = sorted(console.messages.values(), key=lambda one: one["seq"])
    return [(one["kind"], one["status"]) for one in rows if one["direction"] == "outbound"]


@pytest.mark.proves("P42", "AC-17", "AC-18")
async def test_a_promised_answer_comes_by_template_and_its_answer_opens_the_window(tmp_path: Path) -> None:
    async with late(tmp_path) as town:
        console = await mayor(town)
        talk, data = next(iter(console.conversations)), await filled(console)
        refused = await console.ask("reply", conversation=talk, text="Am 15. Mai.", seen=console.seq)
        assert (refused["error"]["code"], len(refused["error"]["templates"])) == ("window_closed", 2)
        assert (await console.ask("template", **data))["ok"]
        await until(lambda: got(town) == ["template"], what="the template came")
        tapped = {"type": "button", "button": {"payload": "Ja, bitte senden", "text": "Ja, bitte senden"}}
        town.simulation.telephones.say(town.person("anna"), tapped)
        await until(lambda: console.conversations[talk]["lane"] == "waiting", what="the answer is let in")
        assert (await console.ask("reply", conversation=talk, text="Am 15. Mai.", seen=console.seq))["ok"]
        await until(lambda: town.heard_by("anna") == ["Am 15. Mai."], what="the answer came")
        await console.close()


@pytest.mark.proves("AC-23")
@pytest.mark.parametrize(
    ("step", "accepted", "status"),
    [
        ("out.asked", 1, "sent"),
        ("out.kept", 1, "sent"),
        ("out.claimed", 1, "sent"),
        ("out.sending", 0, "unclear"),
        ("out.accepted", 1, "unclear"),
        ("out.settled", 1, "sent"),
    ],
)
async def test_a_kill_at_any_step_sends_a_template_at_most_once(
    step: str, accepted: int, status: str, tmp_path: Path
) -> None:
    async with late(tmp_path) as town:
        await town.server.stop()
        await town.server.start(step)
        console = await mayor(town)
        data = await filled(console)
        answer = asyncio.create_task(console.ask("template", **data))
        await town.server.died()
        await town.server.start()
        assert (await answer)["ok"]
        await until(lambda: outbound(console) == [("template", status)], what=f"the screen says {status}")
        assert len(got(town)) == accepted
        town.simulation.hurry()
        if accepted:
            await until(lambda: outbound(console) == [("template", "read")], what="the receipts are in")
        assert len(town.simulation.journal.entries("send")) == accepted
        await console.close()
