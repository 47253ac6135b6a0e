"""Two processes on one PostgreSQL: whoever gets what, everything happens once, and every screen tells the same story."""

from __future__ import annotations

import asyncio
from collections import Counter
from datetime import timedelta
from pathlib import Path

import pytest

from tests.fakes import until
from tests.stories.console import Console
from tests.stories.script import OPENS, THIS_HOUR
from tests.stories.twins import STAFF, Twins, twins

CITIZENS = 8
LEASE = timedelta(seconds=31)


#: Events that every screen is told of.
FOR_ALL = "name not like 'notice.%' and name <> 'budget.updated'"


class Watch:
    """Looks at the numbers of the events all the time, from outside, as a reader between two commits sees them."""

    def __init__(self, pair: Twins) -> None:
        self._pair = pair
        self.looks: set[tuple[int, int, int]] = set()
        self._task = asyncio.create_task(self._watch())

    async def _watch(self) -> None:
        counters = (
            "select count(*), coalesce(max(seq), 0), (select coalesce(max(seq), 0) from town) from event"
        )
        while True:
            self.looks |= set(await asyncio.to_thread(self._pair.rows, counters))
            await asyncio.sleep(0.005)

    async def end(self) -> None:
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)


def check_events(pair: Twins, watch: Watch, screens: list[Console]) -> None:
    """No reader ever saw a gap, and every screen was told every event once, in order."""
    assert len(watch.looks) > 10
    assert [look for look in watch.looks if len(set(look)) != 1] == []
    stored = [seq for (seq,) in pair.rows(f"select seq from event where {FOR_ALL} order by seq")]
    for screen in screens:
        told = [event["seq"] for event in screen.events if event["name"] != "budget.updated"]
        assert told == [seq for seq in stored if seq >= told[0]], screen.name
    last = [[one for one in screen.events if one["name"] != "budget.updated"][-5:] for screen in screens]
    assert last == last[:1] * len(screens)


async def answer(screen: Console, text: str) -> list[str]:
    """Answer everybody who waits, all at the same moment; the texts."""
    waiting = screen.waiting()
    texts = [f"{text} {row['id']}" for row in waiting]
    asked = [
        screen.ask("reply", conversation=row["id"], text=words, seen=screen.seq)
        for row, words in zip(waiting, texts, strict=True)
    ]
    results = await asyncio.gather(*asked)
    assert all(result["ok"] for result in results), results
    return texts


def statuses(pair: Twins) -> Counter[str]:
    """How the replies stand."""
    rows = pair.rows("select status from message where author_kind = 'agent'")
    return Counter(status for (status,) in rows)


@pytest.mark.proves("AC-9", "AC-21", "F20", "F61", "F70")
@pytest.mark.parametrize("seed", [1, *(pytest.param(n, marks=pytest.mark.full) for n in range(2, 8))])
async def test_both_at_once_do_everything_once(tmp_path: Path, postgres_url: str, seed: int) -> None:
    async with twins(tmp_path, postgres_url, OPENS - timedelta(hours=2), seed) as pair:
        await asyncio.gather(*(server.start() for server in pair.servers))
        first, second = pair.servers
        mayor, also, brandt = [
            await pair.console(who, server)
            for who, server in (("mayor", first), ("mayor", second), ("brandt", second))
        ]
        watch, citizens = Watch(pair), pair.people(CITIZENS)
        await told_the_date_once(pair, citizens)
        pair.now(OPENS + timedelta(seconds=1))
        await until(
            lambda: all(_open(screen) for screen in (mayor, also, brandt)),
            5,
            "the hour opens on every screen",
        )
        texts = await hour(pair, citizens, [mayor, also])
        await watch.end()
        assert Counter(text for text in pair.heard() if THIS_HOUR not in text) == Counter(texts)
        for_all = f"select max(seq) from event where {FOR_ALL}"
        await until(
            lambda: (
                mayor.seq == also.seq
                and [((brandt.seq or 0) >= newest) for (newest,) in pair.rows(for_all)] == [True]
            ),
            what="every screen is current",
        )
        check_events(pair, watch, [mayor, also, brandt])
        check_sessions(pair)
        for screen in (mayor, also, brandt):
            await screen.close()


async def told_the_date_once(pair: Twins, citizens: list[str]) -> None:
    """Outside the hours: three messages each, to either process or both, and one answer each."""
    for n in range(3):
        for person in citizens:
            pair.says(person, f"zu früh {n}")
    await pair.at_rest()
    sent = Counter(entry["person"] for entry in pair.simulation.journal.entries("send"))
    assert sent == dict.fromkeys(citizens, 1)
    assert all(THIS_HOUR in text for text in pair.heard())
    assert pair.rows("select count(*) from arrival") == [(3 * len(citizens),)]
    assert pair.rows("select count(*) from message") == [(0,)]


async def hour(pair: Twins, citizens: list[str], screens: list[Console]) -> list[str]:
    """Three waves; the mayor answers each at another desk. Returns what was answered."""
    texts = []
    for wave in range(3):
        for person in citizens:
            pair.says(person, f"{person} fragt {wave}")
        await pair.at_rest()
        screen = screens[wave % 2]
        await until(lambda screen=screen: len(screen.waiting()) == len(citizens), what="all wait")  # type: ignore[misc]
        texts += await answer(screen, f"Antwort {wave}")
        await pair.at_rest()
    stored = pair.rows("select text from message where direction = 'inbound'")
    assert Counter(text for (text,) in stored) == Counter(
        f"{p} fragt {n}" for p in citizens for n in range(3)
    )
    assert pair.wire.to_all, "some went to both"
    assert set(statuses(pair)) == {"read"}
    return texts


