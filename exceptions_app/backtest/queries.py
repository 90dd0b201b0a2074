"""Questions about what a backtest found, within the companies somebody sees."""

from collections.abc import Collection
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db.models import Count, Q, QuerySet, Sum

from erp_connectors.companies import Company
from exceptions_app.backtest.approving import NeedsEffect
from exceptions_app.backtest.compare import Effect
from exceptions_app.backtest.models import Backtest, BacktestCase, BacktestProposal

#: By what cases are summed up, with the column that names it.
GROUPS = {"type": "type_code", "supplier": "supplier__name", "team": "team"}
MOST_NAMES = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """So many cases with the money that is known, of one effect or one name, in one currency."""

    name: str
    currency: str
    cases: int
    opens: int
    not_opened: int
    amount: Decimal | None
    expected_loss: Decimal


def found_in(backtest: Backtest, companies: Collection[Company] | Collection[int]) -> QuerySet[BacktestCase]:
    """Return what a backtest found in these companies."""
    rows = BacktestCase.objects.filter(backtest=backtest, company__in=list(companies))
    return rows.select_related("company", "supplier", "order", "document")


@dataclass(frozen=True, slots=True, kw_only=True)
class Decided:
    """So many proposals of one effect, in one currency, with what is known of what they come to."""

    effect: NeedsEffect
    currency: str
    proposals: int
    amount: Decimal | None


def proposals_in(
    backtest: Backtest, companies: Collection[Company] | Collection[int]
) -> QuerySet[BacktestProposal]:
    """Return the proposals in these companies that would need other approvals."""
    rows = BacktestProposal.objects.filter(backtest=backtest, company__in=list(companies))
    return rows.select_related("company", "proposal__case")


def by_need(proposals: QuerySet[BacktestProposal]) -> list[Decided]:
    """Return what the proposals of each effect come to, in the order of the effects."""
    summed = proposals.order_by().values("effect", "company__currency")
    found = {
        (row["effect"], row["company__currency"]): row
        for row in summed.annotate(number=Count("pk"), money=Sum("amount"))
    }
    return [
        Decided(effect=effect, currency=currency, proposals=row["number"], amount=row["money"])
        for effect in NeedsEffect
        for (name, currency), row in sorted(found.items())
        if name == effect.value
    ]


def of_effect(found: QuerySet[BacktestCase], effect: str) -> QuerySet[BacktestCase]:
    """Return the cases with an effect."""
    return found.filter(effects__contains=[effect])


def by_effect(found: QuerySet[BacktestCase]) -> list[Figure]:
    """Return what each effect comes to, in the order of the effects; a case may have several."""
    return [
        figure
        for effect in Effect
        for figure in _figures(of_effect(found, effect).values("company__currency"), name=effect.value)
    ]


def by_name(found: QuerySet[BacktestCase], group: str) -> list[Figure]:
    """Return what the types, suppliers or teams with the most cases come to."""
    column = GROUPS[group]
    return _figures(found.values("company__currency", column), column=column)[:MOST_NAMES]


def _figures(rows: Any, *, name: str = "", column: str = "") -> list[Figure]:
    summed = rows.order_by().annotate(
        cases=Count("pk"),
        opens=Count("pk", filter=Q(effects__contains=[Effect.OPENS])),
        not_opened=Count("pk", filter=Q(effects__contains=[Effect.NOT_OPENED])),
        money=Sum("amount"),
        loss=Sum("expected_loss"),
    )
    figures = [
        Figure(
            name=(row[column] or "") if column else name,
            currency=row["company__currency"],
            cases=row["cases"],
            opens=row["opens"],
            not_opened=row["not_opened"],
            amount=row["money"],
            expected_loss=row["loss"],
        )
        for row in summed
    ]
    return sorted(figures, key=lambda figure: (-figure.cases, figure.name, figure.currency))
