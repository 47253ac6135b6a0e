"""The hour before the hour: a house with a mail server, an admin, somebody on call, and a clock to move."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from sessionhours.desk import watch
from tests.fakes import wait_until
from tests.makers import OPENS, SCHEDULE, Clock
from tests.server.house import Guest, House
from tests.smtp import Letter, Postbox

ON_CALL = "bereitschaft@example.org"


def before(**span: float) -> datetime:
    """So long before the hour opens."""
    return OPENS - timedelta(**span)


class Eve:
    """A town on its way to its hour."""

    def __init__(
        self,
        folder: Path,
        box: Postbox | None,
        *,
        on_call: str = ON_CALL,
        url: str | None = None,
        **more: Any,
    ) -> None:
        folder.mkdir(exist_ok=True)
        self.folder, self.box, self.url, self.more = folder, box, url, more
        self.clock = more.pop("clock", None) or Clock(before(minutes=90))
        self.schedule = folder / "schedule.toml"
        named = f'on_call = "{on_call}"\n\n[[line]]' if on_call else "[[line]]"
        text = SCHEDULE.format(policy=more.pop("policy", ""))
        self.schedule.write_text(text.replace("[[line]]", named, 1), encoding="utf-8")
        self.house = self._house()

    def _house(self) -> House:
        url = self.box.url if self.box else ""
        mail = {"SESSIONHOURS_SMTP_URL": url, "SESSIONHOURS_MAIL_FROM": "Rathaus <hour@example.org>"}
        return House(
            self.folder,
            self.url,
            schedule=self.schedule,
            clock=self.clock,
            environ=mail if self.box else {},
            **self.more,
        )

    def start(self) -> Eve:
        """Serve."""
        self.house.start()
        return self

    def restart(self, at: datetime | None = None) -> None:
        """Another process on the same database, at another time if one is given."""
        self.house.stop()
        self.clock.now = at or self.clock.now
        self.house = self._house()
        self.house.start()

    def at(self, now: datetime, looks: int = 2) -> None:
        """It is then, and the server has looked around."""
        self.clock.now = now
        self.looked(looks)

    def looked(self, looks: int = 2) -> None:
        """The server has looked at what is near so many times more, and made the checks it began."""
        watching = self.house.office.watch
        wanted = watching.looks + looks
        wait_until(lambda: watching.looks >= wanted and not watching.busy, what="the server looked around")

    def posted(self) -> None:
        """Every mail is on its way or given up."""
        wait_until(lambda: self.house.rows("select count(*) from mail where state = 'queued'") == [(0,)])

    def letters(self) -> list[Letter]:
        """What the mail server got, once all is posted."""
        self.posted()
        assert self.box is not None
        return self.box.letters

    def back(self, guest: Guest) -> Guest:
        """The same agent at the process that serves now."""
        return replace(guest, house=self.house)

    def session(self, guest: Guest) -> dict[str, Any]:
        """The hour, as this agent sees it."""
        shot = self.back(guest).snapshot()
        found: dict[str, Any] = shot["session"] or shot["next_session"]
        return found

    def notices(self, code: str) -> list[str]:
        """What the admin reads under this code."""
        found = self.house.rows("select code, message from notice order by id")
        return [str(message) for said, message in found if said == code]

    def checked(self) -> dict[str, Any]:
        """What the look before the hour found, as it is kept."""
        [(kept,)] = self.house.rows("select checked from session where number = 1")
        return json.loads(kept) if kept else {}


@contextmanager
def eves(tmp_path: Path) -> Iterator[Callable[..., Eve]]:
    """Make houses that end with the test."""
    made: list[Eve] = []
    box = Postbox().start()

    def make(**options: Any) -> Eve:
        mail = options.pop("mail", True)
        made.append(Eve(tmp_path / f"house{len(made)}", box if mail else None, **options).start())
        return made[-1]

    try:
        yield make
    finally:
        for eve in made:
            eve.house.stop()
        box.stop()


@pytest.fixture
def new_eve(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., Eve]]:
    """Make houses; somebody is missing after a moment."""
    monkeypatch.setattr(watch, "MISSING", 0.2)
    monkeypatch.setattr(watch, "LOOK", 0.05)
    with eves(tmp_path) as make:
        yield make
