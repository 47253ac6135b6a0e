"""From a wall clock to an instant, exact over both clock changes.

The rule: a window goes from the first instant at which the wall clock shows its start to the last at which it
shows its end; a time that the spring change leaves out stands for the moment of the change. So an hour in the
autumn night counts twice, no window is of negative length, and one that lies in the missing hour is empty.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

from sessionhours.core.schedule_rules import DAY, WallSpan


def window(day: date, span: WallSpan, zone: ZoneInfo) -> tuple[datetime, datetime]:
    """The UTC instants ``[opens, closes)`` of a wall-clock span that begins on ``day``."""
    return instant(day, span.from_, zone, fold=0), instant(day, span.to, zone, fold=1)


def instant(day: date, minute: int, zone: ZoneInfo, *, fold: Literal[0, 1]) -> datetime:
    """The UTC instant at which the clock shows ``minute`` of ``day``: the first (0) or the last (1)."""
    local = _local(day, minute, zone).replace(fold=fold)
    if oddity(day, minute, zone) == "missing":
        return _jump(local)
    return local.astimezone(UTC)


def oddity(day: date, minute: int, zone: ZoneInfo) -> Literal["missing", "twice"] | None:
    """What is odd about a local time: the spring change leaves it out, or the autumn change repeats it."""
    local = _local(day, minute, zone)
    before, after = local.utcoffset(), local.replace(fold=1).utcoffset()
    if before is None or after is None or before == after:
        return None
    return "missing" if before < after else "twice"


def local_date(moment: datetime, zone: ZoneInfo) -> date:
    """The date on the town's calendar at an instant."""
    return moment.astimezone(zone).date()


def _local(day: date, minute: int, zone: ZoneInfo) -> datetime:
    naive = datetime.combine(day + timedelta(days=minute // DAY), time(minute % DAY // 60, minute % 60))
    return naive.replace(tzinfo=zone)


def _jump(local: datetime) -> datetime:
    """The instant of the change over which ``local`` is skipped, to the minute (PEP 495 brackets it)."""
    moment, latest = local.replace(fold=1).astimezone(UTC), local.replace(fold=0).astimezone(UTC)
    offset = latest.astimezone(local.tzinfo).utcoffset()
    while moment < latest and moment.astimezone(local.tzinfo).utcoffset() != offset:
        moment += timedelta(minutes=1)
    return moment
