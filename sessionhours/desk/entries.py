"""What staff plan beside single sessions, as rows: one a series, an exception date, a text (`core.schedule_entries`)."""

from __future__ import annotations

from typing import Any

from sqlmodel import select

from sessionhours.core.instants import ms
from sessionhours.desk import shapes
from sessionhours.desk.call import Call
from sessionhours.errors import Refused
from sessionhours.store.owned import owned
from sessionhours.store.tables import PlanEntry, new_id


def put(call: Call, line: str, kind: str, data: dict[str, str], key: str = "") -> PlanEntry:
    """Keep one; of that kind and key there must be none yet."""
    id = new_id()
    row = PlanEntry(
        id=id,
        town=call.author.town,
        line=line,
        kind=kind,
        key=key or id,
        data=shapes.dump(data) or "{}",
        agent=call.author.id,
        at=ms(call.now),
    )
    call.session.add(row)
    call.session.flush()
    return row


def find(call: Call, kind: str, id: str) -> PlanEntry:
    """The town's entry of that kind and id. Raises `Refused` (404)."""
    row = owned(call.session, PlanEntry, call.author.town, id, lock=True)
    if row is None or row.kind != kind:
        raise Refused("not_found", _GONE[kind], status=404)
    return row


def of(call: Call, line: str, kind: str, key: str) -> PlanEntry | None:
    """The one of that line, kind and key."""
    wanted = (PlanEntry.town == call.author.town, PlanEntry.line == line)
    return call.session.exec(
        select(PlanEntry).where(*wanted, PlanEntry.kind == kind, PlanEntry.key == key)
    ).first()


def shape(row: PlanEntry) -> dict[str, Any]:
    """An entry as the wire shows it."""
    return {"id": row.id, "line": row.line, "kind": row.kind, "key": row.key, **shapes.load(row.data)}


_GONE = {
    "series": "Diese Serie gibt es nicht (mehr).",
    "exception": "Diese Ausnahme gibt es nicht (mehr).",
}
