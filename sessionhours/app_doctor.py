"""The look before the hour from outside a server: what it needs of this machine, and the set-up test of surfaces §1."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from datetime import datetime

import httpx

from sessionhours.app_start import Tokens, opened, within_reach
from sessionhours.config import Config, Settings
from sessionhours.core.preflight import Finding, Space
from sessionhours.desk.preflight import Examiner
from sessionhours.store.lock import folder_of
from sessionhours.whatsapp.client import GraphClient


def disks(settings: Settings) -> list[Space]:
    """How full the disks are that the hour needs: that of the data folder, and that of a SQLite file elsewhere."""
    folders = {settings.data_dir, folder_of(settings.database_url) or settings.data_dir}
    return [Space(used.free, used.total) for used in map(shutil.disk_usage, folders)]


async def examined(
    config: Config, clock: Callable[[], datetime], transport: httpx.AsyncBaseTransport | None = None
) -> list[tuple[str, Finding]]:
    """What each check finds now, by ``town/line``; also beside a running server. Raises `NotStored`."""
    settings = config.settings
    found = []
    with within_reach():
        database = opened(settings)
    try:
        async with GraphClient(Tokens(config), graph_url=settings.graph_url, transport=transport) as graph:
            examiner = Examiner(database, clock, graph, lambda: disks(settings), lambda: config.source.faults)
            for schedule in config.schedules:
                for line in schedule.lines:
                    place = f"{schedule.town.id}/{line.id}"
                    found += [(place, one) for one in await examiner.examine(schedule, line)]
    finally:
        database.close()
    return found
