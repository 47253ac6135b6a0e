"""The hour in its states, from the lobby to the last outcome: halls in them, and how a person gets to see them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

from playwright.sync_api import Locator, Page, expect

from tests.browser.api import Api
from tests.browser.crowd import ACCEPT, QUEUE, Json, at, lively_hall, row, wide
from tests.browser.townhall import Citizen, TownHall, town_hall
from tests.fakes import wait_until
from tests.makers import OPENS


def steering(page: Page) -> None:
    """What can be done with the hour, where there is no room for it side by side."""
    page.set_viewport_size({"width": 820, "height": 1180})
    page.get_by_role("button", name="Steuern").click()


def steer(page: Page, name: str) -> None:
    """Press what steers the hour: a button of its own, or an entry of a menu."""
    shown = page.get_by_role("button", name=name).locator("visible=true")
    menus = page.get_by_role("button", name=re.compile("^(Steuern|Ändern)$")).locator("visible=true")
    expect(shown.or_(menus).first).to_be_visible()
    if not shown.count():
        menus.click()
        shown = page.get_by_role("menuitem", name=name)
    shown.click()


def change(page: Page) -> None:
    """What can be changed before it begins."""
    page.get_by_role("button", name=re.compile("^(Steuern|Ändern)$")).locator("visible=true").click()


def deputy(page: Page) -> None:
    """Who answers in the mayor's place."""
    steer(page, "Vertretung durch …")


def closing(page: Page) -> None:
    """The hour is to be ended: by answering those who are here."""
    steer(page, "Beenden …")
    expect(page.get_by_role("dialog")).to_contain_text("Jetzt abschließen")


def settling(page: Page) -> None:
    """The hour is to be ended now: one person has a promise, all others come first next time, one of them by hand."""
    closing(page)
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Jetzt abschließen").check()
    settle(dialog)


def settle(list_of_people: Locator) -> None:
    """Say what becomes of each of them, in four ways."""
    list_of_people.get_by_label("Was wird aus Jonas Köhler?").select_option("Antwort zugesagt")
    list_of_people.get_by_label("Was wird aus Fatma Yılmaz?").select_option("ans Fachamt")
    list_of_people.get_by_label("Fachamt", exact=True).fill("Straßenbauamt")
    list_of_people.get_by_label("Was wird aus Ø?").select_option("abgelehnt")
    list_of_people.get_by_label("Für alle Übrigen").select_option("nächstes Mal zuerst")
    list_of_people.get_by_role("button", name=re.compile("Personen übernehmen$")).click()


def after_hour(page: Page) -> None:
    """The time is up, and people still wait: the list is the main thing to do."""
    if wide(page):
        expect(page.get_by_role("heading", name=re.compile("^Nachlauf: noch"))).to_be_visible()
        settle(page.locator(".settling"))


def outcome(page: Page) -> None:
    """One person is handed to a department."""
    row(page, "Jonas Köhler")
    page.get_by_role("button", name="Anders abschließen").click()
    page.get_by_role("menuitem", name="ans Fachamt").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Fachamt", exact=True).fill("Bauhof")
    expect(dialog.get_by_label("Text an Jonas Köhler")).to_have_value(re.compile("Bauhof"))


def outcomes(page: Page) -> None:
    """What may become of one person."""
    row(page, "Jonas Köhler")
    page.get_by_role("button", name="Anders abschließen").click()


def over(page: Page) -> None:
    """The hour ends while one looks: by itself, with an outcome for everybody."""
    with Api(page.url.split("/console")[0]) as api:
        if api.snapshot()["session"] is None:
            api.command("session.open_now", line="buergermeister", minutes=30)
        expect(page.get_by_role("timer")).to_be_attached()
        hour = api.snapshot()["session"]["id"]
        waiting = [one["id"] for one in api.snapshot()["conversations"] if one["lane"] == "waiting"]
        items = [{"conversation": id, "outcome": "carried_over", "text": ""} for id in waiting]
        api.command("session.settle", session=hour, items=items)
        api.command("session.close", session=hour)
    expect(page.get_by_role("heading", name="Sprechstunde beendet").locator("visible=true")).to_be_visible()
    expect(page.locator(".toast")).to_have_count(0, timeout=10_000)


