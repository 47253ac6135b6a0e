"""Before the hour: is anybody there who may answer? Exactly one mail to exactly the right person, once (AC-33, N22)."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from threading import Event, Thread
from typing import Any

import pytest

from sessionhours.core.instants import iso, ms
from sessionhours.desk import watch
from tests.fakes import wait_until
from tests.makers import OPENS, Clock
from tests.server.eve import ON_CALL, Eve, before, new_eve
from tests.server.house import Guest

__all__ = ["new_eve"]

NewEve = Callable[..., Eve]


@contextmanager
def at_the_console(guest: Guest) -> Iterator[list[dict[str, Any]]]:
    """This agent has a console open; what it is told."""
    told: list[dict[str, Any]] = []
    there, gone = Event(), Event()

    async def sit() -> None:
        async with guest.console() as console:
            there.set()
            while not gone.is_set():
                try:
                    async with asyncio.timeout(0.05):
                        await console.frame(1)
                except TimeoutError:
                    pass
                told[:] = console.events

    thread = Thread(target=lambda: asyncio.run(sit()), daemon=True)
    thread.start()
    wait_until(there.is_set)
    try:
        yield told
    finally:
        gone.set()
        thread.join(10)


def left(eve: Eve) -> None:
    """Nobody is at a console any more."""
    wait_until(lambda: not eve.house.office.hub.present("kappelrodeck"))


def missed(eve: Eve) -> None:
    """The server has had time to find that nobody is there."""
    eve.looked(8)


@pytest.mark.proves("AC-33", "N22")
def test_nobody_who_may_answer_is_there(new_eve: NewEve) -> None:
    eve = new_eve()
    mayor, admin = eve.house.agent(), eve.house.agent("Eva Admin", "admin")
    assistant = eve.house.agent("Maria Brandt", "assistant")
    with at_the_console(assistant) as told, at_the_console(admin):
        eve.at(before(minutes=16))
        missed(eve)
        assert eve.session(assistant)["unattended"] is None
        eve.at(before(minutes=15))
        missed(eve)
        assert eve.session(assistant)["unattended"] == iso(ms(before(minutes=15)))
        wait_until(lambda: any(event["data"].get("unattended") for event in told))
        assert eve.notices("unattended") == [
            "Noch niemand da, der antworten kann. Die Sprechstunde beginnt um 15 Uhr."
        ]
        assert eve.letters() == []

        eve.at(before(minutes=8))
        eve.house.says(1, "Ich bin schon da")
        wait_until(lambda: eve.house.rows("select count(*) from outbox") == [(0,)])
        heard = list(eve.house.graph.texts())
        eve.at(before(minutes=5))
        missed(eve)
        [letter] = eve.letters()
        assert letter.to == [ON_CALL]
        assert letter.mail["Subject"] == "Niemand da: Sprechstunde Do., 3. Dezember, 15:00 Uhr"
        for words in (
            "Nr. 1, am Do., 3. Dezember, 15:00 Uhr, Nummer +49784280221, beginnt in 5 Minuten.",
            f"Konsole: {eve.house.url}/console",
            "„Verspätet“",
            "„Vertretung“",
            "„Entfällt“",
        ):
            assert words in letter.text

        eve.at(OPENS + timedelta(minutes=2))
        missed(eve)
        late = OPENS + timedelta(minutes=2)
        assert eve.session(mayor)["late_until"] == iso(ms(late))
        [announced] = [
            one for one in eve.house.office.effective.standing()["kappelrodeck"].sessions if one.number == 1
        ]
        assert announced.late_until == late, "what the public page reads"
        wait_until(lambda: eve.house.rows("select count(*) from outbox") == [(0,)])
        assert [text for text in eve.house.graph.texts() if text not in heard] == [], (
            "no citizen is told by itself"
        )

        eve.at(OPENS + timedelta(minutes=3))
        with at_the_console(mayor):
            eve.looked()
            session = eve.session(mayor)
            assert (session["late_until"], session["unattended"]) == (None, None)
            assert eve.notices("unattended") == []
        left_at = eve.clock()
    eve.at(left_at + timedelta(minutes=10))
    missed(eve)
    assert eve.session(mayor)["late_until"] is None, "once is enough"
    assert len(eve.letters()) == 1


@pytest.mark.proves("AC-33")
def test_where_somebody_is_there_nobody_is_troubled(new_eve: NewEve) -> None:
    eve = new_eve()
    eve.house.agent("Eva Admin", "admin")
    mayor = eve.house.agent()
    with at_the_console(mayor):
        for minutes in (15, 5, 0, -2, -10):
            eve.at(before(minutes=minutes))
            missed(eve)
    assert (eve.letters(), eve.notices("unattended")) == ([], [])
    assert (eve.session(mayor)["late_until"], eve.session(mayor)["unattended"]) == (None, None)


@pytest.mark.parametrize(
    ("policy", "deputy"), [("approval = false", ""), ("", "Frau Brandt")], ids=["no approval", "deputy"]
)
def test_an_assistant_who_may_answer_counts(new_eve: NewEve, policy: str, deputy: str) -> None:
    eve = new_eve(policy=policy)
    mayor, assistant = eve.house.agent(), eve.house.agent("Maria Brandt", "assistant")
    if deputy:
        data = {"session": eve.session(mayor)["id"], "name": deputy}
        asked = {"id": str(uuid.uuid4()), "name": "session.deputy", "data": data}
        with eve.house.client(headers=mayor.headers) as client:
            assert client.post("/api/commands", json=asked).json()["ok"]
    with at_the_console(assistant):
        eve.at(before(minutes=4))
        missed(eve)
    assert eve.letters() == []


def test_without_anybody_on_call_the_admins_are_told(new_eve: NewEve) -> None:
    eve = new_eve(on_call="")
    eve.house.agent()
    admins = [eve.house.agent(name, "admin") for name in ("Eva Admin", "Uwe Admin")]
    eve.at(before(minutes=5))
    missed(eve)
    assert sorted(letter.to[0] for letter in eve.letters()) == sorted(admin.email for admin in admins)


@pytest.mark.proves("N22")
def test_what_people_said_of_the_start_is_never_taken_back(new_eve: NewEve) -> None:
    eve = new_eve()
    mayor = eve.house.agent()
    eve.at(before(minutes=4))
    missed(eve)
    id = eve.session(mayor)["id"]
    said = mayor.command("session.late", session=id, minutes=20).json()["data"]["session"]["late_until"]
    eve.at(OPENS + timedelta(minutes=3))
    missed(eve)
    assert eve.session(mayor)["late_until"] == said
    with at_the_console(mayor):
        eve.looked()
        assert eve.session(mayor)["late_until"] == said
    left(eve)
    eve.at(OPENS + timedelta(minutes=23))
    missed(eve)
    assert eve.session(mayor)["late_until"] == said
    assert len(eve.letters()) == 1


def test_who_puts_the_start_off_is_asked_for_at_the_new_one(new_eve: NewEve) -> None:
    eve = new_eve()
    mayor = eve.house.agent()
    eve.at(before(minutes=30))
    id = eve.session(mayor)["id"]
    assert mayor.command("session.late", session=id, minutes=20).json()["ok"]
    eve.at(before(minutes=0))
    missed(eve)
    assert eve.letters() == []
    eve.at(OPENS + timedelta(minutes=15))
    missed(eve)
    assert len(eve.letters()) == 1


def test_who_was_there_when_it_began_is_not_late(new_eve: NewEve) -> None:
    eve = new_eve()
    mayor = eve.house.agent()
    with at_the_console(mayor):
        eve.at(before(minutes=5))
        missed(eve)
        eve.at(OPENS + timedelta(seconds=30))
        eve.looked()
    left(eve)
    eve.at(OPENS + timedelta(minutes=2))
    missed(eve)
    assert eve.session(mayor)["late_until"] is None


@pytest.mark.proves("AC-33")
def test_a_restart_says_nothing_twice_and_forgets_nothing(new_eve: NewEve) -> None:
    eve = new_eve()
    mayor = eve.house.agent()
    eve.at(before(minutes=5))
    missed(eve)
    assert len(eve.letters()) == 1
    eve.restart(before(minutes=4))
    missed(eve)
    eve.restart(OPENS + timedelta(minutes=2))
    missed(eve)
    assert eve.session(mayor)["late_until"] == iso(ms(eve.clock()))
    eve.restart(OPENS + timedelta(minutes=3))
    with at_the_console(eve.back(mayor)):
        eve.looked()
        assert eve.session(mayor)["late_until"] is None
    assert len(eve.letters()) == 1


def test_a_server_that_was_off_calls_as_soon_as_it_is_back(new_eve: NewEve) -> None:
    eve = new_eve()
    mayor = eve.house.agent()
    eve.at(before(minutes=70))
    eve.restart(before(minutes=3))
    missed(eve)
    [letter] = eve.letters()
    assert "beginnt in 3 Minuten" in letter.text
    assert eve.session(mayor)["unattended"] == iso(ms(before(minutes=3)))


def test_consoles_have_time_to_come_back_after_a_restart(
    new_eve: NewEve, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watch, "MISSING", 3600.0)
    eve = new_eve()
    eve.at(before(minutes=6))
    eve.restart(before(minutes=5))
    eve.looked(8)
    assert eve.letters() == []


@pytest.mark.proves("F41")
def test_a_clock_that_jumps_calls_nobody_twice(new_eve: NewEve) -> None:
    eve = new_eve()
    eve.house.agent()
    eve.at(before(minutes=10))
    for jump in (
        timedelta(hours=1),
        -timedelta(hours=1),
        timedelta(minutes=6),
        -timedelta(hours=1),
        timedelta(hours=1),
    ):
        eve.at(eve.clock() + jump)
        missed(eve)
    assert len(eve.letters()) == 1
    assert len(eve.notices("unattended")) == 1


def test_without_a_mail_server_the_admin_is_told_once(new_eve: NewEve) -> None:
    eve = new_eve(mail=False)
    eve.house.agent()
    eve.at(before(minutes=5))
    missed(eve)
    wait_until(lambda: len(eve.notices("no_mail")) == 1)
    assert eve.house.rows("select state, tries from mail") == [("queued", 0)]
    assert len(eve.notices("unattended")) == 1
    eve.restart(before(minutes=4))
    eve.looked()
    assert len(eve.notices("no_mail")) == 1


@pytest.mark.proves("AC-33")
def test_a_process_without_consoles_lets_the_one_that_has_some_speak_first(
    postgres_url: str, new_eve: NewEve, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However long nobody has been at its own consoles, each step counts its fifteen seconds anew."""
    monkeypatch.setattr(watch, "MISSING", 3600.0)
    empty, full = new_eve(url=postgres_url), new_eve(url=postgres_url)
    mayor = empty.house.agent()
    for_hours = -7200.0
    with at_the_console(full.back(mayor)):
        for minutes in (15, 5, -2):
            empty.at(before(minutes=minutes))
            full.at(before(minutes=minutes))
            missing = empty.house.office.watch._missing_since
            missing.update({id: (steps, for_hours) for id, (steps, _) in missing.items()})
    assert (empty.letters(), empty.notices("unattended")) == ([], [])
    assert empty.session(mayor)["late_until"] is None


@pytest.mark.proves("AC-33", "N22")
def test_two_processes_that_find_nobody_say_so_once(postgres_url: str, new_eve: NewEve) -> None:
    clock = Clock(before(minutes=90))
    one, two = new_eve(url=postgres_url, clock=clock), new_eve(url=postgres_url, clock=clock)
    mayor = one.house.agent()
    for minutes in (60, 15, 5, -2):
        clock.now = before(minutes=minutes)
        missed(one)
        missed(two)
    one.posted()
    assert [letter.to for letter in one.letters()] == [[ON_CALL]]
    assert len(one.notices("unattended")) == 1
    assert one.session(mayor)["late_until"] == iso(ms(clock()))
