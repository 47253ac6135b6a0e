"""Where files come from, and that the token goes nowhere else."""

from __future__ import annotations

import base64
import hashlib
import json
from typing import Any

import httpx
import pytest

from sessionhours.core.delivery import MediaGone
from sessionhours.whatsapp import media
from sessionhours.whatsapp.client import GraphClient
from tests.whatsapp.graph import Behaviour, Graph, answer, cut, drip, flood, graph, hang, reset
from tests.whatsapp.updates import LINE, PAYLOADS

TOKEN = "EAAinventedToken"
PICTURE = b"\xff\xd8\xff\xe0 a picture"
HEX = hashlib.sha256(PICTURE).hexdigest()
BASE64 = base64.b64encode(hashlib.sha256(PICTURE).digest()).decode()
#: Long for an answer on this machine however busy it is, and short for a test in which none comes.
QUICK = httpx.Timeout(30.0, read=5.0)
GRAPH = httpx.URL("https://graph.facebook.com/v26.0")


def client(peer: Graph, **settings: Any) -> GraphClient:
    return GraphClient({LINE: TOKEN}, graph_url=peer.url, timeout=QUICK, **settings)


def node(peer: Graph, **more: Any) -> Behaviour:
    """What Graph says of a file that lies on itself."""
    told = {"url": f"{peer.origin}/file?hash=AR", "mime_type": "image/jpeg", "sha256": HEX, "file_size": "16"}
    return answer(200, json.dumps({**told, **more}))


async def fetched(peer: Graph, *script: Behaviour, **settings: Any) -> tuple[bytes, str]:
    peer.script += script
    async with client(peer, **settings) as source:
        return await source.fetch(LINE, "500000000000020")


@pytest.mark.parametrize("sha256", [HEX, HEX.upper(), BASE64, None, "", "unreadable", "x" * 64])
async def test_a_file_is_looked_up_and_fetched(sha256: str | None):
    async with graph() as peer:
        got = await fetched(peer, node(peer, sha256=sha256, file_size=len(PICTURE)), answer(200, PICTURE))
    assert got == (PICTURE, "image/jpeg")
    first, second = peer.requests
    assert first.target == f"/v26.0/500000000000020?phone_number_id={LINE}"
    assert second.target == "/file?hash=AR"
    assert first.headers["authorization"] == second.headers["authorization"] == f"Bearer {TOKEN}"
    assert second.headers["accept-encoding"] == "identity"
    assert second.headers["user-agent"]


async def test_an_expired_address_is_looked_up_again():
    async with graph() as peer:
        got = await fetched(peer, node(peer), answer(404), node(peer), answer(200, PICTURE))
    assert got[0] == PICTURE


async def test_an_address_that_dies_twice_is_gone():
    async with graph() as peer:
        with pytest.raises(MediaGone):
            await fetched(peer, node(peer), answer(404), node(peer), answer(404))


GONE = {
    "no such id": answer(400, (PAYLOADS / "graph/errors/100_33_no_such_object.http400.json").read_bytes()),
    "404": answer(404),
    "too large, as announced": answer(
        200, '{"url":"https://lookaside.fbsbx.com/","file_size":"99999999999"}'
    ),
    "a foreign host": answer(200, '{"url":"https://example.org/"}'),
    "a file of ours": answer(200, '{"url":"file:///etc/passwd"}'),
}


@pytest.mark.parametrize("behaviour", GONE.values(), ids=GONE)
async def test_what_meta_does_not_have_is_gone_for_good(behaviour: Behaviour):
    async with graph() as peer:
        with pytest.raises(MediaGone):
            await fetched(peer, behaviour)
    assert len(peer.requests) == 1


@pytest.mark.parametrize("meta_id", ["", ".", ".."])
async def test_an_id_that_is_none_is_asked_of_nobody(meta_id: str):
    async with graph() as peer, client(peer) as source:
        with pytest.raises(MediaGone):
            await source.fetch(LINE, meta_id)
    assert peer.requests == []


AGAIN = {
    "expired token": answer(401, (PAYLOADS / "graph/errors/190_token_expired.http401.json").read_bytes()),
    "502": answer(502, "<html>"),
    "500": answer(500, '{"error":{"code":131016}}'),
    "200 and nothing": answer(200),
    "200 and no address": answer(200, '{"id":"500000000000020"}'),
    "hang": hang,
    "reset": reset,
}


