"""Who hears that an hour changes: those in it, those who count on it, and whoever comes while it holds (N22)."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime

from sqlalchemy import and_, or_
from sqlmodel import Session, col, select

from sessionhours.core import words
from sessionhours.core.instants import instant, ms
from sessionhours.core.schedule import Schedule
from sessionhours.core.schedule_time import local_date
from sessionhours.desk import saying
from sessionhours.desk.plan import Plan, Planner
from sessionhours.desk.sessions import UNANSWERED, unaccounted
from sessionhours.store.tables import Conversation, HourSession

#: States in which who comes is told that it begins late, or who answers.
TOLD = ("lobby", "open", "intake_closed")

#: A standing text, what marks its news, and the values of its placeholders.
Said = tuple[str, str, Mapping[str, str]]


def inform(
    session: Session,
    schedule: Schedule,
    row: HourSession,
    key: str,
    mark: str,
    values: Mapping[str, str],
    now: datetime,
) -> int:
    """Tell those who wait in this session, and on its day those who count on it. Returns how many hear it.

    ``schedule`` is the plan as it stands.
    """
    waiting, zone = unaccounted(session, row), schedule.town.timezone
    if local_date(now, zone) == local_date(instant(row.opens), zone):  # the texts say when, but not which day
        waiting += expecting(session, schedule, row, instant(row.opens), now)
    return saying.to_those_waiting(session, schedule, waiting, key, row, mark, values=values, now=now)


def expecting(
    session: Session, schedule: Schedule, row: HourSession, opens: datetime, now: datetime
) -> list[Conversation]:
    """Who is held or carried over, can be written to freely, and was told that this session is the next one.

    ``schedule`` is the plan as it stands now; ``opens`` is when the session was to open.
    """
    if row.kind != "whatsapp" or opens <= now or all(line.id != row.line for line in schedule.lines):
        return []
    carried = and_(col(Conversation.lane) == "follow_up", col(Conversation.outcome) == "carried_over")
    statement = select(Conversation).where(
        Conversation.town == row.town,
        Conversation.line == row.line,
        or_(col(Conversation.lane) == "held", carried),
        col(Conversation.window_closes_at) > ms(now),
    )
    found = session.exec(statement.order_by(col(Conversation.waiting_since), col(Conversation.id))).all()
    if not found or _another_goes_too(session, row, opens, now):
        return []
    instead = session.get(HourSession, row.replaced_by) if row.replaced_by else None
    mine = {row.occurrence, instead.occurrence if instead else None}
    return list(found) if _was_next(schedule, row, mine, opens, now) else []


def moved(session: Session, schedule: Schedule, row: HourSession, before: datetime, now: datetime) -> None:
    """It was to open at ``before``, and opens at another time now. ``schedule`` is the file's."""
    if instant(row.opens) == before:
        return
    session.add(row)
    plan = Planner().plan(session, schedule, now=now).schedule
    waiting = unaccounted(session, row) + expecting(session, plan, row, before, now)
    saying.to_those_waiting(session, plan, waiting, "moved", row, str(row.revision), now=now)


def is_late(row: HourSession, now: datetime) -> bool:
    """Does it begin later than announced, and has not yet begun?"""
    return row.late_until is not None and row.late_until > ms(now)


def late(session: Session, schedule: Schedule, row: HourSession, now: datetime) -> None:
    """Tell when it begins now; also where that was said before and something else since."""
    saying.anew(session, row, f"late:{row.id}:{row.late_until}")
    inform(session, schedule, row, *_start(schedule, row), now)


def deputy(session: Session, schedule: Schedule, row: HourSession, now: datetime) -> None:
    """Tell who answers now; also where that was said before and another since."""
    saying.anew(session, row, f"deputy:{row.id}:{row.deputy}")
    inform(session, schedule, row, *_who(row), now)


def newcomers(session: Session, plan: Plan, row: HourSession, came: Collection[str], now: datetime) -> None:
    """Whoever comes after it was said that it begins late, or who answers, hears it too; each once."""
    if row.state not in TOLD or not (row.deputy or is_late(row, now)):
        return
    statement = select(Conversation).where(
        col(Conversation.id).in_(came), col(Conversation.lane).in_(UNANSWERED)
    )
    people = list(session.exec(statement.order_by(col(Conversation.id))))
    said = [_start(plan.schedule, row)] if is_late(row, now) else []
    said += [_who(row)] if row.deputy else []
    for key, mark, values in said:
        saying.to_those_waiting(session, plan.schedule, people, key, row, mark, values=values, now=now)


def _start(schedule: Schedule, row: HourSession) -> Said:
    begins = instant(row.late_until or row.opens).astimezone(schedule.town.timezone)
    return "late", str(row.late_until), {"starts": words.moment(begins, schedule.town.language)}


def _who(row: HourSession) -> Said:
    return "deputy", row.deputy, {"deputy": row.deputy}


def _was_next(
    schedule: Schedule, row: HourSession, mine: Collection[str | None], opens: datetime, now: datetime
) -> bool:
    """Is nothing but ``mine``, itself and what replaces it, on its line before ``opens``?"""
    following = schedule.next_after(now, line=row.line)
    while following is not None and following.key in mine:
        following = schedule.next_after(following.opens, line=row.line)
    return following is None or following.opens >= opens


def _another_goes_too(session: Session, row: HourSession, opens: datetime, now: datetime) -> bool:
    """Is an earlier one on its line cancelled in this very moment? Then that was theirs, and they hear of that."""
    earlier = select(HourSession.id).where(
        HourSession.town == row.town,
        HourSession.line == row.line,
        col(HourSession.id).not_in((row.id, row.replaced_by or row.id)),
        HourSession.kind == "whatsapp",
        col(HourSession.opens).between(ms(now), ms(opens) - 1),
        or_(col(HourSession.state) == "announced", col(HourSession.updated_at) >= ms(now)),
    )
    return session.exec(earlier).first() is not None
