from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sessionhours.whatsapp import people


@pytest.mark.parametrize(
    ("given_name", "kept"),
    [
        ("Anna Müller", "Anna Müller"),
        ("  Anna  ", "Anna"),
        ("Żółć Đặng", "Żółć Đặng"),
        ("محمد", "محمد"),
        ("👩‍👧 Familie", "👩‍👧 Familie"),
        ("Anna\nMüller\t", "AnnaMüller"),
        ("Bürgermeister\u202e", "Bürgermeister"),
        ("\u2066System\u2069", "System"),
        ("\x1b[31mrot\x7f", "[31mrot"),
        ("\ufeff\u200b\u2060", ""),
        ("\u200d\u200c", ""),
        ("\u00ad", ""),
        ("Z" + "\u0336" * 50, "Z\u0336\u0336"),
        ("Anna\u3000Müller", "Anna Müller"),
        ("Anna\u2028Müller", "Anna Müller"),
        ("x" * 10_000, "x" * people.MAX_NAME),
        ("<b>Anna</b>", "<b>Anna</b>"),
        ("", ""),
    ],
)
def test_a_name_keeps_its_letters_and_loses_its_tricks(given_name: str, kept: str):
    assert people.name(given_name) == kept


@given(st.text())
def test_a_cleaned_name_is_short_and_clean(given_name: str):
    cleaned = people.name(given_name)
    assert len(cleaned) <= people.MAX_NAME
    assert people.name(cleaned) == cleaned
    assert cleaned == cleaned.strip()
    assert not set(cleaned) & set("\0\n\r\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


def test_a_name_of_a_million_marks_costs_little():
    began = time.thread_time()
    people.name("\u0336" * 1_000_000)
    assert time.thread_time() - began < 0.1


@pytest.mark.parametrize(
    ("written", "kept"),
    [("+49 171 3920001", "491713920001"), ("491713920001", "491713920001"), ("(030) 23125-001", None)],
)
def test_a_phone_number_is_its_digits(written: str, kept: str | None):
    assert people.ids(None, written) == (None, kept)


def test_a_number_in_the_place_of_the_user_id_is_a_phone_number():
    assert people.ids("491713920001") == (None, "491713920001")


@pytest.mark.parametrize("nobody", [None, "", " ", 5.5, [], {}, True, "näm e"])
def test_what_names_nobody(nobody: object):
    assert people.ids(nobody, nobody) == (None, None)
