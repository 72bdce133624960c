"""Messages by SMTP, taken by real servers: in the open, behind STARTTLS, behind TLS; and those that take nothing."""

from __future__ import annotations

import asyncio
import logging
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, Envelope, LoginPassword, Session
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from quantos.accounts.mail import LOG, Message, Smtp
from quantos.accounts.refusals import MailNotSent
from quantos.kit.clock import parse_instant
from tests.support.platforms import stage
from tests.support.ports import free_port

MESSAGE = Message(
    "user@example.com",
    "验证码 code",
    "Your code is 012345.\n您的验证码是 012345。\n",
    datetime(2024, 3, 1, tzinfo=UTC),
)
USER, PASSWORD = b"quantos", b"a password of SMTP"


class Letterbox:
    """What a server took, and who logged in to it."""

    def __init__(self) -> None:
        self.taken: list[Envelope] = []
        self.logged_in: list[bytes] = []

    async def handle_DATA(self, server: Any, session: Session, envelope: Envelope) -> str:  # noqa: N802 - the library's name
        self.taken.append(envelope)
        return "250 taken"

    def authenticate(self, server: Any, session: Any, envelope: Any, mechanism: str, who: Any) -> AuthResult:
        assert isinstance(who, LoginPassword)
        self.logged_in.append(who.login)
        return AuthResult(success=who.login == USER and who.password == PASSWORD, handled=False)


@contextmanager
def served(
    *, host: str = "127.0.0.1", wrapped: ssl.SSLContext | None = None, **options: Any
) -> Iterator[tuple[Letterbox, str]]:
    """A mail server, and its address. `wrapped`: everything goes through TLS."""
    letterbox = Letterbox()
    port = free_port()
    server = Controller(
        letterbox,
        hostname=host,
        port=port,
        ssl_context=wrapped,
        authenticator=letterbox.authenticate,
        **options,
    )
    server.start()
    try:
        yield letterbox, f"{host}:{port}"
    finally:
        server.stop()


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A certificate for 127.0.0.1 with its key, which nobody trusts by itself."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .sign(key, hashes.SHA256())
    )
    file = tmp_path_factory.mktemp("tls") / "server.pem"
    file.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        + made.public_bytes(serialization.Encoding.PEM)
    )
    return file


def tls(certificate: Path) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    return context


@pytest.fixture
def logged(caplog: pytest.LogCaptureFixture) -> pytest.LogCaptureFixture:
    """What is logged of messages, also after a command that keeps warnings from its own screen."""
    caplog.set_level(logging.WARNING, logger=LOG.name)
    return caplog


def send(url: str, sender: str = "codes@quantos.example") -> None:
    asyncio.run(Smtp(url, sender).send(MESSAGE))


def credentials(place: str) -> str:
    return f"{USER.decode()}:{PASSWORD.decode().replace(' ', '%20')}@{place}"


def test_a_message_arrives_whole() -> None:
    with served() as (letterbox, place):
        send(f"smtp://{place}")
    (envelope,) = letterbox.taken
    assert (envelope.mail_from, envelope.rcpt_tos) == ("codes@quantos.example", [MESSAGE.to])
    assert isinstance(envelope.content, bytes)
    arrived = message_from_bytes(envelope.content, policy=policy.default)
    assert (arrived["From"], arrived["To"], arrived["Subject"]) == (
        "codes@quantos.example",
        MESSAGE.to,
        MESSAGE.subject,
    )
    assert arrived["Date"].datetime == MESSAGE.at
    assert arrived.get_content().replace("\r\n", "\n") == MESSAGE.text


def test_starttls_is_used_where_it_is_offered_and_the_password_goes_through_it(
    certificate: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    with served(tls_context=tls(certificate), require_starttls=True, auth_required=True) as (
        letterbox,
        place,
    ):
        send(f"smtp://{credentials(place)}")
    assert (len(letterbox.taken), letterbox.logged_in) == (1, [USER])


def test_smtps_is_sealed_from_the_first_byte(certificate: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    with served(wrapped=tls(certificate), auth_require_tls=False) as (letterbox, place):
        send(f"smtps://{credentials(place)}")
    assert (len(letterbox.taken), letterbox.logged_in) == (1, [USER])


def test_a_server_whose_certificate_nobody_trusts_gets_nothing(certificate: Path) -> None:
    with served(tls_context=tls(certificate)) as (letterbox, place), pytest.raises(MailNotSent):
        send(f"smtp://{credentials(place)}")
    assert (letterbox.taken, letterbox.logged_in) == ([], [])


def test_a_password_is_not_sent_in_the_open_to_another_machine(logged: pytest.LogCaptureFixture) -> None:
    with served(host="127.0.0.2", auth_require_tls=False) as (letterbox, place), pytest.raises(MailNotSent):
        send(f"smtp://{credentials(place)}")
    assert (letterbox.taken, letterbox.logged_in) == ([], [])
    assert "the server offers no TLS" in logged.text
    assert PASSWORD.decode() not in logged.text


def test_on_its_own_machine_the_platform_logs_in_without_tls() -> None:
    with served(auth_require_tls=False) as (letterbox, place):
        send(f"smtp://{credentials(place)}")
    assert len(letterbox.taken) == 1


def test_a_log_in_that_is_refused_is_told_without_its_password(logged: pytest.LogCaptureFixture) -> None:
    with served(auth_require_tls=False) as (letterbox, place), pytest.raises(MailNotSent):
        send(f"smtp://{USER.decode()}:another-password@{place}")
    assert letterbox.taken == []
    assert "SMTPAuthenticationError" in logged.text
    assert "another-password" not in logged.text


def test_cop_03_the_code_is_sent_by_the_mail_server_and_nothing_is_left_in_the_outbox(tmp_path: Path) -> None:
    with served() as (letterbox, place):
        start = parse_instant("2024-03-01T08:00+08:00")
        with stage(
            tmp_path / "data", start, smtp_url=f"smtp://{place}", smtp_from="codes@quantos.example"
        ) as opened:
            answer = opened.public().call("POST", "http://platform/auth/request-otp", {"email": MESSAGE.to})
            assert (answer.status_code, answer.json()) == (200, {"message": "OTP sent to your email."})
            assert opened.operator.get("/admin/outbox") == {"messages": []}
    assert [envelope.rcpt_tos for envelope in letterbox.taken] == [[MESSAGE.to]]


def test_where_no_mail_server_answers_the_refusal_says_so(tmp_path: Path) -> None:
    start = parse_instant("2024-03-01T08:00+08:00")
    with stage(tmp_path / "data", start, smtp_url=f"smtp://127.0.0.1:{free_port()}") as opened:
        answer = opened.public().call("POST", "http://platform/auth/request-otp", {"email": MESSAGE.to})
    assert answer.status_code == 503
    assert answer.json() == {"error": "the message could not be sent: try again later, or ask the operator"}
