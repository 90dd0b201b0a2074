"""For how many units a supplier's prices are: said once by a person, everything it confirmed is read anew."""

from decimal import Decimal

import pytest
from django.db.models import F

from erp_connectors import clock
from erp_connectors.canonical.values import Price
from erp_connectors.documents.models import OrderLine
from exceptions_app import intake
from exceptions_app.audit.record import Actor
from exceptions_app.cases.models import Case
from exceptions_app.detection.models import Watch
from exceptions_app.playbook.registry import resolutions_for
from exceptions_app.proposals import actions
from exceptions_app.proposals.models import Proposal, ProposalState
from tests.builders.factories import TUESDAY_TEN, Ground, ItemFactory, ground, offer, order_line

FIRST, SECOND = "4500020001", "4500020002"


def confirmed_without_a_basis() -> Ground:
    """Confirm two orders of 1,000 at 0.125 each at 12.50, and nobody says for how many."""
    clock.set_now(TUESDAY_TEN)
    made = ground()
    for number in (FIRST, SECOND):
        confirm(made, number, Price(Decimal("12.50"), "EUR"))
    return made


SCENE = confirmed_without_a_basis


@pytest.fixture
def world(scene: Ground) -> Ground:
    clock.set_now(TUESDAY_TEN)
    return scene


def confirm(world: Ground, number: str, price: Price) -> OrderLine:
    item = ItemFactory.create(connection=world.erp, number="SEAL-KIT")
    line = OrderLine.objects.filter(order__number=number).first() or order_line(
        world, number=number, item=item, quantity=Decimal(1000), price=Decimal("0.125")
    )
    offer(line, (1000, line.requested_on), price=price)
    look(line)
    return line


def look(line: OrderLine) -> None:
    assert intake.evaluate([line.order_id], TUESDAY_TEN).failures == {}


def look_at_all() -> None:
    for line in OrderLine.objects.all():
        look(line)


def decide(world: Ground, number: str, resolution: str, name: str = "bea", **inputs: str) -> Proposal:
    by = Actor(person=world.people[name], source="test")
    return actions.propose(open_case(number), resolution=resolution, inputs=inputs, reason="", by=by)


def open_case(number: str) -> Case:
    (case,) = [case for case in Case.objects.filter(order__number=number) if case.is_open]
    return case


def open_types() -> list[tuple[str, str]]:
    cases = Case.objects.select_related("order").order_by("order__number")
    return [(case.order.number, case.type_code) for case in cases if case.order and case.is_open]


def test_one_decision_reads_everything_the_supplier_confirmed_anew(world: Ground) -> None:
    assert open_types() == [(FIRST, "price_basis_suspect"), (SECOND, "price_basis_suspect")]
    proposal = decide(world, FIRST, "set_basis", per="100")

    assert (proposal.state, proposal.authorisation["kind"]) == (ProposalState.SETTLED, "free")
    assert proposal.summary == "Prices of this supplier that name no basis are for 100 units"
    assert Watch.objects.filter(subject_kind="order", marked__gt=F("seen")).count() == 2
    look_at_all()
    assert open_types() == []
    assert set(Case.objects.values_list("close_reason", flat=True)) == {"price basis set"}


def test_what_would_make_both_prices_the_same_is_proposed(world: Ground) -> None:
    (form,) = [
        form for form in resolutions_for(open_case(FIRST), world.people["bea"]) if form.code == "set_basis"
    ]
    assert [(field.name, field.initial) for field in form.fields] == [("per", "100")]


def test_later_prices_are_read_on_it_and_a_difference_is_accepted_on_it(world: Ground) -> None:
    decide(world, FIRST, "set_basis", per="100")
    look_at_all()
    line = confirm(world, FIRST, Price(Decimal("20.00"), "EUR"))
    assert open_types() == [(FIRST, "price_mismatch")]
    assert open_case(FIRST).amount == Decimal("75.00")

    # Whoever buys an order does not decide alone on paying more for it.
    proposal = decide(world, FIRST, "accept_price_once", "paul")
    assert proposal.state == ProposalState.SETTLED
    look(line)
    assert open_types() == []


def test_a_price_that_names_its_basis_means_what_it_says(world: Ground) -> None:
    decide(world, FIRST, "set_basis", per="100")
    look_at_all()
    confirm(world, SECOND, Price(Decimal("12.50"), "EUR", Decimal(1), "EA"))
    assert open_types() == [(SECOND, "price_basis_suspect")]
    found = actions.preview(
        open_case(SECOND), resolution="set_basis", inputs={"per": "100"}, person=world.people["bea"]
    )
    assert "names its own basis" in found.problems[0].message


def test_another_basis_takes_the_place_of_the_one_before(world: Ground) -> None:
    decide(world, FIRST, "set_basis", per="1000")
    look_at_all()
    assert open_types() == [(FIRST, "price_basis_suspect"), (SECOND, "price_basis_suspect")]
    decide(world, SECOND, "set_basis", per="100")
    look_at_all()
    assert open_types() == []
