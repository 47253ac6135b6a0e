"""One session record drives everything: its start is moved once, and no output says the old time any more (N1)."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from sessionhours.core.schedule import Language
from sessionhours.server.kit import kit
from tests.fakes import wait_until
from tests.makers import SCHEDULE, Clock
from tests.server.house import Guest, House

#: One date, at minutes that nothing else has.
PLANNED = datetime(2026, 12, 3, 14, 10, tzinfo=UTC)
DAYS_BEFORE = PLANNED - timedelta(days=3, minutes=-17)
LATER = timedelta(hours=2, minutes=10)

#: Every page and feed that names a date, as the public asks for it.
OUTPUTS = (
    "/", "/en/", "/termine", "/en/termine", "/aushang", "/en/aushang", "/leichte-sprache",
    "/calendar.ics", "/en/calendar.ics", "/feed.atom", "/en/feed.atom",
)  # fmt: skip

#: The old hour and the new one in all their spellings: German, English, and for machines in both zones.
OLD = re.compile(r"15[:.]10|16[:.]10|3:10|4:10|T1510|T1610|T14:10|T1410|T15:10")
NEW = re.compile(r"17[:.]20|5:20|T1720|T16:20|T1620")

#: The sentence that says that it moved: it alone may name the old time.
MOVED = re.compile(r"\b(bisher|bislang|verschoben|verlegt|moved|until now|previously)\b", re.IGNORECASE)


def a_house(folder: Path) -> House:
    """A town with one date."""
    rules = SCHEDULE.partition("[[line.session]]")[0].format(policy="")
    path = folder / "town.toml"
    path.write_text(f'{rules}[[line.session]]\ndate = 2026-12-03\nfrom = "15:10"\nto = "16:10"\n', "utf-8")
    return House(folder, schedule=path, clock=Clock(DAYS_BEFORE)).start()


def outputs(house: House, mayor: Guest) -> dict[str, str]:
    """What everybody is told at this moment: pages as they are served, press texts, the screens."""
    with house.client() as client:
        found = {path: client.get(path).raise_for_status().text for path in OUTPUTS}
    standing = house.office.effective.standing()["kappelrodeck"]
    languages: tuple[Language, ...] = ("de", "en")
    for language in languages:
        pieces = kit(standing.schedule, standing.sessions[0], f"{house.url}/", language)
        found |= {f"kit {language} {piece.channel}": piece.text for piece in pieces}
    shot = mayor.snapshot()["next_session"]
    return {**found, "console": f"{shot['opens']} {shot['closes']}"}


def sentences(text: str) -> list[str]:
    """What a reader or a program takes as one piece: an element's own text, a line of a calendar, a sentence."""
    unfolded = text.replace("\r\n ", "").replace("\\n", "\n").replace("&lt;", "<").replace("&gt;", ">")
    pieces = re.split(r"</(?:p|li|dd|dt|td|h\d|title|summary|content|published|updated)>|[\r\n]+", unfolded)
    return [sentence for piece in pieces for sentence in re.split(r"(?<=[a-z)])\. ", piece)]


def last_call(house: House) -> int:
    [(at,)] = house.rows("select last_call_at from session")
    return int(at)


@pytest.mark.proves("N1", "P17", "P6", "KA-13")
def test_a_moved_start_is_moved_everywhere_at_once(tmp_path: Path) -> None:
    house = a_house(tmp_path)
    mayor = house.agent()
    house.says(1, "Wann ist Sprechstunde?")
    before, call = outputs(house, mayor), last_call(house)
    assert [name for name, text in before.items() if not OLD.search(text)] == []
    id = mayor.snapshot()["next_session"]["id"]
    there = {"date": "2026-12-03", "from": "17:20", "to": "18:20"}
    moved = mayor.command("session.move", session=id, **there)
    assert moved.status_code == 200, moved.text
    after = outputs(house, mayor)
    assert [name for name, text in after.items() if not NEW.search(text)] == []
    left = [(name, one) for name, text in after.items() for one in sentences(text) if OLD.search(one)]
    assert [(name, one) for name, one in left if not MOVED.search(one)] == []
    assert left, "where it was announced for another time, that is said"
    assert last_call(house) - call == LATER.total_seconds() * 1000
    _the_reply_follows(house)
    _the_gate_follows(house, mayor)
    house.stop()


def _the_reply_follows(house: House) -> None:
    """Who asked before is told the new date once more, who asks now is told it at once."""
    for number in (1, 2):
        house.says(number, "Und wann jetzt?")
    wait_until(lambda: len(house.graph.texts()) == 3)
    first, *then = house.graph.texts()
    assert "Donnerstag, 3. Dezember 2026, 15:10–16:10 Uhr" in first
    for text in then:
        assert "Donnerstag, 3. Dezember 2026, 17:20–18:20 Uhr" in text
        assert not OLD.search(text)


def _the_gate_follows(house: House, mayor: Guest) -> None:
    for at, lanes in ((PLANNED + timedelta(minutes=30), []), (PLANNED + LATER, ["waiting"])):
        house.clock.now = at
        house.run(house.office.ticker.tick())
        house.says(3, f"um {at:%H:%M}")
        mayor = house.agent("Petra Keller", "mayor")
        assert [one["lane"] for one in mayor.snapshot()["conversations"]] == lanes
