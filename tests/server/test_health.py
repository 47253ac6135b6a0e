"""What operators and their programs ask."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pysqlite3
import pytest
from prometheus_client import CollectorRegistry, Counter
from starlette.routing import Route

from sessionhours.config import load_schedule
from sessionhours.core.schedule import Schedule
from sessionhours.server import health
from sessionhours.server.health import Health
from sessionhours.server.openapi import document
from tests.server.lobby import Lobby, lobby

KAPPELRODECK = load_schedule(Path(__file__).parent.parent.parent / "schedule.toml")


@asynccontextmanager
async def watched(database_url: str, *schedules: Schedule, **more: object) -> AsyncIterator[Lobby]:
    """A house with its health, behind proxies in 10.0.0.0/8."""
    known = {one.town.id: one for one in schedules}
    registry = CollectorRegistry()
    Counter("received", "Messages received", registry=registry).inc(3)
    async with lobby(database_url, trusted_proxies=("10.0.0.0/8",), schedules=known) as house:
        asked = Health(
            house.database,
            house.clock,
            site=house.site,
            schedules=lambda: known,
            registry=registry,
            reasons=lambda: [str(reason) for reason in more.values()],
        )
        house.add_routes(asked.routes())
        yield house


async def test_a_living_process_says_so_to_whoever_asks(sqlite_url: str) -> None:
    async with watched(sqlite_url) as house, house.client() as client:
        response = await client.get("/healthz", headers={"host": "10.1.2.3:8000"})
        assert (response.status_code, response.text) == (200, "ok\n")


async def test_ready_means_it_can_store_and_knows_a_schedule(sqlite_url: str) -> None:
    async with watched(sqlite_url, KAPPELRODECK) as house, house.client() as client:
        response = await client.get("/readyz", headers={"host": "10.1.2.3:8000"})
        assert (response.status_code, response.json()) == (200, {"ready": True, "reasons": []})
        assert response.headers["cache-control"] == "no-store"


async def test_without_a_schedule_it_is_not_ready(sqlite_url: str) -> None:
    async with watched(sqlite_url, other="the applier has stopped") as house, house.client() as client:
        response = await client.get("/readyz")
        assert response.status_code == 503
        assert response.json()["reasons"] == ["no schedule is known", "the applier has stopped"]


async def test_a_database_that_cannot_store_is_not_ready_until_it_can(
    sqlite_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(health, "PATIENCE", 0.2)
    async with watched(sqlite_url, KAPPELRODECK) as house, house.client() as client:
        assert (await client.get("/readyz")).status_code == 200
        thief = pysqlite3.connect(tmp_path / "sessionhours.db", isolation_level=None)
        thief.execute("BEGIN IMMEDIATE")
        house.clock.forward(seconds=1)
        response = await client.get("/readyz")
        assert response.status_code == 503
        assert response.json() == {"ready": False, "reasons": ["the database cannot store"]}
        thief.execute("ROLLBACK")
        thief.close()
        assert (await client.get("/readyz")).status_code == 503, "the last answer holds for a second"
        async with asyncio.timeout(60):
            while (await client.get("/readyz")).status_code == 503:
                house.clock.forward(seconds=1)


async def test_asking_often_does_not_write_often(sqlite_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    written = 0

    def counted(session: object, **given: object) -> None:
        nonlocal written
        written += 1

    monkeypatch.setattr(health, "prove_writable", counted)
    async with watched(sqlite_url, KAPPELRODECK) as house, house.client() as client:
        await asyncio.gather(*(client.get("/readyz") for _ in range(100)))
        assert written == 1


@pytest.mark.parametrize(
    ("peer", "headers", "status"),
    [
        ("127.0.0.1", {}, 200),
        ("::1", {}, 200),
        ("::ffff:127.0.0.1", {}, 200),
        ("10.1.2.3", {}, 200),
        ("192.0.2.1", {}, 404),
        ("127.0.0.1", {"x-forwarded-for": "192.0.2.1"}, 404),
        ("10.1.2.3", {"x-forwarded-for": "10.1.2.3"}, 404),
        ("10.1.2.3", {"x-forwarded-for": "127.0.0.1"}, 404),
        ("127.0.0.1", {"forwarded": "for=192.0.2.1"}, 404),
        ("127.0.0.1", {"via": "1.1 proxy"}, 404),
        ("192.0.2.1", {"x-forwarded-for": "127.0.0.1"}, 404),
    ],
)
async def test_figures_are_for_this_machine_and_its_neighbours(
    sqlite_url: str, peer: str, headers: dict[str, str], status: int
) -> None:
    async with watched(sqlite_url) as house, house.client(peer) as client:
        response = await client.get("/metrics", headers={"host": "10.1.2.3", **headers})
        assert response.status_code == status
        assert ("received_total 3.0" in response.text) == (status == 200)


async def test_the_process_is_measured_when_nothing_else_is_said() -> None:
    assert {family.name for family in health.of_the_process().collect()} >= {
        "process_open_fds",
        "python_info",
    }


async def test_the_api_is_described(sqlite_url: str) -> None:
    async with watched(sqlite_url) as house, house.client() as client:
        described = (await client.get("/openapi.json")).json()
        assert described["openapi"] == "3.1.0"
        assert described == document()
        ours = {
            route.path
            for route in house.inner.routes
            if isinstance(route, Route) and route.path.startswith("/api/")
        }
        assert ours == {"/api/login", "/api/logout", "/api/me"}
        assert ours <= set(described["paths"])


def test_the_description_tells_of_the_other_cookie_and_of_a_bad_limit() -> None:
    described = document()
    assert "__Host-sessionhours" in described["components"]["securitySchemes"]["login"]["description"]
    assert "400" in described["paths"]["/api/conversations/{id}/messages"]["get"]["responses"]


def test_every_shape_that_is_named_exists() -> None:
    named = set[str]()

    def walk(value: object) -> None:
        if isinstance(value, dict):
            named.update(str(one).rpartition("/")[2] for key, one in value.items() if key == "$ref")
            for inner in value.values():
                walk(inner)
        elif isinstance(value, list):
            for inner in value:
                walk(inner)

    walk(document())
    assert named <= set(document()["components"]["schemas"])
    assert len(named) >= 8
