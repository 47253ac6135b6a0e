"""What is said of one date, in the reader's language: when, the how-manieth, moved, late, cancelled, who answers.

Every sentence about a date that anybody outside reads is made here, so that no two outputs say it differently (N1).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime

from sessionhours.core import words
from sessionhours.core.schedule import Kind, Language, Line, Occurrence, Town
from sessionhours.core.session import Announced
from sessionhours.server.language import texts
from sessionhours.server.ordinals import ordinal
from sessionhours.server.qr import international, national

#: States in which a session that begins late has not begun yet.
NOT_BEGUN = frozenset({"announced", "lobby", "open"})

_PLACEHOLDER = re.compile(r"\{(\w+)\}(\.?)")
_ENDS = (".", "!", "?", "…")
_SURPLUS = re.compile(r"[^\n\x20-\x7e\xa0-\u2027\u202a-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]+")


@dataclass(frozen=True, slots=True)
class Wording:
    """The words of one town in one language."""

    town: Town
    language: Language

    def text(self, key: str, **values: str) -> str:
        """A text of the catalogue in the town's form of address. What a value says is not looked at again.

        A value that ends like a sentence ends the one that it stands at the end of.
        """

        def filled(hole: re.Match[str]) -> str:
            value = values.get(hole[1], f"{{{hole[1]}}}")
            return value if value.endswith(_ENDS) else f"{value}{hole[2]}"

        return _PLACEHOLDER.sub(filled, texts(self.language, self.town.address)[key])

    # -- when ------------------------------------------------------------------------------------------

    def span(self, one: Announced) -> str:
        """ "Donnerstag, 3. Dezember 2026, 15–16 Uhr"."""
        return words.span(self._window(one), self.town.timezone, self.language)

    def short(self, one: Announced) -> str:
        """ "Do., 3. Dezember, 15–16 Uhr"."""
        return words.short(self._window(one), self.town.timezone, self.language)

    def day(self, one: Announced) -> str:
        """ "Donnerstag, 3. Dezember 2026"."""
        return words.day(self.local(one.opens).date(), self.language)

    def start(self, at: datetime) -> str:
        """ "Donnerstag, 3. Dezember 2026, 15 Uhr"."""
        return f"{words.day(self.local(at).date(), self.language)}, {self.clock(at)}"

    def clock(self, at: datetime) -> str:
        """ "15 Uhr", "15:10 Uhr"."""
        return words.moment(self.local(at), self.language)

    def ends(self, one: Announced) -> str:
        """ "16 Uhr"."""
        return words.ends(self._window(one), self.town.timezone, self.language)

    def until(self, at: datetime) -> str:
        """The same for an end: a day ends at "24 Uhr"."""
        local = self.local(at)
        midnight = self.language == "de" and local.hour == local.minute == 0
        return "24 Uhr" if midnight else words.moment(local, self.language)

    def placed(self, when: str, one: Announced) -> str:
        """``when`` with the place where people have to come: the line's title speaks of WhatsApp."""
        return f"{when}, {self.text('calendar.place')}" if one.kind == "in_person" else when

    def local(self, at: datetime) -> datetime:
        """An instant on the town's clock."""
        return at.astimezone(self.town.timezone)

    # -- what became of it -----------------------------------------------------------------------------

    def number(self, one: Announced) -> str:
        """ "Die zweite Sprechstunde"; empty where it has no number."""
        return self.text("number", number=ordinal(one.number, self.language)) if one.number else ""

    def moved(self, one: Announced) -> str:
        """The one sentence that may name the time that was announced before."""
        if one.moved_from is None or one.moved_from == one.opens or one.state == "cancelled":
            return ""
        return self.text("moved", before=self.start(one.moved_from))

    def late(self, one: Announced, now: datetime) -> str:
        """That it begins late, until it has, and when it is expected, if that is known."""
        expected = expected_at(one, now)
        if expected is not None:
            return self.text("late", starts=self.clock(expected))
        return self.text("late.unknown") if is_late(one, now) else ""

    def deputy(self, one: Announced) -> str:
        """Who answers instead."""
        return self.text("deputy", deputy=one.deputy) if one.deputy else ""

    def off(self, one: Announced) -> str:
        """That it does not take place."""
        said = self.placed(self.span(one), one)
        return self.text("cancelled", when=said) if one.state == "cancelled" else ""

    def cancelled(self, one: Announced, instead: Announced | None) -> tuple[str, ...]:
        """That it does not take place, why, and when instead."""
        return tuple(filter(None, (self.off(one), *self.why(one, instead))))

    def why(self, one: Announced, instead: Announced | None) -> tuple[str, ...]:
        """Why a cancelled one does not take place, and when instead."""
        if one.state != "cancelled":
            return ()
        reason = self.text("cancelled.reason", reason=one.reason) if one.reason else ""
        then = self.placed(self.span(instead), instead) if instead else ""
        replaced = self.text("cancelled.instead", when=then) if then else ""
        return tuple(filter(None, (reason, replaced)))

    def news(self, one: Announced, now: datetime, *, late: bool = True) -> tuple[str, ...]:
        """What has changed about one that does take place; ``late`` may be said elsewhere already."""
        if one.state == "cancelled":
            return ()
        later = self.late(one, now) if late else ""
        return tuple(filter(None, (self.moved(one), later, self.deputy(one))))

    # -- the line --------------------------------------------------------------------------------------

    def phone(self, line: Line) -> str:
        """The number as a reader of this language dials it."""
        return national(line.phone) if self.language == "de" else international(line.phone)

    def place(self, one: Announced, line: Line | None) -> str:
        """Where it takes place."""
        if one.kind == "in_person":
            return self.text("calendar.place")
        return f"WhatsApp {self.phone(line)}" if line else "WhatsApp"

    def _window(self, one: Announced) -> Occurrence:
        opens, closes = self.local(one.opens), self.local(one.closes)
        kind: Kind = "in_person" if one.kind == "in_person" else "whatsapp"
        return Occurrence(
            one.line, one.key, kind, one.title, one.topic, one.opens, one.closes,
            opens.date(), opens.time(), closes.time(),
        )  # fmt: skip


def expected_at(one: Announced, now: datetime) -> datetime | None:
    """The later start that somebody named, until it is past: then it is on."""
    late = one.late_until
    return late if late is not None and one.state in NOT_BEGUN and max(one.opens, now) < late else None


def is_late(one: Announced, now: datetime) -> bool:
    """Is it known to begin late? While nobody is there no other start is known (AC-33)."""
    nobody = one.unattended and one.opens <= now
    return expected_at(one, now) is not None or (nobody and one.state in NOT_BEGUN)


def plain(text: str) -> str:
    """``text`` without what no calendar, feed or page should carry: control characters, other breaks of lines, halves of
    characters (attack C28)."""
    return _SURPLUS.sub(" ", text.replace("\r\n", "\n").replace("\r", "\n"))


def one_line(text: str) -> str:
    """The same on one line."""
    return " ".join(plain(text).split())
