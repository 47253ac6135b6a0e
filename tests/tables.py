"""Tables that are there already: to migrate anew for each test would be most of its time."""

from __future__ import annotations

import tempfile
from functools import cache
from pathlib import Path

from sessionhours.store.engines import writer
from sessionhours.store.migrate import migrate


def lay(file: Path) -> Path:
    """Put a SQLite file there with the tables in it, as migrating makes it, unless there is one. Returns the file."""
    if not file.exists():
        file.write_bytes(_migrated())
    return file


@cache
def _migrated() -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "sessionhours.db"
        engine = writer(f"sqlite:///{file}")
        migrate(engine)
        engine.dispose()
        return file.read_bytes()
