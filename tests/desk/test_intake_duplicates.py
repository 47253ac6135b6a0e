"""The same thing again changes nothing, for ever (AC-21, F22–F24)."""

from __future__ import annotations

from concurrent.futures import Future
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import delete

from sessionhours.desk import intake
from sessionhours.store.tables import Arrival, Contact, Conversation, Event, Intake, Message, Outbox, Seen
from tests.desk.office import Desk
from tests.makers import OPENS, body, message, receipt

MONDAY = OPENS - timedelta(days=3)


def kept(desk: Desk) -> tuple[int, int]:
    """How many messages there are, and how many texts are on their way out."""
    return len(desk.rows(Message)), len(desk.rows(Outbox))


@pytest.mark.proves("F22", "AC-55", "C4")
@pytest.mark.parametrize(
    "later", [timedelta(seconds=1), timedelta(hours=36), timedelta(days=7), timedelta(days=400)]
)
def test_the_same_body_later_is_the_same_message(desk: Desk, later: timedelta) -> None:
    once = body([message(1, "Wann wird die Brücke fertig?")])
    desk.deliver(once)
    before = desk.snapshot()["seq"]
    desk.clock.now += later
    desk.deliver(once)
    assert kept(desk) == (1, 0)
    assert desk.snapshot()["seq"] == before, "nothing may be told to the consoles"


@pytest.mark.proves("F24")
def test_sixteen_copies_in_one_batch_are_one_message(desk: Desk) -> None:
    desk.deliver(body([message(1, "Guten Tag", wamid="wamid.16")] * 16))
    assert [one["text"] for one in desk.only()] == ["Guten Tag"]
    assert desk.conversation()["unread"] == 1


@pytest.mark.proves("F24", "AC-24")
def test_a_copy_among_other_neighbours_is_dropped_and_they_are_not(desk: Desk) -> None:
    first, second, third = (message(1, text, wamid=f"wamid.{text}") for text in ("eins", "zwei", "drei"))
    desk.deliver(body([first, second]), body([second, third, first]))
    assert sorted(one["text"] for one in desk.only()) == ["drei", "eins", "zwei"]


@pytest.mark.proves("F22")
def test_nothing_kept_of_a_declined_message_still_knows_its_repeat(desk: Desk) -> None:
    desk.clock.now = MONDAY
    once = body([message(1, "Hallo", at=MONDAY)])
    desk.deliver(once, once)
    desk.send()
    desk.deliver(once)
    assert kept(desk) == (0, 0)
    (arrival,) = desk.rows(Arrival)
    assert arrival.message is None
    assert "Hallo" not in str(dict(arrival))
    assert "wamid" not in str(dict(arrival))


def test_a_receipt_counts_once_by_id_and_status(desk: Desk) -> None:
    desk.says(1)
    desk.ask(
        desk.mayor, "reply", conversation=desk.conversation()["id"], text="Ja", seen=desk.snapshot()["seq"]
    )
    (claim,) = desk.send()
    wamid = next(row.wamid for row in desk.rows(Message) if row.attempt == claim.attempt)
    delivered, read = receipt(wamid, "delivered"), receipt(wamid, "read")
    desk.deliver(body([], [delivered, delivered, read]), body([], [read, delivered]))
    assert len(desk.rows(Seen)) == 2
    told = [one for one in desk.told if one.name == "message.updated" and '"status":"delivered"' in one.data]
    assert len(told) <= 1
    assert desk.only()[-1]["status"] == "read"


@pytest.mark.proves("AC-21", "F23", "F33")
def test_twenty_parallel_deliveries_are_one_message_and_one_away_reply(desk: Desk) -> None:
    inside, outside = body([message(1, "im Termin")]), body([message(2, "davor", at=MONDAY)])
    futures: list[Future[Any]] = []
    for _ in range(20):
        at = int(OPENS.timestamp() * 1000)
        futures.append(desk.database.submit(intake.log, [intake.Body(inside, at)]))
        futures.append(desk.database.submit(intake.apply, desk.reader, now=OPENS))
    for future in futures:
        future.result(20)
    desk.clock.now = MONDAY
    for _ in range(20):
        futures.append(
            desk.database.submit(intake.log, [intake.Body(outside, int(MONDAY.timestamp() * 1000))])
        )
        futures.append(desk.database.submit(intake.apply, desk.reader, now=MONDAY))
    for future in futures:
        future.result(20)
    desk.apply()
    assert [one["text"] for one in desk.only()] == ["im Termin"]
    assert len(desk.waiting()) == 1
    assert all(row.body == b"" and row.state == "done" for row in desk.rows(Intake))


@pytest.mark.proves("AC-27")
def test_the_first_two_messages_of_somebody_new_make_one_conversation(desk: Desk) -> None:
    desk.deliver(body([message(1, "eins"), message(1, "zwei")]))
    assert len(desk.snapshot()["conversations"]) == 1
    desk.deliver(body([message(2, "eins")]), body([message(2, "zwei")]))
    futures = [
        desk.database.submit(intake.log, [intake.Body(body([message(3, str(number))]), 0)])
        for number in range(2)
    ] + [desk.database.submit(intake.apply, desk.reader, now=OPENS) for _ in range(2)]
    for future in futures:
        future.result(20)
    assert len(desk.snapshot()["conversations"]) == 3


@pytest.mark.proves("AC-24", "F25")
def test_everything_in_a_body_is_read_messages_beside_statuses(desk: Desk) -> None:
    desk.says(1)
    desk.ask(
        desk.mayor, "reply", conversation=desk.conversation()["id"], text="Ja", seen=desk.snapshot()["seq"]
    )
    desk.send()
    wamid = next(row.wamid for row in desk.rows(Message) if row.direction == "outbound")
    desk.deliver(body([message(n, f"Frage {n}") for n in range(2, 7)], [receipt(wamid, "delivered")]))
    assert len(desk.snapshot()["conversations"]) == 6
    ours = next(one for one in desk.snapshot()["conversations"] if one["contact"]["name"] == "Anna Müller 1")
    assert desk.messages(ours["id"])[-1]["status"] == "delivered"


def test_a_group_message_is_discarded(desk: Desk) -> None:
    desk.deliver(body([message(1, "an alle", group_id="Y2FwaV9ncm91cA")]))
    desk.clock.now = MONDAY
    desk.deliver(body([message(1, "an alle davor", at=MONDAY, group_id="Y2FwaV9ncm91cA")]))
    assert desk.snapshot()["conversations"] == []
    assert kept(desk) == (0, 0)


@pytest.mark.proves("C6")
def test_what_was_erased_does_not_come_back_with_a_replayed_body(desk: Desk) -> None:
    """The memory of what came holds keyed hashes alone, and outlives every row that it is about."""
    once = body([message(1, "bitte vergessen", wamid="wamid.vergessen")])
    desk.deliver(once)
    for table in (Message, Conversation, Contact, Event):
        desk.write(lambda session, table=table: session.execute(delete(table)))
    desk.clock.now += timedelta(days=8)
    desk.deliver(once)
    assert kept(desk) == (0, 0)
    assert desk.rows(Contact) == []
    assert not {"bitte vergessen", "wamid.vergessen", "491713920001"} & set(
        str(desk.rows(Arrival)).split("'")
    )
