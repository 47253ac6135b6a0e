"""Several towns in one process: no id of one is visible in another, on any route, command or frame (C45)."""

from __future__ import annotations

import asyncio
import inspect
import json
import uuid
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest
from starlette.applications import Starlette
from starlette.routing import Route

from sessionhours.core.roles import ROLES
from sessionhours.desk import commands
from sessionhours.desk.call import Call
from sessionhours.server import live
from sessionhours.store.tables import new_id
from tests.makers import Clock, body, citizen, message
from tests.server.house import Console, House
from tests.server.twins import (
    NUMBERS,
    SECRET,
    THINGS,
    WORDS,
    A,
    B,
    Twin,
    furnish,
    same,
    tables,
    towns,
)

#: Nobody is asked who they are there: what stands on them anybody may know. So are those below a town's own address.
PUBLIC = frozenset(
    {
        *("/", "/en", "/en/", "/qr.svg", "/healthz", "/readyz", "/metrics", "/openapi.json"),
        *("/login", "/logout", "/api/login", "/api/logout"),
        *(f"{where}{leaf}" for where in ("/", "/en/") for leaf in ("calendar.ics", "feed.atom")),
    }
)

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
    "/console/termine": {"session": "", "key": "", "line": "buergermeister"},
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


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    folder = tmp_path_factory.mktemp("towns")
    house = House(folder, schedule=towns(folder), clock=Clock()).start()
    yield house
    house.stop()


@pytest.fixture(scope="module")
def twins(house: House) -> tuple[Twin, Twin]:
    return furnish(house, A), furnish(house, B)


@pytest.fixture(scope="module")
def foreign(twins: tuple[Twin, Twin]) -> list[str]:
    """An id of each kind of thing that B has, and its own name."""
    _, b = twins
    found = {name: sorted(ids) for name, ids in b.ids().items() if ids}
    assert {table.name for table in tables()} - found.keys() <= {
        "arrival",
        "seen",
        "event",
        "usage",
        "line_state",
    }
    return list(dict.fromkeys([*(ids[-1] for ids in found.values()), b.talks["1"], B]))


def routes(house: House) -> list[Route]:
    pages = house.office.pages
    assert isinstance(pages, Starlette)
    assert all(isinstance(route, Route) for route in pages.routes), "what is mounted has to be looked at too"
    return [route for route in pages.routes if isinstance(route, Route)]


def is_public(path: str) -> bool:
    return path in PUBLIC or path.startswith(("/{town}", "/assets/"))


def places(route: Route) -> list[str]:
    return list(route.param_convertors)


def filled(route: Route, **values: str) -> str:
    return str(route.url_path_for(route.name, **values)) if values else route.path


# -- every route ---------------------------------------------------------------------------------------


def test_every_route_is_looked_at(house: House) -> None:
    """A new one is public, or has in its path only what PLACES names, and stands in POSTS where it changes something."""
    for route in routes(house):
        if not is_public(route.path):
            assert route.path.startswith(("/api/", "/console")), f"{route.path}: is it PUBLIC, or staff's?"
            assert set(places(route)) <= PLACES, f"{route.path}: say in PLACES what stands in its path"
        elif "{" in route.path:
            assert set(places(route)) <= {"town", "release", "path", "line", "key"}, route.path
        if "POST" in (route.methods or ()):
            assert route.path in POSTS, f"{route.path}: say in POSTS what it takes"


