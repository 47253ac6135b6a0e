"""A record of everything that went over the wire, in both directions."""

from __future__ import annotations

from collections import Counter, deque
from typing import Any

Entry = dict[str, Any]
KEEP = 200_000


class Journal:
    """The last entries, numbered from 1. Tokens and secrets are never written down.

    Kinds: `graph` a request to the Graph API and its answer, `send` a message that was accepted, `refused`
    one that was not, `webhook` one delivery attempt, `handshake`, `dropped` and `abandoned` updates.
    """

    def __init__(self) -> None:
        self._entries: deque[Entry] = deque(maxlen=KEEP)
        self._number = 0

    def add(self, kind: str, at: float, **facts: Any) -> Entry:
        """Write down one entry; it may be completed afterwards."""
        self._number += 1
        entry: Entry = {"n": self._number, "kind": kind, "at": at, **facts}
        self._entries.append(entry)
        return entry

    def entries(self, kind: str | None = None, since: int = 0) -> list[Entry]:
        """Entries after number `since`, oldest first; of one kind, or all."""
        return [e for e in self._entries if e["n"] > since and kind in (None, e["kind"])]

    def doubles(self) -> list[str]:
        """Callback data that came with more than one accepted message: something was sent twice."""
        counts = Counter(e["opaque"] for e in self._entries if e["kind"] == "send" and e["opaque"])
        return sorted(opaque for opaque, times in counts.items() if times > 1)

    def clear(self) -> None:
        """Forget everything; numbers go on."""
        self._entries.clear()
