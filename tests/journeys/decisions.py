"""What people decide in the stories, through the API: to propose, and to approve what they have seen."""

from typing import Any

from exceptions_app.cases.models import Case
from exceptions_app.proposals.models import Proposal
from tests.journeys.house import House


def propose(
    house: House, name: str, case: Case, resolution: str, reason: str = "", **inputs: str
) -> Proposal:
    """Let a person propose a resolution of a case."""
    wanted = {"case": case.number, "resolution": resolution, "inputs": inputs, "reason": reason}
    status, said = house.call(name, "proposals/", wanted)
    assert status == 201, said
    return Proposal.objects.get(pk=said["id"])


def approve(house: House, name: str, proposal: Proposal) -> dict[str, Any]:
    """Let a person approve a proposal as it waits for them, and return what it is then."""
    waiting = house.call(name, "approvals/")[1]["results"]
    (seen,) = [each for each in waiting if each["id"] == str(proposal.pk)]
    path = f"proposals/{proposal.pk}/actions/approve/"
    status, said = house.call(name, path, {"values_hash": seen["values_hash"]})
    assert status == 200, said
    decided: dict[str, Any] = said
    return decided
