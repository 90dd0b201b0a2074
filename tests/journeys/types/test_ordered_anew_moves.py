"""A decision that orders a line anew is edited, taken back, and asked about again when the order moves."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from erp_connectors.documents.models import PurchaseOrder
from exceptions_app.audit.record import Actor
from exceptions_app.proposals import actions, approvals, together
from exceptions_app.proposals.fingerprint import values_hash
from exceptions_app.proposals.models import Proposal, ProposalState
from exceptions_app.proposals.renewal import ValuesMoved
from exceptions_app.proposals.together import Wanted
from tests.builders import x12
from tests.journeys.house import WANTED, on
from tests.journeys.types.town import NUMBER, Town

SUBSTITUTE = {"item": "GASKET", "quantity": "100 EA", "price": "182.40", "date": f"{WANTED}"}


@pytest.fixture
def offered(town: Town) -> Town:
    """Nordmann offers a gasket in place of the seal kit."""
    town.also_sells("GASKET", "ND-78")
    town.orders()
    town.answers(x12.ack("IS", "100", on=WANTED, VP="ND-78"))
    town.opens("substitution", team="PRO", told="PLN CSR")
    return town


def by(town: Town, name: str) -> Actor:
    return Actor(person=town.house.people[name], source="test")


def propose(town: Town) -> Proposal:
    return actions.propose(
        town.case, resolution="accept_substitute", inputs=SUBSTITUTE, reason="It fits", by=by(town, "bea")
    )


def test_another_price_is_another_decision_for_other_eyes(offered: Town) -> None:
    proposal = propose(offered)
    seen, amount = values_hash(proposal), proposal.amount
    proposal = actions.edit(proposal, inputs=SUBSTITUTE | {"price": "200.00"}, by=by(offered, "paul"))

    assert (amount, proposal.amount) == (Decimal("18240.00"), Decimal("20000.00"))
    new = proposal.lines.get().new_line()
    assert new is not None
    assert new.values.price is not None
    assert new.values.price.amount == Decimal("200.00")
    assert "proposed or edited" in approvals.why_not(proposal, offered.house.people["paul"])
    with pytest.raises(ValuesMoved):
        actions.approve(proposal, by=by(offered, "pia"), values_hash=seen)


def test_it_is_taken_back_before_anything_is_written(offered: Town) -> None:
    proposal = actions.withdraw(propose(offered), by=by(offered, "bea"), reason="They deliver after all.")
    assert proposal.state == ProposalState.VOID
    assert propose(offered).state == ProposalState.PENDING


def test_a_number_that_is_taken_meanwhile_is_asked_about_again(offered: Town) -> None:
    proposal = propose(offered)
    seen = values_hash(proposal)
    order = offered.house.erp.orders[NUMBER]
    other = replace(order.lines[0], number="20", item="GASKET")
    offered.erp_changes(replace(order, lines=(*order.lines, other)))

    with pytest.raises(ValuesMoved) as moved:
        actions.approve(proposal, by=by(offered, "pia"), values_hash=seen)
    assert {line.number for line in moved.value.lines} == {"20", "30"}
    new = moved.value.proposal.lines.get().new_line()
    assert new is not None
    assert new.line_number == "30"


def test_it_is_void_once_the_ordered_item_is_offered_after_all(offered: Town) -> None:
    proposal = propose(offered)
    offered.answers(x12.ack("IA", "100", on=WANTED))
    offered.closes("answered")
    assert Proposal.objects.get(pk=proposal.pk).state == ProposalState.VOID
    assert offered.order_in_erp() == {"10": ("SEAL-KIT", 100, "open")}


def test_two_parts_of_one_decision_do_not_add_the_same_line(offered: Town) -> None:
    offered.also_sells("RING", "ND-79")
    offered.answers(x12.ack("IA", "5", on=WANTED), line="20", ids=("VP", "ND-79"), price="12.50")
    offered.it_is(on(date(2026, 11, 25), 10, 10))
    first, second = offered.house.open_cases()
    ring = {"item": "RING", "quantity": "5 EA", "price": "12.50", "date": f"{WANTED}"}
    wanted = [
        Wanted(case=each, resolution=code, inputs=inputs)
        for each, code, inputs in (
            (first, "accept_substitute", SUBSTITUTE),
            (second, "add_to_order", ring),
        )
    ]
    whole = together.preview_of_order(wanted, person=offered.house.people["bea"])
    assert [(case.number, problem.message) for case, problem in whole.problems] == [
        (second.number, "Line 20 is added by another part. Decide this afterwards.")
    ]


@pytest.mark.parametrize(("price", "is_apart"), [("182.40", False), ("182.41", True)])
def test_a_dearer_substitute_is_not_agreed_to_by_the_buyer_of_the_order(
    offered: Town, price: str, is_apart: bool
) -> None:
    bea = offered.house.people["bea"]
    bea.erp_user = offered.house.erp.orders[NUMBER].buyer or "BEA"
    bea.save(update_fields=["erp_user"])
    PurchaseOrder.objects.update(buyer=bea.erp_user)
    proposal = actions.propose(
        offered.case,
        resolution="accept_substitute",
        inputs=SUBSTITUTE | {"price": price},
        reason="It fits",
        by=by(offered, "paul"),
    )
    assert (bea.pk in approvals.kept_from(proposal)) is is_apart
