"""What an address or a form says in figures: whole numbers, and the version of what was shown."""

from django.http import HttpRequest

#: So many digits the largest key of the database has for certain.
MOST_DIGITS = 18


def number_in(text: str) -> int | None:
    """Return the number that a text is, in plain digits; None where it is none, or no key can be as large."""
    is_number = text.isascii() and text.isdigit() and len(text) <= MOST_DIGITS
    return int(text) if is_number else None


def version_of(request: HttpRequest) -> int | None:
    """Return the version of what was shown when the form was drawn; None where the form does not say."""
    return number_in(request.POST.get("version", ""))
