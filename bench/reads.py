"""Inbox and conversation of a database that has grown large, against one that is new."""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from statistics import median
from typing import Any

from sqlmodel import Session

from bench.grown import AUTHOR, EACH, grow
from bench.scale import Scale
from bench.table import Row, Section, percentile, ratio
from sessionhours.desk import snapshot
from sessionhours.store.engines import reader

#: Conversations of an inbox, messages of a page.
SHOWN = 50

Query = Callable[[Session], Any]


def measure(folder: Path, scale: Scale) -> Section:
    """The same queries on both, in turn; both give back the same number of rows."""
    folder = folder / "reads"
    folder.mkdir(parents=True)
    begun = time.perf_counter()
    large = grow(folder / "large.db", scale.messages, scale.conversations, SHOWN)
    seconds = time.perf_counter() - begun
    small = grow(folder / "small.db", SHOWN * EACH, SHOWN, SHOWN)
    size = f"{scale.messages:,} messages, {scale.conversations:,} conversations"
    rows = [_row(words, large, small, query, scale) for words, query in _queries()]
    return Section(f"Reading with {size} stored (written in {seconds:.0f} s), against a new database", rows)


def _queries() -> list[tuple[str, Query]]:
    older = f"message{EACH - SHOWN:025d}"
    return [
        (f"inbox of {SHOWN}", lambda session: snapshot.conversations(session, AUTHOR)),
        (f"conversation, last {SHOWN}", partial(_page, before=None)),
        (f"conversation, older {SHOWN}", partial(_page, before=older)),
    ]


def _page(session: Session, *, before: str | None) -> Any:
    return snapshot.messages(session, AUTHOR, f"conversation{0:020d}", before=before, limit=SHOWN)


def _row(words: str, large: str, small: str, query: Query, scale: Scale) -> Row:
    times: dict[str, list[float]] = {large: [], small: []}
    engines = {url: reader(url) for url in times}
    for turn in range(scale.reads + 3):
        for url, engine in engines.items():
            seconds = _once(engine, query)
            if turn >= 3:
                times[url].append(seconds)
    for engine in engines.values():
        engine.dispose()
    figures = (
        f"{median(times[large]) * 1000:.2f} ms : {median(times[small]) * 1000:.2f} ms;  "
        f"p99 {percentile(times[large], 99) * 1000:.2f} ms : {percentile(times[small], 99) * 1000:.2f} ms"
    )
    return Row(
        words, "the same with nothing else stored", ratio(times[large], times[small]), figures, "at most 2"
    )


def _once(engine: Any, query: Query) -> float:
    begun = time.perf_counter()
    with Session(engine) as session:
        query(session)
    return time.perf_counter() - begun
