"""The command line as somebody types it: what it prints, on which stream, and with which status (surfaces §1)."""

from __future__ import annotations

import json
import re
import socket
import subprocess
import sys
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import httpx
import pytest
from typer.testing import CliRunner, Result

from sessionhours.cli import app
from sessionhours.config import load_settings
from tests.fakes import wait_until
from tests.makers import schedule_file
from tests.serve import free_port
from tests.server.house import House

Run = Callable[..., Result]

GOOD = {
    "WHATSAPP_ACCESS_TOKEN": "invented-access-token",
    "WHATSAPP_APP_SECRET": "invented-app-secret",
    "WHATSAPP_VERIFY_TOKEN": "invented-verify-token",
}


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Type a command in a folder of its own."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "200")

    def typed(*words: str, input: str | None = None) -> Result:
        result = CliRunner().invoke(app, list(words), input=input)
        assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
        assert "Traceback" not in result.output
        return result

    return typed


# -- check, next, preset -----------------------------------------------------------------------------------


@pytest.mark.proves("P4")
def test_check_prints_what_comes_and_is_content(run: Run, tmp_path: Path) -> None:
    schedule_file(tmp_path)
    result = run("check")
    assert result.exit_code == 0
    first, line, *coming = result.stdout.splitlines()
    assert (first, line) == ("Gemeinde Kappelrodeck", "WhatsApp-Bürgersprechstunde (buergermeister)")
    assert len([row for row in coming if "15–16 Uhr" in row]) == 10
    assert result.stderr == ""


@pytest.mark.proves("F44", "AC-14")
def test_check_prints_every_fault_with_its_place_and_what_is_allowed(run: Run, tmp_path: Path) -> None:
    file = schedule_file(tmp_path, 'outside = "maybe"\nundo = 99\nunknown = 1')
    file.write_text(file.read_text().replace('to = "16:00"', 'to = "25:00"'))
    result = run("check", "schedule.toml")
    assert (result.exit_code, result.stdout) == (2, "")
    faults = result.stderr.strip().splitlines()
    assert len(faults) == 4
    for fault, field in zip(faults, ("outside", "undo", "unknown", "to"), strict=True):
        assert re.fullmatch(rf"schedule\.toml:\d+: \S*{field}: .+", fault), fault
        number = int(fault.split(":")[1])
        assert field in file.read_text().splitlines()[number - 1]
    assert "; allowed: " in faults[0]
    assert all(word in faults[0] for word in ("decline", "hold", "offer", "silent"))


@pytest.mark.parametrize("content", [None, b"", b"\0", b"[[[", b"\xff\xfe", b"x" * 3_000_000])
def test_check_says_of_any_file_what_is_wrong(run: Run, tmp_path: Path, content: bytes | None) -> None:
    if content is not None:
        (tmp_path / "schedule.toml").write_bytes(content)
    result = run("check")
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr.startswith("schedule.toml")


def test_next_as_json_is_what_programs_were_promised(run: Run, tmp_path: Path) -> None:
    schedule_file(tmp_path)
    result = run("next", "--json", "-n", "2", "--from", "2026-12-01T00:00")
    assert result.exit_code == 0
    assert json.loads(result.stdout) == [
        {
            "line": "buergermeister",
            "kind": "whatsapp",
            "title": "WhatsApp-Bürgersprechstunde",
            "topic": "",
            "opens": "2026-12-03T15:00:00+01:00",
            "closes": "2026-12-03T16:00:00+01:00",
            "needs_decision": None,
        },
        {
            "line": "buergermeister",
            "kind": "whatsapp",
            "title": "WhatsApp-Bürgersprechstunde",
            "topic": "",
            "opens": "2027-01-07T15:00:00+01:00",
            "closes": "2027-01-07T16:00:00+01:00",
            "needs_decision": None,
        },
    ]


