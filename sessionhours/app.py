"""JOIN: which objects exist and who knows whom. No rule of its own."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from datetime import UTC, datetime
from functools import partial

import httpx
from starlette.applications import Starlette
from starlette.types import ASGIApp, Receive, Scope, Send

from sessionhours import __version__
from sessionhours.app_doctor import disks
from sessionhours.app_start import Tokens, open_tables
from sessionhours.config import Config
from sessionhours.core.keys import Keys
from sessionhours.core.schedule import Schedule
from sessionhours.desk import intake, notices, steering
from sessionhours.desk.budget_loop import BudgetLoop
from sessionhours.desk.effective import Effective
from sessionhours.desk.expiry import Expiry, Sweep
from sessionhours.desk.hub import Hub
from sessionhours.desk.keeper import Keeper
from sessionhours.desk.loops import Applier, Checkpoints, Courier, Listening, Shredder, Ticker, forever
from sessionhours.desk.media import MediaLoop
from sessionhours.desk.preflight import Examiner
from sessionhours.desk.template_loop import TemplateLoop
from sessionhours.desk.watch import Postman, Watch
from sessionhours.errors import Fault, Refused
from sessionhours.mail import SmtpMailer
from sessionhours.schedulefile_source import Reload
from sessionhours.server.answers import Answers
from sessionhours.server.api import Api
from sessionhours.server.assets import Assets, web_folder
from sessionhours.server.auth import Auth
from sessionhours.server.commands import Commands
from sessionhours.server.health import Health
from sessionhours.server.kit_page import KitPage
from sessionhours.server.live import PATH as CONSOLES
from sessionhours.server.live import Live
from sessionhours.server.pages import Pages
from sessionhours.server.planning import Planning
from sessionhours.server.planning_visit import Door
from sessionhours.server.security import Security
from sessionhours.server.site import Site
from sessionhours.server.templates import Templates
from sessionhours.server.webhook import PATH, Webhook
from sessionhours.store.database import Database
from sessionhours.store.doorbell import listen
from sessionhours.store.events import Committed
from sessionhours.store.lock import hold
from sessionhours.store.sealing import Seals
from sessionhours.whatsapp.client import GraphClient
from sessionhours.whatsapp.payload import parse
from sessionhours.whatsapp.signature import Verifier

Clock = Callable[[], datetime]

#: Seconds between two looks at the schedule files.
RELOAD = 1.0


def utcnow() -> datetime:
    """The machine's clock."""
    return datetime.now(UTC)


def create_app(
    config: Config, *, clock: Clock = utcnow, transport: httpx.AsyncBaseTransport | None = None
) -> Office:
    """The whole server. ``clock`` gives aware UTC instants; ``transport`` replaces the network to Meta."""
    return Office(config, clock, transport)


