"""The door for Meta (surfaces §4): verify, keep, answer 200. Everything else happens later.

A plain ASGI application before Starlette's stack: this is the one path where microseconds count.
"""

from __future__ import annotations

import asyncio
import hmac
import logging
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any, cast
from urllib.parse import parse_qs

from starlette.types import Receive, Scope, Send

from sessionhours.errors import NotStored
from sessionhours.whatsapp.payload import NotJson, read
from sessionhours.whatsapp.signature import MissingSignature, Verifier, WrongSignature

PATH = "/webhooks/whatsapp"

#: Meta sends up to 3 MB (contract §1.5); a little more is allowed, nothing beyond is read.
LARGEST = 3 * 1024 * 1024 + 256 * 1024

#: Seconds that a body may take to arrive.
PATIENCE = 20.0

#: A body longer than this is looked at in a thread: nobody waits while it is read (AC-58).
LONG = 256 * 1024

#: What a challenge may look like: it is echoed, so nothing that a browser could take for a page (attack C13).
CHALLENGE = frozenset("0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_-.")

#: Keep a body durably, given its bytes and what JSON made of them; raises `NotStored`.
Keep = Callable[[bytes, Any], Awaitable[None]]

logger = logging.getLogger(__name__)


class TooLarge(Exception):
    """The body is longer than any of Meta's."""


class Gone(Exception):
    """The sender went away, or was too slow, before the body was whole: nothing is kept, it will come again (fault F1)."""


class Webhook:
    """``verifier`` knows the app secrets, ``verify_token`` is what the handshake must say, ``keep`` stores a body."""

    def __init__(self, verifier: Verifier, verify_token: str, keep: Keep) -> None:
        self.verifier = verifier
        self.verify_token = verify_token.encode()
        self.keep = keep

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        match scope["method"]:
            case "POST":
                status, body = await self._update(scope, receive)
            case "GET":
                status, body = self._handshake(scope)
            case _:
                status, body = 405, b""
        await send(_start(status, body) if body or status != 200 else _KEPT)
        await send({"type": "http.response.body", "body": body})

    async def _update(self, scope: Scope, receive: Receive) -> tuple[int, bytes]:
        headers = _headers(scope)
        if b"content-encoding" in headers:
            return 415, b"encoded bodies are not read"
        try:
            body = await _in_time(_body(headers, receive))
            signature = headers.get(b"x-hub-signature-256")
            if len(body) > LONG:
                update = await asyncio.to_thread(self._read, body, signature)
            else:
                update = self._read(body, signature)
            await self.keep(body, update)
        except TooLarge:
            return 413, b"too large"
        except MissingSignature:
            return 401, b"no signature"
        except WrongSignature:
            return 403, b"wrong signature"
        except NotJson:
            return 400, b"not JSON"
        except NotStored as error:
            logger.error("a webhook could not be stored: %s", error)
            return 503, b"cannot store"
        except Gone:
            return 408, b"incomplete"
        except Exception:
            logger.exception("a webhook could not be stored")
            return 503, b"cannot store"
        return 200, b""

    def _read(self, body: bytes, signature: bytes | None) -> Any:
        """What JSON makes of the body. Raises `BadSignature` or `NotJson` for what is not Meta's."""
        self.verifier.verify(body, signature)
        return read(body)

    def _handshake(self, scope: Scope) -> tuple[int, bytes]:
        """Meta asks whether this address is ours (contract §1.1)."""
        query = {key: values[0] for key, values in parse_qs(scope["query_string"].decode("latin-1")).items()}
        token, challenge = query.get("hub.verify_token", ""), query.get("hub.challenge", "")
        right = bool(self.verify_token) and hmac.compare_digest(token.encode(), self.verify_token)
        sound = 0 < len(challenge) <= 256 and CHALLENGE.issuperset(challenge)
        if query.get("hub.mode") == "subscribe" and right and sound:
            return 200, challenge.encode()
        return 403, b"no"


def _headers(scope: Scope) -> dict[bytes, bytes]:
    return dict(scope["headers"])


async def _in_time(body: Coroutine[Any, Any, bytes]) -> bytes:
    """Raise `Gone` after `PATIENCE`. A timer of the loop costs a third of what ``asyncio.timeout`` does."""
    task = cast("asyncio.Task[Any]", asyncio.current_task())
    timer = asyncio.get_running_loop().call_later(PATIENCE, task.cancel, PATIENCE)
    try:
        return await body
    except asyncio.CancelledError as error:
        if error.args == (PATIENCE,):
            task.uncancel()
            raise Gone from None
        raise
    finally:
        timer.cancel()


async def _body(headers: dict[bytes, bytes], receive: Receive) -> bytes:
    """The whole body. Raises `TooLarge` as soon as it is, and `Gone`."""
    announced = headers.get(b"content-length", b"0")
    if not announced.isdigit() or int(announced) > LARGEST:
        raise TooLarge
    message = await receive()
    if message["type"] == "http.request" and not message.get("more_body"):
        return _within(message.get("body", b""))
    chunks, size = [], 0
    while message["type"] == "http.request":
        chunks.append(message.get("body", b""))
        size += len(chunks[-1])
        if size > LARGEST:
            raise TooLarge
        if not message.get("more_body"):
            return b"".join(chunks)
        message = await receive()
    raise Gone


def _within(body: bytes) -> bytes:
    if len(body) > LARGEST:
        raise TooLarge
    return body


def _start(status: int, body: bytes) -> dict[str, Any]:
    """How an answer begins (ASGI)."""
    headers = [
        (b"content-type", b"text/plain; charset=utf-8"),
        (b"content-length", str(len(body)).encode()),
        (b"x-content-type-options", b"nosniff"),
        (b"cache-control", b"no-store"),
    ]
    if status == 405:
        headers.append((b"allow", b"GET, POST"))
    return {"type": "http.response.start", "status": status, "headers": headers}


#: Nearly every answer.
_KEPT = _start(200, b"")
