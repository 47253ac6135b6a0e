"""The console, the login and the front page: what has to have happened, and how a person gets to see it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import timedelta
from pathlib import Path

from playwright.sync_api import Page, expect

from tests.browser import hours, trouble
from tests.browser.api import Api
from tests.browser.crowd import ACCEPT, lively_hall, row
from tests.browser.state import State
from tests.browser.townhall import TownHall, town_hall
from tests.fakes import wait_until
from tests.makers import OPENS, WABA

# -- how a person gets there ---------------------------------------------------------------------------


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


def template(page: Page) -> None:
    """A text for after the service window, filled and not yet sent."""
    row(page, "Anna Weber")
    page.get_by_role("button", name="Vorlage wählen").click()
    expect(page.get_by_label("Vorlage", exact=True)).to_be_visible()


def press(name: str) -> Callable[[Page], None]:
    """Press the button whose name begins so."""
    return lambda page: page.get_by_role("button", name=re.compile(f"^{name}")).first.click()


def refused_login(page: Page) -> None:
    """A login that is refused."""
    page.get_by_label("E-Mail").fill("buergermeister@example.org")
    page.get_by_label("Kennwort").or_(page.get_by_label("Passwort")).fill("falsch")
    page.get_by_role("button", name="Anmelden").click()
    expect(page.get_by_role("alert")).to_be_visible()


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
    State("console-lobby", "lobby"),
    State("console-lobby-change", "lobby", show=hours.change),
    State("console-lobby-deputy", "lobby", show=hours.deputy),
    State("console-late", "late-hour", show=hours.late),
    State("console-steering", "ending", show=hours.steering),
    State("console-ending", "ending", show=lambda page: row(page, "Jonas Köhler")),
    State("console-closing", "ending", show=hours.closing),
    State("console-settling", "ending", show=hours.settling),
    State("console-outcome", "ending", show=hours.outcome),
    State("console-outcomes", "ending", show=hours.outcomes),
    State("console-last-questions", "last-questions", show=lambda page: row(page, "Jonas Köhler")),
    State("console-owed", "last-questions", show=hours.owed),
    State("console-draining", "draining", show=hours.after_hour),
    State("console-over", "over", show=hours.over),
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
    "lively": lively_hall,
    "lobby": hours.lobby_hall,
    "late-hour": hours.lobby_hall,
    "ending": hours.ending_hall,
    "last-questions": hours.last_questions_hall,
    "draining": hours.draining_hall,
    "over": hours.over_hall,
    "between": lambda folder: town_hall(folder, now=OPENS - timedelta(days=2)),
    "none": _none,
    "late": late_hall,
}
