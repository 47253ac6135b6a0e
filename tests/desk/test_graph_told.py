"""Every file in tests/payloads has an expectation; for answers that nobody asks for yet it is the reason why."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

import sessionhours
from tests.desk import test_graph_answers as answers
from tests.desk import test_graph_files as files
from tests.desk import test_graph_templates as templates
from tests.desk.meta import PAYLOADS

PRODUCT = Path(sessionhours.__file__).parent

#: What the client understands (tests/whatsapp/test_answers.py) and nobody asks for yet: the call, and why.
NOT_ASKED = {
    "media_uploaded": ("upload_media", "files go out with `attach`, and that command is not there yet"),
    "success": ("mark_read", "that a citizen was read, or is being answered, is not told to Meta yet"),
}

_BLOCKING = "nobody is blocked from here: an agent ends a talk, a citizen's way in stays open"

#: What nobody asks Graph for yet: the word that a request for it would have to say, and why. The simulated Graph
#: answers all of them as recorded (tests/simulator/test_answers.py).
NOT_SPOKEN = {
    "block_ok": ("block_users", _BLOCKING),
    "block_ok_bsuid": ("block_users", _BLOCKING),
    "block_partial_failure.http400": ("block_users", _BLOCKING),
    "blocked_list": ("block_users", _BLOCKING),
    "business_profile": ("whatsapp_business_profile", "the profile is kept with Meta"),
    "message_history": ("message_history", "an unclear message is settled by a receipt or a person"),
    "phone_numbers_list": ("phone_numbers", "the lines of a town stand in its schedule file"),
    "settings_get": ("settings", "calls and identity checks are switched with Meta"),
    "subscribed_apps": ("subscribed_apps", "the webhook is subscribed with Meta; `doctor` would look"),
}

#: Read by tests/whatsapp/test_signature.py: a body and how it is signed.
SIGNED = {"signature_vector", "signature_vector.body.bin"}


def sources(*rooms: str) -> Iterator[str]:
    """The text of every module in these rooms, and of those that join them."""
    for path in [*PRODUCT.glob("*.py"), *(path for room in rooms for path in (PRODUCT / room).rglob("*.py"))]:
        yield path.read_text(encoding="utf-8")


def parts_of_addresses(source: str) -> set[str]:
    """Each part of what could be a path or a query, in every string that a module holds."""
    texts = (node.value for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Constant))
    return {part for text in texts if isinstance(text, str) for part in re.split(r"[/?&=,{]", text)}


def test_every_file_has_an_expectation() -> None:
    there = {path.relative_to(PAYLOADS).as_posix().removesuffix(".json") for path in PAYLOADS.rglob("*.*")}
    told = {"media_node", "phone_number_node", *answers.SENT, *templates.ANSWERED, *NOT_ASKED, *NOT_SPOKEN}
    for table in (answers.WAITS, answers.FAILED, answers.PAUSED, answers.UNCLEAR, files.LOOK_UPS):
        told |= {f"errors/{name}" for name in table}
    assert {name.removeprefix("graph/") for name in there if name.startswith("graph/")} == told
    bodies = {f"{path.parent.name}/{path.stem}" for path in PAYLOADS.glob("*/*.json")}
    assert {name for name in there if not name.startswith("graph/")} - bodies == SIGNED


def test_every_refusal_has_one_expectation() -> None:
    tables = [*answers.WAITS, *answers.FAILED, *answers.PAUSED, *answers.UNCLEAR]
    assert len(tables) == len(set(tables)) == len(list((PAYLOADS / "graph" / "errors").iterdir()))


@pytest.mark.parametrize("name", NOT_ASKED)
def test_nobody_asks_the_client_for_it_yet(name: str) -> None:
    call, _ = NOT_ASKED[name]
    assert [source for source in sources("desk", "server") if re.search(rf"\b{call}\b", source)] == []


@pytest.mark.parametrize("name", NOT_SPOKEN)
def test_no_request_says_it_yet(name: str) -> None:
    word, _ = NOT_SPOKEN[name]
    assert [
        source for source in sources("whatsapp", "desk", "server") if word in parts_of_addresses(source)
    ] == []


def test_a_word_of_a_request_would_be_found() -> None:
    said = parts_of_addresses(
        'url(number, "messages"); f"{graph}/{id}/block_users?limit=9"; "fields=id,name"'
    )
    assert said >= {"messages", "block_users", "fields", "id", "name"}
