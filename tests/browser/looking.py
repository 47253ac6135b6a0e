"""What a page is looked at for: axe's rules, what sticks out sideways, what moves, where the focus goes."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

from playwright.sync_api import Locator, Page

AXE = Path(__file__).parents[2] / "web" / "node_modules" / "axe-core" / "axe.min.js"
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]

#: WCAG 1.4.12: what a reader may set must not cut anything off.
SPACING = (
    "* { line-height: 1.5 !important; letter-spacing: .12em !important; word-spacing: .16em !important; }"
)

#: WCAG 1.4.4: text twice as large, by the browser's own setting.
LARGE = "html { font-size: 200% !important; }"

#: A frame or two after the page got another size its widths may still be those of the old one: what sticks out stays so.
STICKS_OUT = """async () => {
  const drawn = () => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
  let out = [];
  for (let frames = 0; frames < 10; frames++) {
    await drawn();
    out = look();
    if (!out.length) break;
  }
  return out;
  function look() {
    const width = document.documentElement.clientWidth, out = [];
    if (document.scrollingElement.scrollWidth > width) out.push(`page: ${document.scrollingElement.scrollWidth} px`);
    for (const one of document.querySelectorAll('a, button, input, select, textarea, h1, h2, h3, p, dd, li, td')) {
      const box = one.getBoundingClientRect(), style = getComputedStyle(one);
      if (!box.width || !one.checkVisibility({ visibilityProperty: true }) || one.closest('.sr, .skip')) continue;
      if (style.position === 'absolute' && style.clipPath !== 'none') continue;
      if (box.right > width + 1 || box.left < -1) out.push(`${one.tagName} "${one.textContent.slice(0, 30)}" ${box.right}`);
    }
    return out;
  }
}"""

#: Text that does not fit into its box; a line box may be a pixel higher than its line.
CUT = """(one) => one.scrollWidth > one.clientWidth || one.scrollHeight > one.clientHeight + 2"""

MOVES = """() => {
  const longest = (list) => Math.max(...list.split(',').map((one) => parseFloat(one) * (one.includes('ms') ? 1 : 1000)));
  return [...document.querySelectorAll('*')].filter((one) => {
    const style = getComputedStyle(one);
    return longest(style.transitionDuration) > 50 || (style.animationName !== 'none' && longest(style.animationDuration) > 50);
  }).map((one) => one.outerHTML.slice(0, 80));
}"""

FOCUSED = """() => {
  const one = document.activeElement;
  if (!one || one === document.body) return null;
  const box = one.getBoundingClientRect(), style = getComputedStyle(one);
  const x = Math.min(Math.max(box.left + box.width / 2, 0), innerWidth - 1);
  const y = Math.min(Math.max(box.top + box.height / 2, 0), innerHeight - 1);
  const top = document.elementFromPoint(x, y);
  return {
    what: `${one.tagName}#${one.id}.${one.className}`,
    name: (one.getAttribute('aria-label') || one.labels?.[0]?.textContent || one.textContent || '').trim(),
    ring: style.outlineStyle === 'none' ? 0 : parseFloat(style.outlineWidth),
    width: box.width, height: box.height,
    inView: box.bottom > 0 && box.top < innerHeight && box.right > 0 && box.left < innerWidth,
    covered: !(top && (one.contains(top) || top.contains(one))),
    target: one.matches('a, button, input, select, textarea') && style.display !== 'inline',
  };
}"""

Json = dict[str, Any]


def violations(page: Page) -> list[str]:
    """What axe finds, with the CSP on; each as rule, page part, reason."""
    page.evaluate(_axe())
    found = page.evaluate("async (tags) => (await axe.run(document, { runOnly: tags })).violations", TAGS)
    return [
        f"{rule['id']}: {node['html'][:120]} – {node['failureSummary']}"
        for rule in found
        for node in rule["nodes"]
    ]


@cache
def _axe() -> str:
    return AXE.read_text(encoding="utf-8")


def sticks_out(page: Page) -> list[str]:
    """What needs sideways scrolling, or is cut off at the side."""
    return list(page.evaluate(STICKS_OUT))


def is_cut(text: Locator) -> bool:
    """Whether a part of this text cannot be read."""
    return bool(text.evaluate(CUT))


def moves(page: Page) -> list[str]:
    """What has an animation or a transition of more than 50 ms."""
    return list(page.evaluate(MOVES))


@contextmanager
def spaced_out(page: Page) -> Iterator[None]:
    """Text is set wider, as a reader may."""
    with _adopted(page, SPACING):
        yield


@contextmanager
def enlarged(page: Page) -> Iterator[None]:
    """Text is twice as large, as a reader may set it."""
    with _adopted(page, LARGE):
        yield


@contextmanager
def _adopted(page: Page, css: str) -> Iterator[None]:
    page.evaluate(
        """(css) => { const sheet = new CSSStyleSheet(); sheet.replaceSync(css);
        document.adoptedStyleSheets = [...document.adoptedStyleSheets, sheet] }""",
        css,
    )
    yield
    page.evaluate("() => { document.adoptedStyleSheets = document.adoptedStyleSheets.slice(0, -1) }")


def focused(page: Page) -> Json | None:
    """What has the focus: name, ring, size, whether it can be seen; None where nothing has it."""
    found = page.evaluate(FOCUSED)
    return None if found is None else dict(found)


def wrong_with(stop: Json) -> list[str]:
    """What is wrong with a stop of the Tab key (console.md §10, row 3)."""
    wrong = []
    if not stop["name"]:
        wrong.append("no name")
    if stop["ring"] < 2:
        wrong.append(f"ring of {stop['ring']} px")
    if stop["target"] and min(stop["width"], stop["height"]) < 24:
        wrong.append(f"{stop['width']} × {stop['height']} px")
    if not stop["inView"]:
        wrong.append("out of view")
    if stop["covered"]:
        wrong.append("covered")
    return wrong


def walk(page: Page, *, back: bool = False, most: int = 400) -> list[Json]:
    """Press Tab from the top until the focus leaves the page; each stop."""
    stops: list[Json] = []
    while len(stops) < most:
        page.keyboard.press("Shift+Tab" if back else "Tab")
        stop = focused(page)
        if stop is None or (stops and _same(stop, stops[0]) and not _same(stop, stops[-1])):
            return stops
        stops.append(stop)
    raise AssertionError(f"Tab does not come to an end: {[stop['name'] for stop in stops[-8:]]}")


def _same(one: Json, other: Json) -> bool:
    """The parts of a date field are one after the other the same field."""
    return (one["what"], one["name"]) == (other["what"], other["name"])
