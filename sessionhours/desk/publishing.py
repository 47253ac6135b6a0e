"""Where a session was announced and when: ticked off by hand, channel by channel (surfaces §5)."""

from __future__ import annotations

from sessionhours.core.instants import instant
from sessionhours.core.schedule_time import local_date
from sessionhours.desk import aftermath, planning_dates, shapes
from sessionhours.desk.call import Call
from sessionhours.desk.planning import find
from sessionhours.desk.planning_dates import wrong
from sessionhours.store.tables import HourSession

CHANNELS = ("amtsblatt", "presse", "website", "social", "mail", "aushang")


def publish(call: Call, name: str, channel: str, date: str | None) -> HourSession:
    """It was announced there on that date; None takes that back. Raises `Refused` for a bad field.

    No new version: calendars have nothing to learn from it.
    """
    aftermath.begin(call)
    row = find(call, name).row
    if channel not in CHANNELS:
        raise wrong("channel", f"einer von {', '.join(CHANNELS)}")
    published: dict[str, str] = shapes.load(row.published) or {}
    published.pop(channel, None)
    if date is not None:
        published[channel] = _before_the_end(call, row, date)
    row.published = shapes.dump({one: published[one] for one in CHANNELS if one in published})
    aftermath.settle(call, row)
    return row


def _before_the_end(call: Call, row: HourSession, date: str) -> str:
    day = planning_dates.day_of("date", date)
    if day > local_date(instant(row.closes), call.schedule.town.timezone):
        raise wrong("date", "Dieser Tag liegt nach dem Termin.")
    return day.isoformat()
