"""What is committed in quick succession reaches a console in order, once, and in few frames."""

from __future__ import annotations

import json
from typing import Any

from sessionhours.desk.hub import TOGETHER, Hub, Listener
from sessionhours.store.database import Database
from sessionhours.store.events import Committed
from tests.desk.office import Desk
from tests.fakes import until

TOWN = "kappelrodeck"


class Screen:
    """A console that takes every frame at once."""

    def __init__(self, hub: Hub) -> None:
        self.frames: list[list[int]] = []
        self.listener = Listener(
            TOWN, "agent", "Maria Brandt", frozenset({"mayor"}), "all", seq=0, send=self._take, live=True
        )
        hub.join(self.listener)

    async def _take(self, message: dict[str, Any]) -> None:
        frame = json.loads(message["text"])
        self.frames.append([event["seq"] for event in frame.get("events", [frame])])

    @property
    def told(self) -> list[int]:
        return [seq for frame in self.frames for seq in frame]


def committed(*numbers: int) -> list[Committed]:
    return [Committed(TOWN, seq, "agent.updated", 0, "{}") for seq in numbers]


def hub_of(database: Database) -> Hub:
    hub = Hub(database)
    hub.start()
    hub.seq[TOWN] = 0
    return hub


async def test_the_first_goes_out_at_once_and_what_follows_closely_goes_out_together(desk: Desk) -> None:
    hub = hub_of(desk.database)
    screen = Screen(hub)
    for seq in (1, 2, 3, 4):
        hub.tell(committed(seq))
    assert screen.frames == [[1]]
    await until(lambda: len(screen.frames) == 2, what=f"the rest, {TOGETHER} s later")
    assert screen.frames == [[1], [2, 3, 4]]
    assert hub.seq[TOWN] == 4


async def test_a_gap_is_not_told_over(desk: Desk) -> None:
    rung: list[bool] = []
    hub = hub_of(desk.database)
    hub.bell = lambda: rung.append(True)
    screen = Screen(hub)
    hub.tell(committed(1))
    hub.tell(committed(2))
    hub.tell(committed(4))
    await until(lambda: len(screen.frames) == 2, what="what came before the gap")
    assert (screen.told, hub.seq[TOWN], rung) == ([1, 2], 2, [True])


async def test_what_was_read_from_the_database_in_the_meantime_is_told_once(desk: Desk) -> None:
    hub = hub_of(desk.database)
    screen = Screen(hub)
    hub.tell(desk.told[:1])
    for event in desk.told[1:]:
        hub.tell([event])
    desk.says(1)
    await hub.catch_up(TOWN)
    await until(lambda: TOWN not in hub._next, what="nothing waits any more")
    assert screen.told == [event.seq for event in desk.told]
