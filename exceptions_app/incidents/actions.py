"""What people do with an incident: confirm it with its cause, dismiss it, add cases and take them out."""

from collections.abc import Callable, Collection

from django.db import transaction

from erp_connectors import clock
from erp_connectors.errors import ConflictError
from exceptions_app.audit.record import Actor, record
from exceptions_app.cases.change import Step, change
from exceptions_app.cases.models import ENDED, Case
from exceptions_app.detection.registry import exception_type
from exceptions_app.incidents.models import Incident, IncidentState
from exceptions_app.people.permissions import NotAllowed, may_in_company


def confirm(incident: Incident, *, cause: str, by: Actor, expected_version: int | None = None) -> Incident:
    """Say that the cases have one cause, and which; or say it better later on.

    Raises NotAllowed (permission, state, no cause) and ConflictError (no longer at `expected_version`).
    """
    if not cause.strip():
        raise NotAllowed("Say what happened: it stands on every case.")

    def set_cause(locked: Incident) -> None:
        locked.state, locked.cause = IncidentState.CONFIRMED, " ".join(cause.split())[:500]

    return _decide(incident, "confirmed", f"One incident: {cause}", set_cause, by, expected_version)


def dismiss(incident: Incident, *, reason: str, by: Actor, expected_version: int | None = None) -> Incident:
    """Say that the cases have nothing in common; they stay as they are and are not bundled again."""
    if not reason.strip():
        raise NotAllowed("Give a reason: it stays in the history.")

    def set_state(locked: Incident) -> None:
        locked.state = IncidentState.DISMISSED

    return _decide(incident, "dismissed", "Not one incident", set_state, by, expected_version, reason=reason)


@transaction.atomic
def add(incident: Incident, cases: Collection[Case], *, by: Actor) -> int:
    """Let more cases of the same type and supplier join the incident, and return how many did.

    Raises NotAllowed (permission, state), naming each case that cannot join.
    """
    incident = _lock(incident, by)
    joining = sorted((case for case in cases if case.incident_id != incident.pk), key=lambda case: case.pk)
    barred = [case.number for case in joining if not _may_join(case, incident)]
    if barred:
        raise NotAllowed(
            f"{', '.join(barred)}: only an open {exception_type(incident.type_code).label.lower()} of "
            f"{incident.supplier.name} that is in no incident can join {incident.number}."
        )
    at = clock.now()
    for case in joining:
        change(case, joins(incident), at=at)
    record(
        "incident.added",
        at=at,
        subject=("incident", incident.number),
        summary=f"{len(joining)} added",
        actor=by,
        after={"cases": [case.number for case in joining]},
    )
    return len(joining)


@transaction.atomic
def take_out(incident: Incident, cases: Collection[Case], *, by: Actor) -> int:
    """Let cases leave the incident, and return how many did."""
    incident = _lock(incident, by)
    at, left = clock.now(), 0
    for case in sorted(cases, key=lambda case: case.pk):
        if case.incident_id == incident.pk:
            change(case, _leaving(incident), at=at)
            left += 1
    record(
        "incident.taken_out",
        at=at,
        subject=("incident", incident.number),
        summary=f"{left} taken out",
        actor=by,
        after={"cases": sorted(case.number for case in cases)},
    )
    return left


def _may_join(case: Case, incident: Incident) -> bool:
    same = (case.company_id, case.supplier_id, case.type_code) == (
        incident.company_id,
        incident.supplier_id,
        incident.type_code,
    )
    return same and case.incident_id is None and case.state not in ENDED


def joins(incident: Incident) -> Step:
    """Return the step by which a case joins an incident."""

    def name_it(locked: Case) -> None:
        locked.incident = incident
        locked.left_incident = False

    return Step(
        kind="joined_incident",
        summary=f"Came together with others: {incident.number}",
        set_fields=name_it,
        keeps_version=True,
        after={"incident": incident.number},
    )


def _leaving(incident: Incident) -> Step:
    def forget(locked: Case) -> None:
        locked.incident = None
        locked.left_incident = True

    return Step(
        kind="left_incident",
        summary=f"Has nothing to do with {incident.number}",
        set_fields=forget,
        keeps_version=True,
        after={"incident": None},
    )


@transaction.atomic
def _decide(
    incident: Incident,
    kind: str,
    summary: str,
    set_fields: Callable[[Incident], None],
    by: Actor,
    expected_version: int | None,
    *,
    reason: str = "",
) -> Incident:
    locked = _lock(incident, by)
    if expected_version is not None and expected_version != locked.version:
        raise ConflictError(f"{locked.number} changed meanwhile. Look at it again.")
    was = {"state": locked.state, "cause": locked.cause}
    set_fields(locked)
    locked.decided_at, locked.decided_by = clock.now(), by.person
    locked.version += 1
    locked.save()
    record(
        f"incident.{kind}",
        at=locked.decided_at,
        subject=("incident", locked.number),
        summary=summary,
        actor=by,
        before=was,
        after={"state": locked.state, "cause": locked.cause},
        reason=reason,
    )
    return locked


def _lock(incident: Incident, by: Actor) -> Incident:
    locked = (
        Incident.objects.select_for_update(of=("self",))
        .select_related("company", "supplier")
        .get(pk=incident.pk)
    )
    if by.person is None or not may_in_company(by.person, "manage_incidents", locked.company):
        raise NotAllowed(f"{by.name} may not decide on incidents of {locked.company}.")
    if not locked.is_live:
        raise NotAllowed(f"{locked.number} is over: {locked.get_state_display().lower()}.")
    return locked