@pytest.mark.parametrize(
    ("from_", "first"),
    [
        ("2026-12-03T15:59:59", "2026-12-03"),
        ("2026-12-03T16:00", "2027-01-07"),
        ("2026-12-03T14:59:59Z", "2026-12-03"),
        ("2026-12-03T15:00:00Z", "2027-01-07"),
        ("2026-12-03", "2026-12-03"),
        ("2026-12-03T16:59:59+02:00", "2026-12-03"),
    ],
)
def test_next_begins_where_it_is_told(run: Run, tmp_path: Path, from_: str, first: str) -> None:
    schedule_file(tmp_path)
    [row] = json.loads(run("next", "--json", "-n", "1", "--from", from_).stdout)
    assert row["opens"].startswith(first)
    assert datetime.fromisoformat(row["opens"]).tzinfo is not None


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("--from", "gestern"), "--from"),
        (("--from", "2026-13-01"), "--from"),
        (("--line", "nobody"), "nobody"),
        (("-n", "0"), "-n"),
        (("-n", "x"), "-n"),
        (("--nonsense",), "--nonsense"),
    ],
)
def test_next_refuses_what_it_cannot_do(run: Run, tmp_path: Path, words: tuple[str, ...], told: str) -> None:
    schedule_file(tmp_path)
    result = run("next", *words)
    assert (result.exit_code, result.stdout) == (2, "")
    assert told in result.stderr


def test_next_says_when_nothing_is_planned_and_leaves_programs_alone(run: Run, tmp_path: Path) -> None:
    file = schedule_file(tmp_path)
    file.write_text(file.read_text().replace('every = "first thursday"', "date = 2020-01-02"))
    result = run("next")
    assert (result.exit_code, result.stdout, result.stderr) == (0, "", "No date is planned.\n")
    assert json.loads(run("next", "--json").stdout) == []


def test_a_preset_is_a_schedule_to_begin_from(run: Run, tmp_path: Path) -> None:
    names = run("preset").stdout.split()
    assert "kappelrodeck" in names
    for name in names:
        (tmp_path / f"{name}.toml").write_text(run("preset", name).stdout)
        assert run("check", f"{name}.toml").exit_code == 0
    unknown = run("preset", "kapelrodeck")
    assert (unknown.exit_code, unknown.stdout) == (2, "")
    assert "kappelrodeck" in unknown.stderr


def test_the_presets_and_checks_need_no_environment(run: Run, tmp_path: Path) -> None:
    schedule_file(tmp_path)
    assert [run(*words).exit_code for words in (("check",), ("next",), ("preset",))] == [0, 0, 0]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["schedule.toml"]


# -- agents --------------------------------------------------------------------------------------------------


def test_agents_on_a_database_not_yet_made(run: Run, tmp_path: Path) -> None:
    schedule_file(tmp_path)
    add = (
        "agent",
        "add",
        "keller@example.org",
        "--name",
        "Stefan Keller",
        "--role",
        "mayor",
        "--password-stdin",
    )
    added = run(*add, input="ein langes Kennwort\n")
    assert (added.exit_code, added.stdout) == (0, "keller@example.org may log in at kappelrodeck.\n")
    assert (tmp_path / "data").stat().st_mode & 0o777 == 0o700
    assert (tmp_path / "data" / "sessionhours.db").stat().st_mode & 0o777 == 0o600
    assert run("agent", "list").stdout == "keller@example.org\tStefan Keller\tkappelrodeck\tmayor\n"
    again = run(*add, input="ein langes Kennwort\n")
    assert (again.exit_code, again.stdout) == (2, "")
    assert run("agent", "disable", "keller@example.org").exit_code == 0
    assert run("agent", "list").stdout.endswith("\tdisabled\n")


@pytest.mark.parametrize(
    ("words", "password"),
    [
        (
            ("agent", "add", "no address", "--name", "X", "--role", "mayor", "--password-stdin"),
            "ein langes Kennwort",
        ),
        (
            ("agent", "add", "a@example.org", "--name", "", "--role", "mayor", "--password-stdin"),
            "ein langes Kennwort",
        ),
        (
            ("agent", "add", "a@example.org", "--name", "X", "--role", "king", "--password-stdin"),
            "ein langes Kennwort",
        ),
        (("agent", "add", "a@example.org", "--name", "X", "--role", "mayor", "--password-stdin"), "kurz"),
        (("agent", "add", "a@example.org", "--name", "X", "--role", "mayor", "--password-stdin"), ""),
        (("agent", "add", "a@example.org", "--name", "X"), ""),
        (("agent", "disable", "nobody@example.org"), ""),
        (("agent", "password", "nobody@example.org", "--password-stdin"), "ein langes Kennwort"),
    ],
)
def test_a_bad_agent_is_refused_in_a_sentence(
    run: Run, tmp_path: Path, words: tuple[str, ...], password: str
) -> None:
    schedule_file(tmp_path)
    result = run(*words, input=f"{password}\n")
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr.strip()
    assert run("agent", "list").stdout == ""


