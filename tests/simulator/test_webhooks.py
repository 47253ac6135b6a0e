"""How updates travel: bytes, signature, handshake, batches, retries, disorder."""

from __future__ import annotations

import hashlib
import hmac
import json
import random
from pathlib import Path

import pytest

from sessionhours.simulator.webhooks import Update, encode, envelope, signed
from sessionhours.simulator.world import Number
from tests.simulator.receiver import HOOK, SECRET, VERIFY, WABA, Receiver, town

PAYLOADS = Path(__file__).parent.parent / "payloads"


def verified(receiver: Receiver, n: int = -1) -> bool:
    digest = hmac.new(SECRET.encode(), receiver.bodies[n], hashlib.sha256).hexdigest()
    return receiver.headers[n].get("x-hub-signature-256") == f"sha256={digest}"


def test_the_bytes_and_both_signatures_are_the_platforms() -> None:
    vector = json.loads((PAYLOADS / "signature_vector.json").read_text())
    body = (PAYLOADS / "signature_vector.body.bin").read_bytes()
    assert encode(json.loads(body)) == body
    headers = signed(body, vector["app_secret"])
    assert headers["X-Hub-Signature-256"] == vector["X-Hub-Signature-256"]
    assert headers["X-Hub-Signature"] == vector["X-Hub-Signature"]


async def test_a_message_stands_in_its_webhook_as_the_vector_has_it() -> None:
    text = "Grüß Gott! Straße gesperrt 🚧 – was tun?\nDanke / 100 % <ehrlich> & „nett“"
    async with town(display_phone_number="493023125001") as t:
        wamid = "wamid.HBgMNDkxNzEzOTIwMDAxFQIAEhgUM0FTSU00002AA=="
        await t.write("anna", text=text, id=wamid, at=1795270800)
        await t.flush()
        assert json.loads(t.receiver.bodies[0]) == json.loads(
            (PAYLOADS / "signature_vector.body.bin").read_bytes()
        )
        assert b"\\ud83d\\udea7" in t.receiver.bodies[0]
        assert b"Danke \\/ 100" in t.receiver.bodies[0]
        assert verified(t.receiver)


@pytest.mark.parametrize(("challenge", "status"), [("something else", 200), (None, 201)])
async def test_nothing_is_told_before_a_right_handshake(challenge: str | None, status: int) -> None:
    async with town() as t:
        t.receiver.challenge, t.receiver.greeting = challenge, status
        await t.admin("POST", "/policy", {"retry_first": 0.01, "retry_growth": 1.0})
        await t.write("anna", text="Guten Tag")
        await t.until(lambda: len(t.receiver.handshakes) >= 2)
        assert t.receiver.bodies == []
        t.receiver.challenge, t.receiver.greeting = None, 200
        await t.until(lambda: len(t.receiver.bodies) == 1)
        assert t.receiver.handshakes[0]["hub.mode"] == "subscribe"
        assert t.receiver.handshakes[0]["hub.verify_token"] == VERIFY


async def test_without_a_subscription_updates_are_lost() -> None:
    async with town() as t:
        await t.client.delete(f"/v26.0/{WABA}/subscribed_apps")
        await t.write("anna", text="eins")
        await t.client.post(f"/v26.0/{WABA}/subscribed_apps")
        await t.write("anna", text="zwei")
        await t.flush()
        assert [m["text"]["body"] for m in t.receiver.items("messages")] == ["zwei"]
        assert len((await t.admin("GET", "/journal?kind=dropped"))["entries"]) == 1


async def test_an_override_that_answers_wrongly_is_refused() -> None:
    async with town() as t:
        wrong = {"override_callback_uri": HOOK, "verify_token": "another"}
        answer = await t.client.post(f"/v26.0/{WABA}/subscribed_apps", json=wrong)
        assert answer.status_code == 400
        right = {"override_callback_uri": HOOK, "verify_token": VERIFY}
        assert (await t.client.post(f"/v26.0/{WABA}/subscribed_apps", json=right)).json() == {"success": True}


async def test_held_updates_come_in_batches_each_item_once() -> None:
    async with town(seed=7) as t:
        await t.admin("POST", "/policy", {"batch": 50, "shuffle": True, "hold": True, "concurrency": 1})
        ids = [await t.write(("anna", "bekir", "clara")[n % 3], text=f"Nr. {n}") for n in range(200)]
        assert (await t.admin("GET", "/idle"))["held"] == 0 or t.receiver.bodies == []
        await t.until(lambda: t.sim.simulation.courier.held == 200)
        assert (await t.admin("GET", "/idle?timeout=1")) == {"idle": True, "pending": 0, "held": 200}
        assert t.receiver.bodies == []
        await t.admin("POST", "/release")
        await t.flush()
        got = [m["id"] for m in t.receiver.items("messages")]
        assert sorted(got) == sorted(ids)
        assert got != ids
        assert 4 <= len(t.receiver.bodies) < 60


