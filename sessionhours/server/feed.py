"""What was announced, moved and cancelled, as Atom (RFC 4287): an entry a session, the one that changed last on top."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from datetime import UTC, datetime, timedelta
from urllib.parse import quote
from uuid import NAMESPACE_URL, uuid5

from sessionhours.core.session import Announced
from sessionhours.server.calendar import summary
from sessionhours.server.dates import ALWAYS, KEPT, lasting_name
from sessionhours.server.qr import chat_link
from sessionhours.server.visit import Visit
from sessionhours.server.wording import one_line, plain

MEDIA_TYPE = "application/atom+xml; charset=utf-8"
HEAD = b'<?xml version="1.0" encoding="utf-8"?>\n'
ATOM = "http://www.w3.org/2005/Atom"
LANG = "{http://www.w3.org/XML/1998/namespace}lang"

#: What nobody has announced yet, because it is only planned, becomes an announcement so long before.
ANNOUNCED_AHEAD = timedelta(days=62)


def atom(visit: Visit, line: str | None = None) -> bytes:
    """The feed of a town, or of one line."""
    told = [one for one in visit.told(line, KEPT) if one.id or one.opens < visit.now + ANNOUNCED_AHEAD]
    told.sort(key=lambda one: (-_updated(one).timestamp(), one.opens, one.uid))
    title = visit.words.text("feed.title", town=visit.town.name)
    root = ET.Element("feed", {"xmlns": ATOM, LANG: visit.language})
    _text(root, "id", _name(visit, "termine" if line is None else f"termine/{line}"))
    _text(root, "title", one_line(title))
    _text(root, "updated", _time(max(map(_updated, told), default=ALWAYS)))
    _text(ET.SubElement(root, "author"), "name", one_line(visit.town.name))
    ET.SubElement(root, "link", rel="alternate", type="text/html", href=visit.url("termine"))
    ET.SubElement(root, "link", rel="self", type="application/atom+xml", href=_own(visit, line))
    for one in told:
        _entry(root, visit, one)
    return HEAD + bytes(ET.tostring(root, encoding="utf-8"))


def _entry(root: ET.Element, visit: Visit, one: Announced) -> None:
    entry = ET.SubElement(root, "entry")
    _text(entry, "id", _name(visit, lasting_name(visit.town.id, one)))
    _text(entry, "title", one_line(_title(visit, one)))
    _text(entry, "updated", _time(_updated(one)))
    ET.SubElement(entry, "link", rel="alternate", type="text/html", href=visit.url())
    _text(entry, "content", plain("\n".join(_content(visit, one))), type="text")


def _title(visit: Visit, one: Announced) -> str:
    """ "Neuer Termin: 2. WhatsApp-Bürgersprechstunde, Donnerstag, 3. Dezember 2026, 15–16 Uhr"."""
    said = f"{summary(visit, one)}, {visit.words.placed(visit.words.span(one), one)}"
    return f"{visit.words.text('feed.moved')}: {said}" if visit.words.moved(one) else said


def _content(visit: Visit, one: Announced) -> list[str]:
    line, text = visit.line(one.line), visit.words.text
    said = [visit.words.span(one)] if one.state != "cancelled" else []
    said += visit.words.cancelled(one, visit.instead_of(one))
    said += [*visit.words.news(one, visit.now), visit.words.number(one), visit.words.place(one, line)]
    if line and one.kind == "whatsapp" and one.state != "cancelled":
        said.append(text("calendar.how", phone=visit.words.phone(line), chat=chat_link(line.phone)))
    if visit.town.alternatives:
        said.append(text("calendar.other", alternatives=visit.town.alternatives))
    return [sentence for sentence in said if sentence]


def _name(visit: Visit, name: str) -> str:
    """A name for ever, wherever the house stands (RFC 4287 §4.2.6): another one in each language, for so is the text."""
    return uuid5(NAMESPACE_URL, f"sessionhours:atom/{visit.language}/{visit.town.id}/{name}").urn


def _own(visit: Visit, line: str | None) -> str:
    path = visit.feed("feed.atom")
    line = f"{'&' if '?' in path else '?'}line={quote(line)}" if line else ""
    return f"{visit.address}{path}{line}"


def _updated(one: Announced) -> datetime:
    return one.updated_at.astimezone(UTC).replace(microsecond=0)


def _time(at: datetime) -> str:
    return at.strftime("%Y-%m-%dT%H:%M:%SZ")


def _text(parent: ET.Element, name: str, text: str, **attributes: str) -> None:
    ET.SubElement(parent, name, attributes).text = text
