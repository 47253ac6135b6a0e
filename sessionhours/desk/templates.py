"""Templates as rows: what each line has at Meta, how it stands, and which of them may be sent now (N25, P42)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any

from sqlmodel import Session, col, select
from sqlmodel.sql.expression import SelectOfScalar

from sessionhours.core import templates
from sessionhours.core.delivery import SERVICE_WINDOW, window_open
from sessionhours.core.failures import explain
from sessionhours.core.instants import instant, ms
from sessionhours.core.message import Failure, TemplateNews
from sessionhours.core.schedule import Line, Schedule
from sessionhours.core.templates import APPROVED, MISSING, TROUBLE, UTILITY, Blueprint, Known
from sessionhours.desk import notices, shapes
from sessionhours.errors import Refused
from sessionhours.store.events import emit
from sessionhours.store.tables import Contact, Conversation, HourSession, Template

#: How often Meta is asked how the templates stand, and how soon again after it could not be asked.
EVERY = timedelta(hours=1)
AGAIN = timedelta(minutes=5)

#: Statuses that a webhook may bring; whatever else it says, Meta is asked.
TOLD = frozenset({"APPROVED", "PENDING", "REJECTED", "PAUSED", "DISABLED"})

_NO_ACCOUNT = (
    "Technik: bitte business_account_id dieser Leitung in schedule.toml eintragen; dann wird die Vorlage angelegt.",
    "Technicians: please enter this line's business_account_id in schedule.toml; then the template is created.",
)

Json = dict[str, Any]


# -- which may be sent ---------------------------------------------------------------------------------


def usable(session: Session, town: str, line: str) -> list[Template]:
    """The templates that may be sent on this line now."""
    return [row for row in session.exec(_of(town).where(Template.line == line)) if _sendable(row)]


def approved(session: Session, town: str, line: str, name: str, language: str) -> Template:
    """The template of this name and language. Raises `Refused`: 404, or ``not_approved`` with its state in words (P42)."""
    mine = _of(town).where(Template.line == line, Template.name == name, Template.language == language)
    row = session.exec(mine).first()
    if row is None:
        raise Refused("not_found", "Diese Vorlage gibt es auf dieser Leitung nicht.", status=404)
    if not _sendable(row):
        words = templates.state(row.status, row.category)
        raise Refused(
            "not_approved",
            f"Diese Vorlage kann nicht gesendet werden: {words}.",
            status=409,
            state=row.status,
            reason=row.reason,
        )
    return row


def choices(session: Session, schedule: Schedule, row: Conversation) -> list[Json]:
    """Every template of the conversation's line: whether it may be sent, and what its variables would say here."""
    return [
        {
            **shapes.template(dict(one)),
            "usable": _sendable(one),
            "state": templates.state(one.status, one.category, schedule.town.language),
            "parameters": list(_suggested(session, schedule, row, one)),
        }
        for one in session.exec(_of(row.town).where(Template.line == row.line))
    ]


def in_time(session: Session, schedule: Schedule, row: Conversation, now: datetime) -> None:
    """Raises `Refused` after the service window, with the ways that are left (AC-17)."""
    closes = row.window_closes_at
    if window_open(None if closes is None else instant(closes), now):
        return
    offered = [{"name": one.name, "language": one.language} for one in usable(session, row.town, row.line)]
    raise Refused(
        "window_closed",
        "Die 24-Stunden-Frist ist abgelaufen – nur eine Vorlage ist möglich.",
        status=409,
        templates=offered,
        alternatives=schedule.town.alternatives,
    )


def rows(session: Session, town: str) -> list[Json]:
    """All of a town's templates."""
    return [shapes.template(dict(row)) for row in session.exec(_of(town))]


def _sendable(row: Template) -> bool:
    """Approved, and not counted as advertising by Meta since (WA-6)."""
    return row.status == APPROVED and row.category == UTILITY


def _suggested(session: Session, schedule: Schedule, row: Conversation, one: Template) -> Sequence[str]:
    contact = session.get_one(Contact, row.contact)
    hour = _hour(session, schedule, row)
    return templates.suggested(one.body, schedule.town, one.language, contact.name, hour)


def _hour(session: Session, schedule: Schedule, row: Conversation) -> date:
    """The day of the hour that the question belongs to; without one, of the citizen's last message."""
    holder = session.get(HourSession, row.session) if row.session else None
    wrote = row.created_at if row.window_closes_at is None else row.window_closes_at - ms_of(SERVICE_WINDOW)
    return instant(holder.opens if holder else wrote).astimezone(schedule.town.timezone).date()


def ms_of(span: timedelta) -> int:
    """A span in milliseconds."""
    return span // timedelta(milliseconds=1)


def _of(town: str) -> SelectOfScalar[Template]:
    order = (col(Template.line), col(Template.name), col(Template.language))
    return select(Template).where(Template.town == town).order_by(*order)


# -- following Meta ------------------------------------------------------------------------------------


def due(session: Session, schedule: Schedule, *, since: datetime | None, now: datetime) -> bool:
    """Is there anything to write down or to ask? Where ``since`` is given, also what was not asked since."""
    found = {_key(row): row for row in session.exec(_of(schedule.town.id))}
    if found.keys() != _wanted(schedule).keys():
        return True
    accounts = {line.id: line.business_account_id for line in schedule.lines}
    return any(
        _is_due(row, since, now) if accounts[row.line] else row.reason != _no_account(schedule)
        for row in found.values()
    )


