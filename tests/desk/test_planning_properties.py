"""Whatever is planned in whatever order: no two hours at once, numbers in order, versions that only rise, one truth."""

from __future__ import annotations

import random
from collections.abc import Callable
from concurrent.futures import Future
from datetime import date, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest

from sessionhours.desk import budget, commands
from sessionhours.desk.plan import NOW
from sessionhours.store.tables import HourSession, PlanEntry
from tests.desk.office import Desk
from tests.desk.planner import LINE, MONDAY, conflicts, dates, done, edit, plan, session, standing
from tests.desk.test_law import Watcher
from tests.makers import Clock

FIRST, LAST = date(2026, 11, 30), date(2027, 3, 31)


class Planning:
    """Somebody who plans at random, and keeps at it while the file changes under them and time goes on."""

    def __init__(self, desk: Desk, seed: int, folder: Path) -> None:
        self.desk, self.draw, self.folder = desk, random.Random(seed), folder
        self.seed = seed

    def act(self) -> str:
        choices = [self.add] * 3 + [self.move] * 4 + [self.cancel] * 2 + [self.restore] * 3 + [self.series]
        choices += [
            self.end,
            self.close_a_day,
            self.open_a_day,
            self.confirm,
            self.keep,
            self.file,
            self.time,
        ]
        what = self.draw.choice([*choices, self.open_now, self.extend])
        what()
        return what.__name__

    def ask(self, name: str, **data: Any) -> None:
        id = str(UUID(int=self.draw.getrandbits(128)))
        asked = {"confirm": True} if name in ("session.move", "session.cancel", "series.end") else {}
        data = {field.removesuffix("_"): value for field, value in data.items()}
        self.desk.ask(self.desk.mayor, name, id, **data, **asked)

    def day(self) -> str:
        return (FIRST + timedelta(days=self.draw.randint(0, 60))).isoformat()

    def planned_day(self) -> str:
        there = standing(self.desk).between(FIRST, LAST)
        return self.draw.choice(there).date.isoformat() if there else self.day()

    def hours(self) -> dict[str, str]:
        begin = self.draw.randint(13, 17)
        half = self.draw.choice(["00", "30"])
        return {"from": f"{begin}:{half}", "to": f"{begin + 1}:{half}"}

    def some(self) -> str:
        keys = [one.key for one in standing(self.desk).between(FIRST, LAST) if one.kind != "hours"]
        rows = [row.id for row in self.desk.rows(HourSession)]
        return self.draw.choice(sorted(keys) + sorted(rows))

    def add(self) -> None:
        kind = self.draw.choice(["whatsapp", "whatsapp", "in_person"])
        self.ask("session.add", line=LINE, date=self.day(), kind=kind, **self.hours())

    def move(self) -> None:
        self.ask("session.move", session=self.some(), date=self.day(), **self.hours())

    def cancel(self) -> None:
        more = {"date": self.day(), **self.hours()} if self.draw.random() < 0.4 else {}
        self.ask("session.cancel", session=self.some(), reason="Krank", **more)

    def restore(self) -> None:
        self.desk.ask(self.desk.mayor, "session.restore", session=self.some(), confirm=True)

    def keep(self) -> None:
        for one in conflicts(self.desk):
            if one.keep and self.draw.random() < 0.5:
                self.ask(one.keep[0], **one.keep[1])

    def confirm(self) -> None:
        found = [one for one in standing(self.desk).between(FIRST, LAST) if one.needs_decision]
        if found:
            self.ask("session.confirm", line=LINE, date=self.draw.choice(found).date.isoformat())

    def series(self) -> None:
        every = self.draw.choice(["tuesday", "first wednesday", "Donnerstag", "first thursday"])
        self.ask("series.add", line=LINE, every=every, **self.hours())

    def end(self) -> None:
        for row in self.desk.rows(PlanEntry):
            if row.kind == "series":
                until = self.draw.choice(["", self.day()])
                self.ask("series.end", series=row.id, until=until)
                return

    def close_a_day(self) -> None:
        self.desk.ask(self.desk.mayor, "exception.add", line=LINE, date=self.planned_day(), confirm=True)

    def open_a_day(self) -> None:
        rows = [row.id for row in self.desk.rows(PlanEntry) if row.kind == "exception"]
        if rows and self.draw.random() < 0.5:
            self.ask("exception.remove", exception=self.draw.choice(sorted(rows)))
            return
        data = {"line": LINE, "date": self.planned_day(), **self.hours()}
        self.desk.ask(self.desk.mayor, "exception.add", **data, confirm=True)

    def file(self) -> None:
        rules = [session("first thursday", f"{self.draw.choice([14, 15, 16])}:00-17:00")]
        if self.draw.random() < 0.5:
            rules.append(session(self.day(), "13:00-14:30"))
        edit(self.desk, self.folder, "".join(rules))

    def time(self) -> None:
        self.desk.clock.forward(hours=self.draw.choice([1, 7, 30]))
        self.desk.tick()
        self.desk.write(budget.tell, self.desk.schedule, now=self.desk.clock())

    def open_now(self) -> None:
        self.ask("session.open_now", line=LINE, minutes=30)

    def extend(self) -> None:
        for row in self.desk.rows(HourSession):
            if row.state == "open":
                self.ask("session.extend", session=row.id, minutes=10)


