"""Whatever a stranger puts into any field stands on the screen as the letters that it is, and does nothing."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Sit
from tests.browser.townhall import Citizen, TownHall
from tests.fakes import wait_until

PAYLOADS = (
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "<svg onload=alert(1)>",
    "<svg><script>alert(1)</script></svg>",
    "<iframe src=https://evil.example></iframe>",
    "<iframe srcdoc='<script>alert(1)</script>'></iframe>",
    "<body onload=alert(1)>",
    "<video><source onerror=alert(1)></video>",
    "<details open ontoggle=alert(1)>x</details>",
    "<input autofocus onfocus=alert(1)>",
    "<form action=https://evil.example><button>Senden</button></form>",
    "<a href=javascript:alert(1)>Klick</a>",
    "<link rel=stylesheet href=https://evil.example/x.css>",
    "<style>*{display:none}</style>",
    "<base href=https://evil.example/>",
    "<meta http-equiv=refresh content='0;url=https://evil.example'>",
    "<object data=https://evil.example></object>",
    "<embed src=https://evil.example>",
    "<math><mtext><script>alert(1)</script></mtext></math>",
    "<template><script>alert(1)</script></template>",
    "</p></li></ol><script>alert(1)</script>",
    '"><script>alert(1)</script>',
    "' onmouseover='alert(1)",
    '" onfocus="alert(1)" autofocus="',
    "`${alert(1)}`",
    "${alert(1)}",
    "{{7*7}}",
    "{{constructor.constructor('alert(1)')()}}",
    "{% raw %}{{ config }}{% endraw %}",
    "{0.__class__} %s %(x)s",
    "javascript:alert(1)",
    "data:text/html,<script>alert(1)</script>",
    "vbscript:msgbox(1)",
    "[Klick](javascript:alert(1))",
    "[Bank](https://bank.example@evil.example/)",
    "![x](https://evil.example/pixel.png)",
    "https://evil.example/%3Cscript%3E",
    "<div style='position:fixed;inset:0;background:red'>Neu anmelden</div>",
    "&lt;script&gt;alert(1)&lt;/script&gt; &#60;b&#62;",
    "<!--<script>--><b>fett</b><![CDATA[<script>alert(1)</script>]]>",
)

ANYTHING_BUILT = (
    ".log :is(.words, .quote, .unsup, .by) :is(script, iframe, object, embed, style, link, form, input, video, base, "
    "meta, b, details, template, math, div, [onerror], [onload], [style])"
)


def said(page: Page, part: str) -> list[str]:
    """The text of every element that matches, letter by letter."""
    return [
        str(text) for text in page.locator(part).evaluate_all("(all) => all.map((one) => one.textContent)")
    ]


def everything_came(page: Page, part: str, wanted: list[str]) -> None:
    """Each of the wanted texts stands in one of the elements, as it was written."""
    wait_until(
        lambda: not _missing(page, part, wanted), 10, f"{len(wanted)} texts in {part}", page.wait_for_timeout
    )


def _missing(page: Page, part: str, wanted: list[str]) -> list[str]:
    there = said(page, part)
    return [text for text in wanted if not any(text in one for one in there)]


@pytest.mark.proves("C15", "C16")
def test_whatever_is_written_is_only_read(hall: TownHall, sit: Sit) -> None:
    assert len(PAYLOADS) == 40
    mallory = hall.citizen("Mallory Müller")
    quoted = [mallory.write(f"{text} 0") for text in PAYLOADS]
    page = sit("mayor")
    page.get_by_role("button", name="Mallory Müller").click()
    for text, id in zip(PAYLOADS, quoted, strict=True):
        write_everywhere(mallory, text, id)
    everything_came(page, ".log .words", [f"{text} {n}" for text in PAYLOADS for n in (0, 1, 2, 3)])
    everything_came(page, ".log .quote", [f"{text} 0" for text in PAYLOADS])
    everything_came(page, ".log .unsup", [f"{text} {n}" for text in PAYLOADS for n in (4, 5)])
    nothing_happened(page)


def write_everywhere(citizen: Citizen, text: str, quoted: str) -> None:
    """The text in every field that a message has."""
    citizen.write(f"{text} 1", reply_to=quoted)
    citizen.write(type="image", caption=f"{text} 2")
    citizen.write(type="button", button={"payload": text, "text": f"{text} 3"})
    citizen.write(type="location", latitude=48.5, longitude=8.1, name=f"{text} 4")
    citizen.write(type="contacts", contacts=[{"name": {"formatted_name": f"{text} 5", "first_name": text}}])


@pytest.mark.proves("C15")
def test_what_else_a_message_holds_is_only_read(hall: TownHall, sit: Sit) -> None:
    """Answers to lists and flows, orders, advertisements and addresses, and what colleagues write beside them."""
    victor = hall.citizen("Victor Müller")
    victor.write("Guten Tag")
    page = sit("mayor")
    page.get_by_role("button", name="Victor Müller").click()
    for text in PAYLOADS:
        write_the_rest(victor, text)
    everything_came(page, ".log .words", [f"{text} {n}" for text in PAYLOADS for n in (0, 2)])
    everything_came(page, ".log .unsup", [f"{text} 3" for text in PAYLOADS])
    for text in PAYLOADS[:4]:
        page.get_by_role("button", name="Interne Notiz").click()
        page.get_by_role("textbox", name="Interne Notiz zu Victor Müller").fill(f"{text} Notiz")
        page.get_by_role("button", name="Notiz speichern").click()
    everything_came(page, ".log li", [f"{text} Notiz" for text in PAYLOADS[:4]])
    nothing_happened(page)


def write_the_rest(citizen: Citizen, text: str) -> None:
    """The text in the fields that are rarer."""
    chosen = {"id": text, "title": f"{text} 0", "description": text}
    citizen.write(type="interactive", interactive={"type": "list_reply", "list_reply": chosen})
    item = {"product_retailer_id": text, "quantity": 1, "item_price": 1.5, "currency": text}
    citizen.write(type="order", order={"catalog_id": text, "text": f"{text} 1", "product_items": [item]})
    advert = {"source_url": text, "source_type": "ad", "source_id": text, "headline": text, "body": text}
    citizen.write(f"{text} 2", referral=advert)
    citizen.write(type="location", latitude=48.5, longitude=8.1, name="", address=f"{text} 3", url=text)


@pytest.mark.proves("C15")
def test_a_files_name_is_only_a_name(hall: TownHall, sit: Sit) -> None:
    trudy = hall.citizen("Trudy Müller")
    page = sit("mayor")
    for n, text in enumerate(PAYLOADS):
        trudy.write(type="document", filename=f"{text} {n}.pdf")
    page.get_by_role("button", name="Trudy Müller").click()
    everything_came(page, ".log .unsup", [f"{text} {n}.pdf" for n, text in enumerate(PAYLOADS)])
    nothing_happened(page)


@pytest.mark.proves("C15")
def test_a_persons_name_is_only_a_name(hall: TownHall, sit: Sit) -> None:
    page = sit("mayor")
    for n, text in enumerate(PAYLOADS):
        hall.citizen(text, username=f"{text}.{n}").write("Guten Tag")
    everything_came(page, ".row .who", list(PAYLOADS))
    for text in PAYLOADS[:8]:
        row = page.locator(".row").filter(has=page.get_by_text(text, exact=True)).first
        row.click()
        expect(page.locator("#heading")).to_have_text(text)
        assert page.locator("#heading *, .who *").count() == 0
    nothing_happened(page)


def nothing_happened(page: Page) -> None:
    """No element was made of letters, no link but to a file of ours, and the page is where it was."""
    assert page.locator(ANYTHING_BUILT).count() == 0
    links = page.locator(".log a").evaluate_all("(all) => all.map((one) => one.getAttribute('href'))")
    assert [link for link in links if not link.startswith("/api/media/")] == []
    assert "/console" in page.url
    expect(page.get_by_role("navigation", name="Warteschlange")).to_be_visible()
