"""A message leaves once, in order, and its fate is known or asked for (F50–F67, AC-23)."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from sessionhours.core.delivery import SERVICE_WINDOW, Accepted, NotSent, Outcome, Rejected, Unclear
from sessionhours.core.message import Failure
from sessionhours.desk import outbox
from sessionhours.desk.outbox import TRIES, Claim
from sessionhours.store.tables import Message, Outbox
from tests.desk.office import KEYS, Desk
from tests.makers import CLOSES, OPENS, Clock, body, message, receipt

LATER = NotSent("connect refused", timedelta(seconds=2))
REVOKED = Rejected(Failure(190), stop=True)


def reply(desk: Desk, number: int = 1, text: str = "Antwort") -> str:
    """The mayor answers citizen ``number``; the conversation's id."""
    name = f"Anna Müller {number}"
    known = {one["contact"]["name"]: one["id"] for one in desk.snapshot()["conversations"]}
    if name not in known:
        desk.says(number, f"Frage {number}")
        known = {one["contact"]["name"]: one["id"] for one in desk.snapshot()["conversations"]}
    answer = desk.ask(desk.mayor, "reply", conversation=known[name], text=text, seen=10**6)
    assert answer["ok"], answer
    return known[name]


def claim(desk: Desk) -> list[Claim]:
    return desk.write(outbox.claim, now=desk.clock())


def begin(desk: Desk, one: Claim) -> bool:
    return desk.write(outbox.begin, one, now=desk.clock())


def settle(desk: Desk, one: Claim, outcome: Outcome) -> None:
    desk.write(outbox.settle, KEYS, desk.schedule, one, outcome, now=desk.clock())


def recover(desk: Desk, *, everything: bool = True) -> int:
    return desk.write(outbox.recover, now=desk.clock(), everything=everything)


def ours(desk: Desk) -> list[Message]:
    return [row for row in desk.rows(Message) if row.direction == "outbound"]


def status(desk: Desk) -> list[str | None]:
    return [row.status for row in sorted(ours(desk), key=lambda row: row.id)]


@pytest.mark.proves("F50")
def test_killed_after_the_claim_it_is_sent_once(desk: Desk) -> None:
    reply(desk)
    (zombie,) = claim(desk)
    assert claim(desk) == []
    assert recover(desk) == 0
    assert len(desk.send()) == 1
    assert not begin(desk, zombie)
    assert status(desk) == ["sent"]


@pytest.mark.proves("F51", "AC-23")
@pytest.mark.parametrize("everything", [True, False], ids=["at start", "after its lease"])
def test_killed_while_sending_it_is_unclear_and_never_sent_again_by_itself(
    desk: Desk, everything: bool
) -> None:
    reply(desk)
    (one,) = claim(desk)
    assert begin(desk, one)
    assert recover(desk, everything=False) == 0, "its lease is still running"
    desk.clock.forward(seconds=31)
    assert recover(desk, everything=everything) == 1
    assert status(desk) == ["unclear"]
    desk.clock.forward(hours=3)
    assert claim(desk) == []
    assert desk.send() == []


@pytest.mark.proves("F51", "F65", "F27")
def test_a_receipt_with_our_attempt_id_settles_what_was_unclear(desk: Desk) -> None:
    reply(desk)
    (one,) = claim(desk)
    begin(desk, one)
    recover(desk)
    desk.deliver(body([], [receipt("wamid.later", "delivered", attempt=one.attempt)]))
    assert status(desk) == ["delivered"]
    assert ours(desk)[0].wamid == "wamid.later"
    assert desk.waiting() == []
    desk.deliver(body([], [receipt("wamid.later", "read")]))
    assert status(desk) == ["read"]


