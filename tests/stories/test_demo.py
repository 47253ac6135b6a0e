"""`sessionhours demo` as somebody meets it: one command, three addresses, nothing left behind."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest

from tests.fakes import until
from tests.serve import ROOT
from tests.stories.console import Console

#: Seconds within which a message has to be on every screen.
SOON = 1.0


@dataclass
class Demo:
    """A demo that runs: its process, what it printed, and the folder in which it may leave nothing."""

    process: subprocess.Popen[str]
    told: dict[str, Any]
    folder: Path

    @property
    def address(self) -> str:
        """Where the server listens."""
        parts = urlsplit(self.told["console"])
        return f"{parts.scheme}://{parts.netloc}"

    def files(self) -> list[str]:
        """What it keeps on disk."""
        return os.listdir(self.folder)

    async def screens(self) -> dict[str, Console]:
        """The mayor and the first assistant, live."""
        found: dict[str, Console] = {}
        for login in self.told["logins"][:2]:
            found[login["role"]] = screen = Console(login["email"], self.address)
            await screen.log_in(login["email"], login["password"])
            await screen.open()
        return found

    async def interrupted(self) -> int:
        """Ctrl-C; the exit status."""
        self.process.send_signal(signal.SIGINT)
        await until(lambda: self.process.poll() is not None, 60, "Ctrl-C ends it")
        return int(self.process.returncode)


@asynccontextmanager
async def a_demo(folder: Path) -> AsyncIterator[Demo]:
    with _started(folder) as process:
        assert process.stdout is not None
        try:
            line = await asyncio.to_thread(process.stdout.readline)
            yield Demo(process, json.loads(line), folder)
        finally:
            if process.poll() is None:
                process.kill()


def _started(folder: Path) -> subprocess.Popen[str]:
    """In a session of its own, so that whoever it left behind would be found by its group."""
    command = [sys.executable, "-m", "sessionhours", "demo", "--port", "0", "--json"]
    environment = {**os.environ, "TMPDIR": str(folder)}
    return subprocess.Popen(
        command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True, start_new_session=True
    )


async def test_the_demo_does_the_main_job(tmp_path: Path) -> None:
    async with a_demo(tmp_path) as demo, httpx.AsyncClient(trust_env=False) as http:
        for name in ("console", "phone", "public"):
            assert (await http.get(demo.told[name], follow_redirects=True)).status_code == 200, name
        assert [login["role"] for login in demo.told["logins"]] == ["mayor", "assistant", "assistant"]
        screens = await demo.screens()
        mayor, phone = screens["mayor"], demo.told["phone"]
        wish = {"text": "Wann öffnet das Freibad?"}
        assert (await http.post(f"{phone}sim/people/anna/messages", json=wish)).status_code == 200
        seconds = await until(lambda: all(_shows(s, wish["text"]) for s in screens.values()), SOON)
        print(f"on both screens after {seconds:.3f} s")

        (conversation,) = mayor.conversations
        answer = {"conversation": conversation, "text": "Am 15. Mai.", "seen": mayor.seq}
        result = await mayor.ask("reply", **answer)
        assert result["ok"]
        reply = result["data"]["message"]["id"]
        await until(lambda: mayor.messages[reply]["status"] == "read", 60, "the last tick")
        assert _ticks(mayor, reply) == ["sent", "delivered", "read"]
        chat = (await http.get(f"{phone}sim/people/anna/chat")).json()["messages"]
        assert [(m["direction"], m["content"]["body"]) for m in chat] == [
            ("in", "Wann öffnet das Freibad?"),
            ("out", "Am 15. Mai."),
        ]
        for screen in screens.values():
            await screen.close()


def _shows(screen: Console, text: str) -> bool:
    return any(message["text"] == text for message in screen.messages.values())


def _ticks(screen: Console, message: str) -> list[str]:
    """Where a message stood, each word once, from the moment Meta had it."""
    told = [event["data"]["status"] for event in screen.events if event["data"].get("id") == message]
    return [word for n, word in enumerate(told) if word not in told[:n] and word not in ("queued", "sending")]


async def test_ctrl_c_leaves_nothing_behind(tmp_path: Path) -> None:
    async with a_demo(tmp_path) as demo:
        assert [name.startswith("sessionhours-demo-") for name in demo.files()] == [True]
        screens = await demo.screens()
        assert await demo.interrupted() == 0
        assert demo.files() == []
        with pytest.raises(ProcessLookupError):
            os.killpg(demo.process.pid, 0)
        with pytest.raises(httpx.ConnectError):
            async with httpx.AsyncClient(trust_env=False) as http:
                await http.get(demo.address)
        for screen in screens.values():
            await screen.close()
