"""The planning's pages and their states: what has to have happened, and how a person gets to see it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

from playwright.sync_api import Page, expect

from tests.browser.api import Api
from tests.browser.townhall import TownHall
from tests.fakes import wait_until

#: Two days before Kappelrodeck's hour, at ten in the morning.
NOW = datetime(2026, 12, 1, 9, 0, tzinfo=UTC)
TERMINE = "/console/termine"
FIRST = f"{TERMINE}/buergermeister/2026-12-03T15:00"


def prepare(hall: TownHall) -> None:
    """Whatever can happen to a date has happened to one."""
    with Api(hall.url) as api:
        line = "buergermeister"
        api.command(
            "session.move",
            session=f"{line}/2026-12-17T10:00",
            date="2026-12-18",
            **{"from": "17:00"},
            to="18:00",
        )
        wednesdays = {"every": "jeden Mittwoch", "from": "10:00", "to": "11:00", "starting": "2026-12-09"}
        api.command(
            "series.add", line=line, kind="in_person", topic="Haushalt und Kita-Gebühren", **wednesdays
        )
        called_off = {"date": "2026-12-10", "from": "17:30", "to": "18:15"}
        api.command(
            "session.cancel",
            session=f"{line}/2026-12-03T15:00",
            reason="Krankheit des Bürgermeisters",
            **called_off,
        )
        api.command(
            "session.move",
            session=f"{line}/2027-01-07T15:00",
            date="2027-01-08",
            **{"from": "15:00"},
            to="16:00",
        )
        api.command("exception.add", line="rathaus", date="2026-12-23", reason="Betriebsversammlung")
        tonight = {"date": "2026-12-01", "from": "20:00", "to": "21:00"}
        api.command("session.add", line=line, **tonight)
        api.command("texts", line=line, key="lobby", text="Gleich geht es los: {next_session}.")
    schedule = hall.server.schedule
    text = schedule.read_text(encoding="utf-8")
    schedule.write_text(
        text.replace('from = "15:00"\nto = "16:00"', 'from = "09:00"\nto = "10:00"'), encoding="utf-8"
    )
    with Api(hall.url) as api:
        wait_until(lambda: "widersprechen sich" in api.page(TERMINE), 60, "the file was read again")


def press(name: str, **typed: str) -> Callable[[Page], None]:
    """Fill in a form of the page and send it, past the browser's own checks."""

    def show(page: Page) -> None:
        for field, value in typed.items():
            page.locator(f"main [name={field.rstrip('_')}]").last.fill(value)
        page.evaluate("() => { for (const form of document.forms) form.noValidate = true }")
        page.get_by_role("button", name=name).first.click()
        page.wait_for_load_state()

    return show


def typed_too_late(page: Page) -> None:
    """Somebody else was faster."""
    page.locator("input[name=revision]").evaluate("(one) => { one.value = '99' }")
    press("Ändern", date="2027-01-11")(page)
    expect(page.get_by_text("Jemand hat diesen Termin inzwischen geändert.").first).to_be_visible()


def a_text_with_everything(page: Page) -> None:
    """Text that is too long, and a placeholder that does not exist."""
    press("Speichern", text="{nix} " + "Sehr langer Text. " * 60)(page)


def nothing(page: Page) -> None:
    """The page as it opens."""


STATES: dict[str, tuple[str, str, Callable[[Page], None]]] = {
    "month": ("busy", f"{TERMINE}?monat=2026-12", nothing),
    "month-january": ("busy", f"{TERMINE}?monat=2027-01&line=buergermeister", nothing),
    "month-undecided": ("busy", f"{TERMINE}?monat=2027-05", nothing),
    "list": ("busy", f"{TERMINE}?monat=2026-12&ansicht=liste", nothing),
    "empty": ("bare", TERMINE, nothing),
    "date": ("busy", f"{TERMINE}/buergermeister/2026-12-17T10:00", nothing),
    "date-cancelled": ("busy", FIRST, nothing),
    "date-contradicted": ("busy", f"{TERMINE}/buergermeister/2027-01-07T15:00", nothing),
    "date-undecided": ("busy", f"{TERMINE}/buergermeister/2027-05-06T09:00", nothing),
    "move": ("busy", f"{TERMINE}/buergermeister/2027-02-04T09:00?tun=move", nothing),
    "move-wrong": (
        "busy",
        f"{TERMINE}/buergermeister/2027-02-04T09:00?tun=move",
        press("Ändern", date="", to="09:00"),
    ),
    "move-stale": ("busy", f"{TERMINE}/buergermeister/2027-01-07T15:00?tun=move", typed_too_late),
    "cancel": ("busy", f"{TERMINE}/buergermeister/2027-02-04T09:00?tun=cancel", nothing),
    "cancel-wrong": (
        "busy",
        f"{TERMINE}/buergermeister/2027-02-04T09:00?tun=cancel",
        press("Termin absagen"),
    ),
    "asked-again": (
        "busy",
        f"{TERMINE}/buergermeister/2026-12-01T20:00+?tun=cancel",
        press("Termin absagen", reason="Sturm"),
    ),
    "new": ("busy", f"{TERMINE}/neu", nothing),
    "new-wrong": ("busy", f"{TERMINE}/neu", press("Termin anlegen", from_="15:00")),
    "series": ("busy", f"{TERMINE}/serie", nothing),
    "series-wrong": ("busy", f"{TERMINE}/serie", press("Serie anlegen", every="immer mal wieder")),
    "exception": ("busy", f"{TERMINE}/ausnahme", nothing),
    "texts": ("busy", f"{TERMINE}/texte?line=buergermeister&key=lobby", nothing),
    "texts-english": ("busy", f"{TERMINE}/texte?line=buergermeister&key=outside_en", nothing),
    "texts-wrong": ("busy", f"{TERMINE}/texte", a_text_with_everything),
    "forbidden": ("assistant", TERMINE, nothing),
}

#: The rest is left to `make test-full`.
ALWAYS = {"month", "empty", "date", "move-wrong", "asked-again", "new-wrong", "texts"}
