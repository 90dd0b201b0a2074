"""A credit that was agreed on has not come."""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from typing import Any, NamedTuple

from erp_connectors.canonical.documents import InvoiceKind
from exceptions_app.detection import examples as world
from exceptions_app.detection.agreement import Agreement
from exceptions_app.detection.deadlines import JUST_AFTER, Deadline, business_days, earliest, whole_days
from exceptions_app.detection.healing import Healing
from exceptions_app.detection.stakes import Stake
from exceptions_app.detection.types.base import Example, Family, ServiceLevel, TeamCode
from exceptions_app.detection.types.line import LineType
from exceptions_app.detection.view import LineView, OrderView
from exceptions_app.detection.words import how_much
from exceptions_app.deviation import Deviation
from exceptions_app.policies.values import Direction, Tolerance

FOURTEEN_DAYS = business_days(14)


class Claim(NamedTuple):
    """A credit that was agreed, what is still owed of it (None: nobody can say how much), and by when."""

    agreement: Agreement
    owed: Decimal | None
    deadline: Deadline


class CreditMissing(LineType):
    """No credit note has come fourteen business days after a case agreed on one.

    Credit notes since then settle the oldest claims first, at whatever price: what it is worth was agreed.
    """

    code = "credit_missing"
    label = "Credit missing"
    family = Family.INVOICE
    owner = TeamCode.FINANCE
    told = (TeamCode.PROCUREMENT,)
    service = ServiceLevel(16, 80)
    resolutions = ("debit_note", "wait_until")
    is_live = True
    stakes = frozenset({Stake.TIED_UP})
    heals_by = (Healing.CREDITED,)

    def judge(self, line: LineView) -> Iterable[Deviation]:
        """Yield every claim that has waited too long."""
        for claim in self._claims(line):
            if claim.deadline.is_missed(line.as_of):
                owed = claim.owed
                yield self.deviation(
                    line,
                    key=self._key(line, claim),
                    quantity=None if owed is None else line.counter.in_order_unit(owed),
                    amount=None if owed is None else line.amount(owed),
                    since=claim.deadline.at,
                    actual={"agreed_for": claim.agreement.type_code, "unit": line.unit},
                    tolerance_id=self._tolerance(line).id,
                )

    def expected(self, line: LineView) -> dict[str, Any]:
        """Return that credits are owed: no change in the ERP ends that."""
        return {"credit": True}

    def hidden(self, view: OrderView) -> dict[str, datetime]:
        """Return the claims whose time is over while no credit note could have been seen."""
        return {
            self._key(line, claim): claim.deadline.seen_until or claim.deadline.at
            for line in view.lines
            for claim in self._claims(line)
            if claim.deadline.is_over(view.as_of) and not claim.deadline.is_missed(view.as_of)
        }

    def next_look(self, view: OrderView) -> datetime | None:
        """Return when the next claim has waited too long, or a wait ends."""
        over = [
            claim.deadline.at + JUST_AFTER
            for line in view.lines
            for claim in self._claims(line)
            if not claim.deadline.is_over(view.as_of)
        ]
        return earliest(*over, super().next_look(view))

    def headline(self, deviation: Deviation) -> str:
        """Return for example: Credit for 5 EA has not come."""
        much = f" for {how_much(deviation)}" if deviation.quantity is not None else ""
        return f"Credit{much} has not come"

    def _key(self, line: LineView, claim: Claim) -> str:
        return self.key(line.number, str(claim.agreement.id))

    def _tolerance(self, line: LineView) -> Tolerance:
        return line.tolerance(self.code, Direction.UNDER, FOURTEEN_DAYS)

    def _claims(self, line: LineView) -> Iterator[Claim]:
        """Yield the claims of a line that no credit note has settled yet."""
        grace = whole_days(self._tolerance(line))
        if grace is None:
            return
        given = _Given(line)
        for agreement in line.claims:
            if agreement.made_at is None:
                continue
            made_on = line.snapshot.calendar.local_date(agreement.made_at)
            wanted = None
            if agreement.quantity is not None:
                ordered = line.position.line.quantity
                wanted = line.counter.count(replace(ordered, value=agreement.quantity))
            owed = given.settle(agreement.made_at, wanted)
            if owed is None or owed > 0:
                seen_until = line.snapshot.sight.invoices
                yield Claim(agreement, owed, line.deadlines.close_of(made_on, grace, seen_until))

    @classmethod
    def examples(cls) -> list[Example]:
        """Return a claim before and after its time, settled in part and in full, and one without a figure."""
        ordered = world.order((100, "2026-12-01"))
        notice = world.ship_notice(100, said="2026-11-27 12:00", shipped_on="2026-11-27")
        known = (
            ordered,
            world.answer((100, "2026-12-01")),
            notice,
            world.receipt(92, on="2026-12-01", notice="ASN-1"),
        )
        waiting = world.snapshot(*known)
        claim = world.claim(waiting, 8, made="2026-12-03 10:00")
        whole = world.claim(waiting, None, made="2026-12-03 10:00")
        before = world.invoice(8, "CN-1", on="2026-12-02", kind=InvoiceKind.CREDIT)
        five = world.invoice(5, "CN-1", on="2026-12-10", kind=InvoiceKind.CREDIT)
        discount = world.invoice(
            8, "CN-1", on="2026-12-10", kind=InvoiceKind.CREDIT, cost=world.price("20.00", "EUR")
        )
        after = world.at("2026-12-23 17:01")
        return [
            Example(
                "fourteen business days are granted", waiting, world.at("2026-12-23 17:00"), (), (claim,)
            ),
            Example("no more", waiting, after, ({"quantity": 8},), (claim,)),
            Example("5 have come", world.snapshot(*known, five), after, ({"quantity": 3},), (claim,)),
            Example("at the agreed discount", world.snapshot(*known, discount), after, (), (claim,)),
            Example("an older credit", world.snapshot(*known, before), after, ({"quantity": 8},), (claim,)),
            Example("nobody said how much", waiting, after, ({"quantity": None},), (whole,)),
            Example("whatever has come settles it", world.snapshot(*known, five), after, (), (whole,)),
        ]


class _Given:
    """What credit notes have given back of a line, used up by the claims they settle."""

    def __init__(self, line: LineView) -> None:
        self.left = [
            (fact.version.document_time, line.counted(fact))
            for fact in line.position.invoices
            if fact.kind is InvoiceKind.CREDIT
        ]

    def settle(self, since: datetime, wanted: Decimal | None) -> Decimal | None:
        """Return what is owed of a claim made at `since`; a credit nobody can count settles it whole."""
        came = [index for index, (said_at, _) in enumerate(self.left) if said_at >= since]
        if wanted is None:
            return Decimal(0) if came else None
        for index in came:
            said_at, quantity = self.left[index]
            if quantity is None:
                return Decimal(0)
            taken = min(wanted, quantity)
            self.left[index] = (said_at, quantity - taken)
            wanted -= taken
        return wanted
