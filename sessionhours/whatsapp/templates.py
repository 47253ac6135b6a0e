"""Templates as Graph lists and takes them (contract §7.3, §9)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sessionhours.core.templates import MISSING, Blueprint, Known
from sessionhours.whatsapp import people, wire
from sessionhours.whatsapp.wire import ident, record, records, text

#: What is asked of each template.
FIELDS = "id,name,language,status,category,rejected_reason,components"

#: Templates of one page, and most pages that are read.
PAGE = 50
MOST_PAGES = 10

#: Words of Meta's that stand where there is no reason.
NO_REASON = frozenset({"", "NONE"})


def body_of(blueprint: Blueprint) -> dict[str, Any]:
    """The JSON that hands a text in for approval."""
    said = {"type": "BODY", "text": blueprint.body, "example": {"body_text": [list(blueprint.examples)]}}
    button = {"type": "BUTTONS", "buttons": [{"type": "QUICK_REPLY", "text": blueprint.button}]}
    return {
        "name": blueprint.name,
        "language": blueprint.language,
        "category": blueprint.category,
        "parameter_format": "POSITIONAL",
        "components": [said, button],
    }


def listed(answer: dict[str, Any]) -> Iterator[Known]:
    """The templates of a page of the list; what has no id or name is none."""
    for item in records(answer.get("data")):
        id, name = ident(item.get("id")), text(item.get("name"))
        if id and name:
            yield Known(
                id,
                name,
                text(item.get("language")),
                text(item.get("status")).upper() or MISSING,
                text(item.get("category")).upper(),
                _said(item),
                reason(item.get("rejected_reason")),
            )


def after(answer: dict[str, Any]) -> str | None:
    """Where the next page begins; None on the last one."""
    paging = record(answer.get("paging"))
    return ident(record(paging.get("cursors")).get("after")) if paging.get("next") else None


def made(answer: dict[str, Any], blueprint: Blueprint) -> Known | None:
    """What Graph made of a text that was handed in; None where it does not say."""
    id = ident(answer.get("id"))
    if id is None:
        return None
    status = text(answer.get("status")).upper() or "PENDING"
    kind = text(answer.get("category")).upper() or blueprint.category
    return Known(id, blueprint.name, blueprint.language, status, kind, blueprint.body)


def reason(word: Any) -> str | None:
    """Why Meta refused or stopped it, shortened; None for none."""
    found = people.name(ident(word) or "")
    return None if found.upper() in NO_REASON else found


def _said(item: dict[str, Any]) -> str:
    bodies = (one for one in records(item.get("components")) if text(one.get("type")).upper() == "BODY")
    return wire.text(next(bodies, {}).get("text"))