def laws(desk: Desk, before: dict[str, int]) -> dict[str, int]:
    """Hold after every step. Returns the versions as they are now."""
    for kind in ("whatsapp", "in_person"):
        there = standing(desk).between(FIRST, LAST, kinds=(kind,))
        decided = [one for one in there if not one.needs_decision and NOW not in one.key]
        clashes = [(a.key, b.key) for a, b in pairwise(decided) if b.opens < a.closes]
        assert clashes == []
        assert len({one.key for one in there}) == len(there)
    rows = [row for row in desk.rows(HourSession) if row.kind == "whatsapp"]
    to_come = sorted((row for row in rows if row.state == "announced"), key=lambda row: (row.opens, row.id))
    held = [row.number for row in rows if row.opened_at is not None or row.state == "lobby"]
    expected = list(range(max(held, default=0) + 1, max(held, default=0) + len(to_come) + 1))
    assert [row.number for row in to_come] == expected
    assert sorted(held) == list(range(1, len(held) + 1))
    for row in to_come:
        found = standing(desk).occurrence(LINE, str(row.occurrence))
        assert found is not None, "what is announced is in the plan"
        assert (found.opens.timestamp() * 1000, found.closes.timestamp() * 1000) == (row.opens, row.closes)
    now = {row.id: row.revision for row in desk.rows(HourSession)}
    assert all(now[id] >= revision for id, revision in before.items())
    return now


@pytest.mark.proves("P18", "AC-36")
@pytest.mark.parametrize("seed", range(6))
def test_any_sequence_of_planning_keeps_the_laws(
    new_desk: Callable[..., Desk], seed: int, tmp_path: Path
) -> None:
    desk = new_desk("approval = false", Clock(MONDAY))
    planning = Planning(desk, seed, tmp_path)
    watchers = [Watcher(desk, one) for one in (desk.mayor, desk.agent("Technik", "admin"))]
    versions: dict[str, int] = {}
    happened: list[str] = []
    for _ in range(45):
        happened.append(planning.act())
        try:
            versions = laws(desk, versions)
        except AssertionError as broken:
            raise AssertionError(" > ".join(happened[-6:])) from broken
        for watcher in watchers:
            watcher.check(" > ".join(happened[-3:]))


def test_two_who_plan_at_once_do_not_plan_the_same_hour(
    new_desk: Callable[..., Desk], database_url: str, tmp_path: Path
) -> None:
    """On PostgreSQL they may be in two processes; on SQLite their commands stand in one queue."""
    one = new_desk("", Clock(MONDAY))
    processes = [one] if one.database.sqlite else [one, Desk(database_url, tmp_path, "", Clock(MONDAY))]
    asked: list[Future[dict[str, Any]]] = []
    for minute in range(8):
        desk = processes[minute % len(processes)]
        data = {"line": LINE, "date": "2026-12-10", "from": f"15:0{minute}", "to": "16:00"}
        asked.append(
            desk.database.submit(
                commands.run,
                one.mayor,
                one.schedule,
                id=str(uuid4()),
                name="session.add",
                data=data,
                now=MONDAY,
            )
        )
    results = [future.result(60) for future in asked]
    assert sorted(result["ok"] for result in results) == [False] * 7 + [True]
    assert {result["error"]["code"] for result in results if not result["ok"]} == {"overlap"}
    assert len([found for found in dates(one) if found.startswith("2026-12-10")]) == 1
    for desk in processes[1:]:
        desk.close()


def test_two_who_change_one_hour_at_once_hear_of_each_other(
    new_desk: Callable[..., Desk], database_url: str, tmp_path: Path
) -> None:
    one = new_desk("", Clock(MONDAY))
    made = done(one, "session.add", line=LINE, date="2026-12-10", from_="15:00", to="16:00")["session"]
    processes = [one] if one.database.sqlite else [one, Desk(database_url, tmp_path, "", Clock(MONDAY))]
    asked = []
    for day in (11, 12, 13, 14):
        data = {
            "session": made["id"],
            "date": f"2026-12-{day}",
            "from": "15:00",
            "to": "16:00",
            "revision": 0,
        }
        asked.append(
            processes[day % len(processes)].database.submit(
                commands.run,
                one.mayor,
                one.schedule,
                id=str(uuid4()),
                name="session.move",
                data=data,
                now=MONDAY,
            )
        )
    results = [future.result(60) for future in asked]
    assert sorted(result["ok"] for result in results) == [False] * 3 + [True]
    assert {result["error"]["code"] for result in results if not result["ok"]} == {"stale"}
    for desk in processes[1:]:
        desk.close()
    assert plan(one, "session.move", session=made["id"], date="2026-12-15", from_="15:00", to="16:00")["ok"]
