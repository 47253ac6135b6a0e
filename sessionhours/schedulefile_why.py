"""Why a schedule file is refused, as sentences in the town's language."""

from __future__ import annotations

from collections.abc import Mapping

from sessionhours.core.every_why import RECURRENCES, filled
from sessionhours.core.schedule_rules import Language


class Wrong(ValueError):
    """One thing wrong: ``code`` names the sentence in WHY; ``line`` where only the finder knows it."""

    def __init__(
        self, code: str, values: Mapping[str, str] | None = None, *, line: int | None = None
    ) -> None:
        self.code = code
        self.values = values or {}
        self.line = line
        super().__init__(code, self.values)


def sentence(code: str, language: Language, values: Mapping[str, str]) -> str:
    """The sentence of that code; its values come from a file and mean nothing here but themselves."""
    return filled(WHY[code][0 if language == "de" else 1], values)


WHY: Mapping[str, tuple[str, str]] = {
    # the file
    "unreadable": ("die Datei ist nicht lesbar ({why})", "the file cannot be read ({why})"),
    "absent": (
        "diese Datei gibt es nicht; eine zum Anfangen: sessionhours preset kappelrodeck > schedule.toml",
        "there is no such file; one to begin from: sessionhours preset kappelrodeck > schedule.toml",
    ),
    "no_file": ("das ist keine gewöhnliche Datei", "this is no regular file"),
    "no_files": ("der Ordner enthält keine .toml-Datei", "the folder holds no .toml file"),
    "too_large": ("die Datei ist größer als {most} Bytes", "the file is larger than {most} bytes"),
    "too_deep": ("zu tief geschachtelt", "nested too deeply"),
    "no_utf8": ("kein UTF-8", "not UTF-8"),
    "nul": ("die Datei enthält ein NUL-Zeichen", "the file contains a NUL character"),
    "no_toml": ("kein gültiges TOML: {why}", "not valid TOML: {why}"),
    "no_tzdata": (
        "die Zeitzonendaten fehlen; bitte das Paket tzdata installieren",
        "the time zone data is missing; please install the package tzdata",
    ),
    # any key
    "unknown": ("diesen Schlüssel gibt es nicht{near}", "there is no such key{near}"),
    "required": ("fehlt", "is missing"),
    "empty": ("ist leer", "is empty"),
    "type": ("ist {got}, soll aber {wanted} sein", "is {got} instead of {wanted}"),
    "choice": ("„{value}“ gibt es nicht", "there is no '{value}'"),
    "range": ("{value} liegt außerhalb", "{value} is out of range"),
    "pattern": ("„{value}“ hat nicht die richtige Form", "'{value}' has not the right form"),
    "too_long": ("ist länger als {most} Zeichen", "is longer than {most} characters"),
    "too_many": ("mehr als {most} davon", "more than {most} of them"),
    "twice": (
        "„{value}“ steht schon in {where}",
        "'{value}' stands already in {where}",
    ),
    # town
    "zone": ("die Zeitzone „{value}“ gibt es nicht{near}", "there is no time zone '{value}'{near}"),
    "reserved": (
        "„{value}“ ist schon eine Seite dieses Servers; nehmen Sie eine andere Kennung, etwa gemeinde-{value}",
        "'{value}' is a page of this server already; take another id, such as town-{value}",
    ),
    # times and dates
    "time": ("„{value}“ ist keine Uhrzeit", "'{value}' is no time of day"),
    "date": ("„{value}“ ist kein Datum", "'{value}' is no date"),
    "equal": ("Anfang und Ende sind gleich", "start and end are the same"),
    "missing_time": (
        "{value} Uhr gibt es am {date} nicht, die Uhr wird da umgestellt",
        "{value} does not exist on {date}, the clocks change then",
    ),
    "twice_time": (
        "{value} Uhr gibt es am {date} zweimal, die Uhr wird da umgestellt",
        "{value} comes twice on {date}, the clocks change then",
    ),
    "overlap": ("überschneidet sich mit Zeile {other}", "overlaps with line {other}"),
    # sessions and exceptions
    "one_of": (
        "genau eines von every, rrule und date gehört hierher, hier steht {got}",
        "exactly one of every, rrule and date belongs here, here is {got}",
    ),
    "starting_date": ("starting gehört zu every oder rrule", "starting belongs to every or rrule"),
    "closed_or_hours": (
        "entweder closed = true oder from und to",
        "either closed = true or from and to",
    ),
    "date_twice": (
        "für dieses Datum steht schon eine Ausnahme in Zeile {other}",
        "there is already an exception for this date in line {other}",
    ),
    # texts
    "placeholder": ("den Platzhalter {value} gibt es nicht", "there is no placeholder {value}"),
    **RECURRENCES,
}
