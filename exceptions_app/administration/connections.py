"""Companies, connections and trading partners. The mirror is shown, never edited."""

from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.http import HttpRequest
from erp_connectors.edi.partners import rules_of

from erp_connectors.companies import Company, Connection, Warehouse
from erp_connectors.connectors.registry import connector_for
from erp_connectors.documents.models import Supplier
from erp_connectors.errors import RightlineError
from erp_connectors.exchange.models import PartnerProfile, StreamState
from exceptions_app.administration.recorded import ReadOnlyAdmin, RecordedAdmin
from suppliers.profiles import Contact, SupplierProfile


class WarehouseInline(admin.TabularInline):
    """Sites of a company."""

    model = Warehouse
    extra = 0


@admin.register(Company)
class CompanyAdmin(RecordedAdmin):
    """Companies and their sites."""

    inlines = [WarehouseInline]
    list_display = ["name", "code", "currency", "time_zone"]


class ConnectionForm(forms.ModelForm):
    """Lets the connector check its own settings before they are saved."""

    def clean(self) -> dict[str, Any]:
        """Refuse settings the connector cannot work with, in its words."""
        cleaned = super().clean() or {}
        if not self.errors and cleaned.get("kind") == "file_drop":
            try:
                connector_for(
                    Connection(**{name: cleaned[name] for name in ("kind", "settings", "code", "time_zone")})
                )
            except RightlineError as error:
                raise ValidationError({"settings": str(error)}) from error
        return cleaned


@admin.register(Connection)
class ConnectionAdmin(RecordedAdmin):
    """ERPs and EDI mailboxes."""

    form = ConnectionForm
    list_display = ["name", "code", "company", "kind", "cut_over", "is_active"]
    list_filter = ["company", "kind"]


class PartnerForm(forms.ModelForm):
    """Checks the overrides of a trading partner before they are saved."""

    def clean(self) -> dict[str, Any]:
        """Refuse overrides that cannot be read, naming the place."""
        cleaned = super().clean() or {}
        if not self.errors:
            try:
                rules_of(PartnerProfile(**{name: value for name, value in cleaned.items() if name != "id"}))
            except RightlineError as error:
                raise ValidationError({"overrides": str(error)}) from error
        return cleaned


@admin.register(PartnerProfile)
class PartnerAdmin(RecordedAdmin):
    """How each trading partner speaks."""

    form = PartnerForm
    list_display = ["name", "connection", "supplier", "their_qualifier", "their_id", "our_id", "is_test"]
    list_filter = ["connection"]
    autocomplete_fields = ["supplier"]


@admin.register(Supplier)
class SupplierAdmin(ReadOnlyAdmin):
    """Suppliers as their ERP has them; found here by rules, edited in the ERP."""

    search_fields = ["number", "name"]
    list_display = ["name", "number", "company", "tier", "country"]
    list_filter = ["company", "tier"]


@admin.register(StreamState)
class StreamAdmin(RecordedAdmin):
    """How far each stream has been read. Read only but for its interval."""

    list_display = ["connection", "stream", "watermark", "last_success_at", "failures", "last_error"]
    fields = [
        "connection",
        "stream",
        "interval_seconds",
        "watermark",
        "last_success_at",
        "failures",
        "last_error",
    ]
    readonly_fields = ["connection", "stream", "watermark", "last_success_at", "failures", "last_error"]

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Streams appear with their connection."""
        return False


@admin.register(SupplierProfile)
class SupplierProfileAdmin(RecordedAdmin):
    """What we expect of a supplier."""

    list_display = ["supplier", "expects_confirmation", "expects_ship_notice", "answers_total_quantity"]
    autocomplete_fields = ["supplier"]


@admin.register(Contact)
class ContactAdmin(RecordedAdmin):
    """Whom we talk to."""

    list_display = ["name", "supplier", "email", "role"]
    autocomplete_fields = ["supplier"]
