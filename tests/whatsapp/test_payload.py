"""What parse makes of bodies that Meta, the future or an enemy might send."""

from __future__ import annotations

import json
import random
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sessionhours.core.message import AccountNotice, Broken, IdentityChange, Inbound, Item, Person, Receipt
from sessionhours.whatsapp.payload import NotAnUpdate, NotJson, parse
from tests.whatsapp.updates import (
    ANNA,
    AT,
    LINE,
    SECOND,
    body,
    change,
    escaped,
    status,
    text,
    value,
    vendored,
)

NOW = AT + timedelta(minutes=1)


def one(raw: bytes) -> Item:
    [item] = parse(raw, NOW)
    return item


def inbound(raw: bytes) -> Inbound:
    item = one(raw)
    assert isinstance(item, Inbound)
    return item


def texts(items: list[Item]) -> list[str]:
    return [item.text for item in items if isinstance(item, Inbound)]


# Every item, in order


@pytest.mark.proves("AC-24", "F25")
def test_every_item_of_every_change_of_every_entry_is_read():
    mixed = value(messages=[text("m1"), text("m2")], statuses=[status("s1")], errors=[{"code": 4}])
    update = {
        "object": "whatsapp_business_account",
        "entry": [
            {"id": "1", "changes": [{"field": "messages", "value": mixed}, change(statuses=[status("s2")])]},
            {"id": "2", "changes": [change(messages=[text("m3")]), change("calls", calls=[text("c1")])]},
        ],
    }
    items = parse(escaped(update))
    assert [item.path for item in items] == [
        "/entry/0/changes/0/value/messages/0",
        "/entry/0/changes/0/value/messages/1",
        "/entry/0/changes/0/value/statuses/0",
        "/entry/0/changes/0/value/errors/0",
        "/entry/0/changes/1/value/statuses/0",
        "/entry/1/changes/0/value/messages/0",
        "/entry/1/changes/1/value/calls/0",
    ]


def two_hundred_items() -> list[tuple[str, str, dict[str, Any]]]:
    """(field, key of the value, item), of many kinds."""
    chosen = random.Random(200)
    items: list[tuple[str, str, dict[str, Any]]] = []
    for number in range(200):
        wamid = f"wamid.{chosen.randrange(150)}"
        items.append(
            chosen.choice(
                [
                    ("messages", "messages", text(wamid, f"Frage {number}")),
                    ("messages", "messages", text(wamid, type="hologram")),
                    ("messages", "messages", {"id": wamid}),
                    ("messages", "statuses", status(wamid, chosen.choice(["sent", "read", "failed"]))),
                    ("messages", "errors", {"code": 130429, "title": f"{number}"}),
                    ("calls", "calls", text(wamid, event="connect")),
                    ("user_preferences", "user_preferences", {"value": "stop", "timestamp": number}),
                ]
            )
        )
    return items


@pytest.mark.proves("F25")
@given(st.lists(st.integers(1, 30), min_size=200, max_size=200), st.randoms())
def test_however_items_are_grouped_they_are_the_same(sizes: list[int], chance: random.Random):
    items = two_hundred_items()
    alone = [without_path(one(body(change(field, **{key: [item]})))) for field, key, item in items]
    grouped: list[Item] = []
    rest = items
    for size in sizes:
        batch, rest = rest[:size], rest[size:]
        changes = [change(field, **{key: [item]}) for field, key, item in batch]
        cut = chance.randrange(len(changes) + 1)
        entry = [{"id": "1", "changes": changes[:cut]}, {"id": "1", "changes": changes[cut:]}]
        grouped += parse(escaped({"object": "whatsapp_business_account", "entry": entry}), NOW)
    assert [without_path(item) for item in grouped] == alone


def without_path(item: Item) -> Item:
    return item._replace(path="")


def test_items_that_share_a_value_are_as_if_each_had_its_own():
    messages = [item for field, key, item in two_hundred_items() if key == "messages"]
    together = parse(body(change(messages=messages)), NOW)
    apart = [one(body(change(messages=[item]))) for item in messages]
    assert [without_path(item) for item in together] == [without_path(item) for item in apart]


# A bad item among good ones

BAD: list[Any] = [
    None,
    5,
    "text",
    [],
    {},
    {"type": "text", "text": {"body": "no id"}, "from": "491713920001"},
    text(None),  # type: ignore[arg-type]
    text(""),
    text("x" * 600),
    text(["wamid.1"]),  # type: ignore[arg-type]
    text(True),  # type: ignore[arg-type]
]


