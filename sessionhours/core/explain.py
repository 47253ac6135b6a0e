"""Why an automatic text did or did not go out, in one sentence a person can read (AC-16, N33)."""

from __future__ import annotations

REASONS: dict[str, tuple[str, str]] = {
    "in_session": (
        "Keine automatische Antwort, weil die Nachricht in die Sprechzeit fällt und Menschen antworten.",
        "No automatic reply, because the message falls into the hour and people answer it.",
    ),
    "still_inside": (
        "Keine automatische Antwort, weil diese Person schon in der Sprechstunde ist.",
        "No automatic reply, because this person is already in the session.",
    ),
    "notice": (
        "Automatischer Hinweis gesendet, weil diese Art Nachricht hier nicht beantwortet wird.",
        "Automatic notice sent, because this kind of message is not answered here.",
    ),
    "notice_told": (
        "Kein weiterer Hinweis, weil diese Person ihn in dieser Sprechstunde schon bekommen hat.",
        "No further notice, because this person already got it in this session.",
    ),
    "lobby": (
        "Automatische Antwort gesendet: Es geht gleich los.",
        "Automatic reply sent: we start in a moment.",
    ),
    "lobby_told": (
        "Keine weitere Antwort, weil diese Person schon weiß, wann es losgeht.",
        "No further reply, because this person already knows when we start.",
    ),
    "put_off": (
        "Keine Antwort mit dem angekündigten Anfang, weil es später losgeht; wann, hört jede Person einmal.",
        "No reply with the announced start, because we start later; each person is told once when.",
    ),
    "intake_closed": (
        "Automatische Antwort gesendet: Es werden keine neuen Anliegen mehr angenommen.",
        "Automatic reply sent: no new questions are taken any more.",
    ),
    "receipt": ("Automatische Bestätigung gesendet.", "Automatic confirmation sent."),
    "receipt_told": (
        "Keine weitere Bestätigung, weil diese Person schon eine bekommen hat.",
        "No further confirmation, because this person already got one.",
    ),
    "outside": (
        "Automatische Antwort mit dem nächsten Termin gesendet, weil außerhalb der Sprechzeit geschrieben wurde.",
        "Automatic reply with the next date sent, because the message was written outside the hours.",
    ),
    "held": (
        "Automatische Antwort gesendet: Die Nachricht liegt bis zur nächsten Sprechzeit bereit.",
        "Automatic reply sent: the message waits for the next hours.",
    ),
    "offered": (
        "Automatische Antwort gesendet: Mit „1“ wird die Frage für die nächste Sprechzeit aufbewahrt.",
        "Automatic reply sent: a “1” keeps the question for the next hours.",
    ),
    "offer_kept": (
        "Automatische Antwort gesendet: Die Frage ist vorgemerkt.",
        "Automatic reply sent: the question is kept for the next hours.",
    ),
    "offer_kept_told": (
        "Keine weitere Bestätigung, weil diese Person schon weiß, dass ihre Frage vorgemerkt ist.",
        "No further confirmation, because this person already knows that the question is kept.",
    ),
    "kept": (
        "Vorgemerkt: Diese Person hat mit „1“ darum gebeten, die Frage aufzubewahren.",
        "Kept: this person asked with “1” that the question be kept.",
    ),
    "kept_before": (
        "Keine automatische Antwort, weil diese Person schon weiß, dass ihre Frage vorgemerkt ist.",
        "No automatic reply, because this person already knows that the question is kept.",
    ),
    "dates": (
        "Automatische Antwort mit den nächsten Terminen gesendet, weil danach gefragt wurde.",
        "Automatic reply with the next dates sent, because they were asked for.",
    ),
    "dates_told": (
        "Keine automatische Antwort, weil diese Person die Termine eben erst bekommen hat.",
        "No automatic reply, because this person was told the dates just now.",
    ),
    "erased": (
        "Auf Wunsch der Person gelöscht.",
        "Erased, as the person asked.",
    ),
    "away_told": (
        "Keine automatische Antwort, weil diese Person den nächsten Termin schon genannt bekam.",
        "No automatic reply, because this person was already told the next date.",
    ),
    "silent": (
        "Keine automatische Antwort, weil sie für diese Leitung ausgeschaltet ist.",
        "No automatic reply, because it is switched off for this line.",
    ),
    "just_answered": (
        "Keine automatische Antwort, weil eben noch ein Mensch geantwortet hat.",
        "No automatic reply, because a person answered just now.",
    ),
    "not_said": (
        "Keine automatische Antwort, weil dies keine Nachricht mit einem Anliegen ist.",
        "No automatic reply, because this is not a message that asks for anything.",
    ),
    "quiet": (
        "Keine automatische Antwort, weil WhatsApp nicht sagt, was hier geschah.",
        "No automatic reply, because WhatsApp does not say what happened here.",
    ),
    "replayed": (
        "Keine automatische Antwort, weil die Nachricht nachträglich eingelesen wurde.",
        "No automatic reply, because the message was read in afterwards.",
    ),
    "late": (
        "Keine automatische Antwort, weil die Nachricht erst mehr als 10 Minuten nach dem Schreiben ankam.",
        "No automatic reply, because the message arrived more than 10 minutes after it was written.",
    ),
    "budget": (
        "Kein automatischer Text, weil in diesem Monat die Obergrenze für zugestellte Nachrichten erreicht ist.",
        "No automatic text, because this month's cap of delivered messages is reached.",
    ),
    "invited": (
        "Keine automatische Antwort, weil diese Person auf unsere Vorlage antwortet.",
        "No automatic reply, because this person replies to our template.",
    ),
    "loop_guard": (
        "Keine automatische Antwort, weil diese Person in 24 Stunden schon 5 automatische Texte bekam.",
        "No automatic reply, because this person already got 5 automatic texts within 24 hours.",
    ),
}


def explain(code: str, language: str) -> str:
    """The sentence for a reason's code, in German or English."""
    german, english = REASONS[code]
    return english if language == "en" else german
