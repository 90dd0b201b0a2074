"""Every screen of the administration opens, takes what is right, and tells the history."""

import re
from datetime import date, timedelta
from typing import Any

import pytest
from django.contrib import admin
from django.contrib.admin import ModelAdmin
from django.contrib.admin.templatetags.admin_list import result_headers
from django.contrib.auth.models import Permission
from django.db.models import Model
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.test import Client
from django.urls import reverse
from django.utils import translation

from erp_connectors import clock
from erp_connectors.companies import Company, Connection
from erp_connectors.documents.models import Supplier
from erp_connectors.exchange.models import PartnerProfile, StreamState
from exceptions_app import sla, tasks
from exceptions_app.audit.models import Event
from exceptions_app.audit.record import Actor
from exceptions_app.cases.models import Clock
from exceptions_app.people.models import ApiToken, Membership, Team, User
from exceptions_app.policies import drafts
from exceptions_app.policies.changes import values_of
from exceptions_app.policies.draft_models import PolicyChange, PolicyDraft
from exceptions_app.policies.models import (
    ApprovalRule,
    Calendar,
    ClockWarning,
    CompanyPolicy,
    EscalationStep,
    ExchangeRate,
    ImpactDefaults,
    MessageTemplate,
    PolicyRelease,
    PolicyRow,
    Responsibility,
    RoutingRule,
    ServiceLevelRow,
    SeverityBands,
    SupplierTimeRow,
    TaskTemplate,
    TermRow,
    ToleranceRow,
    TypeSetting,
)
from exceptions_app.signing_in.models import DirectoryGroup, DirectoryIdentity, SignInTry
from exceptions_app.sla.models import ClockFinding
from suppliers.profiles import Contact, SupplierProfile
from tests.builders import factories
from tests.builders.factories import TUESDAY_TEN, Ground
from tests.exceptions_app.administration.forms import errors, form_of, send
from tests.exceptions_app.administration.publishing import publish_what_is_written
from tests.exceptions_app.administration.signed_in import SignedIn, ground_with_ada

pytestmark = pytest.mark.django_db
SCENE = ground_with_ada


@pytest.fixture
def world(scene: SignedIn) -> Ground:
    return scene.world


@pytest.fixture
def root(scene: SignedIn) -> Client:
    return scene.client


def address(model: type[Model], page: str, *key: Any) -> str:
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_{page}", args=key)


def last_event() -> Event:
    return Event.objects.order_by("-id")[0]


#: A row of every screen with a form, what is changed in it, and what the history must say of that.
CHANGES: list[tuple[type[Model], dict[str, Any], dict[str, Any]]] = [
    (ToleranceRow, {"type_code": "quantity_short"}, {"percent_state": "value", "percent": "2.5"}),
    (TermRow, {}, {"confirm_days": "3"}),
    (TypeSetting, {"type_code": "quantity_short", "mode": "off"}, {"mode": "on"}),
    (ImpactDefaults, {}, {"handling_cost": "30.00"}),
    (SeverityBands, {}, {"medium": "150.00"}),
    (RoutingRule, {}, {"name": "Expensive ones"}),
    (Responsibility, {}, {"category": "seals"}),
    (ServiceLevelRow, {}, {"respond_hours": "2"}),
    (EscalationStep, {}, {"after_minutes": "30"}),
    (ClockWarning, {}, {"percent": "50"}),
    (SupplierTimeRow, {}, {"answer_hours": "24"}),
    (ApprovalRule, {}, {"percent_above": "5"}),
    (TaskTemplate, {}, {"title": "Cover them"}),
    (MessageTemplate, {}, {"subject": "Confirm {order}, please"}),
    (Calendar, {}, {"name": "Kassel and Fulda"}),
    (CompanyPolicy, {}, {"owner": "Mona"}),
    (ExchangeRate, {}, {"rate": "0.91"}),
    (Company, {}, {"name": "Weserland AG"}),
    (Connection, {}, {"name": "The ERP"}),
    (PartnerProfile, {}, {"name": "Nordmann"}),
    (StreamState, {}, {"interval_seconds": "120"}),
    (SupplierProfile, {}, {"expects_invoice": ""}),
    (Contact, {}, {"phone": "0561 1234"}),
    (User, {}, {"first_name": "Beate"}),
    (Team, {}, {"name": "Purchasing"}),
    (ApiToken, {}, {"name": "Warehouse system"}),
    (DirectoryGroup, {}, {"role": "lead"}),
]


