"""Pictures of every page and state, for eyes: `python -m tests.browser.sheet FOLDER [ONLY…]`.

Each is one file STATE-WIDTH-LOOK.png; with further words only the states whose names contain one of them. The language
is that of LOCALE, German without. Where FOLDER is a file's name that ends in .png, that one picture is the README's: a
console in the middle of a rush.
"""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from datetime import timedelta
from pathlib import Path
from typing import Any, Literal

from playwright.sync_api import Browser, Page, expect, sync_playwright

from sessionhours.simulator.andrang import FIRST_NAMES, LAST_NAMES, QUESTIONS
from tests.browser.api import Api
from tests.browser.conftest import log_in
from tests.browser.crowd import at, row
from tests.browser.state import State
from tests.browser.states import HALLS, STATES
from tests.browser.townhall import TownHall, town_hall
from tests.conftest import CHROMIUM_OPTIONS
from tests.makers import OPENS

SIZES = {1280: 800, 1024: 768, 820: 1180, 390: 844, 320: 640}
#: Up to this width people use their fingers.
TOUCH = 1024
LOOKS: tuple[Literal["light", "dark"], ...] = ("light", "dark")


def main(folder: Path, only: list[str]) -> None:
    """Take the pictures."""
    (folder.parent if folder.suffix else folder).mkdir(parents=True, exist_ok=True)
    wanted = [state for state in STATES if not only or any(word in state.name for word in only)]
    with sync_playwright() as playwright:
        executable = os.environ.get("CHROMIUM") or shutil.which("chromium")
        browser = playwright.chromium.launch(executable_path=executable, args=CHROMIUM_OPTIONS)
        if folder.suffix == ".png":
            return rush(browser, folder)
        for kind, hall in HALLS.items():
            here = [state for state in wanted if state.hall == kind]
            if here:
                with tempfile.TemporaryDirectory() as house, hall(Path(house)) as found:
                    take(browser, found, here, folder)


def take(browser: Browser, hall: TownHall, states: list[State], folder: Path) -> None:
    """All pictures of one hall."""
    logins: dict[str, Any] = {}
    for state in states:
        for width, height in SIZES.items():
            for look in LOOKS:
                picture(
                    browser,
                    hall,
                    state,
                    folder / f"{state.name}-{width}-{look}.png",
                    (width, height),
                    look,
                    logins,
                )
        print(state.name, flush=True)


def picture(
    browser: Browser,
    hall: TownHall,
    state: State,
    file: Path,
    size: tuple[int, int],
    look: Literal["light", "dark"],
    logins: dict[str, Any],
) -> None:
    """One picture in a browser of its own."""
    context = browser.new_context(
        locale=os.environ.get("LOCALE", "de-DE"),
        timezone_id="Europe/Berlin",
        viewport={"width": size[0], "height": size[1]},
        has_touch=size[0] <= TOUCH,
        color_scheme=look,
        storage_state=logins.get(state.person or ""),
    )
    if state.person and state.person not in logins:
        log_in(context, hall.url, state.person)
        logins[state.person] = context.storage_state()
    page = context.new_page()
    page.goto(hall.url + state.path)
    if state.path == "/console":
        expect(page.locator(".connection.ok")).to_be_attached()
    state.show(page)
    page.evaluate("async () => { await document.fonts.ready }")
    page.wait_for_timeout(500)
    page.screenshot(path=file)
    context.close()


def rush(browser: Browser, file: Path) -> None:
    """The README's picture: the citizens of the script Andrang, a mayor who answers and an assistant who writes."""
    with (
        tempfile.TemporaryDirectory() as house,
        town_hall(Path(house), now=OPENS + timedelta(minutes=6)) as hall,
    ):
        anna = hall.citizen("Anna Weber")
        anna.write(
            "Guten Tag, am Bachweg ist nach dem Regen ein tiefes Schlagloch. Gestern ist ein Kind gestürzt."
        )
        anna.write(type="image", caption="So sieht es dort aus.")
        hall.settle()
        for n in range(7):
            at(hall, 7 + 2 * n)
            hall.citizen(f"{FIRST_NAMES[n]} {LAST_NAMES[n * 7 % 10]}").write(QUESTIONS[n])
        at(hall, 21)
        with Api(hall.url) as mayor, Api(hall.url, "brandt") as brandt:
            answered = mayor.reply(
                "Anna Weber", "Guten Tag Frau Weber, danke für das Foto. Ich kläre das sofort."
            )
            brandt.command(
                "note", conversation=answered["conversation"], text="Bauhof: wird heute noch gefüllt."
            )
            at(hall, 22.2)
            anna.write("Das ging schnell! Sagen Sie auch der Schule Bescheid?")
            hall.settle()
            waiting = [c for c in mayor.snapshot()["conversations"] if c["lane"] == "waiting"]
            longest = sorted(waiting, key=lambda one: str(one["waiting_since"]))
            brandt.command("claim", conversation=longest[1]["id"])
            mayor.command("resolve", conversation=longest[-2]["id"], outcome="answered")
        pages = [_seat(browser, hall, person) for person in ("brandt", "mayor")]
        row(pages[0], longest[1]["contact"]["name"])
        row(pages[1], "Anna Weber")
        pages[0].locator("#composer").press_sequentially("Guten Tag")
        pages[1].locator("#composer").press_sequentially("Ja, das übernimmt Frau Brandt. Ab morgen ")
        expect(pages[1].locator(".row").get_by_text("schreibt")).to_be_visible()
        pages[1].locator(".log").evaluate("(log) => { log.scrollTop = log.scrollHeight }")
        pages[1].screenshot(path=file)


def _seat(browser: Browser, hall: TownHall, person: str) -> Page:
    context = browser.new_context(
        locale="de-DE", timezone_id="Europe/Berlin", viewport={"width": 1280, "height": 800}
    )
    log_in(context, hall.url, person)
    page = context.new_page()
    page.goto(f"{hall.url}/console")
    expect(page.locator(".connection.ok")).to_be_attached()
    return page


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2:])
