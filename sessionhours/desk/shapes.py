"""Rows as the wire shows them (surfaces §5). One function a shape; snapshot, events and results all come through here."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from sessionhours.core.instants import iso

Row = Mapping[str, Any]
Json = dict[str, Any]

#: Characters of a message that lists show.
PREVIEW = 160

_decode = msgspec.json.decode


def message(row: Row) -> Json:
    """A message; ``seq`` is where it was first seen, beside what the surface promises."""
    return {
        "id": row["id"],
        "conversation": row["conversation"],
        "seq": row["seq"],
        "direction": row["direction"],
        "author": {"kind": row["author_kind"], "id": row["author_id"], "name": row["author_name"]},
        "kind": row["kind"],
        "text": row["text"],
        "media": _json(row["media"]),
        "detail": _json(row["detail"]),
        "reactions": _json(row["reactions"]) or [],
        "sent_at": iso(row["sent_at"]),
        "received_at": iso(row["received_at"]),
        "late": bool(row["late"]),
        "client_id": row["client_id"],
        "status": row["status"],
        "error": _json(row["error"]),
        "reply_to": row["reply_to"],
        "decision": row["decision"],
    }


def preview(row: Row) -> Json:
    """A message as a conversation's ``last_message``: the same names, the text cut."""
    return {
        "id": row["id"],
        "direction": row["direction"],
        "author": {"kind": row["author_kind"], "id": row["author_id"], "name": row["author_name"]},
        "kind": row["kind"],
        "text": row["text"][:PREVIEW],
        "sent_at": iso(row["sent_at"]),
    }


def conversation(row: Row, contact: Row) -> Json:
    """A conversation with its contact."""
    return {
        "id": row["id"],
        "line": row["line"],
        "lane": row["lane"],
        "session": row["session"],
        "contact": {
            "id": contact["id"],
            "name": contact["name"] or contact["username"] or "",
            "phone": f"+{contact['phone']}" if contact["phone"] else None,
        },
        "waiting_since": iso(row["waiting_since"]),
        "window_closes_at": iso(row["window_closes_at"]),
        "assignee": row["assignee"],
        "assigned_at": iso(row["assigned_at"]),
        "last_message": _json(row["last_message"]),
        "last_seq": row["last_seq"],
        "unread": row["unread"],
        "outcome": row["outcome"],
        "outcome_detail": row["outcome_detail"] if row["outcome"] else "",
        "carried": row["carried_since"] is not None,
        "kept": bool(row["kept"]),
    }


def session(row: Row, counts: Mapping[str, int]) -> Json:
    """A session with how many people in it stand where; ``pace`` is the seconds that an answer took so far, or None.

    ``checked`` is what the look before the hour found; ``unattended`` since when nobody who may answer is known to be there.
    """
    return {
        "id": row["id"],
        "line": row["line"],
        "number": row["number"],
        "title": row["title"],
        "topic": row["topic"],
        "kind": row["kind"],
        "state": row["state"],
        "opens": iso(row["opens"]),
        "closes": iso(row["closes"]),
        "last_call_at": iso(row["last_call_at"]),
        "last_called_at": iso(row["last_called_at"]),
        "revision": row["revision"],
        "moved_from": iso(row["moved_from"]),
        "reason": row["reason"],
        "replaced_by": row["replaced_by"],
        "late_until": iso(row["late_until"]),
        "deputy": row["deputy"],
        "extended": row["extended"],
        "pace": row["pace"],
        "checked": _checked(row["checked"]),
        "unattended": _unattended(row),
        "counts": dict(counts),
    }


def _checked(text: str | None) -> Json | None:
    found = load(text)
    return None if found is None else {name: found[name] for name in ("at", "red", "amber")}


def _unattended(row: Row) -> str | None:
    roll = load(row["roll"]) if row["state"] not in ("draining", "closed", "cancelled") else None
    return iso(roll["nobody"]) if roll else None


def note(row: Row) -> Json:
    """A note."""
    return {
        "id": row["id"],
        "conversation": row["conversation"],
        "author": {"kind": "agent", "id": row["author"], "name": row["author_name"]},
        "text": row["text"],
        "at": iso(row["at"]),
        "seq": row["seq"],
    }


def agent(row: Row) -> Json:
    """An agent as colleagues see them."""
    return {
        "id": row["id"],
        "name": row["name"],
        "roles": row["roles"].split(","),
        "disabled": bool(row["disabled"]),
    }


def template(row: Row) -> Json:
    """A template and where it stands; ``status`` is Meta's word."""
    return {
        "id": row["id"],
        "line": row["line"],
        "name": row["name"],
        "language": row["language"],
        "category": row["category"],
        "status": row["status"],
        "reason": row["reason"],
        "body": row["body"],
    }


def notice(row: Row) -> Json:
    """A notice to the admin."""
    return {
        "id": row["id"],
        "level": row["level"],
        "code": row["code"],
        "message": row["message"],
        "at": iso(row["at"]),
    }


def quarantined(row: Row) -> Json:
    """A quarantined item: where it stood and why it could not be applied, nothing of what it said."""
    return {"id": row["id"], "path": row["path"], "why": row["why"], "at": iso(row["received_at"])}


def line(row: Row) -> Json:
    """What is known of a line beside its file."""
    return {"id": row["line"], "paused_at": iso(row["paused_at"]), "why": row["why"]}


def dump(value: Any) -> str | None:
    """A JSON column's text."""
    return None if value is None else msgspec.json.encode(value).decode()


def load(text: str | None) -> Any:
    """What a JSON column holds."""
    return None if text is None else _decode(text)


_json = load
