"""What can be asked of the house, as the house itself lists it, and what nobody of another town may find in an answer."""

from __future__ import annotations

import inspect
from typing import Any

from starlette.applications import Starlette
from starlette.routing import Route

from sessionhours.desk import commands
from sessionhours.desk.call import Call
from tests.server.house import House
from tests.server.twins import NUMBERS, SECRET, B, Twin

#: Nobody is asked who they are there: what stands on them anybody may know. So are those below a town's own address.
PUBLIC = frozenset(
    {
        *("/", "/en", "/en/", "/qr.svg", "/healthz", "/readyz", "/metrics", "/openapi.json"),
        *("/login", "/logout", "/api/login", "/api/logout"),
        *(
            f"{where}{leaf}{end}"
            for where in ("/", "/en/")
            for leaf in ("termine", "aushang", "leichte-sprache", "calendar.ics", "feed.atom")
            for end in ("", "/")
        ),
    }
)


def routes(house: House) -> list[Route]:
    pages = house.office.pages
    assert isinstance(pages, Starlette)
    assert all(isinstance(route, Route) for route in pages.routes), "what is mounted has to be looked at too"
    return [route for route in pages.routes if isinstance(route, Route)]


def is_public(path: str) -> bool:
    return path in PUBLIC or path.startswith(("/{town}", "/assets/"))


def places(route: Route) -> list[str]:
    return list(route.param_convertors)


def fields_of(name: str) -> dict[str, inspect.Parameter]:
    parameters = inspect.signature(commands.HANDLERS[name], eval_str=True).parameters
    return {one: parameter for one, parameter in parameters.items() if parameter.annotation is not Call}


def ours(a: Twin) -> dict[str, Any]:
    """A value of A's own for every field."""
    snapshot = a.mayor.snapshot()
    talk = a.talks["3"]
    said = a.mayor.get(f"/api/conversations/{talk}/messages").json()["messages"][0]
    return {
        "conversation": talk,
        "message": said["id"],
        "reply_to": said["id"],
        "session": snapshot["session"]["id"],
        "agent": a.agents["assistant"].id,
        "line": "buergermeister",
        "text": "",
        "seen": 10**6,
        "outcome": "answered",
        "emoji": "👍",
        "minutes": 5,
        "name": "Vertretung",
        "date": "2027-02-01",
        "to": "12:00",
        "from": "11:00",
        "reason": "Grund",
        "every": "first monday",
        "version": 1,
        "key": "greeting",
        "channel": "website",
        "template": "answer_ready",
        "language": "de",
        "parameters": [],
        "items": [],
    }


def told_nothing(text: str, b: Twin) -> None:
    """None of B's ids, and nothing that was said there, stands in this."""
    assert SECRET + B not in text
    found = {id for ids in known(b).values() for id in ids if id in text}
    assert found == set()


_KNOWN: dict[int, dict[str, set[str]]] = {}


def known(b: Twin) -> dict[str, set[str]]:
    """B's ids as they were when it was furnished; agents' addresses with them."""
    if id(b) not in _KNOWN:
        addresses = {agent.email for agent in b.agents.values()}
        _KNOWN[id(b)] = {**b.ids(), "address": addresses, "number": {NUMBERS[B]}}
    return _KNOWN[id(b)]


#: Written by loops of the house, at times of their own.
BY_ITSELF = frozenset({"usage", "template", "notice", "mail", "event", "town"})


#: Columns of a session that the watch before the hour writes.
WATCHED = frozenset({"roll", "checked", "late_until", "updated_at"})


def unlogged(rows: dict[str, list[dict[str, Any]]]) -> dict[str, list[dict[str, Any]]]:
    """What nobody changed by looking; without what the house counts and follows by itself meanwhile."""
    return {
        name: sorted(({key: one[key] for key in one.keys() - WATCHED} for one in found), key=_by_id)
        for name, found in rows.items()
        if name not in BY_ITSELF
    }


def _by_id(row: dict[str, Any]) -> str:
    return str(sorted(row.items(), key=str))
