"""A file that contradicts what staff planned: both sides are shown, the announced one wins until somebody decides."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from sessionhours.config import load_schedule
from sessionhours.store.tables import HourSession, Message, Notice, PlanEntry
from tests.desk.office import Desk
from tests.desk.planner import (
    DECEMBER,
    JANUARY,
    LINE,
    MONDAY,
    conflicts,
    dates,
    done,
    edit,
    month,
    refused,
    row,
    session,
    when,
)
from tests.makers import CLOSES, OPENS, SCHEDULE, Clock

THURSDAYS = session("first thursday")


@pytest.fixture
def desk(new_desk: Callable[..., Desk]) -> Desk:
    """Kappelrodeck's desk on the Monday before its hour."""
    return new_desk("", Clock(MONDAY))


def notices(desk: Desk) -> list[str]:
    return [one.message for one in desk.rows(Notice) if one.code == "plan_conflict"]


def sides(desk: Desk) -> list[tuple[str, str, str]]:
    return [(one.code, one.ours, one.file) for one in conflicts(desk)]


def settled(desk: Desk) -> bool:
    return conflicts(desk) == [] and notices(desk) == []


def test_what_the_file_moved_that_staff_had_moved(desk: Desk, tmp_path: Path) -> None:
    done(desk, "session.move", session=JANUARY, date="2027-01-08", from_="15:00", to="16:00")
    assert settled(desk)
    edit(desk, tmp_path, session("first thursday", "17:00-18:00"))
    assert sides(desk) == [
        ("moved", "Freitag, 8. Januar 2027, 15–16 Uhr", "Donnerstag, 7. Januar 2027, 17–18 Uhr")
    ]
    assert [one for one in dates(desk) if "2027-01" in one] == ["2027-01-08 15:00-16:00"], "it comes once"
    (notice,) = notices(desk)
    assert "Freitag, 8. Januar 2027, 15–16 Uhr; in der Datei steht Donnerstag, 7. Januar" in notice
    assert when(row(desk, DECEMBER.replace("15:00", "17:00"))) == "2026-12-03 17:00-18:00", (
        "the others follow"
    )
    desk.tick()
    assert len(notices(desk)) == 1


def test_a_date_that_the_file_holds_in_person_now_is_no_whatsapp_hour_any_more(
    desk: Desk, tmp_path: Path
) -> None:
    uid = row(desk, DECEMBER).uid
    in_person = session("2026-12-03", more='kind = "in_person"')
    edit(desk, tmp_path, in_person + session("2027-01-07"))
    for _ in range(2):
        coming = desk.snapshot()["next_session"]
        assert (coming["id"], coming["number"]) == (row(desk, JANUARY).id, 1)
        assert dates(desk) == ["2027-01-07 15:00-16:00"]
        assert dates(desk, kind="in_person") == ["2026-12-03 15:00-16:00"]
        desk.tick()
    edit(desk, tmp_path, THURSDAYS)
    coming = desk.snapshot()["next_session"]
    assert (coming["id"], coming["number"]) == (row(desk, DECEMBER).id, 1)
    assert row(desk, DECEMBER).uid == uid
    assert settled(desk)


@pytest.mark.parametrize("choice", ["keep", "restore"])
def test_a_person_decides_between_both_sides(desk: Desk, tmp_path: Path, choice: str) -> None:
    uid = row(desk, JANUARY).uid
    done(desk, "session.move", session=JANUARY, date="2027-01-08", from_="15:00", to="16:00")
    edit(desk, tmp_path, session("first thursday", "17:00-18:00"))
    (conflict,) = conflicts(desk)
    (shown,) = month(desk, "2027-01-01", "2027-01-31").sessions
    assert (shown.conflict, shown.origin) == (conflict, "moved")
    name, data = getattr(conflict, choice)
    id = done(desk, name, **data)["session"]["id"]
    assert settled(desk)
    assert row(desk, id).uid == uid
    kept = {"keep": "2027-01-08 15:00-16:00", "restore": "2027-01-07 17:00-18:00"}[choice]
    assert [one for one in dates(desk) if "2027-01" in one] == [kept]
    if choice == "keep":
        assert refused(desk, name, **data)["code"] == "no_conflict"
        edit(desk, tmp_path, session("first thursday", "18:00-19:00"))
        assert len(conflicts(desk)) == 1, "the file said something new"


