"""The month's messages are counted as they arrive, once each; at the cap automatic texts stop, people never (N23)."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from sessionhours.core.schedule import Budget
from sessionhours.desk import budget
from sessionhours.store.tables import Notice, Usage
from tests.desk.office import Desk
from tests.makers import OPENS, Clock, body, receipt

LINE = "buergermeister"


def with_budget(new_desk: Callable[..., Desk], *, free: int, cap: int, policy: str = "", **at: Any) -> Desk:
    desk = new_desk(policy or "approval = false", **at)
    desk.schedule = replace(desk.schedule, budget=Budget(free, cap))
    return desk


def arrives(desk: Desk, *wamids: str, word: str = "delivered", **fields: Any) -> None:
    desk.deliver(body([], [receipt(one, word, at=desk.clock(), **fields) for one in wamids]))


def held(desk: Desk) -> dict[str, Any]:
    (one,) = desk.snapshot()["budget"]
    return dict(one)


def used(desk: Desk) -> dict[tuple[str, str], int]:
    return {(row.month, row.category): row.delivered for row in desk.rows(Usage)}


def codes(desk: Desk) -> list[str]:
    return sorted(row.code for row in desk.rows(Notice) if row.code.startswith("budget"))


def test_each_message_counts_once_whatever_is_told_of_it(desk: Desk) -> None:
    arrives(desk, "a", word="sent")
    assert held(desk)["delivered"] == 0
    arrives(desk, "a", "a")
    arrives(desk, "a")
    arrives(desk, "a", word="read")
    arrives(desk, "a", word="played")
    assert held(desk)["delivered"] == 1
    arrives(desk, "b", word="read")
    arrives(desk, "b")
    assert held(desk)["delivered"] == 2, "read alone says that it was delivered"
    arrives(desk, "c", word="failed")
    assert held(desk)["delivered"] == 2


def test_answers_and_texts_to_people_of_whom_nothing_is_kept_count_alike(desk: Desk) -> None:
    desk.says(1, "Frage")
    desk.ask(desk.mayor, "reply", conversation=desk.conversation()["id"], text="Antwort", seen=10**9)
    desk.clock.forward(hours=2)
    desk.says(2, "Noch jemand da?")
    claims = desk.send()
    assert len(claims) == 2
    for number, claim in enumerate(claims):
        arrives(desk, f"wamid.out.{claim.attempt}.{number}", attempt=claim.attempt)
    assert held(desk)["delivered"] == 2


def test_by_the_categories_that_meta_names(desk: Desk) -> None:
    for number, kind in enumerate(["service", "utility", "service", None]):
        pricing: dict[str, Any] = {"pricing": {"category": kind, "type": "regular"}} if kind else {}
        arrives(desk, str(number), **pricing)
    assert used(desk) == {("2026-12", "service"): 3, ("2026-12", "utility"): 1}
    assert held(desk)["delivered"] == 3


@pytest.mark.parametrize(
    ("midnight", "before", "after"),
    [
        (datetime(2026, 11, 30, 23, tzinfo=UTC), "2026-11", "2026-12"),
        (datetime(2026, 10, 31, 23, tzinfo=UTC), "2026-10", "2026-11"),
        (datetime(2027, 3, 31, 22, tzinfo=UTC), "2027-03", "2027-04"),
        (datetime(2026, 12, 31, 23, tzinfo=UTC), "2026-12", "2027-01"),
    ],
)
def test_a_month_ends_at_the_towns_own_midnight(
    new_desk: Callable[..., Desk], midnight: datetime, before: str, after: str
) -> None:
    desk = with_budget(new_desk, free=1000, cap=3, clock=Clock(midnight - timedelta(seconds=1)))
    arrives(desk, "a", "b", "c")
    assert (held(desk)["month"], held(desk)["delivered"], held(desk)["stopped"]) == (before, 3, True)
    desk.clock.forward(seconds=1)
    assert (held(desk)["month"], held(desk)["delivered"], held(desk)["stopped"]) == (after, 0, False)
    arrives(desk, "d")
    desk.deliver(body([], [receipt("e", "delivered", at=midnight - timedelta(seconds=2))]))
    assert used(desk) == {(before, "service"): 4, (after, "service"): 1}, "by when it arrived there"


def test_at_eighty_percent_and_at_the_cap_the_admin_is_told_once(new_desk: Callable[..., Desk]) -> None:
    desk = with_budget(new_desk, free=100, cap=100)
    arrives(desk, *(f"a{n}" for n in range(79)))
    assert (held(desk)["delivered"], codes(desk)) == (79, [])
    arrives(desk, "b")
    assert codes(desk) == ["budget_short"]
    arrives(desk, *(f"c{n}" for n in range(19)))
    assert (held(desk)["delivered"], held(desk)["stopped"], codes(desk)) == (99, False, ["budget_short"])
    arrives(desk, "d")
    arrives(desk, "e")
    assert (held(desk)["delivered"], held(desk)["stopped"]) == (101, True)
    assert codes(desk) == ["budget_short", "budget_spent"]
    desk.clock.now = datetime(2027, 1, 7, 14, tzinfo=UTC)
    arrives(desk, *(f"f{n}" for n in range(80)))
    assert codes(desk) == ["budget_short", "budget_short", "budget_spent"], "each month anew"


@pytest.mark.parametrize("cap", [2, 0])
def test_at_the_cap_automatic_texts_stop_and_say_why(new_desk: Callable[..., Desk], cap: int) -> None:
    desk = with_budget(new_desk, free=1000, cap=cap, policy='approval = false\nreceipt = "each"')
    arrives(desk, "a", "b")
    desk.says(1, "Frage")
    first = desk.only()[0]
    if cap:
        assert [claim.text for claim in desk.send()] == []
        assert first["decision"].startswith("Kein automatischer Text, weil")
        desk.clock.now = datetime(2027, 1, 7, 14, 1, tzinfo=UTC)
        desk.says(1, "Frage im neuen Jahr")
    assert len(desk.send()) == 1


def test_at_the_cap_a_last_call_stops_but_no_answer_and_no_outcome(new_desk: Callable[..., Desk]) -> None:
    desk = with_budget(new_desk, free=1000, cap=1)
    arrives(desk, "a")
    desk.says(1, "Eine Frage")
    desk.says(2, "Noch eine")
    one, other = (desk.conversation_of(text) for text in ("Eine Frage", "Noch eine"))
    session = desk.snapshot()["session"]["id"]
    desk.clock.now = OPENS + timedelta(minutes=50)
    desk.tick()
    assert desk.ask(desk.mayor, "session.late", session=session, minutes=5)["ok"]
    assert desk.send() == []
    assert desk.ask(desk.mayor, "reply", conversation=one, text="Ja.", seen=10**9)["ok"]
    assert desk.ask(desk.mayor, "resolve", conversation=other, outcome="promised", date="2026-12-07")["ok"]
    assert [bool(claim.text) for claim in desk.send()] == [True, True]


def test_without_a_cap_a_last_call_goes(new_desk: Callable[..., Desk]) -> None:
    desk = with_budget(new_desk, free=0, cap=0)
    arrives(desk, "a")
    desk.says(1, "Eine Frage")
    desk.clock.now = OPENS + timedelta(minutes=50)
    desk.tick()
    assert len(desk.send()) == 1
    assert codes(desk) == []


def test_who_is_told(desk: Desk) -> None:
    arrives(desk, "a")
    admin = desk.agent("Frau Technik", "admin")
    assert desk.snapshot(admin)["budget"] == desk.snapshot()["budget"] == [held(desk)]
    assert held(desk) == {
        "line": LINE,
        "month": "2026-12",
        "delivered": 1,
        "free": 1000,
        "cap": 1000,
        "forecast": 11,
        "stopped": False,
    }
    for role in ("assistant", "specialist", "editor", "privacy"):
        assert desk.snapshot(desk.agent("Jemand", role))["budget"] == []


def test_a_day_that_begins_is_told(desk: Desk) -> None:
    arrives(desk, "a")
    desk.clock.forward(days=1)
    before = len(desk.told)
    desk.write(budget.tell, desk.schedule, now=desk.clock())
    assert [event.name for event in desk.told[before:]] == ["budget.updated"]


def deliveries(desk: Desk, mine: int) -> None:
    for number in range(20):
        for word in ("delivered", "read"):
            arrives(desk, f"both{number}", f"{mine}{number}", word=word)


def test_two_processes_count_right(postgres_url: str, tmp_path: Path) -> None:
    """Both deliver, the same and different messages, at the same time."""
    desks = []
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        desks.append(Desk(postgres_url, tmp_path / name, "approval = false"))
    try:
        threads = [threading.Thread(target=deliveries, args=(desk, mine)) for mine, desk in enumerate(desks)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert [held(desk)["delivered"] for desk in desks] == [60, 60]
    finally:
        for desk in desks:
            desk.close()
