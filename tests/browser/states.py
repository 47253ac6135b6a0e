"""The pages and their states: what has to have happened, and how a person gets to see it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

from playwright.sync_api import Page, expect

from tests.browser import trouble
from tests.browser.api import Api
from tests.browser.townhall import Citizen, TownHall, town_hall
from tests.fakes import wait_until
from tests.makers import OPENS, WABA

Json = dict[str, Any]

QUEUE = (
    ("Jonas Köhler", "Wann wird die Wippe am Bachweg repariert?"),
    ("Fatma Yılmaz", "Gilt die Sperrung der Lindenstraße noch, oder darf man dort jetzt wieder parken?"),
    ("Hans-Joachim von Schulenburg-Hohenstein", "Ich bitte um Auskunft zum Bebauungsplan. " * 25),
    ("محمد الحسن", "مرحبا، متى تكون الجلسة القادمة؟"),
    ("Ø", "?"),
    ("Ingeborg Käßbohrer-Leutheusser", "👍👍👍"),
    ("Thi Thu Hà Nguyễn", "Danke, das hilft mir sehr!"),
)  # fmt: skip

CARD = {
    "name": {"formatted_name": "Clara Beispiel", "first_name": "Clara"},
    "phones": [{"phone": "+49 171 3920099"}],
}
#: Whatever can be sent, beside the first message, the picture, the reaction and the answer.
KINDS: list[Json] = [
    {"type": "audio", "voice": True},
    {"type": "video", "caption": "Kurzes Video"},
    {"type": "sticker"},
    {"type": "document"},
    {
        "type": "location",
        "latitude": 48.5897,
        "longitude": 8.1182,
        "name": "Rathaus",
        "address": "Hauptstraße 65",
    },
    {"type": "location", "latitude": 48.5897, "longitude": 8.1182},
    {"type": "contacts", "contacts": [CARD]},
    {"type": "button", "button": {"payload": "STOP", "text": "Nicht mehr erinnern"}},
    {"type": "unsupported", "unsupported": "poll"},
    {"text": "Weitergeleitet", "forwarded": True},
    {"text": "👍"},
    {"text": "مرحبا، شكرا جزيلا"},
]
ACCEPT = 'approval = false\naccept = ["image", "location", "document", "contacts"]'


def at(hall: TownHall, minutes: float) -> None:
    """It is so many minutes past three, once everything before has been told and applied."""
    hall.settle()
    hall.server.clock.set(OPENS + timedelta(minutes=minutes))


def lively(hall: TownHall) -> None:
    """A hall in the middle of its hour: one conversation with everything in it, and seven people who wait."""
    anna = everything(hall)
    for minute, (name, text) in enumerate(QUEUE):
        at(hall, 8 + 2 * minute)
        hall.citizen(name).write(text)
    at(hall, 23.3)
    anna.write("Und noch eine Frage: Wer räumt bei uns den Schnee?")
    hall.citizen("Lena Öztürk").write(type="audio", voice=True)
    hall.settle()


def everything(hall: TownHall) -> Citizen:
    """Anna Weber, who sends whatever can be sent, and what became of the answers."""
    anna = hall.citizen("Anna Weber")
    at(hall, 3)
    with Api(hall.url) as api:
        conversation = _talk(hall, api, anna)
        at(hall, 5)
        for kind in KINDS:
            anna.write(**kind)
        anna.call()
        hall.settle()
        _trouble(hall, api, anna, conversation)
    return anna


def _talk(hall: TownHall, api: Api, anna: Citizen) -> str:
    lamp = anna.write("Guten Tag Herr Bürgermeister, die Laterne vor Nr. 12 ist seit Montag dunkel. 🙈")
    anna.write(type="image", caption="So sieht es aus.")
    hall.settle()
    answered = api.reply(
        "Anna Weber", "Guten Tag Frau Weber, der Bauhof weiß Bescheid. Montag ist sie wieder hell."
    )
    conversation = str(answered["conversation"])
    wait_until(lambda: api.messages(conversation)[-1]["status"] == "read", 60, "the answer was read")
    anna.write(type="reaction", message_id=hall.said_to(anna)[-1]["id"], emoji="👍")
    anna.write("Diese meine ich:", reply_to=lamp)
    api.command("note", conversation=conversation, text="Ersatzteil ist da, Montage am Montag früh.")
    return conversation


def _trouble(hall: TownHall, api: Api, anna: Citizen, conversation: str) -> None:
    """One answer that failed, and one of which nobody knows."""
    anna.goes(online=False)
    fails = api.reply("Anna Weber", "Diese Antwort wird nicht zugestellt.")
    wait_until(lambda: state_of(api, conversation, fails["id"]) == "sent", 60, "it was sent")
    hall.steer("fail", id=hall.said_to(anna)[-1]["id"], code=131026)
    wait_until(lambda: state_of(api, conversation, fails["id"]) == "failed", 60, "it failed")
    anna.goes(online=True)
    hall.steer("faults", on="messages", kind="reset_before", times=1)
    lost = api.reply("Anna Weber", "Bei dieser riss die Verbindung zu WhatsApp ab.")
    wait_until(lambda: state_of(api, conversation, lost["id"]) == "unclear", 60, "nobody knows")


def state_of(api: Api, conversation: str, message: str) -> str:
    """A message's status."""
    return str(next(m["status"] for m in api.messages(conversation) if m["id"] == message))


