"""Forms of the planning: read, checked, sent as commands, and what a refusal says at which field.

A form carries the id of its command, so a double submit does nothing twice; each time it is shown after a refusal it
gets a new one, because a refusal is remembered under its id too.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any
from uuid import uuid4

from starlette.responses import Response

from sessionhours.server.commands import Commands, author_of
from sessionhours.server.language import texts
from sessionhours.server.planning_visit import LONGEST_FIELD, Visit

#: A refusal that belongs to a field begins with its name.
AT_A_FIELD = re.compile(r"(?P<field>[a-z_]+): (?P<sentence>.+)", re.DOTALL)

#: What a field for dates sends; a browser that has none sends what was typed.
DATE = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
CLOCK = re.compile(r"(?:[01][0-9]|2[0-3]):[0-5][0-9]")

MOST_FIELDS = 40


@dataclass
class Form:
    """What somebody typed, and what is wrong with it: sentences by field, under "" what belongs to none."""

    values: Mapping[str, str] = field(default_factory=dict)
    errors: dict[str, str] = field(default_factory=dict)
    id: str = field(default_factory=lambda: str(uuid4()))
    confirm: str = ""
    stale: bool = False
    #: Sentences that came from a command are German whatever the reader's language.
    theirs: bool = False

    def __getitem__(self, name: str) -> str:
        return self.values.get(name, "")

    @property
    def status(self) -> int:
        """The HTTP status of the page that shows it."""
        return 409 if self.stale or self.confirm else 400 if self.errors else 200


async def read(visit: Visit) -> Form:
    """The form in the body, with the id that it came with."""
    sent = await visit.request.form(max_files=0, max_fields=MOST_FIELDS)
    values = {name: _typed(str(value)) for name, value in sent.items()}
    return Form(values, id=values.get("id", ""))


def check(visit: Visit, form: Form, *needed: str) -> bool:
    """Every field that is needed is there, every date and time is one. Writes down what is not."""
    for name in needed:
        if not form[name]:
            form.errors[name] = visit.text(f"needs.{name}")
    for name in ("date", "starting", "until"):
        if form[name] and not DATE.fullmatch(form[name]):
            form.errors[name] = visit.text("bad.date_written")
        elif form[name] and not _date(form[name]):
            form.errors[name] = visit.text("bad.date")
    _check_times(visit, form)
    return not form.errors


async def run(
    commands: Commands, visit: Visit, form: Form, name: str, data: Mapping[str, Any]
) -> dict[str, Any] | None:
    """Carry out a command. Returns its result, or None after writing down in ``form`` why it was refused."""
    frame, _ = await commands.run(author_of(visit.agent), form.id, name, dict(data))
    if frame["ok"]:
        return dict(frame["data"])
    _refused(visit, form, frame["error"])
    return None


def given(form: Form, names: Iterable[str]) -> dict[str, str]:
    """Those fields that are not empty, as a command takes them."""
    return {name: form[name] for name in names if form[name]}


def at_once(form: Form) -> dict[str, Any]:
    """What goes with a change of something that may have changed meanwhile, and that a person confirmed already."""
    revision = {"revision": int(form["revision"])} if form["revision"].isdecimal() else {}
    return {**revision, **confirmed(form)}


def confirmed(form: Form) -> dict[str, bool]:
    """That a person was asked once more and said yes."""
    return {"confirm": True} if form["confirm"] == "1" else {}


def ask_again(
    visit: Visit,
    form: Form,
    doing: str,
    *,
    action: str,
    facts: Iterable[tuple[str, str]],
    back: str = "",
    then: str = "ask.then",
) -> Response:
    """Before a change that cannot be unseen: what will happen, and one button for it (AC-61).

    Whoever says no is led ``back``; without that, to the preview of what was typed.
    """
    sent = {name: value for name, value in form.values.items() if name not in ("id", "confirm", "do")}
    values = {"action": action, "back": back, "facts": facts, "sent": sent, "then": visit.text(then)}
    return visit.page("_frage", status=form.status, form=form, doing=doing, **values)


def _typed(value: str) -> str:
    """Browsers end lines of a text with two characters; that makes it no longer."""
    return value.replace("\r\n", "\n").strip()[:LONGEST_FIELD]


def _refused(visit: Visit, form: Form, error: Mapping[str, Any]) -> None:
    """A new id: under the old one there is only the refusal any more."""
    form.id = str(uuid4())
    code, sentence = error["code"], str(error["message"])
    if code == "confirm":
        form.confirm, form.theirs = sentence, True
    elif code == "id_reused":
        form.errors[""] = visit.text("bad.id_reused")
    elif code == "stale":
        form.stale, form.errors[""] = True, visit.text("bad.stale")
    else:
        match = AT_A_FIELD.fullmatch(sentence)
        form.theirs = True
        form.errors[match["field"] if match else ""] = _whole(**match.groupdict()) if match else sentence


def _whole(field: str, sentence: str) -> str:
    """What leaves out its subject ("höchstens 100 Zeichen.") gets it back: above the form nobody sees the field."""
    label = texts("de").get(f"plan.form.{field}")
    return f"{label}: {sentence}" if label and sentence[:1].islower() else sentence


def _check_times(visit: Visit, form: Form) -> None:
    if not form["from"] and not form["to"]:
        return
    for name in ("from", "to"):
        if not form[name]:
            form.errors[name] = visit.text(f"needs.{name}")
        elif not CLOCK.fullmatch(form[name]) and (name, form[name]) != ("to", "24:00"):
            form.errors[name] = visit.text("bad.time")
    if not {"from", "to"} & form.errors.keys() and form["from"] == form["to"]:
        form.errors["to"] = visit.text("bad.equal")


def _date(written: str) -> bool:
    try:
        date.fromisoformat(written)
    except ValueError:
        return False
    return True
