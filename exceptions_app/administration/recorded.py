"""Admin screens that leave an event for every change, with the values before and after."""

from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import Model
from django.forms.models import model_to_dict
from django.http import HttpRequest

from erp_connectors import clock
from exceptions_app.audit.record import Actor, record


def actor_of(request: HttpRequest) -> Actor:
    """Return the administrator as the history shows them."""
    return Actor(request.user, f"admin {request.META.get('REMOTE_ADDR', '')}")  # type: ignore[arg-type]


def values_of(row: Model) -> dict[str, str]:
    """Return the row's values as words, for the history."""
    return {name: str(value) for name, value in model_to_dict(row).items() if value not in (None, "", [], {})}


class RecordedAdmin(admin.ModelAdmin):
    """Leaves an event for every change, with the values before and after."""

    show_full_result_count = False
    subject_kind = "setting"

    def save_model(self, request: HttpRequest, row: Any, form: forms.ModelForm, change: bool) -> None:
        """Save and tell the history."""
        before = values_of(type(row).objects.get(pk=row.pk)) if change else {}
        super().save_model(request, row, form, change)
        self._tell(request, row, "changed" if change else "added", before, values_of(row))

    def delete_model(self, request: HttpRequest, row: Any) -> None:
        """Delete and tell the history."""
        before, key, words = values_of(row), str(row.pk), str(row)
        super().delete_model(request, row)
        self._record(request, f"{words} removed", key, before, {})

    def delete_queryset(self, request: HttpRequest, queryset: Any) -> None:
        """Delete one by one, so that each is told."""
        for row in queryset:
            self.delete_model(request, row)

    def _tell(
        self, request: HttpRequest, row: Model, verb: str, before: dict[str, str], after: dict[str, str]
    ) -> None:
        self._record(request, f"{self.opts.verbose_name} {row} {verb}", str(row.pk), before, after)

    def _record(
        self, request: HttpRequest, summary: str, key: str, before: dict[str, str], after: dict[str, str]
    ) -> None:
        record(
            f"{self.subject_kind}.changed",
            at=clock.now(),
            summary=summary,
            subject=(self.opts.model_name or "", key),
            actor=actor_of(request),
            before=before,
            after=after,
        )


class ReadOnlyAdmin(admin.ModelAdmin):
    """Shows what somebody else keeps: the ERP, or the history."""

    show_full_result_count = False

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Nobody adds here."""
        return False

    def has_change_permission(self, request: HttpRequest, row: Any = None) -> bool:
        """Nobody changes here."""
        return False

    def has_delete_permission(self, request: HttpRequest, row: Any = None) -> bool:
        """Nobody removes here."""
        return False
