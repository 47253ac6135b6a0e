"""Commands of planning: one handler each, named as the wire names it (surfaces §5).

A field that Python reserves (``from``) has an underscore here.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Concatenate

from sessionhours.desk import back_to_file, entries, exceptions, planning, publishing, series, standing_texts
from sessionhours.desk.call import Call, Data
from sessionhours.desk.planning_dates import Wish, wrong
from sessionhours.desk.series import Recurring


def _add(
    call: Call,
    line: str,
    date: str,
    from_: str,
    to: str,
    title: str = "",
    topic: str = "",
    kind: str = "whatsapp",
) -> Data:
    wish = Wish(date, from_, to)
    return call.shown(planning.add(call, line, wish, title=title, topic=topic, kind=kind))


def _move(
    call: Call,
    session: str,
    date: str,
    from_: str,
    to: str,
    confirm: bool = False,
    revision: int | None = None,
) -> Data:
    wish = Wish(date, from_, to)
    return call.shown(planning.move(call, session, wish, confirm=confirm, revision=revision))


def _cancel(
    call: Call,
    session: str,
    reason: str,
    confirm: bool = False,
    date: str = "",
    from_: str = "",
    to: str = "",
    revision: int | None = None,
) -> Data:
    wish = _replacement(date.strip(), from_.strip(), to.strip())
    row = planning.cancel(call, session, reason, confirm=confirm, revision=revision, replacement=wish)
    return call.shown(row)


def _replacement(date: str, from_: str, to: str) -> Wish | None:
    """All of it or nothing."""
    given = {"date": date, "from": from_, "to": to}
    missing = [field for field, text in given.items() if not text]
    if len(missing) == len(given):
        return None
    if missing:
        raise wrong(missing[0], "fehlt für den Ersatztermin.")
    return Wish(date, from_, to)


def _confirm(call: Call, line: str, date: str) -> Data:
    return call.shown(planning.confirm(call, line, date))


def _restore(call: Call, session: str, confirm: bool = False, revision: int | None = None) -> Data:
    return call.shown(back_to_file.restore(call, session, confirm=confirm, revision=revision))


def _keep(call: Call, session: str) -> Data:
    row = back_to_file.keep(call, session)
    return {"session": None} if row is None else call.shown(row)


def _publish(call: Call, session: str, channel: str, date: str | None) -> Data:
    return call.shown(publishing.publish(call, session, channel, date))


def _series_add(
    call: Call,
    line: str,
    every: str,
    from_: str,
    to: str,
    starting: str = "",
    until: str = "",
    kind: str = "whatsapp",
    topic: str = "",
) -> Data:
    wish = Recurring(every, from_, to, starting, until, kind, topic)
    return {"series": entries.shape(series.add(call, line, wish))}


def _series_end(call: Call, series: str, until: str = "", confirm: bool = False) -> Data:
    left = _end(call, series, until, confirm=confirm)
    return {"series": None if left is None else entries.shape(left)}


def _exception_add(
    call: Call,
    line: str,
    date: str,
    from_: str = "",
    to: str = "",
    reason: str = "",
    confirm: bool = False,
) -> Data:
    return {"exception": entries.shape(exceptions.add(call, line, date, from_, to, reason, confirm=confirm))}


def _exception_remove(call: Call, exception: str, confirm: bool = False) -> Data:
    return {"exception": entries.shape(exceptions.remove(call, exception, confirm=confirm))}


def _texts(call: Call, line: str, key: str, text: str, before: str | None = None) -> Data:
    standing_texts.write(call, line, key, text, before=before)
    return {"line": line, "key": key, "text": text.strip()}


_end = series.end

PLANNING: dict[str, Callable[Concatenate[Call, ...], Data]] = {
    "session.add": _add,
    "session.move": _move,
    "session.cancel": _cancel,
    "session.confirm": _confirm,
    "session.restore": _restore,
    "session.keep": _keep,
    "session.publish": _publish,
    "series.add": _series_add,
    "series.end": _series_end,
    "exception.add": _exception_add,
    "exception.remove": _exception_remove,
    "texts": _texts,
}
