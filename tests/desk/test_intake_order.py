"""Whatever the order and however it is cut into bodies, the town ends in the same state (F25, F26)."""

from __future__ import annotations

import itertools
import json
import random
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlmodel import SQLModel

from sessionhours.store import tables
from sessionhours.store.tables import Message
from tests.desk.office import KEYS, Desk
from tests.makers import OPENS, body, citizen, envelope, escaped, message, receipt

#: What differs by chance or by the order of arrival alone.
ARBITRARY = {
    "id",
    "client_id",
    "seq",
    "last_seq",
    "conversation",
    "session",
    "now",
    "attempt",
    "received_at",
    "late",
    "opened_at",
}


def seen(desk: Desk) -> dict[str, Any]:
    """What a person sees of the town, without what differs by chance."""
    told = desk.snapshot()
    talks = {one["contact"]["name"]: one for one in told["conversations"]}
    texts = {message["id"]: message["text"] for one in talks.values() for message in desk.messages(one["id"])}
    return {
        "conversations": {name: _plain(one, texts) for name, one in talks.items()},
        "messages": {
            name: sorted((_plain(each, texts) for each in desk.messages(one["id"])), key=_by_what_it_says)
            for name, one in talks.items()
        },
        "counts": told["session"]["counts"],
    }


def _plain(value: Any, texts: dict[str, str]) -> Any:
    if isinstance(value, dict):
        return {
            key: texts.get(each, each) if key == "reply_to" else _plain(each, texts)
            for key, each in value.items()
            if key not in ARBITRARY
        }
    return [_plain(each, texts) for each in value] if isinstance(value, list) else value


def _by_what_it_says(message: dict[str, Any]) -> str:
    return json.dumps([message["sent_at"], message], sort_keys=True)


def at(seconds: int) -> Any:
    return OPENS + timedelta(seconds=seconds)


def reaction(number: int, target: str, emoji: str, seconds: int) -> dict[str, Any]:
    told = {"message_id": target, "emoji": emoji}
    return message(number, wamid=f"{target}.r{seconds}", at=at(seconds), type="reaction", reaction=told)


def edit(number: int, target: str, text: str, seconds: int) -> dict[str, Any]:
    told = {"original_message_id": target, "message": {"type": "text", "text": {"body": text}}}
    return message(number, wamid=f"{target}.e{seconds}", at=at(seconds), type="edit", edit=told)


def revoke(number: int, target: str, seconds: int) -> dict[str, Any]:
    told = {"original_message_id": target}
    return message(number, wamid=f"{target}.x{seconds}", at=at(seconds), type="revoke", revoke=told)


def quoting(number: int, text: str, target: str, seconds: int) -> dict[str, Any]:
    return message(number, text, wamid=f"wamid.{text}", at=at(seconds), context={"id": target})


CONVERSATION = [
    message(1, "Frage", wamid="wamid.Frage", at=at(0)),
    quoting(1, "Nachtrag", "wamid.Frage", 10),
    reaction(1, "wamid.Nachtrag", "👍", 20),
    edit(1, "wamid.Frage", "Frage, besser gestellt", 30),
    revoke(1, "wamid.Nachtrag", 40),
]


@pytest.mark.proves("F26")
def test_every_order_of_a_conversation_ends_alike(new_desk: Callable[..., Desk]) -> None:
    desk = new_desk()
    results = []
    for order in itertools.permutations(CONVERSATION):
        empty(desk)
        desk.clock.now = at(60)
        desk.deliver(*(body([one]) for one in order))
        results.append(seen(desk))
    assert results[0]["messages"]["Anna Müller 1"][0]["text"] == "Frage, besser gestellt"
    assert results[0]["messages"]["Anna Müller 1"][1]["reply_to"] == "Frage, besser gestellt"
    for order, result in zip(itertools.permutations(CONVERSATION), results, strict=True):
        assert result == results[0], [one["id"] for one in order]


