"""Two workers on one PostgreSQL take different rows and number events one after the other, without waiting for luck."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlmodel import Session

from sessionhours.desk import outbox
from sessionhours.desk.outbox import LEASE
from sessionhours.store.events import emit, events_after, flush_events
from sessionhours.store.tables import Outbox
from tests.desk.office import Desk
from tests.fakes import until
from tests.makers import OPENS


@pytest.fixture
def desk(postgres_url: str, tmp_path: Path) -> Iterator[Desk]:
    desk = Desk(postgres_url, tmp_path)
    yield desk
    desk.close()


@contextmanager
def worker(desk: Desk) -> Iterator[Session]:
    """Another process in the middle of its transaction; it never waits longer than a second for a lock."""
    with desk.database.writer.connect() as connection, Session(connection) as session:
        session.execute(text("set local lock_timeout = '1s'"))
        yield session


def replies(desk: Desk, number: int) -> None:
    """So many people wrote and were answered; nothing is sent yet."""
    for n in range(1, number + 1):
        desk.says(n)
    for row in desk.snapshot()["conversations"]:
        seen = desk.snapshot()["seq"]
        assert desk.ask(desk.mayor, "reply", conversation=row["id"], text="Gern", seen=seen)["ok"]


@pytest.mark.proves("F61")
def test_a_row_that_one_worker_is_claiming_is_not_even_waited_for_by_another(desk: Desk) -> None:
    replies(desk, outbox.CLAIM + 3)
    with worker(desk) as one, worker(desk) as other:
        mine, theirs = outbox.claim(one, now=desk.clock()), outbox.claim(other, now=desk.clock())
        assert (len(mine), len(theirs)) == (outbox.CLAIM, 3)
        assert {claim.id for claim in mine}.isdisjoint(claim.id for claim in theirs)
        one.commit()
        other.commit()
    assert desk.write(outbox.claim, now=desk.clock()) == []


@pytest.mark.proves("F61")
def test_a_worker_that_lost_its_lease_may_neither_send_nor_settle(desk: Desk) -> None:
    replies(desk, 1)
    [late] = desk.write(outbox.claim, now=desk.clock())
    desk.clock.forward(seconds=LEASE.total_seconds() + 1)
    desk.write(outbox.recover, now=desk.clock(), everything=False)
    [fresh] = desk.write(outbox.claim, now=desk.clock())
    assert not desk.write(outbox.begin, late, now=desk.clock())
    assert desk.write(outbox.begin, fresh, now=desk.clock())
    assert [row.state for row in desk.rows(Outbox)] == ["sending"]


def _waiting(session: Session) -> int:
    """How many locks somebody waits for in this database."""
    waits = "select count(*) from pg_stat_activity where wait_event_type = 'Lock' and datname = current_database()"
    return int(session.execute(text(waits)).scalar_one())


@pytest.mark.proves("F20")
async def test_a_number_taken_first_is_committed_first(desk: Desk) -> None:
    last = desk.snapshot()["seq"]
    with worker(desk) as slow, worker(desk) as fast, ThreadPoolExecutor() as threads:
        first = emit(slow, "kappelrodeck", "schedule.changed", {}, now=OPENS)
        flush_events(slow)

        def overtake() -> int:
            fast.execute(text("set local lock_timeout = 0"))
            seq = emit(fast, "kappelrodeck", "schedule.changed", {}, now=OPENS)
            flush_events(fast)
            fast.commit()
            return seq

        second = threads.submit(overtake)
        await until(lambda: desk.read(_waiting) == 1, 60, "the second waits for its number")
        assert desk.read(events_after, "kappelrodeck", last, 9) == []
        slow.commit()
        assert (first, second.result(5)) == (last + 1, last + 2)
    assert [event.seq for event in desk.read(events_after, "kappelrodeck", last, 9)] == [last + 1, last + 2]