# -- how a person gets there ---------------------------------------------------------------------------


def row(page: Page, name: str) -> None:
    """Open somebody's conversation."""
    page.get_by_role("button", name=re.compile(re.escape(name))).first.click()
    expect(page.get_by_role("log").get_by_role("listitem").first).to_be_visible()
    page.mouse.move(1, 1)


def anna(page: Page) -> None:
    """The conversation with everything in it, once all of it is on the screen."""
    row(page, "Anna Weber")
    log = page.get_by_role("log")
    expect(log).to_contain_text("Guten Tag Herr Bürgermeister")
    expect(log).to_contain_text("Wer räumt bei uns den Schnee?")
    expect(log.locator(".msg.unsure")).to_be_visible()


def top(page: Page) -> None:
    """Its beginning."""
    anna(page)
    page.get_by_role("log").evaluate("(log) => { log.scrollTop = 0 }")


def note(page: Page) -> None:
    """A note being written."""
    anna(page)
    page.get_by_role("button", name="Interne Notiz", exact=True).click()
    page.locator("#composer").fill("Rückruf am Freitag zusagen?")


def long_text(page: Page) -> None:
    """A text that is too long."""
    row(page, "Jonas Köhler")
    page.locator("#composer").fill("Die Wippe wird repariert. " * 160)


def wide(page: Page) -> bool:
    """Whether there is room for more than one pane."""
    return bool(page.viewport_size and page.viewport_size["width"] > 800)


def help_dialog(page: Page) -> None:
    """The list of keys."""
    page.get_by_role("button", name="Menü").click()
    page.get_by_role("menuitem", name="Tastatur").click()


def zoom(page: Page) -> None:
    """A picture, large."""
    anna(page)
    page.locator("button.photo").first.click()


def details(page: Page) -> None:
    """What is known of a person, on narrow screens in a drawer."""
    anna(page)
    button = page.get_by_role("button", name="Details")
    if button.count() and button.first.is_visible():
        button.first.click()


def offline(page: Page) -> None:
    """The network is gone, and something was written meanwhile."""
    row(page, "Jonas Köhler")
    page.context.set_offline(True)
    expect(page.locator(".banner.warn")).to_be_visible()
    page.locator("#composer").fill("Das klären wir bis Freitag.")
    page.get_by_role("button", name="Senden", exact=True).click()


def stale(page: Page) -> None:
    """An answer that came second."""
    trouble.answered_meanwhile(page, "Thi Thu Hà Nguyễn")


def extend(page: Page) -> None:
    """By how many minutes the hour can be made longer."""
    page.get_by_role("button", name=re.compile("^(Verlängern|Steuern)$")).click()


def template(page: Page) -> None:
    """A text for after the service window, filled and not yet sent."""
    row(page, "Anna Weber")
    page.get_by_role("button", name="Vorlage wählen").click()
    expect(page.get_by_label("Vorlage", exact=True)).to_be_visible()


def nothing(page: Page) -> None:
    """The page as it opens."""


