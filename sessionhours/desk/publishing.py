"""Where a session was announced and when: ticked off by hand, channel by channel (surfaces §5)."""

from __future__ import annotations

from sessionhours.core.instants import instant, ms
from sessionhours.core.schedule_time import local_date
from sessionhours.desk import aftermath, planning_dates, shapes
from sessionhours.desk.call import Call
from sessionhours.desk.planning import find
from sessionhours.desk.planning_dates import wrong
from sessionhours.store.tables import HourSession

CHANNELS = ("amtsblatt", "presse", "website", "social", "mail", "aushang")


def publish(call: Call, name: str, channel: str, date: str | None) -> HourSession:
    """It was announced there on that date; None takes that back.

    Raises `Refused` for a bad field, and for what nobody announces: a window that is over without having had a session,
    or one that waits for a decision.

    No new version: calendars have nothing to learn from it.
    """
    aftermath.begin(call)
    row = _announceable(call, name)
    if channel not in CHANNELS:
        raise wrong("channel", f"einer von {', '.join(CHANNELS)}")
    published: dict[str, str] = shapes.load(row.published) or {}
    published.pop(channel, None)
    if date is not None:
        published[channel] = _before_the_end(call, row, date)
    row.published = shapes.dump({one: published[one] for one in CHANNELS if one in published})
    aftermath.settle(call, row)
    return row


def _announceable(call: Call, name: str) -> HourSession:
    found = find(call, name)
    if found.undecided:
        raise wrong("session", "Dieser Termin wartet noch auf eine Entscheidung.", "not_possible", status=409)
    if found.new and found.row.closes <= ms(call.now):
        raise wrong("session", "Dieser Termin ist schon vorbei.", "session_closed", status=409)
    return found.row


def _before_the_end(call: Call, row: HourSession, date: str) -> str:
    day = planning_dates.day_of("date", date)
    if day > local_date(instant(row.closes), call.schedule.town.timezone):
        raise wrong("date", "Dieser Tag liegt nach dem Termin.")
    return day.isoformat()
