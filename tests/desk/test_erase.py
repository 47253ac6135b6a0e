"""LÖSCHEN removes what was kept of its writer on the line, and nothing of anybody else (N24)."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlmodel import SQLModel

from sessionhours.desk import loops, media, outbox
from sessionhours.desk.expiry import SWEEP, Sweep
from sessionhours.store.events import events_after
from sessionhours.store.tables import (
    Arrival,
    Contact,
    Conversation,
    Media,
    Message,
    Note,
    Offered,
    Outbox,
    Outcome,
)
from tests.desk import reducer
from tests.desk.office import KEYS, Desk
from tests.desk.test_declined import everything
from tests.desk.test_identity import only_phone, only_user_id
from tests.desk.test_law import Watcher
from tests.makers import OPENS, Clock, body, citizen, message, receipt

SECRET = "Geheimnis-4711"
WHO = (SECRET, citizen(1)["name"], citizen(1)["phone"], citizen(1)["user_id"], "Interna-17", "wamid.bild")
WORD = ["LÖSCHEN", "loeschen", "Delete"]


def texts(desk: Desk) -> list[str]:
    return [claim.text for claim in desk.send()]


def confide(desk: Desk) -> None:
    """Number 1 has everything that can be kept of somebody; number 2 has the same."""
    for number in (2, 1):
        picture: dict[str, Any] = {
            "type": "image",
            "image": {"id": f"bild.{number}", "mime_type": "image/jpeg"},
        }
        desk.says(number, f"{SECRET} {number}", wamid=f"wamid.first.{number}")
        desk.says(number, wamid=f"wamid.bild.{number}", **picture)
        talk = next(
            one["id"]
            for one in desk.snapshot()["conversations"]
            if one["contact"]["name"].endswith(str(number))
        )
        desk.ask(desk.assistant, "note", conversation=talk, text="Interna-17")
        desk.ask(desk.mayor, "claim", conversation=talk)
        desk.ask(desk.mayor, "reply", conversation=talk, text=f"Zu {SECRET}: ja", seen=10**6)
        (claim, *_) = desk.send()
        desk.deliver(body(statuses=[receipt(f"wamid.out.{claim.attempt}.0", "delivered")]))
        desk.ask(desk.mayor, "resolve", conversation=talk, outcome="promised", reason=SECRET, text=SECRET)


@pytest.mark.proves("N24")
@pytest.mark.parametrize("word", WORD)
def test_nothing_that_was_kept_of_them_is_left(new_desk: Callable[..., Desk], word: str) -> None:
    desk = new_desk('accept = ["image"]')
    confide(desk)
    watcher = Watcher(desk, desk.assistant)
    desk.clock.forward(minutes=1)
    desk.says(1, word)
    watcher.check("erased")
    (text,) = [one for one in texts(desk) if SECRET not in one]
    assert text.startswith("Was wir hier von Ihnen aufbewahrt hatten, ist gelöscht.")
    told = everything(desk)
    assert f"{SECRET} 1" not in told
    assert [
        word for word in (citizen(1)["name"], citizen(1)["phone"], citizen(1)["user_id"]) if word in told
    ] == []
    for table in (Contact, Conversation, Note, Outcome):
        assert len(desk.rows(table)) == 1, table
    assert {row.conversation for row in desk.rows(Message)} == {desk.conversation()["id"]}
    assert f"{SECRET} 2" in told, "nothing of anybody else"
    assert desk.snapshot()["session"]["counts"]["people"] == 1
    assert [row.decision for row in desk.rows(Arrival)].count("erased") == 1, "that it was asked for"


@pytest.mark.proves("N24")
def test_no_byte_of_it_is_on_the_disk_within_a_minute(sqlite_url: str, tmp_path: Path) -> None:
    desk = Desk(sqlite_url, tmp_path, 'accept = ["image"]', Clock(OPENS))
    desk.says(1, SECRET * 200, wamid="wamid.lang")
    desk.says(1, wamid="wamid.bild", type="image", image={"id": "b1", "mime_type": "image/jpeg"})
    desk.ask(desk.mayor, "reply", conversation=desk.conversation()["id"], text=f"Zu {SECRET}", seen=10**6)
    desk.ask(desk.mayor, "note", conversation=desk.conversation()["id"], text="Interna-17")
    folder = tmp_path / "media"
    [row] = desk.rows(Media)
    media._keep(media.path_of(folder, row.id), b"ein Bild")
    media._keep(media.path_of(folder, "f" * 32), b"eines, das keine Nachricht mehr hat")
    desk.write(media.here, row.id, "image/jpeg", 8, now=desk.clock())
    desk.send()
    sweep = Sweep(desk.database, folder)
    asyncio.run(sweep.look())
    assert [path.name for path in folder.iterdir()] == [row.id]
    desk.says(1, "LÖSCHEN")
    desk.send()
    asyncio.run(sweep.look())
    asyncio.run(desk.database.checkpoint())
    assert list(folder.iterdir()) == []
    raw = b"".join(path.read_bytes() for path in tmp_path.glob("sessionhours.db*"))
    assert [word for word in WHO if word.encode() in raw] == []
    assert SWEEP < 60 > loops.CHECKPOINT
    desk.close()


@pytest.mark.proves("N24")
def test_a_question_that_waits_unseen_goes_at_once(new_desk: Callable[..., Desk]) -> None:
    desk = new_desk('outside = "offer"', Clock(OPENS - timedelta(days=2)))
    desk.says(1, SECRET)
    desk.says(2, "bleibt")
    desk.says(1, "LÖSCHEN")
    assert len(desk.rows(Offered)) == 1
    assert [row.auto for row in desk.waiting()] == ["offer", "erased"], (
        "the text to them that had not left is gone"
    )
    desk.says(1, "1", wamid="wamid.later")
    assert desk.snapshot()["conversations"] == []


def test_of_whom_nothing_is_kept_hears_that(new_desk: Callable[..., Desk]) -> None:
    desk = new_desk("", Clock(OPENS - timedelta(days=2)))
    desk.says(1, "LÖSCHEN")
    assert texts(desk) == ["Wir haben hier nichts von Ihnen aufbewahrt."]
    assert desk.rows(Contact) == []


@pytest.mark.proves("N24")
@pytest.mark.parametrize("make", [message, only_phone, only_user_id])
def test_either_id_is_enough_once_both_are_known(desk: Desk, make: Callable[..., dict[str, Any]]) -> None:
    desk.says(1, "Frage")
    desk.says(2, "andere Frage")
    desk.deliver(body([make(1, "LÖSCHEN") | {"id": "wamid.l"}]))
    assert desk.conversation()["last_message"]["text"] == "andere Frage"


@pytest.mark.proves("N24")
def test_nobody_elses_number_reaches_what_is_kept_of_somebody(desk: Desk) -> None:
    desk.says(1, "Frage")
    thief = message(1, "LÖSCHEN") | {"from_user_id": "DE.somebody.else"}
    desk.deliver(body([thief]))
    assert desk.conversation()["last_message"]["text"] == "Frage"


def test_what_was_on_its_way_to_them_does_not_leave(desk: Desk) -> None:
    desk.says(1, "Frage")
    desk.ask(desk.mayor, "reply", conversation=desk.conversation()["id"], text=SECRET, seen=10**6)
    claims = desk.write(outbox.claim, now=desk.clock())
    assert len(claims) == 1
    desk.says(1, "LÖSCHEN")
    assert not desk.write(outbox.begin, claims[0], now=desk.clock())
    assert [row.auto for row in desk.rows(Outbox)] == ["erased"]
    assert desk.snapshot()["session"]["counts"] == {
        "people": 0,
        "waiting": 0,
        "answered": 0,
        "follow_up": 0,
        "done": 0,
    }


def test_what_meta_says_of_an_erased_message_changes_nothing(desk: Desk) -> None:
    desk.says(1, "Frage")
    desk.ask(desk.mayor, "reply", conversation=desk.conversation()["id"], text="Ja", seen=10**6)
    (claim,) = desk.send()
    desk.says(1, "LÖSCHEN")
    out = f"wamid.out.{claim.attempt}.0"
    desk.deliver(body(statuses=[receipt(out, "read", attempt=claim.attempt)]))
    assert desk.rows(Message) == []
    desk.says(1, "Neue Frage")
    assert [one["text"] for one in desk.only()] == ["Neue Frage"]


@pytest.mark.proves("F26")
def test_what_was_written_before_comes_late_and_stays_out(desk: Desk) -> None:
    desk.clock.forward(minutes=5)
    desk.says(1, "LÖSCHEN")
    desk.says(1, SECRET, at=desk.clock() - timedelta(minutes=1))
    assert desk.snapshot()["conversations"] == []
    assert SECRET not in everything(desk)
    desk.says(1, "danach", at=desk.clock() + timedelta(seconds=1))
    desk.says(1, SECRET, at=desk.clock() - timedelta(minutes=2), wamid="wamid.noch.eine")
    assert [one["text"] for one in desk.only()] == ["danach"]


@pytest.mark.proves("F26")
def test_what_was_written_after_the_wish_stays(desk: Desk) -> None:
    desk.says(1, SECRET)
    desk.clock.forward(minutes=5)
    desk.says(1, "neue Frage")
    watcher = Watcher(desk, desk.assistant)
    desk.says(1, "LÖSCHEN", at=desk.clock() - timedelta(minutes=2))
    watcher.check("erased up to then")
    assert [one["text"] for one in desk.only()] == ["neue Frage"]
    assert SECRET not in everything(desk)
    assert (desk.conversation()["lane"], desk.conversation()["unread"]) == ("waiting", 1)
    assert desk.conversation()["waiting_since"] == "2026-12-03T14:05:00.000Z"


def test_all_in_one_body(desk: Desk) -> None:
    desk.says(2, "eine andere")
    items = [
        message(1, SECRET),
        message(1, "LÖSCHEN", at=OPENS + timedelta(seconds=3)),
        message(2, "noch eine"),
    ]
    again = [
        message(1, "danach", at=OPENS + timedelta(seconds=9)),
        message(1, "LÖSCHEN", at=OPENS + timedelta(seconds=3)),
    ]
    desk.deliver(body([*items, *again]), body([*items, *again]))
    shown = {one["last_message"]["text"] for one in desk.snapshot()["conversations"]}
    assert shown == {"noch eine", "danach"}
    assert SECRET not in everything(desk)


def test_two_that_were_one_person_go_as_one(desk: Desk) -> None:
    desk.deliver(body([only_phone(1, f"{SECRET} per Nummer")]))
    desk.deliver(body([only_user_id(1, f"{SECRET} per Kennung")]))
    desk.says(1, "beide")
    desk.says(1, "LÖSCHEN", wamid="wamid.l")
    assert desk.snapshot()["conversations"] == []
    assert SECRET not in everything(desk)


def test_a_console_that_comes_back_finds_no_gap_and_no_word(desk: Desk) -> None:
    seq = desk.snapshot()["seq"]
    before = reducer.state(desk.snapshot())
    desk.says(1, SECRET)
    desk.says(2, "bleibt")
    desk.says(1, "LÖSCHEN")
    events = desk.read(events_after, "kappelrodeck", seq, 100)
    assert [one.seq for one in events] == list(range(seq + 1, seq + 1 + len(events)))
    assert not any(SECRET in one.data for one in events)
    state = before
    for one in events:
        state = reducer.apply(state, json.loads(one.frame))
    assert state == {**reducer.state(desk.snapshot()), "seq": state["seq"]}


def test_the_same_command_again_does_nothing_twice_and_tells_nothing(desk: Desk) -> None:
    desk.says(1, "Frage")
    talk, id = desk.conversation()["id"], "0f8fad5b-d9cb-469f-a165-70867728950e"
    desk.ask(desk.mayor, "reply", id, conversation=talk, text=SECRET, seen=10**6)
    desk.says(1, "LÖSCHEN")
    again = desk.ask(desk.mayor, "reply", id, conversation=talk, text=SECRET, seen=10**6)
    assert again == {"ok": True, "data": {}}
    assert desk.rows(Message) == []


def test_no_table_that_tells_of_a_conversation_is_forgotten() -> None:
    """A new one has to be thought of in desk/erase.py."""
    about = {"conversation", "contact", "message", "contact_key", "lane"}
    tables = {name for name, table in SQLModel.metadata.tables.items() if about & set(table.c.keys())}
    assert tables == {
        *(
            "arrival",
            "autotext",
            "conversation",
            "event",
            "media",
            "message",
            "note",
            "outbox",
            "outcome",
            "seen",
        ),
        *("notice",),
    }
    assert KEYS is not None
