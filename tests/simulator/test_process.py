"""The simulated platform behind real sockets, and pywa as it comes from the package index."""

from __future__ import annotations

import asyncio
import hashlib
import signal
import socket
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

import httpx
import pytest
import uvicorn
from pywa_async.client import WhatsApp
from pywa_async.errors import ReEngagementMessage, WhatsAppError
from starlette.types import ASGIApp

from sessionhours.simulator import Simulator, create_simulator, samples
from sessionhours.simulator.patience import until
from tests.fakes import wait_until
from tests.simulator.receiver import NUMBER, SECRET, TOKEN, VERIFY, WABA, Receiver


@asynccontextmanager
async def served(app: ASGIApp) -> AsyncIterator[str]:
    """The address of `app` on a free port of this machine."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        config = uvicorn.Config(app, log_level="error", timeout_graceful_shutdown=1)
        server = uvicorn.Server(config)
        task = asyncio.create_task(server.serve(sockets=[listener]))
        assert await until(lambda: server.started, 60)
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            server.should_exit = True
            with suppress(asyncio.CancelledError):
                await task


@asynccontextmanager
async def platform() -> AsyncIterator[tuple[str, Simulator, Receiver]]:
    receiver = Receiver()
    async with served(receiver.app) as product:
        sim = create_simulator(
            app_secret=SECRET,
            verify_token=VERIFY,
            access_tokens=[TOKEN],
            webhook_url=f"{product}/webhooks/whatsapp",
        )
        async with served(sim) as address:
            yield address, sim, receiver


def client(address: str) -> httpx.AsyncClient:
    return httpx.AsyncClient(base_url=address, headers={"Authorization": f"Bearer {TOKEN}"})


async def written(address: str, text: str, person: str = "anna") -> str:
    async with client(address) as http:
        answer = await http.post(f"/sim/people/{person}/messages", json={"text": text})
        return str(answer.json()["id"])


async def flushed(address: str) -> None:
    async with client(address) as http:
        assert (await http.post("/sim/flush", json={})).json()["idle"]


@asynccontextmanager
async def pywa(address: str) -> AsyncIterator[WhatsApp]:
    """A client as its package makes it; only the address is ours."""
    wa = WhatsApp(phone_id=NUMBER, token=TOKEN, waba_id=WABA)
    wa.api._session.base_url = f"{address}/v26.0"
    try:
        yield wa
    finally:
        await wa.api._session.aclose()


async def test_pywa_unmodified_sends_uploads_marks_read_and_lists_templates() -> None:
    async with platform() as (address, _, receiver), pywa(address) as wa:
        said = await written(address, "Guten Tag")
        sent = await wa.send_message(to="491713920001", text="Grüß Gott", tracker="out:1")
        assert sent.id.startswith("wamid.")
        assert (await wa.mark_message_as_read(message_id=said)).success
        media = await wa.upload_media(media=samples.PHOTO, mime_type="image/jpeg", filename="a.jpg")
        assert (await wa.get_media_url(media.id)).sha256 == hashlib.sha256(samples.PHOTO).hexdigest()
        await wa.send_image(to="491713920001", image=media.id, caption="Plan")
        templates = await wa.get_templates()
        assert [template.name for template in templates] == [
            "sprechstunde_erinnerung",
            "buergeranfrage_antwort",
        ]
        assert templates.total_count == 2
        assert (await wa.get_business_profile()).about == "Sprechstunde"
        await flushed(address)
        assert receiver.words(sent.id) == ["sent", "delivered", "read"]
        told = [status for status in receiver.items("statuses") if status["id"] == sent.id]
        assert {status["biz_opaque_callback_data"] for status in told} == {"out:1"}


async def test_pywa_is_told_what_is_wrong() -> None:
    async with platform() as (address, _, _receiver), pywa(address) as wa:
        with pytest.raises(ReEngagementMessage):
            await wa.send_message(to="491713920001", text="zu spät")
        await written(address, "Guten Tag")
        with pytest.raises(WhatsAppError) as refused:
            await wa.send_message(to="491713920001", text="x" * 4097)
        assert refused.value.code == 100


async def test_pywa_answers_somebody_without_a_number() -> None:
    async with platform() as (address, sim, receiver), pywa(address) as wa:
        await written(address, "Guten Tag", "bekir")
        sent = await wa.send_message(to="DE.70000000000000000002", text="Hallo")
        await flushed(address)
        assert receiver.words(sent.id) == ["sent", "delivered", "read"]
        assert sim.simulation.journal.entries("send")[0]["to"] == "DE.70000000000000000002"


@pytest.mark.parametrize(("kind", "accepted"), [("reset_before", 0), ("reset_after", 1)])
async def test_a_cut_connection_is_cut_for_real(kind: str, accepted: int) -> None:
    async with platform() as (address, sim, _), client(address) as http:
        await written(address, "Guten Tag")
        await http.post("/sim/faults", json={"on": "messages", "kind": kind})
        body = {"messaging_product": "whatsapp", "to": "491713920001", "type": "text", "text": {"body": "x"}}
        with pytest.raises((httpx.ReadError, httpx.RemoteProtocolError)):
            await http.post(f"/v26.0/{NUMBER}/messages", json=body)
        assert len(sim.simulation.journal.entries("send")) == accepted


async def test_a_caller_that_gives_up_on_a_silent_platform_was_served_all_the_same() -> None:
    async with platform() as (address, sim, _), client(address) as http:
        await written(address, "Guten Tag")
        await http.post("/sim/faults", json={"on": "messages", "kind": "hang_after", "seconds": 20})
        body = {"messaging_product": "whatsapp", "to": "491713920001", "type": "text", "text": {"body": "x"}}
        with pytest.raises(httpx.ReadTimeout):
            await http.post(f"/v26.0/{NUMBER}/messages", json=body, timeout=0.3)
        assert len(sim.simulation.journal.entries("send")) == 1


async def test_a_webhook_cut_before_its_answer_comes_again() -> None:
    async with platform() as (address, _, receiver), client(address) as http:
        await http.post("/sim/faults", json={"on": "webhook", "kind": "cut", "seconds": 0.1})
        said = await written(address, "Guten Tag")
        await flushed(address)
        assert [message["id"] for message in receiver.items("messages")] == [said, said]


async def test_media_links_lead_to_where_the_platform_listens() -> None:
    async with platform() as (address, _, receiver), client(address) as http:
        wish = {"type": "image"}
        await http.post("/sim/people/anna/messages", json=wish)
        await flushed(address)
        url = receiver.items("messages")[0]["image"]["url"]
        assert url.startswith(f"{address}/whatsapp_business/attachments/?mid=")
        assert (await http.get(url)).content == samples.PHOTO


def test_the_command_serves_until_interrupted() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    code = f"from sessionhours.simulator import run; run(port={port})"
    process = subprocess.Popen([sys.executable, "-c", code], stderr=subprocess.PIPE)
    try:
        wait_until(lambda: answers(f"http://127.0.0.1:{port}/", "<title>Bürgertelefon"))
    finally:
        process.send_signal(signal.SIGINT)
        _, said = process.communicate(timeout=10)
    assert (process.returncode, said) == (0, b"")


def answers(url: str, text: str) -> bool:
    """Whether somebody answers there with this text."""
    with suppress(httpx.ConnectError):
        return text in httpx.get(url).text
    return False
