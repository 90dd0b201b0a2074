"""The front door: looks at subjects, finds what deviates, and brings their cases up to date.

One transaction per subject: lock it, look, reconcile, then open, update, reopen or close its cases with
impact, routing, clocks and alerts. Looking again with nothing new writes nothing. A subject is an order, an
invoice, a message ... (`subjects`); its lock comes first, then its cases, by their keys.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from datetime import datetime

import structlog
from django.db import transaction

from erp_connectors import clock
from erp_connectors.canonical.documents import DocumentKind
from erp_connectors.documents.models import DocumentHead, PurchaseOrder
from erp_connectors.exchange.models import Interchange, Quarantine
from erp_connectors.exchange.reporters import Reported
from exceptions_app.cases.models import Case
from exceptions_app.desk import Desk, Outcome
from exceptions_app.detection import watch
from exceptions_app.detection.types.base import SubjectKind
from exceptions_app.detection.watch import Look
from exceptions_app.neighbours import mark_neighbours
from exceptions_app.shortfalls import Nearby
from exceptions_app.subjects.registry import all_subjects, subject
from exceptions_app.subjects.subject import World

log = structlog.get_logger(__name__)


@dataclass(slots=True)
class Evaluation:
    """What a look at some subjects of one kind came to; what failed is tried again later."""

    as_of: datetime
    kind: SubjectKind = SubjectKind.ORDER
    outcomes: dict[int, Outcome] = field(default_factory=dict)
    failures: dict[int, str] = field(default_factory=dict)

    @property
    def opened(self) -> list[str]:
        """The numbers of the cases that were opened."""
        return [number for outcome in self.outcomes.values() for number in outcome.opened]

    @property
    def touched(self) -> list[str]:
        """The numbers of all cases that changed."""
        return [
            number
            for outcome in self.outcomes.values()
            for number in dict.fromkeys(
                [*outcome.opened, *outcome.reopened, *outcome.updated, *outcome.closed]
            )
        ]


def evaluate_due(limit: int) -> int:
    """Look at up to `limit` subjects that are due, longest due first, and return at how many."""
    watch.wake_blind()
    claimed: dict[SubjectKind, list[int]] = defaultdict(list)
    for kind, subject_id in watch.claim(list(all_subjects()), limit):
        claimed[SubjectKind(kind)].append(subject_id)
    for kind, ids in claimed.items():
        evaluate(ids, clock.now(), kind=kind)
    return sum(len(ids) for ids in claimed.values())


def evaluate(
    subject_ids: Collection[int], as_of: datetime, *, kind: SubjectKind = SubjectKind.ORDER
) -> Evaluation:
    """Bring the cases of the subjects up to date with what deviates at `as_of`.

    A subject that fails is rolled back, noted on its watch and tried again later; it harms no other.
    """
    evaluation = Evaluation(as_of, kind)
    looks = watch.begin(kind, list(subject_ids))
    world = load(kind, subject_ids, as_of)
    nearby = Nearby(world.policies)
    for subject_id, look in looks.items():
        try:
            with transaction.atomic():
                evaluation.outcomes[subject_id] = _evaluate_one(kind, look, world, nearby, as_of)
        except Exception as error:
            log.exception("subject_not_evaluated", kind=kind.value, id=subject_id)
            watch.fail(kind, subject_id, error=f"{type(error).__name__}: {error}", now=clock.now())
            evaluation.failures[subject_id] = str(error)
    return evaluation


def load(kind: SubjectKind, subject_ids: Collection[int], as_of: datetime) -> World:
    """Return subjects of one kind as they are now, to be judged at `as_of`."""
    return subject(kind).load(subject_ids, as_of)


def report_cases(about: Reported) -> dict[str, list[str]]:
    """Look at what a received transaction was about, and name the cases that changed since it was recorded.

    For the report of `manage.py receive --wait`; a worker may have been quicker.
    """
    received_at = Interchange.objects.only("received_at").get(pk=about.interchange).received_at
    numbers: list[str] = []
    for kind, ids in _subjects_of(about).items():
        looks = watch.looks(kind, ids).values()
        marked = [each.subject_id for each in looks if each.marked != each.seen]
        if marked:
            evaluate(marked, clock.now(), kind=kind)
        cases = Case.objects.filter(subject_kind=kind, subject_id__in=ids, updated_at__gte=received_at)
        numbers += cases.order_by("pk").values_list("number", flat=True)
    return {"cases": list(dict.fromkeys(numbers))}


def _subjects_of(about: Reported) -> dict[SubjectKind, list[int]]:
    """Return the orders, the documents, and the invoices on those orders."""
    named = PurchaseOrder.objects.filter(pk__in=about.orders).values_list("connection", "number")
    invoices = invoices_on(named)
    heads = dict(DocumentHead.objects.filter(pk__in=about.heads).values_list("pk", "kind"))
    others = [head for head, kind in heads.items() if kind != DocumentKind.INVOICE]
    invoices += [head for head, kind in heads.items() if kind == DocumentKind.INVOICE]
    return {
        SubjectKind.ORDER: list(about.orders),
        SubjectKind.INVOICE: list(dict.fromkeys(invoices)),
        SubjectKind.DOCUMENT: others,
        SubjectKind.MESSAGE: list(
            Quarantine.objects.filter(interchange=about.interchange).values_list("pk", flat=True)
        ),
    }


def invoices_on(orders: Iterable[tuple[int, str]]) -> list[int]:
    """Return the invoices that name orders, given as (connection, number)."""
    wanted = set(orders)
    heads = DocumentHead.objects.filter(
        kind=DocumentKind.INVOICE,
        connection__in={connection for connection, _ in wanted},
        document__orders__order_number__in={number for _, number in wanted},
    )
    return [
        head.pk
        for head in heads.distinct().order_by("pk")
        if any((head.connection_id, number) in wanted for number in head.orders)
    ]


def _evaluate_one(kind: SubjectKind, look: Look, world: World, nearby: Nearby, as_of: datetime) -> Outcome:
    """Look at one subject alone: whoever changes it, or looks at it too, waits for its lock.

    What was read before the lock is read again if the watch moved meanwhile.
    """
    subject_id = look.subject_id
    subject(kind).queue_up_for(subject_id, world.subjects.get(subject_id))
    now = watch.looks(kind, [subject_id])[subject_id]
    if now != look:
        if _was_looked_at_later(now, look, as_of):
            return Outcome()
        look, world = now, load(kind, [subject_id], as_of)
    if subject_id in world.problems:
        raise world.problems[subject_id]
    if subject_id not in world.subjects:
        watch.finish(kind, look, as_of=as_of, next_look=None)
        return Outcome()
    desk = Desk(world.subjects[subject_id], world.policies, marked=look.marked, nearby=nearby)
    outcome = desk.work()
    if kind is SubjectKind.ORDER and outcome.has_moved:
        mark_neighbours(subject_id)
    watch.finish(kind, look, as_of=as_of, next_look=desk.next_look(), blind_since=desk.detection.blind_since)
    return outcome


def _was_looked_at_later(now: Look, before: Look, as_of: datetime) -> bool:
    """Say whether somebody looked meanwhile, at a later moment: an older look must not undo a newer one."""
    return now.looked_at is not None and now.looked_at != before.looked_at and now.looked_at >= as_of
