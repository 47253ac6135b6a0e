"""Which language a reader gets, and the texts of the pages in it."""

from __future__ import annotations

from collections import ChainMap
from collections.abc import Mapping
from functools import cache

from sessionhours.server import (
    texts_announcing,
    texts_de,
    texts_easy,
    texts_en,
    texts_planning_de,
    texts_planning_en,
)

LANGUAGES = ("de", "en")


@cache
def texts(language: str, address: str = "Sie") -> Mapping[str, str]:
    """The texts of the pages by key; in German for people who say ``Sie`` or ``du``."""
    if language == "en":
        return ChainMap(texts_en.TEXTS, texts_announcing.EN, texts_easy.EN, texts_planning_en.TEXTS)
    familiar = (texts_de.DU, texts_announcing.DU, texts_easy.DU) if address == "du" else ()
    return ChainMap(*familiar, texts_de.TEXTS, texts_announcing.DE, texts_easy.DE, texts_planning_de.TEXTS)


def preferred(accepted: str | None, default: str) -> str:
    """The language of ours that ``Accept-Language`` ranks highest, else ``default``."""
    ranked = sorted(_ranked(accepted or ""), reverse=True)
    return next((language for _, _, language in ranked if language in LANGUAGES), default)


def _ranked(accepted: str) -> list[tuple[float, int, str]]:
    """(quality, place from the end, language), without what is refused by ``q=0``."""
    found = []
    for place, part in enumerate(accepted.split(",")[:20]):
        name, _, quality = part.partition(";")
        weight = _weight(quality)
        if weight > 0:
            found.append((weight, -place, name.strip().lower().partition("-")[0]))
    return found


def _weight(quality: str) -> float:
    try:
        return float(quality.partition("=")[2]) if quality.strip() else 1.0
    except ValueError:
        return 0.0
