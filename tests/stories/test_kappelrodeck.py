"""Kappelrodeck's hour, held for real: Thursday, 3 December 2026, 15–16 o'clock, by the town's own schedule file.

The line says `approval = true`, so the mayor answers; his two assistants look after the queue and may not send.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from sessionhours.desk.loops import IN_FLIGHT
from sessionhours.simulator.faults import Fault
from sessionhours.simulator.people import add_person
from tests.fakes import Line as Wire
from tests.fakes import until
from tests.stories import script
from tests.stories.console import Console
from tests.stories.hour import House, Said, consoles, house
from tests.stories.records import Records
from tests.stories.script import CLOSES, EXTENDED, NEXT_HOUR, OPENS, THIS_HOUR

SEED = 3
MINUTE = timedelta(minutes=1)

TRAVEL = {
    "batch": 8, "gather": 0.03, "jitter": 0.15, "shuffle": True, "duplicate": 0.3, "disorder": 0.3,
    "regroup": True, "retry_first": 0.1, "retry_growth": 1.3, "skip_delivered": 0.1, "noise": True,
}  # fmt: skip


class Day:
    """The whole day: each part is a paragraph of the story."""

    def __init__(self, town: House, wire: Wire, screens: dict[str, Console]) -> None:
        self.town, self.wire, self.screens = town, wire, screens
        self.mayor, self.brandt, self.vogt = screens["mayor"], screens["brandt"], screens["vogt"]
        self.waves = script.waves(SEED)
        self.replies: dict[str, str] = {}
        self.measured: dict[str, float] = {}

    # -- before ------------------------------------------------------------------------------------

    async def before(self) -> None:
        """Noon: whoever writes now gets the date, once, and nothing of it is kept."""
        self.town.now(OPENS - timedelta(hours=2, minutes=29))
        declined = self.town.write(script.before()[:-1])
        await self.rest()
        self.town.now(OPENS - 30 * MINUTE)
        await until(self._checked, what="the look before the hour")
        self.town.now(OPENS - 10 * MINUTE)
        declined += self.town.write(script.before()[-1:])
        await self.rest()
        for person in {said.line.person for said in declined if said.line.kind != "reaction"}:
            assert [THIS_HOUR in text for text in self.town.heard_by(person)] == [True], person
        assert self.town.heard_by("dora") == [], "a reaction asks for nothing"
        assert self.mayor.conversations == {}
        self._before_gone = asyncio.create_task(self._gone("before", declined))

    def _checked(self) -> bool:
        return any(e["name"] == "session.updated" and e["data"]["checked"] for e in self.mayor.events)

    async def _gone(self, part: str, declined: list[Said]) -> None:
        """No body of theirs on any disk, a minute later at the latest (surfaces §3)."""
        words = [said.line.words for said in declined]
        self.measured[f"traces of {part} gone after"] = await until(
            lambda: not self.town.traces(words), 60, f"what was written {part} is gone", every=0.25
        )

    async def opening(self) -> None:
        """In the last ten minutes messages queue already; at three o'clock the hour opens."""
        assert self.mayor.next_session is not None
        assert self.mayor.next_session["state"] == "announced"
        self.town.now(OPENS - 4 * MINUTE)
        self.town.write(script.early())
        await self.rest()
        assert len(self.mayor.waiting()) == 2
        self.town.now(OPENS - timedelta(seconds=0.2))
        await until(lambda: self._session()["state"] == "open", what="the hour opens")
        assert self._session()["opens"] == "2026-12-03T14:00:00.000Z"
        assert self._session()["closes"] == "2026-12-03T15:00:00.000Z"

    def _session(self) -> dict[str, Any]:
        return next(iter(self.mayor.sessions.values()), {"state": None})

    # -- the hour ----------------------------------------------------------------------------------

    async def first_wave(self) -> None:
        """Everybody writes; the mayor answers, his assistants may not."""
        self._write(self.waves[0])
        self._calls("karin")
        await self.rest()
        await self._an_assistant_helps(self.mayor.waiting()[0]["id"])
        await self.answer_all("eins")

    def _calls(self, person: str) -> None:
        """Nobody picks up."""
        karin, telephones = self.town.person(person), self.town.simulation.telephones
        telephones.call(karin, {"event": "terminate", "id": telephones.call(karin, {})})

    async def _an_assistant_helps(self, conversation: str) -> None:
        seen = self.brandt.seq
        refused = await self.brandt.ask("reply", conversation=conversation, text="Guten Tag", seen=seen)
        assert refused["error"]["code"] == "forbidden"
        assert (await self.brandt.ask("note", conversation=conversation, text="Kenne ich."))["ok"]
        assert (await self.vogt.ask("claim", conversation=conversation))["ok"]
        assert (await self.vogt.ask("release", conversation=conversation))["ok"]

    async def second_wave(self) -> None:
        """An assistant's line is cut while people write; what she missed is there when it is back."""
        self.wire.cut()
        self._write(self.waves[1])
        await until(lambda: not self.vogt.live, what="the cut is noticed")
        await self.rest()
        missed = (self.mayor.seq or 0) - (self.vogt.seq or 0)
        assert missed > 0
        self.wire.mend()
        self.measured["seconds until she had caught up"] = await self.rest()
        self.measured["events missed in the cut"] = missed
        await self.answer_all("zwei")

    async def third_wave(self) -> None:
        """The server is killed with a batch just acknowledged, and comes back by itself."""
        self.town.supervise()
        self.town.messenger.arm(self.town.server.kill, n=3)
        self._write(self.waves[2])
        await until(lambda: self.town.messenger.struck == 1, what="the first kill")
        self.measured["killed in the way in, at rest after"] = await self.rest()

    async def killed_while_answering(self) -> None:
        """Killed again while answers are out: some accepted, one taken in silence, one never taken."""
        for kind in ("hang_after", "hang_before"):
            self.town.simulation.faults.plan(Fault("messages", kind))
        answered = len(self._journal("send"))
        answers = asyncio.gather(*self._answers("drei"))
        await until(lambda: len(self._journal("send")) >= answered + 4, what="some answers are out")
        self.town.server.kill()
        self.measured["killed in the way out, all answered after"] = await until(answers.done)
        await self.rest()
        self.unclear = [m for m in self.mayor.messages.values() if m["status"] == "unclear"]
        assert len(self.unclear) <= IN_FLIGHT

    async def someone_decides(self) -> None:
        """What stayed unclear, an answer or a notice, truly never came; a person sends it again."""
        citizens = self._records().person_of
        for message in self.unclear:
            assert message["text"] not in self.town.heard_by(citizens[message["conversation"]].id)
            assert (await self.mayor.ask("retry", message=message["id"]))["ok"]
        await self.rest()

    # -- the end -----------------------------------------------------------------------------------

    async def extension(self) -> None:
        """Five to four: ten minutes more, and people use them."""
        self.town.now(CLOSES - EXTENDED - 5 * MINUTE)
        forbidden = await self.brandt.ask("session.extend", session=self._session()["id"], minutes=10)
        assert forbidden["error"]["code"] == "forbidden"
        assert (await self.mayor.ask("session.extend", session=self._session()["id"], minutes=10))["ok"]
        self.town.now(CLOSES - 4 * MINUTE)
        self.town.write(script.extended())
        await self.rest()
        assert self._session()["state"] == "open"
        assert self._session()["closes"] == "2026-12-03T15:10:00.000Z"

    async def draining(self) -> None:
        """The end: nobody is left without an answer, the late and those of the last two minutes neither."""
        self.town.now(CLOSES - timedelta(seconds=0.2))
        await until(lambda: self._session()["state"] == "draining", what="the hour is over")
        self.town.now(CLOSES + 2 * MINUTE)
        self.town.write(script.belated())
        self.town.write(script.after()[0])
        await self.rest()
        assert [NEXT_HOUR in text for text in self.town.heard_by("quirin")] == [True]
        await self.answer_all("zuletzt")
        await until(lambda: self._session()["state"] == "closed", what="it closes by itself")

    async def afterwards(self) -> None:
        """A quarter of an hour later; and once more after a restart, which forgets nobody."""
        self.town.now(CLOSES + 16 * MINUTE)
        self.town.write(script.after()[1])
        await self.rest()
        before = await self._snapshot()
        await self.town.restart()
        await self.rest()
        assert await self._snapshot() == before
        self.town.now(CLOSES + 21 * MINUTE)
        self.town.write(script.after()[2])
        await self.rest()
        await self._gone("after", [said for said in self.town.said if said.line.words.startswith("nachher")])
        await self._before_gone

    async def _snapshot(self) -> dict[str, Any]:
        shot = await self.mayor.get("/api/snapshot")
        return {key: value for key, value in shot.items() if key != "now"}

    async def end(self) -> None:
        """Everybody goes home; the records are held side by side."""
        for screen in self.screens.values():
            await screen.close()
        await self.town.dismiss()
        await self.town.server.stop()
        assert self.town.server.starts == 4, "the first, one after each kill, one in good order"
        records = self._records()
        records.check_all()
        print(self._measured(records))

    def _measured(self, records: Records) -> str:
        counts = {
            "messages": len(self.town.said),
            "admitted": len(records.admitted),
            "replies": len(self.replies),
            "once unclear": len({e["data"]["id"] for e in self.mayor.events if _unclear(e)}),
            "settled by a person": len(self.unclear),
            "webhooks": len(self._journal("webhook")),
            "events": self.mayor.seq,
            "starts": self.town.server.starts,
        }
        seconds = {name: f"{value:.2f}" for name, value in self.measured.items()}
        return ", ".join(f"{name} {value}" for name, value in {**counts, **seconds}.items())

    # -- small parts -------------------------------------------------------------------------------

    async def rest(self) -> float:
        """Wait until nothing is on its way and every screen whose line holds shows all of it; the seconds."""
        seconds = await self.town.at_rest()
        return seconds + await until(self._shown, what="every screen shows everything")

    def _shown(self) -> bool:
        newest = self.town.newest_event()
        return all((screen.seq or 0) >= newest for screen in self._connected())

    def _connected(self) -> list[Console]:
        return [self.mayor, self.brandt] if self.wire.broken else list(self.screens.values())

    def _write(self, wave: list[script.Line]) -> None:
        self.town.now(wave[-1].at + timedelta(seconds=30))
        self.town.write(wave)

    async def answer_all(self, word: str) -> None:
        """The mayor answers everybody who waits."""
        results = await asyncio.gather(*self._answers(word))
        assert all(result["ok"] for result in results), results
        await self.rest()

    def _answers(self, word: str) -> list[Any]:
        return [self._answer(row["id"], f"Antwort {word} {n}") for n, row in enumerate(self.mayor.waiting())]

    async def _answer(self, conversation: str, text: str) -> dict[str, Any]:
        self.replies[text] = conversation
        return await self.mayor.ask("reply", conversation=conversation, text=text, seen=self.mayor.seq)

    def _journal(self, kind: str) -> list[dict[str, Any]]:
        return self.town.simulation.journal.entries(kind)

    def _records(self) -> Records:
        return Records(self.town, self.screens, self.replies, calls=1)


