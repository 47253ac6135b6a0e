"""What a screen reader walks through: landmarks, headings, names and states, as a person hears them."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser.states import NAMED

Visit = Callable[..., Page]


@pytest.fixture
def hall() -> None:
    """Each state has its own."""


def heard(page: Page, snapshot: str) -> None:
    """In this order, with these names; what lies between may be more."""
    expect(page.locator("body")).to_match_aria_snapshot(snapshot)


def test_the_console_is_heard_from_its_header_to_its_details(visit: Visit) -> None:
    heard(
        visit(NAMED["console-talk"]),
        """
        - link "Zur Antwort springen"
        - banner:
          - heading "WhatsApp-Bürgersprechstunde" [level=1]
          - text: läuft
          - timer:
            - text: noch
            - strong: /\\d+:\\d\\d/
          - text: /\\d offen · reicht etwa bis \\d\\d:\\d\\d/
          - paragraph: verbunden
          - paragraph: "Angemeldet: Stefan Keller"
          - button "Letzte Fragen"
          - group "Verlängern":
            - button "+5 Min. länger"
            - button "+10 Min. länger"
            - button "+15 Min. länger"
          - button "Beenden …"
          - button "Menü"
        - main:
          - navigation "Warteschlange":
            - group "Anzeigen":
              - button /Offen \\d/ [pressed]
              - button /Meine \\d/
              - button /Erledigt \\d/
            - button /Nächste Person/
            - list:
              - listitem:
                - button /Jonas Köhler wartet \\d+ Min\\. Wann wird die Wippe .* 1 ungelesen/
          - region "Gespräch":
            - heading "Anna Weber" [level=2]
            - button "Abgeben"
            - button "Erledigt"
            - button "Anders abschließen"
            - log "Gesprächsverlauf mit Anna Weber":
              - list:
                - listitem: Heute
                - listitem:
                  - text: "Anna Weber schrieb:"
            - form "Antwort an Anna Weber":
              - group "Art des Beitrags":
                - button "Antwort" [pressed]
                - button "Interne Notiz"
              - textbox "Antwort an Anna Weber"
              - button "Senden"
        - complementary "Details":
          - heading "Anliegen" [level=2]
          - heading "Person" [level=2]
          - heading "Tastatur" [level=2]
        - status
        - alert
        """,
    )


def test_what_became_of_a_message_is_heard_beside_what_can_be_done(visit: Visit) -> None:
    expect(visit(NAMED["console-talk"]).get_by_role("log")).to_match_aria_snapshot(
        """
        - log:
          - list:
            - listitem:
              - button /Foto von Anna Weber, .* groß ansehen/:
                - img /Foto von Anna Weber/
            - listitem:
              - paragraph: Stefan Keller
              - paragraph: "Reaktionen: 👍"
              - paragraph:
                - time: /15:\\d\\d/
                - text: gelesen
            - listitem:
              - paragraph: Interne Notiz · Stefan Keller
            - listitem:
              - paragraph: Diese Antwort wird nicht zugestellt.
              - paragraph:
                - strong: "Nicht zugestellt:"
              - button "Erneut senden"
            - listitem:
              - paragraph: /Unklar, ob die Nachricht angekommen ist/
              - button "Ist angekommen"
              - button "Erneut senden"
            - listitem: 1 ungelesen
        """
    )


def test_the_answer_that_was_missed_is_heard_before_the_choice(visit: Visit) -> None:
    expect(visit(NAMED["console-stale"]).get_by_role("log")).to_match_aria_snapshot(
        """
        - log:
          - list:
            - listitem:
              - paragraph: Stefan Keller
              - paragraph: Gern, Ihnen auch einen schönen Tag!
              - paragraph:
                - strong: "Nicht gesendet:"
              - blockquote:
                - paragraph: /Maria Brandt/
                - paragraph: Das freut uns. Schönen Tag noch!
              - button "Trotzdem senden"
              - button "Zurück ins Feld"
        """
    )


def test_dialogs_and_menus_are_heard_with_their_names(visit: Visit) -> None:
    heard(
        visit(NAMED["console-open-now"]),
        """
        - dialog "Jetzt öffnen":
          - heading "Jetzt öffnen" [level=2]
          - combobox "Dauer":
            - option "60 Minuten" [selected]
          - button "Abbrechen"
          - button "Jetzt öffnen"
        """,
    )
    heard(
        visit(NAMED["console-help"]),
        """
        - dialog "Tastatur":
          - heading "Tastatur" [level=2]
          - term: Alt+N
          - definition: Nächste Person übernehmen
          - button "Schließen"
        """,
    )
    heard(
        visit(NAMED["console-menu"]),
        """
        - button "Menü" [expanded]
        - menu "Menü":
          - menuitemradio "Darstellung wie im System" [checked]
          - menuitemradio "Dunkle Darstellung"
          - menuitem "Tastatur"
          - menuitem "Abmelden"
        """,
    )


def test_the_closing_is_heard_person_by_person(visit: Visit) -> None:
    heard(
        visit(NAMED["console-settling"]),
        """
        - dialog "Sprechstunde beenden?":
          - heading "Sprechstunde beenden?" [level=2]
          - paragraph: 7 Personen warten noch auf Antwort.
          - group "Sprechstunde beenden?":
            - radio "Offene noch beantworten – keine neuen Fragen"
            - radio "Jetzt abschließen" [checked]
          - list:
            - listitem:
              - heading "Jonas Köhler" [level=3]
              - paragraph: /Wartet seit 15:\\d\\d Text möglich bis morgen, 15:\\d\\d/
              - combobox "Was wird aus Jonas Köhler?":
                - option "Antwort zugesagt" [selected]
              - textbox "Antwort bis"
              - textbox "Text an Jonas Köhler"
            - listitem:
              - heading "Fatma Yılmaz" [level=3]
              - combobox "Was wird aus Fatma Yılmaz?"
              - textbox "Fachamt": Straßenbauamt
              - textbox "Text an Fatma Yılmaz": /Zuständig ist. Straßenbauamt/
          - button "Abbrechen"
          - button "Abschließen" [disabled]
        """,
    )


def test_the_public_page_is_heard_with_date_number_and_link_first(visit: Visit) -> None:
    heard(
        visit(NAMED["public-next"]),
        """
        - link "Zum Inhalt springen"
        - banner:
          - paragraph: Gemeinde Kappelrodeck
          - list:
            - listitem:
              - link "Leichte Sprache":
                - /url: /leichte-sprache
            - listitem:
              - link "English"
        - main:
          - article "WhatsApp-Bürgersprechstunde":
            - heading "WhatsApp-Bürgersprechstunde" [level=1]
            - paragraph: Nächster Termin
            - paragraph:
              - time: Donnerstag, 3. Dezember 2026, 15–16 Uhr
            - paragraph:
              - link "In WhatsApp öffnen":
                - /url: https://wa.me/49784280221
              - text: WhatsApp-Nummer
              - strong: 07842 80221
            - figure "Mit der Kamera scannen"
            - heading "So geht es" [level=2]
            - heading "Die nächsten Termine" [level=2]
            - link "Alle Termine":
              - /url: /termine
            - heading "Was nicht geht" [level=2]
            - heading "Ohne WhatsApp" [level=2]
          - heading "Auf dem Laufenden bleiben" [level=2]
          - list:
            - listitem:
              - link "Kalender abonnieren"
            - listitem:
              - link "Kalenderdatei"
            - listitem:
              - link "Ankündigungen als Atom-Feed"
        - contentinfo:
          - link "Datenschutz"
          - link "Anmeldung für das Rathaus"
        """,
    )


def test_each_page_has_a_title_of_its_own_and_one_heading_above_the_others(visit: Visit) -> None:
    titles = []
    for name in ("login", "login-refused", "not-found", "public-next", "console-queue"):
        page = visit(NAMED[name])
        levels = page.evaluate(
            "() => [...document.querySelectorAll('h1,h2,h3,h4')].map((one) => +one.tagName[1])"
        )
        assert levels.count(1) == 1, name
        assert all(after - before <= 1 for before, after in zip([0, *levels], levels, strict=False)), (
            name,
            levels,
        )
        titles.append(page.title())
    assert len(set(titles)) == len(titles), titles
