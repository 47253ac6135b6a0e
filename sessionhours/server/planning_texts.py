"""The editor of the automatic texts: each with what it is for, and how it reads at any moment (console.md §6.6)."""

from __future__ import annotations

from dataclasses import dataclass

from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from sessionhours.core import texts
from sessionhours.core.schedule import Line
from sessionhours.desk import standing_texts
from sessionhours.server.planning_forms import Form, ask_again, confirmed, given, read, run
from sessionhours.server.planning_preview import LONGEST, MOMENTS, Preview, language_of, preview
from sessionhours.server.planning_visit import TERMINE, Door, Visit

#: The texts in the order of an hour, under what they are for.
GROUPS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("outside", ("outside", "outside_none", "held", "offer", "offer_kept")),
    ("hour", ("lobby", "greeting", "receipt", "notice", "last_call", "intake_closed")),
    ("changes", ("late", "deputy", "moved", "cancelled")),
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
        """Show, save, or go back to what the file or the standard says; that is asked once more."""
        form = await read(visit)
        line, key = _line(visit, form["line"]), _key(form["key"])
        if form["do"] == "back" and not confirmed(form):
            return _ask_back(visit, line, key, form)
        if form["do"] == "preview" or not _right(visit, form):
            return _page(visit, line, key, form)
        text = form["text"] if form["do"] == "save" else ""
        data = {"line": line.id, "key": key, "text": text, **given(form, ("before",))}
        if await run(self.door.commands, visit, form, "texts", data) is not None:
            done = "text_saved" if text else _back(visit, line, key)
            return visit.onward("texte", done=done, line=line.id, key=key)
        if form.stale:
            form.errors[""] = visit.text("bad.stale_text")
        visit = self.door.again(visit)
        return _page(visit, _line(visit, line.id), key, form)

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
    said = _said(visit, line, key)
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
        back=_back(visit, line, key),
        said=said,
        before=said if form.stale else form["before"] or said,
        shown=found,
        notes=notes(visit, found),
        moment=moment,
        moments=MOMENTS,
        longest=LONGEST,
        known=" ".join(sorted(texts.PLACEHOLDERS)),
    )


def _ask_back(visit: Visit, line: Line, key: str, form: Form) -> Response:
    """What will be gone, and what will be said instead."""
    doing, bare = _back(visit, line, key), key.removesuffix("_en")
    form.confirm = visit.text("ask.text_lost")
    language = f", {visit.text('texts.en')}" if bare != key else ""
    file = _of_the_file(visit, line)
    facts = [
        (visit.text("form.text"), visit.text(f"text.{bare}") + language),
        (visit.text("ask.from"), _said(visit, line, key)),
        (visit.text("ask.to"), standing_texts.said(file, visit.file.town, key)),
    ]
    return ask_again(visit, form, doing, action=visit.href("texte"), facts=facts, then="ask.then_text")


def _back(visit: Visit, line: Line, key: str) -> str:
    """Where a text goes back to: ``text_back`` to the standard, ``text_back_file`` to the file's own."""
    return "text_back_file" if key in _of_the_file(visit, line).texts else "text_back"


def _right(visit: Visit, form: Form) -> bool:
    if form["do"] not in ("save", "back"):
        form.errors[""] = visit.text("bad.do")
    elif form["do"] == "save" and not form["text"]:
        form.errors["text"] = visit.text("needs.text")
    elif form["do"] == "save" and (wrong := problem(visit, _only(visit, form))):
        form.errors["text"] = wrong
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
    if holds is None:
        return "default"
    return "file" if holds == _of_the_file(visit, line).texts.get(key) else "own"


def _of_the_file(visit: Visit, line: Line) -> Line:
    """The line as the file alone has it."""
    return next((one for one in visit.file.lines if one.id == line.id), line)


def _said(visit: Visit, line: Line, key: str) -> str:
    return standing_texts.said(line, visit.schedule.town, key).strip()


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
