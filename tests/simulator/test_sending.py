"""What a business may send, and what the platform answers."""

from __future__ import annotations

from typing import Any

import pytest

from tests.simulator.receiver import NUMBER, TOKEN, code, town


async def test_a_reply_in_the_window_is_accepted() -> None:
    async with town() as t:
        await t.write("anna", text="Guten Tag")
        answer = await t.text("+49 171 3920001")
        assert answer.status_code == 200
        assert answer.json()["contacts"] == [{"input": "+49 171 3920001", "wa_id": "491713920001"}]
        assert answer.json()["messages"][0]["id"].startswith("wamid.")


async def test_a_reply_to_a_user_id_answers_with_the_user_id_only() -> None:
    async with town() as t:
        await t.write("dimitri", text="ohne Nummer")
        answer = await t.send(recipient="DE.a1B2c3D4e5F6g7H8i9J0", type="text", text={"body": "Hallo"})
        assert answer.json()["contacts"] == [
            {"input": "DE.a1B2c3D4e5F6g7H8i9J0", "user_id": "DE.a1B2c3D4e5F6g7H8i9J0"}
        ]


async def test_without_a_valid_token_nothing_is_answered() -> None:
    async with town() as t:
        for headers in ({"Authorization": "Bearer wrong"}, {"Authorization": ""}, {"Authorization": TOKEN}):
            answer = await t.client.get(f"/v26.0/{NUMBER}", headers=headers)
            assert (answer.status_code, code(answer)) == (401, 190)


async def test_a_token_may_only_use_its_own_numbers() -> None:
    async with town() as t:
        await t.admin("POST", "/settings", {"access_tokens": {TOKEN: ["200000000000009"]}})
        answer = await t.text()
        assert (answer.status_code, code(answer)) == (400, 100)
        assert answer.json()["error"]["error_subcode"] == 33


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ({"type": "text", "text": {}}, 100),
        ({"type": "text", "text": {"body": "x" * 4097}}, 100),
        ({"type": "text"}, 131008),
        ({"type": "hologram", "hologram": {}}, 100),
        ({"type": "text", "text": {"body": "x"}, "biz_opaque_callback_data": "x" * 513}, 100),
        ({"type": "text", "text": {"body": "x"}, "messaging_product": "sms"}, 100),
        ({"type": "text", "text": {"body": "x"}, "to": "not a number"}, 131009),
        ({"type": "text", "text": {"body": "x"}, "to": None}, 131008),
        ({"type": "text", "text": {"body": "x"}, "to": "49784280221"}, 131021),
        ({"type": "text", "text": {"body": "x"}, "to": None, "recipient": "not a BSUID"}, 131009),
        ({"type": "text", "text": {"body": "x"}, "recipient_type": "group"}, 131201),
        ({"type": "text", "text": {"body": "x"}, "context": {"message_id": "mine"}}, 131009),
        ({"type": "image", "image": {}}, 131008),
        ({"type": "image", "image": {"id": "1", "link": "https://example.org/a.jpg"}}, 100),
        ({"type": "image", "image": {"id": "777"}}, 131009),
        ({"type": "image", "image": {"link": "https://example.org/a.jpg", "caption": "x" * 1025}}, 100),
        ({"type": "audio", "audio": {"link": "https://example.org/a.ogg", "caption": "x"}}, 100),
        ({"type": "location", "location": {"latitude": 91, "longitude": 8}}, 131009),
        ({"type": "contacts", "contacts": []}, 131009),
        ({"type": "reaction", "reaction": {"message_id": "wamid.none", "emoji": "👍"}}, 131009),
        ({"type": "template", "template": {"name": "x", "language": {"code": "de"}}}, 132001),
        (
            {"type": "template", "template": {"name": "buergeranfrage_antwort", "language": {"code": "de"}}},
            132000,
        ),
    ],
)
async def test_what_meta_refuses_is_refused(body: dict[str, Any], expected: int) -> None:
    async with town() as t:
        await t.write("anna", text="Guten Tag")
        answer = await t.send(**{"to": "491713920001", **body})
        assert (code(answer), answer.json()["error"]["fbtrace_id"][0]) == (expected, "A")
        assert (await t.admin("GET", "/journal?kind=send"))["entries"] == []


def buttons(*titles: str) -> dict[str, Any]:
    replies = [{"type": "reply", "reply": {"id": f"b{n}", "title": title}} for n, title in enumerate(titles)]
    return {"type": "button", "body": {"text": "Bitte wählen"}, "action": {"buttons": replies}}


@pytest.mark.parametrize(
    ("interactive", "status"),
    [
        (buttons("Ja", "Nein"), 200),
        (buttons("x" * 20), 200),
        (buttons("x" * 21), 400),
        (buttons("Ja", "Ja"), 400),
        (buttons("1", "2", "3", "4"), 400),
        (buttons("Ja") | {"body": {"text": "x" * 1025}}, 400),
        (buttons("Ja") | {"footer": {"text": "x" * 61}}, 400),
    ],
)
async def test_buttons_have_limits(interactive: dict[str, Any], status: int) -> None:
    async with town() as t:
        await t.write("anna", text="Guten Tag")
        answer = await t.send(to="491713920001", type="interactive", interactive=interactive)
        assert answer.status_code == status, answer.text


