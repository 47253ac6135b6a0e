"""What is kept for the admin holds one item and nothing of its neighbours."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest

from sessionhours.desk import apart, intake
from sessionhours.store.tables import Quarantine
from tests.desk.office import Desk
from tests.makers import CLOSES, body, envelope, escaped, message, receipt

UNKNOWN = {"field": "not_known_yet", "value": {"event": "NOT_KNOWN_YET"}}


def test_an_item_is_taken_out_with_the_way_to_it_only() -> None:
    told = body([message(1, "eins"), message(2, "zwei")], [receipt("wamid.1", "sent")])
    cut = json.loads(apart.only(told, "/entry/0/changes/0/value/messages/1"))
    (change,) = cut["entry"][0]["changes"]
    assert [one["text"]["body"] for one in change["value"].pop("messages")] == ["zwei"]
    assert change["value"].pop("metadata")["phone_number_id"] == "200000000000002"
    assert change == {"field": "messages", "value": {"messaging_product": "whatsapp"}}
    assert cut["object"] == "whatsapp_business_account"


@pytest.mark.parametrize("path", ["/entry/1", "/entry/0/changes/0/value/messages/9", "/entry/0/nothing"])
def test_what_is_not_there_is_not_taken_out(path: str) -> None:
    with pytest.raises(LookupError):
        apart.only(body([message(1)]), path)


@pytest.mark.proves("KA-6", "F31")
def test_no_declined_body_is_kept_with_what_could_not_be_read_beside_it(desk: Desk) -> None:
    desk.clock.now = CLOSES + timedelta(hours=1)
    declined = message(1, "niemand liest das", at=desk.clock())
    told = json.loads(body([declined, {**message(2, "namenlos"), "id": None}]))
    desk.deliver(escaped(envelope([*told["entry"][0]["changes"], UNKNOWN])))
    kept = desk.rows(Quarantine)
    assert len(kept) == 2
    assert all(b"niemand liest das" not in row.item and b"4917139200" not in _plain(row) for row in kept)
    for row in kept:
        assert desk.write(intake.replay, "kappelrodeck", row.id)
    desk.apply()
    again = [row for row in desk.rows(Quarantine) if row.state == "kept"]
    assert {row.why for row in again} == {row.why for row in kept}, "it can be read in like any body"


def _plain(row: Quarantine) -> bytes:
    """The item without its own sender."""
    return row.item.replace(message(2)["from"].encode(), b"")
