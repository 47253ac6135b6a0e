"""The connection lost and back: the console says so, nothing that was written is lost, nothing is doubled."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, WebSocket, WebSocketRoute, expect

from tests.browser import trouble
from tests.browser.conftest import Complaints, Sit
from tests.browser.test_side_by_side import answer, bubble, look_at, row
from tests.browser.townhall import TownHall
from tests.fakes import wait_until

#: What a browser says about a server that is not there.
GONE = r"WebSocket|ERR_CONNECTION_REFUSED|ERR_CONNECTION_RESET|ERR_EMPTY_RESPONSE|ERR_INTERNET_DISCONNECTED"
#: The console owns up to a lost connection within so many milliseconds.
OWNS_UP = 12_000


class Wire:
    """The socket between a page and the server, in the hands of a test."""

    def __init__(self) -> None:
        self.connections = 0
        self.up = True
        self.silent = False
        self._ends: list[WebSocketRoute] = []
        self._cut_after: str | None = None

    def route(self, page: Page) -> None:
        """Take the page's socket into one's hands, before it opens."""
        page.route_web_socket(re.compile("/api/live$"), self._carry)

    def cut_after(self, command: str) -> None:
        """Let this command through to the server, and from then on nothing back."""
        self._cut_after = command

    def cut(self, code: int = 1011) -> None:
        """Cut, and let nothing new through until `up` is true again."""
        self.up = False
        for end in self._ends:
            end.close(code=code)
        self._ends.clear()

    def _carry(self, here: WebSocketRoute) -> None:
        if not self.up or self.silent:
            return here.close(code=1011)
        self.connections += 1
        there = here.connect_to_server()
        self._ends.append(here)
        here.on_message(lambda frame: self._to_server(there, frame))
        there.on_message(lambda frame: None if self.silent else here.send(frame))

    def _to_server(self, there: WebSocketRoute, frame: str | bytes) -> None:
        there.send(frame)
        if self._cut_after is not None and f'"name":"{self._cut_after}"' in str(frame):
            self._cut_after, self.silent = None, True


def pausing(page: Page) -> Callable[[float], None]:
    """How `wait_until` pauses while the test carries this page's frames."""
    return page.wait_for_timeout


def in_page(page: Page, milliseconds: int) -> None:
    """Let so much time pass for the page, and a moment for what it then begins."""
    page.clock.fast_forward(milliseconds)
    page.wait_for_timeout(10)


def banner(page: Page, words: str) -> None:
    """The banner says since when."""
    expect(page.locator(".banner")).to_contain_text(re.compile(words), timeout=OWNS_UP)


@pytest.mark.proves("AC-35", "AC-36", "AC-38")
def test_the_server_is_killed_and_comes_back(hall: TownHall, sit: Sit, complaints: Complaints) -> None:
    complaints.allow(GONE)
    complaints.allow("ERR_FAILED")
    mayor, brandt = sit("mayor"), sit("brandt")
    anna, jonas = hall.citizen("Anna Kern"), hall.citizen("Jonas Lang")
    anna.write("Wann kommt der Bauhof?")
    look_at(mayor, "Anna Kern")
    expect(bubble(mayor, "Wann kommt der Bauhof?")).to_be_visible()
    brandt.route("**/messages?*", lambda route: route.abort())
    look_at(brandt, "Anna Kern")
    expect(brandt.get_by_text("Nachrichten nicht ladbar.")).to_be_visible()
    hall.server.kill()
    brandt.unroute("**/messages?*")
    for page in (mayor, brandt):
        banner(page, r"Verbindung unterbrochen seit \d\d:\d\d\. Sie können weiterschreiben")
    expect(mayor.get_by_role("button", name="Erledigt", exact=True)).to_be_disabled()
    answer(mayor, "Am Montag um acht.")
    answer(mayor, "Spätestens um neun.")
    expect(bubble(mayor, "Am Montag um acht.")).to_contain_text("wartet auf Verbindung")
    anna.write("Danke!")
    jonas.write("Und die Wippe?")
    hall.start()
    for page in (mayor, brandt):
        expect(bubble(page, "Spätestens um neun.").locator(".tick")).to_contain_text("gelesen")
        expect(row(page, "Jonas Lang")).to_be_visible()
        expect(page.locator(".connection.ok")).to_be_attached()
        expect(page.locator(".banner.warn")).to_have_count(0)
        for text in ("Wann kommt der Bauhof?", "Am Montag um acht.", "Spätestens um neun.", "Danke!"):
            expect(bubble(page, text)).to_have_count(1)
    assert anna.heard() == ["Am Montag um acht.", "Spätestens um neun."]


@pytest.mark.proves("F68")
def test_a_line_cut_in_the_middle_of_a_send_sends_once(
    hall: TownHall, sit: Sit, complaints: Complaints
) -> None:
    complaints.allow(GONE)
    wire = Wire()
    mayor = sit("mayor", before=wire.route)
    fatma = hall.citizen("Fatma Kaya")
    fatma.write("Ist morgen offen?")
    look_at(mayor, "Fatma Kaya")
    expect(bubble(mayor, "Ist morgen offen?")).to_be_visible()
    wire.cut_after("reply")
    answer(mayor, "Ja, bis zwölf.")
    wait_until(lambda: fatma.heard() == ["Ja, bis zwölf."], what="the server got it", pause=pausing(mayor))
    expect(bubble(mayor, "Ja, bis zwölf.").locator(".tick")).not_to_contain_text("zugestellt")
    wire.cut()
    banner(mayor, r"unterbrochen seit \d\d:\d\d")
    expect(bubble(mayor, "Ja, bis zwölf.")).to_contain_text("wartet auf Verbindung")
    wire.silent, wire.up = False, True
    expect(bubble(mayor, "Ja, bis zwölf.").locator(".tick")).to_contain_text("gelesen")
    expect(bubble(mayor, "Ja, bis zwölf.")).to_have_count(1)
    assert wire.connections == 2
    assert fatma.heard() == ["Ja, bis zwölf."]


