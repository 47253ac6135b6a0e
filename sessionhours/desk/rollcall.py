"""The roll call (AC-33, N22): nobody who may answer is there, and exactly the right people hear of it, once.

Citizens are told nothing by themselves. What the system set it takes back as soon as somebody comes; what people set, never.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime

from sqlmodel import Session

from sessionhours.core import words
from sessionhours.core.instants import instant, ms
from sessionhours.core.letter_words import nobody_letter
from sessionhours.core.rollcall import BEFORE, Step, due
from sessionhours.core.schedule import Line, Schedule
from sessionhours.desk import mails, notices, shapes
from sessionhours.desk.plan import NOW
from sessionhours.desk.sessions import tell_session
from sessionhours.store.lock import alone
from sessionhours.store.tables import HourSession

#: States in which the hour waits for somebody.
WAITING_STATES = ("announced", "lobby", "open", "intake_closed")


@dataclass
class Roll:
    """How far the roll call of a session is; instants in milliseconds.

    ``opens``: the start that it is about. ``asked``, ``called``, ``late``: when each step was settled, whoever was there.
    ``here``: when somebody was seen last. ``nobody``: since when the consoles show that nobody is there. ``late_until``: the
    start that the system put off by itself.
    """

    opens: int
    asked: int | None = None
    called: int | None = None
    late: int | None = None
    here: int | None = None
    nobody: int | None = None
    late_until: int | None = None

    def missing(self, row: HourSession, now: datetime) -> list[Step]:
        """The steps that are due and not settled. A start that people put off counts as the start."""
        put_off = row.late_until if row.late_until != self.late_until else None
        begins = instant(max(row.opens, put_off or 0))
        return [step for step in due(begins, instant(row.closes), now) if getattr(self, step) is None]

    def begun(self) -> bool:
        """Was somebody there since the start? Then it is late no more, whoever has left."""
        return self.here is not None and self.here >= self.opens


def roll_of(row: HourSession) -> Roll:
    """The roll call of a session; for another start than before it begins anew."""
    kept = shapes.load(row.roll)
    if kept is None:
        return Roll(row.opens)
    roll = Roll(**kept)
    if roll.opens != row.opens:
        roll.opens, roll.asked, roll.called, roll.late = row.opens, None, None, None
    return roll


def is_watched(row: HourSession, now: datetime) -> bool:
    """Does it matter now who is there? Not for hours that somebody opened by hand: somebody is."""
    if row.state not in WAITING_STATES or row.kind != "whatsapp" or NOW in (row.occurrence or ""):
        return False
    return instant(row.opens) - BEFORE <= now < instant(row.closes)


def has_news(row: HourSession, now: datetime, *, here: bool) -> bool:
    """Is there anything to write down, given who is there?"""
    roll = roll_of(row)
    if roll.missing(row, now):
        return True
    begins = ms(now) >= row.opens and roll.late is None and not roll.begun()
    return here and (begins or roll.nobody is not None or _put_off(row, roll))


def call(session: Session, schedule: Schedule, id: str, *, here: bool, console: str, now: datetime) -> None:
    """Settle the steps that are due, whichever process comes first. ``here``: somebody who may answer is at a console.

    ``console`` is the address in the mail.
    """
    alone(session)
    row = session.get(HourSession, id, with_for_update=True)
    line = _line(schedule, row)
    if row is None or line is None or not is_watched(row, now):
        return
    roll = roll_of(row)
    steps = roll.missing(row, now)
    if here:
        changed = _somebody(session, schedule, row, roll, now)
    elif steps:
        changed = _nobody(session, schedule, line, row, roll, steps, console, now)
    else:
        return
    for step in steps:
        setattr(roll, step, ms(now))
    row.roll = shapes.dump(asdict(roll))
    session.add(row)
    if changed:
        tell_session(session, row, now)


def _somebody(session: Session, schedule: Schedule, row: HourSession, roll: Roll, now: datetime) -> bool:
    """Take back what was shown. Returns whether anything was."""
    roll.here = ms(now)
    changed = roll.nobody is not None or _put_off(row, roll)
    if roll.nobody is not None:
        roll.nobody = None
        notices.withdraw(session, row.town, "unattended", row.id, now=now)
    if _put_off(row, roll):
        row.late_until, row.updated_at = None, ms(now)
    roll.late_until = None
    return changed


def _nobody(
    session: Session,
    schedule: Schedule,
    line: Line,
    row: HourSession,
    roll: Roll,
    steps: Sequence[Step],
    console: str,
    now: datetime,
) -> bool:
    """Each step once; after a pause of the server several are due together."""
    roll.nobody = roll.nobody or ms(now)
    begins = words.moment(instant(row.opens).astimezone(schedule.town.timezone), schedule.town.language)
    notices.tell(session, schedule, "unattended", row.id, now=now, more=f"{begins}.")
    if "called" in steps:
        _mail(session, schedule, line, row, console, now)
    if "late" in steps and row.late_until is None and not roll.begun():
        row.late_until = roll.late_until = row.updated_at = ms(now)
    return True


def _mail(
    session: Session, schedule: Schedule, line: Line, row: HourSession, console: str, now: datetime
) -> None:
    """To the one who is on call; where nobody is, to the admins."""
    town = schedule.town
    subject, body = nobody_letter(town, line, row.title, row.number, instant(row.opens), now, console)
    to = [town.on_call] if town.on_call else mails.admins(session, town.id)
    mails.queue(session, town.id, to, subject, body, f"rollcall:{row.id}:{row.opens}", now)


def _put_off(row: HourSession, roll: Roll) -> bool:
    """Is the start put off as the system did it, and by nobody since?"""
    return roll.late_until is not None and row.late_until == roll.late_until


def _line(schedule: Schedule, row: HourSession | None) -> Line | None:
    return next((line for line in schedule.lines if row is not None and line.id == row.line), None)
