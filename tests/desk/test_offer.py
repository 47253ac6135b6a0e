"""Outside the hours a question waits, unseen, for its writer's "1": only then is it kept (N24, surfaces §3)."""

from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from sessionhours.config import load_schedule
from sessionhours.core.schedule import Schedule
from sessionhours.desk import offers
from sessionhours.store.tables import (
    Arrival,
    AutoText,
    Contact,
    Conversation,
    Media,
    Message,
    Offered,
)
from tests.desk.office import Desk
from tests.desk.test_identity import only_phone, only_user_id
from tests.desk.test_intake_order import edit, revoke
from tests.makers import OPENS, Clock, body, message, schedule_file

MONDAY = OPENS - timedelta(days=3)
HOUR = "Donnerstag, 3. Dezember 2026, 15–16 Uhr"
OFFER = 'outside = "offer"\naccept = ["image"]'
EXTRA = '\n[[line.session]]\ndate = 2026-12-01\nfrom = "10:00"\nto = "11:00"\n'


@pytest.fixture
def desk(new_desk: Callable[..., Desk]) -> Desk:
    return new_desk(OFFER, Clock(MONDAY))


def expire(desk: Desk) -> None:
    desk.write(offers.expire, now=desk.clock())


def texts(desk: Desk) -> list[str]:
    """What the outbox hands over."""
    return [claim.text for claim in desk.send()]


def inbound(desk: Desk) -> list[tuple[str, str]]:
    return [(one["kind"], one["text"]) for one in desk.only() if one["direction"] == "inbound"]


# -- unseen --------------------------------------------------------------------------------------------


@pytest.mark.proves("N24", "N3")
def test_a_question_waits_unseen_and_one_text_says_how_it_is_kept(desk: Desk) -> None:
    before, told = desk.snapshot(), len(desk.told)
    desk.says(1, "Wann kommt der Bus?")
    assert [row for table in (Contact, Conversation, Message, Media) for row in desk.rows(table)] == []
    assert desk.told[told:] == []
    assert desk.snapshot() == before
    (text,) = texts(desk)
    assert HOUR in text
    assert "mit 1" in text
    (row,) = desk.rows(Offered)
    assert row.expires_at - row.sent_at == 3_600_000


@pytest.mark.proves("N24", "AC-9")
def test_one_offer_a_closed_period_and_one_more_when_the_date_changed(
    new_desk: Callable[..., Desk], tmp_path: Any
) -> None:
    desk = new_desk(OFFER, Clock(MONDAY))
    for number in range(5):
        desk.says(1, f"Frage {number}")
        desk.clock.forward(minutes=20)
    assert len(texts(desk)) == 1
    desk.schedule = load_schedule(schedule_file(tmp_path, OFFER + EXTRA))
    desk.says(1, "Und nun?")
    (text,) = texts(desk)
    assert "Dienstag, 1. Dezember 2026, 10–11 Uhr" in text


@pytest.mark.parametrize("yes", ["1", "1.", " 1 ", "1️⃣", "eins", "EINS"])
@pytest.mark.proves("N24")
def test_a_yes_makes_everything_that_waits_one_conversation_seen_at_once(desk: Desk, yes: str) -> None:
    desk.says(1, "Erste Frage")
    desk.clock.forward(minutes=10)
    desk.says(1, "Zweite Frage")
    desk.says(2, "Frage von jemand anderem")
    desk.send()
    desk.clock.forward(minutes=40)
    desk.says(1, yes)
    talk = desk.conversation()
    assert (talk["lane"], talk["kept"], talk["unread"]) == ("held", True, 2)
    assert talk["waiting_since"] == "2026-11-30T14:00:00.000Z"
    assert talk["last_message"]["text"] == "Zweite Frage"
    assert inbound(desk) == [("text", "Erste Frage"), ("text", "Zweite Frage"), ("text", yes)]
    assert [one.text for one in desk.waiting() if HOUR in one.text and "vorgemerkt" in one.text]
    assert len(desk.rows(Offered)) == 1, "the other person's waits on"
    assert {row.decision for row in desk.rows(Arrival)} == {"offered", "kept", "offer_kept"}


