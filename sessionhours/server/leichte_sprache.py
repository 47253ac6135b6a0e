"""The page in easy language: what the office hour is, when, how and what not, a thought a sentence."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from sessionhours.core import words
from sessionhours.core.schedule import Line
from sessionhours.core.session import Announced
from sessionhours.server.opening import weekly_hours
from sessionhours.server.ordinals import short_ordinal
from sessionhours.server.public_view import CANNOT, Now, State, called_off, comes_today, line_view, now_of
from sessionhours.server.qr import chat_link
from sessionhours.server.visit import Visit
from sessionhours.server.wording import expected_at, is_late


@dataclass(frozen=True, slots=True)
class Part:
    """A heading and its sentences, each on a line of its own; ``steps`` are numbered, ``rows`` a table of hours."""

    title: str
    sentences: tuple[str, ...] = ()
    steps: tuple[str, ...] = ()
    rows: tuple[tuple[str, str], ...] = ()
    chat: str = ""


@dataclass(frozen=True, slots=True)
class EasyLine:
    """One line in easy language."""

    id: str
    title: str
    parts: tuple[Part, ...]


def easy_lines(visit: Visit) -> list[EasyLine]:
    """Every line of a town, in the order of its file."""
    return [_Easy(visit, line).all() for line in visit.schedule.lines]


@dataclass(frozen=True, slots=True)
class _Easy:
    """One line on its way into easy language."""

    visit: Visit
    line: Line

    def all(self) -> EasyLine:
        parts = (self._what(), self._when(), self._how(), self._cannot(), self._outside())
        return EasyLine(self.line.id, self.line.title, parts)

    def _say(self, *keys: str, **values: str) -> tuple[str, ...]:
        return tuple(self.visit.words.text(f"easy.{key}", **values) for key in keys)

    def _title(self, key: str) -> str:
        return self.visit.words.text(f"easy.{key}")

    @property
    def _by_hours(self) -> bool:
        """Is it a line with opening hours and without sessions?"""
        return bool(self.line.hours) and not self.line.sessions

    def _what(self) -> Part:
        reads = "what_hours" if self._by_hours else "what_read"
        said = (
            *self._say("what_town", town=self.visit.town.name),
            *self._say("what_title", title=self.line.title),
            *self._say("what_app", "what_send", reads, "what_answer"),
            *self._say("what_host", host=self._host()),
        )
        return Part(self._title("what"), said)

    def _host(self) -> str:
        now = now_of(self.visit, self.line)
        about = now.on or now.next
        return about.deputy if about and about.deputy else self.line.host

    # -- when ------------------------------------------------------------------------------------------

    def _when(self) -> Part:
        now, state = now_of(self.visit, self.line), line_view(self.visit, self.line).state
        said = (*self._cancelled(), *self._now(state, now), *self._next(state, now))
        title = self._title("when_hours" if self._by_hours else "when")
        return Part(title, said, rows=weekly_hours(self.visit, self.line))

    def _cancelled(self) -> Iterable[str]:
        for one in called_off(self.visit, self.line):
            yield from self._say(_placed("when_cancelled", one), day=self.visit.words.day(one))
            instead = self.visit.instead_of(one)
            yield from self._say("when_reason", reason=one.reason) if one.reason else ()
            if instead:
                yield from self._say(_placed("when_instead", instead), day=self.visit.words.day(instead))

    def _now(self, state: State, now: Now) -> Iterable[str]:
        if state == "open":
            yield from self._open(now)
        elif state == "lobby" and now.on:
            yield from self._say("when_soon")
        elif state == "late" and (late := now.on or now.next):
            yield from self._late(late)
        elif state == "ending":
            yield from self._say("when_ending_now" if comes_today(self.visit, now.coming) else "when_ending")
        elif state == "none":
            yield from self._say("when_none", "when_none_hint")

    def _late(self, one: Announced) -> Iterable[str]:
        expected, local = expected_at(one, self.visit.now), self.visit.words.local
        today = local(one.opens).date() == local(self.visit.now).date()
        yield from self._say("when_late" if today else "when_late_next")
        yield from self._say("when_late_at", starts=self.visit.words.clock(expected)) if expected else ()

    def _open(self, now: Now) -> Iterable[str]:
        closes = now.on.closes if now.on else now.current.closes if now.current else None
        yield from self._say("when_running" if now.on else "when_open", "when_write")
        if now.coming and closes == now.coming.opens:
            yield from self._say("when_always")
        elif closes:
            yield from self._say("when_until", ends=self.visit.words.until(closes))

    def _next(self, state: State, now: Now) -> Iterable[str]:
        one = now.on if state == "late" and now.on else now.next
        if state == "open":
            return
        if one is not None:
            yield from self._say("when_next", day=self.visit.words.day(one))
            yield from self._begins(state, one)
            yield from self._say("when_ends", ends=self.visit.words.ends(one))
            yield from self._say("when_moved") if self.visit.words.moved(one) else ()
            yield from self._numbered(one.number)
            yield from self._say("when_topic", topic=one.topic) if one.topic else ()
        elif now.coming is not None:
            zone, language = self.visit.town.timezone, self.visit.language
            when = words.relative(now.coming, self.visit.now, zone, language, whole=True)
            yield from self._say("when_reopen", when=when)

    def _begins(self, state: State, one: Announced) -> Iterable[str]:
        """When it begins. A start that was put off is told in the place of the one that holds no more."""
        if not is_late(one, self.visit.now):
            return self._say("when_times", starts=self.visit.words.clock(one.opens))
        if state == "late":  # it is told already
            return ()
        expected = expected_at(one, self.visit.now)
        return self._say("when_late_at", starts=self.visit.words.clock(expected)) if expected else ()

    def _numbered(self, number: int) -> Iterable[str]:
        return self._say("when_number", number=short_ordinal(number, self.visit.language)) if number else ()

    # -- how -------------------------------------------------------------------------------------------

    def _how(self) -> Part:
        taken = self.line.answer | self.line.accept
        steps = (
            *self._say("how_save", phone=self.visit.words.phone(self.line)),
            *self._say("how_open", "how_write", "how_answer"),
        )
        more = self._say("how_register", *(f"how_{kind}" for kind in ("image", "location") if kind in taken))
        return Part(self._title("how"), more, steps, chat=chat_link(self.line.phone))

    def _cannot(self) -> Part:
        taken = self.line.answer | self.line.accept
        kinds = [key.replace("cannot.", "cannot_") for key, wanted in CANNOT.items() if not wanted & taken]
        private = ("cannot_private", "cannot_private_1", "cannot_private_2", "cannot_private_3")
        return Part(self._title("cannot"), self._say("cannot_calls", *kinds, *private))

    def _outside(self) -> Part:
        keys = {
            "decline": ("outside_nobody", "outside_not_kept", "outside_reply"),
            "silent": ("outside_nobody", "outside_not_kept"),
            "hold": ("outside_hold",),
            "offer": ("outside_nobody", "outside_offer"),
        }[self.line.outside]
        return Part(self._title("outside"), self._say(*keys))


def _placed(key: str, one: Announced) -> str:
    """The sentence that says that a date is not on WhatsApp but in the town hall."""
    return f"{key}_person" if one.kind == "in_person" else key
