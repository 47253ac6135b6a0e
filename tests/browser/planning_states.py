"""The planning's pages and their states: what has to have happened, and how a person gets to see it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from playwright.sync_api import Page, expect

from tests.browser.api import Api
from tests.browser.state import State, nothing
from tests.browser.townhall import TownHall, town_hall
from tests.fakes import wait_until
from tests.makers import TOWN_HALL

#: Two days before Kappelrodeck's hour, at ten in the morning.
NOW = datetime(2026, 12, 1, 9, 0, tzinfo=UTC)
TERMINE = "/console/termine"
#: A form that is refused is shown again with 4xx, and a preview is broken off when the page is left.
REFUSED = r"^4\d\d: |the server responded with a status of 4\d\d|/texte/vorschau\S+ net::ERR_ABORTED$"
FIRST = f"{TERMINE}/buergermeister/2026-12-03T15:00"


@contextmanager
def bare(folder: Path) -> Iterator[TownHall]:
    """A hall with no date at all."""
    none = {'[[line.session]]\nevery = "first thursday"\nfrom = "15:00"\nto = "16:00"\n': ""}
    with town_hall(folder, now=NOW, change=none) as hall:
        yield hall


@contextmanager
def busy(folder: Path) -> Iterator[TownHall]:
    """A hall in whose plan there is everything: two lines, a series, moved, cancelled, contradicted by the file."""
    more = {
        'to = "16:00"': f'to = "16:00"\n\n[[line.session]]\ndate = 2026-12-17\nfrom = "10:00"\nto = "11:00"\n{TOWN_HALL}'
    }
    with town_hall(folder, now=NOW, change=more) as hall:
        _fill(hall)
        yield hall


def _fill(hall: TownHall) -> None:
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


def a_text_of_two(page: Page) -> None:
    """Somebody else wrote it meanwhile."""
    page.locator("input[name=before]").evaluate("(one) => { one.value = 'Gleich.' }")
    press("Speichern", text="Es geht gleich los.")(page)
    expect(page.get_by_text("Jemand hat diesen Text inzwischen geändert.").first).to_be_visible()


def a_series_without_end(page: Page) -> None:
    """It is ended on a day that is over."""
    page.locator("details").first.evaluate("(one) => { one.open = true }")
    press("Serie beenden", until="2026-01-01")(page)


def a_day_too_late(page: Page) -> None:
    """It cannot have been published then."""
    page.locator("main [name=date]").first.fill("2029-06-01")
    press("Als veröffentlicht merken")(page)


def a_text_with_everything(page: Page) -> None:
    """Text that is too long, and a placeholder that does not exist."""
    press("Speichern", text="{nix} " + "Sehr langer Text. " * 60)(page)


def plan(name: str, hall: str, path: str, show: Callable[[Page], None] = nothing) -> State:
    """A page of the planning."""
    person = "brandt" if name == "forbidden" else "mayor"
    return State(f"plan-{name}", f"plan-{hall}", path, person, show, REFUSED)


STATES = (
    plan("month", "busy", f"{TERMINE}?monat=2026-12"),
    plan("month-january", "busy", f"{TERMINE}?monat=2027-01&line=buergermeister"),
    plan("month-undecided", "busy", f"{TERMINE}?monat=2027-05"),
    plan("list", "busy", f"{TERMINE}?monat=2026-12&ansicht=liste"),
    plan("empty", "bare", TERMINE),
    plan("date", "busy", f"{TERMINE}/buergermeister/2026-12-17T10:00"),
    plan("date-cancelled", "busy", FIRST),
    plan("date-contradicted", "busy", f"{TERMINE}/buergermeister/2027-01-07T15:00"),
    plan("date-undecided", "busy", f"{TERMINE}/buergermeister/2027-05-06T09:00"),
    plan("move", "busy", f"{TERMINE}/buergermeister/2027-02-04T09:00?tun=move"),
    plan(
        "move-wrong",
        "busy",
        f"{TERMINE}/buergermeister/2027-02-04T09:00?tun=move",
        press("Ändern", date="", to="09:00"),
    ),
    plan("move-stale", "busy", f"{TERMINE}/buergermeister/2027-01-07T15:00?tun=move", typed_too_late),
    plan("cancel", "busy", f"{TERMINE}/buergermeister/2027-02-04T09:00?tun=cancel"),
    plan(
        "cancel-wrong",
        "busy",
        f"{TERMINE}/buergermeister/2027-02-04T09:00?tun=cancel",
        press("Termin absagen"),
    ),
    plan(
        "asked-again",
        "busy",
        f"{TERMINE}/buergermeister/2026-12-01T20:00+?tun=cancel",
        press("Termin absagen", reason="Sturm"),
    ),
    plan("new", "busy", f"{TERMINE}/neu"),
    plan("new-wrong", "busy", f"{TERMINE}/neu", press("Termin anlegen", from_="15:00")),
    plan("series", "busy", f"{TERMINE}/serie"),
    plan("series-wrong", "busy", f"{TERMINE}/serie", press("Serie anlegen", every="immer mal wieder")),
    plan("exception", "busy", f"{TERMINE}/ausnahme"),
    plan("texts", "busy", f"{TERMINE}/texte?line=buergermeister&key=lobby"),
    plan("texts-english", "busy", f"{TERMINE}/texte?line=buergermeister&key=outside_en"),
    plan("texts-wrong", "busy", f"{TERMINE}/texte", a_text_with_everything),
    plan("texts-stale", "busy", f"{TERMINE}/texte?line=buergermeister&key=lobby", a_text_of_two),
    plan(
        "texts-back", "busy", f"{TERMINE}/texte?line=buergermeister&key=lobby", press("Zurück zum Standard")
    ),
    plan("series-end-wrong", "busy", f"{TERMINE}?monat=2026-12", a_series_without_end),
    plan("kit-wrong", "busy", f"{FIRST}/kit", a_day_too_late),
    plan("forbidden", "bare", TERMINE),
)

HALLS = {"plan-busy": busy, "plan-bare": bare}
