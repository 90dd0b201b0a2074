"""Looks at what is due, or at one order, and says what that changed."""

from collections import Counter
from datetime import UTC, datetime
from itertools import islice
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from erp_connectors import clock
from erp_connectors.documents.models import PurchaseOrder
from exceptions_app import intake
from exceptions_app.detection import watch
from exceptions_app.detection.types.base import SubjectKind
from exceptions_app.intake import Evaluation
from exceptions_app.subjects.registry import all_subjects

BATCH = 50


class Command(BaseCommand):
    """`manage.py evaluate [--order NUMBER] [--as-of ISO]`."""

    help = "Reconciles the cases of what is due, or of one order, with what deviates."

    def add_arguments(self, parser: CommandParser) -> None:
        """The order and the moment."""
        parser.add_argument("--order", metavar="NUMBER", help="orders of this number, in every company")
        parser.add_argument(
            "--as-of",
            metavar="ISO",
            type=_moment,
            help="judge as if it were then; UTC unless it says otherwise",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Look in batches; a subject that could not be looked at makes the command fail in the end."""
        as_of = options["as_of"] or clock.now()
        looked_at: Counter[SubjectKind] = Counter()
        failures: list[str] = []
        for kind, ids in _subjects(options["order"], as_of).items():
            waiting = iter(ids)
            while batch := list(islice(waiting, BATCH)):
                evaluation = intake.evaluate(batch, as_of, kind=kind)
                looked_at[kind] += len(evaluation.outcomes)
                failures += [f"{kind.value} {each}: {why}" for each, why in evaluation.failures.items()]
                self._tell(evaluation)
        told = ", ".join(
            f"{number} {kind.value}{'' if number == 1 else 's'}"
            for kind, number in looked_at.items()
            if number or kind is SubjectKind.ORDER
        )
        self.stdout.write(f"Looked at {told or '0 orders'} as of {as_of:%F %T} UTC.")
        if failures:
            raise CommandError(f"Could not be looked at: {'; '.join(failures)}")

    def _tell(self, evaluation: Evaluation) -> None:
        for outcome in evaluation.outcomes.values():
            for what in ("opened", "updated", "reopened", "closed"):
                for number in getattr(outcome, what):
                    self.stdout.write(f"{number} {what}")


def _subjects(number: str | None, as_of: datetime) -> dict[SubjectKind, list[int]]:
    """Return what is due; or the orders of this number with the invoices that name them."""
    if number is None:
        return {kind: watch.due(kind, as_of) for kind in all_subjects()}
    found = list(PurchaseOrder.objects.filter(number=number).order_by("pk"))
    if not found:
        raise CommandError(f"There is no order {number}.")
    invoices = intake.invoices_on((order.connection_id, order.number) for order in found)
    return {SubjectKind.ORDER: [order.pk for order in found], SubjectKind.INVOICE: invoices}


def _moment(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)
