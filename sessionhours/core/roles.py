"""Who may do what: the table of surfaces §5 as one piece of data that socket, HTTP and menus read.

What the table does not grant is refused.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

Role = Literal["mayor", "assistant", "specialist", "editor", "admin", "privacy"]
Grant = Literal["yes", "no", "unless_approval"]

ROLES: tuple[Role, ...] = ("mayor", "assistant", "specialist", "editor", "admin", "privacy")

_WRITE_DRAFTS = ("note", "draft", "submit", "discard")
_SPEAK = ("reply", "attach", "template", "react", "retry", "confirm_delivered")
_STEER = (
    *("approve", "return"),
    *("session.open_now", "session.extend", "session.close_intake", "session.open_intake"),
)
_END = ("session.settle", "session.close")
_SHARE = ("claim", "next", "release", "assign", "resolve")
_PLAN = (
    *("session.add", "session.move", "session.cancel", "session.confirm", "session.restore", "session.keep"),
    *(
        "session.publish",
        "series.add",
        "series.end",
        "exception.add",
        "exception.remove",
        "texts",
        "planning",
    ),
)
_INFORM = ("session.late", "session.deputy")
_PERSONAL_DATA = ("erase", "export")
_POLICY = ("broadcast", "groups", "retention")
_RUN = ("agents", "quarantine", "quarantine.replay", "settings", "audit")

GRANTS: dict[str, dict[Role, Grant]] = {
    **{name: {"mayor": "yes", "assistant": "yes", "specialist": "yes"} for name in _WRITE_DRAFTS},
    **{name: {"mayor": "yes", "assistant": "unless_approval"} for name in _SPEAK + _STEER + _END},
    **{name: {"mayor": "yes", "assistant": "yes"} for name in _SHARE},
    **{name: {"mayor": "yes", "editor": "yes", "admin": "yes"} for name in _PLAN},
    # whoever is there may say that the mayor comes late or does not come: it answers nobody's question
    **{name: {"mayor": "yes", "assistant": "yes", "editor": "yes", "admin": "yes"} for name in _INFORM},
    **{name: {"mayor": "yes", "admin": "yes", "privacy": "yes"} for name in _PERSONAL_DATA},
    **{name: {"privacy": "yes"} for name in _POLICY},
    **{name: {"admin": "yes"} for name in _RUN},
}
GRANTS["audit"]["privacy"] = "yes"
#: What is shown beside conversations: how templates stand, and how many messages of the month are used.
GRANTS["templates"] = {"mayor": "yes", "assistant": "yes", "admin": "yes"}
GRANTS["budget"] = {"mayor": "yes", "admin": "yes"}

#: How much of the conversations a role sees: all, what was handed to them, or sessions only.
Sight = Literal["all", "handed", "sessions"]
SIGHT: dict[Role, Sight] = {
    "mayor": "all",
    "assistant": "all",
    "specialist": "handed",
    "editor": "sessions",
    "admin": "sessions",
    "privacy": "sessions",
}


def may(roles: Iterable[str], right: str, *, approval: bool) -> bool:
    """Do these roles together grant ``right`` on a line with or without ``approval``?"""
    granted = {GRANTS.get(right, {}).get(role, "no") for role in roles}  # type: ignore[call-overload]
    return "yes" in granted or ("unless_approval" in granted and not approval)


def sight(roles: Iterable[str]) -> Sight:
    """The widest sight that these roles together give."""
    held = {SIGHT[role] for role in roles if role in SIGHT}
    return "all" if "all" in held else "handed" if "handed" in held else "sessions"
