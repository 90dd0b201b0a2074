"""Changes that only hold together: a calendar and what uses it, rows that change places."""

import json
from datetime import timedelta
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.test import Client

from erp_connectors.errors import ConflictError
from exceptions_app.people.models import User
from exceptions_app.policies import drafts, policy_files, publishing, rows, sentences
from exceptions_app.policies.draft_models import Action, PolicyDraft
from exceptions_app.policies.drafts import UnusableDraft
from exceptions_app.policies.models import Calendar, CompanyPolicy, EscalationStep, PolicyRelease
from tests.builders import factories
from tests.builders.factories import TUESDAY_TEN, Ground, ground
from tests.exceptions_app.administration.forms import send
from tests.exceptions_app.policies.writing import (
    approved,
    begun,
    by,
    published,
    write_change,
    write_new,
    write_removal,
)
from tests.exceptions_app.web.scenes import browser_of

pytestmark = pytest.mark.django_db
SCENE = ground
LATER = TUESDAY_TEN + timedelta(hours=6)


@pytest.fixture
def world(scene: Ground) -> Ground:
    return scene


@pytest.fixture
def steps(world: Ground) -> tuple[EscalationStep, EscalationStep]:
    """The ladder of Procurement: the lead at once, the manager after two hours."""
    team = world.teams["PRO"]
    first = EscalationStep.objects.get(team=team)
    second = factories.EscalationStepFactory.create(team=team, level=2, after_minutes=120, role="manager")
    return first, second


def ladder(world: Ground) -> list[tuple[int, int, str]]:
    of_team = EscalationStep.objects.filter(team=world.teams["PRO"]).order_by("level")
    return list(of_team.values_list("level", "after_minutes", "role"))


def calendar_of(world: Ground) -> str:
    return str(CompanyPolicy.objects.get(company=world.company).calendar.code)


def new_calendar(draft: PolicyDraft, ada: User, **values: Any) -> int:
    change = write_new(
        draft, factories.CalendarFactory.build(code="night", name="Night shift", **values), ada
    )
    assert change is not None
    assert change.row_id is not None
    return change.row_id


def using_a_new_calendar(world: Ground, ada: User) -> PolicyDraft:
    """A draft in which the company works by a calendar that the same draft adds."""
    draft = begun(ada, "Work at night")
    policy = CompanyPolicy.objects.get(company=world.company)
    key = new_calendar(draft, ada)
    write_change(draft, policy, ada, calendar=key)
    return draft


def taken_back(release: PolicyRelease, ada: User, anton: User) -> None:
    back = publishing.take_back(release, "It was wrong.", by=by(ada), at=LATER)
    published(back, ada, anton, at=LATER)


# --- publishing, and back -----------------------------------------------------------------------------------


def test_a_calendar_is_added_and_used_in_one_draft_and_both_are_taken_back(
    world: Ground, ada: User, anton: User
) -> None:
    release = published(using_a_new_calendar(world, ada), ada, anton)
    assert calendar_of(world) == "night"

    taken_back(release, ada, anton)
    assert calendar_of(world) == "kassel"
    assert not Calendar.objects.filter(code="night").exists()


def test_a_calendar_that_is_removed_and_taken_back_is_the_one_it_was(
    world: Ground, ada: User, anton: User
) -> None:
    published(using_a_new_calendar(world, ada), ada, anton)
    night = Calendar.objects.get(code="night")
    policy = CompanyPolicy.objects.get(company=world.company)
    draft = begun(ada, "By day again")
    write_removal(draft, night, ada)
    write_change(draft, policy, ada, calendar=Calendar.objects.get(code="kassel").pk)
    release = published(draft, ada, anton, at=LATER)
    assert not Calendar.objects.filter(code="night").exists()

    taken_back(release, ada, anton)
    assert Calendar.objects.get(code="night").pk == night.pk
    assert calendar_of(world) == "night"


