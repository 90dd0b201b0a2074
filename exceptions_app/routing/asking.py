"""Puts the rules a question again: about a case as it is kept, or about facts that a person enters."""

from datetime import datetime
from itertools import product
from typing import Any
from zoneinfo import ZoneInfo

from erp_connectors.companies import Company, Warehouse
from erp_connectors.documents.models import Supplier
from exceptions_app.cases.models import Case, CaseLine
from exceptions_app.detection import registry
from exceptions_app.policies.lookup import LineScope
from exceptions_app.routing.facts import CaseFacts, facts_of, from_json
from exceptions_app.routing.models import CaseRoute
from exceptions_app.routing.route import Question


def question_of(case: Case, now: datetime) -> Question:
    """Return what the rules were last asked about a case; one that keeps nothing is asked about anew."""
    lines = list(
        case.lines.filter(cleared_at=None).select_related("order_line__item", "order_line__warehouse")
    )
    kept = CaseRoute.objects.filter(case=case).first()
    return Question(
        company_id=case.company_id,
        owner_code=registry.exception_type(case.type_code).owner,
        facts=from_json(kept.facts) if kept else _facts_now(case, lines, now),
        scopes=_scopes_of(case, lines),
    )


def question_about(company: Company, facts: CaseFacts) -> Question:
    """Return the question about a case with these facts. KeyError: there is no such type."""
    kind = registry.exception_type(facts["type"])
    return Question(
        company_id=company.pk,
        owner_code=kind.owner,
        facts={**facts, "company": company.code, "family": kind.family.value, "group": kind.group_label}
        | {"subject": kind.subject.value},
        scopes=tuple(_scopes_about(company, facts)),
    )


def _facts_now(case: Case, lines: list[CaseLine], now: datetime) -> dict[str, Any]:
    order = case.order
    known = facts_of(
        registry.exception_type(case.type_code),
        lines,
        company=case.company,
        today=now.astimezone(ZoneInfo(case.company.time_zone)).date(),
        supplier=case.supplier,
        buyer=order.buyer or order.supplier.buyer if order else "",
        connection=order.connection.code if order else "",
        order_lines={line.line_number: line.order_line for line in lines if line.order_line},
    )
    return known | {"severity": case.severity, "amount": case.amount}


def _scopes_of(case: Case, lines: list[CaseLine]) -> tuple[LineScope, ...]:
    whole = LineScope(company_id=case.company_id, supplier_id=case.supplier_id)
    scopes = [_scope_of(case, line) if line.order_line else whole for line in lines]
    return tuple(dict.fromkeys(scopes or [whole]))


def _scope_of(case: Case, line: CaseLine) -> LineScope:
    row = line.order_line
    assert row is not None
    return LineScope(
        company_id=case.company_id,
        supplier_id=case.supplier_id,
        item_number=row.item_number,
        category=row.item.category if row.item else "",
        warehouse_id=row.warehouse_id,
    )


def _scopes_about(company: Company, facts: CaseFacts) -> list[LineScope]:
    """Return every place that facts entered by hand can mean: each item in each category and site."""
    named = Supplier.objects.filter(company=company, number=facts.get("supplier") or "")
    codes = facts.get("warehouse") or ()
    suppliers: list[int | None] = list(named.values_list("pk", flat=True))
    sites: list[int | None] = list(
        Warehouse.objects.filter(company=company, code__in=codes).values_list("pk", flat=True)
    )
    return [
        LineScope(
            company_id=company.pk,
            supplier_id=supplier,
            item_number=item,
            category=category,
            warehouse_id=site,
        )
        for supplier, item, category, site in product(
            suppliers or [None],
            sorted(facts.get("item") or ()) or [""],
            sorted(facts.get("category") or ()) or [""],
            sites or [None],
        )
    ]
