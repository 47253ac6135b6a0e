"""The closing ritual: nobody is left out, everybody hears one fitting text, once (N4, AC-60)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from sessionhours.core.session import MOVES, may_move
from sessionhours.store.tables import HourSession, Message, Outcome
from tests.desk.office import Desk
from tests.desk.test_steering import at, hour, told
from tests.makers import CLOSES, OPENS

LATER = CLOSES + timedelta(minutes=20)

TEXTS = {
    "promised": (
        {"date": "2026-12-11"},
        "Das klären wir und melden uns bei Ihnen. Sie hören von uns bis Freitag, 11. Dezember 2026.",
    ),
    "carried_over": (
        {},
        "Dafür hat die Zeit heute nicht gereicht. Ihr Anliegen kommt zuerst dran. "
        "Nächster Termin: Donnerstag, 7. Januar 2027, 15–16 Uhr.",
    ),
    "handed_over": (
        {"department": "Bauamt"},
        "Ihr Anliegen haben wir an die zuständige Stelle im Haus weitergegeben. Zuständig ist: Bauamt.",
    ),
    "declined": (
        {"reason": "Privatsache"},
        "Dabei können wir Ihnen hier leider nicht helfen. Der Grund: Privatsache. "
        "Andere Wege: Telefon 07842 80221.",
    ),
}  # fmt: skip


def five_wait(desk: Desk) -> list[str]:
    """Five people wait when the hour is over; their conversations."""
    for number in range(1, 6):
        desk.says(number, f"Frage {number}")
    assert at(desk, LATER)["state"] == "draining"
    return [desk.conversation_of(f"Frage {number}") for number in range(1, 6)]


def automatic(desk: Desk, talk: str) -> list[str]:
    return [one["text"] for one in desk.messages(talk) if one["author"]["kind"] == "auto"]


@pytest.mark.proves("N4", "AC-60")
def test_each_outcome_has_its_text_and_the_last_one_closes_the_hour(desk: Desk) -> None:
    talks = five_wait(desk)
    refused = desk.ask(desk.mayor, "session.close", session=hour(desk))
    assert (refused["status"], refused["error"]["code"]) == (409, "unaccounted")
    assert {one["conversation"] for one in refused["error"]["who"]} == set(talks)
    assert all(one["reachable"] for one in refused["error"]["who"])
    desk.ask(desk.mayor, "reply", conversation=talks[4], text="Ja", seen=10**6)
    items = [
        {"conversation": talk, "outcome": outcome, **more}
        for talk, (outcome, (more, _)) in zip(talks, TEXTS.items(), strict=False)
    ]
    result = desk.ask(desk.mayor, "session.settle", session=hour(desk), items=items)
    assert result["ok"], result
    assert [automatic(desk, talk) for talk in talks[:4]] == [[text] for _, text in TEXTS.values()]
    assert automatic(desk, talks[4]) == []
    assert at(desk, LATER) == {}
    assert {row.conversation: row.outcome for row in desk.rows(Outcome)} == {
        **dict(zip(talks, TEXTS, strict=False)),
        talks[4]: "answered",
    }
    lanes = {one["id"]: one["lane"] for one in desk.snapshot()["conversations"]}
    assert [lanes[talk] for talk in talks] == ["follow_up", "follow_up", "follow_up", "done", "done"]


@pytest.mark.proves("N4", "AC-60")
def test_a_text_can_be_edited_or_left_out(desk: Desk) -> None:
    talks = five_wait(desk)
    items = [
        {"conversation": talks[0], "outcome": "promised", "text": "Ich rufe Sie am Montag an."},
        {"conversation": talks[1], "outcome": "answered", "text": ""},
        {"conversation": talks[2], "outcome": "answered", "text": "Alles Gute!"},
    ]
    assert desk.ask(desk.mayor, "session.settle", session=hour(desk), items=items)["ok"]
    assert [automatic(desk, talk) for talk in talks[:3]] == [
        ["Ich rufe Sie am Montag an."],
        [],
        ["Alles Gute!"],
    ]


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"outcome": "vergessen"}, "bad_data"),
        ({"outcome": "promised", "date": "2026-12-02"}, "bad_data"),
        ({"outcome": "promised", "date": "morgen"}, "bad_data"),
        ({"outcome": "declined", "text": "x" * 4097}, "too_long"),
        ({"outcome": "declined", "reason": "x" * 501}, "bad_data"),
        ({"conversation": "0" * 32}, "not_found"),
        ({"surprise": 1}, "bad_data"),
    ],
)
def test_one_bad_item_and_nothing_is_done(desk: Desk, change: dict[str, Any], code: str) -> None:
    talks = five_wait(desk)
    before = desk.snapshot()
    items: list[dict[str, Any]] = [{"conversation": talk, "outcome": "carried_over"} for talk in talks]
    items[-1] |= change
    refused = desk.ask(desk.mayor, "session.settle", session=hour(desk), items=items)
    assert refused["error"]["code"] == code
    assert desk.snapshot() == before
    assert desk.rows(Outcome) == []


def test_a_person_twice_or_one_who_has_an_outcome_is_refused(desk: Desk) -> None:
    talks = five_wait(desk)
    twice = [{"conversation": talks[0], "outcome": "declined"}] * 2
    assert (
        desk.ask(desk.mayor, "session.settle", session=hour(desk), items=twice)["error"]["code"] == "bad_data"
    )
    assert desk.ask(desk.mayor, "session.settle", session=hour(desk), items=twice[:1])["ok"]
    again = desk.ask(desk.mayor, "session.settle", session=hour(desk), items=twice[:1])
    assert (again["status"], again["error"]["code"]) == (409, "settled")
    assert again["error"]["conversation"] == talks[0]


@pytest.mark.proves("N23")
def test_after_24_hours_a_text_cannot_go_out_freely_and_nobody_is_half_settled(desk: Desk) -> None:
    talks = five_wait(desk)
    desk.clock.now = OPENS + timedelta(hours=24, seconds=1)
    item = {"conversation": talks[0], "outcome": "promised", "date": "2026-12-11"}
    refused = desk.ask(desk.mayor, "session.settle", session=hour(desk), items=[item])
    assert (refused["status"], refused["error"]["code"]) == (409, "window_closed")
    assert refused["error"]["conversation"] == talks[0]
    who = desk.ask(desk.mayor, "session.close", session=hour(desk))["error"]["who"]
    assert [one["reachable"] for one in who] == [False] * 5
    called = [{"conversation": talk, "outcome": "answered", "text": ""} for talk in talks]
    assert desk.ask(desk.mayor, "session.settle", session=hour(desk), items=called)["ok"]
    assert at(desk, desk.clock()) == {}


@pytest.mark.proves("AC-60", "N5")
def test_what_was_written_in_time_reopens_the_hour_and_ends_in_an_outcome(desk: Desk) -> None:
    at(desk, CLOSES)
    assert desk.snapshot()["session"] is None
    desk.clock.now = CLOSES + timedelta(minutes=7)
    desk.says(1, "gerade noch", at=CLOSES - timedelta(seconds=2))
    assert desk.snapshot()["session"]["state"] == "draining"
    talk = desk.conversation()["id"]
    assert desk.ask(desk.mayor, "reply", conversation=talk, text="Gern", seen=10**6)["ok"]
    assert at(desk, CLOSES + timedelta(minutes=9)) == {}
    assert [row.outcome for row in desk.rows(Outcome)] == ["answered"]


@pytest.mark.proves("AC-60")
def test_who_writes_again_after_their_outcome_needs_one_again(desk: Desk) -> None:
    desk.says(1, "Frage")
    talk = desk.conversation()["id"]
    assert desk.ask(desk.mayor, "resolve", conversation=talk, outcome="declined", reason="x")["ok"]
    desk.says(1, "aber doch")
    assert desk.conversation()["outcome"] is None
    assert desk.rows(Outcome) == []
    assert desk.ask(desk.mayor, "session.close", session=hour(desk))["error"]["code"] == "unaccounted"


@pytest.mark.proves("N4")
def test_carried_over_people_are_first_next_time_whoever_else_waits(desk: Desk) -> None:
    talks = five_wait(desk)
    items = [{"conversation": talk, "outcome": "carried_over"} for talk in talks[3:]]
    items += [{"conversation": talk, "outcome": "answered", "text": ""} for talk in talks[:3]]
    assert desk.ask(desk.mayor, "session.settle", session=hour(desk), items=items)["ok"]
    desk.clock.now = OPENS + timedelta(days=35) - timedelta(minutes=5)
    desk.tick()
    desk.says(9, "schon im Vorraum")
    at(desk, OPENS + timedelta(days=35))
    first = [desk.ask(desk.mayor, "next")["data"]["conversation"] for _ in range(3)]
    assert [one["id"] for one in first[:2]] == talks[3:]
    assert [one["carried"] for one in first] == [True, True, False]


@pytest.mark.proves("AC-60")
@pytest.mark.parametrize("outcome", ["promised", "handed_over"])
def test_thanks_on_the_next_day_undo_no_promise_where_messages_are_held(
    new_desk: Callable[..., Desk], outcome: str
) -> None:
    desk = new_desk('outside = "hold"')
    desk.says(1, "Frage")
    talk = desk.conversation()["id"]
    at(desk, CLOSES)
    more = TEXTS[outcome][0]
    assert desk.ask(desk.mayor, "resolve", conversation=talk, outcome=outcome, **more)["ok"]
    assert at(desk, CLOSES + timedelta(minutes=1)) == {}
    desk.clock.now = CLOSES + timedelta(hours=20)
    desk.says(1, "Danke!")
    owed = desk.conversation()
    assert (owed["lane"], owed["outcome"], owed["unread"]) == ("follow_up", outcome, 1)
    assert owed["last_message"]["text"] == "Danke!"
    assert owed["window_closes_at"] == "2026-12-05T10:59:30.000Z"
    assert [row.outcome for row in desk.rows(Outcome)] == [outcome]


@pytest.mark.proves("AC-60")
def test_who_had_their_answer_and_is_held_on_the_next_day_keeps_the_outcome_of_the_hour(
    new_desk: Callable[..., Desk],
) -> None:
    desk = new_desk('outside = "hold"')
    desk.says(1, "Frage")
    talk = desk.conversation()["id"]
    assert desk.ask(desk.mayor, "reply", conversation=talk, text="Ja", seen=10**6)["ok"]
    at(desk, CLOSES)
    desk.clock.now = CLOSES + timedelta(hours=20)
    desk.says(1, "noch etwas")
    assert (desk.conversation()["lane"], desk.conversation()["outcome"]) == ("held", None)
    assert [row.outcome for row in desk.rows(Outcome)] == ["answered"]
    assert {row.state for row in desk.rows(HourSession)} == {"closed", "announced"}


@pytest.mark.proves("AC-60", "N4")
def test_who_goes_on_to_the_next_hour_leaves_an_outcome_in_the_one_before(desk: Desk) -> None:
    desk.says(1, "wartet")
    desk.says(2, "hat eine Antwort")
    waits, answered = desk.conversation_of("wartet"), desk.conversation_of("hat eine Antwort")
    assert desk.ask(desk.mayor, "reply", conversation=answered, text="Ja", seen=10**6)["ok"]
    december, january = hour(desk), OPENS + timedelta(days=35)
    at(desk, january - timedelta(minutes=5))
    desk.says(2, "noch etwas")
    desk.says(3, "neu")
    desk.says(1, "immer noch")
    at(desk, january)
    assert {(row.conversation, row.session): row.outcome for row in desk.rows(Outcome)} == {
        (waits, december): "carried_over",
        (answered, december): "answered",
    }
    states = {row.id: row.state for row in desk.rows(HourSession)}
    assert states[december] == "closed"
    assert not any("gereicht" in text for _, text in told(desk))
    first = desk.ask(desk.mayor, "next")["data"]["conversation"]
    assert (first["id"], first["carried"]) == (waits, True)


@pytest.mark.proves("AC-60")
@pytest.mark.parametrize("way", ["longer", "intake", "clock"])
def test_an_hour_that_goes_on_leaves_those_it_carried_over_to_the_next(desk: Desk, way: str) -> None:
    desk.says(1, "Frage 1")
    desk.says(2, "Frage 2")
    if way == "intake":
        assert desk.ask(desk.mayor, "session.close_intake", session=hour(desk))["ok"]
    else:
        at(desk, CLOSES + timedelta(seconds=1))
    talk = desk.conversation_of("Frage 1")
    assert desk.ask(desk.mayor, "resolve", conversation=talk, outcome="carried_over")["ok"]
    match way:
        case "longer":
            assert desk.ask(desk.mayor, "session.extend", session=hour(desk), minutes=10)["ok"]
        case "intake":
            assert desk.ask(desk.mayor, "session.open_intake", session=hour(desk))["ok"]
        case _:
            at(desk, CLOSES - timedelta(seconds=1))
    assert desk.snapshot()["session"]["state"] == "open"
    (left,) = [one for one in desk.snapshot()["conversations"] if one["id"] == talk]
    assert (left["lane"], left["outcome"]) == ("follow_up", "carried_over")
    at(desk, OPENS + timedelta(days=35))
    assert desk.ask(desk.mayor, "next")["data"]["conversation"]["id"] == talk


def test_two_people_do_not_tell_one_person_two_things(desk: Desk) -> None:
    desk.says(1, "Frage")
    talk = desk.conversation()["id"]
    assert desk.ask(desk.mayor, "resolve", conversation=talk, outcome="declined", reason="Privatsache")["ok"]
    desk.clock.forward(seconds=3)
    other, change = desk.second_mayor(), {"conversation": talk, "outcome": "carried_over"}
    refused = desk.ask(other, "resolve", **change)
    assert (refused["status"], refused["error"]["code"]) == (409, "settled")
    assert [text for _, text in told(desk)] == [TEXTS["declined"][1]]
    assert desk.ask(other, "resolve", **change, again=True)["ok"], "somebody who knows may change it"
    assert [row.outcome for row in desk.rows(Outcome)] == ["carried_over"]
    assert desk.ask(other, "resolve", conversation=talk, outcome="answered", text="")["ok"], "one's own"


def test_who_writes_again_may_be_settled_by_anybody(desk: Desk) -> None:
    desk.says(1, "Frage")
    talk = desk.conversation()["id"]
    assert desk.ask(desk.mayor, "resolve", conversation=talk, outcome="declined", reason="x")["ok"]
    desk.says(1, "aber doch")
    assert desk.ask(desk.second_mayor(), "resolve", conversation=talk, outcome="carried_over")["ok"]


@pytest.mark.parametrize(
    ("text", "more", "said"),
    [
        ("Sie hören von uns bis {date}.", {"date": "2026-12-11"}, "Sie hören von uns bis Freitag, 11. Dezember 2026."),
        ("Bis {next_session}!  {Anlage}", {}, "Bis Donnerstag, 7. Januar 2027, 15–16 Uhr!  {Anlage}"),
        ("Bis  morgen. ", {}, "Bis  morgen. "),
    ],
)  # fmt: skip
def test_what_stands_in_braces_in_an_own_text_is_filled(
    desk: Desk, text: str, more: dict[str, Any], said: str
) -> None:
    desk.says(1, "Frage")
    talk = desk.conversation()["id"]
    assert desk.ask(desk.mayor, "resolve", conversation=talk, outcome="promised", text=text, **more)["ok"]
    assert automatic(desk, talk) == [said]


def test_an_own_text_does_not_leave_with_a_hole_in_it(desk: Desk) -> None:
    desk.says(1, "Frage")
    refused = desk.ask(
        desk.mayor, "resolve", conversation=desk.conversation()["id"], outcome="promised", text="Bis {date}."
    )
    assert refused["error"] == {
        "code": "bad_data",
        "message": "text: Für {date} gibt es hier nichts einzusetzen.",
    }
    assert desk.conversation()["lane"] == "waiting"


def test_a_reason_that_is_a_sentence_ends_once(desk: Desk) -> None:
    desk.says(1, "Frage")
    talk, reason = desk.conversation()["id"], "Dafür ist der Kreis zuständig."
    assert desk.ask(desk.mayor, "resolve", conversation=talk, outcome="declined", reason=reason)["ok"]
    assert automatic(desk, talk)[0].startswith(
        "Dabei können wir Ihnen hier leider nicht helfen. Der Grund: Dafür ist der Kreis zuständig. Andere"
    )


def test_who_is_left_is_said_with_what_to_do(desk: Desk) -> None:
    def refusal() -> str:
        return str(desk.ask(desk.mayor, "session.close", session=hour(desk))["error"]["message"])

    step = "ist noch nicht gesorgt: Bitte antworten Sie oder wählen Sie, was für"
    desk.says(1, "Frage 1")
    assert refusal() == f"Für eine Person {step} sie gilt."
    desk.says(2, "Frage 2")
    assert refusal() == f"Für 2 Personen {step} jede von ihnen gilt."


def test_the_table_of_moves_is_whole() -> None:
    """Every move that anything makes is in it; `cancelled` leads nowhere by time, `closed` only where the clock was ahead."""
    assert set(MOVES) == {"announced", "lobby", "open", "intake_closed", "draining", "closed", "cancelled"}
    assert not may_move("closed", "cancelled")
    assert not may_move("cancelled", "open")
    assert not may_move("intake_closed", "lobby")
    assert not may_move("announced", "draining")


def test_a_resolved_conversation_says_what_it_says_and_answered_says_nothing(desk: Desk) -> None:
    desk.says(1, "Frage 1")
    desk.says(2, "Frage 2")
    one, two = desk.conversation_of("Frage 1"), desk.conversation_of("Frage 2")
    done = desk.ask(desk.mayor, "resolve", conversation=one, outcome="answered")
    assert done["data"]["message"] is None
    handed = desk.ask(desk.mayor, "resolve", conversation=two, outcome="handed_over", department="Bauamt")
    assert handed["data"]["message"]["text"] == TEXTS["handed_over"][1]
    assert [row.text for row in desk.rows(Message) if row.author_kind == "auto"] == [TEXTS["handed_over"][1]]
    assert {row.state for row in desk.rows(HourSession)} == {"open", "announced"}
