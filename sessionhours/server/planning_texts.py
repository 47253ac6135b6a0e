"""The editor of the automatic texts: each with what it is for, and how it reads at any moment (console.md §6.6)."""

from __future__ import annotations

from dataclasses import dataclass

from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from sessionhours.core import texts
from sessionhours.core.schedule import Line
from sessionhours.server.planning_forms import Form, read, run
from sessionhours.server.planning_preview import LONGEST, MOMENTS, Preview, language_of, preview
from sessionhours.server.planning_visit import TERMINE, Door, Visit

#: The texts in the order of an hour, under what they are for.
GROUPS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("outside", ("outside", "outside_none", "held", "offer", "offer_kept")),
    ("hour", ("lobby", "greeting", "receipt", "notice", "last_call", "intake_closed")),
    ("changes", ("late", "deputy", "cancelled")),
    ("outcomes", ("promised", "carried_over", "handed_over", "declined")),
    ("asked", ("dates", "erased", "nothing_kept")),
    ("more", ("privacy", "emergency")),
)


@dataclass(frozen=True, slots=True)
class TextView:
    """One text in the list: where what it says comes from (``default``, ``file``, ``own``)."""

    key: str
    source: str
    chosen: bool


class TextPages:
    """``/console/termine/texte?line=…&key=…`` and its preview."""

    def __init__(self, door: Door) -> None:
        self.door = door

    def routes(self) -> list[Route]:
        """The editor, its form, and the preview for scripts."""
        path = f"{TERMINE}/texte"
        return [
            Route(path, self.door.staff(self.show), methods=["GET"]),
            Route(path, self.door.staff(self.act), methods=["POST"]),
            Route(f"{path}/vorschau", self.door.staff(self.preview)),
        ]

    async def show(self, visit: Visit) -> Response:
        """A text as it is said now."""
        line, key = _line(visit, visit.asked("line")), _key(visit.asked("key") or "outside")
        return _page(visit, line, key, Form({"text": _said(visit, line, key), "moment": "now"}))

    async def act(self, visit: Visit) -> Response:
        """Show, save, or go back to the standard."""
        form = await read(visit)
        line, key = _line(visit, form["line"]), _key(form["key"])
        form.values = {**form.values, "text": form["text"].replace("\r\n", "\n")}
        if form["do"] == "preview":
            return _page(visit, line, key, form)
        text = form["text"] if form["do"] == "save" else ""
        if form["do"] == "save" and not _right(visit, form):
            return _page(visit, line, key, form)
        data = {"line": line.id, "key": key, "text": text}
        if await run(self.door.commands, visit, form, "texts", data) is None:
            return _page(visit, line, key, form)
        done = "text_saved" if text else "text_back"
        return visit.onward("texte", done=done, line=line.id, key=key)

    async def preview(self, visit: Visit) -> Response:
        """The preview as JSON, for the page's script while somebody types."""
        line, key = _line(visit, visit.asked("line")), _key(visit.asked("key"))
        text = visit.asked("text").strip().replace("\r\n", "\n")
        found = preview(visit, line, key, text, visit.asked("state") or "now", visit.asked("at"))
        return JSONResponse(
            {
                "text": found.text,
                "at": visit.text("preview.at", at=found.at),
                "notes": notes(visit, found),
                "problem": problem(visit, found),
                "values": {place.name: place.value or visit.text("place.nothing") for place in found.places},
            }
        )


def notes(visit: Visit, found: Preview) -> list[str]:
    """What the preview cannot show: what goes out instead, what is left out, what the text should say and does not."""
    said = []
    if found.instead:
        name = (
            visit.text(f"text.{found.instead}")
            if found.instead != "default"
            else visit.text("source.default")
        )
        said.append(visit.text("note.instead", name=name))
    elif found.left_out:
        said.append(visit.text("note.left_out", names=_braced(found.left_out)))
    said += [visit.text(f"note.missing_{need}") for need in found.missing]
    return said


def problem(visit: Visit, found: Preview) -> str:
    """Why this text cannot be saved; empty where it can."""
    if found.unknown:
        return visit.text("bad.placeholder", names=", ".join(found.unknown))
    if found.length > LONGEST:
        return visit.text("bad.too_long", most=str(LONGEST), length=str(found.length))
    return ""


def _page(visit: Visit, line: Line, key: str, form: Form) -> Response:
    bare = key.removesuffix("_en")
    moment = form["moment"] if form["moment"] in MOMENTS else "now"
    found = preview(visit, line, key, form["text"], moment, form["at"])
    if form["do"] == "preview" and problem(visit, found):
        form.errors["text"] = problem(visit, found)
    return visit.page(
        "_texte",
        status=form.status,
        form=form,
        line=line,
        lines=visit.schedule.lines,
        key=key,
        bare=bare,
        english=key.endswith("_en"),
        spoken=language_of(visit, key),
        groups=[(name, [_view(visit, line, one, key) for one in keys]) for name, keys in GROUPS],
        source=_source(visit, line, key),
        shown=found,
        notes=notes(visit, found),
        moment=moment,
        moments=MOMENTS,
        longest=LONGEST,
        known=" ".join(sorted(texts.PLACEHOLDERS)),
    )


def _right(visit: Visit, form: Form) -> bool:
    if not form["text"]:
        form.errors["text"] = visit.text("needs.text")
    elif said := problem(visit, _only(visit, form)):
        form.errors["text"] = said
    return not form.errors


def _only(visit: Visit, form: Form) -> Preview:
    return preview(visit, _line(visit, form["line"]), _key(form["key"]), form["text"])


def _view(visit: Visit, line: Line, key: str, chosen: str) -> TextView:
    """In the list, a text is one's own as soon as one of its languages is."""
    ranks = ("own", "file", "default")
    sources = {_source(visit, line, name) for name in (key, f"{key}_en")}
    source = next(rank for rank in ranks if rank in sources)
    return TextView(key, source, key == chosen.removesuffix("_en"))


def _source(visit: Visit, line: Line, key: str) -> str:
    """Who wrote what a text says: staff here, the file, or this program."""
    holds = line.texts.get(key)
    of_the_file = next((one.texts.get(key) for one in visit.file.lines if one.id == line.id), None)
    if holds is None:
        return "default"
    return "file" if holds == of_the_file else "own"


def _said(visit: Visit, line: Line, key: str) -> str:
    return texts.template(line, visit.schedule.town, key.removesuffix("_en"), language_of(visit, key))


def _line(visit: Visit, wanted: str) -> Line:
    """Raises `HTTPException` 404."""
    found = [line for line in visit.schedule.lines if wanted in ("", line.id)]
    if not found:
        raise HTTPException(404)
    return found[0]


def _key(wanted: str) -> str:
    """Raises `HTTPException` 404."""
    if wanted.removesuffix("_en") not in texts.KEYS:
        raise HTTPException(404)
    return wanted


def _braced(names: tuple[str, ...]) -> str:
    return ", ".join(f"{{{name}}}" for name in names)
