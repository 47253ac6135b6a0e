"""Single sessions: added, moved, cancelled with a replacement, kept on a day that needed a decision (surfaces §5).

Whatever is refused is refused before anything is told; the caller's savepoint takes back the rest.
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlmodel import select

from sessionhours.core import words
from sessionhours.core.instants import instant, ms
from sessionhours.core.schedule import Occurrence
from sessionhours.desk import (
    aftermath,
    announcing,
    clashes,
    closing,
    informing,
    moves,
    planning_dates,
    sessions,
)
from sessionhours.desk.call import Call
from sessionhours.desk.planning_dates import Wish, wrong
from sessionhours.errors import Refused
from sessionhours.store.events import emit
from sessionhours.store.owned import owned
from sessionhours.store.tables import HourSession

#: Characters of a title or topic, and of a reason.
LONGEST_WORDS = 100
LONGEST_REASON = 500

KINDS = ("whatsapp", "in_person")


@dataclass(frozen=True, slots=True)
class Found:
    """A session that somebody named.

    ``undecided``: nobody was told of it yet, it waits for a decision. ``new``: it has a row only since it was named.
    """

    row: HourSession
    undecided: bool = False
    new: bool = False


def add(call: Call, line: str, wish: Wish, *, title: str = "", topic: str = "", kind: str) -> HourSession:
    """A session that the file does not have. Raises `Refused`: a bad field, ``overlap``."""
    aftermath.begin(call)
    row = _added(call, line, wish, title=title, topic=topic, kind=kind)
    aftermath.settle(call, row)
    return row


def move(call: Call, name: str, wish: Wish, *, confirm: bool, revision: int | None) -> HourSession:
    """Another day or time. Raises `Refused`: a bad field, ``overlap``, ``stale``, ``confirm``, or where it is too late."""
    aftermath.begin(call)
    found = find(call, name)
    row = found.row
    current(call, row, revision)
    _can(call, row, "announced")
    opens, closes = planning_dates.coming(call.schedule.town, wish, call.now)
    clashes.nothing_there(call.standing(), row.line, row.kind, opens, closes, but=row.occurrence)
    if (row.opens, row.closes) == (ms(opens), ms(closes)) and not found.undecided:
        return row
    if not found.undecided:
        aftermath.ask(call, row, confirm)
        sessions.moved(row, opens)
    before = instant(row.opens)
    sessions.begins(row, opens, closes, call.schedule.town.timezone)
    aftermath.theirs(call, row)
    if not found.undecided:
        informing.moved(call.session, call.schedule, row, before, call.now)
    aftermath.settle(call, row)
    return row


def cancel(
    call: Call, name: str, reason: str, *, confirm: bool, revision: int | None, replacement: Wish | None
) -> HourSession:
    """It does not take place; who waits in it is carried over and hears why, once.

    Raises `Refused`: no reason, ``stale``, ``confirm``, where it is too late, or what is wrong with the replacement.
    """
    aftermath.begin(call)
    found = find(call, name)
    row = found.row
    current(call, row, revision)
    _can(call, row, "announced", "lobby", "open", "intake_closed")
    row.reason = _reason(reason)
    if not found.undecided:
        aftermath.ask(call, row, confirm)
    row.late_until = None
    aftermath.theirs(call, row)
    moves.to_state(call.session, row, "cancelled", call.now)
    rows = [row]
    if replacement is not None:
        rows.append(_added(call, row.line, replacement, title=row.title, topic=row.topic, kind=row.kind))
        row.replaced_by = rows[1].id
    closing.call_off(call.session, row, call.standing(), author=call.author, reason=row.reason, now=call.now)
    aftermath.settle(call, *rows)
    return row


def confirm(call: Call, line: str, date: str) -> HourSession:
    """What recurs on a holiday or on a clock change takes place (AC-6). Raises `Refused` where nothing waits for that."""
    aftermath.begin(call)
    call.line(line)
    day = planning_dates.coming_day("date", date, call.schedule.town, call.now)
    there = call.standing().between(day, day, line=line, kinds=KINDS)
    waiting = [found for found in there if found.needs_decision]
    if not waiting:
        raise wrong("date", "An diesem Tag wartet nichts auf eine Entscheidung.", "nothing_waits", status=409)
    rows = [_confirmed(call, found) for found in waiting]
    aftermath.settle(call, *rows)
    return rows[0]


def find(call: Call, name: str) -> Found:
    """The town's session of that id or key; one of the plan that has no row yet gets it. Raises `Refused` (404)."""
    row = owned(call.session, HourSession, call.author.town, name, lock=True) or _by_key(call, name)
    occurrence = _occurrence(call, name if row is None else str(row.occurrence))
    new = row is None
    if row is None and occurrence is not None:
        row = announcing.add_row(call.session, call.schedule, occurrence, call.now)
    if row is None or row.town != call.author.town:
        raise Refused("not_found", "Diesen Termin gibt es nicht (mehr).", status=404)
    undecided = occurrence is not None and occurrence.needs_decision is not None and not row.changed
    if occurrence is not None and undecided and row.state == "cancelled":
        row.state, row.opens, row.closes = "announced", ms(occurrence.opens), ms(occurrence.closes)
    return Found(row, undecided, new)


# -- small parts ---------------------------------------------------------------------------------------


