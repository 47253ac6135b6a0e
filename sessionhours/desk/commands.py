"""Commands: one way to ask for anything, the same over socket and HTTP (surfaces §5).

The same id again gives the same result, refusals too, and does nothing twice.
"""

from __future__ import annotations

import hashlib
import inspect
import json
from collections.abc import Callable
from datetime import datetime
from typing import Any, Concatenate
from uuid import UUID

import msgspec
from sqlmodel import Session

from sessionhours.core.instants import ms
from sessionhours.core.roles import GRANTS, may
from sessionhours.core.schedule import Schedule, UnknownLine
from sessionhours.desk import closing, intake, queue, replies, shapes, templates
from sessionhours.desk.call import Call, Data
from sessionhours.desk.closing import Verdict
from sessionhours.desk.commands_hour import HOUR
from sessionhours.desk.commands_planning import PLANNING
from sessionhours.desk.commands_template import TEMPLATE
from sessionhours.desk.replies import Author
from sessionhours.errors import Refused
from sessionhours.store.events import attempt
from sessionhours.store.lock import alone
from sessionhours.store.tables import Command

Handler = Callable[..., dict[str, Any]]

#: The largest whole number that JSON carries everywhere (RFC 8259 §6).
LARGEST = 2**53 - 1


def run(
    session: Session,
    author: Author,
    schedule: Schedule,
    *,
    id: object,
    name: object,
    data: object,
    now: datetime,
) -> dict[str, Any]:
    """Carry out a command. Returns its result frame without the id: ``{"ok", "data"}`` or ``{"ok", "error", "status"}``."""
    if not _uuid(id) or not isinstance(name, str) or not isinstance(data, dict):
        return _refused(Refused("bad_command", "id (UUID), name und data werden gebraucht."))
    if _touches_the_hour(name):
        alone(session)
    digest = hashlib.sha256(json.dumps([name, data], sort_keys=True).encode()).hexdigest()
    before = session.get(Command, (id, author.id))
    if before is not None:
        return _again(before, digest)
    result = _carry_out(Call(session, author, schedule, str(id), now), name, data)
    kept = msgspec.json.encode(result).decode()
    session.add(Command(id=str(id), agent=author.id, digest=digest, result=kept, at=ms(now)))
    return result


def _touches_the_hour(name: str) -> bool:
    """Does it change an hour, or who is in it? The tick and the intake do too: one waits for the other's commit."""
    return name == "resolve" or name.startswith("session.")


def _again(before: Command, digest: str) -> dict[str, Any]:
    if before.digest != digest:
        return _refused(Refused("id_reused", "Diese id gehört schon zu einem anderen Befehl.", status=409))
    result: dict[str, Any] = msgspec.json.decode(before.result)
    return result


def _carry_out(call: Call, name: str, data: Data) -> dict[str, Any]:
    try:
        with attempt(call.session):
            handler = _handler(call.author, name)
            return {"ok": True, "data": handler(call, **_fields(handler, data))}
    except Refused as refused:
        return _refused(refused)
    except UnknownLine:
        return _refused(Refused("line_gone", _LINE_GONE, status=409))


#: What needs a line that the file lost while people were in its hour: a reply, a standing text.
_LINE_GONE = (
    "Diese Leitung steht nicht mehr in der Datei, über sie geht keine Nachricht mehr hinaus: "
    "Bitte ohne Text abschließen und anrufen, oder die Leitung wieder eintragen."
)


def _refused(refused: Refused) -> dict[str, Any]:
    return {"ok": False, "error": refused.body(), "status": refused.status}


def _handler(author: Author, name: str) -> Handler:
    if name not in GRANTS or name not in HANDLERS:
        raise Refused("unknown_command", "Diesen Befehl gibt es nicht.")
    if not may(author.roles, name, approval=False):
        raise Refused("forbidden", "Dazu fehlt Ihnen das Recht.", status=403)
    return HANDLERS[name]


