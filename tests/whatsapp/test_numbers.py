"""What Meta says of a number, against a Graph on a real socket: its words, its refusal, or that nobody was reached."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from sessionhours.core.preflight import NumberState
from tests.whatsapp.graph import Behaviour, answer, close, flood, gibberish, graph, hang, reset
from tests.whatsapp.test_client import TOKEN, client
from tests.whatsapp.updates import LINE

DATE = "Thu, 03 Dec 2026 13:00:00 GMT"
AT = datetime(2026, 12, 3, 13, 0, tzinfo=UTC)
FINE = {
    "id": LINE,
    "status": "CONNECTED",
    "quality_rating": "GREEN",
    "health_status": {"can_send_message": "AVAILABLE", "entities": []},
}


async def state(behaviour: Behaviour, **settings: Any) -> NumberState:
    async with graph(behaviour) as peer, client(peer.url, **settings) as graph_client:
        return await graph_client.number_state(LINE)


async def test_it_asks_with_the_lines_own_token_and_reads_the_clock() -> None:
    async with graph(answer(200, json.dumps(FINE), Date=DATE)) as peer, client(peer.url) as asked:
        found = await asked.number_state(LINE)
    [request] = peer.requests
    assert (request.method, request.headers["authorization"]) == ("GET", f"Bearer {TOKEN}")
    target = urlsplit(request.target)
    assert target.path == f"/v26.0/{LINE}"
    assert parse_qs(target.query) == {"fields": ["status,quality_rating,health_status"]}
    assert found == NumberState("CONNECTED", "GREEN", "AVAILABLE", None, AT)


@pytest.mark.proves("AC-54")
async def test_a_revoked_token_is_metas_own_word() -> None:
    refused = {"error": {"code": 190, "message": "Error validating access token", "type": "OAuthException"}}
    found = await state(answer(401, json.dumps(refused), Date=DATE))
    assert found.failure is not None
    assert (found.failure.code, found.date, found.reached) == (190, AT, True)


async def test_without_a_token_nobody_is_asked() -> None:
    async with graph() as peer, client(peer.url, credentials={"1": TOKEN}) as asked:
        found = await asked.number_state(LINE)
    assert (found.failure and found.failure.code, peer.requests) == (190, [])


@pytest.mark.parametrize(
    "behaviour",
    [close, reset, gibberish, flood, answer(200, "<html>proxy</html>"), answer(502, "{}"), answer(200, "[]")],
)
async def test_whatever_stands_between_is_no_word_of_metas(behaviour: Behaviour) -> None:
    assert await state(behaviour) == NumberState(reached=False)


async def test_who_says_nothing_is_not_reached() -> None:
    assert await state(hang, deadline=0.3) == NumberState(reached=False)


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ({}, None),
        ({"id": LINE}, NumberState()),
        ({**FINE, "status": 7, "quality_rating": None, "health_status": []}, NumberState()),
        ({**FINE, "status": "X" * 100}, NumberState("X" * 40, "GREEN", "AVAILABLE")),
    ],
)
async def test_words_of_another_kind_are_none(body: object, expected: NumberState | None) -> None:
    assert await state(answer(200, json.dumps(body))) == (expected or NumberState(reached=False))


async def test_a_date_that_is_none_is_left_out() -> None:
    found = await state(answer(200, json.dumps(FINE), Date="gestern"))
    assert (found.status, found.date) == ("CONNECTED", None)
