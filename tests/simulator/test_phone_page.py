"""The phone page in a browser: choose somebody, write, see the answer and the ticks."""

from __future__ import annotations

import re
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import httpx
import pytest
import uvicorn
from playwright.sync_api import BrowserContext, FilePayload, Page, Route, expect

from sessionhours.simulator import create_simulator, samples
from tests.browser.looking import is_cut
from tests.fakes import wait_until
from tests.simulator.receiver import HOOK, NUMBER, SECRET, TOKEN, VERIFY, Receiver


@contextmanager
def served() -> Iterator[str]:
    """The address of a simulator with a receiver behind it, in a thread of its own."""
    sim = create_simulator(
        app_secret=SECRET,
        verify_token=VERIFY,
        access_tokens=[TOKEN],
        webhook_url=HOOK,
        transport=httpx.ASGITransport(Receiver().app),
    )
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        server = uvicorn.Server(uvicorn.Config(sim, log_level="error", timeout_graceful_shutdown=1))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
        thread.start()
        wait_until(lambda: server.started, what="the page is served")
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        server.should_exit = True
        thread.join()


@pytest.fixture
def address() -> Iterator[str]:
    with served() as address:
        yield address


def graph(address: str, **body: object) -> str:
    """Send something as the town; the id of the message."""
    answer = httpx.post(
        f"{address}/v26.0/{NUMBER}/messages",
        json={"messaging_product": "whatsapp", **body},
        headers={"Authorization": f"Bearer {TOKEN}"},
    )
    assert answer.status_code == 200, answer.text
    return str(answer.json().get("messages", [{"id": ""}])[0]["id"])


def chat(address: str, person: str) -> list[dict[str, object]]:
    return list(httpx.get(f"{address}/sim/people/{person}/chat").json()["messages"])


@pytest.fixture
def told(page: Page) -> list[str]:
    """What the browser complains about."""
    lines: list[str] = []
    page.on("console", lambda said: lines.append(said.text) if said.type in ("error", "warning") else None)
    page.on("pageerror", lambda error: lines.append(str(error)))
    return lines


def test_a_citizen_writes_and_is_answered(address: str, page: Page, told: list[str]) -> None:
    page.goto(address)
    page.get_by_role("button", name="Anna Müller").click()
    page.get_by_label("Nachricht", exact=True).fill("Wann kommt der Bauhof?")
    page.keyboard.press("Enter")
    own = page.get_by_role("listitem").filter(has_text="Wann kommt der Bauhof?").last
    expect(own.get_by_role("img", name="zugestellt")).to_be_visible()
    said = str(chat(address, "anna")[0]["id"])
    graph(address, status="read", message_id=said, typing_indicator={"type": "text"})
    expect(own.get_by_role("img", name="gelesen")).to_be_visible()
    expect(page.get_by_text("schreibt …")).to_be_visible()
    graph(address, to="491713920001", type="text", text={"body": "Am <b>Montag</b>."})
    expect(page.get_by_role("log").get_by_text("Am <b>Montag</b>.")).to_be_visible()
    expect(page.get_by_text("schreibt …")).to_have_count(0)
    assert told == []


def test_buttons_photo_voice_and_place(address: str, page: Page, told: list[str]) -> None:
    page.goto(f"{address}/?person=clara&lang=en")
    for name in ("Sample photo", "Voice message", "Location", "Document"):
        page.get_by_role("button", name="Photo, voice message and more").click()
        page.get_by_role("button", name=name, exact=True).click()
    expect(page.get_by_role("img", name="This is what it looks like here")).to_be_visible()
    expect(page.get_by_text("Rathaus Kappelrodeck, Hauptstraße 65")).to_be_visible()
    expect(page.get_by_role("link", name="Antrag Straßenfest.pdf")).to_be_visible()
    choices = [{"type": "reply", "reply": {"id": "consent:yes", "title": "Ja, gern"}}]
    interactive = {"type": "button", "body": {"text": "Einverstanden?"}, "action": {"buttons": choices}}
    graph(address, to="491713920003", type="interactive", interactive=interactive)
    expect(page.get_by_role("button", name=re.compile("Clara Vogt .*Einverstanden"))).to_be_visible()
    page.get_by_role("button", name="Ja, gern").click()
    expect(page.get_by_role("listitem").filter(has_text="You: Answer to: Einverstanden?")).to_be_visible()
    kinds = [message["type"] for message in chat(address, "clara")]
    assert kinds == ["image", "audio", "location", "document", "interactive", "interactive"]
    assert told == []


