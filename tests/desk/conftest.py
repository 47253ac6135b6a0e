"""A desk on either database."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest
from psycopg import sql

from sessionhours.store.engines import writer
from sessionhours.store.migrate import migrate
from tests.desk.office import Desk
from tests.makers import Clock
from tests.tables import lay

TEMPLATE = "migrated"


@pytest.fixture
def sqlite_url(tmp_path: Path) -> str:
    """The address of a SQLite database with the tables in it."""
    return f"sqlite:///{lay(tmp_path / 'sessionhours.db')}"


@pytest.fixture(scope="session")
def migrated_template(postgres_cluster: str) -> str:
    """The name of a PostgreSQL database with the tables in it."""
    with psycopg.connect(postgres_cluster, autocommit=True) as admin:
        admin.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(TEMPLATE)))
    engine = writer(_url(postgres_cluster, TEMPLATE))
    migrate(engine)
    engine.dispose()
    return TEMPLATE


@pytest.fixture
def postgres_url(postgres_cluster: str, migrated_template: str) -> Iterator[str]:
    """A fresh copy of it."""
    name = f"test_{uuid.uuid4().hex}"
    made = sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(
        sql.Identifier(name), sql.Identifier(migrated_template)
    )
    with psycopg.connect(postgres_cluster, autocommit=True) as admin:
        admin.execute(made)
        yield _url(postgres_cluster, name)
        admin.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


def _url(cluster: str, name: str) -> str:
    return f"postgresql+psycopg{cluster.removeprefix('postgresql').removesuffix('postgres')}{name}"


@pytest.fixture
def new_desk(database_url: str, tmp_path: Path) -> Iterator[Callable[..., Desk]]:
    """Make a desk with a line policy of the test's own."""
    desks: list[Desk] = []

    def make(policy: str = "", clock: Clock | None = None) -> Desk:
        desks.append(Desk(database_url, tmp_path, policy, clock))
        return desks[-1]

    yield make
    for desk in desks:
        desk.close()


@pytest.fixture
def desk(new_desk: Callable[..., Desk]) -> Desk:
    """Kappelrodeck's desk at the minute its hour opens."""
    return new_desk()
