"""The command line (surfaces §1).

Exit status: 0 fine, 1 a check failed, 2 bad input, 3 could not reach what it needs.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import os
import socket
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import structlog
import typer

from sessionhours.app import create_app
from sessionhours.app_doctor import examined
from sessionhours.app_serving import Serving
from sessionhours.app_staff import Staff, staff_of
from sessionhours.app_start import make_ready
from sessionhours.config import Settings, load_config, load_schedule, load_settings
from sessionhours.core.roles import ROLES
from sessionhours.errors import ConfigFaults, DatabaseInUse, Refused, SessionhoursError
from sessionhours.schedulefile_view import check_lines, next_rows, preset_names, preset_text

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="A mayor's office hour on WhatsApp.",
)
agent = typer.Typer(no_args_is_help=True, help="Who may log in to the console.")
app.add_typer(agent, name="agent")

File = Annotated[Path, typer.Argument(help="the schedule file")]
Email = Annotated[str, typer.Argument(help="the address to log in with")]
Port = Annotated[int, typer.Option(min=0, max=65535, help="0 takes a free one")]

RED, BAD_INPUT, UNREACHABLE = 1, 2, 3
SCHEDULE = Path("schedule.toml")


def main() -> None:
    """The program's entry."""
    app()


@app.command()
def serve(
    schedule: Annotated[
        Path, typer.Option(help="a schedule file, or a folder with one file a town")
    ] = SCHEDULE,
    host: str = "127.0.0.1",
    port: Port = 8000,
    new_secret_key: Annotated[
        bool, typer.Option("--new-secret-key", help="once: the secret key was changed on purpose")
    ] = False,
) -> None:
    """Run the server."""
    with told():
        config = load_config(schedule)
        log_to(config.settings.log)
        make_ready(config, new_secret=new_secret_key)
        listener = listen(host, port)
    server = Serving(create_app(config))
    logging.getLogger(__name__).info("listening on http://%s:%d", host, listener.getsockname()[1])
    with listener, contextlib.suppress(KeyboardInterrupt):
        server.run(sockets=[listener])
    if not server.served:
        raise typer.Exit(UNREACHABLE)


@app.command()
def demo(
    port: Port = 8000,
    town: Annotated[str, typer.Option(help="one of the shipped presets")] = "kappelrodeck",
    as_json: Annotated[bool, typer.Option("--json", help="addresses and logins as one line of JSON")] = False,
) -> None:
    """Everything on one machine: server, simulated WhatsApp, an open session, three agents. Ctrl-C leaves nothing."""
    from sessionhours.cli_demo import demo as run_demo  # a server does not carry the simulated platform about

    with told():
        run_demo(port=port, text=preset_text(town), as_json=as_json)


@app.command()
def check(file: File = SCHEDULE) -> None:
    """Read a schedule: the next ten occurrences a line, or every fault."""
    with told():
        typer.echo("\n".join(check_lines(load_schedule(file), now())))


@app.command()
def doctor(schedule: Annotated[Path, typer.Option(help="as for serve")] = SCHEDULE) -> None:
    """Test the set-up against WhatsApp and this machine: one line a check; status 1 where one is red."""
    with told():
        found = asyncio.run(examined(load_config(schedule), now))
    typer.echo("\n".join(f"{one.level:5}  {place}  {one.check:9}  {one.text}" for place, one in found))
    if any(one.level == "red" for _, one in found):
        raise typer.Exit(RED)


@app.command("next")
def next_(
    file: File = SCHEDULE,
    line: Annotated[str | None, typer.Option(help="only this line")] = None,
    from_: Annotated[str | None, typer.Option("--from", help="an instant (ISO 8601) instead of now")] = None,
    n: Annotated[int, typer.Option("-n", min=1, max=1000)] = 10,
    as_json: Annotated[bool, typer.Option("--json")] = False,
) -> None:
    """Coming occurrences."""
    with told():
        schedule = load_schedule(file)
        rows = next_rows(schedule, line, instant(from_, schedule.town.timezone), n)
    if as_json:
        return typer.echo(json.dumps(rows, ensure_ascii=False))
    for row in rows:
        typer.echo(row_line(row))
    if not rows:
        typer.echo("No date is planned.", err=True)


