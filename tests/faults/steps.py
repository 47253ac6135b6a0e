"""The steps of the way in and out at which a server may die, and how a test's server is made to die there.

Each wraps one seam of the running product and kills the process with SIGKILL when it is passed the n-th time.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any

import pysqlite3
from sqlalchemy.exc import OperationalError

from sessionhours.app import Office
from sessionhours.desk import commands, intake, outbox
from sessionhours.store.events import Committed

Die = Callable[[], None]


def arm(office: Any, step: str) -> None:
    """Make the process die at a step, `NAME` or `NAME:n`."""
    name, _, n = step.partition(":")
    STEPS[name](office, Countdown(int(n or 1)))


class Countdown:
    """Kills this process when called for the n-th time: nothing is flushed, nobody is told."""

    def __init__(self, n: int) -> None:
        self._left = n

    def __call__(self) -> None:
        self._left -= 1
        if self._left == 0:
            os.kill(os.getpid(), signal.SIGKILL)


# -- the way in ----------------------------------------------------------------------------------------


def _verified(office: Office, die: Die) -> None:
    office.webhook.keep = _before(office.webhook.keep, die)


def _taken(office: Office, die: Die) -> None:
    intake.take = _after_sync(intake.take, die)


def _logged(office: Office, die: Die) -> None:
    intake.log = _after_sync(intake.log, die)


def _committed(office: Office, die: Die) -> None:
    office.webhook.keep = _after(office.webhook.keep, die)


def _answered(office: Office, die: Die) -> None:
    answer = office.webhook.__call__

    async def webhook(scope: Any, receive: Any, send: Any) -> None:
        await answer(scope, receive, send)
        die()

    office.webhook = webhook  # type: ignore[assignment]


def _item(office: Office, die: Die) -> None:
    intake._apply_item = _before_sync(intake._apply_item, die)


def _applied(office: Office, die: Die) -> None:
    def after_some(session: Any, *args: Any, **kwargs: Any) -> Any:
        applied = apply(session, *args, **kwargs)
        if applied.bodies:
            die()
        return applied

    apply, intake.apply = intake.apply, after_some


def _disk(office: Office, die: Die) -> None:
    """The disk reports an error in the commit that keeps a webhook."""
    take = intake.take

    def fails(*args: Any, **kwargs: Any) -> Any:
        take(*args, **kwargs)
        raise OperationalError("COMMIT", {}, pysqlite3.OperationalError("disk I/O error"))

    intake.take = fails


# -- the way out ---------------------------------------------------------------------------------------


def _asked(office: Office, die: Die) -> None:
    commands.run = _after_sync(commands.run, die)


def _claimed(office: Office, die: Die) -> None:
    outbox.begin = _before_sync(outbox.begin, die)


def _sending(office: Office, die: Die) -> None:
    office.courier.sender.send = _before(office.courier.sender.send, die)  # type: ignore[method-assign, assignment]


def _accepted(office: Office, die: Die) -> None:
    office.courier.sender.send = _after(office.courier.sender.send, die)  # type: ignore[method-assign, assignment]


# -- committed, and nobody told ------------------------------------------------------------------------


def _told(direction: str, status: str, office: Office, die: Die) -> None:
    """Dies in the writer, when a message of that direction with that status is durable and nobody knows yet."""
    tell = office.database.on_commit

    def on_commit(committed: list[Committed]) -> None:
        for event in committed:
            if event.name.startswith("message.") and _is(event, direction, status):
                die()
        tell(committed)

    office.database.on_commit = on_commit


def _is(event: Committed, direction: str, status: str) -> bool:
    return f'"direction":"{direction}"' in event.data and f'"status":{status}' in event.data


# -- wrapping ------------------------------------------------------------------------------------------


def _before(action: Callable[..., Awaitable[Any]], die: Die) -> Callable[..., Awaitable[Any]]:
    async def wrapped(*args: Any, **kwargs: Any) -> Any:
        die()
        return await action(*args, **kwargs)

    return wrapped


def _after(action: Callable[..., Awaitable[Any]], die: Die) -> Callable[..., Awaitable[Any]]:
    async def wrapped(*args: Any, **kwargs: Any) -> Any:
        result = await action(*args, **kwargs)
        die()
        return result

    return wrapped


def _before_sync(action: Callable[..., Any], die: Die) -> Callable[..., Any]:
    def wrapped(*args: Any, **kwargs: Any) -> Any:
        die()
        return action(*args, **kwargs)

    return _like(action, wrapped)


def _after_sync(action: Callable[..., Any], die: Die) -> Callable[..., Any]:
    def wrapped(*args: Any, **kwargs: Any) -> Any:
        result = action(*args, **kwargs)
        die()
        return result

    return _like(action, wrapped)


def _like(action: Callable[..., Any], wrapped: Callable[..., Any]) -> Callable[..., Any]:
    wrapped.__dict__.update(action.__dict__)
    return wrapped


STEPS: dict[str, Callable[[Any, Die], None]] = {
    "in.verified": _verified,
    "in.taken": _taken,
    "in.logged": _logged,
    "in.committed": _committed,
    "in.answered": _answered,
    "in.item": _item,
    "in.applied": _applied,
    "in.disk": _disk,
    "in.told": partial(_told, "inbound", "null"),
    "out.asked": _asked,
    "out.kept": partial(_told, "outbound", '"queued"'),
    "out.claimed": _claimed,
    "out.sending": _sending,
    "out.accepted": _accepted,
    "out.settled": partial(_told, "outbound", '"sent"'),
}
