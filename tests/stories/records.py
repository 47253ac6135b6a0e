"""Four records that know nothing of each other, held side by side: what citizens wrote, what Meta took, every frame of
every console, and the database as a plain SQLite reader finds it. Names of the checks are Jepsen's.
"""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property
from pathlib import Path
from typing import Any

from sessionhours.core.message import SAID
from sessionhours.simulator.world import Person
from tests.stories.console import Console
from tests.stories.hour import House, Said, dump
from tests.stories.script import ABOUT_ANOTHER, CLOSES, NEXT_HOUR, NOT_TAKEN, OPENS, THIS_HOUR

Row = dict[str, Any]

#: What is told to those alone whom it concerns.
FOR_SOME = frozenset({"notice", "budget"})

#: The file says so: ten minutes before the hour messages queue already, two minutes after it they still count.
EARLY, GRACE = timedelta(minutes=10), timedelta(minutes=2)

#: The line's own number, whose state is looked up before the hour.
NUMBER = "200000000000002"

NOTICE = "Das können wir hier leider nicht annehmen."
AWAY = "Hier liest gerade niemand mit"
LOBBY = "Es geht gleich los: Donnerstag, 3. Dezember 2026, 15–16 Uhr."
LAST_CALL = "ist Schluss. Was noch fehlt"


