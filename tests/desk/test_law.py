"""Snapshot before + events = snapshot after, whatever happens, for everybody who may look (AC-36)."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable
from datetime import timedelta
from typing import Any

import pytest

from sessionhours.core.delivery import NotSent, Rejected, Unclear
from sessionhours.core.message import Failure
from sessionhours.core.roles import sight
from sessionhours.desk import budget, outbox, snapshot, templates
from sessionhours.desk.hub import Listener, frames
from sessionhours.desk.replies import Author
from sessionhours.store.tables import Message, Template
from tests.desk import reducer
from tests.desk.office import Desk
from tests.desk.test_identity import only_phone, only_user_id, system_message
from tests.desk.test_intake_order import edit, quoting, reaction, revoke
from tests.makers import OPENS, WABA, Clock, body, message, receipt, template_told

TEMPLATE = {"template": "sprechstunde_antwort", "language": "de", "parameters": ["Anna", "Stadt", "3.12."]}

OUTCOMES = (
    NotSent("no route", timedelta(seconds=5)),
    Rejected(Failure(131026)),
    Rejected(Failure(190), stop=True),
    Unclear("read timeout"),
)


async def unsent(frame: dict[str, Any]) -> None:
    """No socket is behind this console."""


class Watcher:
    """A console that looked once and has only heard events since."""

    def __init__(self, desk: Desk, author: Author) -> None:
        self.desk, self.author = desk, author
        told = desk.snapshot(author)
        self.state, self.timeline = reducer.state(told), self.pages(told["conversations"])
        self.listener = Listener(
            author.town,
            author.id,
            author.name,
            author.roles,
            sight(author.roles),
            told["seq"],
            unsent,
            live=True,
        )
        self.heard = len(desk.told)

    def check(self, what: str) -> None:
        fresh = self.desk.told[self.heard :]
        self.heard, known = len(self.desk.told), self.state["conversations"].keys()
        for event in reducer.events(frames(fresh, self.listener)):
            self.state = reducer.apply(self.state, event)
            self.timeline = reducer.timeline(self.timeline, event)
        told = self.desk.snapshot(self.author)
        now = reducer.state(told)
        assert {**self.state, "seq": 0} == {**now, "seq": 0}, f"{what}, seen by {set(self.author.roles)}"
        self.timeline |= self.pages(one for one in told["conversations"] if one["id"] not in known)
        shown = {id: one for id, one in self.timeline.items() if one["conversation"] in now["conversations"]}
        assert shown == self.pages(told["conversations"]), f"{what}, read by {set(self.author.roles)}"

    def pages(self, talks: Iterable[dict[str, Any]]) -> dict[str, Any]:
        """What a console reads of these conversations when it opens them: messages and notes."""
        found: dict[str, Any] = {}
        for talk in talks:
            page = self.desk.read(snapshot.messages, self.author, talk["id"], before=None, limit=200)
            assert not page["more"]
            found |= {one["id"]: one for one in [*page["messages"], *page["notes"]]}
        return found


class Chance:
    """Things that happen in a town hall, drawn by a seed."""

    def __init__(self, desk: Desk, seed: int, colleagues: list[Author]) -> None:
        self.desk, self.draw, self.colleagues, self.number = desk, random.Random(seed), colleagues, 0

    def happen(self) -> str:
        what = self.draw.choice(
            [self.writes] * 6
            + [self.asks] * 3
            + [self.marks] * 3
            + [self.command] * 8
            + [self.sends] * 3
            + [self.receipts] * 2
            + [self.time] * 2
            + [self.moves, self.broken, self.session, self.templates]
        )
        what()
        return what.__name__

    def talk(self) -> str:
        talks = [one["id"] for one in self.desk.snapshot()["conversations"]]
        return self.draw.choice(talks) if talks else "0" * 32

    def writes(self) -> None:
        self.number += 1
        make = self.draw.choice([message, message, only_phone, only_user_id])
        item = make(self.draw.randint(1, 5), f"Text {self.number}")
        item |= {"id": f"wamid.{self.number}", "timestamp": str(int(self.desk.clock().timestamp()))}
        named = [
            {
                "profile": {"name": self.draw.choice(["Anna", "Anna M."])},
                "user_id": item.get("from_user_id"),
                "wa_id": item.get("from"),
            }
        ]
        self.desk.deliver(body([item], contacts=named))

    def asks(self) -> None:
        self.number += 1
        word = self.draw.choice(["1", "1", "1", "TERMIN", "LÖSCHEN"])
        written = self.desk.clock() - timedelta(seconds=self.draw.choice([0, 0, 0, 90]))
        self.desk.says(self.draw.randint(1, 5), word, at=written, wamid=f"wamid.w{self.number}")

    def marks(self) -> None:
        self.number += 1
        target, who = f"wamid.{self.draw.randint(1, self.number + 2)}", self.draw.randint(1, 5)
        seconds = int((self.desk.clock() - OPENS).total_seconds())
        make: Callable[[], dict[str, Any]] = self.draw.choice(
            [
                lambda: reaction(who, target, "👍", seconds),
                lambda: edit(who, target, f"geändert {self.number}", seconds),
                lambda: revoke(who, target, seconds),
                lambda: quoting(who, f"Zitat {self.number}", target, seconds),
            ]
        )
        self.desk.deliver(body([{**make(), "id": f"wamid.m{self.number}"}]))

    def command(self) -> None:
        author, talk = self.draw.choice([self.desk.mayor, self.desk.assistant]), self.talk()
        choices: list[tuple[str, dict[str, Any]]] = [
            ("reply", {"conversation": talk, "text": "Antwort", "seen": 10**9, "take_over": True}),
            ("reply", {"conversation": talk, "text": "Antwort", "seen": 0}),
            ("note", {"conversation": talk, "text": "Notiz"}),
            ("claim", {"conversation": talk}),
            ("release", {"conversation": talk}),
            ("next", {}),
            ("assign", {"conversation": talk, "agent": self.draw.choice(self.colleagues).id}),
            (
                "resolve",
                {"conversation": talk, "outcome": self.draw.choice(["answered", "promised", "declined"])},
            ),
            ("template", {"conversation": talk, **TEMPLATE, "take_over": True}),
            ("retry", {"message": self.ours()}),
            ("confirm_delivered", {"message": self.ours()}),
        ]
        name, data = self.draw.choice(choices)
        self.desk.ask(author, name, **data)

    def ours(self) -> str:
        rows = [row.id for row in self.desk.rows(Message) if row.direction == "outbound"]
        return self.draw.choice(rows) if rows else "0" * 32

    def session(self) -> None:
        running = self.desk.snapshot()["session"]
        if running:
            self.desk.ask(
                self.desk.mayor, "session.extend", session=running["id"], minutes=self.draw.randint(1, 15)
            )
        else:
            self.desk.ask(self.desk.mayor, "session.open_now", line=self.desk.line.id, minutes=30)

    def sends(self) -> None:
        self.desk.send(self.draw.choice([None, None, *OUTCOMES]))
        if self.draw.random() < 0.2:
            self.desk.write(outbox.recover, now=self.desk.clock(), everything=True)

    def receipts(self) -> None:
        rows = [row for row in self.desk.rows(Message) if row.direction == "outbound"]
        for row in self.draw.sample(rows, min(len(rows), 2)):
            word = self.draw.choice(["sent", "delivered", "read", "failed"])
            self.desk.deliver(
                body([], [receipt(row.wamid or f"wamid.early.{row.id}", word, attempt=row.attempt)])
            )

    def time(self) -> None:
        self.desk.clock.forward(minutes=self.draw.choice([1, 5, 20, 60 * 24 * 35]))
        self.desk.tick()
        self.desk.write(budget.tell, self.desk.schedule, now=self.desk.clock())

    def templates(self) -> None:
        """Meta says how a template stands, or the file is followed."""
        if not self.desk.rows(Template) or self.draw.random() < 0.3:
            now = self.desk.clock()
            self.desk.write(templates.begin, self.desk.schedule, since=now, now=now)
        name, language = self.draw.choice(["sprechstunde_antwort", "other"]), self.draw.choice(["de", "en"])
        status = self.draw.choice(["APPROVED", "REJECTED", "PAUSED", "FLAGGED"])
        self.desk.deliver(template_told(name, language, status))

    def moves(self) -> None:
        self.desk.deliver(system_message())

    def broken(self) -> None:
        self.desk.deliver(b'{"object":"?"}', body([message(1)], phone_number_id=str(self.number)))


@pytest.mark.proves("AC-36", "AC-56", "F69")
@pytest.mark.parametrize("outside", ["decline", "hold", "offer"])
@pytest.mark.parametrize("seed", [0, 1, *(pytest.param(seed, marks=pytest.mark.full) for seed in (2, 3))])
def test_snapshot_and_events_are_the_fresh_snapshot(
    new_desk: Callable[..., Desk], seed: int, outside: str
) -> None:
    desk = new_desk(
        f'outside = "{outside}"\nreceipt = "first"\napproval = false\nbusiness_account_id = "{WABA}"',
        Clock(OPENS - timedelta(hours=1)),
    )
    roles = ("specialist", "editor", "admin", "privacy")
    colleagues = [desk.agent(f"Kollegin {role}", role) for role in roles]
    watchers = [Watcher(desk, one) for one in (desk.mayor, desk.assistant, *colleagues)]
    chance = Chance(desk, seed, [desk.mayor, desk.assistant, colleagues[0]])
    happened = []
    for _ in range(60):
        happened.append(chance.happen())
        for watcher in watchers:
            watcher.check(" > ".join(happened[-3:]))
    seqs = [event.seq for event in desk.told]
    assert seqs == list(range(seqs[0], seqs[0] + len(seqs))), "strictly increasing, without gaps"
    sent = [row for row in desk.rows(Message) if row.status in ("sent", "read")]
    assert all(row.wamid for row in sent), "nothing counts as sent that Meta has not named"
