"""Who may ask for what, of whom, in what form: every right of the table, every field's type (C48)."""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable
from typing import Any

import pytest

from sessionhours.core.roles import GRANTS, ROLES, may, sight
from sessionhours.desk.commands import HANDLERS
from sessionhours.desk.replies import Author
from sessionhours.store.tables import (
    Agent,
    Command,
    Contact,
    Conversation,
    HourSession,
    Message,
    PlanEntry,
    Quarantine,
)
from tests.desk.office import Desk
from tests.makers import body

FORBIDDEN = {"forbidden", "not_found"}


@pytest.fixture(params=[True, False], ids=["approval", "no approval"])
def approval(request: pytest.FixtureRequest) -> bool:
    return bool(request.param)


def quarantined(desk: Desk) -> str:
    """The id of an item of this town that could not be applied."""
    desk.deliver(body([{"type": "text", "text": {"body": "ohne Kennung"}}]))
    return str(desk.rows(Quarantine)[-1].id)


def data_for(desk: Desk, name: str, agent: str) -> dict[str, Any]:
    """Data with which the command would do something."""
    talk, (asked, ours) = desk.conversation()["id"], (desk.only() * 2)[:2]
    hour = min(desk.rows(HourSession), key=lambda row: row.opens).id
    return {
        "reply": {"conversation": talk, "text": "Antwort", "seen": 10**9, "take_over": True},
        "template": {"conversation": talk, **desk.approved(), "take_over": True},
        "note": {"conversation": talk, "text": "Notiz"},
        "react": {"message": asked["id"], "emoji": "👍"},
        "retry": {"message": ours["id"]},
        "confirm_delivered": {"message": ours["id"]},
        "next": {},
        "claim": {"conversation": talk},
        "release": {"conversation": talk},
        "assign": {"conversation": talk, "agent": agent},
        "resolve": {"conversation": talk, "outcome": "answered"},
        "quarantine.replay": {"item": quarantined(desk)},
        "session.open_now": {"line": desk.line.id, "minutes": 5},
        "session.extend": {"session": hour, "minutes": 5},
        "session.close_intake": {"session": hour},
        "session.open_intake": {"session": hour},
        "session.settle": {"session": hour, "items": [{"conversation": talk, "outcome": "declined"}]},
        "session.close": {"session": hour},
        "session.late": {"session": hour, "minutes": 5},
        "session.deputy": {"session": hour, "name": "Jörg Beyer"},
        **planning_data(desk, agent),
    }[name]


def planning_data(desk: Desk, agent: str) -> dict[str, dict[str, Any]]:
    """The same for the commands of planning: each on something of its own, so that none takes another's away."""
    line, (later, far) = desk.line.id, coming(desk)
    return {
        "session.add": {"line": line, "date": "2026-12-10", "from": "15:00", "to": "16:00"},
        "session.move": {"session": later, "date": "2027-01-08", "from": "15:00", "to": "16:00"},
        "session.cancel": {"session": later, "reason": "Krankheit"},
        "session.confirm": {"line": line, "date": "2026-12-24"},
        "session.restore": {"session": later},
        "session.keep": {"session": later},
        "session.publish": {"session": far, "channel": "amtsblatt", "date": "2026-12-01"},
        "series.add": {"line": line, "every": "tuesday", "from": "9:00", "to": "10:00"},
        "series.end": {"series": entry(desk, "series", agent)},
        "exception.add": {"line": line, "date": "2027-03-04"},
        "exception.remove": {"exception": entry(desk, "exception", agent)},
        "texts": {"line": line, "key": "greeting", "text": "Willkommen!"},
    }


def coming(desk: Desk) -> list[str]:
    """The keys of the first two sessions of the file that are to come."""
    found = desk.schedule.occurrences(desk.clock(), 3, line=desk.line.id)
    return [one.key for one in found if one.opens > desk.clock()][:2]


