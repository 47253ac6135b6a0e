"""Who a citizen is to us: found by BSUID, else by number; a changed number keeps the person, a recycled one does not."""

from __future__ import annotations

from datetime import datetime

from sqlmodel import Session, col, select, update

from sessionhours.core.instants import ms, second
from sessionhours.core.keys import Keys
from sessionhours.core.message import IdentityChange, Person
from sessionhours.core.schedule import Line, Schedule
from sessionhours.desk import sessions, shapes
from sessionhours.desk.ledger import Ledger, Row
from sessionhours.store.events import take_seq
from sessionhours.store.tables import Arrival, Contact, Conversation, Event, Message, Note, Outbox


def known(ledger: Ledger, person: Person) -> Row | None:
    """The contact of this person, or None. A number that now belongs to another BSUID is somebody else's (contract §2.13)."""
    if person.user_id and person.user_id in ledger.contacts:
        return ledger.contacts[person.user_id]
    contact = ledger.contacts.get(person.phone) if person.phone else None
    if contact and person.user_id and contact["user_id"]:
        return None
    return contact


def meet(ledger: Ledger, person: Person, at: int) -> Row:
    """The contact of this person, made where there is none and brought up to date where there is."""
    contact = known(ledger, person)
    _take_number_from_its_last_owner(ledger, person, contact)
    if contact is None:
        contact = ledger.add(Contact, town=ledger.town, created_at=at, **_ids(person))
    else:
        _bring_up_to_date(ledger, contact, person)
    ledger.know_contact(contact)
    return contact


def are_two(ledger: Ledger, person: Person) -> bool:
    """Do we know this one person as two: by BSUID alone and by number alone?"""
    by_user_id = ledger.contacts.get(person.user_id) if person.user_id else None
    by_phone = ledger.contacts.get(person.phone) if person.phone else None
    return bool(by_user_id and by_phone and by_user_id is not by_phone and not by_phone["user_id"])


def unite(session: Session, schedule: Schedule, person: Person, *, now: datetime) -> None:
    """The person we knew by BSUID and the one we knew by number are one: the one known longer goes on."""
    town = schedule.town.id
    found = [
        _by(session, town, Contact.user_id, person.user_id),
        _by(session, town, Contact.phone, person.phone),
    ]
    old, new = sorted((contact for contact in found if contact is not None), key=lambda one: one.id)
    _merge(session, old, new, now)
    _become(session, old, person)
    _tell_all(session, old, now)


def change(
    session: Session, keys: Keys, schedule: Schedule, line: Line, hint: IdentityChange, *, now: datetime
) -> None:
    """Somebody has a new number or BSUID: the same person goes on, and the conversation says so (contract §2.13).

    Two signals tell of it, in any order, and one of them may be missing: the second finds everything done.
    """
    town = schedule.town.id
    if hint.wamid is not None and not _first_time(session, keys, town, line, hint, now):
        return
    old, new = _find(session, town, hint.old), _find(session, town, hint.new)
    if old is None or (old is new and _is(old, hint.new)):
        return
    moved = old is not new
    if new is not None and moved:
        _merge(session, old, new, now)
    _become(session, old, hint.new)
    for conversation in _tell_all(session, old, now) if moved else ():
        _say_so(session, conversation, old, now)


def _ids(person: Person) -> dict[str, str | None]:
    return {
        "user_id": person.user_id,
        "phone": person.phone,
        "name": person.name,
        "username": person.username,
    }


# -- in a batch ----------------------------------------------------------------------------------------


def _bring_up_to_date(ledger: Ledger, contact: Row, person: Person) -> None:
    if person == (contact["user_id"], contact["phone"], contact["name"], contact["username"]):
        return
    news = {name: value for name, value in _ids(person).items() if value and value != contact[name]}
    if news:
        _change(ledger, contact, **news)


def _take_number_from_its_last_owner(ledger: Ledger, person: Person, contact: Row | None) -> None:
    owner = ledger.contacts.get(person.phone) if person.phone else None
    if owner is not None and owner is not contact:
        _change(ledger, owner, phone=None)


def _change(ledger: Ledger, contact: Row, **values: str | None) -> None:
    """Change a contact and tell it wherever it is shown."""
    ledger.change(Contact, contact, **values)
    for conversation in ledger.conversations_of(contact["id"]):
        ledger.tell_conversation(conversation)


# -- between batches -----------------------------------------------------------------------------------


def _first_time(
    session: Session, keys: Keys, town: str, line: Line, hint: IdentityChange, now: datetime
) -> bool:
    assert hint.wamid is not None
    key = keys.wamid(hint.wamid)
    if session.get(Arrival, key) is not None:
        return False
    at = ms(now)
    person = keys.person(town, hint.old)
    session.add(
        Arrival(
            key=key,
            town=town,
            line=line.id,
            contact_key=person,
            sent_at=at,
            received_at=at,
            decision="identity",
        )
    )
    return True