@pytest.mark.proves("N24")
def test_after_its_hour_a_question_is_gone_and_a_late_yes_is_an_ordinary_message(desk: Desk) -> None:
    desk.says(1, "Wann kommt der Bus?")
    desk.send()
    desk.clock.forward(minutes=60)
    expire(desk)
    assert desk.rows(Offered) == []
    desk.says(1, "1")
    assert desk.snapshot()["conversations"] == []
    (row,) = desk.rows(Offered)
    assert row.keeps


@pytest.mark.proves("N24")
def test_a_yes_to_nothing_is_an_ordinary_message(desk: Desk) -> None:
    desk.says(1, "1")
    (text,) = texts(desk)
    assert "mit 1" in text
    desk.says(1, "1", wamid="wamid.again")
    assert inbound(desk) == [("text", "1"), ("text", "1")]
    desk.clock.now = OPENS
    desk.tick()
    desk.says(2, "1")
    assert len(desk.snapshot()["conversations"]) == 2


@pytest.mark.proves("N24")
def test_what_is_written_after_the_yes_is_kept_with_it(desk: Desk) -> None:
    desk.says(1, "Frage")
    desk.says(1, "1", at=MONDAY + timedelta(seconds=5))
    desk.clock.forward(hours=7)
    desk.says(1, "Noch etwas dazu")
    desk.says(1, "1", wamid="wamid.again")
    assert [text for _, text in inbound(desk)] == ["Frage", "1", "Noch etwas dazu", "1"]
    assert desk.rows(Offered) == []
    assert desk.conversation()["last_message"]["text"] == "Noch etwas dazu"
    assert len(texts(desk)) == 1 + 1


def test_without_a_date_there_is_nothing_to_keep_it_for(desk: Desk) -> None:
    lines = tuple(dataclasses.replace(line, sessions=()) for line in desk.schedule.lines)
    desk.schedule = Schedule(desk.schedule.town, lines)
    desk.says(1, "Frage")
    assert desk.rows(Offered) == []
    (text,) = texts(desk)
    assert "kein Termin geplant" in text


# -- in any order, twice, late -------------------------------------------------------------------------


@pytest.mark.proves("N24", "F26")
@pytest.mark.parametrize("order", list(itertools.permutations(range(3))))
def test_the_order_of_writing_decides_not_that_of_arrival(
    new_desk: Callable[..., Desk], order: tuple[int, ...]
) -> None:
    desk = new_desk(OFFER, Clock(MONDAY + timedelta(minutes=2)))
    items = [
        message(1, "Frage", at=MONDAY),
        message(1, "1", at=MONDAY + timedelta(seconds=30)),
        message(1, "danach", at=MONDAY + timedelta(seconds=60)),
    ]
    for number in order:
        desk.deliver(body([items[number]]))
        desk.deliver(body([items[number]]))
    assert ("text", "Frage") in inbound(desk)
    assert desk.conversation()["lane"] == "held"
    left = [row for row in desk.rows(Offered) if row.keeps]
    assert left == []
    waiting_since = desk.conversation()["waiting_since"]
    assert waiting_since == "2026-11-30T14:00:00.000Z"


def test_all_in_one_body_and_in_one_transaction(desk: Desk) -> None:
    desk.deliver(
        body(
            [
                message(1, "Frage", at=MONDAY),
                message(1, "1", at=MONDAY + timedelta(seconds=3)),
                message(2, "andere Frage", at=MONDAY),
            ]
        )
    )
    assert inbound(desk) == [("text", "Frage"), ("text", "1")]
    assert len(desk.rows(Offered)) == 1