def _fields(handler: Handler, data: Data) -> Data:
    """The data, with every field known and of the right type (attack C48); a whole number is never a truth value.

    The handler's ``from_`` is the wire's ``from``.
    """
    parameters = inspect.signature(handler, eval_str=True).parameters.items()
    wanted = {name.removesuffix("_"): p for name, p in parameters if name != "call"}
    if data.keys() - wanted.keys():
        raise Refused("bad_data", f"unbekanntes Feld; erlaubt: {', '.join(wanted) or 'keine'}")
    for name, parameter in wanted.items():
        if name not in data and parameter.default is parameter.empty:
            raise Refused("bad_data", f"{name}: fehlt")
        if name in data and not _is_a(data[name], parameter.annotation):
            raise Refused("bad_data", f"{name}: hat die falsche Art")
    return {wanted[name].name: value for name, value in data.items()}


def _is_a(value: object, kind: Any) -> bool:
    if _unstorable(value):
        return False
    try:
        msgspec.convert(value, kind, strict=True)
    except msgspec.ValidationError:
        return False
    return True


def _unstorable(value: object) -> bool:
    """NUL, lone surrogates and boundless numbers cannot be stored in both databases (attacks C10, C11)."""
    if isinstance(value, int):
        return abs(value) > LARGEST
    text = value if isinstance(value, str) else ""
    return "\x00" in text or any("\ud800" <= character <= "\udfff" for character in text)


def _uuid(id: object) -> bool:
    try:
        return isinstance(id, str) and str(UUID(id)) == id.lower()
    except ValueError:
        return False


# -- handlers: one a command, named as the wire names it -----------------------------------------------


def _reply(
    call: Call, conversation: str, text: str, seen: int, reply_to: str | None = None, take_over: bool = False
) -> Data:
    row = call.conversation(conversation, "reply")
    templates.in_time(call.session, call.schedule, row, call.now)
    undo = call.schedule.line(row.line).undo
    return replies.reply(
        call.session,
        call.author,
        row,
        client_id=call.id,
        text=text,
        seen=seen,
        reply_to=reply_to,
        take_over=take_over,
        undo=undo,
        now=call.now,
    )


def _note(call: Call, conversation: str, text: str) -> Data:
    row = call.conversation(conversation, "note")
    return replies.note(call.session, call.author, row, text=text, now=call.now)


def _react(call: Call, message: str, emoji: str) -> Data:
    row, target = call.message(message, "react")
    return replies.react(call.session, call.author, row, target, emoji=emoji, now=call.now)


def _retry(call: Call, message: str) -> Data:
    row, target = call.message(message, "retry")
    return replies.retry(call.session, call.author, row, target, now=call.now)


def _confirm_delivered(call: Call, message: str) -> Data:
    row, target = call.message(message, "confirm_delivered")
    return replies.confirm_delivered(call.session, call.author, row, target, now=call.now)


def _next(call: Call) -> Data:
    return queue.next_person(call.session, call.author, now=call.now)


def _claim(call: Call, conversation: str) -> Data:
    return queue.claim(call.session, call.author, call.conversation(conversation, "claim"), now=call.now)


def _release(call: Call, conversation: str) -> Data:
    return queue.release(call.session, call.author, call.conversation(conversation, "release"), now=call.now)


def _assign(call: Call, conversation: str, agent: str) -> Data:
    row = call.conversation(conversation, "assign")
    return queue.assign(call.session, call.author, row, agent=agent, now=call.now)


def _resolve(
    call: Call,
    conversation: str,
    outcome: str,
    date: str | None = None,
    department: str | None = None,
    reason: str | None = None,
    text: str | None = None,
    again: bool = False,
) -> Data:
    row = call.conversation(conversation, "resolve")
    verdict = Verdict(outcome, date, department or "", reason or "", text)
    message = closing.conclude(
        call.session, call.author, call.standing(), row, verdict, again=again, now=call.now
    )
    return {**queue.shown(call.session, row), "message": message and shapes.message(dict(message))}


def _quarantine_replay(call: Call, item: str) -> Data:
    if not intake.replay(call.session, call.author.town, item):
        raise Refused("not_found", "Diesen Eintrag gibt es nicht (mehr).", status=404)
    return {"item": item}


HANDLERS: dict[str, Callable[Concatenate[Call, ...], Data]] = {
    "reply": _reply,
    "note": _note,
    "react": _react,
    "retry": _retry,
    "confirm_delivered": _confirm_delivered,
    "next": _next,
    "claim": _claim,
    "release": _release,
    "assign": _assign,
    "resolve": _resolve,
    **HOUR,
    **PLANNING,
    **TEMPLATE,
    "quarantine.replay": _quarantine_replay,
}
