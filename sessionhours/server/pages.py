"""The pages: the town's public page, and the console's shell (surfaces §4, console.md §6.9)."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime
from typing import Any
from urllib.parse import quote

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from sessionhours.core.schedule import Language, Line, Schedule
from sessionhours.server.auth import Auth, local_path
from sessionhours.server.language import LANGUAGES, preferred, texts
from sessionhours.server.public_view import RunningSession, line_views
from sessionhours.server.qr import chat_link, qr_svg
from sessionhours.server.site import Site
from sessionhours.server.templates import Templates

__all__ = ["Pages", "RunningSession"]

#: The page tells how many minutes are left: a browser may keep it, but asks before showing it again.
FRESH = "no-cache"
A_DAY = "public, max-age=86400"

#: The sessions of a town that are running now.
Running = Callable[[str], Awaitable[Sequence[RunningSession]]]


async def none_running(town: str) -> Sequence[RunningSession]:
    """Only the schedule says what is open."""
    return ()


class Pages:
    """Made with what they show: ``schedules`` are the towns by id, with what staff changed already on top."""

    def __init__(
        self,
        templates: Templates,
        auth: Auth,
        *,
        site: Site,
        schedules: Callable[[], Mapping[str, Schedule]],
        clock: Callable[[], datetime],
        running: Running = none_running,
    ) -> None:
        self.templates = templates
        self.auth = auth
        self.site = site
        self.schedules = schedules
        self.clock = clock
        self.running = running
        templates.tell_alternatives(self._alternatives)

    def routes(self) -> list[Route]:
        """All of them; they end with ``/{town}/``, so put them after every other route."""
        return [
            Route("/console", self.console),
            Route("/console/{rest:path}", self.console),
            Route("/qr.svg", self.qr),
            Route("/", self.start),
            Route("/en/", self.start),
            Route("/{town}/", self.town),
            Route("/{town}/en/", self.town),
            Route("/{town}", self.onward),
            Route("/{town}/en", self.onward),
        ]

    async def console(self, request: Request) -> Response:
        """The live console for who is logged in, else the way to the login."""
        agent = await self.auth.current_agent(request)
        if agent is None:
            wanted = quote(local_path(request.url.path), safe="/")
            return RedirectResponse(f"/login?next={wanted}", 303)
        schedule = self.schedules().get(agent.town)
        language = self._language(request, schedule)
        return self.templates.page(
            request,
            "console/console.html",
            language,
            headers={"vary": "accept-language, cookie"},
            agent=agent,
            town=schedule.town.name if schedule else agent.town,
        )

    async def start(self, request: Request) -> Response:
        """``/``: the page of the only town, or the list of towns."""
        schedules = self.schedules()
        if len(schedules) == 1:
            return await self._town_page(request, next(iter(schedules.values())), "/")
        language = self._language(request, None)
        now = self.clock()
        towns = [
            (schedule.town, line_views(schedule, await self.running(id), now, language))
            for id, schedule in sorted(schedules.items(), key=lambda item: item[1].town.name)
        ]
        return self._public(request, "public/towns.html", language, "/", towns=towns)

    async def town(self, request: Request) -> Response:
        """``/{town}/``: the page of one town. Raises `HTTPException` 404."""
        schedule = self.schedules().get(request.path_params["town"])
        if schedule is None:
            raise HTTPException(404)
        return await self._town_page(request, schedule, f"/{schedule.town.id}/")

    async def onward(self, request: Request) -> Response:
        """A town's address without its last slash. Raises `HTTPException` 404 for whatever else is asked for.

        The router's own redirect names scheme and host, and behind a proxy the scheme is the wrong one.
        """
        path = request.url.path
        if path != "/en" and request.path_params["town"] not in self.schedules():
            raise HTTPException(404)
        query = request.url.query
        return RedirectResponse(f"{path}/?{query}" if query else f"{path}/", 307)

    async def qr(self, request: Request) -> Response:
        """``/qr.svg?town=…&line=…``: the QR code of a line's chat, of the first one when none is named."""
        line = self._line(request.query_params.get("town"), request.query_params.get("line"))
        headers = {"cache-control": A_DAY}
        return Response(qr_svg(chat_link(line.phone)), headers=headers, media_type="image/svg+xml")

    async def _town_page(self, request: Request, schedule: Schedule, path: str) -> Response:
        language = self._language(request, schedule)
        lines = line_views(schedule, await self.running(schedule.town.id), self.clock(), language)
        return self._public(
            request,
            "public/town.html",
            language,
            path,
            t=texts(language, schedule.town.address),
            town=schedule.town,
            lines=lines,
        )

    def _public(self, request: Request, name: str, language: Language, path: str, **values: Any) -> Response:
        return self.templates.page(
            request,
            name,
            language,
            headers={
                "cache-control": FRESH,
                "vary": "accept-language",
                "content-language": language,
            },
            path=path,
            address=self.site.public(request.scope),
            **values,
        )

    def _language(self, request: Request, schedule: Schedule | None) -> Language:
        """The one in the path, else the one asked for, else what the browser prefers, else the town's own."""
        default = schedule.town.language if schedule else self._first_language()
        wanted = "en" if request.url.path.endswith("/en/") else request.query_params.get("lang")
        if wanted not in LANGUAGES:
            wanted = preferred(request.headers.get("accept-language"), default)
        return "en" if wanted == "en" else "de"

    def _first_language(self) -> Language:
        return next((schedule.town.language for schedule in self.schedules().values()), "de")

    def _alternatives(self) -> Sequence[tuple[str, str]]:
        """The other ways to the town; none where there are several, for nobody knows which one is meant."""
        towns = [schedule.town for schedule in self.schedules().values()]
        return [(town.language, town.alternatives) for town in towns if len(towns) == 1 and town.alternatives]

    def _line(self, town: str | None, line: str | None) -> Line:
        schedules = self.schedules()
        schedule = schedules.get(town) if town else next(iter(schedules.values()), None)
        found = [one for one in (schedule.lines if schedule else ()) if line in (None, one.id)]
        if not found:
            raise HTTPException(404)
        return found[0]
