"""One simulated platform as an ASGI application."""

from __future__ import annotations

import re
import secrets
import time
from collections.abc import AsyncIterator, Callable, Collection, Mapping
from contextlib import asynccontextmanager
from urllib.parse import urlsplit

import httpx
from starlette.applications import Starlette
from starlette.responses import JSONResponse
from starlette.routing import Mount
from starlette.types import Receive, Scope, Send

from .account import Account
from .admin import Admin
from .andrang import Andrang
from .clock import Clock
from .courier import Courier, Webhook
from .faults import RAW_SEND, Faults
from .graph import ASKED_PATH, EVERY_NUMBER, Graph
from .journal import Journal
from .media import MEDIA_HOST, Shelf
from .people import settle
from .phone import Phone
from .receipts import Receipts
from .sending import Sending
from .telephone import Telephones
from .templates import Templates
from .world import Number, World

VERSION = re.compile(r"/v\d+\.\d+(?=/)")
GRAPH_HOSTS = frozenset({"graph.facebook.com", "lookaside.fbsbx.com"})
PHONE_NUMBER_ID = "200000000000002"
WABA_ID = "100000000000001"
DISPLAY_NUMBER = "49784280221"


class Simulation:
    """The parts of one simulated platform, wired; tests in the same process may use them directly."""

    def __init__(
        self,
        webhook: Webhook,
        world: World,
        clock: Clock,
        tokens: Mapping[str, Collection[str]],
        transport: httpx.AsyncBaseTransport | None,
    ) -> None:
        self.world = world
        self.clock = clock
        self.journal = Journal()
        self.faults = Faults()
        self.shelf = Shelf(clock)
        self.templates = Templates()
        self.courier = Courier(webhook, world, clock, self.journal, self.faults, transport)
        self.receipts = Receipts(world, clock, self.courier)
        self.account = Account(world, clock, self.courier, self.receipts.agenda)
        self.telephones = Telephones(world, clock, self.courier, self.shelf)
        self.andrang = Andrang(world, clock, self.telephones)
        self.sending = Sending(world, clock, self.journal, self.shelf, self.templates, self.receipts)
        self.graph = Graph(
            world,
            clock,
            self.journal,
            self.shelf,
            self.faults,
            self.sending,
            self.templates,
            self.account,
            tokens,
        )

    @property
    def pending(self) -> int:
        """How much is still going to happen or to be told, apart from what is held back."""
        return len(self.receipts.agenda) + self.courier.pending

    @property
    def busy(self) -> bool:
        """Whether something is due or on the wire at this moment."""
        return self.receipts.agenda.due or self.courier.busy

    def hurry(self) -> None:
        """Do now what is planned for later, retries too."""
        self.receipts.agenda.flush()
        self.courier.hurry()

    def wake(self) -> None:
        """Look at the clock again after it was moved."""
        self.receipts.agenda.wake()
        self.courier.wake()
        self.andrang.wake()

    async def aclose(self) -> None:
        """Drop what is planned and close connections."""
        self.andrang.stop()
        self.receipts.agenda.clear()
        await self.courier.aclose()


class Simulator(Starlette):
    """Takes the version off Graph paths, and keeps other websites' scripts away from everything."""

    simulation: Simulation

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] == "http":
            asked = scope["path"]
            scope = {**scope, "path": graph_path(asked), ASKED_PATH: asked, RAW_SEND: send}
            headers = {name.decode(): value.decode("latin-1") for name, value in scope["headers"]}
            self._learn_base(scope, headers.get("host", ""))
            if foreign(headers):
                await JSONResponse({"error": "another site may not do this"}, 403)(scope, receive, send)
                return
        await super().__call__(scope, receive, send)

    def _learn_base(self, scope: Scope, host: str) -> None:
        """Media links name the host that the product itself calls, the only one it may trust."""
        shelf = self.simulation.shelf
        from_product = scope["path"].startswith("/graph/")
        if (
            not shelf.fixed
            and host
            and host not in GRAPH_HOSTS
            and (from_product or shelf.base == MEDIA_HOST)
        ):
            shelf.base = f"{scope['scheme']}://{host}"