def test_which_town_has_to_be_said_where_there_is_none(run: Run) -> None:
    add = ("agent", "add", "a@example.org", "--name", "X", "--role", "mayor", "--password-stdin")
    result = run(*add, input="ein langes Kennwort\n")
    assert result.exit_code == 2
    assert "--town" in result.stderr
    assert run(*add, "--town", "goldbach", input="ein langes Kennwort\n").exit_code == 0
    second = run("agent", "add", "b@example.org", *add[3:], input="ein langes Kennwort\n")
    assert second.stdout == "b@example.org may log in at goldbach.\n"


def test_a_town_that_no_schedule_here_knows_is_remarked(run: Run, tmp_path: Path) -> None:
    schedule_file(tmp_path)
    add = ("agent", "add", "a@example.org", "--name", "X", "--role", "mayor", "--password-stdin")
    result = run(*add, "--town", "kapelrodeck", input="ein langes Kennwort\n")
    assert result.exit_code == 0
    assert "of kappelrodeck, not of kapelrodeck" in result.stderr


def test_a_password_is_not_waited_for_where_nobody_can_type(run: Run, tmp_path: Path) -> None:
    schedule_file(tmp_path)
    result = run("agent", "add", "a@example.org", "--name", "X", "--role", "mayor")
    assert (result.exit_code, result.stdout) == (2, "")
    assert "--password-stdin" in result.stderr
    assert run("agent", "list").stdout == ""


