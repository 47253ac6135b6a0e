"""Passwords: argon2id hashes, and what they may look like.

Everything here is slow on purpose and knows no database: call it in a worker thread, never in the event loop
and never in the writer thread.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from sessionhours.errors import Refused

#: Above OWASP's least for argon2id (19 MiB, 2 passes): about 40 ms and 32 MiB for one hash.
HASHER = PasswordHasher(time_cost=2, memory_cost=32 * 1024, parallelism=1)

SHORTEST = 8
LONGEST = 256

#: The hash of nothing anybody knows; unknown names are checked against it, to cost the same (attack C34).
NOBODY = HASHER.hash(secrets.token_hex(32))


@dataclass(frozen=True, slots=True)
class Verdict:
    """Does a password fit? ``rehash`` is its hash under today's parameters where the stored one is older."""

    fits: bool
    rehash: str | None = None


def hash_password(password: str) -> str:
    """The argon2id hash of a new password. Raises `Refused` (``weak_password``): too short or too long."""
    if not SHORTEST <= len(password) <= LONGEST:
        message = f"Das Passwort muss {SHORTEST} bis {LONGEST} Zeichen haben."
        raise Refused("weak_password", message)
    return HASHER.hash(_bytes(password))


def check_password(hashed: str | None, password: str) -> Verdict:
    """Does ``password`` fit ``hashed``? With None (nobody of that name) it takes as long and never fits."""
    try:
        HASHER.verify(hashed or NOBODY, _bytes(password))
    except (VerificationError, InvalidHashError):
        return Verdict(False)
    if hashed is None:
        return Verdict(False)
    return Verdict(True, HASHER.hash(_bytes(password)) if HASHER.check_needs_rehash(hashed) else None)


def new_password() -> str:
    """A random password that can be read aloud: four groups of four letters and digits, 80 bits."""
    letters = "abcdefghjkmnpqrstuvwxyz23456789ABC"[:32]
    return "-".join("".join(secrets.choice(letters) for _ in range(4)) for _ in range(4))


def _bytes(password: str) -> bytes:
    """UTF-8; a lone surrogate, which no keyboard makes, becomes a wrong password and not an error."""
    return password.encode("utf-8", "surrogatepass")
