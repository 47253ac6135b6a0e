"""A question and an answer in a real house, for tests that break it on the way."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

from tests.fakes import until
from tests.serve import PASSWORD
from tests.stories.console import Console
from tests.stories.hour import STAFF, House, dump, house
from tests.stories.script import OPENS

NOW = OPENS + timedelta(minutes=5)


@asynccontextmanager
async def a_house(folder: Path, staff: Iterable[str] = ()) -> AsyncIterator[House]:
    """Kappelrodeck five minutes into its hour."""
    async with house(folder, NOW, staff=staff) as town:
        town.simulation.courier.policy.retry_first = 0.05
        town.simulation.courier.policy.retry_growth = 1.2
        yield town


class Talk:
    """Anna has asked; the mayor's screen is open. Receipts wait until they are let go."""

    def __init__(self, town: House, url: str) -> None:
        self.town, self.mayor = town, Console("Stefan Keller", url)

    async def begin(self) -> None:
        """The question is on the screen."""
        policy = self.town.simulation.courier.policy
        policy.sent_after, policy.delivered_after, policy.read_after = 3600, 3601, 3602
        email, *_ = STAFF["mayor"]
        await self.mayor.log_in(email, PASSWORD)
        await self.mayor.open()
        self.town.simulation.telephones.say(self.town.person("anna"), {"text": "Wann öffnet das Bad?"})
        await until(lambda: bool(self.mayor.messages), what="the question is on the screen")

    def answer(self) -> asyncio.Task[dict[str, Any]]:
        """The mayor answers; the result comes when it comes."""
        (conversation,) = self.mayor.conversations
        answer = {"conversation": conversation, "text": "Am 15. Mai.", "seen": self.mayor.seq}
        return asyncio.create_task(self.mayor.ask("reply", **answer))

    async def quiet(self) -> None:
        """Wait until the outbox holds nothing that will still move by itself."""
        moving = "select count(*) from outbox where state <> 'unclear'"
        await until(lambda: self.town.rows(moving) == [(0,)], what="nothing moves")

    async def receipts(self) -> None:
        """Meta tells what it has to tell."""
        self.town.simulation.hurry()
        await self.town.at_rest()

    @property
    def accepted(self) -> int:
        """How many messages Meta took."""
        return len(self.town.simulation.journal.entries("send"))

    async def shows(self, status: str) -> None:
        """The mayor sees one answer, and it stands there."""
        await until(
            lambda: [m["status"] for m in self._answers()] == [status], what=f"the screen says {status}"
        )

    def _answers(self) -> list[dict[str, Any]]:
        return [m for m in self.mayor.messages.values() if m["direction"] == "outbound"]

    async def ends_well(self, result: dict[str, Any]) -> None:
        """One message everywhere: in the database, at Meta, on the telephone and on the screen; read."""
        assert result["ok"], result
        (row,) = [r for r in dump(self.town.server.database, "message") if r["direction"] == "outbound"]
        assert row["id"] == result["data"]["message"]["id"]
        await self.shows("read")
        assert self.town.heard_by("anna") == ["Am 15. Mai."]
        assert self.accepted == 1

    async def decided_by_a_person(self) -> None:
        """Meta never had it and will never tell: somebody sends it again."""
        assert self.accepted == 0
        await self.shows("unclear")
        (answer,) = self._answers()
        assert (await self.mayor.ask("retry", message=answer["id"]))["ok"]
        await self.quiet()
        await self.receipts()


@asynccontextmanager
async def a_talk(folder: Path, step: str = "") -> AsyncIterator[Talk]:
    async with a_house(folder, staff=["mayor"]) as town:
        await town.server.start(step)
        talk = Talk(town, town.server.url)
        try:
            await talk.begin()
            yield talk
        finally:
            await talk.mayor.close()