def test_a_photo_of_ones_own_with_what_was_typed(address: str, page: Page) -> None:
    page.goto(f"{address}/?person=anna")
    page.get_by_label("Nachricht", exact=True).fill("Schlagloch")
    photo: FilePayload = {"name": "loch.jpg", "mimeType": "image/jpeg", "buffer": samples.PHOTO}
    page.locator("#photo").set_input_files(photo)
    expect(page.get_by_role("img", name="Schlagloch")).to_be_visible()
    [image] = chat(address, "anna")
    id = dict(image["content"])["id"]  # type: ignore[call-overload]
    assert httpx.get(f"{address}/phone/media/{id}").content == samples.PHOTO


def test_the_quick_reply_of_a_template(address: str, page: Page) -> None:
    page.goto(f"{address}/?person=anna")
    parameters = [{"type": "text", "text": text} for text in ("Anna", "17:00")]
    payload = {"type": "payload", "payload": "STOP"}
    components = [
        {"type": "body", "parameters": parameters},
        {"type": "button", "sub_type": "quick_reply", "index": "0", "parameters": [payload]},
    ]
    template = {"name": "sprechstunde_erinnerung", "language": {"code": "de"}, "components": components}
    sent = graph(address, to="491713920001", type="template", template=template)
    expect(page.get_by_text("Guten Tag Anna, die Sprechstunde beginnt um 17:00 Uhr.").last).to_be_visible()
    page.get_by_role("button", name="Nicht mehr erinnern").click()
    expect(page.get_by_text("Nicht mehr erinnern")).to_have_count(3)
    tapped = chat(address, "anna")[-1]
    assert tapped["content"] == {"payload": "STOP", "text": "Nicht mehr erinnern"}
    assert tapped["quotes"] == sent


def test_a_call_rings_in_vain(address: str, page: Page) -> None:
    page.goto(f"{address}/?person=anna")
    page.get_by_role("button", name="Anrufen").click()
    expect(page.get_by_text("Anruf läuft …")).to_be_visible()
    expect(page.get_by_text("Anruf, nicht angenommen").last).to_be_visible()


def test_andrang_starts_and_stops(address: str, page: Page) -> None:
    page.goto(address)
    page.get_by_label("5×").check()
    page.get_by_role("button", name="Starten").click()
    expect(page.get_by_text(re.compile("von .* Nachrichten geschrieben"))).to_be_visible()
    expect(page.get_by_role("button", name="Lea Huber")).to_have_count(1)
    page.get_by_role("button", name="Anhalten").click()
    expect(page.get_by_role("button", name="Starten")).to_be_visible()
    assert httpx.get(f"{address}/sim/andrang").json()["running"] is False


def test_everything_by_keyboard(address: str, page: Page) -> None:
    page.goto(address)
    page.get_by_role("button", name="Bekir Ö.").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_label("Nachricht", exact=True)).to_be_focused()
    page.keyboard.type("ohne Maus")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.get_by_role("listitem").filter(has_text="ohne Maus").last).to_be_visible()
    assert chat(address, "bekir")[0]["content"] == {"body": "ohne Maus"}


@pytest.mark.parametrize("width", [320, 390, 1280])
def test_no_sideways_scroll_and_one_thing_at_a_time(
    address: str, context: BrowserContext, width: int
) -> None:
    page = context.new_page()
    page.set_viewport_size({"width": width, "height": 700})
    for path in ("/", "/?person=anna"):
        page.goto(address + path)
        expect(page.get_by_role("heading", name="Gemeinde Kappelrodeck")).to_have_count(
            1 if width == 1280 or "person" in path else 0
        )
        assert page.evaluate("document.documentElement.scrollWidth") <= width
    back = page.get_by_role("button", name="Zurück zur Auswahl")
    if width == 1280:
        expect(back).to_have_count(0)
    else:
        back.click()
        expect(page.get_by_role("button", name="Anna Müller")).to_be_visible()


@pytest.mark.parametrize("width", [320, 390])
def test_a_long_name_of_the_line_can_be_read(address: str, page: Page, width: int) -> None:
    def renamed(route: Route) -> None:
        answer = route.fetch()
        state = answer.json()
        for number in state.get("numbers", []):
            number["name"] = "WhatsApp-Bürgersprechstunde"
        route.fulfill(response=answer, json=state)

    page.set_viewport_size({"width": width, "height": 700})
    page.route("**/phone/state*", renamed)
    page.goto(f"{address}/?person=anna")
    title = page.get_by_role("heading", name="WhatsApp-Bürgersprechstunde")
    expect(title).to_be_visible()
    assert not is_cut(title)
    page.unroute_all(behavior="wait")


def test_the_policy_lets_nothing_in_from_elsewhere(address: str) -> None:
    page = httpx.get(address)
    policy = page.headers["content-security-policy"]
    assert "default-src 'none'; script-src 'self'; style-src 'self'" in policy
    assert "unsafe" not in policy
    assert "<style" not in page.text
    assert not re.search(r"<script(?![^>]*\bsrc=)|\son\w+=|\bstyle=", page.text)
    assert httpx.get(f"{address}/phone/..%2f..%2fpyproject.toml").status_code == 404
