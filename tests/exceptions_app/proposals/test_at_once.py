"""Several who decide, withdraw and look at the same moment: the rows say who was first."""

from decimal import Decimal
from pathlib import Path

import pytest
from django.db import transaction

from erp_connectors.errors import TransientError
from erp_connectors.exchange.models import Command, CommandState
from exceptions_app.cases.models import AgreementRow, Case
from exceptions_app.people.permissions import NotAllowed
from exceptions_app.policies.models import ApprovalRule
from exceptions_app.proposals import actions, settle
from exceptions_app.proposals.fingerprint import values_hash
from exceptions_app.proposals.models import Approval, Bundle, Proposal, ProposalState
from exceptions_app.proposals.together import Wanted, propose_for_order
from tests.builders.factories import (
    DelegationFactory,
    MembershipFactory,
    UserFactory,
    change_line,
    steps_asking,
)
from tests.exceptions_app.proposals.shortage import (
    REQUESTED,
    Shortage,
    late_and_dear,
    shortage,
    together,
)


@pytest.mark.django_db(transaction=True)
def test_healing_does_not_wait_for_a_worker_that_has_the_command(tmp_path: Path) -> None:
    short = shortage(tmp_path)
    short.approve(short.approve(short.propose(), "paul"), "pia")
    with transaction.atomic():
        Command.objects.select_for_update().get()
        (raised,) = together(lambda: settle.case_healed(short.case))
    assert isinstance(raised, TransientError)
    assert Proposal.objects.get().state == ProposalState.EXECUTING


@pytest.mark.django_db(transaction=True)
def test_two_approvers_at_the_same_moment_make_one_command(tmp_path: Path) -> None:
    short = shortage(tmp_path)
    proposal = short.propose()
    seen = values_hash(proposal)
    raised = together(
        lambda: short.approve(proposal, "paul", seen),
        lambda: short.approve(proposal, "pia", seen),
        lambda: short.approve(proposal, "pia", seen),
        lambda: short.approve(proposal, "mona", seen),
    )
    assert all(isinstance(error, NotAllowed) for error in raised)
    assert Command.objects.count() == 1
    assert Approval.objects.count() == 2
    assert AgreementRow.objects.count() == 1
    assert Proposal.objects.get().state == ProposalState.EXECUTING


@pytest.mark.django_db(transaction=True)
def test_two_proposals_at_the_same_moment_leave_one(tmp_path: Path) -> None:
    short = shortage(tmp_path)
    raised = together(
        lambda: short.propose("bea"), lambda: short.propose("paul"), lambda: short.propose("mona")
    )
    assert len(raised) == 2
    assert Proposal.objects.count() == 1


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("attempt", range(3))
def test_approving_withdrawing_and_changing_the_order_at_once_never_writes_old_values(
    tmp_path: Path, attempt: int
) -> None:
    short = shortage(tmp_path)
    proposal = short.approve(short.propose(), "pia")
    seen = values_hash(proposal)

    def change_order() -> None:
        change_line(short.line, (110, REQUESTED))

    together(
        lambda: short.approve(proposal, "paul", seen),
        lambda: actions.withdraw(proposal, by=short.by("bea"), reason="they found more"),
        change_order,
    )
    state = Proposal.objects.get().state
    waiting = Command.objects.filter(state=CommandState.WAITING)
    if state == ProposalState.VOID:
        assert not waiting.exists()
    elif state == ProposalState.PENDING:
        assert not Command.objects.exists()
    else:
        # It was agreed before the order changed; the values before go with it, and the ERP compares them.
        change = waiting.get().content["changes"][0]
        assert change["before"]["quantity"]["value"] == "100"


