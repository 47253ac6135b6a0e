"""Reading JSON that may hold anything: every helper gives a clean value or nothing, and never raises.

Meta adds keys, types and nulls without notice (contract §1.2), so nothing here trusts the type of a field.
"""

from __future__ import annotations

import math
import re
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec

from sessionhours.core.message import Failure
from sessionhours.errors import SessionhoursError

#: Deeper than this nothing of Meta's goes; what lies below becomes null, its neighbours are read (C8).
MAX_DEPTH = 64

#: Longer than any number of Meta's; a longer one becomes null (C9).
MAX_NUMBER = 30

#: In place of an error code that is missing or none; Meta's own 0 means something (contract §8.2).
NO_CODE = -1

#: Before this no Cloud API existed; an earlier timestamp is absurd (F42).
EARLIEST = datetime(2010, 1, 1, tzinfo=UTC)

#: How far Meta's clock may be ahead of ours before its timestamp is absurd (F42).
AHEAD = timedelta(days=1)

_HEX = rb"[0-9a-fA-F]{2}"
_ESCAPES = re.compile(
    rb"\\(?:u[dD][89abAB]%b\\u[dD][c-fC-F]%b|(?P<lone>u[dD][89a-fA-F]%b)|(?P<nul>u0000)|.)"
    % (_HEX, _HEX, _HEX),
    re.DOTALL,
)
_TOKENS = re.compile(rb'"(?:[^"\\]++|\\.)*+"?|-?[0-9][0-9.eE+-]*+|[\[\]{}]', re.DOTALL)

_decode = msgspec.json.Decoder().decode


class NotJson(SessionhoursError):
    """The body is no JSON text in UTF-8: answer 400."""


def load(body: bytes) -> Any:
    """The JSON value in ``body``, free of NUL and lone surrogates (C10, C11). Raises ``NotJson``.

    Of duplicate keys the last one counts (C12). Too deep nesting and numbers out of range become null.
    """
    if b"\\u0000" in body:
        body = _mend_escapes(body)
    try:
        return _decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        pass
    try:
        return _decode(_prune(_mend_escapes(body)))
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise NotJson(str(error)) from None


def _mend_escapes(body: bytes) -> bytes:
    """Drop escaped NUL, and put U+FFFD where half of a surrogate pair is missing."""

    def mended(escape: re.Match[bytes]) -> bytes:
        if escape["nul"]:
            return b""
        return b"\\ufffd" if escape["lone"] else escape[0]

    return _ESCAPES.sub(mended, body)


def _prune(body: bytes) -> bytes:
    """Put null for what is nested too deeply and for numbers that no program can hold."""
    parts: list[bytes] = []
    kept = depth = 0
    for token in _TOKENS.finditer(body):
        first = token[0][:1]
        if first in b"[{":
            depth += 1
            if depth == MAX_DEPTH + 1:
                parts += (body[kept : token.start()], b"null")
        elif first in b"]}":
            if depth == MAX_DEPTH + 1:
                kept = token.end()
            depth -= 1
        elif first != b'"' and depth <= MAX_DEPTH and _absurd(token[0]):
            parts += (body[kept : token.start()], b"null")
            kept = token.end()
    # Brackets left open deep down end the text where it was cut: no JSON, as it should be.
    return b"".join([*parts, body[kept:] if depth <= MAX_DEPTH else b""])


def _absurd(number: bytes) -> bool:
    try:
        return len(number) > MAX_NUMBER or math.isinf(float(number))
    except ValueError:
        return False


def dump(value: Any) -> bytes:
    """``value`` as JSON again; always the same bytes for the same value, whatever the order of its keys."""
    try:
        return msgspec.json.encode(value, order="deterministic")
    except (RecursionError, TypeError, ValueError, OverflowError):
        return b'"cannot be written again; see the intake log"'


def record(value: Any) -> dict[str, Any]:
    """``value`` if it is an object, else an empty one."""
    return value if type(value) is dict else {}


def records(value: Any) -> list[dict[str, Any]]:
    """The objects in ``value`` if it is a list."""
    return [item for item in value if type(item) is dict] if type(value) is list else []


def text(value: Any) -> str:
    """``value`` if it is text, else nothing."""
    return value if type(value) is str else ""


def ident(value: Any) -> str | None:
    """An id, which Meta writes as text and others as a number; None for nothing."""
    if type(value) is str:
        return value or None
    return str(value) if type(value) is int else None


def number(value: Any) -> float | None:
    """A finite number, also when it comes as text."""
    if type(value) is str and len(value) <= MAX_NUMBER:
        try:
            value = float(value)
        except ValueError:
            return None
    return float(value) if type(value) in (int, float) and math.isfinite(value) else None


def code(value: Any) -> int:
    """An error code; ``NO_CODE`` for what is none."""
    whole = number(value)
    return int(whole) if whole is not None and abs(whole) < 2**31 else NO_CODE


def instant(value: Any, now: datetime | None) -> datetime | None:
    """Unix seconds as text or number; None when absurd: 0, before 2010, or a day ahead of ``now`` (F42)."""
    try:
        seconds = int(value) if type(value) in (str, int, float) else 0
        at = datetime.fromtimestamp(seconds, UTC)
    except (ValueError, OverflowError, OSError):
        return None
    if at < EARLIEST or (now is not None and at > now + AHEAD):
        return None
    return at


def failure(errors: Any) -> Failure | None:
    """The first of Meta's ``errors`` (contract §8.1), or None when there is none."""
    for error in records(errors):
        data = error.get("error_data")
        details = text(data) or text(record(data).get("details")) or text(error.get("message"))
        title = text(error.get("title")) or text(error.get("message"))
        return Failure(code(error.get("code")), title, details, error.get("is_transient") is True)
    return None
