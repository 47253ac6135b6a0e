"""Who decides between the file and what staff changed: back to what the file says, or knowingly not (surfaces §5)."""

from __future__ import annotations

from sessionhours.core import words
from sessionhours.core.instants import instant, ms
from sessionhours.core.schedule import Occurrence
from sessionhours.core.session import LIVING
from sessionhours.desk import aftermath, clashes, closing, conflicts, informing, moves, sessions
from sessionhours.desk.call import Call
from sessionhours.desk.conflicts import file_view, said
from sessionhours.desk.plan import Planner
from sessionhours.desk.planning import current, find
from sessionhours.errors import Refused
from sessionhours.store.owned import owned
from sessionhours.store.tables import HourSession, PlanEntry


def restore(call: Call, name: str, *, confirm: bool, revision: int | None) -> HourSession:
    """Drop what staff changed: an added session is gone, a moved or cancelled one is as the file says again.

    Raises `Refused`: ``stale``, ``confirm``, ``overlap``, and where there is nothing to take back or it is too late.
    """
    aftermath.begin(call)
    row = find(call, name).row
    current(call, row, revision)
    view = _restorable(call, row)
    _replaced(call, row, confirm)
    if row.state != "cancelled" or (view is not None and not view.needs_decision):
        aftermath.ask(call, row, confirm)
    if view is None or view.needs_decision:
        _gone(call, row, view)
    else:
        _as_the_file_says(call, row, view)
    aftermath.settle(call, row)
    return row


def keep(call: Call, name: str) -> HourSession | None:
    """What staff planned stays, though the file says otherwise now; the same contradiction is not shown again.

    Returns the session; None where ``name`` is a series. Raises `Refused` where nothing contradicts.
    """
    aftermath.begin(call)
    series = owned(call.session, PlanEntry, call.author.town, name)
    row = None if series is not None else find(call, name).row
    mine = row.id if row is not None else name
    found = conflicts.conflicts(call.session, Planner(), call.schedule, call.now)
    found = [one for one in found if one.keep and mine in (one.session, one.entry)]
    if not found:
        raise Refused("no_conflict", "Hier widerspricht die Datei der Planung nicht (mehr).", status=409)
    for one in found:
        if row is not None and one.code in ("moved", "removed"):
            row.file_opens, row.file_closes = said(one.view)
        else:
            _known(call, one)
    aftermath.settle(call, *([row] if row is not None else []))
    return row


# -- small parts ---------------------------------------------------------------------------------------


def _restorable(call: Call, row: HourSession) -> Occurrence | None:
    """What the file has in its place, if there is a way back to it."""
    if row.state not in ("announced", "cancelled"):
        raise Refused(
            "session_running",
            "Eine Sprechstunde, die läuft oder vorbei ist, bleibt, wie sie ist.",
            status=409,
        )
    view = file_view(call.planned(), row, frozenset(call.plan().sessions))
    if not row.changed or (row.state == "cancelled" and view is None):
        raise Refused(
            "unchanged", "Hier gibt es nichts zurückzunehmen: Das steht so in der Datei.", status=409
        )
    ended = row.opens if row.state == "announced" or view is None else ms(view.opens)
    if ended <= ms(call.now) or (view is not None and view.opens <= call.now):
        raise Refused("too_late", "Was in der Datei steht, ist schon vorbei.", status=409)
    return view


def _replaced(call: Call, row: HourSession, confirm: bool) -> None:
    """Raises `Refused` (``confirm``) where another date was named in its place: that one stays, so both would be held."""
    other = call.session.get(HourSession, row.replaced_by) if row.replaced_by else None
    if confirm or other is None or other.state not in LIVING or other.closes <= ms(call.now):
        return
    when = words.when(
        instant(other.opens).astimezone(call.schedule.town.timezone), call.schedule.town.language
    )
    raise Refused(
        "confirm",
        f"Der Ersatztermin am {when} bleibt stehen; wenn er entfällt, bitte ihn zuerst absagen. "
        "Bitte die Änderung noch einmal bestätigen.",
        status=409,
        session=sessions.shape(call.session, row),
    )


def _gone(call: Call, row: HourSession, view: Occurrence | None) -> None:
    """The file has nothing there, or nothing that is decided: people who knew of it hear that it does not take place."""
    row.changed, row.reason, row.replaced_by, row.late_until = False, "", None, None
    row.file_opens, row.file_closes = said(view)
    sessions.touch(row, moves.line_of(call.schedule, row), call.now)
    if row.state != "cancelled":
        moves.to_state(call.session, row, "cancelled", call.now)
        closing.call_off(call.session, row, call.standing(), author=call.author, now=call.now)


def _as_the_file_says(call: Call, row: HourSession, view: Occurrence) -> None:
    row.changed = False
    call.session.flush()
    clashes.nothing_there(call.standing(), row.line, row.kind, view.opens, view.closes, but=view.key)
    sessions.moved(row, view.opens)
    before = None if row.state == "cancelled" else instant(row.opens)
    row.occurrence, row.title, row.topic = view.key, view.title, view.topic
    sessions.begins(row, view.opens, view.closes, call.schedule.town.timezone)
    row.file_opens, row.file_closes = said(view)
    row.state, row.reason, row.replaced_by, row.late_until = "announced", "", None, None
    row.opened_at = None  # one that was opened early and cancelled begins anew
    sessions.touch(row, moves.line_of(call.schedule, row), call.now)
    if before is not None:
        informing.moved(call.session, call.schedule, row, before, call.now)


def _known(call: Call, conflict: conflicts.Conflict) -> None:
    call.session.add(
        PlanEntry(
            town=call.author.town,
            line=conflict.line,
            kind="kept",
            key=conflict.id,
            data="{}",
            agent=call.author.id,
            at=ms(call.now),
        )
    )
