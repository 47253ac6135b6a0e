"""One view of one page."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from playwright.sync_api import Page


def nothing(page: Page) -> None:
    """The page as it opens."""


@dataclass(frozen=True)
class State:
    """One view: in which hall, where, logged in as whom (None: nobody), and how to get there."""

    name: str
    hall: str
    path: str = "/console"
    person: str | None = "mayor"
    show: Callable[[Page], None] = nothing
    breaks: str = "^$"
