"""Login, logout, and who is behind a request."""

from __future__ import annotations

import asyncio
from pathlib import Path

import httpx
import pytest

from sessionhours.config import load_schedule
from sessionhours.desk import agents
from sessionhours.desk.passwords import hash_password
from sessionhours.server.auth import local_path
from tests.server.lobby import MAYOR, PASSWORD, lobby, log_in

ROOT = Path(__file__).parent.parent.parent


async def test_the_right_password_lets_in(sqlite_url: str) -> None:
    async with lobby(sqlite_url) as house, house.client() as client:
        agent = await house.add_agent(roles=("mayor", "admin"))
        response = await log_in(client)
        assert response.status_code == 200
        who = {"id": agent, "name": "Stefan Hattenbach", "email": MAYOR, "roles": ["mayor", "admin"]}
        assert response.json() == {**who, "agent": who}
        me = (await client.get("/api/me")).json()
        assert (me["agent"], {name: me[name] for name in who}) == (who, who)


async def test_the_address_is_one_however_it_is_typed(sqlite_url: str) -> None:
    async with lobby(sqlite_url) as house, house.client() as client:
        await house.add_agent("Hattenbach@Example.org")
        assert (await log_in(client, "  HATTENBACH@example.ORG ")).status_code == 200


@pytest.mark.proves("C34")
async def test_whoever_is_wrong_gets_the_same_answer(sqlite_url: str) -> None:
    async with lobby(sqlite_url) as house, house.client() as client:
        await house.add_agent()
        await house.add_agent("gone@example.org")
        await house.database.write(agents.disable_agent, "gone@example.org", now=house.clock())
        tries = [
            await log_in(client, MAYOR, "Falsches-Passwort"),
            await log_in(client, "nobody@example.org"),
            await log_in(client, "gone@example.org"),
            await log_in(client, "\u0000\u202e", "x"),
        ]
        answers = [(response.status_code, response.content, sorted(response.headers)) for response in tries]
        assert answers == [answers[0]] * len(tries)
        assert tries[0].status_code == 401
        assert tries[0].json()["error"]["code"] == "wrong_login"


@pytest.mark.proves("C38")
async def test_each_login_has_a_new_secret_and_ends_the_one_it_replaces(sqlite_url: str) -> None:
    async with lobby(sqlite_url) as house, house.client() as client, house.client() as thief:
        await house.add_agent()
        planted = "A" * 43
        client.cookies.set("__Host-sessionhours", planted, domain="sprechstunde.example")
        await log_in(client)
        first = client.cookies["__Host-sessionhours"]
        assert first != planted
        await log_in(client)
        assert client.cookies["__Host-sessionhours"] != first
        for value in (planted, first):
            thief.cookies.set("__Host-sessionhours", value, domain="sprechstunde.example")
            assert (await thief.get("/api/me")).status_code == 401
            thief.cookies.clear()
        assert len(set(client.cookies["__Host-sessionhours"])) > 15


@pytest.mark.proves("C38")
@pytest.mark.parametrize(
    ("public_url", "name", "secure"),
    [
        ("https://sprechstunde.example", "__Host-sessionhours", True),
        ("http://localhost:8000", "sessionhours", False),
        (None, "sessionhours", False),
    ],
)
async def test_the_cookie_is_marked_as_promised(
    sqlite_url: str, public_url: str | None, name: str, secure: bool
) -> None:
    async with lobby(sqlite_url, public_url=public_url) as house, house.client() as client:
        await house.add_agent()
        value, *flags = (await log_in(client)).headers["set-cookie"].split("; ")
        assert value.startswith(f"{name}=")
        assert {"HttpOnly", "SameSite=lax", "Path=/"} <= set(flags)
        assert ("Secure" in flags) == secure
        assert not [flag for flag in flags if flag.lower().startswith("domain")]


@pytest.mark.proves("C38")
async def test_the_database_holds_no_cookie_and_no_password(sqlite_url: str, tmp_path: Path) -> None:
    async with lobby(sqlite_url) as house, house.client() as client:
        await house.add_agent()
        await log_in(client)
        cookie = client.cookies["__Host-sessionhours"]
    bytes_on_disk = on_disk(tmp_path)
    assert b"$argon2id$" in bytes_on_disk
    assert cookie.encode() not in bytes_on_disk
    assert PASSWORD.encode() not in bytes_on_disk


def on_disk(folder: Path) -> bytes:
    return b"".join(path.read_bytes() for path in folder.glob("sessionhours.db*"))


