"""Companies, connections and trading partners. The mirror is shown, never edited."""

from typing import Any

from django.contrib import admin
from django.core.exceptions import ValidationError
from django.http import HttpRequest

from erp_connectors.companies import Company, Connection, Warehouse
from erp_connectors.connectors.registry import connector_for, has_connector
from erp_connectors.documents.models import Supplier
from erp_connectors.edi.partners import rules_of
from erp_connectors.errors import RightlineError
from erp_connectors.exchange.models import PartnerProfile, StreamState
from exceptions_app.administration import checks
from exceptions_app.administration.recorded import ReadOnlyAdmin, RecordedAdmin, RecordedForm
from exceptions_app.policies.models import Calendar
from suppliers.profiles import Contact, SupplierProfile


class WarehouseInline(admin.TabularInline):
    """Sites of a company."""

    model = Warehouse
    extra = 0


class CompanyForm(RecordedForm):
    """Refuses currencies and time zones that do not exist."""

    def clean_currency(self) -> str:
        """Check the code."""
        return checks.check_currency(self.cleaned_data["currency"])

    def clean_time_zone(self) -> str:
        """Check the name."""
        return checks.check_zone(self.cleaned_data["time_zone"])


@admin.register(Company)
class CompanyAdmin(RecordedAdmin):
    """Companies and their sites."""

    form = CompanyForm
    inlines = [WarehouseInline]
    list_display = ["name", "code", "currency", "time_zone"]


class ConnectionForm(RecordedForm):
    """Lets the connector check its own settings before they are saved."""

    def clean_time_zone(self) -> str:
        """Check the name."""
        return checks.check_zone(self.cleaned_data["time_zone"])

    def clean_settings(self) -> dict[str, Any]:
        """Refuse what is not a table of settings."""
        settings = self.cleaned_data["settings"]
        if settings is not None and not isinstance(settings, dict):
            raise ValidationError('Write settings as names and values, like {"folder": "/srv/erp"}.')
        return settings or {}

    def clean(self) -> dict[str, Any]:
        """Refuse settings the connector cannot work with, in its words."""
        cleaned = super().clean()
        if not self.errors:
            try:
                connection = Connection(**{name: value for name, value in cleaned.items() if name != "id"})
                if has_connector(connection):
                    connector_for(connection)
            except RightlineError as error:
                raise ValidationError({"settings": str(error)}) from error
        return cleaned


@admin.register(Connection)
class ConnectionAdmin(RecordedAdmin):
    """ERPs and EDI mailboxes."""

    form = ConnectionForm
    list_display = ["name", "code", "company", "kind", "cut_over", "is_active"]
    list_filter = ["company", "kind"]


class PartnerForm(RecordedForm):
    """Checks the overrides of a trading partner before they are saved."""

    def clean(self) -> dict[str, Any]:
        """Refuse another company's supplier, and overrides that cannot be read, naming the place."""
        cleaned = super().clean()
        connection = cleaned.get("connection")
        company = connection.company if connection is not None else None
        told = "{row} belongs to {company}, not to the company of the connection."
        checks.check_same_company({"supplier": cleaned.get("supplier")}, company, told=told)
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
    """How far each stream has been read. Only its interval can be set."""

    list_display = ["connection", "stream", "watermark", "last_success_at", "failures", "last_error"]
    list_filter = ["connection"]
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

    def has_delete_permission(self, request: HttpRequest, row: Any = None) -> bool:
        """Without its row a stream would be read from the beginning."""
        return False


class SupplierProfileForm(RecordedForm):
    """Refuses a calendar that does not exist."""

    def clean_calendar_code(self) -> str:
        """Look the calendar up."""
        code: str = self.cleaned_data["calendar_code"]
        if code and not Calendar.objects.filter(code=code).exists():
            known = ", ".join(Calendar.objects.order_by("code").values_list("code", flat=True))
            raise ValidationError(f"There is no calendar {code}; use one of {known or 'none yet'}.")
        return code


@admin.register(SupplierProfile)
class SupplierProfileAdmin(RecordedAdmin):
    """What we expect of a supplier."""

    form = SupplierProfileForm
    list_display = ["supplier", "expects_confirmation", "expects_ship_notice", "answers_total_quantity"]
    autocomplete_fields = ["supplier"]


@admin.register(Contact)
class ContactAdmin(RecordedAdmin):
    """Whom we talk to."""

    list_display = ["name", "supplier", "email", "role"]
    autocomplete_fields = ["supplier"]
