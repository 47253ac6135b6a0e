"""What becomes of a message, against a Graph on a real socket."""

from __future__ import annotations

import asyncio
import json
import socket
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import httpx
import pytest

from sessionhours.core.delivery import Accepted, NotSent, Outcome, Outgoing, Rejected, Unclear
from sessionhours.core.failures import MediaRefused
from sessionhours.whatsapp import outcomes
from sessionhours.whatsapp.client import TIMEOUT, GraphClient
from tests.whatsapp.graph import (
    Behaviour,
    Graph,
    answer,
    close,
    cut,
    drip,
    flood,
    gibberish,
    graph,
    hang,
    reset,
)
from tests.whatsapp.updates import LINE, PAYLOADS

TOKEN = "EAAinventedToken"
OK = (PAYLOADS / "graph/send_ok_bsuid.json").read_bytes()
WAMID = "wamid.HBgMNDkxNzEzOTIwMDAxFQIAEhgUM0FTSU00103AA=="
#: Long for an answer on this machine however busy it is, and short for a test in which none comes.
QUICK = httpx.Timeout(30.0, read=5.0)


def client(url: str, *, credentials: Mapping[str, str] | None = None, **settings: Any) -> GraphClient:
    return GraphClient(credentials or {LINE: TOKEN}, graph_url=url, **{"timeout": QUICK, **settings})


def outgoing(**more: Any) -> Outgoing:
    given = {"user_id": "DE.a1B2", "phone": "491713920001", "kind": "text", "text": "Grüß Gott", **more}
    return Outgoing("buergermeister", LINE, "attempt-1", **given)


async def send(peer: Graph, message: Outgoing | None = None, *, tries: int = 0, **settings: Any) -> Outcome:
    async with client(peer.url, **settings) as sender:
        return await sender.send(message or outgoing(), tries=tries)


# What goes over the wire

BODIES: list[tuple[dict[str, Any], dict[str, Any]]] = [
    ({}, {"type": "text", "text": {"body": "Grüß Gott", "preview_url": False}}),
    (
        {"reply_to": "wamid.7"},
        {
            "type": "text",
            "text": {"body": "Grüß Gott", "preview_url": False},
            "context": {"message_id": "wamid.7"},
        },
    ),
    (
        {"kind": "reaction", "target": "wamid.7", "emoji": "👍", "reply_to": "wamid.7"},
        {"type": "reaction", "reaction": {"message_id": "wamid.7", "emoji": "👍"}},
    ),
    (
        {"kind": "reaction", "target": "wamid.7", "emoji": None},
        {"type": "reaction", "reaction": {"message_id": "wamid.7", "emoji": ""}},
    ),
    (
        {"kind": "image", "media_id": "500", "text": ""},
        {"type": "image", "image": {"id": "500"}},
    ),
    (
        {"kind": "image", "media_id": "500", "text": "Plan", "filename": "plan.png"},
        {"type": "image", "image": {"id": "500", "caption": "Plan"}},
    ),
    (
        {"kind": "document", "media_id": "500", "text": "Plan", "filename": "plan.pdf"},
        {"type": "document", "document": {"id": "500", "caption": "Plan", "filename": "plan.pdf"}},
    ),
    (
        {
            "kind": "template",
            "template": "sprechstunde_erinnerung",
            "language": "de",
            "parameters": ("Anna", "15 Uhr"),
        },
        {
            "type": "template",
            "template": {
                "name": "sprechstunde_erinnerung",
                "language": {"code": "de"},
                "components": [
                    {
                        "type": "body",
                        "parameters": [{"type": "text", "text": "Anna"}, {"type": "text", "text": "15 Uhr"}],
                    }
                ],
            },
        },
    ),
    (
        {"kind": "template", "template": "gruss", "language": "de"},
        {"type": "template", "template": {"name": "gruss", "language": {"code": "de"}}},
    ),
]