def row_of(world: Ground, model: type[Model], values: dict[str, Any]) -> Model:
    """Return a row of the common ground, made where there is none."""
    if model is Connection:
        world.erp.settings = {"folder": "/srv/erp"}
        world.erp.save()
        return world.erp
    if model is User:
        return world.people["bea"]
    found = model._default_manager.order_by("pk").first()
    if found is not None:
        return found
    factory = getattr(factories, f"{model.__name__}Factory")
    scope = {"company": world.company} if hasattr(model, "company") and model is not TaskTemplate else {}
    if model in (RoutingRule, Responsibility):
        scope |= {"team": world.teams["PRO"]}
    if model is Responsibility:
        scope |= {"person": world.people["bea"]}
    if model is Contact:
        scope = {"supplier": world.supplier}
    row: Model = factory.create(**scope, **values)
    return row


SETTINGS = [row for row in CHANGES if not issubclass(row[0], PolicyRow)]
RULES = [row for row in CHANGES if issubclass(row[0], PolicyRow)]


@pytest.mark.parametrize(("model", "values", "change"), SETTINGS, ids=[row[0].__name__ for row in SETTINGS])
def test_a_changed_row_is_saved_and_told_with_the_values_before_and_after(
    root: Client, world: Ground, model: type[Model], values: dict[str, Any], change: dict[str, Any]
) -> None:
    row = row_of(world, model, values)

    answer = send(root, address(model, "change", row.pk), **change)

    assert answer.status_code == 302, errors(answer)
    row.refresh_from_db()
    event = last_event()
    name = next(iter(change))
    assert event.kind.endswith(".changed")
    assert event.actor_name == "Ada Example"
    assert event.source.startswith("admin 127.0.0.1")
    assert event.before.get(name) != event.after.get(name)
    assert event.after.get(name) == (str(getattr(row, name)))
    assert (event.release, PolicyDraft.objects.count()) == (None, 0)


@pytest.mark.parametrize(("model", "values", "change"), RULES, ids=[row[0].__name__ for row in RULES])
def test_a_changed_rule_goes_into_a_draft_and_holds_once_that_is_published(
    root: Client, world: Ground, model: type[PolicyRow], values: dict[str, Any], change: dict[str, Any]
) -> None:
    row: Any = row_of(world, model, values)
    before = values_of(model._default_manager.get(pk=row.pk))

    answer = send(root, address(model, "change", row.pk), **change)

    assert answer.status_code == 302, errors(answer)
    written = PolicyDraft.objects.get().changes.get()
    assert values_of(model._default_manager.get(pk=row.pk)) == written.before == before
    event = last_event()
    assert (event.kind, event.actor_name) == ("policy.draft_changed", "Ada Example")
    assert event.source.startswith("admin 127.0.0.1")
    assert event.before != event.after
    assert PolicyRelease.objects.count() == 1

    publish_what_is_written()
    row.refresh_from_db()
    assert values_of(row) == written.after != before
    assert row.release == PolicyRelease.objects.get(number=2)


def test_what_was_saved_is_told_with_the_way_to_the_draft_and_shown_in_the_list(
    root: Client, world: Ground
) -> None:
    row = factories.ToleranceRowFactory.create(company=world.company)
    changing = address(ToleranceRow, "change", row.pk)
    send(root, changing, percent_state="value", percent="2.5")
    draft = PolicyDraft.objects.get()
    page = root.get(address(ToleranceRow, "changelist")).content.decode()
    assert f'<a href="/policies/drafts/{draft.pk}/">' in page
    assert "Tolerance for quantity short in Weserland: not checked becomes 2.5 %" in page
    assert ">not checked becomes 2.5 %</td>" in page
    # The form goes on where the draft is, and a value set back takes the change out again.
    assert form_of(root.get(changing))["percent"] == "2.5000"
    send(root, changing, percent_state="unchecked", percent="")
    assert not draft.changes.exists()


