"""A token that no longer works pauses its line, keeps the queue and harms no other line (F59)."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from sessionhours.core.delivery import Rejected
from sessionhours.core.message import Failure
from sessionhours.store.tables import LineState
from tests.desk.office import Desk
from tests.desk.test_outbox import reply, status
from tests.makers import body, message

REVOKED = Rejected(Failure(190), stop=True)

TWO_LINES = """
[[line]]
id = "rathaus"
title = "Rathaus"
host = "Rathaus"
phone = "+4930231250010"
phone_number_id = "200000000000003"

[[line.session]]
every = "first thursday"
from = "15:00"
to = "16:00"

"""


@pytest.fixture
def house(new_desk: Callable[..., Desk], monkeypatch: pytest.MonkeyPatch) -> Desk:
    """A town with two lines."""
    from tests import makers

    head, _, line = makers.SCHEDULE.partition("[[line]]")
    monkeypatch.setattr(makers, "SCHEDULE", f"{head}[[line]]{line}\n{TWO_LINES}")
    return new_desk()


@pytest.mark.proves("F59")
def test_a_revoked_token_pauses_its_line_and_no_other(house: Desk) -> None:
    admin = house.agent("Ina Weber", "admin")
    for number in range(1, 4):
        reply(house, number, f"Antwort {number}")
    house.deliver(body([message(9, "ans Rathaus")], phone_number_id="200000000000003"))
    assert len(house.send(REVOKED)) == 3
    assert status(house) == ["queued"] * 3
    (line,) = house.snapshot()["lines"]
    assert line["id"] == "buergermeister"
    assert line["paused_at"] == "2026-12-03T14:00:00.000Z"
    assert line["why"]
    assert [one["code"] for one in house.snapshot(admin)["notices"]] == ["line_paused"], "one alarm"
    talk = next(one for one in house.snapshot()["conversations"] if one["line"] == "rathaus")
    house.ask(house.mayor, "reply", conversation=talk["id"], text="vom Rathaus", seen=10**6)
    assert [one.text for one in house.send()] == ["vom Rathaus"]
    house.says(5, "kommt trotzdem an")
    assert len(house.snapshot()["conversations"]) == 5


@pytest.mark.proves("F59")
def test_a_paused_line_is_tried_with_one_message_a_minute_and_resumes(desk: Desk) -> None:
    admin = desk.agent("Ina Weber", "admin")
    for number in range(1, 6):
        reply(desk, number, f"Antwort {number}")
    desk.send(REVOKED)
    for _ in range(12):
        desk.clock.forward(seconds=61)
        assert len(desk.send(REVOKED)) == 1
        assert desk.send(REVOKED) == []
    assert len(desk.snapshot(admin)["notices"]) == 1
    assert status(desk) == ["queued"] * 5, "a pause uses up no try"
    desk.clock.forward(seconds=61)
    assert len(desk.send()) == 1
    assert [row.paused_at for row in desk.rows(LineState)] == [None]
    assert len(desk.send()) == 4
    assert status(desk) == ["sent"] * 5