def entry(desk: Desk, kind: str, agent: str) -> str:
    """The id of one that staff planned, made where there is none."""
    there = [row.id for row in desk.rows(PlanEntry) if row.kind == kind]
    if there:
        return str(there[0])
    data = {
        "series": '{"every":"friday","from":"08:00","to":"09:00","kind":"whatsapp","topic":"",'
        '"starting":"2027-01-01","until":""}',
        "exception": '{"date":"2027-04-01","from":"","to":"","reason":"Betriebsausflug"}',
    }[kind]
    key = json.loads(data).get("date", kind)
    row = PlanEntry(town="kappelrodeck", line=desk.line.id, kind=kind, key=key, data=data, agent=agent, at=0)
    id = row.id
    desk.write(lambda session: session.add(row))
    return id


@pytest.mark.proves("P8")
@pytest.mark.parametrize("role", ROLES)
def test_every_right_of_the_table(new_desk: Callable[..., Desk], role: str, approval: bool) -> None:
    desk = new_desk(f"approval = {str(approval).lower()}")
    desk.says(1, "Frage")
    me = desk.agent("Ich", role)
    desk.ask(desk.mayor, "assign", conversation=desk.conversation()["id"], agent=me.id)
    assert set(HANDLERS) <= set(GRANTS)
    for name in HANDLERS:
        result = desk.ask(me, name, **data_for(desk, name, me.id))
        code = result.get("error", {}).get("code")
        granted = GRANTS[name].get(role, "no")  # type: ignore[call-overload]
        if granted == "yes" or (granted == "unless_approval" and not approval):
            assert code not in FORBIDDEN | {"bad_data"}, (name, result)
        else:
            assert (code, result["status"]) in {("forbidden", 403), ("not_found", 404)}, (name, result)
            assert code == "forbidden" or sight([role]) == "sessions", (name, result)


def test_rights_add_up_over_roles() -> None:
    for one, two in itertools.combinations(ROLES, 2):
        for right, approval in itertools.product(GRANTS, (True, False)):
            both = may([one, two], right, approval=approval)
            assert both == (may([one], right, approval=approval) or may([two], right, approval=approval))


@pytest.mark.proves("P8", "KA-9")
def test_a_specialist_acts_only_on_what_was_handed_to_them(desk: Desk) -> None:
    desk.says(1, "Frage")
    talk, expert = desk.conversation()["id"], desk.agent("Eva Kern", "specialist")
    refused = desk.ask(expert, "note", conversation=talk, text="x")
    assert (refused["status"], refused["error"]["code"]) == (404, "not_found")
    desk.ask(desk.mayor, "assign", conversation=talk, agent=expert.id)
    assert desk.ask(expert, "note", conversation=talk, text="x")["ok"]
    assert desk.snapshot(expert)["conversations"][0]["contact"]["phone"] is None
    assert desk.ask(expert, "reply", conversation=talk, text="x", seen=0)["error"]["code"] == "forbidden"


@pytest.mark.proves("P48")
def test_another_towns_ids_do_not_exist(desk: Desk) -> None:
    desk.says(1, "Frage")
    desk.ask(desk.mayor, "reply", conversation=desk.conversation()["id"], text="Ja", seen=10**6)
    elsewhere = Agent(town="anderswo", email="e@example.org", name="E", roles="mayor", created_at=0)
    stranger = Author(elsewhere.id, "E", "anderswo", frozenset(ROLES))
    desk.write(lambda session: session.add(elsewhere))
    before = {
        table: [dict(row) for row in desk.rows(table)] for table in (Conversation, Message, HourSession)
    }
    for name in HANDLERS:
        data = data_for(desk, name, elsewhere.id)
        if name == "next" or "line" in data:
            continue
        result = desk.ask(stranger, name, **data)
        assert (result["status"], result["error"]["code"]) == (404, "not_found"), name
    assert desk.ask(stranger, "next")["data"] == {"conversation": None}
    assert {table: [dict(row) for row in desk.rows(table)] for table in before} == before
    refused = desk.ask(desk.mayor, "assign", conversation=desk.conversation()["id"], agent=elsewhere.id)
    assert refused["error"]["code"] == "not_found"


