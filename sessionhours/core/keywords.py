"""The words by which a citizen asks the line itself for something. Each is one only when it stands alone in a text."""

from __future__ import annotations

from typing import Literal
from unicodedata import normalize

#: ``keep``: keep what I asked; ``dates``: when can I write; ``when``: the same, unless people are there to be asked;
#: ``erase``: remove what you have of me (N24).
Keyword = Literal["keep", "dates", "when", "erase"]

KEYWORDS: dict[str, Keyword] = {
    **dict.fromkeys(("1", "eins"), "keep"),
    **dict.fromkeys(("termin", "termine"), "dates"),
    "wann": "when",
    **dict.fromkeys(("löschen", "loeschen", "delete"), "erase"),
}

#: No keyword with its marks is longer.
LONGEST = 24

#: What stands around a word that is meant alone: quotes copied with it, an end of a sentence, a bracket.
_AROUND = " \t\r\n.,;:!?()[]*_\"'`´„“”‚‘’«»‹›"

#: U+FE0F and U+20E3 make the keycap emoji out of a figure, U+200B to U+200F and U+2060 are not seen.
_UNSEEN = dict.fromkeys((0xFE0F, 0x20E3, *range(0x200B, 0x2010), 0x2060, 0xFEFF))


def keyword(kind: str, text: str) -> Keyword | None:
    """The keyword that a message is, or None: an ordinary message.

    A text of other words beside it is none: whoever writes "Termin am 1." asks people.
    """
    if kind != "text" or len(text) > LONGEST:
        return None
    seen = normalize("NFKC", text.translate(_UNSEEN))
    return KEYWORDS.get(seen.strip(_AROUND).casefold())
