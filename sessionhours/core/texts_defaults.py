"""What the standing texts say when a town says nothing of its own."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from sessionhours.core.schedule_rules import Language

Address = Literal["Sie", "du"]

# The other ways (KA-12), privacy (KA-5) and the emergency number (AC-10) close every away text.
_DE = "Ohne WhatsApp: {alternatives}.\nDatenschutz: {privacy_url}\nIm Notfall: 112"
_EN = "Without WhatsApp: {alternatives}.\nPrivacy: {privacy_url}\nIn an emergency: 112"

SIE: Mapping[str, str] = {
    "outside": "Guten Tag! Hier liest gerade niemand mit, Ihre Nachricht wird nicht aufbewahrt. "
    f"Nächster Termin ({{title}}): {{next_session}}. Bitte schreiben Sie uns dann noch einmal.\n{_DE}",
    "outside_none": "Guten Tag! Hier liest gerade niemand mit, Ihre Nachricht wird nicht aufbewahrt. "
    f"Zurzeit ist kein Termin geplant ({{title}}).\n{_DE}",
    "held": "Guten Tag! Ihre Nachricht ist angekommen. Wir lesen sie, sobald wir wieder da sind. "
    f"Das ist: {{next_session}}.\n{_DE}",
    "offer": "Guten Tag! Hier liest gerade niemand mit. Nächster Termin ({title}): {next_session}. "
    f"Antworten Sie binnen einer Stunde mit 1, dann bewahren wir Ihre Frage auf; sonst wird sie gelöscht.\n{_DE}",
    "offer_kept": "Ihre Frage ist vorgemerkt. Wir lesen sie zum nächsten Termin. Das ist: {next_session}.",
    "lobby": "Guten Tag! Ihre Nachricht ist angekommen. Es geht gleich los: {next_session}.",
    "greeting": "Willkommen ({title})! Bis {ends} antwortet Ihnen hier: {host}.\nDatenschutz: {privacy_url}",
    "receipt": "Vielen Dank, Ihre Nachricht ist angekommen.",
    "notice": "Das können wir hier leider nicht annehmen. Bitte schreiben Sie uns Ihr Anliegen als Text.\n"
    "Datenschutz: {privacy_url}",
    "last_call": "Noch {minutes_left} min, um {ends} ist Schluss. Was noch fehlt, schreiben Sie bitte jetzt.",
    "intake_closed": "Für heute nehmen wir keine neuen Anliegen mehr an. Nächster Termin: {next_session}.\n"
    "Ohne WhatsApp: {alternatives}.",
    "promised": "Das klären wir und melden uns bei Ihnen. Sie hören von uns bis {date}.",
    "carried_over": "Dafür hat die Zeit heute nicht gereicht. Ihr Anliegen kommt zuerst dran. "
    "Nächster Termin: {next_session}.",
    "handed_over": "Ihr Anliegen haben wir an die zuständige Stelle im Haus weitergegeben. Zuständig ist: {department}.",
    "declined": "Dabei können wir Ihnen hier leider nicht helfen. Der Grund: {reason}. Andere Wege: {alternatives}.",
    "late": "Wir verspäten uns leider. Los geht es voraussichtlich um {starts}. Sie müssen nichts tun, Ihr Platz bleibt.",
    "deputy": "Heute antwortet Ihnen eine Vertretung. Für Sie da ist: {deputy}.",
    "cancelled": "Dieser Termin fällt leider aus ({title}). Der Grund: {reason}. Nächster Termin: {next_session}.\n"
    "Ohne WhatsApp: {alternatives}.",
    "moved": "Dieser Termin ist verlegt ({title}). Nächster Termin: {next_session}. Sie müssen nichts tun, Ihr Platz "
    "bleibt.\nOhne WhatsApp: {alternatives}.",
    "privacy": "Wie wir mit Ihren Daten umgehen, lesen Sie hier: {privacy_url}\n"
    "Bitte senden Sie uns nichts, was vertraulich ist.",
    "emergency": "Bei Gefahr rufen Sie bitte sofort 112 an. Hier liest vielleicht gerade niemand mit.",
    "dates": "Unsere nächsten Termine ({title}).\n{dates}\nEs antwortet: {host}.\nOhne WhatsApp: {alternatives}.",
    "erased": "Was wir hier von Ihnen aufbewahrt hatten, ist gelöscht. Auf Ihrem Telefon löschen Sie bitte selbst.",
    "nothing_kept": "Wir haben hier nichts von Ihnen aufbewahrt.",
}

DU: Mapping[str, str] = {
    "outside": "Hallo! Hier liest gerade niemand mit, deine Nachricht wird nicht aufbewahrt. "
    f"Nächster Termin ({{title}}): {{next_session}}. Bitte schreib uns dann noch einmal.\n{_DE}",
    "outside_none": "Hallo! Hier liest gerade niemand mit, deine Nachricht wird nicht aufbewahrt. "
    f"Zurzeit ist kein Termin geplant ({{title}}).\n{_DE}",
    "held": "Hallo! Deine Nachricht ist angekommen. Wir lesen sie, sobald wir wieder da sind. "
    f"Das ist: {{next_session}}.\n{_DE}",
    "offer": "Hallo! Hier liest gerade niemand mit. Nächster Termin ({title}): {next_session}. "
    f"Antworte binnen einer Stunde mit 1, dann bewahren wir deine Frage auf; sonst wird sie gelöscht.\n{_DE}",
    "offer_kept": "Deine Frage ist vorgemerkt. Wir lesen sie zum nächsten Termin. Das ist: {next_session}.",
    "lobby": "Hallo! Deine Nachricht ist angekommen. Es geht gleich los: {next_session}.",
    "greeting": "Willkommen ({title})! Bis {ends} antwortet dir hier: {host}.\nDatenschutz: {privacy_url}",
    "receipt": "Vielen Dank, deine Nachricht ist angekommen.",
    "notice": "Das können wir hier leider nicht annehmen. Bitte schreib uns dein Anliegen als Text.\n"
    "Datenschutz: {privacy_url}",
    "last_call": "Noch {minutes_left} min, um {ends} ist Schluss. Was noch fehlt, schreib bitte jetzt.",
    "intake_closed": "Für heute nehmen wir keine neuen Anliegen mehr an. Nächster Termin: {next_session}.\n"
    "Ohne WhatsApp: {alternatives}.",
    "promised": "Das klären wir und melden uns bei dir. Du hörst von uns bis {date}.",
    "carried_over": "Dafür hat die Zeit heute nicht gereicht. Dein Anliegen kommt zuerst dran. "
    "Nächster Termin: {next_session}.",
    "handed_over": "Dein Anliegen haben wir an die zuständige Stelle im Haus weitergegeben. Zuständig ist: {department}.",
    "declined": "Dabei können wir dir hier leider nicht helfen. Der Grund: {reason}. Andere Wege: {alternatives}.",
    "late": "Wir verspäten uns leider. Los geht es voraussichtlich um {starts}. Du musst nichts tun, dein Platz bleibt.",
    "deputy": "Heute antwortet dir eine Vertretung. Für dich da ist: {deputy}.",
    "cancelled": "Dieser Termin fällt leider aus ({title}). Der Grund: {reason}. Nächster Termin: {next_session}.\n"
    "Ohne WhatsApp: {alternatives}.",
    "moved": "Dieser Termin ist verlegt ({title}). Nächster Termin: {next_session}. Du musst nichts tun, dein Platz "
    "bleibt.\nOhne WhatsApp: {alternatives}.",
    "privacy": "Wie wir mit deinen Daten umgehen, liest du hier: {privacy_url}\n"
    "Bitte sende uns nichts, was vertraulich ist.",
    "emergency": "Bei Gefahr ruf bitte sofort 112 an. Hier liest vielleicht gerade niemand mit.",
    "dates": "Unsere nächsten Termine ({title}).\n{dates}\nEs antwortet: {host}.\nOhne WhatsApp: {alternatives}.",
    "erased": "Was wir hier von dir aufbewahrt hatten, ist gelöscht. Auf deinem Telefon lösche bitte selbst.",
    "nothing_kept": "Wir haben hier nichts von dir aufbewahrt.",
}

ENGLISH: Mapping[str, str] = {
    "outside": "Hello! Nobody is reading here right now, and your message is not kept. "
    f"Next date ({{title}}): {{next_session}}. Please write again then.\n{_EN}",
    "outside_none": "Hello! Nobody is reading here right now, and your message is not kept. "
    f"No date is planned at the moment ({{title}}).\n{_EN}",
    "held": "Hello! We have received your message and will read it as soon as we are back. "
    f"That is: {{next_session}}.\n{_EN}",
    "offer": "Hello! Nobody is reading here right now. Next date ({title}): {next_session}. "
    f"Answer 1 within an hour and we keep your question; otherwise it is deleted.\n{_EN}",
    "offer_kept": "We keep your question and will read it next time. That is: {next_session}.",
    "lobby": "Hello! We have received your message. We start in a moment: {next_session}.",
    "greeting": "Welcome ({title})! Until {ends} you are answered here by: {host}.\nPrivacy: {privacy_url}",
    "receipt": "Thank you, we have received your message.",
    "notice": "We are sorry, we cannot accept this here. Please write to us in text.\nPrivacy: {privacy_url}",
    "last_call": "{minutes_left} min left, we end at {ends}. Please write now what is still missing.",
    "intake_closed": "We take no new questions today. Next date: {next_session}.\n"
    "Without WhatsApp: {alternatives}.",
    "promised": "We will look into it and come back to you. You will hear from us by {date}.",
    "carried_over": "There was no time left for this today. You will be first next time. "
    "Next date: {next_session}.",
    "handed_over": "We have passed this on to the department in charge. In charge is: {department}.",
    "declined": "We are sorry, we cannot help with this here. The reason: {reason}. Other ways: {alternatives}.",
    "late": "We are sorry, we are late. We expect to start at {starts}. You need not do anything, you keep your place.",
    "deputy": "Today a deputy answers you. Here for you: {deputy}.",
    "cancelled": "We are sorry, this date is cancelled ({title}). The reason: {reason}. Next date: {next_session}.\n"
    "Without WhatsApp: {alternatives}.",
    "moved": "This date has moved ({title}). Next date: {next_session}. You need not do anything, you keep your place.\n"
    "Without WhatsApp: {alternatives}.",
    "privacy": "How we treat your data: {privacy_url}\nPlease send us nothing confidential.",
    "emergency": "In danger, please call 112 at once. It may be that nobody is reading here right now.",
    "dates": "Our next dates ({title}).\n{dates}\nAnswering: {host}.\nWithout WhatsApp: {alternatives}.",
    "erased": "What we had kept of you here is erased. What is on your phone only you can delete.",
    "nothing_kept": "We have kept nothing of you here.",
}

DEFAULTS: Mapping[Language, Mapping[Address, Mapping[str, str]]] = {
    "de": {"Sie": SIE, "du": DU},
    "en": {"Sie": ENGLISH, "du": ENGLISH},
}