@pytest.mark.parametrize("make", list(itertools.product([message, only_phone, only_user_id], repeat=2)))
@pytest.mark.proves("N24")
def test_either_id_is_enough_once_both_are_known(
    desk: Desk, make: tuple[Callable[..., dict[str, Any]], ...]
) -> None:
    desk.clock.forward(hours=-3)
    desk.says(1, "von früher")
    desk.says(1, "1")
    assert desk.conversation()["lane"] == "held"
    desk.ask(desk.mayor, "resolve", conversation=desk.conversation()["id"], outcome="answered", text="")
    question = make[0](1, "Frage") | {"timestamp": str(int(MONDAY.timestamp())), "id": "wamid.q"}
    yes = make[1](1, "1") | {"timestamp": str(int(MONDAY.timestamp()) + 9), "id": "wamid.y"}
    desk.clock.now = MONDAY + timedelta(seconds=10)
    desk.deliver(body([question]))
    assert len(desk.rows(Offered)) == 1
    desk.deliver(body([yes]))
    assert desk.rows(Offered) == []
    assert "Frage" in [text for _, text in inbound(desk)]


def test_a_number_that_is_now_somebody_elses_keeps_nothing(desk: Desk) -> None:
    desk.says(1, "Frage")
    theirs = message(1, "1", at=MONDAY + timedelta(minutes=1)) | {"from_user_id": "DE.somebody.else"}
    desk.deliver(body([theirs]))
    assert desk.snapshot()["conversations"] == []
    assert len(desk.rows(Offered)) == 2


@pytest.mark.proves("N24")
def test_after_a_restart_it_waits_on(sqlite_url: str, tmp_path: Any) -> None:
    desk = Desk(sqlite_url, tmp_path, OFFER, Clock(MONDAY))
    desk.says(1, "Frage")
    desk.close()
    again = Desk(sqlite_url, tmp_path, OFFER, Clock(MONDAY + timedelta(minutes=59)))
    again.says(1, "1")
    assert inbound(again) == [("text", "Frage"), ("text", "1")]
    again.close()


def test_a_question_that_comes_late_waits_only_the_rest_of_its_hour(desk: Desk) -> None:
    desk.clock.forward(minutes=50)
    desk.says(1, "von eben", at=MONDAY)
    assert texts(desk) == [], "nobody wants an automatic text for a question of long ago (F30)"
    assert len(desk.rows(Offered)) == 1
    desk.clock.forward(minutes=10)
    desk.says(1, "von vorhin", at=MONDAY, wamid="wamid.old")
    assert len(desk.rows(Offered)) == 1, "its hour was over when it came"


def test_somebody_who_floods_the_line_fills_no_disk(desk: Desk) -> None:
    desk.deliver(body([message(1, f"Frage {n}", at=MONDAY) for n in range(offers.MOST + 30)]))
    assert len(desk.rows(Offered)) == offers.MOST


# -- more than words -----------------------------------------------------------------------------------


@pytest.mark.proves("N24")
def test_a_picture_is_fetched_only_when_it_is_kept(desk: Desk) -> None:
    picture: dict[str, Any] = {
        "type": "image",
        "image": {"id": "4711", "mime_type": "image/jpeg", "caption": "Schlagloch"},
    }
    desk.deliver(body([message(1, wamid="wamid.bild", at=MONDAY, **picture)]))
    assert desk.rows(Media) == []
    desk.says(1, "1")
    (row,) = desk.rows(Media)
    assert (row.meta_id, row.state) == ("4711", "waiting")
    assert inbound(desk) == [("image", "Schlagloch"), ("text", "1")]


def test_an_edit_of_a_question_that_waits_is_kept_in_it(desk: Desk) -> None:
    desk.deliver(body([message(1, "Fage", wamid="wamid.f", at=MONDAY)]))
    seconds = int((MONDAY - OPENS).total_seconds())
    desk.deliver(body([edit(1, "wamid.f", "Frage", seconds + 5)]))
    desk.says(1, "1", at=MONDAY + timedelta(seconds=10))
    assert inbound(desk) == [("text", "Frage"), ("text", "1")]


