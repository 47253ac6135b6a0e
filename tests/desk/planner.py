"""A desk on which somebody plans: commands in the words of a day, and everything there is, to be compared."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from sessionhours.config import load_schedule
from sessionhours.core.instants import instant
from sessionhours.core.schedule import Schedule
from sessionhours.desk import planning_view
from sessionhours.desk.plan import Planner
from sessionhours.desk.planning_view import Conflict, Month
from sessionhours.store.tables import (
    AutoText,
    Conversation,
    Event,
    HourSession,
    Message,
    Notice,
    Outbox,
    Outcome,
    PlanEntry,
    Town,
)
from tests.desk.office import Desk
from tests.makers import OPENS, SCHEDULE

BERLIN = ZoneInfo("Europe/Berlin")
MONDAY = OPENS - timedelta(days=3)
LINE = "buergermeister"

#: The first two sessions of the file; the one of May falls on Ascension Day.
DECEMBER, JANUARY, MAY = f"{LINE}/2026-12-03T15:00", f"{LINE}/2027-01-07T15:00", f"{LINE}/2027-05-06T15:00"

#: All that a command may change, beside the memory of the command itself.
TABLES = (HourSession, PlanEntry, Conversation, Message, Outbox, Outcome, AutoText, Notice, Event, Town)


def plan(desk: Desk, name: str, /, **data: Any) -> dict[str, Any]:
    """A command of the mayor; ``from_`` is the wire's ``from``."""
    return desk.ask(desk.mayor, name, **{field.removesuffix("_"): value for field, value in data.items()})


def done(desk: Desk, name: str, /, **data: Any) -> dict[str, Any]:
    """The same, which has to go well; its result."""
    result = plan(desk, name, **data)
    assert result["ok"], result
    found: dict[str, Any] = result["data"]
    return found


def refused(desk: Desk, name: str, /, **data: Any) -> dict[str, Any]:
    """The same, which has to be refused with nothing half done; its error."""
    before = everything(desk)
    result = plan(desk, name, **data)
    assert not result["ok"], result
    assert everything(desk) == before, "nothing half done"
    error: dict[str, Any] = result["error"]
    return error


def everything(desk: Desk) -> dict[str, Any]:
    """The snapshot and every row that a command may touch."""
    rows = {
        table.__name__: sorted(repr(sorted(dict(row).items())) for row in desk.rows(table))
        for table in TABLES
    }
    return {**rows, "snapshot": desk.snapshot()}


def edit(desk: Desk, folder: Path, rules: str) -> None:
    """The file has these sessions (and whatever else follows) now, and is read again."""
    text = SCHEDULE.format(policy="")
    file = folder / "edited.toml"
    file.write_text(text[: text.index("[[line.session]]")] + rules, encoding="utf-8")
    desk.schedule = load_schedule(file)
    desk.tick()


def session(every: str, hours: str = "15:00-16:00", more: str = "") -> str:
    """A session of the file; ``every`` may be a date."""
    from_, to = hours.split("-")
    when = f"date = {every}" if every[:4].isdecimal() else f'every = "{every}"'
    return f'[[line.session]]\n{when}\nfrom = "{from_}"\nto = "{to}"\n{more}\n'


def row(desk: Desk, name: str) -> HourSession:
    """The session of that id or key."""
    (found,) = [one for one in desk.rows(HourSession) if name in (one.id, one.occurrence)]
    return found


def standing(desk: Desk) -> Schedule:
    """The plan as it stands now."""
    return desk.read(lambda read: Planner().plan(read, desk.schedule, now=desk.clock()).schedule)


def dates(
    desk: Desk, first: str = "2026-11-30", last: str = "2027-03-31", kind: str = "whatsapp"
) -> list[str]:
    """The decided windows of a stretch in local time: "2026-12-03 15:00-16:00"."""
    found = standing(desk).between(date.fromisoformat(first), date.fromisoformat(last), kinds=(kind,))
    return [local(one.opens, one.closes) for one in found if not one.needs_decision]


def local(opens: datetime, closes: datetime) -> str:
    return f"{opens.astimezone(BERLIN):%Y-%m-%d %H:%M}-{closes.astimezone(BERLIN):%H:%M}"


def when(one: HourSession) -> str:
    """When a row is, in local time."""
    return local(instant(one.opens), instant(one.closes))


def month(desk: Desk, first: str, last: str) -> Month:
    return desk.read(
        planning_view.month,
        Planner(),
        desk.schedule,
        date.fromisoformat(first),
        date.fromisoformat(last),
        desk.clock(),
    )


def conflicts(desk: Desk) -> list[Conflict]:
    return desk.read(planning_view.conflicts, Planner(), desk.schedule, desk.clock())
