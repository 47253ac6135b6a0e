"""After 24 hours, at the surface: what is refused, what is offered, who is told, and where automatic texts stop."""

from __future__ import annotations

import json
import re
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from sessionhours.config import load_schedule
from sessionhours.core.roles import ROLES
from sessionhours.errors import ConfigFaults
from tests.fakes import wait_until
from tests.makers import OPENS, WABA, body, message, receipt, schedule_file, template_told
from tests.server.house import Graph, Guest, House

POLICY = f'approval = false\nbusiness_account_id = "{WABA}"'
ROOT = Path(__file__).parent.parent.parent
SIE, DU = "sprechstunde_antwort", "sprechstunde_antwort_du"


@dataclass
class Meta(Graph):
    """Takes messages, and templates for review."""

    handed: list[dict[str, Any]] = field(default_factory=list)
    review: str = "PENDING"

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Accept, or list what was handed in."""
        if not request.url.path.endswith("/message_templates"):
            return await super().handle_async_request(request)
        content = await request.aread()
        if request.method == "POST":
            self.handed.append(json.loads(content) | {"id": f"60000000000000{len(self.handed)}"})
            return self._says(200, {"id": self.handed[-1]["id"], "status": "PENDING", "category": "UTILITY"})
        return self._says(200, {"data": [one | {"status": self.review} for one in self.handed]})

    def _says(self, status: int, value: Any) -> httpx.Response:
        return httpx.Response(status, stream=httpx.ByteStream(json.dumps(value).encode()))

    def templates(self) -> list[dict[str, Any]]:
        """The templates that citizens were sent."""
        return [item["template"] for item in self.sent if item.get("type") == "template"]


@pytest.fixture
def new_house(tmp_path: Path, sqlite_url: str) -> Iterator[Callable[..., House]]:
    """Make a house with a policy of the test's own, and with whatever else its file says."""
    houses: list[House] = []

    def make(policy: str = POLICY, *, status: str = "PENDING", edit: Callable[[str], str] = str) -> House:
        file = schedule_file(tmp_path, policy)
        file.write_text(edit(file.read_text()))
        houses.append(House(tmp_path, sqlite_url, schedule=file, graph=Meta(review=status)).start())
        return houses[-1]

    yield make
    for house in houses:
        house.stop()


def meta(house: House) -> Meta:
    assert isinstance(house.graph, Meta)
    return house.graph


def ready(house: House, status: str = "APPROVED") -> None:
    """What was handed in stands so at Meta, and the house was told."""
    wait_until(lambda: len(meta(house).handed) == 2, what="both languages are handed in")
    wait_until(lambda: house.rows("select count(meta_id) from template") == [(2,)])
    meta(house).review = status
    for one in meta(house).handed:
        assert house.post(template_told(one["name"], one["language"], status)) == 200
    house.settle()


def choices(agent: Guest) -> list[dict[str, Any]]:
    talk = agent.conversation()["id"]
    return list(agent.get(f"/api/conversations/{talk}/templates").json()["templates"])


def send(agent: Guest, choice: dict[str, Any], **changes: Any) -> httpx.Response:
    talk, wanted = agent.conversation()["id"], {"template": choice["name"], "language": choice["language"]}
    return agent.command(
        "template", conversation=talk, **wanted | {"parameters": choice["parameters"]} | changes
    )


def reply(agent: Guest, text: str = "Am 15. Mai.") -> httpx.Response:
    return agent.command("reply", conversation=agent.conversation()["id"], text=text, seen=10**9)


@pytest.mark.proves("P15", "AC-17")
def test_at_23_59_an_answer_goes_and_after_24_hours_only_a_template(new_house: Callable[..., House]) -> None:
    house = new_house()
    ready(house)
    house.says(1, "Wann öffnet das Bad?", at=OPENS)
    house.clock.now = OPENS + timedelta(hours=23, minutes=59)
    mayor = house.agent()
    assert reply(mayor, "Gleich.").status_code == 200
    wait_until(lambda: house.graph.texts() == ["Gleich."])
    house.clock.now = OPENS + timedelta(hours=24, seconds=1)
    refused = reply(mayor)
    assert refused.status_code == 409
    error = refused.json()["error"]
    assert error["code"] == "window_closed"
    assert "Vorlage" in error["message"]
    assert error["templates"] == [{"name": SIE, "language": "de"}, {"name": SIE, "language": "en"}]
    assert error["alternatives"] == "Telefon 07842 80221"
    assert mayor.conversation()["contact"]["phone"] == "+491713920001", "the number to call back"
    (german, _) = choices(mayor)
    assert send(mayor, german).status_code == 200
    wait_until(lambda: len(meta(house).templates()) == 1)
    (sent,) = meta(house).templates()
    assert (sent["name"], sent["language"]) == (SIE, {"code": "de"})
    values = [one["text"] for one in sent["components"][0]["parameters"]]
    assert values == ["Anna Müller 1", "Gemeinde Kappelrodeck", "3. Dezember 2026"]
    assert house.graph.texts() == ["Gleich."]


