"""What one part of a decision on an order would need under a draft, all of its parts would."""

from functools import partial
from pathlib import Path

import pytest

from exceptions_app.backtest.approving import NeedsEffect
from exceptions_app.cases.models import Case
from exceptions_app.proposals import together
from exceptions_app.proposals.models import Bundle
from exceptions_app.proposals.together import Wanted
from tests.builders.factories import ApprovalRuleFactory
from tests.exceptions_app.backtest.trying import teams, tried
from tests.exceptions_app.proposals.shortage import NOWHERE, Shortage, late_and_dear, ready

pytestmark = pytest.mark.django_db
SCENE = partial(late_and_dear, NOWHERE)
ACCEPTING = {"backorder": "accept_date", "price_mismatch": "accept_price"}


@pytest.fixture
def accepted(scene: Shortage, tmp_path: Path) -> Bundle:
    """Bea accepts a confirmation that is later in part and dearer; her limit covers neither."""
    scene = ready(scene, tmp_path)
    scene.person("bea").memberships.update(limit=100)
    wanted = [
        Wanted(case=case, resolution=ACCEPTING[case.type_code], inputs={})
        for case in Case.objects.filter(type_code__in=ACCEPTING).order_by("pk")
    ]
    made: Bundle = together.propose_for_order(wanted, reason="As confirmed", by=scene.by("bea"))
    return made


def test_a_rule_about_one_part_asks_for_all_of_them(accepted: Bundle) -> None:
    rule = ApprovalRuleFactory.build(
        company=None, name="Dearer", type_code="price_mismatch", asks="FIN", percent_above=None
    )
    found = tried(rule)
    assert {each.proposal for each in found} == set(accepted.proposals.all())
    assert len(found) == 2
    for each in found:
        assert each.effect == NeedsEffect.MORE
        assert each.live == tuple(
            each.proposal.needs.order_by("step", "place").values_list("label", flat=True)
        )
        assert sorted(set(teams(each.tried)) - set(teams(each.live))) == ["Finance"]
        assert each.amount == accepted.amount
