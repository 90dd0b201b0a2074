"""Rules that cannot hold are refused when they are made, not when the first file comes."""

import pytest

from erp_connectors.canonical.documents import (
    ChargeKind,
    GoodsCondition,
    InvoiceKind,
    Purpose,
    ShipmentEvent,
)
from erp_connectors.canonical.values import DateKind
from erp_connectors.edi import MappingOverrides, PartnerRules
from erp_connectors.edi.x12.mapping.tables import STANDARD, tables_for
from erp_connectors.errors import ConfigurationError


@pytest.mark.parametrize("time_zone", ["Middle/Earth", "", "../etc/passwd"])
def test_a_time_zone_that_does_not_exist_is_refused(time_zone: str) -> None:
    with pytest.raises(ConfigurationError, match="time zone"):
        PartnerRules(time_zone=time_zone)


def test_a_character_set_that_does_not_exist_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="character set"):
        PartnerRules(charset="utf-99")


def test_an_override_to_a_status_that_no_table_has_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="QQ"):
        tables_for("004010", MappingOverrides(line_status={"ZZ": "QQ"}))


def test_the_partner_outweighs_the_version_and_the_version_the_standard() -> None:
    own = MappingOverrides(date_qualifiers=("002",))

    assert tables_for("004010", MappingOverrides()) == STANDARD
    assert tables_for("004010X358", MappingOverrides()).delivery_qualifiers[0] == "106"
    assert tables_for("004010X358", own).delivery_qualifiers == ("002",)


@pytest.mark.parametrize(
    "layer",
    [
        MappingOverrides(change_codes={"ZZ": "QQ"}),
        MappingOverrides(purposes={"22": "copy"}),
        MappingOverrides(date_kinds={"067": "harvest"}),
        MappingOverrides(receiving_conditions={"20": "broken"}),
        MappingOverrides(receipt_types={"3": "seen"}),
        MappingOverrides(invoice_types={"ZZ": "bill"}),
        MappingOverrides(charge_indicators={"S": "service"}),
        MappingOverrides(charge_kinds={"F123": "gift"}),
        MappingOverrides(shipment_events={"ZZ": "vanished"}),
        MappingOverrides(shipment_reasons={"ZZ": "vanished"}),
        MappingOverrides(time_zones={"XX": "Middle/Earth"}),
        MappingOverrides(time_zones={"XX": "+99:00"}),
        MappingOverrides(change_quantity="POC05"),
        MappingOverrides(line_number_source="PO1"),
    ],
)
def test_an_override_that_names_no_word_of_ours_is_refused(layer: MappingOverrides) -> None:
    with pytest.raises(ConfigurationError):
        tables_for("004010", layer)


def test_an_override_changes_its_entry_and_no_other() -> None:
    layer = MappingOverrides(
        purposes={"22": "cancel"},
        date_kinds={"107": "ship"},
        receiving_conditions={"20": "damaged", "01": "good"},
        receipt_types={"3": "accepted"},
        invoice_types={"ZZ": "credit"},
        charge_indicators={"S": "charge"},
        charge_kinds={"F123": "freight", "G740": "tax"},
        not_billed=frozenset({"06"}),
        shipment_events={"ZZ": "lost"},
        shipment_reasons={"ZZ": "lost"},
        time_zones={"XX": "-03:00", "YY": "Asia/Tokyo"},
        party_roles={"MS": "supplier"},
        reference_kinds={"ZZ": "contract"},
        line_number_source="ID:PL",
    )

    tables = tables_for("004010", layer)

    assert tables.purposes["22"] is Purpose.CANCEL
    assert tables.purposes["00"] is Purpose.ORIGINAL
    assert tables.date_kinds["107"] is DateKind.SHIP
    assert tables.receiving_conditions["20"] is GoodsCondition.DAMAGED
    assert tables.receiving_conditions["01"] is None
    assert tables.receipt_types["3"] == "accepted"
    assert tables.invoice_types["ZZ"] is InvoiceKind.CREDIT
    assert tables.charge_indicators["S"] == "charge"
    assert (tables.charge_kinds["F123"], tables.charge_kinds["G740"]) == (ChargeKind.FREIGHT, None)
    assert tables.not_billed == {"06"}
    assert tables.shipment_events["ZZ"] is tables.shipment_reasons["ZZ"] is ShipmentEvent.LOST
    assert (tables.time_zones["XX"], tables.time_zones["ET"]) == ("-03:00", "America/New_York")
    assert (tables.party_roles["MS"], tables.reference_kinds["ZZ"]) == ("supplier", "contract")
    assert tables.line_number_source == "ID:PL"
