"""What arrives at once is told as one: "14 new cases", on the screen and by mail.

Rows are only ever added, one for each event; they are taken together where they are read. A burst is what
one audience was told of one kind within the same ten minutes, from MANY on.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Self

from django.db.models import BigIntegerField, Count, Exists, Func, OuterRef, Q, QuerySet
from django.utils.translation import ngettext

from exceptions_app.notifications.models import Notification, NotificationKind
from exceptions_app.people.models import Team, User

MANY = 4
SLOT_SECONDS = 600
NEWS_DAYS = 30
#: No more of what is unread is looked at: nobody reads a thousand one by one.
MOST_LOOKED_AT = 1000


class Slot(Func):
    """The number of the ten minutes in which a moment lies."""

    template = f"FLOOR(EXTRACT(EPOCH FROM %(expressions)s) / {SLOT_SECONDS})::bigint"
    output_field = BigIntegerField()


@dataclass(frozen=True, slots=True)
class BurstKey:
    """Which burst a notification belongs to: its kind, its team (None: for the person), its ten minutes."""

    kind: str
    team_id: int | None
    slot: int

    def __str__(self) -> str:
        return f"{self.kind}~{self.team_id or ''}~{self.slot}"

    @classmethod
    def of(cls, row: Notification) -> Self:
        """Return the burst of a notification."""
        return cls(row.kind, row.team_id, int(row.created_at.timestamp()) // SLOT_SECONDS)

    @classmethod
    def read(cls, text: str) -> Self | None:
        """Read what a form sent back; None where it is no burst."""
        kind, _, rest = text.partition("~")
        team, _, slot = rest.partition("~")
        if not slot.isdigit() or not (team.isdigit() or team == "") or len(slot + team) > 20:
            return None
        return cls(kind, int(team) if team else None, int(slot))

    def condition(self) -> Q:
        """Return what is in the burst."""
        first = datetime.fromtimestamp(self.slot * SLOT_SECONDS, UTC)
        within = Q(created_at__gte=first, created_at__lt=first + timedelta(seconds=SLOT_SECONDS))
        return within & Q(kind=self.kind, team=self.team_id)


@dataclass(frozen=True, slots=True)
class Burst:
    """One entry of a list of news: a single notification, or many that arrived at once; newest first."""

    key: BurstKey
    rows: tuple[Notification, ...]

    @property
    def is_one(self) -> bool:
        """True when it holds a single notification."""
        return len(self.rows) == 1

    @property
    def title(self) -> str:
        """What it says in one line."""
        return self.rows[0].title if self.is_one else many(self.key.kind, len(self.rows))


def many(kind: str, count: int) -> str:
    """Return what many notifications of one kind say together."""
    values: dict[str, Any] = {"n": count}
    if kind == NotificationKind.ALERT:
        return ngettext("%(n)s new case", "%(n)s new cases", count) % values
    if kind == NotificationKind.TASK:
        return ngettext("%(n)s new task", "%(n)s new tasks", count) % values
    if kind == NotificationKind.APPROVAL:
        return ngettext("%(n)s approval wanted", "%(n)s approvals wanted", count) % values
    if kind == NotificationKind.BREACH:
        return ngettext("%(n)s promise ran out", "%(n)s promises ran out", count) % values
    if kind == NotificationKind.ESCALATION:
        return ngettext("%(n)s case escalated", "%(n)s cases escalated", count) % values
    return ngettext("%(n)s piece of news", "%(n)s pieces of news", count) % values


def gathered(rows: Iterable[Notification]) -> list[Burst]:
    """Return the notifications (newest first) with those that arrived at once taken together."""
    by_key: dict[BurstKey, list[Notification]] = {}
    for row in rows:
        by_key.setdefault(BurstKey.of(row), []).append(row)
    entries = [
        Burst(key, tuple(part))
        for key, several in by_key.items()
        for part in ([several] if len(several) >= MANY else [[row] for row in several])
    ]
    return sorted(entries, key=lambda entry: (entry.rows[0].created_at, entry.rows[0].pk), reverse=True)


# --- what a person was told ---------------------------------------------------------------------------------


def news_for(person: User, teams: list[Team], *, now: datetime) -> QuerySet[Notification]:
    """Return what the person, or a team of theirs, was told lately, newest first, with `is_read`.

    What a team was told of an event that the person hears of by another row is left out.
    """
    read = Notification.read_by.through.objects.filter(notification_id=OuterRef("pk"), user_id=person.pk)
    spared = Notification.not_for.through.objects.filter(notification_id=OuterRef("pk"), user_id=person.pk)
    return (
        Notification.objects.filter(
            Q(person=person) | Q(team__in=teams), created_at__gte=now - timedelta(days=NEWS_DAYS)
        )
        .exclude(Exists(spared))
        .annotate(is_read=Exists(read))
        .order_by("-created_at", "-id")
    )


def unread_news_for(person: User, teams: list[Team], *, now: datetime) -> QuerySet[Notification]:
    """Return what of it the person has not marked read."""
    return news_for(person, teams, now=now).exclude(read_by=person)


def unread_count(person: User, teams: list[Team], *, now: datetime) -> int:
    """Return how many entries are unread, those that arrived at once counted as one."""
    newest = unread_news_for(person, teams, now=now).values("pk")[:MOST_LOOKED_AT]
    unread = Notification.objects.filter(pk__in=newest).order_by()
    counts = unread.values("kind", "team", slot=Slot("created_at")).annotate(count=Count("pk"))
    return sum(1 if count >= MANY else count for count in counts.values_list("count", flat=True))


def all_read_by(person: User, rows: QuerySet[Notification]) -> None:
    """Mark the notifications read by the person; those that are already stay so."""
    through = Notification.read_by.through
    pks = rows.order_by().values_list("pk", flat=True)
    through.objects.bulk_create(
        [through(notification_id=pk, user_id=person.pk) for pk in pks], ignore_conflicts=True
    )
