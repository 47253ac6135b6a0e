"""Where this server stands: its public address, and which proxies speak for their clients."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cached_property
from urllib.parse import SplitResult, urlsplit

from starlette.datastructures import Headers
from starlette.types import Scope

Network = ipaddress.IPv4Network | ipaddress.IPv6Network

#: What may stand in a Host header: a name or an address, and a port.
HOST = re.compile(r"(?P<name>[a-z0-9](?:[a-z0-9.-]{0,252})|\[[0-9a-f:.]{2,45}\])(?::(?P<port>[0-9]{1,5}))?")

LOOPBACK = frozenset({"localhost", "127.0.0.1", "[::1]"})
DEFAULT_PORTS = {"http": "80", "https": "443", "ws": "80", "wss": "443"}


@dataclass(frozen=True)
class Site:
    """The public address (`SESSIONHOURS_PUBLIC_URL`, or None) and the networks of trusted proxies."""

    public_url: str | None = None
    trusted_proxies: Iterable[str] = ()
    networks: tuple[Network, ...] = field(init=False)

    def __post_init__(self) -> None:
        networks = tuple(ipaddress.ip_network(one, strict=False) for one in self.trusted_proxies)
        object.__setattr__(self, "networks", networks)

    @cached_property
    def secure(self) -> bool:
        """Do browsers come by https?"""
        return self.public_url is not None and urlsplit(self.public_url).scheme == "https"

    @cached_property
    def origin(self) -> str | None:
        """The public address as a browser writes it in ``Origin``."""
        if self.public_url is None:
            return None
        parts = urlsplit(self.public_url.lower())
        return f"{parts.scheme}://{netloc(parts.netloc, parts.scheme)}"

    @cached_property
    def cookie(self) -> str:
        """The name of the session cookie (surfaces §4)."""
        return "__Host-sessionhours" if self.secure else "sessionhours"

    def knows(self, host: str) -> bool:
        """Is this a ``Host`` to answer? The public one and this machine's own; any, if none is set."""
        name = _name(host)
        if name is None:
            return False
        return self.origin is None or name in LOOPBACK or name == _name(urlsplit(self.origin).netloc)

    def same_origin(self, origin: str, host: str) -> bool:
        """Is ``origin`` this site: the public address, or the ``Host`` that the request itself was sent to?

        Where the Host is the public one its scheme must be the public one too (attacks C40, C41).
        """
        origin, host = origin.lower(), host.lower()
        if origin == self.origin:
            return True
        parts = _split(origin)
        if parts.scheme not in ("http", "https") or origin != f"{parts.scheme}://{parts.netloc}":
            return False
        if self.origin is not None and parts.netloc == urlsplit(self.origin).netloc:
            return False
        return self.knows(host) and parts.netloc == netloc(host, parts.scheme)

    def public(self, scope: Scope) -> str:
        """The address to print for the public, without a slash at the end."""
        if self.public_url is not None:
            return self.public_url.rstrip("/")
        return f"{scope['scheme']}://{Headers(scope=scope).get('host', 'localhost')}"

    def trusts(self, address: str) -> bool:
        """Does this address belong to a trusted proxy?"""
        parsed = _address(address)
        return parsed is not None and any(parsed in network for network in self.networks)

    def seen_through(self, scope: Scope) -> Scope:
        """The scope with the real client and scheme, where a trusted proxy says them; else the same scope."""
        client = scope.get("client")
        if not self.networks or client is None or not self.trusts(client[0]):
            return scope
        headers = Headers(scope=scope)
        scheme = headers.get("x-forwarded-proto", "").strip().lower()
        if scheme in ("http", "https"):
            wanted = {"http": "ws", "https": "wss"}[scheme] if scope["type"] == "websocket" else scheme
            scope = {**scope, "scheme": wanted}
        return {**scope, "client": (self._client(client[0], headers.getlist("x-forwarded-for")), 0)}

    def _client(self, peer: str, forwarded: Iterable[str]) -> str:
        """The nearest address that no trusted proxy holds; what lies behind it anybody may have written."""
        for entry in reversed([entry.strip() for line in forwarded for entry in line.split(",")]):
            parsed = _address(entry)
            if parsed is None:
                return peer
            peer = str(parsed)
            if not self.trusts(peer):
                return peer
        return peer


def _split(origin: str) -> SplitResult:
    try:
        return urlsplit(origin)
    except ValueError:
        return urlsplit("")


def _name(host: str) -> str | None:
    match = HOST.fullmatch(host.lower())
    return None if match is None else match["name"]


def netloc(host: str, scheme: str) -> str:
    """A host without the port that its scheme implies."""
    return host.removesuffix(f":{DEFAULT_PORTS.get(scheme, '')}")


def loopback(address: str) -> bool:
    """Is this address the machine itself?"""
    parsed = _address(address)
    return parsed is not None and parsed.is_loopback


def _address(text: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        parsed = ipaddress.ip_address(text.strip("[]"))
    except ValueError:
        return None
    mapped = parsed.ipv4_mapped if isinstance(parsed, ipaddress.IPv6Address) else None
    return mapped or parsed
