"""What holds for every request and every answer."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import BaseRoute, Route

from sessionhours.errors import NotStored, Refused
from sessionhours.server.security import LARGEST_BODY
from sessionhours.server.site import Site
from tests.server.lobby import lobby

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob:; font-src 'self'; "
    "media-src 'self'; connect-src 'self' wss://sprechstunde.example; manifest-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'; "
    "require-trusted-types-for 'script'; trusted-types 'none'"
)
SECRET = "postgresql://sessionhours:geheim@db"


async def seen(request: Request) -> Response:
    return JSONResponse({"client": request.client and request.client.host, "scheme": request.url.scheme})


async def take(request: Request) -> Response:
    return PlainTextResponse(str(len(await request.body())))


async def fault(request: Request) -> Response:
    raise RuntimeError(SECRET)


async def full(request: Request) -> Response:
    raise NotStored(SECRET)


async def refuse(request: Request) -> Response:
    raise Refused("stale", "Inzwischen hat jemand geantwortet.", status=409, seq=7, missed=[])


ROUTES: list[BaseRoute] = [
    Route("/seen", seen),
    Route("/api/take", take, methods=["POST", "PUT", "DELETE", "PATCH"]),
    Route("/files/take", take, methods=["POST"]),
    *(Route(f"{where}/fault", fault) for where in ("", "/api")),
    *(Route(f"{where}/full", full) for where in ("", "/api")),
    Route("/api/refuse", refuse),
]


# -- headers ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "path",
    ["/login", "/seen", "/nothing", "/api/nothing", "/fault", "/api/fault", "/api/me", "/assets/x/y.js"],
)
async def test_every_answer_carries_the_policy(sqlite_url: str, path: str) -> None:
    async with lobby(sqlite_url, routes=ROUTES) as house, house.client() as client:
        headers = (await client.get(path)).headers
        assert headers["content-security-policy"] == POLICY
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == "no-referrer"
        assert headers["cross-origin-opener-policy"] == "same-origin"
        assert headers["permissions-policy"] == "camera=(), microphone=(), geolocation=()"
        assert headers["strict-transport-security"] == "max-age=63072000"
        assert headers["cache-control"] == "no-store"
        assert "unsafe" not in headers["content-security-policy"]


async def test_without_https_nothing_promises_it(sqlite_url: str) -> None:
    async with lobby(sqlite_url, public_url="http://localhost:8000") as house, house.client() as client:
        headers = (await client.get("/login")).headers
        assert "strict-transport-security" not in headers
        assert "connect-src 'self' ws://localhost:8000;" in headers["content-security-policy"]


async def test_the_policy_takes_nothing_from_a_strange_host_header(sqlite_url: str) -> None:
    async with lobby(sqlite_url, public_url=None) as house, house.client() as client:
        for host in ("a.example; script-src *", "a b", "", "a.example\u00e9"):
            response = await client.get("/login", headers=[(b"host", host.encode())])
            assert response.status_code == 400
            assert "connect-src 'self';" in response.headers["content-security-policy"]


# -- cross-site requests ---------------------------------------------------------------------------

OWN = "https://sprechstunde.example"
CROSS_SITE: list[dict[str, str]] = [
    {"origin": "https://evil.example"},
    {"origin": "https://sprechstunde.example.evil.example"},
    {"origin": "https://sub.sprechstunde.example"},
    {"origin": "https://sprechstunde.example:8443"},
    {"origin": "http://sprechstunde.example"},
    {"origin": "null"},
    {"origin": ""},
    {"origin": "https://[evil"},
    {"sec-fetch-site": "cross-site"},
    {"sec-fetch-site": "same-site"},
    {"sec-fetch-site": "nonsense"},
    {"sec-fetch-site": "cross-site", "origin": OWN},
    {"sec-fetch-site": "cross-site", "origin": "null"},
    {"sec-fetch-site": "same-origin", "origin": "https://evil.example"},
    {"sec-fetch-site": "none", "origin": "https://evil.example"},
]
SAME_SITE: list[dict[str, str]] = [
    {},
    {"origin": OWN},
    {"origin": OWN, "sec-fetch-site": "same-origin"},
    {"sec-fetch-site": "same-origin"},
    {"sec-fetch-site": "none"},
    {"origin": "null", "sec-fetch-site": "same-origin"},
]
CHANGING = [
    ("POST", "/api/login"),
    ("POST", "/api/logout"),
    ("POST", "/login"),
    ("POST", "/logout"),
    ("POST", "/api/take"),
    ("PUT", "/api/take"),
    ("PATCH", "/api/take"),
    ("DELETE", "/api/take"),
]


@pytest.mark.proves("C40")
@pytest.mark.parametrize(("method", "path"), CHANGING)
async def test_other_sites_change_nothing(sqlite_url: str, method: str, path: str) -> None:
    async with lobby(sqlite_url, routes=ROUTES) as house, house.client() as client:
        for headers in CROSS_SITE:
            response = await client.request(method, path, headers=headers, content=b"x")
            assert response.status_code == 403, headers
            if path.startswith("/api/"):
                assert response.json()["error"]["code"] == "cross_site"
        for headers in SAME_SITE:
            response = await client.request(method, path, headers=headers, content=b"x")
            assert response.status_code != 403, headers


@pytest.mark.proves("C40")
async def test_another_site_is_refused_before_its_body_is_read(sqlite_url: str) -> None:
    async with lobby(sqlite_url, routes=ROUTES) as house:
        assert await status_without_body(house.app, b"https://evil.example") == 403


async def status_without_body(app: Any, origin: bytes) -> int:
    """The status that is answered while not one byte of the body has come."""
    sent: list[Any] = []

    async def receive() -> Any:
        raise AssertionError("the body was asked for")

    async def send(message: Any) -> None:
        sent.append(message)

    headers = [(b"host", b"sprechstunde.example"), (b"origin", origin), (b"content-length", b"9")]
    scope = {
        "type": "http",
        "method": "POST",
        "path": "/api/take",
        "raw_path": b"/api/take",
        "query_string": b"",
        "headers": headers,
        "scheme": "https",
        "server": ("sprechstunde.example", 443),
        "client": ("192.0.2.1", 4000),
        "http_version": "1.1",
        "root_path": "",
    }
    await app(scope, receive, send)
    return int(sent[0]["status"])


@pytest.mark.proves("C41")
@pytest.mark.parametrize(
    ("origin", "host", "same"),
    [
        ("https://sprechstunde.example", "sprechstunde.example", True),
        ("https://sprechstunde.example", "127.0.0.1:8000", True),
        ("HTTPS://Sprechstunde.Example", "sprechstunde.example", True),
        ("http://127.0.0.1:8000", "127.0.0.1:8000", True),
        ("http://[::1]:8000", "[::1]:8000", True),
        ("null", "sprechstunde.example", False),
        ("", "sprechstunde.example", False),
        ("http://sprechstunde.example", "sprechstunde.example", False),
        ("https://sub.sprechstunde.example", "sprechstunde.example", False),
        ("https://sprechstunde.example:8443", "sprechstunde.example", False),
        ("https://sprechstunde.example.evil", "sprechstunde.example", False),
        ("https://sprechstunde.example/", "sprechstunde.example", False),
        ("https://user@sprechstunde.example", "sprechstunde.example", False),
        ("http://127.0.0.1:9000", "127.0.0.1:8000", False),
        ("https://evil.example", "evil.example", False),
        ("file://", "sprechstunde.example", False),
        ("chrome-extension://abc", "sprechstunde.example", False),
        ("https://[", "sprechstunde.example", False),
    ],
)
def test_whose_page_a_socket_is_opened_from(origin: str, host: str, same: bool) -> None:
    assert Site("https://sprechstunde.example").same_origin(origin, host) == same


def test_without_a_public_address_the_host_itself_is_home() -> None:
    assert Site().same_origin("http://192.0.2.7:8000", "192.0.2.7:8000")
    assert Site().same_origin("https://rathaus.example", "rathaus.example:443")
    assert not Site().same_origin("http://evil.example", "192.0.2.7:8000")


# -- bodies ----------------------------------------------------------------------------------------


async def in_pieces(size: int) -> AsyncIterator[bytes]:
    for _ in range(size // 1024):
        yield b"x" * 1024


@pytest.mark.parametrize("announced", [True, False])
async def test_a_body_has_a_size(sqlite_url: str, announced: bool) -> None:
    bodies = {"/files/": 3 * LARGEST_BODY}
    async with lobby(sqlite_url, routes=ROUTES, bodies=bodies) as house, house.client() as client:
        for path, size, status in (
            ("/api/take", LARGEST_BODY, 200),
            ("/api/take", LARGEST_BODY + 1024, 413),
            ("/files/take", 3 * LARGEST_BODY, 200),
            ("/files/take", 3 * LARGEST_BODY + 1024, 413),
        ):
            content: Any = b"x" * size if announced else in_pieces(size)
            response = await client.post(path, content=content)
            assert response.status_code == status
            if status == 413 and path.startswith("/api/"):
                assert response.json()["error"]["code"] == "too_large"


# -- errors ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("path", "status", "code"),
    [
        ("/api/nothing", 404, "not_found"),
        ("/api", 404, "not_found"),
        ("/api/take", 405, "method_not_allowed"),
        ("/api/fault", 500, "error"),
        ("/api/full", 503, "not_stored"),
        ("/api/me", 401, "not_logged_in"),
    ],
)
async def test_programs_get_a_code_and_a_sentence(sqlite_url: str, path: str, status: int, code: str) -> None:
    async with lobby(sqlite_url, routes=ROUTES) as house, house.client() as client:
        response = await client.get(path)
        assert response.status_code == status
        assert response.json()["error"]["code"] == code
        assert response.json()["error"]["message"].endswith(".")
        assert SECRET not in response.text


async def test_a_refusal_keeps_what_its_code_promises(sqlite_url: str) -> None:
    async with lobby(sqlite_url, routes=ROUTES) as house, house.client() as client:
        response = await client.get("/api/refuse")
        assert response.status_code == 409
        assert response.json() == {
            "error": {
                "code": "stale",
                "message": "Inzwischen hat jemand geantwortet.",
                "seq": 7,
                "missed": [],
            }
        }


@pytest.mark.parametrize(("path", "status"), [("/nothing", 404), ("/fault", 500), ("/full", 503)])
async def test_people_get_a_page(sqlite_url: str, path: str, status: int) -> None:
    async with lobby(sqlite_url, routes=ROUTES) as house, house.client() as client:
        response = await client.get(path, headers={"accept-language": "de"})
        assert response.status_code == status
        assert response.headers["content-type"] == "text/html; charset=utf-8"
        assert "<h1>" in response.text
        assert SECRET not in response.text
        assert "Traceback" not in response.text
