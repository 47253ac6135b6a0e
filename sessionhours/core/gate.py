"""The gate: what happens with one message of a citizen.

Two laws. Whether a message belongs to an hour is decided by when it was *written*; an automatic text is only ever
wished for here, and sent only when `allow` finds that this person was not told the same before.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Literal, NamedTuple

from sessionhours.core.keywords import Keyword
from sessionhours.core.message import SAID
from sessionhours.core.schedule import Line, Occurrence, Schedule

#: ``offer``: the message waits, unseen, for its writer's "1"; ``keep``: this is the "1"; ``inform`` and ``erase``: the
#: other keywords, which ask the line and nobody in it.
Verb = Literal["admit", "hold", "offer", "decline", "keep", "inform", "erase"]

#: A message older than this gets no automatic text: nobody wants one at night for a question of the afternoon (F30).
FRESH = timedelta(minutes=10)

#: A message that took longer than this is shown as late (AC-25).
LATE = timedelta(seconds=120)

#: So long an offered message waits for its writer's "1", from when it was written (surfaces §3).
OFFERED = timedelta(minutes=60)

#: The dates are said again only after so long.
DATES_AGAIN = timedelta(minutes=10)

#: Most automatic texts to one contact in 24 hours (AC-15).
LOOP_GUARD = 5
LOOP_SPAN = timedelta(hours=24)

#: Which of the line's types a kind of message counts as.
COUNTS_AS: dict[str, str] = {"button": "text", "interactive": "text", "voice": "voice", "audio": "audio"}


class Wish(NamedTuple):
    """An automatic text that the gate would send: which, in what period once, and which next date it names.

    ``period`` is what the text is sent once in: for the away text the next window it names, so that a changed
    date, and only that, allows one more (surfaces §3). ``rest``: the same text goes again only so long after the last.
    """

    text: str
    period: str
    next: Occurrence | None = None
    rest: timedelta | None = None


class Decision(NamedTuple):
    """What happens: ``verb``, the automatic text wished for or none, and the reason's code (see core.explain)."""

    verb: Verb
    why: str
    wish: Wish | None = None
    window: Occurrence | None = None


class Situation(NamedTuple):
    """What is known of one message when the gate looks at it.

    ``invited``: we asked this person to write again. ``offered``: something waits that a "1" of this moment would keep;
    ``kept``: a "1" came before, and what it kept still waits for the hour. ``late``: it begins later than announced,
    and whoever comes is told so.
    """

    kind: str
    quiet: bool
    sent_at: datetime
    now: datetime
    replayed: bool
    state: str | None
    inside: bool
    first: bool = False
    answered_at: datetime | None = None
    invited: bool = False
    keyword: Keyword | None = None
    offered: bool = False
    kept: bool = False
    late: bool = False


def window_for(schedule: Schedule, line: Line, sent_at: datetime) -> Occurrence | None:
    """The window that a message written at ``sent_at`` belongs to, with ``early`` before and ``grace`` after it."""
    return (
        schedule.at(sent_at, line=line.id)
        or schedule.at(sent_at + timedelta(minutes=line.early), line=line.id)
        or schedule.at(sent_at - timedelta(minutes=line.grace), line=line.id)
    )


def decide(schedule: Schedule, line: Line, window: Occurrence | None, situation: Situation) -> Decision:
    """Admit, hold, offer or decline, with the automatic text that goes with it (KA-5, KA-6, AC-26, N24).

    ``window`` is what `window_for` found; ``situation.state`` the state of its session, if it has one.
    """
    if (asked := _asked(schedule, line, window, situation)) is not None:
        return asked
    if window is not None and _takes_in(situation):
        return _inside(line, window, situation)
    return _outside(schedule, line, window, situation)


def lobby_period(key: str) -> str:
    """What the text of a lobby is sent once in: the window of that key."""
    return f"lobby:{key}"


def _takes_in(situation: Situation) -> bool:
    """By hand closed intake takes in only people who are inside already (surfaces §5)."""
    return situation.inside or situation.state not in ("intake_closed", "cancelled")


def _inside(line: Line, window: Occurrence, situation: Situation) -> Decision:
    if silent := _never_answered(situation):
        return Decision("admit", silent, window=window)
    if not takes(line, situation.kind):
        return Decision("admit", "notice", Wish("notice", f"session:{window.key}"), window)
    if situation.late and situation.now < window.opens:
        return Decision("admit", "put_off", window=window)
    if situation.now < window.opens and window.kind != "hours":
        return Decision("admit", "lobby", Wish("lobby", lobby_period(window.key), window), window)
    if period := receipt_period(line, window, situation):
        return Decision("admit", "receipt", Wish("receipt", period), window)
    return Decision("admit", "in_session", window=window)


def _asked(
    schedule: Schedule, line: Line, window: Occurrence | None, situation: Situation
) -> Decision | None:
    """What a keyword asks for; None where the message is an ordinary one."""
    match situation.keyword:
        case "erase":
            silent = _never_answered(situation) or _silent(line, window)
            wish = None if silent else Wish("erased", f"erase:{situation.sent_at.isoformat()}")
            return Decision("erase", silent or "erased", wish, window)
        case "keep" if situation.offered or situation.kept:
            return _kept(schedule, line, window, situation)
        case "dates" | "when" if line.outside != "silent":
            return _dates(schedule, line, window, situation)
    return None


