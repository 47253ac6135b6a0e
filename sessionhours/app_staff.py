"""Agents from the command line: beside a running server, or on a database not yet made (surfaces §1)."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from typing import Any

from sqlmodel import Session

from sessionhours.app_start import opened, within_reach
from sessionhours.config import Settings
from sessionhours.desk import agents
from sessionhours.desk.passwords import hash_password
from sessionhours.errors import Refused
from sessionhours.store.agents import towns_known
from sessionhours.store.database import Database
from sessionhours.store.tables import Agent


class Staff:
    """The agents of one database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(
        self, *, town: str, email: str, name: str, roles: Sequence[str], password: str, now: datetime
    ) -> Agent:
        """Add an agent. Raises `Refused`."""
        hashed = hash_password(password)
        return self._write(
            agents.add_agent, town=town, email=email, name=name, roles=roles, password=hashed, now=now
        )

    def all(self, town: str | None = None) -> Sequence[Agent]:
        """Every agent, also those who may log in no more."""
        with Session(self._database.reader) as session:
            return agents.list_agents(session, town)

    def disable(self, email: str, *, now: datetime) -> Agent:
        """Let an agent in no more. Raises `Refused`."""
        return self._write(agents.disable_agent, email, now=now)

    def password(self, email: str, password: str) -> Agent:
        """Give an agent a new password. Raises `Refused`."""
        return self._write(agents.set_password, email, password=hash_password(password))

    def only_town(self, known: Sequence[str]) -> str:
        """The town, where there is one: of ``known`` (the schedule's), else of the database. Raises `Refused`."""
        with Session(self._database.reader) as session:
            towns = sorted(set(known) or set(towns_known(session)))
        if len(towns) != 1:
            there = ", ".join(towns) or "none; run where schedule.toml is, or name it"
            raise Refused("town", f"Please say which town with --town (there is: {there}).")
        return towns[0]

    def _write(self, action: Callable[..., Agent], *args: Any, **kwargs: Any) -> Agent:
        future = self._database.submit(action, *args, **kwargs)
        return future.result()


@contextlib.contextmanager
def staff_of(settings: Settings) -> Iterator[Staff]:
    """The agents of the database that the settings name; its tables are made where there are none.

    Raises `NotStored` where the database cannot be reached.
    """
    with within_reach():
        database = opened(settings)
        database.start()
    try:
        yield Staff(database)
    finally:
        database.close()
