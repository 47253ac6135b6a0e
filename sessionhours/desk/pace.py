"""Pace: how fast messages may leave, per person and per line (contract §7.5, §7.6). Kept in memory: a restart may only
be too fast once, and then Meta says so before anything is sent.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sessionhours.core.delivery import LINE_PER_SECOND, PAIR_BURST, PAIR_EVERY


@dataclass
class Bucket:
    """Tokens that come back one every ``every``, at most ``most``."""

    every: timedelta
    most: int
    tokens: float = field(init=False)
    at: datetime | None = None

    def __post_init__(self) -> None:
        self.tokens = self.most

    def take(self, now: datetime) -> bool:
        """One token, if there is one at ``now``."""
        if self.at is not None:
            self.tokens = min(self.most, self.tokens + max(now - self.at, timedelta()) / self.every)
        self.at = now
        if self.tokens < 1:
            return False
        self.tokens -= 1
        return True

    @property
    def full(self) -> bool:
        """Nothing was taken for so long that nobody needs to remember it."""
        return self.tokens >= self.most


class Pace:
    """The buckets of all lines and of everybody written to lately."""

    def __init__(self) -> None:
        self._lines: dict[str, Bucket] = {}
        self._lanes: dict[str, Bucket] = {}

    def may_send(self, line: str, lane: str, now: datetime) -> bool:
        """May one more message leave now?"""
        mine = self._lanes.setdefault(lane, Bucket(PAIR_EVERY, PAIR_BURST))
        lines = self._lines.setdefault(line, Bucket(timedelta(seconds=1) / LINE_PER_SECOND, LINE_PER_SECOND))
        if not mine.take(now):
            return False
        if not lines.take(now):
            mine.tokens += 1
            return False
        return True
