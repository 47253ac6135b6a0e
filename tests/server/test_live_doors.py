"""Who gets a console's socket, and who loses it: other sites, logins that end, a restart."""

from __future__ import annotations

import uuid

import pytest
from websockets.exceptions import ConnectionClosed

from sessionhours.desk import agents
from tests.server.house import Guest, House

PORT = "{port}"


@pytest.mark.proves("C41")
@pytest.mark.parametrize(
    "origin",
    [
        None,
        "null",
        "https://evil.example",
        "http://127.0.0.1",
        "http://127.0.0.1:1",
        "http://console.127.0.0.1:{port}",
        "http://127.0.0.1:{port}.evil.example",
        "http://evil.example:{port}",
        "http://localhost:{port}",
        "https://127.0.0.1:{port}",
        "http://127.0.0.1:{port}/console",
        "http://user@127.0.0.1:{port}",
        "ws://127.0.0.1:{port}",
    ],
)
async def test_a_page_of_another_site_gets_nothing(regular: Guest, origin: str | None) -> None:
    given = origin and origin.format(port=regular.house.port)
    async with regular.socket(origin=given) as console:
        with pytest.raises(ConnectionClosed):
            await console.hello()
        assert console.ws.close_code == 4003
        assert console.frames == []


@pytest.mark.proves("C41")
async def test_the_public_page_and_the_host_itself_may(regular: Guest) -> None:
    async with regular.console() as console:
        assert console.frames[0]["type"] == "welcome"


@pytest.mark.proves("C41", "C47")
@pytest.mark.parametrize("cookie", ["", "short", "A" * 43, "ä" * 30])
async def test_nobody_gets_in_without_a_login(regular: Guest, cookie: str) -> None:
    async with Guest(regular.house, "", "", cookie).socket() as console:
        assert await console.closed() == 4001
        assert console.frames == []


@pytest.mark.proves("C39", "F75")
async def test_logging_out_closes_every_console_at_once(mayor: Guest) -> None:
    async with mayor.console() as one, mayor.console() as other:
        with mayor.house.client(headers=mayor.headers) as client:
            assert client.post("/api/logout").status_code == 200
        assert (await one.closed(2), await other.closed(2)) == (4001, 4001)
    async with mayor.socket() as again:
        assert await again.closed() == 4001


@pytest.mark.proves("C39", "F75")
@pytest.mark.usefixtures("quick")
async def test_who_is_disabled_or_gets_a_new_password_is_out_within_a_beat(house: House) -> None:
    one, two, stays = (house.agent(name) for name in ("Erste", "Zweite", "Dritte"))
    async with one.console() as first, two.console() as second, stays.console() as third:
        write = house.office.database.submit
        write(agents.disable_agent, one.email, now=house.clock()).result(10)
        write(agents.set_password, two.email, password="x").result(10)
        assert (await first.closed(), await second.closed()) == (4001, 4001)
        assert (await third.until(lambda frame: frame["type"] == "beat"))["seq"] > 0


@pytest.mark.proves("F75", "C49")
async def test_a_disabled_agent_can_ask_for_nothing_more(house: House, mayor: Guest) -> None:
    house.says()
    conversation = mayor.conversation()["id"]
    async with mayor.console() as console:
        house.office.database.submit(agents.disable_agent, mayor.email, now=house.clock()).result(10)
        command = {"conversation": conversation, "text": "noch etwas", "seen": 99}
        await console.send({"type": "command", "id": str(uuid.uuid4()), "name": "reply", "data": command})
        assert await console.closed() == 4001
    assert house.graph.texts() == []


async def test_a_restart_says_so(house: House, mayor: Guest) -> None:
    async with mayor.console() as console:
        house.server.should_exit = True
        assert await console.closed() == 1012
