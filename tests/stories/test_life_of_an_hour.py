"""The life of one hour, from its announcement to an outcome for everyone, with 30 citizens on simulated time.

The server is killed without grace in every state that the session goes through, and comes back in the same one.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from sessionhours.simulator.people import add_person
from tests.fakes import until
from tests.serve import PASSWORD
from tests.stories.console import Console
from tests.stories.hour import STAFF, House, consoles, dump, house
from tests.stories.script import NEXT_HOUR, OPENS, line

MINUTE = timedelta(minutes=1)
ENDS = OPENS + timedelta(hours=1)
EXTENDED = ENDS + 10 * MINUTE
NEXT_OPENS = OPENS + timedelta(days=35)

#: Thirty citizens, by what the hour brings them.
EARLY = [f"frueh{n}" for n in range(4)]
ANSWERED = [f"antwort{n}" for n in range(8)]
WAITING = [f"wartend{n}" for n in range(6)]
LONGER = [f"laenger{n}" for n in range(4)]
TOO_LATE = [f"zuspaet{n}" for n in range(3)]
OUTSIDE = [f"vorher{n}" for n in range(3)]
AFTER = [f"nachher{n}" for n in range(2)]
PEOPLE = [*EARLY, *ANSWERED, *WAITING, *LONGER, *TOO_LATE, *OUTSIDE, *AFTER]

LOBBY = "Es geht gleich los: Donnerstag, 3. Dezember 2026, 15–16 Uhr."
LAST_CALL = "um {ends} ist Schluss"
NO_MORE = "Für heute nehmen wir keine neuen Anliegen mehr an."
SAYS = {
    "promised": "Sie hören von uns bis Freitag, 11. Dezember 2026.",
    "carried_over": "Ihr Anliegen kommt zuerst dran.",
    "handed_over": "Zuständig ist: Bauamt.",
    "declined": "Der Grund: nicht unsere Zuständigkeit.",
}


class Hour:
    """The hour as its people see it."""

    def __init__(self, town: House, screens: dict[str, Console]) -> None:
        self.town, self.screens, self.mayor = town, screens, screens["mayor"]
        self.id = ""
        self.states: list[str] = []

    # -- before ------------------------------------------------------------------------------------

    async def announced(self) -> None:
        """A week before: the date is announced, whoever writes is told it."""
        following = self.mayor.next_session
        assert following is not None
        self.id = following["id"]
        assert (following["state"], following["number"]) == ("announced", 1)
        self.say(OUTSIDE, OPENS - timedelta(days=6))
        await self.rest()
        for person in OUTSIDE:
            assert ["3. Dezember 2026, 15–16 Uhr" in text for text in self.heard(person)] == [True]
        await self.killed_in("announced")

    async def lobby(self) -> None:
        """From ten minutes before on messages queue, and each writer hears once when it starts."""
        await self.days_later(OPENS - 8 * MINUTE)
        await self.state("lobby")
        self.say(EARLY, OPENS - 7 * MINUTE)
        await self.rest()
        self.say(EARLY[:2], OPENS - 6 * MINUTE)
        await self.killed_in("lobby")
        for person in EARLY:
            assert [LOBBY in text for text in self.heard(person)] == [True], self.heard(person)
        assert len(self.mayor.waiting()) == len(EARLY)

    # -- the hour ----------------------------------------------------------------------------------

    async def opening(self) -> None:
        """At three it opens by itself, and the mayor answers."""
        self.now(OPENS)
        await self.state("open")
        self.say(ANSWERED, OPENS + 5 * MINUTE)
        await self.rest()
        await self.answer([*EARLY, *ANSWERED])
        await self.killed_in("open")

    async def last_call(self) -> None:
        """At ten minutes to four exactly those who wait hear of the end."""
        self.say(WAITING, OPENS + 45 * MINUTE)
        await self.rest()
        self.now(ENDS - 10 * MINUTE)
        await until(lambda: self.shown["last_called_at"] is not None, what="the last call")
        await self.rest()
        assert self.called("16 Uhr") == set(WAITING)

    async def extension(self) -> None:
        """Ten minutes more; who waited has been told already, those who come later hear it at the new time."""
        self.now(ENDS - 5 * MINUTE)
        longer = await self.mayor.ask("session.extend", session=self.id, minutes=10)
        assert longer["ok"], longer
        self.say(LONGER, ENDS - 4 * MINUTE)
        await self.rest()
        assert self.called("16 Uhr") == set(WAITING)
        self.now(EXTENDED - 10 * MINUTE)
        await until(lambda: self.shown["last_called_at"] is not None, what="the last call of the longer hour")
        await self.rest()
        assert self.called("16:10 Uhr") == set(LONGER)
        assert self.called("16 Uhr") == set(WAITING)

    async def intake_closed(self) -> None:
        """No new people; who is inside goes on."""
        assert (await self.mayor.ask("session.close_intake", session=self.id))["ok"]
        again = await self.mayor.ask("session.close_intake", session=self.id)
        assert again["error"]["code"] == "not_possible"
        self.say([*TOO_LATE, WAITING[0]], EXTENDED - 6 * MINUTE)
        await self.rest()
        for person in TOO_LATE:
            assert [NO_MORE in text and NEXT_HOUR in text for text in self.heard(person)] == [True]
        assert {self.name(row) for row in self.mayor.waiting()} == {*WAITING, *LONGER}
        await self.killed_in("intake_closed")

    # -- the end -----------------------------------------------------------------------------------

    async def draining(self) -> None:
        """The time is over and ten people wait: who wrote in time is answered after the end."""
        self.now(EXTENDED)
        await self.state("draining")
        self.say(AFTER, EXTENDED + 3 * MINUTE)
        await self.rest()
        for person in AFTER:
            assert [NEXT_HOUR in text for text in self.heard(person)] == [True]
        self.now(EXTENDED + 30 * MINUTE)
        await self.answer(LONGER)
        await self.killed_in("draining")

    async def closing(self) -> None:
        """Nobody is left out: it cannot be closed before, and each of those left hears what becomes of them."""
        refused = await self.mayor.ask("session.close", session=self.id)
        assert refused["error"]["code"] == "unaccounted"
        assert {one["name"] for one in refused["error"]["who"]} == {f"{w.title()} Beispiel" for w in WAITING}
        await self.answer(WAITING[:1])
        outcomes: list[dict[str, Any]] = [
            {"outcome": "promised", "date": "2026-12-11"},
            {"outcome": "carried_over"},
            {"outcome": "carried_over"},
            {"outcome": "handed_over", "department": "Bauamt"},
            {"outcome": "declined", "reason": "nicht unsere Zuständigkeit"},
        ]
        items = [
            {"conversation": self.of(person), **outcome}
            for person, outcome in zip(WAITING[1:], outcomes, strict=True)
        ]
        half = [*items[:-1], {**items[-1], "outcome": "vergessen"}]
        assert not (await self.mayor.ask("session.settle", session=self.id, items=half))["ok"]
        assert len(self.mayor.waiting()) == 5, "nothing is half done"
        settled = await asyncio.gather(
            self.mayor.ask("session.settle", session=self.id, items=items),
            self.mayor.ask("session.settle", session=self.id, items=items),
        )
        assert sorted(result["ok"] for result in settled) == [False, True], "two people press at once"
        await self.rest()
        await self.state("closed")
        for item, person in zip(items, WAITING[1:], strict=True):
            said = [text for text in self.heard(person) if any(one in text for one in SAYS.values())]
            assert [SAYS[item["outcome"]] in text for text in said] == [True], (person, said)
        await self.killed_in("closed")

    async def next_hour(self) -> None:
        """In January those who were carried over are first."""
        await self.days_later(NEXT_OPENS)
        await until(lambda: len(self.mayor.waiting()) == 2, what="the next hour begins with them")
        new = {"antwort0": "eins", "antwort1": "zwei"}
        self.say(list(new), NEXT_OPENS + MINUTE)
        await self.rest()
        claimed = [await self.mayor.ask("next") for _ in range(4)]
        names = [self.name(one["data"]["conversation"]) for one in claimed]
        assert names[:2] == WAITING[2:4]
        assert set(names[2:]) == set(new)

    # -- what is known in the end ------------------------------------------------------------------

    async def end(self) -> None:
        """The database tells the same story as the citizens."""
        for screen in self.screens.values():
            await screen.close()
        await self.town.dismiss()
        await self.town.server.stop()
        rows = [row for row in dump(self.town.server.database, "outcome") if row["session"] == self.id]
        inside = {*EARLY, *ANSWERED, *WAITING, *LONGER}
        assert Counter(row["outcome"] for row in rows) == {
            "answered": len(inside) - 5,
            "promised": 1,
            "carried_over": 2,
            "handed_over": 1,
            "declined": 1,
        }
        assert len({row["conversation"] for row in rows}) == len(rows) == len(inside)
        assert self.states == ["announced", "lobby", "open", "intake_closed", "draining", "closed"]
        assert dump(self.town.server.database, "outbox") == []

    # -- small parts -------------------------------------------------------------------------------

    @property
    def shown(self) -> dict[str, Any]:
        """The session as the mayor's screen has it."""
        return self.mayor.sessions.get(self.id) or self.mayor.next_session or {}

    def now(self, instant: datetime) -> None:
        self.town.now(instant)

    async def days_later(self, instant: datetime) -> None:
        """Everybody logs in again: their logins have expired."""
        self.now(instant)
        for key, screen in self.screens.items():
            await screen.log_in(STAFF[key][0], PASSWORD)

    async def state(self, state: str) -> None:
        """Wait until every screen shows it."""
        screens = self.screens.values()
        await until(
            lambda: all(one.sessions.get(self.id, {}).get("state") == state for one in screens),
            what=f"it is {state}",
        )

    async def killed_in(self, state: str) -> None:
        """`kill -9`: whatever was on its way, it comes back in the same state and goes on."""
        self.states.append(state)
        self.town.server.kill()
        await self.town.server.start()
        await self.rest()
        [(kept,)] = self.town.rows(f"select state from session where id = '{self.id}'")
        assert kept == state

    def say(self, people: list[str], at: datetime) -> None:
        """Each of them writes, a second after the other."""
        self.now(at + timedelta(seconds=len(people)))
        self.town.write(
            line(one, at + timedelta(seconds=n), "text", f"{at:%d%H%M}-{n}") for n, one in enumerate(people)
        )

    async def answer(self, people: list[str]) -> None:
        """The mayor answers these."""
        for person in people:
            asked = {"conversation": self.of(person), "text": f"Antwort an {person}", "seen": self.mayor.seq}
            result = await self.mayor.ask("reply", **asked)
            assert result["ok"], result
        await self.rest()

    def of(self, person: str) -> str:
        """Somebody's conversation."""
        (id,) = [id for id, row in self.mayor.conversations.items() if self.name(row) == person]
        return id

    def name(self, row: dict[str, Any]) -> str:
        return str(row["contact"]["name"]).removesuffix(" Beispiel").lower()

    def heard(self, person: str) -> list[str]:
        return self.town.heard_by(person)

    def called(self, ends: str) -> set[str]:
        """Who heard the last call that names this end, exactly once."""
        call = LAST_CALL.replace("{ends}", ends)
        heard = Counter(p for p in PEOPLE for text in self.heard(p) if call in text)
        assert set(heard.values()) <= {1}, heard
        return set(heard)

    async def rest(self) -> None:
        """Nothing is on its way, and every screen shows all of it."""
        await self.town.at_rest()
        newest = self.town.newest_event
        await until(
            lambda: all((one.seq or 0) >= newest() for one in self.screens.values()),
            what="all screens are up to date",
        )


@asynccontextmanager
async def an_hour(folder: Path) -> AsyncIterator[Hour]:
    async with house(folder, OPENS - timedelta(days=7), seed=5) as town:
        await town.server.start()
        for name in PEOPLE:
            add_person(town.simulation.world, {"id": name, "name": f"{name.title()} Beispiel"})
        screens = await consoles(town.server.url)
        try:
            yield Hour(town, screens)
        finally:
            for screen in screens.values():
                await screen.close()


@pytest.mark.proves("N2", "N4", "N5", "N6", "P6", "P19", "AC-12", "AC-57", "AC-59", "AC-60", "AC-62")
async def test_the_life_of_an_hour(tmp_path: Path) -> None:
    assert len(PEOPLE) == 30
    async with an_hour(tmp_path) as hour:
        await hour.announced()
        await hour.lobby()
        await hour.opening()
        await hour.last_call()
        await hour.extension()
        await hour.intake_closed()
        await hour.draining()
        await hour.closing()
        await hour.next_hour()
        await hour.end()