def press(name: str) -> Callable[[Page], None]:
    """Press the button whose name begins so."""
    return lambda page: page.get_by_role("button", name=re.compile(f"^{name}")).first.click()


def refused_login(page: Page) -> None:
    """A login that is refused."""
    page.get_by_label("E-Mail").fill("buergermeister@example.org")
    page.get_by_label("Kennwort").or_(page.get_by_label("Passwort")).fill("falsch")
    page.get_by_role("button", name="Anmelden").click()
    expect(page.get_by_role("alert")).to_be_visible()


@dataclass(frozen=True)
class State:
    """One view: in which hall, where, logged in as whom (None: nobody), and how to get there."""

    name: str
    hall: str
    path: str = "/console"
    person: str | None = "mayor"
    show: Callable[[Page], None] = nothing
    breaks: str = "^$"


STATES = (
    State("console-empty", "fresh"),
    State("public-running", "fresh", "/", None),
    State("login", "fresh", "/login", None),
    State("login-refused", "fresh", "/login", None, refused_login, "401"),
    State("not-found", "fresh", "/gibt-es-nicht", None, breaks="404"),
    State("console-queue", "lively"),
    State("console-talk", "lively", show=anna),
    State("console-talk-top", "lively", show=top),
    State("console-note", "lively", show=note),
    State("console-too-long", "lively", show=long_text),
    State("console-assistant", "lively", person="brandt", show=lambda page: row(page, "Jonas Köhler")),
    State("console-help", "lively", show=help_dialog),
    State("console-menu", "lively", show=press("Menü")),
    State("console-zoom", "lively", show=zoom),
    State("console-details", "lively", show=details),
    State("console-mine", "lively", show=press("Meine")),
    State("console-done", "lively", show=press("Erledigt")),
    State("console-offline", "lively", show=offline, breaks="INTERNET_DISCONNECTED|WebSocket"),
    State("console-loading", "lively", show=trouble.loading),
    State("console-unreachable", "lively", show=trouble.unreachable, breaks="ERR_FAILED|ApiError"),
    State("console-restarting", "lively", show=trouble.restarting),
    State("console-logged-out", "lively", show=trouble.logged_out),
    State("console-stale", "lively", show=stale, breaks="INTERNET_DISCONNECTED|WebSocket"),
    State("console-extend", "lively", show=extend),
    State("console-window-closed", "late", show=lambda page: row(page, "Anna Weber")),
    State("console-template", "late", show=template),
    State("console-nobody", "fresh", show=press("Nächste Person")),
    State("console-between", "between"),
    State("console-open-now", "between", show=press("Jetzt öffnen")),
    State("public-next", "between", "/", None),
    State("public-english", "between", "/?lang=en", None),
    State("console-no-date", "none", person="brandt"),
    State("public-none", "none", "/", None),
)


#: The same by their names.
NAMED = {state.name: state for state in STATES}


@contextmanager
def _lively(folder: Path) -> Iterator[TownHall]:
    with town_hall(folder, now=OPENS + timedelta(minutes=2), policy=ACCEPT) as hall:
        lively(hall)
        yield hall


@contextmanager
def late_hall(folder: Path) -> Iterator[TownHall]:
    """Anna Weber asked the day before, and both templates are approved."""
    with town_hall(folder, policy=f'{ACCEPT}\nbusiness_account_id = "{WABA}"') as hall:
        hall.citizen("Anna Weber").write("Wann öffnet das Bad?")
        with Api(hall.url) as api:
            wait_until(lambda: [one["status"] for one in api.snapshot()["templates"]] == ["APPROVED"] * 2)
        hall.settle()
        hall.server.clock.set(OPENS + timedelta(hours=26))
        yield hall


def _none(folder: Path) -> AbstractContextManager[TownHall]:
    over = {'every = "first thursday"': "date = 2026-11-05"}
    return town_hall(folder, now=OPENS, change=over)


HALLS: dict[str, Callable[[Path], AbstractContextManager[TownHall]]] = {
    "fresh": lambda folder: town_hall(folder, now=OPENS + timedelta(minutes=5)),
    "lively": _lively,
    "between": lambda folder: town_hall(folder, now=OPENS - timedelta(days=2)),
    "none": _none,
    "late": late_hall,
}
