"""`kill -9` around a question that waits unseen: it waits on, it is kept once, and its hour is over all the same (N24)."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from tests.fakes import until
from tests.faults.talk import a_house
from tests.faults.test_kill_points import check_events, post
from tests.makers import body, message
from tests.serve import SCHEDULE
from tests.stories.hour import House, dump
from tests.stories.script import OPENS

MONDAY = OPENS - timedelta(days=3)
QUESTION = body([message(1, "Frage", at=MONDAY), message(2, "vergessen", at=MONDAY)])
YES = body([message(1, "1", at=MONDAY + timedelta(seconds=20))])


def waiting(town: House) -> int:
    return len(dump(town.server.database, "offered"))


def said(town: House) -> list[str]:
    return [row["text"] for row in dump(town.server.database, "message") if row["direction"] == "inbound"]


@pytest.mark.proves("N24")
@pytest.mark.parametrize("step", ["in.taken", "in.committed", "in.answered"])
async def test_a_kill_at_any_step_and_a_second_delivery_end_alike(step: str, tmp_path: Path) -> None:
    schedule = tmp_path / "schedule.toml"
    schedule.write_text(SCHEDULE.read_text().replace('outside = "decline"', 'outside = "offer"'))
    async with a_house(tmp_path) as town:
        town.server.schedule = schedule
        town.now(MONDAY + timedelta(seconds=30))
        await town.server.start(step)
        await post(town, QUESTION)
        await town.server.died()
        await town.server.start(step)
        await post(town, QUESTION)
        await post(town, YES)
        await town.server.died()
        await town.server.start()
        for content in (QUESTION, YES):
            assert await post(town, content) == 200
        await town.at_rest()
        assert sorted(said(town)) == ["1", "Frage"]
        assert waiting(town) == 1
        check_events(town)
        town.server.kill()
        town.now(MONDAY + timedelta(minutes=61))
        await town.server.start()
        await until(lambda: waiting(town) == 0, what="the hour of the other question is over")
        assert sorted(said(town)) == ["1", "Frage"]