@pytest.mark.proves("F62", "AC-23")
@pytest.mark.parametrize("decision", ["retry", "confirm_delivered"])
def test_a_person_settles_what_no_receipt_does(desk: Desk, decision: str) -> None:
    reply(desk)
    desk.send(Unclear("read timeout"))
    (mine,) = ours(desk)
    first = mine.attempt
    assert desk.ask(desk.mayor, decision, message=mine.id)["ok"]
    sent = desk.send()
    assert len(sent) == (1 if decision == "retry" else 0)
    assert status(desk) == ["sent" if decision == "retry" else "delivered"]
    assert all(one.attempt != first for one in sent)
    assert desk.ask(desk.mayor, decision, message=mine.id)["error"]["code"] == "not_possible"


def test_a_retry_still_quotes_what_the_reply_quoted(desk: Desk) -> None:
    desk.says(1, "Frage")
    (asked,) = desk.only()
    desk.ask(
        desk.mayor, "reply", conversation=asked["conversation"], text="Ja", seen=10**6, reply_to=asked["id"]
    )
    (first,) = desk.send(Rejected(Failure(131000)))
    desk.ask(desk.mayor, "retry", message=ours(desk)[0].id)
    (again,) = desk.send()
    assert first.reply_to == again.reply_to == "wamid.1.Frage.1796306400"


@pytest.mark.proves("F61")
def test_who_lost_the_lease_cannot_write_the_outcome(desk: Desk) -> None:
    reply(desk)
    (slow,) = claim(desk)
    recover(desk)
    (fast,) = claim(desk)
    assert (fast.id, fast.fence) == (slow.id, slow.fence + 1)
    assert not begin(desk, slow)
    assert begin(desk, fast)
    settle(desk, slow, Rejected(Failure(131026)))
    assert status(desk) == ["sending"]
    settle(desk, fast, Accepted("wamid.fast"))
    settle(desk, slow, LATER)
    assert status(desk) == ["sent"]
    assert desk.waiting() == []


@pytest.mark.proves("F61")
def test_two_workers_never_take_the_same_row(postgres_url: str, tmp_path: Path) -> None:
    desks = [Desk(postgres_url, tmp_path) for _ in range(2)]
    for number in range(1, 31):
        reply(desks[0], number)
    taken = []
    while futures := [desk.database.submit(outbox.claim, now=OPENS) for desk in desks]:
        got = [one for future in futures for one in future.result(20)]
        if not got:
            break
        taken += [one.id for one in got]
    assert len(taken) == len(set(taken)) == 30
    for desk in desks:
        desk.close()


@pytest.mark.proves("F53", "F57", "F66")
def test_what_certainly_did_not_leave_is_tried_again_a_bounded_number_of_times(desk: Desk) -> None:
    reply(desk)
    tries = 0
    while desk.waiting():
        assert len(desk.send(LATER)) == 1
        assert desk.send(LATER) == [], "not before its time"
        tries += 1
        assert tries <= TRIES
        desk.clock.forward(seconds=2)
    assert tries == TRIES
    (mine,) = ours(desk)
    assert mine.status == "failed"
    assert mine.error is not None
    assert '"code":0' in mine.error


@pytest.mark.proves("F58", "AC-56")
def test_a_refusal_for_good_says_why_and_lets_the_others_go(desk: Desk) -> None:
    reply(desk, 1)
    reply(desk, 2)
    one, two = claim(desk)
    for each, outcome in ((one, Rejected(Failure(131026))), (two, Accepted("wamid.two"))):
        begin(desk, each)
        settle(desk, each, outcome)
    assert status(desk) == ["failed", "sent"]
    shown = desk.messages(ours(desk)[0].conversation)[-1]
    assert shown["error"]["code"] == 131026
    assert shown["text"] == "Antwort"


@pytest.mark.proves("F67", "F57")
def test_order_is_kept_within_a_conversation(desk: Desk) -> None:
    for number in range(3):
        reply(desk, 1, f"Teil {number}")
    reply(desk, 2, "anderswo")
    assert {one.text for one in claim(desk)} == {"Teil 0", "anderswo"}
    recover(desk)
    assert [one.text for _ in range(3) for one in desk.send() if one.text != "anderswo"] == [
        "Teil 0",
        "Teil 1",
        "Teil 2",
    ]


