"""Notices: what the town's admin must read, each told once."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlmodel import Session, col, select
from sqlmodel.sql.expression import SelectOfScalar

from sessionhours.core import words
from sessionhours.core.instants import ms
from sessionhours.core.message import AccountNotice
from sessionhours.core.schedule import Schedule
from sessionhours.desk import shapes
from sessionhours.errors import Fault
from sessionhours.store.events import emit
from sessionhours.store.tables import Notice

#: Characters of a key that every database can index.
LONGEST_KEY = 300

SENTENCES: dict[str, tuple[str, str]] = {
    "quarantined": (
        "Eine Nachricht von WhatsApp konnte nicht verarbeitet werden. Sie ist aufbewahrt und kann neu eingelesen werden.",
        "An update from WhatsApp could not be processed. It is kept and can be read in again.",
    ),
    "unknown_line": (
        "WhatsApp schickt Nachrichten für eine Nummer, die hier nicht eingetragen ist. Bitte phone_number_id prüfen: ",
        "WhatsApp sends messages for a number that is not configured here. Please check phone_number_id: ",
    ),
    "loop_guard": (
        "Eine Person hat in 24 Stunden 5 automatische Texte bekommen; weitere sind angehalten. Schreibt dort ein Automat?",
        "One person got 5 automatic texts within 24 hours; further ones are stopped. Is a machine writing there?",
    ),
    "line_paused": (
        "WhatsApp nimmt von dieser Leitung nichts mehr an. Antworten warten. ",
        "WhatsApp takes nothing from this line any more. Replies are waiting. ",
    ),
    "template_trouble": (
        "Eine Vorlage kann nicht gesendet werden: ",
        "A template cannot be sent: ",
    ),
    "budget_short": (
        "80 % der freien Nachrichten dieses Monats sind verbraucht. ",
        "80 % of this month's free messages are used. ",
    ),
    "budget_spent": (
        "Die Obergrenze dieses Monats ist erreicht: Automatische Texte bleiben aus, Antworten von Menschen gehen "
        "weiter hinaus. ",
        "This month's cap is reached: automatic texts stop, people's answers go out as before. ",
    ),
    "schedule_faults": (
        "Die Terminplan-Datei ist fehlerhaft; es gilt weiter die Fassung von ",
        "The schedule file is faulty; the version that still holds is of ",
    ),
    "plan_conflict": (
        "Die Terminplan-Datei widerspricht der Planung; es gilt, was angekündigt ist, bis Sie unter „Termine“ entscheiden. ",
        "The schedule file contradicts what was planned; what is announced holds until you decide under “Termine”. ",
    ),
    "no_mail": (
        "Es ist kein Mailversand eingerichtet (SESSIONHOURS_SMTP_URL). Warnungen vor der Sprechstunde stehen nur hier.",
        "No mail server is set up (SESSIONHOURS_SMTP_URL). Warnings before the hour stand here only.",
    ),
    "mail_failed": ("Eine Mail kam nicht an: ", "A mail did not arrive: "),
    "preflight": ("Vor der Sprechstunde ist etwas zu tun. ", "Something is to be done before the hour. "),
    "unattended": (
        "Noch niemand da, der antworten kann. Die Sprechstunde beginnt um ",
        "Nobody who can answer is there yet. The hour begins at ",
    ),
}


def tell(
    session: Session,
    schedule: Schedule,
    code: str,
    key: str,
    *,
    now: datetime,
    level: str = "warning",
    more: str = "",
) -> None:
    """A notice of our own, in the town's language."""
    german, english = SENTENCES[code]
    message = (english if schedule.town.language == "en" else german) + more
    _keep(session, schedule.town.id, level, code, message, f"{code}:{key}", now)


def account(session: Session, schedule: Schedule, notice: AccountNotice, *, now: datetime) -> None:
    """What Meta says of the account."""
    message = notice.message_en if schedule.town.language == "en" else notice.message_de
    _keep(session, schedule.town.id, notice.level, notice.code, message, notice.key, now)


