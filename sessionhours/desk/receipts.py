"""Receipts: Meta's word on what we sent. They come in any order, twice, before our own answer, or never (F27, F65)."""

from __future__ import annotations

from sqlalchemy import bindparam, delete, or_
from sqlalchemy import select as select_columns
from sqlmodel import col, select

from sessionhours.core.budget import SERVICE, month_of
from sessionhours.core.delivery import after_receipt
from sessionhours.core.failures import explain
from sessionhours.core.keys import Keys
from sessionhours.core.message import Failure, Receipt
from sessionhours.core.schedule import Town
from sessionhours.core.templates import UTILITY
from sessionhours.desk import targets
from sessionhours.desk.ledger import Ledger, Row
from sessionhours.desk.shapes import dump, load
from sessionhours.store.bulk import Prepared, columns_of
from sessionhours.store.tables import Message, Outbox, Seen

#: Words of Meta's that say that a message arrived; ``read`` may come alone (contract §3).
DELIVERED = ("delivered", "read", "played")

_SEEN = columns_of(Seen)
_ARRIVED = Prepared(
    select_columns(_SEEN.c.key)
    .where(_SEEN.c.wamid_key == bindparam("key"), or_(*(_SEEN.c.status == word for word in DELIVERED)))
    .limit(1)
)


def receive(ledger: Ledger, keys: Keys, receipt: Receipt, *, line: str, town: Town) -> None:
    """Apply one receipt, once for ever; one for a message we do not know yet waits for it."""
    wamid_key = keys.wamid(receipt.wamid)
    key = keys.of("receipt", receipt.wamid, receipt.status)
    if key in ledger.seen or ledger.session.exec(select(Seen.key).where(Seen.key == key)).first():
        return
    ledger.seen.add(key)
    message = _message(ledger, wamid_key, receipt)
    failure = error(receipt.failure, town.language)
    if receipt.status in DELIVERED:
        _count(ledger, wamid_key, receipt, message, line, town)
    if message is not None:
        _move(ledger, message, receipt.status, failure)
    ledger.add(
        Seen,
        key=key,
        town=ledger.town,
        wamid_key=wamid_key,
        status=receipt.status,
        at=ledger.at,
        failure=dump(failure),
        message=message["id"] if message else None,
    )
    _settle(ledger, receipt)


def error(failure: Failure | None, language: str) -> dict[str, object] | None:
    """A failure as the wire shows it: the code, and a sentence with the next step (AC-56)."""
    return None if failure is None else {"code": failure.code, "message": explain(failure.code, language)}


def _message(ledger: Ledger, wamid_key: str, receipt: Receipt) -> Row | None:
    """The message, by its wamid, else by our attempt id; then it has its wamid from here (F51)."""
    message = ledger.message_by_key(wamid_key)
    if message is not None or receipt.attempt is None:
        return message
    found = ledger.messages_with(attempt=receipt.attempt)
    if not found:
        return None
    message = ledger.messages[wamid_key] = found[0]
    ledger.change(Message, message, wamid=receipt.wamid, wamid_key=wamid_key)
    _catch_up(ledger, message, wamid_key)
    return message


def _catch_up(ledger: Ledger, message: Row, wamid_key: str) -> None:
    """What came for this wamid before we knew whose it is: receipts without our attempt id, marks and quotes (F27)."""
    stored = ledger.session.exec(
        select(Seen).where(Seen.town == ledger.town, Seen.wamid_key == wamid_key, col(Seen.message).is_(None))
    ).all()
    here = [row for row in ledger.new[Seen] if row["wamid_key"] == wamid_key]
    for early in [*map(dict, stored), *here]:
        _move(ledger, message, early["status"], load(early["failure"]))
    ledger.awaited.add(wamid_key)
    targets.catch_up(ledger, wamid_key, message)


def _count(
    ledger: Ledger, wamid_key: str, receipt: Receipt, message: Row | None, line: str, town: Town
) -> None:
    """The first word that a message arrived counts it, in the month of that word, also where nothing is kept of it."""
    if wamid_key in ledger.reached or _ARRIVED.rows(ledger.connection, key=wamid_key):
        return
    ledger.reached.add(wamid_key)
    ours = UTILITY.lower() if message is not None and message["kind"] == "template" else SERVICE
    month = month_of(receipt.at or ledger.now, town.timezone)
    ledger.delivered[line, month, (receipt.category or ours).lower()[:40]] += 1


def _move(ledger: Ledger, message: Row, word: str, failure: dict[str, object] | None) -> None:
    status = after_receipt(message["status"] or "queued", word)
    if status == message["status"]:
        return
    ledger.change(Message, message, status=status, error=dump(failure) if status == "failed" else None)
    ledger.tell("message.updated", message)


def _settle(ledger: Ledger, receipt: Receipt) -> None:
    """Whatever Meta reports on was handed to Meta: nothing of it is waiting any more."""
    if receipt.attempt is not None:
        theirs = (col(Outbox.town) == ledger.town, col(Outbox.attempt) == receipt.attempt)
        ledger.session.execute(delete(Outbox).where(*theirs))
