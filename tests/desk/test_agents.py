"""Agents and their logins, on both databases."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlmodel import SQLModel

from sessionhours.desk import agents, throttle
from sessionhours.errors import Refused
from sessionhours.store.database import Database
from sessionhours.store.events import Committed

NOW = datetime(2026, 12, 3, 14, 0, tzinfo=UTC)
MAYOR: dict[str, Any] = {
    "town": "kappelrodeck",
    "email": "hattenbach@example.org",
    "name": "Stefan Hattenbach",
    "roles": ["mayor"],
    "password": "hash",
    "now": NOW,
}


@asynccontextmanager
async def stored(url: str) -> AsyncIterator[tuple[Database, list[Committed]]]:
    """An empty database, and what was told to consoles."""
    told: list[Committed] = []
    database = Database(url, on_commit=told.extend)
    SQLModel.metadata.create_all(database.writer)
    database.start()
    try:
        yield database, told
    finally:
        database.close()


async def test_an_agent_is_added_once_and_colleagues_are_told(database_url: str) -> None:
    async with stored(database_url) as (database, told):
        added = await database.write(agents.add_agent, **{**MAYOR, "roles": ["admin", "mayor", "admin"]})
        assert (added.email, added.roles) == ("hattenbach@example.org", "mayor,admin")
        assert [(one.name, one.town) for one in told] == [("agent.updated", "kappelrodeck")]
        assert "hash" not in told[0].data
        with pytest.raises(Refused, match="agent_exists"):
            await database.write(agents.add_agent, **{**MAYOR, "email": " HATTENBACH@example.org"})
        assert len(await database.read(agents.list_agents, "kappelrodeck")) == 1
        assert await database.read(agents.list_agents, "warstein") == []


async def test_who_was_disabled_can_be_added_again_but_not_by_another_town(database_url: str) -> None:
    async with stored(database_url) as (database, told):
        first = await database.write(agents.add_agent, **MAYOR)
        await database.write(agents.disable_agent, MAYOR["email"], now=NOW)
        assert await database.read(agents.credentials, MAYOR["email"]) is None
        with pytest.raises(Refused, match="agent_exists"):
            await database.write(agents.add_agent, **{**MAYOR, "town": "warstein"})
        again = await database.write(agents.add_agent, **{**MAYOR, "password": "other"})
        assert again.id == first.id
        known = await database.read(agents.credentials, MAYOR["email"])
        assert known == agents.Credentials(first.id, "other")
        assert ['"disabled":true' in one.data for one in told] == [False, True, False]


@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        ({"email": "hattenbach"}, "bad_email"),
        ({"email": "@example.org"}, "bad_email"),
        ({"email": "a b@example.org"}, "bad_email"),
        ({"email": "a\0@example.org"}, "bad_email"),
        ({"email": f"{'a' * 250}@example.org"}, "bad_email"),
        ({"name": " "}, "bad_name"),
        ({"name": "x" * 200}, "bad_name"),
        ({"roles": []}, "bad_role"),
        ({"roles": ["mayor", "king"]}, "bad_role"),
    ],
)
async def test_what_is_no_agent_is_refused(sqlite_url: str, wrong: dict[str, Any], code: str) -> None:
    async with stored(sqlite_url) as (database, told):
        with pytest.raises(Refused, match=code):
            await database.write(agents.add_agent, **{**MAYOR, **wrong})
        assert told == []


async def test_nobody_is_nobody(sqlite_url: str) -> None:
    async with stored(sqlite_url) as (database, _):
        with pytest.raises(Refused, match="unknown_agent"):
            await database.write(agents.disable_agent, "nobody@example.org", now=NOW)
        with pytest.raises(Refused, match="unknown_agent"):
            await database.write(agents.set_password, "nobody@example.org", password="hash")


@pytest.mark.proves("C39")
async def test_a_password_changed_meanwhile_lets_nobody_in(database_url: str) -> None:
    async with stored(database_url) as (database, _):
        await database.write(agents.add_agent, **MAYOR)
        checked = await database.read(agents.credentials, MAYOR["email"])
        assert checked is not None
        await database.write(agents.set_password, MAYOR["email"], password="other")
        assert await database.write(agents.log_in, checked, agents.new_cookie(), now=NOW) is None


async def test_logins_last_and_end_on_both_databases(database_url: str) -> None:
    async with stored(database_url) as (database, _):
        await database.write(agents.add_agent, **MAYOR)
        checked = await database.read(agents.credentials, MAYOR["email"])
        assert checked is not None
        cookie = agents.new_cookie()
        info = await database.write(agents.log_in, checked, cookie, now=NOW)
        assert info is not None
        assert info.roles == ("mayor",)
        key = agents.login_key(cookie)
        later = NOW + timedelta(hours=1)
        assert await database.read(agents.logged_in, key, now=later) == (info, True)
        await database.write(agents.saw, key, now=later)
        assert await database.read(agents.logged_in, key, now=later) == (info, False)
        assert await database.read(agents.logged_in, key, now=NOW + timedelta(hours=24)) is None
        await database.write(agents.log_out, cookie)
        assert await database.read(agents.logged_in, key, now=later) is None


@pytest.mark.proves("C33")
async def test_tries_are_counted_on_both_databases(database_url: str) -> None:
    async with stored(database_url) as (database, _):
        keys = throttle.Keys.of("hattenbach@example.org", "192.0.2.1")
        waits = [await database.write(throttle.count_try, keys, now=NOW) for _ in range(8)]
        assert waits == [None] * 6 + [timedelta(seconds=2)] * 2
        await database.write(throttle.forgive, keys, now=NOW)
        assert await database.write(throttle.count_try, keys, now=NOW) is None