def quarantined(session: Session, schedule: Schedule, *, now: datetime) -> None:
    """Something could not be applied; said once a day."""
    tell(session, schedule, "quarantined", now.date().isoformat(), now=now)


def unknown_line(session: Session, schedule: Schedule, phone_number_id: str | None, *, now: datetime) -> None:
    """A number that nobody here knows (fault F37); said once a number and day."""
    id = phone_number_id or "?"
    tell(
        session,
        schedule,
        "unknown_line",
        f"{id}:{now.date().isoformat()}",
        now=now,
        level="error",
        more=id[:40],
    )


def loop_guard(session: Session, schedule: Schedule, contact_key: str, *, now: datetime) -> None:
    """Automatic texts to somebody were stopped (AC-15); said once a person and day."""
    tell(session, schedule, "loop_guard", f"{contact_key}:{now.date().isoformat()}", now=now)


def schedule_faults(
    session: Session, schedule: Schedule, faults: Sequence[Fault], *, as_of: datetime, now: datetime
) -> None:
    """The faults of the last edit, in place of those of the one before; none once an edit is good (fault F44).

    ``as_of`` is when the version that holds was written.
    """
    listed = "\n".join(map(str, faults[:5]))
    _withdraw(session, schedule, "schedule_faults", listed[:200], now=now)
    if faults:
        when = words.when(as_of.astimezone(schedule.town.timezone), schedule.town.language)
        key, more = listed[:200], f"{when}.\n{listed}"
        tell(session, schedule, "schedule_faults", key, now=now, level="error", more=more)


def plan_conflicts(session: Session, schedule: Schedule, found: Mapping[str, str], *, now: datetime) -> None:
    """What the file contradicts, a sentence by the contradiction's own id; those that were settled are taken back."""
    _withdraw(session, schedule, "plan_conflict", *found, now=now)
    for key, more in found.items():
        tell(session, schedule, "plan_conflict", key, now=now, more=more)


def mail_failed(session: Session, schedule: Schedule, recipient: str, why: str, *, now: datetime) -> None:
    """A mail was given up; said once a recipient and day."""
    key = f"{recipient}:{now.date().isoformat()}"
    tell(session, schedule, "mail_failed", key, now=now, level="error", more=f"{recipient} ({why})")


def mail_works(session: Session, schedule: Schedule, *, now: datetime) -> None:
    """There is a mail server."""
    withdraw(session, schedule.town.id, "no_mail", "once", now=now)


def no_mail(session: Session, schedule: Schedule, *, now: datetime) -> None:
    """Mails wait, and there is no server to hand them in at; said once, until there is one."""
    tell(session, schedule, "no_mail", "once", now=now)


def withdraw(session: Session, town: str, code: str, key: str, *, now: datetime) -> None:
    """Take back what `tell` said under this code and key, if it did: it is no longer so."""
    said = select(Notice).where(Notice.town == town, Notice.code == code)
    _take_back(session, said.where(Notice.key == f"{code}:{key}"), now)


def _withdraw(session: Session, schedule: Schedule, code: str, *but: str, now: datetime) -> None:
    """Take back what is no longer so."""
    said = select(Notice).where(Notice.town == schedule.town.id, Notice.code == code)
    _take_back(session, said.where(col(Notice.key).not_in([f"{code}:{one}" for one in but])), now)


def _take_back(session: Session, said: SelectOfScalar[Notice], now: datetime) -> None:
    for row in session.exec(said).all():
        session.delete(row)
        emit(session, row.town, "notice.removed", {"id": row.id}, now=now)


def _keep(session: Session, town: str, level: str, code: str, message: str, key: str, now: datetime) -> None:
    """``key`` may hold what others sent: what is too long for an index stands there by its hash."""
    key = key if len(key) <= LONGEST_KEY else f"{code}:{hashlib.sha256(key.encode()).hexdigest()}"
    session.flush()
    if session.exec(select(Notice.id).where(Notice.town == town, Notice.key == key)).first() is not None:
        return
    row = Notice(town=town, level=level, code=code, message=message, key=key, at=ms(now))
    session.add(row)
    emit(session, town, "notice.created", shapes.notice(dict(row)), now=now)