@pytest.mark.parametrize("bad", BAD, ids=repr)
def test_a_bad_message_does_not_take_its_neighbours_along(bad: Any):
    items = parse(body(change(messages=[text("m1", "vor"), bad, text("m2", "nach")], statuses=[status()])))
    assert [type(item) for item in items] == [Inbound, Broken, Inbound, Receipt]
    assert texts(items) == ["vor", "nach"]
    assert isinstance(items[1], Broken)
    assert json.loads(items[1].raw) == bad
    assert items[1].phone_number_id == LINE


@pytest.mark.parametrize("bad", [None, [], "sent", {}, {"id": "w"}, status(word=""), status(word="x" * 99)])
def test_a_bad_status_does_not_stop_the_messages_beside_it(bad: Any):
    items = parse(body(change(messages=[text(f"m{n}") for n in range(5)], statuses=[bad, status()])))
    assert [type(item) for item in items] == [Inbound] * 5 + [Broken, Receipt]


def test_a_message_by_nobody_is_broken_for_nobody_could_be_answered():
    nobody = {"id": "wamid.1", "type": "text", "text": {"body": "Wer bin ich?"}, "timestamp": str(SECOND)}
    item = one(body({"field": "messages", "value": value(messages=[nobody], contacts=[])}))
    assert isinstance(item, Broken)
    assert "nobody" in item.why


@pytest.mark.parametrize(
    ("entry", "why"),
    [
        (None, "entry"),
        ({"id": "1"}, "entry"),
        ({"id": "1", "changes": {}}, "entry"),
        ({"id": "1", "changes": [None]}, "without a value"),
        ({"id": "1", "changes": [{"field": "messages"}]}, "without a value"),
        ({"id": "1", "changes": [{"field": "messages", "value": []}]}, "without a value"),
        ({"id": "1", "changes": [{"field": "messages", "value": {}}]}, "nothing in it"),
        ({"id": "1", "changes": [{"field": "messages", "value": {"messages": {}}}]}, "no list"),
        ({"id": "1", "changes": [{"value": {"messages": []}}]}, "unknown field"),
        ({"id": "1", "changes": [{"field": 5, "value": {}}]}, "unknown field"),
    ],
)
def test_a_broken_frame_is_kept_beside_a_whole_one(entry: Any, why: str):
    whole = {"id": "2", "changes": [change(messages=[text()])]}
    items = parse(escaped({"object": "whatsapp_business_account", "entry": [entry, whole]}))
    assert [type(item) for item in items] == [Broken, Inbound]
    assert isinstance(items[0], Broken)
    assert why in items[0].why


@pytest.mark.parametrize(
    "field", ["message_echoes", "history", "smb_message_echoes", "standby", "flows", "hologram_update"]
)
def test_a_field_we_do_not_know_is_kept_with_its_name(field: str):
    item = one(body(change(field, messages=[text()])))
    assert item == Broken(
        "/entry/0/changes/0",
        LINE,
        f'unknown field "{field}"',
        raw=item.raw if isinstance(item, Broken) else b"",
    )
    assert isinstance(item, Broken)
    assert json.loads(item.raw) == change(field, messages=[text()])


# Not an update, not JSON


@pytest.mark.parametrize(
    "raw",
    [
        b"null",
        b"5",
        b'"text"',
        b"[]",
        b"{}",
        b'{"object":"page","entry":[]}',
        b'{"object":"whatsapp_business_account"}',
        b'{"object":"whatsapp_business_account","entry":{}}',
        b'{"object":["whatsapp_business_account"],"entry":[]}',
        b'{"entry":[{"id":"1","changes":[]}]}',
    ],
)
def test_json_that_is_no_update_is_told_apart(raw: bytes):
    with pytest.raises(NotAnUpdate):
        parse(raw)


WHOLE = body(change(messages=[text()]))


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"   ",
        b"<html>",
        WHOLE[:-1],
        WHOLE[: len(WHOLE) // 2],
        WHOLE + b"}",
        WHOLE + b"\0",
        b"\xef\xbb\xbf" + WHOLE,
        WHOLE.decode().encode("utf-16"),
        WHOLE.decode().encode("utf-32"),
        WHOLE.replace(b"Guten", b"G\xfcten"),
        WHOLE.replace(b"Guten", b"\xed\xa0\x80"),
        WHOLE.replace(b"Guten", b"\0"),
        WHOLE.replace(b"Guten", b"\\x"),
        WHOLE.replace(b"Guten", b"\\ud8zz"),
        WHOLE.replace(b'"Guten Tag"', b"NaN"),
        WHOLE.replace(b'"Guten Tag"', b"Infinity"),
        WHOLE.replace(b'"Guten Tag"', b"-Infinity"),
        WHOLE.replace(b'"Guten Tag"', b"'Guten Tag'"),
        b"\x1f\x8b\x08\x00" + WHOLE,
        b"[" * 100_000,
        b'{"a":' * 5_000,
    ],
)
def test_what_is_no_json_is_refused(raw: bytes):
    with pytest.raises(NotJson):
        parse(raw)