@dataclass
class Records:
    """Everything that is known when the day is over and the server has ended."""

    town: House
    screens: dict[str, Console]
    replies: dict[str, str]
    calls: int = 0

    @cached_property
    def stored(self) -> list[Row]:
        """The messages of the database, in the order in which a conversation shows them."""
        return sorted(
            dump(self.town.server.database, "message"), key=lambda row: (row["order_at"], row["seq"])
        )

    @cached_property
    def admitted(self) -> list[Said]:
        """What was written in the hour, with its margins, in the order of writing."""
        mine = [said for said in self.town.said if OPENS - EARLY <= said.line.at < CLOSES + GRACE]
        return sorted(mine, key=lambda said: said.line.at)

    @cached_property
    def entries(self) -> list[Said]:
        """What is shown as a message of its own."""
        return [said for said in self.admitted if said.line.kind not in ABOUT_ANOTHER]

    @cached_property
    def declined(self) -> list[Said]:
        """What was written outside."""
        return [said for said in self.town.said if said not in self.admitted]

    @cached_property
    def sends(self) -> list[Row]:
        """What Meta accepted."""
        return self.town.simulation.journal.entries("send")

    @cached_property
    def person_of(self) -> dict[str, Person]:
        """The citizen behind each conversation."""
        contacts = {row["id"]: row["user_id"] for row in dump(self.town.server.database, "contact")}
        rows = dump(self.town.server.database, "conversation")
        found = {row["id"]: self.town.simulation.world.by_user_id(contacts[row["contact"]]) for row in rows}
        return {id: person for id, person in found.items() if person is not None}

    def check_all(self) -> None:
        """Every check; raises `AssertionError`."""
        self.everybody_wrote()
        self.the_way_was_rough()
        self.stored_once_and_whole()
        self.kept_nothing_of_the_declined()
        self.shown_once_in_order()
        self.replied_once()
        self.told_the_date_once()
        self.noticed_once()
        self.told_what_the_hour_is_doing()
        self.fetched_only_pictures()
        self.settled()

    # -- the day itself ----------------------------------------------------------------------------

    def everybody_wrote(self) -> None:
        """As many as the story says, in every way in which a citizen can."""
        assert len(self.town.said) == 120
        assert len({said.line.person for said in self.town.said}) == 30
        assert {said.line.kind for said in self.town.said} == (SAID | ABOUT_ANOTHER) - {"call", "unknown"}

    def the_way_was_rough(self) -> None:
        """Batches, repeats and disorder were among what was taken: a smooth day would prove little."""
        taken = [entry for entry in self.town.simulation.journal.entries("webhook") if entry["status"] == 200]
        came = [id for entry in taken for id in entry["ids"]]
        written = [said.wamid for said in self.town.said]
        assert max(entry["items"] for entry in taken) >= 3
        assert sum(times > 1 for id, times in Counter(came).items() if id in written) >= 10
        first = list(dict.fromkeys(id for id in came if id in set(written)))
        assert sum(one != other for one, other in zip(first, written, strict=True)) >= 10

    # -- in ----------------------------------------------------------------------------------------

    def stored_once_and_whole(self) -> None:
        """Lost, doubled, phantom: none; and the words are the citizen's."""
        rows = [row for row in self.stored if row["direction"] == "inbound" and row["kind"] != "declined"]
        rows = [row for row in rows if row["kind"] not in ("call", "system")]
        assert Counter(row["wamid"] for row in rows) == Counter(said.wamid for said in self.entries)
        by_wamid = {row["wamid"]: row for row in rows}
        for said in self.entries:
            row = by_wamid[said.wamid]
            assert row["kind"] == said.line.kind
            assert row["sent_at"] == said.line.at.timestamp() * 1000
            assert self.person_of[row["conversation"]].id == said.line.person
            assert self._words_are_there(said, row), (said, row)
        late = [said.line.words.split()[0] for said in self.entries if by_wamid[said.wamid]["late"]]
        assert late == ["frueh-00", "spaet-00"], "minutes on the way are shown"
        assert [row["kind"] for row in self.stored].count("call") == self.calls
        assert len(dump(self.town.server.database, "arrival")) == len(self.town.said) + self.calls

    def _words_are_there(self, said: Said, row: Row) -> bool:
        about = [other for other in self.admitted if other.about == said.wamid]
        edits = [other.line.words for other in about if other.line.kind == "edit"]
        detail = json.loads(row["detail"] or "{}")
        assert bool(detail.get("withdrawn")) == any(other.line.kind == "revoke" for other in about)
        reactions = [other for other in about if other.line.kind == "reaction"]
        assert bool(json.loads(row["reactions"] or "[]")) == bool(reactions)
        if edits:
            return str(row["text"]) == edits[-1]
        silent = said.line.kind in ("sticker", "voice", "audio", "unsupported")
        return silent or said.line.words in f"{row['text']} {detail}"

    def kept_nothing_of_the_declined(self) -> None:
        """No body and no wamid of theirs; where a conversation was there already, an entry without words."""
        empty = [row for row in self.stored if row["kind"] == "declined"]
        assert not any(row["text"] or row["detail"] or row["media"] or row["wamid"] for row in empty)
        known = {said.line.person for said in self.entries}
        later = [said for said in self.declined if said.line.person in known and said.line.at > CLOSES]
        assert Counter(self.person_of[row["conversation"]].id for row in empty) == Counter(
            said.line.person for said in later
        )
        assert {person.id for person in self.person_of.values()} == known
        marks = [said.line.words for said in self.declined] + [said.wamid for said in self.declined]
        assert self.town.traces(marks) == []

    # -- on the screens ----------------------------------------------------------------------------

    def shown_once_in_order(self) -> None:
        """Each screen was told every event once, in order, over all its connections; and shows what is stored."""
        for screen in self.screens.values():
            self._told_everything(screen)
            self._shows_what_is_stored(screen)
            self._shows_the_order_of_writing(screen)
        mayor, *others = self.screens.values()
        for other in others:
            assert (other.messages, other.conversations) == (mayor.messages, mayor.conversations)

    def _told_everything(self, screen: Console) -> None:
        first = screen.connections[0][0]["seq"]
        events = sorted(dump(self.town.server.database, "event"), key=lambda row: row["seq"])
        wanted = [
            (row["seq"], row["name"], json.loads(row["data"]))
            for row in events
            if row["seq"] > first and row["name"].partition(".")[0] not in FOR_SOME
        ]
        told = [(event["seq"], event["name"], event["data"]) for event in screen.events]
        assert [one for one in told if one[1] != "budget.updated"] == wanted
        assert all(connection[0]["snapshot"] is None for connection in screen.connections[1:])

    def _shows_what_is_stored(self, screen: Console) -> None:
        created = Counter(
            event["data"]["id"] for event in screen.events if event["name"] == "message.created"
        )
        shown = [row["id"] for row in self.stored]
        assert all(created[id] == 1 for id in shown)
        for conversation in screen.conversations:
            mine = [row["id"] for row in self.stored if row["conversation"] == conversation]
            assert [message["id"] for message in screen.said_in(conversation)] == mine
        assert screen.messages.keys() == set(shown)

    def _shows_the_order_of_writing(self, screen: Console) -> None:
        wamids = {row["id"]: row["wamid"] for row in self.stored}
        written = defaultdict(list)
        for said in self.entries:
            written[said.line.person].append(said.wamid)
        for conversation, person in self.person_of.items():
            inbound = [m for m in screen.said_in(conversation) if m["direction"] == "inbound"]
            shown = [wamids[m["id"]] for m in inbound if m["kind"] not in ("declined", "call", "system")]
            assert shown == written[person.id]

    # -- out ---------------------------------------------------------------------------------------

    def replied_once(self) -> None:
        """Every reply was accepted once, by the right telephone, in order, and its ticks went up to the end."""
        accepted = Counter(entry["content"]["body"] for entry in self.sends)
        assert {text: accepted[text] for text in self.replies} == dict.fromkeys(self.replies, 1)
        assert self.town.simulation.journal.doubles() == []
        for screen in self.screens.values():
            shown = [m for m in screen.messages.values() if m["author"]["kind"] == "agent"]
            assert Counter(m["text"] for m in shown) == Counter(list(self.replies))
            assert all(m["status"] == self._last_tick(m["conversation"]) for m in shown)
        for conversation, person in self.person_of.items():
            mine = [text for text, where in self.replies.items() if where == conversation]
            assert [text for text in self.town.heard_by(person.id) if text in self.replies] == mine

    def _last_tick(self, conversation: str) -> str:
        person = self.person_of[conversation]
        return "read" if person.reads and person.read_receipts else "delivered"

    def told_the_date_once(self) -> None:
        """Who wrote before or after the hour got one reply with the right next date, in words; nobody else did."""
        asking = [said for said in self.declined if said.line.kind not in ABOUT_ANOTHER]
        early = {said.line.person for said in asking if said.line.at < OPENS}
        late = {said.line.person for said in asking if said.line.at > CLOSES}
        for person in self.town.simulation.world.people:
            told = [text for text in self.town.heard_by(person) if AWAY in text]
            assert [THIS_HOUR in text for text in told].count(True) == (person in early), person
            assert [NEXT_HOUR in text for text in told].count(True) == (person in late), person
            assert len(told) == (person in early) + (person in late)
            assert all("Telefon 07842 80221" in text and "112" in text for text in told)

    def noticed_once(self) -> None:
        """One notice an hour for what is not taken in here; to the first question of a stranger none at all."""
        for person in self.town.simulation.world.people:
            notices = [text for text in self.town.heard_by(person) if NOTICE in text]
            assert len(notices) == (person in self._noticed()), person
        others = [e["content"]["body"] for e in self.sends if e["content"]["body"] not in self.replies]
        assert all(any(known in text for known in (AWAY, NOTICE, LOBBY, LAST_CALL)) for text in others)

    def told_what_the_hour_is_doing(self) -> None:
        """Who came before it opened heard once when it starts, nobody else; the last call nobody heard twice."""
        early = {said.line.person for said in self.entries if said.line.at < OPENS}
        for person in self.town.simulation.world.people:
            heard = self.town.heard_by(person)
            assert sum(LOBBY in text for text in heard) == (person in early), person
            assert sum(LAST_CALL in text for text in heard) <= 1, person

    def _noticed(self) -> set[str]:
        callers = {said.person for said in self.town.simulation.world.said.values() if said.type == "call"}
        return {said.line.person for said in self.entries if said.line.kind in NOT_TAKEN} | callers

    # -- the rest ----------------------------------------------------------------------------------

    def fetched_only_pictures(self) -> None:
        """Pictures of the hour are here; no other file was so much as looked up."""
        pictures = {self._file(said) for said in self.entries if said.line.kind == "image"}
        asked = {entry["path"].rpartition("/")[2] for entry in self._graph() if entry["method"] == "GET"}
        assert asked - {"", NUMBER, "message_templates"} == pictures
        here = [row for row in dump(self.town.server.database, "media") if row["state"] == "here"]
        assert {row["meta_id"] for row in here} == pictures
        folder = self.town.server.data / "media"
        assert {path.name for path in folder.iterdir()} == {row["id"] for row in here}

    def _graph(self) -> list[Row]:
        return self.town.simulation.journal.entries("graph")

    def _file(self, said: Said) -> str:
        return str(self.town.simulation.world.said[said.wamid].content["id"])

    def settled(self) -> None:
        """Nothing waits, only the field that nobody knows lies apart, and the session went its way once."""
        database: Path = self.town.server.database
        assert dump(database, "outbox") == []
        assert {row["why"] for row in dump(database, "quarantine")} == {'unknown field "not_known_yet"'}
        assert all(row["state"] == "done" and not row["body"] for row in dump(database, "intake"))
        states: list[str] = []
        for event in self.screens["mayor"].events:
            if event["name"] == "session.updated" and event["data"]["number"] == 1:
                states += [event["data"]["state"]] if states[-1:] != [event["data"]["state"]] else []
        assert states == ["announced", "lobby", "open", "draining", "closed"], states