@pytest.mark.proves("F64", "AC-17")
def test_a_reply_that_waited_past_the_window_does_not_leave(new_house: Callable[..., House]) -> None:
    """It may be taken back for ten seconds; in these the window closes."""
    house = new_house(f"{POLICY}\nundo = 10")
    house.says(1, "Frage", at=OPENS)
    house.clock.now = OPENS + timedelta(hours=23, minutes=59, seconds=25)
    mayor = house.agent()
    assert reply(mayor).json()["data"]["message"]["status"] == "queued"
    house.clock.forward(seconds=11)
    talk = mayor.conversation()["id"]

    def newest() -> dict[str, Any]:
        return dict(mayor.get(f"/api/conversations/{talk}/messages").json()["messages"][-1])

    wait_until(lambda: newest()["status"] == "failed")
    assert newest()["error"]["code"] == 131047
    assert (
        newest()["error"]["message"] == "Die 24-Stunden-Frist ist abgelaufen – nur eine Vorlage ist möglich."
    )
    assert house.graph.sent == []


@pytest.mark.proves("AC-18")
@pytest.mark.parametrize("order", [1, -1])
def test_the_window_is_the_newest_message_by_metas_own_time(
    new_house: Callable[..., House], order: int
) -> None:
    """Ten pictures, in any order and some of them late: one window, at most one automatic text."""
    house = new_house('approval = false\naccept = []\nreceipt = "none"')
    mayor = house.agent()
    house.clock.now = OPENS + timedelta(minutes=9)
    pictures = [
        message(
            1,
            str(number),
            at=OPENS + timedelta(minutes=number),
            type="image",
            image={"id": f"5{number}", "mime_type": "image/jpeg", "sha256": "x"},
        )
        for number in range(10)
    ]
    for one in pictures[::order]:
        assert house.post(body([one])) == 200
    house.settle()
    closes = OPENS + timedelta(minutes=9, hours=23, seconds=59 * 60 + 30)
    assert mayor.conversation()["window_closes_at"] == closes.isoformat(timespec="milliseconds").replace(
        "+00:00", "Z"
    )
    wait_until(lambda: len(house.graph.texts()) == 1)
    house.clock.now = OPENS + timedelta(hours=23, minutes=50)
    wait_until(lambda: house.rows("select count(*) from outbox") == [(0,)])
    assert len(house.graph.texts()) == 1


@pytest.mark.proves("AC-18")
def test_what_is_not_kept_opens_the_window_too(new_house: Callable[..., House]) -> None:
    house = new_house()
    house.says(1, "Frage", at=OPENS)
    assert reply(house.agent()).status_code == 200
    house.clock.now = OPENS + timedelta(hours=20)
    house.says(1, "Sind Sie noch da?")
    mayor = house.agent()
    messages = mayor.get(f"/api/conversations/{mayor.conversation()['id']}/messages").json()["messages"]
    assert "declined" in [one["kind"] for one in messages]
    house.clock.now = OPENS + timedelta(hours=30)
    assert reply(house.agent(), "Ja, gern.").status_code == 200


@pytest.mark.proves("P42")
@pytest.mark.parametrize("status", ["PENDING", "REJECTED", "PAUSED", "DISABLED"])
def test_what_is_not_approved_cannot_be_chosen(new_house: Callable[..., House], status: str) -> None:
    house = new_house()
    ready(house, status)
    house.says(1, "Frage", at=OPENS)
    house.clock.forward(hours=30)
    mayor, admin = house.agent(), house.agent("Frau Technik", "admin")
    assert [one["usable"] for one in choices(mayor)] == [False, False]
    assert len({one["state"] for one in choices(mayor)}) == 1
    refused = send(mayor, choices(mayor)[0])
    assert (refused.status_code, refused.json()["error"]["code"]) == (409, "not_approved")
    assert choices(mayor)[0]["state"] in refused.json()["error"]["message"]
    assert meta(house).sent == []
    assert [one["status"] for one in admin.snapshot()["templates"]] == [status, status]
    ready(house)
    assert [one["usable"] for one in choices(mayor)] == [True, True]
    assert send(mayor, choices(mayor)[0]).status_code == 200


