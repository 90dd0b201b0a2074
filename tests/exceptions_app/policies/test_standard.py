"""The standard set of approval rules names what there is: types, their resolutions, and teams."""

from exceptions_app.detection import registry
from exceptions_app.policies.matrix import read_steps
from exceptions_app.policies.standard import STANDARD_APPROVALS


def test_every_standard_approval_is_about_a_live_type_and_resolutions_it_has() -> None:
    for rule in STANDARD_APPROVALS:
        kind = registry.exception_type(rule.type_code)
        assert kind.is_live, rule.name
        assert set(rule.resolutions) <= set(kind.resolutions), rule.name


def test_every_standard_approval_asks_somebody_and_no_two_are_the_same() -> None:
    assert all(read_steps(rule.asks) for rule in STANDARD_APPROVALS)
    thresholds = {
        (rule.type_code, rule.asks, rule.days_above, rule.uncovered_class) for rule in STANDARD_APPROVALS
    }
    assert len(thresholds) == len(STANDARD_APPROVALS)