async def test_after_24_hours_only_a_template_goes_out() -> None:
    async with town() as t:
        await t.write("anna", text="Guten Tag")
        await t.admin("POST", "/clock", {"advance": 24 * 3600 - 5})
        assert (await t.text()).status_code == 200
        await t.admin("POST", "/clock", {"advance": 6})
        assert code(await t.text()) == 131047
        template = {
            "name": "sprechstunde_erinnerung",
            "language": {"code": "de"},
            "components": [
                {"type": "BODY", "parameters": [{"type": "text", "text": x} for x in ("A", "17:00")]}
            ],
        }
        answer = await t.send(to="491713920001", type="template", template=template)
        assert answer.json()["messages"][0]["message_status"] == "accepted"


async def test_the_closed_window_may_also_be_told_later() -> None:
    async with town() as t:
        await t.admin("POST", "/settings", {"window": "async"})
        wamid = (await t.text(biz_opaque_callback_data="out:1")).json()["messages"][0]["id"]
        await t.flush()
        [status] = t.receiver.items("statuses")
        assert (status["id"], status["status"], status["errors"][0]["code"]) == (wamid, "failed", 131047)
        assert status["biz_opaque_callback_data"] == "out:1"
        assert "contacts" not in t.receiver.changes()[0]["value"]


async def test_45_messages_at_once_then_one_every_six_seconds() -> None:
    async with town() as t:
        await t.write("anna", text="Guten Tag")
        answers = [(await t.text()).status_code for _ in range(45)]
        assert answers == [200] * 45
        assert code(await t.text()) == 131056
        assert (await t.text(to="491713920003")).status_code == 400  # another person, but no window
        await t.admin("POST", "/clock", {"advance": 6})
        assert (await t.text()).status_code == 200
        assert code(await t.text()) == 131056


async def test_the_stricter_reading_waits_off_the_whole_burst() -> None:
    async with town() as t:
        await t.admin("POST", "/settings", {"pair_rate": "strict"})
        await t.write("anna", text="Guten Tag")
        assert [(await t.text()).status_code for _ in range(3)] == [200] * 3
        await t.admin("POST", "/clock", {"advance": 10})
        assert code(await t.text()) == 131056
        await t.admin("POST", "/clock", {"advance": 9})
        assert (await t.text()).status_code == 200


async def test_a_number_has_a_throughput() -> None:
    now = [1_795_270_800.0]
    async with town(clock=lambda: now[0]) as t:
        await t.admin("POST", "/settings", {"throughput": 3, "window": "off"})
        assert [(await t.text(to=f"49171392000{n}")).status_code for n in range(1, 5)] == [200, 200, 200, 400]
        now[0] += 1.0
        assert (await t.text(to="491713920004")).status_code == 200


async def test_people_who_cannot_be_reached() -> None:
    async with town() as t:
        await t.admin("POST", "/settings", {"allow_list": True})
        await t.admin("PATCH", "/people/anna", {"allow_listed": False})
        assert code(await t.text()) == 131030
        await t.admin("POST", "/settings", {"allow_list": False})
        await t.admin("PATCH", "/people/anna", {"blocked": True})
        assert code(await t.text()) == 130403


async def test_blocking_needs_a_message_of_the_last_day() -> None:
    async with town() as t:
        await t.write("anna", text="Guten Tag")
        users = [{"user": "+491713920001"}, {"user": "+491713920003"}]
        body = {"messaging_product": "whatsapp", "block_users": users}
        answer = await t.client.post(f"/v26.0/{NUMBER}/block_users", json=body)
        assert (answer.status_code, code(answer)) == (400, 139100)
        assert [u["input"] for u in answer.json()["block_users"]["added_users"]] == ["+491713920001"]
        refused = await t.client.post("/sim/people/anna/messages", json={"text": "noch da?"})
        assert refused.status_code == 400


async def test_marking_as_read_marks_all_before_it() -> None:
    async with town() as t:
        first, second = await t.write("anna", text="eins"), await t.write("anna", text="zwei")
        third = await t.write("anna", text="drei")
        typing = {"type": "text"}
        answer = await t.send(status="read", message_id=second, typing_indicator=typing)
        assert answer.json() == {"success": True}
        chat = (await t.admin("GET", "/people/anna/chat"))["messages"]
        assert {m["id"]: m["status"] for m in chat} == {first: "read", second: "read", third: "sent"}
        shown = (await t.client.get("/phone/state?person=anna")).json()
        assert shown["typing"] is True
        again = f"/phone/state?person=anna&version={shown['version']}"
        assert (await t.client.get(again)).json() == {"version": shown["version"]}
        await t.admin("POST", "/clock", {"advance": 26})
        assert (await t.client.get(again)).json()["typing"] is False
        assert code(await t.send(status="read", message_id="wamid.none")) == 131009


async def test_a_quoted_message_that_is_gone_is_left_out() -> None:
    async with town() as t:
        known = await t.write("anna", text="eins")
        await t.text(context={"message_id": known})
        await t.text(context={"message_id": "wamid.gone"})
        chat = (await t.admin("GET", "/people/anna/chat"))["messages"]
        assert [m["quotes"] for m in chat] == [None, known, None]
