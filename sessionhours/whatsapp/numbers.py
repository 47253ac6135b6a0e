"""What Meta says of one of our numbers (contract §7, `GET /{phone_number_id}?fields=…`)."""

from __future__ import annotations

from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from sessionhours.core.preflight import NumberState
from sessionhours.whatsapp import outcomes, wire

#: What is asked for; nothing but the id comes unasked.
FIELDS = "status,quality_rating,health_status"

#: Characters of a word of Meta's that are shown to anybody.
LONGEST_WORD = 40


def state_of(status: int, body: bytes, date: str | None) -> NumberState:
    """From an answer; one without Graph's own words, from whatever stands between, is as good as none."""
    told, at = outcomes.object_of(body), instant_of(date)
    if failure := outcomes.failure_of(told):
        return NumberState(failure=failure, date=at)
    if status != 200 or not told:
        return NumberState(reached=False)
    health = wire.record(told.get("health_status"))
    return NumberState(
        status=_word(told.get("status")),
        quality=_word(told.get("quality_rating")),
        can_send=_word(health.get("can_send_message")),
        date=at,
    )


def _word(value: object) -> str:
    return value[:LONGEST_WORD] if isinstance(value, str) else ""


def instant_of(date: str | None) -> datetime | None:
    """The instant of a Date header (RFC 9110 §6.6.1); None where it holds none."""
    try:
        return parsedate_to_datetime(date or "").astimezone(UTC)
    except (ValueError, OverflowError):
        return None
