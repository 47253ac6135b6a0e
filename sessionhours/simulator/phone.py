"""The phone page and the little it asks for."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles

from .world import Json, Person, Said

if TYPE_CHECKING:
    from .app import Simulation

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob: data:; media-src 'self'; "
    "connect-src 'self'; font-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; "
    "require-trusted-types-for 'script'; trusted-types 'none'"
)
HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-cache",
}
SHOWN = 200
SAFE_TYPES = ("image/jpeg", "image/png", "image/webp", "audio/", "video/")


def web_folder() -> Path:
    """Where the browser's files are: inside the package in a wheel, beside it in a checkout."""
    package = Path(__file__).resolve().parent.parent
    inside = package / "web"
    return inside if inside.is_dir() else package.parent / "web"


class Phone:
    """Serves the page, what stands in it, and the files in its chats."""

    def __init__(self, simulation: Simulation) -> None:
        self._simulation = simulation
        self._folder = web_folder()

    def routes(self) -> list[BaseRoute]:
        """The page at `/`, its files, and the small API below `/phone`."""
        return [
            Route("/", self.page),
            Route("/phone/state", self.state),
            Route("/phone/media/{id}", self.media),
            *(
                Mount(f"/{name}", StaticFiles(directory=self._folder / name, check_dir=False))
                for name in ("phone", "styles", "fonts")
            ),
        ]

    async def page(self, request: Request) -> Response:
        """The page itself, under the strictest policy it works with."""
        return FileResponse(self._folder / "phone" / "phone.html", headers=HEADERS)

    async def state(self, request: Request) -> Response:
        """Everything the page shows, or only the version if nothing changed since `version`.

        With `person`, the chat of that person stands in `chat`.
        """
        world = self._simulation.world
        andrang = self._simulation.andrang.shown()
        typing = self._typing(request.query_params.get("person"))
        version = f"{world.version}.{andrang['written']}.{andrang['running']:d}.{typing:d}"
        if request.query_params.get("version") == version:
            return JSONResponse({"version": version}, headers=HEADERS)
        person = world.people.get(request.query_params.get("person", ""))
        return JSONResponse(
            {
                "version": version,
                "numbers": [
                    {"id": n.id, "name": n.name, "display": n.display} for n in world.numbers.values()
                ],
                "people": [self._row(p) for p in world.people.values()],
                "chat": [said.shown() for said in world.chat(person.id)[-SHOWN:]] if person else [],
                "typing": typing,
                "andrang": andrang,
            },
            headers=HEADERS,
        )

    async def media(self, request: Request) -> Response:
        """A file of a chat; types that a browser would run are only offered for download."""
        file = self._simulation.shelf.find(request.path_params["id"])
        if file is None:
            return Response(status_code=404)
        type = file.mime_type if file.mime_type.startswith(SAFE_TYPES) else "application/octet-stream"
        return Response(file.data, media_type=type, headers=HEADERS)

    def _typing(self, person: str | None) -> bool:
        now = self._simulation.clock()
        until = self._simulation.world.typing_until
        return any(who == person and now < end for (_, who), end in until.items())

    def _row(self, person: Person) -> Json:
        chat = self._simulation.world.chat(person.id)
        return {
            "id": person.id,
            "name": person.name,
            "phone": person.phone,
            "phone_visible": person.phone_visible,
            "username": person.username,
            "blocked": person.blocked,
            "online": person.online,
            "reads": person.reads,
            "read_receipts": person.read_receipts,
            "blocks_business": person.blocks_business,
            "last": preview(chat),
        }


def preview(chat: list[Said]) -> Json | None:
    """The last message a person sees in a chat, as short as a list needs it."""
    said = next((said for said in reversed(chat) if said.type != "reaction" and seen(said)), None)
    if said is None:
        return None
    body = said.content.get("body")
    text = body.get("text") if isinstance(body, dict) else body
    text = text or said.content.get("caption") or said.content.get("text") or ""
    return {
        "type": said.type,
        "direction": said.direction,
        "text": str(text)[:120],
        "at": said.at,
        "status": said.status,
    }


def seen(said: Said) -> bool:
    """Whether the message is on the person's telephone: their own, or one that has been delivered."""
    return said.direction == "in" or said.status in ("delivered", "read", "played")
