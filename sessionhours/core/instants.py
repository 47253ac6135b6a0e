"""Instants as the tables keep them: whole milliseconds since 1970 in UTC, the same on both databases."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import lru_cache

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)


def ms(instant: datetime) -> int:
    """An aware instant as milliseconds."""
    return (instant - _EPOCH) // _MILLISECOND


def second(milliseconds: int) -> int:
    """The whole second. Meta stamps in seconds, so all that was said in one is in the order in which it was seen (AC-25)."""
    return milliseconds - milliseconds % 1000


def instant(milliseconds: int) -> datetime:
    """Milliseconds as an aware UTC instant."""
    return _EPOCH + timedelta(milliseconds=milliseconds)


@lru_cache(maxsize=8192)
def iso(milliseconds: int | None) -> str | None:
    """Milliseconds as the wire shows them (RFC 3339, UTC), or None."""
    if milliseconds is None:
        return None
    return instant(milliseconds).isoformat(timespec="milliseconds").replace("+00:00", "Z")
