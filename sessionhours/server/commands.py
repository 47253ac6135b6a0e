"""Commands as socket and HTTP ask for them alike: whatever happens, there is a result frame (surfaces §5)."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import datetime

from sessionhours.core.schedule import Schedule
from sessionhours.desk import commands
from sessionhours.desk.replies import Author
from sessionhours.desk.snapshot import Json
from sessionhours.errors import NotStored
from sessionhours.server.auth import AgentInfo
from sessionhours.store.database import Database

#: Characters of an id that is said again in a result.
LONGEST_ID = 64

#: Fixed words for what is refused: nothing of what was sent, nothing of ours (attack C47).
REFUSALS = {
    "bad_frame": "Dieser Rahmen ist kein JSON-Objekt.",
    "too_many": "Zu viele Anfragen auf einmal. Bitte einen Augenblick warten.",
    "hello_first": "Zuerst hello.",
    "hello_twice": "hello kam schon.",
    "unknown_type": "Diese Art Rahmen gibt es nicht.",
    "unknown_signal": "Dieses Signal gibt es nicht.",
    "unknown_conversation": "Dieses Gespräch ist nicht da, oder Sie sehen es nicht.",
    "not_stored": "Gerade kann nichts gespeichert werden. Bitte noch einmal.",
    "no_schedule": "Für diesen Ort gibt es keinen Terminplan.",
    "error": "Das hat nicht geklappt; der Fehler liegt bei uns.",
}

logger = logging.getLogger(__name__)


class Commands:
    """Runs commands for socket and HTTP alike."""

    def __init__(
        self,
        database: Database,
        schedule_of: Callable[[str], Schedule],
        clock: Callable[[], datetime],
        then: Callable[[], None],
    ) -> None:
        self.database, self.schedule_of, self.clock, self.then = database, schedule_of, clock, then

    def schedule(self, town: str) -> Schedule | None:
        """The file's schedule of a town; None where it stands in no file any more."""
        try:
            return self.schedule_of(town)
        except LookupError:
            return None

    async def run(self, author: Author, id: object, name: object, data: object) -> tuple[Json, int]:
        """The result frame without its type, and the HTTP status that goes with it. Never raises."""
        try:
            result = await self._run(author, id, name, data)
            status = int(result.pop("status", 200))
        except NotStored:
            result, status = refusal("not_stored"), 503
        except NoSchedule:
            result, status = refusal("no_schedule"), 409
        except Exception:
            logger.exception("a command failed")
            result, status = refusal("error"), 500
        return {"id": known_id(id), **result}, status

    async def _run(self, author: Author, id: object, name: object, data: object) -> Json:
        schedule = self.schedule(author.town)
        if schedule is None:
            raise NoSchedule
        now = self.clock()
        result = await self.database.write(
            commands.run, author, schedule, id=id, name=name, data=data, now=now
        )
        self.then()
        return result


class NoSchedule(Exception):
    """The town of this agent stands in no schedule file any more."""


def refusal(code: str) -> Json:
    """A result frame without its id, in fixed words."""
    return {"ok": False, "error": {"code": code, "message": REFUSALS[code]}}


def known_id(id: object) -> str | None:
    """The id of a frame where it is one that may be said again."""
    return id if isinstance(id, str) and len(id) <= LONGEST_ID else None


def author_of(agent: AgentInfo) -> Author:
    """The agent as the desk knows them."""
    return Author(id=agent.id, name=agent.name, town=agent.town, roles=frozenset(agent.roles))
