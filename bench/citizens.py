"""What 300 citizens write, as the platform would post it: whole HTTP requests, signed beforehand."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Iterator

APP_SECRET = "invented-app-secret"
VERIFY_TOKEN = "invented-verify-token"
PHONE_NUMBER_ID = "200000000000002"
PATH = "/webhooks/whatsapp"
CITIZENS = 300

_HEAD = (
    "POST {path} HTTP/1.1\r\nhost: 127.0.0.1\r\nuser-agent: facebookexternalua\r\naccept: */*\r\n"
    "content-type: application/json\r\nx-hub-signature-256: sha256={signature}\r\n"
    "content-length: {length}\r\n\r\n"
)


def requests(first: int, count: int, at: int) -> Iterator[bytes]:
    """Messages number ``first`` and on, sent at ``at`` (seconds of the epoch), each by the next citizen."""
    for number in range(first, first + count):
        body = message(number, at)
        signature = hmac.new(APP_SECRET.encode(), body, hashlib.sha256).hexdigest()
        yield _HEAD.format(path=PATH, signature=signature, length=len(body)).encode() + body


def message(number: int, at: int) -> bytes:
    """The body with one text message; the text carries its number between two hash signs."""
    citizen = number % CITIZENS
    phone, user_id = f"49171392{citizen:05d}", f"DE.7{citizen:019d}"
    item = {
        "from": phone,
        "from_user_id": user_id,
        "id": f"wamid.HBgMNDkxNzEzOTIwMDAxFQIAEhgU{number:012d}AA==",
        "timestamp": str(at),
        "text": {
            "body": f"Guten Tag, in der Straße am Wiesenweg ist seit gestern das Licht aus. #{number:09d}#"
        },
        "type": "text",
    }
    value = {
        "messaging_product": "whatsapp",
        "metadata": {"display_phone_number": "49784280221", "phone_number_id": PHONE_NUMBER_ID},
        "contacts": [{"profile": {"name": f"Anna Müller {citizen}"}, "wa_id": phone, "user_id": user_id}],
        "messages": [item],
    }
    entry = {"id": "100000000000001", "changes": [{"value": value, "field": "messages"}]}
    return json.dumps(
        {"object": "whatsapp_business_account", "entry": [entry]}, separators=(",", ":")
    ).encode()