@pytest.mark.proves("F67")
def test_an_unclear_message_holds_the_next_back_for_a_while_only(desk: Desk) -> None:
    reply(desk, 1, "eins")
    reply(desk, 1, "zwei")
    desk.send(Unclear("reset"))
    desk.clock.forward(seconds=19)
    assert desk.send() == []
    desk.clock.forward(seconds=2)
    assert [one.text for one in desk.send()] == ["zwei"]
    assert status(desk) == ["unclear", "sent"]


@pytest.mark.proves("F67", "F59")
def test_a_long_queue_of_one_conversation_hides_no_other(desk: Desk) -> None:
    reply(desk, 1, "erste")
    desk.send(LATER)
    for number in range(200):
        desk.write(_queue, ours(desk)[0].conversation, number)
    reply(desk, 2, "jemand anderes")
    assert [one.text for one in claim(desk)] == ["jemand anderes"]


def _queue(session: object, lane: str, number: int) -> None:
    row = Outbox(
        town="kappelrodeck", line="buergermeister", lane=lane, attempt=str(number), due_at=0, created_at=0
    )
    session.add(row)  # type: ignore[attr-defined]


@pytest.mark.proves("F64", "P15")
def test_the_window_is_looked_at_again_right_before_sending(desk: Desk) -> None:
    reply(desk)
    desk.clock.now = OPENS + SERVICE_WINDOW - timedelta(seconds=1)
    (one,) = claim(desk)
    desk.clock.forward(seconds=1)
    assert not begin(desk, one)
    (mine,) = ours(desk)
    assert mine.status == "failed"
    assert mine.error is not None
    assert "131047" in mine.error
    assert desk.waiting() == []


@pytest.mark.proves("F64")
def test_a_moment_before_the_window_closes_it_goes(desk: Desk) -> None:
    reply(desk)
    desk.clock.now = OPENS + SERVICE_WINDOW - timedelta(seconds=1)
    assert len(desk.send()) == 1


@pytest.mark.proves("F27", "F63", "P2")
@pytest.mark.parametrize("attempt", ["every", "last", "none"])
def test_statuses_in_every_order_end_alike(desk: Desk, attempt: str) -> None:
    """Before Meta's answer to the send, around it or after it; with our attempt id in each, in one, in none."""
    for order in itertools.permutations(["sent", "delivered", "read", "answer"]):
        desk.clock.forward(seconds=10)
        reply(desk, 1, "-".join(order))
        (one,) = claim(desk)
        begin(desk, one)
        wamid = f"wamid.{'.'.join(order)}"
        last = [word for word in order if word != "answer"][-1]
        for word in order:
            if word == "answer":
                settle(desk, one, Accepted(wamid))
            else:
                echo = one.attempt if attempt == "every" or (attempt == "last" and word == last) else None
                desk.deliver(body([], [receipt(wamid, word, attempt=echo)]))
    assert set(status(desk)) == {"read"}
    assert desk.waiting() == []


@pytest.mark.proves("F63", "F27", "P2")
@pytest.mark.parametrize(
    ("words", "end"),
    [
        (("sent", "failed"), "failed"),
        (("sent", "failed", "delivered"), "delivered"),
        (("failed", "delivered", "read"), "read"),
    ],
)
def test_a_failure_in_any_order_stands_unless_it_was_delivered(
    desk: Desk, words: tuple[str, ...], end: str
) -> None:
    for order in itertools.permutations([*words, "answer"]):
        desk.clock.forward(seconds=10)
        reply(desk, 1, "-".join(order))
        (one,) = claim(desk)
        begin(desk, one)
        wamid = f"wamid.{'.'.join(order)}"
        for word in order:
            if word == "answer":
                settle(desk, one, Accepted(wamid))
            else:
                told = receipt(wamid, word, attempt=one.attempt)
                if word == "failed":
                    told["errors"] = [{"code": 131026, "title": "undeliverable"}]
                desk.deliver(body([], [told]))
        assert status(desk)[-1] == end, order
        error = ours(desk)[-1].error
        assert (error is not None and "131026" in error) is (end == "failed"), order
    assert desk.waiting() == []


