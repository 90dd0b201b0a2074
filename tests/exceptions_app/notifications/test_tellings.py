"""Every team the taxonomy tells has words of its own for every type, and they name only what there is."""

import re

import pytest

from exceptions_app.cases.models import Case
from exceptions_app.detection import registry
from exceptions_app.detection.types.base import ExceptionType
from exceptions_app.notifications.tellings import COVER, TELLINGS, Telling
from exceptions_app.notifications.words import FACTS_IN_WORDS, FACTS_OF_COVER, facts_in_words
from exceptions_app.policies.models import TellingKind
from tests.builders.factories import CaseFactory

#: Who is told of what (TAXONOMY); of feed_silent every team that is blinded.
TOLD = {
    "acknowledgement_missing": "PRO",
    "line_rejected": "PLN",
    "quantity_short": "PLN WHS",
    "backorder": "PLN",
    "date_later": "PLN WHS",
    "date_earlier": "PRO",
    "price_mismatch": "FIN",
    "substitution": "PLN CSR",
    "allocation_cut": "PRO PLN",
    "answer_conflict": "EDI",
    "ship_notice_missing": "PRO",
    "ship_notice_short": "WHS PLN",
    "ship_notice_over": "PRO",
    "ship_notice_conflict": "EDI",
    "shipment_delayed": "WHS PLN",
    "carrier_exception": "PRO",
    "delivery_overdue": "WHS PLN",
    "shipped_after_cancel": "WHS FIN",
    "receipt_short": "PRO FIN",
    "receipt_over": "PRO",
    "receipt_damaged": "PRO FIN",
    "receipt_wrong_item": "PRO",
    "receipt_unexpected": "PRO",
    "invoice_price": "PRO",
    "invoice_quantity": "WHS",
    "invoice_before_receipt": "WHS PRO",
    "invoice_unordered": "PRO",
    "invoice_charge": "PRO",
    "invoice_terms": "SUP",
    "credit_missing": "PRO",
    "unit_unknown": "PRO",
    "erp_mismatch": "EDI",
    "feed_silent": "PRO PLN WHS FIN CSR SUP",
    "supplier_drift": "PRO",
    "agreement_breach": "FIN",
    "bank_detail_change": "SUP",
}
ALL = [
    pytest.param(telling, id=f"{code}-{team}")
    for code, by_team in TELLINGS.items()
    for team, telling in by_team.items()
] + [pytest.param(telling, id=f"cover-{team}") for team, telling in COVER.items()]


def test_the_teams_of_the_taxonomy_have_words_and_no_others() -> None:
    assert {code: {str(team) for team in by_team} for code, by_team in TELLINGS.items()} == {
        code: set(teams.split()) for code, teams in TOLD.items()
    }


@pytest.mark.parametrize("kind", registry.all_types(), ids=lambda kind: kind.code)
def test_whom_a_type_tells_has_words_for_it(kind: ExceptionType) -> None:
    assert set(kind.told) <= set(TELLINGS.get(kind.code, {}))
    assert set(kind.told_plus) <= set(COVER)


def test_what_one_team_is_told_differs_from_what_another_is() -> None:
    for code, by_team in TELLINGS.items():
        if code != "feed_silent":
            assert len({telling.title for telling in by_team.values()}) == len(by_team), code


@pytest.fixture
def case(db: None) -> Case:
    made: Case = CaseFactory.create()
    return made


@pytest.mark.parametrize("telling", ALL)
def test_words_name_only_facts_there_are(telling: Telling, case: Case) -> None:
    assert set(FACTS_IN_WORDS) <= set(facts_in_words(case))
    known = set(FACTS_IN_WORDS)
    if telling.kind is TellingKind.COVER:
        known |= set(FACTS_OF_COVER)
    assert set(re.findall(r"\{(\w+)\}", telling.title + telling.body)) <= known
    assert telling.due_hours > 0
