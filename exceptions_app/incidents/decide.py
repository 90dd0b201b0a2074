"""One decision for the cases of an incident: one resolution for the lines that are chosen of each."""

from collections.abc import Mapping, Sequence

from exceptions_app.audit.record import Actor
from exceptions_app.cases.models import Case, CaseLine
from exceptions_app.incidents.models import Incident
from exceptions_app.people.models import User
from exceptions_app.people.permissions import NotAllowed
from exceptions_app.playbook.inputs import LINES, Problem, UnusableInputs
from exceptions_app.proposals import together
from exceptions_app.proposals.models import Bundle
from exceptions_app.proposals.together import Wanted, Whole

#: The line numbers chosen of each case, by its number.
Chosen = Mapping[str, Sequence[str]]


def decidable(incident: Incident, person: User) -> list[tuple[Case, list[CaseLine]]]:
    """Return the open cases of an incident the person may decide, each with its undecided lines.

    In a number of queries that does not grow with them.
    """
    return together.decidable(incident.cases.all(), person)


def preview(
    incident: Incident, *, resolution: str, inputs: Mapping[str, object], chosen: Chosen, person: User
) -> Whole:
    """Return what deciding would do to the chosen lines, changing nothing. Problems are told, not raised."""
    wanted = _wanted(incident, resolution, inputs, chosen, person)
    return together.preview(wanted, currency=incident.company.currency, person=person)


def propose(
    incident: Incident,
    *,
    resolution: str,
    inputs: Mapping[str, object],
    chosen: Chosen,
    reason: str,
    by: Actor,
) -> Bundle:
    """Propose one resolution for the chosen lines of all chosen cases: for all of them, or for none.

    Carried out at once where the proposer's limit covers the whole and no rule objects. Raises NotAllowed,
    and UnusableInputs naming each case that something is wrong with.
    """
    if by.person is None:
        raise NotAllowed("Only a person decides.")
    if not incident.is_live:
        raise NotAllowed(f"{incident.number} is over: {incident.get_state_display().lower()}.")
    wanted = _wanted(incident, resolution, inputs, chosen, by.person)
    if not wanted:
        raise UnusableInputs([Problem("", "Choose at least one line that is still open.")])
    whole = together.preview(wanted, currency=incident.company.currency, person=by.person)
    return together.propose(wanted, whole, incident=incident, reason=reason, by=by)


def _wanted(
    incident: Incident, resolution: str, inputs: Mapping[str, object], chosen: Chosen, person: User
) -> list[Wanted]:
    return [
        Wanted(case=case, resolution=resolution, inputs={**inputs, LINES: list(chosen[case.number])})
        for case, _ in decidable(incident, person)
        if chosen.get(case.number)
    ]