def test_a_new_rule_is_shown_above_the_list_and_edited_there_again(root: Client, world: Ground) -> None:
    add = address(TermRow, "add")
    send(root, add, confirm_days="3")
    written = PolicyDraft.objects.get().changes.get()
    root.get(address(TermRow, "changelist"))
    assert "New: Terms: confirm days 3" in root.get(address(TermRow, "changelist")).content.decode()
    again = f"{add}?change={written.pk}"
    assert form_of(root.get(again))["confirm_days"] == "3"
    send(root, again, confirm_days="5")
    assert [each.after["confirm_days"] for each in PolicyDraft.objects.get().changes.all()] == [5]


def test_it_is_written_into_the_draft_that_was_chosen(root: Client, world: Ground) -> None:
    row = factories.ToleranceRowFactory.create(company=world.company)
    root.post("/policies/begin/", {"title": "First"})
    first = PolicyDraft.objects.get()
    root.post("/policies/begin/", {"title": "Second"})
    root.get(f"/policies/drafts/{first.pk}/write/tolerancerow/")
    send(root, address(ToleranceRow, "change", row.pk), percent_state="zero")
    assert first.changes.count() == 1
    # One that is reviewed is written into no more.
    drafts.name(first.pk, "First", "Why", by=Actor(), at=TUESDAY_TEN)
    drafts.submit(first.pk, by=Actor(), at=TUESDAY_TEN)
    send(root, address(ToleranceRow, "change", row.pk), percent_state="zero")
    assert PolicyDraft.objects.get(title="Second").changes.count() == 1


def test_saving_a_rule_unchanged_writes_nothing_and_tells_nothing(root: Client, world: Ground) -> None:
    row = factories.ToleranceRowFactory.create(company=world.company)
    assert send(root, address(ToleranceRow, "change", row.pk)).status_code == 302
    assert not PolicyDraft.objects.exists()
    assert not Event.objects.filter(kind__startswith="policy.").exists()


@pytest.mark.parametrize("model", [*admin.site._registry], ids=lambda model: model.__name__)
def test_every_list_opens(root: Client, world: Ground, model: type[Model]) -> None:
    answer = root.get(address(model, "changelist"))
    assert answer.status_code == 200


@pytest.mark.parametrize(
    "model",
    [model for model, screen in admin.site._registry.items() if model._meta.app_label != "axes"],
    ids=lambda model: model.__name__,
)
def test_a_form_for_a_new_row_opens_or_is_refused(root: Client, world: Ground, model: type[Model]) -> None:
    shown_only = {Supplier, StreamState, ApiToken, Event, PolicyRelease, ClockFinding}
    shown_only |= {DirectoryIdentity, SignInTry}
    answer = root.get(address(model, "add"))
    assert answer.status_code == (403 if model in shown_only else 200)


NEW: list[tuple[type[Model], dict[str, Any]]] = [
    (ToleranceRow, {"type_code": "date_later", "amount_state": "value", "amount": "2"}),
    (TermRow, {"confirm_days": "1"}),
    (TypeSetting, {"type_code": "quantity_short", "mode": "off"}),
    (ImpactDefaults, {"margin_percent": "20.00", "criticality": "1.20"}),
    (SeverityBands, {"medium": "100.00", "high": "500.00", "critical": "2000.00"}),
    (ServiceLevelRow, {"type_code": "quantity_short", "respond_hours": "1", "resolve_hours": "8"}),
    (SupplierTimeRow, {"tier": "A", "answer_hours": "8", "remind_every_hours": "4", "reminders": "3"}),
    (ClockWarning, {"side": "supplier", "minutes_before": "60"}),
    (ApprovalRule, {"name": "Always two", "resolutions": '["split"]', "steps": "PRO lead or FIN\nPLN"}),
    (
        MessageTemplate,
        {
            "inquiry": "price",
            "language": "de",
            "subject": "Preis {order}",
            "body": "{lines}",
            "line": "{price}",
        },
    ),
    (
        TaskTemplate,
        {"type_code": "quantity_short", "team_code": "CSR", "title": "Tell {supplier}", "due_hours": "4"},
    ),
    (
        Calendar,
        {"code": "bremen", "name": "Bremen", "zone": "Europe/Berlin", "hours": '{"0": [["08:00", "16:00"]]}'},
    ),
    (Company, {"code": "northland", "name": "Northland", "currency": "EUR", "time_zone": "Europe/Oslo"}),
]


