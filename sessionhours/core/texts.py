"""The standing texts: defaults in German (Sie and du) and English, and how they are filled (surfaces §3).

Each text costs the town money and the citizen attention, so they are short. A placeholder is replaced from a
dictionary, once, and nothing else in a text means anything: neither `str.format` nor a template language ever
sees one. A sentence whose placeholder has no value is left out, so no text leaves with a hole in it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Literal

from sessionhours.core.schedule_rules import Language, Line, Town
from sessionhours.core.texts_defaults import DEFAULTS, Address

KEYS: tuple[str, ...] = tuple(DEFAULTS["de"]["Sie"])
"""Every key of `[line.texts]`; each also with `_en`."""

PLACEHOLDERS: frozenset[str] = frozenset(
    {"next_session", "title", "town", "host", "alternatives", "ends", "minutes_left", "privacy_url"}
    | {"starts", "deputy", "date", "dates", "department", "reason"}
)

AWAY: frozenset[str] = frozenset({"outside", "outside_none", "held", "offer"})
"""What a citizen may get who writes outside the hours: often the first text they see (KA-5, AC-10)."""

_PLACEHOLDER = re.compile(r"\{([^{}\s]{0,40})\}")
# A sentence ends after a letter or a bracket, so that neither "3. Dezember" nor "z. B." is two.
_SENTENCE = re.compile(r"(?<=[^\W\d_]{2}[.!?])[ \t]+|(?<=[})][.!?])[ \t]+")

Need = Literal["next_session", "alternatives", "privacy_url", "112"]


def render(line: Line, town: Town, key: str, language: Language, values: Mapping[str, str]) -> str:
    """The text ``key`` in ``language``, ready to send; never empty, never with a hole.

    ``values`` are the words that hang on the moment: ``next_session`` (see words.following), ``ends``,
    ``minutes_left``; what the town and the line say is filled in here. Without a ``next_session`` the text
    ``outside`` becomes ``outside_none``. Raises LookupError for a key that is none.
    """
    if key not in KEYS:
        raise LookupError(f"no standing text {key!r}, only {', '.join(KEYS)}")
    known = standing(line, town) | {name: value.strip() for name, value in values.items()}
    if key == "outside" and not known.get("next_session"):
        key = "outside_none"
    return fill(template(line, town, key, language), known) or fill(default(town, key, language), known)


def template(line: Line, town: Town, key: str, language: Language) -> str:
    """The line's own text of that key, else the default; the bare key is in the town's own language."""
    own = line.texts.get(f"{key}_en") if language == "en" else None
    if own is None and language == town.language:
        own = line.texts.get(key)
    return default(town, key, language) if own is None else own


def default(town: Town, key: str, language: Language) -> str:
    """The shipped text, in the town's form of address."""
    return DEFAULTS[language][town.address][key]


def fill(text: str, values: Mapping[str, str]) -> str:
    """``text`` with each placeholder replaced by its value; sentences that lack one are left out."""
    lines = (_filled(line, values) for line in text.strip().splitlines())
    return re.sub(r"\n{3,}", "\n\n", "\n".join(line for line in lines if line is not None)).strip()


def standing(line: Line, town: Town) -> dict[str, str]:
    """What the town and the line say, for their placeholders."""
    return {
        "title": line.title,
        "host": line.host,
        "town": town.name,
        "alternatives": unstopped(town.alternatives),
        "privacy_url": town.privacy_url,
    }


def unstopped(words: str) -> str:
    """What somebody wrote, as it stands within a sentence that has a full stop of its own."""
    return words.strip().removesuffix(".")


def placeholders(text: str) -> list[str]:
    """The names of the placeholders in ``text``; other words in braces are none."""
    return [name for name in _PLACEHOLDER.findall(text) if name in PLACEHOLDERS]


def unknown(text: str) -> list[str]:
    """Placeholders of ``text`` that do not exist, as written; a lone brace counts as one."""
    rest = _PLACEHOLDER.sub("", text)
    strange = [match[0] for match in _PLACEHOLDER.finditer(text) if match[1] not in PLACEHOLDERS]
    return strange + [brace for brace in "{}" if brace in rest]


def missing(text: str, town: Town) -> list[Need]:
    """What an away text should tell and does not: the next date, the other ways, privacy, the 112 (AC-10)."""
    wanted: Iterable[tuple[Need, bool]] = (
        ("next_session", "{next_session}" in text),
        ("alternatives", "{alternatives}" in text or bool(town.alternatives and town.alternatives in text)),
        ("privacy_url", "{privacy_url}" in text or bool(town.privacy_url and town.privacy_url in text)),
        ("112", "112" in text),
    )
    return [need for need, there in wanted if not there]


def _filled(line: str, values: Mapping[str, str]) -> str | None:
    """One line of a text; None when every sentence of it had to go."""
    sentences = _SENTENCE.split(line)
    whole = [sentence for sentence in sentences if all(values.get(name) for name in placeholders(sentence))]
    if line.strip() and not whole:
        return None
    kept = line if len(whole) == len(sentences) else " ".join(whole)
    return _PLACEHOLDER.sub(lambda match: values.get(match[1], match[0]), kept)


__all__ = ["AWAY", "DEFAULTS", "KEYS", "PLACEHOLDERS", "Address", "default", "fill", "missing"]
__all__ += ["placeholders", "render", "standing", "template", "unknown"]
