"""Who may come in to plan, and what every page of the planning knows of its visitor (surfaces §5)."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from urllib.parse import quote, urlencode
from uuid import uuid4
from zoneinfo import ZoneInfo

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from sessionhours.core.roles import may
from sessionhours.core.schedule import Language, Schedule
from sessionhours.desk.effective import Standing
from sessionhours.errors import Refused
from sessionhours.server.auth import AgentInfo, Auth, local_path
from sessionhours.server.commands import Commands
from sessionhours.server.language import LANGUAGES, preferred, texts
from sessionhours.server.templates import Templates
from sessionhours.store.database import Database

TERMINE = "/console/termine"
LONGEST_FIELD = 4096

#: The towns' files, and the towns as they stand, by id.
Files = Callable[[], Mapping[str, Schedule]]
Towns = Callable[[], Mapping[str, Standing]]


@dataclass(frozen=True, slots=True)
class Visit:
    """One request of somebody who may plan. ``file`` is what the schedule file alone says, ``standing`` what holds."""

    request: Request
    templates: Templates
    agent: AgentInfo
    standing: Standing
    file: Schedule
    now: datetime
    language: Language
    only_town: bool = True

    @property
    def home(self) -> str:
        """The town's public page."""
        return "/" if self.only_town else f"/{self.schedule.town.id}/"

    @property
    def schedule(self) -> Schedule:
        """The plan as it stands."""
        return self.standing.schedule

    @property
    def zone(self) -> ZoneInfo:
        """The town's."""
        return self.schedule.town.timezone

    def text(self, key: str, **values: str) -> str:
        """A text of these pages, with its places filled."""
        found = texts(self.language)[f"plan.{key}"]
        for name, value in values.items():
            found = found.replace(f"{{{name}}}", value)
        return found

    def asked(self, name: str) -> str:
        """What the address asks for under this name; empty where it says nothing."""
        return self.request.query_params.get(name, "")[:LONGEST_FIELD]

    def href(self, *path: str, **query: str | None) -> str:
        """An address below the planning; the language goes along where it was asked for."""
        wanted = {"lang": self.asked("lang") if self.asked("lang") in LANGUAGES else None, **query}
        said = urlencode({name: value for name, value in wanted.items() if value})
        where = "/".join([TERMINE, *(quote(part, safe="/:+") for part in path)])
        return f"{where}?{said}" if said else where

    def page(self, name: str, *, status: int = 200, **values: Any) -> Response:
        """A page of the planning as an answer."""
        return self.templates.page(
            self.request,
            f"console/termine{name}.html",
            self.language,
            status=status,
            headers={"vary": "accept-language, cookie"},
            visit=self,
            say=self.text,
            href=self.href,
            town=self.schedule.town,
            done=self._done(),
            new_id=lambda: str(uuid4()),
            **values,
        )

    def onward(self, *path: str, done: str, **query: str | None) -> Response:
        """After a form was carried out: back to a page that says so (POST, redirect, GET)."""
        return RedirectResponse(self.href(*path, done=done, **query), 303)

    def _done(self) -> str:
        key = f"plan.done.{self.asked('done')}"
        return texts(self.language).get(key, "") if self.asked("done") else ""


Page = Callable[[Visit], Awaitable[Response]]


class Door:
    """Lets in who may plan; everybody else learns why not, and where to log in."""

    def __init__(
        self,
        templates: Templates,
        auth: Auth,
        commands: Commands,
        *,
        database: Database,
        standing: Towns,
        files: Files,
        clock: Callable[[], datetime],
    ) -> None:
        self.templates, self.auth, self.commands, self.database = templates, auth, commands, database
        self.standing, self.files, self.clock = standing, files, clock

    def staff(self, page: Page) -> Callable[[Request], Awaitable[Response]]:
        """The endpoint that shows ``page`` to those who may plan."""

        async def entered(request: Request) -> Response:
            agent = await self.auth.current_agent(request)
            if agent is None:
                return RedirectResponse(f"/login?next={_wanted(request)}", 303)
            return await page(self._visit(request, agent))

        return entered

    def _visit(self, request: Request, agent: AgentInfo) -> Visit:
        """Raises `Refused`: 403 for who may not plan, 409 where the town stands in no file any more."""
        standing, file = self.standing().get(agent.town), self.files().get(agent.town)
        language = _language(request, standing)
        if not may(agent.roles, "planning", approval=False):
            raise Refused("forbidden", texts(language)["plan.forbidden"], status=403)
        if standing is None or file is None:
            raise Refused("no_schedule", texts(language)["plan.no_schedule"], status=409)
        only = len(self.files()) == 1
        return Visit(request, self.templates, agent, standing, file, self.clock(), language, only)

    def again(self, visit: Visit) -> Visit:
        """The same visit with the plan as it stands by now: another person may have changed it meanwhile."""
        return replace(visit, standing=self.standing().get(visit.agent.town, visit.standing))


def _wanted(request: Request) -> str:
    """Where the login leads: here, or to the month where the address has a date's key in it (attack C30)."""
    path = request.url.path
    return quote(path if local_path(path) == path else TERMINE, safe="/")


def _language(request: Request, standing: Standing | None) -> Language:
    """The one asked for, else what the browser prefers, else the town's own."""
    default = standing.schedule.town.language if standing else "de"
    wanted = request.query_params.get("lang")
    if wanted not in LANGUAGES:
        wanted = preferred(request.headers.get("accept-language"), default)
    return "en" if wanted == "en" else "de"
