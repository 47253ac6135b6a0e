"""Pages and their forms as a browser without scripts takes them: what is in a form is what is sent."""

from __future__ import annotations

from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any

import httpx

from tests.server.house import Guest
from tests.server.public import words_of

#: What has no content.
VOID = {"input", "meta", "link", "img", "br", "use"}


@dataclass
class Form:
    """One form: where it leads, how, its fields, its buttons by what stands on them."""

    action: str
    method: str
    fields: dict[str, str] = field(default_factory=dict)
    buttons: dict[str, tuple[str, str]] = field(default_factory=dict)
    names: set[str] = field(default_factory=set)


class Page:
    """A page that was answered."""

    def __init__(self, response: httpx.Response) -> None:
        self.response, self.status, self.text = response, response.status_code, response.text
        self.words = words_of(response)
        reader = _Reader()
        reader.feed(response.text)
        self.forms, self.links, self.ids = reader.forms, reader.links, reader.ids
        self.attributes = reader.attributes

    @property
    def title(self) -> str:
        """The title of its tab."""
        return self.text.partition("<title>")[2].partition("</title>")[0]

    def form(self, button: str) -> Form:
        """The first form with a button that says so."""
        return next(one for one in self.forms if any(name.startswith(button) for name in one.buttons))


class Visitor:
    """Somebody with a browser without scripts."""

    def __init__(self, guest: Guest, language: str = "de") -> None:
        self.guest = guest
        self.headers = {**guest.headers, "accept-language": language, "origin": guest.house.url}

    def get(self, path: str, **query: str) -> httpx.Response:
        """What is answered in the end."""
        return self._ask("GET", path, params=query or None)

    def post(self, path: str, data: dict[str, str]) -> httpx.Response:
        """What is answered in the end to a form."""
        return self._ask("POST", path, data=data)

    def _ask(self, method: str, path: str, **what: Any) -> httpx.Response:
        with self.guest.house.client(headers=self.headers) as http:
            answer = http.request(method, path, **what)
            return http.get(answer.headers["location"]) if answer.status_code == 303 else answer

    def open(self, path: str = "", **query: str) -> Page:
        """Go to a page of the planning."""
        return Page(self.get(f"/console/termine{path}", **query))

    def press(self, page: Page, button: str, **typed: Any) -> Page:
        """Fill in the form that has this button, and press it. `from` is written `from_`."""
        form = page.form(button)
        typed = {name.rstrip("_"): str(value) for name, value in typed.items()}
        assert typed.keys() <= form.names | {"confirm"}, typed.keys() - form.names
        name, value = next(sent for words, sent in form.buttons.items() if words.startswith(button))
        data = {**form.fields, **typed, **({name: value} if name else {})}
        if form.method == "get":
            return Page(self.get(form.action, **data))
        return Page(self.post(form.action, data))


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.forms: list[Form] = []
        self.links: list[str] = []
        self.ids: list[str] = []
        self.attributes: dict[str, dict[str, str | None]] = {}
        self._form: Form | None = None
        self._button: tuple[str, str] | None = None
        self._said = ""
        self._select = self._area = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if given.get("id"):
            self.ids.append(str(given["id"]))
            self.attributes[str(given["id"])] = given
        if tag == "a" and given.get("href"):
            self.links.append(str(given["href"]))
        if tag == "form":
            self._form = Form(str(given["action"]), str(given.get("method", "get")))
            self.forms.append(self._form)
        if self._form is not None:
            self._in_form(tag, given)

    def _in_form(self, tag: str, given: dict[str, str | None]) -> None:
        form, name = self._form, given.get("name") or ""
        assert form is not None
        if tag == "button":
            self._button, self._said = (name, given.get("value") or ""), ""
        if tag in ("input", "select", "textarea") and name:
            form.names.add(name)
        if tag == "input" and name and (given.get("type") != "radio" or "checked" in given):
            form.fields[name] = given.get("value") or ""
        if tag == "select":
            self._select = name
            form.fields.setdefault(name, "")
        if tag == "option" and "selected" in given:
            form.fields[self._select] = given.get("value") or ""
        if tag == "textarea":
            self._area, self._said = name, ""

    def handle_data(self, data: str) -> None:
        self._said += data

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._form = None
        if self._form is None:
            return
        if tag == "button" and self._button is not None:
            self._form.buttons[" ".join(self._said.split())] = self._button
        if tag == "textarea":
            self._form.fields[self._area] = self._said
