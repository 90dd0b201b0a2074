"""What people do with an incident: confirm it with its cause, dismiss it, add cases and take them out."""

from collections.abc import Callable, Collection
from datetime import datetime

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
    _require_reason(reason)

    def set_state(locked: Incident) -> None:
        locked.state = IncidentState.DISMISSED

    return _decide(incident, "dismissed", "Not one incident", set_state, by, expected_version, reason=reason)


@transaction.atomic
def add(incident: Incident, cases: Collection[Case], *, reason: str, by: Actor) -> int:
    """Let more cases of the same type and supplier join the incident, and return how many did.

    Raises NotAllowed (permission, state, no reason), naming each case that cannot join.
    """
    _require_reason(reason)
    incident = _lock(incident, by)
    joining = sorted((case for case in cases if case.incident_id != incident.pk), key=lambda case: case.pk)
    barred = [case.number for case in joining if not _may_join(case, incident)]
    if barred:
        raise NotAllowed(
            f"{', '.join(barred)}: only an open {exception_type(incident.type_code).label.lower()} of "
            f"{incident.supplier.name} that is in no incident can join {incident.number}."
        )
    at = clock.now()
    step = joins(incident, f"Belongs to {incident.number}", reason=reason)
    for case in joining:
        change(case, step, by=_named(by), at=at)
    _note(incident, "added", f"{len(joining)} added", joining, at=at, by=by, reason=reason)
    return len(joining)


@transaction.atomic
def take_out(incident: Incident, cases: Collection[Case], *, reason: str, by: Actor) -> int:
    """Let cases leave the incident, and return how many did.

    Raises NotAllowed (permission, state, no reason).
    """
    _require_reason(reason)
    incident = _lock(incident, by)
    at = clock.now()
    leaving = sorted((case for case in cases if case.incident_id == incident.pk), key=lambda case: case.pk)
    for case in leaving:
        change(case, _leaving(incident, reason), by=_named(by), at=at)
    _note(incident, "taken_out", f"{len(leaving)} taken out", leaving, at=at, by=by, reason=reason)
    return len(leaving)


def _note(
    incident: Incident,
    kind: str,
    summary: str,
    cases: Collection[Case],
    *,
    at: datetime,
    by: Actor,
    reason: str,
) -> None:
    record(
        f"incident.{kind}",
        at=at,
        company=incident.company,
        subject=("incident", incident.number),
        summary=f"{summary}: {', '.join(case.number for case in cases)}",
        actor=by,
        after={"cases": [case.number for case in cases]},
        reason=reason,
    )


def _require_reason(reason: str) -> None:
    if not reason.strip():
        raise NotAllowed("Give a reason: it stays in the history.")


def _named(by: Actor) -> Actor:
    """Return the actor as the history of a case names them: the incident permits it, not the case."""
    return Actor(source=by.source, label=by.name)


def _may_join(case: Case, incident: Incident) -> bool:
    same = (case.company_id, case.supplier_id, case.type_code) == (
        incident.company_id,
        incident.supplier_id,
        incident.type_code,
    )
    return same and case.incident_id is None and case.state not in ENDED


def joins(incident: Incident, summary: str, *, reason: str = "") -> Step:
    """Return the step by which a case joins an incident."""

    def name_it(locked: Case) -> None:
        locked.incident = incident
        locked.left_incident = False

    return Step(
        kind="joined_incident",
        summary=summary,
        set_fields=name_it,
        reason=reason,
        keeps_version=True,
        after={"incident": incident.number},
    )


def _leaving(incident: Incident, reason: str) -> Step:
    def forget(locked: Case) -> None:
        locked.incident = None
        locked.left_incident = True

    return Step(
        kind="left_incident",
        summary=f"Has nothing to do with {incident.number}",
        set_fields=forget,
        reason=reason,
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
        company=locked.company,
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
