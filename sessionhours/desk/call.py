"""One command on its way: who, where, what, when; and what is asked of whom before it is carried out."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlmodel import Session

from sessionhours.core.roles import may, sight
from sessionhours.core.schedule import Line, Schedule
from sessionhours.desk import sessions
from sessionhours.desk.plan import Plan, Planner
from sessionhours.desk.replies import Author
from sessionhours.errors import Refused
from sessionhours.store.owned import owned
from sessionhours.store.tables import Conversation, HourSession, Message

Data = dict[str, Any]

#: Who speaks on a line with approval.
ANSWERS = "gibt der Bürgermeister Antworten frei"
STEERS = "leitet nur der Bürgermeister die Sprechstunde"


@dataclass(frozen=True, slots=True)
class Call:
    """One command. ``schedule`` is the file's; `plan` what holds."""

    session: Session
    author: Author
    schedule: Schedule
    id: str
    now: datetime

    def plan(self) -> Plan:
        """The plan as it stands in this transaction: file and staff as one."""
        return Planner().plan(self.session, self.schedule, now=self.now)

    def standing(self) -> Schedule:
        """The schedule of `plan`: whose texts and next dates are said."""
        return self.plan().schedule

    def planned(self) -> Schedule:
        """The file's schedule with the series, exceptions and texts of staff, without what they did to single sessions."""
        return Planner().planned(self.session, self.schedule)

    def line(self, id: str) -> Line:
        """The town's line of that id. Raises `Refused` (404)."""
        try:
            return self.schedule.line(id)
        except LookupError:
            raise Refused("not_found", "Diese Leitung gibt es nicht.", status=404) from None

    def allowed(self, right: str, line: str) -> None:
        """Raises `Refused` (403) where the table of surfaces §5 does not grant this on that line."""
        try:
            approval = self.schedule.line(line).approval
        except LookupError:
            approval = True
        if not may(self.author.roles, right, approval=approval):
            what = STEERS if right.startswith("session.") else ANSWERS
            raise Refused("forbidden", f"Auf dieser Leitung {what}.", status=403)

    def conversation(self, id: str, right: str) -> Conversation:
        """The conversation, if this agent may see it (else it does not exist) and do this on its line."""
        row = owned(self.session, Conversation, self.author.town, id, lock=True)
        if row is None or not _visible(self.author, row):
            raise Refused("not_found", "Dieses Gespräch gibt es nicht (mehr).", status=404)
        self.allowed(right, row.line)
        return row

    def message(self, id: str, right: str) -> tuple[Conversation, Message]:
        """The message with its conversation, under the same conditions."""
        message = owned(self.session, Message, self.author.town, id)
        if message is None:
            raise Refused("not_found", "Diese Nachricht gibt es nicht (mehr).", status=404)
        return self.conversation(message.conversation, right), message

    def hour(self, id: str, right: str) -> HourSession:
        """The session, if this agent may do this on its line."""
        row = sessions.find(self.session, self.author.town, id)
        self.allowed(right, row.line)
        return row

    def shown(self, row: HourSession) -> Data:
        """A session as a result."""
        return {"session": sessions.shape(self.session, row)}


def _visible(author: Author, row: Conversation) -> bool:
    match sight(author.roles):
        case "all":
            return True
        case "handed":
            return row.assignee == author.id
        case _:
            return False
