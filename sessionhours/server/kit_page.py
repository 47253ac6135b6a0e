"""``/console/termine/{date}/kit``: every text about one date, to copy, and where it was published, to tick off (GO-2)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import cast
from urllib.parse import urlencode

from starlette.exceptions import HTTPException
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from sessionhours.core import words
from sessionhours.core.schedule import Language
from sessionhours.core.session import Announced
from sessionhours.server.dates import KEPT, find
from sessionhours.server.kit import Piece, kit
from sessionhours.server.language import LANGUAGES
from sessionhours.server.planning_forms import Form, check, read, run
from sessionhours.server.planning_visit import TERMINE, Door
from sessionhours.server.planning_visit import Visit as Staff
from sessionhours.server.site import Site
from sessionhours.server.visit import Visit

#: The poster is put up, not copied; it is ticked off like the rest.
POSTER = "aushang"


@dataclass(frozen=True, slots=True)
class Channel:
    """One way into the public, as the page shows it. ``piece`` is None for the poster."""

    name: str
    piece: Piece | None
    published: str


class KitPage:
    """The page for those who plan; the texts speak of the house at ``site``'s address."""

    def __init__(self, door: Door, site: Site) -> None:
        self.door, self.site = door, site

    def routes(self) -> list[Route]:
        """Before those of the planning and of the console: a date's key has a slash in it."""
        path = f"{TERMINE}/{{key:path}}/kit"
        return [
            Route(path, self.door.staff(self.show), methods=["GET"]),
            Route(path, self.door.staff(self.tick), methods=["POST"]),
        ]

    async def show(self, staff: Staff) -> Response:
        """The texts in the page's language, or in the one that ``?text=`` names. Raises `HTTPException` 404."""
        return self._page(staff, Form())

    async def tick(self, staff: Staff) -> Response:
        """It was published there on that date, or was not after all. Raises `HTTPException` 404."""
        _, one = self._date(staff)
        form = await read(staff)
        ticks = form["do"] != "untick"
        if ticks and not check(staff, form, "date"):
            return self._page(staff, form)
        data = {
            "session": one.id or one.key,
            "channel": form["channel"],
            "date": form["date"] if ticks else None,
        }
        if await run(self.door.commands, staff, form, "session.publish", data) is None:
            return self._page(self.door.again(staff), form)
        return RedirectResponse(_own(staff, one, text=staff.asked("text")), 303)

    # -- parts -----------------------------------------------------------------------------------------

    def _date(self, staff: Staff) -> tuple[Visit, Announced]:
        """What everybody may know of the date. Raises `HTTPException` 404 where there is none."""
        address = self.site.public(staff.request.scope)
        public = Visit(staff.standing, staff.language, staff.now, staff.home, address)
        one = find(public.told(None, KEPT), staff.request.path_params["key"])
        if one is None or public.line(one.line) is None:
            raise HTTPException(404)
        return public, one

    def _page(self, staff: Staff, form: Form) -> Response:
        public, one = self._date(staff)
        said = staff.asked("text")
        spoken = cast(Language, said if said in LANGUAGES else staff.language)
        home = f"{public.base}en/" if spoken == "en" else public.base
        channels = _channels(public, one, f"{public.address}{home}", spoken)
        return staff.page(
            "_kit",
            status=form.status,
            form=form,
            untyped=Form(),
            key=one.key,
            title=one.title,
            when=public.words.span(one),
            spoken=spoken,
            languages=[(other, _own(staff, one, text=other)) for other in LANGUAGES],
            channels=channels,
            ticking=_ticking(channels, form),
            today=public.words.local(staff.now).date().isoformat(),
            last=public.words.local(one.closes).date().isoformat(),
            poster=f"{home}aushang?{urlencode({'session': one.id or one.key})}",
            own=_own(staff, one, text=said),
        )


def _channels(public: Visit, one: Announced, address: str, spoken: Language) -> list[Channel]:
    pieces: dict[str, Piece | None] = {
        piece.channel: piece for piece in kit(public.schedule, one, address, spoken, public.instead_of(one))
    }
    return [
        Channel(name, piece, _day(one.published.get(name, ""), public.language))
        for name, piece in (pieces | {POSTER: None}).items()
    ]


def _ticking(channels: list[Channel], form: Form) -> str:
    """The channel whose form shows what was typed; empty where none does (any more)."""
    return next((one.name for one in channels if one.name == form["channel"] and not one.published), "")


def _own(staff: Staff, one: Announced, *, text: str) -> str:
    """This page's address; the language of the texts goes along where it was asked for."""
    return staff.href(one.id or one.key, "kit", text=text if text in LANGUAGES else None)


def _day(published: str, language: Language) -> str:
    """A date as it was kept, in words."""
    try:
        return words.day(date.fromisoformat(published), language) if published else ""
    except ValueError:
        return published