@pytest.mark.proves("AC-35")
def test_a_silent_line_is_noticed_within_twelve_seconds(
    hall: TownHall, sit: Sit, complaints: Complaints
) -> None:
    complaints.allow(GONE)
    wire = Wire()

    def prepare(page: Page) -> None:
        page.clock.install()
        wire.route(page)

    mayor = sit("mayor", before=prepare)
    lena = hall.citizen("Lena Vogel")
    lena.write("Guten Tag")
    look_at(mayor, "Lena Vogel")
    wire.silent = True
    lena.write("Sind Sie noch da?")
    mayor.clock.fast_forward(6_000)
    expect(mayor.locator(".connection.ok")).to_be_attached()
    mayor.clock.fast_forward(OWNS_UP - 6_000)
    mayor.clock.fast_forward(2_000)
    banner(mayor, r"Verbindung unterbrochen seit \d\d:\d\d")
    expect(bubble(mayor, "Sind Sie noch da?")).to_have_count(0)
    wire.silent = False
    mayor.clock.fast_forward(10_000)
    expect(bubble(mayor, "Sind Sie noch da?")).to_have_count(1)
    expect(mayor.locator(".banner.ok")).to_contain_text("nachgeladen")
    mayor.clock.fast_forward(6_000)
    expect(mayor.locator(".banner")).to_have_count(0)


@pytest.mark.proves("AC-38")
def test_the_network_goes_and_comes_back_at_once(hall: TownHall, sit: Sit, complaints: Complaints) -> None:
    """At once: without the pause before the next try, which has grown to four seconds and more by then."""
    complaints.allow(GONE)
    tries: list[WebSocket] = []

    def prepare(page: Page) -> None:
        page.clock.install()
        page.on("websocket", lambda one: tries.append(one))

    mayor, brandt = sit("mayor", before=prepare), sit("brandt")
    uwe = hall.citizen("Uwe Bächle")
    uwe.write("Eine Frage zum Freibad")
    look_at(mayor, "Uwe Bächle")
    look_at(brandt, "Uwe Bächle")
    expect(bubble(mayor, "Eine Frage zum Freibad")).to_be_visible()
    mayor.context.set_offline(True)
    banner(mayor, r"unterbrochen seit \d\d:\d\d")
    wait_until(
        lambda: len(tries) > 6, what="it has tried again and again", pause=lambda _: in_page(mayor, 1_000)
    )
    answer(mayor, "Es öffnet im Mai.")
    expect(bubble(mayor, "Es öffnet im Mai.")).to_contain_text("wartet auf Verbindung")
    brandt.get_by_role("button", name="Interne Notiz").click()
    brandt.locator("#composer").fill("Am 14.")
    brandt.get_by_role("button", name="Notiz speichern").click()
    expect(bubble(brandt, "Am 14.")).to_be_visible()
    assert uwe.heard() == []
    mayor.clock.pause_at(mayor.evaluate("Date.now() / 1000") + 0.1)
    tried = len(tries)
    mayor.context.set_offline(False)
    wait_until(
        lambda: len(tries) > tried, what="it tries again while its clock stands", pause=pausing(brandt)
    )
    mayor.clock.resume()
    expect(bubble(mayor, "Am 14.")).to_have_count(1)
    expect(bubble(mayor, "Es öffnet im Mai.").locator(".tick")).to_contain_text("gelesen")
    expect(bubble(brandt, "Es öffnet im Mai.")).to_have_count(1)
    assert uwe.heard() == ["Es öffnet im Mai."]


def test_what_was_begun_and_what_waits_survives_a_reload_and_a_restart(
    hall: TownHall, sit: Sit, complaints: Complaints
) -> None:
    complaints.allow(GONE)
    mayor = sit("mayor")
    ida, max_ = hall.citizen("Ida Roth"), hall.citizen("Max Roth")
    ida.write("Erste Frage")
    max_.write("Zweite Frage")
    look_at(mayor, "Max Roth")
    mayor.locator("#composer").fill("Das ist noch nicht fertig")
    look_at(mayor, "Ida Roth")
    expect(bubble(mayor, "Erste Frage")).to_be_visible()
    hall.server.kill()
    banner(mayor, r"unterbrochen seit")
    answer(mayor, "Kommt noch.")
    hall.start()
    mayor.reload()
    wait_until(lambda: ida.heard() == ["Kommt noch."], 60, "what waited left")
    look_at(mayor, "Max Roth")
    expect(mayor.locator("#composer")).to_have_value("Das ist noch nicht fertig")
    assert ida.heard() == ["Kommt noch."]


def test_an_own_answer_that_waits_for_a_decision_is_in_view_on_a_phone(
    hall: TownHall, sit: Sit, complaints: Complaints
) -> None:
    complaints.allow(r"WebSocket|ERR_INTERNET_DISCONNECTED")
    dora = hall.citizen("Dora Doppelt")
    for n in range(8):
        dora.write(f"Frage {n}")
    hall.settle()
    page = sit("mayor")
    page.set_viewport_size({"width": 390, "height": 844})
    for _ in range(6):
        trouble.answered_meanwhile(page, "Dora Doppelt")
        expect(page.get_by_role("button", name="Trotzdem senden").last).to_be_in_viewport(ratio=1)
        page.get_by_role("button", name="Zurück ins Feld").click()
