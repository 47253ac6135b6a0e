"""What a screen reader is told, and what a hidden tab says in its title."""

from __future__ import annotations

import re
from datetime import timedelta

from playwright.sync_api import Page, expect

from tests.browser.conftest import Complaints, Sit
from tests.browser.test_side_by_side import answer, bubble, look_at, row
from tests.browser.townhall import TownHall
from tests.fakes import wait_until
from tests.makers import CLOSES

LISTEN = """() => {
  window.heard = [];
  for (const id of ['polite', 'urgent']) {
    const region = document.getElementById(id);
    new MutationObserver(() => region.textContent && window.heard.push([id, region.textContent]))
      .observe(region, { childList: true, characterData: true, subtree: true });
  }
}"""
LOG_SPEAKS = """() => {
  window.read = [];
  const log = document.querySelector('[role=log]');
  new MutationObserver((changes) => {
    if (log.getAttribute('aria-live') === 'off') return;
    for (const change of changes) for (const node of change.addedNodes) window.read.push(node.textContent ?? '');
  }).observe(log, { childList: true, subtree: true });
}"""


def heard(page: Page) -> list[tuple[str, str]]:
    """What the two live regions said, in order."""
    return [(who, what) for who, what in page.evaluate("() => window.heard")]


def test_a_minute_of_the_hour_is_told_in_few_words(hall: TownHall, sit: Sit, complaints: Complaints) -> None:
    complaints.allow("WebSocket|ERR_INTERNET_DISCONNECTED")
    page = sit("mayor")
    expect(page.locator("[role=status], [role=alert]")).to_have_count(2)
    anna = hall.citizen("Anna Weber")
    anna.write("Erste Frage")
    look_at(page, "Anna Weber")
    expect(bubble(page, "Erste Frage")).to_be_visible()
    page.evaluate(LISTEN)
    page.evaluate(LOG_SPEAKS)
    for n in range(5):
        hall.citizen(f"Person {n}").write("Eine Frage")
    expect(row(page, "Person 4")).to_be_visible()
    wait_until(lambda: bool(heard(page)), 30, "the others are summed up", pause=page.wait_for_timeout)
    anna.write("Zweite Frage")
    expect(bubble(page, "Zweite Frage")).to_be_visible()
    read = page.evaluate("() => window.read")
    assert any("Zweite Frage" in words for words in read)
    assert not any("Erste Frage" in words for words in read), "history is not read out"
    page.context.set_offline(True)
    expect(page.locator(".banner")).to_be_visible()
    page.context.set_offline(False)
    expect(page.locator(".connection.ok")).to_be_attached()
    said = heard(page)
    assert ("urgent", "Verbindung unterbrochen. Sie können weiterschreiben.") in said
    sums = [what for who, what in said if who == "polite"]
    assert all(re.fullmatch(r"\d neue Nachricht(en)?, \d+ Personen warten\.", what) for what in sums), sums
    assert len(said) <= 6


def test_the_title_counts_who_waits_unread(hall: TownHall, sit: Sit) -> None:
    page = sit("brandt")
    look_at(page, "Anna Weber")
    before = page.title()
    found = re.match(r"\((\d+)\) ", before)
    count = int(found[1]) if found else 0
    hall.citizen("Ida Neu").write("Hallo")
    expect(page).to_have_title(re.compile(rf"^\({count + 1}\) Sprechstunde – noch \d+:\d\d$"))
    look_at(page, "Ida Neu")
    expect(page).to_have_title(re.compile(rf"^\({count}\) " if count else "^Sprechstunde"))


def test_a_failed_send_is_said_aloud(hall: TownHall, sit: Sit) -> None:
    page = sit("mayor")
    uwe = hall.citizen("Uwe Stumm", reads=False)
    uwe.write("Guten Tag")
    look_at(page, "Uwe Stumm")
    uwe.goes(online=False)
    page.evaluate(LISTEN)
    answer(page, "Kommt das an?")
    expect(bubble(page, "Kommt das an?").locator(".tick")).to_have_text("gesendet")
    hall.steer("fail", id=hall.said_to(uwe)[-1]["id"], code=131026)
    failed = bubble(page, "Kommt das an?")
    expect(failed).to_contain_text(
        "Nicht zugestellt: Die Nummer ist nicht (mehr) bei WhatsApp, oder die App ist zu alt."
    )
    expect(failed.get_by_role("button", name="Erneut senden")).to_be_visible()
    wait_until(lambda: ("urgent", "Nicht gesendet: Kommt das an?") in heard(page), what="it is said")


def test_the_time_left_is_said_at_its_marks_and_not_each_second(hall: TownHall, sit: Sit) -> None:
    page = sit("mayor")
    for minutes, told in ((15, ("polite", "Noch 15 Minuten.")), (1, ("urgent", "Noch 1 Minute."))):
        hall.server.clock.set(CLOSES - timedelta(minutes=minutes, seconds=4))
        page.reload()
        expect(page.get_by_role("timer")).to_have_text(re.compile(rf"^noch {minutes}:0\d"))
        expect(page.get_by_role("timer")).to_have_attribute("aria-live", "off")
        page.evaluate(LISTEN)
        wait_until(lambda: bool(heard(page)), 30, "the mark is told")
        assert heard(page) == [told]


def test_the_end_of_the_hour_takes_no_begun_text(hall: TownHall, sit: Sit) -> None:
    lena = hall.citizen("Lena Spät")
    hall.server.clock.set(CLOSES - timedelta(minutes=2))
    lena.write("Noch schnell eine Frage")
    page = sit("mayor")
    look_at(page, "Lena Spät")
    page.locator("#composer").fill("Das klären wir")
    hall.server.clock.set(CLOSES + timedelta(seconds=30))
    expect(page.locator(".clock")).to_contain_text("Nachlauf")
    expect(page.locator(".clock")).to_contain_text(re.compile(r"noch \d+ Person"))
    expect(page.locator(".clock")).to_contain_text("Ende war 16:00")
    expect(page.locator("#composer")).to_have_value("Das klären wir")
    answer(page, "Das klären wir bis Freitag.")
    wait_until(lambda: lena.heard() == ["Das klären wir bis Freitag."], what="it is answered after the end")
