"""A trading partner's profile as rules: overrides are data, checked before anything is read by them."""

from decimal import Decimal
from typing import Any

import pytest

from erp_connectors.edi import EnvelopeIds
from erp_connectors.edi.partners import Partners, rules_of
from erp_connectors.edi.rules import DuplicateAnswer
from erp_connectors.errors import ConfigurationError
from tests.builders.factories import EdiConnectionFactory, PartnerProfileFactory, SupplierFactory, ground

pytestmark = pytest.mark.django_db

IDS = EnvelopeIds(
    standard="X12",
    sender_qualifier="ZZ",
    sender="SUP77",
    receiver_qualifier="ZZ",
    receiver="WESERLAND      ",
)


def test_a_partner_is_found_by_both_ids_and_qualifiers() -> None:
    world = ground()

    profile = Partners(world.edi).profile(IDS)

    assert profile is not None
    assert profile.supplier == world.supplier


def test_a_partner_of_another_connection_is_unknown() -> None:
    ground()

    assert Partners(EdiConnectionFactory.create()).rules(IDS) is None


def test_the_profile_says_how_to_read_and_answer() -> None:
    world = ground()
    profile = world.edi.partners.get()
    profile.time_zone, profile.lenient_isa, profile.is_test = "America/Chicago", True, True
    profile.overrides = {
        "line_status": {"XX": "IA"},
        "price_divisors": {"TP": "1000"},
        "sets": ["855"],
        "lead_time_days": 2,
        "duplicate_answer": "ta1",
        "limits": {"segments": 10},
    }

    rules = rules_of(profile)

    assert (rules.time_zone, rules.lenient_isa, rules.test_only) == ("America/Chicago", True, True)
    assert rules.overrides.line_status == {"XX": "IA"}
    assert rules.overrides.price_divisors == {"TP": Decimal(1000)}
    assert (rules.sets, rules.lead_time_days) == (frozenset({"855"}), 2)
    assert (rules.duplicate_answer, rules.limits.segments) == (DuplicateAnswer.TA1, 10)


def test_without_its_own_zone_the_connections_counts() -> None:
    assert rules_of(ground().edi.partners.get()).time_zone == "Europe/Berlin"


@pytest.mark.parametrize(
    ("overrides", "words"),
    [
        ({"line_statuses": {}}, "line_statuses"),
        ({"line_status": {"XX": "nothing"}}, "'nothing'"),
        ({"price_divisors": {"TP": "many"}}, "price_divisors"),
        ({"price_divisors": {"TP": "0"}}, "greater than zero"),
        ({"change_codes": {"XX": "nothing"}}, "'nothing'"),
        ({"change_quantity": "POC05"}, "POC03, POC04"),
        ({"receiving_conditions": {"20": "broken"}}, "'broken'"),
        ({"charge_kinds": {"F123": 1}}, "charge_kinds"),
        ({"time_zones": {"XX": "Mars/Olympus"}}, "Mars/Olympus"),
        ({"line_number_source": "PO1"}, "PO101, NONE"),
        ({"limits": {"segments": 0}}, "greater than zero"),
        ({"charset": "klingon"}, "klingon"),
        ({"duplicate_answer": "shrug"}, "duplicate_answer"),
        ([], "overrides"),
    ],
)
def test_an_override_that_cannot_be_used_is_named(overrides: Any, words: str) -> None:
    profile = PartnerProfileFactory.build(
        connection=EdiConnectionFactory.create(), supplier=SupplierFactory.create(), name="Dorn"
    )
    profile.supplier.company = profile.connection.company
    profile.overrides = overrides

    with pytest.raises(ConfigurationError) as refused:
        rules_of(profile)

    assert "'Dorn'" in str(refused.value)
    assert words in str(refused.value)


def test_a_time_zone_that_does_not_exist_is_named() -> None:
    profile = ground().edi.partners.get()
    profile.time_zone = "Mars/Olympus"

    with pytest.raises(ConfigurationError, match="Mars/Olympus"):
        rules_of(profile)


def test_a_supplier_of_another_company_is_refused() -> None:
    profile = ground().edi.partners.get()
    profile.supplier = SupplierFactory.create()

    with pytest.raises(ConfigurationError, match="another company"):
        rules_of(profile)
