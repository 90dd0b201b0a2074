"""What every writer of EDI shares: an element as its values, and the refusal of what cannot be written."""

from erp_connectors.errors import PermanentError

Element = str | tuple[str, ...]
"""One element: a value, or the components of a composite."""


class UnwritableValue(PermanentError):
    """A value holds a delimiter, or does not fit its place, and nothing was declared to replace it."""
