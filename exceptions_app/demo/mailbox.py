"""What a supplier of the demo finds in its mailbox: mails of ours, as files under RIGHTLINE_HOME."""

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from email.utils import getaddresses
from pathlib import Path

NUMBER = re.compile(r"\b\d{4,12}\b")


@dataclass(frozen=True, slots=True)
class Mail:
    """One mail: the name of its file, whom it went to, and every number in it that may be an order's."""

    name: str
    to: frozenset[str]
    numbers: tuple[str, ...]


def unread(folder: Path, read: Collection[str]) -> Iterator[Mail]:
    """Yield the mails in the folder that are not read yet, the oldest first."""
    known = set(read)
    for path in sorted(folder.glob("*.log")):
        if path.name not in known:
            yield _mail(path)


def _mail(path: Path) -> Mail:
    message = message_from_bytes(path.read_bytes(), policy=default)
    assert isinstance(message, EmailMessage)
    body = message.get_body(("plain",))
    text = f"{message['Subject']}\n{body.get_content() if body else ''}"
    addresses = getaddresses([str(message["To"] or ""), str(message["Cc"] or "")])
    return Mail(
        name=path.name,
        to=frozenset(address.lower() for _, address in addresses),
        numbers=tuple(dict.fromkeys(NUMBER.findall(text))),
    )
