"""The columns of lists of cases: which there are, which a team sees by itself, and which somebody chose."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from exceptions_app.detection.types.base import TeamCode
from exceptions_app.web.labels import Text
from exceptions_app.web.pills import Pill, several_of


@dataclass(frozen=True, slots=True)
class Column:
    """One column: its name in addresses, its head, and the classes that give it its width and its end."""

    code: str
    label: Text
    css: str


#: Every column but the exception itself, which is always there, in the order they stand.
COLUMNS = {
    column.code: column
    for column in (
        Column("invoice", _("Invoice"), "side"),
        Column("total", _("Amount"), "money number"),
        Column("supplier", _("Supplier"), "supplier"),
        Column("metric", _("Metric"), "short"),
        Column("connection", _("Connection"), "side"),
        Column("message", _("Message"), "side"),
        Column("warehouse", _("Warehouse"), "short"),
        Column("wanted", _("Wanted"), "day number"),
        Column("expected", _("Expected"), "day number"),
        Column("customers", _("Customer orders"), "side"),
        Column("risk", _("Expected loss"), "risk number"),
        Column("opened", _("Since"), "day number"),
        Column("status", _("Status"), "status"),
        Column("sla", _("SLA"), "sla"),
        Column("owner", _("Owner"), "owner"),
    )
}
DEFAULT = ("supplier", "risk", "status", "sla", "owner")
#: What each team needs to see of a case to know what to do.
OF_TEAM: dict[str, tuple[str, ...]] = {
    TeamCode.PROCUREMENT: DEFAULT,
    TeamCode.PLANNING: ("supplier", "expected", "customers", "risk", "status", "sla"),
    TeamCode.WAREHOUSE: ("supplier", "warehouse", "wanted", "expected", "status", "sla", "owner"),
    TeamCode.FINANCE: ("invoice", "total", "supplier", "risk", "status", "sla", "owner"),
    TeamCode.CUSTOMER_SERVICE: ("customers", "supplier", "expected", "risk", "status", "sla"),
    TeamCode.SUPPLIER_MANAGEMENT: ("supplier", "metric", "risk", "opened", "status", "sla", "owner"),
    TeamCode.INTEGRATION: ("connection", "message", "opened", "status", "sla", "owner"),
}
CHOSEN = "column"


def columns_of(team_code: str, query: QueryDict) -> list[Column]:
    """Return the columns the address names, in their order; else those of the team."""
    named = [code for code in query.getlist(CHOSEN) if code in COLUMNS]
    wanted: Sequence[str] = named or OF_TEAM.get(team_code, DEFAULT)
    return [column for code, column in COLUMNS.items() if code in wanted]


def column_pill(shown: Sequence[Column]) -> Pill:
    """Return the menu in which columns are chosen."""
    options: list[tuple[str, Any]] = [(column.code, column.label) for column in COLUMNS.values()]
    return several_of(CHOSEN, _("Columns"), options, [column.code for column in shown])
