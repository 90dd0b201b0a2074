"""Numbers policy releases: every state of the policy rows has a number that decisions can name."""

from collections.abc import Collection
from datetime import datetime

from django.db import connection, transaction
from django.db.models import Max

from exceptions_app.audit.record import ALL_COMPANIES, Actor, record
from exceptions_app.detection import watch
from exceptions_app.policies.models import PolicyRelease


@transaction.atomic
def publish(
    title: str,
    *,
    by: Actor,
    at: datetime,
    reason: str = "",
    companies: Collection[int | None] = ALL_COMPANIES,
) -> PolicyRelease:
    """Publish the next release, and have everything that is watched looked at under it in the background.

    Call it in the transaction that changes the policy rows, and give them the release it returns.
    `companies` are those it binds, by key, as `record` takes them.
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
        companies=companies,
        reason=reason,
        release=release,
    )
    watch.look_over(at)
    return release
