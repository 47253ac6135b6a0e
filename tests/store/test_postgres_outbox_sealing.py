"""PostgreSQL keeps what was deleted: so of somebody who is declined even the way back to them is sealed."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from sessionhours.core.delivery import SERVICE_WINDOW, Accepted, NotSent, Outcome, Outgoing, Rejected
from sessionhours.core.message import Failure
from sessionhours.desk import outbox
from sessionhours.desk.loops import Courier, Shredder
from sessionhours.store.sealing import Seals
from tests.desk.office import Desk
from tests.fakes import until
from tests.makers import CLOSES, Clock, citizen
from tests.postgres import traces

DECLINE = 'outside = "decline"'

# Citizens of whom no other test in this cluster tells: their ids are looked for in its bytes.
SENT, PLAIN, KNOWN = 91, 92, 93


class Meta:
    """What Meta was handed, and what it answers."""

    def __init__(self) -> None:
        self.answers: list[Outcome] = []
        self.heard: list[Outgoing] = []

    async def send(self, outgoing: Outgoing, *, tries: int) -> Outcome:
        self.heard.append(outgoing)
        return self.answers.pop(0) if self.answers else Accepted(f"wamid.out.{outgoing.attempt}")

    async def mark_read(self, phone_number_id: str, wamid: str, *, typing: bool) -> bool:
        return True


class Office:
    """A desk on PostgreSQL after the hour, with the keys of one folder and somebody who sends."""

    def __init__(self, url: str, folder: Path, keys: str, policy: str) -> None:
        self.desk = Desk(url, folder, policy, Clock(CLOSES + timedelta(hours=1)))
        self.seals = Seals(folder / keys)
        self.desk.reader = dataclasses.replace(self.desk.reader, seals=self.seals)
        self.meta = Meta()
        self.courier = Courier(self.desk.database, self.desk.reader, self.desk.clock, self.meta)
        self.shredder = Shredder(self.desk.database, self.seals)

    async def send(self, times: int) -> None:
        """Until Meta was handed so many."""
        while len(self.meta.heard) < times:
            await self.courier.step()
        await self.courier.close()

    async def keys(self) -> set[str]:
        """What is left of them once the shredder has looked."""
        await self.shredder.look()
        return self.seals.names()

    def close(self) -> None:
        self.seals.close()
        self.desk.close()


@pytest.fixture
def new_office(postgres_url: str, tmp_path: Path) -> Iterator[Callable[..., Office]]:
    made: list[Office] = []

    def make(keys: str = "keys", policy: str = DECLINE) -> Office:
        made.append(Office(postgres_url, tmp_path, keys, policy))
        return made[-1]

    yield make
    for one in made:
        one.close()


@pytest.fixture
def office(new_office: Callable[..., Office]) -> Office:
    return new_office()


@pytest.mark.proves("KA-6")
async def test_nobody_finds_in_the_cluster_whom_an_away_reply_went_to(
    office: Office, postgres_url: str
) -> None:
    who = citizen(SENT)
    office.desk.says(SENT, "Wann ist die Halle offen?")
    [key] = await office.keys()
    await office.send(1)
    [reply] = office.meta.heard
    assert (reply.user_id, reply.phone) == (who["user_id"], None)
    assert "7. Januar 2027" in reply.text
    await until(lambda: not office.desk.waiting(), what="it is settled")
    for id in (who["user_id"], who["phone"], who["name"]):
        assert traces(postgres_url, id) == set()
    assert await office.keys() == set(), f"nothing needs {key} any more"


async def test_ids_that_are_not_sealed_would_be_found(office: Office, postgres_url: str) -> None:
    office.desk.reader = dataclasses.replace(office.desk.reader, seals=None)
    office.desk.says(PLAIN)
    for id in (citizen(PLAIN)["user_id"], citizen(PLAIN)["phone"]):
        assert "pg_wal" in traces(postgres_url, id)


async def test_a_known_person_s_text_is_as_readable_as_the_person(new_office: Callable[..., Office]) -> None:
    office = new_office(policy='outside = "hold"')
    office.desk.says(KNOWN)
    [row] = office.desk.waiting()
    assert (row.user_id, row.key) == (citizen(KNOWN)["user_id"], None)


async def test_a_text_that_has_to_be_tried_again_keeps_its_key(office: Office) -> None:
    office.meta.answers = [NotSent("unreachable", timedelta(seconds=5))]
    office.desk.says(1)
    await office.send(1)
    [row] = office.desk.waiting()
    assert await office.keys() == {row.key}
    office.desk.clock.forward(seconds=5)
    await office.send(2)
    assert [reply.user_id for reply in office.meta.heard] == [citizen(1)["user_id"]] * 2
    assert await office.keys() == set()


async def test_another_process_with_the_same_folder_sends_it(
    office: Office, new_office: Callable[..., Office]
) -> None:
    office.desk.says(1)
    office.seals.close()
    heir = new_office()
    await heir.send(1)
    assert heir.meta.heard[0].user_id == citizen(1)["user_id"]


async def test_a_process_with_a_folder_of_its_own_leaves_it_until_it_can_help_nobody(
    office: Office, new_office: Callable[..., Office]
) -> None:
    office.desk.says(1)
    other = new_office("elsewhere")
    assert claims(other) == []
    assert other.desk.read(outbox.next_due, other.seals) is None
    other.desk.clock.forward(seconds=SERVICE_WINDOW.total_seconds())
    assert claims(other) == []
    assert office.desk.waiting() == [], "it is let go"


async def test_a_paused_line_is_tried_by_everybody_with_what_they_can_read(
    office: Office, new_office: Callable[..., Office]
) -> None:
    office.meta.answers = [Rejected(Failure(190), stop=True)]
    office.desk.says(1)
    await office.send(1)
    other = new_office("elsewhere")
    other.desk.says(2)
    other.desk.clock.forward(seconds=outbox.PAUSE.total_seconds())
    assert [claim.user_id for claim in claims(other)] == [citizen(2)["user_id"]]


async def test_a_text_whose_key_is_gone_is_let_go_and_holds_nobody_up(office: Office) -> None:
    office.desk.says(1)
    [row] = office.desk.waiting()
    (office.seals.folder / str(row.key)).unlink()
    office.desk.clock.forward(minutes=1)
    office.desk.says(2)
    assert [claim.user_id for claim in claims(office)] == [citizen(2)["user_id"]]
    assert [one.state for one in office.desk.waiting()] == ["claimed"]


def claims(office: Office) -> list[outbox.Claim]:
    """What this process would send now."""
    return list(office.desk.write(outbox.claim, now=office.desk.clock(), seals=office.seals))
