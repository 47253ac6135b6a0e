"""Every body in tests/payloads, and what a person then sees (AC-31): one line a body, and none of them is left out."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from sessionhours.desk import receipts
from sessionhours.store.tables import Conversation, Media, Message, Quarantine
from tests.desk.office import KEYS, Desk
from tests.makers import Clock

PAYLOADS = Path(__file__).parent.parent / "payloads"
NOW = datetime.fromtimestamp(1795270860, UTC)
OPEN = """
accept = ["image", "location"]

[[line.session]]
date = 2026-11-21
from = "14:00"
to = "18:00"
"""

ANNA, BEKIR = ("Anna Müller", "+491713920001"), ("Bekir Ö.", None)

#: What waits for an answer, as (kind, text): shown, counted, no automatic text.
WAITS: dict[str, tuple[str, str]] = {
    "text": ("text", "Wann wird der Spielplatz am Markt repariert?"),
    "text_forwarded": ("text", "weitergeleitet"),
    "text_frequently_forwarded": ("text", "Kettenbrief"),
    "text_referral_ad": ("text", "Guten Tag"),
    "text_referred_product": ("text", "noch da?"),
    "text_reply": ("text", "Ja, gern"),
    "text_umlaut_emoji": (
        "text",
        "Grüß Gott! Straße gesperrt 🚧 – was tun?\nDanke / 100 % <ehrlich> & „nett“",
    ),
    "text_username_no_phone": ("text", "Hallo, ich schreibe ohne Nummer"),
    "image": ("image", "Schlagloch Hauptstraße"),
    "image_no_url_no_caption": ("image", ""),
    "location_pin": ("location", ""),
    "location_place": ("location", "Rathaus, Rathausstraße 1, Musterstadt"),
    "button_template_quick_reply": ("button", "Erinnern"),
    "interactive_button_reply": ("interactive", "Ja"),
    "interactive_list_reply": ("interactive", "Straßen"),
    "interactive_list_reply_no_description": ("interactive", "Anderes"),
    "interactive_nfm_reply_flow": ("interactive", "ortsteil: Süd"),
    "interactive_call_permission_reply": ("interactive", ""),
    "unsupported_131060": ("unsupported", ""),
    "unsupported_edit": ("unsupported", ""),
}

#: What is shown too, but this line does not take: one notice asks for text.
NOTICED: dict[str, tuple[str, str]] = {
    "audio_file": ("audio", ""),
    "audio_voice": ("voice", ""),
    "contacts_shared": ("contacts", "Clara Beispiel"),
    "document": ("document", "Antrag"),
    "order": ("order", ""),
    "sticker": ("sticker", ""),
    "type_not_known_yet": ("unknown", ""),
    "unsupported_131051": ("unsupported", ""),
    "video": ("video", "Lärm"),
}

#: What asks for nothing: shown where it belongs, nobody waits because of it.
MARKS: dict[str, tuple[str, str]] = {
    "edit_coexistence_only": ("edit", "Wann wird der Spielplatz repariert??"),
    "reaction": ("reaction", "👍"),
    "reaction_removed_empty": ("reaction", ""),
    "revoke_coexistence_only": ("revoke", ""),
    "system_identity_changed_legacy": ("system", "User identity changed"),
}

#: What the admin reads: the level, the code and how the sentence begins.
NOTICES: dict[str, tuple[str, str, str]] = {
    "fields/account_alerts": ("info", "account_alerts.INFORMATIONAL", "Hinweis von WhatsApp"),
    "fields/account_review_update": (
        "info",
        "account_review_update.APPROVED",
        "WhatsApp hat das Konto geprüft",
    ),
    "fields/account_settings_update": (
        "info",
        "account_settings_update.DISABLED",
        "Die Einstellungen der Rufnummer",
    ),
    "fields/account_update_disabled": (
        "error",
        "account_update.DISABLED_UPDATE",
        "WhatsApp hat das Konto gesperrt",
    ),
    "fields/account_update_violation": (
        "error",
        "account_update.ACCOUNT_VIOLATION",
        "WhatsApp hat das Konto",
    ),
    "fields/business_capability_update": (
        "info",
        "business_capability_update.CHANGED",
        "WhatsApp hat die Tagesgrenze",
    ),
    "fields/business_username_updates": (
        "info",
        "business_username_updates.approved",
        "Der WhatsApp-Benutzername",
    ),
    "fields/phone_number_name_update": ("warning", "phone_number_name_update.REJECTED", "Der Anzeigename"),
    "fields/phone_number_quality_update": (
        "info",
        "phone_number_quality_update.ONBOARDING",
        "WhatsApp hat die",
    ),
    "fields/template_approved": ("info", "message_template_status_update.APPROVED", "Die Vorlage"),
    "fields/template_category_update": (
        "warning",
        "template_category_update.MARKETING",
        "WhatsApp führt die",
    ),
    "fields/template_disabled": ("error", "message_template_status_update.DISABLED", "Die Vorlage"),
    "fields/template_paused": ("warning", "message_template_status_update.PAUSED", "Die Vorlage"),
    "fields/template_quality": ("warning", "message_template_quality_update.YELLOW", "Die Vorlage"),
    "fields/template_rejected": ("error", "message_template_status_update.REJECTED", "Die Vorlage"),
    "fields/user_preferences_resume": ("info", "user_preferences.resume", "Eine Person hat"),
    "fields/user_preferences_stop": ("info", "user_preferences.stop", "Eine Person hat"),
    "messages/value_errors_only": ("warning", "error.130429", "Zu viele Nachrichten"),
}

#: What becomes of our message, and how the reason in words begins.
STATUSES: dict[str, tuple[str, str | None]] = {
    "delivered": ("delivered", None),
    "delivered_utility_template": ("delivered", None),
    "failed_131000_unknown": ("failed", ""),
    "failed_131042_payment": ("failed", ""),
    "failed_131047_window_closed": ("failed", "Die 24-Stunden-Frist"),
    "failed_131049_healthy_ecosystem": ("failed", ""),
    "failed_131053_media": ("failed", ""),
    "played": ("read", None),
    "read": ("read", None),
    "sent": ("sent", None),
    "sent_bsuid_only": ("sent", None),
    "sent_free_entry_point_conversation": ("sent", None),
    "sent_service_beyond_free_tier": ("sent", None),
}

#: Messages by person, and by our message (in the order of the statuses) what it is in the end.
BATCHES: dict[str, tuple[dict[tuple[str, str | None], list[str]], list[str]]] = {
    "statuses_of_two_people": ({}, ["sent", "sent"]),
    "statuses_out_of_order": ({}, ["read"]),
    "two_changes": ({ANNA: ["eins"], BEKIR: ["zwei"]}, []),
    "two_entries_message_and_status": ({ANNA: ["eins"]}, ["read"]),
    "two_messages_one_value": ({ANNA: ["eins"], BEKIR: ["zwei"]}, []),
    "two_messages_same_sender_one_contact": ({ANNA: ["eins", "zwei"]}, []),
}

CALLS = ("connect", "terminate_completed")

#: Nothing of these is shown: a group is none of ours, and a new number of somebody unknown is nobody's news.
NOTHING = ("group_text", "system_user_changed_number")


@pytest.fixture
def desk(new_desk: Callable[..., Desk]) -> Desk:
    return new_desk(OPEN, Clock(NOW))


def load(name: str) -> bytes:
    return (PAYLOADS / f"{name}.json").read_bytes()


def inbound(desk: Desk) -> tuple[dict[str, Any], dict[str, Any]]:
    """The only conversation and the only message of a citizen in it."""
    talk = desk.conversation()
    (only,) = [one for one in desk.messages(talk["id"]) if one["direction"] == "inbound"]
    return talk, only


def test_every_body_is_in_a_table() -> None:
    told = {f"messages/{name}" for table in (WAITS, NOTICED, MARKS, NOTHING) for name in table} | set(NOTICES)
    told |= {f"statuses/{name}" for name in STATUSES} | {f"batches/{name}" for name in BATCHES}
    told |= {f"calls/{name}" for name in CALLS}
    there = {f"{path.parent.name}/{path.stem}" for path in PAYLOADS.glob("*/*.json")}
    assert told == {name for name in there if not name.startswith("graph/")}


@pytest.mark.proves("AC-31", "F31", "P14", "KA-5")
@pytest.mark.parametrize("name", WAITS)
def test_it_waits_for_an_answer(desk: Desk, name: str) -> None:
    desk.deliver(load(f"messages/{name}"))
    talk, only = inbound(desk)
    assert (only["kind"], only["text"]) == WAITS[name]
    assert (talk["contact"]["name"], talk["contact"]["phone"]) == (BEKIR if "username" in name else ANNA)
    assert (talk["lane"], talk["unread"], talk["last_message"]["id"]) == ("waiting", 1, only["id"])
    assert only["decision"].startswith("Keine automatische Antwort, weil")
    assert desk.waiting() == []
    assert desk.rows(Quarantine) == []
    assert (only["media"] or {}).get("state") == ("waiting" if only["kind"] == "image" else None)


@pytest.mark.proves("AC-31", "AC-32", "KA-7")
@pytest.mark.parametrize("name", NOTICED)
def test_it_is_shown_and_answered_by_one_notice(desk: Desk, name: str) -> None:
    desk.deliver(load(f"messages/{name}"))
    talk, only = inbound(desk)
    assert (only["kind"], only["text"]) == NOTICED[name]
    assert talk["lane"] == "waiting"
    assert only["decision"].startswith("Automatischer Hinweis gesendet")
    (notice,) = desk.waiting()
    assert "Bitte schreiben Sie uns Ihr Anliegen als Text" in notice.text
    assert (only["media"] or {"state": "refused"})["state"] == "refused"
    assert desk.rows(Media) == [], "nothing to fetch"


@pytest.mark.proves("AC-31", "AC-11")
@pytest.mark.parametrize("name", MARKS)
def test_it_is_shown_and_nobody_waits(desk: Desk, name: str) -> None:
    desk.deliver(load(f"messages/{name}"))
    talk, only = inbound(desk)
    assert (only["kind"], only["text"]) == MARKS[name]
    assert (talk["lane"], talk["unread"], talk["waiting_since"]) == ("answered", 0, None)
    assert desk.waiting() == []


@pytest.mark.parametrize("name", NOTHING)
def test_it_is_not_for_us(desk: Desk, name: str) -> None:
    desk.deliver(load(f"messages/{name}"))
    assert desk.snapshot()["conversations"] == []
    assert desk.rows(Message) == []
    assert desk.rows(Quarantine) == []
    assert desk.waiting() == []


@pytest.mark.proves("AC-31", "KA-7")
@pytest.mark.parametrize("name", CALLS)
def test_a_call_is_logged_and_answered_by_one_notice(desk: Desk, name: str) -> None:
    desk.deliver(load(f"calls/{name}"))
    _, only = inbound(desk)
    assert only["kind"] == "call"
    assert len(desk.waiting()) == 1


@pytest.mark.parametrize("name", NOTICES)
def test_the_admin_reads_it(desk: Desk, name: str) -> None:
    admin = desk.agent("Ina Weber", "admin")
    desk.deliver(load(name), load(name))
    (notice,) = desk.snapshot(admin)["notices"]
    level, code, beginning = NOTICES[name]
    assert (notice["level"], notice["code"]) == (level, code)
    assert notice["message"].startswith(beginning)
    assert desk.snapshot()["conversations"] == []
    assert desk.snapshot()["notices"] == []


@pytest.mark.proves("AC-56")
@pytest.mark.parametrize("name", STATUSES)
def test_our_message_shows_it(desk: Desk, name: str) -> None:
    status, reason = STATUSES[name]
    (shown,) = after_receipts(desk, f"statuses/{name}")
    assert shown["status"] == status
    assert (shown["error"] is None) == (reason is None)
    if reason is not None:
        assert shown["error"]["code"] == int(name.split("_")[1])
        assert shown["error"]["message"].startswith(reason)
        assert len(shown["error"]["message"]) > 20


@pytest.mark.proves("AC-24", "F25")
@pytest.mark.parametrize("name", BATCHES)
def test_nothing_of_a_batch_is_left_out(desk: Desk, name: str) -> None:
    people, statuses = BATCHES[name]
    shown = after_receipts(desk, f"batches/{name}")
    assert [one["status"] for one in shown] == statuses
    said = {
        (talk["contact"]["name"], talk["contact"]["phone"]): [
            one["text"] for one in desk.messages(talk["id"])
        ]
        for talk in desk.snapshot()["conversations"]
        if talk["contact"]["name"] != "Wir"
    }
    assert said == people


def after_receipts(desk: Desk, name: str) -> list[dict[str, Any]]:
    """Deliver a body whose statuses are about messages of ours; those messages afterwards."""
    told = json.loads(load(name))
    values = [change["value"] for entry in told["entry"] for change in entry["changes"]]
    wamids = list(dict.fromkeys(one["id"] for value in values for one in value.get("statuses", ())))
    ids = [desk.write(_ours, desk, wamid) for wamid in wamids]
    desk.deliver(load(name))
    talks = [talk for talk in desk.snapshot()["conversations"] if talk["contact"]["name"] == "Wir"]
    shown = {one["id"]: one for talk in talks for one in desk.messages(talk["id"])}
    return [shown[id] for id in ids]


def _ours(session: Any, desk: Desk, wamid: str) -> str:
    from sessionhours.store.tables import Contact

    contact = Contact(town="kappelrodeck", name="Wir", created_at=0)
    session.add(contact)
    talk = Conversation(town="kappelrodeck", line=desk.line.id, contact=contact.id, created_at=0)
    session.add(talk)
    row = Message(
        town="kappelrodeck",
        conversation=talk.id,
        seq=0,
        order_at=0,
        direction="outbound",
        author_kind="agent",
        kind="text",
        text="Antwort",
        sent_at=0,
        status="sending",
        wamid=wamid,
        wamid_key=KEYS.wamid(wamid),
    )
    session.add(row)
    return row.id


def test_the_reason_is_in_the_towns_language() -> None:
    from sessionhours.core.message import Failure

    told = receipts.error(Failure(131047), "en")
    assert told is not None
    assert "24" in str(told["message"])
    assert "Frist" not in str(told["message"])
