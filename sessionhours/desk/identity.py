"""Who a citizen is to us: found by BSUID, else by number; a changed number keeps the person, a recycled one does not."""

from __future__ import annotations

from datetime import datetime

from sqlmodel import Session, select

from sessionhours.core.instants import ms
from sessionhours.core.keys import Keys
from sessionhours.core.message import IdentityChange, Person
from sessionhours.core.schedule import Line, Schedule
from sessionhours.desk import sessions, shapes
from sessionhours.desk.ledger import Ledger, Row
from sessionhours.store.events import emit, take_seq
from sessionhours.store.tables import Arrival, Contact, Conversation, Message


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
    if contact is None:
        _take_number_from_its_last_owner(ledger, person)
        contact = ledger.add(
            Contact,
            town=ledger.town,
            user_id=person.user_id,
            phone=person.phone,
            name=person.name,
            username=person.username,
            created_at=at,
        )
    else:
        _bring_up_to_date(ledger, contact, person)
    ledger.know_contact(contact)
    return contact


def change(
    session: Session, keys: Keys, schedule: Schedule, line: Line, hint: IdentityChange, *, now: datetime
) -> None:
    """Somebody has a new number or BSUID: the same person goes on, and the conversation says so (contract §2.13)."""
    town = schedule.town.id
    if hint.wamid is not None and not _first_time(session, keys, town, line, hint, now):
        return
    old, new = _find(session, town, hint.old), _find(session, town, hint.new)
    if old is None or old is new:
        return
    if new is not None:
        _merge(session, line, old, new, now)
    for name, value in _ids(hint.new).items():
        if value:
            setattr(old, name, value)
    session.add(old)
    session.flush()
    _say_so(session, line, old, now)


def _ids(person: Person) -> dict[str, str | None]:
    return {
        "user_id": person.user_id,
        "phone": person.phone,
        "name": person.name,
        "username": person.username,
    }


def _bring_up_to_date(ledger: Ledger, contact: Row, person: Person) -> None:
    news = {name: value for name, value in _ids(person).items() if value and value != contact[name]}
    if news:
        ledger.change(Contact, contact, **news)


def _take_number_from_its_last_owner(ledger: Ledger, person: Person) -> None:
    owner = ledger.contacts.get(person.phone) if person.phone else None
    if owner is not None:
        ledger.change(Contact, owner, phone=None)


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
    for column, value in ((Contact.user_id, person.user_id), (Contact.phone, person.phone)):
        if value:
            found = session.exec(select(Contact).where(Contact.town == town, column == value)).first()
            if found is not None:
                return found
    return None


def _merge(session: Session, line: Line, old: Contact, new: Contact, now: datetime) -> None:
    """What the new identity wrote before we were told goes over to the person it belongs to."""
    theirs, ours = _conversation(session, line, new), _conversation(session, line, old)
    if theirs is not None and ours is not None:
        _move_messages(session, theirs, ours, now)
    elif theirs is not None:
        theirs.contact = old.id
        session.add(theirs)
    session.flush()
    session.delete(new)
    session.flush()


def _move_messages(session: Session, theirs: Conversation, ours: Conversation, now: datetime) -> None:
    messages = session.exec(select(Message).where(Message.conversation == theirs.id)).all()
    waits = [row.waiting_since for row in (theirs, ours) if row.waiting_since is not None]
    ours.waiting_since = min(waits, default=None)
    ours.lane = theirs.lane if theirs.lane in ("waiting", "held") else ours.lane
    ours.unread += theirs.unread
    ours.last_message = theirs.last_message or ours.last_message
    ours.window_closes_at = max(theirs.window_closes_at or 0, ours.window_closes_at or 0) or None
    ours.session, ours.shown = theirs.session or ours.session, True
    session.add(ours)
    session.delete(theirs)
    emit(session, ours.town, "conversation.removed", {"id": theirs.id}, now=now, conversation=theirs.id)
    for message in messages:
        message.conversation = ours.id
        session.add(message)
        emit(
            session,
            ours.town,
            "message.updated",
            shapes.message(dict(message)),
            now=now,
            conversation=ours.id,
        )


def _conversation(session: Session, line: Line, contact: Contact) -> Conversation | None:
    statement = select(Conversation).where(Conversation.line == line.id, Conversation.contact == contact.id)
    return session.exec(statement).first()


def _say_so(session: Session, line: Line, contact: Contact, now: datetime) -> None:
    conversation = _conversation(session, line, contact)
    if conversation is None:
        return
    at = ms(now)
    row = Message(
        town=contact.town,
        conversation=conversation.id,
        seq=take_seq(session, contact.town),
        order_at=at,
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
    data = shapes.message(dict(row))
    emit(session, contact.town, "message.created", data, now=now, seq=row.seq, conversation=conversation.id)
    sessions.tell_conversation(session, conversation, now)
