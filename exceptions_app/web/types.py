"""The exception types as lists and filters name them."""

from django.utils.translation import gettext

from exceptions_app.detection import registry


def type_label(code: str) -> str:
    """Return a type's name in the reader's language; a code no longer known stays as it is."""
    known = registry.TYPES.get(code)
    return gettext(known.label) if known else code.replace("_", " ").capitalize()


def type_labels() -> list[tuple[str, str]]:
    """Return every type with its name, sorted by name."""
    return sorted(((code, type_label(code)) for code in registry.TYPES), key=lambda pair: pair[1])
