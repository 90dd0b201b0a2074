"""One decision for all cases of an incident: limits are held against the whole, each case has its history."""

from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from pytest_django import DjangoAssertNumQueries

from erp_connectors.exchange.models import Command
from exceptions_app.audit.models import Event
from exceptions_app.incidents import decide
from exceptions_app.incidents.decide import Chosen
from exceptions_app.people.permissions import NotAllowed
from exceptions_app.playbook.inputs import UnusableInputs
from exceptions_app.policies.models import ApprovalRule
from exceptions_app.proposals import actions, together
from exceptions_app.proposals.fingerprint import values_hash
from exceptions_app.proposals.limits import measured
from exceptions_app.proposals.models import Bundle, Proposal, ProposalState
from exceptions_app.proposals.together import Whole
from tests.builders.factories import TUESDAY_TEN
from tests.exceptions_app.incidents.storm import Storm, noticed, ready

SPLIT = {"rest_on": "2026-12-16"}


SCENE = noticed


@pytest.fixture
def five(scene: Storm, tmp_path: Path) -> Storm:
    return ready(scene, tmp_path, at=TUESDAY_TEN + timedelta(minutes=2))


def all_lines(storm: Storm) -> Chosen:
    return {case.number: ["10"] for case in storm.cases()}


def propose(storm: Storm, chosen: Chosen, inputs: dict[str, object] | None = None) -> Bundle:
    return decide.propose(
        storm.incident(),
        resolution="reduce_line" if inputs else "cancel_remainder",
        inputs=inputs or {},
        chosen=chosen,
        reason="Strike",
        by=storm.by("bea"),
    )


def test_each_case_gets_a_proposal_of_its_own(five: Storm) -> None:
    bundle = propose(five, all_lines(five))

    assert bundle.amount == Decimal("40.00")
    assert {proposal.case for proposal in bundle.proposals.all()} == set(five.cases())
    assert Event.objects.filter(kind="proposal.proposed").count() == 5
    assert Command.objects.count() == 5


def test_looking_at_the_whole_asks_no_more_often_for_more_cases(
    five: Storm, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    person, every = five.world.people["bea"], all_lines(five)
    one = dict(list(every.items())[:1])

    def preview(chosen: Chosen) -> Whole:
        return decide.preview(
            five.incident(), resolution="cancel_remainder", inputs={}, chosen=chosen, person=person
        )

    with CaptureQueriesContext(connection) as asked:
        assert preview(one).lines == 1
    with django_assert_num_queries(len(asked)):
        assert preview(every).lines == 5


def test_lines_can_be_taken_out(five: Storm) -> None:
    chosen = {case.number: ["10"] for case in five.cases()[:3]}
    bundle = propose(five, chosen)

    assert bundle.proposals.count() == 3
    assert bundle.amount == Decimal("24.00")


def test_the_limit_is_held_against_the_whole(five: Storm) -> None:
    five.world.people["bea"].memberships.update(limit=Decimal("39.99"))
    bundle = propose(five, all_lines(five))

    assert {proposal.state for proposal in bundle.proposals.all()} == {ProposalState.PENDING}
    assert {need.min_limit for proposal in bundle.proposals.all() for need in proposal.needs.all()} == {
        Decimal("40.00")
    }
    assert not Command.objects.exists()


def test_somebody_with_a_limit_for_one_part_cannot_approve_it(five: Storm) -> None:
    five.world.people["bea"].memberships.update(limit=Decimal("20.00"))
    five.world.people["paul"].memberships.update(limit=Decimal("30.00"))
    bundle = propose(five, all_lines(five))

    given = together.approve(hashes(bundle), by=five.by("paul"))
    assert [each.is_done for each in given] == [False] * 5
    assert not Command.objects.exists()


def test_all_of_it_is_approved_at_once(five: Storm) -> None:
    five.world.people["bea"].memberships.update(limit=Decimal("20.00"))
    bundle = propose(five, all_lines(five))

    given = together.approve(hashes(bundle), by=five.by("paul"))
    assert [each.is_done for each in given] == [True] * 5
    assert Command.objects.count() == 5


def test_what_moved_meanwhile_is_left_out_and_said(five: Storm) -> None:
    five.world.people["bea"].memberships.update(limit=Decimal("20.00"))
    bundle = propose(five, all_lines(five))
    seen = hashes(bundle)
    first = next(iter(seen))
    seen[first] = "something else was in view"

    given = {each.proposal.pk: each for each in together.approve(seen, by=five.by("paul"))}
    assert not given[first.pk].is_done
    assert given[first.pk].words
    assert Command.objects.count() == 4


def test_a_part_that_is_withdrawn_does_not_make_the_rest_smaller_than_it_was_proposed(five: Storm) -> None:
    five.world.people["bea"].memberships.update(limit=Decimal("39.00"))
    bundle = propose(five, all_lines(five))
    first = bundle.proposals.order_by("pk").first()
    assert first is not None
    actions.withdraw(first, by=five.by("bea"), reason="Another way")

    rest = bundle.proposals.order_by("pk").last()
    assert rest is not None
    assert measured(rest, rest.amount) == Decimal("40.00")


def test_what_cannot_be_done_in_one_case_is_done_in_none(five: Storm) -> None:
    with pytest.raises(UnusableInputs) as refused:
        propose(five, all_lines(five), {"quantity": "99"})

    assert len(refused.value.problems) == 5
    assert all(problem.message.startswith("EX-") for problem in refused.value.problems)
    assert not Proposal.objects.exists()
    assert not Bundle.objects.exists()


def test_nothing_chosen_is_nothing_proposed(five: Storm) -> None:
    with pytest.raises(UnusableInputs, match="Choose at least one line"):
        propose(five, {})


def test_who_may_not_propose_in_the_cases_finds_nothing_to_decide(five: Storm) -> None:
    assert decide.decidable(five.incident(), five.world.people["pia"]) == []
    with pytest.raises(UnusableInputs, match="Choose at least one line"):
        decide.propose(
            five.incident(),
            resolution="cancel_remainder",
            inputs={},
            chosen=all_lines(five),
            reason="",
            by=five.by("pia"),
        )


def test_an_incident_that_is_over_is_not_decided(five: Storm) -> None:
    incident = five.incident()
    incident.state = "dismissed"
    with pytest.raises(NotAllowed, match="is over"):
        decide.propose(
            incident,
            resolution="cancel_remainder",
            inputs={},
            chosen=all_lines(five),
            reason="",
            by=five.by("bea"),
        )


def test_a_preview_says_what_all_together_comes_to_and_whom_it_needs(five: Storm) -> None:
    ApprovalRule.objects.update(percent_above=5)
    five.world.people["bea"].memberships.update(limit=Decimal("20.00"))
    whole = decide.preview(
        five.incident(),
        resolution="split",
        inputs=SPLIT,
        chosen=all_lines(five),
        person=five.world.people["bea"],
    )

    assert (whole.amount, whole.lines, whole.problems) == (Decimal("40.00"), 5, [])
    labels = [need.label for need in whole.needs]
    assert len(labels) == 2, "one of the team with the limit, and Planning since 8 % are short"
    assert not Proposal.objects.exists()


def hashes(bundle: Bundle) -> dict[Proposal, str]:
    return {proposal: values_hash(proposal) for proposal in bundle.proposals.order_by("pk")}