@app.command()
def preset(town: Annotated[str | None, typer.Argument(help="the town to print")] = None) -> None:
    """List the shipped town presets, or print one as a schedule file to begin from."""
    with told():
        typer.echo("\n".join(preset_names()) if town is None else preset_text(town), nl=town is None)


@app.command()
def simulate(
    port: Annotated[int, typer.Option(min=1, max=65535)] = 9000,
    webhook: Annotated[str | None, typer.Option(help="where updates go, http://…/webhooks/whatsapp")] = None,
) -> None:
    """The simulated Cloud API alone, with its phone page."""
    from sessionhours import simulator

    with told():
        if webhook is not None and not webhook.startswith(("http://", "https://")):
            raise ValueError(f"--webhook: {webhook!r} is no address; allowed: {WEBHOOK}")
        listen(LOCALHOST, port).close()
    typer.echo(SIMULATED.format(address=f"http://{LOCALHOST}:{port}", webhook=webhook or UNTOLD, **SAID))
    simulator.run(LOCALHOST, port, webhook, **SAID)


@agent.command("add")
def agent_add(
    email: Email,
    name: Annotated[str, typer.Option(help="as colleagues see it")],
    role: Annotated[list[str], typer.Option(help=f"one of {', '.join(ROLES)}; may be given several times")],
    town: Annotated[str | None, typer.Option(help="may be left out where there is one")] = None,
    password_stdin: Annotated[
        bool, typer.Option("--password-stdin", help="read it from standard input")
    ] = False,
) -> None:
    """Add an agent."""
    with told(), staff() as (people, _):
        known = towns()
        home = town or people.only_town(known)
        people.add(
            town=home, email=email, name=name, roles=role, password=password(password_stdin), now=now()
        )
        typer.echo(f"{email} may log in at {home}.")
        if known and home not in known:
            typer.echo(f"Note: {SCHEDULE} here is of {', '.join(known)}, not of {home}.", err=True)


@agent.command("list")
def agent_list() -> None:
    """Who may log in."""
    with told(), staff() as (people, _):
        for one in people.all():
            typer.echo(
                f"{one.email}\t{one.name}\t{one.town}\t{one.roles}{'	disabled' if one.disabled else ''}"
            )


@agent.command("disable")
def agent_disable(email: Email) -> None:
    """Let an agent in no more; open consoles close."""
    with told(), staff() as (people, _):
        people.disable(email, now=now())
        typer.echo(f"{email} may log in no more.")


@agent.command("password")
def agent_password(
    email: Email, password_stdin: Annotated[bool, typer.Option("--password-stdin")] = False
) -> None:
    """Give an agent a new password; every login ends."""
    with told(), staff() as (people, _):
        people.password(email, password(password_stdin))
        typer.echo(f"{email} has a new password.")


# -- parts ---------------------------------------------------------------------------------------------

LOCALHOST = "127.0.0.1"
WEBHOOK = "http://127.0.0.1:8000/webhooks/whatsapp"

#: What the simulated platform and a server beside it have to agree on.
SAID = {
    "app_secret": "simulated-app-secret",
    "verify_token": "simulated-verify-token",
    "access_token": "simulated-access-token",
    "phone_number_id": "200000000000002",
}
UNTOLD = f"nowhere; tell it with --webhook {WEBHOOK}"
SIMULATED = """\
The simulated WhatsApp is running; nothing is sent to anybody. Ctrl-C ends it.

  phone    {address}/
  updates  {webhook}

A server talks to it with this environment and phone_number_id = "{phone_number_id}" in its schedule:

  WHATSAPP_GRAPH_URL={address}/v26.0
  WHATSAPP_ACCESS_TOKEN={access_token}
  WHATSAPP_APP_SECRET={app_secret}
  WHATSAPP_VERIFY_TOKEN={verify_token}
"""


@contextlib.contextmanager
def told() -> Iterator[None]:
    """Say what went wrong in a sentence, with the exit status that goes with it."""
    try:
        yield
    except ConfigFaults as faults:
        leave(str(faults), BAD_INPUT)
    except (Refused, LookupError, ValueError) as error:
        leave(error.message if isinstance(error, Refused) else str(error.args[0]), BAD_INPUT)
    except DatabaseInUse as error:
        leave(str(error), UNREACHABLE)
    except (SessionhoursError, OSError) as error:
        leave(str(error), UNREACHABLE)


