"""What becomes of everybody: one outcome a person and session, and one text that says so (N4, AC-60)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import delete
from sqlmodel import Session, col, select

from sessionhours.core import words
from sessionhours.core.gate import lobby_period
from sessionhours.core.instants import instant, ms
from sessionhours.core.schedule import Schedule
from sessionhours.core.texts import unstopped
from sessionhours.desk import informing, saying
from sessionhours.desk.replies import Author, sayable
from sessionhours.desk.sessions import UNANSWERED, find, shape, tell_conversation, tell_session, unaccounted
from sessionhours.errors import Refused
from sessionhours.store.owned import owned
from sessionhours.store.tables import Contact, Conversation, HourSession, Message, Outcome

OUTCOMES = ("answered", "promised", "carried_over", "handed_over", "declined")

#: Outcomes after which something is still owed.
FOLLOW_UP = ("promised", "carried_over", "handed_over")

#: Characters of a reason or a department.
LONGEST = 500


@dataclass(frozen=True, slots=True)
class Verdict:
    """What becomes of one person, as it was asked for; ``text`` None is the standing text, empty is none at all."""

    outcome: str
    date: str | None = None
    department: str = ""
    reason: str = ""
    text: str | None = None


def settle(
    session: Session,
    author: Author,
    schedule: Schedule,
    id: str,
    items: Sequence[tuple[str, Verdict]],
    *,
    now: datetime,
) -> HourSession:
    """Give many their outcome at once, all or nothing. Raises `Refused`, naming the person at fault.

    ``schedule`` is the plan as it stands now.
    """
    row = find(session, author.town, id)
    if len({conversation for conversation, _ in items}) != len(items):
        raise Refused("bad_data", "items: Jede Person nur einmal.")
    for conversation, verdict in items:
        _settle_one(session, author, schedule, row, conversation, verdict, now)
    tell_session(session, row, now)
    return row


def conclude(
    session: Session,
    author: Author,
    schedule: Schedule,
    row: Conversation,
    verdict: Verdict,
    *,
    again: bool = False,
    now: datetime,
) -> Message | None:
    """Say what became of one person, and tell them. Returns the text that leaves, None where none does.

    Raises `Refused`: ``bad_data``; ``settled`` where a colleague has said what becomes of them, unless that is known
    (``again``); ``window_closed`` where a text is wanted that can no longer go out freely.
    """
    _possible(schedule, verdict, now)
    if not again:
        _nobody_else_did(session, author, row)
    message = _told(session, schedule, row, verdict, now)
    since = row.carried_since or row.waiting_since
    row.outcome, row.done_at = verdict.outcome, ms(now)
    row.outcome_detail = verdict.date or verdict.department or verdict.reason
    row.lane = "follow_up" if verdict.outcome in FOLLOW_UP else "done"
    row.carried_since = (since or ms(now)) if verdict.outcome == "carried_over" else None
    row.waiting_since, row.unread = None, 0
    session.add(row)
    _write_down(session, row, verdict, author.id or None, message, now)
    tell_conversation(session, row, now)
    return message


def finish(session: Session, row: HourSession, now: datetime) -> None:
    """The session is over: whoever has their answer has the outcome ``answered``, so that everybody has one."""
    here = select(Conversation).where(Conversation.session == row.id)
    for one in session.exec(here.order_by(col(Conversation.id))).all():
        if one.lane == "answered":
            one.lane, one.outcome, one.done_at = "done", "answered", ms(now)
            one.outcome_detail, one.carried_since = "", None
            session.add(one)
            _write_down(session, one, Verdict("answered"), one.last_staff, None, now)
            tell_conversation(session, one, now)


def reopen(session: Session, conversation: str, holder: str | None) -> None:
    """Somebody writes again: what was said to have become of them in this session no longer holds."""
    session.execute(
        delete(Outcome).where(col(Outcome.conversation) == conversation, col(Outcome.session) == holder)
    )


def leave(session: Session, row: Mapping[str, Any], now: datetime) -> dict[str, Any]:
    """Somebody goes on to another session: what became of them in the one they leave (AC-60). No text says so.

    ``row`` is their conversation as it was; returns what changes in it.
    """
    if row["session"] is None or row["lane"] not in (*UNANSWERED, "answered"):
        return {}
    outcome = "answered" if row["lane"] == "answered" else "carried_over"
    here = select(Outcome.id).where(Outcome.session == row["session"], Outcome.conversation == row["id"])
    if session.exec(here).first() is None:
        left = Outcome(town=row["town"], session=row["session"], conversation=row["id"], outcome=outcome)
        left.agent, left.at = row["last_staff"] if outcome == "answered" else None, ms(now)
        session.add(left)
    return {} if outcome == "answered" else {"carried_since": row["carried_since"] or row["waiting_since"]}


def carry_over(session: Session, row: HourSession, now: datetime) -> None:
    """A session opens: who was carried over is in it, at the front (AC-60)."""
    for one in carried(session, row.town, row.line):
        _bring_in(session, one, row.id, now)


def bring_back(session: Session, town: str, line: str, opens: datetime, now: datetime) -> None:
    """Opening hours began: who was carried over before them is in the queue again."""
    for one in carried(session, town, line):
        if (one.done_at or 0) < ms(opens):
            _bring_in(session, one, None, now)


def carried(session: Session, town: str, line: str) -> list[Conversation]:
    """Who waits for the next session on this line, the longest wait first."""
    statement = select(Conversation).where(
        Conversation.town == town,
        Conversation.line == line,
        Conversation.lane == "follow_up",
        Conversation.outcome == "carried_over",
    )
    return list(session.exec(statement.order_by(col(Conversation.carried_since), col(Conversation.id))))


def carry_all(
    session: Session, row: HourSession, schedule: Schedule, text: str | None, author: Author, *, now: datetime
) -> int:
    """A session is cancelled while people wait in it: all are carried over, and hear ``text`` (if any), once."""
    waiting = unaccounted(session, row)
    for one in waiting:
        if text is not None:
            saying.say(session, schedule, one, "cancelled", _cancellation(row), text=text, now=now)
        conclude(session, author, schedule, one, Verdict("carried_over", text=""), now=now)
    return len(waiting)


def put_off(session: Session, row: HourSession, schedule: Schedule, *, now: datetime) -> None:
    """A session begins so much later that nobody waits in it till then: all are carried over; they know already."""
    nobody = Author("", "", row.town, frozenset())
    carry_all(session, row, schedule, None, nobody, now=now)


def call_off(
    session: Session,
    row: HourSession,
    schedule: Schedule,
    *,
    author: Author | None = None,
    reason: str = "",
    now: datetime,
) -> None:
    """A session was cancelled, by a person or (without ``author``) by the file: everybody in it has an outcome, and
    whoever counts on it hears of it.

    ``schedule`` is the plan as it stands now, whose next date those who wait are told.
    """
    _lobby_anew(session, row)
    known = any(line.id == row.line for line in schedule.lines)  # else nothing can be said to anybody
    counting = informing.expecting(session, schedule, row, instant(row.opens), now) if known else []
    if counting or unaccounted(session, row):
        values = {"reason": unstopped(reason)}
        text = saying.words_of(schedule, row.line, "cancelled", values, now=now) if known else None
        nobody = Author("", "", row.town, frozenset())
        for one in counting:
            saying.say(session, schedule, one, "cancelled", _cancellation(row), text=text, now=now)
        carry_all(session, row, schedule, text, author or nobody, now=now)
    finish(session, row, now)


def open_people(session: Session, row: HourSession, now: datetime) -> list[dict[str, Any]]:
    """Who lacks an outcome, and whether they can be written to freely, for the refusal ``unaccounted``."""
    return [
        {
            "conversation": one.id,
            "name": session.get_one(Contact, one.contact).name,
            "reachable": saying.reachable(one, now),
        }
        for one in unaccounted(session, row)
    ]


# -- small parts ---------------------------------------------------------------------------------------


def _cancellation(row: HourSession) -> str:
    """What its text is said once in: each cancellation is a new version, and a hour that was restored has another."""
    return f"cancelled:{row.id}:{row.revision}"


def _lobby_anew(session: Session, row: HourSession) -> None:
    """Should it take place after all, whoever was told in its lobby when it begins is told that again."""
    saying.anew(session, row, lobby_period(str(row.occurrence)))


def _settle_one(
    session: Session,
    author: Author,
    schedule: Schedule,
    row: HourSession,
    conversation: str,
    verdict: Verdict,
    now: datetime,
) -> None:
    """Whatever is wrong with one says with whom."""
    try:
        person = _inside(session, row, conversation)
        conclude(session, author, schedule, person, verdict, now=now)
    except Refused as refused:
        refused.extra.setdefault("conversation", conversation)
        raise


def _inside(session: Session, row: HourSession, conversation: str) -> Conversation:
    found = owned(session, Conversation, row.town, conversation, lock=True)
    if found is None or found.session != row.id:
        raise Refused("not_found", "Dieses Gespräch gehört nicht (mehr) zu dieser Sprechstunde.", status=404)
    if found.lane not in (*UNANSWERED, "answered"):
        raise _settled(found)
    return found


def _nobody_else_did(session: Session, author: Author, row: Conversation) -> None:
    if row.outcome is None or row.session is None:
        return
    said = select(Outcome.agent).where(Outcome.conversation == row.id, Outcome.session == row.session)
    if session.exec(said).first() not in (None, author.id):
        raise _settled(row)


def _settled(row: Conversation) -> Refused:
    return Refused("settled", "Für diese Person ist schon gesorgt.", status=409, conversation=row.id)


def _possible(schedule: Schedule, verdict: Verdict, now: datetime) -> None:
    if verdict.outcome not in OUTCOMES:
        raise Refused("bad_data", f"outcome: einer von {', '.join(OUTCOMES)}")
    for name, text in (("department", verdict.department), ("reason", verdict.reason)):
        if len(text) > LONGEST:
            raise Refused("bad_data", f"{name}: höchstens {LONGEST} Zeichen.")
    if verdict.date is not None and _day(verdict.date) < now.astimezone(schedule.town.timezone).date():
        raise Refused("bad_data", "date: Dieser Tag ist schon vorbei.")
    if verdict.text:
        sayable(verdict.text)


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise Refused("bad_data", "date: bitte als JJJJ-MM-TT angeben.") from None


def _told(
    session: Session, schedule: Schedule, row: Conversation, verdict: Verdict, now: datetime
) -> Message | None:
    """An answer speaks for itself; every other outcome has its text."""
    values = _values(schedule, verdict)
    text = verdict.text and saying.filled(schedule, row.line, verdict.text, values, now=now)
    if text == "" or (text is None and verdict.outcome == "answered"):
        return None
    if not saying.reachable(row, now):
        raise Refused(
            "window_closed",
            "Die 24-Stunden-Frist ist abgelaufen: ohne Text abschließen und anrufen, oder eine Vorlage senden.",
            status=409,
            conversation=row.id,
        )
    period = f"outcome:{row.session or row.id}:{ms(now)}"
    return saying.say(session, schedule, row, verdict.outcome, period, text=text, values=values, now=now)


def _values(schedule: Schedule, verdict: Verdict) -> Mapping[str, str]:
    """What stands in a sentence that ends with a full stop of its own."""
    values = {"department": unstopped(verdict.department), "reason": unstopped(verdict.reason)}
    if verdict.date is not None:
        values["date"] = words.day(_day(verdict.date), schedule.town.language)
    return values


def _write_down(
    session: Session,
    row: Conversation,
    verdict: Verdict,
    agent: str | None,
    message: Message | None,
    now: datetime,
) -> None:
    """Exactly one a person and session: the later one takes the place of the earlier."""
    if row.session is None:
        return
    reopen(session, row.id, row.session)
    session.add(
        Outcome(
            town=row.town,
            session=row.session,
            conversation=row.id,
            outcome=verdict.outcome,
            date=verdict.date,
            department=verdict.department,
            reason=verdict.reason,
            message=message.id if message else None,
            agent=agent,
            at=ms(now),
        )
    )


def _bring_in(session: Session, row: Conversation, holder: str | None, now: datetime) -> None:
    row.lane, row.session, row.outcome, row.shown = "waiting", holder, None, True
    row.waiting_since, row.assignee, row.assigned_at = row.carried_since, None, None
    session.add(row)
    tell_conversation(session, row, now)


__all__ = ["FOLLOW_UP", "OUTCOMES", "Verdict", "call_off", "carried", "carry_all", "carry_over", "conclude"]
__all__ += ["finish", "open_people", "reopen", "settle", "shape"]
