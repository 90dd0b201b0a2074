"""Publishes policy releases: every change of a policy row gets a number that decisions can name."""

from datetime import datetime

from django.db import connection, transaction
from django.db.models import Max

from exceptions_app.audit.record import Actor, record
from exceptions_app.detection import watch
from exceptions_app.policies.models import PolicyRelease


@transaction.atomic
def publish(title: str, *, by: Actor, at: datetime) -> PolicyRelease:
    """Publish the next release, and have every watched order looked at under it.

    Call it in the transaction that changes the policy rows, and give them the release it returns.
    """
    # Two administrators saving at once must not both read the same highest number.
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('policy release'))")
    highest = PolicyRelease.objects.aggregate(highest=Max("number"))["highest"] or 0
    release = PolicyRelease.objects.create(
        number=highest + 1, title=title, published_at=at, published_by=by.person
    )
    record(
        "policy.published",
        at=at,
        summary=f"{release}: {title}",
        subject=("policy_release", str(release.number)),
        actor=by,
        release=release,
    )
    watch.mark_all()
    return release
