"""The console API described (surfaces §5), made from one table."""

from __future__ import annotations

from functools import cache
from typing import Any

from sessionhours import __version__

Json = dict[str, Any]

TEXT: Json = {"type": "string"}
NUMBER: Json = {"type": "integer"}
OBJECT: Json = {"type": "object"}


def an(required: str = "", **fields: Json) -> Json:
    """An object with these fields; the ``required`` ones by name."""
    found: Json = {"type": "object", "properties": fields}
    return {**found, "required": required.split()} if required else found


def many(item: Json) -> Json:
    """A list."""
    return {"type": "array", "items": item}


def ref(name: str) -> Json:
    """One of the shapes below."""
    return {"$ref": f"#/components/schemas/{name}"}


def optional(shape: Json) -> Json:
    """The same, or null."""
    return {"anyOf": [shape, {"type": "null"}]}


SHAPES: dict[str, Json] = {
    "error": an("error", error=an("code message", code=TEXT, message=TEXT)),
    "agent": an("id name email roles", id=TEXT, name=TEXT, email=TEXT, roles=many(TEXT)),
    "conversation": an(
        "id line lane contact",
        id=TEXT,
        line=TEXT,
        lane={"enum": ["held", "waiting", "drafting", "approval", "answered", "follow_up", "done"]},
        contact=an("id name phone", id=TEXT, name=TEXT, phone=optional(TEXT)),
        waiting_since=optional(TEXT),
        window_closes_at=optional(TEXT),
        assignee=optional(TEXT),
        last_message=optional(OBJECT),
        unread=NUMBER,
        outcome=optional({"enum": ["answered", "promised", "carried_over", "handed_over", "declined"]}),
        outcome_detail=TEXT,
        carried={"type": "boolean"},
    ),
    "message": an(
        "id conversation direction author kind",
        id=TEXT,
        conversation=TEXT,
        direction={"enum": ["inbound", "outbound"]},
        author=an("kind", kind={"enum": ["contact", "agent", "auto"]}, id=optional(TEXT), name=TEXT),
        kind=TEXT,
        text=TEXT,
        media=optional(OBJECT),
        sent_at=TEXT,
        received_at=optional(TEXT),
        late={"type": "boolean"},
        client_id=optional(TEXT),
        status=optional({"enum": ["queued", "sending", "sent", "delivered", "read", "failed", "unclear"]}),
        error=optional(OBJECT),
        reply_to=optional(TEXT),
        decision=optional(TEXT),
    ),
    "session": an(
        "id line number state opens closes",
        id=TEXT,
        line=TEXT,
        number=NUMBER,
        title=TEXT,
        topic=TEXT,
        kind={"enum": ["whatsapp", "in_person", "hours"]},
        state={"enum": ["announced", "lobby", "open", "intake_closed", "draining", "closed", "cancelled"]},
        opens=TEXT,
        closes=TEXT,
        last_call_at=optional(TEXT),
        counts=OBJECT,
    ),
    "snapshot": an(
        "seq now session next_session sessions conversations agents",
        seq=NUMBER,
        now=TEXT,
        session=optional(ref("session")),
        next_session=optional(ref("session")),
        sessions=many(ref("session")),
        conversations=many(ref("conversation")),
        agents=many(OBJECT),
        templates=many(ref("template")),
        budget=many(ref("budget")),
    ),
    "me": an(
        "agent rights town lines",
        agent=ref("agent"),
        rights={"type": "object", "additionalProperties": {"type": "boolean"}},
        town=an(
            "id name timezone language address",
            id=TEXT,
            name=TEXT,
            timezone=TEXT,
            language=TEXT,
            address=TEXT,
        ),
        lines=many(OBJECT),
    ),
    "closing": an(
        "people texts",
        people=many(
            an(
                "conversation name waiting_since window_closes_at reachable",
                conversation=TEXT,
                name=TEXT,
                waiting_since=optional(TEXT),
                window_closes_at=optional(TEXT),
                reachable={"type": "boolean"},
            )
        ),
        texts={"type": "object", "additionalProperties": TEXT},
    ),
    "command": an("id name data", id={"type": "string", "format": "uuid"}, name=TEXT, data=OBJECT),
    "result": an("id ok", id=TEXT, ok={"type": "boolean"}, data=OBJECT, error=OBJECT),
    "login": an("email password", email=TEXT, password=TEXT),
    "template": an(
        "id line name language category status reason body",
        id=TEXT,
        line=TEXT,
        name=TEXT,
        language=TEXT,
        category=TEXT,
        status=TEXT,
        reason=optional(TEXT),
        body=TEXT,
        usable={"type": "boolean"},
        state=TEXT,
        parameters=many(TEXT),
    ),
    "templates": an("templates", templates=many(ref("template"))),
    "budget": an(
        "line month delivered free cap forecast stopped",
        line=TEXT,
        month=TEXT,
        delivered=NUMBER,
        free=NUMBER,
        cap=NUMBER,
        forecast=NUMBER,
        stopped={"type": "boolean"},
    ),
    "messages": an("messages more", messages=many(ref("message")), more={"type": "boolean"}),
}