def test_a_question_taken_back_is_gone_at_once(desk: Desk) -> None:
    desk.deliver(body([message(1, "doch nicht", wamid="wamid.f", at=MONDAY)]))
    seconds = int((MONDAY - OPENS).total_seconds())
    desk.deliver(body([edit(1, "wamid.f", "doch lieber nicht", seconds + 5)]))
    desk.deliver(body([revoke(1, "wamid.f", seconds + 9)]))
    assert desk.rows(Offered) == []


# -- around the hour -----------------------------------------------------------------------------------


@pytest.mark.proves("N24")
def test_who_asked_shortly_before_the_hour_is_in_it_only_after_a_yes(desk: Desk) -> None:
    desk.clock.now = OPENS - timedelta(minutes=25)
    desk.tick()
    desk.says(1, "früh gefragt")
    desk.says(2, "auch früh gefragt")
    desk.clock.now = OPENS - timedelta(minutes=5)
    desk.tick()
    desk.says(3, "in der Lobby")
    desk.clock.now = OPENS + timedelta(minutes=5)
    desk.tick()
    assert [one["last_message"]["text"] for one in desk.snapshot()["conversations"]] == ["in der Lobby"]
    desk.send()
    desk.says(1, "1")
    kept = next(one for one in desk.snapshot()["conversations"] if one["kept"])
    assert (kept["lane"], kept["last_message"]["text"]) == ("waiting", "früh gefragt")
    assert kept["session"] == desk.snapshot()["session"]["id"]
    assert desk.snapshot()["session"]["counts"]["waiting"] == 2
    assert texts(desk) == [], "in the hour people answer"
    desk.clock.now = OPENS + timedelta(minutes=35)
    expire(desk)
    assert desk.rows(Offered) == []


@pytest.mark.proves("N24")
def test_at_the_opening_who_asked_to_be_kept_waits_in_the_queue(desk: Desk) -> None:
    desk.says(1, "Frage")
    desk.says(1, "1", at=MONDAY + timedelta(seconds=9))
    desk.clock.now = OPENS - timedelta(minutes=5)
    desk.tick()
    assert desk.conversation()["lane"] == "held"
    desk.clock.now = OPENS
    desk.tick()
    talk, session = desk.conversation(), desk.snapshot()["session"]
    assert (talk["lane"], talk["session"], talk["kept"]) == ("waiting", session["id"], True)
    assert session["counts"]["waiting"] == 1


def test_who_says_yes_after_intake_closed_waits_for_the_next_hour(desk: Desk) -> None:
    desk.clock.now = OPENS + timedelta(minutes=5)
    desk.tick()
    desk.ask(desk.mayor, "session.close_intake", session=desk.snapshot()["session"]["id"])
    desk.says(1, "Frage")
    desk.says(1, "1", at=desk.clock() + timedelta(seconds=9))
    desk.tick()
    assert (desk.conversation()["lane"], desk.conversation()["session"]) == ("held", None)


def test_a_waiting_question_wins_nobody_a_better_place_who_waits_already(desk: Desk) -> None:
    desk.clock.now = OPENS - timedelta(minutes=25)
    desk.says(1, "früh gefragt")
    desk.clock.now = OPENS + timedelta(minutes=5)
    desk.tick()
    desk.says(2, "zuerst da")
    desk.clock.forward(minutes=1)
    desk.says(1, "auch da")
    desk.says(1, "1")
    order = [desk.ask(desk.mayor, "next")["data"]["conversation"]["contact"]["name"] for _ in range(2)]
    assert order == ["Anna Müller 2", "Anna Müller 1"]


def test_one_yes_is_counted_once_by_the_loop_guard(desk: Desk) -> None:
    desk.says(1, "Frage")
    desk.says(1, "1", at=MONDAY + timedelta(seconds=9))
    assert [row.text for row in desk.rows(AutoText)].count("offer_kept") == 2, "one under each key"
    assert len(texts(desk)) >= 1