def _open(screen: Console) -> bool:
    return [row["state"] for row in screen.sessions.values()] == ["open"]


def check_sessions(pair: Twins) -> None:
    """Both ticked: no session is there twice, and nothing that happened to one was told twice."""
    assert pair.rows("select occurrence from session group by occurrence having count(*) > 1") == []
    told = """select data, lag(data) over (partition by data::json->>'id' order by seq) before from event
        where name like 'session.%'"""
    assert pair.rows(f"select * from ({told}) told where data = before") == []
    states = pair.rows("select distinct data::json->>'state' from event where name like 'session.%'")
    assert {"announced", "open"} <= {state for (state,) in states}
    created = pair.rows("select data::json->>'id' from event where name = 'session.created'")
    assert len(set(created)) == len(created) > 0


@pytest.mark.proves("F19")
async def test_a_lost_ring_is_only_a_short_wait(tmp_path: Path, postgres_url: str) -> None:
    async with twins(tmp_path, postgres_url, OPENS + timedelta(minutes=1)) as pair:
        await asyncio.gather(*(server.start() for server in pair.servers))
        mayor, brandt = [await pair.console(*who) for who in zip(STAFF, pair.servers, strict=True)]
        pair.says(pair.people(1)[0], "Guten Tag")
        await until(lambda: bool(mayor.waiting() and brandt.waiting()), what="both see it")
        listening = "from pg_stat_activity where datname = current_database() and query like 'listen %'"
        await until(lambda: len(pair.rows(f"select pid {listening}")) == 2, what="both listen")
        pair.rows(f"select pg_terminate_backend(pid) {listening}")
        asked = await mayor.ask("note", conversation=mayor.waiting()[0]["id"], text="ungehört")
        assert asked["ok"]
        await until(lambda: brandt.events[-1]["name"] == "note.created", 60, "it is read without a ring")
        await mayor.close()
        await brandt.close()


async def still_sends(pair: Twins, screen: Console) -> None:
    """Somebody new writes, is answered at this screen, and the answer leaves."""
    pair.says(pair.people(1)[0], "Und ich?")
    await until(
        lambda: any(row["last_message"]["text"] == "Und ich?" for row in screen.waiting()), what="it waits"
    )
    row = next(row for row in screen.waiting() if row["last_message"]["text"] == "Und ich?")
    text = f"auch an {row['id']}"
    assert (await screen.ask("reply", conversation=row["id"], text=text, seen=screen.seq))["ok"]
    await until(lambda: text in pair.heard(), what="it is sent")
    await until(lambda: pair.rows(f"select id from outbox where text = '{text}'") == [], what="it is settled")
    await until(lambda: row["id"] not in {one["id"] for one in screen.waiting()}, what="it waits no more")


@pytest.mark.parametrize(
    ("step", "unclear"),
    [
        pytest.param("out.claimed:2", False, marks=pytest.mark.proves("F61")),
        pytest.param("out.sending", True, marks=pytest.mark.proves("AC-23")),
        pytest.param("out.accepted", False),
    ],
)
async def test_the_other_sends_what_a_dead_one_held(
    tmp_path: Path, postgres_url: str, step: str, unclear: bool
) -> None:
    async with twins(tmp_path, postgres_url, OPENS + timedelta(minutes=1)) as pair:
        doomed, heir = pair.servers
        await doomed.start(step)
        await heir.start()
        mayor, other = await pair.console("mayor", doomed), await pair.console("mayor", heir)
        for person in pair.people(CITIZENS):
            pair.says(person, "Guten Tag")
        await until(lambda: len(mayor.waiting()) == len(other.waiting()) == CITIZENS, what="all wait")
        asked = [
            asyncio.create_task(
                mayor.ask("reply", conversation=row["id"], text=f"an {row['id']}", seen=mayor.seq)
            )
            for row in mayor.waiting()
        ]
        await doomed.died()
        held = "select id, state, fence from outbox where state in ('claimed', 'sending') order by id"
        await still_sends(pair, other)
        left_behind, kept = pair.rows(held), pair.rows("select id from message where author_kind = 'agent'")
        pair.now(OPENS + timedelta(minutes=1) + LEASE / 2)
        await still_sends(pair, other)
        assert pair.rows(held) == left_behind != [], "a lease is a lease"
        pair.now(OPENS + timedelta(minutes=1) + LEASE)
        await until(lambda: pair.rows(held) == [], 60, "nobody holds anything any more")
        await pair.at_rest()
        left = statuses(pair)
        assert left["unclear"] == (left.total() - len(pair.heard()))
        # Others of the doomed one's messages may have been on their way at that moment, whatever the step was.
        assert left["unclear"] > 0 or not unclear
        assert left.total() == len(kept) + 1
        assert set(Counter(pair.heard()).values()) <= {1}
        for task in asked:
            task.cancel()
        await mayor.close()
        await other.close()
