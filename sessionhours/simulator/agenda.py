"""What is going to happen, and when."""

from __future__ import annotations

import asyncio
import heapq
import itertools
from collections.abc import Callable

Action = Callable[[], None]


class Agenda:
    """Actions in order of the time they are due, run one after another on the running event loop.

    `elapsed` gives seconds; after it was moved by hand, `wake` makes the agenda look again.
    """

    def __init__(self, elapsed: Callable[[], float]) -> None:
        self._elapsed = elapsed
        self._heap: list[tuple[float, int, Action]] = []
        self._numbers = itertools.count()
        self._changed = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    def __len__(self) -> int:
        return len(self._heap)

    @property
    def due(self) -> bool:
        """Whether something should have happened by now."""
        return bool(self._heap) and self._heap[0][0] <= self._elapsed()

    def after(self, delay: float, action: Action) -> None:
        """Run `action` in `delay` seconds. Needs a running event loop."""
        heapq.heappush(self._heap, (self._elapsed() + max(0.0, delay), next(self._numbers), action))
        self.wake()

    def wake(self) -> None:
        """Look at the time again."""
        self._changed.set()
        if self._heap and (self._task is None or self._task.done()):
            self._task = asyncio.get_running_loop().create_task(self._run())

    def flush(self) -> None:
        """Run now, in order, everything that is planned at this moment."""
        for _ in range(len(self._heap)):
            self._run_first()

    def clear(self) -> None:
        """Drop everything that is planned."""
        self._heap.clear()
        self._changed.set()

    async def _run(self) -> None:
        while self._heap:
            wait = self._heap[0][0] - self._elapsed()
            if wait <= 0:
                self._run_first()
                continue
            self._changed.clear()
            try:
                await asyncio.wait_for(self._changed.wait(), wait)
            except TimeoutError:
                continue

    def _run_first(self) -> None:
        if self._heap:
            heapq.heappop(self._heap)[2]()
