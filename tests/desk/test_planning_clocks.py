"""Times of a plan are the town's own, over clock changes, leap days and midnight, wherever the server stands (F38–F40)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from sessionhours.core.instants import instant
from tests.desk.office import Desk
from tests.desk.planner import LINE, done, refused, row
from tests.makers import Clock

#: (date, from, to) as typed, and the instants in UTC.
VECTORS = [
    ("2026-10-24", "15:00", "16:00", "10-24 13:00", "10-24 14:00"),  # the day before the change
    ("2026-10-25", "01:00", "04:00", "10-24 23:00", "10-25 03:00"),  # three hours on the wall, four of time
    ("2026-10-25", "00:30", "01:59", "10-24 22:30", "10-24 23:59"),
    ("2026-10-24", "23:00", "03:30", "10-24 21:00", "10-25 02:30"),  # over midnight and over the change
    ("2026-10-25", "03:00", "04:00", "10-25 02:00", "10-25 03:00"),
    ("2026-10-25", "15:00", "16:00", "10-25 14:00", "10-25 15:00"),
    ("2027-03-28", "01:30", "03:30", "03-28 00:30", "03-28 01:30"),  # two hours on the wall, one of time
    ("2027-03-28", "03:00", "04:00", "03-28 01:00", "03-28 02:00"),
    ("2027-03-27", "22:00", "05:00", "03-27 21:00", "03-28 03:00"),
    ("2027-03-28", "15:00", "16:00", "03-28 13:00", "03-28 14:00"),
    ("2028-02-29", "15:00", "16:00", "02-29 14:00", "02-29 15:00"),
    ("2028-02-29", "23:30", "00:30", "02-29 22:30", "02-29 23:30"),
    ("2028-02-28", "23:30", "00:30", "02-28 22:30", "02-28 23:30"),
    ("2026-12-31", "23:00", "01:00", "12-31 22:00", "01-01 00:00"),
    ("2026-12-31", "15:00", "24:00", "12-31 14:00", "12-31 23:00"),
    ("2027-01-01", "00:00", "01:00", "12-31 23:00", "01-01 00:00"),
    ("2026-12-10", "22:00", "06:00", "12-10 21:00", "12-11 05:00"),
]


@pytest.mark.proves("F38", "F39", "F40", "P4")
def test_a_session_is_at_the_right_instants_wherever_the_server_stands(
    new_desk: Callable[..., Desk], server_zone: str
) -> None:
    desk = new_desk("", Clock(datetime(2026, 10, 20, 12, tzinfo=UTC)))
    for day, from_, to, opens, closes in VECTORS:
        made = done(desk, "session.add", line=LINE, date=day, from_=from_, to=to, kind="in_person")["session"]
        found = row(desk, made["id"])
        shown = tuple(f"{instant(moment):%m-%d %H:%M}" for moment in (found.opens, found.closes))
        assert shown == (opens, closes), (day, from_, to, server_zone)
        done(desk, "session.cancel", session=found.id, reason="Platz für den nächsten")


@pytest.mark.proves("F38", "F39", "AC-6")
def test_a_series_on_a_clock_change_waits_for_a_decision_and_is_as_long_as_the_rule_says(
    new_desk: Callable[..., Desk], server_zone: str
) -> None:
    desk = new_desk("", Clock(datetime(2026, 10, 20, 12, tzinfo=UTC)))
    done(desk, "series.add", line=LINE, every="sunday", from_="2:00", to="3:00")
    autumn = done(desk, "session.confirm", line=LINE, date="2026-10-25")["session"]
    assert (autumn["opens"], autumn["closes"]) == ("2026-10-25T00:00:00.000Z", "2026-10-25T02:00:00.000Z")
    spring = refused(desk, "session.confirm", line=LINE, date="2027-03-28")
    assert "diese Sprechzeit gibt es am 28.03.2027 nicht" in spring["message"]
    done(desk, "session.move", session=f"{LINE}/2027-03-28T02:00", date="2027-03-28", from_="3:00", to="4:00")
    moved = row(desk, f"{LINE}/2027-03-28T02:00")
    assert (moved.closes - moved.opens, moved.moved_from) == (3_600_000, None)
