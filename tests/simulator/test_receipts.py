"""Statuses: what is told of an accepted message, when and in which words."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from tests.simulator.receiver import Town, town


def wamid(answer: httpx.Response) -> str:
    assert answer.status_code == 200, answer.text
    return str(answer.json()["messages"][0]["id"])


async def written(t: Town, person: str = "anna") -> None:
    await t.write(person, text="Guten Tag")
    await t.flush()
    t.receiver.bodies.clear()


async def test_sent_delivered_read_with_everything_that_stands_in_them() -> None:
    async with town(clock=lambda: 1_795_270_800.0) as t:
        await written(t)
        id = wamid(await t.text(biz_opaque_callback_data="out:7f3a"))
        await t.flush()
        assert t.receiver.words(id) == ["sent", "delivered", "read"]
        sent = t.receiver.items("statuses")[0]
        assert sent == {
            "id": id,
            "status": "sent",
            "timestamp": "1795270800",
            "recipient_id": "491713920001",
            "recipient_user_id": "DE.70000000000000000001",
            "pricing": {
                "billable": False,
                "pricing_model": "PMP",
                "type": "free_customer_service",
                "category": "service",
            },
            "biz_opaque_callback_data": "out:7f3a",
        }
        assert t.receiver.changes()[0]["value"]["contacts"][0]["wa_id"] == "491713920001"


async def test_a_hidden_number_stays_hidden_and_the_username_comes_late() -> None:
    async with town() as t:
        await written(t, "bekir")
        answer = await t.send(recipient="DE.70000000000000000002", type="text", text={"body": "Hallo"})
        await t.flush()
        assert all("recipient_id" not in status for status in t.receiver.items("statuses"))
        contacts = [change["value"]["contacts"][0] for change in t.receiver.changes()]
        assert [c["profile"].get("username") for c in contacts] == [None, "bekir.oe", "bekir.oe"]
        assert all("wa_id" not in contact for contact in contacts)
        assert t.receiver.words(wamid(answer)) == ["sent", "delivered", "read"]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"read_receipts": False}, ["sent", "delivered"]),
        ({"reads": False}, ["sent", "delivered"]),
        ({"blocks_business": True}, ["sent"]),
        ({"online": False}, ["sent"]),
    ],
)
async def test_people_differ(change: dict[str, Any], words: list[str]) -> None:
    async with town() as t:
        await written(t)
        await t.admin("PATCH", "/people/anna", change)
        id = wamid(await t.text())
        await t.flush()
        assert t.receiver.words(id) == words


async def test_what_waited_arrives_when_the_telephone_is_on_again() -> None:
    async with town() as t:
        await written(t)
        await t.admin("PATCH", "/people/anna", {"online": False})
        id = wamid(await t.text())
        await t.flush()
        await t.admin("PATCH", "/people/anna", {"online": True})
        await t.flush()
        assert t.receiver.words(id) == ["sent", "delivered", "read"]


async def test_what_has_arrived_is_read_when_the_chat_is_opened() -> None:
    async with town() as t:
        await written(t)
        await t.admin("PATCH", "/people/anna", {"reads": False})
        id = wamid(await t.text())
        await t.flush()
        await t.admin("PATCH", "/people/anna", {"reads": True})
        await t.flush()
        assert t.receiver.words(id) == ["sent", "delivered", "read"]


async def test_a_number_nobody_has_fails_later() -> None:
    async with town() as t:
        id = wamid(await t.text(to="491713920077"))
        await t.flush()
        [status] = t.receiver.items("statuses")
        assert (status["id"], status["status"], status["errors"][0]["code"]) == (id, "failed", 131026)
        assert status["recipient_id"] == "491713920077"
        assert "recipient_user_id" not in status


async def test_delivered_may_be_skipped_and_come_after_read() -> None:
    async with town() as t:
        await written(t)
        await t.admin("POST", "/policy", {"skip_delivered": 1.0})
        skipped = wamid(await t.text())
        await t.flush()
        assert t.receiver.words(skipped) == ["sent", "read"]
        await t.admin("POST", "/policy", {"skip_delivered": 0.0, "disorder": 1.0, "read_after": 0.02})
        await t.admin("POST", "/policy", {"delivered_after": 0.01, "sent_after": 0.0})
        late = wamid(await t.text())
        await t.until(lambda: len(t.receiver.words(late)) == 3)
        assert t.receiver.words(late) == ["sent", "read", "delivered"]


async def test_a_status_may_come_before_the_answer() -> None:
    async with town() as t:
        await written(t)
        await t.admin("POST", "/policy", {"status_first": True, "delivered_after": 60.0, "read_after": 60.0})
        id = wamid(await t.text())
        assert t.receiver.words(id) == ["sent"]


async def test_reactions_are_only_sent_and_show_on_the_message() -> None:
    async with town() as t:
        aim = await t.write("anna", text="Guten Tag")
        answer = await t.send(to="491713920001", type="reaction", reaction={"message_id": aim, "emoji": "👍"})
        await t.flush()
        assert t.receiver.words(wamid(answer)) == ["sent"]
        assert "pricing" not in t.receiver.items("statuses")[0]
        chat = (await t.admin("GET", "/people/anna/chat"))["messages"]
        assert chat[0]["reactions"] == ["👍"]


async def test_after_the_free_messages_they_cost_or_fail() -> None:
    async with town() as t:
        await written(t)
        await t.admin("POST", "/settings", {"free_messages": 1})
        await t.text()
        await t.flush()
        await t.text()
        await t.flush()
        prices = [s["pricing"]["type"] for s in t.receiver.items("statuses") if s["status"] == "sent"]
        assert prices == ["free_customer_service", "regular"]
        await t.admin("POST", "/settings", {"payment": False})
        id = wamid(await t.text())
        await t.flush()
        assert t.receiver.items("statuses")[-1]["errors"][0]["code"] == 131042
        assert t.receiver.words(id) == ["failed"]


async def test_an_accepted_message_can_be_made_to_fail() -> None:
    async with town() as t:
        await written(t)
        await t.admin("POST", "/policy", {"delivered_after": 600.0, "read_after": 600.0})
        id = wamid(await t.text())
        await t.until(lambda: t.receiver.words(id) == ["sent"])
        await t.admin("POST", "/fail", {"id": id, "code": 131000})
        await t.flush()
        assert t.receiver.words(id) == ["sent", "failed"]


async def test_statuses_can_be_looked_up() -> None:
    async with town() as t:
        await written(t)
        id = wamid(await t.text())
        await t.flush()
        answer = await t.client.get("/v26.0/200000000000002/message_history", params={"message_id": id})
        assert answer.json()["data"][0]["events"]["data"][0]["delivery_status"] == "READ"
