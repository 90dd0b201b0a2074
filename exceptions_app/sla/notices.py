"""Tells what fell due on clocks: an event for each, and a notice to whom it concerns.

Many at once, as after an outage, are told together: beyond a few of one kind within a minute, a person or a
team gets one notice that names them all, and its mail waits until the minute is over.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from django.db.models import Count, Q

from exceptions_app.audit.models import Event
from exceptions_app.audit.record import event
from exceptions_app.cases.models import Case, Clock
from exceptions_app.notifications.models import Notification, NotificationKind
from exceptions_app.people.models import Membership, Role, Team, User
from exceptions_app.sla.reminding import remind
from exceptions_app.sla.timers import Happening, What

#: So many of one kind are told one by one within TOGETHER; more are told as one.
ONE_BY_ONE = 3
TOGETHER = timedelta(minutes=1)
NAMED = 50

Recipient = tuple[NotificationKind, int | None, int | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """What one person, or everybody in a team, is told about a case."""

    kind: NotificationKind
    case: Case
    title: str
    body: str = ""
    person: User | None = None
    team: Team | None = None

    @property
    def recipient(self) -> Recipient:
        """What is told together: the same kind to the same people."""
        return (
            self.kind,
            self.person.pk if self.person else None,
            self.team.pk if self.team else None,
        )


def tell(happened: Sequence[Happening], at: datetime) -> None:
    """Write the events and notices of what fell due, and raise the level of cases that were escalated."""
    if not happened:
        return
    members = _members(happened)
    events: list[Event] = []
    notices: list[Notice] = []
    raised: dict[int, Case] = {}
    for each in happened:
        words, more = WORDS[each.what](each, at, members)
        events.append(words)
        notices += more
        if each.step is not None and each.step.level > each.clock.case.escalation_level:
            each.clock.case.escalation_level = each.step.level
            each.clock.case.updated_at = at
            raised[each.clock.case_id] = each.clock.case
    Event.objects.bulk_create(events)
    for level in {case.escalation_level for case in raised.values()}:
        cases = [key for key, case in raised.items() if case.escalation_level == level]
        Case.objects.filter(pk__in=cases).update(escalation_level=level, updated_at=at)
    send(notices, at)


# --- what each says -----------------------------------------------------------------------------------------

Members = dict[tuple[int, str], list[User]]
Said = tuple[Event, list[Notice]]


def _warning(each: Happening, at: datetime, members: Members) -> Said:
    promise, due = each.clock.get_kind_display(), _local(each.clock, each.clock.due_at)
    return (
        _event(each, at, f"{promise} is running out: due {due}", {"due_at": _iso(each.clock.due_at)}),
        [
            _to_owner(
                each.clock.case,
                NotificationKind.WARNING,
                f"{promise} is running out: {each.clock.case}",
                f"Due {due}.",
            )
        ],
    )


def _reminder(each: Happening, at: datetime, members: Members) -> Said:
    case = each.clock.case
    supplier = case.supplier.name if case.supplier else "The supplier"
    is_sent = remind(case, each.number, at)
    done = f"Reminder {each.number} is on its way." if is_sent else "No reminder could be sent: ask yourself."
    return (
        _event(
            each,
            at,
            f"{supplier} has not answered yet. {done}",
            {"reminder": each.number, "is_sent": is_sent},
        ),
        [_to_owner(case, NotificationKind.REMINDER, f"{supplier} has not answered yet: {case}", done)],
    )


def _breach(each: Happening, at: datetime, members: Members) -> Said:
    promise = each.clock.get_kind_display()
    return (
        _event(each, at, f"{promise} is overdue", {"due_at": _iso(each.clock.breached_at)}),
        [_to_owner(each.clock.case, NotificationKind.BREACH, f"{promise} is overdue: {each.clock.case}")],
    )


def _step(each: Happening, at: datetime, members: Members) -> Said:
    clock, case, step = each.clock, each.clock.case, each.step
    assert step is not None
    promise = clock.get_kind_display()
    people = members.get((case.team_id, step.role), [])
    if step.role == Role.MEMBER and case.owner is not None and case.owner.is_active:
        people = [case.owner]
    # A ladder that names a role nobody has must not end in silence: then the team is told.
    notices = [
        Notice(
            kind=NotificationKind.ESCALATION,
            case=case,
            title=f"Escalated to level {step.level}: {case}",
            body=f"{promise} has been overdue since {_local(clock, clock.breached_at)}.",
            person=person,
            team=None if person else case.team,
        )
        for person in people or (None,)
    ]
    before, after = case.escalation_level, max(case.escalation_level, step.level)
    words = f"Escalated to level {step.level}: {promise[:1].lower()}{promise[1:]} is overdue"
    return (
        _event(each, at, words, {"escalation_level": after}, {"escalation_level": before}),
        notices,
    )


WORDS: dict[What, Callable[[Happening, datetime, Members], Said]] = {
    What.WARNING: _warning,
    What.REMINDER: _reminder,
    What.BREACH: _breach,
    What.STEP: _step,
}


def _event(
    each: Happening,
    at: datetime,
    summary: str,
    after: dict[str, object],
    before: dict[str, object] | None = None,
) -> Event:
    case = each.clock.case
    return event(
        f"clock.{each.what}",
        at=at,
        case=case,
        subject=("case", case.number),
        summary=summary,
        before=before,
        after=after | {"clock": each.clock.kind},
        release=each.clock.release,
    )


def _to_owner(case: Case, kind: NotificationKind, title: str, body: str = "") -> Notice:
    owner = case.owner if case.owner is not None and case.owner.is_active else None
    return Notice(
        kind=kind, case=case, title=title, body=body, person=owner, team=None if owner else case.team
    )


def _members(happened: Iterable[Happening]) -> Members:
    """Return who has which role in the teams whose ladders are climbed, in one query."""
    teams = {each.clock.case.team_id for each in happened if each.step is not None}
    members: Members = defaultdict(list)
    if teams:
        rows = Membership.objects.filter(team__in=teams, user__is_active=True).select_related("user")
        for row in rows.order_by("pk"):
            members[row.team_id, row.role].append(row.user)
    return members


def _local(clock: Clock, moment: datetime | None) -> str:
    """Return a moment in words, on the wall clock of the calendar it was counted on."""
    return f"{moment.astimezone(ZoneInfo(clock.calendar.zone)):%Y-%m-%d %H:%M %Z}" if moment else "unknown"


def _iso(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment else None


# --- many at once -------------------------------------------------------------------------------------------

TOGETHER_WORDS = {
    NotificationKind.WARNING: "Promises that are running out",
    NotificationKind.REMINDER: "Suppliers that have not answered yet",
    NotificationKind.BREACH: "Promises that are overdue",
    NotificationKind.ESCALATION: "Escalations",
    NotificationKind.ALERT: "Clocks that are not as they must be",
}


def send(notices: Sequence[Notice], at: datetime) -> None:
    """Write notices: one by one, or together where one recipient gets many of a kind within a minute."""
    by_recipient: dict[Recipient, list[Notice]] = defaultdict(list)
    for notice in notices:
        by_recipient[notice.recipient].append(notice)
    lately = _told_lately(by_recipient, at)
    rows: list[Notification] = []
    for recipient, found in by_recipient.items():
        if len(found) + lately.get(recipient, 0) <= ONE_BY_ONE:
            rows += [_row(notice, at) for notice in found]
        else:
            _tell_together(recipient, found, at)
    Notification.objects.bulk_create(rows)


def _row(notice: Notice, at: datetime) -> Notification:
    return Notification(
        case=notice.case,
        person=notice.person,
        team=notice.team,
        kind=notice.kind,
        title=notice.title[:300],
        body=notice.body,
        created_at=at,
        due_at=at,
    )


def _told_lately(recipients: Iterable[Recipient], at: datetime) -> dict[Recipient, int]:
    """Return how many of each kind each recipient was told within the last minute."""
    known = list(recipients)
    people, teams = {person for _, person, _ in known}, {team for *_, team in known}
    rows = (
        Notification.objects.filter(
            Q(person__in=people - {None}) | Q(team__in=teams - {None}, person=None),
            kind__in={kind for kind, *_ in known},
            created_at__gt=at - TOGETHER,
            created_at__lte=at,
        )
        .order_by()
        .values_list("kind", "person", "team")
        .annotate(Count("pk"))
    )
    return {(NotificationKind(kind), person, team): count for kind, person, team, count in rows}


def _tell_together(recipient: Recipient, notices: Sequence[Notice], at: datetime) -> None:
    """Add notices to the one that tells many together, or write it. Its mail waits for more of them."""
    kind, person, team = recipient
    row = (
        Notification.objects.select_for_update(of=("self",), skip_locked=True)
        .filter(kind=kind, person=person, team=team, case=None, due_at__gt=at, attempts=0)
        .first()
    ) or Notification(kind=kind, person_id=person, team_id=team, created_at=at, due_at=at + TOGETHER, count=0)
    lines = row.body.splitlines()[:NAMED] + [notice.title for notice in notices]
    row.count += len(notices)
    more = row.count - NAMED
    row.title = f"{TOGETHER_WORDS[kind]}: {row.count}"
    row.body = "\n".join([*lines[:NAMED], *([f"… and {more} more"] if more > 0 else [])])
    row.save()
