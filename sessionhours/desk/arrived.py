"""A message on its way in, as the actions of this room hand it on to one another."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sessionhours.core.keys import Keys
from sessionhours.core.message import Inbound
from sessionhours.core.schedule import Line
from sessionhours.desk.ledger import Ledger, Row
from sessionhours.desk.plan import Plan


@dataclass(slots=True)
class Arrived:
    """One message of a citizen on its way in: what came, where it belongs, and what is known of its writer so far."""

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

    @property
    def contact_key(self) -> str:
        """What is remembered of who wrote, where nothing else is."""
        return self.keys.person(self.ledger.town, self.inbound.person)
