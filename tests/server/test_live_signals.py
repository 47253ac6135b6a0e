"""Who is at a conversation: told to those who may see it, and to no others (surfaces §5)."""

from __future__ import annotations

from typing import Any

import pytest

from tests.server.house import Guest, House


@pytest.fixture
def talks(house: House) -> tuple[str, str]:
    house.says(1, "Erste Frage")
    house.says(2, "Zweite Frage")
    rows = house.rows(
        "select conversation from message where text in ('Erste Frage', 'Zweite Frage') order by seq desc limit 2"
    )
    return rows[1][0], rows[0][0]


def about(frame: dict[str, Any]) -> tuple[str, Any]:
    return frame["name"], frame["data"].get("conversation")


async def test_a_specialist_hears_who_is_at_what_was_handed_to_them_and_of_nothing_else(
    house: House, mayor: Guest, talks: tuple[str, str]
) -> None:
    handed, hidden = talks
    specialist = house.agent("Bauamt", "specialist")
    assert mayor.command("assign", conversation=handed, agent=specialist.id).status_code == 200
    async with mayor.console() as desk, specialist.console() as expert:
        for talk in (hidden, handed):
            await desk.send({"type": "signal", "name": "agent.composing", "data": {"conversation": talk}})
        first = await expert.until(lambda frame: frame.get("name") == "agent.composing")
        assert about(first) == ("agent.composing", handed)
        present = await expert.until(lambda frame: frame.get("name") == "agent.presence")
        assert hidden not in str(present)
        await expert.send({"type": "signal", "name": "agent.viewing", "data": {"conversation": hidden}})
        refused = await expert.until(lambda frame: frame["type"] == "result")
        assert refused["error"]["code"] == "unknown_conversation"
        await expert.send({"type": "signal", "name": "agent.viewing", "data": {"conversation": handed}})
        seen = await desk.until(lambda frame: frame.get("name") == "agent.viewing")
        assert about(seen) == ("agent.viewing", handed)


async def test_what_is_taken_away_is_not_heard_of_any_more_and_what_is_handed_over_is(
    house: House, mayor: Guest, talks: tuple[str, str]
) -> None:
    first, second = talks
    specialist = house.agent("Bauamt", "specialist")
    mayor.command("assign", conversation=first, agent=specialist.id)
    async with mayor.console() as desk, specialist.console() as expert, specialist.console() as other:
        mayor.command("assign", conversation=first, agent=mayor.id)
        mayor.command("assign", conversation=second, agent=specialist.id)
        for screen in (expert, other):
            await screen.until(lambda frame: second in str(frame))
        for talk in (first, second):
            await desk.send({"type": "signal", "name": "agent.composing", "data": {"conversation": talk}})
        for screen in (expert, other):
            heard = await screen.until(lambda frame: frame.get("name") == "agent.composing")
            assert about(heard) == ("agent.composing", second)
