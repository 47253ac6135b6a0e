"""Several towns in one process: no id of one is visible in another, on any route, command or frame (C45)."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import httpx
import pytest
from starlette.routing import Route

from sessionhours.core.roles import ROLES
from sessionhours.store.tables import new_id
from tests.makers import body, citizen, message
from tests.server.house import House
from tests.server.twins import (
    NUMBERS,
    THINGS,
    A,
    B,
    Twin,
    same,
)
from tests.server.walk import is_public, known, places, routes, told_nothing, unlogged

#: What may stand in a path of staff's, each tried with every id of the other town.
PLACES = frozenset({"id", "key", "conversation", "session", "message", "rest", "channel", "path", "item"})

#: Calls that change something, and with which fields: in each that names a thing every id is tried.
#: A new one belongs here; `None` has its own walk or asks for nobody's things.
POSTS: dict[str, dict[str, str] | None] = {
    "/login": None,
    "/logout": None,
    "/api/login": None,
    "/api/logout": None,
    "/api/commands": None,
    "/console/termine/neu": {"line": "buergermeister"},
    "/console/termine/serie": {"line": "buergermeister"},
    "/console/termine/ausnahme": {"line": "buergermeister"},
    "/console/termine": {"session": "", "key": "", "line": "buergermeister"},
    "/console/termine/{key:path}/kit": {"channel": "presse", "do": "tick", "date": "2026-12-01"},
    "/console/termine/{key:path}": {"session": "", "line": "buergermeister"},
    "/console/termine/texte": {"session": "", "line": "buergermeister"},
}

#: In a query these might be looked at on any page.
QUERY = (
    "id",
    "town",
    "conversation",
    "session",
    "before",
    "message",
    "agent",
    "line",
    "key",
    "after",
    "since",
)


# -- every route ---------------------------------------------------------------------------------------


def test_every_route_is_looked_at(two_towns: House) -> None:
    """A new one is public, or has in its path only what PLACES names, and stands in POSTS where it changes something."""
    for route in routes(two_towns):
        if not is_public(route.path):
            assert route.path.startswith(("/api/", "/console")), f"{route.path}: is it PUBLIC, or staff's?"
            assert set(places(route)) <= PLACES, f"{route.path}: say in PLACES what stands in its path"
        elif "{" in route.path:
            assert set(places(route)) <= {"town", "release", "path", "line", "key"}, route.path
        if "POST" in (route.methods or ()):
            assert route.path in POSTS, f"{route.path}: say in POSTS what it takes"


@pytest.mark.proves("C45")
def test_no_route_knows_another_towns_id(
    two_towns: House, twins: tuple[Twin, Twin], foreign: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    a, b = twins
    before, tried, nobody = b.rows(), 0, new_id()
    for role in ROLES:
        with two_towns.client(headers=a.agents[role].headers) as client:
            for route in routes(two_towns):
                for ask in () if is_public(route.path) else asked(route, a):
                    unknown = same(ask(client, nobody), nobody)
                    for id in foreign:
                        theirs = ask(client, id)
                        assert same(theirs, id) == unknown, (role, route.path, id)
                        told_nothing(theirs.text.replace(id, ""), b)
                        tried += 1
    with capsys.disabled():
        print(f"\n{tried} ways to ask for another town's things by {len(routes(two_towns))} routes")
    assert tried > 500
    assert unlogged(b.rows()) == unlogged(before)


Ask = Callable[[httpx.Client, str], httpx.Response]


def asked(route: Route, a: Twin) -> Iterator[Ask]:
    """Every way to put an id into a request of this route: in its path, its query, its form."""
    methods = (route.methods or set()) - {"HEAD"}
    if "GET" in methods:
        yield from (_in_path(route, place, a) for place in places(route))
        yield _in_query(route, a)
    fields = POSTS.get(route.path) if "POST" in methods else None
    for name in sorted(THINGS & (fields or {}).keys()):
        yield _in_form(route, name, fields or {}, a)


def _path(route: Route, a: Twin, **values: str) -> str:
    """The path with what A has in the other places."""
    ours = {"id": a.talks["1"], "conversation": a.talks["1"]}
    text = route.path
    for place in places(route):
        value = values.get(place, ours.get(place, a.talks["1"]))
        for form in (f"{{{place}}}", f"{{{place}:path}}"):
            text = text.replace(form, value)
    return text


def _in_path(route: Route, place: str, a: Twin) -> Ask:
    return lambda client, id: client.get(_path(route, a, **{place: id}))


def _in_query(route: Route, a: Twin) -> Ask:
    """In all names at once: where one of them were looked at without asking whose it is, the answer would differ."""
    return lambda client, id: client.get(_path(route, a), params=dict.fromkeys(QUERY, id))


def _in_form(route: Route, name: str, fields: dict[str, str], a: Twin) -> Ask:
    return lambda client, id: client.post(_path(route, a), data={**fields, name: id})


@pytest.mark.proves("C45")
def test_each_town_has_its_own_seq_agents_and_page(two_towns: House, twins: tuple[Twin, Twin]) -> None:
    _, b = twins
    snapshots = {twin.id: twin.mayor.snapshot() for twin in twins}
    assert {one["name"] for one in snapshots[A]["agents"]} == {f"{role} {A}" for role in ROLES}
    assert {one["name"] for one in snapshots[B]["agents"]} == {f"{role} {B}" for role in ROLES}
    numbers = dict(two_towns.rows("select id, seq from town"))
    assert {town: shot["seq"] for town, shot in snapshots.items()} == numbers
    with two_towns.client() as client:
        pages = {town: client.get(f"/{town}/").text for town in (A, B)}
        listed = client.get("/").text
    assert all(f'href="/{town}/"' in listed for town in (A, B))
    assert "80221" in pages[A]
    assert "wa.me/49784280222" in pages[B]
    assert "49784280222" not in pages[A]
    for text in (*pages.values(), listed):
        private = {
            name: ids for name, ids in known(b).items() if name not in ("session", "plan_entry", "number")
        }
        assert [id for ids in private.values() for id in ids if id in text] == []


@pytest.mark.proves("C45")
def test_an_agent_of_one_town_cannot_be_made_one_of_another(
    two_towns: House, twins: tuple[Twin, Twin]
) -> None:
    a, _ = twins
    for extra in ({"town": B}, {"town_id": B}, {"roles": ["admin"]}, {"author": "x"}):
        answer = a.mayor.command("note", conversation=a.talks["1"], text="x", **extra)
        assert (answer.status_code, answer.json()["error"]["code"]) == (400, "bad_data")
        with two_towns.client(headers={**a.mayor.headers, "x-town": B, "x-tenant": B}) as client:
            snapshot = client.get("/api/snapshot", params=extra).json()
        assert {one["name"] for one in snapshot["agents"]} == {f"{role} {A}" for role in ROLES}


# -- one citizen, two lines of a town ------------------------------------------------------------------


def test_one_citizen_on_two_lines_is_one_contact_with_two_conversations(
    two_towns: House, twins: tuple[Twin, Twin]
) -> None:
    _, b = twins
    number = NUMBERS[A][:-2] + "1" + NUMBERS[A][-1]
    item = message(60, "an den Bauhof", at=two_towns.clock(), wamid="wamid.bauhof")
    for phone_number_id, one in ((number, item), (NUMBERS[A], {**item, "id": "wamid.rathaus"})):
        assert two_towns.post(body([one], phone_number_id=phone_number_id)) == 200
    two_towns.settle()
    b.says(60, "in der anderen Stadt")
    phone = citizen(60)["phone"]
    contacts = two_towns.rows(f"select town, id from contact where phone = '{phone}' order by town")
    assert [town for town, _ in contacts] == [A, B]
    lines = two_towns.rows(f"select line from conversation where contact = '{contacts[0][1]}' order by line")
    assert lines == [("bauhof",), ("buergermeister",)]
