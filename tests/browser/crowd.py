"""Who writes in a lively hour, and what becomes of the first answers."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

from playwright.sync_api import Page, expect

from tests.browser.api import Api
from tests.browser.townhall import Citizen, TownHall, town_hall
from tests.fakes import wait_until
from tests.makers import OPENS

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


@contextmanager
def lively_hall(folder: Path) -> Iterator[TownHall]:
    """A hall to which all of this has happened."""
    with town_hall(folder, now=OPENS + timedelta(minutes=2), policy=ACCEPT) as hall:
        lively(hall)
        yield hall


def row(page: Page, name: str) -> None:
    """Open somebody's conversation."""
    page.get_by_role("button", name=re.compile(re.escape(name))).first.click()
    expect(page.get_by_role("log").get_by_role("listitem").first).to_be_visible()
    page.mouse.move(1, 1)


def wide(page: Page) -> bool:
    """Whether there is room for more than one pane."""
    return bool(page.viewport_size and page.viewport_size["width"] > 800)