@pytest.mark.proves("AC-19")
@pytest.mark.parametrize("address", ["Sie", "du"])
def test_a_town_speaks_to_citizens_as_it_chose(new_house: Callable[..., House], address: str) -> None:
    house = new_house(edit=lambda text: text.replace("[town]", f'[town]\naddress = "{address}"'))
    ready(house)
    house.agent()
    house.clock.now = OPENS - timedelta(days=1)
    house.says(1, "Ist jemand da?")
    wait_until(lambda: len(house.graph.texts()) == 1)
    said = [house.graph.texts()[0], meta(house).handed[0]["components"][0]["text"]]
    formal, familiar = r"\b(Sie|Ihnen|Ihre)\b", r"\b([Dd]u|[Dd]ir|[Dd]eine?)\b"
    wanted, other = (formal, familiar) if address == "Sie" else (familiar, formal)
    assert all(re.search(wanted, text) and not re.search(other, text) for text in said)
    assert {one["name"] for one in meta(house).handed} == {SIE if address == "Sie" else DU}


@pytest.mark.proves("AC-17")
def test_whose_time_is_nearly_over_comes_up(new_house: Callable[..., House]) -> None:
    house = new_house('approval = false\noutside = "hold"')
    mayor = house.agent()
    house.clock.now = OPENS - timedelta(hours=23)
    house.says(1, "von gestern", at=OPENS - timedelta(hours=23))
    house.clock.now = OPENS - timedelta(hours=30) + timedelta(hours=8)
    house.says(2, "von heute Nacht", at=house.clock())
    house.clock.now = OPENS + timedelta(minutes=1)
    wait_until(lambda: {one["lane"] for one in mayor.snapshot()["conversations"]} == {"waiting"})
    house.says(1, "Hallo?", at=house.clock())  # has a whole day again, and keeps the earlier place
    first = mayor.command("next").json()["data"]["conversation"]
    assert first["last_message"]["text"] == "von heute Nacht"
    assert mayor.command("next").json()["data"]["conversation"]["last_message"]["text"] == "Hallo?"


@pytest.mark.proves("WA-6")
def test_there_is_no_way_to_send_news(new_house: Callable[..., House]) -> None:
    """No route, no command, no menu, and no template that Meta counts as advertising."""
    house = new_house()
    ready(house)
    everybody = house.agent("Alle", *ROLES)
    words = re.compile("broadcast|newsletter|rundnachricht|rundbrief", re.IGNORECASE)
    paths = [route.path for route in house.office.pages.routes]  # type: ignore[attr-defined]
    assert len(paths) > 10
    assert not any(words.search(path) for path in paths)
    for path in ("/broadcast", "/api/broadcast", "/rundnachrichten"):
        assert everybody.get(path).status_code == 404
    assert everybody.command("broadcast", text="Neues").json()["error"]["code"] == "unknown_command"
    assert not any(words.search(file.read_text()) for file in (ROOT / "web/console/views").rglob("*.js"))
    assert {one["category"] for one in meta(house).handed} == {"UTILITY"}
    marketing = template_told(SIE, "de", "APPROVED", message_template_category="MARKETING")
    assert house.post(marketing) == 200
    house.says(1, "Frage", at=OPENS)
    refused = send(everybody, choices(everybody)[0])
    assert refused.json()["error"]["code"] == "not_approved"


def test_who_may_not_see_a_conversation_sees_no_templates_of_it(new_house: Callable[..., House]) -> None:
    house = new_house()
    mayor = house.agent()
    house.says(1, "Frage", at=OPENS)
    path = f"/api/conversations/{mayor.conversation()['id']}/templates"
    assert mayor.get(path).status_code == 200
    for role in ("specialist", "editor", "admin", "privacy"):
        assert house.agent("Jemand", role).get(path).status_code == 404
    assert mayor.get("/api/conversations/0/templates").status_code == 404
    with house.client() as nobody:
        assert nobody.get(path).status_code == 401


