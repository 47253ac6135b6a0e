"""Two servers on one PostgreSQL database answer and number once."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from sessionhours.desk import intake
from sessionhours.store.tables import Arrival
from tests.desk.office import Desk
from tests.makers import OPENS, Clock, body, message

MONDAY = OPENS - timedelta(days=3)


@pytest.mark.proves("AC-9", "AC-27", "P3")
def test_two_processes_on_one_database_answer_once(postgres_url: str, tmp_path: Path) -> None:
    desks = [Desk(postgres_url, tmp_path, "", Clock(MONDAY)) for _ in range(2)]
    for round in range(5):
        bodies = [body([message(10 + n, f"{round} {i}", at=MONDAY)]) for n in range(4) for i in range(2)]
        for desk in desks:
            for one in bodies:
                desk.database.submit(intake.log, [intake.Body(one, int(MONDAY.timestamp() * 1000))])
        futures = [
            desk.database.submit(intake.apply, desk.reader, now=MONDAY) for _ in range(4) for desk in desks
        ]
        for future in futures:
            future.result(30)
    for desk in desks:
        desk.apply()
    assert len(desks[0].waiting()) == 4
    assert len(desks[0].rows(Arrival)) == 40
    for desk in desks:
        desk.clock.now = OPENS
        desk.tick()
        desk.database.submit(intake.log, [intake.Body(body([message(50, "eins"), message(51, "eins")]), 0)])
        desk.database.submit(intake.log, [intake.Body(body([message(50, "zwei"), message(51, "zwei")]), 0)])
    for future in [desk.database.submit(intake.apply, desk.reader, now=OPENS) for desk in desks * 2]:
        future.result(30)
    for desk in desks:
        desk.apply()
    assert len(desks[0].snapshot()["conversations"]) == 2
    assert [one["number"] for one in desks[0].snapshot()["sessions"]] == [1]
    for desk in desks:
        desk.close()
