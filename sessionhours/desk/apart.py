"""One item of a webhook body, taken out of it: what is kept for the admin must not keep its neighbours (surfaces §3)."""

from __future__ import annotations

import json
from typing import Any


def only(body: bytes, path: str) -> bytes:
    """The body with nothing in it but the item at ``path`` (a JSON pointer) and the plain values on the way to it.

    Lists on the way are cut to one element and lists beside it left out, as they tell of others. It can be read in
    like any body. Raises `ValueError` or `LookupError` where there is no such item.
    """
    steps = path.split("/")[1:]
    return json.dumps(_around(json.loads(body), steps), separators=(",", ":")).encode()


def _around(value: Any, steps: list[str]) -> Any:
    if not steps:
        return value
    step, *rest = steps
    if isinstance(value, list):
        return [_around(value[int(step)], rest)]
    plain = {key: other for key, other in value.items() if not isinstance(other, list)}
    return {**plain, step: _around(value[step], rest)}
