"""Commands inside the hour: one handler each, named as the wire names it (surfaces §5)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Concatenate

import msgspec

from sessionhours.desk import closing, steering
from sessionhours.desk.call import Call, Data
from sessionhours.desk.closing import Verdict
from sessionhours.errors import Refused

#: Most people whom one command settles.
MOST_ITEMS = 500


class Item(msgspec.Struct, forbid_unknown_fields=True):
    """One person of `session.settle`."""

    conversation: str
    outcome: str
    date: str | None = None
    department: str | None = None
    reason: str | None = None
    text: str | None = None


def _open_now(call: Call, line: str, minutes: int) -> Data:
    call.line(line)
    call.allowed("session.open_now", line)
    return call.shown(steering.open_now(call.session, call.standing(), line, minutes, now=call.now))


def _extend(call: Call, session: str, minutes: int) -> Data:
    call.hour(session, "session.extend")
    return call.shown(steering.extend(call.session, call.standing(), session, minutes, now=call.now))


def _close_intake(call: Call, session: str) -> Data:
    call.hour(session, "session.close_intake")
    return call.shown(steering.close_intake(call.session, call.standing(), session, now=call.now))


def _open_intake(call: Call, session: str) -> Data:
    call.hour(session, "session.open_intake")
    return call.shown(steering.open_intake(call.session, call.standing(), session, now=call.now))


def _settle(call: Call, session: str, items: list[Any]) -> Data:
    call.hour(session, "session.settle")
    verdicts = [_verdict(item) for item in items]
    row = closing.settle(call.session, call.author, call.standing(), session, verdicts, now=call.now)
    return call.shown(row)


def _verdict(item: Any) -> tuple[str, Verdict]:
    try:
        read = msgspec.convert(item, Item, strict=True)
    except msgspec.ValidationError:
        raise Refused("bad_data", "items: hat die falsche Art") from None
    texts = (read.department or "", read.reason or "")
    return read.conversation, Verdict(read.outcome, read.date, *texts, read.text)


def _close(call: Call, session: str) -> Data:
    call.hour(session, "session.close")
    return call.shown(steering.close(call.session, call.standing(), session, now=call.now))


def _late(call: Call, session: str, minutes: int) -> Data:
    call.hour(session, "session.late")
    return call.shown(steering.late(call.session, call.standing(), session, minutes, now=call.now))


def _deputy(call: Call, session: str, name: str) -> Data:
    call.hour(session, "session.deputy")
    return call.shown(steering.deputy(call.session, call.standing(), session, name, now=call.now))


HOUR: dict[str, Callable[Concatenate[Call, ...], Data]] = {
    "session.open_now": _open_now,
    "session.extend": _extend,
    "session.close_intake": _close_intake,
    "session.open_intake": _open_intake,
    "session.settle": _settle,
    "session.close": _close,
    "session.late": _late,
    "session.deputy": _deputy,
}