def late(page: Page) -> None:
    """It begins later, and somebody else answers."""
    with Api(page.url.split("/console")[0]) as api:
        hour = api.snapshot()["session"]["id"]
        api.command("session.late", session=hour, minutes=10)
        api.command("session.deputy", session=hour, name="Frau Ida Beispiel")
    expect(page.locator(".banner.info")).to_contain_text("Vertretung: Frau Ida Beispiel.")


def owed(page: Page) -> None:
    """Who still gets an answer, and by when."""
    page.get_by_role("button", name=re.compile("^Nachfassen")).click()
    expect(page.locator(".row")).to_have_count(2)


# -- halls -------------------------------------------------------------------------------------------------


@contextmanager
def ending_hall(folder: Path) -> Iterator[TownHall]:
    """Nine minutes are left: the last call was made, and the time will not be enough."""
    with lively_hall(folder) as hall:
        with Api(hall.url) as api:
            for minute, name in ((24, "Anna Weber"), (30, "Lena Öztürk"), (37, "Anna Weber")):
                at(hall, minute)
                api.reply(name, "Das klären wir noch.")
        at(hall, 51)
        wait_until(
            lambda: "schreiben Sie bitte jetzt" in " ".join(_heard(hall)), 60, "the last call was made"
        )
        yield hall


def _heard(hall: TownHall) -> list[str]:
    """What anybody was told."""
    everybody = hall.sim.get("/sim/people").json()
    people = everybody["people"] if isinstance(everybody, dict) else everybody
    return [text for facts in people for text in Citizen(hall.sim, facts).heard()]


@contextmanager
def last_questions_hall(folder: Path) -> Iterator[TownHall]:
    """No new questions are taken; two people have an outcome already by which something is owed to them."""
    with lively_hall(folder) as hall:
        with Api(hall.url) as api:
            api.command("session.close_intake", session=api.snapshot()["session"]["id"])
            promised = {"outcome": "promised", "date": "2026-12-11"}
            api.command("resolve", conversation=api.conversation("Thi Thu Hà Nguyễn")["id"], **promised)
            handed = {"outcome": "handed_over", "department": "Ordnungsamt"}
            api.command("resolve", conversation=api.conversation("Ø")["id"], **handed)
        yield hall


@contextmanager
def draining_hall(folder: Path) -> Iterator[TownHall]:
    with lively_hall(folder) as hall:
        at(hall, 61)
        with Api(hall.url) as api:
            wait_until(lambda: api.snapshot()["session"]["state"] == "draining", 60, "the time is up")
        yield hall


@contextmanager
def over_hall(folder: Path) -> Iterator[TownHall]:
    with lively_hall(folder) as hall:
        with Api(hall.url) as api:
            hour = api.snapshot()["session"]["id"]
            waiting = [c["id"] for c in api.snapshot()["conversations"] if c["lane"] == "waiting"]
            kinds: list[Json] = [
                {"outcome": "promised", "date": "2026-12-11"},
                {"outcome": "handed_over", "department": "Bauhof"},
                {"outcome": "carried_over"},
                {"outcome": "declined", "reason": "Dafür ist das Land zuständig"},
                *({"outcome": "answered"} for _ in waiting[4:]),
            ]
            items = [{"conversation": id, **kind} for id, kind in zip(waiting, kinds, strict=True)]
            api.command("session.settle", session=hour, items=items)
        yield hall


@contextmanager
def lobby_hall(folder: Path) -> Iterator[TownHall]:
    """A few minutes before the hour, with two who are early."""
    with town_hall(folder, now=OPENS - timedelta(minutes=6), policy=ACCEPT) as hall:
        for name, text in QUEUE[:2]:
            hall.citizen(name).write(text)
        at(hall, -4.2)
        yield hall
