"""What people do with an interchange that could not be applied: read it again, or correct a copy of it."""

from django.db import transaction

from erp_connectors import clock
from erp_connectors.exchange import corrections, processing
from erp_connectors.exchange.corrections import TriedOut
from erp_connectors.exchange.models import Correction, Interchange, InterchangeStatus
from exceptions_app.audit.record import Actor, record
from exceptions_app.cases.models import ENDED, Case
from exceptions_app.people.models import User
from exceptions_app.people.permissions import NotAllowed, may_in_company

READ_AGAIN, CORRECT = "replay_interchange", "correct_interchange"


@transaction.atomic
def read_again(interchange: Interchange, *, by: Actor) -> Interchange:
    """Have an interchange read again from its kept bytes, with the profiles of today, and return it.

    Raises NotAllowed where the person may not, or a corrected copy has taken its place. A token without a
    person may: it was let in for that.
    """
    if by.person is not None:
        _require(by.person, READ_AGAIN, interchange)
    if interchange.status == InterchangeStatus.CORRECTED:
        raise NotAllowed(f"A corrected copy of {interchange} was read in its place: read that one again.")
    processing.replay(interchange)
    record(
        "interchange.replayed",
        at=clock.now(),
        summary=f"{interchange} is processed again",
        company=interchange.connection.company,
        subject=("interchange", str(interchange.pk)),
        actor=by,
    )
    return interchange


def try_out(interchange: Interchange, *, text: str, person: User) -> TriedOut:
    """Return what would come of an edited copy, changing nothing. Raises NotAllowed, and as `corrections`."""
    _require(person, CORRECT, interchange)
    return corrections.try_out(interchange, text, at=clock.now())


@transaction.atomic
def correct(interchange: Interchange, *, text: str, reason: str, by: Actor) -> Correction:
    """Have an edited copy read in place of an interchange; who changed what, and why, stays in the history.

    Raises NotAllowed (permission, no reason), and as `corrections` does.
    """
    if by.person is None:
        raise NotAllowed("Only a person corrects what somebody else has sent.")
    _require(by.person, CORRECT, interchange)
    if not reason.strip():
        raise NotAllowed("Say why: it stays in the history.")
    at = clock.now()
    correction = corrections.correct(
        interchange,
        text,
        reason=reason.strip(),
        by=by.name,
        at=at,
        entered_by=by.person.get_username() if by.person else "",
    )
    record(
        "interchange.corrected",
        at=at,
        case=Case.objects.filter(interchange=interchange).exclude(state__in=ENDED).order_by("pk").first(),
        summary=f"A corrected copy of {interchange} is read in its place",
        company=interchange.connection.company,
        subject=("interchange", str(interchange.pk)),
        actor=by,
        before={"sha256": interchange.sha256},
        after={
            "interchange": str(correction.corrected_id),
            "sha256": correction.corrected.sha256,
            "diff": correction.diff,
        },
        reason=reason,
    )
    return correction


def _require(person: User, action: str, interchange: Interchange) -> None:
    company = interchange.connection.company
    if not may_in_company(person, action, company):
        raise NotAllowed(f"{person} may not {action.replace('_', ' ')}s of {company}.")
