"""One schedule to every reader: the reply, the console, the public page and `next` name the same date (P4, AC-8)."""

from __future__ import annotations

import asyncio
import tempfile
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from sessionhours.core import words
from sessionhours.core.gate import window_for
from sessionhours.core.instants import iso, ms
from sessionhours.core.schedule import Schedule
from sessionhours.core.schedule_rules import SessionRule
from sessionhours.schedulefile_view import next_rows
from tests.core.plans import BERLIN, plan
from tests.core.test_schedule_properties import session_rules
from tests.desk.office import Desk
from tests.makers import Clock
from tests.server.public import get, town, words_of

MOMENTS = st.datetimes(datetime(2026, 10, 20), datetime(2027, 10, 31), timezones=st.just(UTC))


@pytest.mark.proves("P4", "AC-8", "AC-1")
@settings(max_examples=40, suppress_health_check=[HealthCheck.filter_too_much])
@given(st.lists(session_rules(), min_size=1, max_size=3), MOMENTS)
def test_four_readers_of_any_schedule_name_the_same_date(rules: list[SessionRule], now: datetime) -> None:
    schedule = plan(*rules)
    assume(window_for(schedule, schedule.lines[0], now) is None)
    following = schedule.next_after(now, line="buergermeister")
    named = words.following(following, now, BERLIN, "de") if following else None
    with tempfile.TemporaryDirectory() as folder:
        told, shown = at_the_desk(schedule, Path(folder), now)
    assert (named or "Zurzeit ist kein Termin geplant") in told
    assert shown == (iso(ms(following.opens)) if following else None)
    assert listed(schedule, now) == (following.opens if following else None)
    assert (named or "Zurzeit ist kein Termin geplant") in page(schedule, now)


def at_the_desk(schedule: Schedule, folder: Path, now: datetime) -> tuple[str, str | None]:
    """What somebody is told who writes now, and when the console says that the next session opens."""
    desk = Desk(f"sqlite:///{folder / 'sessionhours.db'}", folder, "", Clock(now))
    try:
        desk.schedule = schedule
        desk.tick()
        desk.says(1, "Wann ist wieder Sprechstunde?")
        (reply,) = desk.waiting()
        coming = desk.snapshot()["next_session"]
        return reply.text, coming["opens"] if coming else None
    finally:
        desk.close()


def listed(schedule: Schedule, now: datetime) -> datetime | None:
    """The first of what `sessionhours next` lists that takes messages in and waits for nobody's decision."""
    rows = next_rows(schedule, None, now, 1000)
    opens = [
        datetime.fromisoformat(row["opens"])
        for row in rows
        if row["kind"] == "whatsapp" and row["needs_decision"] is None
    ]
    return next((at for at in opens if at > now), None)


def page(schedule: Schedule, now: datetime) -> str:
    """What the public page says."""

    async def read(folder: str) -> str:
        async with town(f"sqlite:///{folder}/sessionhours.db", schedule, now=now) as house:
            return words_of(await get(house))

    with tempfile.TemporaryDirectory() as folder:
        return asyncio.run(read(folder))
