"""An impact as it is kept beside a case: 18 of 100 short, two customers uncovered, the margin estimated."""

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from exceptions_app.allocation import Gap, Site, share_out
from exceptions_app.coverage import Inbound, Need
from exceptions_app.expected_loss import (
    Input,
    Loss,
    Penalty,
    Service,
    Source,
    handling_term,
    service_terms,
)
from exceptions_app.impact_record import GoodsAtRisk, kept
from tests.builders.factories import TUESDAY_TEN

PRICE = Decimal("182.40")


def impact_of_a_shortage(
    *, short: int = 18, ordered: int = 100, now: datetime = TUESDAY_TEN, line: str = "10"
) -> dict[str, Any]:
    """Return the record of such a shortage; customers wait for all of the order and ten more."""
    today = now.date()
    wanted, back = today + timedelta(days=8), today + timedelta(days=22)

    def known(code: str, value: Any, source: Source = Source.ITEM, **more: Any) -> Input:
        return Input(code=code, value=Decimal(value), source=source, as_of=now - timedelta(hours=3), **more)

    def policy(code: str, value: Any, unit: str) -> Input:
        return known(code, value, Source.POLICY, unit=unit, detail="3")

    def need(number: str, customer: str, customer_class: str, quantity: int) -> Need:
        return Need(
            order_number=number,
            line_number="1",
            customer=customer,
            customer_class=customer_class,
            quantity=Decimal(quantity),
            due_on=wanted + timedelta(days=1),
        )

    gap = Gap(
        key=line,
        quantity=Decimal(short),
        wanted_on=wanted,
        back_on=back,
        per_day=known("per_day", 4, Source.STOCK, unit="EA"),
        spread_per_day=known("spread_per_day", "1.5", Source.STOCK, unit="EA"),
        days=known("days", (back - today).days, unit="days"),
    )
    site = Site(
        on_hand=known("on_hand", 10, Source.STOCK, unit="EA"),
        inbound=(Inbound(Decimal(ordered - short), wanted),),
        needs=(
            need("SO-881", "Kessler Maschinenbau", "A", ordered - 5),
            need("SO-882", "Harzer Hydraulik", "B", 15),
        ),
        inbound_input=Input(code="inbound", value=None, source=Source.INBOUND, unit="EA"),
        firm_input=Input(code="firm", value=None, source=Source.CUSTOMERS, unit="EA"),
    )
    share = share_out(site, [gap])[line]
    margin = known("unit_margin", PRICE / 4, Source.POLICY, unit="EUR", detail="3", is_estimated=True)
    service = Service(
        unit_margin=margin,
        lost_share=policy("lost_share", "0.35", "share"),
        expedite_share=policy("expedite_share", "0.2", "share"),
        expedite_cost=policy("expedite_cost", 250, "EUR"),
        expedite_if_out=True,
        penalties=tuple(
            Penalty(
                per_day=known("penalty_per_day", 40, Source.CUSTOMERS, unit="EUR", about=claim.order_number),
                days_late=Input(
                    code="days_late",
                    value=Decimal((back - claim.due_on).days),
                    source=Source.COMPUTED,
                    unit="days",
                    about=claim.order_number,
                ),
                flat=known("penalty_flat", 0, Source.CUSTOMERS, unit="EUR", about=claim.order_number),
            )
            for claim in share.claims[:1]
        ),
    )
    terms = service_terms(share.out, service, unit="EA", line=line)
    loss = Loss(
        terms=(*terms, handling_term(policy("handling", 25, "EUR"))), criticality=known("criticality", "1.2")
    )
    goods = GoodsAtRisk(
        line=line,
        item="SEAL-KIT",
        description="Seal kit",
        warehouse="Kassel",
        unit="EA",
        share=share,
        revenue=known("revenue_at_risk", share.out.units * PRICE * 5 / 4, unit="EUR"),
    )
    return kept(loss, [goods], currency="EUR")
