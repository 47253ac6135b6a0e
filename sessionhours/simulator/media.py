"""Files: kept under an id that dies, fetched from a link that dies sooner."""

from __future__ import annotations

import base64
import hashlib
import hmac
from dataclasses import dataclass
from urllib.parse import urlencode

from .clock import Clock
from .errors import GraphError, no_such_object
from .world import Json

LINK_LIVES = 5 * 60
UPLOAD_LIVES = 30 * 24 * 3600
INBOUND_LIVES = 7 * 24 * 3600
MEDIA_HOST = "https://lookaside.fbsbx.com"
PATH = "/whatsapp_business/attachments/"
MEGABYTE = 1024 * 1024

IMAGES = {"image/jpeg", "image/png"}
AUDIO = {"audio/aac", "audio/amr", "audio/mpeg", "audio/mp4", "audio/ogg"}
VIDEO = {"video/mp4", "video/3gpp"}
STICKERS = {"image/webp"}
DOCUMENTS = {
    "text/plain",
    "text/csv",
    "application/pdf",
    "application/msword",
    "application/vnd.ms-excel",
    "application/vnd.ms-powerpoint",
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "application/vnd.openxmlformats-officedocument.presentationml.presentation",
}
SENDABLE = {"image": IMAGES, "audio": AUDIO, "video": VIDEO, "sticker": STICKERS}
SIZES = {"image": 5, "audio": 16, "video": 16, "sticker": 0.5, "document": 100}


@dataclass
class File:
    """One stored file. `dies` is when its id is no longer known."""

    id: str
    number: str
    data: bytes
    mime_type: str
    filename: str | None
    dies: float
    uploaded: bool

    @property
    def digest(self) -> bytes:
        """SHA-256 of the content."""
        return hashlib.sha256(self.data).digest()


def plain(mime_type: str) -> str:
    """A content type without its parameters."""
    return mime_type.partition(";")[0].strip().lower()


def category(mime_type: str) -> str:
    """The message type a content type goes with."""
    kinds = (kind for kind, types in SENDABLE.items() if plain(mime_type) in types)
    return next(kinds, "document")


class Shelf:
    """All files, and the links to them.

    `base` is scheme and host of the links; the real platform's media host until it is known where we listen,
    or `fixed`.
    """

    def __init__(self, clock: Clock) -> None:
        self.base = MEDIA_HOST
        self.fixed = False
        self._clock = clock
        self._files: dict[str, File] = {}
        self._key = b"links of the simulated media host"

    def pin(self, base: str) -> None:
        """Use this scheme and host in links from now on."""
        self.base = base.rstrip("/")
        self.fixed = True

    def upload(self, number: str, data: bytes, mime_type: str, filename: str | None) -> File:
        """Keep what a business uploads. Raises `GraphError` for types and sizes that are not taken."""
        kind = category(mime_type)
        if kind == "document" and plain(mime_type) not in DOCUMENTS:
            taken = ", ".join(sorted(DOCUMENTS.union(*SENDABLE.values())))
            raise GraphError(
                100,
                f"Param file must be a file with one of the following types: {taken}. Received {mime_type}.",
            )
        if len(data) > SIZES[kind] * MEGABYTE:
            raise GraphError(
                131053, f"File size {len(data)} is over the {SIZES[kind]} MB allowed for {kind}."
            )
        return self._keep(number, data, mime_type, filename, UPLOAD_LIVES, uploaded=True)

    def receive(self, number: str, data: bytes, mime_type: str, filename: str | None = None) -> File:
        """Keep what a person sent."""
        return self._keep(number, data, mime_type, filename, INBOUND_LIVES, uploaded=False)

    def _keep(
        self, number: str, data: bytes, mime_type: str, filename: str | None, lives: float, *, uploaded: bool
    ) -> File:
        id = str(500000000000001 + len(self._files))
        file = File(id, number, data, mime_type, filename, self._clock() + lives, uploaded)
        self._files[id] = file
        return file

    def find(self, id: str) -> File | None:
        """The file, or None if there is none or its id has died."""
        file = self._files.get(id)
        return file if file and file.data and self._clock() < file.dies else None

    def delete(self, id: str) -> None:
        """Let an id die now. Raises `GraphError` if it is dead already."""
        if self.find(id) is None:
            raise no_such_object(id, "delete")
        self._files[id].dies = 0.0

    def link(self, file: File, source: str = "getMedia") -> str:
        """A download link that works for five minutes."""
        expires = int(self._clock()) + LINK_LIVES
        query = {"mid": file.id, "source": source, "ext": expires, "hash": self._seal(file.id, expires)}
        return f"{self.base}{PATH}?{urlencode(query)}"

    def follow(self, id: str, expires: str, seal: str) -> File | None:
        """The file a link leads to, or None if it has expired or was never given out."""
        if not expires.isdecimal() or not hmac.compare_digest(seal, self._seal(id, int(expires))):
            return None
        return self.find(id) if self._clock() < int(expires) else None

    def node(self, file: File) -> Json:
        """What a look-up of the id answers."""
        return {
            "messaging_product": "whatsapp",
            "url": self.link(file),
            "mime_type": file.mime_type,
            "sha256": file.digest.hex(),
            "file_size": len(file.data),
            "id": file.id,
        }

    def attachment(self, file: File) -> Json:
        """What a webhook says of the file."""
        return {
            "mime_type": file.mime_type,
            "sha256": base64.b64encode(file.digest).decode(),
            "id": file.id,
            "url": self.link(file, "webhook"),
        }

    def _seal(self, id: str, expires: int) -> str:
        return "AR" + hmac.new(self._key, f"{id}:{expires}".encode(), hashlib.sha256).hexdigest()[:24]