def test_a_body_may_hold_entries_changes_messages_and_statuses() -> None:
    number, other = Number("1", "49"), Number("2", "50")
    updates = [
        Update("messages", {"id": str(n)}, ("messages", "statuses")[n // 5 % 2], (number, other)[n // 10 % 2])
        for n in range(200)
    ] + [Update("account_alerts", {"entity_id": "1"}, None)]
    body = envelope(updates, WABA, random.Random(3), 1795270800.0)
    changes = [change for entry in body["entry"] for change in entry["changes"]]
    assert len(body["entry"]) > 5
    assert max(len(entry["changes"]) for entry in body["entry"]) > 1
    told = [i["id"] for c in changes for name in ("messages", "statuses") for i in c["value"].get(name, [])]
    assert told == [str(n) for n in range(200)]
    assert all(not {"messages", "statuses"} <= change["value"].keys() for change in changes)
    assert body["entry"][-1]["time"] == 1795270800


@pytest.mark.parametrize("refusal", [201, 204, 302, 403, 500, 503])
async def test_anything_but_200_comes_again_with_the_same_bytes(refusal: int) -> None:
    async with town() as t:
        await t.admin("POST", "/policy", {"retry_first": 100.0})
        t.receiver.statuses = [refusal, refusal, 200]
        await t.write("anna", text="Guten Tag")
        await t.flush()
        assert len(t.receiver.bodies) == 3
        assert len(set(t.receiver.bodies)) == 1
        attempts = (await t.admin("GET", "/journal?kind=webhook"))["entries"]
        assert [(e["attempt"], e["status"]) for e in attempts] == [(1, refusal), (2, refusal), (3, 200)]


async def test_retries_grow_apart_and_end_after_seven_days() -> None:
    async with town() as t:
        await t.admin("POST", "/policy", {"retry_first": 60.0, "retry_ceiling": 86400.0})
        t.receiver.statuses = [500] * 1000
        await t.write("anna", text="Guten Tag")
        await t.until(lambda: len(t.receiver.bodies) == 1)
        seen = []
        for _ in range(9 * 24):
            await t.admin("POST", "/clock", {"advance": 3600})
            seen.append(len(t.receiver.bodies))
        assert seen[0] < seen[24] < seen[-1]
        assert seen[-1] < 20
        assert seen[-1] == seen[7 * 24 + 1]
        assert len((await t.admin("GET", "/journal?kind=abandoned"))["entries"]) == 1


async def test_retried_items_may_come_with_other_neighbours() -> None:
    async with town() as t:
        await t.admin("POST", "/policy", {"retry_first": 30.0, "regroup": True, "batch": 10, "gather": 0.02})
        t.receiver.statuses = [500] * 4
        ids = [await t.write("anna", text=str(n)) for n in range(4)]
        await t.flush()
        told = [m["id"] for m in t.receiver.items("messages")]
        assert sorted(set(told)) == sorted(ids)
        assert len(told) > 4


async def test_duplicates_after_a_200_and_on_demand() -> None:
    async with town() as t:
        await t.admin("POST", "/policy", {"duplicate": 1.0})
        wamid = await t.write("anna", text="Guten Tag")
        await t.flush()
        assert [m["id"] for m in t.receiver.items("messages")] == [wamid] * 2
        assert (await t.admin("POST", "/redeliver", {"id": wamid, "times": 16}))["bodies"] == 16
        await t.flush()
        assert [m["id"] for m in t.receiver.items("messages")] == [wamid] * 18


async def test_a_receiver_that_answered_but_was_not_heard_gets_it_again() -> None:
    async with town() as t:
        await t.admin("POST", "/faults", {"on": "webhook", "kind": "deaf"})
        wamid = await t.write("anna", text="Guten Tag")
        await t.flush()
        assert [m["id"] for m in t.receiver.items("messages")] == [wamid] * 2


@pytest.mark.parametrize(
    ("kind", "header"),
    [
        ("bad_signature", "sha256="),
        ("no_signature", None),
        ("sha1_only", None),
        ("upper_signature", "sha256="),
    ],
)
async def test_bodies_that_a_receiver_must_refuse(kind: str, header: str | None) -> None:
    async with town() as t:
        await t.admin("POST", "/faults", {"on": "webhook", "kind": kind})
        t.receiver.statuses = [403]
        await t.write("anna", text="Guten Tag")
        await t.flush()
        given = t.receiver.headers[0].get("x-hub-signature-256")
        assert (given or "").startswith(header or "")
        assert (given is None) == (header is None)
        assert not verified(t.receiver, 0)
        assert verified(t.receiver, 1)


async def test_bytes_made_by_hand_go_out_once_and_as_they_are() -> None:
    async with town() as t:
        t.receiver.statuses = [400]
        await t.admin("POST", "/raw", {"body": '{"a":NaN'})
        await t.flush()
        assert t.receiver.bodies == [b'{"a":NaN']
        assert verified(t.receiver)


async def test_unknown_keys_and_fields_come_between_known_ones() -> None:
    async with town(seed=2) as t:
        await t.admin("POST", "/policy", {"noise": True})
        for n in range(8):
            await t.write("anna", text=str(n))
        await t.flush()
        fields = [change["field"] for change in t.receiver.changes()]
        assert "not_known_yet" in fields
        assert fields.count("messages") == 8
        assert all("not_known_yet" in c["value"] for c in t.receiver.changes() if c["field"] == "messages")


async def test_the_same_seed_tells_the_same_story() -> None:
    stories = []
    for _ in range(2):
        async with town(seed=11, clock=lambda: 1_795_270_800.0) as t:
            await t.admin("POST", "/policy", {"batch": 5, "shuffle": True, "hold": True, "concurrency": 1})
            for n in range(20):
                await t.write("clara", text=str(n))
            await t.until(lambda: t.sim.simulation.courier.held == 20)
            await t.admin("POST", "/release")
            await t.flush()
            stories.append(t.receiver.bodies)
    assert stories[0] == stories[1]
