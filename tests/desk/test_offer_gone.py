"""Of a question that nobody asked to keep nothing is on any disk, sixty seconds after its hour (N3, N24)."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from sessionhours.desk import loops
from sessionhours.desk.expiry import LOOK, Expiry
from sessionhours.store.sealing import SHELVES
from sessionhours.store.tables import Arrival, Offered
from tests.desk.office import Desk
from tests.desk.test_declined import MONDAY, SECRETS, confide, everything
from tests.makers import Clock, citizen, message
from tests.postgres import traces
from tests.store.test_postgres_sealing import Sealing

OFFER = 'outside = "offer"'


def expire(desk: Desk) -> None:
    asyncio.run(Expiry(desk.database, desk.reader, desk.clock).look())


@pytest.mark.proves("N24", "N3")
def test_no_column_of_any_table_holds_what_was_not_kept(new_desk: Callable[..., Desk]) -> None:
    desk = new_desk(OFFER, Clock(MONDAY))
    confide(desk)
    assert SECRETS[0] in everything(desk), "it waits for the hour that was promised"
    desk.clock.forward(minutes=60)
    expire(desk)
    told = everything(desk)
    assert [secret for secret in SECRETS if secret in told] == []
    assert len(desk.rows(Arrival)) == 3, "that it came is remembered"


@pytest.mark.proves("N24", "N3")
def test_no_byte_of_the_file_or_its_log_holds_it(sqlite_url: str, tmp_path: Path) -> None:
    desk = Desk(sqlite_url, tmp_path, OFFER, Clock(MONDAY))
    confide(desk)
    files = [path for path in tmp_path.iterdir() if path.name.startswith("sessionhours.db")]

    def left() -> list[str]:
        raw = b"".join(path.read_bytes() for path in files)
        return [secret for secret in SECRETS if secret.encode() in raw]

    assert left() != []
    desk.clock.forward(minutes=60)
    expire(desk)
    asyncio.run(desk.database.checkpoint())
    assert len(files) >= 2, "the file and its write-ahead log"
    assert left() == []
    desk.close()


@pytest.mark.proves("N24", "N3")
def test_the_ways_it_goes_add_up_to_less_than_a_minute() -> None:
    """What waits, its key or the log, each looked at by itself."""
    assert LOOK + max(loops.CHECKPOINT, loops.DESTROY + SHELVES["until"] / 1000) < 60


@pytest.fixture
def new_sealing(postgres_url: str, tmp_path: Path) -> Any:
    made: list[Sealing] = []

    def make(keys: str = "keys") -> Sealing:
        made.append(Sealing(Desk(postgres_url, tmp_path, OFFER, Clock(MONDAY)), tmp_path / keys))
        return made[-1]

    yield make
    for one in made:
        one.seals.close()
        one.desk.close()


@pytest.mark.proves("N24", "N3")
async def test_on_postgresql_it_lies_sealed_and_its_key_is_destroyed(
    new_sealing: Callable[..., Sealing], postgres_url: str
) -> None:
    sealing, words, wamid = new_sealing(), f"unter uns {uuid.uuid4()}", f"wamid.{uuid.uuid4()}"
    await sealing.take(message(94, words, at=MONDAY, wamid=wamid))
    [row] = sealing.desk.rows(Offered)
    await sealing.shredder.look()
    assert {row.key} <= sealing.seals.names(), "it is needed while the question waits"
    sealing.desk.clock.forward(minutes=60)
    await Expiry(sealing.desk.database, sealing.reader, sealing.desk.clock).look()
    await sealing.shredder.look()
    assert row.key not in sealing.seals.names()
    for word in (words, wamid, *citizen(94).values()):
        assert traces(postgres_url, word) == set(), word


@pytest.mark.proves("N24")
async def test_what_is_offered_keeps_no_other_key_alive(new_sealing: Callable[..., Sealing]) -> None:
    """A body of a declined message must not be readable for an hour because a question waits."""
    sealing = new_sealing()
    await sealing.keep(message(1, "Frage", at=MONDAY))
    [before] = sealing.seals.names()
    await sealing.apply()
    sealing.desk.send()
    await sealing.shredder.look()
    [row] = sealing.desk.rows(Offered)
    assert sealing.seals.names() == {row.key}
    assert row.key != before


@pytest.mark.proves("N24")
async def test_a_yes_at_a_process_that_cannot_open_it_is_carried_out_by_the_one_that_can(
    new_sealing: Callable[..., Sealing],
) -> None:
    first, second = new_sealing(), new_sealing("other")
    await first.take(message(1, "Frage", at=MONDAY))
    await second.take(message(1, "1", at=MONDAY + timedelta(seconds=9)))
    assert second.desk.snapshot()["conversations"] == []
    assert "vorgemerkt" in second.desk.waiting()[-1].text
    await Expiry(first.desk.database, first.reader, first.desk.clock).look()
    talk = second.desk.conversation()
    assert (talk["lane"], talk["kept"], talk["last_message"]["text"]) == ("held", True, "Frage")
    assert first.desk.rows(Offered) == []
