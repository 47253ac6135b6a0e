"""Answering: what is refused and why, once whatever happens, never past a colleague unseen (AC-23, AC-37, AC-42)."""

from __future__ import annotations

import threading
import uuid
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from sessionhours.desk import commands
from sessionhours.store.tables import Message, Note, Outbox
from tests.desk.office import Desk
from tests.makers import OPENS


@pytest.fixture
def desk(new_desk: Callable[..., Desk]) -> Desk:
    made = new_desk("approval = false")
    made.says(1, "Frage")
    return made


def seq(desk: Desk) -> int:
    return int(desk.snapshot()["seq"])


def answer(desk: Desk, author: Any, text: str = "Antwort", **more: Any) -> dict[str, Any]:
    data = {"conversation": desk.conversation()["id"], "text": text, "seen": seq(desk), **more}
    return desk.ask(author, "reply", **data)


@pytest.mark.proves("AC-37", "P10")
def test_a_colleagues_answer_that_was_not_seen_stops_mine_and_is_shown(desk: Desk) -> None:
    before = seq(desk)
    assert answer(desk, desk.assistant, "von Maria", seen=before)["ok"]
    refused = answer(desk, desk.mayor, "von mir", seen=before, take_over=True)
    assert (refused["status"], refused["error"]["code"]) == (409, "stale")
    assert [one["text"] for one in refused["error"]["missed"]] == ["von Maria"]
    assert "Maria Brandt" in refused["error"]["message"]
    again = answer(desk, desk.mayor, "doch", seen=refused["error"]["seq"], take_over=True)
    assert again["ok"], again
    assert [one["text"] for one in desk.only()] == ["Frage", "von Maria", "doch"]


@pytest.mark.proves("AC-37", "AC-13")
def test_only_another_persons_message_makes_stale(new_desk: Callable[..., Desk]) -> None:
    desk = new_desk('approval = false\nreceipt = "first"')
    before = seq(desk)
    desk.says(1, "Frage")
    desk.says(1, "und noch eine")
    desk.ask(desk.assistant, "note", conversation=desk.conversation()["id"], text="Notiz")
    assert answer(desk, desk.mayor, "eins", seen=before)["ok"]
    assert answer(desk, desk.mayor, "zwei", seen=before)["ok"], "one's own message is no surprise"


