"""Our own server as `sessionhours serve` runs it: its folder, its agents, an open session."""

from __future__ import annotations

import secrets
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from bench.citizens import APP_SECRET, PHONE_NUMBER_ID, VERIFY_TOKEN
from sessionhours.app import create_app
from sessionhours.config import load_config, load_settings
from sessionhours.desk import agents, steering, ticking
from sessionhours.desk.plan import Planner
from sessionhours.store.database import Database
from sessionhours.store.migrate import migrate

TOWN, LINE = "kappelrodeck", "buergermeister"

SCHEDULE = f"""
timezone = "Europe/Berlin"
region = "BW"

[town]
id = "{TOWN}"
name = "Gemeinde Kappelrodeck"
alternatives = "Telefon 07842 80221"
privacy_url = "https://example.org/datenschutz"

[[line]]
id = "{LINE}"
title = "WhatsApp-Bürgersprechstunde"
host = "Bürgermeister"
phone = "+49784280221"
phone_number_id = "{PHONE_NUMBER_ID}"

[[line.session]]
every = "first thursday"
from = "15:00"
to = "16:00"
"""


def environ(folder: Path) -> dict[str, str]:
    """The settings. Nothing is ever sent: the platform's address is a port that nobody listens on."""
    return {
        "SESSIONHOURS_DATA_DIR": str(folder / "data"),
        "WHATSAPP_ACCESS_TOKEN": "invented-access-token",
        "WHATSAPP_APP_SECRET": APP_SECRET,
        "WHATSAPP_VERIFY_TOKEN": VERIFY_TOKEN,
        "WHATSAPP_GRAPH_URL": "http://127.0.0.1:9/v26.0",
    }


def schedule(folder: Path) -> Path:
    """The schedule file."""
    file = folder / "schedule.toml"
    file.write_text(SCHEDULE, encoding="utf-8")
    return file


def database(folder: Path) -> Path:
    """The database file."""
    return folder / "data" / "sessionhours.db"


def office(folder: Path) -> Any:
    """The application, of a folder that was prepared."""
    return create_app(load_config(schedule(folder), environ(folder)))


def prepare(folder: Path, consoles: int) -> list[str]:
    """Make the database with a session that is open for an hour and so many logged-in agents. Returns their cookies."""
    config = load_config(schedule(folder), environ(folder))
    opened = Database(load_settings(environ(folder)).database_url)
    try:
        migrate(opened.writer)
        opened.start()
        now = datetime.now(UTC)
        (plan,) = config.schedules
        opened.submit(ticking.tick, Planner(), plan, now=now).result()
        opened.submit(steering.open_now, plan, LINE, 60, now=now).result()
        return [opened.submit(_log_in, number, now).result() for number in range(consoles)]
    finally:
        opened.close()


def _log_in(session: Any, number: int, now: datetime) -> str:
    """An agent with a login; no password is ever checked here."""
    cookie = secrets.token_urlsafe(24)
    role = "mayor" if number == 0 else "assistant"
    agent = agents.add_agent(
        session,
        town=TOWN,
        email=f"agent{number}@example.org",
        name=f"Maria Brandt {number}",
        roles=[role],
        password="*",
        now=now,
    )
    session.flush()
    agents.log_in(session, agents.Credentials(agent.id, "*"), cookie, now=now)
    return cookie
