"""What Graph answers to a message, and what a person then sees: one line for every answer in tests/payloads/graph."""

from __future__ import annotations

import json
from typing import Any

import pytest

from sessionhours.desk import outbox
from sessionhours.desk.loops import Courier
from sessionhours.desk.outbox import TRIES
from sessionhours.store.tables import Message
from tests.desk.meta import client, load, recorded, refused
from tests.desk.office import Desk
from tests.whatsapp.graph import Behaviour, Request, graph

#: Who is answered: the fields of their message. The receipt that then comes by the answer's id, and the bubble's mark.
SENT: dict[str, tuple[dict[str, Any], str, str]] = {
    "send_ok_bsuid": ({}, "statuses/sent_bsuid_only", "sent"),
    "send_ok_phone": ({"from_user_id": None}, "statuses/read", "read"),
    "send_ok_template": ({"from_user_id": None}, "statuses/delivered_utility_template", "delivered"),
}

#: The bubble goes on waiting, so many seconds, and leaves by itself.
WAITS = {
    "130429_rate.http400": 1,
    "131056_pair_rate.http400": 1,
    "131057_maintenance.http500": 300,
    "4_app_rate.http400": 60,
    "80007_waba_rate.http400": 60,
}

_OURS = "WhatsApp hat die Nachricht als fehlerhaft abgelehnt."
_TEMPLATE = "Die Vorlage passt nicht: Name, Sprache oder Platzhalter stimmen nicht."

#: The bubble turns red, and how the words under it begin.
FAILED = {
    "100_33_no_such_object.http400": _OURS,
    "100_invalid_parameter.http400": _OURS,
    "131008_missing.http400": _OURS,
    "131009_invalid_value.http400": _OURS,
    "131030_not_in_allow_list.http400": "Die Testnummer darf nur an eingetragene Nummern senden.",
    "131047_window_closed.http400": "Die 24-Stunden-Frist ist abgelaufen – nur eine Vorlage ist möglich.",
    "131062_bsuid_not_supported.http400": "Ohne Telefonnummer ist diese Art Nachricht nicht möglich.",
    "132000_param_count.http400": _TEMPLATE,
    "132001_no_template.http404": _TEMPLATE,
    "132015_template_paused.http400": "Die Vorlage ist bei WhatsApp angehalten.",
}

_TOKEN = "Zugang zu WhatsApp abgelaufen – bitte Technik informieren."
_LOCKED = "WhatsApp hat das Konto gesperrt oder eingeschränkt – bitte sofort die Technik informieren."

#: The line pauses, its replies wait, and what everybody reads of it; the admin gets it as a notice.
PAUSED = {
    "10_no_permission.http403": "Dem Zugang zu WhatsApp fehlt eine Berechtigung – bitte Technik informieren.",
    "131031_account_locked.http403": _LOCKED,
    "131048_spam.http400": "Zu viele Nachrichten in kurzer Zeit: WhatsApp bremst diese Leitung für Stunden. "
    "Bitte die Technik informieren.",
    "133010_not_registered.http400": "Die Rufnummer ist bei WhatsApp nicht fertig eingerichtet – "
    "bitte Technik informieren.",
    "190_token_expired.http401": _TOKEN,
    "190_token_malformed.http401": _TOKEN,
    "368_policy.http403": _LOCKED,
}

#: The bubble asks a person: nobody knows whether the message went out.
UNCLEAR = (
    "131000_unknown.http500",
    "131016_service_unavailable.http500",
    "2_temporarily_unavailable.http503",
)


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    """One engine is enough: what differs between the two is tested elsewhere."""
    return sqlite_url


def reply(desk: Desk, **fields: Any) -> None:
    """Somebody asks, and the mayor answers."""
    desk.says(1, "Wann öffnet das Freibad?", **fields)
    talk = desk.conversation()["id"]
    assert desk.ask(desk.mayor, "reply", conversation=talk, text="Am 1. Mai.", seen=10**6)["ok"]


def bubble(desk: Desk) -> dict[str, Any]:
    """The mayor's answer, as consoles show it."""
    (only,) = [one for one in desk.only() if one["author"]["kind"] == "agent"]
    return only


async def hand_over(desk: Desk, *script: Behaviour) -> list[Request]:
    """The outbox gives what is due to a Graph that behaves like this; what that got."""
    async with graph(*script) as peer, client(peer.port) as sender:
        courier = Courier(desk.database, desk.reader, desk.clock, sender)
        await courier.step()
        await courier.close()
    return peer.requests


def due(desk: Desk) -> int:
    return len(desk.write(outbox.claim, now=desk.clock()))


