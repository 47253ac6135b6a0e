"""In or out is decided by when it was written, to the second, with early and grace (AC-2, AC-3, AC-26, N5)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from sessionhours.core.gate import window_for
from tests.desk.office import Desk
from tests.desk.planner import edit, session
from tests.makers import CLOSES, OPENS, Clock, body, message

NEXT = "Donnerstag, 7. Januar 2027, 15–16 Uhr"


def taken_in(desk: Desk) -> bool:
    return bool(desk.snapshot()["conversations"])


@pytest.mark.proves("AC-26", "N5", "KA-1")
def test_written_in_time_and_delivered_late_counts_in(desk: Desk) -> None:
    desk.clock.now = CLOSES + timedelta(minutes=7)
    desk.tick()
    desk.says(1, "gerade noch", at=CLOSES - timedelta(seconds=2))
    (only,) = desk.only()
    assert (only["text"], only["late"]) == ("gerade noch", True)
    assert desk.waiting() == [], "and never gets the away reply"
    seen = desk.snapshot()["seq"]
    assert desk.ask(desk.mayor, "reply", conversation=only["conversation"], text="Gern", seen=seen)["ok"]


@pytest.mark.proves("AC-2", "F43", "N5", "KA-1")
@pytest.mark.parametrize(
    ("written", "inside"),
    [
        (OPENS - timedelta(minutes=10, seconds=1), False),
        (OPENS - timedelta(minutes=10), True),
        (OPENS - timedelta(seconds=1), True),
        (OPENS, True),
        (CLOSES - timedelta(seconds=1), True),
        (CLOSES, True),
        (CLOSES + timedelta(minutes=2) - timedelta(seconds=1), True),
        (CLOSES + timedelta(minutes=2), False),
    ],
)
def test_the_edges_with_early_and_grace(desk: Desk, written: datetime, inside: bool) -> None:
    desk.clock.now = written
    desk.tick()
    desk.says(1, "am Rand")
    assert taken_in(desk) is inside
    told = "lobby" if written < OPENS else None
    assert [one.auto for one in desk.waiting()] == (
        [told] if inside and told else [] if inside else ["outside"]
    )


@pytest.mark.proves("AC-2", "AC-3", "KA-1")
@pytest.mark.parametrize(
    ("written", "inside"),
    [
        (OPENS - timedelta(seconds=1), False),
        (OPENS, True),
        (CLOSES - timedelta(seconds=1), True),
        (CLOSES, False),
    ],
)
def test_the_bare_hour_is_half_open(new_desk: Callable[..., Desk], written: datetime, inside: bool) -> None:
    desk = new_desk("early = 0\ngrace = 0", Clock(written))
    desk.says(1, "am Rand")
    assert taken_in(desk) is inside


@pytest.mark.proves("AC-3", "KA-1")
def test_one_millisecond_flips_it(new_desk: Callable[..., Desk]) -> None:
    desk = new_desk("early = 0\ngrace = 0")
    moment = timedelta(milliseconds=1)
    inside = {
        at: window_for(desk.schedule, desk.line, at) is not None
        for at in (OPENS - moment, OPENS, CLOSES - moment, CLOSES)
    }
    assert list(inside.values()) == [False, True, True, False]
    assert desk.schedule.at(OPENS - moment, line=desk.line.id) is None


@pytest.mark.proves("AC-3")
def test_the_schedule_is_asked_at_each_message_and_never_remembered(desk: Desk) -> None:
    desk.says(1, "im Termin")
    desk.clock.now = CLOSES + timedelta(minutes=3)
    desk.says(2, "danach")
    assert len(desk.snapshot()["conversations"]) == 1
    desk.ask(desk.mayor, "resolve", conversation=desk.conversation()["id"], outcome="promised")
    desk.tick()
    desk.ask(desk.mayor, "session.open_now", line=desk.line.id, minutes=30)
    desk.says(3, "im zweiten Termin")
    assert len(desk.snapshot()["conversations"]) == 2


@pytest.mark.proves("F29", "AC-25", "AC-26")
@pytest.mark.parametrize("late", [timedelta(hours=36), timedelta(days=7)])
def test_days_late_it_still_belongs_to_its_hour_and_only_a_template_may_answer(
    desk: Desk, late: timedelta
) -> None:
    desk.clock.now = CLOSES + late
    desk.tick()
    desk.says(1, "aus der Sprechstunde", at=OPENS + timedelta(minutes=30))
    (only,) = desk.only()
    assert only["late"]
    assert only["sent_at"] == "2026-12-03T14:30:00.000Z"
    assert only["received_at"] == (CLOSES + late).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    assert "mehr als 10 Minuten" in only["decision"]
    assert desk.waiting() == []
    answer = desk.ask(desk.mayor, "reply", conversation=only["conversation"], text="Zu spät?", seen=10**6)
    assert answer["error"]["code"] == "window_closed"


@pytest.mark.proves("AC-25")
@pytest.mark.parametrize(("seconds", "late"), [(120, False), (121, True)])
def test_two_minutes_on_the_way_are_not_yet_late(desk: Desk, seconds: int, late: bool) -> None:
    desk.clock.forward(seconds=seconds)
    desk.says(1, "unterwegs", at=OPENS)
    assert desk.only()[0]["late"] is late


@pytest.mark.proves("F43", "P19")
def test_a_conversation_that_began_may_be_finished_after_the_end(desk: Desk) -> None:
    desk.says(1, "eine lange Frage", at=CLOSES - timedelta(seconds=1))
    desk.clock.now = CLOSES + timedelta(minutes=3)
    desk.tick()
    assert desk.snapshot()["session"]["state"] == "draining"
    desk.says(1, "und noch ein Satz")
    assert [one["text"] for one in desk.only()] == ["eine lange Frage", "und noch ein Satz"]
    assert desk.waiting() == []
    assert desk.only()[1]["decision"].endswith("weil diese Person schon in der Sprechstunde ist.")
    desk.says(2, "und ich?")
    assert len(desk.snapshot()["conversations"]) == 1
    assert NEXT in desk.waiting()[0].text


def test_a_late_message_of_an_older_hour_does_not_pull_its_writer_out_of_the_newer(
    new_desk: Callable[..., Desk],
) -> None:
    weekly = '[[line.session]]\ndate = 2026-11-30\nfrom = "15:00"\nto = "16:00"\n'
    desk = new_desk(weekly, Clock(OPENS - timedelta(days=3)))
    desk.clock.now = OPENS
    desk.tick()
    desk.says(1, "heute")
    today = desk.snapshot()["session"]["id"]
    desk.says(1, "vom Montag", at=OPENS - timedelta(days=3))
    assert desk.conversation()["session"] == today
    assert desk.snapshot()["session"]["counts"]["people"] == 1


def test_a_text_of_the_towns_own_may_say_how_long_the_hour_still_is(new_desk: Callable[..., Desk]) -> None:
    own = 'answer = ["text"]\n[line.texts]\nnotice = "Nur Text bitte. Noch {minutes_left} min, bis {ends}."'
    desk = new_desk(own, Clock(OPENS + timedelta(minutes=17, seconds=30)))
    desk.tick()
    audio = {"id": "1", "mime_type": "audio/ogg"}
    desk.deliver(body([message(1, type="audio", audio=audio, at=desk.clock())]))
    assert [row.text for row in desk.waiting()] == ["Nur Text bitte. Noch 43 min, bis 16 Uhr."]


def test_where_the_opening_hours_go_on_after_the_hour_that_is_the_next_date(
    new_desk: Callable[..., Desk], tmp_path: Path
) -> None:
    desk = new_desk("", Clock(OPENS - timedelta(days=1)))
    hours = '[[line.hours]]\ndays = "mon-fri"\nfrom = "08:00"\nto = "18:00"\n'
    edit(desk, tmp_path, session("first thursday", more=hours))
    desk.clock.now = OPENS
    desk.tick()
    assert desk.ask(desk.mayor, "session.close_intake", session=desk.snapshot()["session"]["id"])["ok"]
    desk.clock.forward(minutes=10)
    desk.says(1, "zu spät für heute?")
    (away,) = desk.waiting()
    assert "Nächster Termin: heute ab 16:00 Uhr." in away.text
