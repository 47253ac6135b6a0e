"""Time as the simulated platform sees it."""

from __future__ import annotations

import time
from collections.abc import Callable


class Clock:
    """Unix seconds from `source`, plus whatever was skipped by hand.

    A source other than the machine's own clock belongs to whoever passed it in, and is not moved from here.
    """

    def __init__(self, source: Callable[[], float] = time.time) -> None:
        self._source = source
        self._skipped = 0.0
        self.movable = source is time.time

    def __call__(self) -> float:
        """The instant, in Unix seconds."""
        return self._source() + self._skipped

    def elapsed(self) -> float:
        """Seconds that never run backwards by themselves; skipped time counts as passed."""
        return time.monotonic() + self._skipped

    def advance(self, seconds: float) -> None:
        """Skip `seconds`. Raises `ValueError` if the clock belongs to somebody else."""
        if not self.movable:
            raise ValueError("this clock was passed in; move it where it was made")
        self._skipped += seconds
