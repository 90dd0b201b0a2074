"""A filter on a moment that the database always understands."""

from datetime import UTC, datetime
from typing import Any

import django_filters
from django.core.exceptions import ValidationError
from django_filters.fields import IsoDateTimeField


class MomentField(IsoDateTimeField):
    """A moment in ISO 8601, passed on in UTC: PostgreSQL refuses offsets of 16 hours and more."""

    def to_python(self, value: Any) -> datetime | None:
        """Return the moment in UTC.

        Raises:
            ValidationError: it is no moment, or one outside the years 1 to 9999 in UTC.
        """
        moment: datetime | None = super().to_python(value)
        if moment is None:
            return None
        try:
            return moment.astimezone(UTC)
        except OverflowError as error:
            raise ValidationError(self.error_messages["invalid"], code="invalid") from error


class MomentFilter(django_filters.IsoDateTimeFilter):
    """A filter on a moment, with or without an offset."""

    field_class = MomentField
