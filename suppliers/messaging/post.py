"""Hands one mail to the mail server, and tells what it said of each address.

Nothing is retried and no row is known here. `Delivery` comes back as soon as the server took the mail for
somebody, or refused every address with its words; all else is an error that says who must act.
"""

import smtplib
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from email.utils import parseaddr
from typing import Any

from django.core.mail import EmailMessage, get_connection
from django.core.mail.backends.smtp import EmailBackend

from erp_connectors.errors import ConfigurationError, PermanentError, TransientError

FIRST_PERMANENT_CODE = 500
LONGEST_WORDS = 300


class ServerAway(TransientError):
    """The mail server cannot be reached: no mail can be sent now, neither this one nor another."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """What the server said of each address: took it, refused it for good, or not now."""

    delivered: tuple[str, ...] = ()
    refused: Mapping[str, str] = field(default_factory=dict)
    deferred: Mapping[str, str] = field(default_factory=dict)


def deliver(mail: EmailMessage, to: Sequence[str]) -> Delivery:
    """Send the mail to these addresses, whatever its headers name.

    Raises ServerAway, TransientError (this mail, not now), PermanentError (this mail, never) and
    ConfigurationError (the server does not want us).
    """
    connection = get_connection()
    try:
        if isinstance(connection, EmailBackend):
            return _by_smtp(connection, mail, to)
        connection.send_messages([mail])
    except OSError as error:
        # Of the folder for mails; whatever smtplib raises was told apart before.
        raise ServerAway(f"The mail cannot be handed over: {error}") from error
    return Delivery(delivered=tuple(to))


def _by_smtp(connection: EmailBackend, mail: EmailMessage, to: Sequence[str]) -> Delivery:
    # Django's own messages take a line separator, which their hints do not know.
    payload = mail.message().as_bytes(linesep="\r\n")  # type: ignore[call-arg]
    try:
        connection.open()
        server: Any = connection.connection
        refusals = server.sendmail(parseaddr(mail.from_email)[1], list(to), payload)
    except smtplib.SMTPRecipientsRefused as refused:
        refusals = refused.recipients
    except smtplib.SMTPException as error:
        raise _told_apart(error) from error
    finally:
        # The mail is where it is by now: that the server hangs up without a word changes nothing.
        with suppress(smtplib.SMTPException, OSError):
            connection.close()
    return Delivery(
        delivered=tuple(address for address in to if address not in refusals),
        refused={address: _words(*said) for address, said in refusals.items() if _is_final(said[0])},
        deferred={address: _words(*said) for address, said in refusals.items() if not _is_final(said[0])},
    )


def _told_apart(error: smtplib.SMTPException) -> Exception:
    """Return the error that says who must act on what the server said."""
    match error:
        case smtplib.SMTPAuthenticationError():
            return ConfigurationError(f"The mail server does not let us in: {_said(error)}")
        case smtplib.SMTPConnectError() | smtplib.SMTPHeloError():
            return ServerAway(f"The mail server does not talk to us: {_said(error)}")
        case smtplib.SMTPSenderRefused() if _is_final(error.smtp_code):
            return ConfigurationError(f"The mail server refuses {error.sender} as sender: {_said(error)}")
        case smtplib.SMTPResponseException() if _is_final(error.smtp_code):
            return PermanentError(f"The mail server refuses the mail: {_said(error)}")
        case smtplib.SMTPResponseException():
            return TransientError(f"The mail server does not take the mail now: {_said(error)}")
        case smtplib.SMTPNotSupportedError():
            return ConfigurationError(f"The mail server cannot do what the settings ask of it: {error}")
    return ServerAway(f"The mail server hung up: {error}")


def _said(error: smtplib.SMTPResponseException) -> str:
    return _words(error.smtp_code, error.smtp_error)


def _words(code: int, said: bytes | str) -> str:
    text = said.decode("utf-8", "replace") if isinstance(said, bytes) else said
    return f"{code} {' '.join(text.split())}"[:LONGEST_WORDS].strip()


def _is_final(code: int) -> bool:
    return code >= FIRST_PERMANENT_CODE
