"""What staff add to the plan: a date, a series, an exception of opening hours (console.md §6.6)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from starlette.responses import Response
from starlette.routing import Route

from sessionhours.core import words
from sessionhours.core.every import parse_every
from sessionhours.server.planning_forms import Form, ask_again, check, confirmed, given, read, run
from sessionhours.server.planning_view import lines
from sessionhours.server.planning_visit import TERMINE, Door, Visit

#: What a series can be written as, by language; both are understood everywhere.
EXAMPLES = {
    "de": ("erster Donnerstag", "jeden Mittwoch", "letzter Freitag", "alle 2 Wochen am Montag"),
    "en": ("first thursday", "every wednesday", "last friday", "every 2 weeks on monday"),
}


@dataclass(frozen=True, slots=True)
class Kind:
    """One thing that can be added: its page, its command, the fields it needs and takes."""

    name: str
    command: str
    needs: tuple[str, ...]
    takes: tuple[str, ...]
    month_of: str


KINDS = (
    Kind("neu", "session.add", ("line", "date", "from", "to"), ("title", "topic", "kind"), "date"),
    Kind(
        "serie",
        "series.add",
        ("line", "every", "from", "to"),
        ("starting", "until", "topic", "kind"),
        "starting",
    ),
    Kind("ausnahme", "exception.add", ("line", "date"), ("from", "to", "reason"), "date"),
)


class NewPages:
    """``/console/termine/neu``, ``/serie`` and ``/ausnahme``."""

    def __init__(self, door: Door) -> None:
        self.door = door

    def routes(self) -> list[Route]:
        """A page and its form for each."""
        return [route for kind in KINDS for route in self._routes(kind)]

    def _routes(self, kind: Kind) -> list[Route]:
        async def show(visit: Visit) -> Response:
            return _page(visit, kind, Form(_first(visit)))

        async def add(visit: Visit) -> Response:
            return await self._add(visit, kind)

        path = f"{TERMINE}/{kind.name}"
        return [
            Route(path, self.door.staff(show), methods=["GET"]),
            Route(path, self.door.staff(add), methods=["POST"]),
        ]

    async def _add(self, visit: Visit, kind: Kind) -> Response:
        form = await read(visit)
        if not _complete(visit, kind, form):
            return _page(visit, kind, form)
        result = await run(self.door.commands, visit, form, kind.command, _data(kind, form))
        if result is None and form.confirm:
            here = visit.href(kind.name)
            return ask_again(visit, form, kind.name, action=here, back=here, facts=_asked(visit, form))
        if result is None:
            return _page(visit, kind, form)
        return _onward(visit, kind, form, result)


def _page(visit: Visit, kind: Kind, form: Form) -> Response:
    shown = lines(visit, hours=kind.name == "ausnahme")
    return visit.page(
        "_neu",
        status=form.status,
        kind=kind.name,
        form=form,
        lines=shown,
        examples=EXAMPLES[visit.language],
        today=f"{visit.now.astimezone(visit.zone):%Y-%m-%d}",
        month=form[kind.month_of][:7],
    )


def _first(visit: Visit) -> dict[str, str]:
    """What an address may bring along: the line, and the date that was looked at."""
    first = visit.schedule.lines[0].id if len(visit.schedule.lines) == 1 else ""
    return {
        "line": visit.asked("line") or first,
        "date": visit.asked("date"),
        "kind": "whatsapp",
        "open": "closed",
    }


def _complete(visit: Visit, kind: Kind, form: Form) -> bool:
    needs = (*kind.needs, "from", "to") if form["open"] == "other" else kind.needs
    if kind.name == "serie" and form["every"]:
        needs = (*needs, *_understood(visit, form))
    return check(visit, form, *needs)


def _understood(visit: Visit, form: Form) -> tuple[str, ...]:
    """Which field the recurrence needs beside. Writes down where it is none at all."""
    try:
        parse_every(form["every"])
    except ValueError as error:
        if getattr(error, "code", "") == "every_starting":
            return ("starting",)
        form.errors["every"] = visit.text("bad.every", examples=", ".join(EXAMPLES[visit.language]))
    return ()


def _data(kind: Kind, form: Form) -> dict[str, Any]:
    closed = kind.name == "ausnahme" and form["open"] != "other"
    left = {"from", "to"} if closed else set()
    sent = given(form, (name for name in (*kind.needs, *kind.takes) if name not in left))
    return {**sent, **confirmed(form)}


def _asked(visit: Visit, form: Form) -> list[tuple[str, str]]:
    """What happens, before somebody says yes to it."""
    other = form["open"] == "other"
    hours = f"{form['from']}–{form['to']}" if other else visit.text("entry.closed")
    on = words.day(date.fromisoformat(form["date"]), visit.language)
    reason = [(visit.text("form.reason"), form["reason"])] if form["reason"] else []
    return [(visit.text("form.date"), on), (visit.text("form.open"), hours), *reason]


def _onward(visit: Visit, kind: Kind, form: Form, result: Mapping[str, Any]) -> Response:
    if kind.name == "neu":
        return visit.onward(str(result["session"]["id"]), done="added")
    return visit.onward(done=f"{kind.name}_added", monat=form[kind.month_of][:7] or None)
