"""A commit of one process rings in another."""

from __future__ import annotations

import asyncio

from sqlmodel import Session

from sessionhours.store.database import Database
from sessionhours.store.doorbell import listen
from sessionhours.store.events import emit
from sessionhours.store.migrate import migrate
from tests.makers import OPENS


def something_happens(session: Session) -> int:
    return emit(session, "kappelrodeck", "schedule.changed", {"text": "x" * 20_000}, now=OPENS)


async def test_it_rings_at_a_commit_of_another_process_however_long_the_event_is(postgres_url: str) -> None:
    writer = Database(postgres_url)
    migrate(writer.writer)
    writer.start()
    rung = asyncio.Event()
    listening = asyncio.create_task(listen(postgres_url, rung.set))
    try:
        async with asyncio.timeout(60):
            while not rung.is_set():
                assert await writer.write(something_happens) > 0
                await asyncio.wait({listening, asyncio.create_task(rung.wait())}, timeout=0.2)
        assert not listening.done()
    finally:
        listening.cancel()
        await asyncio.gather(listening, return_exceptions=True)
        writer.close()
