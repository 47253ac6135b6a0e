"""Reactions, edits and withdrawals: applied to the message they are about, now or when it arrives (F26)."""

from __future__ import annotations

from typing import Any

from sessionhours.desk.ledger import Ledger, Row
from sessionhours.desk.shapes import dump, load, preview
from sessionhours.store.tables import Conversation, Message

ABOUT_ANOTHER = frozenset({"reaction", "edit", "revoke"})


def apply(ledger: Ledger, target: Row, kind: str, text: str, at: int) -> None:
    """Change the target: a reaction replaces the person's last one, an edit keeps the old text, a withdrawal marks.

    ``at`` is when it was done, in milliseconds: the last one done counts, not the last one to arrive.
    """
    match kind:
        case "reaction":
            values = _reacted(target, text, at)
        case "edit":
            values = _edited(target, text, at)
        case _:
            values = {"detail": dump({**_detail(target), "withdrawn": True})}
    ledger.change(Message, target, **values)
    ledger.tell("message.updated", target)
    _show_in_list(ledger, target)


def _reacted(target: Row, emoji: str, at: int) -> dict[str, Any]:
    before = _detail(target)
    if at < before.get("reacted_at", at):
        return {}
    reactions = [{"emoji": emoji}] if emoji else []
    return {"reactions": dump(reactions), "detail": dump({**before, "reacted_at": at})}


def _edited(target: Row, text: str, at: int) -> dict[str, Any]:
    before = _detail(target)
    now = {"text": target["text"], "at": before.get("edited_at", target["sent_at"])}
    *versions, last = sorted(
        [*before.get("versions", []), now, {"text": text, "at": at}], key=lambda one: one["at"]
    )
    return {"text": last["text"], "detail": dump({**before, "versions": versions, "edited_at": last["at"]})}


def _show_in_list(ledger: Ledger, target: Row) -> None:
    conversation = ledger.conversation_with(target["conversation"])
    last = load(conversation["last_message"]) if conversation else None
    if conversation and last and last["id"] == target["id"] and last != preview(target):
        ledger.change(Conversation, conversation, last_message=dump(preview(target)))
        ledger.tell_conversation(conversation)


def catch_up(ledger: Ledger, wamid_key: str, message: Row) -> None:
    """What came before the message that it is about finds it now."""
    if wamid_key not in ledger.awaited:
        return
    for early in _waiting_for(ledger, wamid_key):
        if early["kind"] in ABOUT_ANOTHER:
            apply(ledger, message, early["kind"], early["text"], early["sent_at"])
            ledger.remove_message(early)
        else:
            ledger.change(Message, early, reply_to=message["id"], target_key=None)
            ledger.tell("message.updated", early)


def _waiting_for(ledger: Ledger, wamid_key: str) -> list[Row]:
    here = [row for row in ledger.new[Message] if row["target_key"] == wamid_key]
    return ledger.messages_with(target_key=wamid_key) + here


def _detail(row: Row) -> dict[str, Any]:
    return load(row["detail"]) or {}