@given(st.binary(max_size=400))
def test_no_bytes_make_it_raise_anything_else(raw: bytes):
    survives(raw)


@given(st.data())
def test_no_damaged_body_makes_it_raise_anything_else(data: st.DataObject):
    raw = bytearray(
        vendored(data.draw(st.sampled_from(["messages/image", "statuses/sent", "calls/connect"])))
    )
    for _ in range(data.draw(st.integers(1, 8))):
        raw[data.draw(st.integers(0, len(raw) - 1))] = data.draw(st.integers(0, 255))
    survives(bytes(raw))


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)


INTRICATE = [
    "messages/contacts_shared",
    "messages/order",
    "messages/interactive_list_reply",
    "messages/edit_coexistence_only",
    "messages/system_user_changed_number",
    "messages/text_referral_ad",
    "statuses/failed_131000_unknown",
    "fields/account_update_violation",
    "fields/user_preferences_stop",
]


@given(st.data())
def test_no_swapped_type_makes_it_raise_anything(data: st.DataObject):
    """Any value of any vendored message, status or field may become any other JSON value."""
    name = data.draw(st.sampled_from(INTRICATE))
    update = json.loads(vendored(name))
    places = list(walk(update["entry"][0]["changes"][0]["value"]))
    for holder, key in data.draw(st.lists(st.sampled_from(places), min_size=1, max_size=3)):
        holder[key] = data.draw(JSON)
    for item in parse(json.dumps(update).encode()):
        assert not isinstance(item, Broken) or item.why not in {"TypeError", "AttributeError", "KeyError"}


def walk(node: Any) -> Any:
    for key in node if isinstance(node, dict) else range(len(node)):
        yield node, key
        if isinstance(node[key], dict | list):
            yield from walk(node[key])


def survives(raw: bytes) -> None:
    try:
        items = parse(raw)
    except (NotJson, NotAnUpdate):
        return
    assert all(item.path for item in items)


# Hostile JSON


@pytest.mark.parametrize("depth", [5_000, 100_000])
@pytest.mark.parametrize(("opens", "closes"), [(b"[", b"]"), (b'{"a":', b"}")])
def test_deep_nesting_does_not_cost_the_message_beside_it(depth: int, opens: bytes, closes: bytes):
    inner = b"[]" if opens == b"[" else b"1"
    deep = opens * depth + inner + closes * depth
    raw = body(change(messages=[text("m1"), text("m2", "tief", odd=0), text("m3")]))
    assert texts(parse(raw.replace(b'"odd": 0', b'"odd": ' + deep))) == ["Guten Tag", "tief", "Guten Tag"]


def test_deep_nesting_alone_is_no_update():
    with pytest.raises(NotAnUpdate):
        parse(b"[" * 100_000 + b"]" * 100_000)


def test_brackets_in_texts_are_no_nesting():
    words = "[" * 500 + '"\\' + "{" * 500
    assert inbound(body(change(messages=[text(words=words, odd=10**40)]))).text == words


def test_an_item_too_deep_to_be_written_again_is_still_kept():
    deep = b"[" * 900 + b"]" * 900
    item = one(body(change(messages=[0])).replace(b'"messages": [0]', b'"messages": [' + deep + b"]"))
    assert isinstance(item, Broken)
    assert item.raw.count(b"[") == 900


