"""The pages: what everybody may read about a town's dates, and the console's shell (surfaces §4, console.md §6.9).

Each public page has a twin in English below ``en/``, and works without scripts, cookies and third parties.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from typing import Any
from urllib.parse import quote, urlencode

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from sessionhours.core.schedule import Language, Line
from sessionhours.server.auth import Auth, local_path
from sessionhours.server.feeds import Feeds, revalidated
from sessionhours.server.language import texts
from sessionhours.server.leichte_sprache import easy_lines
from sessionhours.server.poster import poster
from sessionhours.server.public_view import date_view, line_views
from sessionhours.server.qr import chat_link, qr_svg
from sessionhours.server.site import Site
from sessionhours.server.templates import Templates
from sessionhours.server.visit import Standings, Visit, Visits

__all__ = ["Pages"]

#: The page tells how many minutes are left: a browser may keep it, but asks before showing it again.
FRESH = "no-cache"

Page = Callable[[Request], Awaitable[Response]]


class Pages:
    """Made with what they show: ``standings`` are the towns by id, each as everybody may know it."""

    def __init__(
        self,
        templates: Templates,
        auth: Auth,
        *,
        site: Site,
        standings: Standings,
        clock: Callable[[], datetime],
    ) -> None:
        self.templates, self.auth = templates, auth
        self.standings = standings
        self.visits = Visits(site, standings, clock)
        self.feeds = Feeds(self.visits)
        templates.tell_alternatives(self._alternatives)

    def routes(self) -> list[Route]:
        """All of them; they end with ``/{town}/``, so put them after every other route."""
        return [
            Route("/console", self.console),
            Route("/console/{rest:path}", self.console),
            Route("/qr.svg", self.qr),
            *(route for leaf, page in self._leaves().items() for route in _everywhere(leaf, page)),
            *(route for leaf in self._leaves() for route in _everywhere(f"{leaf}/", self.back)),
            Route("/", self.town),
            Route("/en/", self.town),
            Route("/{town}/", self.town),
            Route("/{town}/en/", self.town),
            Route("/{town}", self.onward),
            Route("/{town}/en", self.onward),
        ]

    def _leaves(self) -> dict[str, Page]:
        return {
            "termine": self.all_dates,
            "aushang": self.poster,
            "leichte-sprache": self.easy,
            "calendar.ics": self.feeds.calendar,
            "feed.atom": self.feeds.atom,
        }

    async def console(self, request: Request) -> Response:
        """The live console for who is logged in, else the way to the login."""
        agent = await self.auth.current_agent(request)
        if agent is None:
            wanted = quote(local_path(request.url.path), safe="/")
            return RedirectResponse(f"/login?next={wanted}", 303)
        standing = self.standings().get(agent.town)
        language = self.visits.language(request, standing.schedule if standing else None)
        return self.templates.page(
            request,
            "console/console.html",
            language,
            headers={"vary": "accept-language, cookie"},
            agent=agent,
            town=standing.schedule.town.name if standing else agent.town,
        )

    # -- what everybody may read -----------------------------------------------------------------------

    async def town(self, request: Request) -> Response:
        """``/`` and ``/{town}/``: the page of a town, or the list of towns. Raises `HTTPException` 404."""
        visit = self.visits.of(request)
        if visit is None:
            return self._choice(request, "")
        return self._public(request, "town", visit, lines=line_views(visit))

    async def all_dates(self, request: Request) -> Response:
        """``/termine``: every date of the next twelve months, in person ones and cancelled ones too (KA-2)."""
        visit = self.visits.of(request)
        if visit is None:
            return self._choice(request, "termine")
        told = visit.dates
        lines = [
            (view, [date_view(visit, one) for one in told if one.line == view.id])
            for view in line_views(visit)
        ]
        return self._public(request, "termine", visit, lines=lines)

    async def poster(self, request: Request) -> Response:
        """``/aushang?session=…`` or ``?line=…``: one sheet to print. Raises `HTTPException` 404."""
        visit = self.visits.of(request)
        if visit is None:
            return self._choice(request, "aushang")
        asked = {name: request.query_params.get(name) for name in ("session", "line")}
        view = poster(visit, asked["session"], asked["line"])
        if view is None:
            raise HTTPException(404)
        kept = urlencode({name: value for name, value in asked.items() if value is not None})
        return self._public(request, "aushang", visit, poster=view, kept=kept)

    async def easy(self, request: Request) -> Response:
        """``/leichte-sprache``: the same in easy language."""
        visit = self.visits.of(request)
        if visit is None:
            return self._choice(request, "leichte-sprache")
        return self._public(request, "leichte-sprache", visit, lines=easy_lines(visit))

    async def onward(self, request: Request) -> Response:
        """A town's address without its last slash. Raises `HTTPException` 404 for whatever else is asked for.

        The router's own redirect names scheme and host, and behind a proxy the scheme is the wrong one.
        """
        path = request.url.path
        if path != "/en" and request.path_params["town"] not in self.standings():
            raise HTTPException(404)
        query = request.url.query
        return RedirectResponse(f"{path}/?{query}" if query else f"{path}/", 307)

    async def back(self, request: Request) -> Response:
        """A page's address with a slash too many. Raises `HTTPException` 404 for a town that is not there."""
        town = request.path_params.get("town")
        if town is not None and town not in self.standings():
            raise HTTPException(404)
        query = request.url.query
        path = request.url.path.rstrip("/")
        return RedirectResponse(f"{path}?{query}" if query else path, 307)

    async def qr(self, request: Request) -> Response:
        """``/qr.svg?town=…&line=…``: the QR code of a line's chat, of the first one when none is named.

        The address stays when the number changes, and no poster may be printed with a copy of the old one.
        """
        line = self._line(request.query_params.get("town"), request.query_params.get("line"))
        return revalidated(request, qr_svg(chat_link(line.phone)), {"content-type": "image/svg+xml"})

    # -- answers ---------------------------------------------------------------------------------------

    def _choice(self, request: Request, leaf: str) -> Response:
        """The list of towns, each with the way to its page ``leaf``."""
        language = self.visits.language(request, None)
        return self.templates.page(
            request,
            "public/towns.html",
            language,
            headers=_headers(language),
            base="/",
            leaf=leaf,
            kept="",
            address=self.visits.site.public(request.scope),
            towns=[(visit, line_views(visit)) for visit in self.visits.each(request, language)],
        )

    def _public(self, request: Request, leaf: str, visit: Visit, **values: Any) -> Response:
        """The page of that name; ``leaf`` is its path beside the town's page, whose own is empty."""
        shown = {
            "t": texts(visit.language, visit.town.address),
            "town": visit.town,
            "base": visit.base,
            "way": visit.way,
            "feed": visit.feed,
            "leaf": "" if leaf == "town" else leaf,
            "address": visit.address,
            "url": visit.url,
            "kept": "",
            **values,
        }
        name = f"public/{leaf}.html"
        return self.templates.page(request, name, visit.language, headers=_headers(visit.language), **shown)

    def _alternatives(self) -> Sequence[tuple[str, str]]:
        """The other ways to the town; none where there are several, for nobody knows which one is meant."""
        towns = [one.schedule.town for one in self.standings().values()]
        return [(town.language, town.alternatives) for town in towns if len(towns) == 1 and town.alternatives]

    def _line(self, town: str | None, line: str | None) -> Line:
        standings = self.standings()
        standing = standings.get(town) if town else next(iter(standings.values()), None)
        lines = standing.schedule.lines if standing else ()
        found = [one for one in lines if line in (None, one.id)]
        if not found:
            raise HTTPException(404)
        return found[0]


def _everywhere(leaf: str, page: Page) -> list[Route]:
    """A page of the only town and of one of several, in the reader's language and in English."""
    return [Route(f"{where}{leaf}", page) for where in ("/", "/en/", "/{town}/en/", "/{town}/")]


def _headers(language: Language) -> dict[str, str]:
    return {"cache-control": FRESH, "vary": "accept-language", "content-language": language}
