"""What the client makes of every recorded answer of Graph's, whatever it had asked."""

from __future__ import annotations

import json
from typing import Any

import pytest

from sessionhours.core.delivery import Accepted, Outgoing
from sessionhours.core.failures import MediaRefused
from sessionhours.whatsapp.client import GraphClient
from tests.whatsapp.graph import answer, graph
from tests.whatsapp.updates import LINE, PAYLOADS

TOKEN = "EAAinventedToken"
ANSWERS = PAYLOADS / "graph"
ERRORS = sorted(path.name.removesuffix(".json") for path in (ANSWERS / "errors").iterdir())

#: What is sent, where it goes, and the id by which its receipts will come.
SENT: dict[str, tuple[dict[str, Any], tuple[str, str], str]] = {
    "send_ok_phone": (
        {"phone": "491713920001", "kind": "text", "text": "Guten Tag"},
        ("to", "491713920001"),
        "wamid.HBgMNDkxNzEzOTIwMDAxFQIAEhgUM0FTSU00101AA==",
    ),
    "send_ok_bsuid": (
        {"user_id": "DE.70000000000000000002", "kind": "text", "text": "Guten Tag"},
        ("recipient", "DE.70000000000000000002"),
        "wamid.HBgMNDkxNzEzOTIwMDAxFQIAEhgUM0FTSU00103AA==",
    ),
    "send_ok_template": (
        {
            "phone": "491713920001",
            "kind": "template",
            "template": "sprechstunde_erinnerung",
            "language": "de",
        },
        ("to", "491713920001"),
        "wamid.HBgMNDkxNzEzOTIwMDAxFQIAEhgUM0FTSU00105AA==",
    ),
}

#: Refusals after which the same file may be given again, some only when the line works again; after the others Meta
#: will never have it.
PASSING = {
    "10_no_permission.http403",
    "131031_account_locked.http403",
    "131048_spam.http400",
    "133010_not_registered.http400",
    "190_token_expired.http401",
    "190_token_malformed.http401",
    "368_policy.http403",
    "130429_rate.http400",
    "131000_unknown.http500",
    "131016_service_unavailable.http500",
    "131056_pair_rate.http400",
    "131057_maintenance.http500",
    "2_temporarily_unavailable.http503",
    "4_app_rate.http400",
    "80007_waba_rate.http400",
}


def vendored(name: str) -> bytes:
    return (ANSWERS / f"{name}.json").read_bytes()


def refusal(name: str) -> tuple[int, bytes]:
    return int(name.rpartition("http")[2]), vendored(f"errors/{name}")


def client(url: str) -> GraphClient:
    return GraphClient({LINE: TOKEN}, graph_url=url)


@pytest.mark.parametrize("name", SENT)
async def test_a_message_is_accepted_under_its_id(name: str):
    message, (field, address), wamid = SENT[name]
    outgoing = Outgoing("buergermeister", LINE, "attempt-1", **{"user_id": None, "phone": None, **message})
    async with graph(answer(200, vendored(name))) as peer, client(peer.url) as sender:
        assert await sender.send(outgoing, tries=0) == Accepted(wamid)
    assert json.loads(peer.requests[0].body)[field] == address


@pytest.mark.parametrize("typing", [False, True])
async def test_a_read_mark_has_worked(typing: bool):
    async with graph(answer(200, vendored("success"))) as peer, client(peer.url) as sender:
        assert await sender.mark_read(LINE, "wamid.7", typing=typing) is True
    assert ("typing_indicator" in json.loads(peer.requests[0].body)) is typing


@pytest.mark.parametrize("name", ERRORS)
async def test_a_read_mark_that_is_refused_has_not(name: str):
    async with graph(answer(*refusal(name))) as peer, client(peer.url) as sender:
        assert await sender.mark_read(LINE, "wamid.7", typing=False) is False
    assert len(peer.requests) == 1


async def test_a_file_is_kept_under_its_id():
    async with graph(answer(200, vendored("media_uploaded"))) as peer, client(peer.url) as sender:
        assert await sender.upload_media(LINE, b"%PDF", "application/pdf") == "500000000000900"
    assert peer.requests[0].target == f"/v26.0/{LINE}/media"


@pytest.mark.parametrize("name", ERRORS)
async def test_a_file_that_is_refused_says_whether_it_may_be_given_again(name: str):
    kind = OSError if name in PASSING else MediaRefused
    async with graph(answer(*refusal(name))) as peer, client(peer.url) as sender:
        with pytest.raises(kind) as refused:
            await sender.upload_media(LINE, b"%PDF", "application/pdf")
    if isinstance(refused.value, MediaRefused):
        assert refused.value.failure.code == int(name.partition("_")[0])