NEW_RULES = [row for row in NEW if issubclass(row[0], PolicyRow)]


def test_a_new_company_is_added_and_removed_with_an_event_each(root: Client, world: Ground) -> None:
    answer = send(root, address(Company, "add"), **dict(NEW)[Company])
    assert answer.status_code == 302, errors(answer)
    added = Company.objects.get(code="northland")
    told = last_event()
    assert (told.kind, told.before, told.subject_id) == ("setting.added", {}, str(added.pk))

    assert root.post(address(Company, "delete", added.pk), {"post": "yes"}).status_code == 302
    assert not Company.objects.filter(pk=added.pk).exists()
    told = last_event()
    assert (told.kind, told.after, told.subject_id) == ("setting.removed", {}, str(added.pk))


@pytest.mark.parametrize(("model", "values"), NEW_RULES, ids=[row[0].__name__ for row in NEW_RULES])
def test_a_new_rule_is_added_and_removed_by_drafts(
    root: Client, world: Ground, model: type[Model], values: dict[str, Any]
) -> None:
    before = set(model._default_manager.values_list("pk", flat=True))
    answer = send(root, address(model, "add"), **values)
    assert answer.status_code == 302, errors(answer)
    assert set(model._default_manager.values_list("pk", flat=True)) == before
    publish_what_is_written()
    added = model._default_manager.exclude(pk__in=before).get()
    told = Event.objects.get(kind="policy.added")
    assert (told.before, told.subject_id) == ({}, str(added.pk))
    assert told.after

    answer = root.post(address(model, "delete", added.pk), {"post": "yes"})
    assert answer.status_code == 302
    assert model._default_manager.filter(pk=added.pk).exists()
    publish_what_is_written()
    assert not model._default_manager.filter(pk=added.pk).exists()
    told = Event.objects.get(kind="policy.removed")
    assert (told.after, told.subject_id) == ({}, str(added.pk))
    assert told.before


def test_several_rules_are_removed_by_one_draft(root: Client, world: Ground) -> None:
    rules = [factories.ToleranceRowFactory.create(company=world.company) for _ in range(2)]
    answer = root.post(
        address(ToleranceRow, "changelist"),
        {"action": "remove_in_draft", "_selected_action": [rule.pk for rule in rules]},
    )
    assert answer.status_code == 302
    assert ToleranceRow.objects.count() == 2
    publish_what_is_written()
    assert not ToleranceRow.objects.exists()
    assert PolicyRelease.objects.count() == 2
    assert Event.objects.filter(kind="policy.removed").count() == 2


def test_a_calendar_in_use_is_not_removed(root: Client, world: Ground) -> None:
    answer = root.post(address(Calendar, "delete", world.calendar.pk), {"post": "yes"})
    assert answer.status_code == 302
    assert Calendar.objects.filter(pk=world.calendar.pk).exists()
    with pytest.raises(drafts.UnusableDraft, match="uses it"):
        publish_what_is_written()


def test_a_changed_calendar_moves_what_is_due_on_it_at_the_next_sweep(root: Client, world: Ground) -> None:
    clock.set_now(TUESDAY_TEN)
    case = factories.CaseFactory.create(company=world.company, team=world.teams["PRO"])
    sla.start(case, TUESDAY_TEN)
    place = address(Calendar, "change", world.calendar.pk)
    assert send(root, place, closed_on='["2026-11-25"]').status_code == 302
    publish_what_is_written()
    tasks.sweep_clocks()
    due_at = Clock.objects.get(case=case, kind="resolve").due_at
    assert due_at == factories.berlin(date(2026, 11, 26), 17)