def begin(session: Session, schedule: Schedule, *, since: datetime | None, now: datetime) -> list[Line]:
    """The rows follow the file. Returns the lines for which Meta is to be asked; nobody else asks for them now."""
    found = {_key(row): row for row in session.exec(_of(schedule.town.id).with_for_update())}
    wanted = _wanted(schedule)
    for key in found.keys() - wanted.keys():
        _remove(session, found.pop(key), now)
    for key, (line, blueprint) in wanted.items():
        found[key] = found.get(key) or _row(session, schedule, line, blueprint, now)
        if line.business_account_id is None:
            _change(session, found[key], now, status=MISSING, meta_id=None, reason=_no_account(schedule))
    asked = [line for line in schedule.lines if line.business_account_id]
    asked = [
        line
        for line in asked
        if any(_is_due(row, since, now) for row in found.values() if row.line == line.id)
    ]
    for row in found.values():
        if row.line in {line.id for line in asked}:
            row.checked_at = ms(now)
            session.add(row)
    return asked


def follow(
    session: Session, schedule: Schedule, line: Line, known: Sequence[Known], *, now: datetime
) -> None:
    """What Meta has of a line's templates; what it does not have is missing. Trouble is told to the admin."""
    for row in session.exec(_of(schedule.town.id).where(Template.line == line.id)):
        mine = next((one for one in known if _same(row, one.name, one.language)), None)
        if mine is None:
            blueprint = _wanted(schedule)[_key(row)][1]
            _change(session, row, now, status=MISSING, meta_id=None, body=blueprint.body)
            continue
        before = row.status, row.category
        _change(
            session,
            row,
            now,
            status=mine.status,
            category=mine.category or row.category,
            body=mine.body or row.body,
            meta_id=mine.id,
            reason=mine.reason or (row.reason if row.status == mine.status else None),
        )
        if (row.status, row.category) != before and (row.status in TROUBLE or row.category != UTILITY):
            _tell_trouble(session, schedule, row, now)


def not_taken(
    session: Session, schedule: Schedule, line: Line, failure: Failure, name: str | None, *, now: datetime
) -> None:
    """Meta refused to list (``name`` None) or to take a template: why stands beside it."""
    language = schedule.town.language
    why = f"{explain(failure.code, language)} ({failure.details or failure.title or failure.code})"
    for row in session.exec(_of(schedule.town.id).where(Template.line == line.id)):
        if name in (None, f"{row.name}/{row.language}"):
            _change(session, row, now, reason=why)


def again(session: Session, schedule: Schedule, line: Line, *, now: datetime) -> None:
    """Meta could not be asked: it is, a little later."""
    for row in session.exec(_of(schedule.town.id).where(Template.line == line.id)):
        row.checked_at = ms(now - EVERY + AGAIN)
        session.add(row)


def heard(session: Session, schedule: Schedule, news: TemplateNews | None, *, now: datetime) -> None:
    """A webhook tells of a template: its status holds at once, and Meta is asked for the rest."""
    if news is None:
        return
    lines = {
        line.id
        for line in schedule.lines
        if news.account in (None, line.business_account_id) and line.business_account_id
    }
    for row in session.exec(_of(schedule.town.id)):
        if row.line not in lines or not _same(row, news.name, news.language):
            continue
        row.checked_at = None
        told: Json = {"category": news.category} if news.category else {}
        if news.status in TOLD:
            told |= {"status": news.status, "reason": news.reason}
        _change(session, row, now, **told)


# -- rows ----------------------------------------------------------------------------------------------


def _wanted(schedule: Schedule) -> dict[tuple[str, str, str], tuple[Line, Blueprint]]:
    return {
        (line.id, one.name, one.language): (line, one)
        for line in schedule.lines
        for one in templates.blueprints(schedule.town)
    }


def _key(row: Template) -> tuple[str, str, str]:
    return row.line, row.name, row.language


def _is_due(row: Template, since: datetime | None, now: datetime) -> bool:
    """Also what was looked at in a future: the clock was put back (fault F41)."""
    if row.checked_at is None or not ms(now - EVERY) < row.checked_at <= ms(now):
        return True
    return since is not None and row.checked_at < ms(since)


def _same(row: Template, name: str, language: str) -> bool:
    return row.name == name and templates.same_language(row.language, language)


def _row(session: Session, schedule: Schedule, line: Line, blueprint: Blueprint, now: datetime) -> Template:
    row = Template(
        town=schedule.town.id,
        line=line.id,
        name=blueprint.name,
        language=blueprint.language,
        body=blueprint.body,
    )
    _tell(session, row, now)
    return row


def _remove(session: Session, row: Template, now: datetime) -> None:
    session.delete(row)
    emit(session, row.town, "template.removed", {"id": row.id}, now=now)


def _change(session: Session, row: Template, now: datetime, **values: Any) -> None:
    if all(getattr(row, name) == value for name, value in values.items()):
        session.add(row)
        return
    for name, value in values.items():
        setattr(row, name, value)
    _tell(session, row, now)


def _tell(session: Session, row: Template, now: datetime) -> None:
    session.add(row)
    session.flush()
    emit(session, row.town, "template.updated", shapes.template(dict(row)), now=now)


def _tell_trouble(session: Session, schedule: Schedule, row: Template, now: datetime) -> None:
    words = templates.state(row.status, row.category, schedule.town.language)
    why = f" ({row.reason})" if row.reason else ""
    key = f"{row.line}:{row.name}:{row.language}:{row.status}:{now.date().isoformat()}"
    more = f"{row.name} ({row.language}): {words}{why}."
    notices.tell(session, schedule, "template_trouble", key, now=now, level="error", more=more)


def _no_account(schedule: Schedule) -> str:
    return _NO_ACCOUNT[schedule.town.language == "en"]
