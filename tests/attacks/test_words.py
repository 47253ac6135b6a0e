"""What citizens write is words, whatever it looks like: no template, no format, no code (attacks C15, C16, C26)."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.fakes import wait_until
from tests.makers import body, message
from tests.server.house import House

TRICKS = [
    "{{7*7}}", "{% for x in y %}", "{0.__class__}", "{next_session}", "{title.__class__}", "%s%n%d", "%(name)s", "${x}",
    "#{7*7}", "<%= 7*7 %>", "{{config}}", "{!r}", "$(id)", "`id`", "\\N{BULLET}", "<script>alert(1)</script>",
    "[x](javascript:alert(1))", "<img src=x onerror=alert(1)>", "*fett* _kursiv_", "&lt;b&gt;",
]  # fmt: skip


@pytest.mark.proves("C26", "C15", "C16")
def test_what_somebody_writes_is_never_evaluated(tmp_path: Path) -> None:
    """In a name, a message, a note and a reply; in what the console reads and in what leaves."""
    house = House(tmp_path, policy="approval = false").start()
    mayor = house.agent()
    for number, trick in enumerate(TRICKS, 1):
        update = json.loads(body([message(number, trick)]))
        update["entry"][0]["changes"][0]["value"]["contacts"][0]["profile"]["name"] = trick
        assert house.post(json.dumps(update).encode()) == 200
    house.settle()
    for conversation in mayor.snapshot()["conversations"]:
        id, trick = conversation["id"], conversation["last_message"]["text"]
        assert conversation["contact"]["name"] == trick
        assert mayor.command("note", conversation=id, text=trick).json()["data"]["note"]["text"] == trick
        said = mayor.command("reply", conversation=id, text=trick, seen=10**6)
        assert said.json()["data"]["message"]["text"] == trick
        page = mayor.get(f"/api/conversations/{id}/messages").json()
        assert [one["text"] for one in page["messages"]] == [trick, trick]
    house.settle()
    until_sent(house, len(TRICKS))
    assert sorted(house.graph.texts()) == sorted(TRICKS)
    house.stop()


def until_sent(house: House, count: int) -> None:
    wait_until(lambda: len(house.graph.texts()) == count)
