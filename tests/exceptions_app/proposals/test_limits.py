"""What one decides alone: amounts against limits, and decisions that ask nothing of the ERP."""

from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from erp_connectors.connectors.base import Outcome
from erp_connectors.exchange.models import Command, Interchange
from exceptions_app.cases.models import AgreementRow, CaseState
from exceptions_app.people.models import Membership, Role
from exceptions_app.people.permissions import NotAllowed
from exceptions_app.proposals import actions, approvals
from exceptions_app.proposals.models import Proposal, ProposalState
from tests.builders.factories import (
    ExchangeRateFactory,
)
from tests.exceptions_app.proposals.shortage import (
    SPLIT,
    Shortage,
    add_line,
    answer,
    shortage,
    told,
)

pytestmark = pytest.mark.django_db


def test_a_lead_who_proposes_above_the_limit_does_not_approve_either(tmp_path: Path) -> None:
    large = shortage(tmp_path, short=400, ordered=4000)
    proposal = large.propose("paul")
    assert proposal.amount == Decimal("72960.00")
    with pytest.raises(NotAllowed):
        large.approve(proposal, "paul")
    assert large.approve(proposal, "mona").state == ProposalState.EXECUTING


def test_a_decision_within_the_limit_is_carried_out_at_once(tmp_path: Path) -> None:
    small = shortage(tmp_path, short=10)
    proposal = small.propose()
    assert proposal.amount == Decimal("1824.00")
    assert proposal.state == ProposalState.EXECUTING
    assert Command.objects.get().authorisation == {
        "kind": "within_limit",
        "person": small.person("bea").pk,
        "name": "Bea Example",
        "limit": "2500.00",
        "release": 1,
        "amount": "1824.00",
        "currency": "EUR",
        "percent": "10",
    }


def test_a_limit_is_inclusive(tmp_path: Path) -> None:
    small = shortage(tmp_path, short=10, price="250.00")
    assert small.propose().state == ProposalState.EXECUTING


def test_a_rule_holds_even_within_the_limit(tmp_path: Path) -> None:
    small = shortage(tmp_path, short=11, price="1.00")
    proposal = small.propose()
    assert [need.team.code for need in proposal.needs.all()] == ["PLN"]
    assert small.approve(proposal, "pia").state == ProposalState.EXECUTING


def test_a_person_without_a_limit_decides_nothing_alone(tmp_path: Path) -> None:
    small = shortage(tmp_path, short=1, price="0.01")
    Membership.objects.filter(user=small.person("bea")).update(limit=None)
    proposal = small.propose()
    assert proposal.state == ProposalState.PENDING
    assert small.approve(proposal, "paul").state == ProposalState.EXECUTING


def test_an_unknown_price_is_covered_by_no_limit(tmp_path: Path) -> None:
    unpriced = shortage(tmp_path, short=1, price=None)
    proposal = unpriced.propose()
    assert proposal.amount is None
    (need,) = proposal.needs.all()
    assert (need.role, need.min_limit) == (Role.MANAGER, None)
    with pytest.raises(NotAllowed):
        unpriced.approve(proposal, "paul")
    assert unpriced.approve(proposal, "mona").state == ProposalState.EXECUTING


def test_amounts_are_compared_in_the_currency_of_the_company(tmp_path: Path) -> None:
    foreign = shortage(tmp_path, short=10)
    _price_in(foreign, "USD")
    seen = actions.preview(foreign.case, resolution="split", inputs=SPLIT, person=foreign.person("bea"))
    assert seen.amount is None
    ExchangeRateFactory.create(company=foreign.world.company, currency="USD", rate=Decimal("0.5"))
    assert foreign.propose().amount == Decimal("912.00")


def _price_in(short: Shortage, currency: str) -> None:
    position = short.line.position
    position["line"]["price"]["currency"] = currency
    short.line.position = position
    short.line.save()


# --- what the ERP or another line says then ------------------------------------------------------------


def test_a_conflict_of_a_decision_within_the_limit_waits_for_who_has_the_limit(
    db: None, tmp_path: Path
) -> None:
    short = shortage(tmp_path, short=10)
    short.propose()
    answer(Command.objects.get(), Outcome.CONFLICT, "somebody changed the order")
    proposal = Proposal.objects.get()
    assert (proposal.state, proposal.needs.count()) == (ProposalState.PENDING, 0)
    assert any(title.startswith("To be decided again") for title in told(short, "bea"))
    waiting = {name for name in short.world.people if approvals.open_approvals(short.person(name)).exists()}
    assert waiting == {"bea", "paul", "mona"}
    with pytest.raises(NotAllowed):
        short.approve(proposal, "pia")
    assert short.approve(proposal, "bea").state == ProposalState.EXECUTING
    assert Command.objects.order_by("created_at").last().authorisation["kind"] == "within_limit"


@pytest.mark.django_db
def test_a_second_line_of_the_case_is_still_decided_after_the_first(tmp_path: Path) -> None:
    short = shortage(tmp_path, short=10)
    add_line(short, "20", missing=5)
    short.propose(inputs={"lines": "10", "rest_on": "2026-12-16"})
    answer(Command.objects.get(), Outcome.APPLIED)
    assert short.now().state == CaseState.IN_PROGRESS
    short.propose(inputs={"lines": "20", "rest_on": "2026-12-16"})
    answer(Command.objects.order_by("created_at").last(), Outcome.APPLIED)
    assert short.now().state == CaseState.RESOLVED


# --- decisions that ask nothing of the ERP ------------------------------------------------------------


@pytest.fixture
def late(db: None, tmp_path: Path) -> Shortage:
    """A line the supplier has not answered in time."""
    return shortage(tmp_path, short=None)


def test_waiting_is_agreed_at_once_and_resolves_the_case(late: Shortage) -> None:
    proposal = late.propose(resolution="wait_until", inputs={"until": "2026-11-27"})
    assert proposal.state == ProposalState.SETTLED
    agreement = AgreementRow.objects.get()
    assert (agreement.kind, agreement.state, agreement.until) == ("wait_until", "active", date(2026, 11, 27))
    assert agreement.answer is None
    assert agreement.before == agreement.after
    assert Command.objects.count() == 0
    assert late.case_line().settled_at is not None
    assert late.now().state == CaseState.RESOLVED


def test_confirming_on_behalf_enters_through_the_inbox(late: Shortage) -> None:
    proposal = late.propose(
        resolution="confirm_on_behalf", inputs={"confirmed_on": "2026-12-02", "quantity": "100"}
    )
    assert proposal.state == ProposalState.SETTLED
    interchange = Interchange.objects.get()
    assert (interchange.channel, interchange.connection) == ("person", late.world.erp)
    assert b"Bea Example" in bytes(interchange.payload)
    assert b"4500010001" in bytes(interchange.payload)
    assert Command.objects.count() == 0


def test_confirming_another_day_on_behalf_needs_whoever_the_amount_needs(late: Shortage) -> None:
    proposal = late.propose(
        resolution="confirm_on_behalf", inputs={"confirmed_on": "2026-12-16", "quantity": "100"}
    )
    assert proposal.amount == Decimal("18240.00")
    assert proposal.state == ProposalState.PENDING
    assert Interchange.objects.count() == 0
    assert late.approve(proposal, "paul").state == ProposalState.SETTLED
    assert Interchange.objects.count() == 1
