"""A running town hall a module, seats in front of its console, and an ear for everything a browser complains about."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import BrowserContext, ConsoleMessage, Dialog, Page, Request, expect

from tests.browser.state import State
from tests.browser.states import HALLS
from tests.browser.townhall import PASSWORD, STAFF, TownHall, town_hall

Sit = Callable[..., Page]
Hall = Callable[[str], TownHall]

#: Seconds after which a hall may not be what its kind says any more: its clock runs, and a lobby becomes an hour.
FRESH = 180


class Complaints:
    """What browsers said that they should not have: errors, warnings, failed and foreign requests, dialogs."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        # The browser breaks off fetching an icon when the tab gets another one, or goes.
        # It also breaks off what is fetched once the queue stands, where the page goes at once.
        self._allowed: list[str] = [
            r"^failed: \S+/icon(-unread)?\.svg net::ERR_ABORTED$",
            r"^failed: \S+/assets/\S+\.js net::ERR_ABORTED$",
        ]

    def allow(self, pattern: str) -> None:
        """This test breaks something on purpose, and the browser will say so."""
        self._allowed.append(pattern)

    def listen(self, context: BrowserContext, origin: str) -> None:
        """From now on hear all pages of `context`, which may ask `origin` only."""
        context.on("console", self._said)
        context.on("weberror", lambda error: self.lines.append(f"error: {error.error}"))
        context.on(
            "requestfailed", lambda request: self.lines.append(f"failed: {request.url} {request.failure}")
        )
        context.on("request", lambda request: self._asked(request, origin))
        context.on("dialog", self._popped_up)
        context.on(
            "response",
            lambda answer: (
                self.lines.append(f"{answer.status}: {answer.url}") if answer.status >= 400 else None
            ),
        )

    @property
    def serious(self) -> list[str]:
        """All but what was allowed."""
        return [line for line in self.lines if not any(re.search(one, line) for one in self._allowed)]

    def _said(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            self.lines.append(f"{message.type}: {message.text} {message.location.get('url', '')}")

    def _popped_up(self, dialog: Dialog) -> None:
        self.lines.append(f"dialog: {dialog.message}")
        dialog.dismiss()

    def _asked(self, request: Request, origin: str) -> None:
        parts = urlsplit(request.url)
        if parts.scheme not in ("blob", "data") and f"{parts.scheme}://{parts.netloc}" != origin:
            self.lines.append(f"foreign: {request.url}")


@pytest.fixture
def complaints() -> Iterator[Complaints]:
    """Fails the test in the end if a browser complained."""
    heard = Complaints()
    yield heard
    assert heard.serious == []


@pytest.fixture(scope="module")
def hall(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TownHall]:
    """A town hall five minutes into Kappelrodeck's hour."""
    with town_hall(tmp_path_factory.mktemp("hall")) as found:
        yield found


@pytest.fixture(scope="module")
def logins() -> dict[tuple[str, str], Any]:
    """The cookies of each person at each address, so that a test need not log in again."""
    return {}


@pytest.fixture
def sit(hall: TownHall, new_context: Any, complaints: Complaints, logins: dict[tuple[str, str], Any]) -> Sit:
    """`sit("mayor", **context_arguments)`: a browser of one's own, logged in, with the console open and live.

    Another ``path`` is only opened.
    """

    def sit(
        person: str = "mayor",
        *,
        path: str = "/console",
        at: TownHall = hall,
        before: Callable[[Page], None] = lambda page: None,
        **arguments: Any,
    ) -> Page:
        key = (at.url, person)
        context: BrowserContext = new_context(storage_state=logins.get(key), **arguments)
        if key not in logins:
            log_in(context, at.url, person)
            logins[key] = context.storage_state()
        complaints.listen(context, at.url)
        page = context.new_page()
        before(page)
        page.goto(at.url + path)
        if path == "/console":
            expect(page.locator(".connection.ok")).to_be_attached()
        return page

    return sit


@pytest.fixture
def stranger(new_context: Any, complaints: Complaints, hall: TownHall) -> Sit:
    """`stranger(path, **context_arguments)`: a browser that nobody has logged in with."""

    def visit(path: str = "/", *, at: TownHall = hall, **arguments: Any) -> Page:
        context: BrowserContext = new_context(**arguments)
        complaints.listen(context, at.url)
        page = context.new_page()
        page.goto(at.url + path)
        return page

    return visit


@pytest.fixture(scope="module")
def halls(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hall]:
    """Town halls of the kinds that states name, each opened when first wanted, and anew when its moment has passed."""
    with ExitStack() as stack:
        opened: dict[str, tuple[TownHall, float, ExitStack]] = {}

        def hall(kind: str) -> TownHall:
            if kind in opened:
                found, since, its_own = opened[kind]
                if found.server.clock.seconds() < since + FRESH:
                    return found
                its_own.close()
            its_own = stack.enter_context(ExitStack())
            found = its_own.enter_context(HALLS[kind](tmp_path_factory.mktemp(kind)))
            opened[kind] = found, found.server.clock.seconds(), its_own
            return found

        yield hall


@pytest.fixture
def visit(halls: Hall, sit: Sit, stranger: Sit, complaints: Complaints) -> Callable[..., Page]:
    """`visit(state, **context_arguments)`: the page as the state describes it."""

    def visit(state: State, **arguments: object) -> Page:
        complaints.allow(state.breaks)
        if state.person is None:
            page = stranger(state.path, at=halls(state.hall), **arguments)
        else:
            page = sit(state.person, path=state.path, at=halls(state.hall), **arguments)
        state.show(page)
        return page

    return visit


def log_in(context: BrowserContext, url: str, person: str) -> None:
    """Get the cookie by the console's API."""
    who = {"email": STAFF[person][0], "password": PASSWORD}
    answer = context.request.post(f"{url}/api/login", data=who)
    assert answer.status == 200, answer.text()
