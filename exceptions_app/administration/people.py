"""People, teams and API tokens. Nobody but a superuser gives rights, least of all to themselves."""

from typing import Any

from allauth.account.admin import EmailAddress
from allauth.mfa.admin import Authenticator
from axes.admin import AccessAttemptAdmin, AccessFailureLogAdmin, AccessLogAdmin
from axes.models import AccessAttempt, AccessFailureLog, AccessLog
from django.contrib import admin, messages
from django.contrib.auth.admin import GroupAdmin, UserAdmin
from django.contrib.auth.forms import UserChangeForm
from django.contrib.auth.models import Group
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.forms.models import BaseInlineFormSet
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy as _

from erp_connectors import clock
from exceptions_app import sla
from exceptions_app.administration import checks
from exceptions_app.administration.recorded import ReadOnlyAdmin, RecordedAdmin, RecordedForm
from exceptions_app.audit.models import Event
from exceptions_app.cases.models import Clock
from exceptions_app.people import delegation
from exceptions_app.people.models import Absence, ApiToken, Delegation, Membership, Team, User
from exceptions_app.people.permissions import NotAllowed
from exceptions_app.signing_in import factors, locks, pace, sessions
from exceptions_app.signing_in.models import DirectoryGroup, DirectoryIdentity, SignInTry

#: What only a superuser sets: with any of them one could become one.
RIGHTS = ("is_staff", "is_superuser", "groups", "user_permissions")


class MembershipFormSet(BaseInlineFormSet):
    """Keeps an administrator who is not superuser from changing their own teams, roles and limits."""

    administrator: User

    def clean(self) -> None:
        """Refuse a changed row about oneself."""
        super().clean()
        if self.administrator.is_superuser:
            return
        for form in self.forms:
            about = {form.instance.user_id, getattr(form.cleaned_data.get("user"), "pk", None)}
            if form.has_changed() and self.administrator.pk in about:
                raise ValidationError("Your own teams, roles and limits are changed by somebody else.")


class MembershipInline(admin.TabularInline):
    """Who is in which team, with role and limit."""

    model = Membership
    formset = MembershipFormSet
    extra = 0

    def get_formset(self, request: HttpRequest, obj: Any = None, **options: Any) -> Any:
        """Tell the rows who edits them."""
        formset = super().get_formset(request, obj, **options)
        formset.administrator = request.user  # type: ignore[attr-defined]
        return formset


class AbsenceInline(admin.TabularInline):
    """When somebody is away: no new case goes to them then."""

    model = Absence
    extra = 0


class PersonForm(UserChangeForm):
    """Refuses time zones that do not exist."""

    def clean_time_zone(self) -> str:
        """Check the name."""
        return checks.check_zone(self.cleaned_data["time_zone"])