def graph_path(path: str) -> str:
    """The path inside: versions become `/graph`, a trailing slash is dropped."""
    inside = VERSION.sub("/graph", path, count=1) if VERSION.match(path) else path
    return inside.rstrip("/") or "/"


def foreign(headers: Mapping[str, str]) -> bool:
    """Whether a browser sends this for a page of another site."""
    origin = headers.get("origin")
    return headers.get("sec-fetch-site") == "cross-site" or (
        origin is not None and urlsplit(origin).netloc != headers.get("host")
    )


def create_simulator(
    *,
    app_secret: str,
    verify_token: str,
    access_tokens: Collection[str] | Mapping[str, Collection[str]],
    phone_number_id: str = PHONE_NUMBER_ID,
    waba_id: str = WABA_ID,
    display_phone_number: str = DISPLAY_NUMBER,
    name: str = "Gemeinde Kappelrodeck",
    webhook_url: str | None = None,
    clock: Callable[[], float] = time.time,
    seed: int = 0,
    transport: httpx.AsyncBaseTransport | None = None,
    media_base: str | None = None,
    people: bool = True,
) -> Simulator:
    """A simulated WhatsApp Cloud API with one business number.

    `display_phone_number` are digits, `name` is what telephones call that number. `access_tokens` are the
    bearer tokens that work, each for all numbers or, as a mapping, for those named. `clock` gives Unix
    seconds; left out, time can be skipped by `POST /sim/clock`. `transport` carries the webhooks, for a
    receiver in the same process. `media_base` is scheme and host of media links, learned from the first
    request of the product if left out. With `people` the citizens of the phone page are there from the
    beginning. The parts are on the application as `simulation`; close it with `await
    app.simulation.aclose()` where no server runs its lifespan.
    """
    world = World(waba_id, seed)
    world.numbers[phone_number_id] = Number(phone_number_id, display_phone_number, name)
    webhook = Webhook(webhook_url, app_secret, verify_token)
    simulation = Simulation(webhook, world, Clock(clock), tokens_of(access_tokens), transport)
    if media_base:
        simulation.shelf.pin(media_base)
    if people:
        settle(world)
    return application(simulation)


def application(simulation: Simulation) -> Simulator:
    """The routes of one simulation: Graph, media host, admin calls, phone page."""

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        yield
        await simulation.aclose()

    graph = simulation.graph
    routes = [
        graph.download_route(),
        Mount("/graph", routes=graph.routes()),
        Mount("/sim", routes=Admin(simulation).routes()),
        *Phone(simulation).routes(),
    ]
    app = Simulator(routes=routes, lifespan=lifespan)
    app.simulation = simulation
    return app


def tokens_of(given: Collection[str] | Mapping[str, Collection[str]]) -> dict[str, Collection[str]]:
    """Each token with the ids of the numbers it may use."""
    if isinstance(given, Mapping):
        return dict(given)
    return dict.fromkeys(given, EVERY_NUMBER)


def run(
    host: str = "127.0.0.1",
    port: int = 9000,
    webhook: str | None = None,
    *,
    app_secret: str = "simulated-app-secret",
    verify_token: str = "simulated-verify-token",
    access_token: str = "simulated-access-token",
    phone_number_id: str = PHONE_NUMBER_ID,
    display_phone_number: str = DISPLAY_NUMBER,
) -> None:
    """Serve a simulator until interrupted, its phone page at `/`; updates go to `webhook`."""
    import uvicorn

    app = create_simulator(
        app_secret=app_secret,
        verify_token=verify_token,
        access_tokens=[access_token],
        phone_number_id=phone_number_id,
        display_phone_number=display_phone_number,
        webhook_url=webhook,
        seed=secrets.randbits(32),
    )
    lively(app)
    app.simulation.shelf.pin(f"http://{host}:{port}")
    uvicorn.run(app, host=host, port=port, log_level="warning", timeout_graceful_shutdown=1)


def lively(app: Simulator) -> None:
    """Receipts at the pace of people, for somebody who watches."""
    policy = app.simulation.courier.policy
    policy.delivered_after, policy.read_after, policy.jitter = 0.4, 1.6, 0.15
