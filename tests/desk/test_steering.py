"""Inside the hour: last call, no new people, longer, over early, late, a deputy (N2, N6, N22, AC-57, AC-62)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest

from sessionhours.store.tables import HourSession, Message
from tests.desk.office import Desk
from tests.makers import CLOSES, OPENS, Clock

MINUTE = timedelta(minutes=1)


def at(desk: Desk, now: datetime) -> dict[str, Any]:
    """Time goes on; the session that is on, or an empty one."""
    desk.clock.now = now
    desk.tick()
    return desk.snapshot()["session"] or {}


def hour(desk: Desk) -> str:
    """The id of December's session."""
    return str(min(desk.rows(HourSession), key=lambda row: row.opens).id)


def told(desk: Desk) -> list[tuple[str, str]]:
    """Every automatic text: to whom and its words."""
    names = {one["id"]: one["contact"]["name"] for one in desk.snapshot()["conversations"]}
    rows = [row for row in desk.rows(Message) if row.author_kind == "auto"]
    return [(names[row.conversation][-1], row.text) for row in sorted(rows, key=lambda row: row.seq)]


@pytest.mark.proves("N2")
def test_the_last_call_reaches_who_waits_then_once_and_nobody_else(desk: Desk) -> None:
    desk.says(1, "wartet")
    desk.says(2, "bekommt eine Antwort")
    answered = desk.conversation_of("bekommt eine Antwort")
    assert desk.ask(desk.mayor, "reply", conversation=answered, text="Ja", seen=10**6)["ok"]
    assert at(desk, CLOSES - 10 * MINUTE - timedelta(seconds=1))["last_called_at"] is None
    assert at(desk, CLOSES - 10 * MINUTE)["last_called_at"] == "2026-12-03T14:50:00.000Z"
    call = "Noch 10 min, um 16 Uhr ist Schluss. Was noch fehlt, schreiben Sie bitte jetzt."
    assert told(desk) == [("1", call)]
    desk.says(3, "kommt danach")
    at(desk, CLOSES - MINUTE)
    assert told(desk) == [("1", call)]


@pytest.mark.proves("N2", "N6")
def test_an_extension_moves_the_last_call_with_the_end(desk: Desk) -> None:
    desk.says(1, "wartet")
    at(desk, CLOSES - 9 * MINUTE)
    longer = desk.ask(desk.mayor, "session.extend", session=hour(desk), minutes=15)["data"]["session"]
    assert (longer["last_call_at"], longer["last_called_at"]) == ("2026-12-03T15:05:00.000Z", None)
    assert longer["revision"] == 1
    desk.says(2, "wartet auch")
    at(desk, CLOSES + 5 * MINUTE)
    assert [name for name, _ in told(desk)] == ["1", "2"], "the first has been told already"
    assert "16:15 Uhr" in told(desk)[1][1]


@pytest.mark.parametrize(("policy", "minutes"), [("last_call = 0", 60), ("", 8)])
def test_no_last_call_where_none_is_wished_or_the_hour_is_shorter(
    new_desk: Callable[..., Desk], policy: str, minutes: int
) -> None:
    desk = new_desk(policy, Clock(OPENS - timedelta(days=1)))
    assert desk.ask(desk.mayor, "session.open_now", line=desk.line.id, minutes=minutes)["ok"]
    desk.says(1, "wartet")
    at(desk, desk.clock() + timedelta(minutes=minutes - 1))
    assert told(desk) == []


@pytest.mark.proves("N2", "F41")
@pytest.mark.parametrize(
    ("back", "said"),
    [(CLOSES - 3 * MINUTE, ["Noch 3 min"]), (CLOSES + MINUTE, [])],
    ids=["in time", "too late"],
)
def test_a_server_that_slept_through_the_last_call_makes_it_late_but_never_after_the_end(
    desk: Desk, back: datetime, said: list[str]
) -> None:
    desk.says(1, "wartet")
    at(desk, back)
    assert [text.split(",")[0] for _, text in told(desk)] == said


@pytest.mark.proves("F41")
@pytest.mark.parametrize("jump", [timedelta(hours=1), timedelta(hours=-1)])
def test_a_jump_of_the_clock_and_back_says_nothing_twice(desk: Desk, jump: timedelta) -> None:
    desk.says(1, "wartet")
    at(desk, CLOSES - 10 * MINUTE)
    before = told(desk)
    at(desk, CLOSES - 10 * MINUTE + jump)
    assert at(desk, CLOSES - 9 * MINUTE)["state"] == "open"
    assert told(desk) == before


