"""Errors as they leave: JSON for programs, a page for people, never an exception's text (surfaces §4)."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any

import msgspec
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.types import ExceptionHandler, Scope

from sessionhours.errors import NotStored, Refused
from sessionhours.server.language import preferred, texts
from sessionhours.server.templates import Templates

#: Codes of what the framework refuses by status alone.
CODES = {
    400: "bad_request",
    401: "not_logged_in",
    403: "forbidden",
    404: "not_found",
    405: "method_not_allowed",
    406: "not_acceptable",
    413: "too_large",
    415: "not_json",
    429: "throttled",
    503: "unavailable",
}

log = logging.getLogger(__name__)


class Answers:
    """Makes the answer to whatever went wrong."""

    def __init__(self, templates: Templates) -> None:
        self.templates = templates

    def refusal(self, scope: Scope, status: int, code: str, **extra: Any) -> Response:
        """An error answer with the sentence that belongs to its code."""
        return self._error(Request(scope), status, {"code": code, **extra})

    def handlers(self) -> Mapping[Any, ExceptionHandler]:
        """For ``Starlette(exception_handlers=…)``."""
        return {
            HTTPException: self._http,
            Refused: self._refused,
            NotStored: self._not_stored,
            Exception: self._fault,
        }

    async def _http(self, request: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException)
        code = CODES.get(error.status_code, "error")
        return self._error(request, error.status_code, {"code": code}, error.headers)

    async def _refused(self, request: Request, error: Exception) -> Response:
        assert isinstance(error, Refused)
        return self._error(request, error.status, error.body())

    async def _not_stored(self, request: Request, error: Exception) -> Response:
        log.error("not stored: %s", error)
        return self._error(request, 503, {"code": "not_stored"}, {"retry-after": "5"})

    async def _fault(self, request: Request, error: Exception) -> Response:
        """The framework raises it again after this answer, so that the server's log has it."""
        return self._error(request, 500, {"code": "error"})

    def _error(
        self, request: Request, status: int, body: dict[str, Any], headers: Mapping[str, str] | None = None
    ) -> Response:
        language = preferred(request.headers.get("accept-language"), "de")
        body.setdefault("message", sentence(body["code"], language))
        if for_programs(request.scope):
            return JSONResponse({"error": body}, status, headers)
        return self.templates.page(
            request,
            "error.html",
            language,
            status=status,
            headers=dict(headers or {}),
            message=body["message"],
        )


def for_programs(scope: Scope) -> bool:
    """Is this path asked by programs rather than people?"""
    path: str = scope["path"]
    return path.startswith(("/api/", "/webhooks/")) or path in ("/api", "/metrics", "/openapi.json")


def sentence(code: str, language: str) -> str:
    """The sentence for people that goes with a code."""
    words = texts(language)
    return words.get(f"error.{code}") or words["error.error"]


async def read_object(request: Request) -> dict[str, Any]:
    """The JSON object in the body. Raises `Refused`: ``not_json`` (415) for its type, ``bad_request`` (400).

    A form of another site can send text/plain without asking first: only the right type is read (attack C40).
    """
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != "application/json":
        raise Refused("not_json", sentence("not_json", "de"), status=415)
    try:
        found = msgspec.json.decode(await request.body())
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError, ValueError):
        found = None
    if not isinstance(found, dict):
        raise Refused("bad_request", sentence("bad_request", "de"))
    return found
