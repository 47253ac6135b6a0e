"""Environment and schedule files to frozen values; every fault is reported at once (surfaces §2, §3)."""

from __future__ import annotations

from pathlib import Path

from sessionhours.core.schedule import Schedule
from sessionhours.schedulefile import read_schedule


def load_schedule(path: Path | str) -> Schedule:
    """The schedule of one file. Raises errors.ConfigFaults with every fault in it."""
    return read_schedule(Path(path))