def test_a_team_that_works_by_another_calendar_takes_its_cases_with_it(root: Client, world: Ground) -> None:
    clock.set_now(TUESDAY_TEN)
    case = factories.CaseFactory.create(company=world.company, team=world.teams["PRO"])
    sla.start(case, TUESDAY_TEN)
    late = factories.CalendarFactory.create(
        code="late", hours={"1": [["12:00", "20:00"]]}, country="", subdivision=""
    )
    place = address(Team, "change", world.teams["PRO"].pk)
    assert send(root, place, calendar=str(late.pk)).status_code == 302
    tasks.sweep_clocks()
    moved = Clock.objects.get(case=case, kind="respond")
    # Of four hours only the moments are used that the test has taken so far.
    assert moved.calendar == late
    assert moved.due_at is not None
    assert timedelta(0) < factories.berlin(date(2026, 11, 24), 16) - moved.due_at < timedelta(minutes=2)


def test_a_person_is_added_with_a_password_that_the_history_does_not_show(
    root: Client, world: Ground
) -> None:
    answer = send(
        root,
        address(User, "add"),
        username="nils",
        usable_password="true",
        password1="a-long-enough-one-26",
        password2="a-long-enough-one-26",
    )
    assert answer.status_code == 302, errors(answer)
    assert User.objects.get(username="nils").check_password("a-long-enough-one-26")
    told = Event.objects.filter(kind="person.added").get()
    assert told.after["username"] == "nils"
    assert "password" not in told.after


def test_a_new_password_is_told_without_being_shown(root: Client, world: Ground) -> None:
    bea = world.people["bea"]
    answer = send(
        root,
        reverse("admin:auth_user_password_change", args=[bea.pk]),
        usable_password="true",
        password1="another-long-one-26",
        password2="another-long-one-26",
    )
    assert answer.status_code == 302
    bea.refresh_from_db()
    assert bea.check_password("another-long-one-26")
    told = last_event()
    assert (told.kind, told.subject_id) == ("person.given a new password", str(bea.pk))
    assert (told.before, told.after) == ({}, {})


def test_a_limit_changed_beside_its_team_is_told(root: Client, world: Ground) -> None:
    place = address(Team, "change", world.teams["PRO"].pk)
    fields = form_of(root.get(place))
    which = next(name for name, value in fields.items() if name.endswith("-limit") and value == "2500.00")
    answer = root.post(place, fields | {which: "3000"})
    assert answer.status_code == 302
    assert Membership.objects.get(user__username="bea").limit == 3000
    told = last_event()
    assert told.kind == "team.changed"
    assert "limit 2500.00" in str(told.before)
    assert "limit 3000.00" in str(told.after)


# --- what nobody changes ------------------------------------------------------------------------------------


@pytest.mark.parametrize("model", [Event, PolicyRelease, Supplier], ids=lambda model: model.__name__)
def test_the_history_and_the_mirror_can_only_be_read(root: Client, world: Ground, model: type[Model]) -> None:
    send(root, address(Company, "change", world.company.pk), name="Weserland AG")
    row = model._default_manager.order_by("pk")[0]
    shown = root.get(address(model, "change", row.pk))
    assert shown.status_code == 200
    assert not [name for name in form_of(shown) if name not in ("csrfmiddlewaretoken", "q", "theme")]
    assert root.post(address(model, "change", row.pk), {}).status_code == 403
    assert root.post(address(model, "delete", row.pk), {"post": "yes"}).status_code == 403
    assert "delete_selected" not in root.get(address(model, "changelist")).content.decode()


def test_what_a_token_may_do_is_not_changed_here(root: Client, world: Ground) -> None:
    token = factories.ApiTokenFactory.create(company=world.company, scopes=["cases:read"])
    place = address(ApiToken, "change", token.pk)
    answer = send(
        root, place, scopes='["cases:write"]', acts_as=world.people["mona"].pk, hashed="x", company=99
    )
    assert answer.status_code == 302
    token.refresh_from_db()
    assert (token.scopes, token.acts_as, token.company) == (["cases:read"], None, world.company)
    assert "hashed" not in root.get(place).content.decode()


# --- staff that is not superuser ----------------------------------------------------------------------------


@pytest.fixture
def staff(client: Client, world: Ground) -> User:
    bea = world.people["bea"]
    bea.is_staff = True
    bea.save()
    client.force_login(bea)
    return bea


