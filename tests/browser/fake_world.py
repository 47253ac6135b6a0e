"""A canned town for the fake console: people with long names, every kind of message, every state of a reply."""

from __future__ import annotations

import asyncio
import json
import uuid
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol

Json = dict[str, Any]

PEOPLE = (
    "Anna Weber", "Jonas Köhler", "Fatma Yılmaz", "Hans-Joachim von Schulenburg-Hohenstein", "Lena Öztürk",
    "Karl-Heinz Müller", "Peter Groß", "محمد الحسن", "Żaneta Wójcik", "Björn Straßenburger", "Maria Großhans",
    "Ø", "Ingeborg Käßbohrer-Leutheusser", "Ivana Đurić", "Uwe Bächle",
)  # fmt: skip
QUESTIONS = (
    "Guten Tag Herr Bürgermeister, die Laterne vor Nr. 12 ist seit Montag dunkel. 🙈",
    "Wann wird die Wippe am Bachweg repariert?",
    "Danke, das hilft mir sehr!", "?", "👍👍👍",
    "Darf man in der Lindenstraße jetzt wieder parken, oder gilt die Sperrung noch bis zum Ende der Bauarbeiten?",
    "مرحبا، متى تكون الجلسة القادمة؟",
    "Wann ist die nächste Bürgerversammlung?",
)  # fmt: skip
WELCOME = "Willkommen in der Sprechstunde! Bürgermeisterin Keller antwortet bis 16 Uhr. https://example.org/datenschutz"
LONG = "Ich wohne seit 1978 in der Hauptstraße und habe so etwas noch nicht erlebt. " * 13

#: Kinds that cannot be shown in full, with what comes along.
ODD: tuple[tuple[str, Json], ...] = (
    ("video", {}),
    ("call", {}),
    ("sticker", {}),
    ("unsupported", {}),
    ("contacts", {"detail": {"contacts": [{"name": "Bauhof"}]}}),
    ("location", {"text": "Marktplatz, Hauptstraße 65", "detail": {"latitude": 48.59, "longitude": 8.117}}),
    (
        "document",
        {"media": {"id": "d1", "filename": "Bauplan Anbau.pdf", "size": 1_430_000, "state": "here"}},
    ),
)


class Hearer(Protocol):
    """Whoever is told of events."""

    def push(self, frame: Json) -> None:
        """Send one frame."""


def iso(at: datetime) -> str:
    """As the wire writes an instant."""
    return at.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def now() -> datetime:
    """This machine's time."""
    return datetime.now(UTC)


