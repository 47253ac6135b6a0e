"""Guessing passwords: slowed down, never locked out, at no greater cost to us than to the guesser."""

from __future__ import annotations

import asyncio
import statistics
import threading
import time

import httpx
import pytest

from sessionhours.desk import passwords, throttle
from sessionhours.server import auth
from tests.server.lobby import MAYOR, PASSWORD, Lobby, lobby, log_in


@pytest.fixture
def hashed(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The passwords looked at: for each, how many were being looked at when it began."""
    began: list[int] = []
    running = [0]
    lock = threading.Lock()

    def counted(stored: str | None, password: str) -> passwords.Verdict:
        with lock:
            running[0] += 1
            began.append(running[0])
        try:
            return passwords.check_password(stored, password)
        finally:
            with lock:
                running[0] -= 1

    monkeypatch.setattr(auth, "check_password", counted)
    return began


async def guess(house: Lobby, times: int, *, address: str = "192.0.2.1", email: str = MAYOR) -> list[int]:
    """Wrong passwords all at once; returns the statuses."""
    async with house.client(address) as client:
        tries = [log_in(client, email, f"Geraten-{number}") for number in range(times)]
        return [response.status_code for response in await asyncio.gather(*tries)]


@pytest.mark.proves("C33", "C35")
async def test_a_thousand_guesses_cost_a_handful_of_hashes(sqlite_url: str, hashed: list[int]) -> None:
    async with lobby(sqlite_url) as house:
        await house.add_agent()
        statuses = await guess(house, 1000)
        assert statuses.count(401) == len(hashed) == throttle.FREE_FOR_ACCOUNT + 1
        assert statuses.count(429) == 1000 - len(hashed)


@pytest.mark.proves("C33")
async def test_one_guess_at_each_of_many_accounts_is_seen_too(sqlite_url: str, hashed: list[int]) -> None:
    async with lobby(sqlite_url) as house, house.client() as client:
        tries = [log_in(client, f"agent{number}@example.org", "Sommer2026") for number in range(200)]
        statuses = [response.status_code for response in await asyncio.gather(*tries)]
        assert statuses.count(401) == len(hashed) == throttle.FREE_FOR_NETWORK + 1


@pytest.mark.proves("C35")
async def test_no_more_than_two_passwords_are_looked_at_at_once(sqlite_url: str, hashed: list[int]) -> None:
    async with lobby(sqlite_url) as house:
        rounds = [guess(house, 1, address=f"192.0.2.{n}", email=f"a{n}@example.org") for n in range(1, 201)]
        statuses = [status for round in await asyncio.gather(*rounds) for status in round]
        assert max(hashed) <= auth.MOST_HASHES
        assert set(statuses) == {401, 429}
        assert statuses.count(429) >= 1
        assert statuses.count(401) == len(hashed)


@pytest.mark.proves("C33")
async def test_the_delay_is_told_grows_and_ends(sqlite_url: str) -> None:
    async with lobby(sqlite_url) as house, house.client() as client:
        await house.add_agent()
        await guess(house, throttle.FREE_FOR_ACCOUNT)
        waits = []
        for _ in range(5):
            assert (await log_in(client, MAYOR, "Falsches-Passwort")).status_code == 401
            refused = await log_in(client)
            assert refused.status_code == 429
            assert refused.json()["error"]["code"] == "throttled"
            waits.append(int(refused.headers["retry-after"]))
            house.clock.forward(seconds=waits[-1])
        assert waits == [2, 4, 8, 16, 32]
        assert (await log_in(client)).status_code == 200


@pytest.mark.proves("C33")
async def test_the_longest_delay_is_a_quarter_of_an_hour(sqlite_url: str) -> None:
    async with lobby(sqlite_url) as house, house.client() as client:
        await house.add_agent()
        for _ in range(30):
            refused = await log_in(client, MAYOR, "Falsches-Passwort")
            house.clock.forward(seconds=int(refused.headers.get("retry-after", 0)))
        await log_in(client, MAYOR, "Falsches-Passwort")
        refused = await log_in(client)
        assert int(refused.headers["retry-after"]) == 900
        house.clock.forward(seconds=900)
        assert (await log_in(client)).status_code == 200


@pytest.mark.proves("C33", "F41")
async def test_a_clock_that_is_set_back_locks_nobody_out(sqlite_url: str) -> None:
    async with lobby(sqlite_url) as house, house.client() as client:
        await house.add_agent()
        await house.add_agent("brandt@example.org")
        assert (await log_in(client)).status_code == 200
        house.clock.forward(hours=-1)
        assert (await log_in(client, "brandt@example.org")).status_code == 200
        await guess(house, throttle.FREE_FOR_ACCOUNT + 1, address="198.51.100.7")
        house.clock.forward(hours=-1)
        async with house.client("198.51.100.7") as guesser:
            refused = await log_in(guesser)
        assert int(refused.headers["retry-after"]) == 2, "who guessed waits as long as before"


@pytest.mark.proves("C33")
async def test_a_restart_forgives_nothing(sqlite_url: str) -> None:
    async with lobby(sqlite_url) as house:
        await house.add_agent()
        assert 429 in await guess(house, 10)
    async with lobby(sqlite_url) as house, house.client("198.51.100.7") as client:
        assert (await log_in(client)).status_code == 429


@pytest.mark.proves("C33")
async def test_a_stranger_cannot_keep_the_mayor_out(sqlite_url: str) -> None:
    async with lobby(sqlite_url) as house, house.client("198.51.100.7") as desk:
        await house.add_agent()
        assert (await log_in(desk)).status_code == 200
        assert 429 in await guess(house, 50)
        async with house.client("203.0.113.9") as elsewhere:
            assert (await log_in(elsewhere)).status_code == 429
        assert (await log_in(desk)).status_code == 200


async def test_the_right_password_begins_the_count_anew(sqlite_url: str) -> None:
    async with lobby(sqlite_url) as house, house.client() as client:
        await house.add_agent()
        for _ in range(10):
            assert await guess(house, throttle.FREE_FOR_ACCOUNT - 1) == [401] * (
                throttle.FREE_FOR_ACCOUNT - 1
            )
            assert (await log_in(client)).status_code == 200
            house.clock.forward(hours=2)


async def test_old_failures_are_forgotten(sqlite_url: str) -> None:
    async with lobby(sqlite_url) as house, house.client() as client:
        await house.add_agent()
        await guess(house, throttle.FREE_FOR_ACCOUNT)
        house.clock.forward(hours=1, seconds=1)
        assert await guess(house, throttle.FREE_FOR_ACCOUNT) == [401] * throttle.FREE_FOR_ACCOUNT
        assert (await log_in(client)).status_code == 200


async def test_the_page_is_slowed_down_alike(sqlite_url: str) -> None:
    async with lobby(sqlite_url) as house, house.client() as client:
        await house.add_agent()
        await guess(house, 10)
        response = await client.post("/login", data={"email": MAYOR, "password": PASSWORD})
        assert response.status_code == 429
        assert int(response.headers["retry-after"]) > 0
        assert "Zu viele Versuche" in response.text


async def test_invented_names_do_not_fill_the_table(sqlite_url: str) -> None:
    async with lobby(sqlite_url) as house:
        for number in range(12):
            await guess(house, 1, address=f"192.0.2.{number}", email=f"nobody{number}@example.org")
            house.clock.forward(hours=2)
        rows = await house.database.read(count_rows)
        assert rows == 2


def count_rows(session: object) -> int:
    from sqlalchemy import func
    from sqlmodel import Session, select

    from sessionhours.store.tables import Throttle

    assert isinstance(session, Session)
    return session.exec(select(func.count()).select_from(Throttle)).one()


@pytest.mark.proves("C33")
@pytest.mark.parametrize(
    ("first", "second", "same"),
    [
        ("192.0.2.1", "192.0.2.1", True),
        ("192.0.2.1", "192.0.2.2", False),
        ("2001:db8:1:2::1", "2001:db8:1:2:ffff::9", True),
        ("2001:db8:1:2::1", "2001:db8:1:3::1", False),
        ("::ffff:192.0.2.1", "192.0.2.1", True),
        ("nonsense", "", True),
    ],
)
def test_a_network_is_what_one_household_holds(first: str, second: str, same: bool) -> None:
    keys = throttle.Keys.of(MAYOR, first), throttle.Keys.of(MAYOR, second)
    assert (keys[0].network == keys[1].network) == same


@pytest.mark.proves("C34")
async def test_an_unknown_name_takes_as_long_as_a_known_one(
    sqlite_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The medians of 60 tries each, alternating, differ by less than a fifth of a hash."""
    monkeypatch.setattr(throttle, "FREE_FOR_ACCOUNT", 10_000)
    monkeypatch.setattr(throttle, "FREE_FOR_NETWORK", 10_000)
    async with lobby(sqlite_url) as house, house.client() as client:
        await house.add_agent()
        took: dict[str, list[float]] = {MAYOR: [], "nobody@example.org": []}
        for _ in range(60):
            for email, times in took.items():
                times.append(await timed(client, email))
        known, unknown = (statistics.median(times) for times in took.values())
        assert abs(known - unknown) < 0.2 * hash_takes()


async def timed(client: httpx.AsyncClient, email: str) -> float:
    begun = time.perf_counter()
    assert (await log_in(client, email, "Falsches-Passwort")).status_code == 401
    return time.perf_counter() - begun


def hash_takes() -> float:
    times = []
    for _ in range(9):
        begun = time.perf_counter()
        passwords.check_password(None, "Falsches-Passwort")
        times.append(time.perf_counter() - begun)
    return statistics.median(times)


def test_hashes_are_at_least_as_hard_as_owasp_asks() -> None:
    hashed = passwords.hash_password("Wiesenweg-17")
    assert hashed.startswith("$argon2id$v=19$m=32768,t=2,p=1$")
    assert passwords.HASHER.memory_cost >= 19 * 1024
    assert passwords.HASHER.time_cost >= 2
    assert passwords.check_password(hashed, "Wiesenweg-17") == passwords.Verdict(True)


def test_nothing_fits_nobody() -> None:
    assert not passwords.check_password(None, "").fits
    assert not passwords.check_password("no hash at all", "x").fits
    assert not passwords.check_password(None, "\ud800").fits


def test_a_password_read_aloud_is_long_enough() -> None:
    made = {passwords.new_password() for _ in range(100)}
    assert len(made) == 100
    assert all(len(one) == 19 and passwords.hash_password(one) for one in list(made)[:2])