@admin.register(User)
class PersonAdmin(RecordedAdmin, UserAdmin):
    """People, their teams and limits."""

    form = PersonForm  # type: ignore[assignment]
    inlines = [MembershipInline, AbsenceInline]
    subject_kind = "person"
    list_display = ["username", "first_name", "last_name", "email", "is_active", "is_staff"]
    actions = ["unlock_sign_in", "remove_second_factors", "end_sessions"]
    fieldsets = (
        *(UserAdmin.fieldsets or ()),
        ("At work", {"fields": ("time_zone", "erp_user", "theme", "language")}),
        ("Signing in", {"fields": ("how_signing_in_stands",)}),
    )

    def get_readonly_fields(self, request: HttpRequest, row: Any = None) -> Any:
        """Rights are given by superusers only."""
        fields = (*super().get_readonly_fields(request, row), "how_signing_in_stands")
        return fields if request.user.is_superuser else (*fields, *RIGHTS)

    @admin.display(description=_("Wrong passwords"))
    def how_signing_in_stands(self, row: User) -> str:
        """Say what holds up signing in as the person, and that "Unlock signing in" lifts it."""
        until, locked = pace.slowed_until(row, clock.now()), locks.locked_addresses(row)
        said = [f"unknown browsers wait until {until:%H:%M} UTC"] if until else []
        said += [f"locked for {address}" for address in locked]
        return f"{'; '.join(said)}. “Unlock signing in” lifts it." if said else "Nothing holds them up."

    def has_change_permission(self, request: HttpRequest, row: Any = None) -> bool:
        """Nobody changes themselves or a superuser here, password included, but a superuser."""
        return super().has_change_permission(request, row) and _may_touch(request, row)

    def has_delete_permission(self, request: HttpRequest, row: Any = None) -> bool:
        """Nobody removes themselves or a superuser but a superuser."""
        return super().has_delete_permission(request, row) and _may_touch(request, row)

    def user_change_password(self, request: HttpRequest, id: str, form_url: str = "") -> HttpResponse:
        """Let a password be set, and tell the history that it was."""
        before = User.objects.filter(pk=id).values_list("password", flat=True).first()
        response = super().user_change_password(request, id, form_url)
        person = User.objects.filter(pk=id).first()
        if person is not None and person.password != before:
            sessions.end_all(person, but=request.session.session_key)
            self.tell(request, person, "given a new password")
        return response

    def save_model(self, request: HttpRequest, row: User, form: Any, change: bool) -> None:
        """Save the person; one who is no longer active is signed out everywhere."""
        super().save_model(request, row, form, change)
        if change and not row.is_active:
            sessions.end_all(row)

    @admin.action(description="Unlock signing in", permissions=["change"])
    def unlock_sign_in(self, request: HttpRequest, people: QuerySet[User]) -> None:
        """Forget the failed sign-ins of the people chosen, so that they can try again at once."""
        for person in self._within_reach(request, people):
            locks.unlock(person)
            self.tell(request, person, "unlocked")

    @admin.action(description="Remove second factors (lost phone)", permissions=["change"])
    def remove_second_factors(self, request: HttpRequest, people: QuerySet[User]) -> None:
        """Let the people chosen sign in with their password alone, to set up another factor."""
        for person in self._within_reach(request, people):
            count = factors.forget_factors(person)
            sessions.end_all(person)
            self.tell(request, person, "freed of second factors", before={"factors": str(count)})

    @admin.action(description="Sign out everywhere", permissions=["change"])
    def end_sessions(self, request: HttpRequest, people: QuerySet[User]) -> None:
        """End every session of the people chosen, at once."""
        for person in self._within_reach(request, people):
            count = sessions.end_all(person, but=request.session.session_key)
            self.tell(request, person, "signed out everywhere", before={"sessions": str(count)})

    def _within_reach(self, request: HttpRequest, people: QuerySet[User]) -> list[User]:
        """Return those of the people whom this administrator may change, and name the others."""
        reached = [person for person in people if self.has_change_permission(request, person)]
        left = [str(person) for person in people if person not in reached]
        if left:
            self.message_user(request, f"Not yours to change: {', '.join(left)}.", messages.ERROR)
        if reached:
            self.message_user(request, f"Done for {', '.join(map(str, reached))}.")
        return reached


def _may_touch(request: HttpRequest, row: User | None) -> bool:
    return row is None or bool(request.user.is_superuser) or (row != request.user and not row.is_superuser)


class DelegationForm(RecordedForm):
    """Refuses what passes nothing on, and what an administrator would pass on to themselves."""

    administrator: User

    def clean(self) -> dict[str, Any]:
        """Check the terms as a person's own page does."""
        cleaned = super().clean()
        if cleaned.get("delegate") == self.administrator:
            raise ValidationError({"delegate": "Nobody takes over what somebody else decides."})
        if all(cleaned.get(name) for name in ("person", "delegate", "first_day", "last_day")):
            terms = delegation.Terms(
                delegate=cleaned["delegate"],
                first_day=cleaned["first_day"],
                last_day=cleaned["last_day"],
                limit=cleaned.get("limit"),
                teams=list(cleaned.get("teams") or ()),
            )
            try:
                delegation.check(cleaned["person"], terms)
            except NotAllowed as refused:
                raise ValidationError(str(refused)) from refused
        return cleaned


@admin.register(Delegation)
class DelegationAdmin(RecordedAdmin):
    """Who approves for whom, and when; people pass it on themselves, superusers where somebody fell ill."""

    form = DelegationForm
    subject_kind = "delegation"
    list_display = ["person", "delegate", "first_day", "last_day", "limit", "ended_at"]
    list_filter = ["first_day"]
    autocomplete_fields = ["person", "delegate"]
    exclude = ["made_at"]
    filter_horizontal = ["teams"]

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **options: Any) -> Any:
        """Tell the form who fills it in."""
        form = super().get_form(request, obj, change=change, **options)
        form.administrator = request.user  # type: ignore[attr-defined]
        return form

    def save_model(self, request: HttpRequest, row: Delegation, form: Any, change: bool) -> None:
        """Note when it was made."""
        row.made_at = row.made_at or clock.now()
        super().save_model(request, row, form, change)

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Superusers only: it gives rights."""
        return bool(request.user.is_superuser)

    def has_change_permission(self, request: HttpRequest, row: Any = None) -> bool:
        """Superusers only: it gives rights."""
        return bool(request.user.is_superuser)

    def has_delete_permission(self, request: HttpRequest, row: Any = None) -> bool:
        """Approvals name it for ever; it is ended instead."""
        return False


@admin.register(Team)
class TeamAdmin(RecordedAdmin):
    """Teams of a company. With another calendar, the clocks of the team's cases are carried over to it."""

    inlines = [MembershipInline]
    subject_kind = "team"
    list_display = ["name", "code", "company", "calendar"]
    list_filter = ["company"]

    def save_model(self, request: HttpRequest, row: Team, form: Any, change: bool) -> None:
        """Save the team, and have its clocks looked at when it works by another calendar."""
        super().save_model(request, row, form, change)
        if change and "calendar" in form.changed_data:
            sla.look_again(Clock.objects.filter(case__team=row), clock.now())


