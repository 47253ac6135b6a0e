"""The house itself: what conftest promises to every other test."""

from __future__ import annotations

import asyncio
import hashlib
import json
import os
import re
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest
import sqlalchemy
from hatchling.builders.wheel import WheelBuilder

from tests import statements

TOP = Path(__file__).parent.parent
AT_THE_TOP = {"schedule.toml", "pyproject.toml", "README.md", "LICENSE", "Makefile", "requirements.lock"}
FOLDERS = {"sessionhours", "web", "tests", "bench", "docs"}
DEVELOPMENT = ("package.json", "package-lock.json", "tsconfig.json", "biome.json", "vendor.mjs")


async def test_an_async_test_runs_in_a_loop(runner: asyncio.Runner) -> None:
    assert asyncio.get_running_loop() is runner.get_loop()


@pytest.fixture
def warmed_up(runner: asyncio.Runner) -> asyncio.AbstractEventLoop:
    async def loop() -> asyncio.AbstractEventLoop:
        return asyncio.get_running_loop()

    return runner.run(loop())


async def test_a_fixture_shares_the_loop_of_its_test(warmed_up: asyncio.AbstractEventLoop) -> None:
    assert warmed_up is asyncio.get_running_loop()


def test_a_database_is_fresh_and_takes_tables(database_url: str) -> None:
    engine = sqlalchemy.create_engine(database_url)
    with engine.begin() as connection:
        assert sqlalchemy.inspect(connection).get_table_names() == []
        connection.exec_driver_sql("CREATE TABLE citizen (name TEXT)")
    engine.dispose()


def test_settings_from_outside_do_not_reach_a_test() -> None:
    assert not [name for name in os.environ if name.startswith(("SESSIONHOURS_", "WHATSAPP_"))]


def test_a_run_that_skips_something_fails(tmp_path: Path) -> None:
    (tmp_path / "conftest.py").write_text("from tests.conftest import pytest_sessionfinish")
    (tmp_path / "test_it.py").write_text("import pytest\ndef test_it():\n    pytest.skip('not today')")
    command = [sys.executable, "-m", "pytest", "-q", "--rootdir", str(tmp_path), str(tmp_path)]
    done = subprocess.run(command, cwd=TOP, capture_output=True, text=True)
    assert "1 skipped" in done.stdout
    assert done.returncode == pytest.ExitCode.TESTS_FAILED


def test_the_wheel_carries_the_browser_and_the_presets_but_no_development_files(tmp_path: Path) -> None:
    [wheel] = WheelBuilder(str(TOP)).build(directory=str(tmp_path), versions=["standard"])
    names = zipfile.ZipFile(wheel).namelist()
    for wanted in ("sessionhours/web/console/", "sessionhours/web/templates/", "sessionhours/presets/"):
        assert [name for name in names if name.startswith(wanted)]
    assert {name.split("/")[0] for name in names} == {"sessionhours", names[-1].split("/")[0]}
    assert [name for name in names if name.endswith(DEVELOPMENT) or "node_modules" in name] == []


def test_the_top_of_the_repository_stays_small() -> None:
    listed = subprocess.run(["git", "ls-files"], cwd=TOP, capture_output=True, text=True, check=True).stdout
    top = {line.split("/")[0] for line in listed.splitlines()}
    assert sorted(name for name in top - AT_THE_TOP - FOLDERS if not name.startswith(".")) == []


def test_every_mark_names_a_statement_that_exists() -> None:
    assert [mark for mark in statements.all_marks() if not statements.is_known(mark)] == []
    assert [mark for mark in ("AC-62", "C77", "KA-13") if not statements.is_known(mark)] == []
    assert [mark for mark in ("AC-63", "AC9", "C0", "F090", "X1") if statements.is_known(mark)] == []


def test_marks_are_found_wherever_they_can_stand() -> None:
    source = """
pytestmark = pytest.mark.proves("F1")
@pytest.mark.proves("AC-1", "AC-2")
async def test_one(): ...
@pytest.mark.parametrize("x", [pytest.param(1, marks=pytest.mark.proves("C7"))])
def test_two(x): ...
class TestThree:
    @pytest.mark.proves("P3")
    def test_it(self): ...
@pytest.mark.proves("KA-1")
def helper(): ...
"""
    assert list(statements.marks(source)) == [
        ("F1", "every test"),
        ("AC-1", "test_one"),
        ("AC-2", "test_one"),
        ("C7", "test_two"),
        ("P3", "test_it"),
    ]


def test_vendored_files_are_what_the_vendoring_script_wrote() -> None:
    files = json.loads((TOP / "web" / "vendor" / "vendor.json").read_text())["files"]
    assert len(files) > 5
    for entry in files:
        content = (TOP / "web" / entry["file"]).read_bytes()
        assert (entry["file"], hashlib.sha256(content).hexdigest()) == (entry["file"], entry["sha256"])


def test_the_lock_names_every_package_and_no_host() -> None:
    lock = (TOP / "requirements.lock").read_text()
    project = tomllib.loads((TOP / "pyproject.toml").read_text())
    wanted = [
        *project["project"]["dependencies"],
        *project["build-system"]["requires"],
        *(name for group in project["dependency-groups"].values() for name in group),
    ]
    names = [re.match(r"[\w.-]+", requirement) for requirement in wanted]
    assert [name[0] for name in names if name and f"\n{name[0]}==" not in lock] == []
    assert "://" not in lock