class Office:
    """Everything that one process runs."""

    def __init__(self, config: Config, clock: Clock, transport: httpx.AsyncBaseTransport | None) -> None:
        settings = config.settings
        self.config, self.clock = config, clock
        self._faults: Sequence[Fault] | None = None  # those of the schedule files that the admin was told
        self.database = Database(settings.database_url, on_commit=self._committed)
        self.hub = Hub(self.database)
        self.seals = None if self.database.sqlite else Seals(settings.data_dir / "keys")
        self.reader = intake.Reader(
            parse, self.schedules, Keys(config.secret_key.get_secret_value().encode()), seals=self.seals
        )
        self.graph = GraphClient(Tokens(config), graph_url=settings.graph_url, transport=transport)
        self.effective = Effective(self.database, self.reader.planner, self.schedules, clock)
        self.courier = Courier(self.database, self.reader, clock, self.graph)
        media = settings.data_dir / "media"
        self.media = MediaLoop(self.database, self.reader, clock, self.graph, media)
        self.sweep = Sweep(self.database, media)
        self.ticker = Ticker(self.database, self.reader, clock)
        self.expiry = Expiry(self.database, self.reader, clock)
        self.applier = Applier(
            self.database, self.reader, clock, texts=self.courier.bell.ring, files=self.media.bell.ring
        )
        self.keeper = Keeper(self.database, self.reader, clock, self.applier.tell)
        self.listening = Listening(self.hub, self.reader)
        self.templates = TemplateLoop(self.database, self.reader, clock, self.graph)
        self.budget = BudgetLoop(self.database, self.reader, clock)
        self.postman = Postman(self.database, self.schedules, clock, _mailer(config))
        examiner = Examiner(
            self.database, clock, self.graph, partial(disks, settings), lambda: config.source.faults
        )
        console = f"{settings.public_url or ''}/console"
        self.watch = Watch(self.database, self.schedules, clock, examiner, self.hub.present, console)
        self.site = Site(settings.public_url, settings.trusted_proxies)
        verifier = Verifier([secret.get_secret_value() for secret in config.app_secrets])
        verify_token = settings.verify_token.get_secret_value() if settings.verify_token else ""
        self.webhook = Webhook(verifier, verify_token, self.keeper.keep)
        self.web = self._web()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Meta's door comes before everything else; it is the one that has to be fast."""
        if scope["type"] == "http" and scope["path"] == PATH:
            await self.webhook(scope, receive, send)
        else:
            await self.web(scope, receive, send)

    def schedules(self) -> Mapping[str, Schedule]:
        """The files' schedules by town."""
        return {schedule.town.id: schedule for schedule in self.config.source.schedules}

    async def open_session(self, town: str, line: str, minutes: int) -> None:
        """A session that is open now, unless one is running."""
        with contextlib.suppress(Refused):
            await self.database.write(
                steering.open_now, self.schedules()[town], line, minutes, now=self.clock()
            )

    # -- the web -----------------------------------------------------------------------------------

    def _web(self) -> ASGIApp:
        folder = web_folder()
        assets = Assets(folder)
        templates = Templates(folder / "templates", assets)
        answers = Answers(templates)
        clock, database = self.clock, self.database
        auth = self.auth = Auth(
            database, clock, site=self.site, templates=templates, schedules=self.schedules, ended=self._ended
        )
        asked = Commands(database, lambda town: self.schedules()[town], clock, self._asked)
        version = f"{__version__}+{assets.release}"
        self.live = Live(database, self.hub, auth, self.site, asked, clock, version)
        api = Api(database, auth, asked, clock, self.config.settings.data_dir / "media")
        standings, files = self.effective.standing, self.schedules
        pages = Pages(templates, auth, site=self.site, standings=standings, clock=clock)
        door = Door(templates, auth, asked, database=database, standing=standings, files=files, clock=clock)
        health = Health(database, clock, site=self.site, schedules=self.schedules, reasons=self._reasons)
        routes = [
            *api.routes(),
            *auth.routes(),
            *health.routes(),
            *assets.routes(),
            *KitPage(door, self.site).routes(),
            *Planning(door).routes(),
            *pages.routes(),
        ]
        web = Starlette(routes=routes, exception_handlers=answers.handlers(), lifespan=self._lifespan)
        self.pages = web
        return Security(self._inside, site=self.site, refusal=answers.refusal)

    async def _inside(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Behind the security of the house: consoles on the short way, pages and calls through the router."""
        if scope["type"] == "websocket" and scope["path"] == CONSOLES:
            await self.live(scope, receive, send)
        else:
            await self.pages(scope, receive, send)

    def _reasons(self) -> list[str]:
        return [self.database.failed] if self.database.failed else []

    # -- what rings whose bell ---------------------------------------------------------------------

    def _asked(self) -> None:
        self.courier.bell.ring()
        self.ticker.bell.ring()

    def _ended(self, login_key: str) -> None:
        self.live.ended(login_key)

    def _committed(self, committed: list[Committed]) -> None:
        """In the writer thread: readers first, then the consoles."""
        self.effective.renew(committed)
        self.hub.committed(committed)

    # -- life --------------------------------------------------------------------------------------

    @contextlib.asynccontextmanager
    async def _lifespan(self, app: Starlette) -> AsyncIterator[None]:
        with hold(self.config.settings.database_url):
            await asyncio.to_thread(open_tables, self.database.writer, self.config)
            self.database.start()
            self.hub.start()
            await self._recover()
            tasks = [
                asyncio.create_task(forever(name, step), name=name) for name, step in self._loops().items()
            ]
            try:
                yield
            finally:
                self.live.restart()
                for task in tasks:
                    task.cancel()
                await asyncio.gather(*tasks, return_exceptions=True)
                await self.watch.close()
                await self.courier.close()
                await self.graph.aclose()
                self.auth.close()
                self.database.close()
                if self.seals is not None:
                    self.seals.close()

    async def _recover(self) -> None:
        """Before anything is let in: what a dead process left is put right, and the clock's moves are made."""
        await self.courier.recover(everything=self.database.sqlite)
        self.effective.renew()
        await self.ticker.tick()

    def _loops(self) -> dict[str, Callable[[], Awaitable[None]]]:
        ring = self.listening.bell.ring
        shared: dict[str, Callable[[], Awaitable[None]]] = {}
        if self.seals is not None:
            shared["doorbell"] = partial(listen, self.database.url, ring)
            shared["shredder"] = Shredder(self.database, self.seals).step
        return {
            **shared,
            "applier": self.applier.step,
            "ticker": self.ticker.step,
            "courier": self.courier.step,
            "media": self.media.step,
            "templates": self.templates.step,
            "budget": self.budget.step,
            "watch": self.watch.step,
            "postman": self.postman.step,
            "listening": self.listening.step,
            "expiry": self.expiry.step,
            "sweep": self.sweep.step,
            "checkpoints": Checkpoints(self.database).step,
            "schedule": self._reload,
        }

    async def _reload(self) -> None:
        """Look at the schedule files; a bad edit changes nothing and is told to the admin (fault F44)."""
        result = await asyncio.to_thread(self.config.source.reload)
        if result.changed:
            self.effective.renew()
            await self.ticker.tick()
        if not result.again and result.faults != self._faults:
            await self._tell_faults(result)
        await asyncio.sleep(RELOAD)

    async def _tell_faults(self, result: Reload) -> None:
        faults, as_of, now = result.faults, result.as_of, self.clock()
        for schedule in self.schedules().values():
            await self.database.write(notices.schedule_faults, schedule, faults, as_of=as_of, now=now)
        self._faults = result.faults


def _mailer(config: Config) -> SmtpMailer | None:
    return SmtpMailer(config.mailbox, config.sender) if config.mailbox and config.sender else None
