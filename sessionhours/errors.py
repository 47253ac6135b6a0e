"""Every error this program raises for a caller to act on.

SessionhoursError
├── ConfigFaults        settings or schedule files are wrong; carries every fault at once
├── NotStored           the database could not make a change durable; nothing may be acknowledged
├── DatabaseInUse       another server process holds the same SQLite file
└── Refused             a command was understood and not carried out; has a code for programs and a sentence for people
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


class SessionhoursError(Exception):
    """The root of the family."""


@dataclass(frozen=True)
class Fault:
    """One thing wrong in a file or a setting: where it is, why it is wrong and what is allowed (surfaces §1)."""

    file: str
    line: int | None
    field: str
    why: str
    allowed: str = ""

    def __str__(self) -> str:
        where = self.file if self.line is None else f"{self.file}:{self.line}"
        allowed = f"; allowed: {self.allowed}" if self.allowed else ""
        return f"{where}: {self.field}: {self.why}{allowed}"


class ConfigFaults(SessionhoursError):
    """Settings or schedule files are wrong. ``faults`` holds all of them, in file order."""

    def __init__(self, faults: tuple[Fault, ...]) -> None:
        self.faults = faults
        super().__init__("\n".join(map(str, faults)))


class NotStored(SessionhoursError):
    """The database could not make a change durable (full, locked, gone): answer 503, never 200."""


class DatabaseInUse(SessionhoursError):
    """Another server process holds the same SQLite file."""


class Refused(SessionhoursError):
    """A command was understood and not carried out.

    ``code`` is for programs, ``message`` for people, ``status`` the HTTP status (surfaces §5), ``extra`` what
    the code promises beside them (for ``stale``: ``seq`` and ``missed``).
    """

    def __init__(self, code: str, message: str, *, status: int = 400, **extra: Any) -> None:
        self.code = code
        self.message = message
        self.status = status
        self.extra = extra
        super().__init__(f"{code}: {message}")

    def body(self) -> dict[str, Any]:
        """The ``error`` object of a result frame or an HTTP answer."""
        return {"code": self.code, "message": self.message, **self.extra}