@pytest.mark.proves("C45")
def test_no_route_knows_another_towns_id(
    house: House, twins: tuple[Twin, Twin], foreign: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    a, b = twins
    before, tried, nobody = b.rows(), 0, new_id()
    for role in ROLES:
        with house.client(headers=a.agents[role].headers) as client:
            for route in routes(house):
                for ask in () if is_public(route.path) else asked(route, a):
                    unknown = same(ask(client, nobody), nobody)
                    for id in foreign:
                        theirs = ask(client, id)
                        assert same(theirs, id) == unknown, (role, route.path, id)
                        told_nothing(theirs.text.replace(id, ""), b)
                        tried += 1
    with capsys.disabled():
        print(f"\n{tried} ways to ask for another town's things by {len(routes(house))} routes")
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


def told_nothing(text: str, b: Twin) -> None:
    """None of B's ids, and nothing that was said there, stands in this."""
    assert SECRET + B not in text
    found = {id for ids in known(b).values() for id in ids if id in text}
    assert found == set()


_KNOWN: dict[int, dict[str, set[str]]] = {}


def known(b: Twin) -> dict[str, set[str]]:
    """B's ids as they were when it was furnished; agents' addresses with them."""
    if id(b) not in _KNOWN:
        addresses = {agent.email for agent in b.agents.values()}
        _KNOWN[id(b)] = {**b.ids(), "address": addresses, "number": {NUMBERS[B]}}
    return _KNOWN[id(b)]


def unlogged(rows: dict[str, list[dict[str, Any]]]) -> dict[str, list[dict[str, Any]]]:
    """What nobody changed by looking."""
    return {name: sorted(found, key=str) for name, found in rows.items()}


# -- every command, over both ways ---------------------------------------------------------------------


def fields_of(name: str) -> dict[str, inspect.Parameter]:
    parameters = inspect.signature(commands.HANDLERS[name], eval_str=True).parameters
    return {one: parameter for one, parameter in parameters.items() if parameter.annotation is not Call}


def test_of_every_field_of_every_command_it_is_known_whether_it_names_a_thing() -> None:
    for name in commands.HANDLERS:
        strange = fields_of(name).keys() - THINGS - WORDS
        assert strange == set(), f"{name}: put {strange} into THINGS or WORDS of tests/server/twins.py"


def ours(a: Twin) -> dict[str, Any]:
    """A value of A's own for every field."""
    snapshot = a.mayor.snapshot()
    talk = a.talks["3"]
    said = a.mayor.get(f"/api/conversations/{talk}/messages").json()["messages"][0]
    return {
        "conversation": talk,
        "message": said["id"],
        "reply_to": said["id"],
        "session": snapshot["session"]["id"],
        "agent": a.agents["assistant"].id,
        "line": "buergermeister",
        "text": "",
        "seen": 10**6,
        "outcome": "answered",
        "emoji": "👍",
        "minutes": 5,
        "name": "Vertretung",
        "date": "2027-02-01",
        "to": "12:00",
        "from": "11:00",
        "reason": "Grund",
        "every": "first monday",
        "version": 1,
        "key": "greeting",
        "channel": "website",
        "template": "answer_ready",
        "language": "de",
        "parameters": [],
        "items": [],
    }


def attempts(a: Twin, ids: list[str]) -> Iterator[tuple[str, str, Callable[[str], dict[str, Any]]]]:
    """Each command with each id in each field that names a thing."""
    mine = ours(a)
    for name in commands.HANDLERS:
        fields = fields_of(name)
        base = {one: mine[one] for one, p in fields.items() if p.default is p.empty and one in mine}
        for place in THINGS & fields.keys():
            if place == "outcome":
                continue
            for id in ids:
                yield name, id, _with(base, place)


def _with(base: dict[str, Any], place: str) -> Callable[[str], dict[str, Any]]:
    if place == "items":
        return lambda id: {**base, "items": [{"conversation": id, "outcome": "answered"}]}
    return lambda id: {**base, place: id}


@pytest.mark.proves("C45")
def test_no_command_knows_another_towns_id(
    house: House, twins: tuple[Twin, Twin], foreign: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    a, b = twins
    before, tried, nobody = b.rows(), 0, new_id()
    missing: dict[tuple[str, str, str], tuple[int, str]] = {}
    for role in ROLES:
        with house.client(headers=a.agents[role].headers) as client:

            def ask(name: str, data: dict[str, Any], tried: str, client: httpx.Client = client) -> Any:
                command = str(uuid.uuid4())
                answer = client.post("/api/commands", json={"id": command, "name": name, "data": data})
                told_nothing(answer.text.replace(tried, ""), b)
                return answer.status_code, answer.text.replace(tried, "ID").replace(command, "COMMAND")

            some = foreign if role in ("mayor", "assistant") else foreign[::4]
            for name, id, data in attempts(a, some):
                where = (role, name, json.dumps(data("ID"), sort_keys=True))
                if where not in missing:
                    missing[where] = ask(name, data(nobody), nobody)
                theirs = ask(name, data(id), id)
                assert theirs == missing[where], (role, name, data(id))
                assert theirs[0] in (400, 403, 404, 409), (role, name, data(id))
                tried += 1
    with capsys.disabled():
        print(f"\n{tried} ways to ask for another town's things by {len(commands.HANDLERS)} commands")
    assert tried > 1000
    assert unlogged(b.rows()) == unlogged(before)


@pytest.mark.proves("C45", "C47")
@pytest.mark.parametrize("role", ROLES)
async def test_no_frame_knows_another_towns_id(
    house: House,
    twins: tuple[Twin, Twin],
    foreign: list[str],
    role: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    a, b = twins
    monkeypatch.setattr(live, "BURST", 10**6)
    monkeypatch.setattr(live, "PER_SECOND", 10**6)
    async with a.agents[role].console() as mine, b.mayor.console() as theirs:
        heard = len(theirs.frames)
        nobody = new_id()
        for name, id, data in attempts(a, foreign[::7]):
            unknown, known_ = await _asked(mine, name, data(nobody)), await _asked(mine, name, data(id))
            assert unknown.replace(nobody, "ID") == known_.replace(id, "ID"), (name, id)
            assert "too_many" not in unknown
        for name in ("agent.viewing", "agent.composing"):
            for id in foreign:
                await mine.send({"type": "signal", "name": name, "data": {"conversation": id}})
        await mine.send({"type": "hello", "since": 1, "town": B})
        await mine.send({"type": "subscribe", "town": B, "line": "buergermeister"})
        await mine.until(lambda frame: frame.get("error", {}).get("code") == "unknown_type")
        text = json.dumps(mine.frames)
        for id in foreign:
            text = text.replace(id, "")
        told_nothing(text, b)
        assert [one for one in theirs.frames[heard:] if one["type"] not in ("beat", "signal")] == []
        signals = json.dumps([one for one in theirs.frames if one["type"] == "signal"])
        assert a.agents[role].id not in signals


async def _asked(console: Console, name: str, data: dict[str, Any]) -> str:
    id = str(uuid.uuid4())
    await console.send({"type": "command", "id": id, "name": name, "data": data})
    result = await console.until(lambda frame: frame["type"] == "result" and frame["id"] == id)
    return json.dumps(result["error"])


# -- what happens in one town is told in no other ------------------------------------------------------


@pytest.mark.proves("C45")
@pytest.mark.parametrize("role", ROLES)
async def test_what_happens_in_one_town_is_told_in_no_other(
    house: House, twins: tuple[Twin, Twin], role: str
) -> None:
    a, b = twins
    async with a.agents[role].console() as mine, b.agents[role].console() as theirs:
        before = mine.seq
        talk = b.talks["1"]
        for number in (1, 77):
            await _in_thread(b.says, number, f"{SECRET}{B} live")
        await _in_thread(lambda: b.mayor.command("note", conversation=talk, text=SECRET + B))
        await _in_thread(lambda: b.mayor.command("claim", conversation=talk))
        await theirs.told((await _in_thread(b.mayor.snapshot))["seq"]) if role == "mayor" else None
        await _in_thread(a.says, 1, "eine eigene")
        await mine.told((await _in_thread(a.mayor.snapshot))["seq"]) if role == "mayor" else None
        events = [one for one in mine.events if one["seq"] > before]
        text = json.dumps(mine.frames)
        assert SECRET + B not in text
        assert [id for ids in b.ids().values() for id in ids if id in text] == []
        if role == "mayor":
            assert [one["seq"] for one in events] == list(range(before + 1, before + 1 + len(events)))


async def _in_thread(action: Any, *args: Any) -> Any:
    return await asyncio.to_thread(action, *args)


@pytest.mark.proves("C45")
def test_each_town_has_its_own_seq_agents_and_page(house: House, twins: tuple[Twin, Twin]) -> None:
    _, b = twins
    snapshots = {twin.id: twin.mayor.snapshot() for twin in twins}
    assert {one["name"] for one in snapshots[A]["agents"]} == {f"{role} {A}" for role in ROLES}
    assert {one["name"] for one in snapshots[B]["agents"]} == {f"{role} {B}" for role in ROLES}
    numbers = dict(house.rows("select id, seq from town"))
    assert {town: shot["seq"] for town, shot in snapshots.items()} == numbers
    with house.client() as client:
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
def test_an_agent_of_one_town_cannot_be_made_one_of_another(house: House, twins: tuple[Twin, Twin]) -> None:
    a, _ = twins
    for extra in ({"town": B}, {"town_id": B}, {"roles": ["admin"]}, {"author": "x"}):
        answer = a.mayor.command("note", conversation=a.talks["1"], text="x", **extra)
        assert (answer.status_code, answer.json()["error"]["code"]) == (400, "bad_data")
        with house.client(headers={**a.mayor.headers, "x-town": B, "x-tenant": B}) as client:
            snapshot = client.get("/api/snapshot", params=extra).json()
        assert {one["name"] for one in snapshot["agents"]} == {f"{role} {A}" for role in ROLES}


# -- one citizen, two lines of a town ------------------------------------------------------------------


def test_one_citizen_on_two_lines_is_one_contact_with_two_conversations(
    house: House, twins: tuple[Twin, Twin]
) -> None:
    _, b = twins
    number = NUMBERS[A][:-2] + "1" + NUMBERS[A][-1]
    item = message(60, "an den Bauhof", at=house.clock(), wamid="wamid.bauhof")
    for phone_number_id, one in ((number, item), (NUMBERS[A], {**item, "id": "wamid.rathaus"})):
        assert house.post(body([one], phone_number_id=phone_number_id)) == 200
    house.settle()
    b.says(60, "in der anderen Stadt")
    phone = citizen(60)["phone"]
    contacts = house.rows(f"select town, id from contact where phone = '{phone}' order by town")
    assert [town for town, _ in contacts] == [A, B]
    lines = house.rows(f"select line from conversation where contact = '{contacts[0][1]}' order by line")
    assert lines == [("bauhof",), ("buergermeister",)]
