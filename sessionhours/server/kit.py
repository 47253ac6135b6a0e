"""The announcement kit: one date as the Amtsblatt, the press, the website, social media and a signature bring it.

Every text is made of the date's own fields (KA-13, GO-2) and keeps within the length that is usual there: what matters
least is left out first, and neither date nor number is ever cut.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

from sessionhours.core.schedule import Language, Line, Schedule
from sessionhours.core.session import Announced
from sessionhours.server.ordinals import ordinal
from sessionhours.server.public_view import not_possible
from sessionhours.server.qr import chat_link
from sessionhours.server.wording import Wording, one_line

Channel = Literal["amtsblatt", "presse", "website", "social", "mail"]

#: Characters that are usual in each channel.
LIMITS: dict[Channel, int] = {"amtsblatt": 900, "presse": 1800, "website": 1200, "social": 280, "mail": 200}

#: Characters of a title, in the narrow channels and elsewhere, and of a reason; what is longer is cut there.
SHORT_TITLE = 50
LONG_TITLE = 100
LONG_REASON = 200

#: A part of a text, and how much it matters: 0 has to be in it, the highest goes first.
Part = tuple[int, str]


@dataclass(frozen=True, slots=True)
class Piece:
    """One text, ready to be copied."""

    channel: Channel
    text: str
    limit: int

    @property
    def length(self) -> int:
        """Its characters."""
        return len(self.text)


def kit(
    schedule: Schedule, one: Announced, address: str, language: Language, instead: Announced | None = None
) -> list[Piece]:
    """Every text about one date. ``address`` is that of the town's page in this language, with the slash at its end;
    ``instead`` the date that replaces a cancelled one. Raises LookupError where the plan has no such line."""
    kit = _Kit(Wording(schedule.town, language), schedule.line(one.line), one, address, instead)
    parts = {
        "amtsblatt": kit.amtsblatt(),
        "presse": kit.presse(),
        "website": kit.website(),
        "social": kit.social(),
        "mail": kit.mail(),
    }
    return [
        Piece(channel, _fitted(parts[channel], limit, "\n\n" if channel == "presse" else "\n"), limit)
        for channel, limit in LIMITS.items()
    ]


@dataclass(frozen=True, slots=True)
class _Kit:
    """One date on its way into words."""

    words: Wording
    line: Line
    one: Announced
    address: str
    instead: Announced | None

    def amtsblatt(self) -> list[Part]:
        """Facts, a line each."""
        return [
            (0, self._title),
            *self._when(),
            (1, self._numbered),
            (0, self._answers),
            (1, self._topic),
            *self._reach(),
            *self._rules(),
            (1, self._other_ways),
            (2, self._all),
            (3, self._privacy),
        ]

    def website(self) -> list[Part]:
        """Facts with the ways to the chat, to all dates and to privacy."""
        return [*self.amtsblatt()[:-2], (1, self._chat), (1, self._all), (1, self._privacy)]

    def presse(self) -> list[Part]:
        """Sentences that a paper can print as they are."""
        if self._off:
            when = self.words.placed(self.words.span(self.one), self.one)
            how = [
                (0, self._say("press_cancelled", **{**self._known, "when": when})),
                *((0, said) for said in self._why()),
            ]
        elif self._in_person:
            how = [(0, self._say("press_person", **self._known)), (1, self._say("place"))]
        else:
            how = [(0, self._say("press_invites", **self._known)), (0, self._say("press_how", **self._known))]
        headline = f"{self._title}: {self._cancelled_or_when}"
        facts = " ".join(filter(None, (self._numbered, self._answers, self._topic)))
        return [
            (0, headline),
            *how,
            (0, facts),
            (0, self._moved),
            *self._rules()[1:],
            (1, self._other_ways),
            (2, self._all),
            (3, self._privacy),
        ]

    def social(self) -> list[Part]:
        """What fits into one look."""
        write = "" if self._off or self._in_person else self._say("social_write", **self._known)
        return [
            (0, f"{self._short_title}: {self._short_when}"),
            (0, write),
            (1, self._topic if not self._off else ""),
            *((1, said) for said in self._why()),
            (3, "" if self._off else self._answers),
            (2, self._all),
        ]

    def mail(self) -> list[Part]:
        """What goes under every mail."""
        number = "" if self._off or self._in_person else f"WhatsApp {self.words.phone(self.line)}"
        return [(0, f"{self._short_title}: {self._short_when}"), (0, number), (1, f"{self.address}termine")]

    # -- parts -----------------------------------------------------------------------------------------

    @property
    def _off(self) -> bool:
        return self.one.state == "cancelled"

    @property
    def _in_person(self) -> bool:
        return self.one.kind == "in_person"

    @property
    def _known(self) -> dict[str, str]:
        return {
            "town": _cut(self.words.town.name, LONG_TITLE),
            "title": self._title,
            "when": self.words.span(self.one),
            "phone": self.words.phone(self.line),
            "chat": chat_link(self.line.phone),
        }

    @property
    def _title(self) -> str:
        return _cut(self.one.title, LONG_TITLE)

    @property
    def _short_title(self) -> str:
        return _cut(self.one.title, SHORT_TITLE)

    @property
    def _cancelled_or_when(self) -> str:
        return self.words.off(self.one) or self.words.span(self.one)

    @property
    def _short_when(self) -> str:
        """With the place: nothing else in a narrow text says that an hour is not on WhatsApp."""
        when = self.words.placed(self.words.short(self.one), self.one)
        return self.words.text("cancelled", when=when) if self._off else when

    def _when(self) -> list[Part]:
        return [(0, self._cancelled_or_when), *((0, said) for said in self._why()), (0, self._moved)]

    def _why(self) -> tuple[str, ...]:
        return self.words.why(replace(self.one, reason=_cut(self.one.reason, LONG_REASON)), self.instead)

    @property
    def _moved(self) -> str:
        return self.words.moved(self.one)

    @property
    def _numbered(self) -> str:
        number = self.one.number
        return (
            self._say("numbered", number=ordinal(number, self.words.language))
            if number and not self._off
            else ""
        )

    @property
    def _answers(self) -> str:
        return (
            ""
            if self._off
            else self._say("answers", host=_cut(self.one.deputy or self.line.host, LONG_TITLE))
        )

    @property
    def _topic(self) -> str:
        return (
            self._say("topic", topic=_cut(self.one.topic, LONG_REASON))
            if self.one.topic and not self._off
            else ""
        )

    def _reach(self) -> list[Part]:
        if self._off:
            return []
        return [(0, self._say("place") if self._in_person else self._say("phone", **self._known))]

    def _rules(self) -> list[Part]:
        """How it works, what is welcome and what does not work."""
        if self._off or self._in_person:
            return []
        taken = self.line.answer | self.line.accept
        accepted = ", ".join(self._say(kind) for kind in ("image", "location") if kind in taken)
        cannot = "; ".join(not_possible(self.words, self.line))
        return [
            (1, self._say("how", **self._known)),
            (2, self._say("accepted", accepted=accepted) if accepted else ""),
            (1, self._say("cannot", cannot=cannot)),
        ]

    @property
    def _other_ways(self) -> str:
        alternatives = self.words.town.alternatives
        key = "ways" if self._off or self._in_person else "other_ways"
        return self._say(key, alternatives=one_line(alternatives)) if alternatives else ""

    @property
    def _chat(self) -> str:
        return "" if self._off or self._in_person else self._say("chat", **self._known)

    @property
    def _all(self) -> str:
        return self._say("all", address=f"{self.address}termine")

    @property
    def _privacy(self) -> str:
        address = self.words.town.privacy_url
        return self._say("privacy", address=address) if address and not self._off else ""

    def _say(self, key: str, **values: str) -> str:
        return self.words.text(f"kit.{key}", **values)


def _fitted(parts: Sequence[Part], limit: int, between: str) -> str:
    """The parts, without those that matter least until they fit; what then is too long is cut at its end."""
    kept = [(rank, said) for rank, part in parts if (said := one_line(part))]
    while len(between.join(said for _, said in kept)) > limit and any(rank for rank, _ in kept):
        least = max(rank for rank, _ in kept)
        del kept[max(place for place, (rank, _) in enumerate(kept) if rank == least)]
    text = between.join(said for _, said in kept)
    return text if len(text) <= limit else f"{text[: limit - 1].rstrip()}…"


def _cut(text: str, longest: int) -> str:
    """A field on one line, not longer than that."""
    text = one_line(text)
    return text if len(text) <= longest else f"{text[: longest - 1].rstrip()}…"
