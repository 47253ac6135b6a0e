"""Where calendars and feed readers come by: ``/calendar.ics`` and ``/feed.atom``, of a town or of one line.

They ask often, so each answer carries an ETag, and nothing is sent again that they have. What an answer says hangs on
its address alone: no cookie, no language that a browser prefers (attack C29).
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from datetime import datetime

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from sessionhours.desk.effective import Standing
from sessionhours.server import calendar, feed
from sessionhours.server.visit import Visit, Visits

#: A copy may be kept by anybody, and is asked for again before it is used: a date that moved has moved everywhere.
FRESH = "public, no-cache"

#: So many feeds are kept.
MOST_KEPT = 64

Write = Callable[[Visit, str | None], bytes]


class Feeds:
    """The dates for machines."""

    def __init__(self, visits: Visits) -> None:
        self.visits = visits
        # What was written last, with what it was written from: a crowd that asks must not hold up the loop.
        self._last: dict[tuple[object, ...], tuple[Standing, datetime, bytes]] = {}

    async def calendar(self, request: Request) -> Response:
        """``/calendar.ics?line=…``: the dates as iCalendar."""
        return self._answer(request, calendar.ical, calendar.MEDIA_TYPE)

    async def atom(self, request: Request) -> Response:
        """``/feed.atom?line=…``: the announcements as Atom."""
        return self._answer(request, feed.atom, feed.MEDIA_TYPE)

    def _answer(self, request: Request, write: Write, kind: str) -> Response:
        """Raises `HTTPException` 404 where no town is named of several, and for a line that is not there."""
        visit = self.visits.of(request, negotiate=False)
        line = request.query_params.get("line")
        if visit is None or (line is not None and visit.line(line) is None):
            raise HTTPException(404)
        body = self._written(write, visit, line)
        return revalidated(request, body, {"content-language": visit.language, "content-type": kind})

    def _written(self, write: Write, visit: Visit, line: str | None) -> bytes:
        """The bytes, written anew where anything has changed and once a minute."""
        key = write, line, visit.language, visit.town.id, visit.base, visit.address
        minute = visit.now.replace(second=0, microsecond=0)
        kept = self._last.get(key)
        if kept is None or kept[0] is not visit.standing or kept[1] != minute:
            if len(self._last) >= MOST_KEPT:
                self._last.clear()
            kept = self._last[key] = visit.standing, minute, write(visit, line)
        return kept[2]


def revalidated(request: Request, body: bytes, headers: dict[str, str]) -> Response:
    """The body, or word that nothing has changed to who has it already."""
    etag = f'"{hashlib.sha256(body).hexdigest()[:32]}"'
    kept = {"etag": etag, "cache-control": FRESH}
    if _has(request.headers.get("if-none-match", ""), etag):
        return Response(status_code=304, headers=kept)
    return Response(body, headers={**kept, **headers})


def _has(known: str, etag: str) -> bool:
    """Does ``If-None-Match`` name this version? It is compared weakly (RFC 9110 §13.1.2)."""
    return known.strip() == "*" or etag in (one.strip().removeprefix("W/") for one in known.split(","))
