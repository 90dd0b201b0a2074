"""A unit nobody can convert: said once by a person, everything in it is counted again (scenario 7)."""

from decimal import Decimal

import pytest

from erp_connectors.canonical.documents import Confirmation, ConfirmationLine, OfferedPart
from erp_connectors.canonical.master import ItemRecord, Pack
from erp_connectors.canonical.values import DocumentVersion, Quantity
from erp_connectors.documents.matching_by_hand import CannotMatch, add_pack
from erp_connectors.documents.models import Item, ItemPack, PurchaseOrder
from erp_connectors.documents.store import record
from exceptions_app import intake
from exceptions_app.audit.record import Actor
from exceptions_app.cases.models import Case, CaseState
from exceptions_app.proposals import actions
from exceptions_app.proposals.models import ProposalState
from tests.bench.measuring import begin_on_tuesday
from tests.bench.orders import WANTED_ON, place_orders, trading_ground
from tests.builders.factories import TUESDAY_TEN, Ground

ORDER = "4500020001"


def confirmed_in_boxes() -> Ground:
    """Confirm 20 boxes of a line that is ordered in pieces, and nobody knows what a box holds."""
    begin_on_tuesday()
    made = trading_ground()
    place_orders(made, [ORDER])
    offered = (OfferedPart(Quantity(Decimal(20), "BX"), WANTED_ON),)
    record(
        Confirmation(
            order_number=ORDER,
            version=DocumentVersion(TUESDAY_TEN),
            lines=(ConfirmationLine(line_number="10", offered=offered),),
        ),
        connection=made.erp,
        company=made.company,
        supplier=made.supplier,
        received_at=TUESDAY_TEN,
    )
    look()
    return made


SCENE = confirmed_in_boxes


@pytest.fixture
def world(scene: Ground) -> Ground:
    begin_on_tuesday()
    return scene


def look() -> None:
    """Have the order looked at, as its watch would."""
    evaluation = intake.evaluate([PurchaseOrder.objects.get().pk], TUESDAY_TEN)
    assert not evaluation.failures


def by(world: Ground, name: str) -> Actor:
    return Actor(person=world.people[name], source="test")


def the_case() -> Case:
    return Case.objects.get(type_code="unit_unknown")


def test_the_integration_team_adds_the_conversion_and_needs_no_limit(world: Ground) -> None:
    case = the_case()
    proposal = actions.propose(
        case, resolution="add_conversion", inputs={"holds_BX": "5"}, reason="", by=by(world, "ed")
    )

    assert proposal.state == ProposalState.SETTLED
    assert proposal.authorisation["kind"] == "free"
    assert proposal.summary == "Add a conversion: one BX is 5 EA (line 10)"
    pack = ItemPack.objects.get(unit="BX")
    assert (pack.factor, pack.is_by_hand) == (Decimal(5), True)
    look()
    assert the_case().state == CaseState.CLOSED


@pytest.mark.parametrize("entered", ["", "none", "0", "-1", "NaN", "1e400"])
def test_a_factor_is_more_than_nothing(world: Ground, entered: str) -> None:
    found = actions.preview(
        the_case(), resolution="add_conversion", inputs={"holds_BX": entered}, person=world.people["ed"]
    )

    assert [problem.field for problem in found.problems] == ["holds_BX"]
    assert not ItemPack.objects.filter(unit="BX").exists()


def test_the_word_of_the_erp_takes_its_place(world: Ground) -> None:
    item = Item.objects.get(number="SEAL-KIT")
    add_pack(item, unit="BX", factor=Decimal(5))
    hear(world, Pack("BX", Decimal(12)))

    pack = ItemPack.objects.get(unit="BX")
    assert (pack.factor, pack.is_by_hand) == (Decimal(12), False)
    with pytest.raises(CannotMatch, match="says already"):
        add_pack(item, unit="BX", factor=Decimal(5))


def test_it_stays_while_the_erp_says_nothing_of_that_unit(world: Ground) -> None:
    add_pack(Item.objects.get(number="SEAL-KIT"), unit="BX", factor=Decimal(5))
    hear(world, Pack("CS", Decimal(12)))

    assert set(ItemPack.objects.values_list("unit", "is_by_hand")) == {("BX", True), ("CS", False)}


def hear(world: Ground, *packs: Pack) -> None:
    """Let the ERP tell the item with these packs."""
    item = ItemRecord(
        number="SEAL-KIT",
        description="Seal kit",
        base_unit="EA",
        packs=packs,
        version=DocumentVersion(TUESDAY_TEN),
    )
    record(item, connection=world.erp, company=world.company, received_at=TUESDAY_TEN)
