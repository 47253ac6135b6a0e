"""What Meta's error codes mean: what the outbox may do, and what a person reads (contract §8.2, AC-56).

Class ``P``: certainly not sent, pace and try again. ``U``: the outcome may be unknown, never resend blindly.
``N``: never again unchanged. ``S``: nothing else on the line will pass either, call somebody.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from sessionhours.core.message import Failure

Class = Literal["P", "U", "N", "S"]


@dataclass(frozen=True, slots=True)
class Meaning:
    """A code's class, and one sentence in each language that says what happened and what to do next."""

    kind: Class
    de: str
    en: str


class MediaRefused(Exception):
    """Meta will not take this file; ``failure`` says why."""

    def __init__(self, failure: Failure) -> None:
        self.failure = failure
        super().__init__(f"code {failure.code}")


_PACE = (
    "Zu viele Nachrichten in kurzer Zeit – wird in 1 Min. erneut versucht.",
    "Too many messages in a short time – trying again in 1 min.",
)
_OUTAGE = (
    "WhatsApp ist gestört; ob die Nachricht ankam, ist offen. Bitte warten und dann selbst entscheiden.",
    "WhatsApp is disturbed; whether the message arrived is open. Please wait, then decide yourself.",
)
_OURS = (
    "WhatsApp hat die Nachricht als fehlerhaft abgelehnt. Bitte Text prüfen und die Technik informieren.",
    "WhatsApp refused the message as malformed. Please check the text and tell your technicians.",
)
_TOKEN = (
    "Zugang zu WhatsApp abgelaufen – bitte Technik informieren.",
    "Access to WhatsApp has expired – please tell your technicians.",
)
_RIGHTS = (
    "Dem Zugang zu WhatsApp fehlt eine Berechtigung – bitte Technik informieren.",
    "Access to WhatsApp lacks a permission – please tell your technicians.",
)
_SETUP = (
    "Die Rufnummer ist bei WhatsApp nicht fertig eingerichtet – bitte Technik informieren.",
    "The phone number is not fully set up with WhatsApp – please tell your technicians.",
)
_LOCKED = (
    "WhatsApp hat das Konto gesperrt oder eingeschränkt – bitte sofort die Technik informieren.",
    "WhatsApp has locked or restricted the account – please tell your technicians at once.",
)
_PAYMENT = (
    "Zahlungsproblem beim WhatsApp-Konto – Technik: bitte die Zahlungsart in Meta Business prüfen.",
    "Payment problem of the WhatsApp account – technicians: please check the payment method with Meta.",
)
_PICTURE = (
    "Bild konnte nicht übertragen werden. Bitte als JPEG oder PNG unter 5 MB noch einmal senden.",
    "The picture could not be transferred. Please send it again as JPEG or PNG below 5 MB.",
)
_TEMPLATE = (
    "Die Vorlage passt nicht: Name, Sprache oder Platzhalter stimmen nicht. Bitte die Vorlage prüfen.",
    "The template does not fit: its name, language or placeholders are wrong. Please check the template.",
)
_PAUSED = (
    "Die Vorlage ist bei WhatsApp angehalten. Bitte eine andere Vorlage wählen oder die Technik fragen.",
    "The template is paused by WhatsApp. Please choose another one or ask your technicians.",
)
_GROUP = (
    "Gruppen werden hier nicht bedient. Bitte der Person einzeln schreiben.",
    "Groups are not served here. Please write to the person alone.",
)
_CALL = (
    "Anrufe sind über diese Leitung nicht möglich. Bitte telefonisch zurückrufen.",
    "Calls are not possible on this line. Please call back by telephone.",
)
_ACCOUNT = (
    "WhatsApp hat eine Einstellung am Konto abgelehnt. Bitte die Technik informieren.",
    "WhatsApp refused a setting of the account. Please tell your technicians.",
)