def test_two_steps_of_a_ladder_change_places_and_back(
    world: Ground, steps: tuple[EscalationStep, EscalationStep], ada: User, anton: User
) -> None:
    before = ladder(world)
    draft = begun(ada, "Managers first")
    write_change(draft, steps[0], ada, level=2, after_minutes=120)
    write_change(draft, steps[1], ada, level=1, after_minutes=0)
    release = published(draft, ada, anton)
    assert ladder(world) == [(1, 0, "manager"), (2, 120, "lead")]

    taken_back(release, ada, anton)
    assert ladder(world) == before


def test_codes_of_calendars_change_places(world: Ground, ada: User, anton: User) -> None:
    other = factories.CalendarFactory.create(code="bremen")
    kassel = Calendar.objects.get(code="kassel")
    draft = begun(ada)
    write_change(draft, kassel, ada, code="bremen")
    write_change(draft, other, ada, code="kassel")
    published(draft, ada, anton)
    assert set(Calendar.objects.values_list("pk", "code")) == {(kassel.pk, "bremen"), (other.pk, "kassel")}


def test_a_removal_that_was_undone_already_is_not_undone_twice(world: Ground, ada: User, anton: User) -> None:
    draft = begun(ada)
    write_removal(draft, EscalationStep.objects.get(team=world.teams["PRO"]), ada)
    release = published(draft, ada, anton)
    late = publishing.take_back(release, "Once more.", by=by(ada), at=LATER)
    approved(late, ada, anton)
    taken_back(release, ada, anton)

    with pytest.raises(ConflictError, match="it is there already"):
        publishing.publish_draft(late.pk, by=by(anton), at=LATER)
    assert not publishing.rebase(late.pk, by=by(ada), at=LATER).changes.exists()


