"""What a message to be sent must look like: types, lengths, counts (contract §5)."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from .errors import GraphError
from .world import Json

BSUID = re.compile(r"[A-Z]{2}\.(ENT\.)?[A-Za-z0-9]{1,128}")
PHONE = re.compile(r"\d{5,20}")
TYPES = (
    "text",
    "image",
    "document",
    "audio",
    "video",
    "sticker",
    "location",
    "contacts",
    "reaction",
    "interactive",
    "template",
)


def check(body: Json) -> tuple[str, Any]:
    """Type and content of a message. Raises `GraphError` (100, 131008, 131009, 131201)."""
    envelope(body)
    type = body.get("type") or "text"
    if type not in TYPES:
        raise GraphError(100, f"Param type must be one of {{{', '.join(TYPES).upper()}}} - got {type!r}.")
    content = body.get(type)
    if content is None:
        raise GraphError(131008, f"{type} is required")
    if not isinstance(content, list if type == "contacts" else dict):
        raise GraphError(
            100, f"Param {type} must be {'an array' if type == 'contacts' else 'a JSON object'}."
        )
    if rule := CHECKS.get(type):
        rule(content)
    return type, content


def envelope(body: Json) -> None:
    """What every message has in common."""
    if body.get("messaging_product") != "whatsapp":
        raise GraphError(100, "Param messaging_product must be one of {WHATSAPP}.")
    if body.get("recipient_type", "individual") == "group":
        raise GraphError(131201, "This number is not eligible for groups.")
    if body.get("recipient_type", "individual") != "individual":
        raise GraphError(100, "Param recipient_type must be one of {INDIVIDUAL, GROUP}.")
    opaque = body.get("biz_opaque_callback_data")
    if opaque is not None and (not isinstance(opaque, str) or len(opaque) > 512):
        raise GraphError(100, "Param biz_opaque_callback_data must be a string of at most 512 characters.")
    context = body.get("context")
    if context is not None and not str(required(context, "context", "message_id")).startswith("wamid."):
        raise GraphError(131009, "context['message_id'] is not a message id.")


def recipient(body: Json) -> tuple[str, str, bool]:
    """Who shall get it: as given, as digits or BSUID, and whether that is a phone; `to` wins."""
    given = body.get("to") or body.get("recipient")
    if not isinstance(given, str) or not given:
        raise GraphError(131008, "to or recipient is required")
    if not body.get("to"):
        if not BSUID.fullmatch(given):
            raise GraphError(131009, "recipient is not a business-scoped user ID.")
        return given, given, False
    digits = re.sub(r"[\s()+/-]", "", given)
    if not PHONE.fullmatch(digits):
        raise GraphError(131009, "to is not a valid phone number.")
    return given, digits, True


def required(thing: Any, path: str, key: str) -> Any:
    """A value that must be there. Raises `GraphError` 100."""
    value = thing.get(key) if isinstance(thing, dict) else None
    if value in (None, ""):
        raise GraphError(100, f"{path}['{key}'] is required")
    return value


def text_of(thing: Any, path: str, key: str, most: int, least: int = 1, code: int = 100) -> str:
    """A string within its lengths. Raises `GraphError`."""
    value = required(thing, path, key) if least else (thing.get(key) or "")
    if not isinstance(value, str):
        raise GraphError(100, f"Param {path}['{key}'] must be a string.")
    if not least <= len(value) <= most:
        name = f"{path}['{key}']"
        raise GraphError(code, f"Param {name} length invalid. Min length: {least}, Max length: {most}")
    return value


def text(content: Json) -> None:
    """1 to 4096 characters."""
    text_of(content, "text", "body", 4096)
    if not isinstance(content.get("preview_url", False), bool):
        raise GraphError(100, "Param text['preview_url'] must be a boolean.")


def media(type: str) -> Callable[[Json], None]:
    """The rule for one media type: exactly one of id and link, a caption where captions exist."""

    def rule(content: Json) -> None:
        id, link = content.get("id"), content.get("link")
        if not id and not link:
            raise GraphError(131008, f"{type}['id'] or {type}['link'] is required")
        if id and link:
            raise GraphError(100, f"Only one of {type}['id'] and {type}['link'] may be given.")
        if link and not str(link).startswith(("https://", "http://")):
            raise GraphError(131009, f"{type}['link'] is not a valid URL.")
        if content.get("caption") and type in ("audio", "sticker"):
            raise GraphError(100, f"Unexpected key 'caption' on param '{type}'.")
        text_of(content, type, "caption", 1024, least=0)

    return rule


def location(content: Json) -> None:
    """Two numbers on the globe."""
    for key, limit in (("latitude", 90), ("longitude", 180)):
        value = required(content, "location", key) if content.get(key) != 0 else 0
        try:
            inside = abs(float(value)) <= limit
        except (TypeError, ValueError):
            inside = False
        if not inside:
            raise GraphError(131009, f"location['{key}'] must be a number between -{limit} and {limit}.")


def contacts(content: list[Any]) -> None:
    """1 to 257 cards, each with a name in two parts."""
    if not 1 <= len(content) <= 257:
        raise GraphError(131009, "contacts must hold 1 to 257 contacts.")
    for n, contact in enumerate(content):
        name = required(contact, f"contacts[{n}]", "name")
        required(name, f"contacts[{n}]['name']", "formatted_name")
        if not isinstance(name, dict) or len(name) < 2:
            raise GraphError(100, f"contacts[{n}]['name'] needs formatted_name and one more part.")


def reaction(content: Json) -> None:
    """A message id and an emoji, empty to take it back."""
    required(content, "reaction", "message_id")
    emoji = content.get("emoji")
    if not isinstance(emoji, str) or len(emoji) > 16:
        raise GraphError(131009, "reaction['emoji'] must be an emoji, or empty to remove it.")


def interactive(content: Json) -> None:
    """The parts all interactive messages share, then those of their own kind."""
    type = required(content, "interactive", "type")
    rule = INTERACTIVE.get(type)
    if rule is None:
        raise GraphError(100, f"Param interactive['type'] must be one of {{{', '.join(INTERACTIVE)}}}.")
    text_of(content.get("body"), "interactive['body']", "text", 1024)
    if content.get("footer"):
        text_of(content["footer"], "interactive['footer']", "text", 60)
    header = content.get("header") or {}
    if header.get("type") == "text":
        text_of(header, "interactive['header']", "text", 60)
    rule(required(content, "interactive", "action"), header)


def buttons(action: Json, header: Json) -> None:
    """1 to 3, ids and titles unlike each other."""
    given = action.get("buttons")
    if not isinstance(given, list) or not 1 <= len(given) <= 3:
        raise GraphError(131009, "Invalid buttons count. Min allowed buttons: 1, Max allowed buttons: 3")
    replies = [button.get("reply") if isinstance(button, dict) else None for button in given]
    for reply in replies:
        title = required(reply, "reply", "title")
        if not 1 <= len(title) <= 20:
            raise GraphError(131009, "Button title length invalid. Min length: 1, Max length: 20")
        text_of(reply, "reply", "id", 256, code=131009)
    for key in ("id", "title"):
        if len({reply[key] for reply in replies if reply}) < len(replies):
            raise GraphError(131009, f"Duplicated {key} in buttons")


def sections(action: Json, header: Json) -> None:
    """Up to 10 sections with 10 rows in all."""
    text_of(action, "action", "button", 20, code=131009)
    if header and header.get("type") != "text":
        raise GraphError(131009, "Only a text header is allowed on a list.")
    given = action.get("sections")
    if not isinstance(given, list) or not 1 <= len(given) <= 10:
        raise GraphError(131009, "Invalid sections count. Min: 1, Max: 10")
    for section in given:
        text_of(section, "section", "title", 24, least=int(len(given) > 1), code=131009)
    rows = [row for section in given for row in section.get("rows") or []]
    if not 1 <= len(rows) <= 10:
        raise GraphError(131009, "Total row count exceed max allowed count: 10")
    for row in rows:
        text_of(row, "row", "id", 200, code=131009)
        text_of(row, "row", "title", 24, code=131009)
        text_of(row, "row", "description", 72, least=0, code=131009)
    if len({row["id"] for row in rows}) < len(rows):
        raise GraphError(131009, "Duplicated id in rows")


def link_button(action: Json, header: Json) -> None:
    """A short text and a web address."""
    parameters = required(action, "action", "parameters")
    text_of(parameters, "parameters", "display_text", 20, code=131009)
    if not str(required(parameters, "parameters", "url")).startswith(("https://", "http://")):
        raise GraphError(131009, "parameters['url'] is not a valid URL.")


def named(action: Json, header: Json) -> None:
    """An action that only has a name."""
    required(action, "action", "name")


INTERACTIVE: dict[str, Callable[[Json, Json], None]] = {
    "button": buttons,
    "list": sections,
    "cta_url": link_button,
    "location_request_message": named,
    "request_contact_info": named,
    "flow": named,
    "call_permission_request": named,
    "voice_call": named,
}
CHECKS: dict[str, Callable[[Any], None]] = {
    "text": text,
    "image": media("image"),
    "document": media("document"),
    "audio": media("audio"),
    "video": media("video"),
    "sticker": media("sticker"),
    "location": location,
    "contacts": contacts,
    "reaction": reaction,
    "interactive": interactive,
}
