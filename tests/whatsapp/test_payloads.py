"""What each vendored body says: one line a body, and none of them is left out."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from sessionhours.core.message import (
    AccountNotice,
    Attachment,
    Failure,
    IdentityChange,
    Inbound,
    Person,
    Receipt,
)
from sessionhours.whatsapp.payload import parse
from tests.whatsapp.updates import AT, LINE, PAYLOADS, vendored

ANNA = Person("DE.70000000000000000001", "491713920001", "Anna Müller")
BEKIR = Person("DE.70000000000000000002", None, "Bekir Ö.", "bekir.oe")
STEM = "wamid.HBgMNDkxNzEzOTIwMDAxFQIAEhgUM0FTSU"
DIGEST = "3q2+7wAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="
UNSUPPORTED = {
    "code": 131051,
    "title": "Message type unknown",
    "details": "Message type is currently not supported.",
}


def wamid(number: str) -> str:
    return f"{STEM}{number}AA=="


def file(number: str, mime_type: str, **more: Any) -> Attachment:
    address = f"https://lookaside.fbsbx.com/whatsapp_business/attachments/?mid=5000000000000{number}"
    url = f"{address}&source=webhook&ext=1795271100&hash=ARinvented"
    return Attachment(f"5000000000000{number}", mime_type, DIGEST, **{"url": url, **more})


MESSAGES: dict[str, dict[str, Any]] = {
    "text": {"kind": "text", "text": "Wann wird der Spielplatz am Markt repariert?"},
    "text_umlaut_emoji": {
        "kind": "text",
        "text": "Grüß Gott! Straße gesperrt 🚧 – was tun?\nDanke / 100 % <ehrlich> & „nett“",
    },
    "text_username_no_phone": {"kind": "text", "text": "Hallo, ich schreibe ohne Nummer", "person": BEKIR},
    "text_reply": {"kind": "text", "text": "Ja, gern", "reply_to": wamid("09001")},
    "text_forwarded": {"kind": "text", "text": "weitergeleitet", "detail": {"forwarded": True}},
    "text_frequently_forwarded": {
        "kind": "text",
        "text": "Kettenbrief",
        "detail": {"frequently_forwarded": True},
    },
    "text_referral_ad": {
        "kind": "text",
        "text": "Guten Tag",
        "detail": {
            "referral": {
                "source_type": "ad",
                "source_url": "https://fb.me/invented",
                "headline": "Bürgersprechstunde",
                "body": "Schreiben Sie dem Bürgermeister",
            }
        },
    },
    "text_referred_product": {
        "kind": "text",
        "text": "noch da?",
        "reply_to": wamid("09002"),
        "detail": {"product": {"catalog_id": "400000000000001", "product_retailer_id": "sku-1"}},
    },
    "group_text": {"kind": "text", "text": "aus einer Gruppe", "group": "Y2FwaV9ncm91cDppbnZlbnRlZAZD"},
    "image": {"kind": "image", "text": "Schlagloch Hauptstraße", "attachment": file("20", "image/jpeg")},
    "image_no_url_no_caption": {"kind": "image", "attachment": file("21", "image/jpeg", url=None)},
    "video": {"kind": "video", "text": "Lärm", "attachment": file("22", "video/mp4")},
    "audio_voice": {"kind": "voice", "attachment": file("23", "audio/ogg; codecs=opus")},
    "audio_file": {"kind": "audio", "attachment": file("24", "audio/mpeg")},
    "document": {
        "kind": "document",
        "text": "Antrag",
        "attachment": file("26", "application/pdf", filename="Antrag Straßenfest.pdf"),
    },
    "sticker": {"kind": "sticker", "attachment": file("27", "image/webp")},
    "location_pin": {"kind": "location", "detail": {"latitude": 52.5186, "longitude": 13.4081}},
    "location_place": {
        "kind": "location",
        "text": "Rathaus, Rathausstraße 1, Musterstadt",
        "detail": {
            "name": "Rathaus",
            "address": "Rathausstraße 1, Musterstadt",
            "url": "https://rathaus.example",
            "latitude": 52.5186,
            "longitude": 13.4081,
        },
    },
    "contacts_shared": {
        "kind": "contacts",
        "text": "Clara Beispiel",
        "detail": {
            "contacts": [
                {
                    "name": "Clara Beispiel",
                    "phones": ["+49 171 3920099"],
                    "emails": ["clara@example.org"],
                    "company": "Verein",
                }
            ]
        },
    },
    "button_template_quick_reply": {
        "kind": "button",
        "text": "Erinnern",
        "reply_to": wamid("09009"),
        "detail": {"payload": "SUBSCRIBE"},
    },
    "interactive_button_reply": {
        "kind": "interactive",
        "text": "Ja",
        "reply_to": wamid("09004"),
        "detail": {"type": "button_reply", "id": "consent:yes"},
    },
    "interactive_list_reply": {
        "kind": "interactive",
        "text": "Straßen",
        "reply_to": wamid("09005"),
        "detail": {"type": "list_reply", "id": "topic:roads", "description": "Schlaglöcher, Schilder"},
    },
    "interactive_list_reply_no_description": {
        "kind": "interactive",
        "text": "Anderes",
        "reply_to": wamid("09005"),
        "detail": {"type": "list_reply", "id": "topic:other"},
    },
    "interactive_nfm_reply_flow": {
        "kind": "interactive",
        "text": "ortsteil: Süd",
        "reply_to": wamid("09006"),
        "detail": {
            "type": "nfm_reply",
            "name": "flow",
            "answers": {"flow_token": "tok-1", "ortsteil": "Süd"},
        },
    },
    "interactive_call_permission_reply": {
        "kind": "interactive",
        "reply_to": wamid("09007"),
        "detail": {
            "type": "call_permission_reply",
            "response": "accept",
            "expiration_timestamp": "1795875600",
            "response_source": "user_action",
        },
        "quiet": True,
    },
    "order": {
        "kind": "order",
        "detail": {
            "items": [
                {"product_retailer_id": "sku-1", "quantity": 1, "item_price": 5.5, "currency": "EUR"},
            ],
            "catalog_id": "400000000000001",
        },
    },
    "reaction": {"kind": "reaction", "text": "👍", "target": wamid("09001"), "quiet": True},
    "reaction_removed_empty": {"kind": "reaction", "text": "", "target": wamid("09001"), "quiet": True},
    "edit_coexistence_only": {
        "kind": "edit",
        "text": "Wann wird der Spielplatz repariert??",
        "target": wamid("00001"),
        "quiet": True,
    },
    "revoke_coexistence_only": {"kind": "revoke", "target": wamid("00001"), "quiet": True},
    "system_identity_changed_legacy": {
        "kind": "system",
        "text": "User identity changed",
        "person": Person(None, "491713920001"),
        "detail": {"type": "customer_identity_changed"},
        "quiet": True,
    },
    "type_not_known_yet": {"kind": "unknown", "detail": {"type": "hologram"}},
    "unsupported_131051": {
        "kind": "unsupported",
        "detail": {"type": "poll_creation", "errors": [UNSUPPORTED]},
    },
    "unsupported_131060": {
        "kind": "unsupported",
        "detail": {
            "errors": [
                {
                    "code": 131060,
                    "title": "This message is currently unavailable.",
                    "details": "Ask the user to send it again.",
                }
            ]
        },
        "quiet": True,
    },
    "unsupported_edit": {
        "kind": "unsupported",
        "detail": {"type": "edit", "errors": [UNSUPPORTED]},
        "quiet": True,
    },
}

RECEIPTS: dict[str, tuple[str, dict[str, Any]]] = {
    "sent": ("101", {"attempt": "out:7f3a", "category": "service", "pricing": "free_customer_service"}),
    "delivered": (
        "101",
        {
            "attempt": "out:7f3a",
            "category": "service",
            "pricing": "free_customer_service",
            "at": AT + timedelta(seconds=1),
        },
    ),
    "read": ("101", {"attempt": "out:7f3a", "at": AT + timedelta(seconds=9)}),
    "played": ("102", {"at": AT + timedelta(seconds=20)}),
    "sent_bsuid_only": ("103", {"category": "service", "pricing": "free_customer_service"}),
    "sent_service_beyond_free_tier": ("104", {"category": "service", "pricing": "regular"}),
    "delivered_utility_template": ("105", {"category": "utility", "pricing": "regular"}),
    "sent_free_entry_point_conversation": (
        "106",
        {"category": "referral_conversion", "pricing": "free_entry_point"},
    ),
    "failed_131047_window_closed": (
        "108",
        {
            "failure": Failure(
                131047,
                "Re-engagement message",
                "Message failed to send because more than 24 hours have passed since the customer last "
                "replied to this number.",
            )
        },
    ),
    "failed_131053_media": (
        "110",
        {
            "failure": Failure(
                131053,
                "Media upload error",
                "Unsupported Image mime type image/heic. Please use one of image/jpeg, image/png.",
            )
        },
    ),
    "failed_131042_payment": (
        "111",
        {
            "failure": Failure(
                131042,
                "Business eligibility payment issue",
                "Message failed to send because there were one or more errors related to your "
                "payment method.",
            )
        },
    ),
    "failed_131049_healthy_ecosystem": (
        "112",
        {
            "failure": Failure(
                131049,
                "This message was not delivered to maintain healthy ecosystem engagement.",
                "In order to maintain a healthy ecosystem engagement, the message failed to be delivered.",
            )
        },
    ),
    "failed_131000_unknown": (
        "113",
        {
            "failure": Failure(
                131000, "Something went wrong", "Message failed to send due to an unknown error."
            )
        },
    ),
}

#: code, level, and a word of the German sentence that says what to do.
NOTICES: dict[str, tuple[str, str, str]] = {
    "template_approved": ("message_template_status_update.APPROVED", "info", "kann verwendet werden"),
    "template_rejected": ("message_template_status_update.REJECTED", "error", "neu einreichen"),
    "template_paused": ("message_template_status_update.PAUSED", "warning", "eine andere nehmen"),
    "template_disabled": ("message_template_status_update.DISABLED", "error", "eine neue einreichen"),
    "template_quality": ("message_template_quality_update.YELLOW", "warning", "seltener senden"),
    "template_category_update": ("template_category_update.MARKETING", "warning", "Kosten"),
    "phone_number_quality_update": ("phone_number_quality_update.ONBOARDING", "info", "TIER_2K"),
    "phone_number_name_update": ("phone_number_name_update.REJECTED", "warning", "NAME_NOT_RELATED"),
    "account_update_disabled": ("account_update.DISABLED_UPDATE", "error", "anderen Weg"),
    "account_update_violation": ("account_update.ACCOUNT_VIOLATION", "error", "SPAM"),
    "account_alerts": ("account_alerts.INFORMATIONAL", "info", "WhatsApp-Manager"),
    "account_review_update": ("account_review_update.APPROVED", "info", "nichts zu tun"),
    "account_settings_update": ("account_settings_update.DISABLED", "info", "nichts zu tun"),
    "business_capability_update": ("business_capability_update.CHANGED", "info", "TIER_2K"),
    "business_username_updates": ("business_username_updates.approved", "info", "rathaus.musterstadt"),
    "user_preferences_stop": ("user_preferences.stop", "info", "keine mehr senden"),
    "user_preferences_resume": ("user_preferences.resume", "info", "nichts zu tun"),
}


@pytest.mark.parametrize("name", MESSAGES)
def test_a_message(name: str):
    [item] = parse(vendored(f"messages/{name}"))
    assert isinstance(item, Inbound)
    expected = {
        "path": "/entry/0/changes/0/value/messages/0",
        "phone_number_id": LINE,
        "wamid": item.wamid,
        "person": ANNA,
        "sent_at": AT,
        **MESSAGES[name],
    }
    assert item == Inbound(**expected)
    assert item.wamid.startswith("wamid.")
    assert item.wamid.encode() in vendored(f"messages/{name}")


@pytest.mark.parametrize("name", RECEIPTS)
def test_a_receipt(name: str):
    number, more = RECEIPTS[name]
    word = name.partition("_")[0]
    path = "/entry/0/changes/0/value/statuses/0"
    expected = Receipt(path, LINE, wamid(f"00{number}"), word, **{"at": AT, **more})
    assert parse(vendored(f"statuses/{name}")) == [expected]


@pytest.mark.parametrize("name", NOTICES)
def test_a_notice(name: str):
    code, level, words = NOTICES[name]
    [item] = parse(vendored(f"fields/{name}"))
    assert isinstance(item, AccountNotice)
    assert (item.code, item.level) == (code, level)
    assert words in item.message_de
    assert item.message_en
    assert item.message_en != item.message_de
    assert "Anna" not in item.message_de + item.message_en


def test_a_changed_number():
    [item] = parse(vendored("messages/system_user_changed_number"))
    assert item == IdentityChange(
        "/entry/0/changes/0/value/messages/0",
        LINE,
        wamid("00044"),
        Person(None, "491713920001"),
        Person(None, "491713920011"),
        AT,
    )


def test_an_error_that_names_no_message():
    [item] = parse(vendored("messages/value_errors_only"))
    assert isinstance(item, AccountNotice)
    assert (item.code, item.level, item.phone_number_id) == ("error.130429", "warning", LINE)
    assert item.message_de.startswith("Zu viele Nachrichten in kurzer Zeit")


def test_a_call_is_one_entry_though_it_begins_and_ends():
    [begun] = parse(vendored("calls/connect"))
    [ended] = parse(vendored("calls/terminate_completed"))
    assert isinstance(begun, Inbound)
    assert isinstance(ended, Inbound)
    assert begun.wamid == ended.wamid
    assert (begun.kind, begun.person, begun.sent_at) == ("call", ANNA, AT)
    assert ended.kind == "call"
    assert ended.detail == {"event": "terminate", "status": "COMPLETED", "duration": 60}


BATCHES = {
    "two_messages_one_value": ["eins", "zwei"],
    "two_messages_same_sender_one_contact": ["eins", "zwei"],
    "two_changes": ["eins", "zwei"],
    "two_entries_message_and_status": ["eins", "read"],
    "statuses_out_of_order": ["read", "sent", "delivered"],
    "statuses_of_two_people": ["sent", "sent"],
}


@pytest.mark.parametrize("name", BATCHES)
def test_a_batch(name: str):
    items = parse(vendored(f"batches/{name}"))
    assert [item.text if isinstance(item, Inbound) else item.status for item in items] == BATCHES[name]  # type: ignore[union-attr]


def test_every_message_of_a_batch_has_its_own_author():
    first, second = parse(vendored("batches/two_messages_one_value"))
    assert isinstance(first, Inbound)
    assert isinstance(second, Inbound)
    assert (first.person, second.person) == (ANNA, BEKIR)


def test_no_vendored_body_is_left_out():
    told = {f"messages/{name}" for name in MESSAGES} | {f"statuses/{name}" for name in RECEIPTS}
    told |= {f"fields/{name}" for name in NOTICES} | {f"batches/{name}" for name in BATCHES}
    told |= {"messages/system_user_changed_number", "messages/value_errors_only"}
    told |= {"calls/connect", "calls/terminate_completed"}
    found = {path.relative_to(PAYLOADS).with_suffix("").as_posix() for path in PAYLOADS.glob("*/*.json")}
    assert {name for name in found if not name.startswith("graph/")} == told
