"""The console API over HTTP (surfaces §5): the same commands and sights as the socket."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, Response
from starlette.routing import Route

from sessionhours.desk import closing_view, snapshot
from sessionhours.desk.media import SHOWN_TYPES, path_of
from sessionhours.errors import Refused
from sessionhours.server.answers import read_object
from sessionhours.server.auth import Auth
from sessionhours.server.commands import Commands, author_of
from sessionhours.store.database import Database

#: What an id of ours may look like.
ID = re.compile(r"[A-Za-z0-9_-]{1,64}")

#: Messages of a page when nothing is said.
PAGE = 50


class Api:
    """Routes under ``/api`` that show and change conversations. ``folder`` is where files lie."""

    def __init__(
        self, database: Database, auth: Auth, commands: Commands, clock: Callable[[], datetime], folder: Path
    ) -> None:
        self.database, self.auth, self.commands, self.clock = database, auth, commands, clock
        self.folder = folder

    def routes(self) -> list[Route]:
        """All of them."""
        return [
            Route("/api/snapshot", self.snapshot),
            Route("/api/conversations/{id}/messages", self.messages),
            Route("/api/conversations/{id}/templates", self.templates),
            Route("/api/conversations/{id}/closing", self.closing_of_one),
            Route("/api/sessions/{id}/closing", self.closing),
            Route("/api/media/{id}", self.media),
            Route("/api/quarantine", self.quarantine),
            Route("/api/commands", self.command, methods=["POST"]),
        ]

    async def snapshot(self, request: Request) -> Response:
        """``GET /api/snapshot``."""
        agent = await self.auth.required_agent(request)
        schedule, now = self.commands.schedule(agent.town), self.clock()
        return _json(await self.database.read(snapshot.snapshot, author_of(agent), schedule, now=now))

    async def messages(self, request: Request) -> Response:
        """``GET /api/conversations/{id}/messages?before=ID&limit=50``."""
        agent = await self.auth.required_agent(request)
        limit = _whole(request.query_params.get("limit"), PAGE)
        given = request.query_params.get("before")
        before = None if given is None else _id(given)
        id = _id(request.path_params["id"])
        found = await self.database.read(snapshot.messages, author_of(agent), id, before=before, limit=limit)
        return _json(found)

    async def templates(self, request: Request) -> Response:
        """``GET /api/conversations/{id}/templates``: which may be sent there, filled as far as we can."""
        agent = await self.auth.required_agent(request)
        id, schedule = _id(request.path_params["id"]), self.commands.schedule(agent.town)
        if schedule is None:
            raise HTTPException(404)
        found = await self.database.read(snapshot.choices, author_of(agent), schedule, id)
        return _json({"templates": found})

    async def closing(self, request: Request) -> Response:
        """``GET /api/sessions/{id}/closing``: who lacks an outcome, and what each outcome would say now."""
        return await self._closing(request, closing_view.of_session)

    async def closing_of_one(self, request: Request) -> Response:
        """``GET /api/conversations/{id}/closing``: the same for one person."""
        return await self._closing(request, closing_view.of_conversation)

    async def _closing(self, request: Request, view: Callable[..., dict[str, Any]]) -> Response:
        agent = await self.auth.required_agent(request)
        id, schedule = _id(request.path_params["id"]), self.commands.schedule(agent.town)
        if schedule is None:
            raise HTTPException(404)
        return _json(await self.database.read(view, author_of(agent), schedule, id, now=self.clock()))

    async def media(self, request: Request) -> Response:
        """``GET /api/media/{id}``: pictures to look at, anything else to keep (attacks C19, C22)."""
        agent = await self.auth.required_agent(request)
        row = await self.database.read(snapshot.media, author_of(agent), _id(request.path_params["id"]))
        shown, path = row.mime_type in SHOWN_TYPES, path_of(self.folder, row.id)
        if not await asyncio.to_thread(path.is_file):
            raise HTTPException(404)
        return FileResponse(
            path,
            media_type=row.mime_type if shown else "application/octet-stream",
            filename=None if shown else (row.filename or "datei"),
            headers={
                "cache-control": "private, no-store",
                "content-security-policy": "default-src 'none'; sandbox",
                "x-content-type-options": "nosniff",
            },
        )

    async def quarantine(self, request: Request) -> Response:
        """``GET /api/quarantine``: for the admin; the command ``quarantine.replay {item}`` reads one in again."""
        agent = await self.auth.required_agent(request)
        return _json({"items": await self.database.read(snapshot.quarantine, author_of(agent))})

    async def command(self, request: Request) -> Response:
        """``POST /api/commands {"id","name","data"}``: the body is the result frame."""
        agent = await self.auth.required_agent(request)
        body = await read_object(request)
        result, status = await self.commands.run(
            author_of(agent), body.get("id"), body.get("name"), body.get("data", {})
        )
        return _json(result, status)


def _json(body: object, status: int = 200) -> Response:
    return JSONResponse(body, status, {"cache-control": "no-store"})


def _id(text: str) -> str:
    """An id of ours as it was asked for. Raises `HTTPException` 404 for what cannot be one (attack C11)."""
    if not ID.fullmatch(text):
        raise HTTPException(404)
    return text


def _whole(text: str | None, otherwise: int) -> int:
    if text is None:
        return otherwise
    if not (text.isascii() and text.isdigit() and len(text) <= 18):
        raise Refused("bad_request", "limit: eine ganze Zahl von 1 bis 200.")
    return int(text)
