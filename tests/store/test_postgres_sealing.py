"""PostgreSQL keeps what was deleted: so raw bodies are sealed, and the key is destroyed when they are settled."""

from __future__ import annotations

import dataclasses
import uuid
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from sessionhours.core.instants import ms
from sessionhours.desk import intake
from sessionhours.desk.loops import Shredder
from sessionhours.store.sealing import Sealed, Seals
from sessionhours.store.tables import Intake, Quarantine
from tests.desk.office import Desk
from tests.makers import CLOSES, Clock, body, citizen, message
from tests.postgres import traces

KEPT = "Wann wird die Halle saniert"
NAMELESS = {"type": "text", "timestamp": "1796306400", "text": {"body": "ohne Kennung"}}


def secret() -> str:
    """Words that nobody has said in this cluster yet."""
    return f"unter uns {uuid.uuid4()}"


class Sealing:
    """A desk on PostgreSQL with the keys of one folder."""

    def __init__(self, desk: Desk, folder: Path) -> None:
        self.desk, self.seals = desk, Seals(folder)
        self.reader = desk.reader = dataclasses.replace(desk.reader, seals=self.seals)
        self.shredder = Shredder(desk.database, self.seals)

    async def keep(self, *messages: dict[str, Any]) -> None:
        """Messages go into the log, as long bodies do."""
        raw = intake.Body(body(messages), ms(self.desk.clock()))
        await self.desk.database.write(intake.log, [raw], self.seals)

    async def take(self, *messages: dict[str, Any]) -> None:
        """Messages are applied as they come."""
        raw = intake.Body(body(messages), ms(self.desk.clock()))
        await self.desk.database.write(intake.take, self.reader, [raw], now=self.desk.clock())

    async def apply(self) -> int:
        """How many bodies were settled."""
        before = self.waiting()
        await self.desk.database.write(intake.apply, self.reader, now=self.desk.clock())
        return before - self.waiting()

    def waiting(self) -> int:
        return [row.state for row in self.desk.rows(Intake)].count("new")


@pytest.fixture
def new_sealing(postgres_url: str, tmp_path: Path) -> Iterator[Callable[..., Sealing]]:
    made: list[Sealing] = []

    def make(policy: str = "", keys: str = "keys") -> Sealing:
        made.append(Sealing(Desk(postgres_url, tmp_path, policy, Clock()), tmp_path / keys))
        return made[-1]

    yield make
    for one in made:
        one.seals.close()
        one.desk.close()


@pytest.fixture
def sealing(new_sealing: Callable[..., Sealing]) -> Sealing:
    return new_sealing()


# Citizens of whom no other test in this cluster tells: their names are looked for in its bytes.
@pytest.mark.parametrize(
    ("outside", "way", "number"),
    [("decline", "log", 97), ("silent", "log", 98), ("decline", "take", 95), ("silent", "take", 96)],
)
async def test_no_byte_of_a_declined_message_stays_in_the_cluster(
    new_sealing: Callable[..., Sealing], postgres_url: str, outside: str, way: str, number: int
) -> None:
    sealing = new_sealing(f'outside = "{outside}"')
    come_in = sealing.take if way == "take" else sealing.keep
    await come_in(message(1, KEPT))
    await sealing.apply()
    later = sealing.desk.clock.now = CLOSES + timedelta(hours=1)
    words, wamid = secret(), f"wamid.{uuid.uuid4()}"
    await come_in(message(number, words, at=later, wamid=wamid))
    assert await sealing.apply() == (way == "log")
    assert len(sealing.desk.send()) == (outside == "decline")
    assert traces(postgres_url, KEPT) == {"base", "pg_wal"}
    for word in (words, wamid, *citizen(number).values()):
        assert traces(postgres_url, word) == set()


async def test_an_unsealed_body_would_be_found(sealing: Sealing, postgres_url: str) -> None:
    sealing.desk.clock.now = CLOSES + timedelta(hours=1)
    words = secret()
    sealing.desk.deliver(body([message(2, words, at=sealing.desk.clock())]), apply=False)
    assert "pg_wal" in traces(postgres_url, words)


async def test_the_key_is_destroyed_once_its_rows_are_settled(sealing: Sealing) -> None:
    await sealing.keep(message(1, KEPT))
    [name] = sealing.seals.names()
    file = sealing.seals.folder / name
    assert (file.stat().st_mode & 0o777, sealing.seals.folder.stat().st_mode & 0o777) == (0o600, 0o700)
    await sealing.shredder.look()
    assert sealing.seals.names() == {name}, "its body is not applied yet"
    with file.open("rb") as held:
        await sealing.apply()
        await sealing.shredder.look()
        assert sealing.seals.names() == set()
        assert held.read() == bytes(32)
    [row] = sealing.desk.rows(Intake)
    assert (row.state, row.body, row.key) == ("done", b"", None)


