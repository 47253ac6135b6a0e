"""Account-level webhooks as sentences for the town's admin, each with what to do next (contract §7.9).

``EVENTS`` names for each field the word of Meta's that tells its event. ``SENTENCES`` holds for
"field.event", else for "field.*", how serious it is and what is said. Words of Meta's that go into a sentence
are shortened and freed of controls; no sentence names a citizen.
"""

from __future__ import annotations

import hashlib
from typing import Any, Literal

from sessionhours.core import failures
from sessionhours.core.message import AccountNotice, Failure, TemplateNews
from sessionhours.whatsapp import people, templates, wire
from sessionhours.whatsapp.wire import ident, record, records

Level = Literal["info", "warning", "error"]
Value = dict[str, Any]

#: Of each class of error how serious it is when no message is named with it (contract §2.17).
LEVELS: dict[failures.Class, Level] = {"P": "warning", "U": "warning", "N": "warning", "S": "error"}

#: For each account-level field where its event stands.
EVENTS: dict[str, tuple[str, ...]] = {
    "message_template_status_update": ("event",),
    "message_template_quality_update": ("new_quality_score",),
    "template_category_update": ("new_category",),
    "message_template_components_update": (),
    "phone_number_quality_update": ("event",),
    "phone_number_name_update": ("decision",),
    "account_update": ("event",),
    "account_alerts": ("alert_info", "alert_severity"),
    "account_review_update": ("decision",),
    "business_capability_update": (),
    "security": ("event",),
    "account_settings_update": ("phone_number_settings", "calling", "status"),
    "business_username_updates": ("status",),
}


def of_field(
    path: str, phone_number_id: str | None, field: str, value: Value, account: str | None, time: Any
) -> AccountNotice:
    """The notice of an account-level field. The same update told again has the same ``key``."""
    event = _event(field, value)
    key = _key(field, account, time, value)
    notice = _notice(path, phone_number_id, field, event, _words(value), key)
    return notice._replace(template=_news(field, account, value))


def of_preference(path: str, phone_number_id: str, item: Value) -> AccountNotice:
    """The notice that somebody does, or does not, want broadcasts; who it is stands only in the key's hash"""
    choice = _short(item.get("value")) or "UNKNOWN"
    key = _key("user_preferences", phone_number_id, None, item)
    return _notice(path, phone_number_id, "user_preferences", choice, {}, key)


def of_error(path: str, phone_number_id: str, failure: Failure) -> AccountNotice:
    """The notice of an error that came with no message (contract §2.17)."""
    known = failures.meaning(failure.code)
    details = _short(failure.details or failure.title)
    de, en = (
        failures.explain(failure.code, language) + (f" ({details})" if details else "")
        for language in ("de", "en")
    )
    level = LEVELS[known.kind] if known else "warning"
    key = _key("errors", phone_number_id, None, [failure.code, failure.details])
    return AccountNotice(path, phone_number_id, f"error.{failure.code}", level, de, en, key)


def _notice(
    path: str, phone_number_id: str | None, field: str, event: str, words: dict[str, str], key: str
) -> AccountNotice:
    level, de, en = SENTENCES.get(f"{field}.{event}") or SENTENCES[f"{field}.*"]
    words = {**words, "event": event}
    return AccountNotice(
        path, phone_number_id, f"{field}.{event}", level, de.format_map(words), en.format_map(words), key
    )


def _news(field: str, account: str | None, value: Value) -> TemplateNews | None:
    """What is told of a template, None where it is about none."""
    name = wire.text(value.get("message_template_name"))
    if "template" not in field or not name:
        return None
    told = value.get("event") if field == "message_template_status_update" else None
    kind = value.get("new_category") or value.get("message_template_category")
    rejection = record(value.get("rejection_info")).get("reason")
    return TemplateNews(
        account,
        name,
        wire.text(value.get("message_template_language")),
        wire.text(told).upper() or None,
        wire.text(kind).upper() or None,
        templates.reason(rejection or value.get("reason")),
    )


def _event(field: str, value: Value) -> str:
    """The word that tells the event; "CHANGED" for a field that has but one."""
    found: Any = value
    for step in EVENTS[field]:
        found = record(found).get(step)
    return (_short(found) or "UNKNOWN") if EVENTS[field] else "CHANGED"


def _words(value: Value) -> dict[str, str]:
    """What the sentences may say, each with a stand-in when Meta does not give it."""
    alert, rejection = record(value.get("alert_info")), record(value.get("rejection_info"))
    limit = "max_daily_conversations_per_business", "max_daily_conversation_per_phone"
    return {
        "template": _first(value, "message_template_name", "message_template_id"),
        "language": _first(value, "message_template_language"),
        "name": _first(value, "requested_verified_name", "username"),
        "limit": _first(value, "current_limit", *limit),
        "reason": _short(rejection.get("reason")) or _first(value, "reason", "rejection_reason"),
        "pause": _first(record(value.get("other_info")), "description", "title"),
        "alert": _first(alert, "alert_description", "alert_type"),
        "ban": _ban(value),
    }


