"""A real mail server on this machine, by aiosmtpd: keeps what it takes, and refuses whom the test says."""

from __future__ import annotations

import asyncio
import datetime
import logging
import ssl
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from ipaddress import IPv4Address
from pathlib import Path
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from tests.fakes import until
from tests.serve import free_port

#: What the server logs after a test would go to that test's closed stream.
logging.getLogger("mail.log").propagate = False


class Listener(Controller):
    """The library's own leaves a caller's line open where it stops before that line has ended."""

    def __init__(self, *args: Any, **options: Any) -> None:
        self.callers: list[SMTP] = []
        super().__init__(*args, **options)

    def factory(self) -> SMTP:
        self.callers.append(super().factory())
        return self.callers[-1]

    def stop(self, no_assert: bool = False) -> None:
        asyncio.run_coroutine_threadsafe(self._hang_up(), self.loop).result(60)
        super().stop(no_assert)

    async def _hang_up(self) -> None:
        for one in self.callers:
            if one.transport is not None:
                one.transport.close()
        await until(lambda: not any(one.transport for one in self.callers), what="their lines have ended")


@dataclass
class Letter:
    """A mail as the server got it."""

    to: list[str]
    raw: bytes
    mail: EmailMessage

    @property
    def text(self) -> str:
        """What it says."""
        return self.mail.get_content().replace("\r\n", "\n")


@dataclass
class Postbox:
    """The server; `answers` are given instead of 250 to recipients named there, or to everything (`DATA`, `MAIL`)."""

    port: int = field(default_factory=free_port)
    answers: dict[str, str] = field(default_factory=dict)
    login: tuple[str, str] | None = None
    starttls: ssl.SSLContext | None = None
    tls: ssl.SSLContext | None = None
    letters: list[Letter] = field(default_factory=list)
    logins: list[tuple[str, str]] = field(default_factory=list)
    encrypted: list[bool] = field(default_factory=list)
    _controller: Listener | None = None

    @property
    def url(self) -> str:
        """What SESSIONHOURS_SMTP_URL says."""
        return f"smtp://127.0.0.1:{self.port}"

    def start(self) -> Postbox:
        """Listen."""
        options: dict[str, Any] = {"ssl_context": self.tls, "tls_context": self.starttls}
        if self.login:
            options |= {"authenticator": self._authenticate, "auth_require_tls": False}
        self._controller = Listener(self, hostname="127.0.0.1", port=self.port, **options)
        self._controller.start()
        return self

    def stop(self) -> None:
        """Listen no more."""
        if self._controller is not None:
            self._controller.stop()
            self._controller = None

    def to(self, recipient: str) -> list[Letter]:
        """What this person got."""
        return [letter for letter in self.letters if letter.to == [recipient]]

    def _authenticate(
        self, server: Any, session: Any, envelope: Any, mechanism: str, data: Any
    ) -> AuthResult:
        assert isinstance(data, LoginPassword)
        said = data.login.decode(), data.password.decode()
        self.logins.append(said)
        return AuthResult(success=said == self.login, handled=False)

    async def handle_MAIL(  # noqa: N802 - aiosmtpd's names
        self, server: Any, session: Any, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        envelope.mail_from = address
        return self.answers.get("MAIL", "250 OK")

    async def handle_RCPT(  # noqa: N802
        self, server: Any, session: Any, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        answer = self.answers.get(address, "250 OK")
        if answer.startswith("250"):
            envelope.rcpt_tos.append(address)
        return answer

    async def handle_DATA(self, server: Any, session: Any, envelope: Envelope) -> str:  # noqa: N802
        answer = self.answers.get("DATA", "250 OK")
        if answer.startswith("250"):
            raw = envelope.original_content or b""
            mail = message_from_bytes(raw, policy=default)
            assert isinstance(mail, EmailMessage)
            self.letters.append(Letter(list(envelope.rcpt_tos), raw, mail))
            self.encrypted.append(session.ssl is not None or self.tls is not None)
        return answer


def certificate(folder: Path) -> tuple[ssl.SSLContext, Path]:
    """A server's context for 127.0.0.1, and the file by which its own certificate can be trusted."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "mail.example.org")])
    now = datetime.datetime.now(datetime.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(IPv4Address("127.0.0.1"))]), critical=False
        )
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    plain = serialization.NoEncryption()
    pem = serialization.Encoding.PEM
    (folder / "mail.key").write_bytes(key.private_bytes(pem, serialization.PrivateFormat.PKCS8, plain))
    (folder / "mail.pem").write_bytes(made.public_bytes(pem))
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(folder / "mail.pem", folder / "mail.key")
    return context, folder / "mail.pem"
