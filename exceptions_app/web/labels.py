"""Words, tones and icons for what the models hold as codes."""

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from erp_connectors.canonical.documents import DocumentKind
from exceptions_app.cases.clock_views import ClockView
from exceptions_app.cases.models import CaseState, QueueRole, Severity
from exceptions_app.proposals.models import ProposalState

Text = str | Promise


@dataclass(frozen=True, slots=True)
class Chip:
    """A dot and a word; the tone only repeats what the word says."""

    label: Text
    tone: str = ""


CASE_STATES: dict[str, Chip] = {
    CaseState.NEW: Chip(_("New"), "cyan"),
    CaseState.ASSIGNED: Chip(_("Assigned"), "cyan"),
    CaseState.IN_PROGRESS: Chip(_("In progress"), "info"),
    CaseState.WAITING_SUPPLIER: Chip(_("Waiting for supplier")),
    CaseState.MONITORING: Chip(_("Monitoring")),
    CaseState.RESOLVED: Chip(_("Resolved"), "good"),
    CaseState.CLOSED: Chip(_("Closed"), "good"),
    CaseState.DISMISSED: Chip(_("Dismissed")),
}

PROPOSAL_STATES: dict[str, Chip] = {
    ProposalState.DRAFT: Chip(_("Draft")),
    ProposalState.PENDING: Chip(_("Waiting for approval"), "warn"),
    ProposalState.APPROVED: Chip(_("Approved"), "info"),
    ProposalState.EXECUTING: Chip(_("Being carried out"), "info"),
    ProposalState.SETTLED: Chip(_("Carried out"), "good"),
    ProposalState.REJECTED: Chip(_("Rejected"), "crit"),
    ProposalState.VOID: Chip(_("Void")),
}

#: What a list shows of a case: the state of its open proposal, where there is one, else its own.
STATES = CASE_STATES | PROPOSAL_STATES

SEVERITIES: dict[int, Chip] = {
    Severity.LOW: Chip(_("Low")),
    Severity.MEDIUM: Chip(_("Medium")),
    Severity.HIGH: Chip(_("High"), "warn"),
    Severity.CRITICAL: Chip(_("Critical"), "crit"),
}
SEVERITY_NAMES = {
    Severity.LOW: "low",
    Severity.MEDIUM: "medium",
    Severity.HIGH: "high",
    Severity.CRITICAL: "critical",
}


def severity_label(level: int) -> str:
    """Return what a severity is called in the reader's language."""
    return str(SEVERITIES[level].label)


QUEUE_ROLES: dict[str, Text] = {
    QueueRole.OWNER: _("Ours"),
    QueueRole.TASK: _("Tasks for us"),
    QueueRole.APPROVAL: _("To approve"),
    QueueRole.TOLD: _("For information"),
}

QUEUE_TABS: dict[str, Text] = QUEUE_ROLES | {"alerts": _("Alerts")}

TEAM_ICONS = {
    "PRO": "shopping-cart",
    "PLN": "route",
    "WHS": "warehouse",
    "FIN": "wallet-cards",
    "CSR": "headset",
    "SUP": "handshake",
    "EDI": "cable",
}

TYPE_ICONS = {
    "confirmation_late": "clock-alert",
    "acknowledgement_missing": "wifi-off",
    "reconfirmation_due": "refresh-cw",
    "line_rejected": "package-x",
    "quantity_short": "package-minus",
    "quantity_over": "package-plus",
    "answer_incomplete": "circle-help",
    "backorder": "split",
    "date_later": "calendar-clock",
    "date_earlier": "calendar-arrow-down",
    "price_mismatch": "circle-dollar-sign",
    "price_basis_suspect": "scale",
    "substitution": "shuffle",
    "allocation_cut": "scissors-line-dashed",
    "answer_conflict": "git-compare-arrows",
    "change_unconfirmed": "hourglass",
    "unordered_line": "unlink",
    "ship_notice_missing": "truck",
    "ship_notice_short": "package-minus",
    "ship_notice_over": "package-plus",
    "ship_notice_conflict": "git-compare-arrows",
    "shipment_delayed": "truck",
    "carrier_exception": "truck",
    "delivery_overdue": "timer-off",
    "shipped_after_cancel": "ban",
    "receipt_short": "clipboard-x",
    "receipt_over": "clipboard-check",
    "receipt_damaged": "package-open",
    "receipt_wrong_item": "shuffle",
    "receipt_unexpected": "circle-help",
    "unit_unknown": "ruler",
    "erp_mismatch": "database",
    "feed_silent": "wifi-off",
    "message_quarantined": "file-warning",
    "supplier_drift": "trending-down",
    "agreement_breach": "trending-down",
    "bank_detail_change": "landmark",
}
ANY_TYPE_ICON, INVOICE_ICON = "triangle-alert", "receipt-text"


def type_icon(code: str) -> str:
    """Return the icon of an exception type; a type without its own gets that of its family."""
    family = INVOICE_ICON if code.startswith(("invoice", "credit")) else ANY_TYPE_ICON
    return TYPE_ICONS.get(code, family)


def tone_of(person_id: int) -> str:
    """Return the colour of a person's initials, the same one everywhere."""
    return f"tone-{person_id % 6}"


#: What each kind of document is called, and its icon.
DOCUMENT_KINDS: dict[str, tuple[Text, str]] = {
    DocumentKind.PURCHASE_ORDER: (_("Purchase order"), "shopping-cart"),
    DocumentKind.CONFIRMATION: (_("Confirmation"), "file-check"),
    DocumentKind.SHIP_NOTICE: (_("Ship notice"), "truck"),
    DocumentKind.SHIPMENT_STATUS: (_("Shipment status"), "truck"),
    DocumentKind.RECEIPT: (_("Goods receipt"), "clipboard-check"),
    DocumentKind.INVOICE: (_("Invoice"), "receipt-text"),
    DocumentKind.STOCK: (_("Stock"), "boxes"),
    DocumentKind.DEMAND: (_("Customer order"), "headset"),
    DocumentKind.SUPPLIER: (_("Supplier"), "building-2"),
    DocumentKind.ITEM: (_("Item"), "tag"),
}

#: From this share of its time used on, a clock is urgent.
NEARLY_USED_PERCENT = 75


def clock_tone(clock: ClockView) -> str:
    """Return how urgent a clock looks: breached, urgent, paused, or calm."""
    if clock.state in ("breached", "paused"):
        return clock.state
    return "urgent" if clock.used_percent >= NEARLY_USED_PERCENT else "calm"


def supplier_tone(clock: ClockView) -> str:
    """Return how urgent the supplier's clock looks: red is for what we promised ourselves."""
    return "urgent" if clock.state == "breached" else "calm"
