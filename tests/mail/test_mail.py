"""A letter handed to a real mail server: what arrives, what is refused, what is never said in the open."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from sessionhours.core.letter import Letter, NotTaken, is_address, mailbox, sender
from sessionhours.mail import SmtpMailer
from tests.smtp import Postbox, certificate

SENDER = ("Gemeinde Überlingen, Rathaus", "hour@example.org")
AT = datetime(2026, 12, 3, 13, 55, tzinfo=UTC)
LETTER = Letter(
    "0123456789abcdef", "wache@example.org", "Niemand da: Bürgersprechstunde", "Grüße\n.\nEnde\n", AT
)

Serve = Callable[..., Postbox]


@pytest.fixture
def serve() -> Iterator[Serve]:
    """Start mail servers that end with the test."""
    boxes: list[Postbox] = []

    def start(**options: object) -> Postbox:
        boxes.append(Postbox(**options).start())  # type: ignore[arg-type]
        return boxes[-1]

    yield start
    for box in boxes:
        box.stop()


def mailer(box: Postbox, url: str = "", **options: float) -> SmtpMailer:
    return SmtpMailer(mailbox(url or box.url), SENDER, **options)


async def test_a_letter_arrives_as_it_was_written(serve: Serve) -> None:
    box = serve()
    assert await mailer(box).send(LETTER) is None
    [got] = box.letters
    assert (got.to, got.text) == (["wache@example.org"], "Grüße\n.\nEnde\n")
    assert got.mail["Subject"] == "Niemand da: Bürgersprechstunde"
    assert got.mail["From"].addresses[0].display_name == "Gemeinde Überlingen, Rathaus"
    assert got.mail["From"].addresses[0].addr_spec == "hour@example.org"
    assert got.mail["Date"].datetime == AT
    assert got.mail["Message-ID"] == "<0123456789abcdef@example.org>"
    assert got.mail["Auto-Submitted"] == "auto-generated"
    got.raw.decode("ascii")  # nothing that an old relay could spoil


@pytest.mark.parametrize(
    "subject",
    [
        "Frage\r\nBcc: alle@example.org",
        "Frage\nX: y",
        "Frage\r\n\r\nanderer Text",
        "a\x00b\x1b[31m",
        "\u2028Bcc: x",
    ],
)
async def test_a_subject_can_give_no_order(serve: Serve, subject: str) -> None:
    box = serve()
    assert await mailer(box).send(replace(LETTER, subject=subject)) is None
    [got] = box.letters
    assert got.to == ["wache@example.org"]
    assert set(got.mail.keys()) == {
        *("From", "To", "Subject", "Date", "Message-ID", "Auto-Submitted"),
        *("Content-Type", "Content-Transfer-Encoding", "MIME-Version"),
    }
    assert got.text == LETTER.body
    assert str(got.mail["Subject"]).isprintable()


@pytest.mark.parametrize(
    "recipient",
    [
        "a@example.org\r\nRCPT TO:<b@example.org>",
        "a@example.org\r\nBcc: b@example.org",
        "a@example.org, b@example.org",
        "a@example.org> BODY=8BITMIME <b@example.org",
        "Wache <a@example.org>",
        "a@",
        "a b@example.org",
        "",
        "a" * 300 + "@example.org",
    ],
)
async def test_a_recipient_is_one_plain_address_or_gets_nothing(serve: Serve, recipient: str) -> None:
    box = serve()
    assert not is_address(recipient)
    assert await mailer(box).send(replace(LETTER, recipient=recipient)) == NotTaken("no mail address", True)
    assert box.letters == []


async def test_a_domain_of_umlauts_is_written_as_the_wire_wants_it(serve: Serve) -> None:
    box = serve()
    assert await mailer(box).send(replace(LETTER, recipient="wache@rathaus-münster.example")) is None
    assert box.letters[0].to == ["wache@xn--rathaus-mnster-osb.example"]


async def test_a_domain_with_a_sharp_s_is_not_the_one_with_two(serve: Serve) -> None:
    box = serve()
    assert await mailer(box).send(replace(LETTER, recipient="rathaus@großweil.example")) is None
    assert box.letters[0].to == ["rathaus@xn--groweil-2va.example"]
    assert await mailer(box).send(replace(LETTER, recipient="a@\u2603.example")) == NotTaken(
        "the server cannot write to this address", for_good=True
    )


@pytest.mark.parametrize(
    ("answers", "why", "for_good"),
    [
        ({"wache@example.org": "550 no such user"}, "refuses the recipient (550)", True),
        ({"wache@example.org": "451 greylisted"}, "refuses the recipient (451)", False),
        ({"MAIL": "553 not you"}, "refuses the sender (553)", True),
        ({"DATA": "554 spam"}, "refuses the mail (554)", True),
        ({"DATA": "452 disk full"}, "refuses the mail (452)", False),
    ],
)
async def test_a_refusal_says_whether_another_try_can_help(
    serve: Serve, answers: dict[str, str], why: str, for_good: bool
) -> None:
    box = serve(answers=answers)
    outcome = await mailer(box).send(LETTER)
    assert isinstance(outcome, NotTaken)
    assert (why in outcome.why, outcome.for_good) == (True, for_good)
    assert box.letters == []


async def test_a_server_that_is_down_may_be_up_later() -> None:
    box = Postbox()
    down = await mailer(box).send(LETTER)
    assert down is not None
    assert not down.for_good
    box.start()
    try:
        assert await mailer(box).send(LETTER) is None
    finally:
        box.stop()


async def test_a_server_that_says_nothing_costs_a_bounded_time() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"smtp://127.0.0.1:{silent.getsockname()[1]}"
        slow = await SmtpMailer(mailbox(url), SENDER, patience=0.2).send(LETTER)
        cut = await SmtpMailer(mailbox(url), SENDER, patience=30, deadline=0.2).send(LETTER)
    for outcome in (slow, cut):
        assert outcome is not None
        assert ("cannot be reached" in outcome.why, outcome.for_good) == (True, False)


async def test_nobody_waits_for_a_slow_server() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"smtp://127.0.0.1:{silent.getsockname()[1]}"
        sending = asyncio.create_task(SmtpMailer(mailbox(url), SENDER, patience=1).send(LETTER))
        turns = 0
        while not sending.done():
            await asyncio.sleep(0.001)
            turns += 1
        assert turns > 100


async def test_it_logs_in_where_there_is_a_password(serve: Serve) -> None:
    box = serve(login=("hour@example.org", "p@ss:w/rd"))
    url = f"smtp://hour%40example.org:p%40ss%3Aw%2Frd@127.0.0.1:{box.port}"
    assert await mailer(box, url).send(LETTER) is None
    assert box.logins == [("hour@example.org", "p@ss:w/rd")]
    wrong = await mailer(box, url.replace("rd@", "rt@")).send(LETTER)
    assert wrong == NotTaken("the server says no (535)")


async def test_a_password_is_told_to_no_network_in_the_open(serve: Serve) -> None:
    box = serve(login=("hour", "secret"))
    away = mailbox(f"smtp://hour:secret@mail.example.org:{box.port}")
    assert away.strict
    refused = await SmtpMailer(replace(away, host="127.0.0.1"), SENDER).send(LETTER)
    assert refused == NotTaken("the server offers no encryption, so it is told no password")
    assert box.logins == []


async def test_encryption_is_used_where_it_is_offered(serve: Serve, tmp_path: Path) -> None:
    context, _ = certificate(tmp_path)
    box = serve(starttls=context)
    assert await mailer(box).send(LETTER) is None
    assert box.encrypted == [True]


@pytest.mark.parametrize("scheme", ["smtp", "smtps"])
async def test_a_certificate_is_checked_before_a_password_is_told(
    serve: Serve, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, scheme: str
) -> None:
    context, trusted = certificate(tmp_path)
    ways = {"tls": context} if scheme == "smtps" else {"starttls": context}
    box = serve(login=("hour", "secret"), **ways)
    strict = replace(mailbox(f"{scheme}://hour:secret@127.0.0.1:{box.port}"), strict=True)
    unknown = await SmtpMailer(strict, SENDER).send(LETTER)
    assert unknown is not None
    assert "certificate" in unknown.why
    assert box.logins == []
    monkeypatch.setenv("SSL_CERT_FILE", str(trusted))
    assert await SmtpMailer(strict, SENDER).send(LETTER) is None
    assert (box.logins, box.encrypted) == ([("hour", "secret")], [True])


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("smtp://mail.example.org", ("mail.example.org", 587, False, "", "", False)),
        ("smtps://u:p@mail.example.org", ("mail.example.org", 465, True, "u", "p", True)),
        ("smtp://me@example.org:pw@mail:25/", ("mail", 25, False, "me@example.org", "pw", True)),
        ("smtp://u:p@localhost:25", ("localhost", 25, False, "u", "p", False)),
        ("smtp://[::1]:25", ("::1", 25, False, "", "", False)),
    ],
)
def test_an_address_of_a_server_is_read(url: str, expected: tuple[object, ...]) -> None:
    box = mailbox(url)
    assert (box.host, box.port, box.tls, box.user, box.password, box.strict) == expected
    assert "pw" not in repr(box)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("hour@example.org", ("", "hour@example.org")),
        ("Gemeinde Überlingen, Rathaus <hour@example.org>", SENDER),
        ('"Gemeinde Überlingen, Rathaus" <hour@example.org>', SENDER),
        ("Rathaus <hour>", None),
        ("Rathaus", None),
        ("Rathaus\r\nBcc: b@example.org <hour@example.org>", None),
        ("a@example.org <b@example.org> <c@example.org>", None),
    ],
)
def test_a_sender_has_a_name_or_none(text: str, expected: tuple[str, str] | None) -> None:
    assert sender(text) == expected


@pytest.mark.parametrize(
    "url",
    [
        "mail.example.org",
        "http://mail.example.org",
        "smtp://",
        "smtp://mail:0",
        "smtp://mail:99999",
        "smtp://mail/inbox",
        "smtp://u:p#1@mail",
        "smtp://u@mail",
        "smtp://u:p?x@mail",
        "smtp://u%0d:p@mail",
        "smtp://ma il",
    ],
)
def test_what_is_no_address_of_a_server_is_refused_without_being_said(url: str) -> None:
    with pytest.raises(ValueError, match=r"no address|without a password") as refused:
        mailbox(url)
    assert url not in str(refused.value)
