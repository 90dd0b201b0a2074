"""A person's word on which order line a document line is: permitted, told in the history, and looked at."""

from django.db import transaction

from erp_connectors import clock
from erp_connectors.documents import matching_by_hand
from erp_connectors.documents.matching_by_hand import Matched, Unmatched
from erp_connectors.documents.models import DocumentHead
from exceptions_app.audit.record import Actor, record
from exceptions_app.cases.models import ENDED, Case
from exceptions_app.overrides import marks
from exceptions_app.overrides.models import Override, OverrideKind
from exceptions_app.people.permissions import NotAllowed, may_in_company


@transaction.atomic
def match(
    head: DocumentHead,
    *,
    index: int,
    order_number: str,
    line_number: str,
    reason: str,
    remember: bool,
    by: Actor,
) -> Matched:
    """Say which order line a line of a document is; what waited for that is looked at anew.

    Raises NotAllowed (permission, no reason), and CannotMatch where it cannot be that line.
    """
    _require_permission(head, by)
    if not reason.strip():
        raise NotAllowed("Say how you know: it stays in the history.")
    at = clock.now()
    matched = matching_by_hand.match_line(
        head,
        index=index,
        order_number=order_number,
        line_number=line_number,
        by=by.name,
        at=at,
        reason=reason,
        remember=remember,
    )
    target, case = matched.match, _open_case(head)
    meant = {"line": index, "order": target.order_number, "order_line": target.line_number}
    summary = f"Line {index + 1} of {head} is {target.order_number} / {target.line_number}"
    known = f"; {', '.join(matched.remembered)} is known from now on" if matched.remembered else ""
    record(
        "document.matched",
        at=at,
        case=case,
        company=head.company,
        subject=("document", str(head.pk)),
        summary=f"{summary}{known}",
        actor=by,
        after=meant | {"remembered": list(matched.remembered)},
        reason=reason,
    )
    if case is not None:
        marks.mark(
            case,
            OverrideKind.MATCH,
            words=summary,
            reason=reason,
            by=by,
            at=at,
            after=meant,
        )
    return matched


@transaction.atomic
def unmatch(head: DocumentHead, *, index: int, reason: str, by: Actor) -> Unmatched:
    """Take back what a person said of a line of a document; what that decided is looked at anew.

    What it made known of the supplier's numbers is forgotten.

    Raises NotAllowed (permission, no reason), and CannotMatch where nobody matched the line.
    """
    _require_permission(head, by)
    if not reason.strip():
        raise NotAllowed("Say why: it stays in the history.")
    taken_back = matching_by_hand.unmatch_line(head, index=index)
    said, forgotten = taken_back.match, taken_back.forgotten
    unknown = f"; {', '.join(forgotten)} is no longer known" if forgotten else ""
    at = clock.now()
    made = Override.objects.filter(case__document=head, kind=OverrideKind.MATCH, after__line=index)
    for override in made.filter(ended_at=None):
        marks.close(override, why=f"Taken back by {by.name}", at=at)
    record(
        "document.unmatched",
        at=at,
        case=_open_case(head),
        company=head.company,
        subject=("document", str(head.pk)),
        summary=f"Line {index + 1} of {head} is not {said.order_number} / {said.line_number}{unknown}",
        actor=by,
        before={
            "line": index,
            "order": said.order_number,
            "order_line": said.line_number,
            "remembered": list(forgotten),
        },
        reason=reason,
    )
    return taken_back


def _require_permission(head: DocumentHead, by: Actor) -> None:
    if by.person is None or not may_in_company(by.person, "match_documents", head.company):
        raise NotAllowed(f"{by.name} may not match documents of {head.company}.")


def _open_case(head: DocumentHead) -> Case | None:
    return Case.objects.filter(document=head).exclude(state__in=ENDED).order_by("pk").first()
