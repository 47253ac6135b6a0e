"""No statement asks for a town's rows without saying whose (C46): a look-up that forgets it fails here, wherever it is."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from sessionhours.desk import commands
from tests.attacks.watch import TOWNS, Watch, watching
from tests.makers import OPENS, Clock
from tests.server.house import House
from tests.server.twins import NUMBERS, A, B, Twin, furnish, towns
from tests.server.walk import fields_of, is_public, ours, places, routes


@pytest.fixture
def watched(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[House, Watch]]:
    with watching(NUMBERS, monkeypatch) as watch:
        house = House(tmp_path, schedule=towns(tmp_path), clock=Clock(OPENS)).start()
        monkeypatch.setattr(House, "rows", watch.unwatched(House.rows))
        watch.on = True
        yield house, watch
        house.stop()


@pytest.mark.proves("C46")
async def test_every_statement_on_a_towns_rows_says_which(
    watched: tuple[House, Watch], capsys: pytest.CaptureFixture[str]
) -> None:
    house, watch = watched
    a, _ = furnish(house, A), furnish(house, B)
    look_at_everything(house, a)
    ask_for_everything(a)
    async with a.mayor.console() as console:
        await console.command("next")
    async with a.agents["specialist"].console(since=1):
        pass
    what_citizens_can_do(house, a)
    with capsys.disabled():
        print(f"\n{watch.statements} statements on {len(TOWNS)} tables by {len(watch.names)} actions")
    assert not watch.faults, "\n".join(sorted(set(watch.faults)))
    assert watch.statements > 1000
    assert {"run", "snapshot", "messages", "media", "quarantine", "tick", "events_after"} <= watch.names


def look_at_everything(house: House, a: Twin) -> None:
    """Every page and call that only shows, by everybody."""
    for guest in a.agents.values():
        for route in routes(house):
            if not is_public(route.path) and "GET" in (route.methods or ()):
                path = route.path
                for place in places(route):
                    for id in (a.talks["1"], _media(house)):
                        path = path.replace(f"{{{place}}}", id).replace(f"{{{place}:path}}", id)
                guest.get(path)
    guest = a.agents["mayor"]
    talk = a.talks["1"]
    page = guest.get(f"/api/conversations/{talk}/messages", limit=1).json()
    guest.get(f"/api/conversations/{talk}/messages", before=page["messages"][0]["id"], limit=1)
    guest.get(f"/api/media/{_media(house)}")
    a.agents["admin"].get("/api/quarantine")


def _media(house: House) -> str:
    return str(house.rows("select id from media order by id limit 1")[0][0])


def ask_for_everything(a: Twin) -> None:
    """Every command, as it should be asked, by everybody."""
    for name in commands.HANDLERS:
        mine, fields = ours(a), fields_of(name)
        needed = {one for one, parameter in fields.items() if parameter.default is parameter.empty}
        data = {one: mine[one] for one in needed if one in mine}
        data |= {"text": "Antwort"} if "text" in fields else {}
        for guest in a.agents.values():
            sent = {"id": str(uuid.uuid4()), "name": name, "data": data}
            with a.house.client(headers=guest.headers) as client:
                client.post("/api/commands", json=sent)


def what_citizens_can_do(house: House, a: Twin) -> None:
    """In the hour and outside it: write, ask for dates, have a question kept, have all erased."""
    for hours in (0, 30):
        house.clock.now = OPENS + timedelta(hours=hours)
        for number, text in ((4, "Frage"), (4, "1"), (4, "TERMIN"), (1, "Noch etwas"), (1, "LÖSCHEN")):
            a.says(number, text)
            house.clock.forward(seconds=5)
