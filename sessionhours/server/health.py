"""What operators and their programs ask: alive, ready, how it goes, and what the API is (surfaces §4)."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta

from prometheus_client import (
    CONTENT_TYPE_LATEST,
    CollectorRegistry,
    GCCollector,
    PlatformCollector,
    ProcessCollector,
    generate_latest,
)
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from sessionhours.core.schedule import Schedule
from sessionhours.desk.throttle import prove_writable
from sessionhours.errors import NotStored
from sessionhours.server.openapi import document
from sessionhours.server.site import Site, loopback
from sessionhours.store.database import Database

#: How long the database may take to store a row before it counts as unable to.
PATIENCE = 3.0

#: An answer is good for so long: asking often must not cost a disk's sync each time.
GOOD_FOR = timedelta(seconds=1)

#: With one of these somebody asks through a proxy, so the address is not theirs.
PROXIED = ("forwarded", "x-forwarded-for", "x-real-ip", "via")


def of_the_process() -> CollectorRegistry:
    """A registry that knows the process itself: memory, CPU, files, garbage collection."""
    registry = CollectorRegistry()
    ProcessCollector(registry=registry)
    PlatformCollector(registry=registry)
    GCCollector(registry=registry)
    return registry


class Health:
    """Made with what it watches. ``reasons`` may bring more reasons why the house is not ready."""

    def __init__(
        self,
        database: Database,
        clock: Callable[[], datetime],
        *,
        site: Site,
        schedules: Callable[[], Mapping[str, Schedule]],
        registry: CollectorRegistry | None = None,
        reasons: Callable[[], list[str]] = list,
    ) -> None:
        self.database = database
        self.clock = clock
        self.site = site
        self.schedules = schedules
        self.registry = registry or of_the_process()
        self.reasons = reasons
        self._storing: tuple[datetime, str | None] | None = None
        self._asking = asyncio.Lock()

    def routes(self) -> list[Route]:
        """``/healthz``, ``/readyz``, ``/metrics``, ``/openapi.json``."""
        return [
            Route("/healthz", self.alive),
            Route("/readyz", self.ready),
            Route("/metrics", self.metrics),
            Route("/openapi.json", self.openapi),
        ]

    async def alive(self, request: Request) -> Response:
        """200 while the process answers at all."""
        return PlainTextResponse("ok\n")

    async def ready(self, request: Request) -> Response:
        """200 when messages can be taken in, else 503 with why not. Never asks Meta."""
        found = [await self._why_not_storing(), self._why_no_schedule(), *self.reasons()]
        reasons = [reason for reason in found if reason]
        return JSONResponse({"ready": not reasons, "reasons": reasons}, 503 if reasons else 200)

    async def metrics(self, request: Request) -> Response:
        """Prometheus, for this machine and the trusted networks only; nobody else learns that it is here."""
        if not self._may_measure(request):
            raise HTTPException(404)
        return Response(generate_latest(self.registry), media_type=CONTENT_TYPE_LATEST)

    async def openapi(self, request: Request) -> Response:
        """The console API described (OpenAPI 3.1)."""
        return JSONResponse(document(), headers={"cache-control": "public, max-age=300"})

    async def _why_not_storing(self) -> str | None:
        """The last answer while it is fresh, else a row stored now; who comes meanwhile waits for it."""
        async with self._asking:
            now = self.clock()
            if self._storing is None or now - self._storing[0] >= GOOD_FOR:
                self._storing = (now, await self._try_storing(now))
            return self._storing[1]

    async def _try_storing(self, now: datetime) -> str | None:
        try:
            await asyncio.wait_for(self.database.write(prove_writable, now=now), PATIENCE)
        except (NotStored, TimeoutError):
            return "the database cannot store"
        return None

    def _why_no_schedule(self) -> str | None:
        return None if self.schedules() else "no schedule is known"

    def _may_measure(self, request: Request) -> bool:
        if request.client is None or any(name in request.headers for name in PROXIED):
            return False
        return loopback(request.client.host) or self.site.trusts(request.client.host)
