"""``/console/termine/{date}/kit``: every text about one date, to copy, and where it was published, to tick off (GO-2)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, cast
from urllib.parse import quote, urlencode
from uuid import uuid4

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from sessionhours.core import words
from sessionhours.core.roles import may
from sessionhours.core.schedule import Language
from sessionhours.core.session import Announced
from sessionhours.errors import Refused
from sessionhours.server.answers import sentence
from sessionhours.server.auth import AgentInfo, Auth, local_path
from sessionhours.server.commands import Commands, author_of
from sessionhours.server.dates import KEPT, find
from sessionhours.server.kit import Piece, kit
from sessionhours.server.language import LANGUAGES, texts
from sessionhours.server.site import Site
from sessionhours.server.templates import Templates
from sessionhours.server.visit import Standings, Visit, Visits

TERMINE = "/console/termine"

#: The poster is put up, not copied; it is ticked off like the rest.
POSTER = "aushang"


@dataclass(frozen=True, slots=True)
class Channel:
    """One way into the public, as the page shows it. ``piece`` is None for the poster."""

    name: str
    piece: Piece | None
    published: str


class KitPage:
    """The page for those who plan."""

    def __init__(
        self,
        templates: Templates,
        auth: Auth,
        commands: Commands,
        *,
        site: Site,
        standings: Standings,
        clock: Callable[[], datetime],
    ) -> None:
        self.templates, self.auth, self.commands = templates, auth, commands
        self.visits = Visits(site, standings, clock)

    def routes(self) -> list[Route]:
        """Before those of the planning and of the console: a date's key has a slash in it."""
        path = f"{TERMINE}/{{key:path}}/kit"
        return [Route(path, self.show, methods=["GET"]), Route(path, self.tick, methods=["POST"])]

    async def show(self, request: Request) -> Response:
        """The texts in the page's language, or in the one that ``?text=`` names. Raises `Refused` and 404."""
        agent = await self.auth.current_agent(request)
        if agent is None:
            wanted = request.url.path
            onward = wanted if local_path(wanted) == wanted else TERMINE
            return RedirectResponse(f"/login?next={quote(onward, safe='/')}", 303)
        return self._page(request, *self._date(request, agent))

    async def tick(self, request: Request) -> Response:
        """It was published there on that date, or was not after all. Raises `Refused`, 401 and 404."""
        agent = await self.auth.required_agent(request)
        visit, one = self._date(request, agent)
        form = await request.form(max_files=0, max_fields=10)
        day = None if form.get("do") == "untick" else str(form.get("date", ""))
        data = {"session": one.id or one.key, "channel": str(form.get("channel", "")), "date": day}
        frame, status = await self.commands.run(author_of(agent), form.get("id"), "session.publish", data)
        if frame["ok"]:
            return RedirectResponse(self._own(request, one), 303)
        return self._page(request, visit, one, problem=frame["error"]["message"], status=status)

    # -- parts -----------------------------------------------------------------------------------------

    def _date(self, request: Request, agent: AgentInfo) -> tuple[Visit, Announced]:
        """Raises `Refused` for who may not plan, `HTTPException` 404 where there is no such date."""
        standing = self.visits.standings().get(agent.town)
        language = self.visits.language(request, standing.schedule if standing else None)
        if not may(agent.roles, "session.publish", approval=False):
            raise Refused("forbidden", sentence("forbidden", language), status=403)
        visit = next((one for one in self.visits.each(request, language) if one.town.id == agent.town), None)
        one = find(visit.told(None, KEPT), request.path_params["key"]) if visit else None
        if visit is None or one is None or visit.line(one.line) is None:
            raise HTTPException(404)
        return visit, one

    def _page(
        self, request: Request, visit: Visit, one: Announced, *, status: int = 200, problem: str = ""
    ) -> Response:
        said = request.query_params.get("text")
        spoken = cast(Language, said if said in LANGUAGES else visit.language)
        values: dict[str, Any] = {
            "t": texts(visit.language),
            "town": visit.town,
            "title": one.title,
            "when": visit.words.span(one),
            "spoken": spoken,
            "languages": [(other, self._own(request, one, text=other)) for other in LANGUAGES],
            "channels": self._channels(visit, one, spoken),
            "today": visit.words.local(visit.now).date().isoformat(),
            "last": visit.words.local(one.closes).date().isoformat(),
            "poster": f"{_home(visit, spoken)}aushang?{urlencode({'session': one.id or one.key})}",
            "back": f"{TERMINE}/{quote(one.key, safe='/:+')}",
            "own": self._own(request, one),
            "new_id": lambda: str(uuid4()),
            "problem": problem,
        }
        headers = {"vary": "accept-language, cookie"}
        return self.templates.page(
            request, "console/kit.html", visit.language, status=status, headers=headers, **values
        )

    def _channels(self, visit: Visit, one: Announced, spoken: Language) -> list[Channel]:
        address = f"{visit.address}{_home(visit, spoken)}"
        pieces: dict[str, Piece | None] = {
            piece.channel: piece for piece in kit(visit.schedule, one, address, spoken, visit.instead_of(one))
        }
        return [
            Channel(name, piece, _day(one.published.get(name, ""), visit.language))
            for name, piece in (pieces | {POSTER: None}).items()
        ]

    def _own(self, request: Request, one: Announced, **query: str) -> str:
        """This page's address; the languages go along where they were asked for."""
        kept = {name: request.query_params.get(name) for name in ("lang", "text")}
        asked = {name: value for name, value in kept.items() if value in LANGUAGES} | query
        path = f"{TERMINE}/{quote(one.id or one.key, safe='/:+')}/kit"
        return f"{path}?{urlencode(asked)}" if asked else path


def _home(visit: Visit, language: Language) -> str:
    """The path of the town's public page in a language; where the house has one town, without its name."""
    return f"{visit.base}en/" if language == "en" else visit.base


def _day(published: str, language: Language) -> str:
    """A date as it was kept, in words."""
    try:
        return words.day(date.fromisoformat(published), language) if published else ""
    except ValueError:
        return published