def listen(host: str, port: int) -> socket.socket:
    """A listening socket. Raises `OSError` with a sentence where there can be none."""
    try:
        return socket.create_server((host, port), family=socket.AF_INET6 if ":" in host else socket.AF_INET)
    except OSError as error:
        raise OSError(f"Cannot listen on {host}, port {port}: {_why(error)}") from None


def _why(error: OSError) -> str:
    """The system's word alone: the library adds to it where, which stands there already."""
    by_system = error.errno is not None and error.errno > 0
    return f"{os.strerror(error.errno)}. Try another --port." if by_system else f"{error.strerror}."  # type: ignore[arg-type]


def row_line(row: dict[str, Any]) -> str:
    """An occurrence on one line of plain text."""
    more = [row["topic"], row["needs_decision"] and f"needs a decision: {row['needs_decision']}"]
    words = [row["opens"], row["closes"], row["line"], row["kind"], row["title"], *filter(None, more)]
    return "  ".join(words)


def leave(words: str, status: int) -> None:
    """Say it on standard error and go."""
    typer.echo(words, err=True)
    raise typer.Exit(status)


def now() -> datetime:
    """The machine's clock."""
    return datetime.now(UTC)


def instant(text: str | None, zone: object) -> datetime:
    """An instant from the command line; without an offset it is the town's wall time. Raises `ValueError`."""
    if text is None:
        return now()
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        raise ValueError(
            f"--from: {text!r} is no instant; allowed: 2026-12-03T15:00 or 2026-12-03T14:00Z"
        ) from None
    return (found if found.tzinfo else found.replace(tzinfo=zone)).astimezone(UTC)  # type: ignore[arg-type]


@contextlib.contextmanager
def staff() -> Iterator[tuple[Staff, Settings]]:
    """The agents of the database that the environment names."""
    settings = load_settings(os.environ)
    with staff_of(settings) as people:
        yield people, settings


def towns() -> list[str]:
    """The towns of the schedule file here, if there is one."""
    return [load_schedule(SCHEDULE).town.id] if SCHEDULE.is_file() else []


def password(from_stdin: bool) -> str:
    """A new password: the first line of standard input, or typed twice. Raises `ValueError` where nobody can type."""
    if from_stdin:
        return sys.stdin.readline().rstrip("\r\n")
    if not sys.stdin.isatty():
        raise ValueError("There is no terminal to type a password on; give it with --password-stdin.")
    return str(typer.prompt("Password", hide_input=True, confirmation_prompt=True))


def nobody(record: logging.LogRecord) -> bool:
    """Keep out the lines with which uvicorn tells who opened a socket and with what query (attack C56)."""
    return not str(record.msg).startswith('%s - "WebSocket')


def harmless(logger: object, name: str, event: structlog.typing.EventDict) -> structlog.typing.EventDict:
    """Show what a terminal would obey; a line of the log stays one line but for our own tracebacks."""
    for key, value in event.items():
        kept = "\n" if key == "exception" else ""
        event[key] = "".join(c if c.isprintable() or c in kept else _escaped(c) for c in str(value))
    return event


def _escaped(character: str) -> str:
    return character.encode("unicode_escape").decode()


def log_to(style: str) -> None:
    """Log lines for a console or as JSON, control characters escaped (attack C57)."""
    plain = structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())
    as_json = structlog.processors.JSONRenderer()
    stamp = structlog.processors.TimeStamper(fmt="iso", utc=True)
    shared: list[structlog.typing.Processor] = [structlog.stdlib.add_log_level, stamp]
    formatter = structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=shared,
        processors=[
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            structlog.processors.format_exc_info,
            *([as_json] if style == "json" else [harmless, plain]),
        ],
    )
    handler = logging.StreamHandler()
    handler.setFormatter(formatter)
    handler.addFilter(nobody)
    logging.basicConfig(level=logging.INFO, handlers=[handler], force=True)
    for name in ("httpx", "httpcore", "alembic"):
        logging.getLogger(name).setLevel(logging.WARNING)
