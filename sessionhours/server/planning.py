"""The planning: a month of dates or a list of them, and what waits for somebody (console.md §6.6)."""

from __future__ import annotations

from datetime import date

from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.routing import Route

from sessionhours.core import words
from sessionhours.core.schedule import Line
from sessionhours.server.planning_date import DatePage
from sessionhours.server.planning_entries import command, entries
from sessionhours.server.planning_forms import Form, ask_again, check, read, run
from sessionhours.server.planning_new import NewPages
from sessionhours.server.planning_preview import preview
from sessionhours.server.planning_texts import TextPages
from sessionhours.server.planning_view import lines, month_view, next_date, undecided
from sessionhours.server.planning_visit import TERMINE, Door, Visit

#: Dates in other months that wait for a decision: so many are named.
MOST_UNDECIDED = 6

#: What the month's page says after each of its forms.
DONE = {
    "series_end": "series_ended",
    "exception_remove": "exception_removed",
    "keep": "keep",
    "restore": "as_the_file",
}


class Planning:
    """All pages below ``/console/termine``."""

    def __init__(self, door: Door) -> None:
        self.door = door
        self.new, self.texts, self.date = NewPages(door), TextPages(door), DatePage(door)

    def routes(self) -> list[Route]:
        """All of them; they end with every date's page, whose key has a slash in it."""
        return [
            Route(TERMINE, self.door.staff(self.month), methods=["GET"]),
            Route(TERMINE, self.door.staff(self.act), methods=["POST"]),
            *self.new.routes(),
            *self.texts.routes(),
            *self.date.routes(),
        ]

    async def month(self, visit: Visit) -> Response:
        """``GET /console/termine?monat=YYYY-MM&ansicht=liste&line=…``."""
        return await self._page(visit, Form())

    async def act(self, visit: Visit) -> Response:
        """End a series, remove an exception, settle a contradiction. Raises `HTTPException` 400 for anything else."""
        form = await read(visit)
        if form["do"] not in DONE:
            raise HTTPException(400)
        if not check(visit, form):
            return await self._page(visit, form)
        asked = await command(self.door, visit, form)
        if asked is None:
            return visit.onward(done="nothing")
        result = await run(self.door.commands, visit, form, *asked)
        if result is not None:
            later = form["until"] and result.get("series")
            return visit.onward(done="series_ends" if later else DONE[form["do"]])
        if form.confirm:
            here = visit.href()
            return ask_again(visit, form, form["do"], action=here, back=here, facts=_asked(visit, form))
        return await self._page(self.door.again(visit), form)

    async def _page(self, visit: Visit, form: Form) -> Response:
        line = next((one.id for one in visit.schedule.lines if one.id == visit.asked("line")), "")
        month = await month_view(self.door, visit, visit.asked("monat"), line)
        coming = await next_date(self.door, visit, line)
        here = await entries(self.door, visit)
        return visit.page(
            "",
            status=form.status,
            form=form,
            month=month,
            shown=f"{month.first:%Y-%m}",
            listed="liste" if visit.asked("ansicht") == "liste" else None,
            weekdays=[(name, name[:2]) for name in words.WEEKDAYS[visit.language]],
            line=line,
            lines=lines(visit),
            several=sum(bool(one.sessions) for one in visit.schedule.lines) > 1,
            with_hours=lines(visit, hours=True),
            coming=coming,
            meanwhile=None if coming else _meanwhile(visit, line),
            waiting=(await undecided(self.door, visit))[:MOST_UNDECIDED],
            conflicts=month.conflicts,
            series=here.series,
            ending=next((one.id for one in here.series if form.errors and one.id == form["series"]), ""),
            untyped=Form(),
            exceptions=here.exceptions,
        )


def _asked(visit: Visit, form: Form) -> list[tuple[str, str]]:
    """What happens, before somebody says yes to it."""
    about = (visit.text("ask.about"), form["said"])
    if not form["until"]:
        return [about]
    return [about, (visit.text("entry.last"), words.day(date.fromisoformat(form["until"]), visit.language))]


def _meanwhile(visit: Visit, line: str) -> str:
    """What citizens are told while no date is planned; empty where nobody is told anything."""
    about: Line = visit.schedule.line(line) if line else visit.schedule.lines[0]
    keys = {"decline": "outside", "hold": "held", "offer": "offer"}
    return preview(visit, about, keys[about.outside], "").text if about.outside in keys else ""
