"""Every page of the product in every state that somebody can see it in."""

from __future__ import annotations

from tests.browser import console_states, planning_states, public_states

#: What the quick run looks at too; the rest is left to `make test-full`.
ALWAYS = {
    "login", "console-empty", "console-between", "console-talk", "console-lobby", "console-settling",
    "console-draining", "console-over", "public-running", "public-next", "public-none",
    "public-late", "public-cancelled", "dates", "poster", "easy", "kit",
    "plan-month", "plan-empty", "plan-date", "plan-move-wrong", "plan-asked-again", "plan-new-wrong", "plan-texts",
}  # fmt: skip

STATES = (*console_states.STATES, *public_states.STATES, *planning_states.STATES)
NAMED = {state.name: state for state in STATES}
HALLS = {**console_states.HALLS, **public_states.HALLS, **planning_states.HALLS}

assert NAMED.keys() >= ALWAYS
assert len(NAMED) == len(STATES)
