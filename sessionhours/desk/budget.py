"""The month's messages: counted as Meta delivers them, told to the mayor and the admin, stopped at the cap (N23)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import Session, col, select

from sessionhours.core import budget
from sessionhours.core.budget import SERVICE
from sessionhours.core.schedule import Schedule
from sessionhours.desk import notices, shapes
from sessionhours.store.events import emit
from sessionhours.store.tables import Usage

#: How many messages of a line, month and category.
Delivered = Mapping[tuple[str, str, str], int]


def book(session: Session, schedule: Schedule, delivered: Delivered, *, now: datetime) -> None:
    """Add what was delivered. At 80 % of the free messages, and at the cap, the admin is told once a month."""
    month = budget.month_of(now, schedule.town.timezone)
    changed = set()
    for (line, when, kind), count in sorted(delivered.items()):
        _add(session, schedule.town.id, line, when, kind, count)
        if (when, kind) == (month, SERVICE):
            changed.add(line)
    for line in sorted(changed):
        count = _delivered(session, schedule, line, month)
        _tell(session, schedule, line, count, now)
        _warn(session, schedule, line, month, count, now)


def stopped(session: Session, schedule: Schedule, line: str, *, now: datetime) -> bool:
    """Has this line reached the month's cap, so that automatic texts stop?"""
    if not schedule.budget.cap:
        return False
    month = budget.month_of(now, schedule.town.timezone)
    return budget.is_spent(schedule.budget, _delivered(session, schedule, line, month))


def standing(session: Session, schedule: Schedule, *, now: datetime) -> list[shapes.Json]:
    """How each line stands this month."""
    month = budget.month_of(now, schedule.town.timezone)
    return [
        _shape(schedule, line.id, _delivered(session, schedule, line.id, month), now)
        for line in schedule.lines
    ]


def tell(session: Session, schedule: Schedule, *, now: datetime) -> None:
    """A day has begun: forecasts change, and with a month the count begins anew."""
    for one in standing(session, schedule, now=now):
        emit(session, schedule.town.id, "budget.updated", one, now=now)


def _add(session: Session, town: str, line: str, month: str, kind: str, count: int) -> None:
    """In one statement, so that two processes count right."""
    insert = sqlite.insert if session.get_bind().dialect.name == "sqlite" else postgresql.insert
    key = {"town": town, "line": line, "month": month, "category": kind}
    row = insert(Usage).values(**key, delivered=count)
    more = {"delivered": col(Usage.delivered) + count}
    session.execute(row.on_conflict_do_update(index_elements=list(key), set_=more))


def _delivered(session: Session, schedule: Schedule, line: str, month: str) -> int:
    found = select(Usage.delivered).where(
        Usage.town == schedule.town.id, Usage.line == line, Usage.month == month, Usage.category == SERVICE
    )
    return session.exec(found).first() or 0


def _shape(schedule: Schedule, line: str, delivered: int, now: datetime) -> shapes.Json:
    local = now.astimezone(schedule.town.timezone)
    return {
        "line": line,
        "month": f"{local:%Y-%m}",
        "delivered": delivered,
        "free": schedule.budget.free,
        "cap": schedule.budget.cap,
        "forecast": budget.forecast(delivered, local.date()),
        "stopped": budget.is_spent(schedule.budget, delivered),
    }


def _tell(session: Session, schedule: Schedule, line: str, delivered: int, now: datetime) -> None:
    emit(session, schedule.town.id, "budget.updated", _shape(schedule, line, delivered, now), now=now)


def _warn(session: Session, schedule: Schedule, line: str, month: str, count: int, now: datetime) -> None:
    held = schedule.budget
    title, key = schedule.line(line).title, f"{line}:{month}"
    if budget.is_short(held, count):
        more = f"{title}, {month}: {count} / {held.free}."
        notices.tell(session, schedule, "budget_short", key, now=now, more=more)
    if budget.is_spent(held, count):
        more = f"{title}, {month}: {count} / {held.cap}."
        notices.tell(session, schedule, "budget_spent", key, now=now, level="error", more=more)
