"""What goes wrong in front of a console, done on purpose: the states of console.md §8 that nobody wants to see."""

from __future__ import annotations

from playwright.sync_api import Page, WebSocketRoute, expect

from tests.browser.api import Api

LIVE = "**/api/live"


def loading(page: Page) -> None:
    """The live connection stands and says nothing yet."""
    page.route_web_socket(LIVE, lambda socket: None)
    page.reload()
    expect(page.locator(".rows.loading")).to_be_visible()


def unreachable(page: Page) -> None:
    """The server cannot even say who is logged in."""
    page.route("**/api/me", lambda route: route.abort())
    page.reload()
    expect(page.get_by_role("heading", name="Die Konsole konnte nicht geladen werden")).to_be_visible()


def restarting(page: Page) -> None:
    """The server goes, and is not back yet."""
    _cut(page, 1012)
    expect(page.locator(".banner.warn")).to_be_visible()


def logged_out(page: Page) -> None:
    """The login has run out while somebody was reading."""
    _cut(page, 4001)
    expect(page.locator(".banner.danger")).to_be_visible()


def _cut(page: Page, code: int) -> None:
    """Close the live connection with a code, and each one that comes after it."""
    through: list[WebSocketRoute] = []

    def opened(socket: WebSocketRoute) -> None:
        if through:
            return socket.close(code=code)
        through.append(socket)
        socket.connect_to_server()

    page.route_web_socket(LIVE, opened)
    page.reload()
    expect(page.locator(".connection.ok")).to_be_attached()
    through[0].close(code=code)


def answered_meanwhile(page: Page, name: str) -> None:
    """While there was no network a colleague answered the same person: the own answer waits for a decision."""
    with Api(page.url.split("/console")[0], "brandt") as brandt:
        conversation = brandt.conversation(name)["id"]
        page.evaluate("(id) => { location.hash = `c-${id}` }", conversation)
        expect(page.get_by_role("log").get_by_role("listitem").first).to_be_visible()
        page.context.set_offline(True)
        page.locator("#composer").fill("Gern, Ihnen auch einen schönen Tag!")
        page.get_by_role("button", name="Senden", exact=True).click()
        expect(page.get_by_text("wartet auf Verbindung")).to_be_visible()
        brandt.reply(name, "Das freut uns. Schönen Tag noch!")
    page.context.set_offline(False)
    expect(page.get_by_role("button", name="Trotzdem senden")).to_be_visible()
