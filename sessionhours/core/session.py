"""The life of a session: its states and the moves between them (surfaces §5).

    announced → lobby → open → intake_closed → draining → closed          and cancelled

This file knows the whole table; which moves are made by time stands in `due`, the rest is made by people.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import pairwise
from statistics import median
from typing import Literal

State = Literal["announced", "lobby", "open", "intake_closed", "draining", "closed", "cancelled"]

MOVES: dict[State, frozenset[State]] = {
    "announced": frozenset({"lobby", "open", "cancelled"}),
    "lobby": frozenset({"announced", "open", "cancelled"}),
    # back before its start, and on from its end: the clock was ahead and has been put right (fault F41)
    "open": frozenset({"announced", "lobby", "intake_closed", "draining", "closed", "cancelled"}),
    "intake_closed": frozenset({"open", "draining", "closed", "cancelled"}),
    "draining": frozenset({"open", "closed"}),
    # draining by a message that was written in time and came later (N5); the others as for open
    "closed": frozenset({"announced", "lobby", "open", "draining"}),
    "cancelled": frozenset({"announced"}),
}

#: Sessions that are on: what a snapshot shows as ``session`` (surfaces §5).
RUNNING: frozenset[str] = frozenset({"lobby", "open", "intake_closed", "draining"})

#: Sessions that are still to come or on: they can be moved by time.
LIVING: frozenset[str] = RUNNING | {"announced"}

#: From so few answers nothing can be said of the next ones.
ENOUGH = 3

#: A change so shortly before the start needs a second yes (AC-61).
SHORT_NOTICE = timedelta(hours=24)


def may_move(state: State, to: State) -> bool:
    """Is the move legal?"""
    return to in MOVES[state]


@dataclass(frozen=True, slots=True)
class Hours:
    """One session's instants and how many in it still lack an outcome: all that time alone decides on.

    ``by_hand``: a person brought it into this state at this moment, so no clock takes that back.
    """

    state: State
    opens: datetime
    closes: datetime
    unanswered: int
    early: timedelta = timedelta(0)
    by_hand: bool = False


def due(session: Hours, now: datetime) -> State:
    """The next state that is due at ``now``, one legal move away; its own state when nothing is.

    After a pause (the server was off for the whole hour) several moves may be due, one after the other. ``lobby``
    from ``early`` before ``opens``; ``open`` from ``opens`` on (half-open, AC-2); ``draining`` from ``closes`` on
    while anyone lacks an outcome; then ``closed`` by itself. A session that was extended after its end opens again, and
    so does, in the state of its time, what only a clock that was ahead began or ended (fault F41).
    """
    if (back := _back(session, now)) is not None:
        return back
    if session.state in ("announced", "lobby") and now >= session.opens:
        return "open"
    if session.state == "announced" and now >= session.opens - session.early:
        return "lobby"
    if session.state in ("open", "intake_closed") and now >= session.closes:
        return "draining" if session.unanswered else "closed"
    if session.state == "draining" and now < session.closes:
        return "open"
    if session.state == "draining" and not session.unanswered:
        return "closed"
    return session.state


def _back(session: Hours, now: datetime) -> State | None:
    """The state that belongs to ``now`` where the session is ahead of it; None where it is not."""
    ahead = {"lobby": session.opens - session.early, "open": session.opens, "closed": session.closes}
    if session.by_hand or session.state not in ahead or now >= ahead[session.state]:
        return None
    if now >= session.opens:
        return "open"
    return "lobby" if now >= session.opens - session.early else "announced"


def last_call_at(opens: datetime, closes: datetime, before: timedelta) -> datetime | None:
    """When those who wait hear that the end is near (N2); None where the hour is shorter than that, or none is wished."""
    at = closes - before
    return at if before and at > opens else None


def short_notice(opens: datetime, now: datetime) -> bool:
    """Does a change now come so late that somebody has to say yes twice (AC-61)?"""
    return now > opens - SHORT_NOTICE


def pace(answered_at: Iterable[int], *, begun: int | None) -> int | None:
    """How many seconds an answer took, from the instants (milliseconds) of the last ones; None before the third.

    The median of the times between one and the next: several people answer side by side, and a break is no answer.
    """
    at = sorted({*answered_at, *([] if begun is None else [begun])})
    between = [later - earlier for earlier, later in pairwise(at)]
    return round(median(between) / 1000) if len(between) >= ENOUGH else None


#: A date that the file lost so soon was a slip of the one who wrote it.
SLIP = timedelta(days=1)


@dataclass(frozen=True)
class Announced:
    """A session as everybody may know it: pages, feeds, poster and press texts say nothing else (N1).

    ``key`` names its window in the schedule; ``uid`` and ``revision`` are its name and version for calendars
    (RFC 5545 UID, SEQUENCE). ``moved_from`` is the start that was announced before; ``late_until`` the start that is
    expected now; where it is ``unattended`` nobody named one, the roll call found nobody there (AC-33). ``published``
    says on which local date (YYYY-MM-DD) each channel brought it.
    """

    id: str
    line: str
    key: str
    uid: str
    number: int
    title: str
    topic: str
    kind: str
    state: State
    opens: datetime
    closes: datetime
    revision: int
    updated_at: datetime
    changed: bool = False
    moved_from: datetime | None = None
    reason: str = ""
    replaced_by: str | None = None
    late_until: datetime | None = None
    unattended: bool = False
    deputy: str = ""
    published: Mapping[str, str] = field(default_factory=dict)
    announced_at: datetime | None = None

    @property
    def is_a_slip(self) -> bool:
        """Was it lost within a day, unpublished, without a reason? Nobody needs to hear that it does not take place."""
        at = self.announced_at
        brief = at is not None and self.updated_at - at < SLIP
        meant = self.changed or self.reason or self.published
        return self.state == "cancelled" and brief and not meant