class World:
    """Conversations, messages, one session, and the events since the start; the console's agent is ``ek``."""

    def __init__(self, people: int, *, session: bool = True) -> None:
        self.seq = 100
        self.events: list[Json] = []
        self.hearers: set[Hearer] = set()
        self.agents = [
            {"id": "ek", "name": "Erika Keller", "roles": ["mayor"], "disabled": False},
            {"id": "mb", "name": "Murat Brandt", "roles": ["assistant"], "disabled": False},
            {"id": "sv", "name": "Sabine Vogt", "roles": ["assistant"], "disabled": False},
        ]
        self.conversations: dict[str, Json] = {}
        self.messages: dict[str, list[Json]] = {}
        self.notes: dict[str, list[Json]] = {}
        self.session = _session("open", -36, 24) if session else None
        self.next_session = _session("announced", 60 * 24 * 11, 60 * 24 * 11 + 60)
        for number in range(people):
            self._person(number)
        if people:
            self._everything("c0")
        if people > 3:
            self.conversations["c3"]["window_closes_at"] = iso(now() - timedelta(minutes=5))

    # -- what is there -----------------------------------------------------------------------------

    def _person(self, number: int) -> None:
        id, name = f"c{number}", PEOPLE[number % len(PEOPLE)]
        at = now() - timedelta(minutes=max(1, 14 - number * 14 / 12), seconds=20)
        done = number % 4 == 3 and number > 4
        self.conversations[id] = {
            "id": id,
            "line": "buergermeister",
            "lane": "done" if done else "waiting",
            "session": self.session and self.session["id"],
            "contact": {
                "id": f"k{number}",
                "name": name if number < len(PEOPLE) else f"{name} {number}",
                "phone": f"+4917139200{number % 100:02d}",
            },
            "waiting_since": None if done else iso(at),
            "window_closes_at": iso(at + timedelta(hours=24)),
            "assignee": {1: "mb", 2: "ek"}.get(number),
            "last_message": None,
            "unread": 0,
            "outcome": "answered" if done else None,
            "outcome_detail": "",
            "carried": number == 1,
        }
        self.messages[id], self.notes[id] = [], []
        self.say(id, QUESTIONS[number % len(QUESTIONS)], at=at, quiet=True)

    def _everything(self, id: str) -> None:
        """One conversation with everything that can be shown."""
        self.messages[id].clear()
        yesterday = now() - timedelta(days=1)
        for number in range(60):
            self.say(
                id, f"Ältere Nachricht {number + 1}", at=yesterday + timedelta(seconds=number), quiet=True
            )
        clock = Clock(now() - timedelta(minutes=25))
        first = self.say(id, QUESTIONS[0], at=clock.step(), quiet=True)
        auto = {"kind": "auto", "id": None, "name": "Automatische Antwort"}
        self.answer(id, WELCOME, at=clock.step(0.1), quiet=True, author=auto)
        self._inbound(id, clock)
        self._outbound(id, clock, first["id"])
        self.say(
            id, "Wissen Sie, wann das repariert wird?", at=clock.step(), quiet=True, reply_to=first["id"],
            decision="Keine automatische Antwort, weil die Nachricht in die Sprechzeit fällt und Menschen antworten.",
        )  # fmt: skip
        self.say(id, "Es ist wirklich sehr dunkel dort.", at=clock.step(0.5), quiet=True)
        self.conversations[id]["unread"] = 2

    def _inbound(self, id: str, clock: Clock) -> None:
        for text, media in (
            ("So sieht es abends aus", {"id": "m1", "mime_type": "image/png", "state": "here"}),
            ("", {"id": "m2", "state": "waiting"}),
            ("", {"id": "gone", "state": "here"}),
        ):
            self.say(id, text, kind="image", media=media, at=clock.step(0.2), quiet=True)
        told = "Anna Weber wurde um 15:22 Uhr gebeten, ihre Frage zu schreiben."
        self.say(id, "", kind="voice", at=clock.step(), quiet=True, decision=told)
        for kind, more in ODD:
            rest = {"text": "", **more}
            self.say(id, rest.pop("text"), kind=kind, at=clock.step(0.2), quiet=True, **rest)
        self.say(id, LONG, at=clock.step(0.2), quiet=True)

    def _outbound(self, id: str, clock: Clock, first: str) -> None:
        error = {"code": 131026, "message": "…"}
        thanks = [{"emoji": "🙏"}]
        for agent, text, more in (
            (0, "Danke für das Foto, wir kümmern uns.", {"status": "failed", "error": error}),
            (1, "Der Bauhof ist unterwegs.", {"status": "unclear"}),
            (0, "Ersatz ist bestellt.", {"status": "delivered", "reactions": thanks, "reply_to": first}),
        ):
            self.answer(id, text, agent=agent, at=clock.step(), quiet=True, **more)
        at = clock.step()
        late = {"sent_at": iso(at - timedelta(minutes=19)), "received_at": iso(at), "late": True}
        self.say(id, "Und der Gehweg ist auch kaputt.", at=at, quiet=True, **late)
        self.note(id, "Bauhof sagt: Ersatzteil ist da, Montage morgen.", 2, at=clock.step(), quiet=True)
        self.answer(id, "Ich melde mich gleich.", at=clock.step(), quiet=True, status="read")

    # -- what happens ------------------------------------------------------------------------------

    def say(
        self, id: str, text: str, *, at: datetime | None = None, quiet: bool = False, **more: Any
    ) -> Json:
        """A citizen writes; quietly: without an event."""
        at = at or now()
        row = self.conversations[id]
        author = {"kind": "contact", "id": row["contact"]["id"], "name": row["contact"]["name"]}
        message = self._message(id, text, at, **{"author": author, "received_at": iso(at), **more})
        if row["lane"] != "done" or not quiet:
            row["lane"] = "waiting"
            row["waiting_since"] = row["waiting_since"] or iso(at)
            row["unread"] += 1
        return self._put(message, quiet)

    def answer(
        self,
        id: str,
        text: str,
        *,
        at: datetime | None = None,
        agent: int = 0,
        quiet: bool = False,
        **more: Any,
    ) -> Json:
        """An agent writes."""
        who = self.agents[agent]
        author = {"kind": "agent", "id": who["id"], "name": who["name"]}
        fields = {"direction": "outbound", "author": author, "status": "read", **more}
        message = self._message(id, text, at or now(), **fields)
        if not quiet:
            self.conversations[id].update(lane="answered", waiting_since=None, unread=0)
            self.conversations[id]["assignee"] = who["id"]
        return self._put(message, quiet)

    def note(
        self, id: str, text: str, agent: int, *, at: datetime | None = None, quiet: bool = False
    ) -> Json:
        """An agent notes something."""
        self.seq += 1
        who = self.agents[agent]
        author = {"kind": "agent", "id": who["id"], "name": who["name"]}
        made = {"id": uuid.uuid4().hex, "conversation": id, "author": author, "text": text, "seq": self.seq}
        made["at"] = iso(at or now())
        self.notes[id].append(made)
        if not quiet:
            self.emit("note.created", made)
        return made

    def emit(self, name: str, data: Json) -> None:
        """Tell everybody."""
        self.seq += 1
        event = {"seq": self.seq, "name": name, "at": iso(now()), "data": json.loads(json.dumps(data))}
        self.events.append(event)
        for hearer in self.hearers:
            hearer.push({"type": "event", **event})

    def _message(self, id: str, text: str, at: datetime, **more: Any) -> Json:
        self.seq += 1
        empty = ("media", "detail", "received_at", "client_id", "status", "error", "reply_to", "decision")
        return {
            "id": uuid.uuid4().hex,
            "conversation": id,
            "seq": self.seq,
            "direction": "inbound",
            "kind": "text",
            "text": text,
            "reactions": [],
            "sent_at": iso(at),
            "late": False,
            **dict.fromkeys(empty),
            **more,
        }

    def _put(self, message: Json, quiet: bool) -> Json:
        row = self.conversations[message["conversation"]]
        shown = ("id", "direction", "author", "kind", "text", "sent_at", "status")
        row["last_message"] = {key: message[key] for key in shown}
        self.messages[row["id"]].append(message)
        if not quiet:
            self.emit("message.created", message)
            self.emit("conversation.updated", row)
        return message

    # -- what is asked -----------------------------------------------------------------------------

    def snapshot(self) -> Json:
        """Everything, as of now."""
        self._count()
        return {
            "seq": self.seq,
            "now": iso(now()),
            "session": self.session,
            "next_session": self.next_session,
            "sessions": [self.session] if self.session else [],
            "conversations": list(self.conversations.values()),
            "agents": self.agents,
            "lines": [],
            "notices": [],
        }

    def presence(self) -> Json:
        """The console's agent, and two colleagues at work."""
        where = (("ek", None, None), ("mb", "c1", "c1"), ("sv", "c0", None))
        names = {agent["id"]: agent["name"] for agent in self.agents}
        agents = [{"id": id, "name": names[id], "viewing": v, "composing": c} for id, v, c in where]
        return {"agents": agents}

    def command(self, name: str, data: Json, id: str) -> Json:
        """Carry out a command roughly. Returns the result frame's ``data`` or ``error``."""
        row = self.conversations.get(data.get("conversation", ""))
        match name:
            case "reply":
                return self._reply(data, id)
            case "note":
                return {"data": {"note": self.note(data["conversation"], data["text"], 0)}}
            case "next":
                free = [
                    c for c in self.conversations.values() if c["lane"] == "waiting" and not c["assignee"]
                ]
                return self._change(
                    min(free, key=lambda c: str(c["waiting_since"]), default=None), assignee="ek"
                )
            case "claim":
                return self._change(row, assignee="ek")
            case "release":
                return self._change(row, assignee=None)
            case "resolve":
                return self._conclude(data)
            case "session.settle":
                for item in data["items"]:
                    self._conclude(item)
            case "session.close" | "session.close_intake" | "session.open_intake" if self.session:
                self._steer(name)
            case "session.extend" if self.session:
                closes = datetime.fromisoformat(self.session["closes"]) + timedelta(minutes=data["minutes"])
                self.session["closes"] = iso(closes)
                self.emit("session.updated", self.session)
            case "session.open_now":
                self.session = _session("open", 0, data["minutes"])
                self.emit("session.created", self.session)
        return {"data": {}}

    def _conclude(self, verdict: Json) -> Json:
        detail = verdict.get("date") or verdict.get("department") or verdict.get("reason") or ""
        owed = verdict["outcome"] in ("promised", "carried_over", "handed_over")
        lane = "follow_up" if owed else "done"
        about = {"outcome": verdict["outcome"], "outcome_detail": detail}
        row = self.conversations[verdict["conversation"]]
        return self._change(row, lane=lane, waiting_since=None, unread=0, **about)

    def _steer(self, name: str) -> None:
        assert self.session
        states = {"close": "closed", "close_intake": "intake_closed", "open_intake": "open"}
        self.session["state"] = states[name.removeprefix("session.")]
        self.emit("session.updated", self.session)
        if self.session["state"] == "closed":
            self.session = None

    def _count(self) -> None:
        if self.session:
            waiting = [one for one in self.conversations.values() if one["lane"] == "waiting"]
            self.session["counts"] = {"waiting": len(waiting)}

    def closing(self) -> Json:
        """What each outcome would say."""
        texts = {
            "promised": "Das klären wir und melden uns bei Ihnen. Sie hören von uns bis {date}.",
            "carried_over": "Dafür hat die Zeit heute nicht gereicht. Ihr Anliegen kommt zuerst dran.",
            "handed_over": "Zuständig ist: {department}.",
            "declined": "Dabei können wir Ihnen hier leider nicht helfen. Der Grund: {reason}.",
        }
        return {"people": [], "texts": texts}

    def _change(self, row: Json | None, **changes: Any) -> Json:
        if row is not None:
            row.update(changes)
            self.emit("conversation.updated", row)
        return {"data": {"conversation": row}}

    def _reply(self, data: Json, id: str) -> Json:
        text, conversation = data["text"], data["conversation"]
        if text.startswith("!stale"):
            missed = self.answer(conversation, "Das habe ich schon beantwortet.", agent=1)
            return {"error": {"code": "stale", "message": "…", "seq": self.seq, "missed": [missed]}}
        if text.startswith("!claimed") and not data.get("take_over"):
            return {
                "error": {"code": "claimed", "message": "Jemand anderes antwortet gerade.", "assignee": "mb"}
            }
        status = {"!fail": "failed", "!unclear": "unclear"}.get(text.split()[0], "queued")
        message = self.answer(conversation, text, client_id=id, status=status)
        if status == "queued":
            asyncio.get_running_loop().create_task(self._deliver(message))
        return {"data": {"message": message}}

    async def _deliver(self, message: Json) -> None:
        for status in ("sending", "sent", "delivered", "read"):
            await asyncio.sleep(0.4)
            message["status"] = status
            self.emit("message.updated", message)


class Clock:
    """Moments one after another."""

    def __init__(self, at: datetime) -> None:
        self.at = at

    def step(self, minutes: float = 1.0) -> datetime:
        """The next moment."""
        self.at += timedelta(minutes=minutes)
        return self.at


def _session(state: str, opens: int, closes: int) -> Json:
    """A session from ``opens`` to ``closes``, in minutes from now."""
    at = now().replace(second=0, microsecond=0)
    return {
        "id": uuid.uuid4().hex,
        "line": "buergermeister",
        "number": 7,
        "title": "WhatsApp-Sprechstunde mit Bürgermeisterin Keller",
        "topic": "",
        "kind": "whatsapp",
        "state": state,
        "opens": iso(at + timedelta(minutes=opens)),
        "closes": iso(at + timedelta(minutes=closes, seconds=41)),
        "last_call_at": None,
        "last_called_at": None,
        "reason": "",
        "replaced_by": None,
        "late_until": None,
        "deputy": "",
        "pace": 95,
        "counts": {},
    }
