"""Messages to people: by SMTP, or into the outbox of the data directory where no server is configured (COP-03)."""

from __future__ import annotations

import asyncio
import logging
import ssl
import threading
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final, Protocol
from urllib.parse import SplitResult, unquote, urlsplit

from quantos.accounts.refusals import MailNotSent
from quantos.kit.durable import create_private
from quantos.kit.masking import without_password

if TYPE_CHECKING:  # loaded at the first message: no start pays for them
    import smtplib
    from email.message import EmailMessage

LOG: Final = logging.getLogger(__name__)
TIMEOUT_S: Final = 15.0
KEPT_MAX: Final = 200
"""Messages in the outbox; older ones are removed. What they hold is of use for minutes."""

PORTS: Final = {"smtp": 587, "smtps": 465}
SENDER: Final = "quantos@localhost"


@dataclass(frozen=True, slots=True)
class Message:
    """What is written to whom."""

    to: str
    subject: str
    text: str
    at: datetime


class Mail(Protocol):
    """A way to people."""

    async def send(self, message: Message) -> None:
        """Returns once it is handed over. Raises MailNotSent."""


class Smtp:
    """A server at `smtp://user:password@host:587` (STARTTLS where it is offered) or `smtps://host:465`."""

    def __init__(self, url: str, sender: str) -> None:
        self._url = url
        self._sender = sender or SENDER

    async def send(self, message: Message) -> None:
        import smtplib  # noqa: PLC0415

        try:
            await asyncio.to_thread(self._hand_over, message)
        except (smtplib.SMTPException, OSError) as error:
            LOG.warning("a message was not sent by %s: %s", without_password(self._url), _said(error))
            raise MailNotSent("the message could not be sent: try again later, or ask the operator") from None

    def _hand_over(self, message: Message) -> None:
        place = urlsplit(self._url)
        with _connected(place) as server:
            if place.scheme == "smtp" and server.has_extn("starttls"):
                server.starttls(context=ssl.create_default_context())
                server.ehlo()
            if place.username is not None:
                _refuse_open_password(place, server)
                server.login(unquote(place.username), unquote(place.password or ""))
            server.send_message(_written(message, self._sender))


class Outbox:
    """A folder of numbered `.eml` files, mode 0600: for an operator who passes codes on by hand."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._turn = threading.Lock()

    async def send(self, message: Message) -> None:
        try:
            await asyncio.to_thread(self._lay_down, message)
        except OSError as error:
            LOG.warning("a message was not laid into the outbox: %s", _said(error))
            raise MailNotSent("the message could not be kept: ask the operator to look at the disk") from None

    def newest(self, limit: int) -> list[Message]:
        """Newest first."""
        return [_read(file) for file in reversed(self._files()[-limit:])]

    def _lay_down(self, message: Message) -> None:
        self._folder.mkdir(mode=0o700, exist_ok=True)
        with self._turn:
            files = self._files()
            number = int(files[-1].stem) + 1 if files else 1
            create_private(self._folder / f"{number:08}.eml", bytes(_written(message, SENDER)))
            for old in files[: -KEPT_MAX + 1]:
                old.unlink(missing_ok=True)

    def _files(self) -> list[Path]:
        return sorted(self._folder.glob("[0-9]*.eml"))


def _connected(place: SplitResult) -> smtplib.SMTP:
    import smtplib  # noqa: PLC0415

    host, port = place.hostname or "", place.port or PORTS[place.scheme]
    if place.scheme == "smtps":
        return smtplib.SMTP_SSL(host, port, timeout=TIMEOUT_S, context=ssl.create_default_context())
    server = smtplib.SMTP(host, port, timeout=TIMEOUT_S)
    server.ehlo_or_helo_if_needed()
    return server


def _refuse_open_password(place: SplitResult, server: smtplib.SMTP) -> None:
    """A password goes over the network sealed or not at all; to this machine's own server it may go open."""
    import smtplib  # noqa: PLC0415

    if not isinstance(server.sock, ssl.SSLSocket) and place.hostname not in {"localhost", "127.0.0.1", "::1"}:
        raise smtplib.SMTPNotSupportedError("the server offers no TLS, so the password is not sent to it")


def _written(message: Message, sender: str) -> EmailMessage:
    from email import policy  # noqa: PLC0415
    from email.message import EmailMessage  # noqa: PLC0415
    from email.utils import format_datetime, make_msgid  # noqa: PLC0415

    written = EmailMessage(policy=policy.SMTP)
    written["From"], written["To"], written["Subject"] = sender, message.to, message.subject
    written["Date"] = format_datetime(message.at)
    written["Message-ID"] = make_msgid(domain=sender.rpartition("@")[2])
    written.set_content(message.text, cte="quoted-printable")
    return written


def _read(file: Path) -> Message:
    from email import message_from_bytes, policy  # noqa: PLC0415
    from email.message import EmailMessage  # noqa: PLC0415

    kept = message_from_bytes(file.read_bytes(), policy=policy.default)
    assert isinstance(kept, EmailMessage), "the policy makes no other"
    return Message(str(kept["To"]), str(kept["Subject"]), kept.get_content().rstrip(), kept["Date"].datetime)


def _said(error: Exception) -> str:
    return f"{type(error).__name__}: {error}"