def test_what_the_file_removed_that_staff_had_moved(desk: Desk, tmp_path: Path) -> None:
    done(desk, "session.move", session=JANUARY, date="2027-01-08", from_="15:00", to="16:00")
    edit(desk, tmp_path, session("2026-12-03"))
    assert sides(desk) == [("removed", "Freitag, 8. Januar 2027, 15–16 Uhr", "nichts")]
    assert "2027-01-08 15:00-16:00" in dates(desk), "the announced one wins"
    gone = done(desk, "session.restore", session=JANUARY)["session"]
    assert gone["state"] == "cancelled"
    assert settled(desk)


def test_cancelled_and_removed_is_no_contradiction_and_cancelled_and_moved_is(
    desk: Desk, tmp_path: Path
) -> None:
    done(desk, "session.cancel", session=JANUARY, reason="Krank")
    edit(desk, tmp_path, session("2026-12-03"))
    assert settled(desk)
    edit(desk, tmp_path, session("first thursday", "17:00-18:00"))
    assert sides(desk) == [
        ("moved", "Donnerstag, 7. Januar 2027, 15–16 Uhr (abgesagt)", "Donnerstag, 7. Januar 2027, 17–18 Uhr")
    ]
    assert [one for one in dates(desk) if "2027-01" in one] == [], "cancelled stays cancelled"
    done(desk, "session.restore", session=JANUARY)
    assert [one for one in dates(desk) if "2027-01" in one] == ["2027-01-07 17:00-18:00"]


def test_the_file_that_comes_round_contradicts_nothing(desk: Desk, tmp_path: Path) -> None:
    done(desk, "session.move", session=JANUARY, date="2027-01-07", from_="17:00", to="18:00")
    edit(desk, tmp_path, session("first thursday", "17:00-18:00"))
    assert settled(desk)


@pytest.mark.parametrize("choice", ["keep", "restore"])
def test_a_session_of_the_file_gives_way_to_one_that_was_planned(
    desk: Desk, tmp_path: Path, choice: str
) -> None:
    done(desk, "session.add", line=LINE, date="2026-12-10", from_="15:00", to="16:00")
    edit(desk, tmp_path, THURSDAYS + session("2026-12-10", "15:30-17:00"))
    assert sides(desk) == [
        (
            "overlap",
            "Donnerstag, 10. Dezember 2026, 15–16 Uhr",
            "Donnerstag, 10. Dezember 2026, 15:30–17:00 Uhr",
        )
    ]
    assert [one for one in dates(desk) if "12-10" in one] == ["2026-12-10 15:00-16:00"]
    (conflict,) = conflicts(desk)
    name, data = getattr(conflict, choice)
    done(desk, name, **data)
    assert settled(desk)
    wins = {"keep": "2026-12-10 15:00-16:00", "restore": "2026-12-10 15:30-17:00"}[choice]
    assert [one for one in dates(desk) if "12-10" in one] == [wins]


@pytest.mark.parametrize("choice", ["keep", "restore"])
@pytest.mark.parametrize("rule", [session("thursday", "10:00-12:00"), session("2026-12-17", "10:30-12:00")])
def test_a_session_of_the_file_gives_way_to_a_series(
    desk: Desk, tmp_path: Path, rule: str, choice: str
) -> None:
    done(desk, "series.add", line=LINE, every="thursday", from_="11:00", to="13:00")
    edit(desk, tmp_path, THURSDAYS + rule)
    ((code, ours, _),) = sides(desk)
    assert (code, "11–13 Uhr" in ours) == ("series", True)
    assert [one for one in dates(desk) if "12-17" in one] == ["2026-12-17 11:00-13:00"]
    (conflict,) = conflicts(desk)
    name, data = getattr(conflict, choice)
    done(desk, name, **data, **({"confirm": True} if choice == "restore" else {}))
    assert settled(desk)
    wins = "11:00-13:00" if choice == "keep" else rule.split('from = "')[1][:5] + "-12:00"
    assert [one for one in dates(desk) if "12-17" in one] == [f"2026-12-17 {wins}"]


