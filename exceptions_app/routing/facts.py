"""What the rules may ask of a case, read from its rows, and kept beside it as plain JSON."""

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from types import MappingProxyType
from typing import Any

from django.utils.translation import gettext_noop

from erp_connectors.companies import Company
from erp_connectors.documents.models import OrderLine, Supplier
from exceptions_app.cases.lines import deviation_of
from exceptions_app.cases.models import CaseLine, Severity
from exceptions_app.detection.types.base import ExceptionType
from exceptions_app.policies import conditions
from exceptions_app.policies.conditions import Condition, Fact, Kind

CaseFacts = Mapping[str, Any]

#: What a rule may ask for. TEXTS are of all open lines of the case together.
FACTS: dict[str, Fact] = {
    fact.name: fact
    for fact in (
        Fact("type", gettext_noop("Type"), Kind.TEXT),
        Fact("family", gettext_noop("Family of types"), Kind.TEXT),
        Fact("subject", gettext_noop("Subject"), Kind.TEXT),
        Fact("group", gettext_noop("One case for each"), Kind.TEXT),
        Fact(
            "severity",
            gettext_noop("Severity"),
            Kind.LEVEL,
            tuple(level.name.lower() for level in Severity),
        ),
        Fact("amount", gettext_noop("Amount in company currency"), Kind.NUMBER),
        Fact("expected_loss", gettext_noop("Expected loss in company currency"), Kind.NUMBER),
        Fact("days_late", gettext_noop("Days late"), Kind.NUMBER),
        Fact("percent_short", gettext_noop("Percent of the line"), Kind.NUMBER),
        Fact("company", gettext_noop("Company"), Kind.TEXT),
        Fact("supplier", gettext_noop("Supplier number"), Kind.TEXT),
        Fact("supplier_tier", gettext_noop("Supplier tier"), Kind.TEXT),
        Fact("region", gettext_noop("Country of the supplier"), Kind.TEXT),
        Fact("buyer", gettext_noop("Buyer in the ERP"), Kind.TEXT),
        Fact("connection", gettext_noop("Connection"), Kind.TEXT),
        Fact("message_kind", gettext_noop("Kind of message"), Kind.TEXT),
        Fact("item", gettext_noop("Item number"), Kind.TEXTS),
        Fact("category", gettext_noop("Item category"), Kind.TEXTS),
        Fact("item_class", gettext_noop("Item class"), Kind.TEXTS),
        Fact("warehouse", gettext_noop("Warehouse"), Kind.TEXTS),
        Fact("customer_class", gettext_noop("Highest customer class at risk"), Kind.TEXT),
    )
}
NO_ORDER_LINES: Mapping[str, OrderLine] = MappingProxyType({})


def read_condition(tree: object) -> Condition:
    """Return the condition of a routing rule. Raises ConditionError, naming the place, where it is wrong."""
    return conditions.read(tree, FACTS)


def facts_of(
    kind: ExceptionType,
    lines: Sequence[CaseLine],
    *,
    company: Company,
    today: date,
    supplier: Supplier | None = None,
    buyer: str = "",
    connection: str = "",
    message_kind: str = "",
    order_lines: Mapping[str, OrderLine] = NO_ORDER_LINES,
) -> dict[str, Any]:
    """Return what a case of these open lines is, as far as rules may ask; money and severity are added.

    `order_lines` by line number, with item and warehouse; none for a case that is about no order.
    """
    pairs = [(line, order_lines[line.line_number]) for line in lines if line.line_number in order_lines]
    items = [row.item for _, row in pairs if row.item]
    shares = [
        line.quantity * 100 / row.quantity
        for line, row in pairs
        if line.quantity is not None and row.quantity
    ]
    late = [kind.days_late(deviation_of(line), today) for line in lines]
    return {
        "type": kind.code,
        "family": kind.family.value,
        "subject": kind.subject.value,
        "group": kind.group_label,
        "company": company.code,
        "supplier": supplier.number if supplier else None,
        "supplier_tier": (supplier.tier or None) if supplier else None,
        "region": (supplier.country or None) if supplier else None,
        "buyer": buyer or None,
        "connection": connection or None,
        "message_kind": message_kind or None,
        "item": frozenset(row.item_number for _, row in pairs),
        "category": frozenset(item.category for item in items if item.category),
        "item_class": frozenset(item.abc_class for item in items if item.abc_class),
        "warehouse": frozenset(row.warehouse.code for _, row in pairs if row.warehouse),
        "percent_short": max(shares, default=None),
        "days_late": max((Decimal(days) for days in late if days is not None), default=None),
    }


def to_json(facts: CaseFacts) -> dict[str, Any]:
    """Return the facts that are known as plain JSON."""
    return {name: _plain(facts[name]) for name in FACTS if facts.get(name) is not None}


def from_json(kept: Mapping[str, Any]) -> dict[str, Any]:
    """Return facts that were kept as JSON; what rules may no longer ask for is left out."""
    return {name: _fact(FACTS[name], value) for name, value in kept.items() if name in FACTS}


def read_by_hand(name: str, entered: str) -> Any:
    """Return a fact as a person enters it: a list with commas, a number, a word; empty is not known.

    Raises ConditionError for what is no value of this fact.
    """
    fact, text = FACTS[name], entered.strip()
    if not text:
        return None
    if fact.kind is Kind.TEXTS:
        return frozenset(part.strip() for part in text.split(",") if part.strip())
    return conditions.value_of(fact, text)


def _plain(value: Any) -> Any:
    if isinstance(value, Decimal):
        return str(value)
    return sorted(value) if isinstance(value, frozenset | set) else value


def _fact(fact: Fact, value: Any) -> Any:
    if fact.kind is Kind.NUMBER:
        return Decimal(value)
    return frozenset(value) if fact.kind is Kind.TEXTS else value