async def test_consoles_hear_of_a_template_and_of_the_budget(new_house: Callable[..., House]) -> None:
    house = new_house()
    names = {"mayor": ["template.updated", "budget.updated"], "assistant": ["template.updated"]}
    for role, expected in names.items():
        guest = house.agent(role, role)
        async with guest.console() as console:
            if role == "mayor":
                ready(house)
            else:
                ready(house, "PAUSED")
            assert house.post(body([], [receipt(str(uuid.uuid4()), "delivered")])) == 200
            house.settle()
            (seq,) = house.rows("select max(seq) from event where name = 'template.updated'")[0]
            await console.told(seq)
            heard = {event["name"] for event in console.events}
            if role == "mayor":
                (seq,) = house.rows("select max(seq) from event where name = 'budget.updated'")[0]
                await console.told(seq)
                heard = {event["name"] for event in console.events}
            assert heard & {"template.updated", "budget.updated"} == set(expected)


@pytest.mark.proves("N23")
def test_at_the_cap_automatic_texts_stop_and_answers_go_on(new_house: Callable[..., House]) -> None:
    house = new_house(
        'approval = false\nreceipt = "each"', edit=lambda text: f"{text}\n[budget]\nfree = 5\ncap = 5\n"
    )
    mayor, admin = house.agent(), house.agent("Frau Technik", "admin")

    def delivered(*wamids: str) -> dict[str, Any]:
        for word in ("delivered", "delivered", "read"):
            assert house.post(body([], [receipt(one, word, at=house.clock()) for one in wamids])) == 200
        house.settle()
        (one,) = mayor.snapshot()["budget"]
        assert admin.snapshot()["budget"] == [one]
        return dict(one)

    assert delivered("a", "b", "c")["delivered"] == 3
    house.says(1, "Vor der Grenze")
    wait_until(lambda: len(house.graph.texts()) == 1)
    assert delivered("d")["stopped"] is False
    assert [one["code"] for one in admin.snapshot()["notices"]] == ["budget_short"]
    held = delivered("e")
    assert (held["delivered"], held["free"], held["cap"], held["stopped"]) == (5, 5, 5, True)
    assert held["forecast"] == 52, "5 in 3 of 31 days"
    assert {one["code"] for one in admin.snapshot()["notices"]} == {"budget_spent", "budget_short"}
    house.clock.forward(seconds=10)
    house.says(1, "Nach der Grenze")
    talk = mayor.conversation()["id"]
    last = mayor.get(f"/api/conversations/{talk}/messages").json()["messages"][-1]
    assert last["decision"].startswith("Kein automatischer Text, weil ")
    assert reply(mayor, "Ein Mensch antwortet.").status_code == 200
    wait_until(lambda: len(house.graph.texts()) == 2)
    resolved = mayor.command("resolve", conversation=talk, outcome="promised", date="2026-12-07")
    assert resolved.json()["data"]["message"]["text"].startswith("Das klären wir")
    wait_until(lambda: len(house.graph.texts()) == 3)
    house.clock.now = OPENS + timedelta(days=35)
    house.says(2, "Im neuen Monat")
    wait_until(lambda: len(house.graph.texts()) == 4)


@pytest.mark.parametrize(
    "wrong",
    [
        "[budget]\nfree = -1",
        "[budget]\ncap = 1.5",
        "[budget]\nlimit = 3",
        "[budget]\ncap = 10000001",
        "budget = 3",
    ],
)
def test_a_budget_that_is_none_is_a_fault(tmp_path: Path, wrong: str) -> None:
    file = schedule_file(tmp_path, POLICY)
    text = file.read_text()
    file.write_text(f"{wrong}\n{text}" if wrong.startswith("budget") else f"{text}\n{wrong}\n")
    with pytest.raises(ConfigFaults, match="budget"):
        load_schedule(file)


def test_an_account_is_a_number(tmp_path: Path) -> None:
    assert load_schedule(schedule_file(tmp_path, POLICY)).lines[0].business_account_id == WABA
    assert load_schedule(schedule_file(tmp_path)).lines[0].business_account_id is None
    with pytest.raises(ConfigFaults, match="business_account_id"):
        load_schedule(schedule_file(tmp_path, 'business_account_id = "our account"'))
