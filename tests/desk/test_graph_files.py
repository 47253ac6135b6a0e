"""What Graph answers about a citizen's file, and what the message then shows of it."""

from __future__ import annotations

import json
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path

import pytest

from sessionhours.desk.media import WAITS, MediaLoop
from sessionhours.simulator.samples import PHOTO
from tests.desk.meta import client, load, recorded, refused
from tests.desk.office import Desk
from tests.desk.test_intake_payloads import NOW, OPEN
from tests.makers import Clock
from tests.whatsapp.graph import Behaviour, Request, answer, graph

#: What a look-up of a file says when the file is not given, and what the message then shows of its picture.
LOOK_UPS = {
    "100_33_no_such_object.http400": "lost",
    "10_no_permission.http403": "waiting",
    "190_token_expired.http401": "waiting",
    "190_token_malformed.http401": "waiting",
    "2_temporarily_unavailable.http503": "waiting",
    "368_policy.http403": "waiting",
    "4_app_rate.http400": "waiting",
    "80007_waba_rate.http400": "waiting",
}


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    """One engine is enough: what differs between the two is tested elsewhere."""
    return sqlite_url


@pytest.fixture
def desk(new_desk: Callable[..., Desk]) -> Desk:
    return new_desk(OPEN, Clock(NOW))


async def fetch(desk: Desk, folder: Path, *script: Behaviour) -> list[Request]:
    """The file that is due is asked for, of a Graph that behaves like this; what that got."""
    async with graph(*script) as peer, client(peer.port) as source:
        await MediaLoop(desk.database, desk.reader, desk.clock, source, folder).step()
    return peer.requests


def picture(desk: Desk) -> str:
    """Whether the citizen's picture is there, as their message shows it."""
    (only,) = desk.only()
    return str(only["media"]["state"])


@pytest.mark.proves("AC-28")
async def test_a_picture_is_shown(desk: Desk, tmp_path: Path) -> None:
    node = json.loads(load("graph/media_node"))
    described = json.dumps({**node, "sha256": sha256(PHOTO).hexdigest(), "file_size": len(PHOTO)})
    desk.deliver(load("messages/image"))
    assert picture(desk) == "waiting"
    asked, fetched = await fetch(desk, tmp_path, answer(200, described), answer(200, PHOTO))
    assert (asked.headers["host"], fetched.headers["host"]) == ("graph.facebook.com", "lookaside.fbsbx.com")
    assert fetched.target == node["url"].removeprefix("https://lookaside.fbsbx.com")
    assert picture(desk) == "here"


@pytest.mark.proves("AC-28")
async def test_a_picture_other_than_described_is_awaited_and_then_given_up(
    desk: Desk, tmp_path: Path
) -> None:
    """The recorded digest is invented: no file has it."""
    desk.deliver(load("messages/image"))
    for wait in WAITS:
        assert len(await fetch(desk, tmp_path, recorded("media_node"), answer(200, PHOTO))) == 2
        assert picture(desk) == "waiting"
        desk.clock.now += wait
    await fetch(desk, tmp_path, recorded("media_node"), answer(200, PHOTO))
    assert picture(desk) == "lost"


@pytest.mark.proves("AC-28")
@pytest.mark.parametrize("name", LOOK_UPS)
async def test_a_picture_that_is_not_given(desk: Desk, tmp_path: Path, name: str) -> None:
    desk.deliver(load("messages/image"))
    assert len(await fetch(desk, tmp_path, refused(name))) == 1
    assert picture(desk) == LOOK_UPS[name]
    assert desk.only()[0]["text"] == "Schlagloch Hauptstraße", "the message itself is there"
