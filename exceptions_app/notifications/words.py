"""The words a told team gets: of a template that holds now, else the house's own, with the facts put in."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.utils.translation import gettext

from erp_connectors.canonical.documents import DocumentKind
from erp_connectors.exchange.models import Interchange
from exceptions_app.cases.models import Case
from exceptions_app.detection.registry import exception_type
from exceptions_app.notifications.tellings import ANY_ALERT, ANY_COVER, COVER, TELLINGS, Telling
from exceptions_app.policies import rows
from exceptions_app.policies.models import TaskTemplate, TellingKind
from exceptions_app.policies.texts import fill

LONGEST_TITLE = 200
#: What a template may name of a case, and of the customer orders it leaves uncovered.
FACTS_IN_WORDS = (
    "case",
    "type",
    "headline",
    "about",
    "order",
    "document",
    "supplier",
    "warehouse",
    "amount",
    "severity",
    "team",
    "owner",
)
FACTS_OF_COVER = ("orders", "shortfalls")


@dataclass(frozen=True, slots=True)
class Tellings:
    """What each team is told about the cases of one type, by the templates that hold now."""

    type_code: str
    rows: Mapping[tuple[str, bool], TaskTemplate]

    def of(self, team_code: str) -> Telling:
        """Return what a told team gets when a case opens: an alert, or a task."""
        row = self.rows.get((team_code, False))
        if row is not None:
            return _from_row(row)
        own = TELLINGS.get(self.type_code, {})
        return next((telling for team, telling in own.items() if team == team_code), ANY_ALERT)

    def cover(self, team_code: str) -> Telling:
        """Return the task a team gets while customer orders are uncovered."""
        row = self.rows.get((team_code, True))
        if row is not None:
            return _from_row(row)
        return next((telling for team, telling in COVER.items() if team == team_code), ANY_COVER)


def tellings_for(case: Case, at: datetime) -> Tellings:
    """Return what is told about the type of a case: the company's template wins, then the later start."""
    today = at.astimezone(ZoneInfo(case.company.time_zone)).date()
    live = [
        row
        for row in rows.current().templates
        if row.type_code == case.type_code
        and row.company_id in (None, case.company_id)
        and (row.valid_from is None or row.valid_from <= today)
        and (row.valid_until is None or row.valid_until >= today)
    ]
    by_weight = sorted(
        live,
        key=lambda row: (
            row.company_id is not None,
            row.valid_from is not None,
            row.valid_from or today,
            row.pk,
        ),
    )
    return Tellings(
        case.type_code, {(row.team_code, row.kind == TellingKind.COVER): row for row in by_weight}
    )


def _from_row(row: TaskTemplate) -> Telling:
    return Telling(TellingKind(row.kind), row.title, row.body, row.due_hours)


def say(telling: Telling, facts: Mapping[str, str]) -> tuple[str, str]:
    """Return title and body with the facts in place of their names.

    A name nobody knows stays as it is, so that somebody sees it.
    """
    title, body = fill(gettext(telling.title), facts), telling.body and fill(gettext(telling.body), facts)
    return title[:LONGEST_TITLE], body


def facts_in_words(case: Case) -> dict[str, str]:
    """Return the facts of a case that a template may name."""
    amount = gettext("unknown") if case.amount is None else f"{case.amount:,.2f} {case.company.currency}"
    order = case.order.number if case.order else ""
    return {
        "case": case.number,
        "type": gettext(exception_type(case.type_code).label),
        "headline": case.headline,
        "about": about(case),
        "order": order,
        "supplier": case.supplier.name if case.supplier else gettext("the supplier"),
        "sender": case.supplier.name if case.supplier else "",
        "document": case.document.number if case.document else "",
        "warehouse": case.warehouse.name if case.warehouse else "",
        "amount": amount,
        "severity": str(case.get_severity_display()),
        "team": case.team.name,
        "owner": str(case.owner) if case.owner else gettext("nobody yet"),
    }


def about(case: Case) -> str:
    """Return what a case is about, in words: its order, document, message or stream, else its supplier."""
    if case.order is not None:
        return gettext("order %(number)s") % {"number": case.order.number}
    if case.document is not None:
        is_invoice = case.document.kind == DocumentKind.INVOICE
        words = gettext("invoice %(number)s") if is_invoice else gettext("document %(number)s")
        return words % {"number": case.document.number}
    if case.stream is not None:
        values = {"stream": case.stream.stream, "connection": case.stream.connection.name}
        return gettext("%(stream)s from %(connection)s") % values
    if case.interchange_id is not None:
        file_name = (
            Interchange.objects.filter(pk=case.interchange_id).values_list("file_name", flat=True).get()
        )
        return gettext("message %(name)s") % {"name": file_name or case.interchange_id}
    return case.supplier.name if case.supplier else case.number


def where(facts: Mapping[str, Any]) -> str:
    """Return where a told team finds the case: what it is about, and who has it."""
    known = dict.fromkeys(filter(None, (facts["about"], facts["sender"])))
    words = gettext("%(about)s. %(team)s has it as %(case)s.") % {**facts, "about": ", ".join(known)}
    return words[:1].upper() + words[1:]
