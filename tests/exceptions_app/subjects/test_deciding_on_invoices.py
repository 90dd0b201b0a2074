"""What Finance decides on an invoice: carried out, bound to the invoice and its order, and judged anew."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from exceptions_app.audit.record import Actor
from exceptions_app.cases.models import AgreementRow, Case, CaseState, Task
from exceptions_app.playbook.registry import RESOLUTIONS, resolutions_for
from exceptions_app.proposals import actions
from exceptions_app.proposals.fingerprint import values_hash
from exceptions_app.proposals.models import Proposal, ProposalState
from tests.builders.factories import ApprovalRuleFactory, Ground
from tests.exceptions_app.subjects.test_invoices import (
    FREIGHT,
    SCENE,
    TUESDAY_TEN,
    invoice,
    look,
    order,
    receipt,
    tell,
    world,
)

__all__ = ["SCENE", "world"]
pytestmark = pytest.mark.django_db


@pytest.fixture
def charged(world: Ground) -> Ground:
    """An invoice with 48.00 of freight that nobody agreed on; Finn decides up to 500."""
    world.people["finn"].memberships.update(limit=Decimal(500))
    tell(world, order(price="12"), receipt(), invoice("1000", charge_lines=FREIGHT))
    look()
    return world


def the_case() -> Case:
    return Case.objects.get(type_code="invoice_charge")


def propose(world: Ground, resolution: str, name: str = "finn", **inputs: Any) -> Proposal:
    by = Actor(person=world.people[name], source="test")
    return actions.propose(the_case(), resolution=resolution, inputs=inputs, reason="", by=by)


def later(minutes: int = 10) -> None:
    look(TUESDAY_TEN + timedelta(minutes=minutes))


def test_every_way_out_that_the_case_names_is_offered(charged: Ground) -> None:
    offered = [each.code for each in resolutions_for(the_case(), charged.people["finn"])]

    assert offered == ["accept_as_billed", "short_pay"]
    assert set(offered) <= RESOLUTIONS.keys()


def test_accepting_within_the_limit_closes_the_case(charged: Ground) -> None:
    proposal = propose(charged, "accept_as_billed")
    assert (proposal.state, proposal.amount) == (ProposalState.SETTLED, Decimal("48.00"))
    assert proposal.summary == "Accept as billed: freight"

    later()
    assert the_case().state == CaseState.CLOSED


def test_beyond_the_limit_another_of_finance_has_to_agree(charged: Ground) -> None:
    charged.people["finn"].memberships.update(limit=Decimal(10))
    charged.people["fritz"].memberships.update(limit=Decimal(500))
    proposal = propose(charged, "accept_as_billed")
    assert proposal.state == ProposalState.PENDING

    by = Actor(person=charged.people["fritz"], source="test")
    actions.approve(proposal, by=by, values_hash=values_hash(proposal))
    later()
    assert the_case().state == CaseState.CLOSED


def test_a_rule_asks_another_of_finance_whatever_the_amount(charged: Ground) -> None:
    ApprovalRuleFactory.create(
        name="A second of Finance", type_code="invoice_charge", percent_above=None, asks="FIN"
    )
    proposal = propose(charged, "accept_as_billed")

    assert [need.label for need in proposal.needs.all()] == ["Finance: A second of Finance"]


def test_a_corrected_invoice_is_asked_about_again(charged: Ground) -> None:
    charged.people["finn"].memberships.update(limit=Decimal(10))
    proposal = propose(charged, "accept_as_billed")
    more = (FREIGHT[0], FREIGHT[0])
    tell(charged, invoice("1000", charge_lines=more, minute=6))
    later()

    assert Proposal.objects.get(pk=proposal.pk).amount == Decimal("96.00")


def test_an_accepted_charge_that_grows_is_open_again(charged: Ground) -> None:
    propose(charged, "accept_as_billed")
    later()
    tell(charged, invoice("1000", charge_lines=(FREIGHT[0], FREIGHT[0]), minute=12))
    later(15)

    assert the_case().is_open


def test_paying_less_is_a_task_of_finance_that_outlives_the_case(charged: Ground) -> None:
    propose(charged, "short_pay")
    later()

    task = Task.objects.get(outlives_case=True)
    assert (task.team.code, task.title) == ("FIN", "Pay 48.00 EUR less, and send a debit note")
    assert the_case().state == CaseState.CLOSED


def test_the_agreement_is_bound_to_the_invoice_and_to_no_order_line(charged: Ground) -> None:
    propose(charged, "accept_as_billed")

    row = AgreementRow.objects.get()
    assert (row.subject_kind, row.subject_id) == ("invoice", the_case().subject_id)
    assert row.order_line is None
    assert row.answer


def test_people_of_other_teams_do_not_decide(charged: Ground) -> None:
    for name in ("bea", "wade", "cora"):
        assert resolutions_for(the_case(), charged.people[name]) == []


def test_an_invoice_that_bills_the_same_again_is_one_case_until_it_stands_for_itself(world: Ground) -> None:
    world.people["finn"].memberships.update(limit=Decimal(2500))
    first = invoice("1000", price="10", total=Decimal(1000))
    tell(
        world,
        order(),
        receipt(),
        first,
        invoice("1000", number="I-2", minute=3, price="10", total=Decimal(1000)),
    )
    look()
    case = Case.objects.get()
    assert (case.type_code, case.document and case.document.number) == ("invoice_duplicate", "I-2")

    by = Actor(person=world.people["finn"], source="test")
    actions.propose(case, resolution="not_a_duplicate", inputs={"why": "They said so"}, reason="", by=by)
    later()
    assert [case.type_code for case in Case.objects.order_by("pk") if case.is_open] == ["invoice_quantity"]
