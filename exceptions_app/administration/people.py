"""People, teams and API tokens."""

from typing import Any

from django.contrib import admin
from django.contrib.auth.admin import UserAdmin
from django.db.models import Model
from django.http import HttpRequest

from exceptions_app.administration.recorded import ReadOnlyAdmin, RecordedAdmin
from exceptions_app.audit.models import Event
from exceptions_app.people.models import ApiToken, Membership, Team, User


class MembershipInline(admin.TabularInline):
    """Who is in which team, with role and limit."""

    model = Membership
    extra = 0


class MembershipsAdmin(RecordedAdmin):
    """Tells the history when memberships edited beside the row change."""

    inlines = [MembershipInline]
    membership_field = ""

    def save_formset(self, request: HttpRequest, form: Any, formset: Any, change: bool) -> None:
        """Save the memberships and record them before and after."""
        before = self._memberships(form.instance)
        super().save_formset(request, form, formset, change)
        after = self._memberships(form.instance)
        if before != after:
            self._record(
                request, f"Memberships of {form.instance} changed", str(form.instance.pk), before, after
            )

    def _memberships(self, row: Model) -> dict[str, str]:
        rows = Membership.objects.filter(**{self.membership_field: row}).select_related(
            "user", "team__company"
        )
        return {f"{each.user} in {each.team}": f"{each.role}, limit {each.limit}" for each in rows}


@admin.register(User)
class PersonAdmin(MembershipsAdmin, UserAdmin):
    """People, their teams and limits."""

    subject_kind = "person"
    membership_field = "user"
    list_display = ["username", "first_name", "last_name", "email", "is_active", "is_staff"]
    fieldsets = (
        *(UserAdmin.fieldsets or ()),
        ("At work", {"fields": ("time_zone", "erp_user", "theme")}),
    )


@admin.register(Team)
class TeamAdmin(MembershipsAdmin):
    """Teams of a company."""

    subject_kind = "team"
    membership_field = "team"
    list_display = ["name", "code", "company", "calendar"]
    list_filter = ["company"]


@admin.register(ApiToken)
class ApiTokenAdmin(RecordedAdmin):
    """Tokens of integrations: made with `manage.py create_token`, revoked here."""

    subject_kind = "token"
    list_display = ["name", "company", "acts_as", "expires_at", "last_used_at", "revoked_at"]
    fields = [
        "name",
        "company",
        "prefix",
        "scopes",
        "acts_as",
        "created_at",
        "expires_at",
        "last_used_at",
        "revoked_at",
    ]
    readonly_fields = ["company", "prefix", "created_at", "last_used_at"]

    def has_add_permission(self, request: HttpRequest) -> bool:
        """The secret is shown once, where a token is made."""
        return False


@admin.register(Event)
class EventAdmin(ReadOnlyAdmin):
    """The history. The database refuses changes too."""

    list_display = ["at", "kind", "summary", "actor_name", "source"]
    list_filter = ["kind"]
    ordering = ["-at"]