@pytest.mark.proves("F26")
def test_the_last_reaction_counts_and_not_the_last_to_arrive(desk: Desk) -> None:
    first, none, last = (reaction(1, "wamid.A", emoji, n) for n, emoji in enumerate(["👍", "", "❤️"], 1))
    target = message(1, "A", wamid="wamid.A", at=at(0))
    for order in itertools.permutations([target, first, none, last]):
        empty(desk)
        desk.deliver(*(body([one]) for one in order))
        assert [one["emoji"] for one in desk.only()[0]["reactions"]] == ["❤️"]


@pytest.mark.proves("F26")
def test_the_last_edit_counts_and_all_versions_are_kept(desk: Desk) -> None:
    items = [
        message(1, "eins", wamid="wamid.A", at=at(0)),
        edit(1, "wamid.A", "zwei", 5),
        edit(1, "wamid.A", "drei", 9),
    ]
    for order in itertools.permutations(items):
        empty(desk)
        desk.deliver(*(body([one]) for one in order))
        (only,) = desk.only()
        assert only["text"] == "drei"
        assert [one["text"] for one in only["detail"]["versions"]] == ["eins", "zwei"]
        assert desk.conversation()["last_message"]["text"] == "drei"


@pytest.mark.proves("AC-25")
def test_messages_stand_in_the_order_they_were_written(desk: Desk) -> None:
    desk.clock.now = at(60)
    desk.says(1, "zweite", at=at(20))
    desk.says(1, "erste", at=at(10))
    desk.says(1, "auch zweite", at=at(20))
    assert [one["text"] for one in desk.only()] == ["erste", "zweite", "auch zweite"]
    assert desk.conversation()["last_message"]["text"] == "auch zweite"
    assert desk.conversation()["waiting_since"] == "2026-12-03T14:00:10.000Z"


@pytest.mark.proves("F26")
def test_a_mark_on_our_reply_that_comes_before_metas_answer_finds_it(desk: Desk) -> None:
    """Meta's answer to our send may be slower than the citizen's thumb."""
    from sessionhours.core.delivery import Accepted
    from sessionhours.desk import outbox

    desk.says(1, "Frage")
    talk = desk.conversation()["id"]
    desk.ask(desk.mayor, "reply", conversation=talk, text="Antwort", seen=desk.snapshot()["seq"])
    (claim,) = desk.write(outbox.claim, now=desk.clock())
    desk.write(outbox.begin, claim, now=desk.clock())
    desk.deliver(body([reaction(1, "wamid.ours", "👍", 5)]), body([quoting(1, "Danke", "wamid.ours", 6)]))
    desk.write(outbox.settle, KEYS, desk.schedule, claim, Accepted("wamid.ours"), now=desk.clock())
    question, answer, thanks = desk.only()
    assert answer["reactions"] == [{"emoji": "👍"}]
    assert thanks["reply_to"] == answer["id"]
    assert question["text"] == "Frage"


@pytest.mark.proves("F25", "AC-24")
@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("before", [0, 100], ids=["in the hour", "partly before it"])
def test_two_hundred_items_cut_anyhow_give_the_same_town(
    new_desk: Callable[..., Desk], seed: int, before: int
) -> None:
    chance = random.Random(seed)
    items = two_hundred(random.Random(2026), since=-before)
    desk = new_desk("early = 0")
    results = []
    for pieces in ([items], cut(items, chance), [[one] for one in items], cut(items, chance)):
        empty(desk)
        desk.clock.now = at(300)
        answered(desk)
        bodies = [split_kinds(piece, chance) for piece in pieces]
        step = chance.choice([1, 3, len(bodies)])
        for start in range(0, len(bodies), step):
            desk.deliver(*bodies[start : start + step])
        results.append({**seen(desk), **stored(desk)})
    assert len(results[0]["conversations"]) == 13
    assert bool(results[0]["autotext"]) == bool(before), "who wrote before the hour was told so"
    for result in results[1:]:
        for part, expected in results[0].items():
            assert result[part] == expected, part


