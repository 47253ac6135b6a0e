"""What people do with the hour: open it now, make it longer, take no more questions, end it, say that it begins late."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlmodel import Session

from sessionhours.core import words
from sessionhours.core.instants import instant, ms
from sessionhours.core.schedule import Line, Schedule
from sessionhours.core.session import RUNNING
from sessionhours.desk import closing, informing, sessions, ticking
from sessionhours.desk.plan import NOW
from sessionhours.desk.sessions import find, tell_next, tell_session, unaccounted
from sessionhours.errors import Refused
from sessionhours.store.events import emit
from sessionhours.store.tables import HourSession

#: Most minutes that one click adds, that all clicks add to one session, and the longest one opened by hand may last.
MOST_EXTENSION = 60
MOST_EXTENDED = 120
LONGEST = 8 * 60

#: Most minutes that a start is put off; what is later than that is another date.
MOST_LATE = 60

#: Characters of a deputy's name.
LONGEST_NAME = 100


def open_now(session: Session, schedule: Schedule, line: str, minutes: int, *, now: datetime) -> HourSession:
    """Open a session this minute; one whose lobby is open begins early. Raises `Refused` where one is running."""
    _within(minutes, LONGEST)
    town = schedule.town.id
    running = [row for row in sessions.running(session, town) if row.line == line]
    if any(row.state != "lobby" for row in running):
        raise Refused("session_running", "Auf dieser Leitung läuft schon eine Sprechstunde.", status=409)
    if running:
        return _begin(session, schedule.line(line), running[0], minutes, now)
    title = schedule.line(line).title
    row = sessions.new(session, town, schedule.line(line), title, now, now + timedelta(minutes=minutes), now)
    row.occurrence, row.changed = f"{line}{NOW}{row.id}", True
    row.uid = row.occurrence
    session.add(row)
    session.flush()
    emit(session, town, "session.created", sessions.shape(session, row), now=now)
    ticking.to_state(session, row, "open", now)
    sessions.number(session, town, line, now)
    return row


def extend(session: Session, schedule: Schedule, id: str, minutes: int, *, now: datetime) -> HourSession:
    """Move the end of a running session. Raises `Refused` for one that is over or not yet open, and beyond the most."""
    row = _on(session, schedule, id, "verlängert")
    _within(minutes, MOST_EXTENSION)
    if row.extended + minutes > MOST_EXTENDED:
        most = MOST_EXTENDED - row.extended
        raise Refused(
            "too_long",
            f"Mehr als {MOST_EXTENDED} Minuten länger geht nicht; noch {most} sind möglich.",
            status=409,
        )
    ends = max(row.closes, ms(now) if row.state == "draining" else row.closes) + minutes * 60_000
    _nothing_follows(session, schedule, row, ends, now)
    row.closes, row.extended = ends, row.extended + minutes
    _theirs(row, schedule.line(row.line), now)
    session.add(row)
    ticking.move(session, row, schedule.line(row.line), now)
    tell_session(session, row, now)
    return row


def close_intake(session: Session, schedule: Schedule, id: str, *, now: datetime) -> HourSession:
    """Take no new people any more; who is inside goes on. Raises `Refused` where intake is not open."""
    row = _on(session, schedule, id, "geschlossen")
    if row.state != "open":
        raise Refused("not_possible", "Neue Anliegen werden hier gerade gar nicht angenommen.", status=409)
    ticking.to_state(session, row, "intake_closed", now)
    return row


def open_intake(session: Session, schedule: Schedule, id: str, *, now: datetime) -> HourSession:
    """Take new people again. Raises `Refused` where intake was not closed by hand."""
    row = _on(session, schedule, id, "geöffnet")
    if row.state != "intake_closed":
        raise Refused(
            "not_possible", "Neue Anliegen werden schon angenommen, oder die Zeit ist um.", status=409
        )
    ticking.to_state(session, row, "open", now)
    return row


def close(session: Session, schedule: Schedule, id: str, *, now: datetime) -> HourSession:
    """End it, also before its time. Raises `Refused`: ``unaccounted`` with who still lacks an outcome."""
    row = _on(session, schedule, id, "beendet")
    if row.state == "lobby":
        raise Refused("not_possible", "Sie hat noch nicht begonnen; Sie können sie absagen.", status=409)
    if unaccounted(session, row):
        who = closing.open_people(session, row, now)
        raise Refused("unaccounted", _open_for(len(who)), status=409, who=who)
    if ms(now) < row.closes:
        row.closes = ms(now)
        _theirs(row, schedule.line(row.line), now)
    ticking.to_state(session, row, "closed", now)
    tell_next(session, row.town, now)
    return row


def late(session: Session, schedule: Schedule, id: str, minutes: int, *, now: datetime) -> HourSession:
    """It begins later by so many minutes; 0 takes that back. Exactly those who wait hear of it (N22)."""
    row = _before_the_end(session, schedule, id)
    if not 0 <= minutes <= MOST_LATE:
        raise Refused("bad_minutes", f"Bitte 0 bis {MOST_LATE} Minuten angeben.")
    begins = max(instant(row.opens), now) + timedelta(minutes=minutes)
    row.late_until = ms(begins) if minutes else None
    session.add(row)
    if minutes:
        informing.late(session, schedule, row, now)
    _told(session, row, now)
    return row


def deputy(session: Session, schedule: Schedule, id: str, name: str, *, now: datetime) -> HourSession:
    """Somebody else answers today; an empty name takes that back. Exactly those who wait hear of it (N22)."""
    row = _before_the_end(session, schedule, id)
    name = name.strip()
    if len(name) > LONGEST_NAME:
        raise Refused("bad_data", f"name: höchstens {LONGEST_NAME} Zeichen.")
    row.deputy = name
    session.add(row)
    if name:
        informing.inform(session, schedule, row, "deputy", name, {"deputy": name}, now)
    _told(session, row, now)
    return row


# -- small parts ---------------------------------------------------------------------------------------


def _open_for(people: int) -> str:
    who, each = ("eine Person", "sie") if people == 1 else (f"{people} Personen", "jede von ihnen")
    return f"Für {who} ist noch nicht gesorgt: Bitte antworten Sie oder wählen Sie, was für {each} gilt."


def _begin(session: Session, line: Line, row: HourSession, minutes: int, now: datetime) -> HourSession:
    row.opens, row.closes = ms(now), max(row.closes, ms(now) + minutes * 60_000)
    _theirs(row, line, now)
    ticking.to_state(session, row, "open", now)
    tell_next(session, row.town, now)
    return row


def _on(session: Session, schedule: Schedule, id: str, what: str) -> HourSession:
    """The session, if it is on. Raises `Refused` in a sentence that says why not."""
    row = find(session, schedule.town.id, id)
    if row.state in RUNNING:
        return row
    if row.state == "closed":
        ended = words.moment(
            instant(row.closed_at or row.closes).astimezone(schedule.town.timezone), schedule.town.language
        )
        raise Refused("session_not_running", f"Diese Sprechstunde ist seit {ended} beendet.", status=409)
    raise Refused("session_not_running", f"Nur eine laufende Sprechstunde kann {what} werden.", status=409)


def _before_the_end(session: Session, schedule: Schedule, id: str) -> HourSession:
    row = find(session, schedule.town.id, id)
    return row if row.state == "announced" else _on(session, schedule, id, "geändert")


def _nothing_follows(
    session: Session, schedule: Schedule, row: HourSession, ends: int, now: datetime
) -> None:
    """An hour does not run into the next one of its line."""
    for other in sessions.living(session, row.town):
        if other.id != row.id and other.line == row.line and row.closes <= other.opens < ends:
            begins = words.moment(
                instant(other.opens).astimezone(schedule.town.timezone), schedule.town.language
            )
            raise Refused("overlap", f"Um {begins} beginnt schon die nächste Sprechstunde.", status=409)


def _theirs(row: HourSession, line: Line, now: datetime) -> None:
    """Staff made it theirs: the file no longer moves it, calendars hear of it."""
    row.changed = True
    sessions.touch(row, line, now)


def _told(session: Session, row: HourSession, now: datetime) -> None:
    sessions.renew(row, now)
    tell_session(session, row, now)


def _within(minutes: int, most: int) -> None:
    if not 1 <= minutes <= most:
        raise Refused("bad_minutes", f"Bitte 1 bis {most} Minuten angeben.")