def test_an_agent_is_added_beside_a_running_server(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    house = House(tmp_path).start()
    monkeypatch.setenv("SESSIONHOURS_DATABASE_URL", house.database_url)
    add = (
        "agent",
        "add",
        "keller@example.org",
        "--name",
        "Stefan Keller",
        "--role",
        "mayor",
        "--password-stdin",
    )
    assert run(*add, input="ein langes Kennwort\n").exit_code == 0
    login = {"email": "keller@example.org", "password": "ein langes Kennwort"}
    with house.client() as client:
        assert client.post("/api/login", json=login).status_code == 200
        assert (
            run(
                "agent", "password", "keller@example.org", "--password-stdin", input="ein anderes\n"
            ).exit_code
            == 0
        )
        assert client.get("/api/me").status_code == 401
        assert client.post("/api/login", json=login).status_code == 401
    house.stop()


def test_a_database_out_of_reach_is_told_with_status_3(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    monkeypatch.setenv("SESSIONHOURS_DATABASE_URL", f"postgresql+psycopg://nobody@127.0.0.1:{port}/nothing")
    result = run("agent", "list")
    assert (result.exit_code, result.stdout) == (3, "")
    assert "database" in result.stderr


@pytest.fixture
def no_database(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The file that the environment names is something else."""
    (tmp_path / "letter.db").write_text("Sehr geehrte Damen und Herren, " * 100)
    monkeypatch.setenv("SESSIONHOURS_DATABASE_URL", "sqlite:///letter.db")


@pytest.mark.usefixtures("no_database", "good")
@pytest.mark.parametrize("words", [("agent", "list"), ("serve", "--port", "0")])
def test_a_file_that_is_no_database_is_told_with_status_3(run: Run, words: tuple[str, ...]) -> None:
    result = run(*words)
    assert (result.exit_code, result.stdout) == (3, "")
    assert result.stderr == "The database cannot be used: file is not a database\n"


# -- serve -----------------------------------------------------------------------------------------------------


@pytest.fixture
def good(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Everything is set and the schedule is there."""
    schedule_file(tmp_path)
    for name, value in GOOD.items():
        monkeypatch.setenv(name, value)


@pytest.mark.proves("C2")
def test_everything_that_is_missing_is_told_at_once(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WHATSAPP_ACCESS_TOKEN", "canary with a blank")
    monkeypatch.setenv("SESSIONHOURS_PUBLIC_URL", "no address")
    result = run("serve")
    assert (result.exit_code, result.stdout) == (2, "")
    for name in ("schedule.toml", "WHATSAPP_APP_SECRET", "WHATSAPP_VERIFY_TOKEN", "SESSIONHOURS_PUBLIC_URL"):
        assert name in result.stderr
    assert "canary" not in result.stderr


@pytest.mark.proves("C2")
@pytest.mark.parametrize("secret", ["", " ", ",", "a,"])
@pytest.mark.usefixtures("good")
def test_nobody_serves_without_an_app_secret(run: Run, monkeypatch: pytest.MonkeyPatch, secret: str) -> None:
    monkeypatch.setenv("WHATSAPP_APP_SECRET", secret)
    result = run("serve")
    assert result.exit_code == 2
    assert "WHATSAPP_APP_SECRET" in result.stderr


@pytest.mark.usefixtures("good")
def test_a_taken_port_is_told_with_status_3(run: Run) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = str(listener.getsockname()[1])
        result = run("serve", "--port", port)
        assert (result.exit_code, result.stdout) == (3, "")
        assert port in result.stderr
        assert run("demo", "--port", port).exit_code == 3
        assert run("simulate", "--port", port).exit_code == 3


@pytest.mark.usefixtures("good")
@pytest.mark.parametrize("command", ["serve", "demo", "simulate"])
def test_a_port_that_is_none_is_told_with_status_2(run: Run, command: str) -> None:
    result = run(command, "--port", "65536")
    assert (result.exit_code, result.stdout) == (2, "")
    assert "--port" in result.stderr


@pytest.mark.usefixtures("good")
def test_nobody_serves_from_a_database_out_of_reach(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    monkeypatch.setenv("SESSIONHOURS_DATABASE_URL", f"postgresql+psycopg://nobody@127.0.0.1:{port}/nothing")
    result = run("serve", "--port", "0")
    assert (result.exit_code, result.stdout) == (3, "")
    assert result.stderr.startswith("The database cannot be used: ")
    assert len(result.stderr.splitlines()) == 1


@pytest.mark.usefixtures("good")
def test_a_second_server_on_one_file_is_refused(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    house = House(tmp_path).start()
    monkeypatch.setenv("SESSIONHOURS_DATABASE_URL", house.database_url)
    result = run("serve", "--port", "0")
    assert (result.exit_code, result.stdout) == (3, "")
    assert "Another sessionhours is running" in result.stderr
    house.stop()


def test_a_demo_of_a_town_that_is_not_shipped(run: Run) -> None:
    result = run("demo", "--town", "nirgendwo")
    assert (result.exit_code, result.stdout) == (2, "")
    assert "kappelrodeck" in result.stderr


# -- simulate --------------------------------------------------------------------------------------------------


def test_the_simulator_says_what_a_server_beside_it_needs(tmp_path: Path) -> None:
    """What it prints is an environment with which its Graph takes a message."""
    port = free_port()
    webhook = "http://127.0.0.1:1/webhooks/whatsapp"
    command = [sys.executable, "-m", "sessionhours", "simulate", "--port", str(port), "--webhook", webhook]
    with subprocess.Popen(command, cwd=tmp_path, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        said = [process.stdout.readline().strip() for _ in range(11)]
        told = dict(line.split("=", 1) for line in said if line.startswith("WHATSAPP_"))
        try:
            assert f"phone    http://127.0.0.1:{port}/" in said
            assert f"updates  {webhook}" in said
            assert load_settings(told).graph_url == f"http://127.0.0.1:{port}/v26.0"
            bearer = {"authorization": f"Bearer {told['WHATSAPP_ACCESS_TOKEN']}"}
            address = f"{told['WHATSAPP_GRAPH_URL']}/200000000000002/whatsapp_business_profile"
            wait_until(lambda: graph_answers(address, bearer))
        finally:
            process.terminate()


def graph_answers(address: str, headers: dict[str, str]) -> bool:
    try:
        return httpx.get(address, headers=headers, trust_env=False).status_code == 200
    except httpx.TransportError:
        return False


def test_the_simulator_refuses_an_address_that_is_none(run: Run) -> None:
    result = run("simulate", "--webhook", "127.0.0.1:8000")
    assert (result.exit_code, result.stdout) == (2, "")
    assert "allowed: http://127.0.0.1:8000/webhooks/whatsapp" in result.stderr
