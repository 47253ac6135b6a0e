"""A message on its way in, as the actions of this room hand it on to one another."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sessionhours.core.keys import Keys
from sessionhours.core.keywords import Keyword, keyword
from sessionhours.core.message import Inbound, Person
from sessionhours.core.schedule import Line
from sessionhours.desk.ledger import Ledger, Row
from sessionhours.desk.plan import Plan


@dataclass(slots=True)
class Arrived:
    """One message of a citizen on its way in: what came, where it belongs, and what is known of its writer so far.

    ``came_before``: it is remembered already, and is looked at again.
    """

    ledger: Ledger
    keys: Keys
    plan: Plan
    line: Line
    inbound: Inbound
    key: str
    sent_at: datetime
    received_at: int
    replayed: bool
    conversation: Row | None = None
    contact: Row | None = None
    came_before: bool = False

    @property
    def keyword(self) -> Keyword | None:
        """What it asks of the line itself, if it does."""
        return keyword(self.inbound.kind, self.inbound.text)

    @property
    def contact_key(self) -> str:
        """What is remembered of who wrote, where nothing else is."""
        return self.keys.person(self.ledger.town, self.inbound.person)

    @property
    def user_key(self) -> str | None:
        """The same of their BSUID, whether this message names it or we know it."""
        user_id = self.inbound.person.user_id or (self.contact or {}).get("user_id")
        return self.keys.person(self.ledger.town, Person(user_id, None)) if user_id else None

    @property
    def phone_key(self) -> str | None:
        """The same of their number."""
        phone = self.inbound.person.phone or (self.contact or {}).get("phone")
        return self.keys.person(self.ledger.town, Person(None, phone)) if phone else None

    @property
    def known_as(self) -> list[str]:
        """Every key of this person: a message may name only one of their ids."""
        return [key for key in (self.user_key, self.phone_key) if key]
