"""Misbehaviour on demand: what shall go wrong, where, and how often."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import asdict, dataclass
from typing import Any

import httpx
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response, StreamingResponse
from starlette.types import Receive, Scope, Send

from .errors import GraphError

RAW_SEND = "simulator.send"
BEFORE = frozenset(
    {"code", "html502", "html503", "html504", "hang_before", "reset_before", "redirect", "slow"}
)
AFTER = frozenset({"empty200", "hang_after", "reset_after", "drip", "no_id", "garbage", "error_after"})
WEBHOOK = frozenset({"bad_signature", "no_signature", "upper_signature", "sha1_only", "deaf", "cut"})
MEDIA = frozenset({"truncated", "wrong_type", "endless"})
KINDS = BEFORE | AFTER | WEBHOOK | MEDIA
PLACES = frozenset(
    {"messages", "read", "media", "node", "download", "templates", "phone", "profile", "settings", "block"}
    | {"subscribe", "file", "webhook", "any"}
)
OWN = frozenset({"webhook", "file"})


@dataclass
class Fault:
    """One thing to go wrong, `times` times, at one place. `seconds` is for hang, slow, drip and cut."""

    on: str
    kind: str
    times: int = 1
    code: int = 131000
    subcode: int | None = None
    seconds: float = 30.0
    details: str | None = None
    location: str = "https://foreign.example/"


class Faults:
    """The faults still to come, the first that fits is taken first."""

    def __init__(self) -> None:
        self._planned: list[Fault] = []

    def plan(self, fault: Fault) -> None:
        """Raises `ValueError` for a place or a kind that does not exist."""
        if fault.on not in PLACES:
            raise ValueError(f"on: {fault.on!r}; allowed: {', '.join(sorted(PLACES))}")
        if fault.kind not in KINDS:
            raise ValueError(f"kind: {fault.kind!r}; allowed: {', '.join(sorted(KINDS))}")
        self._planned.append(fault)

    def take(self, place: str) -> Fault | None:
        """The fault for this request at `place`, counted down."""
        for fault in self._planned:
            if fault.on == place or (fault.on == "any" and place not in OWN):
                fault.times -= 1
                self._planned = [f for f in self._planned if f.times > 0]
                return fault
        return None

    def shown(self) -> list[dict[str, Any]]:
        """What is planned, as JSON."""
        return [asdict(fault) for fault in self._planned]

    def clear(self) -> None:
        """Forget what is planned."""
        self._planned.clear()


class Reset(Response):
    """Cut the connection without an answer."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Abort the socket; in the same process raise what a client sees when that happens."""
        transport = getattr(getattr(scope.get(RAW_SEND), "__self__", None), "transport", None)
        if transport is None:
            raise httpx.ReadError("connection reset by the simulated platform")
        transport.abort()
        await receive()


async def before(fault: Fault | None, request: Request) -> Response | None:
    """The answer that replaces the work; None where the work is to go on. Raises `GraphError` for codes."""
    if fault is None or fault.kind not in BEFORE:
        return None
    match fault.kind:
        case "code":
            raise GraphError(fault.code, fault.details, subcode=fault.subcode)
        case "html502" | "html503" | "html504":
            return HTMLResponse("<html><body><h1>Bad Gateway</h1></body></html>", int(fault.kind[4:]))
        case "hang_before":
            await hang(request, fault.seconds)
            return Reset()
        case "reset_before":
            return Reset()
        case "redirect":
            return RedirectResponse(fault.location, 302)
    await asyncio.sleep(fault.seconds)
    return None


async def after(fault: Fault | None, request: Request, answer: Response) -> Response:
    """What the caller gets to see of an answer whose work has been done."""
    if fault is None or fault.kind not in AFTER:
        return answer
    match fault.kind:
        case "empty200":
            return Response(b"", 200, media_type="application/json")
        case "no_id":
            return JSONResponse({"messaging_product": "whatsapp"})
        case "garbage":
            return Response(b'{"messages":[{"id":', 200, media_type="application/json")
        case "error_after":
            raise GraphError(fault.code, fault.details, subcode=fault.subcode)
        case "drip":
            return StreamingResponse(drip(bytes(answer.body), fault.seconds), media_type="application/json")
        case "hang_after":
            await hang(request, fault.seconds)
    return Reset()


def spoiled(fault: Fault | None, data: bytes, mime_type: str) -> Response:
    """A file on its way down: whole, cut short, under another type, or without an end."""
    match fault.kind if fault else None:
        case "truncated":
            headers = {"content-length": str(len(data))}
            return StreamingResponse(once(data[: len(data) // 2]), headers=headers, media_type=mime_type)
        case "wrong_type":
            return Response(b"<script>alert(1)</script>", media_type="text/html")
        case "endless":
            return StreamingResponse(endless(), media_type=mime_type)
    return Response(data, media_type=mime_type)


async def once(data: bytes) -> AsyncIterator[bytes]:
    """One chunk and no more."""
    yield data


async def endless() -> AsyncIterator[bytes]:
    """Bytes for as long as anybody takes them, up to a gigabyte."""
    for _ in range(16 * 1024):
        yield bytes(64 * 1024)


async def hang(request: Request, seconds: float) -> None:
    """Say nothing until the caller gives up or `seconds` are over."""

    deadline = asyncio.get_running_loop().time() + seconds
    while asyncio.get_running_loop().time() < deadline:
        if await request.is_disconnected():
            return
        await asyncio.sleep(0.05)


async def drip(body: bytes, seconds: float) -> AsyncIterator[bytes]:
    """The body one byte at a time, `seconds` altogether."""
    for n in range(len(body)):
        yield body[n : n + 1]
        await asyncio.sleep(seconds / len(body))