@pytest.mark.parametrize(
    "number",
    [
        "9" * 5000,
        "-" + "9" * 5000,
        "9223372036854775808",
        "18446744073709551617",
        "1" * 31,
        "1e999",
        "-1e999",
        "1e-999",
        "1.7e308",
        "0.0000001",
        "-0",
    ],
)
def test_numbers_that_nobody_can_hold_do_not_cost_the_message(number: str):
    raw = body(
        change(messages=[text("m1", odd="%"), text("m2", timestamp="%"), text("m3")], errors=[{"code": "%"}])
    )
    items = parse(raw.replace(b'"%"', number.encode()), NOW)
    assert texts(items) == ["Guten Tag"] * 3
    assert [item.sent_at for item in items if isinstance(item, Inbound)] == [AT, None, AT]
    assert isinstance(items[3], AccountNotice)


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("\\ud800", "�"),
        ("\\uDFFF", "�"),
        ("a\\ud83db", "a�b"),
        ("\\ude42\\ud83d", "��"),
        ("\\ud83d\\ud83d\\ude42", "�🙂"),
        ("\\ud83d\\ude42", "🙂"),
        ("\\\\ud800", "\\ud800"),
        ("\\\\\\ud800", "\\�"),
    ],
)
def test_half_a_surrogate_pair_is_shown_as_such(written: str, read: str):
    assert inbound(WHOLE.replace(b"Guten Tag", written.encode())).text == read


@pytest.mark.parametrize(
    ("written", "read"),
    [("a\\u0000b", "ab"), ("\\u0000", ""), ("a\\\\u0000b", "a\\u0000b"), ("\\u0000\\ud800", "�")],
)
def test_nul_is_left_out_everywhere(written: str, read: str):
    raw = body(change(messages=[text("wamid.%", "%", referral={"headline": "%"}, context={"id": "%"})]))
    item = inbound(raw.replace(b"%", written.encode()))
    assert item.text == read
    assert "\0" not in repr(item)
    assert item.wamid == f"wamid.{read}"


def test_of_duplicate_keys_the_last_one_counts():
    raw = WHOLE.replace(b'{"body": "Guten Tag"}', b'{"body": "erste", "body": "letzte"}')
    assert inbound(raw).text == "letzte"


# Time

FUTURE = int((NOW + timedelta(days=1, seconds=1)).timestamp())


@pytest.mark.parametrize(
    "absurd",
    [
        None,
        "",
        "0",
        0,
        -1,
        "-5",
        "gestern",
        "10" * 50,
        10**20,
        1e300,
        True,
        [],
        {},
        5,
        "٣x",
        str(FUTURE),
        FUTURE,
    ],
    ids=repr,
)
def test_an_absurd_time_is_none_and_the_message_stays(absurd: Any):
    item = inbound(body(change(messages=[text(timestamp=absurd)])))
    assert item.sent_at is None
    assert item.text == "Guten Tag"


@pytest.mark.parametrize("written", [str(SECOND), SECOND, float(SECOND), f" {SECOND} "])
def test_time_comes_as_text_or_number(written: Any):
    assert inbound(body(change(messages=[text(timestamp=written)]))).sent_at == AT


def test_a_clock_a_little_ahead_is_no_fault_and_without_now_nothing_is_ahead():
    assert inbound(body(change(messages=[text(timestamp=FUTURE - 1)]))).sent_at is not None
    [item] = parse(body(change(messages=[text(timestamp=FUTURE)])))
    assert isinstance(item, Inbound)
    assert item.sent_at == datetime.fromtimestamp(FUTURE, UTC)


# What is tolerated


def test_unknown_keys_nulls_and_numbers_for_ids_do_no_harm():
    raw = text(4711, "Hallo", hologram={"a": [1]}, context=None, errors=None, referral=5, group_id=None)  # type: ignore[arg-type]
    metadata = {"phone_number_id": int(LINE)}
    item = inbound(body({"field": "messages", "new": 1, "value": value(messages=[raw], metadata=metadata)}))
    assert (item.wamid, item.phone_number_id, item.text) == ("4711", LINE, "Hallo")
    assert (item.group, item.reply_to, item.detail) == (None, None, {})


def test_a_line_without_metadata_is_no_line():
    assert (
        inbound(body({"field": "messages", "value": value(messages=[text()], metadata=None)})).phone_number_id
        == ""
    )


