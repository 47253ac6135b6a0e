"""Of what was declined nothing is on any disk: no column of any table, no byte of the file (KA-6, surfaces §3)."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text
from sqlmodel import SQLModel

from sessionhours.store.tables import Arrival
from tests.desk.office import Desk
from tests.makers import OPENS, Clock, body, citizen, message

MONDAY = OPENS - timedelta(days=3)
SECRETS = (
    "Geheimnis-4711",
    "Annegret Vertraulich",
    "5000000000004711",
    citizen(1)["phone"],
    citizen(1)["user_id"],
    "wamid.geheim",
)


def confide(desk: Desk) -> None:
    """Somebody writes outside the hours, in several ways, and more than fits on one page."""
    named = [{"profile": {"name": SECRETS[1]}, "wa_id": SECRETS[3], "user_id": SECRETS[4]}]
    said = [
        message(1, SECRETS[0] * 500, wamid="wamid.geheim.1", at=MONDAY),
        message(
            1,
            wamid="wamid.geheim.2",
            at=MONDAY,
            type="image",
            image={"id": SECRETS[2], "mime_type": "image/jpeg", "caption": SECRETS[0]},
        ),
        message(
            1,
            wamid="wamid.geheim.3",
            at=MONDAY,
            type="reaction",
            reaction={"message_id": "wamid.geheim.1", "emoji": "👍"},
        ),
    ]
    desk.deliver(*(body([one], contacts=named) for one in said))
    desk.deliver(body(said, contacts=named))
    desk.send()


def everything(desk: Desk) -> str:
    """All rows of all tables as text."""

    def rows(session: Any) -> str:
        tables = SQLModel.metadata.sorted_tables
        return "\n".join(
            str([bytes(v) if isinstance(v, memoryview) else v for v in row])
            for table in tables
            for row in session.execute(table.select())
        )

    return str(desk.read(rows))


@pytest.mark.proves("KA-6", "N3")
@pytest.mark.parametrize("outside", ["decline", "silent"])
def test_no_column_of_any_table_holds_it(new_desk: Callable[..., Desk], outside: str) -> None:
    desk = new_desk(f'outside = "{outside}"', Clock(MONDAY))
    confide(desk)
    told = everything(desk)
    assert [secret for secret in SECRETS if secret in told] == []
    assert len(desk.rows(Arrival)) == 3, "that it came is remembered"
    assert {row.decision for row in desk.rows(Arrival)} <= {"outside", "away_told", "silent", "not_said"}


@pytest.mark.proves("KA-6", "N3")
@pytest.mark.parametrize("outside", ["decline", "silent"])
def test_no_byte_of_the_file_or_its_log_holds_it(sqlite_url: str, tmp_path: Path, outside: str) -> None:
    desk = Desk(sqlite_url, tmp_path, f'outside = "{outside}"', Clock(MONDAY))
    confide(desk)
    asyncio.run(desk.database.checkpoint())
    files = [path for path in tmp_path.iterdir() if path.name.startswith("sessionhours.db")]
    assert len(files) >= 2, "the file and its write-ahead log"
    raw = b"".join(path.read_bytes() for path in files)
    assert [secret for secret in SECRETS if secret.encode() in raw] == []
    desk.close()


@pytest.mark.proves("KA-6")
def test_an_open_reader_does_not_keep_it_for_ever(sqlite_url: str, tmp_path: Path) -> None:
    """A console that reads at this moment makes the checkpoint wait, not fail."""
    desk = Desk(sqlite_url, tmp_path, "", Clock(MONDAY))
    with desk.database.reader.connect() as reading:
        reading.execute(text("select count(*) from town"))
        confide(desk)
        asyncio.run(desk.database.checkpoint())
    asyncio.run(desk.database.checkpoint())
    raw = b"".join(path.read_bytes() for path in tmp_path.glob("sessionhours.db*"))
    assert SECRETS[0].encode() not in raw
    desk.close()


def test_somebody_known_leaves_an_empty_entry(new_desk: Callable[..., Desk]) -> None:
    desk = new_desk()
    desk.deliver(body([message(1, "im Termin", wamid="wamid.drin")]))
    talk = desk.conversation()["id"]
    desk.ask(desk.mayor, "resolve", conversation=talk, outcome="answered")
    desk.clock.forward(days=1)
    desk.tick()
    desk.says(1, SECRETS[0], wamid="wamid.geheim")
    desk.send()
    entry = next(one for one in desk.messages(talk) if one["kind"] == "declined")
    assert (entry["text"], entry["detail"], entry["media"]) == ("", None, None)
    told = everything(desk)
    assert SECRETS[0] not in told
    assert "wamid.geheim" not in told
    assert desk.snapshot()["conversations"][0]["lane"] == "done", "nobody waits because of it"