def test_a_line_that_the_file_no_longer_has(desk: Desk, tmp_path: Path) -> None:
    done(desk, "series.add", line=LINE, every="tuesday", from_="9:00", to="10:00")
    done(desk, "exception.add", line=LINE, date="2027-01-07")
    done(desk, "texts", line=LINE, key="greeting", text="Willkommen!")
    done(desk, "session.add", line=LINE, date="2026-12-10", from_="15:00", to="16:00")
    edit(desk, tmp_path, THURSDAYS)
    text = (tmp_path / "edited.toml").read_text(encoding="utf-8").replace('"buergermeister"', '"rathaus"')
    (tmp_path / "edited.toml").write_text(text, encoding="utf-8")
    from sessionhours.config import load_schedule

    desk.schedule = load_schedule(tmp_path / "edited.toml")
    desk.tick()
    found = conflicts(desk)
    assert [one.code for one in found] == ["line"] * 4
    assert len(notices(desk)) == 4
    for one in found:
        assert one.restore is not None
        name, data = one.restore
        done(desk, name, **data)
    assert settled(desk)
    assert desk.rows(PlanEntry) == []


def test_one_that_was_opened_by_hand_or_is_over_contradicts_nothing(desk: Desk, tmp_path: Path) -> None:
    desk.ask(desk.mayor, "session.open_now", line=LINE, minutes=30)
    edit(desk, tmp_path, session("2026-11-30", "15:10-16:00") + THURSDAYS)
    assert settled(desk)


@pytest.mark.proves("F46")
def test_a_file_that_shortens_what_runs_warns_and_one_that_staff_extended_stays(
    new_desk: Callable[..., Desk], tmp_path: Path
) -> None:
    desk = new_desk()
    desk.clock.forward(minutes=20)
    edit(desk, tmp_path, session("first thursday", "15:00-15:10"))
    running = row(desk, DECEMBER)
    assert when(running) == "2026-12-03 15:00-15:25", "not before five minutes from now"
    told = len([one for one in desk.told if one.name == "session.updated"])
    desk.tick()
    assert len([one for one in desk.told if one.name == "session.updated"]) == told, "nobody is told twice"
    desk.ask(desk.mayor, "session.extend", session=running.id, minutes=15)
    edit(desk, tmp_path, session("first thursday", "15:00-15:05"))
    assert when(row(desk, DECEMBER)) == "2026-12-03 15:00-15:40"
    desk.clock.now = CLOSES + timedelta(minutes=1)
    desk.tick()
    assert row(desk, DECEMBER).state == "closed"


# -- while the hour is at hand, on, or just over -------------------------------------------------------


def told(desk: Desk) -> list[str]:
    """Every automatic text."""
    rows = [one for one in desk.rows(Message) if one.author_kind == "auto"]
    return [one.text for one in sorted(rows, key=lambda one: one.seq)]


def at(desk: Desk, now: datetime) -> None:
    desk.clock.now = now
    desk.tick()


ANOTHER = SCHEDULE.format(policy="").replace('id = "buergermeister"', 'id = "anders"')


def loses_the_line(desk: Desk, folder: Path) -> None:
    file = folder / "edited.toml"
    file.write_text(ANOTHER.replace("200000000000002", "200000000000003"), encoding="utf-8")
    desk.schedule = load_schedule(file)
    desk.tick()


@pytest.mark.proves("N5", "AC-26")
def test_what_was_written_in_an_hour_belongs_to_it_whatever_the_file_says_later(
    desk: Desk, tmp_path: Path
) -> None:
    at(desk, OPENS)
    at(desk, CLOSES + timedelta(minutes=5))
    assert row(desk, DECEMBER).state == "closed"
    edit(desk, tmp_path, session("last friday"))
    desk.says(1, "rechtzeitig", at=CLOSES - timedelta(minutes=5))
    assert desk.conversation()["session"] == row(desk, DECEMBER).id


