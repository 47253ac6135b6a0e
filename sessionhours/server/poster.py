"""What stands on the poster: one date, or where there is none the opening hours, and how to write."""

from __future__ import annotations

from dataclasses import dataclass

from sessionhours.core.schedule import Line
from sessionhours.core.session import Announced
from sessionhours.server.dates import KEPT, find
from sessionhours.server.opening import weekly_hours
from sessionhours.server.public_view import cannot, now_of
from sessionhours.server.qr import chat_link
from sessionhours.server.visit import Visit


@dataclass(frozen=True, slots=True)
class PosterView:
    """One sheet of paper. Without a date ``when`` is empty; ``cancelled`` says that this one does not take place."""

    line: str
    title: str
    when: str
    machine: str
    in_person: bool
    cancelled: tuple[str, ...]
    details: tuple[str, ...]
    week: tuple[tuple[str, str], ...]
    phone: str
    chat: str
    works: tuple[str, ...]
    cannot: tuple[str, ...]


def poster(visit: Visit, session: str | None, line: str | None) -> PosterView | None:
    """The poster of a session, else of the next one of a line, else of the town's next; None for one not to be found.

    One that is named may be over: whoever notes afterwards where it was announced looks at its poster too.
    """
    if session is not None:
        one = find(visit.told(None, KEPT), session)
        named = visit.line(one.line) if one else None
        return _view(visit, named, one) if named else None
    lines = [one for one in visit.schedule.lines if line in (None, one.id)]
    nearest = [(_nearest(visit, one), one) for one in lines]
    dated = [(one, named) for one, named in nearest if one]
    if dated:
        one, named = min(dated, key=lambda found: found[0].opens)
        return _view(visit, named, one)
    return _view(visit, lines[0], None) if lines else None


def _nearest(visit: Visit, line: Line) -> Announced | None:
    """What is on, unless its time is over and only those inside go on, else what comes next."""
    now = now_of(visit, line)
    return now.on if now.on and now.on.closes > visit.now else now.next


def _view(visit: Visit, line: Line, one: Announced | None) -> PosterView:
    cancelled = visit.words.cancelled(one, visit.instead_of(one)) if one else ()
    return PosterView(
        line=line.id,
        title=one.title if one else line.title,
        when=visit.words.span(one) if one and not cancelled else "",
        machine=visit.words.local(one.opens).isoformat() if one else "",
        in_person=one is not None and one.kind == "in_person",
        cancelled=cancelled,
        details=_details(visit, line, one),
        week=weekly_hours(visit, line),
        phone=visit.words.phone(line),
        chat=chat_link(line.phone),
        works=_works(visit, line),
        cannot=cannot(visit, line),
    )


def _details(visit: Visit, line: Line, one: Announced | None) -> tuple[str, ...]:
    host = visit.words.text("poster.answers", host=one.deputy if one and one.deputy else line.host)
    if one is None:
        return (host,)
    if one.state == "cancelled":
        return ()
    topic = f"{visit.words.text('topic')} {one.topic}" if one.topic else ""
    return tuple(filter(None, (visit.words.number(one), topic, visit.words.moved(one), host)))


def _works(visit: Visit, line: Line) -> tuple[str, ...]:
    taken = line.answer | line.accept
    kinds = ("text", *(kind for kind in ("image", "location") if kind in taken))
    return tuple(visit.words.text(f"poster.works_{kind}") for kind in kinds)