def _unclear(event: dict[str, Any]) -> bool:
    return event["name"] == "message.updated" and event["data"]["status"] == "unclear"


@asynccontextmanager
async def a_day(folder: Path) -> AsyncIterator[Day]:
    async with house(folder, OPENS - timedelta(hours=3), seed=SEED) as town:
        await town.server.start()
        for name in script.MOVE_IN:
            add_person(town.simulation.world, {"id": name, "name": f"{name.title()} Beispiel"})
        for name, value in TRAVEL.items():
            setattr(town.simulation.courier.policy, name, value)
        wire = Wire(town.server.port)
        screens = await consoles(town.server.url, await wire.open())
        try:
            yield Day(town, wire, screens)
        finally:
            for screen in screens.values():
                await screen.close()
            await wire.close()


@pytest.mark.proves("KA-1", "KA-5", "KA-6", "KA-7", "P7", "F5", "F22", "F69")
@pytest.mark.proves("AC-9", "AC-10", "AC-22", "AC-26", "AC-31", "AC-32", "AC-36")
async def test_kappelrodecks_hour(tmp_path: Path) -> None:
    async with a_day(tmp_path) as day:
        await day.before()
        await day.opening()
        await day.first_wave()
        await day.second_wave()
        await day.third_wave()
        await day.killed_while_answering()
        await day.someone_decides()
        await day.extension()
        await day.draining()
        await day.afterwards()
        await day.end()
