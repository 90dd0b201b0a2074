"""Rules that cannot hold are refused when they are made, not when the first file comes."""

import pytest

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
