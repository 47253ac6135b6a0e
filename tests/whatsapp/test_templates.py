"""Templates at Graph: listed page by page, handed in as Meta wants them, refused in a way that can be told."""

from __future__ import annotations

import json
from urllib.parse import parse_qs, urlsplit
from zoneinfo import ZoneInfo

import pytest

from sessionhours.core.schedule import Town
from sessionhours.core.templates import Known, NotTaken, blueprints
from sessionhours.whatsapp.client import GraphClient
from tests.makers import PHONE_NUMBER_ID
from tests.whatsapp.graph import Graph, answer, graph, reset

WABA = "100000000000001"
TOKEN = "EAAinventedToken"
GERMAN = blueprints(Town("k", "Gemeinde K", ZoneInfo("Europe/Berlin")))[0]


def client(peer: Graph) -> GraphClient:
    return GraphClient({PHONE_NUMBER_ID: TOKEN}, graph_url=peer.url)


def page(*names: str, after: str | None = None, **fields: object) -> str:
    data = [
        {
            "id": str(number),
            "name": name,
            "language": "de",
            "status": "APPROVED",
            "category": "UTILITY",
            "components": [{"type": "body", "text": "Guten Tag {{1}}."}, {"type": "BUTTONS"}],
            **fields,
        }
        for number, name in enumerate(names, 1)
    ]
    more = {"next": "https://example.org"} if after else {}
    return json.dumps({"data": data, "paging": {"cursors": {"after": after or "end"}, **more}})


async def test_every_page_of_the_list_is_read_and_only_that_name_kept() -> None:
    first, second = page("antwort", "antwort_alt", after="X"), page("antwort", language="en-US")
    async with graph(answer(200, first), answer(200, second)) as peer, client(peer) as speaker:
        found = await speaker.templates(PHONE_NUMBER_ID, WABA, "antwort")
    body = "Guten Tag {{1}}."
    assert found == [
        Known("1", "antwort", "de", "APPROVED", "UTILITY", body),
        Known("1", "antwort", "en-US", "APPROVED", "UTILITY", body),
    ]
    asked = [urlsplit(one.target) for one in peer.requests]
    assert {one.path for one in asked} == {f"/v26.0/{WABA}/message_templates"}
    assert [parse_qs(one.query).get("after") for one in asked] == [None, ["X"]]
    assert {one.headers["authorization"] for one in peer.requests} == {f"Bearer {TOKEN}"}


async def test_why_it_was_rejected_is_kept() -> None:
    told = page("antwort", status="rejected", rejected_reason="INVALID_FORMAT")
    async with graph(answer(200, told)) as peer, client(peer) as speaker:
        (one,) = await speaker.templates(PHONE_NUMBER_ID, WABA, "antwort")
    assert (one.status, one.reason) == ("REJECTED", "INVALID_FORMAT")


@pytest.mark.parametrize(
    "body", ["{}", "[]", '{"data":7}', '{"data":[{"name":"antwort"},3,null]}', '{"paging":1}']
)
async def test_a_list_of_nonsense_is_empty(body: str) -> None:
    async with graph(answer(200, body)) as peer, client(peer) as speaker:
        assert await speaker.templates(PHONE_NUMBER_ID, WABA, "antwort") == []


async def test_a_list_without_end_is_left() -> None:
    async with graph(*[answer(200, page("antwort", after="X"))] * 20) as peer, client(peer) as speaker:
        await speaker.templates(PHONE_NUMBER_ID, WABA, "antwort")
    assert len(peer.requests) == 10


async def test_a_text_is_handed_in_as_meta_wants_it() -> None:
    made = '{"id":600000000000001,"status":"PENDING","category":"UTILITY"}'
    async with graph(answer(200, made)) as peer, client(peer) as speaker:
        known = await speaker.create_template(PHONE_NUMBER_ID, WABA, GERMAN)
    assert known == Known("600000000000001", GERMAN.name, "de", "PENDING", "UTILITY", GERMAN.body)
    (request,) = peer.requests
    assert (request.method, request.target) == ("POST", f"/v26.0/{WABA}/message_templates")
    assert json.loads(request.body) == {
        "name": "sprechstunde_antwort",
        "language": "de",
        "category": "UTILITY",
        "parameter_format": "POSITIONAL",
        "components": [
            {
                "type": "BODY",
                "text": GERMAN.body,
                "example": {"body_text": [["Anna Müller", "Gemeinde Kappelrodeck", "3. Dezember 2026"]]},
            },
            {"type": "BUTTONS", "buttons": [{"type": "QUICK_REPLY", "text": "Ja, bitte senden"}]},
        ],
    }


@pytest.mark.parametrize(
    ("status", "code"), [(400, 100), (401, 190), (403, 10), (400, 2388023), (400, 999999)]
)
async def test_what_meta_refuses_for_good_is_told(status: int, code: int) -> None:
    said = json.dumps({"error": {"message": "no", "code": code, "error_data": {"details": "Name is taken"}}})
    async with graph(answer(status, said), answer(status, said)) as peer, client(peer) as speaker:
        with pytest.raises(NotTaken) as refused:
            await speaker.create_template(PHONE_NUMBER_ID, WABA, GERMAN)
        with pytest.raises(NotTaken):
            await speaker.templates(PHONE_NUMBER_ID, WABA, "antwort")
    assert (refused.value.failure.code, refused.value.failure.details) == (code, "Name is taken")


@pytest.mark.parametrize(
    "behaviour",
    [
        answer(502, "<html>", "text/html"),
        answer(200, '{"status":"PENDING"}'),
        answer(400, '{"error":{"message":"slow","code":80007}}'),
        answer(503, '{"error":{"message":"down","code":2}}'),
        reset,
    ],
)
async def test_what_may_pass_may_be_tried_again(behaviour: object) -> None:
    async with graph(behaviour) as peer, client(peer) as speaker:  # type: ignore[arg-type]
        with pytest.raises(OSError):  # noqa: PT011 - any of its kinds
            await speaker.create_template(PHONE_NUMBER_ID, WABA, GERMAN)


async def test_without_a_token_nobody_is_asked() -> None:
    async with graph() as peer, GraphClient({}, graph_url=peer.url) as speaker:
        with pytest.raises(NotTaken) as refused:
            await speaker.templates(PHONE_NUMBER_ID, WABA, "antwort")
    assert refused.value.failure.code == 190
    assert peer.requests == []
