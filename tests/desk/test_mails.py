"""Mails to staff on their way: once a reason and person, tried again for a while, then told; on both databases."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest

from sessionhours.core.letter import NotTaken
from sessionhours.desk import mails
from sessionhours.desk.mails import LATEST, LEASE, LONGEST_PAUSE, TRIES, Claim
from sessionhours.store.tables import Mail, Notice
from tests.desk.office import Desk

BUSY = NotTaken("the server says no (421)")


def queue(desk: Desk, *to: str, key: str = "one", subject: str = "Betreff") -> int:
    return int(desk.write(mails.queue, "kappelrodeck", to, subject, "Text", key, desk.clock()))


def claim(desk: Desk) -> Claim | None:
    found: Claim | None = desk.write(mails.claim, now=desk.clock())
    return found


def settle(desk: Desk, claim: Claim, outcome: NotTaken | None) -> None:
    desk.write(mails.settle, desk.schedule, claim, outcome, now=desk.clock())


def only(desk: Desk) -> Mail:
    [row] = desk.rows(Mail)
    assert isinstance(row, Mail)
    return row


def test_the_same_key_goes_once_to_each_person(desk: Desk) -> None:
    assert queue(desk, "a@example.org", "b@example.org", "a@example.org") == 2
    assert queue(desk, "b@example.org", "c@example.org") == 1
    assert queue(desk, "a@example.org", key="another") == 1
    sent = []
    while taken := claim(desk):
        settle(desk, taken, None)
        sent.append((taken.letter.recipient, taken.letter.subject))
    assert sorted(sent) == [(f"{who}@example.org", "Betreff") for who in "aabc"]
    assert {row.state for row in desk.rows(Mail)} == {"sent"}


def test_what_was_made_of_anything_is_one_line(desk: Desk) -> None:
    queue(desk, "a@example.org\r\nBcc: b@example.org", subject="Frage\r\nBcc: c@example.org")
    assert (only(desk).recipient, only(desk).subject) == (
        "a@example.org Bcc: b@example.org",
        "Frage Bcc: c@example.org",
    )


def test_a_failure_is_tried_again_later_and_later_and_then_told(desk: Desk) -> None:
    queue(desk, "a@example.org")
    waits = []
    while taken := claim(desk):
        began = desk.clock()
        settle(desk, taken, BUSY)
        while only(desk).state == "queued" and not desk.read(mails.due, now=desk.clock()):
            desk.clock.forward(seconds=30)
        waits.append((desk.clock() - began) // timedelta(seconds=30))
    assert waits == [1, 2, 4, 8, 16, 30, 30, 30, 0]
    assert len(waits) == TRIES
    assert (only(desk).state, only(desk).why) == ("failed", BUSY.why)
    [notice] = desk.rows(Notice)
    assert (notice.code, notice.level) == ("mail_failed", "error")
    assert notice.message == f"Eine Mail kam nicht an: a@example.org ({BUSY.why})"


def test_a_refusal_for_good_is_told_at_once(desk: Desk) -> None:
    for key in ("one", "two"):
        queue(desk, "a@example.org", key=key)
    while taken := claim(desk):
        settle(desk, taken, NotTaken("the server refuses the recipient (550)", for_good=True))
    assert {row.state for row in desk.rows(Mail)} == {"failed"}
    assert len(desk.rows(Notice)) == 1, "once a person and day"


def test_a_worker_that_died_before_it_said_so_leaves_a_mail_that_goes_again(desk: Desk) -> None:
    """It may come twice, under one id; never not at all."""
    queue(desk, "a@example.org")
    first = claim(desk)
    assert first is not None
    assert claim(desk) is None, "nobody else while it may be on its way"
    desk.clock.now += LEASE
    second = claim(desk)
    assert second is not None
    assert (second.letter, second.tries) == (first.letter, 2)
    settle(desk, first, BUSY)
    assert only(desk).why is None, "who lost the lease writes nothing"
    settle(desk, second, None)
    settle(desk, first, BUSY)
    assert only(desk).state == "sent"
    desk.clock.now += timedelta(days=2)
    assert claim(desk) is None


def test_what_is_too_old_helps_nobody(desk: Desk) -> None:
    queue(desk, "a@example.org")
    desk.clock.now += LATEST
    desk.write(mails.expire, now=desk.clock())
    assert (only(desk).state, only(desk).why) == ("failed", "too late")


@pytest.mark.proves("F41")
@pytest.mark.parametrize("jump", [timedelta(hours=1), -timedelta(hours=1), -timedelta(minutes=10)])
def test_a_clock_that_jumps_holds_a_mail_up_for_minutes_and_sends_it_once(
    desk: Desk, jump: timedelta
) -> None:
    queue(desk, "a@example.org")
    desk.clock.now += jump
    waited = timedelta(0)
    while not (taken := claim(desk)):
        desk.clock.forward(minutes=1)
        waited += timedelta(minutes=1)
    assert waited <= LONGEST_PAUSE
    settle(desk, taken, None)
    for back in (jump, -2 * jump, jump):
        desk.clock.now += back
        assert claim(desk) is None


def test_admins_are_those_of_the_town_who_may_still_log_in(new_desk: Callable[..., Desk]) -> None:
    desk = new_desk()
    wanted = [_admin(desk, town="kappelrodeck"), _admin(desk, town="kappelrodeck", roles="editor,admin")]
    _admin(desk, town="warstein")
    _admin(desk, town="kappelrodeck", disabled=True)
    assert sorted(desk.read(mails.admins, "kappelrodeck")) == sorted(wanted)


def _admin(desk: Desk, **fields: Any) -> str:
    from sessionhours.store.tables import Agent, new_id

    email = f"{new_id()}@example.org"
    row = Agent(**{"email": email, "name": "Eva Admin", "roles": "admin", "created_at": 0, **fields})
    desk.write(lambda session: session.add(row))
    return email


def test_a_pause_never_outgrows_the_longest() -> None:
    assert [mails.pause(tries) for tries in (1, 2, 99)] == [
        timedelta(seconds=30),
        timedelta(seconds=60),
        LONGEST_PAUSE,
    ]
    assert datetime.resolution < mails.pause(1)