@pytest.mark.parametrize("behaviour", AGAIN.values(), ids=AGAIN)
async def test_a_look_up_that_fails_may_be_tried_again(behaviour: Behaviour):
    async with graph() as peer:
        with pytest.raises(OSError, match=r".*"):
            await fetched(peer, behaviour)


BROKEN = {
    "401": answer(401),
    "500": answer(500),
    "another file": answer(200, b"something else"),
    "half a file": cut(len(PICTURE), PICTURE[:5]),
    "compressed": answer(200, b"\x1f\x8b\x08\x00", Content_Encoding="gzip"),
    "hang": hang,
    "reset": reset,
    "drip": drip(PICTURE),
}


@pytest.mark.parametrize("behaviour", BROKEN.values(), ids=BROKEN)
async def test_a_file_that_does_not_come_whole_may_be_tried_again(behaviour: Behaviour):
    async with graph() as peer:
        with pytest.raises(OSError, match=r".*"):
            await fetched(peer, node(peer), behaviour, media_deadline=1.0)


@pytest.mark.parametrize("sha256", [None, HEX])
async def test_a_file_of_another_size_is_not_whole(sha256: str | None):
    async with graph() as peer:
        with pytest.raises(OSError, match="whole"):
            await fetched(peer, node(peer, sha256=sha256, file_size=3), answer(200, PICTURE + b"!"))


async def test_an_endless_file_is_not_kept():
    async with graph() as peer:
        with pytest.raises(MediaGone, match="large"):
            await fetched(peer, node(peer, file_size=None), flood, largest_file=100_000)


async def test_a_line_without_a_token_waits_for_one():
    async with graph() as peer, client(peer) as source:
        with pytest.raises(OSError, match="token"):
            await source.fetch("another line", "500000000000020")
    assert peer.requests == []


async def test_a_redirect_is_not_followed_and_the_token_stays_here():
    async with graph() as elsewhere, graph() as peer:
        moved = answer(302, b"", Location=f"{elsewhere.origin}/file")
        with pytest.raises(OSError, match="302"):
            await fetched(peer, node(peer), moved)
    assert elsewhere.requests == []


async def test_another_port_of_this_machine_is_a_foreign_host():
    async with graph() as elsewhere, graph() as peer:
        with pytest.raises(MediaGone):
            await fetched(peer, node(peer, url=f"{elsewhere.origin}/file"))
    assert elsewhere.requests == []


@pytest.mark.parametrize(
    "url",
    [
        "https://lookaside.fbsbx.com/whatsapp_business/attachments/?mid=5&ext=1&hash=AR",
        "https://lookaside.fbsbx.com:443/x",
        "HTTPS://LOOKASIDE.FBSBX.COM/x",
        "https://graph.facebook.com/file",
    ],
)
def test_metas_own_hosts_are_permitted(url: str):
    assert media.permitted(url, GRAPH) is not None


@pytest.mark.parametrize(
    "url",
    [
        "http://lookaside.fbsbx.com/x",
        "https://lookaside.fbsbx.com:8443/x",
        "https://lookaside.fbsbx.com.example.org/x",
        "https://example.org/lookaside.fbsbx.com",
        "https://lookaside.fbsbx.com@example.org/x",
        "https://lookaside.fbsbx.com:443@example.org/x",
        "https://user@lookaside.fbsbx.com/x",
        "https://example.org#@lookaside.fbsbx.com/",
        "https://example.org\\@lookaside.fbsbx.com/",
        "https://xlookaside.fbsbx.com/",
        "https://lookaside.fbsbx.com./",
        "https://127.0.0.1/",
        "https://2130706433/",
        "https://[::1]/",
        "https://[::ffff:157.240.1.1]/",
        "https://[::",
        "//lookaside.fbsbx.com/x",
        "lookaside.fbsbx.com/x",
        "file:///etc/passwd",
        "ftp://lookaside.fbsbx.com/x",
        "data:text/plain,x",
        "https://lookaside.fbsbx.com:99999999/",
        "https://look\u200baside.fbsbx.com/",
        "https://ſookaside.fbsbx.com/",
        "",
    ],
)
def test_no_other_host_gets_the_token(url: str):
    assert media.permitted(url, GRAPH) is None


def test_the_vendored_description_of_a_file():
    told = json.loads((PAYLOADS / "graph/media_node.json").read_bytes())
    described = media.node(told)
    assert described is not None
    assert described.mime_type == "image/jpeg"
    assert described.size == 303833
    assert described.sha256 == "deadbeef" * 8
    assert media.permitted(described.url, GRAPH) is not None