#: (method, path, what it does, shape asked for, shape answered, statuses of errors); "" for no JSON.
CALLS: tuple[tuple[str, str, str, str, str, str], ...] = (
    ("post", "/api/login", "Log in; answers with a cookie", "login", "agent", "400 401 403 413 415 429 503"),
    ("post", "/api/logout", "Log out", "", "", "403"),
    ("get", "/api/me", "Who I am and what I may do", "", "me", "401"),
    ("get", "/api/snapshot", "Everything a console shows, as of seq", "", "snapshot", "401"),
    (
        "get",
        "/api/conversations/{id}/messages",
        "A page of messages, oldest first",
        "",
        "messages",
        "400 401 404",
    ),
    (
        "get",
        "/api/conversations/{id}/templates",
        "The templates for a conversation, and which of them may be sent",
        "",
        "templates",
        "401 404",
    ),
    (
        "get",
        "/api/conversations/{id}/closing",
        "What would be said to one person with each outcome",
        "",
        "closing",
        "401 403 404",
    ),
    (
        "get",
        "/api/sessions/{id}/closing",
        "Who lacks an outcome, and what each outcome would say",
        "",
        "closing",
        "401 403 404",
    ),
    ("get", "/api/media/{id}", "A file, as this agent may see it", "", "", "401 404"),
    ("get", "/api/quarantine", "What could not be applied, for the admin", "", "", "401 403"),
    (
        "post",
        "/api/commands",
        "Carry out one command",
        "command",
        "result",
        "400 401 403 404 409 413 415 503",
    ),
)
OPEN = frozenset({"/api/login"})
QUERY: dict[str, dict[str, Json]] = {
    "/api/conversations/{id}/messages": {
        "before": TEXT,
        "limit": {"type": "integer", "minimum": 1, "maximum": 200, "default": 50},
    },
}


@cache
def document() -> Json:
    """The OpenAPI 3.1 document."""
    paths: dict[str, Json] = {}
    for method, path, summary, asked, answered, errors in CALLS:
        paths.setdefault(path, {})[method] = _call(path, summary, asked, answered, errors)
    named = "__Host-sessionhours where the public address is https"
    login: Json = {"type": "apiKey", "in": "cookie", "name": "sessionhours", "description": named}
    return {
        "openapi": "3.1.0",
        "info": {"title": "sessionhours", "version": __version__},
        "paths": paths,
        "components": {"schemas": SHAPES, "securitySchemes": {"login": login}},
        "security": [{"login": []}],
    }


def _call(path: str, summary: str, asked: str, answered: str, errors: str) -> Json:
    call: Json = {
        "summary": summary,
        "parameters": _parameters(path),
        "responses": _answers(answered, errors),
    }
    if asked:
        call["requestBody"] = {"required": True, "content": _json(ref(asked))}
    if path in OPEN:
        call["security"] = []
    return call


def _answers(answered: str, errors: str) -> Json:
    shape = an("agent", agent=ref("agent")) if answered == "agent" else ref(answered)
    good: Json = {"description": "Done", "content": _json(shape)} if answered else {"description": "Done"}
    refused: Json = {"description": "Refused", "content": _json(ref("error"))}
    return {"200": good, **dict.fromkeys(errors.split(), refused)}


def _parameters(path: str) -> list[Json]:
    names = [part[1:-1] for part in path.split("/") if part.startswith("{")]
    asked = QUERY.get(path, {})
    return [
        *({"name": name, "in": "path", "required": True, "schema": TEXT} for name in names),
        *({"name": name, "in": "query", "schema": shape} for name, shape in asked.items()),
    ]


def _json(shape: Json) -> Json:
    return {"application/json": {"schema": shape}}
