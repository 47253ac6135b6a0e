"""Standing texts that staff write over those of the file, and take back again (surfaces §3)."""

from __future__ import annotations

from sessionhours.core.instants import ms
from sessionhours.core.schedule import Line, Town
from sessionhours.core.texts import KEYS, PLACEHOLDERS, template, unknown
from sessionhours.desk import aftermath, entries, shapes
from sessionhours.desk.call import Call
from sessionhours.desk.planning_dates import wrong
from sessionhours.errors import Refused

#: Characters; WhatsApp takes 4096 and the placeholders grow.
LONGEST = 4000

#: Every key, in both languages.
ALL_KEYS = frozenset(KEYS) | {f"{key}_en" for key in KEYS}


def write(call: Call, line: str, key: str, text: str, *, before: str | None = None) -> None:
    """The line says this from now on; nothing instead of a text brings back the file's own.

    ``before`` is what its writer saw it say. Raises `Refused`: ``stale`` (with the text) where it says something else
    by now, an unknown line or key, unknown placeholders, too long.
    """
    start = aftermath.before(call)
    if key not in ALL_KEYS:
        raise wrong("key", f"einer von {', '.join(KEYS)}, auch mit _en")
    if before is not None:
        _unchanged(call, line, key, before)
    row = entries.of(call, line, "text", key)
    if not text.strip() and row is not None:
        call.session.delete(row)
    else:
        call.line(line)
    if text.strip():
        data = {"text": _sayable(text.strip())}
        row = row or entries.put(call, line, "text", data, key=key)
        row.data, row.agent, row.at = shapes.dump(data) or "", call.author.id, ms(call.now)
        call.session.add(row)
    aftermath.follow(call, start, confirm=True)


def said(line: Line, town: Town, key: str) -> str:
    """What a line says under this key, its placeholders as they are written."""
    language = "en" if key.endswith("_en") else town.language
    return template(line, town, key.removesuffix("_en"), language)


def _unchanged(call: Call, line: str, key: str, before: str) -> None:
    standing = call.standing()
    now = next((said(one, standing.town, key) for one in standing.lines if one.id == line), before)
    if _lines(now) != _lines(before):
        raise Refused("stale", "Dieser Text wurde inzwischen geändert.", status=409, text=now)


def _lines(text: str) -> list[str]:
    """Forms send other ends of lines than texts have."""
    return text.strip().splitlines()


def _sayable(text: str) -> str:
    if len(text) > LONGEST:
        raise wrong("text", f"höchstens {LONGEST} Zeichen, das sind {len(text)}.")
    if strange := unknown(text):
        allowed = " ".join(f"{{{name}}}" for name in sorted(PLACEHOLDERS))
        raise wrong(
            "text", f"Unbekannt: {' '.join(dict.fromkeys(strange))}. Möglich sind: {allowed}", "placeholder"
        )
    return text
