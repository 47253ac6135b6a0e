"""Templates follow Meta: made where they are missing, listened to, shown, and sent only where approved."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

import pytest

from sessionhours.core.delivery import Rejected
from sessionhours.core.message import Failure
from sessionhours.core.templates import Blueprint, Known, NotTaken
from sessionhours.desk import templates
from sessionhours.desk.template_loop import TemplateLoop
from sessionhours.store.tables import Conversation, HourSession, Message, Notice, Outbox, Outcome, Template
from tests.desk.office import Desk
from tests.makers import OPENS, WABA, template_told

POLICY = f'approval = false\nbusiness_account_id = "{WABA}"'
NAME = "sprechstunde_antwort"
FILLED: dict[str, Any] = {
    "template": NAME,
    "language": "de",
    "parameters": ["Anna Müller", "Gemeinde Kappelrodeck", "3. Dezember 2026"],
}


@dataclass
class Meta:
    """A business account: what it has, what it was handed, and what it refuses."""

    has: list[Known] = field(default_factory=list)
    handed: list[Blueprint] = field(default_factory=list)
    asked: int = 0
    refuses: dict[str, Exception] = field(default_factory=dict)

    async def templates(self, phone_number_id: str, account: str, name: str) -> list[Known]:
        """List."""
        assert account == WABA
        self.asked += 1
        if "list" in self.refuses:
            raise self.refuses["list"]
        return [one for one in self.has if one.name == name]

    async def create_template(self, phone_number_id: str, account: str, blueprint: Blueprint) -> Known:
        """Take it on."""
        if blueprint.language in self.refuses:
            raise self.refuses[blueprint.language]
        self.handed.append(blueprint)
        one = Known(
            f"6{len(self.has)}", blueprint.name, blueprint.language, "PENDING", "UTILITY", blueprint.body
        )
        self.has.append(one)
        return one

    def decide(self, status: str, **fields: Any) -> None:
        """Everything that it has stands so now."""
        self.has = [replace(one, status=status, **fields) for one in self.has]


def loop(desk: Desk, meta: Meta) -> TemplateLoop:
    return TemplateLoop(desk.database, desk.reader, desk.clock, meta)


def look(desk: Desk, meta: Meta, begun: TemplateLoop | None = None) -> TemplateLoop:
    begun = begun or loop(desk, meta)
    asyncio.run(begun.look())
    return begun


def shown(desk: Desk) -> dict[str, tuple[str, str | None]]:
    return {one["language"]: (one["status"], one["reason"]) for one in desk.snapshot()["templates"]}


def told(desk: Desk, name: str = "template.updated") -> int:
    return sum(event.name == name for event in desk.told)


def test_what_is_missing_at_meta_is_made_and_followed(new_desk: Callable[..., Desk]) -> None:
    desk, meta = new_desk(POLICY), Meta()
    begun = look(desk, meta)
    assert [(one.name, one.language, one.category) for one in meta.handed] == [
        (NAME, "de", "UTILITY"),
        (NAME, "en", "UTILITY"),
    ]
    assert shown(desk) == {"de": ("PENDING", None), "en": ("PENDING", None)}
    meta.decide("APPROVED")
    desk.clock.forward(minutes=59)
    look(desk, meta, begun)
    assert (meta.asked, shown(desk)["de"][0]) == (1, "PENDING"), "not asked more than once an hour"
    desk.clock.forward(minutes=1)
    look(desk, meta, begun)
    assert shown(desk) == {"de": ("APPROVED", None), "en": ("APPROVED", None)}
    before = told(desk)
    desk.clock.forward(hours=1)
    look(desk, meta, begun)
    assert (told(desk), len(meta.handed)) == (before, 2), "nothing changed, nothing is told or made"


def test_a_new_process_asks_at_once(new_desk: Callable[..., Desk]) -> None:
    desk, meta = new_desk(POLICY), Meta()
    look(desk, meta)
    meta.decide("APPROVED")
    desk.clock.forward(seconds=1)
    look(desk, meta)
    assert shown(desk)["en"] == ("APPROVED", None)


@pytest.mark.proves("F41")
def test_a_clock_that_was_ahead_keeps_nobody_from_asking(new_desk: Callable[..., Desk]) -> None:
    desk, meta = new_desk(POLICY), Meta()
    desk.clock.forward(days=200)
    begun = look(desk, meta)
    asked = meta.asked
    desk.clock.forward(days=-200)
    look(desk, meta, begun)
    assert meta.asked == asked + 1


def test_of_two_processes_one_asks(new_desk: Callable[..., Desk]) -> None:
    desk, meta = new_desk(POLICY), Meta()
    first, second = loop(desk, meta), loop(desk, meta)
    look(desk, meta, first)
    look(desk, meta, second)
    assert (meta.asked, len(meta.handed)) == (1, 2)


def test_without_an_account_it_says_what_is_to_be_done(new_desk: Callable[..., Desk]) -> None:
    desk, meta = new_desk(), Meta()
    look(desk, meta)
    look(desk, meta)
    assert meta.asked == 0
    assert {status for status, _ in shown(desk).values()} == {"MISSING"}
    assert all("business_account_id" in str(why) for _, why in shown(desk).values())


def test_a_town_that_says_du_has_its_own(new_desk: Callable[..., Desk]) -> None:
    desk, meta = new_desk(POLICY), Meta()
    look(desk, meta)
    town = replace(desk.schedule.town, address="du")
    desk.schedule = replace(desk.schedule, town=town)
    look(desk, meta)
    assert {one["name"] for one in desk.snapshot()["templates"]} == {f"{NAME}_du"}
    assert told(desk, "template.removed") == 2
    assert any("deine Antwort" in one.body or "Deine Antwort" in one.body for one in meta.handed)


@pytest.mark.parametrize("way", ["webhook", "list"])
@pytest.mark.parametrize("status", ["REJECTED", "PAUSED", "DISABLED"])
def test_trouble_is_shown_and_told_once(new_desk: Callable[..., Desk], status: str, way: str) -> None:
    desk, meta = new_desk(POLICY), Meta()
    begun = look(desk, meta)
    meta.decide(status, reason="Parameters next to each other.")
    if way == "webhook":
        why = {"reason": "INVALID_FORMAT", "rejection_info": {"reason": "Parameters next to each other."}}
        desk.deliver(template_told(NAME, "de", status, **why), template_told(NAME, "en", status, **why))
    else:
        desk.clock.forward(hours=1)
    for _ in range(2):
        look(desk, meta, begun)
        desk.clock.forward(hours=1)
    assert set(shown(desk).values()) == {(status, "Parameters next to each other.")}
    about = [row for row in desk.rows(Notice) if NAME in row.message]
    assert len(about) == 2, "one a language, however it came to be known"


def test_a_webhook_holds_at_once_and_meta_is_asked_for_the_rest(new_desk: Callable[..., Desk]) -> None:
    desk, meta = new_desk(POLICY), Meta()
    begun = look(desk, meta)
    desk.deliver(template_told(NAME, "de", "APPROVED"))
    assert shown(desk) == {"de": ("APPROVED", None), "en": ("PENDING", None)}
    meta.decide("APPROVED", body="Guten Tag {{1}}, anders.")
    look(desk, meta, begun)
    assert {one["body"] for one in desk.snapshot()["templates"]} == {"Guten Tag {{1}}, anders."}


@pytest.mark.parametrize("event", ["FLAGGED", "LIMIT_EXCEEDED"])
def test_a_word_that_is_no_status_changes_nothing_but_asks(new_desk: Callable[..., Desk], event: str) -> None:
    desk, meta = new_desk(POLICY), Meta()
    begun = look(desk, meta)
    desk.deliver(template_told(NAME, "de", event))
    assert shown(desk)["de"] == ("PENDING", None)
    look(desk, meta, begun)
    assert meta.asked == 2


def test_another_account_does_not_concern_us(new_desk: Callable[..., Desk]) -> None:
    desk = new_desk(POLICY)
    look(desk, Meta())
    told = template_told(NAME, "de", "APPROVED").replace(WABA.encode(), b"100000000000009")
    desk.deliver(told)
    assert shown(desk)["de"] == ("PENDING", None)


def test_what_meta_will_not_take_is_said_and_the_others_go_on(new_desk: Callable[..., Desk]) -> None:
    desk, meta = new_desk(POLICY), Meta()
    meta.refuses["de"] = NotTaken(Failure(2388023, "", "Name was deleted lately"))
    look(desk, meta)
    status, why = shown(desk)["de"]
    assert status == "MISSING"
    assert "Name was deleted lately" in str(why)
    assert shown(desk)["en"] == ("PENDING", None)


def test_an_account_that_refuses_us_says_why(new_desk: Callable[..., Desk]) -> None:
    desk, meta = new_desk(POLICY), Meta(refuses={"list": NotTaken(Failure(10, "", "permission"))})
    look(desk, meta)
    assert all("Berechtigung" in str(why) for _, why in shown(desk).values())


def test_a_network_that_fails_is_tried_soon_again(new_desk: Callable[..., Desk]) -> None:
    desk, meta = new_desk(POLICY), Meta(refuses={"list": OSError("no route")})
    begun = look(desk, meta)
    meta.refuses.clear()
    desk.clock.forward(minutes=4)
    look(desk, meta, begun)
    assert meta.asked == 1
    desk.clock.forward(minutes=1)
    look(desk, meta, begun)
    assert shown(desk)["de"] == ("PENDING", None)


# -- the command ---------------------------------------------------------------------------------------


def late(new_desk: Callable[..., Desk], status: str = "APPROVED", **fields: Any) -> tuple[Desk, str]:
    """Anna asked the day before yesterday."""
    desk, meta = new_desk(POLICY), Meta()
    begun = look(desk, meta)
    meta.decide(status, **fields)
    desk.says(1, "Wann öffnet das Bad?")
    desk.clock.forward(hours=48)
    look(desk, meta, begun)
    return desk, desk.conversation()["id"]


def test_an_approved_one_answers_and_is_sent_as_it_was_filled(new_desk: Callable[..., Desk]) -> None:
    desk, talk = late(new_desk)
    result = desk.ask(desk.mayor, "template", conversation=talk, **FILLED)
    message = result["data"]["message"]
    assert (message["kind"], message["status"]) == ("template", "queued")
    assert message["text"].startswith("Guten Tag Anna Müller, hier ist Gemeinde Kappelrodeck: Ihre Antwort")
    assert desk.conversation()["lane"] == "answered"
    assert desk.conversation()["last_message"]["id"] == message["id"]
    (claim,) = desk.send()
    assert claim.kind == "template"
    assert desk.rows(Outbox) == []
    assert desk.only()[-1]["status"] == "sent"


@pytest.mark.proves("P42")
@pytest.mark.parametrize("status", ["PENDING", "REJECTED", "PAUSED", "DISABLED", "IN_APPEAL", "WHATEVER"])
def test_one_that_is_not_approved_is_refused_in_words(new_desk: Callable[..., Desk], status: str) -> None:
    desk, talk = late(new_desk, status)
    refused = desk.ask(desk.mayor, "template", conversation=talk, **FILLED)
    assert (refused["status"], refused["error"]["code"], refused["error"]["state"]) == (
        409,
        "not_approved",
        status,
    )
    assert "Vorlage" in refused["error"]["message"]
    assert desk.rows(Outbox) == []
    (german, _) = desk.read(templates.choices, desk.schedule, desk.read(_talk, talk))
    assert german["usable"] is False


def _talk(session: Any, id: str) -> Any:
    return session.get(Conversation, id)


@pytest.mark.proves("WA-6")
def test_one_that_meta_counts_as_advertising_is_not_sent(new_desk: Callable[..., Desk]) -> None:
    desk, talk = late(new_desk, category="MARKETING")
    refused = desk.ask(desk.mayor, "template", conversation=talk, **FILLED)
    assert refused["error"]["code"] == "not_approved"
    assert "Werbung" in refused["error"]["message"]


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"template": "nothing"}, "not_found"),
        ({"language": "fr"}, "not_found"),
        ({"parameters": []}, "bad_data"),
        ({"parameters": ["a", "b", "c\nd"]}, "bad_data"),
        ({"parameters": ["a", "b", 3]}, "bad_data"),
        ({"parameters": ["a", "b", "c\x00"]}, "bad_data"),
    ],
)
def test_bad_input_is_refused_and_nothing_is_queued(
    new_desk: Callable[..., Desk], change: dict[str, Any], code: str
) -> None:
    desk, talk = late(new_desk)
    assert desk.ask(desk.mayor, "template", conversation=talk, **FILLED | change)["error"]["code"] == code
    assert desk.rows(Outbox) == []


def test_the_same_command_again_sends_nothing_twice(new_desk: Callable[..., Desk]) -> None:
    desk, talk = late(new_desk)
    id = "6d1f3a52-9f0e-4c8e-8a53-0d5b1f6f8a11"
    first = desk.ask(desk.mayor, "template", id, conversation=talk, **FILLED)
    assert desk.ask(desk.mayor, "template", id, conversation=talk, **FILLED) == first
    assert len(desk.rows(Outbox)) == 1


def test_a_colleagues_fresh_claim_is_respected(new_desk: Callable[..., Desk]) -> None:
    desk, talk = late(new_desk)
    desk.ask(desk.assistant, "claim", conversation=talk)
    assert desk.ask(desk.mayor, "template", conversation=talk, **FILLED)["error"]["code"] == "claimed"
    assert desk.ask(desk.mayor, "template", conversation=talk, take_over=True, **FILLED)["ok"]
    again = desk.ask(desk.assistant, "template", conversation=talk, seen=0, take_over=True, **FILLED)
    assert again["error"]["code"] == "stale"


def test_a_failed_template_can_be_sent_again(new_desk: Callable[..., Desk]) -> None:
    desk, talk = late(new_desk)
    desk.ask(desk.mayor, "template", conversation=talk, **FILLED)
    desk.send(Rejected(Failure(132015)))
    message = desk.only()[-1]
    assert (message["status"], message["error"]["code"]) == ("failed", 132015)
    assert "Vorlage" in message["error"]["message"]
    assert desk.ask(desk.mayor, "retry", message=message["id"])["ok"]
    (claim,) = desk.send()
    assert (claim.kind, bool(claim.template)) == ("template", True)


def test_who_answers_a_template_is_let_in_at_any_hour(new_desk: Callable[..., Desk]) -> None:
    """Two days later no hour is on: without this the answer that was asked for would be declined and lost."""
    desk, talk = late(new_desk)
    desk.ask(desk.mayor, "template", conversation=talk, **FILLED)
    desk.send()
    desk.clock.forward(hours=3)
    desk.says(1, "Ja", type="button", button={"payload": "Ja, bitte senden", "text": "Ja, bitte senden"})
    said = desk.only()[-1]
    assert (said["kind"], said["text"]) == ("button", "Ja, bitte senden")
    assert "Vorlage" in said["decision"]
    assert desk.conversation()["lane"] == "waiting"
    assert desk.ask(desk.mayor, "reply", conversation=talk, text="Am 15. Mai.", seen=10**9)["ok"]
    desk.says(1, "Danke")
    assert desk.only()[-1]["kind"] == "declined", "once it is answered the hours hold again"


def test_what_was_promised_in_a_closed_hour_stays_written_down(new_desk: Callable[..., Desk]) -> None:
    desk, meta = new_desk(POLICY), Meta()
    begun = look(desk, meta)
    meta.decide("APPROVED")
    desk.says(1, "Wann öffnet das Bad?")
    talk = desk.conversation()["id"]
    assert desk.ask(desk.mayor, "resolve", conversation=talk, outcome="promised", date="2026-12-07")["ok"]
    desk.clock.forward(hours=48)
    desk.tick()
    look(desk, meta, begun)
    assert min(desk.rows(HourSession), key=lambda row: row.opens).state == "closed"
    assert desk.ask(desk.mayor, "template", conversation=talk, **FILLED)["ok"]
    desk.says(1, "Ja")
    assert desk.conversation()["lane"] == "waiting"
    assert [row.outcome for row in desk.rows(Outcome)] == ["promised"]


def test_writing_in_the_next_hour_does_not_undo_what_was_promised_in_the_last(
    new_desk: Callable[..., Desk],
) -> None:
    desk = new_desk(POLICY)
    desk.says(1, "Wann öffnet das Bad?")
    talk = desk.conversation()["id"]
    assert desk.ask(desk.mayor, "resolve", conversation=talk, outcome="promised", date="2026-12-07")["ok"]
    desk.clock.forward(hours=2)
    desk.tick()
    desk.clock.now = OPENS + timedelta(days=35, minutes=1)
    desk.tick()
    desk.says(1, "Und jetzt?")
    assert desk.conversation()["lane"] == "waiting"
    assert [row.outcome for row in desk.rows(Outcome)] == ["promised"]


def test_an_invitation_ends(new_desk: Callable[..., Desk]) -> None:
    desk, talk = late(new_desk)
    desk.ask(desk.mayor, "template", conversation=talk, **FILLED)
    desk.clock.forward(days=31)
    desk.says(1, "Ja")
    assert desk.only()[-2]["kind"] == "declined"


def test_what_it_says_is_suggested_from_what_is_known(new_desk: Callable[..., Desk]) -> None:
    desk, talk = late(new_desk)
    german, english = desk.read(templates.choices, desk.schedule, desk.read(_talk, talk))
    assert german["parameters"] == ["Anna Müller 1", "Gemeinde Kappelrodeck", "3. Dezember 2026"]
    assert english["parameters"][2] == "3 December 2026"
    assert german["usable"]
    assert desk.ask(
        desk.mayor, "template", conversation=talk, **{**FILLED, "parameters": german["parameters"]}
    )["ok"]


def test_the_rows_say_what_stands_at_meta(new_desk: Callable[..., Desk]) -> None:
    desk, _ = late(new_desk)
    assert {row.meta_id for row in desk.rows(Template)} == {"60", "61"}
    assert len(desk.read(templates.usable, "kappelrodeck", desk.line.id)) == 2
    assert desk.rows(Message)
    assert OPENS + timedelta(hours=48) == desk.clock()
