"""The dates as iCalendar (RFC 5545): what a calendar that subscribes to a town keeps up to date with.

Escaping, folding and VTIMEZONE are the library's; texts are freed of control characters before (attack C28). The same
dates make the same bytes, so that a client can be told that nothing has changed.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from icalendar import Calendar, Event

from sessionhours.core.session import Announced
from sessionhours.server.dates import KEPT, lasting_name
from sessionhours.server.ordinals import short_ordinal
from sessionhours.server.qr import chat_link
from sessionhours.server.visit import Visit
from sessionhours.server.vtimezone import YEARS, vtimezone
from sessionhours.server.wording import one_line, plain

MEDIA_TYPE = "text/calendar; charset=utf-8"

#: How often clients are asked to look again.
LOOK_AGAIN = timedelta(hours=1)


def ical(visit: Visit, line: str | None = None) -> bytes:
    """The calendar of a town, or of one line. Those that are over or cancelled stay in it for 60 days."""
    calendar = _head(visit, line)
    for one in visit.told(line, KEPT):
        calendar.add_component(_event(visit, one))
    return bytes(calendar.to_ical())


def _head(visit: Visit, line: str | None) -> Calendar:
    named = visit.line(line) if line else None
    title = (
        f"{named.title} – {visit.town.name}"
        if named
        else visit.words.text("feed.title", town=visit.town.name)
    )
    calendar = Calendar()
    calendar.add("PRODID", "-//sessionhours//sessionhours//DE")
    calendar.add("VERSION", "2.0")
    calendar.add("CALSCALE", "GREGORIAN")
    calendar.add("NAME", one_line(title))
    calendar.add("X-WR-CALNAME", one_line(title))
    calendar.add("X-WR-TIMEZONE", visit.town.timezone.key)
    calendar.add("REFRESH-INTERVAL", LOOK_AGAIN, parameters={"VALUE": "DURATION"})
    calendar.add("X-PUBLISHED-TTL", "PT1H")
    calendar.add_component(vtimezone(visit.town.timezone, visit.words.local(visit.now).year))
    return calendar


def _event(visit: Visit, one: Announced) -> Event:
    event = Event()
    event.add("UID", f"{lasting_name(visit.town.id, one)}@sessionhours")
    event.add("SEQUENCE", one.revision)
    event.add("DTSTAMP", _stamp(one))
    event.add("LAST-MODIFIED", _stamp(one))
    event.add("DTSTART", _instant(visit, one.opens))
    event.add("DTEND", _instant(visit, one.closes))
    event.add("STATUS", "CANCELLED" if one.state == "cancelled" else "CONFIRMED")
    event.add("SUMMARY", one_line(summary(visit, one)))
    event.add("DESCRIPTION", plain("\n".join(_description(visit, one))))
    event.add("LOCATION", one_line(visit.words.place(one, visit.line(one.line))))
    event.add("CATEGORIES", ["WHATSAPP" if one.kind == "whatsapp" else "IN-PERSON"])
    event.add("URL", visit.url())
    event.add("TRANSP", "TRANSPARENT")  # whoever wants to write is not booked for it
    return event


def summary(visit: Visit, one: Announced) -> str:
    """Number, title and topic: "2. WhatsApp-Bürgersprechstunde: Ortsdurchfahrt"."""
    number = f"{short_ordinal(one.number, visit.language)} " if one.number else ""
    topic = f": {one.topic}" if one.topic else ""
    said = f"{number}{one.title}{topic}"
    return visit.words.text("cancelled", when=said) if one.state == "cancelled" else said


def _description(visit: Visit, one: Announced) -> list[str]:
    line, text = visit.line(one.line), visit.words.text
    said = [
        *visit.words.why(one, visit.instead_of(one)),
        *visit.words.news(one, visit.now),
        visit.words.number(one),
    ]
    if line and one.kind == "whatsapp" and one.state != "cancelled":
        said.append(text("calendar.how", phone=visit.words.phone(line), chat=chat_link(line.phone)))
        said.append(text("poster.answers", host=one.deputy or line.host))
    if visit.town.alternatives:
        said.append(text("calendar.other", alternatives=visit.town.alternatives))
    said.append(text("calendar.more", address=visit.url("termine")))
    return [sentence for sentence in said if sentence]


def _stamp(one: Announced) -> datetime:
    return one.updated_at.astimezone(UTC).replace(microsecond=0)


def _instant(visit: Visit, at: datetime) -> datetime:
    """Local time with its zone. UTC in the hour that comes twice, which readers take for the first (RFC 5545 §3.3.5) or
    for the second, and where the zone's changes of the clock are not told any more."""
    local = visit.words.local(at)
    twice = local.utcoffset() != local.replace(fold=1 - local.fold).utcoffset()
    told = local.year <= visit.words.local(visit.now).year + YEARS
    return local if told and not twice else at.astimezone(UTC)
