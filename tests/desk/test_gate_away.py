"""The away reply: one a citizen and closed period, with the next date in words, to those who said something (AC-9 … AC-16)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from sessionhours.config import load_schedule
from sessionhours.store.tables import AutoText, Contact, Outbox
from tests.desk.office import Desk
from tests.makers import (
    CLOSES,
    OPENS,
    PHONE_NUMBER_ID,
    Clock,
    body,
    citizen,
    envelope,
    escaped,
    message,
    receipt,
    schedule_file,
)

MONDAY = OPENS - timedelta(days=3)
THIS = "Donnerstag, 3. Dezember 2026, 15–16 Uhr"
NEXT = "Donnerstag, 7. Januar 2027, 15–16 Uhr"
LINE = {"messaging_product": "whatsapp", "metadata": {"phone_number_id": PHONE_NUMBER_ID}}
EXTRA = '[[line.session]]\ndate = {date}\nfrom = "{start}"\nto = "{end}"\n'


@pytest.fixture
def closed(new_desk: Callable[..., Desk]) -> Desk:
    return new_desk("", Clock(MONDAY))


def said(desk: Desk) -> list[str]:
    return [row.text for row in desk.waiting()]


@pytest.mark.proves("AC-9", "KA-6", "P5")
@pytest.mark.parametrize("number", [1, 5, 50])
def test_one_reply_for_any_number_of_messages(closed: Desk, number: int) -> None:
    closed.deliver(*(body([message(1, f"Frage {n}", at=MONDAY)]) for n in range(number)))
    closed.deliver(body([message(2, f"Frage {n}", at=MONDAY) for n in range(number)]))
    assert len(closed.send()) == 2
    closed.clock.forward(hours=5)
    closed.says(1, "Hallo?")
    assert closed.waiting() == []


@pytest.mark.proves("AC-10", "KA-12", "P6")
def test_it_names_the_next_date_the_other_ways_privacy_and_112(closed: Desk) -> None:
    closed.says(1, "Hallo")
    (text,) = said(closed)
    for words in (
        THIS,
        "Telefon 07842 80221",
        "https://example.org/datenschutz",
        "112",
        "WhatsApp-Bürgersprechstunde",
    ):
        assert words in text
    assert "{" not in text


@pytest.mark.proves("KA-5")
def test_privacy_is_told_in_the_first_automatic_text_and_in_no_other(desk: Desk) -> None:
    voice: dict[str, Any] = {"type": "audio", "audio": {"id": "51", "voice": True}}
    desk.deliver(body([message(1, wamid="wamid.ton", **voice)]))
    desk.clock.now = CLOSES + timedelta(hours=1)
    desk.tick()
    desk.ask(desk.mayor, "resolve", conversation=desk.conversation()["id"], outcome="answered")
    desk.tick()
    desk.says(1, "Danke")
    desk.says(2, "Hallo")
    notice, second, first = said(desk)
    assert [text.count("https://example.org/datenschutz") for text in (notice, second, first)] == [1, 0, 1]
    assert "Im Notfall: 112" in second
    assert NEXT in second


@pytest.mark.proves("AC-10")
def test_it_speaks_english_where_the_town_does(tmp_path: Path, database_url: str) -> None:
    from tests import makers

    english = makers.SCHEDULE.replace('id = "kappelrodeck"', 'id = "kappelrodeck"\nlanguage = "en"')
    desk = Desk(database_url, tmp_path, "", Clock(MONDAY))
    (tmp_path / "schedule.toml").write_text(english.format(policy=""), encoding="utf-8")
    desk.schedule = load_schedule(tmp_path / "schedule.toml")
    desk.says(1, "Hello")
    assert "Thursday, 3 December 2026, 3–4 pm" in said(desk)[0]
    desk.close()


@pytest.mark.proves("AC-10")
def test_with_no_date_planned_it_says_so_once(new_desk: Callable[..., Desk], tmp_path: Path) -> None:
    desk = new_desk("", Clock(MONDAY))
    replan(desk, tmp_path, 'date = 2026-11-03\nfrom = "15:00"\nto = "16:00"')
    desk.says(1, "Hallo")
    desk.says(1, "Hallo?")
    (text,) = said(desk)
    assert "Zurzeit ist kein Termin geplant" in text
    assert "Telefon 07842 80221" in text
    assert "112" in text


def replan(desk: Desk, folder: Path, session: str) -> None:
    """The file now says another session, and the server has read it."""
    path = schedule_file(folder)
    told = path.read_text(encoding="utf-8").replace(
        'every = "first thursday"\nfrom = "15:00"\nto = "16:00"', session
    )
    path.write_text(told, encoding="utf-8")
    desk.schedule = load_schedule(path)
    desk.tick()


@pytest.mark.proves("AC-10")
def test_one_more_only_when_the_date_it_named_has_changed(closed: Desk, tmp_path: Path) -> None:
    closed.says(1, "eins")
    replan(closed, tmp_path, 'date = 2026-12-10\nfrom = "15:00"\nto = "16:00"')
    closed.says(1, "zwei")
    closed.says(1, "drei")
    assert ["3. Dezember" in text for text in said(closed)] == [True, False]
    assert "Donnerstag, 10. Dezember 2026, 15–16 Uhr" in said(closed)[1]
    replan(closed, tmp_path, 'date = 2026-12-03\nfrom = "15:00"\nto = "16:00"')
    closed.says(1, "vier")
    closed.says(1, "fünf")
    assert len(said(closed)) == 3, "back to the first date is a change too"


@pytest.mark.proves("AC-10")
def test_a_date_that_staff_changed_counts_as_well(closed: Desk) -> None:
    closed.says(1, "eins")
    closed.ask(closed.mayor, "session.open_now", line=closed.line.id, minutes=30)
    closed.clock.forward(hours=2)
    closed.tick()
    closed.says(1, "zwei")
    assert [THIS in text for text in said(closed)] == [True, True], "a session was held: a new closed period"
    closed.says(1, "drei")
    assert len(said(closed)) == 2


@pytest.mark.proves("AC-9", "KA-6")
def test_the_next_closed_period_is_another(closed: Desk) -> None:
    closed.says(1, "eins")
    closed.clock.now = OPENS
    closed.tick()
    closed.clock.now = CLOSES + timedelta(minutes=3)
    closed.tick()
    closed.says(1, "zwei")
    first, second = said(closed)
    assert THIS in first
    assert NEXT in second


@pytest.mark.proves("AC-9", "AC-22")
def test_a_restart_forgets_nothing(closed: Desk, database_url: str, tmp_path: Path) -> None:
    closed.says(1, "eins")
    again = Desk(database_url, tmp_path, "", Clock(MONDAY + timedelta(hours=1)))
    again.says(1, "zwei")
    assert len(again.waiting()) == 1
    again.close()


@pytest.mark.proves("AC-11", "F30")
@pytest.mark.parametrize(
    "item",
    [
        {"type": "reaction", "reaction": {"message_id": "wamid.x", "emoji": "👍"}},
        {
            "type": "edit",
            "edit": {"original_message_id": "wamid.x", "message": {"type": "text", "text": {"body": "b"}}},
        },
        {"type": "revoke", "revoke": {"original_message_id": "wamid.x"}},
        {"type": "system", "system": {"type": "customer_identity_changed", "body": "x"}},
        {"type": "unsupported", "unsupported": {"type": "edit"}},
        {"type": "text", "text": {"body": "aus der Gruppe"}, "group_id": "Y2FwaQ"},
    ],
    ids=lambda item: str(item["type"]),
)
def test_only_what_a_citizen_says_is_answered(closed: Desk, item: dict[str, Any]) -> None:
    closed.deliver(body([message(1, wamid="wamid.item", at=MONDAY, **item)]))
    assert closed.waiting() == []
    assert closed.rows(AutoText) == []


@pytest.mark.proves("AC-11")
def test_neither_a_receipt_nor_an_echo_of_our_own_words_is_answered(closed: Desk) -> None:
    ours = {**message(1, "vom Telefon im Rathaus", at=MONDAY), "from": "49784280221", "to": "491713920001"}
    echo = {**LINE, "message_echoes": [ours]}
    closed.deliver(
        body([], [receipt("wamid.gone", "read", at=MONDAY)]),
        escaped(envelope([{"field": "smb_message_echoes", "value": echo}])),
    )
    assert closed.waiting() == []
    assert closed.rows(AutoText) == []


@pytest.mark.proves("AC-11")
@pytest.mark.parametrize("kind", ["text", "image", "voice", "location", "contacts", "sticker", "document"])
def test_whatever_a_citizen_says_is_answered(closed: Desk, kind: str) -> None:
    items: dict[str, dict[str, Any]] = {
        "text": {"type": "text", "text": {"body": "Hallo"}},
        "voice": {"type": "audio", "audio": {"id": "5", "mime_type": "audio/ogg", "voice": True}},
        "location": {"type": "location", "location": {"latitude": 48.5, "longitude": 8.1}},
        "contacts": {"type": "contacts", "contacts": [{"name": {"formatted_name": "Clara"}}]},
    }
    item = items.get(kind, {"type": kind, kind: {"id": "5", "mime_type": "application/x"}})
    closed.deliver(body([message(1, wamid="wamid.item", at=MONDAY, **item)]))
    (text,) = said(closed)
    assert THIS in text


@pytest.mark.proves("AC-11", "F30")
@pytest.mark.parametrize(
    ("age", "answers"),
    [(timedelta(minutes=10), 1), (timedelta(minutes=10, seconds=1), 0), (timedelta(days=2), 0)],
)
def test_what_was_written_long_ago_is_not_answered_at_night(
    closed: Desk, age: timedelta, answers: int
) -> None:
    closed.says(1, "von vorhin", at=MONDAY - age)
    assert len(closed.waiting()) == answers


@pytest.mark.proves("AC-15")
def test_after_five_automatic_texts_in_a_day_a_person_is_told(new_desk: Callable[..., Desk]) -> None:
    desk = new_desk('receipt = "each"')
    admin = desk.agent("Ina Weber", "admin")
    for number in range(9):
        desk.clock.forward(minutes=1)
        desk.says(1, f"Ping {number}")
    assert len(desk.waiting()) == 5
    (notice,) = desk.snapshot(admin)["notices"]
    assert notice["code"] == "loop_guard"
    assert "5 automatische Texte" in desk.only()[-1]["decision"]
    desk.says(2, "jemand anderes")
    assert len(desk.waiting()) == 6
    desk.clock.forward(hours=25)
    desk.ask(desk.mayor, "session.open_now", line=desk.line.id, minutes=60)
    desk.says(1, "am nächsten Tag")
    assert len(desk.waiting()) == 7


@pytest.mark.proves("AC-13")
def test_an_automatic_text_is_no_answer(new_desk: Callable[..., Desk]) -> None:
    desk = new_desk('receipt = "first"')
    desk.says(1, "Frage")
    before = desk.conversation()
    desk.send()
    after = desk.conversation()
    for name in ("lane", "unread", "waiting_since", "assignee", "last_message"):
        assert after[name] == before[name]
    assert (after["lane"], after["unread"], after["waiting_since"]) == (
        "waiting",
        1,
        "2026-12-03T14:00:00.000Z",
    )
    counts = desk.snapshot()["session"]["counts"]
    assert (counts["waiting"], counts["answered"]) == (1, 0)
    auto = desk.only()[1]
    assert (auto["author"]["kind"], auto["status"]) == ("auto", "sent")
    seen = before["last_seq"]
    assert desk.ask(desk.mayor, "reply", conversation=after["id"], text="Ja", seen=seen)["ok"], "never stale"


@pytest.mark.proves("AC-32", "KA-7")
def test_voice_gets_one_notice_a_session_and_its_sound_stays_with_meta(desk: Desk) -> None:
    from sessionhours.store.tables import Media

    voice: dict[str, Any] = {
        "type": "audio",
        "audio": {"id": "500000000000023", "mime_type": "audio/ogg", "voice": True},
    }
    for number in range(3):
        desk.deliver(body([message(1, wamid=f"wamid.v{number}", **voice)]))
    assert len(desk.waiting()) == 1
    assert desk.rows(Media) == []
    inbound = [one for one in desk.only() if one["direction"] == "inbound"]
    assert [one["media"]["state"] for one in inbound] == ["refused"] * 3
    assert [one["decision"][:12] for one in inbound] == ["Automatische", "Kein weitere", "Kein weitere"]
    desk.clock.now = OPENS + timedelta(days=35)
    desk.tick()
    desk.deliver(body([message(1, wamid="wamid.later", at=desk.clock(), **voice)]))
    assert len(desk.waiting()) == 2, "the next session may say it again"


@pytest.mark.proves("AC-32", "KA-7")
def test_whatever_is_not_taken_in_gets_one_notice_together_in_the_towns_words(
    new_desk: Callable[..., Desk],
) -> None:
    desk = new_desk()
    own = replace(desk.line, texts={"notice": "Bei {title} bitte nur schreiben."})
    desk.schedule = replace(desk.schedule, lines=(own,))
    call = {"id": "wacid.1", "from": citizen(1)["phone"], "from_user_id": citizen(1)["user_id"]}
    call |= {"timestamp": str(int(OPENS.timestamp())), "event": "connect", "direction": "USER_INITIATED"}
    desk.deliver(
        body([message(1, wamid="wamid.ton", type="audio", audio={"id": "51", "voice": True})]),
        body([message(1, wamid="wamid.film", type="video", video={"id": "52", "mime_type": "video/mp4"})]),
        escaped(envelope([{"field": "calls", "value": {**LINE, "calls": [call]}}])),
    )
    assert [one["kind"] for one in desk.only() if one["direction"] == "inbound"] == ["voice", "video", "call"]
    assert said(desk) == ["Bei WhatsApp-Bürgersprechstunde bitte nur schreiben."]


@pytest.mark.proves("AC-16")
def test_every_decision_can_be_read_in_the_conversation(desk: Desk) -> None:
    desk.says(1, "im Termin")
    desk.clock.now = CLOSES + timedelta(hours=1)
    desk.ask(desk.mayor, "resolve", conversation=desk.conversation()["id"], outcome="answered")
    desk.tick()
    talk = desk.conversation()["id"]
    desk.says(1, "danach")
    desk.says(1, "noch einmal")
    desk.says(1, "von gestern", at=desk.clock() - timedelta(minutes=20))
    shown = [one for one in desk.messages(talk) if one["direction"] == "inbound"]
    assert [one["kind"] for one in shown] == ["text", "declined", "declined", "declined"]
    assert all(one["text"] == "" for one in shown[1:])
    decisions = {one["decision"] for one in shown}
    assert len(decisions) == 4
    assert all("weil" in one for one in decisions)


@pytest.mark.proves("AC-12")
def test_somebody_answered_just_now_gets_no_away_reply(desk: Desk) -> None:
    desk.clock.now = CLOSES + timedelta(minutes=1)
    desk.says(1, "kurz vor Schluss")
    desk.ask(desk.mayor, "reply", conversation=desk.conversation()["id"], text="Ja, morgen.", seen=10**6)
    desk.send()
    desk.tick()
    desk.clock.forward(minutes=1, seconds=30)
    desk.says(1, "Danke!")
    assert desk.waiting() == []
    desk.clock.forward(minutes=2)
    desk.says(1, "Noch etwas")
    assert len(desk.waiting()) == 1


@pytest.mark.proves("P3", "AC-9")
@pytest.mark.parametrize(
    "order", [("both", "phone", "user_id"), ("user_id", "both", "phone"), ("phone", "both", "user_id")]
)
def test_one_person_under_two_ids_is_told_once(closed: Desk, order: tuple[str, ...]) -> None:
    who = citizen(1)
    for number, ids in enumerate(order):
        item = message(1, f"Hallo {number}", at=MONDAY)
        if ids == "phone":
            del item["from_user_id"]
        if ids == "user_id":
            del item["from"]
        closed.deliver(body([item]))
    told = [row for row in closed.waiting() if who["phone"] == row.phone or row.user_id == who["user_id"]]
    assert len(told) == (1 if order[0] == "both" else 2), "two ids that nobody has joined yet are two people"


@pytest.mark.proves("KA-6")
def test_held_messages_get_one_reply_and_wait_for_the_opening(new_desk: Callable[..., Desk]) -> None:
    desk = new_desk('outside = "hold"', Clock(MONDAY))
    desk.says(1, "eins")
    desk.says(1, "zwei")
    assert desk.conversation()["lane"] == "held"
    (text,) = said(desk)
    assert "Ihre Nachricht ist angekommen" in text
    assert THIS in text


@pytest.mark.proves("KA-6")
def test_silent_says_nothing_and_keeps_nobody(new_desk: Callable[..., Desk]) -> None:
    desk = new_desk('outside = "silent"', Clock(MONDAY))
    desk.says(1, "Hallo")
    assert desk.waiting() == []
    assert desk.rows(Contact) == []
    assert desk.rows(AutoText) == []


@pytest.mark.proves("AC-9")
def test_it_is_written_down_before_it_is_sent(closed: Desk) -> None:
    closed.says(1, "Hallo")
    assert len(closed.rows(AutoText)) >= 1
    assert [row.state for row in closed.rows(Outbox)] == ["queued"]


@pytest.mark.proves("AC-11")
def test_the_lines_own_number_is_not_answered(closed: Desk) -> None:
    ours = message(1, "von uns selbst", at=MONDAY)
    closed.deliver(
        body(
            [
                {name: value for name, value in ours.items() if name != "from_user_id"}
                | {"from": "49784280221"}
            ]
        )
    )
    assert closed.waiting() == []
    closed.deliver(body([message(2, "von jemand anderem", at=MONDAY)]))
    assert len(closed.waiting()) == 1
