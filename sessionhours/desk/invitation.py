"""A template asks a citizen to write again: whoever does is let in at any hour, so that the answer can follow."""

from __future__ import annotations

from sqlalchemy import bindparam, select

from sessionhours.desk.arrived import Arrived
from sessionhours.store.bulk import Prepared, columns_of
from sessionhours.store.tables import Message

#: Milliseconds that a template asks for an answer: no phone gets it later than 30 days on (contract §3).
HOLDS = 30 * 24 * 3600 * 1000

_MESSAGE = columns_of(Message)
_SAID_LAST = Prepared(
    select(_MESSAGE.c.kind, _MESSAGE.c.sent_at).where(
        _MESSAGE.c.conversation == bindparam("conversation"), _MESSAGE.c.seq == bindparam("seq")
    )
)


def is_answered(arrived: Arrived) -> bool:
    """Was a template the last that a person here said to whoever writes now?"""
    conversation = arrived.conversation
    if conversation is None or not conversation["last_staff_seq"]:
        return False
    last = {"conversation": conversation["id"], "seq": conversation["last_staff_seq"]}
    said = _SAID_LAST.rows(arrived.ledger.connection, **last)
    return any(kind == "template" and arrived.ledger.at - at < HOLDS for kind, at in said)
