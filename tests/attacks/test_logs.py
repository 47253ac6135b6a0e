"""Nothing of a citizen and no secret in a log line, a figure or an address (attacks C55 to C57)."""

from __future__ import annotations

import base64
import json
import os
import signal
import socket
import subprocess
import sys
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
from websockets.sync.client import connect

from sessionhours.app_staff import staff_of
from sessionhours.config import load_settings
from sessionhours.whatsapp.signature import sign
from tests.fakes import wait_until
from tests.makers import SCHEDULE, body, message
from tests.serve import free_port

PHONE = "491713920077"
TEXT = "Kanarienvogel im Bergwerk"
WAMID = "wamid." + base64.b64encode(f"\x1d\x12\x02{PHONE}\x15\x02\x00\x12\x18".encode()).decode()
SECRETS = {
    "WHATSAPP_ACCESS_TOKEN": "canary-access-token-7531",
    "WHATSAPP_APP_SECRET": "canary-app-secret-8642",
    "WHATSAPP_VERIFY_TOKEN": "canary-verify-token-9753",
    "SESSIONHOURS_SECRET_KEY": "canary-secret-key-of-forty-characters-12",
}
PASSWORD, EMAIL = "canary password 1470", "canary.person@example.org"
TRICKS = 'x\n{"event":"forged","level":"info"}\r\n\x1b[2J\x1b]0;owned\x07'
ALL_DAY = '\n[[line.hours]]\ndays = "mon-sun"\nfrom = "00:00"\nto = "24:00"\n'


def canaries() -> dict[str, str]:
    """Everything that must not be found, by what it is; the number also as parts of base64."""
    found = {"phone": PHONE, "text": TEXT, "wamid": WAMID, "password": PASSWORD, "email": EMAIL, **SECRETS}
    for shift in range(3):
        coded = base64.b64encode(b"\0" * shift + PHONE.encode() + b"\0\0").decode()
        found[f"phone in base64, shifted by {shift}"] = coded[4:14]
    return found


class Process:
    """`sessionhours serve` with its log in a file."""

    def __init__(self, folder: Path, log: str) -> None:
        self.folder, self.port = folder, free_port()
        self.url, self.log = f"http://127.0.0.1:{self.port}", folder / "log"
        (folder / "schedule.toml").write_text(SCHEDULE.format(policy="") + ALL_DAY)
        with socket.create_server(("127.0.0.1", 0)) as nobody:
            graph = f"http://127.0.0.1:{nobody.getsockname()[1]}/v26.0"
        self.environ = {
            **{name: value for name, value in os.environ.items() if name != "COVERAGE_PROCESS_START"},
            **SECRETS,
            "SESSIONHOURS_DATA_DIR": str(folder / "data"),
            "SESSIONHOURS_LOG": log,
            "WHATSAPP_GRAPH_URL": graph,
        }
        with staff_of(load_settings(self.environ)) as staff:
            now = datetime.now(UTC)
            staff.add(town="kappelrodeck", email=EMAIL, name="X", roles=["mayor"], password=PASSWORD, now=now)

    @contextmanager
    def running(self) -> Iterator[httpx.Client]:
        """Serve until the block ends; a client of it."""
        command = [sys.executable, "-m", "sessionhours", "serve", "--port", str(self.port)]
        with self.log.open("wb") as log:
            process = subprocess.Popen(command, cwd=self.folder, env=self.environ, stdout=log, stderr=log)
        try:
            with httpx.Client(base_url=self.url, trust_env=False, verify=False, timeout=10) as client:
                self._wait(lambda: client.get("/readyz").status_code == 200, process)
                yield client
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(20)

    def _wait(self, ready: Callable[[], bool], process: subprocess.Popen[bytes]) -> None:
        def look() -> bool:
            assert process.poll() is None, self.log.read_text()
            with suppress(httpx.TransportError):
                return ready()
            return False

        wait_until(look, what="the server is ready")


def traffic(process: Process, client: httpx.Client) -> str:
    """A bit of everything, also what goes wrong; what the figures say afterwards."""
    number, at = 77, datetime.now(UTC)
    for content in (
        body([message(number, TEXT, at=at, wamid=WAMID)]),
        body([message(number, TEXT + TRICKS, at=at, wamid=WAMID + "2", username=TRICKS)]),
        body([message(number, at=at, wamid=WAMID + "3", type="image", image={"id": "7", "caption": TEXT})]),
        body([message(number, at=at, wamid=WAMID + "4", type="text", text_=[TEXT], timestamp=TEXT)]),
        body([message(number, TEXT, at=at, wamid=WAMID)], phone_number_id=PHONE),
        body(statuses=[{"id": WAMID, "status": TEXT, "recipient_id": PHONE, "timestamp": "x"}]),
        json.dumps({"object": "page", "entry": [TEXT, PHONE]}).encode(),
        json.dumps({"entry": [{"changes": [{"value": {"messages": [PHONE, {"id": WAMID}]}}]}]}).encode(),
        f"{{{TEXT} {PHONE}".encode(),
    ):
        for signature in (
            sign(SECRETS["WHATSAPP_APP_SECRET"], content),
            f"sha256={PHONE}",
            SECRETS["WHATSAPP_APP_SECRET"],
        ):
            client.post("/webhooks/whatsapp", content=content, headers={"x-hub-signature-256": signature})
    query = {
        "hub.mode": "subscribe",
        "hub.challenge": "1",
        "hub.verify_token": SECRETS["WHATSAPP_VERIFY_TOKEN"],
    }
    assert client.get("/webhooks/whatsapp", params=query).status_code == 200
    for path in (
        f"/{PHONE}?text={TEXT}",
        "/a%0a%1b[31mb",
        f"/api/media/{WAMID}?{PHONE}",
        f"/api/conversations/{PHONE}/messages",
    ):
        client.get(path, headers={"user-agent": f"{PHONE} {WAMID}", "x-forwarded-for": PHONE})
    client.post("/api/login", json={"email": EMAIL, "password": PASSWORD + "?"})
    assert client.post("/api/login", json={"email": EMAIL, "password": PASSWORD}).status_code == 200
    conversation = answered(client)
    listen(process, client, conversation)
    return str(client.get("/metrics").text)


