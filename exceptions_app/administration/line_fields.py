"""Values that are kept as JSON, entered as lines that one reads; JSON as in a file of rules is taken too."""

import json
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext

from exceptions_app.policies import hours_text


class LinesField(forms.CharField):
    """A list of words, one on each line, kept as JSON."""

    rows = 3
    #: How JSON begins.
    opens = ("[", "{", '"')

    def __init__(self, **options: Any) -> None:
        box = forms.Textarea(attrs={"rows": self.rows, "cols": 60, "spellcheck": "false"})
        super().__init__(**{"required": False, "widget": box, **options})

    def prepare_value(self, value: Any) -> Any:
        """Return a kept value as lines, and what was typed as it was typed."""
        return value if isinstance(value, str) else self.written(value or self.empty())

    def to_python(self, value: Any) -> Any:
        """Return what the lines say. Raises ValidationError."""
        text = str(value or "").strip()
        if not text.startswith(self.opens):
            return self.read(text)
        try:
            return json.loads(text)
        except json.JSONDecodeError as error:
            raise ValidationError(gettext("This is no JSON: %(why)s") % {"why": error}) from error

    def has_changed(self, initial: Any, data: Any) -> bool:
        """Say whether it is another value, however it was written."""
        try:
            return bool(self.to_python(data) != (initial or self.empty()))
        except ValidationError:
            return True

    def empty(self) -> Any:
        """Return the value of no lines."""
        return []

    def written(self, value: Any) -> str:
        """Return a kept value as lines."""
        return "\n".join(map(str, value))

    def read(self, text: str) -> Any:
        """Return what lines say."""
        return [word.strip() for word in text.replace(",", "\n").splitlines() if word.strip()]


class HoursField(LinesField):
    """Opening hours, one line for days that are alike."""

    rows = 7

    def empty(self) -> Any:
        """Return no hours."""
        return {}

    def written(self, value: Any) -> str:
        """Return hours as lines; as JSON where they are none, so that somebody sees it."""
        try:
            return hours_text.written(value)
        except (AttributeError, IndexError, TypeError, ValueError):
            return json.dumps(value)

    def read(self, text: str) -> Any:
        """Return what lines say. Raises ValidationError naming the line."""
        try:
            return hours_text.read(text)
        except ValueError as error:
            raise ValidationError(str(error)) from error
