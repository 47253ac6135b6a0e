"""Message templates: kept, listed, and checked against the parameters they are sent with."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from .errors import GraphError
from .world import Json

NAME = re.compile(r"[a-z0-9_]{1,512}")
VARIABLE = re.compile(r"{{\s*(\w+)\s*}}")
UNWANTED = re.compile(r"[\n\t]| {5}")
LIMIT = 250
STATUSES = {"PAUSED": 132015, "DISABLED": 132016}


@dataclass
class Template:
    """One template in one language. `components` as they were created."""

    id: str
    name: str
    language: str
    category: str
    components: list[Json]
    status: str = "PENDING"
    parameter_format: str = "POSITIONAL"

    def shown(self) -> Json:
        """The template as the list shows it."""
        return {
            "id": self.id,
            "name": self.name,
            "language": self.language,
            "status": self.status,
            "category": self.category,
            "parameter_format": self.parameter_format,
            "components": self.components,
        }

    def text(self, part: str) -> str:
        """The text of a part (`BODY`, `HEADER`), empty where it has none."""
        texts = (c.get("text", "") for c in self.components if str(c.get("type")).upper() == part)
        return next(texts, "")


class Templates:
    """All templates of the account."""

    def __init__(self) -> None:
        self._all: dict[str, Template] = {}
        self.create(REMINDER).status = "APPROVED"
        self.create(ANSWER).status = "APPROVED"

    def create(self, body: Json) -> Template:
        """Take a new template on, pending. Raises `GraphError` 100 for what is missing or malformed."""
        name, language, category = body.get("name"), body.get("language"), body.get("category")
        if not isinstance(name, str) or not NAME.fullmatch(name):
            raise GraphError(100, "Param name must match ^[a-z0-9_]{1,512}$.")
        if category not in ("UTILITY", "MARKETING", "AUTHENTICATION"):
            raise GraphError(100, "Param category must be one of {AUTHENTICATION, MARKETING, UTILITY}")
        if not isinstance(language, str) or not language:
            raise GraphError(100, "Param language is required.")
        if self.named(name, language):
            raise GraphError(100, f"There is already {language} content for this template.", subcode=2388024)
        components = body.get("components")
        if not isinstance(components, list) or not components:
            raise GraphError(100, "Param components is required.")
        check_components(components)
        id = str(600000000000001 + len(self._all))
        format = str(body.get("parameter_format") or "POSITIONAL").upper()
        self._all[id] = Template(id, name, language, str(category), components, parameter_format=format)
        return self._all[id]

    def find(self, id: str) -> Template | None:
        """The template with this id."""
        return self._all.get(id)

    def named(self, name: str, language: str) -> Template | None:
        """The template of this name in this language."""
        return next((t for t in self._all.values() if (t.name, t.language) == (name, language)), None)

    def delete(self, name: str, id: str | None) -> None:
        """Raises `GraphError` if there is none of that name."""
        gone = [t.id for t in self._all.values() if t.name == name and id in (None, t.id)]
        if not gone:
            raise GraphError(100, "Message Template Not Found", subcode=2593002)
        for id in gone:
            del self._all[id]

    def _found(self, query: Mapping[str, str]) -> list[Template]:
        """Templates of the statuses, categories and languages named, comma separated, and part of a name."""

        def fits(name: str, value: str) -> bool:
            return not query.get(name) or value in query[name].split(",")

        return [
            t
            for t in self._all.values()
            if query.get("name", "") in t.name
            and fits("status", t.status)
            and fits("category", t.category)
            and fits("language", t.language)
        ]

    def listing(self, query: Mapping[str, str]) -> Json:
        """A page of the list, with the summary that clients ask for."""
        found = self._found(query)
        start = int(query.get("after") or 0)
        size = int(query.get("limit") or 25)
        page = found[start : start + size]
        cursors = {"before": str(start), "after": str(start + len(page))}
        more = {"next": "more"} if start + len(page) < len(found) else {}
        answer: Json = {"data": [t.shown() for t in page], "paging": {"cursors": cursors, **more}}
        if "summary" in query:
            answer["summary"] = {
                "total_count": len(found),
                "message_template_count": len(self._all),
                "message_template_limit": LIMIT,
                "are_translations_complete": True,
            }
        return answer

    def chosen(self, content: Json) -> Template:
        """The approved template a message names, its parameters checked. Raises `GraphError`."""
        name = content.get("name")
        language = (content.get("language") or {}).get("code")
        if not name or not language:
            raise GraphError(131008, "template['name'] and template['language']['code'] are required")
        template = self.named(name, language)
        if template is None or template.status == "PENDING":
            raise GraphError(132001, f"template name ({name}) does not exist in {language}")
        if template.status != "APPROVED":
            raise GraphError(STATUSES.get(template.status, 132001))
        for part in ("HEADER", "BODY"):
            check_parameters(template, part, content.get("components") or [])
        return template


def check_components(components: list[Json]) -> None:
    """Lengths of the parts of a new template (contract §7.3). Raises `GraphError` 100."""
    limits = {"BODY": 1024, "HEADER": 60, "FOOTER": 60}
    for component in components:
        part = str(component.get("type")).upper()
        if len(str(component.get("text") or "")) > limits.get(part, 1024):
            raise GraphError(100, f"{part} is longer than {limits[part]} characters.", subcode=2388040)
        buttons = component.get("buttons") or []
        if len(buttons) > 10 or any(len(str(b.get("text") or "")) > 25 for b in buttons):
            raise GraphError(100, "At most 10 buttons of at most 25 characters.", subcode=2388040)
    if not any(str(c.get("type")).upper() == "BODY" for c in components):
        raise GraphError(100, "A BODY component is required.")


def check_parameters(template: Template, part: str, components: list[Json]) -> None:
    """Count and content of what is put into the text of one part. Raises `GraphError`."""
    expected = len(dict.fromkeys(VARIABLE.findall(template.text(part))))
    given = [
        parameter
        for component in components
        if str(component.get("type")).upper() == part
        for parameter in component.get("parameters") or []
    ]
    if len(given) != expected:
        raise GraphError(
            132000,
            f"{part.lower()}: number of localizable_params ({len(given)}) does not match the expected number "
            f"of params ({expected})",
        )
    if any(UNWANTED.search(str(parameter.get("text") or "")) for parameter in given):
        raise GraphError(
            132012, "Param text cannot have new-line/tab characters or more than 4 consecutive spaces"
        )


def filled(template: Template, content: Json) -> str:
    """The body with its parameters in it, as the person reads it."""
    parameters = [
        (p.get("parameter_name"), str(p.get("text") or ""))
        for c in content.get("components") or []
        if str(c.get("type")).upper() == "BODY"
        for p in c.get("parameters") or []
    ]
    values = {name or str(n): text for n, (name, text) in enumerate(parameters, 1)}
    return VARIABLE.sub(lambda found: values.get(found[1], found[0]), template.text("BODY"))


def quick_replies(template: Template, content: Json) -> list[Json]:
    """The buttons a person can tap: what is written on each, and the payload it was sent with."""
    payloads = {
        str(component.get("index")): (component.get("parameters") or [{}])[0].get("payload")
        for component in content.get("components") or []
        if str(component.get("type")).upper() == "BUTTON"
    }
    buttons = [b for c in template.components for b in c.get("buttons") or []]
    return [
        {"text": button["text"], "payload": payloads.get(str(n)) or button["text"]}
        for n, button in enumerate(buttons)
        if button.get("type") == "QUICK_REPLY"
    ]


REMINDER: Json = {
    "name": "sprechstunde_erinnerung",
    "language": "de",
    "category": "UTILITY",
    "components": [
        {
            "type": "BODY",
            "text": "Guten Tag {{1}}, die Sprechstunde beginnt um {{2}} Uhr.",
            "example": {"body_text": [["Anna", "17:00"]]},
        },
        {"type": "BUTTONS", "buttons": [{"type": "QUICK_REPLY", "text": "Nicht mehr erinnern"}]},
    ],
}
ANSWER: Json = {
    "name": "buergeranfrage_antwort",
    "language": "de",
    "category": "UTILITY",
    "components": [
        {
            "type": "BODY",
            "text": "Guten Tag, hier ist die Antwort auf Ihre Frage: {{1}} Ihre Gemeinde",
            "example": {"body_text": [["Der Spielplatz wird am Montag repariert."]]},
        }
    ],
}
