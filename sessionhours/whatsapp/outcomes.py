"""From an answer of Graph's, or from none, to what became of the message (contract §5.10, §8).

The law: only an explicit refusal says that nothing was sent; anything doubtful is ``Unclear`` (F51 to F60).
"""

from __future__ import annotations

import zlib
from datetime import timedelta
from typing import Any

import httpx
import msgspec

from sessionhours.core import failures
from sessionhours.core.delivery import Accepted, NotSent, Outcome, Rejected, Unclear
from sessionhours.core.message import Failure
from sessionhours.whatsapp import wire

#: The only faults after which certainly no byte had left (F53); name resolution and TLS are in the first.
NEVER_LEFT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout)

#: Seconds to wait after a temporary refusal, and their growth with each try; for pair rate Meta's 4^n (§7.6).
PACE: dict[int, tuple[float, float]] = {
    131056: (1, 4),
    130429: (1, 2),
    131057: (300, 1),
    4: (60, 2),
    80007: (60, 2),
    80008: (60, 2),
}

#: The same for other temporary refusals, and for a network that does not reach Graph.
PACE_ELSE = (5.0, 2.0)
PACE_NETWORK = (1.0, 2.0)

#: No wait is longer; and up to this share is added by chance, so that a queue does not come back at once.
LONGEST = timedelta(minutes=15)
JITTER = 0.25


def of_answer(status: int, body: bytes, attempt: str, tries: int) -> Outcome:
    """What an HTTP answer to a send says. ``tries`` counts from 0; ``attempt`` seeds the jitter."""
    answer = object_of(body)
    if 200 <= status < 300:
        wamid = next((wire.ident(one.get("id")) for one in wire.records(answer.get("messages"))), None)
        return Accepted(wamid) if wamid else Unclear(f"HTTP {status} without a message id")
    failure = failure_of(answer)
    if failure is None:
        return Unclear(f"HTTP {status} without an error of Graph's")
    return of_failure(status, failure, attempt, tries)


def of_failure(status: int, failure: Failure, attempt: str, tries: int) -> Outcome:
    """What an explicit error of Graph's says, by the class of its code (contract §8.2)."""
    known = failures.meaning(failure.code)
    kind = known.kind if known else _unknown(status, failure)
    if kind == "P":
        return NotSent(
            f"code {failure.code}", pause(PACE.get(failure.code, PACE_ELSE), attempt, tries), failure
        )
    if kind == "U":
        return Unclear(f"HTTP {status} with code {failure.code}")
    return Rejected(failure, stop=kind == "S")


def of_fault(error: Exception, attempt: str, tries: int) -> Outcome:
    """What a fault of the network says."""
    if isinstance(error, NEVER_LEFT):
        return NotSent(type(error).__name__, pause(PACE_NETWORK, attempt, tries))
    return Unclear(type(error).__name__)


def failure_of(answer: dict[str, Any]) -> Failure | None:
    """The error in an answer of Graph's, None when it holds none with a code."""
    failure = wire.failure([answer.get("error")])
    return failure if failure and failure.code != wire.NO_CODE else None


def pause(pace: tuple[float, float], attempt: str, tries: int) -> timedelta:
    """How long to wait after ``tries`` earlier tries: growing, bounded, not the same for every message."""
    first, growth = pace
    seconds = min(first * growth ** min(tries, 20), LONGEST.total_seconds())
    chance = zlib.crc32(f"{attempt} {tries}".encode()) / 2**32
    return timedelta(seconds=seconds * (1 + JITTER * chance))


def _unknown(status: int, failure: Failure) -> failures.Class:
    """The class of a code that the table does not know (contract §8.2, last line)."""
    if status == 429:
        return "P"
    return "U" if status >= 500 or failure.transient else "N"


def object_of(body: bytes) -> dict[str, Any]:
    """The JSON object in ``body``, an empty one when there is none."""
    try:
        return wire.record(msgspec.json.decode(body))
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return {}
