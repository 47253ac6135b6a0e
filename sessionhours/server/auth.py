"""Who is there: login, logout, the agent behind a request or a socket (surfaces §4, §5; C30, C33–C39)."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import math
import re
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from typing import Any

from starlette.exceptions import HTTPException
from starlette.requests import HTTPConnection, Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from sessionhours.core.roles import GRANTS, may
from sessionhours.core.schedule import Schedule
from sessionhours.desk import agents, throttle
from sessionhours.desk.agents import AgentInfo
from sessionhours.desk.passwords import LONGEST, Verdict, check_password
from sessionhours.errors import NotStored, Refused
from sessionhours.server.answers import read_object, sentence
from sessionhours.server.language import preferred
from sessionhours.server.site import Site
from sessionhours.server.templates import Templates
from sessionhours.store.database import Database

__all__ = ["AgentInfo", "Auth", "Throttled", "local_path"]

#: Passwords checked at once, each on 32 MiB, and how many may wait for their turn (attack C35).
MOST_HASHES = 2
MOST_WAITING = 40
BUSY = timedelta(seconds=5)

#: Where a login may lead (attack C30).
CONSOLE = "/console"
LOCAL = re.compile(r"/console(?:/[a-z0-9-]+)*")

COOKIE_VALUE = re.compile(r"[A-Za-z0-9_-]{20,128}")

log = logging.getLogger(__name__)


class Throttled(Exception):
    """Too many tries. ``seconds`` is how long to wait, for ``Retry-After``: whole seconds, never zero."""

    def __init__(self, wait: timedelta) -> None:
        self.seconds = max(1, math.ceil(wait.total_seconds()))
        super().__init__(f"wait {self.seconds} s")


class Auth:
    """Logins of agents.

    ``schedules`` are the towns by id; ``ended`` is told the key of a login that its agent ended, so that its
    sockets can be closed at once (fault F75).
    """

    def __init__(
        self,
        database: Database,
        clock: Callable[[], datetime],
        *,
        site: Site,
        templates: Templates,
        schedules: Callable[[], Mapping[str, Schedule]],
        ended: Callable[[str], None] = lambda key: None,
    ) -> None:
        self.database = database
        self.clock = clock
        self.site = site
        self.templates = templates
        self.schedules = schedules
        self.ended = ended
        self._hashers = ThreadPoolExecutor(MOST_HASHES, thread_name_prefix="password")
        self._waiting = 0

    def routes(self) -> list[Route]:
        """``/login``, ``/logout`` and the calls under ``/api`` that concern the agent alone."""
        return [
            Route("/login", self.login_page, methods=["GET"]),
            Route("/login", self.login_form, methods=["POST"]),
            Route("/logout", self.logout_form, methods=["POST"]),
            Route("/api/login", self.login, methods=["POST"]),
            Route("/api/logout", self.logout, methods=["POST"]),
            Route("/api/me", self.me),
        ]

    def close(self) -> None:
        """Let go of the threads."""
        self._hashers.shutdown(wait=False, cancel_futures=True)

    # -- who is there ------------------------------------------------------------------------------

    async def current_agent(self, connection: HTTPConnection) -> AgentInfo | None:
        """The agent behind a request or a socket, by its cookie; None without a login that still holds."""
        cookie = self._cookie(connection)
        return None if cookie is None else await self.agent_of(agents.login_key(cookie))

    async def agent_of(self, login_key: str) -> AgentInfo | None:
        """The same by the key of a login: a socket asks this again and again while it is open (fault F75)."""
        now = self.clock()
        found = await self.database.read(agents.logged_in, login_key, now=now)
        if found is None:
            return None
        agent, unseen = found
        if unseen:
            with contextlib.suppress(NotStored):  # who only reads can go on reading (fault F10)
                await self.database.write(agents.saw, login_key, now=now)
        return agent

    async def required_agent(self, connection: HTTPConnection) -> AgentInfo:
        """The same for a call that needs one. Raises `HTTPException` 401."""
        agent = await self.current_agent(connection)
        if agent is None:
            raise HTTPException(401)
        return agent

    # -- the calls ---------------------------------------------------------------------------------

    async def login(self, request: Request) -> Response:
        """``POST /api/login {"email","password"}``."""
        body = await read_object(request)
        try:
            agent, cookie = await self._log_in(request, body.get("email"), body.get("password"))
        except Throttled as error:
            body = {"code": "throttled", "message": sentence("throttled", "de")}
            return JSONResponse({"error": body}, 429, {"retry-after": str(error.seconds)})
        response = JSONResponse({**_shown(agent), "agent": _shown(agent)})
        self._set_cookie(response, cookie)
        return response

    async def logout(self, request: Request) -> Response:
        """``POST /api/logout``: ends the login, wherever its cookie has been copied to."""
        await self._log_out(request)
        response = JSONResponse({})
        self._drop_cookie(response)
        return response

    async def me(self, request: Request) -> Response:
        """``GET /api/me``: who I am (also as ``agent``, beside what may grow here) and what I may do, for menus."""
        agent = await self.required_agent(request)
        schedule = self.schedules().get(agent.town)
        lines = schedule.lines if schedule else ()
        rights = {
            right: any(may(agent.roles, right, approval=line.approval) for line in lines)
            or may(agent.roles, right, approval=True)
            for right in sorted(GRANTS)
        }
        return JSONResponse(
            {
                **_shown(agent),
                "agent": _shown(agent),
                "rights": rights,
                "town": _town(agent.town, schedule),
                "lines": [_line(line) for line in lines],
            }
        )

    # -- the page ----------------------------------------------------------------------------------

    async def login_page(self, request: Request) -> Response:
        """``GET /login``."""
        onward = local_path(request.query_params.get("next"))
        if await self.current_agent(request):
            return RedirectResponse(onward, 303)
        return self._page(request, onward)

    async def login_form(self, request: Request) -> Response:
        """``POST /login``: the same login for browsers without scripts."""
        form = await request.form(max_files=0, max_fields=10)
        onward, email = local_path(form.get("next")), form.get("email")
        try:
            _, cookie = await self._log_in(request, email, form.get("password"))
        except Throttled as error:
            headers = {"retry-after": str(error.seconds)}
            return self._page(request, onward, email=email, error="throttled", status=429, headers=headers)
        except Refused as error:
            return self._page(request, onward, email=email, error=error.code, status=error.status)
        response = RedirectResponse(onward, 303)
        self._set_cookie(response, cookie)
        return response

    async def logout_form(self, request: Request) -> Response:
        """``POST /logout``: back to the login page."""
        await self._log_out(request)
        response = RedirectResponse("/login", 303)
        self._drop_cookie(response)
        return response

    def _page(
        self,
        request: Request,
        onward: str,
        *,
        email: Any = "",
        error: str | None = None,
        status: int = 200,
        headers: dict[str, str] | None = None,
    ) -> Response:
        language = preferred(request.headers.get("accept-language"), self._default_language())
        typed = email if isinstance(email, str) else ""
        problem = error and sentence(error, language)
        return self.templates.page(
            request,
            "login.html",
            language,
            status=status,
            headers={"vary": "accept-language", **(headers or {})},
            onward=onward,
            email=typed[: agents.LONGEST_EMAIL],
            problem=problem,
            towns=[schedule.town.name for schedule in self.schedules().values()],
        )

    def _default_language(self) -> str:
        return next((schedule.town.language for schedule in self.schedules().values()), "de")

    # -- logging in and out ------------------------------------------------------------------------

    async def _log_in(self, request: Request, email: Any, password: Any) -> tuple[AgentInfo, str]:
        """The agent and a new cookie. Raises `Refused` (400, 401) and `Throttled`.

        The try is counted before the password is looked at; the answer and its cost are the same whether the
        name is unknown, disabled, or known with another password.
        """
        email, password = _typed(email, agents.LONGEST_EMAIL), _typed(password, LONGEST)
        now = self.clock()
        keys = throttle.Keys.of(agents.folded(email), request.client.host if request.client else "")
        wait = await self.database.write(throttle.count_try, keys, now=now)
        if wait is not None:
            raise Throttled(wait)
        known = await self.database.read(agents.credentials, email)
        verdict = await self._check(known.password if known else None, password)
        if known is None or not verdict.fits:
            log.info("login refused")
            raise _wrong()
        return await self._begin(request, keys, known, verdict, now)

    async def _begin(
        self,
        request: Request,
        keys: throttle.Keys,
        known: agents.Credentials,
        verdict: Verdict,
        now: datetime,
    ) -> tuple[AgentInfo, str]:
        cookie, before = agents.new_cookie(), self._cookie(request)
        agent = await self.database.write(
            agents.log_in, known, cookie, before=before, rehash=verdict.rehash, now=now
        )
        if agent is None:
            raise _wrong()
        await self.database.write(throttle.forgive, keys, now=now)
        if before is not None:
            self.ended(agents.login_key(before))
        return agent, cookie

    async def _check(self, hashed: str | None, password: str) -> Verdict:
        """Check a password in one of the few threads for it; neither the loop nor the writer waits."""
        if self._waiting >= MOST_WAITING:
            raise Throttled(BUSY)
        self._waiting += 1
        try:
            loop = asyncio.get_running_loop()
            return await loop.run_in_executor(self._hashers, check_password, hashed, password)
        finally:
            self._waiting -= 1

    async def _log_out(self, request: Request) -> None:
        cookie = self._cookie(request)
        if cookie is not None:
            await self.database.write(agents.log_out, cookie)
            self.ended(agents.login_key(cookie))

    # -- the cookie --------------------------------------------------------------------------------

    def _cookie(self, connection: HTTPConnection) -> str | None:
        value = connection.cookies.get(self.site.cookie)
        return value if value and COOKIE_VALUE.fullmatch(value) else None

    def _set_cookie(self, response: Response, value: str) -> None:
        response.set_cookie(
            self.site.cookie,
            value,
            max_age=int(agents.ABSOLUTE.total_seconds()),
            path="/",
            secure=self.site.secure,
            httponly=True,
            samesite="lax",
        )

    def _drop_cookie(self, response: Response) -> None:
        response.delete_cookie(
            self.site.cookie, path="/", secure=self.site.secure, httponly=True, samesite="lax"
        )


def local_path(wanted: Any) -> str:
    """``wanted`` where it is a page of ours that a login may lead to, else the console."""
    return wanted if isinstance(wanted, str) and LOCAL.fullmatch(wanted) else CONSOLE


def _typed(value: Any, longest: int) -> str:
    if not isinstance(value, str) or not value or len(value) > longest:
        raise Refused("bad_request", sentence("bad_request", "de"))
    return value


def _wrong() -> Refused:
    return Refused("wrong_login", sentence("wrong_login", "de"), status=401)


def _shown(agent: AgentInfo) -> dict[str, Any]:
    return {"id": agent.id, "name": agent.name, "email": agent.email, "roles": list(agent.roles)}


def _town(id: str, schedule: Schedule | None) -> dict[str, Any]:
    if schedule is None:
        return {"id": id, "name": id, "timezone": "UTC", "language": "de", "address": "Sie"}
    town = schedule.town
    return {
        "id": town.id,
        "name": town.name,
        "timezone": town.timezone.key,
        "language": town.language,
        "address": town.address,
    }


def _line(line: Any) -> dict[str, Any]:
    names = ("id", "title", "host", "phone", "approval", "persona")
    return {name: getattr(line, name) for name in names}
