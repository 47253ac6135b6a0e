"""`sessionhours doctor`: the set-up tested against a simulated WhatsApp and this machine, before any server has run."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from sessionhours.cli import app
from sessionhours.simulator import create_simulator
from sessionhours.simulator.app import Simulation
from tests.fakes import served
from tests.makers import PHONE_NUMBER_ID, schedule_file

TOKEN = "invented-access-token"


@asynccontextmanager
async def simulated(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Simulation]:
    """A folder with a schedule, an environment, and a WhatsApp that knows its number."""
    simulator = create_simulator(
        app_secret="invented-app-secret", verify_token="invented-verify-token", access_tokens=[TOKEN]
    )
    schedule_file(tmp_path)
    monkeypatch.chdir(tmp_path)
    for name, value in (
        ("ACCESS_TOKEN", TOKEN),
        ("APP_SECRET", "invented-app-secret"),
        ("VERIFY_TOKEN", "invented-verify-token"),
    ):
        monkeypatch.setenv(f"WHATSAPP_{name}", value)
    async with served(simulator) as address:
        monkeypatch.setenv("WHATSAPP_GRAPH_URL", f"{address}/v26.0")
        yield simulator.simulation


async def doctor() -> Result:
    """Type it."""
    result = await asyncio.to_thread(CliRunner().invoke, app, ["doctor"])
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result


async def test_one_line_a_check(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with simulated(tmp_path, monkeypatch):
        result = await doctor()
    lines = [line.split() for line in result.stdout.splitlines()]
    assert [(line[0], line[2]) for line in lines if line[2] not in ("disk", "clock")] == [
        ("green", "token"),
        ("green", "number"),
        ("amber", "webhook"),
        ("amber", "templates"),
        ("green", "schedule"),
    ]
    assert {line[2] for line in lines} >= {"disk", "clock"}
    assert {line[1] for line in lines} == {"kappelrodeck/buergermeister"}
    assert result.exit_code == int(any(line[0] == "red" for line in lines))


async def test_red_ends_with_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with simulated(tmp_path, monkeypatch) as simulation:
        simulation.world.numbers[PHONE_NUMBER_ID].status = "DISCONNECTED"
        unplugged = await doctor()
        monkeypatch.setenv("WHATSAPP_ACCESS_TOKEN", "revoked")
        revoked = await doctor()
    assert (unplugged.exit_code, revoked.exit_code) == (1, 1)
    assert "red    kappelrodeck/buergermeister  number" in unplugged.stdout
    assert "red    kappelrodeck/buergermeister  token" in revoked.stdout
    assert "revoked" not in revoked.stdout


async def test_a_bad_schedule_is_bad_input(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with simulated(tmp_path, monkeypatch):
        (tmp_path / "schedule.toml").write_text("timezone = 1\n")
        assert (await doctor()).exit_code == 2