@pytest.mark.parametrize(("message", "expected"), BODIES)
async def test_the_body_is_the_contracts(message: dict[str, Any], expected: dict[str, Any]):
    async with graph(answer(200, OK)) as peer:
        assert await send(peer, outgoing(**message)) == Accepted(WAMID)
    [request] = peer.requests
    assert (request.method, request.target) == ("POST", f"/v26.0/{LINE}/messages")
    assert request.headers["authorization"] == f"Bearer {TOKEN}"
    assert request.headers["content-type"] == "application/json"
    assert json.loads(request.body) == {
        "messaging_product": "whatsapp",
        "recipient_type": "individual",
        "recipient": "DE.a1B2",
        "biz_opaque_callback_data": "attempt-1",
        **expected,
    }


async def test_the_phone_number_is_used_only_where_no_bsuid_is_known():
    async with graph(answer(200, OK)) as peer:
        await send(peer, outgoing(user_id=None))
    body = json.loads(peer.requests[0].body)
    assert body["to"] == "491713920001"
    assert "recipient" not in body


async def test_one_connection_serves_several_sends():
    async with graph(answer(200, OK), answer(200, OK)) as peer, client(peer.url) as sender:
        await sender.send(outgoing(), tries=0)
        await sender.send(outgoing(), tries=0)
    assert len(peer.requests) == 2


# Certainly not sent


@pytest.mark.proves("F53")
async def test_nobody_listens():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    async with client(f"http://127.0.0.1:{port}") as sender:
        outcome = await sender.send(outgoing(), tries=0)
    assert outcome == NotSent("ConnectError", outcomes.pause(outcomes.PACE_NETWORK, "attempt-1", 0))


@pytest.mark.proves("F53")
async def test_the_name_cannot_be_resolved():
    async with client("https://graph.invalid") as sender:
        outcome = await sender.send(outgoing(), tries=0)
    assert isinstance(outcome, NotSent)


