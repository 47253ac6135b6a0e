"""How the application is served: uvicorn, set to what it needs, ending by itself where nothing can be kept any more."""

from __future__ import annotations

import logging
from typing import Any

import uvicorn

from sessionhours.app import Office

#: Typed frames are small and never compressed, nobody's address or message id is logged.
SERVER: dict[str, Any] = {
    "loop": "uvloop",
    "http": "httptools",
    "ws": "websockets-sansio",
    "ws_max_size": 65536,
    "ws_per_message_deflate": False,
    "access_log": False,
    "server_header": False,
    "proxy_headers": False,
    "timeout_graceful_shutdown": 10,
    "log_config": None,
}


class Serving(uvicorn.Server):
    """A server of one office. ``settings`` are uvicorn's own beside `SERVER`."""

    def __init__(self, office: Office, **settings: Any) -> None:
        super().__init__(uvicorn.Config(office, **SERVER, **settings))
        self.office = office

    async def on_tick(self, counter: int) -> bool:
        """End where the disk has reported an error: only a new start knows what is really on it (fault F9)."""
        if self.office.database.failed:
            logging.getLogger(__name__).critical("%s", self.office.database.failed)
            return True
        return await super().on_tick(counter)

    @property
    def served(self) -> bool:
        """Did it serve, and to the end?"""
        return self.started and not self.office.database.failed
