"""Where an outbound message stands, and what may happen to it next.

Two laws: a message is never sent again unless it is certain that it was not sent; a status only moves up.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal, Protocol

from sessionhours.core.message import Failure

Status = Literal["queued", "sending", "sent", "delivered", "read", "failed", "unclear"]

#: Meta's words in the order in which they count; a receipt of lower rank changes nothing (contract §3, AC-27).
RANK: dict[str, int] = {
    "queued": 0,
    "sending": 1,
    "unclear": 2,
    "failed": 3,
    "sent": 3,
    "delivered": 4,
    "read": 5,
}

#: Free-form text is possible so long after the citizen's last message: Meta's 24 h but for the time that a send may take
#: (contract §7.1). Whoever answers at 23:59 still does (P15).
SERVICE_WINDOW = timedelta(hours=24) - timedelta(seconds=30)

#: Pace per contact: one message in six seconds, a burst of 45 borrowed from the future (contract §7.6).
PAIR_EVERY = timedelta(seconds=6)
PAIR_BURST = 45

#: Most messages a second that one line hands to Meta; their limit is 80 in and out together (contract §7.5).
LINE_PER_SECOND = 40


def after_receipt(current: str, word: str) -> str:
    """The status after Meta said ``word``: the higher of both; ``played`` counts as read.

    ``failed`` shows only if nothing higher came, and gives way to a later delivered or read (contract §3). An
    unknown word changes nothing.
    """
    word = "read" if word == "played" else word
    if word not in ("sent", "delivered", "read", "failed"):
        return current
    if word == "failed":
        return "failed" if RANK[current] < RANK["delivered"] else current
    if current == "failed":
        return word if RANK[word] >= RANK["delivered"] else current
    return word if RANK[word] > RANK[current] else current


def window_open(closes_at: datetime | None, now: datetime) -> bool:
    """May free-form text be sent at ``now``? The end itself is out."""
    return closes_at is not None and now < closes_at


@dataclass(frozen=True, slots=True)
class Outgoing:
    """One message to hand to Meta. ``attempt`` goes along as ``biz_opaque_callback_data`` and says nothing of anybody.

    Exactly one of ``user_id`` and ``phone`` is used: the BSUID where it is known (contract §5.2).
    """

    line: str
    phone_number_id: str
    attempt: str
    user_id: str | None
    phone: str | None
    kind: Literal["text", "reaction", "image", "document", "template"]
    text: str = ""
    reply_to: str | None = None
    media_id: str | None = None
    filename: str | None = None
    emoji: str | None = None
    target: str | None = None
    template: str | None = None
    language: str | None = None
    parameters: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Accepted:
    """Meta took it; truth about delivery comes as receipts."""

    wamid: str


@dataclass(frozen=True, slots=True)
class NotSent:
    """Certainly not sent: try again after ``wait`` (network not reached, or an explicit temporary refusal)."""

    why: str
    wait: timedelta
    failure: Failure | None = None


@dataclass(frozen=True, slots=True)
class Rejected:
    """Meta refused this message for good. ``stop`` says that nothing else on the line will pass either (class S)."""

    failure: Failure
    stop: bool = False


@dataclass(frozen=True, slots=True)
class Unclear:
    """Bytes went out and nothing certain came back: only a receipt or a person may settle it."""

    why: str


Outcome = Accepted | NotSent | Rejected | Unclear


class Sender(Protocol):
    """What the desk is handed to speak with Meta. Never raises for the peer's or the network's faults."""

    async def send(self, outgoing: Outgoing, *, tries: int) -> Outcome:
        """Send once. ``tries`` is how often this message was tried before (for the waiting time)."""

    async def mark_read(self, phone_number_id: str, wamid: str, *, typing: bool) -> bool:
        """Tell the citizen that their message is read, with or without "typing"; False when it did not work."""


class MediaSource(Protocol):
    """Where the desk gets a citizen's file from."""

    async def fetch(self, phone_number_id: str, meta_id: str) -> tuple[bytes, str]:
        """The file and its claimed type. Raises ``MediaGone`` (final) or ``OSError`` (try again)."""


class MediaGone(Exception):
    """Meta no longer has this file, or will not give it: trying again cannot help."""