@pytest.mark.proves("AC-57", "AC-59", "P19")
def test_closed_intake_is_not_closed_answering(desk: Desk) -> None:
    desk.says(1, "rechtzeitig")
    assert desk.ask(desk.mayor, "session.close_intake", session=hour(desk))["ok"]
    desk.says(2, "neu")
    assert [one["last_message"]["text"] for one in desk.snapshot()["conversations"]] == ["rechtzeitig"]
    (away,) = [one for one in desk.waiting() if one.auto]
    assert away.text.startswith("Für heute nehmen wir keine neuen Anliegen mehr an. Nächster Termin: ")
    assert "7. Januar 2027" in away.text
    desk.says(1, "noch etwas")
    at(desk, CLOSES + 40 * MINUTE)
    talk = desk.conversation()["id"]
    assert desk.ask(desk.mayor, "reply", conversation=talk, text="Gern", seen=10**6)["ok"]
    assert [one["text"] for one in desk.messages(talk)] == ["rechtzeitig", "noch etwas", "Gern"]


def test_intake_can_be_opened_again(desk: Desk) -> None:
    refused = desk.ask(desk.mayor, "session.open_intake", session=hour(desk))
    assert refused["error"]["code"] == "not_possible"
    desk.ask(desk.mayor, "session.close_intake", session=hour(desk))
    assert (
        desk.ask(desk.mayor, "session.open_intake", session=hour(desk))["data"]["session"]["state"] == "open"
    )
    desk.says(1, "neu")
    assert desk.conversation()["lane"] == "waiting"


@pytest.mark.proves("N6")
def test_extensions_end_somewhere(desk: Desk) -> None:
    for _ in range(2):
        assert desk.ask(desk.mayor, "session.extend", session=hour(desk), minutes=60)["ok"]
    refused = desk.ask(desk.mayor, "session.extend", session=hour(desk), minutes=5)
    assert (refused["status"], refused["error"]["code"]) == (409, "too_long")
    assert "120 Minuten" in refused["error"]["message"]


@pytest.mark.proves("N6")
def test_over_early_is_over_for_everybody_and_twice_is_told(desk: Desk) -> None:
    desk.clock.forward(minutes=20)
    ended = desk.ask(desk.mayor, "session.close", session=hour(desk))["data"]["session"]
    assert (ended["state"], ended["closes"]) == ("closed", "2026-12-03T14:20:00.000Z")
    again = desk.ask(desk.second_mayor(), "session.close", session=hour(desk))
    assert (again["status"], again["error"]["code"]) == (409, "session_not_running")
    assert again["error"]["message"] == "Diese Sprechstunde ist seit 15:20 Uhr beendet."
    refused: dict[str, dict[str, Any]] = {"session.extend": {"minutes": 5}, "session.close_intake": {}}
    for name, more in refused.items():
        assert (
            desk.ask(desk.mayor, name, session=hour(desk), **more)["error"]["code"] == "session_not_running"
        )
    desk.clock.forward(minutes=10)
    desk.says(1, "zu spät")
    assert desk.snapshot()["conversations"] == []


@pytest.mark.proves("N22")
def test_late_and_deputy_reach_exactly_those_who_wait(desk: Desk) -> None:
    desk.says(1, "wartet")
    desk.says(2, "versorgt")
    answered = desk.conversation_of("versorgt")
    assert desk.ask(desk.mayor, "reply", conversation=answered, text="Ja", seen=10**6)["ok"]
    desk.clock.forward(minutes=2)
    late = desk.ask(desk.assistant, "session.late", session=hour(desk), minutes=10)["data"]["session"]
    assert late["late_until"] == "2026-12-03T14:12:00.000Z"
    deputy = desk.ask(desk.assistant, "session.deputy", session=hour(desk), name=" Jörg Beyer ")
    assert deputy["data"]["session"]["deputy"] == "Jörg Beyer"
    assert told(desk) == [
        ("1", "Wir verspäten uns leider. Los geht es voraussichtlich um 15:12 Uhr. "
              "Sie müssen nichts tun, Ihr Platz bleibt."),
        ("1", "Heute antwortet Ihnen eine Vertretung. Für Sie da ist: Jörg Beyer."),
    ]  # fmt: skip
    cleared = desk.ask(desk.mayor, "session.late", session=hour(desk), minutes=0)["data"]["session"]
    assert cleared["late_until"] is None
    assert len(told(desk)) == 2