def _find(session: Session, town: str, person: Person) -> Contact | None:
    return _by(session, town, Contact.user_id, person.user_id) or _by(
        session, town, Contact.phone, person.phone
    )


def _by(session: Session, town: str, column: str | None, value: str | None) -> Contact | None:
    """The contact with this BSUID or number; where two have had the number, the one that had it last."""
    if not value:
        return None
    statement = select(Contact).where(Contact.town == town, column == value).order_by(col(Contact.id).desc())
    return session.exec(statement.limit(1).with_for_update()).first()


def _is(contact: Contact, person: Person) -> bool:
    """Is everything that is said of the person known already?"""
    return all(not value or getattr(contact, name) == value for name, value in _ids(person).items())


def _become(session: Session, contact: Contact, person: Person) -> None:
    if person.phone:
        theirs = (
            col(Contact.town) == contact.town,
            col(Contact.phone) == person.phone,
            col(Contact.id) != contact.id,
        )
        session.execute(update(Contact).where(*theirs).values(phone=None))
    for name, value in _ids(person).items():
        if value:
            setattr(contact, name, value)
    session.add(contact)
    session.flush()


def _merge(session: Session, old: Contact, new: Contact, now: datetime) -> None:
    """What the new identity wrote before we were told goes over to the person it belongs to."""
    mine = {conversation.line: conversation for conversation in _conversations(session, old)}
    for theirs in _conversations(session, new):
        if theirs.line in mine:
            _join(session, theirs, mine[theirs.line], now)
        else:
            theirs.contact = old.id
            session.add(theirs)
    session.flush()
    theirs_too = {
        name: value for name, value in dict(new).items() if name in ("user_id", "phone", "username")
    }
    session.delete(new)
    session.flush()
    for name, value in theirs_too.items():
        setattr(old, name, getattr(old, name) or value)
    session.add(old)
    session.flush()


def _join(session: Session, theirs: Conversation, ours: Conversation, now: datetime) -> None:
    """One conversation out of two: the place in the queue is the better of both."""
    waits = [row.waiting_since for row in (theirs, ours) if row.waiting_since is not None]
    ours.waiting_since = min(waits, default=None)
    ours.lane = theirs.lane if theirs.lane in ("waiting", "held") else ours.lane
    ours.unread += theirs.unread
    ours.last_message = max(theirs.last_message, ours.last_message, key=_said_at)
    ours.window_closes_at = max(theirs.window_closes_at or 0, ours.window_closes_at or 0) or None
    ours.session, ours.shown = theirs.session or ours.session, ours.shown or theirs.shown
    ours.kept, ours.created_at = ours.kept or theirs.kept, min(ours.created_at, theirs.created_at)
    session.add(ours)
    _move(session, theirs, ours, now)
    session.delete(theirs)
    sessions.tell_in(session, theirs, "conversation.removed", {"id": theirs.id}, now)
    session.flush()


def _move(session: Session, theirs: Conversation, ours: Conversation, now: datetime) -> None:
    for message in session.exec(select(Message).where(Message.conversation == theirs.id)).all():
        message.conversation = ours.id
        sessions.tell_message(session, message, now)
    session.execute(update(Note).where(col(Note.conversation) == theirs.id).values(conversation=ours.id))
    session.execute(update(Outbox).where(col(Outbox.lane) == theirs.id).values(lane=ours.id))
    # so that whoever has all erased is erased from what was told of them before, too
    told = update(Event).where(col(Event.at) >= theirs.created_at, col(Event.conversation) == theirs.id)
    session.execute(told.values(conversation=ours.id))


def _said_at(last: str | None) -> str:
    return str(shapes.load(last)["sent_at"]) if last else ""


def _conversations(session: Session, contact: Contact) -> list[Conversation]:
    statement = select(Conversation).where(Conversation.contact == contact.id).order_by(col(Conversation.id))
    return list(session.exec(statement.with_for_update()))


def _tell_all(session: Session, contact: Contact, now: datetime) -> list[Conversation]:
    """Tell how the person is known now, wherever they are shown."""
    conversations = _conversations(session, contact)
    for conversation in conversations:
        if conversation.shown:
            sessions.tell_conversation(session, conversation, now)
    return conversations


def _say_so(session: Session, conversation: Conversation, contact: Contact, now: datetime) -> None:
    at = ms(now)
    row = Message(
        town=contact.town,
        conversation=conversation.id,
        seq=take_seq(session, contact.town),
        order_at=second(at),
        direction="inbound",
        author_kind="contact",
        author_id=contact.id,
        author_name=contact.name,
        kind="system",
        detail=shapes.dump({"changed": "identity"}),
        sent_at=at,
        received_at=at,
        session=conversation.session,
    )
    session.add(row)
    sessions.tell_in(session, conversation, "message.created", shapes.message(dict(row)), now, row.seq)
