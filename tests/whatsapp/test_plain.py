"""The commonest update is read by its type, and to the same result as any other."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sessionhours.whatsapp import plain, wire
from sessionhours.whatsapp.payload import NotAnUpdate, NotJson, parse
from tests.whatsapp.test_payload import JSON, walk
from tests.whatsapp.updates import AT, body, change, text, value, vendored

NOW = AT + timedelta(minutes=1)
TEXTS = ["text", "text_umlaut_emoji", "text_username_no_phone", "text_reply", "text_forwarded"]


def as_any_other(raw: bytes) -> Any:
    try:
        return parse(wire.load(raw), NOW)
    except (NotJson, NotAnUpdate) as error:
        return type(error)


def reads_the_same(raw: bytes) -> bool:
    """Whether it was read by its type; if so, to the same result."""
    update = plain.read(raw)
    if update is not None:
        assert [update.inbound(NOW)] == as_any_other(raw)
    return update is not None


@pytest.mark.parametrize("name", ["text", "text_umlaut_emoji"])
def test_a_text_is_read_by_its_type(name: str):
    assert reads_the_same(vendored(f"messages/{name}"))


@pytest.mark.parametrize("name", ["\u202eAnna", "A" * 200, "Z\u0301\u0301\u0301\u0301", "  Anna\n "])
def test_a_name_is_cleaned_however_it_is_read(name: str):
    raw = json.dumps(json.loads(vendored("messages/text"))).replace(
        "Anna M\\u00fcller", json.dumps(name)[1:-1]
    )
    assert json.dumps(name)[1:-1] in raw
    assert reads_the_same(raw.encode())


@pytest.mark.parametrize("name", ["text_reply", "text_forwarded", "text_referral_ad", "image", "group_text"])
def test_what_says_more_is_read_in_full(name: str):
    assert plain.read(vendored(f"messages/{name}")) is None


@pytest.mark.parametrize(
    "raw",
    [
        body(change(messages=[text("m1"), text("m2")])),
        body(change(messages=[text("m1")]), change(messages=[text("m2")])),
        body({"field": "messages", "value": value(messages=[text("m1")], statuses=[])}),
        vendored("messages/text").replace(b"Wann", b"\\u0000Wann"),
        vendored("messages/text").replace(b"Wann", b"\\ud800Wann"),
        vendored("messages/text").replace(b'"from": "491713920001"', b'"from": "491713920002"'),
    ],
    ids=["two messages", "two changes", "statuses too", "NUL", "half a pair", "by somebody else"],
)
def test_what_is_not_just_one_text_of_the_one_named_is_read_in_full(raw: bytes):
    assert plain.read(raw) is None


@given(st.data())
def test_no_damaged_text_is_read_otherwise(data: st.DataObject):
    raw = bytearray(vendored(f"messages/{data.draw(st.sampled_from(TEXTS))}"))
    for _ in range(data.draw(st.integers(1, 4))):
        raw[data.draw(st.integers(0, len(raw) - 1))] = data.draw(st.integers(0, 255))
    reads_the_same(bytes(raw))


@given(st.data())
def test_no_swapped_value_is_read_otherwise(data: st.DataObject):
    update = json.loads(vendored(f"messages/{data.draw(st.sampled_from(TEXTS))}"))
    holder, key = data.draw(st.sampled_from(list(walk(update))))
    holder[key] = data.draw(JSON | st.text(max_size=90) | st.from_regex(r"\+?[0-9 ]{0,40}"))
    reads_the_same(json.dumps(update).encode())