@pytest.mark.parametrize("minutes", [-1, 61])
def test_late_has_bounds(desk: Desk, minutes: int) -> None:
    refused = desk.ask(desk.mayor, "session.late", session=hour(desk), minutes=minutes)
    assert refused["error"]["code"] == "bad_minutes"


def test_opening_in_the_lobby_begins_that_very_hour(new_desk: Callable[..., Desk]) -> None:
    desk = new_desk("", Clock(OPENS - 8 * MINUTE))
    desk.says(1, "früh da")
    opened = desk.ask(desk.mayor, "session.open_now", line=desk.line.id, minutes=30)["data"]["session"]
    assert (opened["id"], opened["state"], opened["closes"]) == (
        hour(desk),
        "open",
        "2026-12-03T15:00:00.000Z",
    )
    assert desk.conversation()["session"] == hour(desk)
    assert len([row for row in desk.rows(HourSession) if row.state == "open"]) == 1


@pytest.mark.proves("AC-62")
def test_the_pace_is_measured_from_the_third_answer_on(desk: Desk) -> None:
    for number in range(1, 6):
        desk.says(number, f"Frage {number}")
    for number in range(1, 6):
        assert (desk.snapshot()["session"]["pace"] is None) == (number <= 3)
        desk.clock.forward(seconds=90)
        talk = desk.conversation_of(f"Frage {number}")
        assert desk.ask(desk.mayor, "reply", conversation=talk, text=f"Antwort {number}", seen=10**6)["ok"]
    assert desk.snapshot()["session"]["pace"] == 90


def refusal(desk: Desk, name: str, /, **data: Any) -> tuple[str, str]:
    """The command has to be refused: code and sentence."""
    error = desk.ask(desk.mayor, name, **data)["error"]
    return error["code"], error["message"]


@pytest.mark.proves("AC-5")
def test_an_hour_opened_by_hand_ends_before_the_next_one(new_desk: Callable[..., Desk]) -> None:
    desk = new_desk("", Clock(OPENS - 30 * MINUTE))
    code, sentence = refusal(desk, "session.open_now", line=desk.line.id, minutes=60)
    assert code == "overlap"
    assert sentence == "Um 15 Uhr beginnt schon die nächste Sprechstunde; bis dahin sind 30 Minuten möglich."
    assert desk.ask(desk.mayor, "session.open_now", line=desk.line.id, minutes=30)["ok"]
    at(desk, OPENS)
    assert [row.state for row in desk.rows(HourSession)].count("open") == 1


@pytest.mark.proves("AC-5")
def test_an_hour_begun_early_does_not_run_into_the_next_one(new_desk: Callable[..., Desk]) -> None:
    desk = new_desk("", Clock(OPENS - timedelta(days=1)))
    fields = {"line": desk.line.id, "date": "2026-12-03", "from": "16:30", "to": "17:00"}
    assert desk.ask(desk.mayor, "session.add", **fields)["ok"]
    at(desk, OPENS - 5 * MINUTE)
    code, sentence = refusal(desk, "session.open_now", line=desk.line.id, minutes=120)
    assert (code, "sind 95 Minuten möglich" in sentence) == ("overlap", True)


def test_beside_an_hour_that_was_never_ended_none_is_opened_and_it_says_what_to_do(desk: Desk) -> None:
    desk.says(1, "vergessen")
    at(desk, CLOSES + timedelta(days=2))
    code, sentence = refusal(desk, "session.open_now", line=desk.line.id, minutes=30)
    assert code == "session_running"
    assert sentence == (
        "Die Sprechstunde vom Do., 3. Dezember ist noch nicht beendet. Für Anna Müller 1 ist noch nicht gesorgt. "
        "Bitte beenden Sie sie zuerst."
    )