def test_a_lobby_follows_the_file_and_who_waits_is_told(desk: Desk, tmp_path: Path) -> None:
    at(desk, OPENS - timedelta(minutes=8))
    desk.says(1, "früh da")
    edit(desk, tmp_path, session("first thursday", "15:30-16:30"))
    assert [one for one in dates(desk) if "2026-12" in one] == ["2026-12-03 15:30-16:30"]
    assert "verlegt" in told(desk)[-1]
    assert "15:30–16:30 Uhr" in told(desk)[-1]
    at(desk, OPENS + timedelta(minutes=35))
    (running,) = [one for one in desk.rows(HourSession) if one.state == "open"]
    assert when(running) == "2026-12-03 15:30-16:30"
    talk = desk.conversation()
    assert (talk["session"], talk["lane"]) == (running.id, "waiting")


def test_a_lobby_that_begins_a_little_later_keeps_who_waits(desk: Desk, tmp_path: Path) -> None:
    at(desk, OPENS - timedelta(minutes=3))
    desk.says(1, "früh da")
    edit(desk, tmp_path, session("first thursday", "15:05-16:05"))
    talk, hour = desk.conversation(), desk.snapshot()["session"]
    assert (talk["lane"], talk["session"], hour["state"]) == ("waiting", hour["id"], "lobby")
    assert "15:05–16:05 Uhr" in told(desk)[-1]


def test_a_lobby_that_the_file_takes_away_is_called_off(desk: Desk, tmp_path: Path) -> None:
    at(desk, OPENS - timedelta(minutes=8))
    desk.says(1, "früh da")
    edit(desk, tmp_path, session("last friday"))
    assert row(desk, DECEMBER).state == "cancelled"
    assert told(desk)[-1].startswith("Dieser Termin fällt leider aus")
    assert desk.conversation()["lane"] == "follow_up"


def test_a_lobby_of_staffs_own_does_not_follow_the_file(desk: Desk, tmp_path: Path) -> None:
    done(desk, "session.move", session=DECEMBER, date="2026-12-03", from_="15:00", to="16:30")
    at(desk, OPENS - timedelta(minutes=8))
    edit(desk, tmp_path, session("first thursday", "15:30-16:00"))
    assert (row(desk, DECEMBER).state, when(row(desk, DECEMBER))) == ("lobby", "2026-12-03 15:00-16:30")


@pytest.mark.parametrize("waits", [True, False])
def test_an_hour_whose_line_the_file_loses_ends_all_the_same(desk: Desk, tmp_path: Path, waits: bool) -> None:
    at(desk, OPENS)
    if waits:
        desk.says(1, "Frage")
    loses_the_line(desk, tmp_path)
    at(desk, CLOSES)
    assert row(desk, DECEMBER).state == ("draining" if waits else "closed")
    if waits:
        talk = desk.conversation()["id"]
        done(desk, "resolve", conversation=talk, outcome="answered", text="")
        assert done(desk, "session.close", session=row(desk, DECEMBER).id)["session"]["state"] == "closed"


def test_on_a_line_that_the_file_lost_every_command_has_an_answer(desk: Desk, tmp_path: Path) -> None:
    at(desk, OPENS)
    desk.says(1, "Frage")
    loses_the_line(desk, tmp_path)
    talk, hour = desk.conversation()["id"], row(desk, DECEMBER).id
    items = [{"conversation": talk, "outcome": "carried_over"}]
    asked: list[tuple[str, dict[str, Any]]] = [
        ("reply", {"conversation": talk, "text": "Ja", "seen": 10**6}),
        ("resolve", {"conversation": talk, "outcome": "declined", "reason": "nicht zuständig"}),
        ("resolve", {"conversation": talk, "outcome": "promised", "text": "Bis morgen."}),
        ("session.settle", {"session": hour, "items": items}),
        ("session.late", {"session": hour, "minutes": 10}),
    ]
    for name, data in asked:
        error = refused(desk, name, **data)
        assert error["code"] == "line_gone"
        assert error["message"].startswith("Diese Leitung steht nicht mehr in der Datei")
    done(desk, "session.extend", session=hour, minutes=5)
    called_off = done(desk, "session.cancel", session=hour, reason="umgezogen", confirm=True)["session"]
    assert called_off["state"] == "cancelled"
    assert desk.conversation()["lane"] == "follow_up"
