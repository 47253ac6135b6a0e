"""A session whose time is over and that nobody has finished yet: it hides from no reader what holds now."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from sessionhours.core.schedule import Change
from tests.server.public import KAPPELRODECK, NEXT, session
from tests.server.test_pages import KAPPELRODECK_FILE, written
from tests.server.test_pages_states import OPENS, read

DRAINING = session(state="draining")
JANUARY = "Donnerstag, 7. Januar 2027"
HOURS = '  [[line.hours]]\n  days = "fri"\n  from = "08:00"\n  to = "14:00"\n\n[budget]'

#: A second hour on the same day, from 17 to 18.
SECOND = session(
    id="second", key="buergermeister/extra", number=3,
    opens=OPENS + timedelta(hours=2), closes=OPENS + timedelta(hours=3),
)  # fmt: skip
TWO = KAPPELRODECK.with_changes([Change(SECOND.line, SECOND.key, opens=SECOND.opens, closes=SECOND.closes)])
EVENING = "Donnerstag, 3. Dezember 2026, 17–18 Uhr"


async def test_on_another_day_nobody_is_told_that_today_is_over(sqlite_url: str) -> None:
    at = OPENS + timedelta(days=2)
    said = await read(sqlite_url, KAPPELRODECK, DRAINING, now=at)
    assert f"Nächster Termin {JANUARY}" in said
    assert "Für heute" not in said
    easy = await read(sqlite_url, KAPPELRODECK, DRAINING, now=at, path="/leichte-sprache")
    assert f"Die nächste Sprech-Stunde ist am {JANUARY}" in easy
    assert "Für heute" not in easy


async def test_opening_hours_that_are_on_are_told(sqlite_url: str, tmp_path: Path) -> None:
    plan = written(tmp_path, KAPPELRODECK_FILE.replace("[budget]", HOURS))
    friday = OPENS + timedelta(hours=19, minutes=30)
    said = await read(sqlite_url, plan, DRAINING, now=friday)
    assert "Jetzt geöffnet – bis 14 Uhr Jetzt per WhatsApp schreiben" in said
    easy = await read(sqlite_url, plan, DRAINING, now=friday, path="/leichte-sprache")
    assert "Wir haben jetzt geöffnet. Sie können jetzt schreiben." in easy


async def test_hours_that_are_on_go_before_a_later_session_that_is_put_off(
    sqlite_url: str, tmp_path: Path
) -> None:
    plan = written(tmp_path, KAPPELRODECK_FILE.replace("[budget]", HOURS.replace("fri", "thu")))
    late = session(late_until=OPENS + timedelta(minutes=20))
    said = await read(sqlite_url, plan, late, now=OPENS - timedelta(hours=3))
    assert "Jetzt geöffnet – bis 14 Uhr Jetzt per WhatsApp schreiben" in said


async def test_another_hour_on_the_same_day_is_told(sqlite_url: str) -> None:
    at = OPENS + timedelta(minutes=65)
    said = await read(sqlite_url, TWO, DRAINING, SECOND, now=at)
    assert f"Nächster Termin {EVENING}" in said
    assert "Für heute" not in said
    held = session(state="intake_closed")
    said = await read(sqlite_url, TWO, held, SECOND, now=OPENS + timedelta(minutes=50))
    assert f"Zurzeit nehmen wir keine neuen Anliegen an Nächster Termin {EVENING}" in said


async def test_another_hour_on_the_same_day_that_is_put_off_is_told(sqlite_url: str) -> None:
    late = session(**{**vars(SECOND), "late_until": SECOND.opens + timedelta(minutes=20)})
    for at in (OPENS + timedelta(minutes=65), OPENS + timedelta(minutes=50)):
        first = DRAINING if at >= DRAINING.closes else session(state="intake_closed")
        said = await read(sqlite_url, TWO, first, late, now=at)
        assert "tartet verspätet, voraussichtlich um 17:20 Uhr" in said
        assert "In WhatsApp öffnen" in said
        easy = await read(sqlite_url, TWO, first, late, now=at, path="/leichte-sprache")
        assert "Wir fangen ungefähr um 17:20 Uhr an." in easy
        assert "um 17 Uhr" not in easy


async def test_the_next_day_s_poster_is_of_the_next_date(sqlite_url: str) -> None:
    said = await read(sqlite_url, KAPPELRODECK, DRAINING, now=OPENS + timedelta(days=1), path="/aushang")
    assert JANUARY in said
    assert NEXT not in said