@pytest.mark.proves("C39")
@pytest.mark.parametrize("end", ["logout", "password", "disable"])
async def test_a_stolen_cookie_is_worth_nothing_once_the_login_has_ended(sqlite_url: str, end: str) -> None:
    async with lobby(sqlite_url) as house, house.client() as client, house.client() as thief:
        await house.add_agent()
        await log_in(client)
        thief.cookies.update(client.cookies)
        assert (await thief.get("/api/me")).status_code == 200
        if end == "logout":
            assert (await client.post("/api/logout")).status_code == 200
        elif end == "password":
            hashed = hash_password("Neues-Passwort")
            await house.database.write(agents.set_password, MAYOR, password=hashed)
        else:
            await house.database.write(agents.disable_agent, MAYOR, now=house.clock())
        assert (await thief.get("/api/me")).status_code == 401


@pytest.mark.proves("C39")
async def test_whoever_logs_out_is_told_of_to_those_who_hold_sockets(sqlite_url: str) -> None:
    async with lobby(sqlite_url) as house, house.client() as client:
        await house.add_agent()
        await log_in(client)
        key = agents.login_key(client.cookies["__Host-sessionhours"])
        assert (await house.auth.agent_of(key)) is not None
        response = await client.post("/api/logout")
        assert house.ended == [key]
        assert 'sessionhours=""' in response.headers["set-cookie"]
        assert await house.auth.agent_of(key) is None


async def test_a_login_ends_when_nobody_uses_it(sqlite_url: str) -> None:
    async with lobby(sqlite_url) as house, house.client() as client:
        await house.add_agent()
        await log_in(client)
        house.clock.forward(hours=11, minutes=59)
        assert (await client.get("/api/me")).status_code == 200
        house.clock.forward(hours=11, minutes=59)
        assert (await client.get("/api/me")).status_code == 200
        house.clock.forward(minutes=2)
        assert (await client.get("/api/me")).status_code == 401


async def test_an_idle_login_ends_after_twelve_hours(sqlite_url: str) -> None:
    async with lobby(sqlite_url) as house, house.client() as client:
        await house.add_agent()
        await log_in(client)
        house.clock.forward(hours=12)
        assert (await client.get("/api/me")).status_code == 401


async def test_an_old_hash_is_made_anew_at_the_next_login(sqlite_url: str) -> None:
    from argon2 import PasswordHasher

    async with lobby(sqlite_url) as house, house.client() as client:
        weak = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash(PASSWORD)
        await house.add_agent(password=weak)
        assert (await log_in(client)).status_code == 200
        known = await house.database.read(agents.credentials, MAYOR)
        assert known is not None
        assert "m=32768,t=2,p=1" in known.password
        assert (await log_in(client)).status_code == 200


@pytest.mark.proves("C40")
@pytest.mark.parametrize(
    ("content", "kind", "status"),
    [
        (b'{"email":"a@example.org","password":"x"}', "text/plain", 415),
        (b'{"email":"a@example.org","password":"x"}', "application/x-www-form-urlencoded", 415),
        (b'{"email":', "application/json", 400),
        (b"[]", "application/json", 400),
        (b"", "application/json", 400),
        (b"[" * 60_000, "application/json", 400),
        (b'{"email":NaN}', "application/json", 400),
        (b'{"email":"\xff"}', "application/json", 400),
        (b'{"email":"\\ud800","password":"x"}', "application/json", 400),
        (b'{"email":["a"],"password":"x"}', "application/json", 400),
        (b'{"email":"a@example.org"}', "application/json", 400),
        (b'{"email":"a@example.org","password":""}', "application/json", 400),
        (b'{"email":"' + b"a" * 300 + b'","password":"x"}', "application/json", 400),
        (b'{"email":"a","password":"' + b"p" * 300 + b'"}', "application/json", 400),
    ],
)
async def test_what_is_no_login_is_refused(sqlite_url: str, content: bytes, kind: str, status: int) -> None:
    async with lobby(sqlite_url) as house, house.client() as client:
        response = await client.post("/api/login", content=content, headers={"content-type": kind})
        assert response.status_code == status
        assert set(response.json()) == {"error"}
        assert {"code", "message"} <= set(response.json()["error"])


async def test_without_a_login_there_is_no_me(sqlite_url: str) -> None:
    async with lobby(sqlite_url) as house, house.client() as client:
        for cookie in ("", "x", "A" * 43, "A" * 5000, '"; DROP TABLE login; --'):
            response = await client.get("/api/me", headers={"cookie": f"__Host-sessionhours={cookie}"})
            assert response.status_code == 401
            assert response.json()["error"]["code"] == "not_logged_in"


