"""Who a citizen is: by BSUID, by number, by both; a changed number keeps the person, a recycled one does not (P3, F32)."""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable
from typing import Any

import pytest

from sessionhours.desk import intake
from sessionhours.store.tables import Contact, Conversation, Message
from tests.desk.office import Desk
from tests.makers import OPENS, PHONE_NUMBER_ID, body, citizen, envelope, escaped, message

OLD, NEW = citizen(1), {"phone": "491713920055", "user_id": "DE.70000000000000000055"}


def only_phone(number: int, text: str) -> dict[str, Any]:
    return {key: value for key, value in message(number, text).items() if key != "from_user_id"}


def only_user_id(number: int, text: str) -> dict[str, Any]:
    return {key: value for key, value in message(number, text).items() if key != "from"}


def from_new(text: str, *keys: str) -> dict[str, Any]:
    ids = {"from": NEW["phone"], "from_user_id": NEW["user_id"]}
    item = {key: value for key, value in message(1, text).items() if key not in ids}
    return {**item, "id": f"wamid.new.{text}", **{key: ids[key] for key in keys}}


def system_message() -> bytes:
    told = {
        "type": "user_changed_number",
        "wa_id": NEW["phone"],
        "user_id": NEW["user_id"],
        "body": "neue Nummer",
    }
    return body([message(1, wamid="wamid.moved", type="system", system=told)])


def user_id_update() -> bytes:
    value = {
        "messaging_product": "whatsapp",
        "metadata": {"phone_number_id": PHONE_NUMBER_ID},
        "user_id_update": [
            {
                "wa_id": NEW["phone"],
                "user_id": {"previous": OLD["user_id"], "current": NEW["user_id"]},
                "timestamp": str(int(OPENS.timestamp())),
            }
        ],
    }
    return escaped(envelope([{"field": "user_id_update", "value": value}]))


def people(desk: Desk) -> list[tuple[str | None, str | None]]:
    return sorted((row.user_id or "", row.phone or "") for row in desk.rows(Contact))


def said(desk: Desk) -> list[str]:
    return [one["text"] for one in desk.only() if one["kind"] == "text"]


@pytest.mark.proves("F32", "P3")
def test_somebody_without_a_number_is_shown_by_name_and_answered_by_bsuid(desk: Desk) -> None:
    desk.deliver(
        body(
            [only_user_id(1, "ohne Nummer")],
            contacts=[{"profile": {"name": "Anna", "username": "anna.m"}, "user_id": OLD["user_id"]}],
        )
    )
    talk = desk.conversation()
    assert talk["contact"]["name"] == "Anna"
    assert talk["contact"]["phone"] is None
    desk.ask(desk.mayor, "reply", conversation=talk["id"], text="Ja", seen=10**6)
    (claim,) = desk.send()
    assert (claim.user_id, claim.phone) == (OLD["user_id"], None)


@pytest.mark.proves("P3", "F32")
@pytest.mark.parametrize("order", list(itertools.permutations(["phone", "user_id", "both"])), ids="-".join)
@pytest.mark.parametrize("together", [True, False], ids=["one body", "three bodies"])
def test_by_number_by_bsuid_and_by_both_is_one_citizen(
    desk: Desk, order: tuple[str, ...], together: bool
) -> None:
    make = {"phone": only_phone, "user_id": only_user_id, "both": message}
    items = [make[ids](1, ids) for ids in order]
    desk.deliver(*([body(items)] if together else [body([one]) for one in items]))
    assert people(desk) == [(OLD["user_id"], OLD["phone"])]
    assert sorted(said(desk)) == ["both", "phone", "user_id"]
    assert desk.conversation()["unread"] == 3
    assert desk.snapshot()["session"]["counts"]["people"] == 1


@pytest.mark.proves("P3", "F32")
@pytest.mark.parametrize(
    "signals", [("system",), ("update",), ("system", "update"), ("update", "system")], ids="-".join
)
@pytest.mark.parametrize("wrote", ["before", "between", "after"])
def test_a_new_number_keeps_the_person(desk: Desk, signals: tuple[str, ...], wrote: str) -> None:
    desk.deliver(body([message(1, "mit der alten")]))
    first = desk.conversation()["id"]
    told = [{"system": system_message, "update": user_id_update}[name]() for name in signals]
    new = body([from_new("mit der neuen", "from", "from_user_id")])
    told.insert({"before": 0, "between": 1, "after": len(told)}[wrote], new)
    desk.deliver(*told)
    assert people(desk) == [(NEW["user_id"], NEW["phone"])]
    assert sorted(said(desk)) == ["mit der alten", "mit der neuen"]
    assert desk.conversation()["id"] == first
    assert desk.conversation()["contact"]["phone"] == f"+{NEW['phone']}"
    assert [one["kind"] for one in desk.only()].count("system") == 1, "said once"
    desk.ask(desk.mayor, "reply", conversation=first, text="Ja", seen=10**6)
    assert desk.send()[0].user_id == NEW["user_id"]


