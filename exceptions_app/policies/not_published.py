"""A draft that could not be published at its time: noted on it, and told to all who can do something."""

from datetime import datetime

import structlog
from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext, gettext_noop

from exceptions_app.audit.record import record
from exceptions_app.notifications.models import Notification, NotificationKind
from exceptions_app.people.models import Role, User
from exceptions_app.policies import concerned, drafts
from exceptions_app.policies.draft_models import DraftState, PolicyDraft

log = structlog.get_logger(__name__)
#: Where the draft is, for a link in the app and in a mail.
PAGE = "/policies/drafts/{}/"
TITLE = gettext_noop("Draft %(number)s was not published at its time: %(title)s")
WAY_OUT = gettext_noop(
    "It is still approved: on its page it is rebased, published by hand, or given another time."
)
#: In the history of several companies none reads of another's rules.
ON_ITS_PAGE = "Why, stands on the page of the draft."


@transaction.atomic
def note(seen: PolicyDraft, why: str, now: datetime) -> None:
    """Take the time off a draft that is still as it was seen, and tell its people and the history why."""
    draft = PolicyDraft.objects.select_for_update().get(pk=seen.pk)
    if draft.state != DraftState.APPROVED or draft.publish_at != seen.publish_at:
        return
    draft.publish_at, draft.trouble = None, why
    draft.save()
    log.warning("draft_not_published", draft=draft.pk, why=why)
    bound = concerned.by_draft(draft, None)
    record(
        "policy.not_published",
        at=now,
        summary=f"{draft} could not be published at its time",
        subject=(drafts.SUBJECT, str(draft.pk)),
        companies=bound,
        reason=why if len(bound) == 1 else ON_ITS_PAGE,
    )
    _tell(draft, why, now)


def _tell(draft: PolicyDraft, why: str, now: datetime) -> None:
    title = gettext(TITLE) % {"number": draft.pk, "title": draft.title}
    Notification.objects.bulk_create(
        Notification(
            person=person,
            kind=NotificationKind.ALERT,
            title=title[:300],
            body=f"{why}\n{gettext(WAY_OUT)}",
            path=PAGE.format(draft.pk),
            created_at=now,
            due_at=now,
        )
        for person in _people(draft)
    )


def _people(draft: PolicyDraft) -> list[User]:
    """Return who wrote, approved or scheduled a draft, and who else may publish it."""
    concerned_with = {draft.submitted_by_id, draft.approved_by_id, draft.publish_by_id}
    concerned_with |= set(draft.authors.values_list("pk", flat=True))
    administer = Q(is_superuser=True) | Q(memberships__role=Role.MANAGER)
    people = User.objects.filter(Q(pk__in=concerned_with - {None}) | administer, is_active=True)
    return [
        person
        for person in people.distinct().order_by("pk")
        if person.pk in concerned_with or drafts.may(person, "publish_policies", draft)
    ]
