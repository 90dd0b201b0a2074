"""What an administrator writes into a draft, reviewed and published by somebody else."""

from erp_connectors import clock
from exceptions_app.audit.record import Actor
from exceptions_app.policies import drafts, publishing
from exceptions_app.policies.draft_models import DraftState, PolicyDraft
from tests.builders.factories import UserFactory


def publish_what_is_written() -> None:
    """Have every draft reviewed and published by Agnes, who wrote none of it."""
    agnes = Actor(UserFactory.create(username="agnes", is_staff=True, is_superuser=True), "web")
    for draft in PolicyDraft.objects.filter(state=DraftState.WRITTEN).order_by("pk"):
        author = Actor(draft.created_by, "web")
        drafts.name(draft.pk, draft.title, "So that it is right.", by=author, at=clock.now())
        drafts.submit(draft.pk, by=author, at=clock.now())
        drafts.approve(draft.pk, by=agnes, at=clock.now())
        publishing.publish_draft(draft.pk, by=agnes, at=clock.now())
