"""The table: one row a comparison, each saying what is compared with what."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median, quantiles


@dataclass(frozen=True)
class Row:
    """``ratio`` is ours over theirs; None where a figure stands alone. ``goal`` is what to reach, in words."""

    measured: str
    against: str
    ratio: float | None
    figures: str
    goal: str = ""


@dataclass(frozen=True)
class Section:
    """The rows of one measurement under its title."""

    title: str
    rows: Sequence[Row]

    def __str__(self) -> str:
        return "\n".join([f"\n{self.title}", *map(_line, self.rows)])


def ratio(ours: Sequence[float], theirs: Sequence[float]) -> float:
    """The ratio of the medians."""
    return median(ours) / median(theirs)


def percentile(values: Sequence[float], percent: int) -> float:
    """The value that ``percent`` in a hundred do not exceed."""
    return quantiles(values, n=100, method="inclusive")[percent - 1]


def _line(row: Row) -> str:
    shown = f"{row.ratio:7.2f} ×" if row.ratio is not None else " " * 9
    words = row.measured + (f"  /  {row.against}" if row.against else "")
    goal = f"   [{row.goal}]" if row.goal else ""
    between = f"\n{' ' * 11}" if row.against else ": "
    return f"{shown}  {words}{between}{row.figures}{goal}"
