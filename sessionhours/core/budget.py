"""What a month of messages costs nothing, and where automatic texts stop (N23, contract §7.8).

Each delivered service message counts on its line in the calendar month of the town. People's answers never stop.
"""

from __future__ import annotations

from calendar import monthrange
from datetime import date, datetime
from zoneinfo import ZoneInfo

from sessionhours.core.schedule_rules import Budget

#: The kind of message that counts: an answer within the service window, by a person or automatic.
SERVICE = "service"

#: From this share of the free messages on the admin is told.
WARN_AT = 0.8


def month_of(at: datetime, zone: ZoneInfo) -> str:
    """The town's own calendar month of an instant: "2026-12"."""
    return f"{at.astimezone(zone):%Y-%m}"


def forecast(delivered: int, today: date) -> int:
    """How many it will be at the month's end if it goes on as on the days so far, today included."""
    return -(-delivered * monthrange(today.year, today.month)[1] // today.day)


def is_short(budget: Budget, delivered: int) -> bool:
    """Are 80 % of the free messages used?"""
    return budget.free > 0 and delivered >= budget.free * WARN_AT


def is_spent(budget: Budget, delivered: int) -> bool:
    """Do automatic texts stop now? A cap of 0 never stops them."""
    return 0 < budget.cap <= delivered
