"""Standing texts that staff write over those of the file, and take back again (surfaces §3)."""

from __future__ import annotations

from sessionhours.core.instants import ms
from sessionhours.core.texts import KEYS, PLACEHOLDERS, unknown
from sessionhours.desk import aftermath, entries, shapes
from sessionhours.desk.call import Call
from sessionhours.desk.planning_dates import wrong

#: Characters; WhatsApp takes 4096 and the placeholders grow.
LONGEST = 4000

#: Every key, in both languages.
ALL_KEYS = frozenset(KEYS) | {f"{key}_en" for key in KEYS}


def write(call: Call, line: str, key: str, text: str) -> None:
    """The line says this from now on; nothing instead of a text brings back the file's own.

    Raises `Refused`: an unknown line or key, unknown placeholders, too long.
    """
    before = aftermath.before(call)
    if key not in ALL_KEYS:
        raise wrong("key", f"einer von {', '.join(KEYS)}, auch mit _en")
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
    aftermath.follow(call, before, confirm=True)


def _sayable(text: str) -> str:
    if len(text) > LONGEST:
        raise wrong("text", f"höchstens {LONGEST} Zeichen, das sind {len(text)}.")
    if strange := unknown(text):
        allowed = " ".join(f"{{{name}}}" for name in sorted(PLACEHOLDERS))
        raise wrong(
            "text", f"Unbekannt: {' '.join(dict.fromkeys(strange))}. Möglich sind: {allowed}", "placeholder"
        )
    return text
