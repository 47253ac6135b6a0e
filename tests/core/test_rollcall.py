"""Who counts as somebody who may answer, and which step of the roll call is due when."""

from __future__ import annotations

from datetime import timedelta

import pytest

from sessionhours.core.rollcall import Present, due, may_answer
from tests.makers import CLOSES, OPENS


@pytest.mark.proves("AC-33")
@pytest.mark.parametrize(
    ("name", "roles", "approval", "deputy", "expected"),
    [
        ("Stefan Keller", "mayor", True, "", True),
        ("Maria Brandt", "assistant", True, "", False),
        ("Maria Brandt", "assistant", False, "", True),
        ("Maria Brandt", "assistant", True, "Frau Brandt", True),
        ("Maria Brandt", "assistant", True, "maria BRANDT", True),
        ("Maria Brandt", "assistant", True, "Herr Vogt", False),
        ("Maria Brandt", "specialist", True, "Frau Brandt", False),
        ("Eva Admin", "admin", False, "", False),
        ("Eva Admin", "editor privacy", False, "Eva Admin", False),
        ("Stefan Keller", "editor mayor", True, "Frau Brandt", True),
        ("", "assistant", True, " ", False),
    ],
)
def test_who_may_answer(name: str, roles: str, approval: bool, deputy: str, expected: bool) -> None:
    one = Present("1", name, frozenset(roles.split()))
    assert may_answer(one, approval=approval, deputy=deputy) is expected


@pytest.mark.parametrize(
    ("minutes", "expected"),
    [
        (-15.1, []),
        (-15, ["asked"]),
        (-5.1, ["asked"]),
        (-5, ["asked", "called"]),
        (1.9, ["asked", "called"]),
        (2, ["asked", "called", "late"]),
        (59, ["asked", "called", "late"]),
        (60, []),
    ],
)
def test_what_is_due_when(minutes: float, expected: list[str]) -> None:
    assert due(OPENS, CLOSES, OPENS + timedelta(minutes=minutes)) == expected