def answered(client: httpx.Client) -> str:
    """A reply that cannot be sent, for nobody is there to take it."""
    rows: list[dict[str, Any]] = []

    def look() -> bool:
        rows[:] = client.get("/api/snapshot").json()["conversations"]
        return bool(rows)

    wait_until(look, what="somebody has written")
    data = {"conversation": rows[0]["id"], "text": TEXT, "seen": 10**6}
    asked = {"id": str(uuid.uuid4()), "name": "reply", "data": data}
    assert client.post("/api/commands", json=asked).status_code == 200
    return str(rows[0]["id"])


def listen(process: Process, client: httpx.Client, conversation: str) -> None:
    """A console whose address and frames hold what they should not."""
    cookie = "; ".join(f"{name}={value}" for name, value in client.cookies.items())
    address = f"ws://127.0.0.1:{process.port}/api/live?{PHONE}={WAMID}"
    options: dict[str, Any] = {"origin": process.url, "additional_headers": {"Cookie": cookie}, "proxy": None}
    with connect(address, **options) as console:
        console.send(json.dumps({"type": "hello", "since": None}))
        for frame in (
            f"{{ {PHONE}",
            {"type": TEXT},
            {"type": "command", "id": str(uuid.uuid4()), "name": TEXT, "data": {PHONE: WAMID}},
            {
                "type": "command",
                "id": str(uuid.uuid4()),
                "name": "note",
                "data": {"conversation": conversation, "text": TEXT},
            },
        ):
            console.send(frame if isinstance(frame, str) else json.dumps(frame))
        while '"ok":true' not in console.recv(10):
            pass


@pytest.mark.proves("C55", "C56", "C57")
@pytest.mark.parametrize("style", ["json", "console"])
def test_neither_logs_nor_figures_know_a_citizen_or_a_secret(tmp_path: Path, style: str) -> None:
    process = Process(tmp_path, style)
    with process.running() as client:
        figures = traffic(process, client)
    log = process.log.read_text()
    assert log.strip(), "the log is empty: nothing was looked at"
    assert "process_resident_memory_bytes" in figures
    for what, canary in canaries().items():
        assert canary not in log, what
        assert canary not in figures, what
    assert "127.0.0.1:" not in log.replace(process.url, "").replace(f"('127.0.0.1', {process.port})", "")
    assert "\x1b" not in log
    kept = b"".join(path.read_bytes() for path in (tmp_path / "data").rglob("*") if path.is_file())
    assert TEXT.encode() in kept, "the database was looked at"
    for what, secret in {**SECRETS, "password": PASSWORD}.items():
        assert secret.encode() not in kept, f"{what} lies on the disk"
    if style == "json":
        lines = [json.loads(line) for line in log.splitlines()]
        assert all({"event", "level", "timestamp"} <= line.keys() for line in lines)
        assert not any(line["event"] == "forged" for line in lines)


LOG_AND_SAY = """
import logging, sys
from sessionhours.cli import log_to
log_to(sys.argv[1])
logging.getLogger("x").warning("said %s", sys.argv[2])
try:
    raise ValueError(sys.argv[2])
except ValueError:
    logging.getLogger("x").exception("failed")
"""


@pytest.mark.proves("C57")
def test_whatever_is_logged_is_a_line_of_json() -> None:
    command = [sys.executable, "-c", LOG_AND_SAY, "json", TRICKS]
    lines = subprocess.run(command, capture_output=True, text=True, check=True).stderr.splitlines()
    said, failed = map(json.loads, lines)
    assert said["event"] == f"said {TRICKS}"
    assert TRICKS in failed["exception"]


@pytest.mark.proves("C57")
def test_a_terminal_obeys_nothing_that_is_logged() -> None:
    command = [sys.executable, "-c", LOG_AND_SAY, "console", TRICKS]
    out = subprocess.run(command, capture_output=True, text=True, check=True).stderr
    assert not set(out) & set("\x1b\x07\r")
    assert len(out.split("Traceback")[0].splitlines()) == 2


@pytest.mark.proves("C55")
def test_no_object_shows_a_secret(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from sessionhours.app import Office, utcnow
    from sessionhours.config import load_config

    (tmp_path / "schedule.toml").write_text(SCHEDULE.format(policy=""))
    environ = {**SECRETS, "SESSIONHOURS_DATA_DIR": str(tmp_path / "data")}
    config = load_config(tmp_path / "schedule.toml", environ)
    office = Office(config, utcnow, None)
    parts = [
        config,
        config.settings,
        office.webhook.verifier,
        office.graph,
        config.app_secrets,
        office.reader,
    ]
    shown = " ".join(f"{part!r} {part}" for part in parts)
    office.database.close()
    for name, secret in SECRETS.items():
        assert secret not in shown, name