@pytest.mark.parametrize(
    ("contents", "kind", "words"),
    [
        ({"text": None}, "text", ""),
        ({"text": {}}, "text", ""),
        ({"text": {"body": 5}}, "text", ""),
        ({"text": "Guten Tag"}, "text", ""),
        ({"type": None}, "text", "Guten Tag"),
        ({"type": "unknown", "text": None}, "unknown", ""),
        ({"type": "", "text": None}, "unknown", ""),
        ({"type": "image", "image": None}, "image", ""),
        ({"type": "image", "image": {"id": None, "caption": "leer"}}, "image", "leer"),
        ({"type": "location", "location": {"latitude": "52.5", "longitude": "x"}}, "location", ""),
        ({"type": "contacts", "contacts": [None, {"phones": [None, {"wa_id": "4930"}]}]}, "contacts", ""),
        ({"type": "interactive", "interactive": None}, "interactive", ""),
        ({"type": "interactive", "interactive": {"type": ["button_reply"]}}, "interactive", ""),
        (
            {
                "type": "interactive",
                "interactive": {"type": "nfm_reply", "nfm_reply": {"body": "Sent", "response_json": "{"}},
            },
            "interactive",
            "Sent",
        ),
        ({"type": "edit", "edit": {"message": {"type": "edit"}}}, "edit", ""),
        (
            {"type": "edit", "edit": {"message": {"type": "image", "image": {"caption": "neu"}}}},
            "edit",
            "neu",
        ),
        ({"type": "reaction", "reaction": {"message_id": "wamid.2"}}, "reaction", ""),
        ({"type": "system", "system": {"type": "user_changed_number"}}, "system", ""),
        ({"type": "system", "system": None}, "system", ""),
        ({"type": "audio", "audio": {"id": "1", "voice": "true"}}, "audio", ""),
        ({"type": "__proto__"}, "unknown", ""),
    ],
)
def test_half_a_message_is_still_one_entry(contents: dict[str, Any], kind: str, words: str):
    item = inbound(body(change(messages=[text(**contents)])))
    assert (item.kind, item.text) == (kind, words)


@pytest.mark.parametrize(
    ("contents", "quiet"),
    [
        *(
            ({"unsupported": {"type": word}}, True)
            for word in ("edit", "pin", "keep_in_chat", "reaction", "poll_update")
        ),
        *(({"unsupported": {"type": word}}, False) for word in ("poll_creation", "gif", "location", "hsm")),
        ({"unsupported": None}, True),
        ({}, True),
        ({"type": "unknown"}, True),
        ({"type": "hologram"}, False),
        ({"type": "text", "text": {"body": "Hallo"}}, False),
    ],
)
def test_what_need_not_be_a_message_is_quiet(contents: dict[str, Any], quiet: bool):
    assert inbound(body(change(messages=[text(**{"type": "unsupported", **contents})]))).quiet is quiet


def test_a_picture_that_was_too_large_says_so():
    errors = [{"code": 131052, "title": "Media download error", "error_data": {"details": "over 100 MB"}}]
    item = inbound(body(change(messages=[text(type="video", errors=errors)])))
    assert item.detail["errors"] == [
        {"code": 131052, "title": "Media download error", "details": "over 100 MB"}
    ]


# People

BEKIR = {"profile": {"name": "Bekir Ö.", "username": "@bekir.oe"}, "user_id": "DE.a1B2"}


@pytest.mark.parametrize(
    ("sender", "expected"),
    [
        ({"from": "491713920001"}, Person("DE.70000000000000000001", "491713920001", "Anna Müller")),
        ({"from": "+49 171 3920001"}, Person("DE.70000000000000000001", "491713920001", "Anna Müller")),
        ({"from": 491713920001}, Person("DE.70000000000000000001", "491713920001", "Anna Müller")),
        ({"from": "DE.a1B2"}, Person("DE.a1B2", None, "Bekir Ö.", "bekir.oe")),
        ({"from_user_id": "DE.a1B2"}, Person("DE.a1B2", None, "Bekir Ö.", "bekir.oe")),
        ({"from_user_id": "DE.a1B2", "from": "DE.a1B2"}, Person("DE.a1B2", None, "Bekir Ö.", "bekir.oe")),
        ({"from_user_id": "DE.a1B2", "from": "4930"}, Person("DE.a1B2", "4930", "Bekir Ö.", "bekir.oe")),
        ({"from_user_id": "DE.new", "from": "491713920001"}, Person("DE.new", "491713920001")),
        ({"from_user_id": "DE.ENT.9x"}, Person("DE.ENT.9x", None)),
        ({"from_user_id": "XX-2031/9"}, Person("XX-2031/9", None)),
        ({"from_user_id": "", "from": "491713920099"}, Person(None, "491713920099")),
        ({"from_user_id": None, "from": "491713920099"}, Person(None, "491713920099")),
    ],
)
def test_who_wrote(sender: dict[str, Any], expected: Person):
    message = {**text(), "from": None, "from_user_id": None, **sender}
    raw = body({"field": "messages", "value": value(messages=[message], contacts=[ANNA, None, {}, BEKIR])})
    assert inbound(raw).person == expected


