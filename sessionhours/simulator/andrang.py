"""The script "Andrang": many citizens write within a few minutes, by themselves."""

from __future__ import annotations

from typing import Any

from .agenda import Agenda
from .clock import Clock
from .people import FIRST_FICTIONAL
from .telephone import Telephones
from .world import Json, Person, World

FIRST_NAMES = (
    *("Lea", "Jonas", "Mia", "Emre", "Hanna", "Paul", "Zeynep", "Felix", "Marta", "Luca"),
    *("Nora", "Timo", "Olga", "Ben", "Ida", "Samir", "Ruth", "Kai", "Elif", "Georg"),
    *("Pia", "Nils", "Tara", "Viktor", "Jana", "Omar", "Rosa", "Till", "Ayla", "Hugo"),
)
LAST_NAMES = (
    *("Huber", "Yıldız", "Baumann", "Schäfer", "Nowak"),
    *("Köhler", "Graf", "Öztürk", "Wiegand", "Lang"),
)
QUESTIONS = (
    "Wann wird der Spielplatz am Markt repariert?",
    "Guten Tag, kommt die Straßenbeleuchtung in der Hauptstraße noch dieses Jahr?",
    "Warum ist der Fußweg zum Friedhof seit Wochen gesperrt?",
    "Gibt es bald mehr Plätze in der Kita?",
    "Können Sie etwas gegen die Raser in der 30er-Zone tun?",
    "Wird das Freibad im Sommer länger offen sein? 🏊",
    "Der Bus um 7:12 Uhr fällt ständig aus. Wer kümmert sich darum?",
    "Bekommen wir Glasfaser auch im Ortsteil Waldulm?",
    "Darf ich mein Lastenrad am Rathaus laden?",
    "Wer schneidet die Hecke an der Grundschule? Man sieht die Autos nicht.",
    "Wie hoch wird die Grundsteuer im nächsten Jahr?",
    "Danke für den neuen Radweg! Geht er noch bis zum Bahnhof weiter?",
)
MORE = (
    "Ach ja, und noch etwas: Der Mülleimer dort fehlt auch.",
    "Das betrifft übrigens die ganze Nachbarschaft.",
    "Wäre schön, wenn Sie sich das einmal ansehen.",
)
THANKS = ("Vielen Dank für die schnelle Antwort!", "Danke 👍", "Alles klar, danke!")


class Andrang:
    """Sixty citizens in five minutes, or as told; with an agenda of its own, so it can stop at any time."""

    def __init__(self, world: World, clock: Clock, telephones: Telephones) -> None:
        self._world = world
        self._telephones = telephones
        self._agenda = Agenda(clock.elapsed)
        self._citizens: list[Person] = []
        self._planned = 0
        self._written = 0
        self._tempo = 1.0
        self._thanked: set[str] = set()

    def start(self, citizens: int = 60, minutes: float = 5.0, tempo: float = 1.0) -> Json:
        """Begin. Raises `ValueError` while it runs, or for numbers that make no sense."""
        if self._agenda:
            raise ValueError("Andrang is already running")
        if not (1 <= citizens <= 90 and minutes > 0 and tempo > 0):
            raise ValueError("citizens: 1 to 90; minutes and tempo: above 0")
        self._planned = self._written = 0
        self._tempo = tempo
        self._thanked.clear()
        self._citizens = [self._citizen(n) for n in range(citizens)]
        for person in self._citizens:
            first = self._world.chance.uniform(0.0, minutes * 60.0 * 0.9)
            self._plan(first, person, self._opening())
            if self._world.chance.random() < 0.35:
                pause = self._world.chance.uniform(4.0, 25.0)
                self._plan(first + pause, person, {"text": self._world.chance.choice(MORE)})
        self._agenda.after(1.0 / tempo, self._answer_thanks)
        return self.shown()

    def stop(self) -> Json:
        """End it; who has not written yet will not."""
        self._agenda.clear()
        return self.shown()

    def shown(self) -> Json:
        """`running`, how many were `written` of how many `planned`, `citizens` and `tempo`."""
        return {
            "running": bool(self._agenda),
            "written": self._written,
            "planned": self._planned,
            "citizens": len(self._citizens),
            "tempo": self._tempo,
        }

    def wake(self) -> None:
        """Look at the clock again."""
        self._agenda.wake()

    def _citizen(self, n: int) -> Person:
        id = f"andrang-{n + 1:02}"
        if id in self._world.people:
            return self._world.people[id]
        name = f"{FIRST_NAMES[n % len(FIRST_NAMES)]} {LAST_NAMES[(n * 7 + n // 30) % len(LAST_NAMES)]}"
        phone = str(FIRST_FICTIONAL + 10 + n)
        hidden = n % 5 == 4
        user_id = self._world.user_id(alphanumeric=n % 10 == 9)
        return self._world.add(Person(id, name, phone, user_id, phone_visible=not hidden))

    def _opening(self) -> Json:
        chance = self._world.chance
        kind = chance.random()
        if kind < 0.08:
            return {"type": "image", "caption": "So sieht es hier aus"}
        if kind < 0.12:
            return {"type": "audio"}
        if kind < 0.15:
            return {"type": "location", "latitude": 48.5886, "longitude": 8.1178, "name": "Hauptstraße"}
        return {"text": chance.choice(QUESTIONS)}

    def _plan(self, after: float, person: Person, wish: dict[str, Any]) -> None:
        self._planned += 1
        self._agenda.after(after / self._tempo, lambda: self._write(person, wish))

    def _write(self, person: Person, wish: dict[str, Any]) -> None:
        if person.blocked:
            return
        self._telephones.say(person, wish)
        self._written += 1

    def _answer_thanks(self) -> None:
        """Once a second: some of those who have read an answer say thank you."""
        for person in self._citizens:
            read = any(s.direction == "out" and s.status == "read" for s in self._world.chat(person.id))
            if read and person.id not in self._thanked:
                self._thanked.add(person.id)
                if self._world.chance.random() < 0.3:
                    self._plan(3.0, person, {"text": self._world.chance.choice(THANKS)})
        if self._written < self._planned:
            self._agenda.after(1.0 / self._tempo, self._answer_thanks)
