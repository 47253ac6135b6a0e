"""The planning: a month of dates or a list of them, and what waits for somebody (console.md §6.6)."""

from __future__ import annotations

from starlette.responses import Response
from starlette.routing import Route

from sessionhours.core import words
from sessionhours.core.schedule import Line
from sessionhours.server.planning_date import DatePage
from sessionhours.server.planning_new import NewPages
from sessionhours.server.planning_preview import preview
from sessionhours.server.planning_texts import TextPages
from sessionhours.server.planning_view import lines, month_view, next_date, undecided
from sessionhours.server.planning_visit import TERMINE, Door, Visit

#: Dates in other months that wait for a decision: so many are named.
MOST_UNDECIDED = 6


class Planning:
    """All pages below ``/console/termine``."""

    def __init__(self, door: Door) -> None:
        self.door = door
        self.new, self.texts, self.date = NewPages(door), TextPages(door), DatePage(door)

    def routes(self) -> list[Route]:
        """All of them; they end with every date's page, whose key has a slash in it."""
        return [
            Route(TERMINE, self.door.staff(self.month)),
            *self.new.routes(),
            *self.texts.routes(),
            *self.date.routes(),
        ]

    async def month(self, visit: Visit) -> Response:
        """``GET /console/termine?monat=YYYY-MM&ansicht=liste&line=…``."""
        line = next((one.id for one in visit.schedule.lines if one.id == visit.asked("line")), "")
        month = month_view(visit, visit.asked("monat"), line)
        coming = next_date(visit, line)
        return visit.page(
            "",
            month=month,
            shown=f"{month.first:%Y-%m}",
            listed="liste" if visit.asked("ansicht") == "liste" else None,
            weekdays=[(name, name[:2]) for name in words.WEEKDAYS[visit.language]],
            line=line,
            lines=lines(visit),
            with_hours=lines(visit, hours=True),
            coming=coming,
            meanwhile=None if coming else _meanwhile(visit, line),
            waiting=undecided(visit)[:MOST_UNDECIDED],
            conflicts=(),
            series=(),
            exceptions=(),
        )


def _meanwhile(visit: Visit, line: str) -> str:
    """What citizens are told while no date is planned; empty where nobody is told anything."""
    about: Line = visit.schedule.line(line) if line else visit.schedule.lines[0]
    keys = {"decline": "outside", "hold": "held", "offer": "offer"}
    return preview(visit, about, keys[about.outside], "").text if about.outside in keys else ""
