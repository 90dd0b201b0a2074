"""The standard set of approval rules names what there is: types, their resolutions, and teams."""

from exceptions_app.detection import registry
from exceptions_app.detection.types.base import TeamCode
from exceptions_app.policies.standard import STANDARD_APPROVALS


def test_every_standard_approval_is_about_a_live_type_and_resolutions_it_has() -> None:
    for rule in STANDARD_APPROVALS:
        kind = registry.exception_type(rule.type_code)
        assert kind.is_live, rule.name
        assert set(rule.resolutions) <= set(kind.resolutions), rule.name


def test_every_standard_approval_names_a_team_and_no_two_are_the_same() -> None:
    assert {rule.team for rule in STANDARD_APPROVALS} <= {team.value for team in TeamCode}
    assert len({(rule.type_code, rule.team) for rule in STANDARD_APPROVALS}) == len(STANDARD_APPROVALS)
