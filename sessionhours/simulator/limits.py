"""How fast a business may send: to one person, and altogether."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

PAIR_EVERY = 6.0
PAIR_BURST = 45


@dataclass
class Bucket:
    """One message every six seconds, up to 45 ahead of that (contract §7.6)."""

    paid_until: float = 0.0

    def take(self, now: float) -> bool:
        """Whether one more message may go; counts it if so."""
        start = max(self.paid_until, now)
        if start - now > PAIR_EVERY * (PAIR_BURST - 1):
            return False
        self.paid_until = start + PAIR_EVERY
        return True


@dataclass
class Burst:
    """The stricter reading: a burst within six seconds must be waited off whole before the next message."""

    began: float = 0.0
    count: int = 0

    def take(self, now: float) -> bool:
        """Whether one more message may go; counts it if so."""
        if now >= self.began + PAIR_EVERY * self.count:
            self.began, self.count = now, 0
        elif now - self.began >= PAIR_EVERY or self.count >= PAIR_BURST:
            return False
        self.count += 1
        return True


class Throughput:
    """At most so many messages in any one second (contract §7.5)."""

    def __init__(self) -> None:
        self._recent: deque[float] = deque()

    def take(self, now: float, limit: int) -> bool:
        """Whether one more message may go; counts it if so."""
        while self._recent and self._recent[0] <= now - 1.0:
            self._recent.popleft()
        if len(self._recent) >= limit:
            return False
        self._recent.append(now)
        return True
