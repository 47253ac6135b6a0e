"""The roll call before the hour (AC-33): who may answer is there, or who hears that nobody is, and when."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from sessionhours.core.roles import may

Step = Literal["asked", "called", "late"]

#: When each step is due, by the start: all consoles are told, one person is called by mail, the public page says "late".
STEPS: dict[Step, timedelta] = {
    "asked": timedelta(minutes=-15),
    "called": timedelta(minutes=-5),
    "late": timedelta(minutes=2),
}

#: From so long before the start on it is watched who is there.
BEFORE = timedelta(minutes=17)


@dataclass(frozen=True, slots=True)
class Present:
    """Somebody at an open console."""

    agent: str
    name: str
    roles: frozenset[str]


def may_answer(one: Present, *, approval: bool, deputy: str) -> bool:
    """May this person answer citizens in the hour: the mayor, an assistant where nothing needs approval, or the deputy?"""
    return may(one.roles, "reply", approval=approval) or _is_called(one, deputy)


def somebody(present: Iterable[Present], *, approval: bool, deputy: str) -> bool:
    """Is anybody there who may answer?"""
    return any(may_answer(one, approval=approval, deputy=deputy) for one in present)


def due(opens: datetime, closes: datetime, now: datetime) -> list[Step]:
    """The steps whose time has come, in order; none any more once the hour is over."""
    return [step for step, after in STEPS.items() if opens + after <= now] if now < closes else []


def _is_called(one: Present, deputy: str) -> bool:
    """A deputy is named in words ("Frau Brandt"), an agent by name ("Maria Brandt"): the last word decides."""
    last = deputy.casefold().split()[-1:]
    return bool(last) and one.name.casefold().split()[-1:] == last and may(one.roles, "reply", approval=False)
