"""The console API over HTTP: shapes, pages, rights and refusals (surfaces §4, §5)."""

from __future__ import annotations

import inspect
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from sessionhours.core.roles import GRANTS, ROLES, SIGHT, may
from sessionhours.desk import commands
from tests.fakes import wait_until
from tests.makers import APP_SECRET, body, message
from tests.server.house import TOKEN, Guest, House

#: Every call under /api with a method that it takes.
CALLS = [
    ("GET", "/api/me"),
    ("GET", "/api/snapshot"),
    ("GET", "/api/conversations/ID/messages"),
    ("GET", "/api/conversations/ID/closing"),
    ("GET", "/api/sessions/ID/closing"),
    ("GET", "/api/media/ID"),
    ("POST", "/api/commands"),
]
CHANGING = [("POST", "/api/commands"), ("POST", "/api/login"), ("POST", "/api/logout")]
JSON = {"content-type": "application/json"}


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """One house with two conversations, of which the specialist is handed one."""
    house = House(tmp_path_factory.mktemp("house"), policy="approval = false").start()
    house.says(1, "Erste Frage")
    house.says(2, "Zweite Frage")
    yield house
    house.stop()


@pytest.fixture(scope="module")
def people(house: House) -> dict[str, Guest]:
    """Somebody for every role."""
    people: dict[str, Guest] = {role: house.agent(f"Person {role}", role) for role in ROLES}
    handed = people["mayor"].command("assign", conversation=first(house), agent=people["specialist"].id)
    assert handed.status_code == 200
    return people


def first(house: House) -> str:
    [(id,)] = house.rows("select conversation from message where text = 'Erste Frage'")
    return str(id)


def second(house: House) -> str:
    [(id,)] = house.rows("select conversation from message where text = 'Zweite Frage'")
    return str(id)


# -- errors ----------------------------------------------------------------------------------------------


def is_an_error(answer: httpx.Response, status: int, code: str) -> None:
    """The promised shape, and nothing of our inside."""
    assert (answer.status_code, answer.json()["error"]["code"]) == (status, code), answer.text
    assert answer.headers["content-type"] == "application/json"
    assert answer.json()["error"]["message"]
    for leaked in ("Traceback", "Exception", "sqlite", "sessionhours.", "line "):
        assert leaked not in answer.text


@pytest.mark.parametrize(("method", "path"), CALLS)
def test_who_is_not_logged_in_gets_401(house: House, method: str, path: str) -> None:
    with house.client() as client:
        is_an_error(client.request(method, path, headers=JSON, content="{}"), 401, "not_logged_in")


@pytest.mark.proves("C40")
@pytest.mark.parametrize(("method", "path"), CHANGING)
@pytest.mark.parametrize(
    "headers",
    [
        {"origin": "https://evil.example"},
        {"origin": "null"},
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
        {"origin": "{url}", "sec-fetch-site": "cross-site"},
        {"origin": "{url}.evil.example"},
    ],
)
def test_another_site_is_refused_before_its_body_is_read(
    house: House, people: dict[str, Guest], method: str, path: str, headers: dict[str, str]
) -> None:
    given = {name: value.format(url=house.url) for name, value in headers.items()}
    with house.client(headers={**people["mayor"].headers, **given}) as client:
        is_an_error(client.request(method, path, content=b"no json at all"), 403, "cross_site")


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("GET", "/api/nothing", 404, "not_found"),
        ("GET", "/api/commands", 405, "method_not_allowed"),
        ("DELETE", "/api/snapshot", 405, "method_not_allowed"),
        ("GET", "/api/conversations/nobody/messages", 404, "not_found"),
        ("GET", "/api/media/nothing", 404, "not_found"),
        ("GET", "/api/media/..%2f..%2fetc%2fpasswd", 404, "not_found"),
        ("GET", "/api/media/%00", 404, "not_found"),
        ("GET", "/api/conversations/%00/messages", 404, "not_found"),
        ("GET", "/api/conversations/%F0%9F%99%82/messages", 404, "not_found"),
        ("GET", "/api/conversations/" + "x" * 3000 + "/messages", 404, "not_found"),
    ],
)
def test_what_is_not_there_is_told_in_the_promised_shape(
    people: dict[str, Guest], method: str, path: str, status: int, code: str
) -> None:
    with people["mayor"].house.client(headers=people["mayor"].headers) as client:
        is_an_error(client.request(method, path), status, code)


