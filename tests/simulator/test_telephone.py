"""What people do, in the platform's shapes, held against the recorded payloads."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.simulator.receiver import Town, town

MESSAGES = Path(__file__).parent.parent / "payloads" / "messages"
OURS = "wamid.HBgMNDkxNzEzOTIwMDAxFQIAEhgUM0FTSU09001AA=="


def recorded(name: str) -> dict[str, Any]:
    body = json.loads((MESSAGES / name).read_text())
    return dict(body["entry"][0]["changes"][0]["value"])


async def told(t: Town, person: str, **wish: Any) -> dict[str, Any]:
    await t.write(person, at=1795270800, **wish)
    await t.flush()
    return dict(t.receiver.changes()[-1]["value"])


@pytest.mark.parametrize(
    ("name", "wish"),
    [
        ("text.json", {"text": "Wann wird der Spielplatz am Markt repariert?"}),
        ("text_forwarded.json", {"text": "weitergeleitet", "forwarded": True}),
        ("text_frequently_forwarded.json", {"text": "Kettenbrief", "frequently_forwarded": True}),
        (
            "text_reply.json",
            {"text": "Ja, gern", "reply_to": OURS},
        ),
        ("group_text.json", {"text": "aus einer Gruppe", "group_id": "Y2FwaV9ncm91cDppbnZlbnRlZAZD"}),
        (
            "location_place.json",
            {
                "type": "location",
                "latitude": 52.5186,
                "longitude": 13.4081,
                "name": "Rathaus",
                "address": "Rathausstraße 1, Musterstadt",
                "url": "https://rathaus.example",
            },
        ),
        (
            "reaction.json",
            {
                "type": "reaction",
                "message_id": OURS,
                "emoji": "👍",
            },
        ),
        ("unsupported_131051.json", {"type": "unsupported", "unsupported": "poll_creation"}),
        ("unsupported_131060.json", {"type": "unsupported", "code": 131060}),
        ("unsupported_edit.json", {"type": "unsupported", "unsupported": "edit"}),
        ("type_not_known_yet.json", {"type": "hologram", "hologram": {"id": "1"}}),
    ],
)
async def test_a_message_looks_like_the_recorded_one(name: str, wish: dict[str, Any]) -> None:
    expected = recorded(name)
    async with town(display_phone_number="493023125001") as t:
        assert await told(t, "anna", id=expected["messages"][0]["id"], **wish) == expected


@pytest.mark.parametrize(
    "name",
    [
        "contacts_shared.json",
        "interactive_button_reply.json",
        "interactive_list_reply.json",
        "interactive_nfm_reply_flow.json",
        "button_template_quick_reply.json",
        "order.json",
        "edit_coexistence_only.json",
        "revoke_coexistence_only.json",
        "reaction_removed_empty.json",
        "text_referral_ad.json",
        "system_user_changed_number.json",
        "system_identity_changed_legacy.json",
    ],
)
async def test_a_recorded_message_can_be_written_again(name: str) -> None:
    expected = recorded(name)
    message = expected["messages"][0]
    wish = {k: v for k, v in message.items() if k not in ("from", "from_user_id", "timestamp")}
    wish |= {"text": message["text"]["body"]} if "text" in message else {}
    async with town(display_phone_number="493023125001") as t:
        assert await told(t, "anna", **wish) == expected


async def test_somebody_without_a_number_is_known_by_user_id_only() -> None:
    async with town(display_phone_number="493023125001") as t:
        expected = recorded("text_username_no_phone.json")
        id = expected["messages"][0]["id"]
        assert await told(t, "bekir", id=id, text="Hallo, ich schreibe ohne Nummer") == expected
        value = await told(t, "dimitri", text="x")
        assert value["messages"][0]["from_user_id"] == "DE.a1B2c3D4e5F6g7H8i9J0"
        assert "from" not in value["messages"][0]


async def test_a_change_of_number_is_told_twice_in_either_order() -> None:
    async with town() as t:
        await t.admin("POST", "/policy", {"concurrency": 1})
        change = {"phone": "491713920011", "signals": ["user_id_update", "system"]}
        after = await t.admin("POST", "/people/anna/number", change)
        await t.flush()
        first, second = t.receiver.changes()
        assert first["field"] == "user_id_update"
        assert first["value"]["user_id_update"][0]["user_id"] == {
            "previous": "DE.70000000000000000001",
            "current": after["user_id"],
        }
        assert second["value"]["messages"][0]["system"]["wa_id"] == "491713920011"
        assert second["value"]["messages"][0]["from"] == "491713920001"
        assert "contacts" not in second["value"]
        assert (
            await t.text(to="491713920001")
        ).status_code == 200  # accepted, and then nobody has that number
        await t.flush()
        assert t.receiver.items("statuses")[-1]["errors"][0]["code"] == 131026


async def test_a_call_rings_and_opens_the_window() -> None:
    async with town() as t:
        call = (await t.admin("POST", "/people/anna/calls", {}))["id"]
        await t.admin("POST", "/people/anna/calls", {"id": call, "event": "terminate", "status": "FAILED"})
        await t.flush()
        connect, terminate = t.receiver.items("calls")
        assert (connect["id"], connect["event"], connect["session"]["sdp_type"]) == (call, "connect", "offer")
        assert (terminate["id"], terminate["event"], terminate["status"]) == (call, "terminate", "FAILED")
        assert (await t.text()).status_code == 200


async def test_account_fields_come_without_metadata() -> None:
    async with town() as t:
        value = {"event": "ACCOUNT_VIOLATION", "violation_info": {"violation_type": "SPAM"}}
        await t.admin("POST", "/events", {"field": "account_update", "value": value})
        errors = {"code": 130429, "title": "Rate limit hit"}
        await t.admin("POST", "/events", {"field": "messages", "list": "errors", "value": errors})
        await t.flush()
        first, second = t.receiver.changes()
        assert first == {"field": "account_update", "value": value}
        assert second["value"]["errors"] == [errors]


async def test_people_can_be_added() -> None:
    async with town(people=False) as t:
        person = await t.admin("POST", "/people", {"id": "nora", "name": "Nora", "alphanumeric": True})
        assert person["user_id"].startswith("DE.a")
        value = await told(t, "nora", text="Hallo")
        assert value["contacts"][0]["profile"] == {"name": "Nora"}
        refused = await t.client.post("/sim/people", json={"id": "nora"})
        assert refused.status_code == 400


async def test_andrang_plays_by_itself_and_can_be_stopped() -> None:
    async with town() as t:
        await t.admin("POST", "/andrang", {"tempo": 5000})
        await t.until(lambda: not t.sim.simulation.andrang.shown()["running"])
        shown = await t.admin("GET", "/andrang")
        assert shown["written"] == shown["planned"] >= 60
        await t.flush()
        senders = {m["from_user_id"] for m in t.receiver.items("messages")}
        assert len(senders) == 60
        await t.admin("POST", "/andrang", {"tempo": 1})
        assert (await t.client.post("/sim/andrang", json={})).status_code == 400
        assert (await t.admin("DELETE", "/andrang"))["running"] is False
