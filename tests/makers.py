"""Sample objects with good defaults: webhook bodies as Meta escapes them, a town, a clock that tests own."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

APP_SECRET = "invented-app-secret"
VERIFY_TOKEN = "invented-verify-token"
PHONE_NUMBER_ID = "200000000000002"

#: The account that every webhook here is of.
WABA = "100000000000001"

#: Kappelrodeck's hour on 3 December 2026 (winter time: UTC + 1 h).
OPENS = datetime(2026, 12, 3, 14, 0, tzinfo=UTC)
CLOSES = OPENS + timedelta(hours=1)

SCHEDULE = """
timezone = "Europe/Berlin"
region = "BW"

[town]
id = "kappelrodeck"
name = "Gemeinde Kappelrodeck"
alternatives = "Telefon 07842 80221"
privacy_url = "https://example.org/datenschutz"

[[line]]
id = "buergermeister"
title = "WhatsApp-Bürgersprechstunde"
host = "Bürgermeister"
phone = "+49784280221"
phone_number_id = "200000000000002"
{policy}

[[line.session]]
every = "first thursday"
from = "15:00"
to = "16:00"
"""
#: A second line, with opening hours.
TOWN_HALL = """
[[line]]
id = "rathaus"
title = "Rathaus"
phone = "+49784280220"
phone_number_id = "200000000000003"

[[line.hours]]
days = "mon-fri"
from = "08:00"
to = "12:00"
"""


class Clock:
    """A clock that stands still until a test moves it."""

    def __init__(self, now: datetime = OPENS) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now

    def forward(self, **span: float) -> datetime:
        """Move on by a timedelta's arguments."""
        self.now += timedelta(**span)
        return self.now


def schedule_file(folder: Path, policy: str = "") -> Path:
    """Kappelrodeck's schedule with a line policy of the test's own."""
    path = folder / "schedule.toml"
    path.write_text(SCHEDULE.format(policy=policy), encoding="utf-8")
    return path


def citizen(number: int = 1) -> dict[str, Any]:
    """One of many citizens: number 1 is always the same person."""
    phone = f"4917139200{number:02d}" if number < 100 else f"49171392{number:04d}"
    return {"name": f"Anna Müller {number}", "phone": phone, "user_id": f"DE.7{number:019d}"}


def message(
    number: int = 1, text: str = "Guten Tag", *, at: datetime = OPENS, wamid: str | None = None, **fields: Any
) -> dict[str, Any]:
    """One item of ``value.messages`` with its sender; ``fields`` replace or add (``type`` and its object)."""
    who = citizen(number)
    item: dict[str, Any] = {
        "from": who["phone"],
        "from_user_id": who["user_id"],
        "id": wamid or f"wamid.{number}.{text}.{at.timestamp():.0f}",
        "timestamp": str(int(at.timestamp())),
        "type": "text",
        "text": {"body": text},
    }
    if "type" in fields:
        del item["text"]
    return {**item, **fields}


def receipt(
    wamid: str, status: str, *, at: datetime = OPENS, attempt: str | None = None, **fields: Any
) -> dict[str, Any]:
    """One item of ``value.statuses``."""
    item: dict[str, Any] = {"id": wamid, "status": status, "timestamp": str(int(at.timestamp()))}
    if attempt is not None:
        item["biz_opaque_callback_data"] = attempt
    return {**item, **fields}


def body(
    messages: Iterable[dict[str, Any]] = (),
    statuses: Iterable[dict[str, Any]] = (),
    *,
    phone_number_id: str = PHONE_NUMBER_ID,
    **fields: Any,
) -> bytes:
    """A webhook body around them, escaped as the platform escapes (contract §1.4)."""
    messages, statuses = list(messages), list(statuses)
    value: dict[str, Any] = {
        "messaging_product": "whatsapp",
        "metadata": {"display_phone_number": "49784280221", "phone_number_id": phone_number_id},
        "contacts": [_contact(item) for item in messages],
        **fields,
    }
    if messages:
        value["messages"] = messages
    if statuses:
        value["statuses"] = statuses
    return escaped(envelope([{"field": "messages", "value": value}]))


def envelope(changes: list[dict[str, Any]]) -> dict[str, Any]:
    """An update with one entry."""
    return {"object": "whatsapp_business_account", "entry": [{"id": WABA, "changes": changes}]}


def template_told(name: str, language: str, event: str, **fields: Any) -> bytes:
    """A webhook body that says how a template stands (contract §7.9)."""
    value = {
        "event": event,
        "message_template_id": 600000000000001,
        "message_template_name": name,
        "message_template_language": language,
        "message_template_category": "UTILITY",
        "reason": "NONE",
        **fields,
    }
    return escaped(envelope([{"field": "message_template_status_update", "value": value}]))


def escaped(update: dict[str, Any]) -> bytes:
    """JSON bytes as Meta writes them."""
    return json.dumps(update, separators=(",", ":")).replace("/", "\\/").encode()


def _contact(item: dict[str, Any]) -> dict[str, Any]:
    number = item.get("from", "")
    name = next((citizen(n)["name"] for n in range(1, 100) if citizen(n)["phone"] == number), "Jemand")
    contact: dict[str, Any] = {"profile": {"name": name}}
    if number:
        contact["wa_id"] = number
    if item.get("from_user_id"):
        contact["user_id"] = item["from_user_id"]
    return contact