@pytest.mark.proves("C11")
def test_a_nul_finds_nothing_on_postgresql_either(postgres_url: str, tmp_path: Path) -> None:
    house = House(tmp_path, postgres_url).start()
    house.says()
    mayor = house.agent()
    path = f"/api/conversations/{mayor.conversation()['id']}/messages"
    for answer in (
        mayor.get("/api/media/%00"),
        mayor.get("/api/conversations/%00/messages"),
        mayor.get(path, before="\0"),
    ):
        is_an_error(answer, 404, "not_found")
    assert mayor.command("claim", conversation="a\0b").status_code == 400
    house.stop()


@pytest.mark.parametrize(
    ("content", "kind", "status", "code"),
    [
        (b"", "application/json", 400, "bad_request"),
        (b"[]", "application/json", 400, "bad_request"),
        (b"{", "application/json", 400, "bad_request"),
        (b"\xff\xfe", "application/json", 400, "bad_request"),
        (b"[" * 5000, "application/json", 400, "bad_request"),
        (b"{}", "text/plain", 415, "not_json"),
        (b"a=b", "application/x-www-form-urlencoded", 415, "not_json"),
        (b"{}", "", 415, "not_json"),
        (b"{" + b" " * 65536 + b"}", "application/json", 413, "too_large"),
    ],
)
def test_a_body_that_is_no_command(
    people: dict[str, Guest], content: bytes, kind: str, status: int, code: str
) -> None:
    headers = {**people["mayor"].headers, "content-type": kind}
    with people["mayor"].house.client(headers=headers) as client:
        is_an_error(client.post("/api/commands", content=content), status, code)


# -- pages -------------------------------------------------------------------------------------------------


def test_a_conversation_comes_in_pages_oldest_first(tmp_path: Path) -> None:
    house = House(tmp_path).start()
    batch = [message(1, f"Frage {n:03}", wamid=f"wamid.page.{n}") for n in range(230)]
    assert house.post(body(batch)) == 200
    house.settle()
    mayor = house.agent()
    path = f"/api/conversations/{mayor.conversation()['id']}/messages"
    pages, before = list[list[str]](), None
    while True:
        page = mayor.get(path, **({"before": before} if before else {})).json()
        pages.insert(0, [one["text"] for one in page["messages"]])
        before = page["messages"][0]["id"]
        if not page["more"]:
            break
    assert [len(page) for page in pages] == [30, 50, 50, 50, 50]
    assert [text for page in pages for text in page] == [f"Frage {n:03}" for n in range(230)]
    for limit, count in (("200", 200), ("201", 200), ("999999", 200), ("12345678901", 200), ("1", 1)):
        assert len(mayor.get(path, limit=limit).json()["messages"]) == count
    house.stop()


@pytest.mark.parametrize("limit", ["-1", "x", "", "1.5", "²", "٣", "1e3", "9" * 5000, "0x10", "1;drop"])
def test_a_bad_limit_is_400(house: House, people: dict[str, Guest], limit: str) -> None:
    answer = people["mayor"].get(f"/api/conversations/{first(house)}/messages", limit=limit)
    is_an_error(answer, 400, "bad_request")


def test_a_page_before_anothers_message_is_nothing(house: House, people: dict[str, Guest]) -> None:
    [(foreign,)] = house.rows("select id from message where text = 'Zweite Frage'")
    for before in (foreign, "nobody", "'"):
        answer = people["mayor"].get(f"/api/conversations/{first(house)}/messages", before=before)
        is_an_error(answer, 404, "not_found")


# -- rights ------------------------------------------------------------------------------------------------


@pytest.mark.proves("C44", "C45")
@pytest.mark.parametrize("name", sorted(commands.HANDLERS))
def test_every_role_may_what_the_table_grants_and_nothing_else(
    house: House, people: dict[str, Guest], name: str
) -> None:
    for role, guest in people.items():
        granted = name in GRANTS and may([role], name, approval=False)
        answer = guest.command(name, conversation="nobody")
        assert (answer.status_code == 403) is (not granted), (role, answer.text)
        if not granted:
            is_an_error(answer, 403, "forbidden")


@pytest.mark.proves("AC-42", "P11")
def test_no_command_sends_a_note_to_the_citizen(tmp_path: Path) -> None:
    """The note's id in every field of every command, one after the other, by somebody who may do everything."""
    house = House(tmp_path, policy="approval = false").start()
    house.says(1, "Frage")
    anybody = house.agent("Alle Rechte", *ROLES)
    talk = anybody.conversation()["id"]
    note = anybody.command("note", conversation=talk, text="nur für uns").json()["data"]["note"]["id"]
    good = {"conversation": talk, "text": "Antwort", "seen": 10**6, "minutes": 5}
    good |= {"line": "buergermeister", "emoji": "👍", "outcome": "answered"}
    for name, handler in commands.HANDLERS.items():
        fields = [field for field in inspect.signature(handler).parameters if field != "call"]
        for field in set(fields) - {"text", "seen", "minutes", "take_over"}:
            data = {key: value for key, value in good.items() if key in fields} | {field: note}
            assert anybody.command(name, **data).status_code < 500, (name, field)
    last = anybody.command("reply", conversation=talk, text="Das Letzte", seen=10**6, take_over=True)
    assert last.status_code == 200
    wait_until(lambda: house.graph.texts()[-1:] == ["Das Letzte"])
    assert "nur für uns" not in json.dumps(house.graph.sent)
    house.stop()


