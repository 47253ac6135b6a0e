"""The kit's page: who may see it, what it shows, and how a channel is ticked off."""

from __future__ import annotations

import html
import re
import uuid
from typing import Any

import httpx
import pytest

from tests.server.forms import Page
from tests.server.house import Guest, House

KEY = "buergermeister/2026-12-03T15:00"
PATH = f"/console/termine/{KEY}/kit"


@pytest.fixture
def editor(house: House) -> Guest:
    return house.agent("Eva Planer", "editor")


def tick(guest: Guest, path: str = PATH, **form: Any) -> httpx.Response:
    """Send the form of one channel."""
    sent = {"id": str(uuid.uuid4()), "do": "tick", "date": "2026-11-27", **form}
    with guest.house.client(headers={**guest.headers, "accept-language": "de"}) as client:
        return client.post(path, data=sent)


def pieces(page: httpx.Response) -> dict[str, str]:
    """The texts by channel."""
    found = re.findall(r'<textarea id="text-(\w+)"[^>]*>(.*?)</textarea>', page.text, re.DOTALL)
    return {channel: html.unescape(text) for channel, text in found}


@pytest.mark.proves("GO-2")
def test_it_shows_a_text_for_every_channel(editor: Guest) -> None:
    page = editor.get(PATH)
    assert page.status_code == 200
    assert page.headers["cache-control"] == "no-store"
    texts = pieces(page)
    assert list(texts) == ["amtsblatt", "presse", "website", "social", "mail"]
    for text in texts.values():
        assert "3. Dezember" in text
    assert f"{editor.house.url}/termine" in texts["website"]
    assert f"{len(texts['social'])} von 280 Zeichen" in page.text
    assert f'href="/aushang?session={editor.snapshot()["session"]["id"]}"' in page.text


def test_a_date_has_its_page_by_id_and_by_key(editor: Guest) -> None:
    by_id = editor.get(f"/console/termine/{editor.snapshot()['session']['id']}/kit")
    assert pieces(by_id) == pieces(editor.get(PATH))
    later = editor.get("/console/termine/buergermeister/2027-06-03T15:00/kit")
    assert "3. Juni" in pieces(later)["mail"], "one that has no row yet"
    for junk in ("buergermeister/2027-06-04T15:00", "nothing", "../../kit", "%2e%2e"):
        assert editor.get(f"/console/termine/{junk}/kit").status_code == 404


def test_the_texts_can_be_english_while_the_page_is_german(editor: Guest) -> None:
    page = editor.get(PATH, lang="de", text="en")
    assert '<html lang="de">' in page.text
    assert "Thu, 3 December, 3–4 pm" in pieces(page)["social"]
    assert "/en/termine" in pieces(page)["social"]
    assert '<html lang="en">' in editor.get(PATH, lang="en").text
    assert "3. Dezember" in pieces(editor.get(PATH, lang="en", text="de"))["mail"]


@pytest.mark.parametrize(
    ("role", "status"),
    [
        ("mayor", 200),
        ("editor", 200),
        ("admin", 200),
        ("assistant", 403),
        ("specialist", 403),
        ("privacy", 403),
    ],
)
def test_it_is_for_those_who_plan(house: House, role: str, status: int) -> None:
    guest = house.agent("Jemand", role)
    assert guest.get(PATH).status_code == status
    assert tick(guest, channel="presse").status_code == (303 if status == 200 else 403)


def test_nobody_else_gets_in(house: House) -> None:
    with house.client() as client:
        answer = client.get(PATH)
        assert (answer.status_code, answer.headers["location"]) == (303, "/login?next=/console/termine")
        answer = client.post(PATH, data={"channel": "presse"})
        assert (answer.status_code, answer.headers["location"]) == (303, "/login?next=/console/termine")
        elsewhere = {"origin": "https://evil.example", "sec-fetch-site": "cross-site"}
        assert client.post(PATH, data={"channel": "presse"}, headers=elsewhere).status_code == 403


def test_a_channel_is_ticked_off_and_taken_back(editor: Guest) -> None:
    answer = tick(editor, channel="amtsblatt", date="2026-11-27")
    assert answer.status_code == 303
    assert answer.headers["location"].startswith("/console/termine/")
    page = editor.get(answer.headers["location"])
    assert page.text.count("Veröffentlicht am") == 1
    assert "Veröffentlicht am Freitag, 27. November 2026" in page.text
    assert tick(editor, channel="aushang").status_code == 303
    assert editor.get(PATH).text.count("Veröffentlicht am") == 2
    assert tick(editor, channel="amtsblatt", do="untick").status_code == 303
    assert "Freitag, 27. November 2026" in editor.get(PATH).text, "the poster's"
    assert editor.get(PATH).text.count("Veröffentlicht am") == 1


def test_a_form_that_is_sent_twice_does_nothing_twice(editor: Guest) -> None:
    id = str(uuid.uuid4())
    assert tick(editor, id=id, channel="presse").status_code == 303
    assert tick(editor, channel="presse", do="untick").status_code == 303
    assert tick(editor, id=id, channel="presse").status_code == 303
    assert "Veröffentlicht am" not in editor.get(PATH).text, "the second was the first one again"


@pytest.mark.parametrize(
    "form",
    [
        {"date": "2026-12-04"},
        {"date": "gestern"},
        {"date": ""},
        {"channel": "fernsehen"},
        {"id": "1"},
        {"channel": ""},
    ],
)
def test_what_is_refused_is_told_on_the_page(editor: Guest, form: dict[str, str]) -> None:
    answer = tick(editor, **{"channel": "presse", **form})
    assert answer.status_code == 400
    assert '<div class="problem" role="alert"' in answer.text
    assert len(pieces(answer)) == 5
    assert "Veröffentlicht am" not in editor.get(PATH).text


@pytest.mark.parametrize(
    ("date", "sentence"),
    [("2026-12-04", "Dieser Tag liegt nach dem Termin."), ("", "Bitte geben Sie ein Datum an.")],
)
def test_a_date_that_is_refused_stays_in_its_field_with_the_sentence(
    editor: Guest, date: str, sentence: str
) -> None:
    page = Page(tick(editor, channel="presse", date=date))
    assert page.words.count(sentence) == 2
    assert "date:" not in page.words
    assert "#field-date" in page.links
    field = page.attributes["field-date"]
    assert (field["value"], field["aria-describedby"]) == (date, "wrong-date")
    assert page.attributes["date-website"]["value"] == "2026-12-03", "today"
