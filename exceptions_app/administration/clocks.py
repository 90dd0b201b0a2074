"""What the auditor found wrong with clocks, for whoever has to put it right."""

from django.contrib import admin

from exceptions_app.administration.recorded import ReadOnlyAdmin
from exceptions_app.sla.models import ClockFinding


@admin.register(ClockFinding)
class ClockFindingAdmin(ReadOnlyAdmin):
    """Findings, those that still stand first."""

    list_display = ["kind", "case", "words", "found_at", "gone_at"]
    list_filter = ["kind", ("gone_at", admin.EmptyFieldListFilter)]
    list_select_related = ["case"]
    ordering = ["-gone_at", "-found_at"]
