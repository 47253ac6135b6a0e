"""A town hall for browsers: the real server as a process, the simulated WhatsApp in a thread, and its citizens."""

from __future__ import annotations

import socket
import sqlite3
import threading
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import uvicorn

from sessionhours.simulator import create_simulator
from tests.fakes import wait_until
from tests.makers import OPENS, schedule_file
from tests.serve import PASSWORD, SECRET, TOKEN, VERIFY, Server

#: Whoever can answer here does so without asking; pictures, places and files are taken in.
POLICY = 'approval = false\naccept = ["image", "location", "document", "contacts"]'

STAFF = {
    "mayor": ("buergermeister@example.org", "Stefan Keller", "mayor"),
    "brandt": ("brandt@example.org", "Maria Brandt", "assistant"),
}

Json = dict[str, Any]


class Citizen:
    """Somebody with a telephone."""

    def __init__(self, sim: httpx.Client, facts: Json) -> None:
        self._sim = sim
        self.id, self.name = str(facts["id"]), str(facts["name"])

    def write(self, text: str = "", **wish: Any) -> str:
        """Say something; `wish` as the simulator's `Telephones.say` takes it. The wamid."""
        answer = self._sim.post(f"/sim/people/{self.id}/messages", json={"text": text, **wish})
        assert answer.status_code == 200, answer.text
        return str(answer.json()["id"])

    def call(self) -> None:
        """Ring, and hang up when nobody answers."""
        id = self._sim.post(f"/sim/people/{self.id}/calls", json={}).json()["id"]
        over = {"event": "terminate", "id": id, "status": "FAILED"}
        self._sim.post(f"/sim/people/{self.id}/calls", json=over)

    def goes(self, **facts: bool) -> None:
        """Switch the telephone off or on (`online`), leave the chat or open it (`reads`)."""
        assert self._sim.patch(f"/sim/people/{self.id}", json=facts).status_code == 200

    def heard(self) -> list[str]:
        """The texts that came from the town, in order."""
        chat = self._sim.get(f"/sim/people/{self.id}/chat").json()["messages"]
        return [
            said["content"]["body"] for said in chat if said["direction"] == "out" and said["type"] == "text"
        ]


class TownHall:
    """One server, one simulated platform, one clock."""

    def __init__(self, server: Server, sim: httpx.Client) -> None:
        self.server, self.sim = server, sim

    @property
    def url(self) -> str:
        """The server's address."""
        return self.server.url

    def start(self) -> None:
        """Start the server and wait until it is ready."""
        self.server.spawn()
        wait_until(self._ready, 60, "the server is ready")

    def _ready(self) -> bool:
        assert self.server.alive, self.server.log.read_text()[-2000:]
        try:
            return httpx.get(f"{self.url}/readyz", trust_env=False).status_code == 200
        except httpx.TransportError:
            return False

    def citizen(self, name: str, **facts: Any) -> Citizen:
        """Somebody new."""
        answer = self.sim.post("/sim/people", json={"name": name, **facts})
        assert answer.status_code == 200, answer.text
        return Citizen(self.sim, answer.json())

    def said_to(self, citizen: Citizen) -> list[Json]:
        """What the town said to somebody, as the platform knows it."""
        chat = self.sim.get(f"/sim/people/{citizen.id}/chat").json()["messages"]
        return [said for said in chat if said["direction"] == "out"]

    def settle(self) -> None:
        """Wait until everything that was said is told, applied and answered."""
        wait_until(
            lambda: bool(self.sim.get("/sim/idle?timeout=5").json()["idle"]) and not self._to_do(),
            20,
            "all quiet",
        )

    def _to_do(self) -> int:
        with closing(
            sqlite3.connect(f"file:{self.server.database}?mode=ro", uri=True, timeout=5)
        ) as connection:
            [(new,)] = connection.execute("select count(*) from intake where state = 'new'")
            [(out,)] = connection.execute("select count(*) from outbox where state <> 'unclear'")
        return int(new) + int(out)

    def steer(self, call: str, **wish: Any) -> Json:
        """A call below `/sim`."""
        answer = self.sim.post(f"/sim/{call}", json=wish)
        assert answer.status_code == 200, answer.text
        return dict(answer.json()) if isinstance(answer.json(), dict) else {}


@contextmanager
def town_hall(
    folder: Path,
    *,
    now: datetime = OPENS + timedelta(minutes=5),
    policy: str = POLICY,
    change: Mapping[str, str] | None = None,
) -> Iterator[TownHall]:
    """Everything wired and started, with a schedule in which `change` replaces lines; nothing is left behind."""
    schedule = schedule_file(folder, policy)
    for old, new in (change or {}).items():
        schedule.write_text(schedule.read_text().replace(old, new))
    clock: list[Server] = []
    app = create_simulator(
        app_secret=SECRET,
        verify_token=VERIFY,
        access_tokens=[TOKEN],
        clock=lambda: clock[0].clock.seconds(),
        people=False,
    )
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        address = f"http://127.0.0.1:{listener.getsockname()[1]}"
        server = Server(folder, now=now, graph=address, schedule=schedule)
        clock.append(server)
        app.simulation.courier.webhook.url = server.webhook
        platform = uvicorn.Server(uvicorn.Config(app, log_level="error", timeout_graceful_shutdown=1))
        thread = threading.Thread(target=platform.run, kwargs={"sockets": [listener]}, daemon=True)
        thread.start()
        wait_until(lambda: platform.started, 60, "the simulated platform is served")
        server.employ("kappelrodeck", STAFF.values())
        with httpx.Client(base_url=address, trust_env=False) as sim:
            hall = TownHall(server, sim)
            try:
                hall.start()
                yield hall
            finally:
                server.close()
                platform.should_exit = True
                thread.join()


__all__ = ["PASSWORD", "STAFF", "Citizen", "TownHall", "town_hall"]
