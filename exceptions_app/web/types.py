"""The exception types as lists and filters name them."""

from django.utils.translation import gettext

from exceptions_app.detection.registry import all_types


def type_label(code: str) -> str:
    """Return a type's name in the reader's language; a code no longer known stays as it is."""
    for known in all_types():
        if known.code == code:
            return gettext(known.label)
    return code.replace("_", " ").capitalize()


def type_labels() -> list[tuple[str, str]]:
    """Return the types that open cases, with their names, sorted by name."""
    live = [(known.code, gettext(known.label)) for known in all_types() if known.is_live]
    return sorted(live, key=lambda pair: pair[1])
