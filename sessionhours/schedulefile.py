"""schedule.toml to one `Schedule`: every rule of surfaces §3, every fault at once."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo, available_timezones

from sessionhours.core.addresses import RESERVED
from sessionhours.core.every import NotUnderstood, Recurrence, parse_every, parse_rrule, parse_weekdays
from sessionhours.core.letter import ADDRESS, LONGEST_ADDRESS
from sessionhours.core.schedule import (
    Budget,
    ExceptionDate,
    HoursRule,
    Line,
    Schedule,
    SessionRule,
    Town,
    WallSpan,
)
from sessionhours.core.schedule_plan import LAENDER
from sessionhours.core.schedule_time import oddity
from sessionhours.core.texts import KEYS, PLACEHOLDERS, unknown
from sessionhours.errors import ConfigFaults
from sessionhours.schedulefile_overlap import check_exceptions, check_hours, check_sessions
from sessionhours.schedulefile_table import Report, Table, near
from sessionhours.schedulefile_text import decode, parse, places, read_bytes
from sessionhours.schedulefile_why import Wrong

SLUG = r"[a-z0-9](?:[a-z0-9-]{0,38}[a-z0-9])?"
PHONE = r"\+[1-9]\d{6,14}"
VARIABLE = r"[A-Z_][A-Z0-9_]{0,63}"
WEB = r"https?://[^\s/?#]+[^\s]*"
TYPES = ("text", "image", "video", "audio", "voice", "document", "sticker", "location", "contacts")
OUTSIDE = ("decline", "hold", "offer", "silent")
RECEIPTS = ("none", "first", "each", "matter", "day", "closed_period")
EVERY_EXAMPLES = "first thursday, jeden Donnerstag, every 2 weeks on thursday, last friday, …"
RRULE_EXAMPLES = "FREQ=DAILY|WEEKLY|MONTHLY|YEARLY with INTERVAL, COUNT, UNTIL, BYDAY, BYMONTH, …"
DAYS_EXAMPLES = "mon-fri, sat; Mo–Fr, Sa"
MOST_TEXT = 4000  # characters; WhatsApp takes 4096 and the placeholders grow
MOST_MESSAGES = 10_000_000  # a month
KNOWN_ZONE = "Europe/Berlin"


def read_schedule(path: Path, name: str | None = None) -> Schedule:
    """The schedule of one file; ``name`` is what faults call it. Raises ConfigFaults."""
    try:
        data = read_bytes(path)
    except Wrong as wrong:
        raise refused(name or str(path), wrong) from None
    return schedule_of(data, name or str(path))


def refused(name: str, wrong: Wrong) -> ConfigFaults:
    """A fault of a whole file."""
    report = Report(name)
    report.add((), wrong)
    return ConfigFaults(tuple(report.faults))


def schedule_of(data: bytes, name: str) -> Schedule:
    """The schedule that the bytes of a file describe. Raises ConfigFaults, in file order."""
    try:
        text = decode(data)
        values = parse(text)
    except Wrong as wrong:
        raise refused(name, wrong) from None
    report = Report(name, places(text), "en" if _town_language(values) == "en" else "de")
    schedule = _schedule(Table(report, values))
    if report.faults or schedule is None:
        raise ConfigFaults(tuple(sorted(report.faults, key=lambda fault: fault.line or 0)))
    return schedule


def _town_language(values: dict[str, Any]) -> object:
    town = values.get("town")
    return town.get("language") if isinstance(town, dict) else None


def _schedule(top: Table) -> Schedule | None:
    zone = _zone(top)
    region = top.choice("region", "", LAENDER) or None
    town_table = top.table("town", required=True)
    town = _town(town_table, zone, region) if top.has("town") else None
    if not top.values.get("line"):
        top.wrong("line", "required", allowed="[[line]]")
    lines = tuple(_line(table, zone) for table in top.tables("line"))
    _unique(top, lines)
    retention = top.table("retention")
    days = retention.number("days", 14, least=0, most=3650)
    budget_table = top.table("budget")
    budget = _budget(budget_table)
    for table in (town_table, retention, budget_table, top):
        table.close()
    return Schedule(town, lines, days, budget) if town else None


def _budget(table: Table) -> Budget:
    return Budget(
        free=table.number("free", 1000, least=0, most=MOST_MESSAGES),
        cap=table.number("cap", 1000, least=0, most=MOST_MESSAGES),
    )


def _zone(top: Table) -> ZoneInfo:
    """The town's zone; Berlin's after a fault, so that the rest of the file can be judged."""
    name = top.text("timezone", required=True, allowed="Europe/Berlin, …")
    try:
        known = ZoneInfo(KNOWN_ZONE)
    except (OSError, ValueError, LookupError):
        top.wrong("timezone", "no_tzdata")
        raise ConfigFaults(tuple(top.report.faults)) from None
    if name and name not in (zones := available_timezones()):
        top.wrong("timezone", "zone", value=name, near=near(name, zones), allowed="Europe/Berlin, …")
        return known
    return ZoneInfo(name) if name else known


def _town(table: Table, zone: ZoneInfo, region: str | None) -> Town:
    return Town(
        id=_town_id(table),
        name=table.text("name", required=True),
        timezone=zone,
        region=region,
        language="en" if table.choice("language", "de", ("de", "en")) == "en" else "de",
        address="du" if table.choice("address", "Sie", ("Sie", "du")) == "du" else "Sie",
        alternatives=table.text("alternatives", most=500),
        privacy_url=table.text("privacy_url", pattern=WEB, allowed="https://…", most=500),
        on_call=table.text("on_call", pattern=ADDRESS, allowed="name@example.org", most=LONGEST_ADDRESS),
    )


def _town_id(table: Table) -> str:
    id = table.text("id", required=True, pattern=SLUG, allowed="a–z 0–9 -")
    if id in RESERVED:
        table.wrong("id", "reserved", value=id, allowed="a–z 0–9 -")
    return id


def _line(table: Table, zone: ZoneInfo) -> Line:
    line = Line(
        id=table.text("id", required=True, pattern=SLUG, allowed="a–z 0–9 -"),
        title=table.text("title", required=True, most=100),
        phone=table.text("phone", required=True, pattern=PHONE, allowed="+4930…"),
        phone_number_id=table.text("phone_number_id", required=True, pattern=r"\d{1,30}", allowed="0–9"),
        host=table.text("host", "Bürgermeister", required=table.has("host"), most=100),
        outside=table.choice("outside", "decline", OUTSIDE),  # type: ignore[arg-type]
        receipt=table.choice("receipt", "none", RECEIPTS),  # type: ignore[arg-type]
        undo=table.number("undo", 0, least=0, most=10),
        early=table.number("early", 10, least=0, most=120),
        grace=table.number("grace", 2, least=0, most=30),
        last_call=table.number("last_call", 10, least=0, most=30),
        answer=table.choices("answer", frozenset({"text"}), TYPES),
        accept=table.choices("accept", frozenset({"image", "location"}), TYPES),
        persona=table.choice("persona", "ich", ("ich", "wir", "amt")),  # type: ignore[arg-type]
        approval=table.flag("approval", True),
        token_env=table.text("token_env", pattern=VARIABLE, allowed="A–Z 0–9 _") or None,
        secret_env=table.text("secret_env", pattern=VARIABLE, allowed="A–Z 0–9 _") or None,
        business_account_id=table.text("business_account_id", pattern=r"\d{1,30}", allowed="0–9") or None,
        texts=_texts(table.table("texts")),
        sessions=_sessions(table, zone),
        hours=_hours(table),
        exceptions=_exceptions(table, zone),
    )
    table.close()
    return line


def _sessions(line: Table, zone: ZoneInfo) -> tuple[SessionRule, ...]:
    read = [(table, _session(table, zone)) for table in line.tables("session")]
    rules = [(table, rule) for table, rule in read if rule is not None]
    check_sessions(rules)
    return tuple(rule for _, rule in rules)


def _session(table: Table, zone: ZoneInfo) -> SessionRule | None:
    topic = table.text("topic")
    kind = table.choice("kind", "whatsapp", ("whatsapp", "in_person"))
    span, starting = table.span(), table.date("starting")
    written = [key for key in ("every", "rrule", "date") if table.has(key)]
    if len(written) != 1:
        table.wrong("", "one_of", got=", ".join(written) or "–", allowed="every | rrule | date")
        table.known += ["every", "rrule", "date"]
    recurrence = _recurrence(table, starting) if len(written) == 1 and written != ["date"] else None
    day = table.date("date") if written == ["date"] else None
    if written == ["date"] and table.has("starting"):
        table.wrong("starting", "starting_date")
    table.known += ["every", "rrule", "date"]
    table.close()
    if span and day:
        _exists(table, day, span, zone)
    if span is None or (recurrence is None and day is None):
        return None
    return SessionRule(span, day, recurrence, "in_person" if kind == "in_person" else "whatsapp", topic)


def _recurrence(table: Table, starting: date | None) -> Recurrence | None:
    key = "every" if table.has("every") else "rrule"
    read: Callable[[str, date | None], Recurrence] = parse_every if key == "every" else parse_rrule
    allowed = EVERY_EXAMPLES if key == "every" else RRULE_EXAMPLES
    text = table.text(key, required=True, allowed=allowed)
    try:
        return read(text, starting) if text else None
    except NotUnderstood as wrong:
        table.report.add((*table.place, key), wrong, allowed=allowed)
        return None


def _hours(line: Table) -> tuple[HoursRule, ...]:
    rules = []
    for table in line.tables("hours"):
        days, span = _days(table), table.span()
        table.close()
        if days and span:
            rules.append((table, HoursRule(days, span)))
    check_hours(rules)
    return tuple(rule for _, rule in rules)


def _days(table: Table) -> frozenset[int]:
    if isinstance(table.values.get("days"), list):
        table.known.append("days")
        written = [str(word) if isinstance(word, str) else "?" for word in table.values["days"]]
    else:
        written = [table.text("days", required=True, allowed=DAYS_EXAMPLES)]
    days: set[int] = set()
    try:
        for words in written:
            days |= parse_weekdays(words) if words else set()
    except NotUnderstood as wrong:
        table.report.add((*table.place, "days"), wrong, allowed=DAYS_EXAMPLES)
        return frozenset()
    if table.has("days") and not written:
        table.wrong("days", "empty", allowed=DAYS_EXAMPLES)
    return frozenset(days)


def _exceptions(line: Table, zone: ZoneInfo) -> tuple[ExceptionDate, ...]:
    read = [(table, _exception(table, zone)) for table in line.tables("exception")]
    exceptions = [(table, exception) for table, exception in read if exception is not None]
    check_exceptions(exceptions)
    return tuple(exception for _, exception in exceptions)


def _exception(table: Table, zone: ZoneInfo) -> ExceptionDate | None:
    day, reason = table.date("date", required=True), table.text("reason")
    closed = table.flag("closed", False)
    hours = table.has("from") or table.has("to")
    if closed == hours:
        table.wrong("", "closed_or_hours", allowed="closed = true | from, to")
    span = table.span() if hours else None
    table.known += ["from", "to"]
    table.close()
    if span and day:
        _exists(table, day, span, zone)
    if day is None or closed == hours or (hours and span is None):
        return None
    return ExceptionDate(day, span, reason)


def _exists(table: Table, day: date, span: WallSpan, zone: ZoneInfo) -> None:
    """A written-out date means one instant: a time that is missing or comes twice is refused (AC-7)."""
    for key, minute, face in (("from", span.from_, span.opens), ("to", span.to, span.closes)):
        if odd := oddity(day, minute, zone):
            shown = f"{day:%d.%m.%Y}" if table.report.language == "de" else day.isoformat()
            table.wrong(key, f"{odd}_time", value=f"{face:%H:%M}", date=shown)


def _texts(table: Table) -> dict[str, str]:
    texts = {
        key: text for name in KEYS for key in (name, f"{name}_en") if (text := _text(table, key)) is not None
    }
    table.close()
    return texts


def _text(table: Table, key: str) -> str | None:
    text = table.value(key, str)
    if text is None:
        return None
    if not text.strip():
        table.wrong(key, "empty")
    if len(text) > MOST_TEXT:
        table.wrong(key, "too_long", most=str(MOST_TEXT))
    for strange in unknown(text):
        allowed = " ".join(f"{{{name}}}" for name in sorted(PLACEHOLDERS))
        table.wrong(key, "placeholder", value=strange, allowed=allowed)
    return str(text)


def _unique(top: Table, lines: tuple[Line, ...]) -> None:
    for key in ("id", "phone_number_id"):
        seen: dict[str, int] = {}
        for number, line in enumerate(lines):
            value = getattr(line, key)
            if value and value in seen:
                where = f"[[line]] {seen[value] + 1}"
                top.report.add(("line", number, key), Wrong("twice", {"value": value, "where": where}))
            seen.setdefault(value, number)