MEANINGS: dict[int, Meaning] = {
    0: Meaning("S", *_TOKEN),
    1: Meaning("U", *_OUTAGE),
    2: Meaning("U", *_OUTAGE),
    3: Meaning("S", *_RIGHTS),
    4: Meaning("P", *_PACE),
    10: Meaning("S", *_RIGHTS),
    33: Meaning("S", *_SETUP),
    100: Meaning("N", *_OURS),
    190: Meaning("S", *_TOKEN),
    368: Meaning("S", *_LOCKED),
    803: Meaning("N", *_OURS),
    80007: Meaning("P", *_PACE),
    80008: Meaning("P", *_PACE),
    130403: Meaning(
        "N",
        "Diese Person ist von uns blockiert. Bitte zuerst die Blockierung aufheben.",
        "We have blocked this person. Please unblock them first.",
    ),
    130429: Meaning("P", *_PACE),
    130472: Meaning(
        "N",
        "WhatsApp stellt dieser Person zurzeit keine Rundnachrichten zu. Bitte anders Kontakt aufnehmen.",
        "WhatsApp delivers no broadcasts to this person at present. Please get in touch another way.",
    ),
    130497: Meaning(
        "N",
        "WhatsApp erlaubt keine Nachrichten in das Land dieser Nummer. Bitte einen anderen Weg wählen.",
        "WhatsApp allows no messages to this number's country. Please choose another way.",
    ),
    131000: Meaning("U", *_OUTAGE),
    131005: Meaning("S", *_RIGHTS),
    131008: Meaning("N", *_OURS),
    131009: Meaning("N", *_OURS),
    131016: Meaning("U", *_OUTAGE),
    131021: Meaning(
        "N",
        "Absender und Empfänger sind dieselbe Nummer. Bitte eine andere Nummer wählen.",
        "Sender and recipient are the same number. Please choose another number.",
    ),
    131026: Meaning(
        "N",
        "Nicht zustellbar: Nummer nicht (mehr) bei WhatsApp, oder App zu alt. Bitte anderen Weg wählen.",
        "Undeliverable: the number is not on WhatsApp (any more), or the app is too old. "
        "Please choose another way.",
    ),
    131030: Meaning(
        "N",
        "Die Testnummer darf nur an eingetragene Nummern senden. Technik: bitte bei Meta eintragen.",
        "The test number may only send to listed numbers. Technicians: please list the number with Meta.",
    ),
    131031: Meaning("S", *_LOCKED),
    131037: Meaning(
        "S",
        "WhatsApp hat den Anzeigenamen noch nicht freigegeben – bitte Technik informieren.",
        "WhatsApp has not approved the display name yet – please tell your technicians.",
    ),
    131042: Meaning("S", *_PAYMENT),
    131044: Meaning("S", *_PAYMENT),
    131045: Meaning("S", *_SETUP),
    131047: Meaning(
        "N",
        "Die 24-Stunden-Frist ist abgelaufen – nur eine Vorlage ist möglich.",
        "The 24 hours are over – only a template is possible.",
    ),
    131048: Meaning(
        "S",
        "Zu viele Nachrichten in kurzer Zeit: WhatsApp bremst diese Leitung für Stunden. "
        "Bitte die Technik informieren.",
        "Too many messages in a short time: WhatsApp slows this line down for hours. "
        "Please tell your technicians.",
    ),
    131049: Meaning(
        "N",
        "WhatsApp hat die Werbegrenze dieser Person erreicht und nicht zugestellt. "
        "Bitte frühestens morgen wieder versuchen.",
        "WhatsApp's limit of advertising for this person is reached. Please wait until tomorrow.",
    ),
    131050: Meaning(
        "N",
        "Person hat Rundnachrichten abbestellt. Bitte keine weiteren senden.",
        "The person has opted out of broadcasts. Please send no more.",
    ),
    131051: Meaning(
        "N",
        "WhatsApp kann diese Art Nachricht nicht zustellen. Bitte als Text schreiben.",
        "WhatsApp cannot deliver this kind of message. Please write text.",
    ),
    131052: Meaning("N", *_PICTURE),
    131053: Meaning("N", *_PICTURE),
    131055: Meaning("N", *_OURS),
    131056: Meaning("P", *_PACE),
    131057: Meaning(
        "P",
        "WhatsApp wartet das Konto gerade – wird in einigen Minuten erneut versucht.",
        "WhatsApp is servicing the account – trying again in some minutes.",
    ),
    131060: Meaning(
        "N",
        "WhatsApp hat den Inhalt nicht mitgeliefert. Bitte die Person bitten, noch einmal zu schreiben.",
        "WhatsApp did not hand over the content. Please ask the person to write again.",
    ),
    131062: Meaning(
        "N",
        "Ohne Telefonnummer ist diese Art Nachricht nicht möglich. Bitte die Person nach der Nummer fragen.",
        "This kind of message needs a phone number. Please ask the person for it.",
    ),
    131063: Meaning("N", *_PAUSED),
    131064: Meaning(
        "N",
        "Die Tagesgrenze für Vorlagen ist erreicht. Bitte morgen wieder versuchen.",
        "The day's limit for templates is reached. Please try again tomorrow.",
    ),
    132015: Meaning("N", *_PAUSED),
    132016: Meaning("N", *_PAUSED),
    132069: Meaning("P", *_PACE),
    133000: Meaning("P", *_PACE),
    133004: Meaning("P", *_PACE),
    135000: Meaning("N", *_OURS),
    137000: Meaning(
        "N",
        "Die Person hat ihr WhatsApp neu eingerichtet. Bitte vor einer Antwort klären, wer schreibt.",
        "The person has set up WhatsApp anew. Please find out who is writing before you answer.",
    ),
}

#: Codes that Meta hands out in ranges, first fit; single codes above come before them.
RANGES: tuple[tuple[range, Meaning], ...] = (
    (range(200, 300), Meaning("S", *_RIGHTS)),
    (range(131201, 131216), Meaning("N", *_GROUP)),
    (range(132000, 132100), Meaning("N", *_TEMPLATE)),
    (range(133000, 133100), Meaning("S", *_SETUP)),
    (range(134000, 134200), Meaning("N", *_ACCOUNT)),
    (range(136024, 136026), Meaning("S", *_SETUP)),
    (range(138000, 138019), Meaning("N", *_CALL)),
    (range(139100, 139104), Meaning("N", *_ACCOUNT)),
    (range(147001, 147006), Meaning("N", *_ACCOUNT)),
    (range(2388000, 2389000), Meaning("N", *_ACCOUNT)),
    (range(2494000, 2495000), Meaning("N", *_ACCOUNT)),
    (range(2593107, 2593109), Meaning("N", *_ACCOUNT)),
)


def meaning(code: int) -> Meaning | None:
    """What the contract's table says of ``code``; None for a code that it does not know."""
    if code in MEANINGS:
        return MEANINGS[code]
    return next((found for codes, found in RANGES if code in codes), None)


def explain(code: int, language: str = "de") -> str:
    """One sentence for staff with a next step, in German or English; for every code, known or not (AC-56)."""
    known = meaning(code)
    if known is not None:
        return known.en if language == "en" else known.de
    if language == "en":
        return (
            f"WhatsApp could not deliver the message (code {code}). "
            "Please choose another way or ask your technicians."
        )
    return (
        f"WhatsApp konnte die Nachricht nicht zustellen (Code {code}). "
        "Bitte einen anderen Weg wählen oder die Technik fragen."
    )
