"""Slowing down who guesses passwords: counters by account and by network, in the database (attacks C33, C35).

A try is counted before its password is looked at, and forgiven when it was right: of a thousand tries at once
only the first few cost a hash. The delay grows and ends; it is never a lock.
A network from which an account has logged in before keeps a counter of its own for it, so that a stranger who
knows the mayor's address cannot keep the mayor out.
"""

from __future__ import annotations

import hashlib
import ipaddress
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlmodel import Session, col, delete

from sessionhours.core.instants import instant, ms
from sessionhours.store.tables import Throttle

#: Wrong passwords before the first delay; from one network many people may log in.
FREE_FOR_ACCOUNT = 5
FREE_FOR_NETWORK = 20

FIRST_DELAY = timedelta(seconds=2)
LONGEST_DELAY = timedelta(minutes=15)

#: After so long without another wrong password a counter begins anew.
FORGIVEN_AFTER = timedelta(hours=1)

#: How long a network stays known to an account after a login.
KNOWN_FOR = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class Keys:
    """The rows that count for one try. Addresses are hashed: the table tells nobody who tried from where."""

    account: str
    network: str
    known: str

    @classmethod
    def of(cls, email: str, address: str) -> Keys:
        """The keys of a login name tried from an IP address."""
        account, network = _hashed(email), _hashed(_network(address))
        return cls(f"account:{account}", f"network:{network}", f"known:{account}:{network}")


def count_try(session: Session, keys: Keys, *, now: datetime) -> timedelta | None:
    """Count one try; None when it may go on, else how long to wait (and then nothing was counted)."""
    account, network = _account_row(session, keys, now), _row(session, keys.network, now)
    counters = ((account, FREE_FOR_ACCOUNT), (network, FREE_FOR_NETWORK))
    wait = max(_wait(row, free, now) for row, free in counters)
    if wait > timedelta(0):
        return wait
    for row, free in counters:
        row.failures += 1
        row.until = ms(now + _delay(row.failures - free))
        session.add(row)
    _forget(session, now)
    return None


def forgive(session: Session, keys: Keys, *, now: datetime) -> None:
    """The password was right: the account begins anew, the network gets its one try back and is known."""
    account, network = _account_row(session, keys, now), _row(session, keys.network, now)
    account.failures, account.until = 0, ms(now)
    network.failures = max(network.failures - 1, 0)
    network.until = ms(now + _delay(network.failures - FREE_FOR_NETWORK))
    known = session.get(Throttle, keys.known) or Throttle(key=keys.known)
    known.failures, known.until = 0, ms(now)
    session.add_all([account, network, known])


def _account_row(session: Session, keys: Keys, now: datetime) -> Throttle:
    known = session.get(Throttle, keys.known)
    if known is not None and instant(known.until) > now - KNOWN_FOR:
        return _begun_anew(known, now)
    return _row(session, keys.account, now)


def _row(session: Session, key: str, now: datetime) -> Throttle:
    return _begun_anew(session.get(Throttle, key) or Throttle(key=key), now)


def _begun_anew(row: Throttle, now: datetime) -> Throttle:
    if row.failures and instant(row.until) < now - FORGIVEN_AFTER:
        row.failures = 0
    return row


def _wait(row: Throttle, free: int, now: datetime) -> timedelta:
    """What is left of the delay; never more than all of it, however far the clock was set back (fault F41)."""
    return min(timedelta(milliseconds=row.until - ms(now)), _delay(row.failures - free))


def _delay(beyond: int) -> timedelta:
    """Nothing at first, then 2 s, doubling to the longest."""
    if beyond <= 0:
        return timedelta(0)
    doublings: int = 2 ** min(beyond - 1, 16)
    return min(FIRST_DELAY * doublings, LONGEST_DELAY)


def _forget(session: Session, now: datetime) -> None:
    """Let go of what no longer counts, so that invented names cannot fill the table."""
    old = col(Throttle.until) < ms(now - FORGIVEN_AFTER)
    stranger = col(Throttle.key).not_like("known:%")
    session.execute(delete(Throttle).where(old, stranger))
    session.execute(delete(Throttle).where(col(Throttle.until) < ms(now - KNOWN_FOR)))


def _network(address: str) -> str:
    """An IPv4 address stands for itself, an IPv6 address for its /64: what one household or office holds."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return "unknown"
    if isinstance(parsed, ipaddress.IPv6Address):
        if parsed.ipv4_mapped:
            return str(parsed.ipv4_mapped)
        return str(ipaddress.ip_network((parsed, 64), strict=False))
    return str(parsed)


def _hashed(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:32]


def prove_writable(session: Session, *, now: datetime) -> None:
    """Store something: the only proof that the database can (readiness). The row means nothing else."""
    row = session.get(Throttle, "probe") or Throttle(key="probe")
    row.until = ms(now)
    session.add(row)