#: What nobody is shown: what came, what was told, what waits to leave and what lies apart.
KEPT = (tables.Arrival, tables.Seen, tables.AutoText, tables.Outbox, tables.Quarantine)
BY_CHANCE = {"id", "message", "attempt", "lane", "at", "received_at", "created_at", "due_at"}


def stored(desk: Desk) -> dict[str, Any]:
    """The rows of these tables, without what differs by chance."""
    return {
        table.__name__.lower(): sorted(
            str({key: value for key, value in dict(row).items() if key not in BY_CHANCE})
            for row in desk.rows(table)
        )
        for table in KEPT
    }


def answered(desk: Desk) -> None:
    """One reply of ours that the receipts among the items are about."""
    desk.says(99, "Vorher", at=at(0))
    desk.ask(desk.mayor, "reply", conversation=desk.conversation()["id"], text="Antwort", seen=10**6)
    row = next(row for row in desk.rows(Message) if row.direction == "outbound")
    desk.write(_name, row.id)


def _name(session: Any, id: str) -> None:
    row = session.get(Message, id)
    row.wamid, row.wamid_key, row.status = "wamid.ours", KEYS.wamid("wamid.ours"), "sent"
    session.add(row)


def two_hundred(chance: random.Random, *, since: int = 0) -> list[tuple[str, dict[str, Any]]]:
    """Messages of twelve people with reactions, edits, withdrawals, quotes, receipts and repeats among them."""
    items: list[tuple[str, dict[str, Any]]] = []
    for number in range(since, since + 160):
        who, wamid = chance.randint(1, 12), f"wamid.n{number}"
        mine = [
            one["id"]
            for kind, one in items
            if one.get("from") == citizen(who)["phone"] and one["type"] == "text"
        ]
        kind = chance.choice(["text"] * 6 + ["reaction", "edit", "revoke", "quote"]) if mine else "text"
        target = chance.choice(mine) if mine else ""
        made = {
            "text": lambda who=who, wamid=wamid, n=number: message(who, f"Text {n}", wamid=wamid, at=at(n)),
            "quote": lambda who=who, t=target, n=number: quoting(who, f"Zitat {n}", t, n),
            "reaction": lambda who=who, t=target, n=number: reaction(who, t, "👍", n),
            "edit": lambda who=who, t=target, n=number: edit(who, t, f"geändert {n}", n),
            "revoke": lambda who=who, t=target, n=number: revoke(who, t, n),
        }[kind]()
        items.append(("messages", made))
    items += [("statuses", receipt("wamid.ours", word)) for word in ("read", "delivered", "sent")]
    items += [chance.choice(items) for _ in range(200 - len(items))]
    chance.shuffle(items)
    return items


def cut(items: list[Any], chance: random.Random) -> list[list[Any]]:
    edges = sorted(chance.sample(range(1, len(items)), chance.randint(1, 40)))
    return [items[start:end] for start, end in itertools.pairwise([0, *edges, len(items)])]


def split_kinds(items: list[tuple[str, dict[str, Any]]], chance: random.Random) -> bytes:
    """One body of them, in so many entries and changes as chance has it."""
    pieces = cut(items, chance) if len(items) > 40 and chance.random() < 0.5 else [items]
    bodies = [
        body(
            [one for kind, one in piece if kind == "messages"],
            [one for kind, one in piece if kind == "statuses"],
        )
        for piece in pieces
    ]
    changes = [change for each in bodies for change in json.loads(each)["entry"][0]["changes"]]
    at = chance.randint(0, len(changes))
    return escaped(
        {**envelope([]), "entry": [*envelope(changes[:at])["entry"], *envelope(changes[at:])["entry"]]}
    )


def empty(desk: Desk) -> None:
    """Forget all that was said; sessions and agents stay."""
    gone: list[type[SQLModel]] = [
        tables.Message,
        tables.Conversation,
        tables.Contact,
        tables.Arrival,
        tables.Seen,
        tables.Outbox,
        tables.Intake,
        tables.AutoText,
        tables.Quarantine,
        tables.Command,
    ]
    desk.write(lambda session: [session.execute(table.__table__.delete()) for table in gone] and None)  # type: ignore[attr-defined]