@pytest.mark.proves("F63", "F27")
def test_failed_after_sent_is_shown_and_gives_way_to_delivered(desk: Desk) -> None:
    reply(desk)
    desk.send(Accepted("wamid.a"))
    failed = receipt("wamid.a", "failed", errors=[{"code": 131026, "title": "undeliverable"}])
    desk.deliver(body([], [failed]))
    (mine,) = ours(desk)
    assert mine.status == "failed"
    assert mine.error is not None
    assert "131026" in mine.error
    assert mine.text == "Antwort"
    desk.deliver(body([], [receipt("wamid.a", "delivered")]))
    assert (ours(desk)[0].status, ours(desk)[0].error) == ("delivered", None)
    desk.deliver(body([], [receipt("wamid.a", "sent")]))
    assert status(desk) == ["delivered"]


@pytest.mark.proves("F27")
def test_a_receipt_for_nobodys_message_waits_and_hurts_nothing(desk: Desk) -> None:
    desk.deliver(body([message(1)], [receipt("wamid.unknown", "read"), receipt("wamid.unknown", "weather")]))
    assert len(desk.snapshot()["conversations"]) == 1


@pytest.mark.proves("KA-6")
@pytest.mark.parametrize(
    "outcome",
    [Accepted("wamid.away"), Rejected(Failure(131026)), Unclear("reset")],
    ids=lambda one: type(one).__name__,
)
def test_of_a_declined_text_no_recipient_is_left(new_desk: Callable[..., Desk], outcome: Outcome) -> None:
    desk = new_desk("", Clock(CLOSES + timedelta(hours=1)))
    desk.says(1, "Hallo")
    assert [row.phone for row in desk.waiting()] == ["491713920001"]
    desk.send(outcome)
    assert desk.waiting() == []


def test_a_clean_end_gives_back_what_was_claimed(desk: Desk) -> None:
    reply(desk)
    (one,) = claim(desk)
    desk.write(outbox.forget_lease)
    assert not begin(desk, one)
    assert len(desk.send()) == 1


def test_the_reason_is_in_the_towns_language(desk: Desk) -> None:
    from dataclasses import replace

    reply(desk)
    desk.schedule = replace(desk.schedule, town=replace(desk.schedule.town, language="en"))
    desk.send(Rejected(Failure(131047)))
    error = ours(desk)[0].error
    assert error is not None
    assert "Frist" not in error


@pytest.mark.proves("N2")
@pytest.mark.parametrize("key", ["lobby", "late", "last_call"])
@pytest.mark.parametrize("over", [True, False])
def test_a_text_about_a_moment_does_not_come_after_it(
    new_desk: Callable[..., Desk], key: str, over: bool
) -> None:
    desk = new_desk("", Clock(OPENS - timedelta(minutes=5)))
    desk.says(1, "früh da")
    hour = desk.snapshot()["session"]["id"]
    moment = {"lobby": OPENS, "late": OPENS + timedelta(minutes=10), "last_call": CLOSES}[key]
    if key != "lobby":
        desk.send()
        desk.clock.now = OPENS if key == "late" else CLOSES - timedelta(minutes=10)
        desk.tick()
    if key == "late":
        assert desk.ask(desk.mayor, "session.late", session=hour, minutes=10)["ok"]
    desk.clock.now = moment if over else moment - timedelta(seconds=1)
    assert len(desk.send()) == (0 if over else 1)
    assert desk.waiting() == []
    told = desk.only()[-1]
    assert told["status"] == ("failed" if over else "sent")
    if over:
        assert told["error"]["message"] == "Nicht gesendet: Als es ging, stimmte der Text nicht mehr."