def grant(person: User, *codenames: str) -> None:
    person.user_permissions.set(Permission.objects.filter(codename__in=codenames))


def test_staff_without_rights_sees_no_screen(client: Client, staff: User) -> None:
    assert client.get(reverse("admin:index")).status_code == 200
    for model in admin.site._registry:
        assert client.get(address(model, "changelist")).status_code == 403, model


def test_staff_changes_only_what_its_rights_name(client: Client, staff: User, world: Ground) -> None:
    row = factories.ToleranceRowFactory.create(company=world.company)
    grant(staff, "view_tolerancerow")
    assert client.get(address(ToleranceRow, "change", row.pk)).status_code == 200
    assert client.post(address(ToleranceRow, "change", row.pk), {}).status_code == 403
    grant(staff, "change_tolerancerow", "view_supplier")
    answer = send(client, address(ToleranceRow, "change", row.pk), percent_state="value", percent="1")
    assert answer.status_code == 302
    assert client.post(address(ToleranceRow, "delete", row.pk), {"post": "yes"}).status_code == 403


def test_people_who_are_not_staff_are_asked_to_sign_in(client: Client, world: Ground) -> None:
    client.force_login(world.people["mona"])
    answer = client.get(reverse("admin:index"))
    assert answer.status_code == 302
    assert answer["Location"].startswith(reverse("admin:login"))


def test_staff_cannot_make_anybody_superuser(client: Client, staff: User, world: Ground) -> None:
    grant(staff, "change_user", "add_user", "view_user", "change_membership", "view_membership")
    paul = world.people["paul"]
    answer = send(
        client,
        address(User, "change", paul.pk),
        first_name="Pauline",
        is_superuser="on",
        is_staff="on",
        user_permissions=[permission.pk for permission in Permission.objects.all()[:3]],
    )
    assert answer.status_code == 302
    paul.refresh_from_db()
    assert paul.first_name == "Pauline"
    assert (paul.is_superuser, paul.is_staff, paul.user_permissions.count()) == (False, False, 0)


def test_staff_changes_neither_itself_nor_a_superuser(client: Client, staff: User, world: Ground) -> None:
    grant(staff, "change_user", "view_user", "delete_user")
    ada = factories.UserFactory.create(username="ada", is_staff=True, is_superuser=True)
    for person in (staff, ada):
        assert client.post(address(User, "change", person.pk), {"first_name": "X"}).status_code == 403
        assert client.post(address(User, "delete", person.pk), {"post": "yes"}).status_code == 403
        password = reverse("admin:auth_user_password_change", args=[person.pk])
        assert client.post(password, {"password1": "xxxxxxxxxxxxx-1"}).status_code == 403


def test_staff_cannot_raise_its_own_limit_in_its_team(client: Client, staff: User, world: Ground) -> None:
    grant(
        staff,
        "change_team",
        "view_team",
        "change_membership",
        "view_membership",
        "add_membership",
        "delete_membership",
    )
    place = address(Team, "change", world.teams["PRO"].pk)
    fields = form_of(client.get(place))
    own = next(name for name, value in fields.items() if name.endswith("-limit") and value == "2500.00")
    answer = client.post(place, fields | {own: "9999999"})
    assert answer.status_code == 200
    assert "changed by somebody else" in answer.content.decode()
    answer = client.post(place, fields | {own.replace("-limit", "-DELETE"): "on"})
    assert answer.status_code == 200
    answer = client.post(
        address(Team, "change", world.teams["FIN"].pk),
        form_of(client.get(address(Team, "change", world.teams["FIN"].pk)))
        | {
            "memberships-TOTAL_FORMS": "3",
            "memberships-2-user": str(staff.pk),
            "memberships-2-team": str(world.teams["FIN"].pk),
            "memberships-2-role": "manager",
            "memberships-2-limit": "9999999",
        },
    )
    assert answer.status_code == 200
    assert Membership.objects.get(user=staff).limit == 2500


def test_groups_are_only_for_superusers(client: Client, staff: User) -> None:
    grant(staff, "add_group", "change_group", "view_group", "delete_group")
    assert client.get(reverse("admin:auth_group_add")).status_code == 403


# --- signing in ---------------------------------------------------------------------------------------------


