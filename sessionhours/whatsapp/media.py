"""Rules for files: where they may come from, and whether they came whole (contract §6, C52 to C54)."""

from __future__ import annotations

import base64
import binascii
import hashlib
from dataclasses import dataclass
from typing import Any

import httpx

from sessionhours.whatsapp import wire

#: Where Meta keeps files; the access token goes to no other host, but to Graph itself.
HOSTS = frozenset({"lookaside.fbsbx.com"})

#: The largest file that is fetched, in bytes.
LARGEST = 16 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Node:
    """What Graph says of a file: where it is for the next five minutes, and what it should be."""

    url: str
    mime_type: str
    sha256: str | None
    size: int | None


def node(answer: dict[str, Any]) -> Node | None:
    """The file that Graph's answer describes, None when it describes none."""
    url = wire.text(answer.get("url"))
    size = wire.number(answer.get("file_size"))
    if not url:
        return None
    mime_type = wire.text(answer.get("mime_type")) or "application/octet-stream"
    return Node(url, mime_type, wire.ident(answer.get("sha256")), None if size is None else int(size))


def permitted(url: str, graph: httpx.URL) -> httpx.URL | None:
    """``url`` if a file may be fetched from there with the access token, else None.

    Allowed are Meta's media hosts over https, and the very origin of ``graph`` (which may be a simulator's).
    """
    try:
        parsed = httpx.URL(url)
    except (httpx.InvalidURL, ValueError):
        return None
    if parsed.userinfo:
        return None
    if origin(parsed) == origin(graph):
        return parsed
    return parsed if parsed.host in HOSTS and origin(parsed) == ("https", parsed.host, 443) else None


def origin(url: httpx.URL) -> tuple[str, str, int]:
    """Scheme, host and port, the default port written out."""
    return url.scheme, url.host, url.port or (443 if url.scheme == "https" else 80)


def whole(data: bytes, file: Node) -> bool:
    """Did the file come as Meta described it? Its digest may be given as hex or as base64 (contract §6)."""
    digest = hashlib.sha256(data).digest()
    if file.sha256 is None:
        return file.size is None or file.size == len(data)
    return _decoded(file.sha256) in (None, digest)


def _decoded(sha256: str) -> bytes | None:
    """The digest's bytes; None when it is no SHA-256 in a spelling that we know."""
    try:
        digest = bytes.fromhex(sha256) if len(sha256) == 64 else base64.b64decode(sha256, validate=True)
    except (ValueError, binascii.Error):
        return None
    return digest if len(digest) == 32 else None