def test_a_lobby_is_not_made_longer(new_desk: Callable[..., Desk]) -> None:
    desk = new_desk("", Clock(OPENS - 5 * MINUTE))
    code, sentence = refusal(desk, "session.extend", session=hour(desk), minutes=5)
    assert (code, sentence.startswith("Sie hat noch nicht begonnen")) == ("session_not_running", True)


@pytest.mark.proves("N22")
def test_a_delay_is_said_only_of_a_start_that_is_still_to_come(desk: Desk) -> None:
    desk.says(1, "wartet")
    desk.clock.forward(minutes=30)
    assert refusal(desk, "session.late", session=hour(desk), minutes=30)[0] == "too_late"
    desk.ask(desk.mayor, "session.close_intake", session=hour(desk))
    assert refusal(desk, "session.late", session=hour(desk), minutes=10)[0] == "not_possible"
    at(desk, CLOSES + 5 * MINUTE)
    assert refusal(desk, "session.late", session=hour(desk), minutes=10)[0] == "not_possible"
    assert [text for _, text in told(desk) if "verspäten" in text] == []


def test_nothing_is_said_of_an_hour_in_person_that_is_over(new_desk: Callable[..., Desk]) -> None:
    desk = new_desk("", Clock(OPENS - timedelta(days=2)))
    fields = {"line": desk.line.id, "date": "2026-12-02", "from": "15:00", "to": "16:00", "kind": "in_person"}
    made = desk.ask(desk.mayor, "session.add", **fields)["data"]["session"]["id"]
    desk.clock.now = OPENS + timedelta(days=5)
    said = ("session_not_running", "Diese Sprechstunde ist vorbei.")
    assert refusal(desk, "session.late", session=made, minutes=10) == said
    assert refusal(desk, "session.deputy", session=made, name="Jörg Beyer") == said


def test_of_a_cancelled_hour_it_says_that_it_is_cancelled(new_desk: Callable[..., Desk]) -> None:
    desk = new_desk("", Clock(OPENS - timedelta(days=2)))
    desk.ask(desk.mayor, "session.cancel", session=hour(desk), reason="krank", confirm=True)
    said = ("session_cancelled", "Diese Sprechstunde ist abgesagt.")
    assert refusal(desk, "session.late", session=hour(desk), minutes=10) == said


@pytest.mark.proves("N22")
@pytest.mark.parametrize("second", [0, 30, 58])
def test_two_who_put_it_off_alike_are_heard_once(desk: Desk, second: int) -> None:
    desk.says(1, "wartet")
    desk.clock.forward(minutes=2, seconds=second)
    desk.ask(desk.mayor, "session.late", session=hour(desk), minutes=10)
    desk.clock.forward(seconds=7)
    assert desk.ask(desk.assistant, "session.late", session=hour(desk), minutes=10)["ok"]
    starts = "15:12 Uhr" if second == 0 else "15:13 Uhr"
    assert [starts in text for _, text in told(desk)] == [True]


@pytest.mark.proves("N22")
def test_what_holds_again_is_the_last_that_is_said(new_desk: Callable[..., Desk]) -> None:
    desk = new_desk("", Clock(OPENS - 8 * MINUTE))
    desk.says(1, "wartet")
    for minutes in (10, 20, 20, 10):
        assert desk.ask(desk.mayor, "session.late", session=hour(desk), minutes=minutes)["ok"]
    for name in ("Jörg Beyer", "Ina Maier", "Ina Maier", "Jörg Beyer"):
        assert desk.ask(desk.mayor, "session.deputy", session=hour(desk), name=name)["ok"]
    words = [text.rsplit(": ", 1)[-1] if "da ist" in text else text.split(" voraussichtlich um ")[-1][:9]
             for _, text in told(desk)[1:]]  # fmt: skip
    deputies = ["Jörg Beyer.", "Ina Maier.", "Jörg Beyer."]
    assert words == ["15:10 Uhr", "15:20 Uhr", "15:10 Uhr", *deputies]


def test_begun_early_it_is_late_no_more(new_desk: Callable[..., Desk]) -> None:
    desk = new_desk("", Clock(OPENS - 8 * MINUTE))
    assert desk.ask(desk.mayor, "session.late", session=hour(desk), minutes=15)["ok"]
    opened = desk.ask(desk.mayor, "session.open_now", line=desk.line.id, minutes=30)["data"]["session"]
    assert opened["late_until"] is None
