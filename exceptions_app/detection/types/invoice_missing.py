"""Goods were received, and no invoice has come for them."""

from collections.abc import Iterable, Iterator
from datetime import datetime
from decimal import Decimal
from typing import NamedTuple

from exceptions_app.detection import examples as world
from exceptions_app.detection.deadlines import JUST_AFTER, Deadline, business_days, earliest, whole_days
from exceptions_app.detection.healing import Healing
from exceptions_app.detection.types.base import Example, Family, ServiceLevel, TeamCode
from exceptions_app.detection.types.line import LineType
from exceptions_app.detection.view import LineView, OrderView
from exceptions_app.detection.words import goods, how_much
from exceptions_app.deviation import Deviation
from exceptions_app.policies.values import Direction, Terms, Tolerance

THIRTY_DAYS = business_days(30)


class Unbilled(NamedTuple):
    """A received quantity that no invoice covers, counted, and by when one should."""

    quantity: Decimal
    deadline: Deadline


class InvoiceMissing(LineType):
    """Received quantity that is not invoiced thirty business days after its receipt.

    What is invoiced covers the oldest receipts first, whatever was credited of it later.
    """

    code = "invoice_missing"
    label = "Invoice missing"
    family = Family.INVOICE
    owner = TeamCode.FINANCE
    service = ServiceLevel(16, 80)
    resolutions = ("accrue", "wait_until")
    is_live = True
    stakes = frozenset()
    heals_by = (Healing.INVOICED, Healing.RECEIVED)

    def judge(self, line: LineView) -> Iterable[Deviation]:
        """Yield what has waited too long for its invoice."""
        missed = [each for each in self._unbilled(line) if each.deadline.is_missed(line.as_of)]
        if missed:
            quantity = sum((each.quantity for each in missed), Decimal(0))
            yield self.deviation(
                line,
                quantity=line.counter.in_order_unit(quantity),
                amount=line.amount(quantity),
                since=missed[0].deadline.at,
                actual={
                    "received": goods(line)["received"],
                    "waiting_since": missed[0].deadline.at.isoformat(),
                    "unit": line.unit,
                },
                tolerance_id=self._tolerance(line).id,
            )

    def hidden(self, view: OrderView) -> dict[str, datetime]:
        """Return the lines whose time is over while no invoice could have been seen."""
        return {
            self.key(line.number): each.deadline.seen_until or each.deadline.at
            for line in view.lines
            for each in self._unbilled(line)
            if each.deadline.is_over(view.as_of) and not each.deadline.is_missed(view.as_of)
        }

    def next_look(self, view: OrderView) -> datetime | None:
        """Return when the next receipt has waited too long, or a wait ends."""
        over = [
            each.deadline.at + JUST_AFTER
            for line in view.lines
            for each in self._unbilled(line)
            if not each.deadline.is_over(view.as_of)
        ]
        return earliest(*over, super().next_look(view))

    def headline(self, deviation: Deviation) -> str:
        """Return for example: 100 EA received, not invoiced."""
        return f"{how_much(deviation)} received, not invoiced"

    def _tolerance(self, line: LineView) -> Tolerance:
        return line.tolerance(self.code, Direction.UNDER, THIRTY_DAYS)

    def _unbilled(self, line: LineView) -> Iterator[Unbilled]:
        """Yield what was received and is not invoiced, the oldest first; nothing where no invoice is due."""
        bills, grace = line.buckets.bills, whole_days(self._tolerance(line))
        if bills is None or grace is None or not line.snapshot.terms.expects_invoice:
            return
        covered = bills.invoiced
        for fact in sorted(line.position.receipts, key=lambda fact: fact.received_on):
            if fact.received is None or not line.counter.knows(fact.received.unit):
                continue
            quantity = line.counter.count(fact.received)
            billed = min(quantity, covered)
            covered -= billed
            if quantity > billed:
                seen_until = line.snapshot.sight.invoices
                yield Unbilled(
                    quantity - billed, line.deadlines.close_of(fact.received_on, grace, seen_until)
                )

    @classmethod
    def examples(cls) -> list[Example]:
        """Return a receipt before and after its time, invoiced in part and in full, and self-billed."""
        ordered = world.order((100, "2026-12-01"))
        known = (ordered, world.answer((100, "2026-12-01")), world.receipt(100, on="2026-12-01"))
        waiting, after = world.snapshot(*known), world.at("2027-01-14 17:01")
        in_part = world.invoice(60, on="2026-12-02")
        blind = world.snapshot(*known, sight=world.hides("invoices", "2027-01-10 12:00"))
        no_bills = world.snapshot(*known, terms=Terms(expects_invoice=False))
        return [
            Example("thirty business days are granted", waiting, world.at("2027-01-14 17:00"), ()),
            Example("no more", waiting, after, ({"quantity": 100},)),
            Example("a part is invoiced", world.snapshot(*known, in_part), after, ({"quantity": 40},)),
            Example(
                "all of it is",
                world.snapshot(*known, in_part, world.invoice(40, "INV-2", on="2026-12-08")),
                after,
                (),
            ),
            Example("nobody has read invoices since", blind, after, ()),
            Example("nobody expects one", no_bills, after, ()),
        ]
