"""Keyed hashes: what is remembered of a wamid or a person of whom nothing else is kept.

A wamid holds the citizen's phone number (reliability 0.13), so it never stands in a memory, a log or an address as it is.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field

from sessionhours.core.message import Person


@dataclass(frozen=True, slots=True)
class Keys:
    """Makes keyed hashes with the installation's secret."""

    secret: bytes = field(repr=False)

    def of(self, *parts: str) -> str:
        """A keyed hash (BLAKE2b, RFC 7693) of the parts, 32 hexadecimal digits."""
        text = "\x1f".join(parts).encode("utf-8", "replace")
        return hashlib.blake2b(text, digest_size=16, key=self.secret[:64]).hexdigest()

    @property
    def fingerprint(self) -> str:
        """What tells this secret from another, and nothing of it."""
        return self.of("fingerprint")

    def wamid(self, wamid: str) -> str:
        """The key under which a message's id is remembered."""
        return self.of("wamid", wamid)

    def person(self, town: str, person: Person) -> str:
        """The key under which a person is remembered: by BSUID where it is known, else by number."""
        return self.of("person", town, person.user_id or f"+{person.phone}")
