"""The citizens of the simulated town. Every number is one that is kept free for fiction."""

from __future__ import annotations

from .world import Json, Person, World

FIRST_FICTIONAL = 491713920000


def settle(world: World) -> None:
    """Put the citizens there that the phone page begins with: every kind of identity the platform knows."""
    world.add(Person("anna", "Anna Müller", "491713920001", "DE.70000000000000000001"))
    world.add(
        Person(
            "bekir", "Bekir Ö.", "491713920002", "DE.70000000000000000002", "bekir.oe", phone_visible=False
        )
    )
    world.add(Person("clara", "Clara Vogt", "491713920003", "DE.70000000000000000003", "clara.vogt"))
    world.add(Person("dimitri", "Dimitri", "491713920004", "DE.a1B2c3D4e5F6g7H8i9J0", phone_visible=False))
    world.add(
        Person("edith", "Edith Gräßle 🌻", "491713920005", "DE.70000000000000000005", read_receipts=False)
    )


def add_person(world: World, wish: Json) -> Person:
    """A new person; what is not given is made up. Raises `ValueError` for unknown keys and taken ids."""
    serial = world.serial()
    id = str(wish.get("id") or f"person-{serial}")
    if id in world.people:
        raise ValueError(f"id: {id!r} is taken")
    facts: Json = {
        "name": f"Person {serial}",
        "phone": str(FIRST_FICTIONAL + 20 + serial),
        "user_id": world.user_id(bool(wish.get("alphanumeric"))),
    }
    facts |= {key: value for key, value in wish.items() if key not in ("id", "alphanumeric")}
    return world.add(person_of(id, facts))


def person_of(id: str, facts: Json) -> Person:
    """A person with these facts. Raises `ValueError` for one that does not exist."""
    try:
        return Person(id, **facts)
    except TypeError as error:
        raise ValueError(f"person: {error}") from None
