"""The words that ask the line itself: each alone in a text, however it is typed."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sessionhours.core.keywords import Keyword, keyword


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        *((text, "keep") for text in ("1", " 1 ", "1.", "1)", "1️⃣", "eins", "Eins", "„1“", "１", "1\n")),
        *((text, "dates") for text in ("TERMIN", "termin", "Termine", "Termine?", "*Termin*", "TERMIN!")),
        *((text, "when") for text in ("wann", "Wann?", "WANN???")),
        *(
            (text, "erase")
            for text in ("LÖSCHEN", "löschen", "Loeschen", "DELETE", "lo\u0308schen.", "LÖSCHEN!")
        ),
    ],
)
def test_a_word_alone_is_understood_however_it_is_typed(text: str, meant: Keyword) -> None:
    assert keyword("text", text) == meant


@pytest.mark.parametrize(
    "text",
    [
        *(
            "",
            " ",
            "11",
            "1.5",
            "1 Frage",
            "eins noch",
            "Termin am 1.",
            "Wann ist Termin?",
            "nicht löschen",
            "2",
        ),
        *("-1", "1€", "?", "!", "löschenlöschen", "delete this", "1" * 25, "ein", "LOSCHEN"),
    ],
)
def test_whoever_says_more_asks_people(text: str) -> None:
    assert keyword("text", text) is None


@pytest.mark.parametrize("kind", ["image", "button", "interactive", "reaction", "edit", "voice", "unknown"])
def test_only_a_text_is_a_word(kind: str) -> None:
    assert keyword(kind, "1") is None


@given(st.text(max_size=40))
def test_anything_at_all_can_be_asked(text: str) -> None:
    assert keyword("text", text) in (None, "keep", "dates", "when", "erase")
