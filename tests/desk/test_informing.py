"""Whoever counts on an hour, or comes to it, hears what has changed: held, kept, carried over, newly come (N22)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.desk.office import Desk
from tests.desk.planner import DECEMBER, LINE, done, edit, row, session
from tests.desk.test_steering import MINUTE, at, hour
from tests.makers import CLOSES, OPENS, Clock

NOON = OPENS - timedelta(hours=3)

Say = Callable[[Desk], object]


def held(desk: Desk) -> None:
    desk.says(1, "Frage")


def kept(desk: Desk) -> None:
    desk.says(1, "Frage")
    desk.clock.forward(minutes=1)
    desk.says(1, "1")


def left(desk: Desk, keys: set[str]) -> list[str]:
    """The texts of these keys that were sent, in their order."""
    return [one.text for one in desk.waiting() if one.auto in keys]


CHANGED = {"late", "deputy", "moved", "cancelled"}


@pytest.mark.proves("N22")
@pytest.mark.parametrize(("policy", "say"), [("hold", held), ("offer", kept)], ids=["held", "kept"])
def test_who_was_told_a_date_hears_that_it_is_cancelled(
    new_desk: Callable[..., Desk], policy: str, say: Say
) -> None:
    desk = new_desk(f'outside = "{policy}"', Clock(NOON))
    say(desk)
    done(desk, "session.cancel", session=DECEMBER, reason="Krank.", confirm=True)
    (text,) = left(desk, CHANGED)
    assert "Der Grund: Krank. Nächster Termin: Donnerstag, 7. Januar 2027, 15–16 Uhr." in text
    assert desk.conversation()["lane"] == "held"


@pytest.mark.proves("N22")
def test_they_hear_of_a_replacement_that_is_earlier(new_desk: Callable[..., Desk]) -> None:
    desk = new_desk('outside = "hold"', Clock(NOON))
    held(desk)
    instead = {"date": "2026-12-03", "from_": "13:00", "to": "14:00"}
    done(desk, "session.cancel", session=DECEMBER, reason="Krank", confirm=True, **instead)
    (text,) = left(desk, CHANGED)
    assert "Nächster Termin: Donnerstag, 3. Dezember 2026, 13–14 Uhr." in text


@pytest.mark.proves("N22")
def test_who_was_told_a_date_hears_that_it_is_moved(new_desk: Callable[..., Desk]) -> None:
    desk = new_desk('outside = "hold"', Clock(NOON))
    held(desk)
    to = {"date": "2026-12-10", "from_": "15:00", "to": "16:00", "confirm": True}
    done(desk, "session.move", session=DECEMBER, **to)
    assert left(desk, CHANGED) == [
        "Dieser Termin ist verlegt (WhatsApp-Bürgersprechstunde). Nächster Termin: Donnerstag, 10. Dezember 2026, "
        "15–16 Uhr. Sie müssen nichts tun, Ihr Platz bleibt.\nOhne WhatsApp: Telefon 07842 80221."
    ]
    done(desk, "session.restore", session=DECEMBER, confirm=True)
    assert "3. Dezember 2026" in left(desk, CHANGED)[1]


@pytest.mark.proves("N22")
@pytest.mark.parametrize(
    ("rules", "said"),
    [
        (session("first thursday", "17:00-18:00"), "ist verlegt (WhatsApp-Bürgersprechstunde). Nächster Termin: "
         "Donnerstag, 3. Dezember 2026, 17–18 Uhr."),
        (session("last friday"), "fällt leider aus (WhatsApp-Bürgersprechstunde). Nächster Termin: "
         "Freitag, 29. Januar 2027, 15–16 Uhr."),
    ],
    ids=["moved", "gone"],
)  # fmt: skip
def test_it_is_heard_where_the_file_does_it(
    new_desk: Callable[..., Desk], tmp_path: Path, rules: str, said: str
) -> None:
    desk = new_desk('outside = "hold"', Clock(NOON))
    held(desk)
    edit(desk, tmp_path, rules)
    desk.tick()
    assert [said in text for text in left(desk, CHANGED)] == [True]


@pytest.mark.proves("N22")
def test_who_was_carried_over_hears_that_the_date_they_were_told_is_cancelled(desk: Desk) -> None:
    evening = done(desk, "session.add", line=LINE, date="2026-12-03", from_="18:00", to="19:00")["session"]
    desk.says(1, "Frage")
    talk = desk.conversation()["id"]
    at(desk, CLOSES)
    assert desk.ask(desk.mayor, "resolve", conversation=talk, outcome="carried_over")["ok"]
    at(desk, CLOSES + MINUTE)
    done(desk, "session.cancel", session=evening["id"], reason="Krank", confirm=True)
    (text,) = left(desk, CHANGED)
    assert "7. Januar 2027" in text
    assert desk.conversation()["lane"] == "follow_up"


@pytest.mark.proves("N22")
def test_nobody_hears_of_an_hour_they_do_not_wait_for(new_desk: Callable[..., Desk]) -> None:
    desk = new_desk('outside = "hold"', Clock(OPENS - timedelta(hours=30)))
    held(desk)
    later = done(desk, "session.add", line=LINE, date="2026-12-04", from_="15:00", to="16:00")["session"]
    desk.clock.now = NOON
    desk.says(2, "Frage 2")
    done(desk, "session.cancel", session=later["id"], reason="x")
    assert left(desk, CHANGED) == [], "theirs is the one before it"
    done(desk, "session.cancel", session=DECEMBER, reason="x", confirm=True)
    (told,) = [one for one in desk.waiting() if one.auto == "cancelled"]
    assert told.lane == desk.conversation_of("Frage 2"), "the first can no longer be written to freely"


@pytest.mark.proves("N22")
def test_who_is_held_hears_on_its_day_that_it_begins_later(new_desk: Callable[..., Desk]) -> None:
    desk = new_desk('outside = "hold"', Clock(OPENS - timedelta(hours=20)))
    held(desk)
    assert desk.ask(desk.mayor, "session.deputy", session=hour(desk), name="Jörg Beyer")["ok"]
    assert left(desk, CHANGED) == [], '"today" would be wrong'
    at(desk, OPENS - 5 * MINUTE)
    assert desk.ask(desk.mayor, "session.late", session=hour(desk), minutes=10)["ok"]
    assert ["15:10 Uhr" in text for text in left(desk, CHANGED)] == [True]
    at(desk, OPENS)
    assert desk.ask(desk.mayor, "session.late", session=hour(desk), minutes=20)["ok"]
    assert ["15:20 Uhr" in text for text in left(desk, {"late"})] == [False, True]


@pytest.mark.proves("N22")
def test_who_was_carried_over_out_of_a_running_hour_does_not_wait_for_it(desk: Desk) -> None:
    desk.says(1, "Frage")
    assert desk.ask(desk.mayor, "resolve", conversation=desk.conversation()["id"], outcome="carried_over")[
        "ok"
    ]
    desk.clock.forward(minutes=1)
    for name, more in (("session.late", {"minutes": 5}), ("session.deputy", {"name": "Jörg Beyer"})):
        assert desk.ask(desk.mayor, name, session=hour(desk), **more)["ok"]
    done(desk, "session.cancel", session=hour(desk), reason="Feueralarm", confirm=True)
    assert left(desk, CHANGED) == []


@pytest.mark.proves("N22")
def test_who_comes_later_hears_what_holds_then_each_once(new_desk: Callable[..., Desk]) -> None:
    desk = new_desk("", Clock(OPENS - 8 * MINUTE))
    steps: tuple[tuple[str, dict[str, Any]], ...] = (
        ("session.late", {"minutes": 20}),
        ("session.deputy", {"name": "Jörg Beyer"}),
    )
    for name, more in steps:
        assert desk.ask(desk.mayor, name, session=hour(desk), **more)["ok"]
    desk.says(1, "im Vorraum")
    desk.says(1, "noch etwas")
    assert [one.auto for one in desk.waiting()] == ["late", "deputy"], "and not that it begins at 15"
    assert "15:20 Uhr" in desk.waiting()[0].text
    at(desk, OPENS + 19 * MINUTE)
    desk.says(2, "vor dem Anfang")
    assert [one.auto for one in desk.waiting()] == ["late", "deputy"] * 2
    at(desk, OPENS + 21 * MINUTE)
    desk.says(3, "danach")
    assert [one.auto for one in desk.waiting()] == ["late", "deputy"] * 2 + ["deputy"]
    assert row(desk, DECEMBER).state == "open"
