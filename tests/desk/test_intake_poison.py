"""A bad item harms nobody else, is kept and told, and can be read in again (F28, F30, F37, F42)."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from sessionhours.desk import admitting, intake, receive
from sessionhours.store.tables import Intake, Message, Outbox, Quarantine
from tests.desk.office import Desk
from tests.makers import CLOSES, OPENS, body, envelope, escaped, message, receipt

NAMELESS = {"type": "text", "timestamp": "1796306400", "text": {"body": "ohne Kennung"}}


def texts(desk: Desk) -> list[str]:
    """What citizens said, as it is shown."""
    shown = [one for talk in desk.snapshot()["conversations"] for one in desk.messages(talk["id"])]
    return sorted(one["text"] for one in shown if one["direction"] == "inbound")


@pytest.fixture
def admin(desk: Desk) -> Any:
    return desk.agent("Ina Weber", "admin")


@pytest.mark.proves("F28", "F6")
def test_a_poisonous_status_takes_no_message_along(desk: Desk, admin: Any) -> None:
    poison = {"id": "wamid.x", "timestamp": "1796306400", "status": {"$ne": ""}}
    desk.deliver(body([message(n, f"Frage {n}") for n in range(5)], [poison, receipt("wamid.y", "sent")]))
    assert texts(desk) == [f"Frage {n}" for n in range(5)]
    (kept,) = desk.rows(Quarantine)
    assert (kept.town, kept.path) == ("kappelrodeck", "/entry/0/changes/0/value/statuses/0")
    assert [one["code"] for one in desk.snapshot(admin)["notices"]] == ["quarantined"]


@pytest.mark.proves("F28")
def test_an_item_that_fails_in_our_hands_is_undone_alone(desk: Desk, admin: Any, monkeypatch: Any) -> None:
    real = admitting.remember

    def stumble(arrived: Any, why: str, message: str | None) -> None:
        if arrived.inbound.text == "Gift":
            raise KeyError("a fault of ours")
        real(arrived, why, message)

    monkeypatch.setattr(receive, "remember", stumble)
    desk.deliver(body([message(1, "davor"), message(2, "Gift"), message(1, "danach"), message(3, "Gift")]))
    assert texts(desk) == ["danach", "davor"]
    assert len(desk.rows(Quarantine)) == 2
    assert desk.snapshot()["session"]["counts"]["people"] == 1
    monkeypatch.setattr(receive, "remember", real)
    for kept in desk.rows(Quarantine):
        assert desk.write(intake.replay, "kappelrodeck", kept.id)
    desk.apply()
    assert texts(desk) == ["Gift", "Gift", "danach", "davor"]


@pytest.mark.proves("F28")
@pytest.mark.parametrize("fault", [KeyError("ours"), RecursionError(), AssertionError(), OverflowError()])
def test_no_fault_of_ours_stops_the_bodies_behind_it(desk: Desk, monkeypatch: Any, fault: Exception) -> None:
    """An identity change is applied between batches, a body is read before all: neither may block the log."""

    def stumble(*args: Any, **kwargs: Any) -> None:
        raise fault

    monkeypatch.setattr("sessionhours.desk.identity.change", stumble)
    moved = message(
        1, wamid="wamid.moved", type="system", system={"type": "user_changed_number", "wa_id": "491713920055"}
    )
    desk.deliver(body([message(2, "davor"), moved]), body([message(3, "danach")]))
    assert texts(desk) == ["danach", "davor"]
    assert len(desk.rows(Quarantine)) == 1
    assert all(row.state == "done" for row in desk.rows(Intake))


@pytest.mark.proves("F31")
@pytest.mark.parametrize(
    "told",
    [
        b'{"object":"page","entry":[]}',
        b'{"object":"whatsapp_business_account","entry":{}}',
        b"[]",
        b'{"object":"whatsapp_business_account","entry":[7]}',
        b'{"object":"whatsapp_business_account","entry":[{"changes":[{"field":"weather","value":{}}]}]}',
    ],
)
def test_what_is_no_update_is_kept_for_the_admin(desk: Desk, admin: Any, told: bytes) -> None:
    desk.deliver(told, body([message(1, "danach")]))
    assert texts(desk) == ["danach"]
    assert len(desk.rows(Quarantine)) == 1
    assert [one["code"] for one in desk.snapshot(admin)["notices"]] == ["quarantined"]


@pytest.mark.proves("F30")
def test_reading_in_again_keeps_everything_once_and_answers_nobody(desk: Desk) -> None:
    """Written outside the hours, at this minute: fresh enough for an away text, were it not read in again."""
    desk.clock.now = CLOSES + timedelta(hours=1)
    at = desk.clock()
    desk.deliver(body([message(1, "eins", at=at), NAMELESS]), body([message(2, "zwei", at=at), NAMELESS]))
    desk.send()
    first, second = desk.rows(Quarantine)
    desk.write(lambda session: session.execute(_forget()))
    assert desk.write(intake.replay, "kappelrodeck", first.id)
    desk.apply()
    assert desk.rows(Outbox) == []
    assert not desk.write(intake.replay, "kappelrodeck", first.id), "once is enough"
    assert not desk.write(intake.replay, "elsewhere", second.id), "another town's"
    assert next(row for row in desk.rows(Quarantine) if row.id == first.id).item == b""


def _forget() -> Any:
    """As if nothing had been remembered: only the mark of the replay can keep the away text back."""
    from sqlalchemy import delete

    from sessionhours.store.tables import Arrival

    return delete(Arrival)


def test_a_replayed_message_keeps_the_time_of_its_arrival(desk: Desk) -> None:
    desk.deliver(body([NAMELESS]))
    kept = desk.rows(Quarantine)[0]
    mended = body([message(1, "nachgelesen")])
    desk.write(lambda session: setattr(session.get(Quarantine, kept.id), "item", mended))
    desk.clock.forward(days=1)
    desk.write(intake.replay, "kappelrodeck", kept.id)
    desk.apply()
    (only,) = desk.only()
    assert (only["received_at"], only["late"]) == ("2026-12-03T14:00:00.000Z", False)
    assert only["decision"] == "Keine automatische Antwort, weil die Nachricht nachträglich eingelesen wurde."


@pytest.mark.proves("F37")
def test_a_number_nobody_knows_is_kept_apart_and_told(desk: Desk, admin: Any) -> None:
    desk.deliver(body([message(1, "fremd")], phone_number_id="299999999999999"), body([message(2, "hier")]))
    desk.deliver(body([message(3, "noch fremd")], phone_number_id="299999999999999"))
    assert texts(desk) == ["hier"]
    assert [kept.town for kept in desk.rows(Quarantine)] == [None, None]
    (notice,) = desk.snapshot(admin)["notices"]
    assert (notice["level"], notice["code"]) == ("error", "unknown_line")
    assert "299999999999999" in notice["message"]
    assert desk.rows(Outbox) == []


@pytest.mark.proves("F42")
@pytest.mark.parametrize(
    "stamp",
    ["0", "-5", "99999999999", "100000000000000000000", "morgen", "", None, 1.5, {"$gt": 0}, "1e400", True],
)
def test_an_absurd_timestamp_gives_way_to_the_arrival(desk: Desk, stamp: Any) -> None:
    desk.deliver(body([message(1, "wann?", wamid="wamid.absurd", timestamp=stamp), message(2, "danach")]))
    assert texts(desk) == ["danach", "wann?"]
    for talk in desk.snapshot()["conversations"]:
        (only,) = desk.messages(talk["id"])
        assert (only["sent_at"], only["late"]) == ("2026-12-03T14:00:00.000Z", False)
    assert desk.rows(Quarantine) == []


@pytest.mark.proves("C10", "C11")
@pytest.mark.parametrize("bad", ["\x00", "\ud800", "a\x00b", "\udfff!"])
@pytest.mark.parametrize(
    "field", ["text", "id", "from", "from_user_id", "name", "type", "mime_type", "quote"]
)
def test_characters_that_no_database_takes_lose_no_neighbour(desk: Desk, bad: str, field: str) -> None:
    item = message(1, "gut", wamid="wamid.gut")
    changes: dict[str, dict[str, Any]] = {
        "text": {"text": {"body": bad}},
        "id": {"id": f"wamid.{bad}"},
        "from": {"from": f"49171{bad}"},
        "from_user_id": {"from_user_id": f"DE.{bad}"},
        "name": {},
        "type": {"type": f"x{bad}"},
        "mime_type": {
            "type": "image",
            "image": {"id": f"5{bad}", "mime_type": f"image/{bad}", "caption": bad},
        },
        "quote": {"context": {"id": f"wamid.{bad}"}},
    }
    told = json.loads(body([{**item, **changes[field]}]))
    if field == "name":
        told["entry"][0]["changes"][0]["value"]["contacts"][0]["profile"]["name"] = f"Anna{bad}"
    desk.deliver(escaped(told), body([message(2, "Nachbar")]))
    assert "Nachbar" in texts(desk)
    assert len(texts(desk)) + len(desk.rows(Quarantine)) == 2
    assert "\x00" not in json.dumps(desk.snapshot())


@pytest.mark.proves("F25", "F6")
def test_a_thousand_items_in_one_body_and_many_such_bodies(desk: Desk) -> None:
    bodies = [
        body(
            [
                message(number % 90 + 1, f"{start + number}", wamid=f"wamid.{start + number}")
                for number in range(700)
            ]
        )
        for start in (0, 700, 1400)
    ]
    desk.deliver(*bodies)
    assert len(desk.rows(Message)) == 2100
    assert len(desk.snapshot()["conversations"]) == 90


def test_large_bodies_are_taken_a_few_at_a_time(desk: Desk) -> None:
    """Bodies of 3 MB each are not all held in memory at once, and none is left behind."""
    large = "a" * 2_500_000
    for number in range(4):
        desk.deliver(body([message(number + 1, large, wamid=f"wamid.{number}")]), apply=False)
    taken = []
    while applied := desk.write(intake.apply, desk.reader, now=desk.clock()):
        taken.append(applied.bodies)
    assert taken == [1, 1, 1, 1]
    assert len(desk.snapshot()["conversations"]) == 4, [kept.why for kept in desk.rows(Quarantine)]


def test_a_change_of_a_kind_we_do_not_know_is_kept(desk: Desk) -> None:
    strange = envelope(
        [{"field": "messages", "value": {"metadata": {"phone_number_id": "200000000000002"}, "neu": 1}}]
    )
    desk.deliver(escaped(strange))
    (kept,) = desk.rows(Quarantine)
    assert kept.why == "nothing in it that we know"


def test_the_whole_hour_goes_in_after_a_broken_body(new_desk: Callable[..., Desk]) -> None:
    desk = new_desk()
    desk.deliver(b"\xff\xfe not json", body([message(1, "eins", at=OPENS)]))
    assert texts(desk) == ["eins"]