WRONG: list[Any] = [
    None,
    True,
    1,
    -1,
    1.5,
    10**30,
    -(10**30),
    "",
    "x",
    "\x00",
    "\ud800",
    [],
    [1],
    {},
    {"$ne": ""},
    {"$gt": 0},
    "' or 1=1 --",
]


#: Where nothing at all is an answer of its own.
NULLABLE = {("session.publish", "date")}


@pytest.mark.proves("C48", "C10", "C11")
@pytest.mark.parametrize("name", sorted(HANDLERS))
def test_every_field_with_every_wrong_type_is_refused_or_harmless(desk: Desk, name: str) -> None:
    desk.says(1, "Frage")
    everybody = desk.agent("Alle", *ROLES)
    good = data_for(desk, name, desk.mayor.id)
    for field, value in itertools.product(good, WRONG):
        result = desk.ask(everybody, name, **{**good, field: value})
        right_type = isinstance(value, type(good[field])) and not (
            isinstance(value, bool) and not isinstance(good[field], bool)
        )
        right_type = right_type or (value is None and (name, field) in NULLABLE)
        if not right_type:
            assert result["error"]["code"] == "bad_data", (field, value, result)
        elif not result["ok"]:
            assert result["error"]["message"]
            assert "Traceback" not in json.dumps(result)
    assert {row.name for row in desk.rows(Contact)} == {"Anna Müller 1"}


@pytest.mark.proves("C48")
@pytest.mark.parametrize("name", sorted(HANDLERS))
def test_missing_and_unknown_fields_are_named(desk: Desk, name: str) -> None:
    desk.says(1, "Frage")
    everybody = desk.agent("Alle", *ROLES)
    good = data_for(desk, name, desk.mayor.id)
    for field in set(good) - {"take_over"}:
        result = desk.ask(everybody, name, **{key: value for key, value in good.items() if key != field})
        assert (result["error"]["code"], field in result["error"]["message"]) == ("bad_data", True)
    result = desk.ask(everybody, name, **good, town="anderswo")
    assert result["error"]["code"] == "bad_data"
    assert "unbekanntes Feld" in result["error"]["message"]
    assert "town" not in result["error"]["message"], "what was sent is not said back"


@pytest.mark.proves("C47", "C48")
@pytest.mark.parametrize(
    ("id", "name", "data"),
    [
        ("1", "next", {}),
        (7, "next", {}),
        (None, "next", {}),
        ({"$ne": ""}, "next", {}),
        ("00000000-0000-4000-8000-000000000001", 7, {}),
        ("00000000-0000-4000-8000-000000000002", "next", []),
        ("00000000-0000-4000-8000-000000000003", "next", None),
        ("000000000000400080000000000000ff", "next", {}),
    ],
)
def test_what_is_no_command_is_answered_with_a_fixed_code(desk: Desk, id: Any, name: Any, data: Any) -> None:
    from sessionhours.desk import commands

    result = desk.write(
        commands.run, desk.mayor, desk.schedule, id=id, name=name, data=data, now=desk.clock()
    )
    assert (result["ok"], result["error"]["code"]) == (False, "bad_command")
    assert desk.rows(Command) == []


@pytest.mark.proves("C47")
@pytest.mark.parametrize(
    "name", ["weather", "__class__", "base", "", "reply\x00", "snapshot", "broadcast", "erase"]
)
def test_an_unknown_command_is_answered_with_a_fixed_code(desk: Desk, name: str) -> None:
    result = desk.ask(desk.mayor, name)
    assert result["error"]["code"] == "unknown_command"
    assert name not in result["error"]["message"] or not name
