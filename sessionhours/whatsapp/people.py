"""Who a message is from: BSUID, phone where known, name as far as it is harmless (contract §2.2, §2.3)."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from typing import Any

from sessionhours.core.message import Person
from sessionhours.whatsapp import wire

#: The longest name that is kept, in characters (C17).
MAX_NAME = 80

#: Marks that may pile up on one letter; more of them climb over the lines above (C17).
MAX_MARKS = 2

BSUID = re.compile(r"[A-Z]{2}\.(?:ENT\.)?[A-Za-z0-9]{1,128}")
_PHONE = re.compile(r"\+?[0-9][0-9 ()/.-]{3,30}")
_TOKEN = re.compile(r"[!-~]{1,200}")
_PLAIN = re.compile(rf"[ -~\u00a1-\u00ac\u00ae-\u024f]{{0,{MAX_NAME}}}")
_JOINERS = "\u200c\u200d"


def ids(user_id: Any, *others: Any) -> tuple[str | None, str | None]:
    """(BSUID, phone) among these values, wherever each of them stands; both None when nobody is named."""
    given = [value for value in map(wire.ident, (user_id, *others)) if value]
    bsuid = next(filter(BSUID.fullmatch, given), None)
    phone = next(filter(_PHONE.fullmatch, given), None)
    if bsuid is None and given and given[0] == user_id and given[0] != phone and _TOKEN.fullmatch(given[0]):
        bsuid = given[0]  # a form of BSUID that we do not know yet: better kept than the citizen lost
    return bsuid, digits(phone) if phone else None


def digits(phone: str) -> str:
    """A phone number as WhatsApp writes it: its digits alone."""
    return phone if phone.isdecimal() and phone.isascii() else re.sub(r"[^0-9]", "", phone)


def known(contacts: Any) -> list[Person]:
    """The people that ``value.contacts`` names; entries that name nobody are left out."""
    people = []
    for contact in wire.records(contacts):
        user_id, phone = ids(contact.get("user_id"), contact.get("wa_id"))
        if user_id or phone:
            profile = wire.record(contact.get("profile"))
            username = name(wire.text(profile.get("username"))).removeprefix("@") or None
            people.append(Person(user_id, phone, name(wire.text(profile.get("name"))), username))
    return people


def find(people: Iterable[Person], user_id: str | None, phone: str | None) -> Person | None:
    """The one of ``people`` with these ids, BSUID before phone, completed by them; never somebody else.

    A message that names nobody is from the only person beside it, if there is one.
    """
    people = list(people)
    if not user_id and not phone:
        return people[0] if len(people) == 1 else None
    for person in people:
        if user_id and person.user_id == user_id:
            return _completed(person, user_id, phone)
    for person in people:
        if phone and person.phone == phone and not (user_id and person.user_id):
            return _completed(person, user_id, phone)
    return Person(user_id, phone)


def _completed(person: Person, user_id: str | None, phone: str | None) -> Person:
    if (user_id or person.user_id) == person.user_id and (phone or person.phone) == person.phone:
        return person
    return Person(user_id or person.user_id, phone or person.phone, person.name, person.username)


def name(given: str) -> str:
    """A name without controls, direction marks and towers of accents, at most ``MAX_NAME`` long (C17)."""
    if _PLAIN.fullmatch(given):
        return given.strip()
    kept: list[str] = []
    marks = 0
    for character in given[: MAX_NAME * 10]:
        category = unicodedata.category(character)
        marks = marks + 1 if category in ("Mn", "Me") else 0
        if marks <= MAX_MARKS and (category[0] != "C" or character in _JOINERS):
            kept.append(" " if category[0] == "Z" else character)
    cleaned = "".join(kept)[:MAX_NAME].strip()
    return cleaned if cleaned.strip(_JOINERS + " ") else ""
