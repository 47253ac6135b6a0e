"""Files: uploads, look-ups, links and their deaths."""

from __future__ import annotations

import base64
import hashlib
from typing import Any

import httpx
import pytest

from sessionhours.simulator import samples
from tests.simulator.receiver import NUMBER, Town, town

DAY = 24 * 3600


async def upload(t: Town, type: str = "image/jpeg", data: bytes = samples.PHOTO) -> httpx.Response:
    form = {"messaging_product": "whatsapp", "type": type}
    return await t.client.post(f"/v26.0/{NUMBER}/media", data=form, files={"file": ("a", data, type)})


async def test_a_photo_arrives_with_id_digest_and_link() -> None:
    async with town() as t:
        await t.write("anna", type="image", caption="Schlagloch")
        await t.flush()
        image = t.receiver.items("messages")[0]["image"]
        assert (image["caption"], image["mime_type"]) == ("Schlagloch", "image/jpeg")
        assert base64.b64decode(image["sha256"]) == hashlib.sha256(samples.PHOTO).digest()
        assert (await t.client.get(image["url"])).content == samples.PHOTO
        node = (await t.client.get(f"/v26.0/{image['id']}")).json()
        assert node["sha256"] == hashlib.sha256(samples.PHOTO).hexdigest()
        assert node["file_size"] == len(samples.PHOTO)
        download = await t.client.get(node["url"])
        assert (download.content, download.headers["content-type"]) == (samples.PHOTO, "image/jpeg")


async def test_links_name_the_host_that_the_product_calls() -> None:
    async with town() as t:
        await t.client.get("http://localhost:9000/phone/state")
        id = (await upload(t)).json()["id"]
        assert (
            (await t.client.get(f"/v26.0/{id}")).json()["url"].startswith("http://sim.test/whatsapp_business")
        )
        await t.admin("POST", "/settings", {"media_base": "https://lookaside.fbsbx.com/"})
        url = (await t.client.get(f"/v26.0/{id}")).json()["url"]
        assert url.startswith("https://lookaside.fbsbx.com/whatsapp_business")


async def test_a_link_lives_five_minutes_and_an_inbound_id_seven_days() -> None:
    async with town() as t:
        await t.write("anna", type="image")
        await t.flush()
        image = t.receiver.items("messages")[0]["image"]
        await t.admin("POST", "/clock", {"advance": 301})
        assert (await t.client.get(image["url"])).status_code == 404
        fresh = (await t.client.get(f"/v26.0/{image['id']}")).json()["url"]
        assert (await t.client.get(fresh)).status_code == 200
        await t.admin("POST", "/clock", {"advance": 7 * DAY})
        gone = await t.client.get(f"/v26.0/{image['id']}")
        assert (gone.status_code, gone.json()["error"]["error_subcode"]) == (400, 33)


async def test_a_link_needs_the_token_and_its_own_seal() -> None:
    async with town() as t:
        id = (await upload(t)).json()["id"]
        url = (await t.client.get(f"/v26.0/{id}")).json()["url"]
        assert (await t.client.get(url, headers={"Authorization": ""})).status_code == 401
        assert (await t.client.get(url.replace("hash=AR", "hash=XX"))).status_code == 404


async def test_an_upload_can_be_sent_and_deleted() -> None:
    async with town() as t:
        await t.write("anna", text="Guten Tag")
        id = (await upload(t)).json()["id"]
        image = {"id": id, "caption": "Plan"}
        assert (await t.send(to="491713920001", type="image", image=image)).status_code == 200
        assert (await t.client.get(f"/phone/media/{id}")).content == samples.PHOTO
        assert (await t.client.delete(f"/v26.0/{id}/")).json() == {"success": True}
        assert (await t.client.get(f"/v26.0/{id}")).status_code == 400


@pytest.mark.parametrize(
    ("type", "size", "status"),
    [
        ("image/jpeg", 5 * 1024 * 1024, 200),
        ("image/jpeg", 5 * 1024 * 1024 + 1, 400),
        ("image/heic", 10, 400),
        ("application/pdf", 10, 200),
        ("application/zip", 10, 400),
        ("image/webp", 600 * 1024, 400),
    ],
)
async def test_types_and_sizes_have_limits(type: str, size: int, status: int) -> None:
    async with town() as t:
        assert (await upload(t, type, bytes(size))).status_code == status


async def test_a_file_of_another_kind_fails_later() -> None:
    async with town() as t:
        await t.write("anna", text="Guten Tag")
        id = (await upload(t, "application/pdf", samples.PDF)).json()["id"]
        await t.send(to="491713920001", type="image", image={"id": id})
        await t.flush()
        assert t.receiver.items("statuses")[0]["errors"][0]["code"] == 131053


async def test_inbound_media_cannot_be_sent_back_by_its_id() -> None:
    async with town() as t:
        await t.write("anna", type="image")
        await t.flush()
        id = t.receiver.items("messages")[0]["image"]["id"]
        answer = await t.send(to="491713920001", type="image", image={"id": id})
        assert answer.json()["error"]["code"] == 131009


async def test_spoiled_downloads() -> None:
    async with town() as t:
        id = (await upload(t)).json()["id"]
        url = (await t.client.get(f"/v26.0/{id}")).json()["url"]
        await t.admin("POST", "/faults", {"on": "file", "kind": "truncated"})
        cut = await t.client.get(url)
        assert len(cut.content) < int(cut.headers["content-length"])
        await t.admin("POST", "/faults", {"on": "file", "kind": "wrong_type"})
        assert (await t.client.get(url)).headers["content-type"].startswith("text/html")
        await t.admin("POST", "/faults", {"on": "download", "kind": "redirect"})
        foreign = await t.client.get(url)
        assert (foreign.status_code, foreign.headers["location"]) == (302, "https://foreign.example/")
        assert (await t.client.get(url)).content == samples.PHOTO


@pytest.mark.parametrize(
    ("wish", "type", "expected"),
    [
        ({"type": "audio"}, "audio", {"voice": True, "mime_type": "audio/ogg; codecs=opus"}),
        ({"type": "audio", "voice": False}, "audio", {"voice": False}),
        ({"type": "document", "caption": "Antrag"}, "document", {"filename": "Antrag Straßenfest.pdf"}),
        ({"type": "video"}, "video", {"mime_type": "video/mp4"}),
        ({"type": "sticker"}, "sticker", {"animated": False, "mime_type": "image/webp"}),
        (
            {"type": "image", "mime_type": "image/png", "data": "iVBORw0KGgo="},
            "image",
            {"mime_type": "image/png"},
        ),
    ],
)
async def test_every_kind_of_file_a_person_sends(
    wish: dict[str, Any], type: str, expected: dict[str, Any]
) -> None:
    async with town() as t:
        await t.write("anna", **wish)
        await t.flush()
        [message] = t.receiver.items("messages")
        assert message["type"] == type
        assert expected.items() <= message[type].items()


def test_the_samples_are_what_they_say() -> None:
    assert samples.PHOTO.startswith(b"\xff\xd8\xff")
    assert samples.PHOTO.endswith(b"\xff\xd9")
    assert samples.STICKER[8:12] == b"WEBP"
    voice = samples.voice(2)
    pages = [n for n in range(len(voice)) if voice.startswith(b"OggS", n)]
    for start, end in zip(pages, [*pages[1:], len(voice)], strict=True):
        page = voice[start:end]
        given = int.from_bytes(page[22:26], "little")
        assert samples.crc(page[:22] + bytes(4) + page[26:]) == given
    assert b"OpusHead" in voice