@pytest.mark.proves("P3")
def test_a_merge_takes_notes_replies_and_the_place_in_the_queue_along(desk: Desk) -> None:
    desk.deliver(body([message(1, "zuerst")]))
    desk.clock.forward(minutes=5)
    desk.deliver(
        body([{**from_new("dann", "from", "from_user_id"), "timestamp": str(int(desk.clock().timestamp()))}])
    )
    theirs = next(one for one in desk.snapshot()["conversations"] if one["last_message"]["text"] == "dann")
    desk.ask(desk.assistant, "note", conversation=theirs["id"], text="kennt den Weg")
    desk.ask(desk.mayor, "reply", conversation=theirs["id"], text="Antwort", seen=10**6)
    desk.deliver(system_message())
    talk = desk.conversation()
    page = desk.read(
        lambda s: __import__("sessionhours.desk.snapshot", fromlist=["x"]).messages(
            s, desk.mayor, talk["id"], before=None, limit=50
        )
    )
    assert [one["text"] for one in page["notes"]] == ["kennt den Weg"]
    assert talk["waiting_since"] == "2026-12-03T14:00:00.000Z"
    assert [claim.text for claim in desk.send()] == ["Antwort"]


@pytest.mark.proves("P3", "F32")
def test_a_recycled_number_is_another_person(desk: Desk) -> None:
    desk.deliver(body([message(1, "Anna")]))
    stranger = {**message(2, "jemand anderes"), "from": OLD["phone"]}
    desk.deliver(body([stranger]))
    assert len(desk.snapshot()["conversations"]) == 2
    phones = {row.user_id: row.phone for row in desk.rows(Contact)}
    assert phones == {OLD["user_id"]: None, citizen(2)["user_id"]: OLD["phone"]}
    desk.deliver(body([only_phone(1, "ohne BSUID")]))
    talks = {one["contact"]["phone"]: one for one in desk.snapshot()["conversations"]}
    assert talks[f"+{OLD['phone']}"]["last_message"]["text"] == "ohne BSUID"


@pytest.mark.proves("P3")
def test_a_number_that_moves_to_somebody_known_leaves_its_last_owner(desk: Desk) -> None:
    desk.deliver(body([message(1, "Anna")]), body([message(2, "Bekir")]))
    desk.deliver(body([{**message(2, "mit Annas Nummer"), "from": OLD["phone"]}]))
    assert people(desk) == [(OLD["user_id"], ""), (citizen(2)["user_id"], OLD["phone"])]


@pytest.mark.proves("F22")
def test_the_same_signal_again_says_nothing_more(desk: Desk) -> None:
    desk.deliver(body([message(1, "Anna")]), system_message())
    before = len(desk.rows(Message))
    desk.deliver(system_message(), user_id_update(), user_id_update())
    assert len(desk.rows(Message)) == before
    assert len(desk.rows(Conversation)) == 1


def test_after_a_change_in_the_same_commit_a_conversation_stands_where_its_last_event_says(
    new_desk: Callable[..., Desk],
) -> None:
    """In opening hours, where no session is told beside it."""
    desk = new_desk('[[line.hours]]\ndays = "mon"\nfrom = "09:00"\nto = "13:00"')
    at = desk.clock.now = OPENS.replace(day=7, hour=9)
    for words in ("eins", "zwei"):
        desk.says(1, words)
    moved = from_new("drei", "from", "from_user_id") | {"timestamp": str(int(at.timestamp()))}
    bodies = [intake.Body(one, int(at.timestamp() * 1000)) for one in (system_message(), body([moved]))]
    desk.write(intake.take, desk.reader, bodies, now=at)
    last = [event for event in desk.told if event.name == "conversation.updated"][-1]
    assert desk.conversation()["last_seq"] == json.loads(last.data)["last_seq"] == last.seq
