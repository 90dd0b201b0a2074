"""The front door: looks at subjects, finds what deviates, and brings their cases up to date.

One transaction for a few subjects: lock them, look, reconcile, then open, update, reopen or close their cases
with impact, routing, clocks and alerts. Looking again with nothing new writes nothing. A subject is an order,
an invoice, a message ... (`subjects`); their locks come first, then their cases, then their watches, each by
their keys. Where that fails, each is looked at alone, so that one at fault harms no other.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence, Set
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
from exceptions_app.desk.casework import Outcome
from exceptions_app.desk.desk import Desk
from exceptions_app.detection import watch
from exceptions_app.detection.types.base import SubjectKind
from exceptions_app.detection.watch import Finished, Look
from exceptions_app.neighbours import Neighbours, neighbours_of, queue_up_for_goods
from exceptions_app.on_file import on_file
from exceptions_app.performance import observing
from exceptions_app.policies import rows
from exceptions_app.shadow import drafts
from exceptions_app.shortfalls import Nearby, Surroundings
from exceptions_app.subjects.registry import all_subjects, subject
from exceptions_app.subjects.subject import World

log = structlog.get_logger(__name__)

#: So many subjects share a transaction: their locks are held for well below a second.
TOGETHER = 20


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
    looks = list(watch.begin(kind, list(subject_ids)).values())
    with rows.held():
        world = load(kind, subject_ids, as_of)
        left = [look for look in looks if look.subject_id in world.problems]
        readable = [look for look in looks if look.subject_id not in world.problems]
        nearby = Nearby(world.policies)
        for start in range(0, len(readable), TOGETHER):
            left += _look_together(readable[start : start + TOGETHER], world, nearby, evaluation)
    for look in left:
        _look_alone(look, evaluation)
    return evaluation


def _look_together(
    looks: Sequence[Look], world: World, nearby: Nearby, evaluation: Evaluation
) -> Sequence[Look]:
    """Look at some subjects in one transaction, and return those that have to be looked at alone.

    These are the ones that were marked since they were read; and all, where one of them fails.
    """
    kind, as_of = evaluation.kind, evaluation.as_of
    try:
        with transaction.atomic():
            subject(kind).queue_up_for([look.subject_id for look in looks])
            now = watch.looks(kind, [look.subject_id for look in looks])
            unmoved = [look for look in looks if now[look.subject_id] == look]
            outcomes = _work(kind, unmoved, world, nearby, as_of)
    except Exception:
        log.warning("looked_at_one_by_one", kind=kind.value, subjects=len(looks), exc_info=True)
        return looks
    evaluation.outcomes |= outcomes
    return [look for look in looks if look not in unmoved]


def _look_alone(look: Look, evaluation: Evaluation) -> None:
    """Look at one subject, of which nothing is read before it is locked."""
    kind, as_of, subject_id = evaluation.kind, evaluation.as_of, look.subject_id
    try:
        with transaction.atomic():
            subject(kind).queue_up_for([subject_id])
            now = watch.looks(kind, [subject_id])[subject_id]
            if _was_looked_at_later(now, look, as_of):
                evaluation.outcomes[subject_id] = Outcome()
                return
            with rows.held():
                world = load(kind, [subject_id], as_of)
                for problem in world.problems.values():
                    raise problem
                evaluation.outcomes |= _work(kind, [now], world, Nearby(world.policies), as_of)
    except Exception as error:
        log.exception("subject_not_evaluated", kind=kind.value, id=subject_id)
        watch.fail(kind, subject_id, error=f"{type(error).__name__}: {error}", now=clock.now())
        evaluation.failures[subject_id] = str(error)


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


def _work(
    kind: SubjectKind, looks: Sequence[Look], world: World, nearby: Nearby, as_of: datetime
) -> dict[int, Outcome]:
    """Bring the cases of locked subjects up to date, and end the looks at them."""
    subjects = {
        look.subject_id: world.subjects[look.subject_id]
        for look in looks
        if look.subject_id in world.subjects
    }
    known = on_file(kind, subjects, as_of)
    desks = {
        look.subject_id: Desk(
            subjects[look.subject_id],
            known[look.subject_id],
            world.policies,
            marked=look.marked,
            nearby=nearby,
        )
        for look in looks
        if look.subject_id in subjects
    }
    for desk in desks.values():
        desk.sort()
    moved = [subject_id for subject_id, desk in desks.items() if desk.outcome.has_moved]
    seen_around = neighbours_of(moved) if moved and kind is SubjectKind.ORDER else {}
    around = Surroundings(filter(None, (desk.missed() for desk in desks.values())), nearby)
    outcomes = {subject_id: desk.work(around) for subject_id, desk in desks.items()}
    if world.policies.rows.in_shadow:
        drafts.note(kind, {key: desk.looked_at() for key, desk in desks.items()}, world.policies, as_of)
    observing.note(filter(None, (desk.prices() for desk in desks.values())))
    again = _to_weigh_again(moved, seen_around, desks) if kind is SubjectKind.ORDER else set()
    _finish(kind, [_finished(look, desks.get(look.subject_id)) for look in looks], again, as_of)
    return {look.subject_id: outcomes.get(look.subject_id, Outcome()) for look in looks}


def _to_weigh_again(moved: Sequence[int], seen_around: Neighbours, seen: Collection[int]) -> set[int]:
    """Return the orders to look at soon because of those that moved: all that share goods with them.

    Those that moved are among them where a neighbour was looked at meanwhile, by somebody else: neither
    knows what the other found.
    """
    if not moved:
        return set()
    queue_up_for_goods(moved)
    around = neighbours_of(moved)
    others = set(around) - set(seen)
    return others if around == seen_around else others | set(moved)


def _finished(look: Look, desk: Desk | None) -> Finished:
    """Return a look that ended; of what is gone by now nothing is to be looked at again."""
    return Finished(look) if desk is None else Finished(look, desk.next_look(), desk.detection.blind_since)


def _finish(kind: SubjectKind, finished: Sequence[Finished], again: Set[int], as_of: datetime) -> None:
    """End looks, and have some subjects looked at `again` soon.

    All watches are locked in one order first, since others mark them too.
    """
    seen = {each.look.subject_id for each in finished}
    if len(seen | again) > 1:
        watch.lock(kind, seen | again)
    if seen:
        watch.finish(kind, finished, as_of=as_of)
    if again:
        watch.mark(kind, (), soon=again)


def _was_looked_at_later(now: Look, before: Look, as_of: datetime) -> bool:
    """Say whether somebody looked meanwhile, at a later moment: an older look must not undo a newer one."""
    return now.looked_at is not None and now.looked_at != before.looked_at and now.looked_at >= as_of
