"""The announcement kit: the date's own fields in every channel, within the length that is usual there."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sessionhours.core.schedule import Language
from sessionhours.core.session import Announced
from sessionhours.server.kit import LIMITS, Piece, kit
from tests.server.public import BEFORE, KAPPELRODECK, NEXT, session

ADDRESS = "https://sprechstunde.example/"
OPENS = datetime(2026, 12, 3, 14, 0, tzinfo=UTC)


def pieces(one: Announced, language: Language = "de", **facts: Any) -> dict[str, Piece]:
    """The kit by channel."""
    address = ADDRESS if language == "de" else f"{ADDRESS}en/"
    return {piece.channel: piece for piece in kit(KAPPELRODECK, one, address, language, **facts)}


@pytest.mark.proves("GO-2", "N17")
@pytest.mark.parametrize("language", ["de", "en"])
def test_there_is_a_text_for_every_channel_within_its_length(language: Language) -> None:
    found = pieces(session(), language)
    assert {channel: piece.limit for channel, piece in found.items()} == {
        "amtsblatt": 900, "presse": 1800, "website": 1200, "social": 280, "mail": 200,
    }  # fmt: skip
    for piece in found.values():
        assert 0 < piece.length == len(piece.text) <= piece.limit
    assert "https://wa.me/49784280221" in found["website"].text, "the link"
    assert "https://wa.me/49784280221" in found["social"].text


@pytest.mark.proves("KA-13")
def test_the_press_text_has_name_date_number_and_rules() -> None:
    said = pieces(session(topic="Ortsdurchfahrt"))["presse"].text
    for field in (
        NEXT, "Gemeinde Kappelrodeck", "WhatsApp-Bürgersprechstunde", "Es antwortet: Bürgermeister.", "07842 80221",
        "Es ist die zweite Sprechstunde.", "Thema: Ortsdurchfahrt.", "Eine Anmeldung ist nicht nötig.",
        "Anrufe und Videoanrufe", "Sprachnachrichten", "Vertrauliches", "Telefon 07842 80221", "Datenschutz:",
    ):  # fmt: skip
        assert field in said
    english = pieces(session(), "en")["presse"].text
    assert "On Thursday, 3 December 2026, 3–4 pm, citizens can ask their questions on WhatsApp" in english
    assert "+49 7842 80221" in english


def test_a_deputy_answers_and_nobody_else() -> None:
    for channel, piece in pieces(session(deputy="Erika Beispiel")).items():
        assert channel == "mail" or "Es antwortet: Erika Beispiel." in piece.text
        assert "Es antwortet: Bürgermeister" not in piece.text


def test_only_the_sentence_that_it_moved_names_the_old_time() -> None:
    moved = session(moved_from=OPENS, opens=OPENS + timedelta(hours=26), closes=OPENS + timedelta(hours=27))
    found = pieces(moved)
    assert (
        sum(
            "Verschoben: bisher Donnerstag, 3. Dezember 2026, 15 Uhr" in piece.text
            for piece in found.values()
        )
        == 3
    )
    for piece in found.values():
        rest = piece.text.replace("Verschoben: bisher Donnerstag, 3. Dezember 2026, 15 Uhr", "")
        assert "3. Dezember" not in rest
        assert "4. Dezember" in rest


def test_a_cancelled_one_asks_nobody_to_write() -> None:
    off = session(state="cancelled", reason="Krank", number=0)
    instead = session(opens=OPENS + timedelta(days=1), closes=OPENS + timedelta(days=1, hours=1))
    for channel, piece in pieces(off, instead=instead).items():
        assert "Fällt aus" in piece.text
        assert "wa.me" not in piece.text
        assert "Es antwortet" not in piece.text
        if channel != "mail":
            assert "Grund: Krank" in piece.text
            assert "Ersatz: Freitag, 4. Dezember 2026, 15–16 Uhr" in piece.text


@pytest.mark.proves("KA-2")
def test_an_hour_in_person_is_announced_too() -> None:
    for piece in pieces(session(kind="in_person", number=0)).values():
        assert "3. Dezember" in piece.text
        assert "wa.me" not in piece.text
        assert "WhatsApp-Nummer" not in piece.text
    assert "Ort: im Rathaus" in pieces(session(kind="in_person", number=0))["amtsblatt"].text


@pytest.mark.parametrize(("state", "off"), [("announced", ""), ("cancelled", "Fällt aus: ")])
def test_no_narrow_text_takes_an_hour_in_person_for_one_on_whatsapp(state: Any, off: str) -> None:
    found = pieces(session(kind="in_person", number=0, state=state))
    for channel in ("social", "mail"):
        said = f"WhatsApp-Bürgersprechstunde: {off}Do., 3. Dezember, 15–16 Uhr, vor Ort im Rathaus"
        assert said in found[channel].text


def test_no_sentence_ends_twice() -> None:
    town = replace(KAPPELRODECK.town, alternatives="Telefon 07842 80221, Mo.–Fr.")
    one = session(topic="Wie weiter mit der Ortsdurchfahrt?", deputy="Frau Dr. Beispiel jun.")
    for piece in kit(replace(KAPPELRODECK, town=town), one, ADDRESS, "de"):
        assert not re.search(r"[.?!…]\.", piece.text), piece.text
        assert piece.channel == "mail" or "Ortsdurchfahrt?" in piece.text


def test_what_matters_least_is_left_out_whole_before_anything_is_cut() -> None:
    many = "Telefon 07842 80221, " + "Sprechzeiten im Rathaus, " * 14
    schedule = replace(KAPPELRODECK, town=replace(KAPPELRODECK.town, alternatives=many))
    found = {
        piece.channel: piece.text for piece in kit(schedule, session(topic="Ortsdurchfahrt"), ADDRESS, "de")
    }
    assert "Sprechzeiten im Rathaus" in found["amtsblatt"]
    assert "Datenschutz:" not in found["amtsblatt"], "it is left out first"
    assert "Datenschutz:" in found["presse"]
    for text in found.values():
        assert "…" not in text
        assert NEXT in text or "Do., 3. Dezember, 15–16 Uhr" in text


LONG = st.one_of(st.text(max_size=600), st.integers(0, 600).map(lambda n: "Straße " * (n // 7)))


@settings(max_examples=80)
@given(
    LONG,
    LONG,
    LONG,
    LONG,
    st.sampled_from(["announced", "cancelled"]),
    st.sampled_from(["de", "en"]),
    st.integers(1, 3000),
    st.sampled_from(["whatsapp", "in_person"]),
)
def test_however_long_the_fields_are_date_and_number_stay(
    title: str, topic: str, other: str, host: str, state: Any, language: Language, number: int, kind: str
) -> None:
    [line] = KAPPELRODECK.lines
    schedule = replace(
        KAPPELRODECK,
        town=replace(KAPPELRODECK.town, alternatives=other, name=other[:200]),
        lines=(replace(line, host=host),),
    )
    one = session(
        title=title, topic=topic, reason=other, state=state, number=number, kind=kind, moved_from=BEFORE
    )
    phone = "07842 80221" if language == "de" else "+49 7842 80221"
    date = "3. Dezember" if language == "de" else "3 December"
    for piece in kit(schedule, one, ADDRESS, language):
        assert piece.length <= LIMITS[piece.channel]
        assert date in piece.text
        assert state == "cancelled" or kind == "in_person" or phone in piece.text
