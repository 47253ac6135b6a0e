"""The house itself: what conftest promises to every other test."""

from __future__ import annotations

import asyncio
import os

import pytest
import sqlalchemy


async def test_an_async_test_runs_in_a_loop(runner: asyncio.Runner) -> None:
    assert asyncio.get_running_loop() is runner.get_loop()


@pytest.fixture
def warmed_up(runner: asyncio.Runner) -> asyncio.AbstractEventLoop:
    async def loop() -> asyncio.AbstractEventLoop:
        return asyncio.get_running_loop()

    return runner.run(loop())


async def test_a_fixture_shares_the_loop_of_its_test(warmed_up: asyncio.AbstractEventLoop) -> None:
    assert warmed_up is asyncio.get_running_loop()


def test_a_database_is_fresh_and_takes_tables(database_url: str) -> None:
    engine = sqlalchemy.create_engine(database_url)
    with engine.begin() as connection:
        assert sqlalchemy.inspect(connection).get_table_names() == []
        connection.exec_driver_sql("CREATE TABLE citizen (name TEXT)")
    engine.dispose()


def test_settings_from_outside_do_not_reach_a_test() -> None:
    assert not [name for name in os.environ if name.startswith(("SESSIONHOURS_", "WHATSAPP_"))]
