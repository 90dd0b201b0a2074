"""One deviation on the scales: the terms of the expected loss that apply to it, with every input."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal

from erp_connectors.documents.models import Item, OrderLine
from exceptions_app.allocation import Share
from exceptions_app.coverage import Need, Shortfall
from exceptions_app.detection.prices import as_decimal
from exceptions_app.detection.stakes import Stake
from exceptions_app.detection.types.base import ExceptionType, Family
from exceptions_app.detection.view import LineView
from exceptions_app.deviation import Deviation
from exceptions_app.expected_loss import (
    NOTHING,
    SHARE,
    Input,
    Penalty,
    Service,
    Source,
    Term,
    blindness_term,
    discount_term,
    handling_term,
    held_term,
    service_terms,
    variance_term,
)
from exceptions_app.gaps import DAYS, HUNDRED, from_policy
from exceptions_app.impact_record import GoodsAtRisk
from exceptions_app.policies.lookup import Policies
from exceptions_app.policies.values import Figures

LEAST_CRITICAL, MOST_CRITICAL = Decimal(1), Decimal("1.5")


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """A document that is held as a whole: its total, and the discount it grants; None: it does not say."""

    total: Decimal | None
    currency: str
    discount_percent: Decimal | None = None
    said_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Weighed:
    """A deviation with what its loss is made of; without an order line, only its own amount.

    `held` is the document that ties up money; None: the deviation does by its amount. `is_held_with_another`:
    another deviation of the case counts that already. `blinded` None: as many orders as its type says.
    """

    kind: ExceptionType
    deviation: Deviation
    company_id: int
    policies: Policies
    figures: Figures
    row: OrderLine | None = None
    line: LineView | None = None
    share: Share | None = None
    held: Held | None = None
    is_held_with_another: bool = False
    blinded: int | None = None

    @property
    def currency(self) -> str:
        """The currency of the company, in which everything is weighed."""
        return self.policies.of(self.company_id).company.currency

    @property
    def shortfalls(self) -> list[Shortfall]:
        """The customer orders it leaves uncovered, for sure."""
        if self.share is None or self.share.gap.is_doubtful:
            return []
        return [*self.share.orders, *self.share.others]

    def in_company_currency(self, amount: Decimal | None, currency: str | None) -> Decimal | None:
        """Return money in the company's currency; None where it, its currency or the rate is unknown."""
        return self.policies.in_company_currency(amount, currency, self.company_id)

    # --- terms ----------------------------------------------------------------------------------------

    def terms(self) -> Iterator[Term]:
        """Yield the terms that apply to its type."""
        stakes = self.kind.at_stake()
        if self.share is not None and self.line is not None:
            yield from self._service_terms(self.share, self.line)
        if Stake.PRICE in stakes:
            yield variance_term(
                self._money("price_variance", self.kind.overcharge(self.deviation)), line=self._line_number
            )
        if Stake.TIED_UP in stakes and not self.is_held_with_another:
            yield self._held_term()
        if Stake.DISCOUNT in stakes and not self.is_held_with_another:
            yield discount_term(self._held_value(), self._discount(), line=self._held_line)
        if Stake.BLINDNESS in stakes:
            orders = Decimal(self.kind.blinded(self.deviation) if self.blinded is None else self.blinded)
            yield blindness_term(
                Input(code="blinded", value=orders, source=Source.CASE),
                self._cost("blinded_cost", "blinded_cost"),
                line=self._line_number,
            )

    def handling(self) -> Term:
        """Return what the work on the case costs."""
        return handling_term(self._cost("handling", "handling_cost"))

    def criticality(self) -> Input:
        """Return what the loss is multiplied by: 1, unless the item or a policy says more."""
        item = self._item
        if item is not None and item.criticality is not None:
            told = min(max(item.criticality, LEAST_CRITICAL), MOST_CRITICAL)
            return Input(code="criticality", value=told, source=Source.ITEM, as_of=item.as_of)
        figure = self.figures["criticality"]
        return replace(from_policy("criticality", figure, figure.value, stands_in=False), is_estimated=False)

    def _service_terms(self, share: Share, line: LineView) -> tuple[Term, ...]:
        service = Service(
            unit_margin=self._unit_margin(line),
            lost_share=self._part("lost_share", "lost_sale_percent"),
            expedite_share=self._part("expedite_share", "expedite_percent"),
            expedite_cost=self._cost("expedite_cost", "expedite_cost"),
            expedite_if_out=True,
            penalties=tuple(self._penalty(need, share) for need in share.claims),
            likelihood=self._part("likelihood", "likelihood_percent") if share.gap.is_doubtful else None,
        )
        return service_terms(share.out, service, unit=line.counter.unit, line=self._line_number)

    def _held_term(self) -> Term:
        figure = self.figures["hold_days"]
        days = from_policy("hold_days", figure, figure.value, unit=DAYS, stands_in=False)
        return held_term(self._held_value(), self._part("wacc", "wacc_percent"), days, line=self._held_line)

    @property
    def _held_line(self) -> str:
        """The line that is held; a document is held with all of its lines."""
        return self._line_number if self.held is None else ""

    def _held_value(self) -> Input:
        if self.held is None:
            return self._money("held_value", self.deviation.amount)
        return Input(
            code="held_value",
            value=self.in_company_currency(self.held.total, self.held.currency),
            unit=self.currency,
            source=Source.INVOICE,
            as_of=self.held.said_at,
        )

    def _discount(self) -> Input:
        if self.held is None or self.held.discount_percent is None:
            return self._part("discount_share", "discount_percent", stands_in=True)
        return Input(
            code="discount_share",
            value=max(self.held.discount_percent, NOTHING) / HUNDRED,
            unit=SHARE,
            source=Source.INVOICE,
            as_of=self.held.said_at,
        )

    # --- inputs ---------------------------------------------------------------------------------------

    @property
    def _line_number(self) -> str:
        return self.deviation.line_number or ""

    @property
    def _item(self) -> Item | None:
        return self.row.item if self.row else None

    def _part(self, code: str, name: str, *, stands_in: bool = False) -> Input:
        figure = self.figures[name]
        return from_policy(code, figure, figure.value / HUNDRED, unit=SHARE, stands_in=stands_in)

    def _cost(self, code: str, name: str, *, stands_in: bool = False) -> Input:
        figure = self.figures[name]
        return from_policy(code, figure, figure.value, unit=self.currency, stands_in=stands_in)

    def _money(self, code: str, amount: Decimal | None) -> Input:
        """Return money the deviation is about; nothing is guessed where it is unknown."""
        is_bill = self.kind.family is Family.INVOICE
        since = self.deviation.evidence.get("since")
        return Input(
            code=code,
            value=self.in_company_currency(amount, self.deviation.currency),
            unit=self.currency,
            source=Source.INVOICE if is_bill else Source.CASE,
            as_of=datetime.fromisoformat(since) if since else None,
        )

    def _unit_price(self, line: LineView) -> Decimal | None:
        if line.price is None:
            return None
        return self.in_company_currency(as_decimal(line.price.amount), line.price.currency)

    def _unit_margin(self, line: LineView) -> Input:
        item, unit = self._item, self.currency
        if item is not None and item.unit_margin is not None:
            told = max(item.unit_margin, NOTHING)
            return Input(code="unit_margin", value=told, unit=unit, source=Source.ITEM, as_of=item.as_of)
        figure, price = self.figures["margin_percent"], self._unit_price(line)
        guess = from_policy("unit_margin", figure, NOTHING, unit=unit, stands_in=True)
        return replace(guess, value=None if price is None else price * figure.value / HUNDRED)

    def _penalty(self, need: Need, share: Share) -> Penalty:
        late = Decimal((share.gap.back_on - need.due_on).days)
        return Penalty(
            per_day=self._penalty_input("penalty_per_day", need.penalty_per_day, need),
            days_late=Input(
                code="days_late", value=late, unit=DAYS, source=Source.COMPUTED, about=need.order_number
            ),
            flat=self._penalty_input("penalty_flat", need.penalty_flat, need),
        )

    def _penalty_input(self, name: str, told: Decimal | None, need: Need) -> Input:
        if told is None:
            return replace(self._cost(name, name, stands_in=True), about=need.order_number)
        return Input(
            code=name,
            value=max(told, NOTHING),
            unit=self.currency,
            source=Source.CUSTOMERS,
            about=need.order_number,
            as_of=need.as_of,
        )

    # --- shown, not added -----------------------------------------------------------------------------

    def goods(self) -> GoodsAtRisk | None:
        """Return what is missing, and what customers would have paid for it; None where nothing is."""
        if self.share is None or self.line is None or self.row is None:
            return None
        item, warehouse = self._item, self.row.warehouse
        return GoodsAtRisk(
            line=self._line_number,
            item=self.row.item_number,
            description=item.description if item else self.row.description,
            warehouse=warehouse.name if warehouse else "",
            unit=self.line.counter.unit,
            share=self.share,
            revenue=self._revenue(self.share, self.line),
        )

    def _revenue(self, share: Share, line: LineView) -> Input:
        """Return the expected shortage at the sales price, else at the order's price and the margin."""
        item, code, unit = self._item, "revenue_at_risk", self.currency
        if item is not None and item.sales_price is not None:
            told = share.out.units * max(item.sales_price, NOTHING)
            return Input(code=code, value=told, unit=unit, source=Source.ITEM, as_of=item.as_of)
        price, margin = self._unit_price(line), self._unit_margin(line)
        value = None if price is None else share.out.units * (price + margin.number)
        return replace(margin, code=code, value=value, is_estimated=True)
