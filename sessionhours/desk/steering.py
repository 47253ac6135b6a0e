"""What people do with the hour: open it now, make it longer, take no more questions, end it, say that it begins late."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlmodel import Session

from sessionhours.core import words
from sessionhours.core.instants import instant, ms
from sessionhours.core.schedule import Line, Schedule
from sessionhours.core.session import RUNNING
from sessionhours.desk import closing, informing, moves, sessions
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

#: Milliseconds.
MINUTE = 60_000

#: So many of those who are left are named in a sentence.
FEW = 3

#: Characters of a deputy's name.
LONGEST_NAME = 100


def open_now(session: Session, schedule: Schedule, line: str, minutes: int, *, now: datetime) -> HourSession:
    """Open a session this minute; one whose lobby is open begins early. Raises `Refused` where one is running."""
    _within(minutes, LONGEST)
    town = schedule.town.id
    running = [row for row in sessions.running(session, town) if row.line == line]
    if on := [row for row in running if row.state != "lobby"]:
        raise _already(session, schedule, on[-1], now)
    if running:
        return _begin(session, schedule, running[0], minutes, now)
    title, closes = schedule.line(line).title, now + timedelta(minutes=minutes)
    row = sessions.new(session, town, schedule.line(line), title, now, closes, now)
    _nothing_follows(session, schedule, row, row.opens, row.closes)
    row.occurrence, row.changed = f"{line}{NOW}{row.id}", True
    row.uid = row.occurrence
    session.add(row)
    session.flush()
    emit(session, town, "session.created", sessions.shape(session, row), now=now)
    moves.to_state(session, row, "open", now)
    sessions.number(session, town, line, now)
    return row


def extend(session: Session, schedule: Schedule, id: str, minutes: int, *, now: datetime) -> HourSession:
    """Move the end of a running session. Raises `Refused` for one that is over or not yet open, and beyond the most."""
    row = _on(session, schedule, id, "verlängert")
    if row.state == "lobby":
        raise Refused(
            "session_not_running", "Sie hat noch nicht begonnen; verlängern lässt sie sich dann.", status=409
        )
    _within(minutes, MOST_EXTENSION)
    if row.extended + minutes > MOST_EXTENDED:
        most = MOST_EXTENDED - row.extended
        raise Refused(
            "too_long",
            f"Mehr als {MOST_EXTENDED} Minuten länger geht nicht; noch {most} sind möglich.",
            status=409,
        )
    begins = max(row.closes, ms(now) if row.state == "draining" else row.closes)
    ends = begins + minutes * MINUTE
    _nothing_follows(session, schedule, row, begins, ends)
    line = moves.line_of(schedule, row)
    row.closes, row.extended = ends, row.extended + minutes
    _theirs(row, line, now)
    session.add(row)
    moves.move(session, row, line, now)
    tell_session(session, row, now)
    return row


def close_intake(session: Session, schedule: Schedule, id: str, *, now: datetime) -> HourSession:
    """Take no new people any more; who is inside goes on. Raises `Refused` where intake is not open."""
    row = _on(session, schedule, id, "geschlossen")
    if row.state != "open":
        raise Refused("not_possible", "Neue Anliegen werden hier gerade gar nicht angenommen.", status=409)
    moves.to_state(session, row, "intake_closed", now)
    return row


def open_intake(session: Session, schedule: Schedule, id: str, *, now: datetime) -> HourSession:
    """Take new people again. Raises `Refused` where intake was not closed by hand."""
    row = _on(session, schedule, id, "geöffnet")
    if row.state != "intake_closed":
        raise Refused(
            "not_possible", "Neue Anliegen werden schon angenommen, oder die Zeit ist um.", status=409
        )
    moves.to_state(session, row, "open", now)
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
        _theirs(row, moves.line_of(schedule, row), now)
    moves.to_state(session, row, "closed", now)
    tell_next(session, row.town, now)
    return row


def late(session: Session, schedule: Schedule, id: str, minutes: int, *, now: datetime) -> HourSession:
    """It begins later by so many minutes; 0 takes that back. Exactly those who wait hear of it (N22), once a change.

    Raises `Refused`: ``bad_minutes``, and where it has begun for good or would be over by then.
    """
    row = _before_the_end(session, schedule, id, now)
    if not 0 <= minutes <= MOST_LATE:
        raise Refused("bad_minutes", f"Bitte 0 bis {MOST_LATE} Minuten angeben.")
    begins = _late_start(row, minutes, now) if minutes else None
    if row.late_until == begins:
        return row
    row.late_until = begins
    session.add(row)
    if begins is not None:
        informing.late(session, schedule, row, now)
    _told(session, row, now)
    return row


def deputy(session: Session, schedule: Schedule, id: str, name: str, *, now: datetime) -> HourSession:
    """Somebody else answers today; an empty name takes that back. Exactly those who wait hear of it (N22), once a change."""
    row = _before_the_end(session, schedule, id, now)
    name = name.strip()
    if len(name) > LONGEST_NAME:
        raise Refused("bad_data", f"name: höchstens {LONGEST_NAME} Zeichen.")
    if row.deputy == name:
        return row
    row.deputy = name
    session.add(row)
    if name:
        informing.deputy(session, schedule, row, now)
    _told(session, row, now)
    return row


# -- small parts ---------------------------------------------------------------------------------------


def _open_for(people: int) -> str:
    who, each = ("eine Person", "sie") if people == 1 else (f"{people} Personen", "jede von ihnen")
    return f"Für {who} ist noch nicht gesorgt: Bitte antworten Sie oder wählen Sie, was für {each} gilt."


def _begin(
    session: Session, schedule: Schedule, row: HourSession, minutes: int, now: datetime
) -> HourSession:
    ends = max(row.closes, ms(now) + minutes * MINUTE)
    _nothing_follows(session, schedule, row, ms(now), ends)
    sessions.begins(row, now, instant(ends), schedule.town.timezone)
    _theirs(row, schedule.line(row.line), now)
    moves.to_state(session, row, "open", now)
    tell_next(session, row.town, now)
    return row


def _on(session: Session, schedule: Schedule, id: str, what: str) -> HourSession:
    """The session, if it is on. Raises `Refused` in a sentence that says why not."""
    row = find(session, schedule.town.id, id)
    if row.state in RUNNING:
        return row
    if row.state == "closed":
        ended = _moment(schedule, row.closed_at or row.closes)
        raise Refused("session_not_running", f"Diese Sprechstunde ist seit {ended} beendet.", status=409)
    if row.state == "cancelled":
        raise Refused("session_cancelled", "Diese Sprechstunde ist abgesagt.", status=409)
    raise Refused("session_not_running", f"Nur eine laufende Sprechstunde kann {what} werden.", status=409)


def _already(session: Session, schedule: Schedule, row: HourSession, now: datetime) -> Refused:
    """The refusal of a second hour beside this one; of one whose time is up nobody would think that it is on."""
    if row.state != "draining":
        return Refused("session_running", "Auf dieser Leitung läuft schon eine Sprechstunde.", status=409)
    who = closing.open_people(session, row, now)
    day = words.short_day(
        instant(row.opens).astimezone(schedule.town.timezone).date(), schedule.town.language
    )
    waits = f"Für {_named(who)} ist noch nicht gesorgt. " if who else ""
    sentence = f"Die Sprechstunde vom {day} ist noch nicht beendet. {waits}Bitte beenden Sie sie zuerst."
    return Refused("session_running", sentence, status=409, who=who)


def _named(who: Sequence[Mapping[str, Any]]) -> str:
    """The first few by name: "Anna Müller, Jörg Beyer und 3 weitere"."""
    named = ", ".join(str(one["name"]) for one in who[:FEW])
    more = len(who) - FEW
    return f"{named} und {more} weitere" if more > 0 else named


def _late_start(row: HourSession, minutes: int, now: datetime) -> int:
    """The start in whole minutes, rounded up; the same again within a minute is the start that was said already.

    Raises `Refused` where there is none to put off.
    """
    if row.state not in ("announced", "lobby", "open"):
        raise Refused(
            "not_possible", "Für eine Verspätung ist es zu spät: Bitte absagen oder beenden.", status=409
        )
    begins = max(row.opens, ms(now)) + minutes * MINUTE
    if begins >= row.closes:
        raise Refused("too_late", "So spät wäre die Sprechstunde schon vorbei: Bitte absagen.", status=409)
    if row.late_until is not None and 0 <= begins - row.late_until < MINUTE:
        return row.late_until
    return -(-begins // MINUTE) * MINUTE


def _before_the_end(session: Session, schedule: Schedule, id: str, now: datetime) -> HourSession:
    row = find(session, schedule.town.id, id)
    if row.state != "announced":
        return _on(session, schedule, id, "geändert")
    if row.closes <= ms(now):
        raise Refused("session_not_running", "Diese Sprechstunde ist vorbei.", status=409)
    return row


def _nothing_follows(session: Session, schedule: Schedule, row: HourSession, begins: int, ends: int) -> None:
    """An hour does not run into the next one of its line (AC-5); ``begins`` is where the minutes that it wants begin."""
    since = min(begins, row.closes)
    for other in sessions.living(session, row.town):
        if other.id != row.id and other.line == row.line and since <= other.opens < ends:
            left = (other.opens - begins) // MINUTE
            possible = f"; bis dahin sind {left} Minuten möglich" if left > 0 else ""
            raise Refused(
                "overlap",
                f"Um {_moment(schedule, other.opens)} beginnt schon die nächste Sprechstunde{possible}.",
                status=409,
            )


def _moment(schedule: Schedule, at: int) -> str:
    """An instant in milliseconds as the town says it: "15:12 Uhr"."""
    return words.moment(instant(at).astimezone(schedule.town.timezone), schedule.town.language)


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
