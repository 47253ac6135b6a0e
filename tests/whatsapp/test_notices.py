from __future__ import annotations

import itertools
import string
from typing import Any

import pytest

from sessionhours.core.message import AccountNotice, Broken
from sessionhours.whatsapp import notices
from sessionhours.whatsapp.payload import parse
from tests.whatsapp.updates import LINE, body, change, escaped, vendored


def field(name: str, value: Any, time: int | None = 1795270800) -> bytes:
    entry = {"id": "100000000000001", "time": time, "changes": [{"field": name, "value": value}]}
    return escaped({"object": "whatsapp_business_account", "entry": [entry]})


def notice(raw: bytes) -> AccountNotice:
    [item] = parse(raw)
    assert isinstance(item, AccountNotice)
    return item


@pytest.mark.parametrize("name", notices.EVENTS)
@pytest.mark.parametrize("value", [{}, {"event": None}, {"event": 5, "decision": []}, {"alert_info": "x"}])
def test_a_field_that_says_nothing_still_gives_a_sentence(name: str, value: Any):
    item = notice(field(name, value))
    assert item.code.startswith(f"{name}.")
    assert item.message_de.endswith(".")
    assert item.message_en.endswith(".")
    assert "{" not in item.message_de + item.message_en
    assert "None" not in item.message_de + item.message_en


def test_every_field_has_a_sentence_for_events_to_come():
    assert {f"{name}.*" for name in notices.EVENTS} | {"user_preferences.*"} <= set(notices.SENTENCES)
    assert {key.partition(".")[0] for key in notices.SENTENCES} == {*notices.EVENTS, "user_preferences"}


def test_every_sentence_has_a_next_step_and_only_known_words():
    words = {*notices._words({}), "event"}
    for level, de, en in notices.SENTENCES.values():
        assert level in ("info", "warning", "error")
        for sentence in (de, en):
            assert {name for _, name, _, _ in string.Formatter().parse(sentence) if name} <= words
        assert any(step in de for step in ("itte", "nichts zu tun", "kann verwendet werden")), de
        assert any(step in en for step in ("lease", "Nothing needs", "can be used", "at once")), en


def test_the_same_update_again_has_the_same_key_whatever_comes_beside_it():
    raw = vendored("fields/template_paused")
    first, again = notice(raw), notice(raw)
    value = {"event": "PAUSED", "message_template_name": "x"}
    turned = dict(reversed(value.items()))
    assert first.key == again.key
    assert notice(field("message_template_status_update", value)).key == (
        notice(field("message_template_status_update", turned)).key
    )


def test_different_updates_have_different_keys():
    name = "message_template_status_update"
    values = [{"event": "PAUSED"}, {"event": "APPROVED"}, {"event": "PAUSED", "message_template_id": 1}]
    keys = {notice(field(name, value, time)).key for value, time in itertools.product(values, (1, 2))}
    assert len(keys) == 6


def test_restrictions_are_named():
    value = {
        "event": "ACCOUNT_RESTRICTION",
        "restriction_info": [{"restriction_type": "RESTRICTED_CUSTOMER_INITIATED_MESSAGING"}, None],
    }
    item = notice(field("account_update", value))
    assert item.level == "error"
    assert "RESTRICTED_CUSTOMER_INITIATED_MESSAGING" in item.message_de


@pytest.mark.parametrize(
    "hostile", ["{0.__class__}", "{event}", "%s", "${x}", "\u202eabc\n\x1b[31m", "x" * 10_000, "<script>"]
)
def test_words_of_metas_are_only_words(hostile: str):
    item = notice(
        field("phone_number_name_update", {"decision": hostile, "requested_verified_name": hostile})
    )
    assert len(item.message_de) < 400
    assert not {"\u202e", "\n", "\x1b"} & set(item.message_de)
    if hostile.isprintable() and len(hostile) < 80:
        assert hostile in item.message_de


def test_who_opted_out_is_not_said():
    stop = {"user_id": "DE.a1B2", "wa_id": "491713920001", "value": "stop", "timestamp": 1}
    item = notice(body(change("user_preferences", user_preferences=[stop])))
    assert "DE.a1B2" not in repr(item)
    assert "491713920001" not in repr(item)
    other = notice(body(change("user_preferences", user_preferences=[{**stop, "user_id": "DE.other"}])))
    assert other.key != item.key


@pytest.mark.parametrize(
    ("code", "level"), [(130429, "warning"), (131031, "error"), (131000, "warning"), (999999, "warning")]
)
def test_an_error_without_a_message_is_as_serious_as_its_class(code: int, level: str):
    item = notice(
        body(change(errors=[{"code": code, "title": "Something", "error_data": {"details": "Why"}}]))
    )
    assert (item.code, item.level, item.phone_number_id) == (f"error.{code}", level, LINE)
    assert item.message_de.endswith("(Why)")


def test_a_field_without_a_value_is_broken():
    [item] = parse(field("account_update", None))
    assert isinstance(item, Broken)
