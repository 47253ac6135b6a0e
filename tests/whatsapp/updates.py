"""Webhook bodies for tests: the vendored ones, and ones wrapped as Meta wraps and escapes them."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

PAYLOADS = Path(__file__).parent.parent / "payloads"

#: The line, the citizen and the second of the vendored bodies.
LINE = "200000000000002"
ANNA = {"profile": {"name": "Anna Müller"}, "wa_id": "491713920001", "user_id": "DE.70000000000000000001"}
SECOND = 1795270800
AT = datetime(2026, 11, 21, 14, 20, tzinfo=UTC)


def vendored(name: str) -> bytes:
    """The bytes of ``tests/payloads/NAME.json``."""
    return (PAYLOADS / f"{name}.json").read_bytes()


def escaped(update: Any) -> bytes:
    """JSON as Meta writes it: ASCII, with escaped slashes (contract §1.4)."""
    return json.dumps(update).replace("/", "\\/").encode()


def value(**items: Any) -> dict[str, Any]:
    """A value of the line, with Anna beside its items unless ``contacts`` says otherwise."""
    metadata = {"display_phone_number": "493023125001", "phone_number_id": LINE}
    return {"messaging_product": "whatsapp", "metadata": metadata, "contacts": [ANNA], **items}


def change(field: str = "messages", **items: Any) -> dict[str, Any]:
    return {"field": field, "value": value(**items)}


def body(*changes: Any) -> bytes:
    """One entry with these changes, as bytes."""
    entry = [{"id": "100000000000001", "changes": list(changes)}]
    return escaped({"object": "whatsapp_business_account", "entry": entry})


def text(wamid: str = "wamid.1", words: Any = "Guten Tag", **more: Any) -> dict[str, Any]:
    """A text message of Anna's."""
    return {
        "from": "491713920001",
        "from_user_id": "DE.70000000000000000001",
        "id": wamid,
        "timestamp": str(SECOND),
        "type": "text",
        "text": {"body": words},
        **more,
    }


def status(wamid: str = "wamid.9", word: str = "delivered", **more: Any) -> dict[str, Any]:
    """Meta's word on one of our messages."""
    return {"id": wamid, "status": word, "timestamp": str(SECOND), "recipient_id": "491713920001", **more}
