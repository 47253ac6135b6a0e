"""Meta's signature: HMAC-SHA256 over the bytes as they came, keyed with the app's secret (contract §1.4).

The two states of HMAC that depend on the key are prepared once and copied for each body.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Iterable

from sessionhours.errors import SessionhoursError

_HEADER = re.compile(r"sha256=([0-9a-f]{64})", re.ASCII)
_BLOCK = 64
_INNER = bytes(byte ^ 0x36 for byte in range(256))
_OUTER = bytes(byte ^ 0x5C for byte in range(256))


class BadSignature(SessionhoursError):
    """The body is not signed as Meta signs."""


class MissingSignature(BadSignature):
    """There is no signature at all: answer 401."""


class WrongSignature(BadSignature):
    """There is one, and it is not Meta's for this body: answer 403."""


class Verifier:
    """Checks bodies against one secret, or against several while they are rotated.

    ``secrets`` are the app secrets as text or bytes. Raises ``ValueError`` when there is none or an empty
    one, for anybody could sign with that (attack C2).
    """

    def __init__(self, secrets: Iterable[bytes | str]) -> None:
        keys = [secret.encode() if isinstance(secret, str) else secret for secret in secrets]
        if not keys or not all(key.strip() for key in keys):
            raise ValueError("an app secret is missing or empty")
        self._states = [_prepared(key) for key in keys]

    def __repr__(self) -> str:
        return f"<Verifier of {len(self._states)} secrets>"

    def verify(self, body: bytes, header: str | bytes | None) -> None:
        """Raise ``MissingSignature`` or ``WrongSignature`` unless ``header`` is the signature of ``body``.

        ``header`` is the value of ``X-Hub-Signature-256``: ``sha256=`` and 64 lower-case hex digits, nothing
        else (attack C1). Takes the same time whichever secret fits.
        """
        if not header:
            raise MissingSignature("the body is not signed")
        given = _HEADER.fullmatch(header.decode("latin-1") if isinstance(header, bytes) else header)
        if given is None:
            raise WrongSignature("the signature is malformed")
        genuine = False
        for inner, outer in self._states:
            genuine |= hmac.compare_digest(_signature(inner, outer, body), given[1])
        if not genuine:
            raise WrongSignature("the signature does not fit the body")


def sign(secret: bytes | str, body: bytes) -> str:
    """The header's value for ``body``, as Meta would send it."""
    key = secret.encode() if isinstance(secret, str) else secret
    return "sha256=" + _signature(*_prepared(key), body)


def _prepared(key: bytes) -> tuple[hashlib._Hash, hashlib._Hash]:
    """HMAC's inner and outer hash after the key (RFC 2104)."""
    block = (hashlib.sha256(key).digest() if len(key) > _BLOCK else key).ljust(_BLOCK, b"\0")
    return hashlib.sha256(block.translate(_INNER)), hashlib.sha256(block.translate(_OUTER))


def _signature(inner: hashlib._Hash, outer: hashlib._Hash, body: bytes) -> str:
    inner, outer = inner.copy(), outer.copy()
    inner.update(body)
    outer.update(inner.digest())
    return outer.hexdigest()