def _kept(schedule: Schedule, line: Line, window: Occurrence | None, situation: Situation) -> Decision:
    """The "1". Once the hour is there, what was kept is told like any question in it."""
    if not situation.offered:
        return Decision("keep", "kept_before", window=window)
    if window is not None and _takes_in(situation):
        return _inside(line, window, situation)._replace(verb="keep")
    if silent := _never_answered(situation):
        return Decision("keep", silent)
    following = schedule.next_after(situation.now, line=line.id)
    return Decision(
        "keep", "offer_kept", Wish("offer_kept", f"kept:{situation.sent_at.isoformat()}", following)
    )


def _dates(
    schedule: Schedule, line: Line, window: Occurrence | None, situation: Situation
) -> Decision | None:
    """When one can write. In an hour "Wann?" is a question to people, who are there."""
    if situation.keyword == "when" and window is not None:
        return None
    if silent := _never_answered(situation):
        return Decision("inform", silent, window=window)
    following = schedule.next_after(situation.now, line=line.id)
    wish = Wish("dates", f"dates:{situation.now.isoformat()}", following, DATES_AGAIN)
    return Decision("inform", "dates", wish, window)


def _silent(line: Line, window: Occurrence | None) -> str | None:
    return "silent" if line.outside == "silent" and window is None else None


def _outside(schedule: Schedule, line: Line, window: Occurrence | None, situation: Situation) -> Decision:
    following = _goes_on(schedule, line, window, situation.now) or schedule.next_after(
        situation.now, line=line.id
    )
    verb = _policy(line, following, situation)
    if situation.inside and situation.state in ("intake_closed", "draining"):
        return Decision("admit", "still_inside")
    if situation.invited:
        return Decision("admit", "invited")
    if situation.kept:
        return Decision(verb, "kept_before")
    if silent := _never_answered(situation):
        return Decision(verb, silent)
    if line.outside == "silent":
        return Decision(verb, "silent")
    if _just_answered(line, situation):
        return Decision(verb, "just_answered")
    wish = away(following, verb)
    if verb == "decline" and situation.state == "intake_closed":
        return Decision(verb, "intake_closed", wish._replace(text="intake_closed"))
    return Decision(verb, WHY[verb], wish)


def _goes_on(schedule: Schedule, line: Line, window: Occurrence | None, now: datetime) -> Occurrence | None:
    """What is left of the opening hours after an hour in them that takes nobody in any more."""
    if window is None or window.closes <= now:
        return None
    after = schedule.at(window.closes, line=line.id)
    if after is None or after.opens >= window.closes:
        return None
    return replace(after, opens=window.closes, from_=window.to, date=window.date)


#: Why the away text of a policy goes out.
WHY: dict[Verb, str] = {"hold": "held", "offer": "offered", "decline": "outside"}


def _policy(line: Line, following: Occurrence | None, situation: Situation) -> Verb:
    """Hold, offer or decline. There must be an hour to offer, and time left to say yes; after a yes all is kept."""
    if line.outside == "hold" or situation.kept:
        return "hold"
    lasts = situation.now - situation.sent_at < OFFERED
    waits = situation.kind in SAID or situation.kind in ("edit", "revoke")
    return "offer" if line.outside == "offer" and following is not None and lasts and waits else "decline"


def away(following: Occurrence | None, verb: Verb) -> Wish:
    """The text for somebody who writes outside the hours, naming the next date or that there is none."""
    text = {"hold": "held", "offer": "offer"}.get(verb, "outside")
    if following is None:
        return Wish("held" if verb == "hold" else "outside_none", "away:none")
    return Wish(text, f"away:{following.opens.isoformat()}/{following.closes.isoformat()}", following)


def takes(line: Line, kind: str) -> bool:
    """Is this kind of message answered or at least taken in on this line (WA-3, KA-7)?"""
    counts_as = COUNTS_AS.get(kind, kind)
    return counts_as in line.answer or counts_as in line.accept


def receipt_period(line: Line, window: Occurrence, situation: Situation) -> str | None:
    """What the automatic confirmation is sent once in, or None where the line sends none (GO-16)."""
    match line.receipt:
        case "first":
            return "receipt:first"
        case "each":
            return f"receipt:each:{situation.now.isoformat()}"
        case "matter":
            return f"receipt:matter:{window.key}" if situation.first else None
        case "day":
            return f"receipt:day:{window.date.isoformat()}"
        case "closed_period":
            return f"receipt:window:{window.key}"
    return None


def _never_answered(situation: Situation) -> str | None:
    """Why no automatic text may answer this at all, or None (AC-11, F30)."""
    if situation.kind not in SAID:
        return "not_said"
    if situation.quiet:
        return "quiet"
    if situation.replayed:
        return "replayed"
    if situation.now - situation.sent_at > FRESH:
        return "late"
    return None


def _just_answered(line: Line, situation: Situation) -> bool:
    """Has somebody answered this person within the grace time (AC-12)?"""
    answered = situation.answered_at
    return answered is not None and situation.now - answered <= timedelta(minutes=line.grace)


class Told(NamedTuple):
    """What this person was told before: this very text in this period, and how many texts in the last 24 hours."""

    same: bool
    recent: int


def allow(wish: Wish, told: Told) -> str | None:
    """None when the text may go, else the reason's code why not (AC-9, AC-15)."""
    if told.same:
        return f"{'away' if wish.period.startswith('away') else wish.text}_told"
    if told.recent >= LOOP_GUARD:
        return "loop_guard"
    return None
