"""What browsers load: scripts, styles, fonts and icons, under an address that changes with every release.

All files are read, hashed and compressed once at the start and served from memory. Only what was found then
can be asked for, so no path can lead anywhere else. Types come from this table: a system's own is not to be
relied on, and with ``nosniff`` a wrong one stops a module.

Three things are lighter than they lie in the folder, so that a console on a slow line has a fifth less to wait for:
comments that fill lines of their own go as empty lines (a fault's line number still holds), lines begin without their
indentation, and a sheet that imports others goes with them in it.
"""

from __future__ import annotations

import gzip
import hashlib
import posixpath
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

#: Media types by ending; True: worth compressing.
TYPES = {
    ".css": ("text/css; charset=utf-8", True),
    ".js": ("text/javascript; charset=utf-8", True),
    ".json": ("application/json", True),
    ".png": ("image/png", False),
    ".svg": ("image/svg+xml", True),
    ".wav": ("audio/wav", False),
    ".webmanifest": ("application/manifest+json", True),
    ".woff2": ("font/woff2", False),
}

#: The folders of ``web/`` that browsers may see; beside them only files at its top that are pictures.
FOLDERS = ("chat", "console", "fonts", "planning", "shared", "sounds", "styles", "vendor")
AT_THE_TOP = (".svg", ".png")

FOREVER = "public, max-age=31536000, immutable"
#: A comment with nothing before or behind it; one that begins with ``!`` is a licence.
COMMENT = re.compile(r"^[ \t]*/\*(?!!)(?:(?!\*/).)*\*/[ \t]*$", re.MULTILINE | re.DOTALL)
INDENT = re.compile(r"^[ \t]+", re.MULTILINE)
SHEET = re.compile(r"""^@import "(?P<path>(?:[\w-]+/)?[\w-]+\.css)";$""", re.MULTILINE)
IMPORT = re.compile(r"""^\s*(?:import|export)\b[^"';]*?["'](?P<path>\.{1,2}/[^"']+)["']""", re.MULTILINE)


def web_folder() -> Path:
    """Where the browser's files lie: beside this package in a checkout, inside it once installed."""
    package = Path(__file__).parent.parent
    inside = package / "web"
    return inside if inside.is_dir() else package.parent / "web"


@dataclass(frozen=True, slots=True)
class Asset:
    """One file as it is sent; ``small`` is its gzip form, None where that would not be smaller."""

    body: bytes
    small: bytes | None
    media_type: str


class Assets:
    """The files of one release, by their path below ``web/``."""

    def __init__(self, folder: Path) -> None:
        self.files = {path: _asset(folder, path) for path in sorted(_found(folder))}
        self.release = _release(self.files)

    def url(self, path: str) -> str:
        """The address of a file. Raises KeyError for one that does not exist."""
        if path not in self.files:
            raise KeyError(path)
        return f"/assets/{self.release}/{path}"

    def modules(self, entry: str) -> list[str]:
        """The addresses of a module and of all it imports, nearest first: what to ``modulepreload``."""
        waiting, found = [entry] if entry in self.files else [], list[str]()
        while waiting:
            path = waiting.pop(0)
            found.append(path)
            waiting += [name for name in self._imports(path) if name not in found and name not in waiting]
        return [self.url(path) for path in found]

    def _imports(self, path: str) -> list[str]:
        folder = posixpath.dirname(path)
        source = self.files[path].body.decode()
        names = [
            posixpath.normpath(posixpath.join(folder, match["path"])) for match in IMPORT.finditer(source)
        ]
        return [name for name in dict.fromkeys(names) if name in self.files]

    def routes(self) -> list[Route]:
        """``/assets/RELEASE/PATH``."""
        return [Route("/assets/{release}/{path:path}", self.serve, name="assets")]

    async def serve(self, request: Request) -> Response:
        """One file, to be kept for ever: another release has other addresses."""
        asset = self.files.get(request.path_params["path"])
        if asset is None or request.path_params["release"] != self.release:
            raise HTTPException(404)
        headers = {"cache-control": FOREVER}
        if asset.small is None:
            return Response(asset.body, headers=headers, media_type=asset.media_type)
        headers["vary"] = "accept-encoding"
        if not _takes_gzip(request.headers.get("accept-encoding", "")):
            return Response(asset.body, headers=headers, media_type=asset.media_type)
        return Response(
            asset.small, headers={**headers, "content-encoding": "gzip"}, media_type=asset.media_type
        )


def _found(folder: Path) -> Iterator[str]:
    """Every file that may be seen. A link is not followed: it may lead out."""
    for top in FOLDERS:
        for path in (folder / top).rglob("*"):
            if path.suffix in TYPES and path.is_file() and not path.is_symlink():
                yield path.relative_to(folder).as_posix()
    for path in folder.glob("*"):
        if path.suffix in AT_THE_TOP and path.is_file() and not path.is_symlink():
            yield path.name


def _asset(folder: Path, path: str) -> Asset:
    media_type, worth = TYPES[posixpath.splitext(path)[1]]
    body = _body(folder / path)
    small = gzip.compress(body, 9, mtime=0) if worth else body
    return Asset(body, small if len(small) < len(body) else None, media_type)


def _body(path: Path) -> bytes:
    if path.suffix not in (".js", ".css"):
        return path.read_bytes()
    text = COMMENT.sub(lambda comment: "\n" * comment[0].count("\n"), path.read_text(encoding="utf-8"))
    text = INDENT.sub("", text)
    if path.suffix == ".css":
        text = SHEET.sub(lambda sheet: _body(path.parent / sheet["path"]).decode(), text)
    return text.encode()


def _release(files: dict[str, Asset]) -> str:
    digest = hashlib.sha256()
    for path, asset in files.items():
        digest.update(f"{path}\0{len(asset.body)}\0".encode())
        digest.update(asset.body)
    return digest.hexdigest()[:16]


def _takes_gzip(accepted: str) -> bool:
    """Does ``Accept-Encoding`` name gzip, and not only to refuse it?"""
    for part in accepted.split(","):
        name, _, quality = part.partition(";")
        if name.strip().lower() in ("gzip", "*"):
            return not re.fullmatch(r"\s*q\s*=\s*0(\.0*)?\s*", quality)
    return False