def test_the_database_still_lets_one_step_only_stand_on_a_level(
    world: Ground, steps: tuple[EscalationStep, EscalationStep]
) -> None:
    EscalationStep.objects.filter(pk=steps[1].pk).update(level=1)
    with (
        pytest.raises(IntegrityError, match="ladder_level"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
    EscalationStep.objects.filter(pk=steps[1].pk).update(level=2)


# --- before it is published ---------------------------------------------------------------------------------


def test_half_a_change_of_places_is_told_and_not_put_to_review(
    world: Ground, steps: tuple[EscalationStep, EscalationStep], ada: User
) -> None:
    draft = begun(ada)
    write_change(draft, steps[0], ada, level=2, after_minutes=120)
    page = browser_of(ada).get(f"/policies/drafts/{draft.pk}/").content.decode()
    assert "cannot hold together" in page
    assert "another rule stands there already" in page
    with pytest.raises(UnusableDraft, match="another rule stands there already"):
        drafts.submit(draft.pk, by=by(ada), at=TUESDAY_TEN)


def test_a_step_before_one_of_a_lower_level_is_told(
    world: Ground, steps: tuple[EscalationStep, EscalationStep], ada: User
) -> None:
    draft = begun(ada)
    write_change(draft, steps[0], ada, after_minutes=240)
    with pytest.raises(UnusableDraft, match="level 1 comes after 240 minutes, and level 2 before it"):
        drafts.submit(draft.pk, by=by(ada), at=TUESDAY_TEN)


def test_a_calendar_in_use_is_not_removed_unless_what_uses_it_follows_another(
    world: Ground, ada: User
) -> None:
    browser = browser_of(ada)
    night = factories.CalendarFactory.create(code="night", name="Night shift")
    CompanyPolicy.objects.filter(company=world.company).update(calendar=night)
    draft = begun(ada, "By day again")
    browser.get(f"/policies/drafts/{draft.pk}/write/calendar/")
    assert send(browser, f"/admin/exceptions_app/calendar/{night.pk}/delete/").status_code == 302
    with pytest.raises(UnusableDraft, match="company policy Weserland uses it"):
        drafts.submit(draft.pk, by=by(ada), at=TUESDAY_TEN)

    policy = CompanyPolicy.objects.get(company=world.company)
    write_change(draft, policy, ada, calendar=world.calendar.pk)
    assert drafts.submit(draft.pk, by=by(ada), at=TUESDAY_TEN).state == "in_review"


def test_a_draft_is_read_and_tried_with_the_calendar_it_adds(world: Ground, ada: User) -> None:
    draft = using_a_new_calendar(world, ada)
    told = [words for _, words in sentences.sentences(draft.changes.order_by("pk"))]
    assert "becomes Night shift" in told[1]
    with rows.under(draft.changes.order_by("pk")) as seen:
        assert seen.companies[world.company.pk].calendar.code == "night"


# --- through the administration -----------------------------------------------------------------------------


def test_the_administration_offers_a_calendar_that_is_only_in_the_draft(
    world: Ground, ada: User, anton: User
) -> None:
    browser = browser_of(ada)
    draft = begun(ada, "Work at night")
    key = new_calendar(draft, ada)
    browser.get(f"/policies/drafts/{draft.pk}/write/companypolicy/")
    policy = CompanyPolicy.objects.get(company=world.company)
    address = f"/admin/exceptions_app/companypolicy/{policy.pk}/change/"
    assert "Night shift" in browser.get(address).content.decode()

    assert send(browser, address, calendar=str(key)).status_code == 302
    published(draft, ada, anton)
    assert calendar_of(world) == "night"


def test_steps_change_places_in_the_administration_one_after_the_other(
    world: Ground, steps: tuple[EscalationStep, EscalationStep], ada: User, anton: User
) -> None:
    browser: Client = browser_of(ada)
    for step, level, minutes in ((steps[0], "2", "120"), (steps[1], "1", "0")):
        address = f"/admin/exceptions_app/escalationstep/{step.pk}/change/"
        assert send(browser, address, level=level, after_minutes=minutes).status_code == 302
    draft = PolicyDraft.objects.get()
    drafts.name(draft.pk, draft.title, "Managers first.", by=by(ada), at=TUESDAY_TEN)
    published(draft, ada, anton)
    assert ladder(world) == [(1, 0, "manager"), (2, 120, "lead")]


# --- through a file -----------------------------------------------------------------------------------------


def read(content: Any, ada: User) -> PolicyDraft:
    result = policy_files.read(
        json.dumps(content).encode(), title="", reason="From a file.", by=by(ada), at=TUESDAY_TEN
    )
    assert result.problems == []
    assert result.draft is not None
    return result.draft


def test_a_file_of_rules_adds_a_calendar_and_uses_it(world: Ground, ada: User, anton: User) -> None:
    content = policy_files.all_rules([world.company])
    night = dict(content["tables"]["calendar"][0]) | {"code": "night", "name": "Night shift"}
    content["tables"]["companypolicy"][0]["calendar"] = "night"
    # What uses the calendar stands before it.
    tables = {"companypolicy": content["tables"]["companypolicy"]}
    tables |= {"calendar": [*content["tables"]["calendar"], night]}
    release = published(read(content | {"tables": tables}, ada), ada, anton)
    assert calendar_of(world) == "night"

    taken_back(release, ada, anton)
    assert calendar_of(world) == "kassel"


def test_a_file_of_rules_lets_two_steps_change_places(
    world: Ground, steps: tuple[EscalationStep, EscalationStep], ada: User, anton: User
) -> None:
    content = policy_files.all_rules([world.company])
    of_team = [row for row in content["tables"]["escalationstep"] if row["team"] == "weserland/PRO"]
    of_team[0]["role"], of_team[1]["role"] = of_team[1]["role"], of_team[0]["role"]
    published(read(content, ada), ada, anton)
    assert ladder(world) == [(1, 0, "manager"), (2, 120, "lead")]


def test_a_draft_that_uses_what_it_adds_is_written_and_read_as_a_file(
    world: Ground, ada: User, anton: User
) -> None:
    first = using_a_new_calendar(world, ada)
    content = policy_files.of_draft(first)
    assert content["changes"][1]["after"]["calendar"] == "night"
    drafts.withdraw(first.pk, "As a file.", by=by(ada), at=TUESDAY_TEN)
    content["changes"].reverse()
    second = read(content, ada)

    assert sorted(second.changes.values_list("action", flat=True)) == [Action.ADD, Action.CHANGE]
    published(second, ada, anton)
    assert calendar_of(world) == "night"
