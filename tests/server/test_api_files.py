"""Files over HTTP: whom they are for, and that nothing in them runs (surfaces §4)."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from sqlmodel import Session

from sessionhours.core.roles import ROLES, SIGHT
from sessionhours.store.tables import Media
from tests.server.house import Guest, House
from tests.server.test_api import is_an_error


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """One house with a conversation that nobody was handed."""
    house = House(tmp_path_factory.mktemp("house")).start()
    house.says()
    yield house
    house.stop()


@pytest.fixture(scope="module")
def people(house: House) -> dict[str, Guest]:
    """Somebody for every role."""
    return {role: house.agent(f"Person {role}", role) for role in ROLES}


@pytest.fixture(scope="module")
def files(house: House) -> dict[str, str]:
    """Files that lie here, by name: each belongs to that conversation."""
    [(said,)] = house.rows("select id from message")
    kinds = {
        "picture": ("image/jpeg", None, "here"),
        "page": ("text/html", 'ein "böser"\r\nName.html', "here"),
        "drawing": ("image/svg+xml", "../../x.svg", "here"),
        "coming": ("image/jpeg", None, "waiting"),
        "lost": ("image/jpeg", None, "lost"),
        "swept": ("image/jpeg", None, "here"),
    }
    folder = house.office.config.settings.data_dir / "media"
    folder.mkdir(parents=True, exist_ok=True)
    found = {}
    for name, (kind, filename, state) in kinds.items():
        row = Media(
            town="kappelrodeck",
            line="buergermeister",
            message=said,
            mime_type=kind,
            filename=filename,
            due_at=2**60,
            state=state,
        )
        found[name] = row.id
        house.office.database.submit(keep, row).result(10)
        if name != "swept":
            (folder / found[name]).write_bytes(b"<script>alert(1)</script>")
    return found


def keep(session: Session, row: Media) -> None:
    session.add(row)


@pytest.mark.proves("C19", "C22", "AC-30")
def test_only_pictures_are_shown_and_nothing_runs(people: dict[str, Guest], files: dict[str, str]) -> None:
    for name, shown in (("picture", "image/jpeg"), ("page", None), ("drawing", None)):
        answer = people["mayor"].get(f"/api/media/{files[name]}")
        assert answer.status_code == 200
        assert answer.headers["content-type"] == (shown or "application/octet-stream")
        assert answer.headers["content-security-policy"] == "default-src 'none'; sandbox"
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert "no-store" in answer.headers["cache-control"]
        given = answer.headers.get("content-disposition", "")
        assert given.startswith("attachment;") is (shown is None)


@pytest.mark.proves("C23", "C24")
def test_a_files_name_cannot_break_out_of_its_header(people: dict[str, Guest], files: dict[str, str]) -> None:
    answer = people["mayor"].get(f"/api/media/{files['page']}")
    given = answer.headers["content-disposition"]
    assert re.fullmatch(r"attachment; filename\*=utf-8''[A-Za-z0-9%._-]+", given)


@pytest.mark.proves("C44", "AC-28")
def test_a_file_is_for_whom_its_conversation_is_for(people: dict[str, Guest], files: dict[str, str]) -> None:
    for role, guest in people.items():
        status = guest.get(f"/api/media/{files['picture']}").status_code
        assert status == (200 if SIGHT[role] == "all" else 404), role  # type: ignore[index]
    for name in ("coming", "lost", "swept"):
        is_an_error(people["mayor"].get(f"/api/media/{files[name]}"), 404, "not_found")