admin.site.unregister(Group)
# They show the secrets of second factors, and addresses that nobody keeps here.
admin.site.unregister(Authenticator)
admin.site.unregister(EmailAddress)


@admin.register(Group)
class RightsAdmin(RecordedAdmin, GroupAdmin):
    """Bundles of rights in this administration; only superusers change them."""

    subject_kind = "group"

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Superusers only."""
        return bool(request.user.is_superuser)

    def has_change_permission(self, request: HttpRequest, row: Any = None) -> bool:
        """Superusers only."""
        return bool(request.user.is_superuser)

    def has_delete_permission(self, request: HttpRequest, row: Any = None) -> bool:
        """Superusers only."""
        return bool(request.user.is_superuser)


@admin.register(DirectoryGroup)
class DirectoryGroupAdmin(RecordedAdmin):
    """Which team and role a group of the company's directory stands for. Superusers only: it gives rights."""

    subject_kind = "directory_group"
    list_display = ["group", "team", "role", "limit"]
    list_filter = ["team__company"]

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Superusers only."""
        return bool(request.user.is_superuser)

    def has_change_permission(self, request: HttpRequest, row: Any = None) -> bool:
        """Superusers only."""
        return bool(request.user.is_superuser)

    def has_delete_permission(self, request: HttpRequest, row: Any = None) -> bool:
        """Superusers only."""
        return bool(request.user.is_superuser)


@admin.register(DirectoryIdentity)
class DirectoryIdentityAdmin(RecordedAdmin):
    """Who signs in with the company's directory. To take a row away lets the address decide anew."""

    subject_kind = "directory_identity"
    list_display = ["person", "issuer", "name_there"]

    @admin.display(description=_("name there"), ordering="subject")
    def name_there(self, row: DirectoryIdentity) -> str:
        """Return what the directory calls the person; `subject` is a mail's everywhere else."""
        return row.subject

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Signing in adds them."""
        return False

    def has_change_permission(self, request: HttpRequest, row: Any = None) -> bool:
        """Nobody becomes somebody else by hand."""
        return False

    def has_delete_permission(self, request: HttpRequest, row: Any = None) -> bool:
        """Superusers only."""
        return bool(request.user.is_superuser)


@admin.register(ApiToken)
class ApiTokenAdmin(RecordedAdmin):
    """Tokens of integrations: made with `manage.py create_token`, given an end or revoked here."""

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
    readonly_fields = ["company", "prefix", "scopes", "acts_as", "created_at", "last_used_at"]

    def has_add_permission(self, request: HttpRequest) -> bool:
        """The secret is shown once, where a token is made."""
        return False


for log in (AccessAttempt, AccessFailureLog, AccessLog):
    admin.site.unregister(log)


@admin.register(AccessAttempt)
class LockAdmin(RecordedAdmin, AccessAttemptAdmin):
    """Names and addresses with wrong passwords. To take a row away unlocks it, and the history is told."""

    subject_kind = "lock"

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Nobody locks by hand."""
        return False

    def has_change_permission(self, request: HttpRequest, row: Any = None) -> bool:
        """What was tried stays as it was."""
        return False


@admin.register(SignInTry)
class SignInTryAdmin(RecordedAdmin):
    """Wrong passwords of the last hour, that slow down a name or an address; to take rows away lifts it."""

    subject_kind = "sign_in_try"
    list_display = ["at", "person", "address", "is_from_known_browser"]
    list_filter = ["address"]
    search_fields = ["person__username", "address"]
    fields = ["at", "person", "address", "is_from_known_browser"]

    @admin.display(description=_("Known browser"), boolean=True)
    def is_from_known_browser(self, row: SignInTry) -> bool:
        """Say whether it counts for that browser alone."""
        return bool(row.device)

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Nobody slows down by hand."""
        return False

    def has_change_permission(self, request: HttpRequest, row: Any = None) -> bool:
        """What was tried stays as it was."""
        return False


@admin.register(AccessFailureLog)
class FailureAdmin(ReadOnlyAdmin, AccessFailureLogAdmin):
    """Who failed to sign in."""


@admin.register(AccessLog)
class SignInAdmin(ReadOnlyAdmin, AccessLogAdmin):
    """Who signed in and out."""


@admin.register(Event)
class EventAdmin(ReadOnlyAdmin):
    """The history. The database refuses changes too."""

    list_display = ["at", "kind", "summary", "actor_name", "source"]
    list_filter = ["kind"]
    ordering = ["-at"]
