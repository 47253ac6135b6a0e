"""One date: how it stands, where it comes from, and everything that can be done with it (console.md §6.6)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.routing import Route

from sessionhours.core import words
from sessionhours.core.session import RUNNING
from sessionhours.server.planning_forms import Form, ask_again, at_once, check, given, read, run
from sessionhours.server.planning_origin import goes_back_to, origin, says_file, way_back
from sessionhours.server.planning_view import DateView, find, month_name, replacement
from sessionhours.server.planning_visit import TERMINE, Door, Visit

#: Minutes by which a session can be late with one press.
LATE = (5, 10, 15, 20)


@dataclass(frozen=True, slots=True)
class Deed:
    """Something that can be done with a date: its command, the data it sends, the fields it needs.

    Of the fields in ``together`` it takes all or none.
    """

    command: str
    data: Callable[[DateView, Form], Mapping[str, Any]]
    needs: tuple[str, ...] = ()
    together: tuple[str, ...] = ()

    def wanted(self, form: Form) -> tuple[str, ...]:
        """The fields that have to be filled in, after what was."""
        return (*self.needs, *(self.together if given(form, self.together) else ()))


def _named(view: DateView) -> str:
    """The session as the planning's commands take it: its id, or the key of a window that has none yet."""
    return view.session.id if view.session else view.key


DEEDS: dict[str, Deed] = {
    "move": Deed(
        "session.move",
        lambda view, form: {
            "session": _named(view),
            **given(form, ("date", "from", "to")),
            **at_once(form),
        },
        ("date", "from", "to"),
    ),
    "cancel": Deed(
        "session.cancel",
        lambda view, form: {
            "session": _named(view),
            **given(form, ("reason", "date", "from", "to")),
            **at_once(form),
        },
        ("reason",),
        together=("date", "from", "to"),
    ),
    "restore": Deed("session.restore", lambda view, form: {"session": _named(view), **at_once(form)}),
    "confirm": Deed("session.confirm", lambda view, form: {"line": view.line, "date": f"{view.on}"}),
    "skip": Deed(
        "session.cancel",
        lambda view, form: {"session": _named(view), "reason": view.decision, **at_once(form)},
    ),
    "late": Deed(
        "session.late",
        lambda view, form: {"session": _named(view), "minutes": int(form["minutes"])},
        ("minutes",),
    ),
    "deputy": Deed("session.deputy", lambda view, form: {"session": _named(view), "name": form["name"]}),
}


@dataclass(frozen=True, slots=True)
class Allowed:
    """What can be done with a date as it stands."""

    move: bool
    cancel: bool
    restore: bool
    decide: bool
    late: bool
    deputy: bool
    announce: bool

    @property
    def anything(self) -> bool:
        """Is there anything to be done at all?"""
        return self.move or self.cancel or self.restore or self.decide or self.late or self.deputy


class DatePage:
    """``/console/termine/{key}``; a session's id is taken as well."""

    def __init__(self, door: Door) -> None:
        self.door = door

    def routes(self) -> list[Route]:
        """For every key, so after what has a name of its own."""
        path = f"{TERMINE}/{{key:path}}"
        return [
            Route(path, self.door.staff(self.show), methods=["GET"]),
            Route(path, self.door.staff(self.act), methods=["POST"]),
        ]

    async def show(self, visit: Visit) -> Response:
        """The date, and with ``?tun=`` the form to change it."""
        view = await _view(self.door, visit)
        doing = visit.asked("tun")
        return await self._page(visit, view, _empty(visit, view, doing), doing)

    async def act(self, visit: Visit) -> Response:
        """Carry out what a form of this page asks for. Raises `HTTPException` 400 for what no form asks."""
        view, form = await _view(self.door, visit), await read(visit)
        deed = DEEDS.get(form["do"])
        if deed is None or (deed.command == "session.late" and not form["minutes"].isdecimal()):
            raise HTTPException(400)
        if not check(visit, form, *deed.wanted(form)):
            return await self._page(visit, view, form, form["do"])
        result = await run(self.door.commands, visit, form, deed.command, deed.data(view, form))
        if result is None:
            visit = self.door.again(visit)
            view = await find(self.door, visit, view.key) or view
            return await self._page(visit, view, form, form["do"])
        left = await find(self.door, self.door.again(visit), result["session"]["id"])
        return _onward(visit, view, left, form)

    async def _page(self, visit: Visit, view: DateView, form: Form, doing: str) -> Response:
        if form.confirm:
            facts = _asked(visit, view, form, doing)
            here = visit.href(view.key)
            about = way_back(visit, view) if doing == "restore" else doing
            return ask_again(visit, form, about, action=here, back=here, facts=facts)
        row, conflict = view.session, view.planned.conflict if view.planned else None
        return visit.page(
            "_termin",
            status=form.status,
            view=view,
            form=form,
            doing=doing,
            allowed=_allowed(visit, view),
            running=row is not None and row.state in RUNNING,
            origin=origin(visit, view),
            says_file=says_file(visit, view),
            goes_back_to=goes_back_to(visit, view),
            way_back=way_back(visit, view),
            instead=replacement(visit, row) if row else None,
            revision=str(row.revision) if row else "",
            conflicts=[conflict] if conflict else [],
            minutes=LATE,
            typed_said=_typed_said(visit, form),
            month=f"{view.on:%Y-%m}",
            month_name=month_name(visit, view.on),
            today=f"{visit.now.astimezone(visit.zone):%Y-%m-%d}",
            poster=f"{visit.home}aushang?{urlencode({'session': _named(view)})}",
            deputy=Form({"name": row.deputy if row else ""}),
        )


