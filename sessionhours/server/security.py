"""What holds for every request before anybody reads it, and for every answer (attacks C14, C38–C41).

Plain ASGI around the whole application, so that its own error pages are covered too. The webhook is mounted
in front of it: Meta is no browser, has a signature of its own, and must not pay for this.
The headers are those of console.md §3.3.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import lru_cache

from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from sessionhours.server.site import Site

#: Bytes of a request's body; a path that takes more says so.
LARGEST_BODY = 64 * 1024

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})

#: Asked by machines that may know only an address of ours.
PROBES = frozenset({"/healthz", "/readyz", "/metrics"})

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob:; font-src 'self'; "
    "media-src 'self'; connect-src 'self'{socket}; manifest-src 'self'; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'"
)
HEADERS = (
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"permissions-policy", b"camera=(), microphone=(), geolocation=()"),
    (b"cache-control", b"no-store"),
)
TWO_YEARS = (b"strict-transport-security", b"max-age=63072000")

#: (scope, status, code) -> the answer; see `server.answers.Answers.refusal`.
Refusal = Callable[[Scope, int, str], Response]


class Security:
    """Wrap the application: ``Security(Starlette(…), site=…, refusal=…)``.

    ``bodies`` names the paths (by prefix) that may take a larger body than the rest, with their bytes.
    """

    def __init__(
        self, app: ASGIApp, *, site: Site, refusal: Refusal, bodies: Mapping[str, int] | None = None
    ) -> None:
        self.app = app
        self.site = site
        self.refusal = refusal
        self.bodies = dict(bodies or {})

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let in, or refuse."""
        if scope["type"] == "lifespan":
            await self.app(scope, receive, send)
        elif scope["type"] == "websocket":
            await self._socket(self.site.seen_through(scope), receive, send)
        else:
            await self._request(self.site.seen_through(scope), receive, send)

    async def _socket(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Who may open one is for the socket to say: a browser learns why only after it is accepted."""
        if self._known_host(Headers(scope=scope)):
            await self.app(scope, receive, send)
        else:
            await send({"type": "websocket.close", "code": 1008})

    async def _request(self, scope: Scope, receive: Receive, send: Send) -> None:
        send = self._sealed(scope, send)
        refused = self._refused(scope)
        if refused is not None:
            await refused(scope, receive, send)
        else:
            await self.app(scope, self._bounded(scope, receive), send)

    def _refused(self, scope: Scope) -> Response | None:
        """The answer to what is not let in, decided without reading the body."""
        headers = Headers(scope=scope)
        if scope["path"] not in PROBES and not self._known_host(headers):
            return self.refusal(scope, 400, "unknown_host")
        if scope["method"] not in SAFE_METHODS and self._from_elsewhere(headers):
            return self.refusal(scope, 403, "cross_site")
        if _announced(headers) > self._largest(scope):
            return self.refusal(scope, 413, "too_large")
        return None

    def _known_host(self, headers: Headers) -> bool:
        hosts = headers.getlist("host")
        return len(hosts) == 1 and self.site.knows(hosts[0])

    def _from_elsewhere(self, headers: Headers) -> bool:
        """Does a browser say that another site sent this? Who sends neither header is no browser.

        A form of ours may carry ``Origin: null``, because pages send no referrer: the other header counts.
        """
        said, origin = headers.get("sec-fetch-site"), headers.get("origin")
        if said is not None and said not in ("same-origin", "none"):
            return True
        if origin is None or (origin == "null" and said is not None):
            return False
        return not self.site.same_origin(origin, headers.get("host", ""))

    def _largest(self, scope: Scope) -> int:
        path: str = scope["path"]
        return next((most for prefix, most in self.bodies.items() if path.startswith(prefix)), LARGEST_BODY)

    def _bounded(self, scope: Scope, receive: Receive) -> Receive:
        """Count what really comes, whatever was announced."""
        left = self._largest(scope)

        async def bounded() -> Message:
            nonlocal left
            message = await receive()
            left -= len(message.get("body", b""))
            if left < 0:
                raise HTTPException(413)
            return message

        return bounded

    def _sealed(self, scope: Scope, send: Send) -> Send:
        """Put on every header that the answer does not bring itself."""
        added = _headers(self.site.secure, scope["scheme"] == "https", Headers(scope=scope).get("host", ""))

        async def sealed(message: Message) -> None:
            if message["type"] == "http.response.start":
                given = message.get("headers", [])
                present = {name.lower() for name, _ in given}
                more = [header for header in added if header[0] not in present]
                message = {**message, "headers": [*given, *more]}
            await send(message)

        return sealed


@lru_cache(maxsize=64)
def _headers(secure: bool, by_https: bool, host: str) -> tuple[tuple[bytes, bytes], ...]:
    """The CSP names the socket's address too: Safari before 15.4 does not take it for ``'self'``."""
    socket = f" {'wss' if secure or by_https else 'ws'}://{host}" if Site().knows(host) else ""
    policy = (b"content-security-policy", POLICY.format(socket=socket).encode())
    return (policy, *HEADERS, TWO_YEARS) if secure else (policy, *HEADERS)


def _announced(headers: Headers) -> int:
    length = headers.get("content-length", "0")
    return int(length[:20]) if length.isascii() and length.isdigit() else 0
