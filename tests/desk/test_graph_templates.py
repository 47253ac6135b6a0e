"""What Graph answers about templates, and what staff then see of them."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from sessionhours.desk.template_loop import TemplateLoop
from tests.desk.meta import client, recorded, refused
from tests.desk.office import Desk
from tests.makers import WABA
from tests.whatsapp.graph import Behaviour, Request, graph

#: Recorded answers that are asked for here: the list of an account that has other texts, and a text handed in.
ANSWERED = ("templates_list", "template_created")

#: What a list or a text handed in is refused with, and whether Meta is asked again soon.
REFUSED = {
    "10_no_permission.http403": False,
    "190_token_expired.http401": False,
    "368_policy.http403": False,
    "100_33_no_such_object.http400": False,
    "80007_waba_rate.http400": True,
    "4_app_rate.http400": True,
    "2_temporarily_unavailable.http503": True,
}


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    """One engine is enough: what differs between the two is tested elsewhere."""
    return sqlite_url


@pytest.fixture
def desk(new_desk: Callable[..., Desk]) -> Desk:
    return new_desk(f'business_account_id = "{WABA}"')


async def look(desk: Desk, *script: Behaviour) -> list[Request]:
    """One look at a Graph that behaves like this; what that got."""
    async with graph(*script) as peer, client(peer.port) as registry:
        await TemplateLoop(desk.database, desk.reader, desk.clock, registry).look()
    return peer.requests


async def test_what_the_account_lacks_is_handed_in(desk: Desk) -> None:
    created = recorded("template_created")
    asked = await look(desk, recorded("templates_list"), created, created)
    assert [one.method for one in asked] == ["GET", "POST", "POST"]
    assert {one.target.partition("?")[0] for one in asked} == {f"/v26.0/{WABA}/message_templates"}
    shown = desk.snapshot()["templates"]
    assert {(one["name"], one["language"], one["status"]) for one in shown} == {
        ("sprechstunde_antwort", "de", "PENDING"),
        ("sprechstunde_antwort", "en", "PENDING"),
    }


@pytest.mark.parametrize("name", REFUSED)
async def test_an_account_that_cannot_be_listed_says_why_or_is_asked_again(desk: Desk, name: str) -> None:
    assert len(await look(desk, refused(name))) == 1
    reasons = {one["reason"] for one in desk.snapshot()["templates"]}
    assert (reasons == {None}) is REFUSED[name]
