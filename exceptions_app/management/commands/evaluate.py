"""Looks at what is due, or at one order, and says what that changed."""

from datetime import UTC, datetime
from itertools import islice
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from erp_connectors import clock
from erp_connectors.documents.models import PurchaseOrder
from exceptions_app import intake
from exceptions_app.detection import watch
from exceptions_app.detection.types.base import SubjectKind

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
        """Look in batches; an order that could not be looked at makes the command fail in the end."""
        as_of = options["as_of"] or clock.now()
        waiting = iter(_orders(options["order"], as_of))
        failures: dict[int, str] = {}
        looked_at = 0
        while batch := list(islice(waiting, BATCH)):
            evaluation = intake.evaluate(batch, as_of)
            looked_at += len(evaluation.outcomes)
            failures |= evaluation.failures
            for outcome in evaluation.outcomes.values():
                for what in ("opened", "updated", "reopened", "closed"):
                    for number in getattr(outcome, what):
                        self.stdout.write(f"{number} {what}")
        self.stdout.write(
            f"Looked at {looked_at} {'order' if looked_at == 1 else 'orders'} as of {as_of:%F %T} UTC."
        )
        if failures:
            told = "; ".join(f"order {order_id}: {why}" for order_id, why in failures.items())
            raise CommandError(f"Could not be looked at: {told}")


def _orders(number: str | None, as_of: datetime) -> list[int]:
    if number is None:
        return watch.due(SubjectKind.ORDER, as_of)
    found = list(PurchaseOrder.objects.filter(number=number).order_by("pk").values_list("pk", flat=True))
    if not found:
        raise CommandError(f"There is no order {number}.")
    return found


def _moment(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)