def _ban(value: Value) -> str:
    """Which ban, which violation, which restrictions."""
    words = [
        record(value.get("ban_info")).get("waba_ban_state"),
        record(value.get("violation_info")).get("violation_type"),
        *(one.get("restriction_type") for one in records(value.get("restriction_info"))),
    ]
    return ", ".join(filter(None, map(_short, words))) or "–"


def _first(value: Value, *keys: str) -> str:
    return next((found for key in keys if (found := _short(value.get(key)))), "–")


def _short(word: Any) -> str:
    return people.name(ident(word) or "")


def _key(*parts: Any) -> str:
    return hashlib.sha256(wire.dump(parts)).hexdigest()[:32]


_RESTRICTED: tuple[Level, str, str] = (
    "error",
    "WhatsApp hat das Konto gesperrt oder eingeschränkt ({event}: {ban}). "
    "Bitte sofort in der Business-Hilfe von Meta nachsehen und den Bürgern einen anderen Weg nennen.",
    "WhatsApp has locked or restricted the account ({event}: {ban}). "
    "Please look at Meta's business support at once and tell citizens another way.",
)
_COMPLAINTS: tuple[Level, str, str] = (
    "warning",
    "Viele Personen haben die Rufnummer blockiert oder gemeldet ({event}). Bitte Rundnachrichten anhalten.",
    "Many people have blocked or reported the number ({event}). Please stop broadcasts.",
)
_POOR: tuple[Level, str, str] = (
    "warning",
    "Die Vorlage „{template}“ ({language}) hat die Qualität {event}. Bitte seltener senden oder ändern.",
    "The template “{template}” ({language}) has the quality {event}. Please send it less or change it.",
)

