"""Somebody's console without a browser."""

from __future__ import annotations

import uuid
from typing import Any

import httpx

from tests.browser.townhall import PASSWORD, STAFF
from tests.fakes import wait_until

Json = dict[str, Any]


class Api:
    """What a person can read and do, for what has to have happened before."""

    def __init__(self, url: str, person: str = "mayor") -> None:
        self._http = httpx.Client(base_url=url, trust_env=False)
        who = {"email": STAFF[person][0], "password": PASSWORD}
        assert self._http.post("/api/login", json=who).status_code == 200

    def __enter__(self) -> Api:
        return self

    def __exit__(self, *why: object) -> None:
        self._http.close()

    def snapshot(self) -> Json:
        """The console's state."""
        return dict(self._http.get("/api/snapshot").json())

    def page(self, path: str) -> str:
        """A page for people, as it is answered."""
        return self._http.get(path).text

    def conversation(self, name: str) -> Json:
        """Somebody's conversation, as soon as it is there."""
        found: list[Json] = []

        def look() -> bool:
            found[:] = [c for c in self.snapshot()["conversations"] if c["contact"]["name"] == name]
            return bool(found)

        wait_until(look, 60, f"{name} is in the queue")
        return found[0]

    def messages(self, conversation: str) -> list[Json]:
        """A conversation's last messages."""
        return list(self._http.get(f"/api/conversations/{conversation}/messages").json()["messages"])

    def command(self, command: str, **data: Any) -> Json:
        """One command; it has to succeed."""
        body = {"id": str(uuid.uuid4()), "name": command, "data": data}
        answer = self._http.post("/api/commands", json=body)
        assert answer.status_code == 200, answer.text
        return dict(answer.json()["data"])

    def reply(self, name: str, text: str) -> Json:
        """Answer somebody."""
        conversation = self.conversation(name)["id"]
        seq = self.snapshot()["seq"]
        return dict(self.command("reply", conversation=conversation, text=text, seen=seq)["message"])
