"""One citizen on two lines of a town is one contact: what becomes known on one line shows on the other."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from tests import makers
from tests.desk import reducer
from tests.desk.office import Desk
from tests.desk.test_identity import NEW, system_message
from tests.desk.test_outbox_lines import TWO_LINES
from tests.makers import body, citizen, message


@pytest.fixture
def house(new_desk: Callable[..., Desk], monkeypatch: pytest.MonkeyPatch) -> Desk:
    monkeypatch.setattr(makers, "SCHEDULE", f"{makers.SCHEDULE}\n{TWO_LINES}")
    desk = new_desk()
    desk.deliver(
        body([message(1, "Frage")]), body([message(1, "ans Rathaus")], phone_number_id="200000000000003")
    )
    return desk


def people(state: dict[str, Any]) -> set[tuple[str, str | None]]:
    return {(one["contact"]["name"], one["contact"]["phone"]) for one in state["conversations"].values()}


@pytest.mark.proves("P3", "AC-36")
def test_a_new_name_is_told_on_both_lines(house: Desk) -> None:
    before, heard = reducer.state(house.snapshot()), len(house.told)
    named = [{"profile": {"name": "Anna Neumann"}, "user_id": citizen(1)["user_id"]}]
    house.deliver(body([message(1, "unter neuem Namen")], contacts=named))
    assert people(told(house, before, heard)) == {("Anna Neumann", "+491713920001")}
    assert told(house, before, heard)["conversations"] == reducer.state(house.snapshot())["conversations"]


@pytest.mark.proves("P3", "F32")
def test_a_new_number_is_told_on_both_lines(house: Desk) -> None:
    before, heard = reducer.state(house.snapshot()), len(house.told)
    house.deliver(system_message())
    assert people(told(house, before, heard)) == {("Anna Müller 1", f"+{NEW['phone']}")}
    assert told(house, before, heard)["conversations"] == reducer.state(house.snapshot())["conversations"]
    kinds = [
        [one["kind"] for one in house.messages(talk["id"])] for talk in house.snapshot()["conversations"]
    ]
    assert kinds == [["text", "system"]] * 2


def told(desk: Desk, state: dict[str, Any], heard: int) -> dict[str, Any]:
    """The state that a console reaches by what it has heard since."""
    for event in desk.told[heard:]:
        state = reducer.apply(state, json.loads(event.frame))
    return state