@pytest.mark.django_db(transaction=True)
def test_somebody_and_who_acts_for_them_at_once_are_one_word(tmp_path: Path) -> None:
    short = shortage(tmp_path)
    lena = UserFactory.create(username="lena", first_name="Lena")
    MembershipFactory.create(user=lena, team=short.world.teams["EDI"])
    short.world.people["lena"] = lena
    DelegationFactory.create(person=short.person("paul"), delegate=lena, limit=Decimal(10000))
    MembershipFactory.create(user=short.person("paul"), team=short.world.teams["PLN"])
    proposal = short.propose()
    seen = values_hash(proposal)
    raised = together(
        lambda: short.approve(proposal, "paul", seen), lambda: short.approve(proposal, "lena", seen)
    )
    assert len(raised) == 1
    assert Approval.objects.count() == 1
    assert not Command.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_what_is_changed_while_it_is_approved_is_not_written_as_it_was(tmp_path: Path) -> None:
    short = shortage(tmp_path)
    proposal = short.approve(short.propose(), "pia")
    seen = values_hash(proposal)
    together(
        lambda: short.approve(proposal, "paul", seen),
        lambda: actions.edit(proposal, inputs={"rest_on": "2027-01-20"}, by=short.by("bea")),
    )
    if Proposal.objects.get().state == ProposalState.PENDING:
        assert not Command.objects.exists()
        assert not Approval.objects.exists()
    else:
        change = Command.objects.get().content["changes"][0]
        assert change["after"]["schedule"][-1]["date"] == "2026-12-16"


@pytest.mark.django_db(transaction=True)
def test_rules_that_change_while_it_is_approved_change_nothing_for_it(tmp_path: Path) -> None:
    short = shortage(tmp_path)
    proposal = short.propose()
    seen = values_hash(proposal)

    def publish() -> None:
        ApprovalRule.objects.update(steps=steps_asking("FIN manager"))

    raised = together(
        lambda: short.approve(proposal, "paul", seen), publish, lambda: short.approve(proposal, "pia", seen)
    )
    assert raised == []
    authorisation = Command.objects.get().authorisation
    assert sorted(each["team"] for each in authorisation["approvals"]) == ["PLN", "PRO"]


def accept_all(made: Shortage) -> list[Proposal]:
    """Let Bea, whose limit covers none of it, accept what the supplier says in both cases of an order."""
    made.person("bea").memberships.update(limit=100)
    resolutions = {"backorder": "accept_date", "price_mismatch": "accept_price"}
    wanted = [
        Wanted(case=case, resolution=resolutions[case.type_code], inputs={})
        for case in Case.objects.filter(type_code__in=resolutions).order_by("pk")
    ]
    bundle: Bundle = propose_for_order(wanted, reason="As confirmed", by=made.by("bea"))
    return list(bundle.proposals.order_by("case_id"))


def part_states() -> list[str]:
    return list(Proposal.objects.order_by("case_id").values_list("state", flat=True))


@pytest.mark.django_db(transaction=True)
def test_the_last_two_parts_approved_at_once_go_together(tmp_path: Path) -> None:
    made = late_and_dear(tmp_path)
    first, second = accept_all(made)
    raised = together(
        lambda: made.approve(first, "paul", values_hash(first)),
        lambda: made.approve(second, "mona", values_hash(second)),
    )
    assert raised == []
    assert part_states() == [ProposalState.EXECUTING] * 2
    assert Command.objects.count() == 2
    assert len(set(Command.objects.values_list("group", flat=True)) - {None}) == 1


@pytest.mark.django_db(transaction=True)
def test_one_part_approved_while_another_is_withdrawn_leaves_nothing_behind(tmp_path: Path) -> None:
    made = late_and_dear(tmp_path)
    first, second = accept_all(made)
    raised = together(
        lambda: made.approve(first, "paul", values_hash(first)),
        lambda: actions.withdraw(second, by=made.by("bea"), reason="Too dear"),
    )
    assert raised == []
    assert part_states() == [ProposalState.EXECUTING, ProposalState.VOID]
    assert Command.objects.get().proposal_id == first.pk
