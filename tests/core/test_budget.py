from __future__ import annotations

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest

from sessionhours.core.budget import forecast, is_short, is_spent, month_of
from sessionhours.core.schedule import Budget

BERLIN = ZoneInfo("Europe/Berlin")


@pytest.mark.parametrize(
    ("at", "zone", "month"),
    [
        ("2026-11-30T22:59:59", "Europe/Berlin", "2026-11"),
        ("2026-11-30T23:00:00", "Europe/Berlin", "2026-12"),  # winter time: an hour ahead
        ("2026-03-31T21:59:59", "Europe/Berlin", "2026-03"),
        ("2026-03-31T22:00:00", "Europe/Berlin", "2026-04"),  # summer time began on the 29th
        ("2026-10-31T22:59:59", "Europe/Berlin", "2026-10"),
        ("2026-10-31T23:00:00", "Europe/Berlin", "2026-11"),  # and ended on the 25th
        ("2026-12-31T23:00:00", "Europe/Berlin", "2027-01"),
        ("2026-12-31T23:00:00", "UTC", "2026-12"),
    ],
)
def test_a_month_begins_at_the_towns_own_midnight(at: str, zone: str, month: str) -> None:
    assert month_of(datetime.fromisoformat(at).replace(tzinfo=UTC), ZoneInfo(zone)) == month


@pytest.mark.parametrize(
    ("delivered", "today", "expected"),
    [
        (0, date(2026, 12, 3), 0),
        (10, date(2026, 12, 1), 310),
        (10, date(2026, 12, 31), 10),
        (100, date(2026, 12, 3), 1034),
        (10, date(2027, 2, 14), 20),
        (10, date(2028, 2, 29), 10),
    ],
)
def test_the_month_goes_on_as_its_days_so_far(delivered: int, today: date, expected: int) -> None:
    assert forecast(delivered, today) == expected


def test_eighty_percent_and_the_cap() -> None:
    held = Budget(free=1000, cap=1000)
    assert [is_short(held, n) for n in (0, 799, 800, 1001)] == [False, False, True, True]
    assert [is_spent(held, n) for n in (0, 999, 1000, 1001)] == [False, False, True, True]
    assert not is_spent(Budget(free=1000, cap=0), 10**6)
    assert not is_short(Budget(free=0, cap=0), 10**6)