async def test_a_key_lasts_a_minute(sealing: Sealing) -> None:
    for seconds in (0, 30, 29, 2):
        sealing.desk.clock.forward(seconds=seconds)
        await sealing.keep(message(1, f"nach {seconds}", at=sealing.desk.clock()))
    assert len(sealing.seals.names()) == 2
    assert [row.key for row in sealing.desk.rows(Intake)][:3] == [sealing.desk.rows(Intake)[0].key] * 3
    assert await sealing.apply() == 4
    await sealing.shredder.look()
    assert sealing.seals.names() == set()


async def test_a_process_reads_what_its_forerunner_sealed(sealing: Sealing) -> None:
    await sealing.keep(message(1, KEPT))
    sealing.seals.close()
    after = Sealing(sealing.desk, sealing.seals.folder)
    await after.shredder.look()
    assert await after.apply() == 1
    assert sealing.desk.only()[0]["text"] == KEPT
    await after.shredder.look()
    assert after.seals.names() == set()


async def test_a_body_whose_key_is_gone_is_kept_apart_and_told(sealing: Sealing) -> None:
    admin = sealing.desk.agent("Ina Weber", "admin")
    await sealing.keep(message(1, "verloren"))
    [name] = sealing.seals.names()
    (sealing.seals.folder / name).unlink()
    sealing.desk.clock.forward(minutes=1)
    await sealing.keep(message(2, KEPT))
    assert await sealing.apply() == 2
    assert await sealing.apply() == 0
    assert sealing.desk.only()[0]["text"] == KEPT
    [kept] = sealing.desk.rows(Quarantine)
    assert kept.why == f"the key {name} is gone; nobody can read this body any more"
    assert [one["code"] for one in sealing.desk.snapshot(admin)["notices"]] == ["quarantined"]


async def test_what_is_kept_apart_stays_sealed_until_it_is_read_in_again(
    sealing: Sealing, postgres_url: str
) -> None:
    words = secret()
    await sealing.keep(message(1, KEPT), {**NAMELESS, "text": {"body": words}})
    await sealing.apply()
    await sealing.shredder.look()
    [kept], names = sealing.desk.rows(Quarantine), sealing.seals.names()
    assert names == {kept.key}
    assert traces(postgres_url, words) == set()
    sealing.desk.write(intake.replay, "kappelrodeck", kept.id)
    assert await sealing.apply() == 1
    [again] = [row for row in sealing.desk.rows(Quarantine) if row.state == "kept"]
    assert (again.key, again.item) == (kept.key, kept.item)
    sealing.desk.write(lambda session: session.delete(session.get(Quarantine, again.id)))
    await sealing.shredder.look()
    assert sealing.seals.names() == set()
    assert traces(postgres_url, words) == set()


async def test_nobody_destroys_what_another_is_about_to_seal_with(sealing: Sealing) -> None:
    other = Sealing(sealing.desk, sealing.seals.folder)
    name, sealed = sealing.seals.seal(b"not yet committed", ms(sealing.desk.clock()))
    await other.shredder.look()
    assert other.seals.open(name, sealed) == b"not yet committed"
    sealing.seals.close()
    await other.shredder.look()
    assert other.seals.names() == set()
    with pytest.raises(Sealed, match="is gone"):
        other.seals.open(name, sealed)


async def test_processes_that_share_a_folder_apply_each_others_bodies(sealing: Sealing) -> None:
    other = Sealing(sealing.desk, sealing.seals.folder)
    await sealing.keep(message(1, KEPT))
    assert await other.apply() == 1


async def test_processes_with_folders_of_their_own_leave_each_others_bodies(
    sealing: Sealing, tmp_path: Path
) -> None:
    other = Sealing(sealing.desk, tmp_path / "elsewhere")
    await sealing.keep(message(1, KEPT))
    await other.keep(message(2, "dort"))
    assert await other.apply() == 1
    await other.shredder.look()
    assert await other.apply() == 0
    assert len(sealing.seals.names()) == 1
    sealing.desk.clock.forward(days=1, seconds=1)
    assert await other.apply() == 1, "nobody came for it"
    [kept] = sealing.desk.rows(Quarantine)
    assert "another process's" in kept.why
    assert kept.key in sealing.seals.names()
    await sealing.shredder.look()
    sealing.desk.write(intake.replay, "kappelrodeck", kept.id)
    assert await sealing.apply() == 1
    assert sorted(
        talk["last_message"]["text"] for talk in sealing.desk.snapshot()["conversations"]
    ) == sorted([KEPT, "dort"])


async def test_a_body_moved_to_another_row_or_changed_is_refused(sealing: Sealing) -> None:
    name, sealed = sealing.seals.seal(b"body", ms(sealing.desk.clock()))
    sealing.desk.clock.forward(minutes=1)
    other, _ = sealing.seals.seal(b"body", ms(sealing.desk.clock()))
    altered = sealed[:-1] + bytes([sealed[-1] ^ 1])
    for key, changed in ((name, altered), (other, sealed), (name, b""), ("../secret_key", sealed)):
        with pytest.raises(Sealed):
            sealing.seals.open(key, changed)
