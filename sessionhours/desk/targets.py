"""Reactions, edits and withdrawals: applied to the message they are about, now or when it arrives (F26)."""

from __future__ import annotations

from typing import Any

import msgspec
from sqlmodel import col, select

from sessionhours.desk.ledger import Ledger, Row
from sessionhours.desk.shapes import dump
from sessionhours.store.tables import Message

ABOUT_ANOTHER = frozenset({"reaction", "edit", "revoke"})


def apply(ledger: Ledger, target: Row, kind: str, text: str, detail: dict[str, Any]) -> None:
    """Change the target: a reaction replaces the person's last one, an edit keeps the old text, a withdrawal marks."""
    match kind:
        case "reaction":
            values = {"reactions": dump([{"emoji": text}] if text else [])}
        case "edit":
            before = _detail(target)
            versions = [*before.get("versions", []), target["text"]]
            values = {"text": text, "detail": dump({**before, "versions": versions})}
        case _:
            values = {"detail": dump({**_detail(target), "withdrawn": True})}
    ledger.change(Message, target, **values)
    ledger.tell("message.updated", target)


def catch_up(ledger: Ledger, wamid_key: str, message: Row) -> None:
    """What came before the message that it is about finds it now."""
    if wamid_key not in ledger.awaited:
        return
    for early in _waiting_for(ledger, wamid_key):
        if early["kind"] in ABOUT_ANOTHER:
            apply(ledger, message, early["kind"], early["text"], _detail(early))
            ledger.remove_message(early)
        else:
            ledger.change(Message, early, reply_to=message["id"], target_key=None)
            ledger.tell("message.updated", early)


def _waiting_for(ledger: Ledger, wamid_key: str) -> list[Row]:
    here = [row for row in ledger.new[Message] if row["target_key"] == wamid_key]
    statement = select(Message).where(Message.town == ledger.town, Message.target_key == wamid_key)
    stored = [dict(row) for row in ledger.session.exec(statement.order_by(col(Message.seq)))]
    return stored + here


def _detail(row: Row) -> dict[str, Any]:
    return msgspec.json.decode(row["detail"]) if row["detail"] else {}
