"""Misbehaviour on demand, seen from the client's side."""

from __future__ import annotations

import asyncio

import httpx
import pytest

from tests.simulator.receiver import NUMBER, Town, code, town


async def sends(t: Town) -> int:
    return len((await t.admin("GET", "/journal?kind=send"))["entries"])


@pytest.mark.parametrize(
    ("number", "status"),
    [(131056, 400), (190, 401), (131016, 500), (2, 503), (131031, 403), (132001, 404), (80007, 400)],
)
async def test_any_code_with_its_http_status_and_nothing_sent(number: int, status: int) -> None:
    async with town() as t:
        await t.write("anna", text="Guten Tag")
        await t.admin("POST", "/faults", {"on": "messages", "kind": "code", "code": number, "times": 2})
        for _ in range(2):
            answer = await t.text()
            assert (answer.status_code, code(answer)) == (status, number)
        assert (await t.text()).status_code == 200
        assert await sends(t) == 1


@pytest.mark.parametrize(
    ("kind", "accepted"),
    [("html502", 0), ("html504", 0), ("empty200", 1), ("no_id", 1), ("garbage", 1), ("error_after", 1)],
)
async def test_answers_that_say_little_or_lie(kind: str, accepted: int) -> None:
    async with town() as t:
        await t.write("anna", text="Guten Tag")
        await t.admin("POST", "/faults", {"on": "messages", "kind": kind})
        answer = await t.text()
        assert b"wamid" not in answer.content
        assert answer.status_code == {"html502": 502, "html504": 504, "error_after": 500}.get(kind, 200)
        assert await sends(t) == accepted


@pytest.mark.parametrize(
    ("kind", "accepted"),
    [("hang_before", 0), ("reset_before", 0), ("hang_after", 1), ("reset_after", 1)],
)
async def test_no_answer_at_all(kind: str, accepted: int) -> None:
    async with town() as t:
        await t.write("anna", text="Guten Tag")
        await t.admin("POST", "/faults", {"on": "messages", "kind": kind, "seconds": 0.05})
        with pytest.raises(httpx.ReadError):
            await t.text(biz_opaque_callback_data="out:1")
        assert await sends(t) == accepted
        await t.text(biz_opaque_callback_data="out:1")
        assert (await t.admin("GET", "/journal"))["doubles"] == (["out:1"] if accepted else [])


async def test_an_answer_that_drips() -> None:
    async with town() as t:
        await t.write("anna", text="Guten Tag")
        await t.admin("POST", "/faults", {"on": "messages", "kind": "drip", "seconds": 0.2})
        began = asyncio.get_running_loop().time()
        assert (await t.text()).json()["messages"][0]["id"].startswith("wamid.")
        assert asyncio.get_running_loop().time() - began > 0.15


async def test_a_fault_hits_only_its_place() -> None:
    async with town() as t:
        id = await t.write("anna", text="Guten Tag")
        await t.admin("POST", "/faults", {"on": "read", "kind": "code", "code": 4})
        assert (await t.text()).status_code == 200
        assert code(await t.send(status="read", message_id=id)) == 4
        assert await t.admin("GET", "/faults") == []


async def test_an_account_can_be_locked_for_good() -> None:
    async with town() as t:
        await t.write("anna", text="Guten Tag")
        await t.admin("POST", "/settings", {"refuse_all": 131031})
        assert code(await t.text()) == 131031
        node = await t.client.get(f"/v26.0/{NUMBER}", params={"fields": "health_status"})
        assert node.json()["health_status"]["can_send_message"] == "BLOCKED"


async def test_nonsense_is_refused_in_words() -> None:
    async with town() as t:
        for wish in ({"on": "moon", "kind": "code"}, {"on": "messages", "kind": "rain"}, {"on": "messages"}):
            answer = await t.client.post("/sim/faults", json=wish)
            assert answer.status_code == 400
            assert answer.json()["error"]
        assert (await t.client.post("/sim/policy", json={"bath": 1})).status_code == 400
        assert (await t.client.post("/sim/people/nobody/messages", json={})).status_code == 404


async def test_unknown_paths_are_refused_in_graphs_words() -> None:
    async with town() as t:
        for method, path in (
            ("GET", f"/v26.0/{NUMBER}/moons"),
            ("PUT", f"/v99.0/{NUMBER}"),
            ("GET", "/v26.0/x/y/z"),
        ):
            answer = await t.client.request(method, path)
            assert (answer.status_code, code(answer)) == (400, 2500)
        missing = await t.client.get("/v26.0/12345")
        asked = (await t.admin("GET", "/journal?kind=graph"))["entries"]
        assert [(e["method"], e["path"]) for e in asked][-1] == ("GET", "/v26.0/12345")
        assert (missing.status_code, missing.json()["error"]["error_subcode"]) == (400, 33)


async def test_another_site_may_not_steer() -> None:
    async with town() as t:
        for headers in ({"Origin": "https://evil.example"}, {"Sec-Fetch-Site": "cross-site"}):
            answer = await t.client.post("/sim/people/anna/messages", json={"text": "x"}, headers=headers)
            assert answer.status_code == 403
        same = {"Origin": "http://sim.test", "Sec-Fetch-Site": "same-origin"}
        answer = await t.client.post("/sim/people/anna/messages", json={"text": "x"}, headers=same)
        assert answer.status_code == 200
