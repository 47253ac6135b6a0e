"""The life of a session: its states and the moves between them (surfaces §5).

This file knows the whole table; which moves are made by time and which by people stands beside each.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

State = Literal["announced", "lobby", "open", "intake_closed", "draining", "closed", "cancelled"]

MOVES: dict[State, frozenset[State]] = {
    "announced": frozenset({"lobby", "open", "cancelled"}),
    "lobby": frozenset({"open", "cancelled"}),
    "open": frozenset({"intake_closed", "draining", "closed"}),
    "intake_closed": frozenset({"draining", "closed"}),
    "draining": frozenset({"open", "closed"}),
    "closed": frozenset(),
    "cancelled": frozenset(),
}

#: Sessions that are on: what a snapshot shows as ``session`` (surfaces §5).
RUNNING: frozenset[str] = frozenset({"lobby", "open", "intake_closed", "draining"})


def may_move(state: State, to: State) -> bool:
    """Is the move legal?"""
    return to in MOVES[state]


@dataclass(frozen=True, slots=True)
class Hours:
    """One session's instants and how many in it still lack an answer: all that time alone decides on."""

    state: State
    opens: datetime
    closes: datetime
    unanswered: int


def due(session: Hours, now: datetime) -> State:
    """The next state that is due at ``now``, one legal move away; its own state when nothing is.

    After a pause (the server was off for the whole hour) several moves may be due, one after the other. ``open``
    from ``opens`` on (half-open, AC-2); ``draining`` from ``closes`` on while anyone lacks an answer; then
    ``closed`` by itself. A session that was extended after its end opens again.
    """
    if session.state in ("announced", "lobby") and now >= session.opens:
        return "open"
    if session.state in ("open", "intake_closed") and now >= session.closes:
        return "draining" if session.unanswered else "closed"
    if session.state == "draining" and now < session.closes:
        return "open"
    if session.state == "draining" and not session.unanswered:
        return "closed"
    return session.state
