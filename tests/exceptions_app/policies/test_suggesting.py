"""The standard rules a company lacks are offered as a draft; what is there is known again."""

from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.test import Client

from exceptions_app.policies.draft_models import Action, DraftState, PolicyDraft
from exceptions_app.policies.models import ApprovalRule, PolicyRelease
from exceptions_app.policies.standard import STANDARD_APPROVALS, standard_approvals
from tests.builders import factories
from tests.builders.factories import Ground
from tests.exceptions_app.policies.writing import administrator, begun, published, write_removal

pytestmark = pytest.mark.django_db
SCENE = factories.ground
WRONG_ITEM = "Another item that came also needs Planning"


def suggested(*arguments: str) -> str:
    out = StringIO()
    call_command("suggest_standard_rules", *arguments, stdout=out)
    return out.getvalue()


def added_by(draft: PolicyDraft) -> list[str]:
    return [change.after["name"] for change in draft.changes.order_by("pk")]


@pytest.fixture
def ground(scene: Ground) -> Ground:
    """The common ground, whose company has the whole standard set."""
    ApprovalRule.objects.all().delete()
    standard_approvals(scene.company, PolicyRelease.objects.get(), owner="Head of Procurement")
    return scene


def test_a_rule_of_a_newer_standard_is_offered_and_holds_once_two_people_agreed(ground: Ground) -> None:
    ApprovalRule.objects.filter(name=WRONG_ITEM).delete()
    said = suggested()
    draft = PolicyDraft.objects.get()
    assert added_by(draft) == [WRONG_ITEM]
    assert f"{draft} adds 1" in said
    assert WRONG_ITEM in said
    assert draft.state == DraftState.WRITTEN
    assert not ApprovalRule.objects.filter(name=WRONG_ITEM).exists()

    ada, anton = administrator("ada"), administrator("anton")
    client = Client()
    client.force_login(ada)
    page = client.get(f"/policies/drafts/{draft.pk}/").content.decode()
    assert f"Standard rules for {ground.company.name}" in page
    assert "Standard rules of this version of Rightline" in page
    published(draft, ada, anton)
    assert ApprovalRule.objects.get(name=WRONG_ITEM).company == ground.company


def test_a_company_without_rules_is_offered_all_of_them(ground: Ground) -> None:
    ApprovalRule.objects.all().delete()
    suggested("--company", ground.company.code)
    assert added_by(PolicyDraft.objects.get()) == [rule.name for rule in STANDARD_APPROVALS]


def test_nothing_is_offered_where_nothing_is_missing_whatever_people_made_of_it(ground: Ground) -> None:
    ApprovalRule.objects.filter(name=WRONG_ITEM).update(name="Wrong items", steps=[])
    ApprovalRule.objects.filter(type_code="quantity_short").update(percent_above=25)
    assert "no standard rule is missing" in suggested()
    assert not PolicyDraft.objects.exists()


def test_a_rule_for_some_suppliers_or_of_another_company_does_not_stand_for_the_standard(
    ground: Ground,
) -> None:
    ApprovalRule.objects.filter(name=WRONG_ITEM).update(name="Of one", supplier=ground.supplier)
    suggested()
    other = factories.CompanyFactory.create(code="talbridge", name="Talbridge")
    suggested("--company", "talbridge")
    theirs, ours = PolicyDraft.objects.order_by("-pk")
    assert added_by(ours) == [WRONG_ITEM]
    assert {change.company_id for change in theirs.changes.all()} == {other.pk}
    assert len(added_by(theirs)) == len(STANDARD_APPROVALS)


def test_what_waits_in_a_draft_is_not_offered_twice(ground: Ground) -> None:
    ApprovalRule.objects.filter(name=WRONG_ITEM).delete()
    suggested()
    draft = PolicyDraft.objects.get()
    assert f"{draft} (Standard rules for {ground.company.name}) waits" in suggested()
    assert PolicyDraft.objects.count() == 1


def test_whoever_reviews_reads_what_had_been_removed_on_purpose(ground: Ground) -> None:
    ada, anton = administrator("ada"), administrator("anton")
    removal = begun(ada, "We trust the dock")
    write_removal(removal, ApprovalRule.objects.get(name=WRONG_ITEM), ada)
    published(removal, ada, anton)
    assert not ApprovalRule.objects.filter(name=WRONG_ITEM).exists()

    suggested()
    draft = PolicyDraft.objects.exclude(pk=removal.pk).get()
    assert f"Removed by {removal}, and suggested again: {WRONG_ITEM}." in draft.reason
    assert draft.changes.get().action == Action.ADD
    assert not ApprovalRule.objects.filter(name=WRONG_ITEM).exists()


def test_a_company_nobody_knows_is_said(ground: Ground) -> None:
    with pytest.raises(CommandError, match="no such company"):
        suggested("--company", "nowhere")