async def _view(door: Door, visit: Visit) -> DateView:
    view = await find(door, visit, visit.request.path_params["key"])
    if view is None:
        raise HTTPException(404)
    return view


def _onward(visit: Visit, view: DateView, left: DateView | None, form: Form) -> Response:
    """Back to the date, which may have another key by now; to its month where nothing is left of it to be shown."""
    gone = left is None or (form["do"] == "restore" and left.state == "cancelled")
    done = "restore_gone" if gone else _done(visit, view, left or view, form)
    if gone or form["back"] == "month":
        return visit.onward(done=done, monat=f"{view.on:%Y-%m}")
    return visit.onward(left.key if left and form["do"] == "restore" else view.key, done=done)


def _done(visit: Visit, view: DateView, left: DateView, form: Form) -> str:
    """Which sentence is true of what was done."""
    match form["do"]:
        case "restore":
            return "restore_undecided" if left.state == "undecided" else way_back(visit, view)
        case "move" if given(form, ("date", "from", "to")) == _typed(visit, view):
            return "move_nothing" if view.state != "undecided" else "move"
        case "late" if not int(form["minutes"]):
            return "late_not"
        case "deputy" if not form["name"]:
            return "deputy_none"
    return form["do"]


def _empty(visit: Visit, view: DateView, doing: str) -> Form:
    return Form(_typed(visit, view) if doing == "move" else {})


def _typed(visit: Visit, view: DateView) -> dict[str, str]:
    """The date as fields of a form take it."""
    opens, closes = view.opens.astimezone(visit.zone), view.closes.astimezone(visit.zone)
    return {"date": f"{opens:%Y-%m-%d}", "from": f"{opens:%H:%M}", "to": f"{closes:%H:%M}"}


def _typed_said(visit: Visit, form: Form) -> str:
    """The date that was typed, in words; empty where nothing was typed that is a date."""
    if not form["date"] or "date" in form.errors:
        return ""
    day = words.day(date.fromisoformat(form["date"]), visit.language)
    return ", ".join([day, "–".join(one for one in (form["from"], form["to"]) if one)])


def _asked(visit: Visit, view: DateView, form: Form, doing: str) -> list[tuple[str, str]]:
    """What happens, before somebody says yes to it."""
    moved = doing == "move"
    facts = [(visit.text("ask.from" if moved else "ask.date"), view.said)]
    if doing == "restore":
        facts.append((visit.text("ask.to"), goes_back_to(visit, view) or visit.text("date.file_nothing")))
    if form["reason"]:
        facts.append((visit.text("form.reason"), form["reason"]))
    if form["date"]:
        facts.append((visit.text("ask.to" if moved else "form.replacement"), _typed_said(visit, form)))
    return facts


def _allowed(visit: Visit, view: DateView) -> Allowed:
    """What the state of a date leaves to do; the commands look again, with the same answer."""
    to_come = view.state == "announced" and view.opens > visit.now
    row = view.session
    running = row is not None and row.state in ("lobby", "open", "intake_closed")
    steered = view.kind == "whatsapp" and row is not None and view.closes > visit.now
    return Allowed(
        move=view.may("session.move") and view.state != "undecided",
        cancel=view.may("session.cancel") and view.state != "undecided",
        restore=view.may("session.restore"),
        decide=view.may("session.confirm"),
        late=steered and (view.state in ("lobby", "open") or (to_come and _soon(visit, view.opens))),
        deputy=steered and (running or to_come),
        announce=to_come or running,
    )


def _soon(visit: Visit, opens: datetime) -> bool:
    """Is it soon enough to say that it will be late?"""
    same_day = opens.astimezone(visit.zone).date() == visit.now.astimezone(visit.zone).date()
    return same_day or opens - visit.now < timedelta(hours=2)
