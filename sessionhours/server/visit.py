"""Which town's page is asked for, where, in which language and when: what each page and feed begins with."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from typing import cast

from starlette.exceptions import HTTPException
from starlette.requests import Request

from sessionhours.core.schedule import Language, Line, Schedule, Town
from sessionhours.core.session import Announced
from sessionhours.desk.effective import Standing
from sessionhours.server.dates import dates, find
from sessionhours.server.language import LANGUAGES, preferred
from sessionhours.server.site import Site
from sessionhours.server.wording import Wording

#: The towns by id, each as it stands.
Standings = Callable[[], Mapping[str, Standing]]


@dataclass(frozen=True)
class Visit:
    """One town as one reader sees it. ``base`` is the path of its page ("/", "/kappelrodeck/"), ``address`` the house's.

    ``asked``: the reader asked for this language, and the browser would get another one.
    """

    standing: Standing
    language: Language
    now: datetime
    base: str
    address: str
    asked: bool = False

    @property
    def schedule(self) -> Schedule:
        """The plan as it stands."""
        return self.standing.schedule

    @property
    def town(self) -> Town:
        """The town."""
        return self.standing.schedule.town

    @property
    def words(self) -> Wording:
        """The town's words in the reader's language."""
        return Wording(self.town, self.language)

    @property
    def home(self) -> str:
        """The path of the town's page in this language."""
        return f"{self.base}en/" if self.language == "en" else self.base

    def way(self, leaf: str = "") -> str:
        """The path of the town's page, or of one beside it, that keeps the language the reader asked for."""
        return f"{self.home}{leaf}?lang=de" if self.asked and self.language == "de" else f"{self.home}{leaf}"

    def feed(self, leaf: str) -> str:
        """The path of a feed in this language: it is asked for by programs, which the town's own is answered in."""
        foreign = self.language == "de" and self.town.language != "de"
        return f"{self.home}{leaf}?lang=de" if foreign else f"{self.home}{leaf}"

    def url(self, leaf: str = "") -> str:
        """The whole address of the town's page, or of one beside it."""
        return f"{self.address}{self.home}{leaf}"

    @cached_property
    def dates(self) -> list[Announced]:
        """Every date that is not over, in order."""
        return dates(self.standing, self.now)

    def told(self, line: str | None, past: timedelta) -> list[Announced]:
        """Every date of a line (or of all), back to ``past`` ago."""
        return dates(self.standing, self.now, line=line, past=past)

    def instead_of(self, one: Announced) -> Announced | None:
        """The date that replaces a cancelled one, unless it is cancelled too."""
        found = find(self.dates, one.replaced_by)
        return None if found is None or found.state == "cancelled" else found

    def line(self, id: str) -> Line | None:
        """The line of that id, if the plan (still) has it."""
        return next((line for line in self.schedule.lines if line.id == id), None)


class Visits:
    """Finds out what a request is about."""

    def __init__(self, site: Site, standings: Standings, clock: Callable[[], datetime]) -> None:
        self.site, self.standings, self.clock = site, standings, clock

    def of(self, request: Request, *, negotiate: bool = True) -> Visit | None:
        """The visit of a request; None where there are several towns and none is named.

        Without ``negotiate`` only the address decides on the language, not what a browser prefers: a feed is the same
        for all who have its address. Raises `HTTPException` 404 for a town that is not there.
        """
        standings = self.standings()
        named = request.path_params.get("town")
        if named is not None and named not in standings:
            raise HTTPException(404)
        if named is None and len(standings) != 1:
            return None
        standing = standings[named] if named else next(iter(standings.values()))
        base = f"/{named}/" if named else "/"
        language = self.language(request, standing.schedule, negotiate=negotiate)
        asked = self._asked(request, standing, language)
        return Visit(standing, language, self.clock(), base, self.site.public(request.scope), asked)

    def each(self, request: Request, language: Language) -> list[Visit]:
        """A visit of every town, by name."""
        address, now = self.site.public(request.scope), self.clock()
        only = len(self.standings()) == 1
        found = [
            Visit(
                one, language, now, "/" if only else f"/{id}/", address, self._asked(request, one, language)
            )
            for id, one in self.standings().items()
        ]
        return sorted(found, key=lambda visit: visit.town.name)

    def language(self, request: Request, schedule: Schedule | None, *, negotiate: bool = True) -> Language:
        """The one in the path, else the one asked for, else what the browser prefers, else the town's own."""
        wanted = "en" if "en" in request.url.path.split("/")[1:-1] else request.query_params.get("lang")
        if wanted not in LANGUAGES:
            wanted = self._unasked(request, schedule, negotiate=negotiate)
        return cast(Language, wanted)

    def _asked(self, request: Request, standing: Standing, language: Language) -> bool:
        asked = request.query_params.get("lang") == language
        return asked and self._unasked(request, standing.schedule) != language

    def _unasked(self, request: Request, schedule: Schedule | None, *, negotiate: bool = True) -> str:
        """The language of who asks for none."""
        default = schedule.town.language if schedule else self._first_language()
        return preferred(request.headers.get("accept-language") if negotiate else None, default)

    def _first_language(self) -> Language:
        return next((one.schedule.town.language for one in self.standings().values()), "de")