def test_the_sign_in_of_the_administration_slows_down_after_six_wrong_passwords(
    client: Client, world: Ground
) -> None:
    ada = factories.UserFactory.create(username="ada", is_staff=True, is_superuser=True)
    place = reverse("admin:login")

    def try_in(password: str) -> HttpResponse:
        return client.post(place, {"username": ada.username, "password": password})  # type: ignore[return-value]

    for _ in range(6):
        assert try_in("wrong").status_code == 200
    assert try_in(factories.PASSWORD).status_code == 429


def test_every_screen_of_rules_says_into_which_draft_it_saves(root: Client, world: Ground) -> None:
    place = address(Calendar, "change", world.calendar.pk)
    listed = address(Calendar, "changelist")
    assert "begins a draft of yours" in root.get(listed).content.decode()
    send(root, place, closed_on="2026-11-25\n2026-11-26")
    draft = PolicyDraft.objects.get()
    assert draft.changes.get().after["closed_on"] == ["2026-11-25", "2026-11-26"]

    for page in (listed, place, address(Calendar, "add"), address(Calendar, "delete", world.calendar.pk)):
        assert f"goes into draft {draft.pk}, “{draft.title}”" in root.get(page).content.decode()


def test_hours_are_shown_and_taken_as_lines(root: Client, world: Ground) -> None:
    place = address(Calendar, "change", world.calendar.pk)
    assert "Monday to Friday 08:00-17:00" in root.get(place).content.decode()
    assert send(root, place).status_code == 302
    assert not PolicyChange.objects.exists(), "nothing was changed"
    send(root, place, hours="Mon-Thu 08:00-17:00\nFriday 08:00-12:00")
    assert PolicyChange.objects.get().after["hours"]["4"] == [["08:00", "12:00"]]


def test_the_history_of_a_rule_is_in_the_audit(root: Client, world: Ground) -> None:
    answer = root.get(address(Calendar, "history", world.calendar.pk))
    assert answer["Location"] == f"/audit/?subject=calendar+{world.calendar.pk}"


def test_forms_of_rules_speak_the_readers_language(root: Client, world: Ground) -> None:
    page = root.get(address(Calendar, "change", world.calendar.pk), headers={"Accept-Language": "de"})
    for words in ("Öffnungszeiten", "Montag bis Freitag 08:00-17:00", "Wer für diese Regel einsteht."):
        assert words in page.content.decode()


def test_an_administrator_reads_all_that_follows_from_a_persons_name_in_the_erp(
    root: Client, world: Ground
) -> None:
    page = root.get(address(User, "change", world.people["bea"].pk)).content.decode()
    assert "which says who buys, and who entered an invoice or a receipt" in page


#: Words for a column that are the same in both languages.
SAME_IN_GERMAN = {"Name", "Person", "Status", "Team"}


def columns_of(screen: ModelAdmin, request: HttpRequest, language: str) -> list[tuple[str, str]]:
    """Return the headers and the names of the filters of a list, as a reader of this language sees them.

    One of each pair is empty: headers stand first.
    """
    with translation.override(language):
        shown = screen.get_changelist_instance(request)
        # A list shows its headers where it has rows.
        headers = [header | {"sortable": False} for header in result_headers(shown)]
        pages = [
            render_to_string("admin/change_list_results.html", {"result_headers": headers, "results": [[]]}),
            *(render_to_string("admin/filter.html", {"title": each.title}) for each in shown.filter_specs),
        ]
    return re.findall(r'<span>(\w.*?)</span>|data-filter-title="(.+?)"', "".join(pages))


def test_a_german_administrator_reads_no_english_header_on_any_list(root: Client) -> None:
    request = root.get(reverse("admin:index")).wsgi_request
    screens = list(admin.site._registry.values())
    columns = {screen: columns_of(screen, request, "en") for screen in screens}
    assert sum(map(len, columns.values())) > 200
    english = {
        (screen.model.__name__, *filter(None, word))
        for screen, words in columns.items()
        for word, german in zip(words, columns_of(screen, request, "de"), strict=True)
        if word == german and not SAME_IN_GERMAN.intersection(word)
    }
    assert not english