def _added(call: Call, line: str, wish: Wish, *, title: str, topic: str, kind: str) -> HourSession:
    of, town = call.line(line), call.schedule.town
    kind = kind_of(kind)
    title, topic = words_of("title", title) or of.title, words_of("topic", topic)
    opens, closes = planning_dates.coming(town, wish, call.now)
    clashes.nothing_there(call.standing(), line, kind, opens, closes)
    row = sessions.new(call.session, town.id, of, title, opens, closes, call.now)
    row.topic, row.kind, row.changed = topic, kind, True
    row.number = row.number if kind == "whatsapp" else 0
    row.occurrence = _free_key(call, f"{line}/{opens.astimezone(town.timezone):%Y-%m-%dT%H:%M}")
    row.uid = f"{row.occurrence}{row.id}"  # a key may be free again one day, a calendar's name never is
    call.session.add(row)
    call.session.flush()
    emit(call.session, town.id, "session.created", sessions.shape(call.session, row), now=call.now)
    return row


def _free_key(call: Call, key: str) -> str:
    """A key that no window of the file has, now or later: those end with the minute."""
    key += "+"
    while _by_key(call, key) is not None:
        key += "+"
    return key


def _confirmed(call: Call, found: Occurrence) -> HourSession:
    if found.opens >= found.closes:
        raise wrong("date", f"{found.note}: bitte verlegen oder absagen.", "not_possible", status=409)
    if found.opens <= call.now:
        raise wrong("date", "Der Anfang ist schon vorbei.")
    decided = call.standing().between(found.date, found.date, line=found.line, kinds=(found.kind,))
    for other in decided:
        if not other.needs_decision and other.opens < found.closes and found.opens < other.closes:
            raise clashes.overlap(call.standing(), other)
    row = find(call, found.key).row
    aftermath.theirs(call, row)
    call.session.flush()
    return row


def _by_key(call: Call, key: str) -> HourSession | None:
    line = key.partition("/")[0]
    wanted = (
        HourSession.town == call.author.town,
        HourSession.line == line,
        HourSession.occurrence == key,
    )
    return call.session.exec(select(HourSession).where(*wanted).with_for_update()).first()


def _occurrence(call: Call, key: str) -> Occurrence | None:
    """The window of the plan of that key that somebody holds."""
    line = key.partition("/")[0]
    if call.author.town != call.schedule.town.id or all(one.id != line for one in call.schedule.lines):
        return None
    found = call.standing().occurrence(line, key)
    if found is not None and found.kind == "hours":
        raise Refused(
            "not_possible", "Öffnungszeiten ändert eine Ausnahme für diesen Tag, kein Termin.", status=409
        )
    return found


def current(call: Call, row: HourSession, revision: int | None) -> None:
    """Raises `Refused` (``stale``, with the session as it is) where ``revision`` is no longer its version."""
    if revision is not None and revision != row.revision:
        shown = sessions.shape(call.session, row)
        raise Refused("stale", "Diese Sprechstunde wurde inzwischen geändert.", status=409, session=shown)


def _can(call: Call, row: HourSession, *states: str) -> None:
    """Raises `Refused`, with what to do instead, where it is not in one of these states."""
    over = row.state == "announced" and row.opens <= ms(call.now)
    if row.state in states and not over:
        return
    if over or row.state == "closed":
        zone, language = call.schedule.town.timezone, call.schedule.town.language
        began = words.when(instant(row.opens).astimezone(zone), language)
        raise Refused(
            "session_closed",
            f"Diese Sprechstunde hat am {began} stattgefunden oder begonnen; bitte einen neuen Termin anlegen.",
            status=409,
        )
    raise Refused(*_INSTEAD[row.state], status=409)


_INSTEAD = {
    "lobby": (
        "session_running",
        "Der Vorraum ist schon offen: Sagen Sie eine Verspätung an, oder sagen Sie ab und nennen einen Ersatztermin.",
    ),
    "open": (
        "session_running",
        "Diese Sprechstunde läuft gerade: Sie können sie verlängern, beenden oder absagen.",
    ),
    "intake_closed": (
        "session_running",
        "Diese Sprechstunde läuft gerade: Sie können sie verlängern, beenden oder absagen.",
    ),
    "draining": (
        "session_running",
        "Die Zeit dieser Sprechstunde ist um: Bitte sorgen Sie für alle, die noch warten, und beenden Sie sie.",
    ),
    "cancelled": (
        "session_cancelled",
        "Diese Sprechstunde ist schon abgesagt: Nehmen Sie das zurück, oder legen Sie einen neuen Termin an.",
    ),
}


def _reason(text: str) -> str:
    text = text.strip()
    if not text:
        raise wrong("reason", "Bitte einen Grund angeben; ihn lesen die, die kommen wollten.")
    if len(text) > LONGEST_REASON:
        raise wrong("reason", f"höchstens {LONGEST_REASON} Zeichen.")
    return text


def kind_of(text: str) -> str:
    """One of the kinds that somebody holds. Raises `Refused`."""
    if text not in KINDS:
        raise wrong("kind", f"einer von {', '.join(KINDS)}")
    return text


def words_of(field: str, text: str) -> str:
    """A title or a topic: one line, not too long. Raises `Refused`."""
    text = " ".join(text.split())
    if len(text) > LONGEST_WORDS:
        raise wrong(field, f"höchstens {LONGEST_WORDS} Zeichen.")
    return text
