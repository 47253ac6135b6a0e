"""Pictures of every page and state, for eyes: `python -m tests.browser.sheet FOLDER [ONLY…]`.

Each is one file STATE-WIDTH-LOOK.png; with further words only the states whose names contain one of them.
"""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from pathlib import Path
from typing import Any, Literal

from playwright.sync_api import Browser, expect, sync_playwright

from tests.browser.conftest import log_in
from tests.browser.states import HALLS, STATES, State
from tests.browser.townhall import TownHall
from tests.conftest import CHROMIUM_OPTIONS

SIZES = {1280: 800, 820: 1180, 390: 844}
LOOKS: tuple[Literal["light", "dark"], ...] = ("light", "dark")


def main(folder: Path, only: list[str]) -> None:
    """Take the pictures."""
    folder.mkdir(parents=True, exist_ok=True)
    wanted = [state for state in STATES if not only or any(word in state.name for word in only)]
    with sync_playwright() as playwright:
        executable = os.environ.get("CHROMIUM") or shutil.which("chromium")
        browser = playwright.chromium.launch(executable_path=executable, args=CHROMIUM_OPTIONS)
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
        locale="de-DE",
        timezone_id="Europe/Berlin",
        viewport={"width": size[0], "height": size[1]},
        color_scheme=look,
        storage_state=logins.get(state.person or ""),
    )
    if state.person and state.person not in logins:
        log_in(context, hall.url, state.person)
        logins[state.person] = context.storage_state()
    page = context.new_page()
    page.goto(hall.url + state.path)
    if state.person:
        expect(page.locator(".connection.ok")).to_be_attached()
    state.show(page)
    page.evaluate("async () => { await document.fonts.ready }")
    page.wait_for_timeout(250)
    page.screenshot(path=file)
    context.close()


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2:])
