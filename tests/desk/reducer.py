"""What a console does with events, a dozen lines of it: the law of sync is held against this."""

from __future__ import annotations

import json
from typing import Any

RUNNING = ("lobby", "open", "intake_closed", "draining")


def state(snapshot: dict[str, Any]) -> dict[str, Any]:
    """A snapshot as comparable state: lists by id, without the time of the look."""
    listed = {name: {one[key]: one for one in snapshot[name]} for name, key in LISTS.items()}
    return {**listed, "next_session": snapshot["next_session"], "seq": snapshot["seq"]}


LISTS = {
    **dict.fromkeys(("sessions", "conversations", "agents", "lines", "notices", "templates"), "id"),
    "budget": "line",
}


def apply(before: dict[str, Any], event: dict[str, Any]) -> dict[str, Any]:
    """The state after one event."""
    if event["seq"] <= before["seq"]:
        return before
    after = {**before, "seq": event["seq"]}
    noun, _, verb = event["name"].partition(".")
    name, data = (
        {
            "conversation": "conversations",
            "session": "sessions",
            "agent": "agents",
            "line": "lines",
            "notice": "notices",
            "template": "templates",
            "budget": "budget",
        }.get(noun),
        event["data"],
    )
    if noun == "schedule":
        return {**after, "next_session": data["next_session"]}
    if noun == "session" and before["next_session"] and before["next_session"]["id"] == data["id"]:
        after["next_session"] = data
    if name is None:
        return after
    gone = verb == "removed" or (noun == "session" and data["state"] not in RUNNING) or data.get("disabled")
    key = data[LISTS[name]]
    rest = {id: one for id, one in before[name].items() if id != key}
    return {**after, name: rest if gone else {**rest, key: data}}


def timeline(before: dict[str, Any], event: dict[str, Any]) -> dict[str, Any]:
    """The messages and notes by id after one event; a conversation that goes takes its own along."""
    data, gone = event["data"], {"message.removed", "note.removed"}
    match event["name"]:
        case "message.created" | "message.updated" | "note.created":
            return {**before, data["id"]: data}
        case "conversation.removed":
            return {id: one for id, one in before.items() if one["conversation"] != data["id"]}
        case name if name in gone:
            return {id: one for id, one in before.items() if id != data["id"]}
    return before


def events(text: str | None) -> list[dict[str, Any]]:
    """The events of a frame."""
    if text is None:
        return []
    frame = json.loads(text)
    return frame["events"] if frame["type"] == "events" else [frame]
