"""Webhook bodies: what stands in one, how they are grouped, written down and signed."""

from __future__ import annotations

import hashlib
import hmac
import json
import random
from dataclasses import dataclass
from typing import Any

from .world import Json, Number


@dataclass
class Update:
    """One thing to tell: an item of a list in the value of a field, or without a list the whole value."""

    field: str
    item: Json
    list_name: str | None = "messages"
    number: Number | None = None
    contact: Json | None = None
    tries: int = 0
    since: float = 0.0

    @property
    def id(self) -> str | None:
        """The id receivers de-duplicate by, if the item has one."""
        return self.item.get("id")


def encode(body: Any) -> bytes:
    """The bytes on the wire: ASCII only, `\\uXXXX` in lower case, slashes as `\\/` (contract §1.4)."""
    return json.dumps(body, ensure_ascii=True, separators=(",", ":")).replace("/", "\\/").encode()


def signatures(body: bytes, secret: str) -> dict[str, str]:
    """The two headers that prove a body: the one to check and the legacy one."""
    key = secret.encode()
    return {
        "X-Hub-Signature": f"sha1={hmac.new(key, body, hashlib.sha1).hexdigest()}",
        "X-Hub-Signature-256": f"sha256={hmac.new(key, body, hashlib.sha256).hexdigest()}",
    }


def signed(body: bytes, secret: str, seal: str = "good") -> dict[str, str]:
    """The headers a body travels with: sealed well, or in one of the ways a receiver must refuse."""
    match seal:
        case "missing":
            return {}
        case "bad":
            return signatures(body, f"not {secret}")
        case "sha1":
            return {"X-Hub-Signature": signatures(body, secret)["X-Hub-Signature"]}
        case "upper":
            algorithm, _, digest = signatures(body, secret)["X-Hub-Signature-256"].partition("=")
            return {"X-Hub-Signature-256": f"{algorithm}={digest.upper()}"}
    return signatures(body, secret)


def envelope(updates: list[Update], waba: str, chance: random.Random, at: float) -> Json:
    """One body for all `updates`, in their order, cut into entries, changes and lists as chance has it."""
    entries: list[Json] = []
    open_change: tuple[Update, Json] | None = None
    for update in updates:
        if open_change and _same_value(open_change[0], update) and chance.random() < 0.7:
            _append(open_change[1]["value"], update)
            continue
        change = _change(update)
        if not entries or chance.random() < 0.5:
            entries.append({"id": waba, "changes": []})
        if update.list_name is None:
            entries[-1]["time"] = int(at)
        entries[-1]["changes"].append(change)
        open_change = (update, change)
    return {"object": "whatsapp_business_account", "entry": entries}


def _same_value(first: Update, second: Update) -> bool:
    return second.list_name is not None and (first.field, first.list_name, first.number) == (
        second.field,
        second.list_name,
        second.number,
    )


def _change(update: Update) -> Json:
    if update.list_name is None:
        return {"value": update.item, "field": update.field}
    value: Json = {"messaging_product": "whatsapp"}
    if update.number:
        value["metadata"] = {
            "display_phone_number": update.number.display,
            "phone_number_id": update.number.id,
        }
    _append(value, update)
    return {"value": value, "field": update.field}


def _append(value: Json, update: Update) -> None:
    assert update.list_name is not None
    if update.contact and update.contact not in value.get("contacts", []):
        value.setdefault("contacts", []).append(update.contact)
    value.setdefault(update.list_name, []).append(update.item)


def add_noise(body: Json, chance: random.Random) -> Json:
    """Put keys and a field that nobody knows between the known ones, as happens without notice."""
    for entry in body["entry"]:
        for change in entry["changes"]:
            change["value"]["not_known_yet"] = {"since": "v27.0"}
    if chance.random() < 0.5:
        noise = {"value": {"event": "NOT_KNOWN_YET"}, "field": "not_known_yet"}
        body["entry"][0]["changes"].insert(0, noise)
    return body
