"""The standing texts: short, whole, and nothing in them means anything but the listed placeholders."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sessionhours.core.schedule import Language
from sessionhours.core.texts import (
    AWAY,
    DEFAULTS,
    KEYS,
    PLACEHOLDERS,
    default,
    fill,
    missing,
    render,
    unknown,
)
from sessionhours.core.texts_defaults import Address
from tests.core.plans import line, town

HOUR = "Donnerstag, 3. Dezember 2026, 15–16 Uhr"
TOWN = town(alternatives="Telefon 07842 80221", privacy_url="https://example.org/datenschutz")
SURFACES = [
    *("outside", "outside_none", "held", "offer", "offer_kept", "lobby", "greeting", "receipt", "notice"),
    *("last_call", "intake_closed", "promised", "carried_over", "handed_over", "declined", "late", "deputy"),
    *("cancelled", "moved", "privacy", "emergency", "dates", "erased", "nothing_kept"),
]


@pytest.mark.proves("AC-19")
@pytest.mark.parametrize("language", ["de", "en"])
@pytest.mark.parametrize("address", ["Sie", "du"])
def test_every_key_has_a_default_in_each_tongue(language: Language, address: Address) -> None:
    texts = DEFAULTS[language][address]
    assert list(texts) == list(KEYS) == SURFACES
    assert [key for key, text in texts.items() if unknown(text) or not text.strip() or len(text) > 400] == []


@pytest.mark.proves("AC-19")
def test_forms_of_address_are_not_mixed() -> None:
    formal, familiar = DEFAULTS["de"]["Sie"], DEFAULTS["de"]["du"]
    pronouns = {"du", "dir", "dich", "dein", "deine", "deinen", "schreib", "antworte"}
    words = {key: set(text.lower().replace(",", " ").split()) for key, text in formal.items()}
    assert [key for key, found in words.items() if found & pronouns] == []
    polite = {"Sie", "Ihnen", "Ihre", "Ihren", "Ihr"}
    assert [key for key, text in familiar.items() if polite & set(text.split())] == []


@pytest.mark.proves("AC-10", "KA-12", "KA-5")
@pytest.mark.parametrize("language", ["de", "en"])
@pytest.mark.parametrize("key", ["outside", "held", "offer"])
def test_the_away_text_tells_when_how_else_privacy_and_112(key: str, language: Language) -> None:
    text = render(line(), TOWN, key, language, {"next_session": HOUR})
    told = [HOUR, "Telefon 07842 80221", "https://example.org/datenschutz", "112"]
    assert [part for part in told if part not in text] == []
    assert missing(default(TOWN, key, language), TOWN) == []


def test_the_away_text_as_a_citizen_reads_it() -> None:
    assert render(line(), TOWN, "outside", "de", {"next_session": HOUR}) == (
        "Guten Tag! Hier liest gerade niemand mit, Ihre Nachricht wird nicht aufbewahrt. Nächster Termin "
        "(WhatsApp-Bürgersprechstunde): Donnerstag, 3. Dezember 2026, 15–16 Uhr. Bitte schreiben Sie uns "
        "dann noch einmal.\n"
        "Ohne WhatsApp: Telefon 07842 80221.\n"
        "Datenschutz: https://example.org/datenschutz\n"
        "Im Notfall: 112"
    )


@pytest.mark.proves("AC-10")
@pytest.mark.parametrize("values", [{}, {"next_session": ""}, {"next_session": "  "}])
def test_with_no_date_planned_it_says_so(values: dict[str, str]) -> None:
    text = render(line(), TOWN, "outside", "de", values)
    assert "Zurzeit ist kein Termin geplant" in text
    assert text == render(line(), TOWN, "outside_none", "de", {})


@pytest.mark.parametrize("language", ["de", "en"])
@pytest.mark.parametrize("address", ["Sie", "du"])
@pytest.mark.parametrize("key", KEYS)
def test_no_text_ever_leaves_with_a_hole(key: str, address: Address, language: Language) -> None:
    bare = town(address=address, alternatives="", privacy_url="")
    for values in ({}, {"ends": "16 Uhr"}, {"next_session": HOUR}, {"minutes_left": "5"}):
        text = render(line(), bare, key, language, values)
        assert text
        assert not [sign for sign in ("{", "}", "  ", ": .", "().", ":\n") if sign in text]
        assert not text.endswith(":")


def test_the_towns_own_words_come_first() -> None:
    texts = {"outside": "Nächstes Mal am {next_session}.", "outside_en": "Next: {next_session}."}
    own = line(texts=texts)
    assert render(own, TOWN, "outside", "de", {"next_session": HOUR}) == f"Nächstes Mal am {HOUR}."
    assert render(own, TOWN, "outside", "en", {"next_session": "soon"}) == "Next: soon."
    english = town(language="en")
    assert render(line(texts={"late": "Too late."}), english, "late", "en", {}) == "Too late."
    german = render(line(texts={"late": "Too late."}), english, "late", "de", {"next_session": HOUR})
    assert german.startswith("Wir verspäten uns leider.")


@pytest.mark.proves("GO-16")
def test_a_receipt_is_sent_byte_for_byte() -> None:
    goldbach = (
        "Vielen Dank für Ihre Nachricht an den Markt Goldbach!\n"
        "Wir melden uns schnellstmöglich bei Ihnen zurück❤."
    )
    own = line(texts={"receipt": goldbach})
    assert render(own, TOWN, "receipt", "de", {"next_session": HOUR}).encode() == goldbach.encode()


def test_a_sentence_without_its_value_is_left_out() -> None:
    text = "Guten Tag! Am {next_session} z. B. geht es los. Bis 3. Dezember, {ends}! Mehr: {privacy_url}"
    assert fill(text, {"ends": "16 Uhr"}) == "Guten Tag! Bis 3. Dezember, 16 Uhr!"
    assert fill("Mehr: {privacy_url}\n\nBis dann.", {}) == "Bis dann."


def test_a_text_of_which_nothing_stays_gives_way_to_the_default() -> None:
    own = line(texts={"greeting": "Bis {ends}."})
    assert render(own, TOWN, "greeting", "de", {}).startswith("Willkommen")


@pytest.mark.proves("C26")
@pytest.mark.parametrize(
    "payload",
    [
        *(
            "{{7*7}}",
            "{0.__class__}",
            "{title.__class__}",
            "{title!r}",
            "{title:>9999999}",
            "{0}",
            "{}",
            "%s",
        ),
        *(
            "%(title)s",
            "${title}x",
            "${x}",
            "#{7*7}",
            "<%= 7*7 %>",
            "{% for x in y %}",
            "{{config}}",
            "{__import__}",
        ),
        *("\\1", "\\g<0>", "{title", "title}", "{{title}}"),
    ],
)
def test_nothing_in_a_text_is_ever_evaluated(payload: str) -> None:
    """A value may hold anything that a clerk typed: it arrives as it is, and is not looked at again."""
    value = f"{payload} {{town}}"
    assert fill("{title}", {"title": value, "town": "Goldbach"}) == value
    rendered = render(line(title=payload), TOWN, "cancelled", "de", {"next_session": payload})
    assert rendered.count(payload) >= 2
    assert "49" not in rendered.replace(payload, "")


@pytest.mark.proves("C26")
@pytest.mark.parametrize(
    "text", ["{{7*7}}", "{0.__class__}", "{titel}", "{title!r}", "{}", "{", "}", "{ title }"]
)
def test_what_is_no_placeholder_is_refused(text: str) -> None:
    assert unknown(f"Hallo {text}, bis bald.") != []
    assert unknown("Hallo {title} %s ${town}.") == []


def test_a_key_that_is_none_is_refused() -> None:
    with pytest.raises(LookupError, match="outsid"):
        render(line(), TOWN, "outsid", "de", {})
    assert set(KEYS) >= AWAY


@given(st.text(max_size=80), st.dictionaries(st.sampled_from(sorted(PLACEHOLDERS)), st.text(max_size=20)))
def test_filling_never_fails_and_never_leaves_a_placeholder(text: str, values: dict[str, str]) -> None:
    plain = {name: value.replace("{", "(").replace("}", ")") for name, value in values.items()}
    filled = fill(text, plain)
    assert not [name for name in PLACEHOLDERS if f"{{{name}}}" in filled]
