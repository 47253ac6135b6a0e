"""The demo: the real server on a fresh database and the simulated WhatsApp beside it, in one process."""

from __future__ import annotations

import asyncio
import contextlib
import json
import re
import secrets
import shutil
import signal
import socket
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import typer
import uvicorn

from sessionhours.app import Office, utcnow
from sessionhours.app_staff import Staff
from sessionhours.config import load_config
from sessionhours.simulator.app import WABA_ID, create_simulator, lively

#: After this line of a schedule file stands which account the number belongs to.
ACCOUNT = re.compile(r'^phone_number_id = "\d+".*$', re.MULTILINE)

#: Minutes that the demo's session is open.
OPEN_FOR = 60

PEOPLE = (
    ("buergermeister@demo.example", "Stefan Keller", "mayor"),
    ("brandt@demo.example", "Maria Brandt", "assistant"),
    ("vogt@demo.example", "Selma Vogt", "assistant"),
)


class Quiet(uvicorn.Server):
    """A server that leaves Ctrl-C to the demo."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Nothing is captured here."""
        yield


def demo(*, port: int, text: str, as_json: bool) -> None:
    """Run until interrupted. Raises `OSError` where the port is taken."""
    folder = Path(tempfile.mkdtemp(prefix="sessionhours-demo-"))
    try:
        asyncio.run(_run(folder, port, text, as_json))
    finally:
        shutil.rmtree(folder, ignore_errors=True)


async def _run(folder: Path, port: int, text: str, as_json: bool) -> None:
    console, phone = _listen(port), _listen(_beside(port), fall_back=True)
    address = {"console": _url(console), "phone": _url(phone)}
    office = _office(folder, text, address)
    simulated = _simulated(office, address)
    servers = [_server(office), _server(simulated)]
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    tasks = [asyncio.create_task(servers[0].serve([console])), asyncio.create_task(servers[1].serve([phone]))]
    try:
        await _until_started(servers, tasks)
        logins = await _prepare(office)
        _print(address, logins, as_json)
        await asyncio.wait([asyncio.create_task(stop.wait()), *tasks], return_when=asyncio.FIRST_COMPLETED)
    finally:
        for server in servers:
            server.should_exit = True
        await asyncio.gather(*tasks, return_exceptions=True)


def _office(folder: Path, text: str, address: dict[str, str]) -> Office:
    file = folder / "schedule.toml"
    file.write_text(
        ACCOUNT.sub(rf'\g<0>\nbusiness_account_id = "{WABA_ID}"', text, count=1), encoding="utf-8"
    )
    environ = {
        "SESSIONHOURS_DATA_DIR": str(folder / "data"),
        "WHATSAPP_ACCESS_TOKEN": secrets.token_hex(16),
        "WHATSAPP_APP_SECRET": secrets.token_hex(16),
        "WHATSAPP_VERIFY_TOKEN": secrets.token_hex(16),
        "WHATSAPP_GRAPH_URL": f"{address['phone']}/v26.0",
    }
    return Office(load_config(file, environ), utcnow, None)


def _simulated(office: Office, address: dict[str, str]) -> Any:
    """The simulated platform, with the secrets that the server was started with."""
    settings, line = office.config.settings, next(iter(office.schedules().values())).lines[0]
    assert settings.access_token is not None
    assert settings.verify_token is not None
    app = create_simulator(
        app_secret=settings.app_secrets[0].get_secret_value(),
        verify_token=settings.verify_token.get_secret_value(),
        access_tokens=[settings.access_token.get_secret_value()],
        phone_number_id=line.phone_number_id,
        display_phone_number=line.phone.lstrip("+"),
        webhook_url=f"{address['console']}/webhooks/whatsapp",
        media_base=address["phone"],
        seed=secrets.randbits(32),
    )
    lively(app)
    return app


async def _prepare(office: Office) -> list[dict[str, str]]:
    """Three people who may log in, and a session that is open now."""
    town, schedule = next(iter(office.schedules().items()))
    people = Staff(office.database)
    logins = []
    for email, name, role in PEOPLE:
        password = secrets.token_urlsafe(9)
        await asyncio.to_thread(
            people.add, town=town, email=email, name=name, roles=[role], password=password, now=office.clock()
        )
        logins.append({"email": email, "password": password, "role": role})
    await office.open_session(town, schedule.lines[0].id, OPEN_FOR)
    return logins


async def _until_started(servers: list[Quiet], tasks: list[asyncio.Task[None]]) -> None:
    while not all(server.started for server in servers):
        for task in tasks:
            if task.done():
                task.result()
                raise OSError("the demo could not start; the lines above say why")
        await asyncio.sleep(0.02)


def _server(app: Any) -> Quiet:
    config = uvicorn.Config(
        app,
        loop="none",
        ws="websockets-sansio",
        ws_per_message_deflate=False,
        ws_max_size=65536,
        access_log=False,
        proxy_headers=False,
        server_header=False,
        log_level="warning",
        timeout_graceful_shutdown=2,
    )
    return Quiet(config)


def _beside(port: int) -> int:
    """The port of the phone; any free one where there is none of that number."""
    return port + 1000 if 0 < port <= 65535 - 1000 else 0


def _listen(port: int, *, fall_back: bool = False) -> socket.socket:
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind(("127.0.0.1", port))
    except OSError:
        if fall_back:
            listener.bind(("127.0.0.1", 0))
            return listener
        listener.close()
        raise OSError(f"Port {port} is taken. Try: sessionhours demo --port {port + 1}") from None
    return listener


def _url(listener: socket.socket) -> str:
    return f"http://127.0.0.1:{listener.getsockname()[1]}"


def _print(address: dict[str, str], logins: list[dict[str, str]], as_json: bool) -> None:
    console, phone, public = f"{address['console']}/console", f"{address['phone']}/", f"{address['console']}/"
    if as_json:
        typer.echo(json.dumps({"console": console, "phone": phone, "public": public, "logins": logins}))
        return
    typer.echo("The demo is running; nothing is sent to anybody. Ctrl-C ends it and leaves nothing behind.\n")
    typer.echo(f"  console  {console}\n  phone    {phone}\n  public   {public}\n")
    for login in logins:
        typer.echo(f"  {login['role']:<10} {login['email']:<30} {login['password']}")