@pytest.mark.proves("C44")
@pytest.mark.parametrize("name", ["reply", "react", "retry", "session.open_now", "session.extend"])
def test_where_the_mayor_approves_the_assistant_may_not_speak(tmp_path: Path, name: str) -> None:
    house = House(tmp_path, policy="approval = true").start()
    house.says()
    brandt = house.agent("Maria Brandt", "assistant")
    shot = brandt.snapshot()
    conversation, session = shot["conversations"][0], shot["session"]["id"]
    said = conversation["last_message"]["id"]
    data: dict[str, dict[str, Any]] = {
        "reply": {"conversation": conversation["id"], "text": "Ja", "seen": 99},
        "react": {"message": said, "emoji": "👍"},
        "retry": {"message": said},
        "session.open_now": {"line": "buergermeister", "minutes": 5},
        "session.extend": {"session": session, "minutes": 5},
    }
    is_an_error(brandt.command(name, **data[name]), 403, "forbidden")
    assert brandt.command("claim", conversation=conversation["id"]).status_code == 200
    house.stop()
    assert house.graph.sent == []


@pytest.mark.proves("C44", "KA-9")
@pytest.mark.parametrize("role", ROLES)
def test_every_role_sees_what_the_table_grants_and_nothing_else(
    house: House, people: dict[str, Guest], role: str
) -> None:
    guest, sight = people[role], SIGHT[role]  # type: ignore[index]
    seen = {"all": {first(house), second(house)}, "handed": {first(house)}, "sessions": set()}[sight]
    shot = guest.snapshot()
    assert {one["id"] for one in shot["conversations"]} == seen
    for one in shot["conversations"]:
        assert (one["contact"]["phone"] is None) is (role == "specialist")
    for id in (first(house), second(house)):
        answer = guest.get(f"/api/conversations/{id}/messages")
        assert answer.status_code == (200 if id in seen else 404)
    hidden = guest.command("note", conversation=second(house), text="Notiz")
    assert hidden.status_code == {"all": 200, "handed": 404, "sessions": 403}[sight]


@pytest.mark.proves("C45")
def test_another_towns_agent_finds_nothing_here(house: House) -> None:
    stranger = house.agent("Fremde", "mayor", "admin", "privacy", town="anderswo")
    assert stranger.snapshot()["conversations"] == stranger.snapshot()["agents"][1:] == []
    is_an_error(stranger.get(f"/api/conversations/{first(house)}/messages"), 404, "not_found")
    assert stranger.command("claim", conversation=first(house)).status_code in (404, 409)


# -- the description -----------------------------------------------------------------------------------------


def test_the_description_names_every_call(house: House) -> None:
    with house.client() as client:
        described = client.get("/openapi.json").json()["paths"]
    calls = {
        (method, path.replace("{id}", "ID")) for path, methods in described.items() for method in methods
    }
    wanted = {(method.lower(), path) for method, path in [*CALLS, *CHANGING]}
    assert wanted <= calls


def test_what_is_answered_has_the_shape_that_is_described(house: House, people: dict[str, Guest]) -> None:
    with house.client() as client:
        shapes = client.get("/openapi.json").json()["components"]["schemas"]
    shot = people["mayor"].snapshot()
    page = people["mayor"].get(f"/api/conversations/{first(house)}/messages").json()
    for name, found in (
        ("snapshot", shot),
        ("conversation", shot["conversations"][0]),
        ("session", shot["session"]),
        ("message", page["messages"][0]),
        ("messages", page),
        ("me", people["mayor"].get("/api/me").json()),
    ):
        assert set(shapes[name]["required"]) <= set(found), name
        promised = set(shapes[name]["properties"])
        assert promised <= set(found), (name, promised - set(found))


# -- secrets ----------------------------------------------------------------------------------------


def test_secrets_of_the_house_stand_in_no_answer(house: House, people: dict[str, Guest]) -> None:
    for path in ("/api/me", "/api/snapshot", "/openapi.json", "/readyz", "/", "/login"):
        text = people["mayor"].get(path).text
        assert APP_SECRET not in text
        assert TOKEN not in text