@pytest.mark.proves("F53")
async def test_the_peer_does_not_speak_tls():
    async def no_tls(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(1)
        writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")
        writer.close()

    server = await asyncio.start_server(no_tls, "127.0.0.1", 0)
    async with server, client(f"https://127.0.0.1:{server.sockets[0].getsockname()[1]}") as sender:
        outcome = await sender.send(outgoing(), tries=0)
    assert isinstance(outcome, NotSent)
    assert outcome.why == "ConnectError"


@pytest.mark.proves("F53")
async def test_the_handshake_hangs():
    """A peer that takes the connection and never speaks TLS: no byte of the message can have left."""
    silent = asyncio.Event()

    async def silence(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await silent.wait()
        writer.close()

    server = await asyncio.start_server(silence, "127.0.0.1", 0)
    url = f"https://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    async with server, client(url, timeout=httpx.Timeout(2.0, connect=0.2)) as sender:
        outcome = await sender.send(outgoing(), tries=0)
        silent.set()
    assert isinstance(outcome, NotSent)
    assert outcome.why == "ConnectTimeout"


@pytest.mark.proves("F53")
async def test_no_connection_is_free():
    """More sends than connections: those that never got one were never sent."""
    many = 20
    async with graph(*[hang] * many) as peer:
        async with client(peer.url, timeout=httpx.Timeout(1.0, pool=0.2)) as sender:
            results = await asyncio.gather(*[sender.send(outgoing(), tries=0) for _ in range(many)])
        never_left = [outcome for outcome in results if isinstance(outcome, NotSent)]
        assert len(never_left) == many - len(peer.requests) > 0
        assert {outcome.why for outcome in never_left} == {"PoolTimeout"}


def test_waiting_grows_and_ends_somewhere():
    waits = [outcomes.pause(outcomes.PACE_NETWORK, "attempt-1", tries) for tries in range(10)]
    assert waits == sorted(waits)
    assert timedelta(seconds=1) <= waits[0] < timedelta(seconds=2)
    assert outcomes.pause(outcomes.PACE_NETWORK, "a", 10**6) <= outcomes.LONGEST * (1 + outcomes.JITTER)
    assert len({outcomes.pause(outcomes.PACE_NETWORK, f"attempt-{n}", 3) for n in range(50)}) > 40


# Unclear

UNCLEAR: list[tuple[str, Behaviour]] = [
    ("accept, then hang", hang),
    ("accept, then reset", reset),
    ("accept, then close", close),
    ("half an answer", cut(500, b'{"messages":[{"id":"wamid.')),
    ("another protocol", gibberish),
    ("an endless answer", flood),
    ("200 and nothing", answer(200)),
    ("200 and HTML", answer(200, "<html>ok</html>", "text/html")),
    ("200 and no message", answer(200, '{"messages":[]}')),
    ("200 and no id", answer(200, '{"messages":[{"message_status":"accepted"}]}')),
    ("200 and an empty id", answer(200, '{"messages":[{"id":""}]}')),
    ("200 and a list", answer(200, "[]")),
    ("200 and an error", answer(200, '{"error":{"code":131047}}')),
    ("204", answer(204)),
    ("302 and a message id", answer(302, OK, location="/")),
    ("302", answer(302, b"", location="https://example.org/")),
    ("307", answer(307, b"", location="/v26.0/elsewhere")),
    ("400 and HTML", answer(400, "<html>bad</html>", "text/html")),
    ("400 and an error without a code", answer(400, '{"error":{"message":"?"}}')),
    ("400 and an error that is text", answer(400, '{"error":"bad"}')),
    ("404 and nothing", answer(404)),
    ("429 and nothing", answer(429)),
    ("500 and nothing", answer(500)),
    ("502 and HTML", answer(502, "<html>Bad Gateway</html>", "text/html")),
    ("503 and HTML", answer(503, "<html></html>", "text/html")),
    ("504 and text", answer(504, "upstream timed out", "text/plain")),
    ("500 and an unknown code", answer(500, '{"error":{"code":999999}}')),
    ("400 and an unknown code that passes", answer(400, '{"error":{"code":999999,"is_transient":true}}')),
    ("deep nesting", answer(200, "[" * 100_000)),
]


@pytest.mark.parametrize("behaviour", [pytest.param(behave, id=name) for name, behave in UNCLEAR])
@pytest.mark.proves("F52", "F54", "F56", "F60")
async def test_nobody_knows_whether_it_was_sent(behaviour: Behaviour):
    async with graph(behaviour) as peer:
        outcome = await send(peer)
    assert isinstance(outcome, Unclear)
    assert len(peer.requests) == 1
    assert outcome.why
    assert "DE.a1B2" not in outcome.why


@pytest.mark.proves("F55")
async def test_an_answer_that_drips_ends_at_the_deadline():
    async with graph(drip(OK)) as peer:
        outcome = await send(peer, deadline=0.4, timeout=httpx.Timeout(10.0))
    assert outcome == Unclear("TimeoutError")


def test_a_deadline_cannot_strike_before_the_connection_has_failed():
    phases = TIMEOUT.as_dict()
    assert (phases["connect"] or 99) + (phases["pool"] or 99) < 20


async def test_a_connection_that_the_peer_has_closed_meanwhile_is_not_used_again():
    async def last(request: Any, writer: asyncio.StreamWriter) -> None:
        await answer(200, OK)(request, writer)
        await writer.drain()
        writer.close()

    async with graph(last, answer(200, OK)) as peer, client(peer.url) as sender:
        assert await sender.send(outgoing(), tries=0) == Accepted(WAMID)
        assert await sender.send(outgoing(), tries=0) == Accepted(WAMID)


# Every error of Graph's that is vendored

REFUSED: dict[str, type[Outcome]] = {
    "100_33_no_such_object.http400": Rejected,
    "100_invalid_parameter.http400": Rejected,
    "10_no_permission.http403": Rejected,
    "130429_rate.http400": NotSent,
    "131000_unknown.http500": Unclear,
    "131008_missing.http400": Rejected,
    "131009_invalid_value.http400": Rejected,
    "131016_service_unavailable.http500": Unclear,
    "131030_not_in_allow_list.http400": Rejected,
    "131031_account_locked.http403": Rejected,
    "131047_window_closed.http400": Rejected,
    "131048_spam.http400": Rejected,
    "131056_pair_rate.http400": NotSent,
    "131057_maintenance.http500": NotSent,
    "131062_bsuid_not_supported.http400": Rejected,
    "132000_param_count.http400": Rejected,
    "132001_no_template.http404": Rejected,
    "132015_template_paused.http400": Rejected,
    "133010_not_registered.http400": Rejected,
    "190_token_expired.http401": Rejected,
    "190_token_malformed.http401": Rejected,
    "2_temporarily_unavailable.http503": Unclear,
    "368_policy.http403": Rejected,
    "4_app_rate.http400": NotSent,
    "80007_waba_rate.http400": NotSent,
}

#: Of those, the ones after which nothing else on the line will pass.
STOPPING = {10, 190, 368, 131031, 131048, 133010}


def vendored_error(name: str) -> tuple[int, bytes]:
    return int(name.rpartition("http")[2]), (PAYLOADS / f"graph/errors/{name}.json").read_bytes()


@pytest.mark.parametrize("name", REFUSED)
async def test_a_refusal(name: str):
    status, body = vendored_error(name)
    code = int(name.partition("_")[0])
    async with graph(answer(status, body)) as peer:
        outcome = await send(peer, tries=2)
    assert type(outcome) is REFUSED[name]
    if isinstance(outcome, Rejected):
        assert outcome.failure.code == code
        assert outcome.stop is (code in STOPPING)
    if isinstance(outcome, NotSent):
        assert outcome.failure is not None
        assert outcome.failure.code == code
        assert outcome.wait > timedelta(0)


def test_no_vendored_error_is_left_out():
    assert {path.name.removesuffix(".json") for path in (PAYLOADS / "graph/errors").iterdir()} == set(REFUSED)


@pytest.mark.parametrize(
    ("tries", "seconds"), [(0, 1), (1, 4), (2, 16), (3, 64), (4, 256), (5, 900), (50, 900)]
)
def test_pair_rate_waits_four_to_the_power_of_tries(tries: int, seconds: int):
    outcome = outcomes.of_answer(400, b'{"error":{"code":131056}}', "attempt-1", tries)
    assert isinstance(outcome, NotSent)
    assert seconds <= outcome.wait.total_seconds() <= seconds * 1.25


def test_an_unknown_code_is_judged_by_its_status():
    def judged(status: int, error: str) -> Outcome:
        return outcomes.of_answer(status, b'{"error":%b}' % error.encode(), "a", 0)

    assert isinstance(judged(400, '{"code":999999}'), Rejected)
    assert isinstance(judged(429, '{"code":999999}'), NotSent)
    assert isinstance(judged(500, '{"code":999999}'), Unclear)
    assert isinstance(judged(400, '{"code":999999,"is_transient":true}'), Unclear)


# Tokens and addresses


async def test_a_renewed_token_works_at_once_and_a_line_without_one_stops():
    tokens: dict[str, str] = {}
    async with graph(answer(200, OK)) as peer, GraphClient(tokens, graph_url=peer.url) as sender:
        outcome = await sender.send(outgoing(), tries=0)
        assert isinstance(outcome, Rejected)
        assert (outcome.failure.code, outcome.stop) == (190, True)
        tokens[LINE] = "EAArenewed"
        assert await sender.send(outgoing(), tries=1) == Accepted(WAMID)
    assert [request.headers["authorization"] for request in peer.requests] == ["Bearer EAArenewed"]


@pytest.mark.parametrize("token", ["", " ", "EAA\nX-Evil: 1", "EAÄ", "EAA\0"])
async def test_a_token_that_cannot_stand_in_a_header_is_none(token: str):
    async with graph() as peer, client(peer.url, credentials={LINE: token}) as sender:
        outcome = await sender.send(outgoing(), tries=0)
        assert await sender.mark_read(LINE, "wamid.7", typing=False) is False
    assert isinstance(outcome, Rejected)
    assert outcome.stop
    assert peer.requests == []


async def test_the_end_of_line_of_a_token_file_is_not_part_of_the_token():
    async with graph(answer(200, OK)) as peer:
        assert await send(peer, credentials={LINE: f"{TOKEN}\n"}) == Accepted(WAMID)
    assert peer.requests[0].headers["authorization"] == f"Bearer {TOKEN}"


async def test_half_a_character_is_refused_here():
    async with graph() as peer:
        outcome = await send(peer, outgoing(text="\ud83d"))
    assert isinstance(outcome, Rejected)
    assert not outcome.stop
    assert peer.requests == []


async def test_proxies_of_the_environment_are_not_asked(monkeypatch: pytest.MonkeyPatch):
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    async with graph(answer(200, OK)) as peer:
        assert await send(peer) == Accepted(WAMID)


@pytest.mark.parametrize(
    "url", ["http://graph.facebook.com/v26.0", "http://10.0.0.1", "ftp://127.0.0.1", "graph.facebook.com", ""]
)
def test_the_token_is_not_sent_in_the_clear(url: str):
    with pytest.raises(ValueError, match="https"):
        GraphClient({}, graph_url=url)


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1:9000/", "http://localhost:9000", "http://[::1]:9000/v26.0"]
)
def test_a_simulator_on_this_machine_is_welcome(url: str):
    assert url.rstrip("/") in repr(GraphClient({}, graph_url=url))


async def test_a_strange_id_stays_one_part_of_the_path():
    strange = "../1?a=b#c"
    async with (
        graph(answer(400, '{"error":{"code":100}}')) as peer,
        client(peer.url, credentials={strange: TOKEN}) as sender,
    ):
        await sender.mark_read(strange, "wamid.1", typing=False)
    assert peer.requests[0].target == "/v26.0/..%2F1%3Fa%3Db%23c/messages"


async def test_the_token_is_in_no_log_and_no_repr(caplog: pytest.LogCaptureFixture):
    caplog.set_level("DEBUG")
    async with graph(answer(200, OK), reset) as peer, client(peer.url) as sender:
        shown = repr(sender)
        await sender.send(outgoing(), tries=0)
        shown += repr(await sender.send(outgoing(), tries=0))
    assert len(caplog.records) > 5
    assert TOKEN not in shown + caplog.text
    assert "DE.a1B2" not in shown + caplog.text
    assert "Grüß" not in shown + caplog.text


# Read marks


@pytest.mark.parametrize("typing", [False, True])
async def test_a_message_is_marked_as_read(typing: bool):
    async with graph(answer(200, '{"success":true}')) as peer, client(peer.url) as sender:
        assert await sender.mark_read(LINE, "wamid.7", typing=typing) is True
    body = {"messaging_product": "whatsapp", "status": "read", "message_id": "wamid.7"}
    more = {"typing_indicator": {"type": "text"}} if typing else {}
    assert json.loads(peer.requests[0].body) == body | more


@pytest.mark.parametrize(
    "behaviour", [answer(400, '{"error":{"code":131009}}'), reset, hang, answer(502, "<html>")]
)
async def test_a_read_mark_that_fails_is_no_fault(behaviour: Behaviour):
    async with graph(behaviour) as peer, client(peer.url) as sender:
        assert await sender.mark_read(LINE, "wamid.7", typing=True) is False
        assert await sender.mark_read("unknown", "wamid.7", typing=True) is False


# Uploads


async def test_a_file_is_uploaded():
    uploaded = (PAYLOADS / "graph/media_uploaded.json").read_bytes()
    async with graph(answer(200, uploaded)) as peer, client(peer.url) as sender:
        media_id = await sender.upload_media(LINE, b"%PDF", "application/pdf", "plan.pdf")
    assert media_id == "500000000000900"
    [request] = peer.requests
    assert (request.method, request.target) == ("POST", f"/v26.0/{LINE}/media")
    assert request.headers["content-type"].startswith("multipart/form-data")
    for part in (b'name="messaging_product"', b"whatsapp", b'name="type"', b'filename="plan.pdf"', b"%PDF"):
        assert part in request.body


async def test_a_file_that_meta_refuses_says_why():
    async with (
        graph(answer(400, '{"error":{"code":131053,"message":"no"}}')) as peer,
        client(peer.url) as sender,
    ):
        with pytest.raises(MediaRefused) as refused:
            await sender.upload_media(LINE, b"GIF8", "image/gif")
    assert refused.value.failure.code == 131053


@pytest.mark.parametrize(
    "behaviour", [answer(500), answer(200, "{}"), reset, hang, answer(400, '{"error":{"code":4}}')]
)
async def test_an_upload_that_fails_may_be_tried_again(behaviour: Behaviour):
    async with graph(behaviour) as peer, client(peer.url, media_deadline=0.5) as sender:
        with pytest.raises(OSError, match=r".*"):
            await sender.upload_media(LINE, b"%PDF", "application/pdf")