@pytest.mark.proves("AC-37", "F74")
def test_two_who_answer_at_the_same_moment_never_both_get_through(desk: Desk) -> None:
    talk = desk.conversation()["id"]
    for round in range(200):
        seen, start, results = seq(desk), threading.Barrier(2), dict[str, Any]()
        if round:
            desk.ask(desk.mayor, "release", conversation=talk)

        def speak(
            author: Any, seen: int = seen, start: threading.Barrier = start, results: dict[str, Any] = results
        ) -> None:
            start.wait()
            data = {"conversation": talk, "text": author.name, "seen": seen, "take_over": True}
            results[author.name] = desk.write(
                commands.run,
                author,
                desk.schedule,
                id=str(uuid.uuid4()),
                name="reply",
                data=data,
                now=desk.clock(),
            )

        threads = [threading.Thread(target=speak, args=(author,)) for author in (desk.mayor, desk.assistant)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert sorted(one["ok"] for one in results.values()) == [False, True]
        (loser,) = [one for one in results.values() if not one["ok"]]
        assert loser["error"]["code"] == "stale"
        assert len(loser["error"]["missed"]) == 1
    assert len([row for row in desk.rows(Message) if row.direction == "outbound"]) == 200


@pytest.mark.proves("AC-40", "P10")
def test_into_anothers_fresh_claim_only_knowingly(desk: Desk) -> None:
    desk.ask(desk.assistant, "claim", conversation=desk.conversation()["id"])
    refused = answer(desk, desk.mayor)
    assert (refused["status"], refused["error"]["code"]) == (409, "claimed")
    assert refused["error"]["assignee"] == desk.assistant.id
    assert answer(desk, desk.mayor, take_over=True)["ok"]
    assert desk.conversation()["assignee"] == desk.mayor.id


@pytest.mark.proves("AC-40")
@pytest.mark.parametrize(("seconds", "code"), [(119, "claimed"), (120, None)])
def test_a_claim_grows_old(desk: Desk, seconds: int, code: str | None) -> None:
    desk.ask(desk.assistant, "claim", conversation=desk.conversation()["id"])
    desk.clock.forward(seconds=seconds)
    assert answer(desk, desk.mayor).get("error", {}).get("code") == code


@pytest.mark.proves("AC-23", "F48", "F49", "F68")
def test_the_same_id_is_one_message_and_the_same_result(desk: Desk) -> None:
    id = str(uuid.uuid4())
    data = {"conversation": desk.conversation()["id"], "text": "einmal", "seen": seq(desk)}
    first = desk.ask(desk.mayor, "reply", id, **data)
    desk.send()
    assert [desk.ask(desk.mayor, "reply", id, **data) for _ in range(3)] == [first] * 3
    assert [one["text"] for one in desk.only()] == ["Frage", "einmal"]
    assert desk.waiting() == []
    reused = desk.ask(desk.mayor, "reply", id, **{**data, "text": "etwas anderes"})
    assert (reused["status"], reused["error"]["code"]) == (409, "id_reused")
    assert (
        desk.ask(desk.mayor, "note", id, conversation=data["conversation"], text="x")["error"]["code"]
        == "id_reused"
    )


@pytest.mark.proves("AC-23")
def test_a_refusal_stays_one_whatever_changes(desk: Desk) -> None:
    id, talk = str(uuid.uuid4()), desk.conversation()["id"]
    desk.ask(desk.assistant, "claim", conversation=talk)
    data = {"conversation": talk, "text": "einmal", "seen": seq(desk)}
    refused = desk.ask(desk.mayor, "reply", id, **data)
    desk.ask(desk.assistant, "release", conversation=talk)
    assert desk.ask(desk.mayor, "reply", id, **data) == refused
    assert desk.waiting() == []


@pytest.mark.proves("AC-17", "P15")
@pytest.mark.parametrize(
    ("after", "ok"),
    [
        (timedelta(hours=23, minutes=59), True),
        (timedelta(hours=23, minutes=59, seconds=30), False),
        (timedelta(hours=24, seconds=1), False),
    ],
)
def test_after_the_service_window_only_a_template(desk: Desk, after: timedelta, ok: bool) -> None:
    desk.clock.now = OPENS + after
    result = answer(desk, desk.mayor)
    assert result["ok"] is ok
    if not ok:
        assert (result["status"], result["error"]["code"]) == (409, "window_closed")
        assert desk.waiting() == []


@pytest.mark.parametrize(
    ("text", "code"),
    [("x" * 4096, None), ("ü" * 4096, None), ("x" * 4097, "too_long"), ("", "empty"), (" \n\t", "empty")],
)
def test_a_text_has_bounds(desk: Desk, text: str, code: str | None) -> None:
    assert answer(desk, desk.mayor, text).get("error", {}).get("code") == code


@pytest.mark.parametrize("reply_to", ["0" * 32, "elsewhere"])
def test_only_what_was_said_here_is_quoted(desk: Desk, reply_to: str) -> None:
    if reply_to == "elsewhere":
        desk.says(2, "woanders")
        reply_to = next(row.id for row in desk.rows(Message) if row.text == "woanders")
    talk = next(
        one["id"] for one in desk.snapshot()["conversations"] if one["last_message"]["text"] == "Frage"
    )
    refused = desk.ask(desk.mayor, "reply", conversation=talk, text="Ja", seen=seq(desk), reply_to=reply_to)
    assert (refused["status"], refused["error"]["code"]) == (404, "not_found")


@pytest.mark.proves("AC-42", "P11")
def test_no_way_leads_from_a_note_to_the_citizen(desk: Desk) -> None:
    talk = desk.conversation()["id"]
    note = desk.ask(desk.assistant, "note", conversation=talk, text="nur für uns")["data"]["note"]
    for name, data in (
        ("retry", {"message": note["id"]}),
        ("confirm_delivered", {"message": note["id"]}),
        ("react", {"message": note["id"], "emoji": "👍"}),
        ("reply", {"conversation": talk, "text": "Ja", "seen": seq(desk), "reply_to": note["id"]}),
    ):
        assert desk.ask(desk.mayor, name, **data)["error"]["code"] == "not_found"
    desk.clock.forward(hours=1)
    desk.tick()
    assert desk.send() == []
    assert desk.rows(Outbox) == []
    assert [row.text for row in desk.rows(Message)] == ["Frage"]
    assert not {column.name for column in Note.__table__.columns} & {"wamid", "status", "attempt"}  # type: ignore[attr-defined]


def test_a_reaction_goes_to_the_citizens_message_and_can_be_taken_back(desk: Desk) -> None:
    (asked,) = desk.only()
    for emoji in ("👍", ""):
        assert desk.ask(desk.mayor, "react", message=asked["id"], emoji=emoji)["ok"]
    first, second = (desk.send()[0] for _ in range(2))
    assert [(one.kind, one.emoji, one.target is not None) for one in (first, second)] == [
        ("reaction", "👍", True),
        ("reaction", "", True),
    ]
    assert desk.conversation()["lane"] == "waiting", "a reaction is no answer"


@pytest.mark.parametrize("emoji", ["❤️", "1️⃣", "🇩🇪", "👍🏽", "👩‍👩‍👧‍👦", "🏴󠁧󠁢󠁥󠁮󠁧󠁿", "‼️", "©️"])
def test_a_reaction_is_any_emoji(desk: Desk, emoji: str) -> None:
    [asked] = desk.only()
    assert desk.ask(desk.mayor, "react", message=asked["id"], emoji=emoji)["ok"]


@pytest.mark.parametrize("emoji", ["hello", "1", "👍 ja", " ", "!", "\n", "ä", "👍" * 17])
def test_a_reaction_is_no_word(desk: Desk, emoji: str) -> None:
    [asked] = desk.only()
    refused = desk.ask(desk.mayor, "react", message=asked["id"], emoji=emoji)
    assert (refused["status"], refused["error"]["code"]) == (400, "bad_data")
    assert desk.send() == []


def test_next_takes_the_longest_wait_and_never_twice(new_desk: Callable[..., Desk]) -> None:
    desk = new_desk()
    for number in range(1, 4):
        desk.clock.forward(minutes=1)
        desk.says(number, f"Frage {number}")
    taken = [
        desk.ask(who, "next")["data"]["conversation"]["last_message"]["text"]
        for who in (desk.mayor, desk.assistant, desk.mayor)
    ]
    assert taken == ["Frage 1", "Frage 2", "Frage 3"]
    assert desk.ask(desk.mayor, "next")["data"] == {"conversation": None}


@pytest.mark.proves("P20")
def test_who_was_helped_already_does_not_go_before_who_was_not(new_desk: Callable[..., Desk]) -> None:
    desk = new_desk()
    desk.says(1, "erste Frage")
    desk.ask(desk.mayor, "reply", conversation=desk.conversation()["id"], text="Ja", seen=10**6)
    desk.ask(desk.mayor, "release", conversation=desk.conversation()["id"])
    desk.clock.forward(minutes=1)
    desk.says(1, "zweite Frage")
    desk.clock.forward(minutes=1)
    desk.says(2, "noch nie dran")
    assert desk.ask(desk.mayor, "next")["data"]["conversation"]["last_message"]["text"] == "noch nie dran"
    desk.ask(desk.mayor, "reply", conversation=desk.conversation_of("noch nie dran"), text="Ja", seen=10**6)
    desk.clock.now = OPENS + timedelta(days=35)
    desk.tick()
    desk.ask(desk.mayor, "release", conversation=desk.conversation_of("Ja"))
    desk.says(2, "im Januar noch nicht dran")
    desk.clock.forward(minutes=1)
    desk.says(3, "neu im Januar")
    desk.ask(desk.mayor, "claim", conversation=desk.conversation_of("zweite Frage"))
    first = desk.ask(desk.mayor, "next")["data"]["conversation"]
    assert first["last_message"]["text"] == "im Januar noch nicht dran"
