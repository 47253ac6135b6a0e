"""Seals: raw bodies are encrypted on PostgreSQL, whose heap and write-ahead log keep what was deleted (surfaces §3).

A key lives in a file of its own, for a minute at most of one process, and is destroyed once nothing that it sealed is
needed any more: what is left in the database's files then is noise. Whoever uses a key holds its file by `flock`, so nobody
destroys what another process is about to seal with; the kernel lets go when a process dies.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import secrets
import threading
from collections.abc import Container
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from sqlmodel import Session

from sessionhours.errors import SessionhoursError

#: AES-256-GCM (NIST SP 800-38D): a random nonce of 96 bits before the bytes, a tag of 128 bits behind them.
KEY_BYTES = 32
NONCE_BYTES = 12

MINUTE = 60_000

#: How long a key is sealed with, in milliseconds. On the shelf ``until`` the instant is when a body's time is over, so
#: that all that one key seals is over at nearly the same moment, and the key can go within the minute.
SHELVES = {"came": MINUTE, "until": MINUTE // 4}


class Sealed(SessionhoursError):
    """The key of this body is gone, or the bytes are not what was sealed with it: nobody can read it."""


@dataclass(frozen=True, slots=True)
class Key:
    """A key that this process seals with; ``descriptor`` holds its file."""

    name: str
    slot: int
    cipher: AESGCM
    descriptor: int


class Seals:
    """The keys of one folder, which several processes may share.

    A key's name is ``FOLDER-MINUTE-RANDOM``: the folder's own id says whether a key that is missing was destroyed
    or lies with another process.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.id = self._own_id()
        self._door = threading.Lock()
        self._current: dict[str, Key] = {}
        self._retired: dict[str, int] = {}
        self._held: dict[str, int] = {}
        self._opened: dict[str, AESGCM] = {}

    def seal(self, body: bytes, at: int, *, shelf: str = "came") -> tuple[str, bytes]:
        """The name of the key and the sealed body. The key is on the disk when this returns.

        ``at``: when the body came, in milliseconds; on the shelf ``until`` when it goes. Raises `OSError` where the key
        cannot be kept.
        """
        with self._door:
            key = self._key(shelf, at // SHELVES[shelf])
        nonce = os.urandom(NONCE_BYTES)
        return key.name, nonce + key.cipher.encrypt(nonce, body, key.name.encode())

    def open(self, name: str, sealed: bytes) -> bytes:
        """The body. Raises `Sealed`."""
        cipher = self._opened.get(name)
        if cipher is None:
            cipher = self._opened[name] = self._read(name)
        try:
            return cipher.decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], name.encode())
        except (InvalidTag, ValueError):
            raise Sealed(f"not what was sealed with the key {name}") from None

    # -- destroying --------------------------------------------------------------------------------

    def retire(self, session: Session | None = None) -> None:
        """Seal with no key used so far; hold those and whatever a dead process left, so that `destroy` may look.

        An action for the writer: when it has returned, whatever was sealed before is committed or will never be.
        """
        with self._door:
            self._retire()
            self._held |= self._retired
            self._retired = {}
            self._opened.clear()
        for name in self.names() - self._held.keys():
            if (descriptor := self._grasp(name)) is not None:
                self._held[name] = descriptor

    def destroy(self, needed: Container[str]) -> list[str]:
        """Destroy the retired keys but those still ``needed`` (read after `retire`); the names of the destroyed."""
        gone = [name for name in self._held if name not in needed]
        for name in gone:
            self._overwrite(self._held[name])
            (self.folder / name).unlink(missing_ok=True)
        if gone:
            _sync(self.folder)
        self._let_go()
        return gone

    def names(self) -> set[str]:
        """The keys that are here."""
        return {path.name for path in self.folder.glob(f"{self.id}-*")}

    def close(self) -> None:
        """Let go of every key; those still needed are there for whoever comes next."""
        with self._door:
            self._retire()
            self._held |= self._retired
            self._retired = {}
        self._let_go()

    # -- files -------------------------------------------------------------------------------------

    def _key(self, shelf: str, slot: int) -> Key:
        current = self._current.get(shelf)
        if current is None or current.slot != slot:
            self._retire(shelf)
            current = self._current[shelf] = self._make(slot, slot * SHELVES[shelf])
        return current

    def _retire(self, *shelves: str) -> None:
        for shelf in shelves or SHELVES:
            if (key := self._current.pop(shelf, None)) is not None:
                self._retired[key.name] = key.descriptor

    def _make(self, slot: int, at: int) -> Key:
        """A new key, held from before it has its name, and on the disk with it."""
        when = datetime.fromtimestamp(at / 1000, UTC).strftime("%Y%m%dT%H%M")
        name, bits = f"{self.id}-{when}-{secrets.token_hex(4)}", AESGCM.generate_key(KEY_BYTES * 8)
        aside = self.folder / f".{name}"
        descriptor = os.open(aside, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        os.write(descriptor, bits)
        os.fsync(descriptor)
        aside.rename(self.folder / name)
        _sync(self.folder)
        return Key(name, slot, AESGCM(bits), descriptor)

    def _read(self, name: str) -> AESGCM:
        try:
            if not name.startswith(f"{self.id}-") or "/" in name:
                raise Sealed(f"the key {name} is another process's")
            return AESGCM((self.folder / name).read_bytes())
        except (OSError, ValueError):
            raise Sealed(f"the key {name} is gone; nobody can read this body any more") from None

    def _grasp(self, name: str) -> int | None:
        """Hold a key's file; None where somebody uses it or it is gone."""
        try:
            descriptor = os.open(self.folder / name, os.O_RDWR | os.O_CLOEXEC)
        except OSError:
            return None
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            os.close(descriptor)
            return None
        return descriptor

    def _overwrite(self, descriptor: int) -> None:
        os.pwrite(descriptor, bytes(KEY_BYTES), 0)
        os.fsync(descriptor)

    def _let_go(self) -> None:
        for descriptor in self._held.values():
            os.close(descriptor)
        self._held.clear()

    def _own_id(self) -> str:
        """The folder's id, made once, whoever comes first."""
        path, aside = self.folder / "id", self.folder / f".id.{secrets.token_hex(4)}"
        if not path.exists():
            aside.write_text(secrets.token_hex(4))
            with contextlib.suppress(FileExistsError):
                os.link(aside, path)
            aside.unlink()
            _sync(self.folder)
        return path.read_text()


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