def test_a_bsuid_in_the_place_of_the_phone_number_is_no_phone_number():
    contact = {"profile": {"name": "Bekir"}, "wa_id": "DE.a1B2"}
    message = {**text(), "from": "DE.a1B2", "from_user_id": None}
    item = inbound(body({"field": "messages", "value": value(messages=[message], contacts=[contact])}))
    assert item.person == Person("DE.a1B2", None, "Bekir")


def test_the_only_contact_stands_for_a_message_without_sender_but_never_for_anothers():
    nameless = {**text(), "from": None, "from_user_id": None}
    other = {**text("wamid.2"), "from": "491713920077", "from_user_id": None}
    first, second = parse(body(change(messages=[nameless, other])))
    assert isinstance(first, Inbound)
    assert isinstance(second, Inbound)
    assert first.person.name == "Anna Müller"
    assert second.person == Person(None, "491713920077")


def test_a_message_without_sender_beside_two_people_is_nobodys():
    nameless = {**text(), "from": None, "from_user_id": None}
    raw = body({"field": "messages", "value": value(messages=[nameless], contacts=[ANNA, BEKIR])})
    assert isinstance(one(raw), Broken)


def test_what_a_person_filled_in_is_shown_flat():
    form = '{"flow_token":"t","ortsteil":"S\u00fcd","anzahl":3,"tief":{"a":[1]}}'
    reply = {"type": "nfm_reply", "nfm_reply": {"name": "flow", "body": "Sent", "response_json": form}}
    item = inbound(body(change(messages=[text(type="interactive", interactive=reply)])))
    assert item.text == "ortsteil: Süd\nanzahl: 3"
    assert item.detail["answers"] == {"flow_token": "t", "ortsteil": "Süd", "anzahl": 3}


# Changes of number


@pytest.mark.parametrize("kind", ["user_changed_number", "customer_changed_number"])
@pytest.mark.parametrize("key", ["wa_id", "new_wa_id"])
def test_a_new_number_in_old_and_new_spelling(kind: str, key: str):
    raw = {**text(type="system", system={"type": kind, key: "491713920011"}), "from_user_id": None}
    item = one(body(change(messages=[raw])))
    assert isinstance(item, IdentityChange)
    assert (item.old, item.new) == (Person(None, "491713920001"), Person(None, "491713920011"))


def test_a_new_bsuid_by_system_message_and_by_field():
    system = {"type": "user_changed_user_id", "user_id": "DE.new", "wa_id": "491713920011"}
    told = {
        "user_id": {"previous": "DE.old", "current": "DE.new"},
        "wa_id": "491713920011",
        "timestamp": SECOND,
    }
    first, second = parse(
        body(
            change(messages=[text(type="system", system=system)]),
            change("user_id_update", user_id_update=[told], contacts=None),
        )
    )
    assert isinstance(first, IdentityChange)
    assert isinstance(second, IdentityChange)
    assert first.old == Person("DE.70000000000000000001", "491713920001")
    assert first.new == second.new == Person("DE.new", "491713920011")
    assert (second.old, second.wamid, second.at) == (Person("DE.old", None), None, AT)


@pytest.mark.parametrize("told", [{}, {"user_id": {"current": "DE.new"}}, {"user_id": "DE.new"}])
def test_a_change_that_does_not_say_from_whom_is_kept_aside(told: dict[str, Any]):
    assert isinstance(one(body(change("user_id_update", user_id_update=[told]))), Broken)


# Statuses


def test_a_status_with_half_an_error_says_what_it_can():
    first, second, third = parse(
        body(
            change(
                statuses=[
                    status(
                        word="FAILED",
                        errors=[{"code": "131026", "error_data": "kaputt", "is_transient": True}],
                    ),
                    status(word="failed", errors=[{"title": "ohne"}]),
                    status(word="failed", errors=[], pricing=None, biz_opaque_callback_data=None),
                ]
            )
        )
    )
    assert isinstance(first, Receipt)
    assert isinstance(second, Receipt)
    assert isinstance(third, Receipt)
    assert first.status == "failed"
    assert first.failure is not None
    assert (first.failure.code, first.failure.details, first.failure.transient) == (131026, "kaputt", True)
    assert second.failure is not None
    assert second.failure.code == -1
    assert (third.failure, third.attempt, third.category) == (None, None, None)


def test_a_call_of_ours_is_not_the_citizens():
    assert isinstance(one(body(change("calls", calls=[text(direction="BUSINESS_INITIATED")]))), Broken)
