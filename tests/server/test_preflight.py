"""An hour before the hour everything is looked at once, and whoever can put it right hears what is red (AC-54)."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import httpx
import pytest
from sqlalchemy import update

from sessionhours.core import preflight as limits
from sessionhours.core.instants import iso, ms
from sessionhours.core.preflight import Space
from sessionhours.desk import preflight
from sessionhours.store.tables import Template
from tests.fakes import wait_until
from tests.makers import OPENS
from tests.server.eve import ON_CALL, Eve, before, new_eve
from tests.server.house import House

__all__ = ["new_eve"]

NewEve = Callable[..., Eve]

WEBHOOK = "Seit 24 Stunden kam nichts von WhatsApp an."
TEMPLATES = "Vorlagen für Antworten nach 24 Stunden: noch nicht angelegt."


def revoke(house: House) -> None:
    house.graph.status, house.graph.number = 401, {"error": {"code": 190, "message": "expired"}}


def unplug(house: House) -> None:
    house.graph.number = {"status": "DISCONNECTED"}


def cut_off(house: House) -> None:
    house.graph.down = True


def fill(house: House) -> None:
    watch = house.office.watch
    watch.examiner = replace(watch.examiner, disks=lambda: [Space(499_999_999, 10**9)])


def unset(house: House) -> None:
    house.graph.ahead = timedelta(seconds=-9)


def spoil(house: House) -> None:
    house.schedule.write_text(house.schedule.read_text() + "\nfoo = 1\n")
    wait_until(lambda: bool(house.office.config.source.faults))


@pytest.mark.proves("AC-54")
def test_it_is_made_once_sixty_minutes_before(new_eve: NewEve) -> None:
    eve = new_eve()
    mayor = eve.house.agent()
    eve.at(before(minutes=60, seconds=1))
    assert eve.session(mayor)["checked"] is None
    eve.at(before(minutes=60))
    checked = eve.session(mayor)["checked"]
    assert checked["at"] == iso(ms(before(minutes=60)))
    assert checked["red"] == []
    assert [text.split(". ")[0].rstrip(".") for text in checked["amber"]] == [
        WEBHOOK.rstrip("."),
        TEMPLATES.rstrip("."),
    ]
    assert eve.house.graph.asked == 1
    for minutes in (50, 30, 1):
        eve.at(before(minutes=minutes))
    assert (eve.session(mayor)["checked"], eve.house.graph.asked) == (checked, 1)
    assert eve.notices("preflight") == []


def test_all_is_green_where_all_is_set_up(new_eve: NewEve) -> None:
    eve = new_eve()
    eve.at(before(hours=20))
    eve.house.says(1, "Wann ist Sprechstunde?")
    approved = update(Template).values(status="APPROVED")
    eve.house.office.database.submit(lambda session: session.execute(approved)).result(10)
    eve.at(before(minutes=59))
    assert (eve.checked()["red"], eve.checked()["amber"]) == ([], [])


@pytest.mark.proves("AC-54", "N22")
@pytest.mark.parametrize(
    ("what", "sentence"),
    [
        (revoke, "Der Zugang zu WhatsApp gilt nicht mehr (Code 190)"),
        (unplug, "Die Nummer ist bei WhatsApp nicht angemeldet (Zustand DISCONNECTED)."),
        (cut_off, "WhatsApp ist von diesem Server aus nicht zu erreichen."),
        (fill, "Auf der Festplatte sind nur noch 499 MB frei."),
        pytest.param(
            unset,
            "Die Uhr dieses Servers geht 8 Sekunden anders als die von WhatsApp",
            marks=pytest.mark.proves("F41"),
        ),
        (spoil, "Die Terminplan-Datei ist fehlerhaft"),
    ],
)
def test_what_is_red_goes_by_mail_to_those_who_can_act(
    new_eve: NewEve, what: Callable[[House], None], sentence: str
) -> None:
    eve = new_eve()
    mayor, admin = eve.house.agent(), eve.house.agent("Eva Admin", "admin")
    what(eve.house)
    eve.at(before(minutes=60))
    [red] = eve.session(mayor)["checked"]["red"]
    assert red.startswith(sentence)
    letters = eve.letters()
    assert sorted(letter.to[0] for letter in letters) == sorted([admin.email, ON_CALL])
    for letter in letters:
        assert letter.mail["Subject"] == "Vor der Sprechstunde zu tun: Do., 3. Dezember, 15:00 Uhr"
        assert f"- {red}" in letter.text
        assert f"- {TEMPLATES}" in letter.text
    [notice] = eve.notices("preflight")
    assert red in notice
    eve.at(before(minutes=30))
    assert (len(eve.letters()), len(eve.notices("preflight"))) == (2, 1)


def test_a_check_that_hangs_holds_nothing_up(new_eve: NewEve, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(preflight, "LIMIT", 0.3)
    eve = new_eve()

    async def hang(request: httpx.Request) -> httpx.Response:
        await asyncio.Event().wait()
        raise AssertionError

    eve.house.graph.handle_async_request = hang  # type: ignore[method-assign]
    eve.at(before(minutes=60))
    assert eve.checked()["red"] == ["Die Prüfung „token“ ist nicht gelungen."]
    assert TEMPLATES in eve.checked()["amber"]
    assert limits.LIMIT == 10.0


@pytest.mark.proves("AC-54")
def test_a_server_that_was_off_looks_as_soon_as_it_is_back(new_eve: NewEve) -> None:
    eve = new_eve()
    eve.at(before(minutes=70))
    assert eve.checked() == {}
    eve.restart(before(minutes=3))
    eve.looked()
    assert eve.checked()["at"] == iso(ms(before(minutes=3)))
    eve.restart(before(minutes=2))
    eve.looked()
    assert eve.checked()["at"] == iso(ms(before(minutes=3)))
    assert eve.house.graph.asked == 0, "the second process has nothing to ask"


def test_after_the_start_nobody_needs_it(new_eve: NewEve) -> None:
    eve = new_eve()
    eve.at(before(minutes=70))
    eve.restart(OPENS)
    eve.looked()
    assert eve.checked() == {}


@pytest.mark.proves("F41")
def test_a_clock_that_jumps_looks_once_and_warns_once(new_eve: NewEve) -> None:
    eve = new_eve()
    eve.house.agent("Eva Admin", "admin")
    revoke(eve.house)
    eve.at(before(minutes=65))
    for jump in (timedelta(hours=1), -timedelta(hours=2), timedelta(hours=1), timedelta(minutes=5)):
        eve.at(eve.clock() + jump)
    assert eve.house.graph.asked == 1
    assert len([one for one in eve.letters() if "zu tun" in str(one.mail["Subject"])]) == 2
    assert len(eve.notices("preflight")) == 1


def test_an_hour_opened_by_hand_is_not_looked_at(new_eve: NewEve) -> None:
    eve = new_eve()
    mayor = eve.house.agent()
    eve.at(before(days=2))
    opened = mayor.command("session.open_now", line="buergermeister", minutes=30).json()
    assert opened["ok"]
    eve.looked()
    assert (eve.house.graph.asked, opened["data"]["session"]["checked"]) == (0, None)
