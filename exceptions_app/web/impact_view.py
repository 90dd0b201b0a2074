"""What a case costs, as one reads it: every term a line, with what it is made of, from where, and how old."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from exceptions_app.cases.models import Case, Task
from exceptions_app.web import formats
from exceptions_app.web.labels import Text

Kept = Mapping[str, Any]

TERMS: dict[str, Text] = {
    "lost_margin": _("Lost margin"),
    "penalties": _("Penalties"),
    "expedite": _("Expediting"),
    "held_value": _("Money tied up"),
    "lost_discount": _("Lost discount"),
    "price_variance": _("Price difference"),
    "blindness": _("Not being able to judge"),
    "handling": _("Handling"),
}
INPUTS: dict[str, Text] = {
    "on_hand": _("On hand"),
    "inbound": _("Other goods that arrive before"),
    "firm": _("Customers wait for"),
    "per_day": _("Usual demand a day"),
    "spread_per_day": _("Standard deviation a day"),
    "days": _("Until the goods are here"),
    "stockout": _("Chance of running out"),
    "expected_short": _("Expected to be short"),
    "unit_margin": _("Margin of one"),
    "lost_share": _("Sales lost without stock"),
    "likelihood": _("Likely not to come in time"),
    "penalty_per_day": _("Penalty a day"),
    "days_late": _("Days late"),
    "penalty_flat": _("Penalty, once"),
    "expedite_share": _("Expedited when stock runs out"),
    "expedite_cost": _("Cost of expediting"),
    "held_value": _("Amount"),
    "wacc": _("Cost of capital a year"),
    "hold_days": _("Held for"),
    "discount_share": _("Discount"),
    "price_variance": _("Paid more than ordered"),
    "blinded": _("Orders that cannot be judged"),
    "blinded_cost": _("Cost of each"),
    "handling": _("Cost of one case"),
    "criticality": _("How critical the item is"),
    "revenue_at_risk": _("Revenue at risk"),
}
SOURCES: dict[str, Text] = {
    "case": _("this case"),
    "computed": _("computed"),
    "stock": _("stock level"),
    "inbound": _("open orders"),
    "supplier": _("the supplier's word"),
    "customers": _("customer orders"),
    "item": _("item master"),
    "order": _("the order"),
    "invoice": _("the invoice"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class InputWords:
    """One figure: what it is, how much, where it is from, how old; estimated where nobody told."""

    label: Text
    value: str
    source: str
    age: str
    is_estimated: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """What one line adds to a term; `line` empty: the case as a whole."""

    line: str
    amount: str
    inputs: list[InputWords]


@dataclass(frozen=True, slots=True, kw_only=True)
class TermWords:
    """One term of the loss, all lines together."""

    label: Text
    amount: str
    is_estimated: bool
    parts: list[Part]


@dataclass(frozen=True, slots=True, kw_only=True)
class GoodsWords:
    """What is missing of one line: how likely stock runs out, how much is then short, and why."""

    title: str
    summary: str
    inputs: list[InputWords]


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """One figure of the head."""

    label: Text
    value: str
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ImpactWords:
    """The impact of a case."""

    facts: list[Fact]
    terms: list[TermWords]
    total: str
    is_estimated: bool
    criticality: InputWords | None
    goods: list[GoodsWords]


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderAtRisk:
    """A customer order that cannot be covered in full, in words."""

    number: str
    customer: str
    customer_class: str
    item: str
    wanted: str
    due: str
    short: str


def impact_words(case: Case, *, now: datetime, today: date) -> ImpactWords | None:
    """Return what a case costs; None before it was weighed."""
    kept: Kept = case.impact
    if not kept:
        return None
    currency = kept["currency"]
    criticality = _input(kept["criticality"], currency, now)
    return ImpactWords(
        facts=_facts(case, kept, today),
        terms=_terms(kept["terms"], currency, now),
        total=formats.money(Decimal(kept["expected_loss"]), currency),
        is_estimated=kept["estimated"],
        criticality=criticality if Decimal(kept["criticality"]["value"]) != 1 else None,
        goods=[_goods(each, currency, now, today) for each in kept["goods"]],
    )


def _facts(case: Case, kept: Kept, today: date) -> list[Fact]:
    currency = kept["currency"]
    facts = [Fact(label=_("Expected loss"), value=formats.money(Decimal(kept["expected_loss"]), currency))]
    if kept["goods"]:
        revenue = formats.money(Decimal(kept["revenue_at_risk"]), currency)
        facts.append(Fact(label=_("Revenue at risk"), value=revenue, note=gettext("shown, not added")))
    if len(kept["goods"]) == 1:
        (goods,) = kept["goods"]
        missing = formats.quantity(Decimal(goods["missing"]), goods["unit"])
        facts.append(
            Fact(
                label=_("Short"),
                value=formats.quantity(_rounded(goods["expected_short"]), goods["unit"]),
                note=gettext("of %(missing)s missing") % {"missing": missing},
            )
        )
    if case.amount is not None:
        facts.append(Fact(label=_("Value"), value=formats.money(case.amount, case.company.currency)))
    return facts


def _terms(terms: Iterable[Kept], currency: str, now: datetime) -> list[TermWords]:
    by_code: dict[str, list[Kept]] = {}
    for term in terms:
        by_code.setdefault(term["code"], []).append(term)
    return [
        TermWords(
            label=TERMS.get(code, code),
            amount=formats.money(sum((Decimal(each["amount"]) for each in some), Decimal(0)), currency),
            is_estimated=any(each["estimated"] for each in some),
            parts=[
                Part(
                    line=each["line"] if len(some) > 1 else "",
                    amount=formats.money(Decimal(each["amount"]), currency),
                    inputs=[_input(figure, currency, now) for figure in each["inputs"]],
                )
                for each in some
            ],
        )
        for code, some in by_code.items()
    ]


def _goods(goods: Kept, currency: str, now: datetime, today: date) -> GoodsWords:
    words = {
        "chance": formats.percent(Decimal(goods["stockout"]) * 100, places=0),
        "short": formats.quantity(_rounded(goods["expected_short"]), goods["unit"]),
        "day": formats.day(date.fromisoformat(goods["back_on"]), today=today),
    }
    named = [goods["line"], goods["description"] or goods["item"], goods["warehouse"]]
    return GoodsWords(
        title=" · ".join(part for part in named if part),
        summary=gettext("%(chance)s likely to run out, %(short)s short, until %(day)s") % words,
        inputs=[_input(each, currency, now) for each in goods["inputs"]],
    )


def _input(each: Kept, currency: str, now: datetime) -> InputWords:
    label = str(INPUTS.get(each["code"], each["code"]))
    return InputWords(
        label=f"{label}, {each['about']}" if each["about"] else label,
        value=_value(each, currency),
        source=_source(each),
        age=formats.since(datetime.fromisoformat(each["as_of"]), now) if each["as_of"] else "",
        is_estimated=each["estimated"],
    )


def _value(each: Kept, currency: str) -> str:
    if each["value"] is None:
        return gettext("not known")
    value, unit = Decimal(each["value"]), each["unit"]
    if unit == "share":
        return formats.percent(value * 100)
    if unit == currency:
        return formats.price(_rounded(value, places=4), currency)
    if unit == "days":
        return formats.days(int(value))
    return formats.quantity(_rounded(value), unit)


def _source(each: Kept) -> str:
    if each["source"] != "policy":
        return str(SOURCES.get(each["source"], each["source"]))
    if each["detail"]:
        return gettext("policy release %(number)s") % {"number": each["detail"]}
    return gettext("standard figure")


def _rounded(value: Any, *, places: int = 2) -> Decimal:
    return round(Decimal(value), places)


# --- customers ----------------------------------------------------------------------------------------------


def orders_at_risk(case: Case, tasks: Iterable[Task], *, today: date) -> list[OrderAtRisk]:
    """Return the customer orders to worry about, in the order they are served.

    Those the newest task names; without a task, those the case would leave uncovered.
    """
    told = max((task for task in tasks if task.facts.get("items")), key=lambda task: task.pk, default=None)
    items = told.facts["items"] if told is not None else case.impact.get("goods", ())
    return [
        OrderAtRisk(
            number=order["order"],
            customer=order["customer"],
            customer_class=order["class"],
            item=item["item"],
            wanted=formats.quantity(Decimal(order["quantity"]), item["unit"]),
            due=formats.day(date.fromisoformat(order["due_on"]), today=today),
            short=formats.quantity(Decimal(order["short"]), item["unit"]),
        )
        for item in items
        for order in item["orders"]
    ]
