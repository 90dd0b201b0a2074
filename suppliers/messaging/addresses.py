"""Mail addresses and headers that came from outside: only what can do no harm in a mail gets through."""

import re
import unicodedata
from collections.abc import Iterable

from django.core.exceptions import ValidationError
from django.core.validators import validate_email

from erp_connectors.errors import PermanentError

MOST_ADDRESSES = 10
LONGEST_ADDRESS = 254
LONGEST_SUBJECT = 200
LONGEST_BODY = 20_000
#: Control characters, and those that turn the direction of the text around them.
UNWANTED = re.compile("[\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]")


class UnusableMessage(PermanentError):
    """The message cannot be sent as it was written; the text says what to change. `field`: where."""

    def __init__(self, message: str, *, field: str = "") -> None:
        super().__init__(message)
        self.field = field


def is_address(text: str) -> bool:
    """Say whether `text` is one plain mail address: no name beside it, no second line, ASCII only."""
    if len(text) > LONGEST_ADDRESS or not text.isascii() or text != text.strip():
        return False
    try:
        validate_email(text)
    except ValidationError:
        return False
    return True


def checked_addresses(texts: Iterable[str], *, field: str) -> list[str]:
    """Return plain addresses, each once. Raises UnusableMessage for what is none, and for too many."""
    found = list(dict.fromkeys(text.strip() for text in texts if text.strip()))
    wrong = next((text for text in found if not is_address(text)), None)
    if wrong is not None:
        raise UnusableMessage(f"“{one_line(wrong)[:80]}” is not a mail address.", field=field)
    if len(found) > MOST_ADDRESSES:
        raise UnusableMessage(f"At most {MOST_ADDRESSES} addresses.", field=field)
    return found


def checked_subject(text: str) -> str:
    """Return a subject in one line, which can start no header of its own. Raises UnusableMessage."""
    subject = one_line(text)
    if not subject:
        raise UnusableMessage("The subject is empty.", field="subject")
    if len(subject) > LONGEST_SUBJECT:
        raise UnusableMessage(f"The subject is longer than {LONGEST_SUBJECT} characters.", field="subject")
    return subject


def checked_body(text: str) -> str:
    """Return plain text with single line feeds and no control characters. Raises UnusableMessage."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    body = "\n".join(_without_control(line).rstrip() for line in lines).strip("\n")
    if not body.strip():
        raise UnusableMessage("The message is empty.", field="body")
    if len(body) > LONGEST_BODY:
        raise UnusableMessage(f"The message is longer than {LONGEST_BODY} characters.", field="body")
    return body


def one_line(text: str) -> str:
    """Return text in one line, with single blanks and no control characters."""
    return " ".join(_without_control(text).split())


def _without_control(text: str) -> str:
    kept = (
        character if character == "\t" or unicodedata.category(character) not in ("Cc", "Cs") else " "
        for character in UNWANTED.sub("", text)
    )
    return "".join(kept)
