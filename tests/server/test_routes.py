"""Every route of the house, as the house itself lists them: none is left out of the tests of its doors (C40)."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from starlette.applications import Starlette
from starlette.routing import Mount, Route

from sessionhours.core.addresses import RESERVED
from sessionhours.schedulefile import SLUG
from tests.server.house import Guest, House

OTHERS = [
    {"origin": "https://evil.example"},
    {"origin": "null"},
    {"sec-fetch-site": "cross-site"},
    {"sec-fetch-site": "same-site"},
]


@pytest.fixture(scope="module")
def mayor(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Guest]:
    house = House(tmp_path_factory.mktemp("house")).start()
    house.says(1, "Frage")
    yield house.agent()
    house.stop()


def doors(house: House) -> list[tuple[str, str]]:
    """Method and path of every route, with something in the place of its parameters."""
    pages = house.office.pages
    assert isinstance(pages, Starlette)
    assert not any(isinstance(route, Mount) for route in pages.routes), (
        "what is mounted has to be looked at too"
    )
    routes = [route for route in pages.routes if isinstance(route, Route)]
    filled = [
        (route.methods or set(), route.path.replace("{", "").replace("}", "").replace(":path", ""))
        for route in routes
    ]
    return sorted((method, path) for methods, path in filled for method in methods)


def test_no_town_can_be_called_like_a_page_of_the_house(mayor: Guest) -> None:
    """`RESERVED` holds the first part of every address that a town's id could be taken for."""
    firsts = {path.split("/")[1] for _, path in doors(mayor.house)} - {"town"}
    firsts.add("webhooks")  # has a door of its own before the pages
    assert {first for first in firsts if re.fullmatch(SLUG, first)} == RESERVED


@pytest.mark.proves("C40")
def test_no_other_site_gets_through_a_door_that_changes_something(mayor: Guest) -> None:
    changing = [door for door in doors(mayor.house) if door[0] not in ("GET", "HEAD")]
    assert ("POST", "/api/commands") in changing
    assert len(changing) >= 5
    for method, path in changing:
        for headers in OTHERS:
            with mayor.house.client(headers={**mayor.headers, **headers}) as client:
                assert client.request(method, path, content=b"{}").status_code == 403, (method, path, headers)


@pytest.mark.proves("C40")
def test_looking_changes_nothing(mayor: Guest) -> None:
    house = mayor.house
    tables = [name for (name,) in house.rows("select name from sqlite_master where type = 'table'")]
    looked = {"login", "throttle"}

    def everything() -> dict[str, list[tuple[object, ...]]]:
        return {name: house.rows(f'select * from "{name}"') for name in tables if name not in looked}

    before = everything()
    with house.client(headers={**mayor.headers, "sec-fetch-site": "cross-site"}) as client:
        for method, path in doors(house):
            if method in ("GET", "HEAD"):
                assert client.request(method, path).status_code < 500, path
    assert everything() == before