SENTENCES: dict[str, tuple[Level, str, str]] = {
    "message_template_status_update.APPROVED": (
        "info",
        "Die Vorlage „{template}“ ({language}) ist freigegeben und kann verwendet werden.",
        "The template “{template}” ({language}) is approved and can be used.",
    ),
    "message_template_status_update.REJECTED": (
        "error",
        "Die Vorlage „{template}“ ({language}) wurde abgelehnt ({reason}). Bitte ändern und neu einreichen.",
        "The template “{template}” ({language}) was rejected ({reason}). Please change and resubmit it.",
    ),
    "message_template_status_update.PAUSED": (
        "warning",
        "Die Vorlage „{template}“ ({language}) ist angehalten ({pause}). Bitte solange eine andere nehmen.",
        "The template “{template}” ({language}) is paused ({pause}). Please use another one meanwhile.",
    ),
    "message_template_status_update.DISABLED": (
        "error",
        "Die Vorlage „{template}“ ({language}) ist gesperrt. Bitte eine neue einreichen.",
        "The template “{template}” ({language}) is disabled. Please submit a new one.",
    ),
    "message_template_status_update.FLAGGED": (
        "warning",
        "Die Vorlage „{template}“ ({language}) wird oft beanstandet. Bitte seltener senden oder ändern.",
        "The template “{template}” ({language}) is often complained of. Please send it less or change it.",
    ),
    "message_template_status_update.*": (
        "info",
        "Die Vorlage „{template}“ ({language}) hat nun den Stand {event}. Bitte im WhatsApp-Manager ansehen.",
        "The template “{template}” ({language}) is now {event}. Please look at it in WhatsApp Manager.",
    ),
    "message_template_quality_update.YELLOW": _POOR,
    "message_template_quality_update.RED": _POOR,
    "message_template_quality_update.*": (
        "info",
        "Die Vorlage „{template}“ ({language}) hat jetzt die Qualität {event}. Es ist nichts zu tun.",
        "The template “{template}” ({language}) now has the quality {event}. Nothing needs to be done.",
    ),
    "template_category_update.*": (
        "warning",
        "WhatsApp führt die Vorlage „{template}“ ({language}) jetzt als {event}. "
        "Bitte Kosten und Einwilligungen prüfen.",
        "WhatsApp now counts the template “{template}” ({language}) as {event}. "
        "Please check costs and consents.",
    ),
    "message_template_components_update.*": (
        "info",
        "Der Text der Vorlage „{template}“ ({language}) wurde geändert. Bitte nachsehen, ob er noch stimmt.",
        "The text of the template “{template}” ({language}) was changed. Please check that it is right.",
    ),
    "phone_number_quality_update.FLAGGED": _COMPLAINTS,
    "phone_number_quality_update.DOWNGRADE": _COMPLAINTS,
    "phone_number_quality_update.*": (
        "info",
        "WhatsApp hat die Grenzen der Rufnummer geändert ({event}: {limit}). Es ist nichts zu tun.",
        "WhatsApp has changed the number's limits ({event}: {limit}). Nothing needs to be done.",
    ),
    "phone_number_name_update.APPROVED": (
        "info",
        "Der Anzeigename „{name}“ ist freigegeben. Es ist nichts zu tun.",
        "The display name “{name}” is approved. Nothing needs to be done.",
    ),
    "phone_number_name_update.*": (
        "warning",
        "Der Anzeigename „{name}“ ist nicht freigegeben ({event}: {reason}). "
        "Bitte im WhatsApp-Manager ändern.",
        "The display name “{name}” is not approved ({event}: {reason}). Please change it.",
    ),
    "account_update.DISABLED_UPDATE": _RESTRICTED,
    "account_update.ACCOUNT_VIOLATION": _RESTRICTED,
    "account_update.ACCOUNT_RESTRICTION": _RESTRICTED,
    "account_update.ACCOUNT_DELETED": _RESTRICTED,
    "account_update.ACCOUNT_OFFBOARDED": _RESTRICTED,
    "account_update.*": (
        "info",
        "Am WhatsApp-Konto hat sich etwas geändert ({event}). Bitte im WhatsApp-Manager ansehen.",
        "Something about the WhatsApp account has changed ({event}). Please look at it in WhatsApp Manager.",
    ),
    "account_alerts.INFORMATIONAL": (
        "info",
        "Hinweis von WhatsApp: {alert}. Bitte bei Gelegenheit im WhatsApp-Manager ansehen.",
        "WhatsApp says: {alert}. Please look at it in WhatsApp Manager some time.",
    ),
    "account_alerts.CRITICAL": (
        "error",
        "Dringender Hinweis von WhatsApp: {alert}. Bitte sofort im WhatsApp-Manager ansehen.",
        "Urgent word from WhatsApp: {alert}. Please look at it in WhatsApp Manager at once.",
    ),
    "account_alerts.*": (
        "warning",
        "Warnung von WhatsApp: {alert}. Bitte im WhatsApp-Manager ansehen.",
        "WhatsApp warns: {alert}. Please look at it in WhatsApp Manager.",
    ),
    "account_review_update.APPROVED": (
        "info",
        "WhatsApp hat das Konto geprüft und freigegeben. Es ist nichts zu tun.",
        "WhatsApp has reviewed and approved the account. Nothing needs to be done.",
    ),
    "account_review_update.*": (
        "warning",
        "WhatsApp hat das Konto geprüft, Ergebnis: {event}. Bitte in der Business-Hilfe von Meta nachsehen.",
        "WhatsApp has reviewed the account, result: {event}. Please look at Meta's business support.",
    ),
    "business_capability_update.*": (
        "info",
        "WhatsApp hat die Tagesgrenze für Vorlagen geändert ({limit}). Für Antworten ist nichts zu tun.",
        "WhatsApp has changed the daily limit of templates ({limit}). Nothing needs to be done for replies.",
    ),
    "security.*": (
        "warning",
        "Etwas geschah mit der PIN der Rufnummer ({event}). War das niemand von Ihnen, bitte sofort ändern.",
        "Something happened to the number's PIN ({event}). If it was none of you, change it at once.",
    ),
    "account_settings_update.ENABLED": (
        "warning",
        "Für die Rufnummer sind Anrufe eingeschaltet, doch niemand nimmt sie an. Bitte im WhatsApp-Manager "
        "ausschalten.",
        "Calls are switched on for the number, but nobody takes them. Please switch them off in WhatsApp "
        "Manager.",
    ),
    "account_settings_update.*": (
        "info",
        "Die Einstellungen der Rufnummer wurden geändert. Es ist nichts zu tun.",
        "The number's settings were changed. Nothing needs to be done.",
    ),
    "business_username_updates.*": (
        "info",
        "Der WhatsApp-Benutzername „{name}“ hat jetzt den Stand {event}. Bitte Aushänge und Links prüfen.",
        "The WhatsApp username “{name}” is now {event}. Please check posters and links.",
    ),
    "user_preferences.stop": (
        "info",
        "Eine Person hat bei WhatsApp Rundnachrichten abbestellt. Bitte ihr keine mehr senden.",
        "A person has opted out of broadcasts in WhatsApp. Please send them no more.",
    ),
    "user_preferences.*": (
        "info",
        "Eine Person hat bei WhatsApp ihre Wahl zu Rundnachrichten geändert ({event}). Es ist nichts zu tun.",
        "A person has changed their choice about broadcasts in WhatsApp ({event}). Nothing needs to be done.",
    ),
}
