"""Admin screens that leave an event for every change, with the values before and after."""

from typing import Any

from django import forms
from django.contrib import admin
from django.db import transaction
from django.db.models import JSONField, Model, QuerySet
from django.forms.models import _get_foreign_key
from django.http import HttpRequest

from erp_connectors import clock
from exceptions_app.audit.concerns import company_of
from exceptions_app.audit.record import Actor, record

EMPTY: tuple[Any, ...] = (None, "", [], {})
#: Not shown in the history: secrets, and the release, which an event names itself.
UNTOLD = frozenset({"password", "hashed", "last_login", "release"})


def actor_of(request: HttpRequest) -> Actor:
    """Return the administrator as the history shows them."""
    return Actor(request.user, f"admin {request.META.get('REMOTE_ADDR', '')}")  # type: ignore[arg-type]


def values_of(row: Model) -> dict[str, str]:
    """Return the row's values as words, for the history; secrets and empty values are left out."""
    told = [field.name for field in row._meta.fields if field.name not in UNTOLD and not field.primary_key]
    values = {name: str(getattr(row, name)) for name in told if getattr(row, name) not in EMPTY}
    for many in row._meta.many_to_many if row.pk else ():
        words = sorted(str(each) for each in getattr(row, many.name).all())
        if words:
            values[many.name] = ", ".join(words)
    return values


class RecordedForm(forms.ModelForm):
    """Reads an emptied JSON field as the model's own empty value, never as null."""

    def clean(self) -> dict[str, Any]:
        """Return what was entered."""
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        for field in self._meta.model._meta.fields:
            if isinstance(field, JSONField) and field.name in cleaned and cleaned[field.name] is None:
                cleaned[field.name] = field.get_default()
        return cleaned


class RecordedAdmin(admin.ModelAdmin):
    """Leaves one event for every change of a row and of what is edited beside it."""

    form = RecordedForm
    show_full_result_count = False
    subject_kind = "setting"
    #: Its forms tell what they change, and nothing where nothing changed.
    tells_changes = True

    def save_model(self, request: HttpRequest, row: Any, form: Any, change: bool) -> None:
        """Save the row; the history is told once everything beside it is saved too."""
        form.values_before = self._everything(request, row) if change else {}
        super().save_model(request, row, form, change)

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        """Save what is edited beside the row, and tell the history what is different now."""
        super().save_related(request, form, formsets, change)
        before, after = form.values_before, self._everything(request, form.instance)
        changed = {name for name in before | after if before.get(name) != after.get(name)}
        if changed:
            self.tell(
                request,
                form.instance,
                "changed" if change else "added",
                before={name: value for name, value in before.items() if name in changed},
                after={name: value for name, value in after.items() if name in changed},
            )

    def delete_model(self, request: HttpRequest, row: Any) -> None:
        """Delete and tell the history."""
        before, key = self._everything(request, row), row.pk
        super().delete_model(request, row)
        row.pk = key
        self.tell(request, row, "removed", before=before)

    @transaction.atomic
    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        """Delete one by one, so that each is told; all or none."""
        for row in queryset:
            self.delete_model(request, row)

    def tell(
        self,
        request: HttpRequest,
        row: Any,
        verb: str,
        *,
        before: dict[str, str] | None = None,
        after: dict[str, str] | None = None,
    ) -> None:
        """Leave the event of a change, in the transaction of the change."""
        words = f"{self.opts.verbose_name} {row} {verb}"
        record(
            f"{self.subject_kind}.{verb}",
            at=clock.now(),
            summary=words[:1].upper() + words[1:],
            subject=(self.opts.model_name or "", str(row.pk)),
            actor=actor_of(request),
            company=company_of(row),
            before=before,
            after=after,
            release=getattr(row, "release", None),
        )

    def _everything(self, request: HttpRequest, row: Model) -> dict[str, str]:
        """Return the values of the row, and of each row edited beside it, as the database has them."""
        values = values_of(type(row)._default_manager.get(pk=row.pk))
        for inline in self.get_inline_instances(request, row):
            owner = _get_foreign_key(self.model, inline.model).name
            for beside in inline.model._default_manager.filter(**{owner: row}):
                told = ", ".join(f"{name} {value}" for name, value in values_of(beside).items())
                values[f"{inline.opts.verbose_name} {beside.pk}"] = told
        return values


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
