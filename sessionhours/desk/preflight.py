"""The look before the hour (AC-54): sixty minutes before each session once, what would keep it from working.

Asking takes long and happens outside any transaction; what was found is written down in one, the first time only.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func
from sqlmodel import Session, select

from sessionhours.core.instants import instant, iso, ms
from sessionhours.core.letter_words import checked_letter
from sessionhours.core.preflight import (
    BEFORE,
    LIMIT,
    Finding,
    NumberSource,
    Space,
    failed,
    of_disk,
    of_number,
    of_schedule,
    of_templates,
    of_webhook,
)
from sessionhours.core.schedule import Line, Schedule
from sessionhours.desk import mails, notices, shapes
from sessionhours.desk.plan import NOW
from sessionhours.desk.sessions import tell_session
from sessionhours.errors import Fault
from sessionhours.store.database import Database
from sessionhours.store.lock import alone
from sessionhours.store.tables import Arrival, HourSession, Seen, Template

#: States of a session that there is still something to do for.
TO_COME = ("announced", "lobby")

Check = Callable[[], Awaitable[Sequence[Finding]]]


@dataclass(frozen=True)
class Examiner:
    """Makes the checks. Everything outside the database comes from whoever made this: Meta, the disks, the files' faults."""

    database: Database
    clock: Callable[[], datetime]
    numbers: NumberSource
    disks: Callable[[], Sequence[Space]]
    faults: Callable[[], Sequence[Fault]]

    async def examine(self, schedule: Schedule, line: Line) -> list[Finding]:
        """Every check of one line, side by side, none longer than its limit."""
        language = schedule.town.language

        async def number() -> Sequence[Finding]:
            asked = self.clock()
            state = await self.numbers.number_state(line.phone_number_id)
            return of_number(state, asked, self.clock(), language)

        async def webhook() -> Sequence[Finding]:
            last = await self.database.read(heard, schedule.town.id, line.id)
            return [of_webhook(last, self.clock(), language)]

        async def templates() -> Sequence[Finding]:
            states = await self.database.read(template_states, schedule.town.id, line.id)
            return [of_templates(states, language)]

        async def disk() -> Sequence[Finding]:
            return [of_disk(await asyncio.to_thread(self.disks), language)]

        async def files() -> Sequence[Finding]:
            return [of_schedule(self.faults(), language)]

        named: dict[str, Check] = {
            "token": number,
            "webhook": webhook,
            "templates": templates,
            "disk": disk,
            "schedule": files,
        }
        found = await asyncio.gather(*(_within_limit(name, check, language) for name, check in named.items()))
        return [finding for findings in found for finding in findings]


async def _within_limit(name: str, check: Check, language: str) -> Sequence[Finding]:
    try:
        async with asyncio.timeout(LIMIT):
            return await check()
    except Exception:  # noqa: BLE001 - a check that cannot be made is a finding, whatever kept it
        return [failed(name, "en" if language == "en" else "de")]


# -- what is asked of the database ---------------------------------------------------------------------


def heard(session: Session, town: str, line: str) -> datetime | None:
    """When something signed came in last: a message on this line, or a status in this town."""
    arrived = select(func.max(Arrival.received_at)).where(Arrival.town == town, Arrival.line == line)
    told = select(func.max(Seen.at)).where(Seen.town == town)
    latest = max(session.exec(arrived).one() or 0, session.exec(told).one() or 0)
    return instant(latest) if latest else None


def template_states(session: Session, town: str, line: str) -> dict[str, str]:
    """The templates of a line with Meta's word on each."""
    rows = session.exec(select(Template).where(Template.town == town, Template.line == line)).all()
    return {f"{row.name} ({row.language})": row.status for row in rows}


# -- once a session ------------------------------------------------------------------------------------


def is_due(row: HourSession, now: datetime) -> bool:
    """Is it time, and was it not done for this start? Up to the start: a server that was off looks as soon as it is back."""
    if row.state not in TO_COME or row.kind != "whatsapp" or NOW in (row.occurrence or ""):
        return False
    begins = instant(row.opens)
    return begins - BEFORE <= now < begins and _checked_for(row) != row.opens


def settle(
    session: Session, schedule: Schedule, id: str, opens: int, findings: Sequence[Finding], *, now: datetime
) -> bool:
    """Write what was found for the start ``opens``, and tell who can do something.

    False where that is done already, or where it was called off or begun in the meantime.
    """
    alone(session)
    row = session.get(HourSession, id, with_for_update=True)
    if row is None or row.state not in TO_COME or row.opens != opens or _checked_for(row) == opens:
        return False
    red, amber = ([one.text for one in findings if one.level == level] for level in ("red", "amber"))
    row.checked = shapes.dump({"at": iso(ms(now)), "opens": opens, "red": red, "amber": amber})
    session.add(row)
    tell_session(session, row, now)
    if red:
        _warn(session, schedule, row, red, amber, now)
    return True


def _checked_for(row: HourSession) -> int | None:
    checked = shapes.load(row.checked)
    return checked["opens"] if checked else None


def _warn(
    session: Session,
    schedule: Schedule,
    row: HourSession,
    red: Sequence[str],
    amber: Sequence[str],
    now: datetime,
) -> None:
    """By mail to the admins and whoever is on call, and in the console."""
    town, key = schedule.town, f"preflight:{row.id}:{row.opens}"
    subject, body = checked_letter(town, row.title, row.number, instant(row.opens), red, amber)
    to = [*mails.admins(session, town.id), *filter(None, [town.on_call])]
    mails.queue(session, town.id, to, subject, body, key, now)
    more = " ".join(red)
    notices.tell(session, schedule, "preflight", f"{row.id}:{row.opens}", now=now, level="error", more=more)