@pytest.mark.proves("AC-31", "P2")
@pytest.mark.parametrize("name", SENT)
async def test_the_bubble_is_ticked_and_receipts_find_it(desk: Desk, name: str) -> None:
    fields, receipt, mark = SENT[name]
    reply(desk, **fields)
    (request,) = await hand_over(desk, recorded(name))
    assert ("to" if fields else "recipient") in json.loads(request.body)
    assert (bubble(desk)["status"], bubble(desk)["error"]) == ("sent", None)
    desk.deliver(load(receipt))
    assert bubble(desk)["status"] == mark
    (ours,) = [row for row in desk.rows(Message) if row.direction == "outbound"]
    assert ours.wamid == json.loads(load(f"graph/{name}"))["messages"][0]["id"]


@pytest.mark.proves("F57")
@pytest.mark.parametrize("name", WAITS)
async def test_the_bubble_waits_and_is_ticked_later(desk: Desk, name: str) -> None:
    admin = desk.agent("Ina Weber", "admin")
    reply(desk)
    assert len(await hand_over(desk, refused(name))) == 1
    assert (bubble(desk)["status"], bubble(desk)["error"]) == ("queued", None)
    desk.clock.forward(seconds=WAITS[name] * 0.99)
    assert due(desk) == 0
    desk.clock.forward(seconds=WAITS[name] * 0.27)
    assert len(await hand_over(desk, recorded("send_ok_bsuid"))) == 1
    assert bubble(desk)["status"] == "sent"
    assert desk.snapshot(admin)["notices"] == []


@pytest.mark.proves("F66")
@pytest.mark.parametrize("name", WAITS)
async def test_a_bubble_that_has_waited_too_often_is_left_to_a_person(desk: Desk, name: str) -> None:
    reply(desk)
    for _ in range(TRIES):
        assert bubble(desk)["status"] == "queued"
        assert len(await hand_over(desk, refused(name))) == 1
        desk.clock.forward(minutes=20)
    assert (bubble(desk)["status"], bubble(desk)["error"]["code"]) == ("failed", int(name.split("_")[0]))
    assert due(desk) == 0
    desk.ask(desk.mayor, "retry", message=bubble(desk)["id"])
    assert len(await hand_over(desk, recorded("send_ok_bsuid"))) == 1
    assert bubble(desk)["status"] == "sent"


@pytest.mark.proves("F58", "AC-56")
@pytest.mark.parametrize("name", FAILED)
async def test_the_bubble_says_why_it_failed(desk: Desk, name: str) -> None:
    reply(desk)
    assert len(await hand_over(desk, refused(name))) == 1
    assert bubble(desk)["status"] == "failed"
    assert bubble(desk)["error"]["code"] == int(name.split("_")[0])
    assert bubble(desk)["error"]["message"].startswith(FAILED[name])
    assert bubble(desk)["text"] == "Am 1. Mai."
    assert desk.waiting() == []


@pytest.mark.proves("F59", "AC-56")
@pytest.mark.parametrize("name", PAUSED)
async def test_the_line_pauses_and_the_admin_is_told(desk: Desk, name: str) -> None:
    admin = desk.agent("Ina Weber", "admin")
    reply(desk)
    assert len(await hand_over(desk, refused(name))) == 1
    assert (bubble(desk)["status"], bubble(desk)["error"]) == ("queued", None)
    (line,) = desk.snapshot()["lines"]
    assert (line["id"], line["why"]) == ("buergermeister", PAUSED[name])
    (notice,) = desk.snapshot(admin)["notices"]
    assert (notice["level"], notice["code"]) == ("error", "line_paused")
    assert notice["message"].endswith(f"Antworten warten. {PAUSED[name]}")


@pytest.mark.proves("F59")
@pytest.mark.parametrize("name", PAUSED)
async def test_a_paused_line_goes_on_when_graph_does(desk: Desk, name: str) -> None:
    reply(desk)
    await hand_over(desk, refused(name))
    assert due(desk) == 0
    desk.clock.forward(seconds=61)
    assert len(await hand_over(desk, recorded("send_ok_bsuid"))) == 1
    assert bubble(desk)["status"] == "sent"
    assert [(line["paused_at"], line["why"]) for line in desk.snapshot()["lines"]] == [(None, None)]


@pytest.mark.proves("F51", "AC-23")
@pytest.mark.parametrize("name", UNCLEAR)
async def test_the_bubble_asks_a_person(desk: Desk, name: str) -> None:
    reply(desk)
    assert len(await hand_over(desk, refused(name))) == 1
    assert (bubble(desk)["status"], bubble(desk)["error"]) == ("unclear", None)
    desk.clock.forward(hours=3)
    assert due(desk) == 0, "never again by itself"
    assert desk.ask(desk.mayor, "confirm_delivered", message=bubble(desk)["id"])["ok"]
    assert bubble(desk)["status"] == "delivered"
