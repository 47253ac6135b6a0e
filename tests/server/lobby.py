"""The staff's door and the public pages as one application on a real database."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
from sqlmodel import SQLModel
from starlette.applications import Starlette
from starlette.routing import BaseRoute
from starlette.types import ASGIApp

from sessionhours.core.schedule import Schedule
from sessionhours.desk import agents
from sessionhours.desk.passwords import hash_password
from sessionhours.server.answers import Answers
from sessionhours.server.assets import Assets, web_folder
from sessionhours.server.auth import Auth
from sessionhours.server.security import Security
from sessionhours.server.site import Site
from sessionhours.server.templates import Templates
from sessionhours.store.database import Database

NOW = datetime(2026, 12, 3, 14, 0, tzinfo=UTC)
PASSWORD = "Wiesenweg-17"
HASHED = hash_password(PASSWORD)
MAYOR = "hattenbach@example.org"
ASSETS = Assets(web_folder())
TEMPLATES = Templates(web_folder() / "templates", ASSETS)


@dataclass
class Clock:
    """The time, as the test says it is."""

    now: datetime = NOW

    def __call__(self) -> datetime:
        return self.now

    def forward(self, **span: float) -> None:
        self.now += timedelta(**span)


@dataclass
class Lobby:
    """What a test holds: the application, its database, its clock."""

    app: ASGIApp
    inner: Starlette
    auth: Auth
    database: Database
    clock: Clock
    site: Site
    ended: list[str] = field(default_factory=list)

    def client(self, address: str = "192.0.2.1", **options: Any) -> httpx.AsyncClient:
        """A client that keeps its cookies and comes from one address."""
        transport = httpx.ASGITransport(self.app, client=(address, 40000), raise_app_exceptions=False)
        base = self.site.public_url or "http://localhost:8000"
        return httpx.AsyncClient(transport=transport, base_url=base, **options)

    def add_routes(self, routes: Sequence[BaseRoute]) -> None:
        """More routes, after those that are there."""
        self.inner.router.routes.extend(routes)

    async def add_agent(
        self, email: str = MAYOR, *, roles: tuple[str, ...] = ("mayor",), **other: Any
    ) -> str:
        """An agent with the password of all agents here; returns the id."""
        given = {"town": "kappelrodeck", "name": "Stefan Hattenbach", "password": HASHED} | other
        agent = await self.database.write(
            agents.add_agent, email=email, roles=roles, now=self.clock(), **given
        )
        return agent.id


@asynccontextmanager
async def lobby(
    database_url: str,
    *,
    public_url: str | None = "https://sprechstunde.example",
    trusted_proxies: tuple[str, ...] = (),
    schedules: Mapping[str, Schedule] | None = None,
    routes: list[BaseRoute] | None = None,
    bodies: Mapping[str, int] | None = None,
) -> AsyncIterator[Lobby]:
    """A running lobby; everything is let go of at the end."""
    database, clock = Database(database_url), Clock()
    SQLModel.metadata.create_all(database.writer)
    database.start()
    site, answers, ended = Site(public_url, trusted_proxies), Answers(TEMPLATES), list[str]()
    auth = Auth(
        database,
        clock,
        site=site,
        templates=TEMPLATES,
        schedules=lambda: schedules or {},
        ended=ended.append,
    )
    inner = Starlette(
        routes=[*auth.routes(), *ASSETS.routes(), *(routes or [])], exception_handlers=answers.handlers()
    )
    app = Security(inner, site=site, refusal=answers.refusal, bodies=bodies)
    try:
        yield Lobby(app, inner, auth, database, clock, site, ended)
    finally:
        auth.close()
        database.close()


async def log_in(client: httpx.AsyncClient, email: str = MAYOR, password: str = PASSWORD) -> httpx.Response:
    """Log in as programs do."""
    return await client.post("/api/login", json={"email": email, "password": password})
