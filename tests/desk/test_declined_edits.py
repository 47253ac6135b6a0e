"""What is said about a message that was not kept is not kept either: no way leads around the gate (KA-6)."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.desk.office import Desk
from tests.desk.test_declined import everything
from tests.desk.test_intake_order import edit, quoting, reaction
from tests.makers import CLOSES, OPENS, body

SECRET = "Geheimnis-4712"


@pytest.mark.proves("KA-6", "N3", "F26")
def test_an_edit_of_what_was_declined_is_declined_as_well(desk: Desk) -> None:
    desk.says(1, "im Termin")
    talk = desk.conversation()["id"]
    desk.ask(desk.mayor, "resolve", conversation=talk, outcome="answered")
    desk.clock.now = CLOSES + timedelta(hours=1)
    desk.tick()
    desk.says(1, "danach", wamid="wamid.danach")
    later = int((desk.clock() - OPENS).total_seconds())
    desk.deliver(body([edit(1, "wamid.danach", SECRET, later + 5)]))
    desk.deliver(body([reaction(1, "wamid.danach", "👍", later + 6)]))
    desk.deliver(body([quoting(1, "noch etwas", "wamid.danach", later + 7)]))
    shown = [one for one in desk.messages(talk) if one["direction"] == "inbound"][1:]
    assert len(shown) == 4
    for entry in shown:
        assert (entry["kind"], entry["text"], entry["detail"]) == ("declined", "", None)
        assert (entry["reactions"], entry["reply_to"]) == ([], None)
    assert SECRET not in everything(desk)
