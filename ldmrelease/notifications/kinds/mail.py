"""One letter for all, to fixed addresses or to those who are asked."""

import shlex
import smtplib
import ssl
from collections.abc import Sequence
from email.message import EmailMessage
from urllib.parse import urlsplit

from ldmrelease.domain.errors import reason_of
from ldmrelease.notifications.interface import (
    Delivery,
    NotDelivered,
    Notification,
    ReceiverOptions,
    variable,
)

_LOOPBACK = ("localhost", "127.0.0.1", "::1")
_PORTS = {"smtp": 25, "smtps": 465}


def deliver(receiver: ReceiverOptions, told: Sequence[Notification], way: Delivery) -> None:
    """Send it. Raises `NotDelivered`; where nobody who is asked has an address, too."""
    addresses = receiver.to or tuple(dict.fromkeys(one for each in told for one in each.addresses))
    if not addresses:
        raise NotDelivered("nobody who is asked has a mail address in the trust document")
    letter = _letter(str(receiver.sender), addresses, told)
    parts = urlsplit(str(receiver.server))
    if parts.scheme not in _PORTS or not parts.hostname:
        raise NotDelivered("its server is not smtp://HOST:PORT or smtps://HOST:PORT")
    try:
        with _connected(parts.scheme, parts.hostname, parts.port or _PORTS[parts.scheme], way) as server:
            if receiver.user and receiver.password_from:
                _require_private(server, parts.hostname)
                server.login(receiver.user, variable(receiver.password_from, way))
            server.send_message(letter)
    except (OSError, smtplib.SMTPException) as error:
        raise NotDelivered(f"{parts.hostname}: {reason_of(error)}") from error


def _connected(scheme: str, host: str, port: int, way: Delivery) -> smtplib.SMTP:
    context = ssl.create_default_context()
    if scheme == "smtps":
        return smtplib.SMTP_SSL(host, port, timeout=way.seconds, context=context)
    server = smtplib.SMTP(host, port, timeout=way.seconds)
    server.ehlo()
    if server.has_extn("starttls"):
        server.starttls(context=context)
    return server


def _require_private(server: smtplib.SMTP, host: str) -> None:
    """A password is given over TLS alone: whoever stands between may leave STARTTLS out of what the server offers."""
    if not isinstance(server.sock, ssl.SSLSocket) and host not in _LOOPBACK:
        raise NotDelivered(f"{host}: it offers no TLS, and gets no password without")


def _letter(sender: str, addresses: Sequence[str], told: Sequence[Notification]) -> EmailMessage:
    letter = EmailMessage()
    letter["From"], letter["To"] = sender, ", ".join(addresses)
    letter["Subject"] = _line(told[0].text) if len(told) == 1 else f"ldmrelease: {len(told)} events"
    letter.set_content("\n\n".join(map(_told, told)) + "\n")
    return letter


def _told(each: Notification) -> str:
    return "\n".join([each.text, *(f"    {shlex.join(words)}" for words in each.next)])


def _line(text: str) -> str:
    """A subject of one line: what somebody wrote as a reason must add no header."""
    return "".join(char if char.isprintable() else " " for char in text)[:150]
