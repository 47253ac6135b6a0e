"""The people, the business numbers and what they have said to each other."""

from __future__ import annotations

import base64
import random
import string
from collections.abc import Iterable, Iterator
from copy import deepcopy
from dataclasses import dataclass, field
from typing import Any, Literal

Json = dict[str, Any]
Ticks = Literal["accepted", "sent", "delivered", "read", "played", "failed"]

RANK = {"accepted": 0, "sent": 1, "delivered": 2, "read": 3, "played": 4}
WINDOW = 24 * 60 * 60
TYPING_LASTS = 25
SETTINGS: Json = {
    "calling": {"status": "DISABLED"},
    "user_identity_change": {"enable_identity_key_check": False},
    "storage_configuration": {"status": "DEFAULT"},
}


@dataclass
class Number:
    """A business phone number; `display` are its digits without a plus."""

    id: str
    display: str
    name: str = "Gemeinde"
    quality: str = "GREEN"
    status: str = "CONNECTED"
    settings: Json = field(default_factory=lambda: deepcopy(SETTINGS))
    profile: Json = field(default_factory=lambda: {"about": "Sprechstunde", "vertical": "GOVT"})


@dataclass
class Person:
    """Somebody with a telephone. `phone` are digits; hidden from businesses unless `phone_visible`."""

    id: str
    name: str
    phone: str
    user_id: str
    username: str | None = None
    phone_visible: bool = True
    on_whatsapp: bool = True
    online: bool = True
    read_receipts: bool = True
    reads: bool = True
    blocks_business: bool = False
    blocked: bool = False
    allow_listed: bool = True

    def contact(self, username: bool = True) -> Json:
        """This person as `value.contacts` shows them; what is not known is left out."""
        profile: Json = {"name": self.name}
        if self.username and username:
            profile["username"] = self.username
        known = {"wa_id": self.phone} if self.phone_visible else {}
        return {"profile": profile, **known, "user_id": self.user_id}

    def sender(self) -> Json:
        """This person as the beginning of a message shows them."""
        known = {"from": self.phone} if self.phone_visible else {}
        return {**known, "from_user_id": self.user_id}


@dataclass
class Said:
    """One message in a chat, from the person (`in`) or from the business (`out`)."""

    id: str
    number: str
    person: str
    direction: Literal["in", "out"]
    type: str
    content: Json
    at: float
    status: Ticks = "accepted"
    quotes: str | None = None
    opaque: str | None = None
    error: Json | None = None
    to_phone: bool = True
    reactions: dict[str, str] = field(default_factory=dict)

    def rise(self, status: Ticks) -> None:
        """Take on a later status; ticks never go back."""
        if status == "failed" or RANK[status] > RANK.get(self.status, 0):
            self.status = status

    def shown(self) -> Json:
        """The message as the phone page and the tests read it."""
        return {
            "id": self.id,
            "number": self.number,
            "person": self.person,
            "direction": self.direction,
            "type": self.type,
            "content": self.content,
            "at": self.at,
            "status": self.status,
            "quotes": self.quotes,
            "opaque": self.opaque,
            "error": self.error,
            "reactions": list(self.reactions.values()),
        }


@dataclass
class Rules:
    """How strict the platform is today; each can be changed while running."""

    window: Literal["sync", "async", "off"] = "sync"
    pair_rate: Literal["bucket", "strict", "off"] = "bucket"
    throughput: int = 80
    allow_list: bool = False
    free_messages: int = 1000
    payment: bool = True
    refuse_all: int | None = None


class World:
    """Everything the simulated platform knows. All chance comes from one seeded source."""

    def __init__(self, waba: str, seed: int) -> None:
        self.waba = waba
        self.chance = random.Random(seed)
        self.numbers: dict[str, Number] = {}
        self.people: dict[str, Person] = {}
        self.said: dict[str, Said] = {}
        self.rules = Rules()
        self.heard_at: dict[tuple[str, str], float] = {}
        self.typing_until: dict[tuple[str, str], float] = {}
        self.delivered_free = 0
        self.version = 0
        self._chats: dict[str, list[Said]] = {}
        self._serial = 0

    def changed(self) -> None:
        """Tell whoever watches that something is different now."""
        self.version += 1

    # ids

    def serial(self) -> int:
        """The next number of a count."""
        self._serial += 1
        return self._serial

    def message_id(self, phone: str, prefix: str = "wamid") -> str:
        """An opaque id in the platform's style, new each time."""
        unique = f"{self.chance.getrandbits(80):020X}".encode()
        raw = b"\x1c\x18\x0c" + phone.encode() + b"\x15\x02\x00\x12\x18\x14" + unique + b"\x00"
        return f"{prefix}.{base64.b64encode(raw).decode()}"

    def user_id(self, alphanumeric: bool = False) -> str:
        """A business-scoped user id; most are digits, the contract allows letters too."""
        alphabet = string.ascii_letters + string.digits if alphanumeric else string.digits
        body = "".join(self.chance.choice(alphabet) for _ in range(20))
        return f"DE.a{body[1:]}" if alphanumeric else f"DE.7{body[1:]}"

    def trace(self) -> str:
        """A new `fbtrace_id`."""
        return "A" + "".join(self.chance.choice(string.ascii_letters) for _ in range(22))

    # people

    def add(self, person: Person) -> Person:
        """Somebody moves in."""
        self.people[person.id] = person
        self._chats.setdefault(person.id, [])
        self.changed()
        return person

    def by_phone(self, phone: str) -> Person | None:
        """Who has this number now, if WhatsApp knows them."""
        return next((p for p in self.people.values() if p.phone == phone and p.on_whatsapp), None)

    def by_user_id(self, user_id: str) -> Person | None:
        """Who has this user id now, if WhatsApp knows them."""
        return next((p for p in self.people.values() if p.user_id == user_id and p.on_whatsapp), None)

    # chats

    def keep(self, said: Said) -> Said:
        """Put a message into its chat."""
        self.said[said.id] = said
        self._chats.setdefault(said.person, []).append(said)
        self.changed()
        return said

    def chat(self, person: str) -> list[Said]:
        """Everything said with one person, in the order it was said here."""
        return self._chats.get(person, [])

    def reached(self, ids: Iterable[str | None]) -> None:
        """What people wrote has been taken by the receiver: their second tick."""
        for id in ids:
            said = self.said.get(id or "")
            if said and said.direction == "in" and said.type != "reaction":
                said.rise("delivered")
                self.changed()

    def incoming(self, person: str, number: str) -> Iterator[Said]:
        """What a person wrote to one number, in order."""
        return (s for s in self.chat(person) if s.direction == "in" and s.number == number)

    def hear(self, number: str, person: str, at: float) -> None:
        """A message or a call by the person opens or renews the service window."""
        key = (number, person)
        self.heard_at[key] = max(at, self.heard_at.get(key, 0.0))

    def window_open(self, number: str, person: str, now: float) -> bool:
        """Whether 24 hours have not yet passed since the person was last heard."""
        return now < self.heard_at.get((number, person), -WINDOW) + WINDOW