ASKED = {
    *("reply", "approve", "session.open_now", "session.add", "draft", "claim"),
    *("erase", "agents", "audit", "retention"),
}


@pytest.mark.parametrize(
    ("role", "granted"),
    [
        ("mayor", ASKED - {"agents", "audit", "retention"}),
        ("assistant", {"draft", "claim"}),
        ("specialist", {"draft"}),
        ("editor", {"session.add"}),
        ("admin", {"session.add", "agents", "audit", "erase"}),
        ("privacy", {"retention", "audit", "erase"}),
    ],
)
async def test_me_says_what_the_agent_may_do(sqlite_url: str, role: str, granted: set[str]) -> None:
    town = load_schedule(ROOT / "schedule.toml")
    async with lobby(sqlite_url, schedules={"kappelrodeck": town}) as house, house.client() as client:
        await house.add_agent(roles=(role,))
        await log_in(client)
        me = (await client.get("/api/me")).json()
        assert {right for right in ASKED if me["rights"][right]} == granted
        assert me["town"] == {
            "id": "kappelrodeck",
            "name": "Gemeinde Kappelrodeck",
            "timezone": "Europe/Berlin",
            "language": "de",
            "address": "Sie",
        }
        assert me["lines"] == [
            {
                "id": "buergermeister",
                "title": "WhatsApp-Bürgersprechstunde",
                "host": "Bürgermeister",
                "phone": "+49784280221",
                "approval": True,
                "persona": "ich",
            }
        ]


# -- the page --------------------------------------------------------------------------------------


async def test_the_page_logs_in_without_scripts(sqlite_url: str) -> None:
    async with lobby(sqlite_url) as house, house.client() as client:
        await house.add_agent()
        page = await client.get("/login", params={"next": "/console/termine"})
        assert 'name="next" value="/console/termine"' in page.text
        form = {"email": MAYOR, "password": PASSWORD, "next": "/console/termine"}
        headers = {"origin": "null", "sec-fetch-site": "same-origin"}
        response = await client.post("/login", data=form, headers=headers)
        assert (response.status_code, response.headers["location"]) == (303, "/console/termine")
        assert (await client.get("/api/me")).status_code == 200
        assert (await client.get("/login")).headers["location"] == "/console"
        assert (await client.post("/logout")).headers["location"] == "/login"
        assert (await client.get("/api/me")).status_code == 401


async def test_the_page_says_what_was_wrong_and_keeps_the_address(sqlite_url: str) -> None:
    async with lobby(sqlite_url) as house, house.client() as client:
        form = {"email": '"><script>alert(1)</script>@example.org', "password": "Falsch-Falsch"}
        response = await client.post("/login", data=form)
        assert response.status_code == 401
        assert 'role="alert"' in response.text
        assert "stimmt nicht" in response.text
        assert "&#34;&gt;&lt;script&gt;" in response.text
        assert "<script" not in response.text
        assert "Falsch-Falsch" not in response.text


async def test_the_page_speaks_english_to_who_asks(sqlite_url: str) -> None:
    async with lobby(sqlite_url) as house, house.client() as client:
        response = await client.get("/login", headers={"accept-language": "en-GB,en;q=0.9,de;q=0.5"})
        assert '<html lang="en">' in response.text
        assert response.headers["vary"] == "accept-language"


@pytest.mark.proves("C30")
@pytest.mark.parametrize(
    "wanted",
    [
        "//evil.example",
        "/\\evil.example",
        "\\\\evil.example",
        "https:evil.example",
        "https://evil.example/console",
        "javascript:alert(1)",
        "/console//evil.example",
        "/console/../login",
        "/console\n",
        "/console?next=//evil",
        "/consolex",
        "/login",
        "",
        "/%2fevil.example",
        "/console/\u202e",
    ],
)
async def test_a_login_leads_nowhere_else(sqlite_url: str, wanted: str) -> None:
    assert local_path(wanted) == "/console"
    async with lobby(sqlite_url) as house, house.client() as client:
        await house.add_agent()
        form = {"email": MAYOR, "password": PASSWORD, "next": wanted}
        assert (await client.post("/login", data=form)).headers["location"] == "/console"
        again = await client.get("/login", params={"next": wanted})
        assert again.headers["location"] == "/console"


async def test_many_may_log_in_at_once(sqlite_url: str) -> None:
    async with lobby(sqlite_url) as house:
        emails = [f"agent{number}@example.org" for number in range(12)]
        for email in emails:
            await house.add_agent(email)

        async def one(email: str) -> httpx.Response:
            async with house.client() as client:
                return await log_in(client, email)

        assert {response.status_code for response in await asyncio.gather(*map(one, emails))} == {200}
