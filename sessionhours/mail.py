"""Speaking SMTP: one letter handed to the town's mail server (RFC 5321, RFC 6409).

smtplib waits, so each letter goes in a thread of its own; nobody else waits for it, not even the end of the process.
Nothing here retries: each call is one try.
"""

from __future__ import annotations

import asyncio
import smtplib
import ssl
import threading
from collections.abc import Callable
from contextlib import suppress
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime

import idna

from sessionhours.core.letter import Letter, Mailbox, NotTaken, is_address, one_line

#: Seconds for each word of the server, and for a letter in all.
PATIENCE = 15.0
DEADLINE = 60.0


class SmtpMailer:
    """Hands letters in at one mail server. ``sender`` is a name, which may be empty, and an address."""

    def __init__(
        self,
        mailbox: Mailbox,
        sender: tuple[str, str],
        *,
        patience: float = PATIENCE,
        deadline: float = DEADLINE,
    ) -> None:
        self.mailbox, self.sender = mailbox, sender
        self._patience, self._deadline = patience, deadline

    async def send(self, letter: Letter) -> NotTaken | None:
        """Hand one letter in; None once the server has taken it. What is not known to be taken is not."""
        if not is_address(letter.recipient):
            return NotTaken("no mail address", for_good=True)
        try:
            async with asyncio.timeout(self._deadline):
                await _in_a_thread(lambda: self._hand_in(letter))
        except Exception as error:  # noqa: BLE001 - whatever keeps it from being sent is told, nobody falls over it
            return refusal(error)
        return None

    def _hand_in(self, letter: Letter) -> None:
        mail = written(letter, self.sender)
        server = self._connected()
        try:
            if self.mailbox.password:
                server.login(self.mailbox.user, self.mailbox.password)
            server.send_message(mail)
            with suppress(smtplib.SMTPException, OSError):  # it is taken, however they part
                server.quit()
        finally:
            server.close()

    def _connected(self) -> smtplib.SMTP:
        """A server that was greeted, and encrypted wherever that is asked for or offered."""
        box = self.mailbox
        if box.tls:
            return smtplib.SMTP_SSL(box.host, box.port, timeout=self._patience, context=_context(strict=True))
        server = smtplib.SMTP(box.host, box.port, timeout=self._patience)
        try:
            server.ehlo_or_helo_if_needed()
            if server.has_extn("starttls"):
                server.starttls(context=_context(strict=box.strict))
            elif box.strict:
                raise Plain("the server offers no encryption, so it is told no password")
        except BaseException:
            server.close()
            raise
        return server


class Plain(Exception):
    """The server speaks in the open where a password would be heard."""


def written(letter: Letter, sender: tuple[str, str]) -> EmailMessage:
    """The letter as it travels: UTF-8, one recipient, and a mark that no machine answers it (RFC 3834)."""
    name, address = sender
    mail = EmailMessage(policy=SMTP)
    mail["From"] = Address(name, addr_spec=_ascii_domain(address))
    mail["To"] = _ascii_domain(letter.recipient)
    mail["Subject"] = one_line(letter.subject)
    mail["Date"] = format_datetime(letter.at)
    mail["Message-ID"] = f"<{letter.id}@{_ascii_domain(address).rpartition('@')[2]}>"
    mail["Auto-Submitted"] = "auto-generated"
    mail.set_content(letter.body, cte="quoted-printable")
    return mail


def refusal(error: Exception) -> NotTaken:
    """What became of it, in words for the admin: an explicit no to this letter is for good, all else may pass."""
    match error:
        case smtplib.SMTPRecipientsRefused():
            codes = [code for code, _ in error.recipients.values()]
            return NotTaken(f"the server refuses the recipient ({codes[0]})", for_good=codes[0] >= 500)
        case smtplib.SMTPSenderRefused():
            return NotTaken(f"the server refuses the sender ({error.smtp_code})", error.smtp_code >= 500)
        case smtplib.SMTPDataError():
            return NotTaken(f"the server refuses the mail ({error.smtp_code})", error.smtp_code >= 500)
        case smtplib.SMTPNotSupportedError() | UnicodeError():
            return NotTaken("the server cannot write to this address", for_good=True)
        case smtplib.SMTPResponseException():
            return NotTaken(f"the server says no ({error.smtp_code})")
        case Plain():
            return NotTaken(str(error))
        case ssl.SSLCertVerificationError():
            return NotTaken(f"the server's certificate does not hold: {error.verify_message}")
        case _:
            return NotTaken(f"the server cannot be reached ({type(error).__name__})")


def _context(*, strict: bool) -> ssl.SSLContext:
    """Certificates are checked where `Mailbox.strict` says so; else encryption is still better than none (RFC 7435)."""
    context = ssl.create_default_context()
    if not strict:
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    return context


def _ascii_domain(address: str) -> str:
    """An address with a domain of umlauts as the wire writes it (RFC 5890, 5891).

    Not by Python's own codec, which knows IDNA 2003 only: there "großweil.de" is "grossweil.de", somebody else's.
    """
    name, _, domain = address.rpartition("@")
    return address if domain.isascii() else f"{name}@{idna.encode(domain, uts46=True).decode()}"


async def _in_a_thread(work: Callable[[], None]) -> None:
    """Wait for work in a thread that ends with the process: an executor's would keep it from ending."""
    loop = asyncio.get_running_loop()
    done: asyncio.Future[None] = loop.create_future()

    def run() -> None:
        error = _fault_of(work)
        with suppress(RuntimeError):  # the loop is closed: nobody waits any more
            loop.call_soon_threadsafe(_tell, done, error)

    threading.Thread(target=run, name="mail", daemon=True).start()
    await done


def _fault_of(work: Callable[[], None]) -> Exception | None:
    try:
        work()
    except Exception as error:  # noqa: BLE001 - whoever waits is told
        return error
    return None


def _tell(done: asyncio.Future[None], error: Exception | None) -> None:
    if done.done():
        return
    if error is None:
        done.set_result(None)
    else:
        done.set_exception(error)
