"""What people did in the demo's last days: took cases, wrote notes, asked suppliers, proposed decisions."""

from datetime import datetime

from erp_connectors.errors import PermanentError
from exceptions_app.audit.record import Actor
from exceptions_app.cases import actions as cases
from exceptions_app.cases.models import ENDED, Case, CaseState
from exceptions_app.detection.inquiries import Inquiry
from exceptions_app.people.models import User
from exceptions_app.playbook.registry import resolutions_for
from exceptions_app.proposals import actions as proposals

NOTES = (
    "Called them: the line was down for two days, they are catching up.",
    "Asked for a firm date for the rest, answer promised for tomorrow.",
    "Second time this month. Raising it in the next supplier review.",
    "Customer can wait until the end of next week for the remainder.",
)
TAKEN_PER_STEP = 3
WITH_PROPOSALS = (("bruno", 3), ("beth", 2))
ASKED_ABOUT = (CaseState.ASSIGNED, CaseState.IN_PROGRESS)
#: Who asks a supplier, and about how many of its orders at most.
WHO_ASKS = (("bea", 1), ("bruno", 2), ("beth", 2))


def people_work(moment: datetime) -> None:
    """Let the buyers take their most urgent new cases; every other one gets a note."""
    buyers = User.objects.filter(memberships__team__code="PRO", memberships__role="member").order_by(
        "username"
    )
    for buyer in buyers:
        mine = Case.objects.filter(state=CaseState.ASSIGNED, owner=buyer, opened_at__lt=moment)
        for index, case in enumerate(mine.order_by("-priority", "id")[:TAKEN_PER_STEP]):
            actor = Actor(buyer, "web")
            case = cases.start(case, by=actor)
            if index % 2 == 0:
                cases.comment(case, text=NOTES[case.pk % len(NOTES)], by=actor)


def people_decide() -> None:
    """Leave proposals above their proposers' limits, so that leads and planners find something to approve."""
    for username, wanted in WITH_PROPOSALS:
        for buyer in User.objects.filter(username=username):
            open_cases = Case.objects.filter(owner=buyer, type_code="quantity_short").exclude(state__in=ENDED)
            proposed = 0
            for case in open_cases.order_by("-priority", "id"):
                if proposed < wanted and _propose_cancelling(case, buyer):
                    proposed += 1


def people_ask() -> None:
    """Leave questions to suppliers, some of them about two orders, so that somebody is waited for."""
    for username, most in WHO_ASKS:
        for buyer in User.objects.filter(username=username):
            late = Case.objects.select_related("supplier", "order", "company").filter(
                owner=buyer, type_code="confirmation_late", state__in=ASKED_ABOUT
            )
            first = late.order_by("-priority", "id").first()
            if first is not None:
                more = late.filter(supplier=first.supplier).exclude(pk=first.pk)
                cases.ask(
                    first,
                    inquiry=Inquiry.CONFIRMATION,
                    cases=list(more.order_by("-priority", "id")[: most - 1]),
                    by=Actor(buyer, "web"),
                )


def _propose_cancelling(case: Case, buyer: User) -> bool:
    """Propose to cancel what was not offered; return whether it waits for approval now."""
    if "cancel_remainder" not in {resolution.code for resolution in resolutions_for(case, buyer)}:
        return False
    plan = proposals.preview(case, resolution="cancel_remainder", inputs={}, person=buyer)
    if plan.within_limit or plan.problems:
        return False
    try:
        proposals.propose(
            case,
            resolution="cancel_remainder",
            inputs={},
            reason="The rest comes too late; a second source is cheaper.",
            by=Actor(buyer, "web"),
        )
    except PermanentError:
        return False
    return True
