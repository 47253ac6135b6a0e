"""What the simulated Graph answers has the keys and the types of what Graph itself was recorded to answer."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from sessionhours.simulator import samples
from tests.simulator.receiver import NUMBER, WABA, Town, town

PAYLOADS = Path(__file__).parent.parent / "payloads" / "graph"
ANNA, BEKIR = "+491713920001", "DE.70000000000000000002"
GREETING = {"type": "text", "text": {"body": "Guten Tag"}}
REMINDER = {
    "name": "sprechstunde_erinnerung",
    "language": {"code": "de"},
    "components": [{"type": "body", "parameters": [{"type": "text", "text": x} for x in ("Anna", "17:00")]}],
}
PROFILE = {
    "about": "Sprechstunde des Bürgermeisters",
    "address": "Rathausstraße 1, 12345 Musterstadt",
    "description": "Fragen an den Bürgermeister",
    "email": "rathaus@example.org",
    "websites": ["https://musterstadt.example/"],
    "vertical": "GOVT",
    "profile_picture_handle": "4::invented",
}
NODE = (
    "id,verified_name,display_phone_number,code_verification_status,quality_rating,platform_type,throughput,"
    "name_status,status,is_official_business_account,is_pin_enabled,account_mode,webhook_configuration,"
    "whatsapp_business_manager_messaging_limit,health_status{can_send_message,entities}"
)

Ask = Callable[[Town], Awaitable[httpx.Response]]


def shape(value: Any) -> Any:
    """The keys and types all the way down; of a list the kinds of things in it."""
    match value:
        case dict():
            return {key: shape(value[key]) for key in sorted(value)}
        case list():
            return sorted({repr(shape(one)) for one in value})
        case _:
            return type(value).__name__


def recorded(name: str) -> tuple[int, Any]:
    """HTTP status and body of one recorded answer."""
    status = int(name.rpartition(".http")[2]) if ".http" in name else 200
    return status, json.loads((PAYLOADS / f"{name}.json").read_bytes())


def get(path: str, **query: str) -> Ask:
    return lambda t: t.client.get(f"/v26.0/{path}", params=query)


def post(path: str, **body: Any) -> Ask:
    return lambda t: t.client.post(f"/v26.0/{path}", json={"messaging_product": "whatsapp", **body})


def sent(**body: Any) -> Ask:
    return post(f"{NUMBER}/messages", **body)


def both(first: Ask, second: Ask) -> Ask:
    """The answer to the second, once the first has succeeded."""

    async def ask(t: Town) -> httpx.Response:
        assert (await first(t)).status_code == 200
        return await second(t)

    return ask


async def upload(t: Town) -> httpx.Response:
    form = {"messaging_product": "whatsapp", "type": "image/jpeg"}
    file = ("plan.jpg", samples.PHOTO, "image/jpeg")
    return await t.client.post(f"/v26.0/{NUMBER}/media", data=form, files={"file": file})


async def look_up(t: Town) -> httpx.Response:
    return await t.client.get(f"/v26.0/{(await upload(t)).json()['id']}")


async def history(t: Town) -> httpx.Response:
    wamid = (await t.text()).json()["messages"][0]["id"]
    return await t.client.get(f"/v26.0/{NUMBER}/message_history", params={"message_id": wamid})


async def mark_read(t: Town) -> httpx.Response:
    return await t.send(status="read", message_id=await t.write("anna", text="noch etwas"))


def block(**person: str) -> Ask:
    return post(f"{NUMBER}/block_users", block_users=[person])


ANSWERS: dict[str, Ask] = {
    "block_ok": block(user=ANNA),
    "block_ok_bsuid": block(user_id=BEKIR),
    "block_partial_failure.http400": block(user="491713920077"),
    "blocked_list": both(block(user=ANNA), get(f"{NUMBER}/block_users")),
    "business_profile": both(
        post(f"{NUMBER}/whatsapp_business_profile", **PROFILE), get(f"{NUMBER}/whatsapp_business_profile")
    ),
    "media_node": look_up,
    "media_uploaded": upload,
    "message_history": history,
    "phone_number_node": get(NUMBER, fields=NODE),
    "phone_numbers_list": get(f"{WABA}/phone_numbers"),
    "send_ok_bsuid": sent(recipient=BEKIR, **GREETING),
    "send_ok_phone": sent(to=ANNA, **GREETING),
    "send_ok_template": sent(to=ANNA, type="template", template=REMINDER),
    "settings_get": get(f"{NUMBER}/settings"),
    "subscribed_apps": get(f"{WABA}/subscribed_apps"),
    "success": mark_read,
    "template_created": post(
        f"{WABA}/message_templates",
        name="danke",
        language="de",
        category="UTILITY",
        components=[{"type": "BODY", "text": "Danke"}],
    ),
    "templates_list": get(f"{WABA}/message_templates", name="sprechstunde_erinnerung", summary="total_count"),
}


def failing(code: int, **more: Any) -> Ask:
    """The answer to a good message while Graph is to refuse with this code."""

    async def ask(t: Town) -> httpx.Response:
        await t.admin("POST", "/faults", {"on": "messages", "kind": "code", "code": code, **more})
        return await t.text()

    return ask


def under(rule: dict[str, Any], times: int = 1, ask: Ask = Town.text) -> Ask:
    """The last of so many answers while this rule of the platform holds."""

    async def asked(t: Town) -> httpx.Response:
        await t.admin("POST", "/settings", rule)
        return [await ask(t) for _ in range(times)][-1]

    return asked


async def decided(t: Town, name: str, status: str) -> None:
    """The review of a template ends, or is taken back."""
    [found] = (await t.client.get(f"/v26.0/{WABA}/message_templates", params={"name": name})).json()["data"]
    await t.admin("POST", f"/templates/{found['id']}", {"status": status})


async def paused_template(t: Town) -> httpx.Response:
    await decided(t, "sprechstunde_erinnerung", "PAUSED")
    return await ANSWERS["send_ok_template"](t)


async def code_to_a_user_id(t: Town) -> httpx.Response:
    new = {"name": "code", "language": "de", "category": "AUTHENTICATION"}
    await post(f"{WABA}/message_templates", **new, components=[{"type": "BODY", "text": "Code"}])(t)
    await decided(t, "code", "APPROVED")
    template = {"name": "code", "language": {"code": "de"}}
    return await t.send(recipient=BEKIR, type="template", template=template)


async def number_is_gone(t: Town) -> httpx.Response:
    await t.admin("POST", "/numbers", {"id": NUMBER, "status": "DISCONNECTED"})
    return await t.text()


async def wrong_token(t: Town) -> httpx.Response:
    return await t.client.get(f"/v26.0/{NUMBER}", headers={"Authorization": "Bearer wrong"})


def template(name: str) -> Ask:
    return sent(to=ANNA, type="template", template={"name": name, "language": {"code": "de"}})


def button(title: str) -> Ask:
    reply = {"type": "reply", "reply": {"id": "1", "title": title}}
    content = {"type": "button", "body": {"text": "Bitte wählen"}, "action": {"buttons": [reply]}}
    return sent(to=ANNA, type="interactive", interactive=content)


ERRORS: dict[str, Ask] = {
    "100_33_no_such_object.http400": post("1/messages", to=ANNA, **GREETING),
    "100_invalid_parameter.http400": sent(to=ANNA, type="text", text={}),
    "10_no_permission.http403": failing(10),
    "130429_rate.http400": under({"throughput": 0}),
    "131000_unknown.http500": failing(131000),
    "131008_missing.http400": sent(**GREETING),
    "131009_invalid_value.http400": button("ein Knopf mit viel Text"),
    "131016_service_unavailable.http500": failing(131016),
    "131030_not_in_allow_list.http400": under({"allow_list": True}, ask=sent(to="+491713920077", **GREETING)),
    "131031_account_locked.http403": under({"refuse_all": 131031}),
    "131047_window_closed.http400": sent(to="+491713920003", **GREETING),
    "131048_spam.http400": failing(131048),
    "131056_pair_rate.http400": under({"pair_rate": "strict"}, times=46),
    "131057_maintenance.http500": failing(131057),
    "131062_bsuid_not_supported.http400": code_to_a_user_id,
    "132000_param_count.http400": template("buergeranfrage_antwort"),
    "132001_no_template.http404": template("x"),
    "132015_template_paused.http400": paused_template,
    "133010_not_registered.http400": number_is_gone,
    "190_token_expired.http401": failing(190, subcode=463),
    "190_token_malformed.http401": wrong_token,
    "2_temporarily_unavailable.http503": failing(2),
    "368_policy.http403": failing(368),
    "4_app_rate.http400": failing(4),
    "80007_waba_rate.http400": failing(80007),
}


async def answered(ask: Ask) -> httpx.Response:
    """The answer in a town where two people have just written."""
    async with town() as t:
        await t.write("anna", text="Guten Tag")
        await t.write("bekir", text="Guten Tag")
        return await ask(t)


@pytest.mark.parametrize("name", ANSWERS)
async def test_an_answer_has_the_recorded_keys_and_types(name: str) -> None:
    answer = await answered(ANSWERS[name])
    status, body = recorded(name)
    assert (answer.status_code, shape(answer.json())) == (status, shape(body))


@pytest.mark.parametrize("name", ERRORS)
async def test_a_refusal_is_the_recorded_one(name: str) -> None:
    answer = await answered(ERRORS[name])
    status, body = recorded(f"errors/{name}")
    assert (answer.status_code, shape(answer.json())) == (status, shape(body))
    for varying in ("fbtrace_id", "error_data"):
        body["error"].pop(varying, None)
    assert body["error"].items() <= answer.json()["error"].items()


def test_no_recorded_answer_is_left_out() -> None:
    there = {path.relative_to(PAYLOADS).as_posix().removesuffix(".json") for path in PAYLOADS.rglob("*.json")}
    assert there == set(ANSWERS) | {f"errors/{name}" for name in ERRORS}


SUCCEEDS: dict[str, Ask] = {
    "profile": post(f"{NUMBER}/whatsapp_business_profile", **PROFILE),
    "settings": post(f"{NUMBER}/settings", calling={"status": "DISABLED"}),
    "registration": post(f"{NUMBER}/register", pin="123456"),
    "subscription": post(f"{WABA}/subscribed_apps"),
    "end of subscription": lambda t: t.client.delete(f"/v26.0/{WABA}/subscribed_apps"),
    "deleted template": lambda t: t.client.delete(
        f"/v26.0/{WABA}/message_templates", params={"name": "buergeranfrage_antwort"}
    ),
}


@pytest.mark.parametrize("name", SUCCEEDS)
async def test_whatever_only_succeeds_says_so_alike(name: str) -> None:
    answer = await answered(SUCCEEDS[name])
    assert (answer.status_code, answer.json()) == recorded("success")


async def test_a_picture_of_the_profile_is_given_as_a_handle_and_shown_as_an_address() -> None:
    shown = (await answered(ANSWERS["business_profile"])).json()["data"][0]
    assert shown["profile_picture_url"].startswith("https://")
    assert "profile_picture_handle" not in shown


async def test_a_number_without_a_webhook_names_none() -> None:
    async with town() as t:
        t.sim.simulation.courier.webhook.url = None
        await t.write("anna", text="Guten Tag")
        assert (await ANSWERS["phone_number_node"](t)).json()["webhook_configuration"] == {}
        [entry] = (await history(t)).json()["data"]
        assert entry["events"]["data"][0].keys() == {"id", "delivery_status", "timestamp"}
